/** Batches of the queue engine put together, where the newest state of each thing wins, segments and events follow each other; and taken apart. */
import type { AcdBatch } from '../core/acd-ports.js';

/** In the order in which they were made. */
export function mergeBatches(batches: readonly AcdBatch[]): AcdBatch {
  const merged = {
    members: new Map<string, never>(),
    agents: new Map<string, never>(),
    offers: new Map<string, never>(),
    queues: new Map<string, never>(),
  };
  for (const batch of batches)
    for (const kind of kinds) for (const [id, thing] of batch[kind]) (merged[kind] as Map<string, unknown>).set(id, thing);
  const system = batches.findLast((batch) => batch.system !== undefined)?.system;
  return { ...merged, system, segments: batches.flatMap(({ segments }) => segments), events: batches.flatMap(({ events }) => events) };
}

export const countBatch = (batch: AcdBatch): number =>
  kinds.reduce((sum, kind) => sum + batch[kind].size, 0) + (batch.system ? 1 : 0) + batch.segments.length + batch.events.length;

export const kinds = ['members', 'agents', 'offers', 'queues'] as const;

/** One row of a batch. */
export interface BatchEntry {
  readonly kind: (typeof kinds)[number] | 'system' | 'segments' | 'events';
  readonly id: string;
  /** undefined: it is gone */
  readonly thing: unknown;
}

export function entriesOf({ system, segments, events, ...things }: AcdBatch): readonly BatchEntry[] {
  return [
    ...kinds.flatMap((kind) => [...things[kind]].map(([id, thing]) => ({ kind, id, thing }))),
    ...(system ? [{ kind: 'system', id: '', thing: system } as const] : []),
    ...segments.map((segment) => ({ kind: 'segments', id: segment.key, thing: segment }) as const),
    ...events.map((event) => ({ kind: 'events', id: String(event.seq), thing: event }) as const),
  ];
}

export function batchOf(entries: readonly BatchEntry[]): AcdBatch {
  const of = (kind: BatchEntry['kind']) => entries.filter((entry) => entry.kind === kind);
  const things = (kind: BatchEntry['kind']) => of(kind).map(({ thing }) => thing);
  const maps = Object.fromEntries(kinds.map((kind) => [kind, new Map(of(kind).map(({ id, thing }) => [id, thing]))]));
  return { ...maps, system: things('system').at(-1), segments: things('segments'), events: things('events') } as unknown as AcdBatch;
}
