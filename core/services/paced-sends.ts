/** Many sends, some at a time, so that nothing else waits long behind them. Order is kept. */

/** Sends of one turn: about half a millisecond of work. */
export const sendsPerTurn = 25;

export class PacedSends {
  readonly #after: (delayMs: number, run: () => void) => () => void;
  #waiting: (() => void)[] = [];
  #cancel: (() => void) | undefined;

  constructor(after: (delayMs: number, run: () => void) => () => void) {
    this.#after = after;
  }

  add(send: () => void): void {
    this.#waiting.push(send);
    this.#cancel ??= this.#after(0, () => this.#turn());
  }

  /** Everything that waits, now: what comes next must not overtake it. */
  drain(): void {
    const waiting = this.#waiting;
    this.clear();
    for (const send of waiting) send();
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting = [];
  }

  #turn(): void {
    const now = this.#waiting.splice(0, sendsPerTurn);
    this.#cancel = this.#waiting.length > 0 ? this.#after(0, () => this.#turn()) : undefined;
    for (const send of now) send();
  }
}
