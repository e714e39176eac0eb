/** The agents' telephones and chat windows: what becomes of a leg that the engine orders, and of the talk. */
import type { AcdEffect, ConnectOrder, RingOrder } from '../../core/acd/effects.js';
import type { EndedBy } from '../../core/acd/events.js';
import type { LegId, OfferId } from '../../core/acd/ids.js';
import type { OfferFailure } from '../../core/acd/words.js';
import type { Leg } from './lines.js';
import type { Simulation } from './simulation.js';
import { Violation } from './violation.js';

type CallBackEffect = Extract<AcdEffect, { type: 'call-back' }>;

const failures: readonly OfferFailure[] = ['rejected', 'busy', 'not-registered', 'unreachable', 'switch-failed'];

export class Phones {
  private readonly sim: Simulation;
  private readonly chats = new Map<OfferId, RingOrder>();
  private readonly ordered = new Set<LegId>();

  constructor(sim: Simulation) {
    this.sim = sim;
  }

  // ---------------------------------------------------------------- ringing

  ring(order: RingOrder): void {
    if (order.media === 'chat') {
      this.offerChat(order);
      return;
    }
    const { random, lines } = this.sim;
    if (this.ordered.has(order.leg)) throw new Violation('ids', `the leg ${order.leg} is ordered twice`);
    this.ordered.add(order.leg);
    if (lines.down.has(order.switch)) {
      this.fail(order, 'switch-failed', random.int(1, 10));
      return;
    }
    // an open channel of another switch cannot be bridged
    const isReachable = !order.standby || (lines.standby.has(order.standby.uniqueId) && order.standby.switch === order.switch);
    if (!isReachable) {
      this.fail(order, 'unreachable', random.int(1, 10));
      return;
    }
    const leg: Leg = {
      id: order.leg,
      switch: order.switch,
      member: order.member,
      offer: order.offer,
      agent: order.agent,
      standby: order.standby?.uniqueId,
      state: 'ringing',
      isForgotten: false,
      wasForgotten: false,
      caller: undefined,
    };
    this.sim.rung(leg);
    const isBusy = lines.legsOf(order.agent).some(({ state }) => state !== 'ringing');
    lines.start(leg);
    if (isBusy) this.failLater(leg, order, 'busy', 50);
    else if (order.standby || random.chance(0.6)) this.answerLater(leg, order);
    else if (random.chance(0.4)) this.failLater(leg, order, 'no-answer', order.ringMs);
    else this.failLater(leg, order, random.pick(failures), random.int(1, order.ringMs));
  }

  private fail(order: RingOrder, failure: OfferFailure, afterMs: number): void {
    this.sim.later(afterMs, () => this.sim.report({ type: 'offer-failed', offer: order.offer, failure, detail: 'simulated' }));
  }

  private failLater(leg: Leg, order: RingOrder, failure: OfferFailure, afterMs: number): void {
    this.sim.later(afterMs, () => {
      if (leg.state !== 'ringing') return;
      this.sim.lines.end(leg);
      this.sim.report({ type: 'offer-failed', offer: order.offer, failure, detail: 'simulated' }, leg.switch);
    });
  }

  private answerLater(leg: Leg, order: RingOrder): void {
    const { random } = this.sim;
    const afterMs = order.standby ? random.int(1, 20) : random.int(1, Math.min(order.ringMs - 1, 12_000));
    this.sim.later(afterMs, () => {
      if (leg.state !== 'ringing') return;
      // a phone with one line: the other leg keeps ringing on it, but is not taken
      if (this.sim.lines.legsOf(order.agent).some((other) => other !== leg && other.state !== 'ringing')) {
        this.failLater(leg, order, 'busy', 1);
        return;
      }
      this.sim.lines.answer(leg);
      this.sim.report({ type: 'agent-answered', offer: order.offer }, leg.switch);
      this.prepare(leg, order);
    });
  }

  /** Announcements and the confirm key. */
  private prepare(leg: Leg, order: RingOrder): void {
    const { random } = this.sim;
    const spokenMs = order.announcements.length * 2_000 + (order.confirmKey === '' ? 0 : random.int(100, order.confirmMs));
    this.sim.later(spokenMs + random.int(0, 20), () => {
      if (leg.state !== 'up') return;
      if (order.confirmKey !== '' && random.chance(0.2)) {
        this.drop(leg, order.offer, 'not-confirmed');
        return;
      }
      if (random.chance(0.03)) {
        this.drop(leg, order.offer, 'agent-gone');
        return;
      }
      this.sim.report({ type: 'agent-ready', offer: order.offer }, leg.switch);
    });
  }

  private drop(leg: Leg, offer: OfferId, failure: OfferFailure): void {
    this.sim.lines.end(leg);
    this.sim.report({ type: 'offer-failed', offer, failure, detail: 'simulated' }, leg.switch);
  }

  // ---------------------------------------------------------------- taken back

  cancel(leg: LegId, offer: OfferId): void {
    this.chats.delete(offer);
    const known = this.sim.lines.legs.get(leg);
    const { random, faults } = this.sim;
    if (known && (this.sim.lines.down.has(known.switch) || random.chance(faults.lostShare))) {
      known.isForgotten = known.wasForgotten = true;
      return;
    }
    this.hangUp(leg);
    // the hang-up event of the cancelled leg arrives at the engine, too
    if (this.sim.random.chance(0.3)) this.sim.report({ type: 'offer-failed', offer, failure: 'unreachable', detail: 'cancelled' });
  }

  hangUp(id: LegId): void {
    this.sim.door.hangUpCalledBack(id);
    const leg = this.sim.lines.legs.get(id);
    if (!leg) return;
    const wasBridged = leg.state === 'bridged';
    this.sim.lines.end(leg);
    if (!wasBridged) return;
    if (leg.offer !== undefined) this.sim.report({ type: 'call-ended', offer: leg.offer, by: 'unknown', cause: 'hung up' }, leg.switch);
    this.sim.door.talkEnded(leg.member, 'unknown', true);
  }

  // ---------------------------------------------------------------- talking

  connect(order: ConnectOrder): void {
    const leg = this.sim.lines.legs.get(order.leg);
    if (leg?.state !== 'up') {
      if (!leg) this.sim.report({ type: 'offer-failed', offer: order.offer, failure: 'agent-gone', detail: 'simulated' }, order.switch);
      return;
    }
    this.sim.later(this.sim.random.int(1, 30), () => {
      if (leg.state !== 'up') return;
      const channel = this.sim.door.connected(order.member);
      if (!channel || channel.leg) {
        this.sim.lines.end(leg);
        this.sim.report({ type: 'call-ended', offer: order.offer, by: 'caller', cause: 'caller gone' }, leg.switch);
        return;
      }
      this.sim.lines.bridge(leg, channel);
      this.sim.report({ type: 'connected', offer: order.offer }, leg.switch);
      this.sim.later(1 + this.sim.random.span(this.sim.plan.talkMs), () => this.endTalk(leg, order));
    });
  }

  private endTalk(leg: Leg, order: ConnectOrder): void {
    if (leg.state !== 'bridged') return;
    const by = this.sim.random.pick<EndedBy>(['caller', 'caller', 'agent', 'agent', 'transfer', 'unknown']);
    this.sim.lines.end(leg);
    this.sim.report({ type: 'call-ended', offer: order.offer, by, cause: 'NORMAL_CLEARING' }, leg.switch);
    this.sim.door.talkEnded(order.member, by, by === 'transfer' ? false : order.hangUpAfterTalk);
  }

  // ---------------------------------------------------------------- chats

  private offerChat(order: RingOrder): void {
    const { random } = this.sim;
    this.chats.set(order.offer, order);
    if (random.chance(0.3)) {
      this.sim.later(random.int(1, order.ringMs), () => {
        if (this.chats.delete(order.offer)) this.fail(order, random.pick(['rejected', 'no-answer']), 0);
      });
      return;
    }
    this.sim.later(random.int(1, Math.min(order.ringMs, 10_000)), () => {
      if (!this.chats.delete(order.offer)) return;
      this.sim.report({ type: 'agent-answered', offer: order.offer });
      this.sim.later(1, () => this.sim.report({ type: 'agent-ready', offer: order.offer }));
      this.sim.later(20, () => this.sim.report({ type: 'connected', offer: order.offer }));
      this.sim.later(21 + random.span(this.sim.plan.talkMs), () =>
        this.sim.insist({ type: 'call-ended', offer: order.offer, by: random.pick(['caller', 'agent']), cause: 'chat ended' }),
      );
    });
  }

  // ---------------------------------------------------------------- callbacks

  callBack(effect: CallBackEffect): void {
    const { random, lines } = this.sim;
    const { member, switch: on } = effect;
    if (this.ordered.has(effect.leg)) throw new Violation('ids', `the leg ${effect.leg} is ordered twice`);
    this.ordered.add(effect.leg);
    const failed = (cause: string) => this.sim.report({ type: 'callback-failed', member, leg: effect.leg, cause }, on);
    if (lines.down.has(on)) {
      this.sim.report({ type: 'callback-failed', member, leg: effect.leg, cause: 'link down' });
      return;
    }
    const leg: Leg = {
      id: effect.leg,
      switch: on,
      member,
      offer: undefined,
      agent: undefined,
      standby: undefined,
      state: 'ringing',
      isForgotten: false,
      wasForgotten: false,
      caller: undefined,
    };
    lines.start(leg);
    const answers = random.chance(0.6);
    this.sim.later(answers ? random.int(500, 12_000) : effect.ringMs, () => {
      if (leg.state !== 'ringing') return;
      lines.end(leg);
      if (answers) this.sim.door.calledBack(member, effect.leg, on, effect.number);
      else failed('NO_ANSWER');
    });
  }

  /** What only lived in our process is gone with it. */
  processDied(): void {
    this.chats.clear();
    // a standby agent's channel was in a session of ours, too
    for (const leg of [...this.sim.lines.legs.values()]) if (leg.standby !== undefined && leg.state !== 'bridged') this.sim.lines.end(leg);
  }
}
