/** The newest state for which the spool had no room: kept in memory, stored part by part. */
import type { AcdBatch } from '../core/acd-ports.js';
import { batchOf, entriesOf } from './acd-batches.js';
import type { BatchEntry } from './acd-batches.js';

export interface SpoolOverflow {
  rows(): number;
  /** Later than everything in it. Returns how many segments, the oldest, had to be forgotten. */
  add(batch: AcdBatch): number;
  /** Takes up to `rowsMax` rows out. */
  take(rowsMax: number): AcdBatch;
  /** What was taken out and could not be stored; older than everything in it. */
  putBack(part: AcdBatch): void;
  clear(): void;
}

export function createSpoolOverflow({ segmentsMax }: { readonly segmentsMax: number }): SpoolOverflow {
  /** one for each thing, so bounded by what the engine holds */
  const things = new Map<string, BatchEntry>();
  let segments: BatchEntry[] = [];
  const nameOf = ({ kind, id }: BatchEntry): string => `${kind} ${id}`;

  function bound(): number {
    const lost = Math.max(0, segments.length - segmentsMax);
    if (lost > 0) segments = segments.slice(lost);
    return lost;
  }

  return {
    rows: () => things.size + segments.length,
    add(batch) {
      for (const entry of entriesOf(batch)) {
        if (entry.kind === 'segments') segments.push(entry);
        else things.set(nameOf(entry), entry);
      }
      return bound();
    },
    take(rowsMax) {
      const part = [...things.values()].slice(0, rowsMax);
      for (const entry of part) things.delete(nameOf(entry));
      return batchOf([...part, ...segments.splice(0, rowsMax - part.length)]);
    },
    putBack(part) {
      const entries = entriesOf(part);
      for (const entry of entries) if (entry.kind !== 'segments' && !things.has(nameOf(entry))) things.set(nameOf(entry), entry);
      segments = [...entries.filter(({ kind }) => kind === 'segments'), ...segments];
      bound();
    },
    clear() {
      things.clear();
      segments = [];
    },
  };
}
