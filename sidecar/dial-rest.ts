/** Whether a switch may get orders now: not while it is behind with those it has, nor for a moment after it has said that it makes no calls. */
import type { Timers } from './timers.js';

/** The longest rest, of the shortest: agents of a voice connector are asked for before each try. */
const longestRests = 10;

export class DialRest {
  readonly #timers: Pick<Timers, 'after'>;
  readonly #restMs: number;
  readonly #onFull: (isFull: boolean) => void;
  #isBehind = false;
  #isTold = false;
  #stop: (() => void) | undefined;
  /** of the next rest */
  #nextMs: number;

  /** `onFull`: told when it changes */
  constructor(timers: Pick<Timers, 'after'>, restMs: number, onFull: (isFull: boolean) => void) {
    [this.#timers, this.#restMs, this.#nextMs, this.#onFull] = [timers, restMs, restMs, onFull];
  }

  behind(isBehind: boolean): void {
    this.#isBehind = isBehind;
    this.#look();
  }

  /** It makes no calls now; each rest without a call between is twice as long as the one before, up to a bound. True: that is news. */
  begin(): boolean {
    if (this.#stop) return false;
    this.#stop = this.#timers.after(this.#nextMs, () => {
      this.#stop = undefined;
      this.#look();
    });
    this.#nextMs = Math.min(2 * this.#nextMs, longestRests * this.#restMs);
    this.#look();
    return true;
  }

  /** It has made one. */
  works(): void {
    this.#nextMs = this.#restMs;
  }

  clear(): void {
    this.#stop?.();
  }

  #look(): void {
    const isFull = this.#isBehind || this.#stop !== undefined;
    if (isFull === this.#isTold) return;
    this.#isTold = isFull;
    this.#onFull(isFull);
  }
}
