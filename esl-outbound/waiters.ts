/** Who waits for an answer on one connection: answers in order, completions and job results by id. */
import { TandemError } from '../core/errors.js';
import type { Clock } from './clock.js';

/** More unanswered commands than this on one connection are refused with TDM_BUSY. */
export const waitersMax = 10_000;

export interface Waiter<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

interface Held<T> extends Waiter<T> {
  readonly cancelTimer: () => void;
}

export interface Deadline {
  readonly clock: Clock;
  readonly ms: number;
  onLate(): void;
}

/** A command left, and the link ended or the time passed before its answer: nobody knows whether it was carried out. */
export class UnansweredError extends TandemError {
  /** Whoever ended the link, the switch, the network or we (no heartbeat, a notice, a message that cannot be read). */
  static by(end: TandemError): UnansweredError {
    if (end instanceof UnansweredError) return end;
    const unanswered = new UnansweredError(end.code, [], { cause: end });
    unanswered.message = end.message;
    return unanswered;
  }
}

const tooMany = () => new TandemError('TDM_BUSY', [`${waitersMax} commands to FreeSWITCH wait for an answer`]);
const noTimer = () => undefined;

function hold<T>(deadline: Deadline | undefined, keep: (held: Held<T>) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancelTimer = deadline ? deadline.clock.after(deadline.ms, () => deadline.onLate()) : noTimer;
    keep({ resolve, reject, cancelTimer });
  });
}

/**
 * Answers that come in the order of the commands. A command whose answer nobody wants holds a place, too:
 * a reply without a place would be given to the wrong command (E3).
 */
export class AnswerQueue<T> {
  readonly #places: (Held<T> | null)[] = [];

  get length(): number {
    return this.#places.length;
  }

  /** Throws TDM_BUSY when no more places are given; to be asked before the command is sent. */
  assertRoom(): void {
    if (this.#places.length >= waitersMax) throw tooMany();
  }

  /** Hold a place for an answer nobody waits for. */
  skip(): void {
    this.#places.push(null);
  }

  /** Wait for the answer at this place. */
  wait(deadline?: Deadline): Promise<T> {
    return hold<T>(deadline, (held) => this.#places.push(held));
  }

  /** The next answer; false when nobody had asked. */
  answer(value: T): boolean {
    const place = this.#places.shift();
    if (place === undefined) return false;
    place?.cancelTimer();
    place?.resolve(value);
    return true;
  }

  rejectAll(error: Error): void {
    for (const place of this.#places.splice(0)) {
      place?.cancelTimer();
      place?.reject(error);
    }
  }
}

/** Answers that carry an id we chose before sending, so that none can be missed (style H11). */
export class Pending<T> {
  readonly #held = new Map<string, Held<T> & { readonly group: string }>();

  get size(): number {
    return this.#held.size;
  }

  has(id: string): boolean {
    return this.#held.has(id);
  }

  /** Wait for `id`, which belongs to `group` (a channel). Throws TDM_BUSY. */
  wait(id: string, group: string, deadline?: Deadline): Promise<T> {
    if (this.#held.size >= waitersMax) throw tooMany();
    return hold<T>(deadline, (held) => this.#held.set(id, { ...held, group }));
  }

  /** False when nobody waits for `id`. */
  resolve(id: string, value: T): boolean {
    const held = this.#take(id);
    held?.resolve(value);
    return held !== undefined;
  }

  reject(id: string, error: unknown): void {
    this.#take(id)?.reject(error);
  }

  rejectGroup(group: string, error: Error): void {
    for (const [id, held] of [...this.#held]) if (held.group === group) this.reject(id, error);
  }

  rejectAll(error: Error): void {
    for (const id of [...this.#held.keys()]) this.reject(id, error);
  }

  #take(id: string): Held<T> | undefined {
    const held = this.#held.get(id);
    this.#held.delete(id);
    held?.cancelTimer();
    return held;
  }
}
