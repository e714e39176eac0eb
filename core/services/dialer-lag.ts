/**
 * How late the events of the switches are (dialer.md B11). A switch's clock may differ from ours, so its smallest
 * difference of the last minutes counts as none.
 */
export interface DialerLag {
  heard(switchId: string, atMs: number, nowMs: number): void;
  /** the worst of the last seconds over all switches */
  lagMs(nowMs: number): number;
}

/** a lag counts for so long after the event that showed it */
const recentMs = 5_000;
/** the clocks are compared over this time, in two halves */
const halfMs = 300_000;

interface Heard {
  /** smallest difference of the running half and of the one before */
  least: number;
  leastBefore: number;
  halfBeganMs: number;
  recent: { readonly nowMs: number; readonly difference: number } | undefined;
}

export function createDialerLag(): DialerLag {
  const switches = new Map<string, Heard>();
  return {
    heard(switchId, atMs, nowMs) {
      const difference = nowMs - atMs;
      let heard = switches.get(switchId);
      if (!heard) switches.set(switchId, (heard = { least: difference, leastBefore: Infinity, halfBeganMs: nowMs, recent: undefined }));
      if (nowMs - heard.halfBeganMs >= halfMs) Object.assign(heard, { leastBefore: heard.least, least: difference, halfBeganMs: nowMs });
      heard.least = Math.min(heard.least, difference);
      if (!heard.recent || nowMs - heard.recent.nowMs > recentMs || difference >= heard.recent.difference)
        heard.recent = { nowMs, difference };
    },
    lagMs(nowMs) {
      const lags = [...switches.values()].map(({ recent, least, leastBefore }) =>
        recent && nowMs - recent.nowMs <= recentMs ? recent.difference - Math.min(least, leastBefore) : 0,
      );
      return Math.max(0, ...lags);
    },
  };
}
