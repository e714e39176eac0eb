/** The legs that are out on one FreeSWITCH, found by their id, by each of their channels, and by the caller they are for. */
import type { RingOrder } from '../core/acd/effects.js';
import type { LegId, MemberId, OfferId } from '../core/acd/ids.js';
import type { OfferFailure } from '../core/acd/words.js';

/** What became of a leg; the label of the meter. */
export type LegOutcome = 'talked' | 'cancelled' | 'called-back' | OfferFailure;

export interface LegStart {
  readonly leg: LegId;
  /** undefined for a customer who is called back */
  readonly offer: OfferId | undefined;
  readonly callBackOf: MemberId | undefined;
  /** undefined when another Tandem, or this one before its restart, gave the order */
  readonly order: RingOrder | undefined;
  /** the caller's channel; '' when there is none */
  readonly caller: string;
  /** the agent's own channel, which is not ours to end */
  readonly isStandby: boolean;
}

export class Leg {
  readonly start: LegStart;
  /** several when an account has several telephones */
  readonly channels = new Set<string>();
  /** the one that answered */
  channel: string | undefined;
  phase: 'ringing' | 'answered' | 'ready' | 'talking' | 'ending' = 'ringing';
  /** we wait for the result of `originate`, which is the last word over a leg that does not answer */
  isAwaited = false;
  /** taken back or given up, with the cause for its channels */
  cancelled: string | undefined;
  /** why it was given up */
  failure: OfferFailure | undefined;
  /** set on each channel as soon as it exists */
  lateVariables: Readonly<Record<string, string>> = {};
  /** loopback: the far end, and what it is bridged to */
  farEnd: string | undefined;
  isFarEndBridged = false;
  /** of a talk that the caller ended: why */
  callerCause: string | undefined;
  /** of a talk whose leg has ended: why */
  endCause: string | undefined;
  /** somebody passed the caller on */
  isCallerMoved = false;
  stopTimer: () => void = () => undefined;

  constructor(start: LegStart) {
    this.start = start;
  }
}

export class LegBook {
  readonly #legs = new Map<LegId, Leg>();
  readonly #byChannel = new Map<string, Leg>();
  /** ring-all: several for one caller */
  readonly #byCaller = new Map<string, Set<Leg>>();
  /** not in the last list of channels */
  #missing: ReadonlySet<Leg> = new Set();
  readonly #onChange: (size: number, outcome?: LegOutcome) => void;

  /** `onChange`: how many there are now, and what became of one that is gone. */
  constructor(onChange: (size: number, outcome?: LegOutcome) => void) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#legs.size;
  }

  get(id: LegId): Leg | undefined {
    return this.#legs.get(id);
  }

  ofChannel(uuid: string): Leg | undefined {
    return this.#byChannel.get(uuid);
  }

  ofCaller(uuid: string): readonly Leg[] {
    return [...(this.#byCaller.get(uuid) ?? [])];
  }

  all(): readonly Leg[] {
    return [...this.#legs.values()];
  }

  add(start: LegStart): Leg {
    const leg = new Leg(start);
    this.#legs.set(start.leg, leg);
    this.#onChange(this.#legs.size);
    if (start.caller !== '') this.#byCaller.set(start.caller, (this.#byCaller.get(start.caller) ?? new Set()).add(leg));
    return leg;
  }

  addChannel(leg: Leg, uuid: string): void {
    leg.channels.add(uuid);
    this.#byChannel.set(uuid, leg);
  }

  removeChannel(leg: Leg, uuid: string): void {
    leg.channels.delete(uuid);
    if (this.#byChannel.get(uuid) === leg) this.#byChannel.delete(uuid);
  }

  /** Once for each leg; a second time does nothing. */
  remove(leg: Leg, outcome: LegOutcome): void {
    leg.stopTimer();
    const { leg: id, caller } = leg.start;
    if (this.#legs.get(id) !== leg) return;
    this.#legs.delete(id);
    for (const uuid of [...leg.channels]) this.removeChannel(leg, uuid);
    const ofCaller = this.#byCaller.get(caller);
    ofCaller?.delete(leg);
    if (ofCaller?.size === 0) this.#byCaller.delete(caller);
    this.#onChange(this.#legs.size, outcome);
  }

  /**
   * Ids of all channels that live, and of their legs. A leg that is missing twice, and of which no answer is awaited, has
   * ended while nobody listened: it is forgotten, and the engine, which has the same lists, closes its offer.
   */
  listed(ids: ReadonlySet<string>): void {
    const gone = this.all().filter(
      (leg) => !isYetToCome(leg) && !ids.has(leg.start.leg) && ![...leg.channels].some((uuid) => ids.has(uuid)),
    );
    for (const leg of gone)
      if (this.#missing.has(leg)) this.remove(leg, leg.phase === 'talking' ? 'talked' : (leg.failure ?? 'switch-failed'));
    this.#missing = new Set(gone);
  }

  /** Nobody is interested any more. */
  clear(): void {
    for (const leg of this.#legs.values()) leg.stopTimer();
    this.#legs.clear();
    this.#byChannel.clear();
    this.#byCaller.clear();
  }
}

const isYetToCome = ({ isAwaited, phase, start: { isStandby } }: Leg): boolean => isAwaited || (isStandby && phase === 'ringing');
