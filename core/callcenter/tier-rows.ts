/** Rows of tiers in mod_callcenter's columns, by level and position (freeswitch-callcenter 9.2, 14). Who serves by skill has none. */
import type { AcdState } from '../acd/acd-state.js';
import type { QueueId } from '../acd/ids.js';
import { tierStateOf } from '../acd/tier-state.js';
import { seesQueue, type SeenQueues } from './seen.js';
import type { Cell } from './table.js';

export const tierColumns = ['queue', 'agent', 'state', 'level', 'position'] as const;

/** `queue` undefined: those of all queues that are seen. There may be ten thousand. */
export function tierRows(state: AcdState, seen: SeenQueues, queue?: QueueId): Cell[][] {
  const rows: Cell[][] = [];
  for (const tier of byPlace(state.tiers)) {
    if (queue === undefined ? !seesQueue(seen, tier.queue) : tier.queue !== queue) continue;
    const agent = state.agents.get(tier.agent);
    if (agent && state.queueConfigs.has(tier.queue))
      rows.push([tier.queue, tier.agent, tierStateOf(state, agent, tier.queue), tier.level, tier.position]);
  }
  return rows;
}

type Tiers = AcdState['tiers'];
const sorted = new WeakMap<Tiers, Tiers>();

/** The order of a list of tiers, which the engine never changes but replaces. */
function byPlace(tiers: Tiers): Tiers {
  const known = sorted.get(tiers);
  if (known) return known;
  const made = tiers.toSorted((a, b) => a.level - b.level || a.position - b.position);
  sorted.set(tiers, made);
  return made;
}
