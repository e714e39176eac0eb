/**
 * Lock-out per (user, address) instead of per user (W-9): whoever guesses locks only the own address
 * out, first for 15 minutes as VICIdial does, then for twice as long each time. Kept in memory,
 * bounded; the columns of vicidial_users are written as well and honoured (vicidial-ccc 3.4).
 */

import { createExpectedRows, type LockRow } from './expected-rows.js';

export const lockoutDefaults = {
  /** failures that are answered BAD before the lock, as in VICIdial */
  failuresMax: 10,
  /** length of the first lock */
  lockMs: 900_000,
  /** the lock doubles up to this */
  lockMsMax: 14_400_000,
  /** a quiet time after which failures are forgotten */
  forgetMs: 3_600_000,
  /** (user, address) pairs kept; beyond it the oldest goes */
  entriesMax: 20_000,
} as const;

export type LockoutOptions = { readonly [K in keyof typeof lockoutDefaults]: number };

interface Entry {
  failures: number;
  locks: number;
  lockedUntilMs: number;
  lastMs: number;
}

/** Failures of one user at this door since its last success. */
interface Added {
  readonly count: number;
  readonly lastMs: number;
  /** a success has set the database's count to 0 at this instant */
  readonly clearedAtMs: number | undefined;
}

/** For so long after a success the database may still show the old count: memories and late writes. */
const staleMs = 2_000;

export interface Lockout {
  isLocked(user: string, address: string, nowMs: number): boolean;
  failed(user: string, address: string, nowMs: number): void;
  /** The failure stands in the user's row now, which was `row` when read at `readAtMs` or later. */
  failureStored(user: string, address: string, row: LockRow, readAtMs: number, nowMs: number): void;
  succeeded(user: string, address: string, nowMs: number): void;
  /** We set the count of the user's row back, by a success or a restart; `clearStored` when that is stored or given up. */
  clear(user: string, nowMs: number): void;
  clearStored(user: string, nowMs: number): void;
  /** Forget the failures of the pair when the row, read at `readAtMs` or later, says that another program unlocked the user (DB-2). */
  heed(user: string, address: string, row: LockRow, readAtMs: number): void;
  /**
   * How many of the failures that the database counts for the user were added by this door, seen from an
   * address without any of its own. A lock made so does not bind it: a stranger must not lock out the peer (W-9).
   */
  addedByOthers(user: string, address: string, nowMs: number): number;
}

/** IPv6 hosts own whole /64 networks: those count as one address. */
export function lockAddress(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail = ''] = address.split('::', 2);
  const left = head.split(':').filter((group) => group !== '');
  const right = tail.split(':').filter((group) => group !== '');
  const zeros = address.includes('::') ? Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0') : [];
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}

export function createLockout(options: LockoutOptions = lockoutDefaults): Lockout {
  const pairs = new Map<string, Entry>();
  const added = new Map<string, Added>();
  const rows = createExpectedRows(options.entriesMax);
  const keyOf = (user: string, address: string) => `${user} ${lockAddress(address)}`;

  function known(key: string, nowMs: number): Entry | undefined {
    const entry = pairs.get(key);
    if (entry && Math.max(entry.lockedUntilMs, entry.lastMs + options.forgetMs) > nowMs) return entry;
    pairs.delete(key);
    return undefined;
  }

  function keep<V>(map: Map<string, V>, key: string, value: V): void {
    map.delete(key); // the newest stands last, so the first is the one to drop
    map.set(key, value);
    if (map.size <= options.entriesMax) return;
    for (const oldest of map.keys()) return void map.delete(oldest);
  }

  return {
    isLocked: (user, address, nowMs) => (known(keyOf(user, address), nowMs)?.lockedUntilMs ?? 0) > nowMs,
    failed(user, address, nowMs) {
      const key = keyOf(user, address);
      const entry = known(key, nowMs) ?? { failures: 0, locks: 0, lockedUntilMs: 0, lastMs: nowMs };
      entry.failures += 1;
      entry.lastMs = nowMs;
      // After the first lock a single failure is enough for the next, longer one.
      if (entry.failures >= options.failuresMax || entry.locks > 0) {
        entry.lockedUntilMs = nowMs + Math.min(options.lockMs * 2 ** entry.locks, options.lockMsMax);
        entry.locks += 1;
        entry.failures = 0;
      }
      keep(pairs, key, entry);
      const before = added.get(user);
      keep(added, user, { count: before?.clearedAtMs === undefined ? (before?.count ?? 0) + 1 : 1, lastMs: nowMs, clearedAtMs: undefined });
    },
    failureStored(user, address, row, readAtMs, nowMs) {
      rows.failureStored(keyOf(user, address), user, row, readAtMs, nowMs);
    },
    clear: rows.clear,
    clearStored: rows.clearStored,
    heed(user, address, row, readAtMs) {
      const key = keyOf(user, address);
      if (!pairs.has(key) || !rows.isUnlocked(key, user, row, readAtMs)) return;
      pairs.delete(key);
      rows.forget(key);
      added.delete(user); // the count is no longer the one that we added to
    },
    succeeded(user, address, nowMs) {
      pairs.delete(keyOf(user, address));
      rows.forget(keyOf(user, address));
      const before = added.get(user);
      if (before) added.set(user, { ...before, clearedAtMs: nowMs });
    },
    addedByOthers(user, address, nowMs) {
      const all = added.get(user);
      if (!all || all.lastMs + options.forgetMs <= nowMs || nowMs > (all.clearedAtMs ?? nowMs) + staleMs) return 0;
      const own = known(keyOf(user, address), nowMs);
      return own === undefined || own.lastMs + options.lockMs <= nowMs ? all.count : 0;
    },
  };
}
