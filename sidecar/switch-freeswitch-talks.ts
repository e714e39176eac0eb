/** A talk from the moment when the two are connected to its end, and who ended it. */
import type { HoldSide } from '../core/acd/state.js';
import type { Log } from '../core/ports.js';
import type { After } from '../core/services/deadline.js';
import type { Feed } from '../core/switch.js';
import type { SwitchEvent } from '../esl-outbound/event.js';
import { isTransfer } from './switch-freeswitch-causes.js';
import type { Leg, LegBook } from './switch-freeswitch-legs.js';

/** Between the end of the agent's leg and the news that the two were parted. */
const partingMsMax = 100;

export interface TalkParts {
  readonly book: LegBook;
  readonly feed: Feed;
  readonly log: Log;
  readonly after: After;
  readonly reactions: {
    /** the two hear each other */
    connected(leg: Leg): void;
    /** the talk is over; the caller may live on */
    ended(leg: Leg): void;
  };
}

/** The two channels of a bridge. */
export const bridgeOf = (event: SwitchEvent, uuid: string): readonly [string, string] => [
  event.get('Bridge-A-Unique-ID') ?? uuid,
  event.get('Bridge-B-Unique-ID') ?? event.get('Other-Leg-Unique-ID') ?? '',
];

export class Talks {
  readonly #parts: TalkParts;

  constructor(parts: TalkParts) {
    this.#parts = parts;
  }

  /** False when no leg of ours has to do with it. */
  bridged(event: SwitchEvent, uuid: string): boolean {
    const { book, feed, reactions } = this.#parts;
    const [a, b] = bridgeOf(event, uuid);
    const leg = book.ofChannel(a) ?? book.ofChannel(b);
    if (!leg) return false;
    const isWithCaller = a === leg.start.caller || b === leg.start.caller;
    if (!isWithCaller || leg.phase === 'talking' || leg.phase === 'ending') return true;
    leg.phase = 'talking';
    leg.stopTimer();
    if (leg.start.offer !== undefined) feed({ type: 'connected', offer: leg.start.offer });
    reactions.connected(leg);
    return true;
  }

  /** A channel has put its other end on hold, or taken it back. */
  held(uuid: string, isHeld: boolean): void {
    const { book, feed } = this.#parts;
    const tell = ({ phase, start: { offer } }: Leg, by: HoldSide): void => {
      if (phase === 'talking' && offer !== undefined) feed({ type: isHeld ? 'held' : 'resumed', offer, by });
    };
    const leg = book.ofChannel(uuid);
    if (leg?.channel === uuid) tell(leg, 'agent');
    else for (const one of book.ofCaller(uuid)) tell(one, 'caller');
  }

  callerHungUp(uuid: string, cause: string): void {
    for (const leg of this.#parts.book.ofCaller(uuid)) if (leg.phase === 'talking') leg.callerCause = cause;
  }

  /** A leg of ours ends by itself, before or after this; a standby agent's channel lives on and is free at once. */
  unbridged(event: SwitchEvent, uuid: string): void {
    const ends = bridgeOf(event, uuid);
    for (const leg of ends.flatMap((id) => this.#parts.book.ofCaller(id))) {
      const channel = leg.channel ?? leg.start.leg;
      if ((leg.phase !== 'talking' && leg.phase !== 'ending') || !ends.includes(channel)) continue;
      // who moves a channel leaves a mark on it; the last one is ours unless somebody moved it out of the talk
      const source = uuid === leg.start.caller ? event.variable('transfer_source') : undefined;
      leg.isCallerMoved ||= source !== undefined && !source.endsWith(`:uuid_br:${channel}`);
      if (leg.start.isStandby || leg.phase === 'ending') this.#over(leg);
    }
  }

  /**
   * `disposition`: of the leg's endpoint; a telephone that passed the caller on blindly says so. After an attended transfer
   * the leg ends like any other; that the caller was moved before is told when the two are parted, within a moment.
   */
  legEnded(leg: Leg, cause: string, disposition = ''): void {
    leg.endCause = cause;
    leg.isCallerMoved ||= isTransfer(cause) || isTransfer(disposition);
    this.#parts.reactions.ended(leg);
    if (leg.callerCause !== undefined || leg.isCallerMoved) {
      this.#over(leg);
      return;
    }
    leg.phase = 'ending';
    leg.stopTimer = this.#parts.after(partingMsMax, () => this.#over(leg));
  }

  #over(leg: Leg): void {
    const { book, feed, reactions } = this.#parts;
    if (leg.endCause === undefined) reactions.ended(leg);
    book.remove(leg, 'talked');
    const by = leg.callerCause !== undefined ? 'caller' : leg.isCallerMoved ? 'transfer' : 'agent';
    const cause = leg.callerCause ?? leg.endCause ?? 'NORMAL_CLEARING';
    if (leg.start.offer !== undefined) feed({ type: 'call-ended', offer: leg.start.offer, by, cause });
  }
}
