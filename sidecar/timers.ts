/** Clock and timers as an argument, so that tests turn the hands themselves. */

export interface Timers {
  /** Unix milliseconds */
  nowMs(): number;
  /** Calls `run` once after `delayMs`; the result stops it. */
  after(delayMs: number, run: () => void): () => void;
}

export const systemTimers: Timers = {
  nowMs: () => Date.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    return () => clearTimeout(handle);
  },
};
