/**
 * Why was nobody called? (B31, user-needs 31) For a caller: what stands in the way of each agent of the queue now. For
 * an agent: which callers could come and why none does. Worked out from the state when asked; the decisions of the
 * past are kept apart.
 */
import type { AcdState, Service } from './acd-state.js';
import { agentView, type AgentView } from './agent-view.js';
import { agentHold } from './availability.js';
import { whyNotNow } from './decisions.js';
import { detailOf } from './explain-detail.js';
import { memberId, type QueueId } from './ids.js';
import { memberView, type MemberView } from './member-view.js';
import { pageOfWaiting, positionOf } from './paging.js';
import { isWaiting } from './places.js';
import { heldBefore } from './return-hold.js';
import type { Decision, NotTaken } from './records.js';
import type { Agent, Member } from './state.js';
import { isLoggedIn } from './words.js';

/** Agents listed for one caller, queues and callers listed for one agent, decisions listed. */
export const explainedMax = { agents: 200, queues: 50, members: 3, decisions: 20 };

export interface AgentReason {
  readonly agent: string;
  readonly level: number;
  readonly position: number;
  /** `offered`: is rung for this caller; `later-in-order`: could, and others come first */
  readonly reason: NotTaken | 'offered';
  readonly detail: string;
}

export interface MemberExplanation {
  readonly member: MemberView;
  /** one line */
  readonly verdict: string;
  readonly agents: readonly AgentReason[];
  /** how many agents of the queue have which reason, those not listed too */
  readonly counts: Readonly<Record<string, number>>;
  readonly agentsTotal: number;
  /** newest first */
  readonly decisions: readonly Decision[];
}

export function explainMember(state: AcdState, member: Member, decisions: readonly Decision[], nowMs: number): MemberExplanation {
  const services = [...state.servicesOfQueue(member.queue).values()].sort(byPlace);
  const lowest = lowestManned(state, member.queue);
  const rung = new Set(member.offers.map((id) => state.offers.get(id)?.agent));
  const reasons = services.map((service): AgentReason => {
    const reason = rung.has(service.agent) ? 'offered' : (whyNotNow(state, member, service.agent, lowest, nowMs) ?? 'later-in-order');
    const { agent, level, position } = service;
    return { agent, level, position, reason, detail: detailOf(state, member, service, reason, nowMs) };
  });
  return {
    member: memberView(state, member, nowMs, positionOf(state, member)),
    verdict: verdictOfMember(state, member, reasons, nowMs),
    agents: reasons.slice(0, explainedMax.agents),
    counts: countBy(reasons.map(({ reason }) => reason)),
    agentsTotal: services.length,
    decisions: decisions.filter((d) => d.member === member.id).slice(0, explainedMax.decisions),
  };
}

const byPlace = (a: Service, b: Service): number => a.level - b.level || a.position - b.position || (a.agent < b.agent ? -1 : 1);

/** The lowest level of a queue with somebody logged in; undefined when nobody is. */
function lowestManned(state: AcdState, queue: QueueId): number | undefined {
  let lowest: number | undefined;
  for (const { agent, level } of state.servicesOfQueue(queue).values())
    if ((lowest === undefined || level < lowest) && isLoggedIn(state.agents.get(agent)?.status ?? 'Logged Out')) lowest = level;
  return lowest;
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const secondsText = (ms: number): string => `${String(Math.max(0, Math.ceil(ms / 1000)))} s`;

/** What holds the caller himself; undefined: he may be offered. */
function holdOfMember(state: AcdState, member: Member, nowMs: number): string | undefined {
  const { phase, presence } = member;
  if (phase.kind === 'talking')
    return `talks to ${state.offers.get(phase.offer)?.agent ?? 'an agent'} for ${secondsText(nowMs - phase.sinceMs)}`;
  if (phase.kind === 'abandoned')
    return `hung up ${secondsText(nowMs - phase.atMs)} ago; the place is kept for ${secondsText(phase.untilMs - nowMs)}`;
  if (phase.kind === 'welcome' || phase.kind === 'dissuading') return `hears the ${phase.kind} message; nobody is offered before its end`;
  if (presence.kind === 'away') return `the session broke; the place is kept for ${secondsText(presence.untilMs - nowMs)}`;
  if (presence.kind === 'callback')
    return `wants to be called back at ${presence.number}: ${presence.step.kind}, ${String(presence.attempts)} attempts so far`;
  if (!state.system.isDispatching) return 'dispatching is off: an external dispatcher gives out the calls';
  if (member.offers.length === 0 && heldBefore(state, member, nowMs))
    return `a caller of an older place may come back after the restart; the turn is kept for ${secondsText(state.heldUntilMs - nowMs)}`;
  return undefined;
}

function verdictOfMember(state: AcdState, member: Member, reasons: readonly AgentReason[], nowMs: number): string {
  const hold = holdOfMember(state, member, nowMs);
  if (hold !== undefined) return hold;
  const offered = reasons.filter(({ reason }) => reason === 'offered').map(({ agent }) => agent);
  if (offered.length > 0)
    return `rings ${offered.slice(0, 5).join(', ')}${offered.length > 5 ? ` and ${String(offered.length - 5)} more` : ''}`;
  if (reasons.length === 0) return `no agent serves queue ${member.queue}: no tier, and none by skill`;
  const counts = Object.entries(countBy(reasons.map(({ reason }) => reason))).sort(([, a], [, b]) => b - a);
  return `no agent can be offered: ${counts.map(([reason, count]) => `${String(count)} ${reason}`).join(', ')}`;
}

// ------------------------------------------------------------------ agents

export interface QueueReason {
  readonly queue: string;
  readonly level: number;
  readonly position: number;
  readonly bySkill: boolean;
  readonly waiting: number;
  /** the first callers, and why this agent is not offered them */
  readonly first: readonly {
    readonly member: string;
    readonly number: string;
    readonly reason: NotTaken | 'offered';
    readonly detail: string;
  }[];
}

export interface AgentExplanation {
  readonly agent: AgentView;
  readonly verdict: string;
  readonly queues: readonly QueueReason[];
  readonly queuesTotal: number;
  readonly decisions: readonly Decision[];
}

export function explainAgent(state: AcdState, agent: Agent, decisions: readonly Decision[], nowMs: number): AgentExplanation {
  const services = state.servicesOfAgent(agent.id);
  const queues = services.slice(0, explainedMax.queues).map((service) => queueReason(state, service, nowMs));
  return {
    agent: agentView(state, agent, nowMs),
    verdict: verdictOfAgent(state, agent, queues, nowMs),
    queues,
    queuesTotal: services.length,
    decisions: decisions
      .filter((d) => d.chosen === agent.id || d.others.some((other) => other.agent === agent.id))
      .slice(0, explainedMax.decisions),
  };
}

function queueReason(state: AcdState, service: Service, nowMs: number): QueueReason {
  const { queue, agent, level, position, bySkill } = service;
  const page = pageOfWaiting(state, queue, { limit: explainedMax.members });
  const lowest = lowestManned(state, queue);
  const first = page.items.map((member) => {
    const isOffered = member.offers.some((id) => state.offers.get(id)?.agent === agent);
    const reason: NotTaken | 'offered' = isOffered ? 'offered' : (whyNotNow(state, member, agent, lowest, nowMs) ?? 'later-in-order');
    const hold = reason === 'later-in-order' ? holdOfMember(state, member, nowMs) : undefined;
    return { member: member.id, number: member.number, reason, detail: hold ?? detailOf(state, member, service, reason, nowMs) };
  });
  return { queue, level, position, bySkill, waiting: page.total, first };
}

function verdictOfAgent(state: AcdState, agent: Agent, queues: readonly QueueReason[], nowMs: number): string {
  const config = state.agentConfigs.get(agent.id);
  const hold = config ? agentHold(agent, config, 'audio', nowMs) : 'no-contact';
  if (hold) return `cannot be offered a call: ${hold}`;
  if (queues.length === 0) return 'serves no queue: no tier, and none by skill';
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  if (waiting === 0) return 'free; nobody waits in the queues served';
  const reasons = countBy(queues.flatMap(({ first }) => first.map(({ reason }) => reason)));
  return `free; ${String(waiting)} wait, and of the first callers: ${Object.entries(reasons)
    .map(([reason, count]) => `${String(count)} ${reason}`)
    .join(', ')}`;
}

// ------------------------------------------------------------------ finding

/** The waiting or talking member meant by an id, a unique id of a call, or a caller's number; the longest waiting of several. */
export function findMember(state: AcdState, text: string): Member | undefined {
  const byId = state.members.get(memberId(text));
  if (byId) return byId;
  const digits = text.replace(/^\+/, '');
  let found: Member | undefined;
  for (const member of state.members.values()) {
    if (member.call?.uniqueId !== text && (digits === '' || member.number.replace(/^\+/, '') !== digits)) continue;
    if (!found || rankForFinding(member) < rankForFinding(found)) found = member;
  }
  return found;
}

/** Waiting ones before talking, these before gone; then by time. */
const rankForFinding = (member: Member): number =>
  (isWaiting(member) ? 0 : member.phase.kind === 'talking' ? 1 : 2) * 1e15 + member.joinedAtMs;
