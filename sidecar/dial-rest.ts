/** Whether a switch may get orders now: not while it is behind with those it has, nor for a moment after it has said that it makes no calls. */
import type { Timers } from './timers.js';

export class DialRest {
  readonly #timers: Pick<Timers, 'after'>;
  readonly #restMs: number;
  readonly #onFull: (isFull: boolean) => void;
  #isBehind = false;
  #isTold = false;
  #stop: (() => void) | undefined;

  /** `onFull`: told when it changes */
  constructor(timers: Pick<Timers, 'after'>, restMs: number, onFull: (isFull: boolean) => void) {
    [this.#timers, this.#restMs, this.#onFull] = [timers, restMs, onFull];
  }

  behind(isBehind: boolean): void {
    this.#isBehind = isBehind;
    this.#look();
  }

  /** It makes no calls now. True: that is news. */
  begin(): boolean {
    const isFirst = this.#stop === undefined;
    this.#stop?.();
    this.#stop = this.#timers.after(this.#restMs, () => {
      this.#stop = undefined;
      this.#look();
    });
    this.#look();
    return isFirst;
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
