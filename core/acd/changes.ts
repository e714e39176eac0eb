/** What one step, or several, changed: the loop stores these rows, and only these, before the effects leave. */
import type { AgentId, MemberId, OfferId, QueueId } from './ids.js';
import type { Segment } from './records.js';

export interface Changes {
  readonly members: Set<MemberId>;
  readonly agents: Set<AgentId>;
  readonly offers: Set<OfferId>;
  readonly queues: Set<QueueId>;
  isSystemChanged: boolean;
  readonly segments: Segment[];
}

export const noChanges = (): Changes => ({
  members: new Set(),
  agents: new Set(),
  offers: new Set(),
  queues: new Set(),
  isSystemChanged: false,
  segments: [],
});
