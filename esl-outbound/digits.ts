/** Keys the caller pressed while no application read them, in order (spec 6.4). */
import type { Clock } from './clock.js';

/** Older keys are dropped when a caller leans on the pad. */
export const digitsKeptMax = 32;

export class DigitQueue {
  #kept: string[] = [];
  #waiter: ((digit: string) => void) | undefined;

  /** A key was pressed: for whoever waits, else kept. */
  push(digit: string): void {
    if (this.#waiter) {
      this.#waiter(digit);
      return;
    }
    this.#kept.push(digit);
    if (this.#kept.length > digitsKeptMax) this.#kept.shift();
  }

  /** The first kept key among `wanted`; those before it are dropped, as a prompt would. '' when there is none. */
  takeOneOf(wanted: string): string {
    const at = this.#kept.findIndex((digit) => wanted.includes(digit));
    const digit = this.#kept[at] ?? '';
    this.#kept = at < 0 ? [] : this.#kept.slice(at + 1);
    return digit;
  }

  hasOneOf(wanted: string): boolean {
    return this.#kept.some((digit) => wanted.includes(digit));
  }

  /** The next key, at most `timeoutMs`; '' when none came. Rejects with the reason when `signal` aborts. */
  next(timeoutMs: number, clock: Clock, signal: AbortSignal): Promise<string> {
    const kept = this.#kept.shift();
    if (kept !== undefined) return Promise.resolve(kept);
    return new Promise<string>((resolve, reject) => {
      const stop = () => {
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
        this.#waiter = undefined;
      };
      const onAbort = () => {
        stop();
        reject(signal.reason as Error);
      };
      const settle = (digit: string) => {
        stop();
        resolve(digit);
      };
      const cancelTimer = clock.after(timeoutMs, () => settle(''));
      signal.addEventListener('abort', onAbort);
      this.#waiter = settle;
    });
  }
}
