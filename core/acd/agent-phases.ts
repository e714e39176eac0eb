/** What an agent does after an offer: free at once, a rest, wrap-up, or Idle of On Demand. Every state has its end (user-needs 2, 19). */
import { memberFacts } from './facts.js';
import { endPause, startPause } from './pauses.js';
import { endReservation } from './reservations.js';
import { recordStay, recordWrapUp } from './segments.js';
import type { AgentConfig, FailureRule } from './config.js';
import type { Agent, Offer } from './state.js';
import { takesCalls } from './words.js';
import type { AgentStatus, OfferFailure } from './words.js';
import type { World } from './world.js';

/** Without blame: the caller went, or another agent was faster. Keeps the place in the idle order. */
export function agentReleased(w: World, offer: Offer): void {
  const agent = w.agentOf(offer.agent);
  dropOffer(agent, offer);
  if (agent.phase.kind === 'offered' && agent.phase.offer === offer.id) agent.phase = { kind: 'idle' };
  w.changeAgent(agent);
}

function dropOffer(agent: Agent, offer: Offer): void {
  if (offer.media === 'chat') agent.chats = agent.chats.filter((id) => id !== offer.id);
}

interface Counted {
  readonly rule: (config: AgentConfig) => FailureRule;
  readonly counter: 'noAnswerCount' | 'rejectedCount' | 'busyCount' | 'notRegisteredCount';
}

const counted: Partial<Record<OfferFailure, Counted>> = {
  'no-answer': { rule: (c) => c.noAnswer, counter: 'noAnswerCount' },
  unreachable: { rule: (c) => c.noAnswer, counter: 'noAnswerCount' },
  'not-confirmed': { rule: (c) => c.noAnswer, counter: 'noAnswerCount' },
  // answered and gone before the connection: without a limit such a phone would be rung for ever (D-21)
  'agent-gone': { rule: (c) => c.rejected, counter: 'rejectedCount' },
  rejected: { rule: (c) => c.rejected, counter: 'rejectedCount' },
  busy: { rule: (c) => c.busy, counter: 'busyCount' },
  'not-registered': { rule: (c) => c.notRegistered, counter: 'notRegisteredCount' },
};

/** The pause after a failed offer, at least `retryPauseMs`; a limit reached changes the status (F17, 7.2). */
export function restAfter(w: World, offer: Offer, failure: OfferFailure): void {
  const agent = w.agentOf(offer.agent);
  dropOffer(agent, offer);
  const kind = offer.isPickUp ? undefined : counted[failure];
  const rule = kind?.rule(w.configOf(agent.id));
  const untilMs = w.nowMs + Math.max(rule?.delayMs ?? 0, w.settings.retryPauseMs);
  if (offer.media === 'audio') agent.phase = { kind: 'resting', untilMs, cause: failure, queue: offer.queue };
  else if (agent.readyAtMs < untilMs) agent.readyAtMs = untilMs;
  if (kind && rule) {
    agent[kind.counter]++;
    if (rule.countMax > 0 && agent[kind.counter] >= rule.countMax) limitReached(w, agent, offer, failure, kind, rule);
  }
  w.changeAgent(agent);
}

function limitReached(w: World, agent: Agent, offer: Offer, failure: OfferFailure, kind: Counted, rule: FailureRule): void {
  const status = rule.status ?? w.queueOf(offer.queue).agentNoAnswerStatus;
  const member = w.members.get(offer.member);
  const caller = member && memberFacts(member);
  w.tell({ type: 'agent-limit-reached', agent: agent.id, member: offer.member, caller, failure, count: agent[kind.counter], status });
  setStatus(w, agent, status, failure);
}

/** The status as stored, with its stay; counters start anew with a new Available (freeswitch-callcenter 2.4). */
export function setStatus(w: World, agent: Agent, status: AgentStatus, reason: string | undefined): void {
  if (agent.status === status && agent.pauseReason === reason) return;
  recordStay(w, agent);
  endPause(w, agent);
  const isNew = agent.status !== status;
  const wasOut = agent.status === 'Logged Out';
  agent.status = status;
  agent.pauseReason = takesCalls(status) ? undefined : reason;
  agent.statusSinceMs = w.nowMs;
  startPause(w, agent);
  if (isNew && status === 'Available') {
    agent.talkMs = 0;
    agent.callsAnswered = 0;
    agent.noAnswerCount = agent.rejectedCount = agent.busyCount = agent.notRegisteredCount = 0;
  }
  // OpenSIPS 8.2: who logs in stands at the head
  if (isNew && wasOut) agent.idleOrder = -w.nextSerial();
  if (status === 'Logged Out') loggedOut(agent);
  if (status !== 'Available (On Demand)') endSpent(w, agent);
  w.changeAgent(agent);
}

/** Idle of On Demand is over; a wrap-up that it covered goes on (user-needs 19). */
function endSpent(w: World, agent: Agent): void {
  const { phase } = agent;
  if (phase.kind !== 'spent') return;
  const { wrapUpStartedAtMs: startedAtMs, wrapUpEndsAtMs: endsAtMs, queue, origin } = phase;
  if (endsAtMs > w.nowMs) agent.phase = { kind: 'wrapup', startedAtMs, endsAtMs, ...(queue && { queue }), ...(origin && { origin }) };
  else becomeFree(w, agent);
}

function loggedOut(agent: Agent): void {
  agent.contactOverride = undefined;
  agent.standby = undefined;
}

/** Agent value over the engine's, then the queue's ceiling (opensips-call-center 9). */
export function wrapUpMsOf(w: World, offer: Offer): number {
  const wanted = w.configOf(offer.agent).wrapUpMs ?? w.settings.wrapUpMs;
  const queue = w.queueConfigs.get(offer.queue);
  return Math.min(wanted, queue?.maxWrapUpMs ?? Infinity);
}

/** Wrap-up after a talk; gives its length. Chats add up, and the agent stays in chat (O45). */
export function agentAfterTalk(w: World, agent: Agent, offer: Offer): number {
  const wrapUpMs = wrapUpMsOf(w, offer);
  dropOffer(agent, offer);
  if (offer.media === 'chat')
    agent.chatWrapUpEndsAtMs = wrapUpMs > 0 ? Math.max(agent.chatWrapUpEndsAtMs, w.nowMs) + wrapUpMs : agent.chatWrapUpEndsAtMs;
  else if (agent.isOnDemandCall && agent.status === 'Available (On Demand)')
    agent.phase = { kind: 'spent', wrapUpStartedAtMs: w.nowMs, wrapUpEndsAtMs: w.nowMs + wrapUpMs, ...talkOf(offer) };
  else if (wrapUpMs > 0) agent.phase = { kind: 'wrapup', startedAtMs: w.nowMs, endsAtMs: w.nowMs + wrapUpMs, ...talkOf(offer) };
  else becomeIdle(w, agent);
  // asked for during the talk, it begins now
  if (!agent.pause) startPause(w, agent);
  w.changeAgent(agent);
  return wrapUpMs;
}

const talkOf = ({ queue, origin }: Offer) => ({ queue, ...(origin && { origin }) });

/** Without a new place in the idle order; a wrap-up is over with it. */
export function becomeFree(w: World, agent: Agent): void {
  recordWrapUp(w, agent);
  agent.phase = { kind: 'idle' };
}

/** Free again, at the tail of the idle order (opensips-call-center 8.2). */
export function becomeIdle(w: World, agent: Agent): void {
  becomeFree(w, agent);
  agent.idleOrder = w.nextSerial();
  w.changeAgent(agent);
}

/** Time has passed for an agent. */
export function agentDue(w: World, agent: Agent): void {
  const { phase } = agent;
  if (agent.chatWrapUpEndsAtMs > 0 && agent.chatWrapUpEndsAtMs <= w.nowMs) {
    agent.chatWrapUpEndsAtMs = 0;
    if (phase.kind === 'idle' && agent.chats.length === 0) becomeIdle(w, agent);
  }
  if (phase.kind === 'wrapup' && phase.endsAtMs <= w.nowMs) becomeIdle(w, agent);
  else if (phase.kind === 'resting' && phase.untilMs <= w.nowMs) agent.phase = { kind: 'idle' };
  else if (phase.kind === 'reserved' && phase.untilMs <= w.nowMs) endReservation(w, agent, 'expired');
  w.changeAgent(agent);
}
