/** Time for the adapters: the real one, or one that a test turns by hand. */
export interface Clock {
  /** Unix milliseconds */
  nowMs(): number;
  /** Run `action` once after `delayMs`; the result cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

/** Its timers do not keep the process alive: what they guard does. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
