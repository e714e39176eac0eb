/**
 * Completeness of the matching, read from the rules alone: while dispatching is on, no caller who could be offered
 * waits beside an agent who could take him. What holds the two apart by rule is a documented hold and has a name.
 */
import type { AcdState, Service } from './acd-state.js';
import type { QueueConfig, SkillNeed } from './config.js';
import type { QueueId, SwitchId } from './ids.js';
import type { Broken } from './invariants.js';
import type { Agent, Member } from './state.js';

export interface Moment {
  readonly nowMs: number;
  /** switches on which nothing can be started, as the engine was told */
  readonly down: ReadonlySet<SwitchId>;
}

/** Pairs that should be joined and are not: at most one for each agent. */
export function brokenMatching(state: AcdState, at: Moment): readonly Broken[] {
  if (!state.system.isDispatching) return [];
  const broken: Broken[] = [];
  const held = firstHeld(state, at);
  for (const agent of state.agents.values()) {
    const member = left(state, agent, held, at);
    if (member)
      broken.push({ invariant: 'matching', text: `agent ${agent.id} is free, member ${member.id} in ${member.queue} waits for nothing` });
  }
  return broken;
}

function left(state: AcdState, agent: Agent, held: Member | undefined, at: Moment): Member | undefined {
  const isSoft = agent.phase.kind === 'reserved' && agent.phase.isSoft === true;
  if (!isSoft && !isIdle(agent, at)) return undefined;
  for (const service of state.servicesOfAgent(agent.id))
    for (const id of state.membersOfQueue(service.queue)) {
      const member = state.members.get(id);
      if (!member || (held && goesBefore(state, held, member))) continue;
      if (isSoft && !isCallerAlone(member)) continue;
      if (wantsOffer(state, member, at) && !holdBetween(state, agent, member, service, at)) return member;
    }
  return undefined;
}

/** Whom an agent who is held softly is for: a caller, on the line, rung for by nobody (B45). */
const isCallerAlone = (member: Member): boolean =>
  member.origin === undefined && member.media === 'audio' && member.presence.kind === 'here' && member.offers.length === 0;

function isIdle(agent: Agent, at: Moment): boolean {
  const isWilling = agent.status === 'Available' || agent.status === 'Available (On Demand)';
  return isWilling && agent.phase.kind === 'idle' && agent.readyAtMs <= at.nowMs;
}

/** After a restart: the best-ranked of those who have not come back and whose turn is kept for a moment. */
function firstHeld(state: AcdState, at: Moment): Member | undefined {
  if (at.nowMs >= state.heldUntilMs) return undefined;
  let first: Member | undefined;
  for (const member of state.members.values()) {
    if (member.presence.kind !== 'away' || member.phase.kind === 'abandoned' || member.phase.kind === 'talking') continue;
    if (mayBeRung(state, member, at) && (!first || goesBefore(state, member, first))) first = member;
  }
  return first;
}

/** The total order of callers: calls before chats, the dialer's calls where their queue says, priority where it is strict, rank, serial. */
export function goesBefore(state: Pick<AcdState, 'settings' | 'queueConfigs'>, a: Member, b: Member): boolean {
  if (a.media !== b.media) return a.media === 'audio';
  const [turnA, turnB] = [dialerTurn(state, a), dialerTurn(state, b)];
  if (turnA !== turnB) return turnA < turnB;
  if (state.settings.priorityStepMs === 0 && a.priority !== b.priority) return a.priority < b.priority;
  return a.rank !== b.rank ? a.rank < b.rank : a.serial < b.serial;
}

function dialerTurn({ queueConfigs }: Pick<AcdState, 'queueConfigs'>, { origin, queue }: Member): number {
  if (origin !== 'dialer') return 0;
  const word = queueConfigs.get(queue)?.dialerTurn;
  return word === 'first' ? -1 : word === 'priority' ? 0 : 1;
}

/** A waiting caller who is there and may be rung for (once more, in the ring-all family). */
export function wantsOffer(state: AcdState, member: Member, at: Moment): boolean {
  const isThere = member.presence.kind === 'here' || member.presence.kind === 'message';
  return member.phase.kind === 'waiting' && isThere && mayBeRung(state, member, at);
}

function mayBeRung(state: AcdState, member: Member, at: Moment): boolean {
  if (member.giveUpAtMs > 0 && member.giveUpAtMs <= at.nowMs) return false;
  const home = member.presence.kind === 'message' ? member.homeSwitch : member.call?.switch;
  if (home && at.down.has(home)) return false;
  if (member.offers.length === 0) return true;
  const queue = state.queueConfigs.get(member.queue);
  if (!queue || member.media === 'chat' || member.offers.length >= queue.ringAgentsMax) return false;
  if (member.offers.map((id) => state.offers.get(id)).some((offer) => offer?.phase.kind !== 'ringing' || offer.isPickUp)) return false;
  if (isGoing(member, queue, at.nowMs)) return false;
  if (queue.strategy === 'ring-all') return true;
  return queue.strategy === 'ring-progressively' && member.nextRingAtMs <= at.nowMs;
}

/** The waiting is to end by a rule: as soon as no leg rings any more, and no further leg is started. */
function isGoing(member: Member, queue: QueueConfig, nowMs: number): boolean {
  if (member.origin === 'dialer') return false;
  const waited = member.presence.kind === 'message' ? undefined : queue.overflow.find(({ on }) => on === 'waited');
  const { message, onHoldMsMax } = queue.dissuading;
  // who is away hears nothing
  const isDissuaded =
    member.presence.kind === 'here' && message !== undefined && onHoldMsMax > 0 && nowMs > member.onHoldSinceMs + onHoldMsMax;
  return isDissuaded || (waited !== undefined && nowMs >= member.enteredAtMs + waited.thresholdMs);
}

/** Why this agent, when free, is not to be given this caller now; undefined: nothing speaks against it. */
export function holdBetween(state: AcdState, agent: Agent, member: Member, service: Service, at: Moment): string | undefined {
  const queue = state.queueConfigs.get(member.queue);
  const config = state.agentConfigs.get(agent.id);
  if (!queue || !config) return 'not configured';
  const media = member.media === 'chat' ? chatHold(state, agent, at) : audioHold(state, agent, member, at);
  if (media) return media;
  if (queue.skipAgentsWithExternalCalls && agent.externalCalls > 0) return 'external call';
  const waitedMs = at.nowMs - member.joinedAtMs;
  if (!hasSkills(config.skills, member.needs, waitedMs)) return 'skill';
  if (waitedMs < tierOpensAfterMs(state, service)) return 'tier';
  if (isKeptForAnother(state, member, agent, at.nowMs)) return 'sticky';
  return undefined;
}

function audioHold(state: AcdState, agent: Agent, member: Member, at: Moment): string | undefined {
  const config = state.agentConfigs.get(agent.id);
  if (agent.chats.length > 0) return 'chatting';
  if (agent.chatWrapUpEndsAtMs > at.nowMs) return 'chat wrap-up';
  if (config?.type === 'uuid-standby')
    return agent.standby?.switch === member.call?.switch && agent.standby ? undefined : 'no standby channel here';
  if ((agent.contactOverride ?? config?.contact ?? config?.contactFreeswitch) === undefined) return 'no contact';
  return agent.device === 'unknown' || agent.device === 'idle' ? undefined : 'device';
}

/** opensips-call-center 8.3: one slot is held back while the chat wrap-up runs. */
function chatHold(state: AcdState, agent: Agent, at: Moment): string | undefined {
  const config = state.agentConfigs.get(agent.id);
  if (config?.chatAddress === undefined) return 'no chats';
  const held = agent.chatWrapUpEndsAtMs > at.nowMs ? 1 : 0;
  return agent.chats.length + held < config.chatsMax ? undefined : 'chats';
}

/** Level that a need has after this waiting; the last step passed counts. */
function hasSkills(skills: ReadonlyMap<string, number>, needs: readonly SkillNeed[], waitedMs: number): boolean {
  return needs.every((need) => {
    const passed = need.relax.filter((step) => step.afterMs <= waitedMs).at(-1);
    return !need.isRequired || (skills.get(need.skill) ?? 0) >= (passed?.levelMin ?? need.levelMin);
  });
}

/** freeswitch-callcenter 6. */
export function tierOpensAfterMs(state: AcdState, service: Service): number {
  const queue = state.queueConfigs.get(service.queue);
  if (!queue?.tierRulesApply) return 0;
  if (queue.tierRuleNoAgentNoWait && service.level === lowestManned(state, service.queue)) return 0;
  return queue.tierRuleWaitMultiplyLevel ? service.level * queue.tierRuleWaitMs : queue.tierRuleWaitMs;
}

function lowestManned(state: AcdState, queue: QueueId): number {
  let lowest = Infinity;
  for (const [id, { level }] of state.servicesOfQueue(queue)) {
    const status = state.agents.get(id)?.status ?? 'Logged Out';
    if (status !== 'Logged Out') lowest = Math.min(lowest, level);
  }
  return lowest;
}

/** Waits for one agent alone, while that one may come free (B41). */
export function isKeptForAnother(state: AcdState, member: Member, agent: Agent, atMs: number): boolean {
  const { stickyAgent } = member;
  if (stickyAgent === undefined || stickyAgent === agent.id || member.stickyUntilMs <= atMs) return false;
  const status = state.agents.get(stickyAgent)?.status;
  return status === 'Available' || status === 'Available (On Demand)';
}
