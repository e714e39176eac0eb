/**
 * The two orders of the engine, both total, so that a replay gives the same agent (H5).
 *
 * Callers, over all queues (user-needs 17): by `rank`, then by `serial`. The rank is the moment of joining, earlier
 * by one second for each point of base score, later by `priorityStepMs` for each step of queue priority. So a
 * caller is passed only by callers who join within a bounded time after him: (difference of priority) x step plus
 * (difference of score). With a step of 0 priority always goes first, without that bound.
 *
 * Agents for one caller: fewest tries for this caller, preferred skills, then the strategy's order
 * (freeswitch-callcenter 5), which ends in the agent's id.
 */
import type { AcdSettings, QueueConfig } from './config.js';
import type { AcdState, Service } from './acd-state.js';
import type { Agent, Member } from './state.js';
import type { AgentId, MemberId } from './ids.js';
import type { DialerTurn, Strategy } from './words.js';

/** A priority with step 0 weighs more than any waiting time: 2^32 steps of it stay exact in a double. */
const strictStepMs = 1_000_000;
/** More than any priority weighs: calls of the dialer go before or behind all callers, by their queue's word (B45). */
const turnStep = 5_000_000_000_000_000;
const turnOf: Readonly<Record<DialerTurn, -1 | 0 | 1>> = { first: -1, priority: 0, last: 1 };

export interface RankParts {
  readonly joinedAtMs: number;
  readonly baseScoreS: number;
  readonly priority: number;
}

/** How often this agent was offered this member. An agent may have the name of a property that every object has. */
export const triesOf = ({ tried }: Pick<Member, 'tried'>, agent: AgentId): number =>
  Object.hasOwn(tried, agent) ? (tried[agent] ?? 0) : 0;

/** Smaller is served first. With step 0 the priority is compared apart, as the dialer's turn is, see `MemberKey`. */
export function rankOf(parts: RankParts, settings: AcdSettings): number {
  return parts.joinedAtMs - 1000 * parts.baseScoreS + parts.priority * settings.priorityStepMs;
}

/** Place of a member in every ordered set; a copy, so that the member may change while it is in the set. */
export interface MemberKey {
  /** compared before the rank */
  readonly strict: number;
  readonly rank: number;
  readonly serial: number;
  readonly id: MemberId;
}

export function memberKey(member: Member, state: Rules): MemberKey {
  return { strict: strictOf(member, state), rank: member.rank, serial: member.serial, id: member.id };
}

type Rules = Pick<AcdState, 'settings' | 'queueConfigs'>;

function strictOf({ origin, queue, priority }: Member, { settings, queueConfigs }: Rules): number {
  const strict = settings.priorityStepMs === 0 ? priority * strictStepMs : 0;
  return origin === undefined ? strict : strict + turnOf[queueConfigs.get(queue)?.dialerTurn ?? 'last'] * turnStep;
}

export function byMemberKey(a: MemberKey, b: MemberKey): number {
  return a.strict - b.strict || a.rank - b.rank || a.serial - b.serial || compareText(a.id, b.id);
}

export const sameMemberKey = (a: MemberKey, b: MemberKey): boolean => a.strict === b.strict && a.rank === b.rank && a.serial === b.serial;

/** Place of a free agent among those of one queue; a copy, as above. */
export interface AgentKey {
  readonly level: number;
  readonly first: number;
  readonly second: number;
  readonly position: number;
  readonly id: AgentId;
}

/** The strategy's order as numbers: (level, first, second, position, id). */
export function agentKey(strategy: Strategy, queue: QueueConfig, agent: Agent, service: Service): AgentKey {
  const { level, position } = service;
  const { id } = agent;
  switch (strategy) {
    case 'longest-idle-agent':
      return { level, first: queue.newLoginFirst ? agent.idleOrder : agent.lastBridgeEndMs, second: 0, position, id };
    case 'agent-with-least-talk-time':
      return { level, first: agent.talkMs, second: 0, position, id };
    case 'agent-with-fewest-calls':
      return { level, first: agent.callsAnswered, second: 0, position, id };
    default:
      return { level, first: position, second: agent.lastOfferedMs, position, id };
  }
}

/** Chats (opensips-call-center 8.2): balancing rotates, full-load fills one agent before the next. */
export function chatKey(queue: QueueConfig, agent: Agent, service: Service): AgentKey {
  const load = queue.chatPolicy === 'full-load' ? -agent.chats.length : 0;
  const turn = queue.chatPolicy === 'full-load' ? agent.idleOrder : agent.lastOfferedMs;
  return { level: service.level, first: load, second: turn, position: service.position, id: agent.id };
}

export function byAgentKey(a: AgentKey, b: AgentKey): number {
  return a.level - b.level || a.first - b.first || a.second - b.second || a.position - b.position || compareText(a.id, b.id);
}

export const sameAgentKey = (a: AgentKey, b: AgentKey): boolean =>
  a.level === b.level && a.first === b.first && a.second === b.second && a.position === b.position;

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
