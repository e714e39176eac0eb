/**
 * One agent's leg, from the order to ring to the end of the talk. Facts come from the manager link and from the session
 * on the leg, in any order and twice; each is fed to the engine once, and nothing after the end.
 */
import type { LegVisit } from '../agi/leg-ports.js';
import type { ConnectOrder, RingOrder } from '../core/acd/effects.js';
import type { EndedBy } from '../core/acd/events.js';
import type { HoldSide } from '../core/acd/state.js';
import type { OfferFailure } from '../core/acd/words.js';
import { TandemError } from '../core/errors.js';
import type { Feed } from '../core/switch.js';
import type { Timers } from './timers.js';
import { failureOf, failureOfDevice, type LegFacts, type LegFailure } from './switch-asterisk-outcome.js';

export interface LegTimes {
  /** on top of the ringing time; then nobody knows what became of the order */
  readonly ringGraceMs: number;
  /** between OriginateResponse and the other events of the same leg */
  readonly factsMsMax: number;
  /** from "ready" to the order to connect */
  readonly connectMsMax: number;
  /** from the bridge's begin to the news of it; then it counts as made */
  readonly bridgeMsMax: number;
  /** from the bridge's end to the news who ended it */
  readonly endMsMax: number;
}

export const legTimeDefaults: LegTimes = { ringGraceMs: 2_000, factsMsMax: 100, connectMsMax: 12_000, bridgeMsMax: 500, endMsMax: 200 };

export interface LegDeps {
  readonly feed: Feed;
  readonly timers: Timers;
  readonly times: LegTimes;
  /** Resolves with the word of Asterisk; undefined when it cannot be asked. Never rejects. */
  readonly deviceState: (leg: AsteriskLeg) => Promise<string | undefined>;
  readonly record: (leg: AsteriskLeg, order: ConnectOrder) => Promise<string | undefined>;
  /** hang the channel up, unless it is an agent's own standby channel */
  readonly drop: (leg: AsteriskLeg) => void;
  /** from here on news of the caller's channel are news of this leg */
  readonly connecting: (leg: AsteriskLeg) => void;
  /** the leg is over: `outcome` for the metric */
  readonly over: (leg: AsteriskLeg, outcome: string) => void;
}

type Phase = 'ringing' | 'answered' | 'ready' | 'connecting' | 'talking' | 'over';

export class AsteriskLeg implements LegVisit {
  readonly order: RingOrder;
  /** unique id of its channel: the leg's own, or the agent's standby channel */
  readonly uniqueId: string;
  /** unique id of the telephone's channel behind a Local channel */
  phone: string | undefined;
  /** a session of ours is on the leg */
  hasSession = false;
  private readonly deps: LegDeps;
  private readonly controller = new AbortController();
  private readonly facts: LegFacts = { cause: undefined, techCause: undefined, dialStatus: undefined, reason: undefined };
  private phase: Phase = 'ringing';
  private connection: ConnectOrder | undefined;
  private presumed: EndedBy | undefined;
  /** the caller was in the bridge, and so is out of his session's hands */
  private isCallerBridged = false;
  private give: (outcome: ConnectOrder | TandemError) => void = () => undefined;
  private stopTimer: () => void = () => undefined;

  constructor(order: RingOrder, deps: LegDeps) {
    this.order = order;
    this.uniqueId = order.standby?.uniqueId ?? order.leg;
    this.deps = deps;
    this.arm(order.ringMs + deps.times.ringGraceMs, () => {
      this.failed('switch-failed', 'nothing was heard of the leg');
      deps.drop(this);
    });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get isOver(): boolean {
    return this.phase === 'over';
  }

  get isAnswered(): boolean {
    return this.phase !== 'ringing';
  }

  get isConnecting(): boolean {
    return this.phase === 'connecting';
  }

  get isTalking(): boolean {
    return this.phase === 'talking';
  }

  get isStandby(): boolean {
    return this.order.standby !== undefined;
  }

  // ---------------------------------------------------------------- not answered

  /** From here on the outcome is known, or will be when the other events of the leg are in. */
  learn(facts: Partial<LegFacts>): void {
    Object.assign(this.facts, Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)));
    if (this.phase !== 'ringing') return;
    if ((this.facts.cause ?? 0) > 0) this.settle(failureOf(this.facts));
    else if (this.facts.cause !== undefined || this.facts.reason !== undefined)
      this.arm(this.deps.times.factsMsMax, () => void this.conclude());
  }

  private async conclude(): Promise<void> {
    const known = failureOf(this.facts);
    this.settle(
      known ?? (this.facts.cause === undefined ? failureOfDevice(await this.deps.deviceState(this)) : failureOfDevice(undefined)),
    );
  }

  private settle(outcome: LegFailure | undefined): void {
    if (outcome && this.phase === 'ringing') this.failed(outcome.failure, outcome.detail);
  }

  failed(failure: OfferFailure, detail: string): void {
    if (this.isOver || this.phase === 'talking') return;
    this.end(failure);
    this.deps.feed({ type: 'offer-failed', offer: this.order.offer, failure, detail });
  }

  /** Taken back by the engine, which knows: nothing is fed any more. */
  cancelled(): void {
    if (!this.isOver) this.end('cancelled');
  }

  // ---------------------------------------------------------------- answered, connected

  answered(): void {
    if (this.phase !== 'ringing') return;
    this.phase = 'answered';
    this.stopTimer();
    this.deps.feed({ type: 'agent-answered', offer: this.order.offer });
  }

  ready(): void {
    this.answered();
    if (this.phase !== 'answered') return;
    this.phase = 'ready';
    this.arm(this.deps.times.connectMsMax, () => {
      this.failed('switch-failed', 'no order to connect came');
      this.deps.drop(this);
    });
    this.deps.feed({ type: 'agent-ready', offer: this.order.offer });
  }

  /** No bridge will be made: it is over when the leg is. */
  hearing(): void {
    this.ready();
    if (this.phase === 'ready') this.bridged();
  }

  /** The engine's order; taken by the session when there is one. */
  connect(order: ConnectOrder): void {
    if (this.isOver || this.phase === 'talking') return;
    this.phase = 'connecting';
    this.deps.connecting(this);
    this.connection = order;
    this.arm(this.deps.times.connectMsMax, () => {
      this.failed('switch-failed', 'the bridge was not made');
      this.deps.drop(this);
    });
    this.give(order);
  }

  connectOrder(): Promise<ConnectOrder> {
    if (this.connection) return Promise.resolve(this.connection);
    if (this.isOver) return Promise.reject(offerOver());
    return new Promise((resolve, reject) => {
      this.give = (outcome) => (outcome instanceof TandemError ? reject(outcome) : resolve(outcome));
    });
  }

  record(order: ConnectOrder): Promise<string | undefined> {
    return this.deps.record(this, order);
  }

  bridging(): void {
    if (this.phase === 'answered' || this.phase === 'ready') {
      this.phase = 'connecting';
      this.deps.connecting(this);
    }
    // Without a manager link nobody tells `BridgeEnter`; a bridge that finds nobody returns at once.
    if (this.phase === 'connecting') this.arm(this.deps.times.bridgeMsMax, () => this.bridged());
  }

  /** The leg is connected to somebody: `BridgeEnter`. A dialplan that does it without us counts as well. */
  bridged(): void {
    if (this.isOver || this.phase === 'talking') return;
    this.answered();
    this.phase = 'talking';
    this.stopTimer();
    this.deps.feed({ type: 'connected', offer: this.order.offer });
  }

  /** `by` has put the other on hold, or taken him back. */
  held(isHeld: boolean, by: HoldSide): void {
    if (this.phase === 'talking') this.deps.feed({ type: isHeld ? 'held' : 'resumed', offer: this.order.offer, by });
  }

  // ---------------------------------------------------------------- the end

  bridgeReturned(result: string): void {
    if (result === 'SUCCESS') this.bridged();
    if (this.phase !== 'connecting') {
      this.presume('unknown', 'the caller is in other hands');
      return;
    }
    if (result === 'NONEXISTENT') this.callerGone();
    else this.undone('switch-failed', `Bridge: ${result === '' ? 'no result' : result}`);
  }

  hungUp(detail = 'hung up before the connection'): void {
    if (this.phase === 'talking') this.presume('agent', 'hang-up');
    else this.undone('agent-gone', detail);
  }

  callerBridged(): void {
    if (this.phase === 'connecting') this.isCallerBridged = true;
  }

  /** No talk came about. A caller who was in the bridge alone has hung up, or his dialplan has gone on: nobody waits any more. */
  private undone(failure: OfferFailure, detail: string): void {
    const settle = () => (this.isCallerBridged ? this.callerGone() : this.failed(failure, detail));
    // the news of his bridge may be a moment behind the session's
    if (this.phase === 'connecting' && !this.isCallerBridged) this.arm(this.deps.times.factsMsMax, settle);
    else settle();
  }

  /** The caller's channel has ended; it may have been hung up because the talk was over. */
  callerEnded(): void {
    if (this.phase === 'talking') this.presume('caller', 'hang-up');
    else this.callerGone();
  }

  /** Who hung up, or transferred, is told a moment before or after the end is seen. The first guess stands till then. */
  private presume(by: EndedBy, cause: string): void {
    if (this.presumed !== undefined && this.presumed !== 'unknown') return;
    this.presumed = by;
    this.arm(this.deps.times.endMsMax, () => this.ended(by, cause));
  }

  sessionLost(): void {
    this.hasSession = false;
  }

  /** The caller hung up, in the talk or just before it. */
  callerGone(): void {
    if (this.phase === 'talking') this.ended('caller', 'hang-up');
    else if (!this.isOver) this.deps.feed({ type: 'caller-left', member: this.order.member, cause: 'hangup' });
  }

  /** The first one told wins. */
  ended(by: EndedBy, cause: string): void {
    if (this.phase !== 'talking') return;
    this.end('talked');
    this.deps.feed({ type: 'call-ended', offer: this.order.offer, by, cause });
  }

  private end(outcome: string): void {
    this.phase = 'over';
    this.stopTimer();
    this.give(offerOver());
    this.controller.abort(offerOver());
    this.deps.over(this, outcome);
  }

  private arm(delayMs: number, run: () => void): void {
    this.stopTimer();
    this.stopTimer = this.deps.timers.after(delayMs, run);
  }
}

const offerOver = (): TandemError => new TandemError('TDM_CALL_GONE', ['the offer is over']);
