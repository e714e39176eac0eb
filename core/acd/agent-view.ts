/** Agents for people and programs. */
import type { AcdState } from './acd-state.js';
import { agentStateOf, opensipsStateOf } from './agent-state.js';
import { agentHold, contactOf } from './availability.js';
import type { AgentId, QueueId } from './ids.js';
import { offerView, type OfferView } from './member-view.js';
import { pageById, type Page, type PageWish } from './paging.js';
import { pauseReasonOf } from './pauses.js';
import type { Agent, Offer, Pause } from './state.js';
import { tierStateOf, type TierState } from './tier-state.js';

export interface AgentView {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly status: string;
  /** mod_callcenter's word, OpenSIPS's word */
  readonly state: string;
  readonly opensipsState: string;
  readonly statusSinceMs: number;
  readonly pauseReason: string | undefined;
  /** the running break; text and pay are known of reasons of the list (B35) */
  readonly pause: PauseView | undefined;
  readonly phase: string;
  /** end of wrap-up, pause after a failed offer, reservation; undefined: no end by time */
  readonly phaseEndsAtMs: number | undefined;
  readonly contact: string | undefined;
  readonly device: string;
  readonly offers: readonly OfferView[];
  readonly chats: number;
  readonly externalCalls: number;
  /** why no audio call can be offered now; undefined: could be */
  readonly hold: string | undefined;
  readonly lastBridgeEndMs: number;
  readonly lastOfferedMs: number;
  readonly callsAnswered: number;
  readonly talkMs: number;
  readonly noAnswerCount: number;
  readonly skills: Readonly<Record<string, number>>;
  readonly queues: readonly {
    readonly queue: string;
    readonly level: number;
    readonly position: number;
    readonly bySkill: boolean;
    /** mod_callcenter's word */
    readonly tierState: TierState;
  }[];
}

export interface PauseView extends Pause {
  readonly text: string | undefined;
  readonly isPaid: boolean | undefined;
}

/** Queues listed of one agent. */
export const agentQueuesMax = 1_000;

export function agentView(state: AcdState, agent: Agent, nowMs: number): AgentView {
  const config = state.agentConfigs.get(agent.id);
  return {
    id: agent.id,
    name: config?.name ?? agent.id,
    type: config?.type ?? 'callback',
    status: agent.status,
    state: agentStateOf(agent),
    opensipsState: opensipsStateOf(agent),
    statusSinceMs: agent.statusSinceMs,
    pauseReason: agent.pauseReason,
    pause: pauseView(state, agent),
    phase: agent.phase.kind,
    phaseEndsAtMs: phaseEnd(agent),
    contact: config && contactOf(agent, config),
    device: agent.device,
    offers: offersOfAgent(state, agent).map(offerView),
    chats: agent.chats.length,
    externalCalls: agent.externalCalls,
    hold: config ? agentHold(agent, config, 'audio', nowMs) : 'no-contact',
    lastBridgeEndMs: agent.lastBridgeEndMs,
    lastOfferedMs: agent.lastOfferedMs,
    callsAnswered: agent.callsAnswered,
    talkMs: agent.talkMs,
    noAnswerCount: agent.noAnswerCount,
    skills: Object.fromEntries(config?.skills ?? []),
    queues: state
      .servicesOfAgent(agent.id)
      .slice(0, agentQueuesMax)
      .map(({ queue, level, position, bySkill }) => ({ queue, level, position, bySkill, tierState: tierStateOf(state, agent, queue) })),
  };
}

function pauseView(state: AcdState, { pause, pauseReason }: Agent): PauseView | undefined {
  if (!pause) return undefined;
  const known = pauseReasonOf(state, pauseReason);
  return { ...pause, limitAtMs: pause.limitAtMs, text: known?.text, isPaid: known?.isPaid };
}

function phaseEnd({ phase }: Agent): number | undefined {
  if (phase.kind === 'wrapup') return phase.endsAtMs;
  return phase.kind === 'resting' || phase.kind === 'reserved' ? phase.untilMs : undefined;
}

function offersOfAgent(state: AcdState, { phase, chats }: Agent): Offer[] {
  const ids = phase.kind === 'offered' || phase.kind === 'talking' ? [phase.offer, ...chats] : chats;
  return [...new Set(ids)].flatMap((id) => state.offers.get(id) ?? []);
}

/** Agents of all queues, or of one; by id. */
export function agentViews(state: AcdState, queue: QueueId | undefined, wish: PageWish, nowMs: number): Page<AgentView> {
  const page = pageById<Agent>(queue === undefined ? state.agents.values() : agentsOf(state, state.servicesOfQueue(queue).keys()), wish);
  return { ...page, items: page.items.map((agent) => agentView(state, agent, nowMs)) };
}

function* agentsOf(state: AcdState, ids: Iterable<AgentId>): Generator<Agent> {
  for (const id of ids) {
    const agent = state.agents.get(id);
    if (agent) yield agent;
  }
}
