/** One timer for the next moment at which the queue engine has something to do (H3). */
import type { After } from './deadline.js';

export interface AcdDue {
  /** Look at `nextDueMs` again and set the timer earlier when needed. */
  arm(): void;
  stop(): void;
}

export interface AcdDueDeps {
  readonly after: After;
  readonly nowMs: () => number;
  /** undefined: nothing waits for time */
  readonly nextDueMs: () => number | undefined;
  readonly fire: () => void;
}

/** A timer of a switch-over or a long wrap-up is looked at again after this. */
const delayMsMax = 3_600_000;
/** What is still due right after it fired is an error of ours, or a clock that runs ahead: no busy loop. */
const againMsMin = 5;

export function createAcdDue({ after, nowMs, nextDueMs, fire }: AcdDueDeps): AcdDue {
  let cancel: (() => void) | undefined;
  let armedForMs = Infinity;
  let isStopped = false;
  let isFiring = false;

  function arm(delayMsMin = 0): void {
    const dueMs = nextDueMs();
    if (isStopped || isFiring || dueMs === undefined || dueMs >= armedForMs) return;
    cancel?.();
    armedForMs = dueMs;
    cancel = after(Math.min(Math.max(dueMs - nowMs(), delayMsMin), delayMsMax), () => {
      armedForMs = Infinity;
      cancel = undefined;
      isFiring = true;
      try {
        if ((nextDueMs() ?? Infinity) <= nowMs()) fire();
      } finally {
        isFiring = false;
        arm(againMsMin);
      }
    });
  }

  return {
    arm: () => arm(),
    stop() {
      isStopped = true;
      cancel?.();
    },
  };
}
