/** One queue as the board shows it. Costs one pass over its waiting members; agents are counted by the model. */
import type { AcdState } from '../acd/acd-state.js';
import type { QueueConfig } from '../acd/config.js';
import type { QueueId } from '../acd/ids.js';
import type { Today } from '../report-ports.js';
import { doings, type DayRow, type Doing, type QueueRow } from './wire.js';

/** Offers by queue: `[ringing, talking]`. */
export type OfferCounts = ReadonlyMap<QueueId, readonly [number, number]>;

export type DoingCounts = Record<Doing, number>;

export const noDoings = (): DoingCounts => Object.fromEntries(doings.map((doing) => [doing, 0])) as DoingCounts;

export interface QueueFacts {
  readonly offers: OfferCounts;
  readonly agents: DoingCounts;
  readonly today: Today;
}

/** One pass over all offers, for any number of queues. */
export function countOffers(state: AcdState): OfferCounts {
  const counts = new Map<QueueId, [number, number]>();
  for (const { queue, phase } of state.offers.values()) {
    const both = counts.get(queue) ?? [0, 0];
    both[phase.kind === 'talking' ? 1 : 0]++;
    counts.set(queue, both);
  }
  return counts;
}

export function queueRow(state: AcdState, queue: QueueConfig, { offers, agents, today }: QueueFacts): QueueRow {
  const [ringing, talking] = offers.get(queue.id) ?? [0, 0];
  return {
    id: queue.id,
    name: queue.name,
    isDraining: state.queues.get(queue.id)?.isDraining ?? false,
    ...memberCounts(state, queue.id),
    ringing,
    talking,
    agents: { ...agents },
    goal: queue.serviceLevel.percent / 100,
    today: dayRow(today, queue.id),
  };
}

function memberCounts(state: AcdState, queue: QueueId): Pick<QueueRow, 'waiting' | 'callbacks' | 'oldestAtMs'> {
  let [waiting, callbacks, oldestAtMs] = [0, 0, 0];
  for (const id of state.membersOfQueue(queue)) {
    const member = state.members.get(id);
    if (!member) continue;
    waiting++;
    if (member.presence.kind === 'callback') callbacks++;
    if (oldestAtMs === 0 || member.joinedAtMs < oldestAtMs) oldestAtMs = member.joinedAtMs;
  }
  return { waiting, callbacks, oldestAtMs };
}

function dayRow(today: Today, queue: string): DayRow {
  const { offered, answered, abandoned, serviceLevel, waitMs } = today.queue(queue);
  return { offered, answered, abandoned, ...(serviceLevel !== undefined && { serviceLevel }), waitMeanMs: Math.round(waitMs.mean) };
}
