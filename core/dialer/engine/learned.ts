/** What was learned, as plain data: taken along over a restart. */
import type { DialerWorld } from './world.js';

export function learnedOf(w: DialerWorld): ReadonlyMap<string, unknown> {
  const learned = new Map<string, unknown>();
  for (const [queue, { pacer, numbered }] of w.groups) learned.set(`pacer:${queue}`, { version: 1, numbered, pacer: pacer.snapshot() });
  for (const [campaign, { sorter, placed }] of w.tallies) if (placed > 0) learned.set(`sorter:${campaign}`, sorter.snapshot());
  for (const [campaign, { dayParts }] of w.tallies) {
    const parts = dayParts.snapshot();
    if (parts !== undefined) learned.set(`parts:${campaign}`, parts);
  }
  for (const [key, { breaker }] of w.gateways) learned.set(`breaker:${key}`, breaker.snapshot());
  return learned;
}

/** One that cannot be read is left aside. */
export function readLearned(saved: unknown): { readonly pacer: unknown; readonly numbered: string[] } {
  if (typeof saved !== 'object' || saved === null) return { pacer: undefined, numbered: [] };
  const { version, numbered, pacer } = saved as Record<string, unknown>;
  if (version !== 1 || !Array.isArray(numbered)) return { pacer: undefined, numbered: [] };
  return { pacer, numbered: numbered.filter((id): id is string => typeof id === 'string') };
}
