/** The legs that Tandem has started on one Asterisk, found by what the manager link's events name. */
import type { AgentLegs, LegVisit } from '../agi/leg-ports.js';
import type { RingOrder } from '../core/acd/effects.js';
import type { LegId } from '../core/acd/ids.js';
import type { AmiLink } from './ami.js';
import type { AmiPacket } from './ami-packet.js';
import { AsteriskLeg, type LegDeps } from './switch-asterisk-leg.js';

/** Id of the far half of a Local channel; without our prefix, so that nobody takes it for a leg. */
export const pairOf = (leg: LegId): string => `pair-${leg}`;

export interface LegBook extends AgentLegs {
  readonly size: number;
  /** A new leg for an order; the old one of the same offer stays. */
  open(order: RingOrder): AsteriskLeg;
  ofLeg(leg: LegId): AsteriskLeg | undefined;
  /** started here, also when it is over by now */
  knows(leg: string): boolean;
  all(): Iterable<AsteriskLeg>;
  /**
   * All channels that live. An answered leg that is missing twice has ended while nobody listened: it is forgotten, and
   * the engine, which has the same lists, closes its offer.
   */
  listed(uniqueIds: ReadonlySet<string>): void;
  close(): void;
}

export interface LegBookDeps extends Omit<LegDeps, 'over' | 'connecting'> {
  readonly link: Pick<AmiLink, 'on'>;
  readonly over: (leg: AsteriskLeg, outcome: string) => void;
  /** more legs at a time are not kept track of: the oldest is dropped */
  readonly legsMax: number;
}

export function createLegBook(deps: LegBookDeps): LegBook {
  const byLeg = new Map<LegId, AsteriskLeg>();
  /** by the unique id of its channel, and of its far half */
  const byChannel = new Map<string, AsteriskLeg>();
  /** by the telephone behind a Local channel, which keeps its hold to itself */
  const byPhone = new Map<string, AsteriskLeg>();
  const byCaller = new Map<string, AsteriskLeg>();
  const past = new Set<string>();
  /** not in the last list of channels */
  let missing: ReadonlySet<AsteriskLeg> = new Set();
  const legDeps: LegDeps = {
    ...deps,
    connecting(leg) {
      if (leg.order.call) byCaller.set(leg.order.call.uniqueId, leg);
    },
    over(leg, outcome) {
      forget(leg);
      deps.over(leg, outcome);
    },
  };

  function open(order: RingOrder): AsteriskLeg {
    const known = byLeg.get(order.leg);
    if (known) return known;
    const [oldest] = byLeg.values();
    if (byLeg.size >= deps.legsMax) oldest?.failed('switch-failed', 'too many legs at a time');
    const leg = new AsteriskLeg(order, legDeps);
    byLeg.set(order.leg, leg);
    byChannel.set(leg.uniqueId, leg);
    byChannel.set(pairOf(order.leg), leg);
    return leg;
  }

  function forget(leg: AsteriskLeg): void {
    byLeg.delete(leg.order.leg);
    past.add(leg.order.leg);
    const [oldest] = past;
    if (past.size > deps.legsMax && oldest !== undefined) past.delete(oldest);
    for (const id of [leg.uniqueId, pairOf(leg.order.leg)]) if (byChannel.get(id) === leg) byChannel.delete(id);
    if (leg.phone !== undefined && byPhone.get(leg.phone) === leg) byPhone.delete(leg.phone);
    const caller = leg.order.call?.uniqueId ?? '';
    if (byCaller.get(caller) === leg) byCaller.delete(caller);
  }

  function listed(uniqueIds: ReadonlySet<string>): void {
    const gone = [...byLeg.values()].filter((leg) => leg.isAnswered && !uniqueIds.has(leg.uniqueId));
    for (const leg of gone) if (missing.has(leg)) leg.cancelled();
    missing = new Set(gone.filter((leg) => !leg.isOver));
  }

  const named = (event: AmiPacket, field: string): AsteriskLeg | undefined => byChannel.get(event.get(field) ?? '');

  function dialEnded(event: AmiPacket): void {
    named(event, 'destuniqueid')?.learn({ dialStatus: event.get('dialstatus') });
    const behind = named(event, 'uniqueid');
    const phone = event.known('destuniqueid');
    if (!behind || phone === undefined || event.get('uniqueid') === behind.uniqueId || event.get('dialstatus') !== 'ANSWER') return;
    behind.phone = phone;
    byPhone.set(phone, behind);
  }

  function bridgeEntered(event: AmiPacket): void {
    byCaller.get(event.get('uniqueid') ?? '')?.callerBridged();
    const leg = named(event, 'uniqueid');
    // the far half of a Local channel is bridged with the telephone long before
    if (!leg || event.get('uniqueid') !== leg.uniqueId) return;
    leg.bridged();
    if (leg.order.call && leg.isTalking) byCaller.set(leg.order.call.uniqueId, leg);
  }

  /** A transfer by the agent: his part is over at once, whatever becomes of the caller (user-needs 28). */
  function transferred(event: AmiPacket, word: string): void {
    if (event.get('result') !== 'Success') return;
    const leg =
      named(event, 'transfereruniqueid') ??
      named(event, 'origtransfereruniqueid') ??
      named(event, 'secondtransfereruniqueid') ??
      // behind a Local channel the telephone transfers the channel's far half
      named(event, 'transfereeuniqueid');
    const to = [event.known('extension'), event.known('context')].filter(Boolean).join('@');
    leg?.ended('transfer', to === '' ? `${word} transfer` : `${word} transfer to ${to}`);
  }

  function held(event: AmiPacket, isHeld: boolean): void {
    const id = event.get('uniqueid') ?? '';
    const leg = byChannel.get(id) ?? byPhone.get(id);
    if (leg?.uniqueId === id || leg?.phone === id) leg.held(isHeld, 'agent');
    else byCaller.get(id)?.held(isHeld, 'caller');
  }

  /** Comes before Hangup, and before a session hears of it. */
  function hangupRequested(event: AmiPacket): void {
    const leg = named(event, 'uniqueid');
    if (leg?.uniqueId === event.get('uniqueid')) leg?.ended('agent', 'hang-up');
    byCaller.get(event.get('uniqueid') ?? '')?.callerGone();
  }

  function hungUp(event: AmiPacket): void {
    const id = event.get('uniqueid') ?? '';
    byCaller.get(id)?.callerEnded();
    const leg = byChannel.get(id);
    if (leg?.uniqueId !== id) return;
    const cause = Number(event.get('cause') ?? 0);
    leg.learn({ cause, techCause: event.known('techcause') });
    if (!leg.isOver && leg.isAnswered) {
      leg.ended('agent', `hang-up, cause ${cause}`);
      leg.hungUp(`cause ${cause}`);
    }
  }

  const { link } = deps;
  const stops = [
    link.on('DialEnd', dialEnded),
    link.on('BridgeEnter', bridgeEntered),
    link.on('BlindTransfer', (event) => transferred(event, 'blind')),
    link.on('AttendedTransfer', (event) => transferred(event, 'attended')),
    link.on('Hold', (event) => held(event, true)),
    link.on('Unhold', (event) => held(event, false)),
    link.on('HangupRequest', hangupRequested),
    link.on('Hangup', hungUp),
  ];

  return {
    get size() {
      return byLeg.size;
    },
    open,
    visit(order): LegVisit {
      const leg = open(order);
      leg.hasSession = true;
      return leg;
    },
    ofLeg: (leg) => byLeg.get(leg),
    knows: (leg) => past.has(leg) || byChannel.has(leg),
    all: () => byLeg.values(),
    listed,
    close() {
      for (const stop of stops) stop();
    },
  };
}
