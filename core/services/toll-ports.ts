/** The ports by which calls are ordered, each behind the guard against toll fraud. */
import type { OfferId } from '../acd/ids.js';
import type { RingOrder } from '../acd/effects.js';
import type { CrmSwitch } from '../crm-ports.js';
import type { DialFeed, DialSwitch } from '../dialer-ports.js';
import { TandemError } from '../errors.js';
import type { Feed, SwitchPort } from '../switch.js';
import { asteriskWay, freeswitchWays } from '../toll/agent-ways.js';
import type { Way } from '../toll/agent-ways.js';
import type { TollOrigin, TollStop } from '../toll/guard.js';
import type { TollGate } from './toll-gate.js';

/** A call whose end nobody tells is taken as over after this. */
export const followMsMax = 3_600_000;

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
      const { callId, gateway, number } = order;
      const stop = gate.ask({
        ...{ id: callId, origin: 'dialer', switch: port.id, gateway, number },
        untilMs: nowMs() + callMsMax(),
      });
      if (stop) feed({ type: 'originate-stopped', callId, cap: stop.reason, retryAtMs: stop.retryAtMs });
      else port.originate(order);
    },
    hangUp: (callId, reason) => port.hangUp(callId, reason),
    checkGateway: (gateway) => port.checkGateway(gateway),
    liveCalls: () => port.liveCalls(),
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

/** Offers of which the legs are remembered, until their end is told. */
const offersMax = 50_000;

export interface TollLegs {
  /** Agents' telephones, callbacks and listening supervisors; `callBackGateway` is the way out to callers. */
  guard(port: SwitchPort, feed: Feed, callBackGateway: string): SwitchPort;
  /** What the switches feed goes through it, so that ends are heard. */
  followed(feed: Feed): Feed;
}

export function createTollLegs(gate: TollGate, nowMs: () => number): TollLegs {
  const legs = new Map<OfferId, readonly string[]>();

  function stopOf(port: SwitchPort, origin: TollOrigin, id: string, { gateway, number }: Way): TollStop | undefined {
    const stop = gate.ask({ id, origin, switch: port.id, gateway, number, untilMs: nowMs() + followMsMax });
    if (!stop) gate.answered(id); // counted as talk from the order on
    return stop;
  }

  /** The first of its ways that is stopped stops the leg. */
  function askAll(port: SwitchPort, leg: string, contact: string): { readonly ids: readonly string[] } | TollStop {
    const asterisk = asteriskWay(contact);
    const ways = port.kind === 'freeswitch' ? freeswitchWays(contact) : asterisk ? [asterisk] : [];
    const ids: string[] = [];
    for (const way of ways) {
      const id = ids.length === 0 ? leg : `${leg}/${String(ids.length)}`;
      const stop = stopOf(port, 'agent', id, way);
      if (stop) {
        for (const taken of ids) gate.over(taken);
        return stop;
      }
      ids.push(id);
    }
    return { ids };
  }

  function remember(offer: OfferId, ids: readonly string[]): void {
    if (ids.length === 0) return;
    const [oldest] = legs.keys();
    if (legs.size >= offersMax && oldest !== undefined) legs.delete(oldest);
    legs.set(offer, ids);
  }

  function ended(offer: OfferId): void {
    for (const id of legs.get(offer) ?? []) gate.over(id);
    legs.delete(offer);
  }

  return {
    followed: (feed) => (event) => {
      if (event.type === 'offer-failed' || event.type === 'call-ended') ended(event.offer);
      else if (event.type === 'callback-failed') gate.over(event.leg);
      feed(event);
    },
    guard: (port, feed, callBackGateway) => ({
      ...{ id: port.id, kind: port.kind, isUp: () => port.isUp() },
      ring(order) {
        const asked = order.standby ? { ids: [] } : askAll(port, order.leg, contactOf(port, order));
        if ('reason' in asked) {
          feed({ type: 'offer-failed', offer: order.offer, failure: 'switch-failed', detail: asked.reason });
          return;
        }
        remember(order.offer, asked.ids);
        port.ring(order);
      },
      cancel: (leg, reason) => port.cancel(leg, reason),
      connect: (order) => port.connect(order),
      callBack(order) {
        const stop = stopOf(port, 'callback', order.leg, { gateway: callBackGateway, number: order.number });
        if (stop) feed({ type: 'callback-failed', member: order.member, leg: order.leg, cause: stop.reason });
        else port.callBack(order);
      },
      listChannels: () => port.listChannels(),
      transfer: (call, to) => port.transfer(call, to),
      async spy(order) {
        const asked = askAll(port, order.leg, order.supervisor);
        if ('reason' in asked) throw new TandemError('TDM_TOLL_CAP', [asked.reason, asked.text]);
        await port.spy(order);
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
      const stop = gate.ask({ id, origin: 'click', switch: port.name, gateway, number, untilMs: nowMs() + followMsMax });
      if (stop) return { ok: false, code: stop.reason, status: stop.retryAtMs === undefined ? 403 : 429 };
      gate.answered(id);
      const answer = await port.clickToCall(order);
      if (!answer.ok) gate.over(id);
      return answer;
    },
  };
}
