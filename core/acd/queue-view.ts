/** Queues for people and programs: sizes, and what their agents do. */
import type { AcdState } from './acd-state.js';
import { agentHold } from './availability.js';
import type { QueueConfig } from './config.js';
import type { QueueId } from './ids.js';
import { pageById, type Page, type PageWish } from './paging.js';
import { isLoggedIn, takesCalls } from './words.js';

export interface QueueView {
  readonly id: string;
  readonly name: string;
  readonly strategy: string;
  readonly priority: number;
  /** removed from the provisioning, kept until its last talk is over */
  readonly draining: boolean;
  readonly waiting: number;
  /** of those: hung up and to be called back */
  readonly callbacks: number;
  /** of those: messages that callers have left (B51) */
  readonly messages: number;
  /** of those: the session broke, the place is kept */
  readonly away: number;
  readonly ringing: number;
  readonly talking: number;
  readonly longestWaitMs: number;
  readonly agents: AgentCounts;
  readonly callsAnswered: number;
  readonly callsAbandoned: number;
}

export interface AgentCounts {
  readonly total: number;
  readonly loggedIn: number;
  readonly onBreak: number;
  /** could be offered a call now */
  readonly free: number;
  readonly ringing: number;
  readonly talking: number;
  readonly wrapUp: number;
  readonly chatting: number;
}

/** `offers`: for several queues, counted once. */
export function queueView(state: AcdState, queue: QueueConfig, nowMs: number, offers = offersByQueue(state)): QueueView {
  const runtime = state.queues.get(queue.id);
  return {
    id: queue.id,
    name: queue.name,
    strategy: queue.strategy,
    priority: queue.priority,
    draining: runtime?.isDraining ?? false,
    ...memberCounts(state, queue.id, nowMs),
    ...(offers.get(queue.id) ?? noOffers),
    agents: agentCounts(state, queue.id, nowMs),
    callsAnswered: runtime?.callsAnswered ?? 0,
    callsAbandoned: runtime?.callsAbandoned ?? 0,
  };
}

export function queueViews(state: AcdState, wish: PageWish, nowMs: number): Page<QueueView> {
  const page = pageById<QueueConfig>(state.queueConfigs.values(), wish);
  const offers = offersByQueue(state);
  return { ...page, items: page.items.map((queue) => queueView(state, queue, nowMs, offers)) };
}

function memberCounts(state: AcdState, queue: QueueId, nowMs: number) {
  let [waiting, callbacks, messages, away, longestWaitMs] = [0, 0, 0, 0, 0];
  for (const id of state.membersOfQueue(queue)) {
    const member = state.members.get(id);
    if (!member) continue;
    waiting++;
    if (member.presence.kind === 'callback') callbacks++;
    if (member.presence.kind === 'message') messages++;
    if (member.presence.kind === 'away') away++;
    longestWaitMs = Math.max(longestWaitMs, nowMs - member.joinedAtMs);
  }
  return { waiting, callbacks, messages, away, longestWaitMs };
}

interface OfferCounts {
  readonly ringing: number;
  readonly talking: number;
}

const noOffers: OfferCounts = { ringing: 0, talking: 0 };

/** One pass over all offers, for any number of queues. */
export function offersByQueue(state: AcdState): ReadonlyMap<QueueId, OfferCounts> {
  const counts = new Map<QueueId, { ringing: number; talking: number }>();
  for (const { queue, phase } of state.offers.values()) {
    let both = counts.get(queue);
    if (!both) counts.set(queue, (both = { ringing: 0, talking: 0 }));
    both[phase.kind === 'talking' ? 'talking' : 'ringing']++;
  }
  return counts;
}

function agentCounts(state: AcdState, queue: QueueId, nowMs: number): AgentCounts {
  const counts = { total: 0, loggedIn: 0, onBreak: 0, free: 0, ringing: 0, talking: 0, wrapUp: 0, chatting: 0 };
  for (const id of state.servicesOfQueue(queue).keys()) {
    const [agent, config] = [state.agents.get(id), state.agentConfigs.get(id)];
    if (!agent || !config) continue;
    counts.total++;
    if (isLoggedIn(agent.status)) counts.loggedIn++;
    if (isLoggedIn(agent.status) && !takesCalls(agent.status)) counts.onBreak++;
    if (agent.phase.kind === 'offered') counts.ringing++;
    else if (agent.phase.kind === 'talking') counts.talking++;
    else if (agent.phase.kind === 'wrapup') counts.wrapUp++;
    else if (agent.chats.length > 0) counts.chatting++;
    else if (agentHold(agent, config, 'audio', nowMs) === undefined) counts.free++;
  }
  return counts;
}
