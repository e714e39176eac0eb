/** The calls to customers that are followed on one switch, by their channel's id, which we chose. */
import type { OriginateOrder } from '../core/dialer/engine-words.js';
import type { Timers } from './timers.js';

export class DialCall {
  readonly callId: string;
  /** undefined: ordered before a restart, or not one of ours */
  readonly order: OriginateOrder | undefined;
  hasChannel = false;
  /** the far end rang, or sent early media */
  hadProgress = false;
  isAnswered = false;
  isBridged = false;
  /** the switch ends it by itself when it has rung till then */
  ringsUntilMs = Infinity;
  /** the answer to the order is awaited */
  isAwaited = false;
  /** hung up by us, with this cause; also before the channel exists */
  killed: string | undefined;
  stopTimer: () => void = () => undefined;

  constructor(callId: string, order: OriginateOrder | undefined) {
    this.callId = callId;
    this.order = order;
  }

  /** Its one timer; another one is stopped. */
  arm(timers: Pick<Timers, 'after'>, delayMs: number, run: () => void): void {
    this.stopTimer();
    this.stopTimer = timers.after(delayMs, run);
  }
}

export class DialCalls {
  readonly #calls = new Map<string, DialCall>();
  readonly #max: number;

  /** `max`: followed at a time */
  constructor(max: number) {
    this.#max = max;
  }

  get isFull(): boolean {
    return this.#calls.size >= this.#max;
  }

  get(callId: string | undefined): DialCall | undefined {
    return this.#calls.get(callId ?? '');
  }

  has(call: DialCall): boolean {
    return this.#calls.get(call.callId) === call;
  }

  /** In place of one that is followed without an order. */
  add(callId: string, order: OriginateOrder | undefined): DialCall {
    const call = new DialCall(callId, order);
    this.#calls.set(callId, call);
    return call;
  }

  remove(call: DialCall): void {
    call.stopTimer();
    if (this.has(call)) this.#calls.delete(call.callId);
  }

  /** Calls whose channel must be among those that are listed from now on, if they live. */
  settled(): readonly DialCall[] {
    return [...this.#calls.values()].filter(({ isAwaited }) => !isAwaited);
  }

  /**
   * The channels that live: of `settled` those that are not among them have ended while nobody listened. Others are
   * followed from now on, since they may be of before a restart; who does not know them ignores their news.
   */
  listed(settled: readonly DialCall[], live: ReadonlyMap<string, { readonly isAnswered: boolean }>): void {
    for (const call of settled) if (!live.has(call.callId)) this.remove(call);
    for (const [callId, { isAnswered }] of live) {
      if (this.#calls.has(callId) || this.isFull) continue;
      const call = this.add(callId, undefined);
      call.hasChannel = true;
      call.isAnswered = isAnswered;
    }
  }

  clear(): void {
    for (const call of this.#calls.values()) call.stopTimer();
    this.#calls.clear();
  }
}
