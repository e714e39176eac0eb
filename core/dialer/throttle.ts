/**
 * Calls per second (dialer.md A7). With a burst of 1 two commands are never closer than 1000 / perSecond ms. A larger burst
 * lets that many go at once after a rest; even then no second holds more than `perSecond`. Pure: times are Unix ms.
 */
export interface Throttle {
  /** Takes a token when there is one. */
  take(nowMs: number): boolean;
  /** when the next token is there; in the past: now */
  nextAtMs(): number;
  /** a new rate holds from the next command on */
  change(perSecond: number): void;
}

const secondMs = 1000;
const perSecondMin = 0.01;
const perSecondMax = 10_000;

export function createThrottle(perSecond: number, burst: number | ((perSecond: number) => number) = 1): Throttle {
  let rate = within(perSecond);
  /** the moment at which the bucket is full again, less one gap for each token that is left */
  let fullAtMs = -Infinity;
  /** of the last second: only a burst can crowd it */
  const sent: number[] = [];
  const gapMs = (): number => secondMs / rate;
  const tokensMax = (): number => Math.max(1, Math.floor(typeof burst === 'number' ? burst : burst(rate)));

  function nextAtMs(): number {
    const byBucket = fullAtMs - (tokensMax() - 1) * gapMs();
    const crowding = tokensMax() > 1 ? sent[sent.length - Math.max(1, Math.floor(rate))] : undefined;
    return crowding === undefined ? byBucket : Math.max(byBucket, crowding + secondMs);
  }

  return {
    nextAtMs,
    take(nowMs) {
      if (nowMs < nextAtMs()) return false;
      fullAtMs = Math.max(fullAtMs, nowMs) + gapMs();
      if (tokensMax() > 1) {
        const kept = sent.findIndex((atMs) => atMs > nowMs - secondMs);
        sent.splice(0, kept === -1 ? sent.length : kept);
        sent.push(nowMs);
      }
      return true;
    },
    change(to) {
      // the gap that runs was that of the old rate
      if (Number.isFinite(fullAtMs)) fullAtMs += secondMs / within(to) - gapMs();
      rate = within(to);
    },
  };
}

/** Above this rate the gap between two commands is shorter than timers are late on a busy machine. */
const exactPerSecondMax = 50;

/** What timers have lost is made up for: a tenth of the rate may go at once (A7, ours). Slower dialling keeps its exact gaps. */
export const lateBurst = (perSecond: number): number => (perSecond > exactPerSecondMax ? perSecond / 10 : 1);

/** So many calls are claimed for a cycle: fast dialling keeps some in hand for the moment in which the next ones are being claimed. */
export const claimsPerCycle = (perSecond: number, cycleMs: number): number =>
  Math.ceil((perSecond * cycleMs * (perSecond > exactPerSecondMax ? 1.25 : 1)) / secondMs);

const within = (perSecond: number): number => Math.min(perSecondMax, Math.max(perSecondMin, Number.isFinite(perSecond) ? perSecond : 1));
