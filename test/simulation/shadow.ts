/**
 * What the checkers remember of the state before a step, since the engine's own is changed in place. One for all of
 * them; it is brought up to date after the others have looked, so it stands last among the checkers.
 */
import type { AcdState } from '../../core/acd/acd-state.js';
import type { AgentId, MemberId, QueueId } from '../../core/acd/ids.js';
import type { AgentPhase } from '../../core/acd/state.js';
import type { Checker, Restart, Seen } from './checker.js';

export interface AgentBefore {
  readonly phase: AgentPhase;
  readonly status: string;
  readonly lastOfferedMs: number;
}

export interface Place {
  readonly level: number;
  readonly position: number;
}

export interface MemberBefore {
  readonly visit: number;
  readonly rank: number;
  readonly lastTier: Place | undefined;
}

export class Shadow implements Checker {
  readonly name = 'shadow';
  readonly agents = new Map<AgentId, AgentBefore>();
  readonly members = new Map<MemberId, MemberBefore>();
  /** round-robin: where the last offer of a queue's agents went */
  readonly queues = new Map<QueueId, Place | undefined>();

  saved({ state, changes }: Seen): void {
    for (const id of changes.agents) this.rememberAgent(state, id);
    for (const id of changes.members) this.rememberMember(state, id);
    for (const id of changes.queues) this.queues.set(id, state.queues.get(id)?.lastTier);
  }

  restarted({ state }: Restart): void {
    this.agents.clear();
    this.members.clear();
    this.queues.clear();
    for (const id of state.agents.keys()) this.rememberAgent(state, id);
    for (const id of state.members.keys()) this.rememberMember(state, id);
    for (const [id, { lastTier }] of state.queues) this.queues.set(id, lastTier);
  }

  private rememberAgent(state: AcdState, id: AgentId): void {
    const agent = state.agents.get(id);
    if (agent) this.agents.set(id, { phase: agent.phase, status: agent.status, lastOfferedMs: agent.lastOfferedMs });
    else this.agents.delete(id);
  }

  private rememberMember(state: AcdState, id: MemberId): void {
    const member = state.members.get(id);
    if (member) this.members.set(id, { visit: member.visit, rank: member.rank, lastTier: member.lastTier });
    else this.members.delete(id);
  }
}
