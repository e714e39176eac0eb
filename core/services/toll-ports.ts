/** The ports by which calls are ordered, each behind the guard against toll fraud. */
import { spyChannelOf } from '../acd/ids.js';
import type { OfferId } from '../acd/ids.js';
import type { RingOrder } from '../acd/effects.js';
import type { CrmSwitch } from '../crm-ports.js';
import { e164Forms } from '../dialer/compliance/numbers.js';
import type { DialFeed, DialSwitch } from '../dialer-ports.js';
import { TandemError } from '../errors.js';
import type { Feed, SwitchPort } from '../switch.js';
import { asteriskWay, freeswitchWays, isListed } from '../toll/agent-ways.js';
import type { Way } from '../toll/agent-ways.js';
import type { TollCall, TollOrigin, TollStop } from '../toll/guard.js';
import type { TollGate } from './toll-gate.js';

/** A call whose end nobody tells is taken as over after this. */
export const followMsMax = 3_600_000;
/** Between an order and its channel in a list; the engines give it the same. */
const youngMs = 3_000;
const dialled: ReadonlySet<TollOrigin> = new Set<TollOrigin>(['dialer']);
const others: ReadonlySet<TollOrigin> = new Set<TollOrigin>(['agent', 'callback', 'click']);

/** A campaign's calls: answer and end are told by the switch. */
export function guardDialSwitch(
  port: DialSwitch,
  feed: DialFeed,
  gate: TollGate,
  nowMs: () => number,
  callMsMax: () => number,
): DialSwitch {
  return {
    ...{ id: port.id, kind: port.kind, isUp: () => port.isUp(), close: () => port.close() },
    originate(order) {
      const { callId, gateway, number, e164 = [] } = order;
      const stop = gate.ask({
        ...{ id: callId, origin: 'dialer', switch: port.id, gateway, number, e164 },
        untilMs: nowMs() + callMsMax(),
      });
      if (stop) feed({ type: 'originate-stopped', callId, cap: stop.reason, retryAtMs: stop.retryAtMs });
      else port.originate(order);
    },
    hangUp: (callId, reason) => port.hangUp(callId, reason),
    checkGateway: (gateway) => port.checkGateway(gateway),
    async liveCalls() {
      const live = await port.liveCalls();
      // whose end fell into a break of the link: the port and the engine forget it, and nobody tells of it any more
      gate.listed({ switch: port.id, origins: dialled, ids: live.calls, untilMs: live.askedAtMs - youngMs });
      return live;
    },
    callsPerSecondMax: () => port.callsPerSecondMax(),
    hasExtension: (context, extension) => port.hasExtension(context, extension),
    hasSound: (file) => port.hasSound(file),
    onState: (listener) => port.onState(listener),
  };
}

/** The same feed, whose answers and ends the guard hears too. */
export function followDialFeed(feed: DialFeed, gate: TollGate): DialFeed {
  return (event) => {
    if (event.type === 'call-answered') gate.answered(event.callId);
    else if (event.type === 'call-ended' || event.type === 'originate-unsent') gate.over(event.callId);
    feed(event);
  };
}

/** Legs that are remembered until their end is told. */
const legsMax = 50_000;

/** How callers are called back. */
export interface CallBackWayOut {
  readonly gateway: string;
  /** its channel has the id of the order, so that a list shows it */
  readonly isListed: boolean;
}

export interface TollLegs {
  /** Agents' telephones, callbacks and listening supervisors. */
  guard(port: SwitchPort, feed: Feed, callBack: CallBackWayOut): SwitchPort;
  /** What the switches feed goes through it, so that ends are heard. */
  followed(feed: Feed): Feed;
  /** The call of this name has ended: several telephones were rung under it, each with an id that the switch chose. */
  over(name: string): void;
}

export function createTollLegs(gate: TollGate, nowMs: () => number): TollLegs {
  /** ids of the guard by leg, and for spies by channel */
  const legs = new Map<string, { readonly ids: readonly string[]; readonly offer: OfferId | undefined }>();
  const legOf = new Map<OfferId, string>();

  function stopOf(call: Pick<TollCall, 'id' | 'origin' | 'channel'>, port: SwitchPort, { gateway, number }: Way): TollStop | undefined {
    const e164 = e164Forms(number);
    const stop = gate.ask({ ...call, switch: port.id, gateway, number, e164, untilMs: nowMs() + followMsMax });
    if (!stop) gate.answered(call.id); // counted as talk from the order on
    return stop;
  }

  /** The first of its ways that is stopped stops the leg. `channel`: by which a list has all its telephones. */
  function askAll(port: SwitchPort, leg: string, contact: string, channel: string, offer?: OfferId): TollStop | undefined {
    const asterisk = asteriskWay(contact);
    const ways = port.kind === 'freeswitch' ? freeswitchWays(contact) : asterisk ? [asterisk] : [];
    const ids: string[] = [];
    for (const way of ways) {
      const id = ids.length === 0 ? leg : `${leg}/${String(ids.length)}`;
      const stop = stopOf({ id, origin: 'agent', channel }, port, way);
      if (stop) {
        for (const taken of ids) gate.over(taken);
        return stop;
      }
      ids.push(id);
    }
    if (ids.length > 0) remember(leg, ids, offer);
    return undefined;
  }

  function remember(leg: string, ids: readonly string[], offer: OfferId | undefined): void {
    const [oldest] = legs.keys();
    if (legs.size >= legsMax && oldest !== undefined) forget(oldest);
    legs.set(leg, { ids, offer });
    if (offer !== undefined) legOf.set(offer, leg);
  }

  function forget(leg: string): void {
    const offer = legs.get(leg)?.offer;
    legs.delete(leg);
    if (offer !== undefined) legOf.delete(offer);
  }

  function over(leg: string): void {
    for (const id of legs.get(leg)?.ids ?? [leg]) gate.over(id);
    forget(leg);
  }

  return {
    over,
    followed: (feed) => (event) => {
      if (event.type === 'offer-failed' || event.type === 'call-ended') {
        const leg = legOf.get(event.offer);
        if (leg !== undefined) over(leg);
      } else if (event.type === 'callback-failed') over(event.leg);
      feed(event);
    },
    guard: (port, feed, callBack) => ({
      ...{ id: port.id, kind: port.kind, isUp: () => port.isUp() },
      ring(order) {
        const stop = order.standby ? undefined : askAll(port, order.leg, contactOf(port, order), order.leg, order.offer);
        if (stop) feed({ type: 'offer-failed', offer: order.offer, failure: 'switch-failed', detail: stop.reason });
        else port.ring(order);
      },
      cancel(leg, reason) {
        port.cancel(leg, reason);
        over(leg); // what is taken back feeds nothing more
      },
      connect: (order) => port.connect(order),
      callBack(order) {
        const way = { gateway: callBack.gateway, number: order.number };
        const stop = stopOf({ id: order.leg, origin: 'callback', channel: callBack.isListed ? order.leg : '' }, port, way);
        if (stop) feed({ type: 'callback-failed', member: order.member, leg: order.leg, cause: stop.reason });
        else port.callBack(order);
      },
      async listChannels() {
        const live = await port.listChannels();
        gate.listed({ switch: port.id, origins: others, ids: live.uniqueIds, untilMs: live.askedAtMs - youngMs });
        return live;
      },
      transfer: (call, to) => port.transfer(call, to),
      leadOn: (call) => port.leadOn(call),
      async spy(order) {
        const channel = spyChannelOf(order.leg);
        const stop = askAll(port, channel, order.supervisor, isListed(port.kind, order.supervisor) ? channel : '');
        if (stop) throw new TandemError('TDM_TOLL_CAP', [stop.reason, stop.text]);
        try {
          await port.spy({ ...order, onUnreached: () => over(channel) });
        } catch (error) {
          over(channel);
          throw error;
        }
      },
      lamp: (agent, now) => port.lamp(agent, now),
    }),
  };
}

const contactOf = (port: SwitchPort, { contact, contactFreeswitch }: RingOrder): string =>
  port.kind === 'freeswitch' ? (contactFreeswitch ?? contact) : contact;

/** Clicks of a CRM: the gateway is the context of the dialplan that leads out. */
export function guardCrmSwitch(port: CrmSwitch, gate: TollGate, nowMs: () => number): CrmSwitch {
  return {
    ...port,
    async clickToCall(order) {
      const { callId: id, number, context: gateway } = order;
      const stop = gate.ask({
        ...{ id, origin: 'click', switch: port.name, gateway, number, e164: e164Forms(number) },
        ...{ channel: isListed(port.kind, order.channel) ? id : '', untilMs: nowMs() + followMsMax },
      });
      if (stop) return { ok: false, code: stop.reason, status: stop.retryAtMs === undefined ? 403 : 429 };
      gate.answered(id);
      const answer = await port.clickToCall({ ...order, onUnreached: () => gate.over(id) });
      // an order of unknown fate may ring all the same: it counts until its end, as one that was taken
      if (!answer.ok && answer.isUnsure !== true) gate.over(id);
      return answer;
    },
  };
}
