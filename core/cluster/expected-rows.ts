/**
 * What the lock columns of vicidial_users must say if nobody but this door changed them. A lower count or a
 * login date put back was another program's word (DB-2): an administrator has unlocked the account. Our own
 * successes and restarts lower the count too, and those are no word about a guesser elsewhere (W-9).
 */

/** The lock columns of a user's row, as read. */
export interface LockRow {
  readonly failedLoginCount: number;
  readonly lastLoginAtMs: number | undefined;
  /** the login date is so long ago that the columns lock no more */
  readonly isLoginOld: boolean;
}

interface Expected extends LockRow {
  /** the row says so at this instant or before */
  readonly storedAtMs: number;
}

/** Our own lowering of a user's count. */
interface Cleared {
  /** writes under way */
  pending: number;
  lastMs: number;
}

export interface ExpectedRows {
  /** A failure of `pair` was stored: `row` as read at `readAtMs` or later, before the failure; `nowMs` is after the write. */
  failureStored(pair: string, user: string, row: LockRow, readAtMs: number, nowMs: number): void;
  /** We set the count of `user` back; call `clearStored` when it is stored, or given up. */
  readonly clear: (user: string, nowMs: number) => void;
  readonly clearStored: (user: string, nowMs: number) => void;
  /** True when `row`, read at `readAtMs` or later, shows that another program has unlocked the user. */
  isUnlocked(pair: string, user: string, row: LockRow, readAtMs: number): boolean;
  forget(pair: string): void;
}

/** `entriesMax` pairs and users are kept; beyond it the oldest goes, and is taken for unchanged. */
export function createExpectedRows(entriesMax: number): ExpectedRows {
  const expected = new Map<string, Expected>();
  const cleared = new Map<string, Cleared>();

  function keep<V>(map: Map<string, V>, key: string, value: V): void {
    map.delete(key);
    map.set(key, value);
    if (map.size <= entriesMax) return;
    for (const oldest of map.keys()) return void map.delete(oldest);
  }

  /** Whether we lowered the count ourselves at `sinceMs` or later. */
  function isOwnClear(user: string, sinceMs: number): boolean {
    const own = cleared.get(user);
    return own !== undefined && (own.pending > 0 || own.lastMs >= sinceMs);
  }

  return {
    failureStored(pair, user, row, readAtMs, nowMs) {
      // A row that an own success changes at the same time tells nothing.
      if (isOwnClear(user, readAtMs)) expected.delete(pair);
      else keep(expected, pair, { ...row, failedLoginCount: row.failedLoginCount + 1, storedAtMs: nowMs });
    },
    clear(user, nowMs) {
      const own = cleared.get(user);
      if (own) {
        own.pending += 1;
        own.lastMs = nowMs;
      } else keep(cleared, user, { pending: 1, lastMs: nowMs });
    },
    clearStored(user, nowMs) {
      const own = cleared.get(user);
      if (!own) return;
      own.pending = Math.max(0, own.pending - 1);
      own.lastMs = nowMs;
    },
    isUnlocked(pair, user, row, readAtMs) {
      const before = expected.get(pair);
      // A row read while the failure was being stored may be older than it.
      if (before === undefined || readAtMs <= before.storedAtMs || isOwnClear(user, before.storedAtMs)) return false;
      return row.failedLoginCount < before.failedLoginCount || (row.isLoginOld && row.lastLoginAtMs !== before.lastLoginAtMs);
    },
    forget: (pair) => void expected.delete(pair),
  };
}
