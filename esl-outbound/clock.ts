/** Time for the adapters: the process's own, or one that a test turns by hand. */
export interface Clock {
  /** Unix milliseconds; never goes back */
  nowMs(): number;
  /** Run `action` once after `delayMs`; the result cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

/** Its timers do not keep the process alive: what they guard does. */
export const createClock = (nowMs: () => number): Clock => ({
  nowMs,
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
});
