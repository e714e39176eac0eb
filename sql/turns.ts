import { DbTimeout } from './failure.js';

export interface Turns {
  /** undefined: the turn is yours at once; else wait for it. Rejects with DbTimeout after the limit or when too many wait. */
  take(): Promise<void> | undefined;
  give(): void;
  /** resolves when nobody has or awaits the turn */
  idle(): Promise<void>;
}

interface Waiter {
  readonly go: () => void;
  readonly timer: NodeJS.Timeout;
}

/** One at a time, first come first served, bounded in number and in time. */
export function createTurns(waitersMax: number, waitMsMax: number): Turns {
  let taken = false;
  const waiting = new Set<Waiter>();
  const onIdle: (() => void)[] = [];

  function wait(): Promise<void> {
    if (waiting.size >= waitersMax) return Promise.reject(new DbTimeout('connect', `more than ${waitersMax} wait for the database`));
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        go: resolve,
        timer: setTimeout(() => {
          waiting.delete(waiter);
          reject(new DbTimeout('connect', `no turn within ${waitMsMax} ms`));
        }, waitMsMax),
      };
      waiting.add(waiter);
    });
  }

  return {
    take() {
      if (taken) return wait();
      taken = true;
      return undefined;
    },
    give() {
      for (const next of waiting) {
        waiting.delete(next);
        clearTimeout(next.timer);
        next.go();
        return;
      }
      taken = false;
      for (const go of onIdle.splice(0)) go();
    },
    idle: () =>
      taken
        ? new Promise((resolve) => {
            onIdle.push(resolve);
          })
        : Promise.resolve(),
  };
}
