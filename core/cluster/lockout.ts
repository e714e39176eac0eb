/**
 * Lock-out per (user, address) instead of per user (W-9): whoever guesses locks only the own address
 * out, first for 15 minutes as VICIdial does, then for twice as long each time. Kept in memory,
 * bounded; the columns of vicidial_users are written as well and honoured (vicidial-ccc 3.4).
 */

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

export interface Lockout {
  isLocked(user: string, address: string, nowMs: number): boolean;
  failed(user: string, address: string, nowMs: number): void;
  succeeded(user: string, address: string): void;
  /**
   * This door has lately added to the user's failure count in the database, and not because of `address`.
   * A lock found in the columns then does not bind this address: a stranger must not lock out the peer (W-9).
   */
  isBlameless(user: string, address: string, nowMs: number): boolean;
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
  const failedUsers = new Map<string, number>(); // user → instant of the newest failure at this door
  const databaseLockMs = options.lockMs + 60_000; // the column lock counts from the last login, a little later for caches
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
      keep(failedUsers, user, nowMs);
    },
    // The user's mark stays: the database may show the old count for another moment.
    succeeded: (user, address) => void pairs.delete(keyOf(user, address)),
    isBlameless(user, address, nowMs) {
      const atMs = failedUsers.get(user);
      if (atMs === undefined || atMs + databaseLockMs <= nowMs) return false;
      const own = known(keyOf(user, address), nowMs);
      return own === undefined || own.lastMs + databaseLockMs <= nowMs;
    },
  };
}
