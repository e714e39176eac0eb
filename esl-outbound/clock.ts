/** Time for the adapters: the real one, or one that a test moves. */
export interface Clock {
  nowMs(): number;
  /** Run `action` once after `ms`; the result cancels it. The timer does not keep the process alive by itself. */
  after(ms: number, action: () => void): () => void;
  /** 0 <= x < 1, for spreading retries */
  random(): number;
}

export const realClock: Clock = {
  nowMs: () => Date.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
