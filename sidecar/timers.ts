/** Clock and timers as an argument, so that tests turn the hands themselves. */

export interface Timers {
  /** Unix milliseconds */
  nowMs(): number;
  /** Calls `run` once after `delayMs`; the result stops it. */
  after(delayMs: number, run: () => void): () => void;
}

/** A clock that was set back is caught up with at this share of its speed. */
const slowness = 0.9;

/**
 * The wall's time, which never goes back: deadlines are absolute moments, and none of them must wait an hour longer
 * because the clock was set back by one. Until the wall has caught up time passes a little slower than it should.
 * `monoMs`: a clock that nobody sets.
 */
export function createSteadyClock(wallMs: () => number, monoMs: () => number): () => number {
  let toldMs = wallMs();
  let atMonoMs = monoMs();
  return () => {
    const nowMonoMs = monoMs();
    toldMs = Math.max(wallMs(), toldMs + Math.max(0, nowMonoMs - atMonoMs) * slowness);
    atMonoMs = nowMonoMs;
    return Math.floor(toldMs);
  };
}

export const systemTimers: Timers = {
  nowMs: createSteadyClock(
    () => Date.now(),
    () => performance.now(),
  ),
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    return () => clearTimeout(handle);
  },
};
