/**
 * Events of a FreeSWITCH link that concern legs of ours, as facts for the queue engine. A leg is known by the variable
 * `tandem_leg` on each of its channels, so that nothing depends on who ordered it, nor on the order of events.
 */
import type { AcdEvent } from '../core/acd/events.js';
import { legId, memberId, offerId } from '../core/acd/ids.js';
import type { LegId } from '../core/acd/ids.js';
import type { Log } from '../core/ports.js';
import type { After } from '../core/services/deadline.js';
import type { Feed } from '../core/switch.js';
import type { SwitchEvent } from '../esl-outbound/event.js';
import { failureOf } from './switch-freeswitch-causes.js';
import type { Leg, LegBook } from './switch-freeswitch-legs.js';
import { bridgeOf, Talks } from './switch-freeswitch-talks.js';
import {
  confirmVariable,
  legEvent,
  legVariable,
  memberVariable,
  messageVariable,
  offerVariable,
  wantedKeyVariable,
} from './switch-freeswitch-ring.js';

/** What is asked for; see `EslLink.on`. */
export const legEvents = [
  'CHANNEL_CREATE',
  'CHANNEL_ANSWER',
  'CHANNEL_BRIDGE',
  'CHANNEL_UNBRIDGE',
  'CHANNEL_HANGUP',
  'CHANNEL_HOLD',
  'CHANNEL_UNHOLD',
  `CUSTOM ${legEvent}`,
] as const;

/** What has to be done on the switch about it. */
export interface LegReactions {
  /** end these channels */
  kill(uuids: Iterable<string>, cause: string): void;
  /** a channel of the leg exists now */
  created(leg: Leg, uuid: string): void;
  /** the near end of a loopback is up: look for whoever is behind it */
  lookBehind(leg: Leg): void;
  /** the agent is there behind the loopback */
  foundBehind(leg: Leg): void;
  /** the two hear each other */
  connected(leg: Leg): void;
  /** the talk is over; the caller may live on */
  ended(leg: Leg): void;
}

/** What a channel says of the leg that it is. */
export interface FoundLeg {
  readonly leg: LegId;
  readonly uuid: string;
  readonly offer: string | undefined;
  readonly member: string | undefined;
  readonly caller: string;
  /** with its caller */
  readonly isBridged: boolean;
}

export interface NewsParts {
  readonly book: LegBook;
  readonly feed: Feed;
  readonly reactions: LegReactions;
  readonly log: Log;
  readonly after: After;
}

export class LegNews {
  readonly #book: LegBook;
  readonly #feed: Feed;
  readonly #reactions: LegReactions;
  readonly #log: Log;
  readonly #talks: Talks;

  constructor(parts: NewsParts) {
    this.#book = parts.book;
    this.#feed = parts.feed;
    this.#reactions = parts.reactions;
    this.#log = parts.log;
    this.#talks = new Talks(parts);
  }

  onEvent(event: SwitchEvent): void {
    const uuid = event.get('Unique-ID') ?? '';
    switch (event.name) {
      case 'CHANNEL_CREATE':
        this.#created(event, uuid);
        return;
      case 'CHANNEL_ANSWER':
        this.#answered(event, uuid);
        return;
      case 'CUSTOM':
        this.#custom(event, uuid);
        return;
      case 'CHANNEL_BRIDGE':
        if (!this.#talks.bridged(event, uuid)) this.#lookBehind(event, uuid);
        return;
      case 'CHANNEL_UNBRIDGE':
        this.#talks.unbridged(event, uuid);
        return;
      case 'CHANNEL_HOLD':
      case 'CHANNEL_UNHOLD':
        this.#talks.held(uuid, event.name === 'CHANNEL_HOLD');
        return;
      case 'CHANNEL_HANGUP':
        this.#hungUp(event, uuid);
        return;
    }
  }

  /** The result of `originate`: somebody answered, on this channel. */
  originated(leg: Leg, uuid: string | undefined): void {
    leg.isAwaited = false;
    if (uuid !== undefined && this.#book.get(leg.start.leg) === leg) leg.channel ??= uuid;
    this.endCancelled(leg);
  }

  /** The result of `originate`: nobody answered, and nothing rings any more. */
  failed(leg: Leg, cause: string): void {
    leg.isAwaited = false;
    if (leg.cancelled !== undefined) this.#book.remove(leg, leg.failure ?? 'cancelled');
    else if (leg.phase === 'ringing') this.#over(leg, failureOf(cause), cause);
  }

  // ---------------------------------------------------------------- channels

  #created(event: SwitchEvent, uuid: string): void {
    const leg = this.#legOf(event, uuid);
    if (!leg) return;
    // B8: the order to take it back came before there was a channel
    if (leg.cancelled !== undefined) this.#reactions.kill([uuid], leg.cancelled);
    else this.#reactions.created(leg, uuid);
  }

  #answered(event: SwitchEvent, uuid: string): void {
    const leg = this.#legOf(event, uuid);
    if (!leg || leg.channel !== undefined || leg.start.isStandby) return;
    if (leg.cancelled !== undefined) {
      this.#reactions.kill([uuid], leg.cancelled);
      return;
    }
    leg.channel = uuid;
    leg.farEnd = event.variable('other_loopback_leg_uuid');
    // behind a loopback it is not the agent who answered, but its far end
    if (leg.farEnd === undefined) this.#agentIsThere(leg);
  }

  #agentIsThere(leg: Leg): void {
    if (leg.phase !== 'ringing') return;
    leg.phase = 'answered';
    this.#tell(leg, (offer) => ({ type: 'agent-answered', offer }));
  }

  #custom(event: SwitchEvent, uuid: string): void {
    const news = event.get('Tandem-News');
    const leg = this.#legOf(event, uuid);
    if (!leg || leg.cancelled !== undefined) return;
    // a standby agent's channel may still say what an offer before this one had to say
    const offer = event.get('Tandem-Offer');
    if (offer !== undefined && offer !== leg.start.offer) return;
    leg.channel ??= uuid;
    if (news === 'answered') this.#reactions.lookBehind(leg);
    else if (news === 'ready') this.#ready(leg, event);
    else if (news === 'called-back') this.#calledBack(leg, event);
  }

  #ready(leg: Leg, event: SwitchEvent): void {
    this.#agentIsThere(leg);
    if (leg.phase !== 'answered') return;
    if (!hasConfirmed(event)) {
      this.#over(leg, 'not-confirmed', event.variable(confirmVariable) ?? 'no key');
      return;
    }
    leg.phase = 'ready';
    this.#tell(leg, (offer) => ({ type: 'agent-ready', offer }));
    if (event.variable(messageVariable) === undefined) return;
    // no bridge will be made: it is over when the leg is
    leg.phase = 'talking';
    this.#tell(leg, (offer) => ({ type: 'connected', offer }));
  }

  /** From now on he is a caller like any other. */
  #calledBack(leg: Leg, event: SwitchEvent): void {
    if (hasConfirmed(event)) this.#book.remove(leg, 'called-back');
    else this.#over(leg, 'not-confirmed', 'not confirmed');
  }

  /** The far end of a loopback is bridged to somebody (7.1.4). */
  farEndBridged(leg: Leg): void {
    if (leg.isFarEndBridged || leg.phase !== 'ringing') return;
    leg.isFarEndBridged = true;
    leg.stopTimer();
    this.#agentIsThere(leg);
    this.#reactions.foundBehind(leg);
  }

  /** Not a leg of ours: the far end of one of our loopbacks? */
  #lookBehind(event: SwitchEvent, uuid: string): void {
    const ends = bridgeOf(event, uuid);
    for (const leg of this.#book.all()) if (leg.farEnd !== undefined && ends.includes(leg.farEnd)) this.farEndBridged(leg);
  }

  #hungUp(event: SwitchEvent, uuid: string): void {
    const cause = event.get('Hangup-Cause') ?? 'UNKNOWN';
    this.#talks.callerHungUp(uuid, cause);
    const leg = this.#book.ofChannel(uuid) ?? this.#legOf(event, uuid);
    if (!leg) return;
    this.#book.removeChannel(leg, uuid);
    if (leg.phase === 'talking') this.#talks.legEnded(leg, cause, event.variable('endpoint_disposition'));
    else if (leg.cancelled !== undefined) this.endCancelled(leg);
    else if (leg.phase !== 'ringing' && uuid === leg.channel) this.#over(leg, 'agent-gone', cause);
    // the result of `originate` says more of a leg that did not answer; without one to wait for this is the end
    else if (!leg.isAwaited && leg.channels.size === 0) this.#over(leg, failureOf(cause), cause);
  }

  /** It is kept until its channels are gone and none can come any more. */
  endCancelled(leg: Leg): void {
    if (leg.cancelled === undefined || leg.isAwaited || leg.channels.size > 0) return;
    this.#book.remove(leg, leg.failure ?? 'cancelled');
  }

  // ---------------------------------------------------------------- ends

  /** An offer or a callback that came to nothing; whatever is left of it is ended. */
  #over(leg: Leg, failure: ReturnType<typeof failureOf>, detail: string): void {
    this.fail(leg, failure, detail, 'NORMAL_CLEARING');
  }

  fail(leg: Leg, failure: ReturnType<typeof failureOf>, detail: string, cause: string): void {
    const { callBackOf, leg: id, isStandby } = leg.start;
    if (leg.cancelled !== undefined) {
      this.endCancelled(leg);
      return;
    }
    leg.cancelled = cause;
    leg.failure = failure;
    leg.stopTimer();
    if (isStandby) this.#book.remove(leg, failure);
    else {
      this.#reactions.kill(leg.channels, cause);
      this.endCancelled(leg);
    }
    this.#tell(leg, (offer) => ({ type: 'offer-failed', offer, failure, detail }));
    if (callBackOf !== undefined) this.#feed({ type: 'callback-failed', member: callBackOf, leg: id, cause: detail });
  }

  #tell(leg: Leg, event: (offer: NonNullable<Leg['start']['offer']>) => AcdEvent): void {
    if (leg.start.offer !== undefined) this.#feed(event(leg.start.offer));
  }

  // ---------------------------------------------------------------- whose channel is it

  #legOf(event: SwitchEvent, uuid: string): Leg | undefined {
    const named = event.variable(legVariable);
    const known = this.#book.ofChannel(uuid) ?? (named === undefined ? undefined : this.#book.get(legId(named)));
    // the far end of a loopback has the variables too
    if (known && named !== undefined && !isFarEnd(event) && !known.start.isStandby) this.#book.addChannel(known, uuid);
    if (known || named === undefined || isFarEnd(event)) return isFarEnd(event) ? undefined : known;
    return this.#adopted(event, named, uuid);
  }

  #adopted(event: SwitchEvent, named: string, uuid: string): Leg {
    const offer = event.variable(offerVariable);
    const member = event.variable(memberVariable);
    const caller = event.variable('cc_member_session_uuid') ?? '';
    const isBridged = caller !== '' && event.variable('bridge_uuid') === caller;
    return this.adopt({ leg: legId(named), uuid, offer, member, caller, isBridged });
  }

  /** A leg that was ordered by another Tandem, or by this one before it was started again. */
  adopt(found: FoundLeg): Leg {
    const leg = this.#book.add({
      leg: found.leg,
      offer: found.offer === undefined ? undefined : offerId(found.offer),
      callBackOf: found.member === undefined ? undefined : memberId(found.member),
      order: undefined,
      caller: found.caller,
      isStandby: false,
    });
    this.#book.addChannel(leg, found.uuid);
    if (found.isBridged) {
      leg.channel = found.uuid;
      leg.phase = 'talking';
    }
    this.#log.debug({ leg: found.leg, channel: found.uuid }, 'queue: a leg that was ordered elsewhere');
    return leg;
  }
}

const isFarEnd = (event: SwitchEvent): boolean =>
  (event.get('Channel-Name') ?? '').startsWith('loopback/') && (event.get('Channel-Name') ?? '').endsWith('-b');

const hasConfirmed = (event: SwitchEvent): boolean => {
  const wanted = event.variable(wantedKeyVariable);
  return wanted === undefined || event.variable(confirmVariable) === wanted;
};
