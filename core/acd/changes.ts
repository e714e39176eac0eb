/** What one step, or several, changed: the loop stores these rows, and only these, before the effects leave. */
import type { AgentId, MemberId, OfferId, QueueId } from './ids.js';
import type { Segment } from './records.js';
import { Touched } from './touched.js';

export interface Changes {
  readonly members: Touched<MemberId>;
  readonly agents: Touched<AgentId>;
  readonly offers: Touched<OfferId>;
  readonly queues: Touched<QueueId>;
  isSystemChanged: boolean;
  readonly segments: Segment[];
}

export const noChanges = (): Changes => ({
  members: new Touched(),
  agents: new Touched(),
  offers: new Touched(),
  queues: new Touched(),
  isSystemChanged: false,
  segments: [],
});
