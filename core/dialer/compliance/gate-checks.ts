/** One function per gate (dialer.md B4); each says pass, wait or final, with words for explain. */
import type { GateFacts } from '../../dialer-ports.js';
import type { Campaign } from '../campaign.js';
import type { Contact } from '../contact.js';
import type { DncEntry } from '../engine-words.js';
import type { CallResult, Gate } from '../words.js';
import type { GateContext } from './gates.js';
import type { Profile } from './profile.js';
import { capsOf } from './region-rules.js';
import { placeableAt, windowOf } from './windows.js';
import { placeOf } from './zones.js';

export type Said =
  | { readonly kind: 'pass'; readonly detail: string; readonly guaranteedOnly?: boolean }
  | { readonly kind: 'wait'; readonly untilMs: number | undefined; readonly detail: string }
  | { readonly kind: 'final'; readonly result: CallResult; readonly detail: string };

type Check = (context: GateContext & { readonly profile: Profile }, facts: GateFacts, nowMs: number) => Said;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const pass = (detail: string): Said => ({ kind: 'pass', detail });
const wait = (detail: string, untilMs?: number): Said => ({ kind: 'wait', untilMs, detail });
const final = (result: CallResult, detail: string): Said => ({ kind: 'final', result, detail });
const when = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

const campaign: Check = ({ campaign: own, profile }, _facts, nowMs) => {
  if (own.state !== 'running') return wait(`the campaign is ${own.state}`);
  if (own.startsAtMs !== undefined && own.startsAtMs > nowMs) return wait(`the campaign begins ${when(own.startsAtMs)}`, own.startsAtMs);
  if (own.endsAtMs !== undefined && own.endsAtMs <= nowMs) return wait(`the campaign ended ${when(own.endsAtMs)}`);
  if (!profile.modes.includes(own.mode)) return wait(`profile ${profile.name} does not allow mode ${own.mode}`);
  return pass('the campaign is running');
};

const expired: Check = (_context, { contact }, nowMs) =>
  contact.endTimeMs !== undefined && contact.endTimeMs <= nowMs
    ? final('EXPIRED', `its end time was ${when(contact.endTimeMs)}`)
    : pass('its end time has not come');

/**
 * A callback was agreed with the customer (B47): the campaign's own limits, which keep strangers from being called too often, do
 * not keep it back; those of the profile do. It is owed until it was called, and for the patience after its time.
 */
const isOwed = (own: Campaign, { callbackAtMs, dialTimeMs = -Infinity }: Contact, nowMs: number): boolean =>
  callbackAtMs !== undefined && (dialTimeMs < callbackAtMs || nowMs < callbackAtMs + own.callbackPatienceMs);

const attempts: Check = ({ campaign: own }, { contact }, nowMs) => {
  if (own.attemptsMax === 0 || contact.attempts < own.attemptsMax)
    return pass(`${String(contact.attempts)} attempts of ${own.attemptsMax > 0 ? String(own.attemptsMax) : 'any number'}`);
  const used = `${String(contact.attempts)} attempts, the campaign's most`;
  return isOwed(own, contact, nowMs) ? pass(`${used}, but a callback was agreed`) : final('MAX_ATTEMPTS', used);
};

/** Does an entry concern this campaign now? A scope that nobody knows does. */
export function isEntryActive(entry: DncEntry, own: Pick<Campaign, 'id' | 'client'>, nowMs: number): boolean {
  if (entry.fromMs > nowMs || (entry.untilMs !== undefined && entry.untilMs <= nowMs)) return false;
  if (entry.scope.startsWith('client:')) return entry.scope === `client:${own.client}`;
  if (entry.scope.startsWith('campaign:')) return entry.scope === `campaign:${own.id}`;
  return true;
}

const hasConsent = ({ contact }: GateFacts, nowMs: number): boolean =>
  contact.consentUntilMs !== undefined && contact.consentUntilMs > nowMs;

const dnc: Check = ({ campaign: own, profile, suppression }, facts, nowMs) => {
  const liftable = profile.suppression.filter((rule) => rule.consentLifts);
  const lifted = new Set(liftable.length > 0 && hasConsent(facts, nowMs) ? liftable.map((rule) => `national:${rule.list}`) : []);
  const entry = facts.dnc.find((each) => isEntryActive(each, own, nowMs) && !lifted.has(each.scope));
  if (entry) {
    const where = entry.scope === '' ? 'the global list' : `the list ${entry.scope}`;
    const detail = `${entry.isPrefix ? `prefix ${entry.number}` : 'the number'} stands on ${where}: ${entry.reason || entry.source}`;
    return final('BLOCKED_DNC', detail);
  }
  for (const rule of profile.suppression) {
    if (lifted.has(`national:${rule.list}`)) continue;
    const syncedMs = suppression.get(rule.list);
    if (syncedMs === undefined) return wait(`list ${rule.list} (${rule.text}) was never loaded`);
    if (!(nowMs - syncedMs <= rule.maxAgeMs))
      return wait(`list ${rule.list} is of ${when(syncedMs)}, older than ${String(rule.maxAgeMs / dayMs)} days`);
  }
  return pass('on no list that applies');
};

const consent: Check = ({ profile }, facts, nowMs) => {
  if (!profile.consentRequired) return pass('the profile needs none');
  if (hasConsent(facts, nowMs)) return pass('there is consent');
  const until = facts.contact.consentUntilMs;
  return final('BLOCKED_CONSENT', until === undefined ? 'no consent is known' : `consent ended ${when(until)}`);
};

const window: Check = ({ campaign: own, profile }, { contact, numberKey }, nowMs) => {
  if (profile.hours === undefined) return pass('the campaign manager keeps the calling hours');
  const place = placeOf(contact, numberKey, own);
  if (place.zones.length === 0) return final('NO_TIME_ZONE', 'nobody knows its time zone');
  const shown = place.zones.length > 3 ? `${String(place.zones.length)} zones` : place.zones.join(', ');
  const where = `${shown}${place.region === undefined ? '' : ` (${place.region})`}, by ${place.source}`;
  const at = placeableAt(place, profile, own.ringTimeoutMs, nowMs);
  if (at === undefined) return final('NO_TIME_ZONE', `no window is open in all of ${where}`);
  if (at > nowMs) return wait(`closed in ${where}; opens ${when(at)}`, at);
  const { closesAtMs = nowMs } = windowOf(place.zones, profile, place.region, nowMs);
  return pass(`open in ${where}${Number.isFinite(closesAtMs) ? ` until ${when(closesAtMs)}` : ''}`);
};

const retryTime: Check = (_context, { contact }, nowMs) => {
  const at = Math.max(contact.nextAttemptAtMs, contact.startTimeMs ?? -Infinity);
  return at > nowMs ? wait(`not before ${when(at)}`, at) : pass('its time has come');
};

/** Until when calls of the last `spanMs` reach the limit; undefined: they do not. An hour counts until its end has left the span. */
export function cappedUntil(hours: GateFacts['numberHours'], limit: number, spanMs: number, nowMs: number): number | undefined {
  if (limit <= 0) return undefined;
  const inSpan = hours.filter(([hour]) => (hour + 1) * hourMs + spanMs > nowMs).sort(([a], [b]) => a - b);
  let left = inSpan.reduce((sum, [, calls]) => sum + calls, 0);
  if (left < limit) return undefined;
  for (const [hour, calls] of inSpan) {
    left -= calls;
    if (left < limit) return (hour + 1) * hourMs + spanMs;
  }
  return nowMs + spanMs;
}

const caps: Check = ({ campaign: own, profile }, { contact, numberKey, numberHours }, nowMs) => {
  const byProfile = capsOf(profile, placeOf(contact, numberKey, own).region);
  const limits = [
    [isOwed(own, contact, nowMs) ? 0 : own.attemptsPerNumberDay, dayMs, 'the campaign, in 24 h'],
    [byProfile.per24h, dayMs, `profile ${profile.name}, in 24 h`],
    [byProfile.per7d, 7 * dayMs, `profile ${profile.name}, in 7 days`],
    [byProfile.per30d, 30 * dayMs, `profile ${profile.name}, in 30 days`],
  ] as const;
  const hits = limits.flatMap(([limit, spanMs, of]) => {
    const untilMs = cappedUntil(numberHours, limit, spanMs, nowMs);
    return untilMs === undefined ? [] : [{ untilMs, detail: `the number was called ${String(limit)} times, the most of ${of}` }];
  });
  const last = hits.sort((a, b) => b.untilMs - a.untilMs)[0];
  return last ? wait(`${last.detail}; again ${when(last.untilMs)}`, last.untilMs) : pass('called less often than any limit');
};

/** Only an agent who is held for the call may be behind it. */
const protect: Check = (context, facts, nowMs) => {
  const until = Math.max(
    protectedUntil(facts.lastAbandonedMs, context.profile.protectAbandonedMs),
    protectedUntil(facts.lastMachineMs, context.profile.protectMachineMs),
  );
  const wasAbandoned = (facts.contact.resultCounts.ABANDONED ?? 0) > 0 && context.campaign.retry.ABANDONED?.guaranteedOnly === true;
  if (until <= nowMs && !wasAbandoned) return pass('no protection runs');
  const why = until > nowMs ? `protected until ${when(until)} after an abandoned call or a machine` : 'it was abandoned before';
  const { mode } = context.campaign;
  if (mode === 'PROGRESSIVE' || mode === 'PREVIEW' || context.isGuaranteed === true || (context.isForcedOneToOne && mode !== 'IVR'))
    return { kind: 'pass', detail: `${why}: an agent is held for it`, guaranteedOnly: true };
  if (mode !== 'IVR' && context.purpose === 'fill')
    return { kind: 'pass', detail: `${why}: only with an agent who is held`, guaranteedOnly: true };
  return wait(`${why}: only with an agent who is held`, until > nowMs ? until : undefined);
};
const protectedUntil = (sinceMs: number | undefined, spanMs: number): number =>
  sinceMs === undefined || spanMs === 0 ? -Infinity : sinceMs + spanMs;

const sameNumber: Check = (_context, facts) =>
  facts.isNumberActive ? wait('another call to the number is active') : pass('no other call to the number');

const gateway: Check = ({ campaign: own, isGatewayUsable }, { contact }) => {
  const names = contact.gatewayId === '' ? own.gateways.map((each) => each.gateway) : [contact.gatewayId];
  if (names.length === 0) return wait('neither contact nor campaign names a gateway');
  if (isGatewayUsable === undefined || names.some(isGatewayUsable)) return pass(`over ${names.join(', ').slice(0, 200)}`);
  return wait(`no gateway of ${names.join(', ').slice(0, 200)} can be used now`);
};

const callbackAgent: Check = ({ campaign: own, agents }, { contact }, nowMs) => {
  const { callbackAgent: agent, callbackPatienceUntilMs: until } = contact;
  if (agent === undefined) return pass('nobody’s callback');
  if (agents === undefined || agents.has(agent)) return pass(`callback of ${agent}`);
  if (until !== undefined && until > nowMs) return wait(`callback of ${agent}, who is not here; others from ${when(until)}`, until);
  if (own.callbackThen === 'supervisor') return wait(`callback of ${agent}, who did not take it; a supervisor gives it to somebody`);
  return pass(`callback of ${agent}, who did not take it: anybody's now`);
};

const skipHold: Check = ({ campaign: own, agents }, { contact }, nowMs) => {
  const holds = Object.entries(contact.skippedBy).filter(([, until]) => until > nowMs);
  if (own.mode !== 'PREVIEW' || holds.length === 0) return pass('nobody skipped it lately');
  const held = new Map(holds);
  if (agents === undefined || agents.size === 0 || ![...agents].every((agent) => held.has(agent)))
    return pass(
      `skipped by ${holds
        .map(([agent]) => agent)
        .join(', ')
        .slice(0, 200)}; others may have it`,
    );
  const until = Math.min(...holds.map(([, untilMs]) => untilMs));
  return wait(`everybody who is here skipped it; again ${when(until)}`, until);
};

export const checks: Readonly<Record<Gate, Check>> = {
  campaign,
  expired,
  attempts,
  dnc,
  consent,
  window,
  'retry-time': retryTime,
  caps,
  protect,
  'same-number': sameNumber,
  gateway,
  'callback-agent': callbackAgent,
  'skip-hold': skipHold,
};
