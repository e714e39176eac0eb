/** Which way a call may go: gateway checked (A8), breaker (B11), channels, the campaign's other gateways (A16). */
import { createBreaker } from '../breaker.js';
import type { BreakerState } from '../breaker.js';
import type { Campaign, CampaignGateway } from '../campaign.js';
import type { HopperContact } from '../engine-words.js';
import type { GatewayState } from '../words.js';
import { checkMsMax, gatewayFreshMs, gatewaysMax } from './bounds.js';
import type { PaceLimit } from './engine-types.js';
import type { Gateway } from './parts.js';
import type { DialerWorld } from './world.js';

export type Way =
  /** channelsMax: calls on it at once; 0 = no limit */
  | { readonly kind: 'go'; readonly gateway: Gateway; readonly channelsMax: number }
  /** isBrief: being checked, known in a moment */
  | { readonly kind: 'wait'; readonly limit: PaceLimit; readonly text: string; readonly isBrief: boolean }
  /** the contact fails for good */
  | { readonly kind: 'invalid' }
  /** no switch that could be told */
  | { readonly kind: 'unreachable' };

const keyOf = (switchId: string, gateway: string): string => `${switchId}/${gateway}`;

/** Made when it is first needed. */
export function gatewayOf(w: DialerWorld, switchId: string, name: string): Gateway {
  const key = keyOf(switchId, name);
  const known = w.gateways.get(key);
  if (known) return known;
  const breaker = createBreaker();
  breaker.restore(w.learnedBefore.get(`breaker:${key}`));
  const gateway: Gateway = {
    ...{ switch: switchId, gateway: name, breaker },
    ...{ state: undefined, checkedAtMs: undefined, askedAtMs: undefined, calls: 0, rest: undefined, isReported: false },
  };
  if (w.gateways.size < gatewaysMax) w.gateways.set(key, gateway);
  return gateway;
}

/** The contact's own first, then the campaign's in their order. */
function waysOf(w: DialerWorld, campaign: Campaign, contact: HopperContact): readonly CampaignGateway[] {
  const { gateways } = campaign;
  const own = gateways.find(({ gateway }) => gateway === contact.gateway);
  const first = own ?? { switch: '', gateway: contact.gateway, channelsMax: 0 };
  const ways = contact.gateway ? [first, ...gateways.filter((way) => way !== own)] : gateways;
  const known = ways.map((way) => (way.switch ? way : { ...way, switch: w.settings.defaultSwitch }));
  const open = known.filter((way) => !isBarred(w, way, contact));
  return open.length > 0 ? open : known; // where none may carry it, the guard says so, and the contact fails with its reason
}

type Numbered = Pick<HopperContact, 'number' | 'e164'>;

const isBarred = (w: DialerWorld, way: CampaignGateway, { number, e164 = [] }: Numbered): boolean =>
  w.rules.isTollBarred?.(way.switch, way.gateway, number, e164) === true;

/** Caps against toll fraud let it out over no gateway of this contact. */
export const isBarredEverywhere = (w: DialerWorld, campaign: Campaign, contact: HopperContact, other: Numbered): boolean =>
  waysOf(w, campaign, { ...contact, ...other }).every((way) => isBarred(w, way, other));

const isReady = (w: DialerWorld, switchId: string): boolean => {
  const state = w.switches.get(switchId);
  return state !== undefined && state.isUp && state.isReconciled;
};

const isFresh = (w: DialerWorld, { state, checkedAtMs }: Gateway): boolean =>
  state !== undefined && checkedAtMs !== undefined && w.nowMs - checkedAtMs <= gatewayFreshMs;

/** Asks about the gateways of this contact whose state is old; true: an answer is awaited. */
export function checkWays(w: DialerWorld, campaign: Campaign, contact: HopperContact): boolean {
  let isAwaited = false;
  for (const way of waysOf(w, campaign, contact)) {
    if (!isReady(w, way.switch)) continue;
    const gateway = gatewayOf(w, way.switch, way.gateway);
    if (isFresh(w, gateway) || !gateway.breaker.mayCall(w.nowMs)) continue;
    ask(w, gateway);
    isAwaited = true;
  }
  return isAwaited;
}

function ask(w: DialerWorld, gateway: Gateway): void {
  if (gateway.askedAtMs !== undefined) return;
  gateway.askedAtMs = w.nowMs;
  w.deadlines.set(`check:${keyOf(gateway.switch, gateway.gateway)}`, w.nowMs + checkMsMax);
  w.emit({ type: 'check-gateway', switch: gateway.switch, gateway: gateway.gateway });
}

/** For a contact, now. What is not known is asked for, and waits. `planned`: calls that are about to be claimed. */
export function wayFor(w: DialerWorld, campaign: Campaign, contact: HopperContact, planned: ReadonlyMap<Gateway, number> = new Map()): Way {
  const ways = waysOf(w, campaign, contact);
  let invalid = 0;
  let unreachable = 0;
  let wait: Way | undefined;
  for (const way of ways) {
    const seen = stateOf(w, way, planned);
    if (seen.kind === 'go') return seen;
    if (seen.kind === 'invalid') {
      if (contact.contact.gatewayId === way.gateway) return seen; // A16: the contact named it
      // one that the campaign misspells, or whose profile is being restarted on the switch, comes back: its contacts wait for it
      invalid++;
      wait ??= waits(way, 'gateway', 'its switch does not know it');
    } else if (seen.kind === 'unreachable') unreachable++;
    else wait = seen;
  }
  return unreachable > 0 && invalid + unreachable === ways.length ? { kind: 'unreachable' } : (wait ?? noGateway);
}

const noGateway: Way = { kind: 'wait', limit: 'gateway', text: 'no gateway is set', isBrief: false };

function stateOf(w: DialerWorld, way: CampaignGateway, planned: ReadonlyMap<Gateway, number>): Way {
  const link = w.switches.get(way.switch);
  if (link && !link.isUp) return { kind: 'unreachable' };
  // nobody has told of it yet, or its calls are being listed: it may be there in a moment
  if (!link?.isReconciled)
    return { kind: 'wait', limit: 'switch', text: `switch ${way.switch}: calls not listed yet`, isBrief: link !== undefined };
  if (link.isFull)
    return {
      kind: 'wait',
      limit: 'switch',
      text: `switch ${way.switch} is behind with its orders: it takes fewer calls a second`,
      isBrief: true,
    };
  const gateway = gatewayOf(w, way.switch, way.gateway);
  if (w.settings.gatewaysPaused?.includes(`${way.switch} ${way.gateway}`)) return waits(way, 'gateway', 'paused by a person');
  if (gateway.rest && gateway.rest.untilMs > w.nowMs) return waits(way, 'toll', gateway.rest.reason);
  if (!gateway.breaker.mayCall(w.nowMs)) return waits(way, 'gateway', gateway.breaker.reason());
  if (!isFresh(w, gateway)) {
    ask(w, gateway);
    return waits(way, 'gateway', 'being checked', true);
  }
  if (gateway.state === 'invalid') return { kind: 'invalid' };
  if (gateway.state === 'down') return waits(way, 'gateway', 'down');
  if (way.channelsMax > 0 && gateway.calls + (planned.get(gateway) ?? 0) >= way.channelsMax)
    return waits(way, 'channels', `all ${way.channelsMax} channels are in use`);
  return { kind: 'go', gateway, channelsMax: way.channelsMax };
}

const waits = ({ gateway }: CampaignGateway, limit: PaceLimit, text: string, isBrief = false): Way => ({
  ...{ kind: 'wait', limit, text: `gateway ${gateway}: ${text}`, isBrief },
});

/** An answer to `check-gateway`, or a call that ended with what a check would have said (A8). */
export function gatewayChecked(w: DialerWorld, switchId: string, name: string, state: GatewayState, reason: string): void {
  const gateway = gatewayOf(w, switchId, name);
  const { state: before } = gateway;
  gateway.state = state;
  gateway.checkedAtMs = w.nowMs;
  gateway.askedAtMs = undefined;
  w.deadlines.set(`check:${keyOf(switchId, name)}`, undefined);
  if (before !== state && (before !== undefined || state !== 'up')) noticeOf(w, gateway, state, reason);
  if (state === 'up') gateway.isReported = false;
  if (state !== 'invalid' || gateway.isReported) return;
  gateway.isReported = true;
  w.change({ audit: [w.auditOf(`gateway ${keyOf(switchId, name)}`, 'gateway-invalid', 'the switch does not know this gateway')] });
}

/** No answer in time. */
export function checkMissed(w: DialerWorld, key: string): void {
  const gateway = w.gateways.get(key);
  if (gateway?.askedAtMs === undefined) return;
  gatewayChecked(w, gateway.switch, gateway.gateway, 'down', 'the check was not answered');
}

export const isCheckAwaited = (w: DialerWorld): boolean => [...w.gateways.values()].some(({ askedAtMs }) => askedAtMs !== undefined);

export const breakerWord = (state: BreakerState): 'closed' | 'probing' | undefined => (state === 'open' ? undefined : state);

export function breakerChanged(w: DialerWorld, gateway: Gateway): void {
  const word = breakerWord(gateway.breaker.state(w.nowMs));
  noticeOf(w, gateway, word ?? gateway.state ?? 'up', gateway.breaker.reason());
  w.change({
    audit: [
      w.auditOf(
        `gateway ${keyOf(gateway.switch, gateway.gateway)}`,
        word ? 'gateway-closed' : 'gateway-opened',
        gateway.breaker.reason() || 'a call got through',
      ),
    ],
  });
}

const noticeOf = (w: DialerWorld, { switch: id, gateway }: Gateway, state: GatewayState | 'closed' | 'probing', reason: string): void =>
  w.notice({ type: 'gateway-changed', switch: id, gateway, state, reason });
