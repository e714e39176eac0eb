/** Rows of tiers in mod_callcenter's columns, by level and position (freeswitch-callcenter 9.2, 14). Who serves by skill has none. */
import type { AcdState } from '../acd/acd-state.js';
import type { QueueId } from '../acd/ids.js';
import { tierStateOf } from '../acd/tier-state.js';
import { seesQueue, type SeenQueues } from './seen.js';
import type { Cell } from './table.js';

export const tierColumns = ['queue', 'agent', 'state', 'level', 'position'] as const;

/** `queue` undefined: those of all queues that are seen. */
export function tierRows(state: AcdState, seen: SeenQueues, queue?: QueueId): Cell[][] {
  return state.tiers
    .filter((tier) => (queue === undefined ? seesQueue(seen, tier.queue) : tier.queue === queue))
    .toSorted((a, b) => a.level - b.level || a.position - b.position)
    .flatMap((tier) => {
      const agent = state.agents.get(tier.agent);
      return agent && state.queueConfigs.has(tier.queue)
        ? [[tier.queue, tier.agent, tierStateOf(state, agent, tier.queue), tier.level, tier.position]]
        : [];
    });
}
