/** The engine's state as others may read it. Maps are live; nobody but the engine changes them. */
import type { AcdSettings, AgentConfig, KnownCaller, PauseReason, QueueConfig, TierConfig } from './config.js';
import type { CallName } from './call-index.js';
import type { AgentId, MemberId, OfferId, QueueId } from './ids.js';
import type { Agent, Member, Offer, QueueRuntime, SystemState } from './state.js';

/** An agent serves a queue by a tier, or by skill at level 1. */
export interface Service {
  readonly queue: QueueId;
  readonly agent: AgentId;
  readonly level: number;
  readonly position: number;
  readonly bySkill: boolean;
}

export interface AcdState {
  readonly settings: AcdSettings;
  readonly queueConfigs: ReadonlyMap<QueueId, QueueConfig>;
  readonly agentConfigs: ReadonlyMap<AgentId, AgentConfig>;
  readonly tiers: readonly TierConfig[];
  readonly callers: ReadonlyMap<string, KnownCaller>;
  /** by canonical code */
  readonly pauseReasons: ReadonlyMap<string, PauseReason>;
  readonly members: ReadonlyMap<MemberId, Member>;
  readonly agents: ReadonlyMap<AgentId, Agent>;
  readonly offers: ReadonlyMap<OfferId, Offer>;
  readonly queues: ReadonlyMap<QueueId, QueueRuntime>;
  readonly system: SystemState;
  /** until then callers who are away since the restart hold back who ranks behind them; 0 = nobody does */
  readonly heldUntilMs: number;
  /** by canonical (lower-case) name */
  queueNamed(name: string): QueueConfig | undefined;
  agentNamed(name: string): AgentConfig | undefined;
  memberOfCall(call: CallName): Member | undefined;
  /** who is held for this key */
  agentHeldBy(key: string): AgentId | undefined;
  /** of those who wait in a queue: on the line or to be called back, by their own wish; no chat, no message, no call of the dialer */
  callersWaiting(queue: QueueId): number;
  servicesOfAgent(agent: AgentId): readonly Service[];
  servicesOfQueue(queue: QueueId): ReadonlyMap<AgentId, Service>;
  /** members of a queue that wait, in any phase before the talk */
  membersOfQueue(queue: QueueId): ReadonlySet<MemberId>;
}
