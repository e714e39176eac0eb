/** Timers that a test turns by hand. Only what is due at the time turned to runs, in order. */
import type { Timers } from '../../sidecar/timers.js';

export interface HandTimers extends Timers {
  /** waiting timers */
  readonly waiting: number;
  /** delay of the timer set last, ms */
  readonly lastDelayMs: number;
  advance(ms: number): void;
}

export function createHandTimers(startMs = 1_000_000): HandTimers {
  const waiting = new Set<{ readonly atMs: number; readonly run: () => void }>();
  let nowMs = startMs;
  let lastDelayMs = 0;
  return {
    nowMs: () => nowMs,
    get waiting() {
      return waiting.size;
    },
    get lastDelayMs() {
      return lastDelayMs;
    },
    after(delayMs, run) {
      lastDelayMs = delayMs;
      const timer = { atMs: nowMs + delayMs, run };
      waiting.add(timer);
      return () => void waiting.delete(timer);
    },
    advance(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        const [next] = [...waiting].filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
        if (!next) break;
        waiting.delete(next);
        nowMs = next.atMs;
        next.run();
      }
      nowMs = untilMs;
    },
  };
}
