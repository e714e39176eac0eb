/** Leases in memory on a clock of the test; shared by several processes. */
import type { Leases } from '../../core/acd-ports.js';
import { TandemError } from '../../core/errors.js';

export interface MemoryLeases extends Leases {
  isDown: boolean;
  /** as the database has it */
  readonly rows: Map<string, { owner: string; fence: number; untilMs: number }>;
}

export function createMemoryLeases(nowMs: () => number): MemoryLeases {
  const rows: MemoryLeases['rows'] = new Map();
  const ask = <T>(answer: () => T): Promise<T> =>
    leases.isDown ? Promise.reject(new TandemError('TDM_STORE_DOWN', ['test'])) : Promise.resolve(answer());
  const leases: MemoryLeases = {
    isDown: false,
    rows,
    acquire: (name, owner, ttlMs, dead) =>
      ask(() => {
        const row = rows.get(name) ?? { owner: '', fence: 0, untilMs: 0 };
        if (row.untilMs > nowMs() && row.owner !== owner && row.owner !== dead) return undefined;
        rows.set(name, { owner, fence: row.fence + 1, untilMs: nowMs() + ttlMs });
        return row.fence + 1;
      }),
    holder: (name) => ask(() => ((rows.get(name)?.untilMs ?? 0) > nowMs() ? rows.get(name)?.owner : undefined)),
    renew: (name, owner, fence, ttlMs) =>
      ask(() => {
        const row = rows.get(name);
        if (row?.owner !== owner || row.fence !== fence) return false;
        row.untilMs = nowMs() + ttlMs;
        return true;
      }),
    release: (name, owner, fence) =>
      ask(() => {
        const row = rows.get(name);
        if (row?.owner === owner && row.fence === fence) row.untilMs = 0;
      }),
  };
  return leases;
}
