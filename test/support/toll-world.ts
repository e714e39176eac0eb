/** The guard against toll fraud with ports whose orders are written down. */
import type { AcdEvent } from '../../core/acd/events.js';
import type { RingOrder } from '../../core/acd/effects.js';
import { agentId, legId, offerId, switchId } from '../../core/acd/ids.js';
import type { AuditRow } from '../../core/access-ports.js';
import type { DialSwitchEvent, OriginateOrder } from '../../core/dialer/engine-words.js';
import type { DialSwitch } from '../../core/dialer-ports.js';
import type { FeedNews } from '../../core/feed-news.js';
import { createTollGate, type TollGate } from '../../core/services/toll-gate.js';
import { createTollLegs, followDialFeed, guardDialSwitch } from '../../core/services/toll-ports.js';
import type { SwitchPort } from '../../core/switch.js';
import { tollDefaults, type TollCaps, type TollFigure } from '../../core/toll/caps.js';
import { recordingSwitch } from './acd-stub-engine.js';
import { recordingMeter, silentLog } from './observers.js';

export const t0 = 1_795_287_600_000;

export function world(caps: Partial<TollCaps> = {}) {
  const clock = { nowMs: t0 };
  const rows: AuditRow[] = [];
  const news: FeedNews[] = [];
  const meter = recordingMeter();
  let isTaken = true;
  const gate: TollGate = createTollGate({
    rules: { general: { ...tollDefaults, isSet: new Set(Object.keys(caps) as TollFigure[]), ...caps }, gateways: new Map() },
    audit: { write: (row) => Promise.resolve(void rows.push(row)) },
    newAuditId: String,
    desk: {
      note(one) {
        if (isTaken) news.push(one);
        return isTaken;
      },
    },
    nowMs: () => clock.nowMs,
    log: silentLog,
    meter,
  });
  return { clock, rows, news, meter, gate, standby: () => void (isTaken = false) };
}

export const order = (callId: string, number = '+4930123456'): OriginateOrder => ({ callId, number, gateway: 'gw1' }) as OriginateOrder;

export function dialSwitch(w: ReturnType<typeof world>) {
  const called: string[] = [];
  const heard: DialSwitchEvent[] = [];
  /** channels that live there */
  const live = new Map<string, { readonly isAnswered: boolean }>();
  const port = {
    ...{ id: 'fs1', kind: 'freeswitch', originate: ({ callId }) => void called.push(callId) },
    liveCalls: () => Promise.resolve({ askedAtMs: w.clock.nowMs, calls: live }),
  } as Partial<DialSwitch> as DialSwitch;
  const feed = followDialFeed((event) => void heard.push(event), w.gate);
  return {
    called,
    heard,
    live,
    feed,
    port: guardDialSwitch(
      port,
      feed,
      w.gate,
      () => w.clock.nowMs,
      () => 3_600_000,
    ),
  };
}

export const ended = (callId: string): DialSwitchEvent => ({ type: 'call-ended', callId }) as DialSwitchEvent;

export const ringOf = (offer: string, more: Partial<RingOrder> = {}): RingOrder =>
  ({ offer: offerId(offer), leg: legId(`leg-${offer}`), switch: switchId('pbx'), agent: agentId('anna'), ...more }) as RingOrder;

export function legsOf(w: ReturnType<typeof world>, kind: SwitchPort['kind'] = 'asterisk', more: Partial<SwitchPort> = {}) {
  const told: string[] = [];
  const fed: AcdEvent[] = [];
  const legs = createTollLegs(w.gate, () => w.clock.nowMs);
  const feed = legs.followed((event) => void fed.push(event));
  /** channels that live there */
  const live = new Set<string>();
  const bare: SwitchPort = {
    ...recordingSwitch(told),
    listChannels: () => Promise.resolve({ askedAtMs: w.clock.nowMs, uniqueIds: live, bridged: new Set<string>() }),
    ...more,
    kind,
  };
  return { told, fed, feed, legs, live, port: legs.guard(bare, feed, { gateway: 'out', isListed: true }) };
}
