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

export interface DialCallsBounds {
  /** followed at a time */
  readonly callsMax: number;
  /** orders of which the switch has said nothing yet */
  readonly ordersMax: number;
}

/** share of `ordersMax` that may be left when it gets more again */
const caughtUp = 0.5;

export class DialCalls {
  readonly #calls = new Map<string, DialCall>();
  readonly #unheard = new Set<DialCall>();
  readonly #bounds: DialCallsBounds;
  readonly #onFull: (isFull: boolean) => void;
  #isBehind = false;

  /** `onFull`: the switch is behind with its orders, or has caught up */
  constructor(bounds: DialCallsBounds, onFull: (isFull: boolean) => void) {
    this.#bounds = bounds;
    this.#onFull = onFull;
  }

  get isFull(): boolean {
    return this.#calls.size >= this.#bounds.callsMax;
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
    if (order) this.#unheard.add(call);
    this.#look();
    return call;
  }

  /** The switch has made its channel, or answered the order. */
  heard(call: DialCall): void {
    if (this.#unheard.delete(call)) this.#look();
  }

  #look(): void {
    const { size } = this.#unheard;
    const { ordersMax } = this.#bounds;
    const isBehind = this.#isBehind ? size > ordersMax * caughtUp : size >= ordersMax;
    if (isBehind === this.#isBehind) return;
    this.#isBehind = isBehind;
    this.#onFull(isBehind);
  }

  remove(call: DialCall): void {
    call.stopTimer();
    if (this.has(call)) this.#calls.delete(call.callId);
    this.heard(call);
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
    this.#unheard.clear();
  }
}
