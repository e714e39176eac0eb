/** The newest state for which the spool had no room: kept in memory, stored part by part. */
import type { AcdBatch } from '../core/acd-ports.js';
import { batchOf, entriesOf } from './acd-batches.js';
import type { BatchEntry } from './acd-batches.js';

export interface SpoolOverflow {
  rows(): number;
  /** Later than everything in it. Returns how many segments and events, the oldest, had to be forgotten. */
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
  const history: Record<'segments' | 'events', BatchEntry[]> = { segments: [], events: [] };
  const nameOf = ({ kind, id }: BatchEntry): string => `${kind} ${id}`;

  function bound(): number {
    let forgotten = 0;
    for (const list of Object.values(history)) forgotten += list.splice(0, Math.max(0, list.length - segmentsMax)).length;
    return forgotten;
  }

  return {
    rows: () => things.size + history.segments.length + history.events.length,
    add(batch) {
      for (const entry of entriesOf(batch)) {
        if (entry.kind === 'segments' || entry.kind === 'events') history[entry.kind].push(entry);
        else things.set(nameOf(entry), entry);
      }
      return bound();
    },
    take(rowsMax) {
      const part = [...things.values()].slice(0, rowsMax);
      for (const entry of part) things.delete(nameOf(entry));
      for (const list of [history.segments, history.events]) part.push(...list.splice(0, rowsMax - part.length));
      return batchOf(part);
    },
    putBack(part) {
      const entries = entriesOf(part);
      for (const kind of ['segments', 'events'] as const) history[kind].unshift(...entries.filter((entry) => entry.kind === kind));
      for (const entry of entries)
        if (entry.kind !== 'segments' && entry.kind !== 'events' && !things.has(nameOf(entry))) things.set(nameOf(entry), entry);
      bound();
    },
    clear() {
      things.clear();
      history.segments = [];
      history.events = [];
    },
  };
}
