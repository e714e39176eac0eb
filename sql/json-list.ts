import type { Log } from '../core/ports.js';
import type { Value } from './db.js';

/** Texts that were complained about; beyond it a bad one is complained about again. */
const warnedMax = 200;

/** Reads a JSON array of a column. What cannot be read is `undefined`, and said once, not at each call. */
export type JsonLists = (column: string, key: string, stored: Value | undefined) => readonly unknown[] | undefined;

export function createJsonLists(log: Log): JsonLists {
  const warned = new Set<string>();

  function complain(column: string, key: string): void {
    const text = `${column} ${key}`;
    if (warned.has(text)) return;
    if (warned.size >= warnedMax) warned.clear();
    warned.add(text);
    log.warn({ column, key }, 'stored list cannot be read and counts as empty; run "tandem apply" again');
  }

  return (column, key, stored) => {
    try {
      const parsed: unknown = JSON.parse(String(stored));
      if (Array.isArray(parsed)) return parsed as unknown[];
    } catch {
      // said below, with what else is no list
    }
    complain(column, key);
    return undefined;
  };
}
