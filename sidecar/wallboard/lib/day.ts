/** Calls of a queue by quarters of an hour since midnight, for the chart. */
import { get } from './api.ts';

export interface Quarter {
  readonly atMs: number;
  readonly offered: number;
  readonly answered: number;
  readonly abandoned: number;
}

interface Answer {
  readonly items: readonly { readonly fromMs: number; readonly offered: number; readonly answered: number; readonly abandoned: number }[];
}

const quarterMs = 900_000;

/** Each quarter from midnight to now, also the empty ones. Rejects ApiError. */
export async function dayOf(queue: string, nowMs: number): Promise<Quarter[]> {
  const midnight = new Date(nowMs).setHours(0, 0, 0, 0);
  const query = new URLSearchParams({
    queue,
    from: new Date(midnight).toISOString(),
    to: new Date(Math.ceil((nowMs + 1) / quarterMs) * quarterMs).toISOString(),
    interval: '15m',
  });
  const { items } = await get<Answer>(`/statistics/queues?${query.toString()}`);
  const known = new Map(items.map((item) => [item.fromMs, item]));
  const quarters: Quarter[] = [];
  for (let atMs = midnight; atMs <= nowMs; atMs += quarterMs) {
    const { offered = 0, answered = 0, abandoned = 0 } = known.get(atMs) ?? {};
    quarters.push({ atMs, offered, answered, abandoned });
  }
  return quarters;
}
