/**
 * Hand-overs of the last hours in memory: a call that runs the lookup twice gets its first lead again without
 * asking the origin, who may have answered the code once and for all (AGI-5, W-7 one-time codes).
 */

export interface RecentHandover {
  readonly leadId: number;
  readonly localCode: string;
  readonly phoneNumber: string;
  readonly atMs: number;
}

export interface RecentHandovers {
  get(key: string, nowMs: number): RecentHandover | undefined;
  put(key: string, handover: RecentHandover): void;
}

/** `max` entries; the oldest goes first. Entries older than `windowMs` do not count. */
export function createRecentHandovers(max: number, windowMs: number): RecentHandovers {
  const entries = new Map<string, RecentHandover>();
  return {
    get(key, nowMs) {
      const found = entries.get(key);
      return found && nowMs - found.atMs < windowMs ? found : undefined;
    },
    put(key, handover) {
      entries.delete(key);
      entries.set(key, handover);
      if (entries.size <= max) return;
      const oldest = entries.keys().next();
      if (!oldest.done) entries.delete(oldest.value);
    },
  };
}
