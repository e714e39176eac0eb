/** Batches of the queue engine put together: the newest state of each thing wins, segments follow each other. */
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
  return { ...merged, system, segments: batches.flatMap(({ segments }) => segments) };
}

export const countBatch = (batch: AcdBatch): number =>
  kinds.reduce((sum, kind) => sum + batch[kind].size, 0) + (batch.system ? 1 : 0) + batch.segments.length;

export const kinds = ['members', 'agents', 'offers', 'queues'] as const;
