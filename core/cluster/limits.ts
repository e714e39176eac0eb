/** Request limits per minute (W-7) and the memory of signatures seen. Bounded; time is an argument. */

export interface MinuteLimit {
  /** Count one more of `key`; false when the minute's allowance is used up. */
  take(key: string, perMinuteMax: number, nowMs: number): boolean;
  /** How many of `key` were counted in this minute. */
  count(key: string, nowMs: number): number;
}

export const minuteKeysMax = 50_000;

/** Counters that start anew with each minute of the clock. Keys beyond the maximum share one counter. */
export function createMinuteLimit(keysMax = minuteKeysMax): MinuteLimit {
  let minute = -1;
  const counts = new Map<string, number>();

  function slot(key: string, nowMs: number): string {
    const now = Math.floor(nowMs / 60_000);
    if (now !== minute) {
      counts.clear();
      minute = now;
    }
    return counts.has(key) || counts.size < keysMax ? key : '';
  }

  return {
    take(key, perMinuteMax, nowMs) {
      const name = slot(key, nowMs);
      const used = (counts.get(name) ?? 0) + 1;
      counts.set(name, used);
      return used <= perMinuteMax;
    },
    count: (key, nowMs) => counts.get(slot(key, nowMs)) ?? 0,
  };
}

export interface ReplayCache {
  /** True the first time; false when the mark was seen within the span, or when the cache is full. */
  accept(mark: string, nowMs: number): boolean;
}

export const replayMarksMax = 300_000;

/** Remembers marks for `spanMs`. A full cache refuses: forgetting would open the door it guards. */
export function createReplayCache(spanMs: number, marksMax = replayMarksMax): ReplayCache {
  const seen = new Map<string, number>(); // mark → instant it may be forgotten, oldest first
  return {
    accept(mark, nowMs) {
      for (const [old, forgetAtMs] of seen) {
        if (forgetAtMs > nowMs) break;
        seen.delete(old);
      }
      if (seen.has(mark) || seen.size >= marksMax) return false;
      seen.set(mark, nowMs + spanMs);
      return true;
    },
  };
}
