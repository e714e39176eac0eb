/** When a contact may be called: the window of its zones under a profile (dialer.md B4). */
import { instantOf, isZone, localTime, pad2 } from '../../time.js';
import type { Campaign } from '../campaign.js';
import type { ContactClock } from '../retry.js';
import { both, openTimes } from './open-times.js';
import type { HoursRule, Interval } from './open-times.js';
import type { Profile } from './profile.js';
import { hoursRuleOf } from './region-rules.js';
import type { Place } from './zones.js';

export interface CallWindow {
  readonly isOpen: boolean;
  /** `nowMs` when it is open; undefined: none in the weeks that are looked at (`lookAheadMs`) */
  readonly nextOpeningMs: number | undefined;
  /** end of the window that is open, or of the next; Infinity without hours */
  readonly closesAtMs: number | undefined;
}

const dayMs = 86_400_000;
const lookMs = 10 * dayMs;
/** A window that does not open within it never does. */
export const lookAheadMs = 60 * dayMs;
/** combinations of zones and rules whose open times are kept, per profile */
const keptMax = 5_000;

interface Kept {
  readonly fromMs: number;
  readonly toMs: number;
  readonly times: readonly Interval[];
}

const keptOf = new WeakMap<Profile, Map<string, Kept>>();

/** Throws for a zone that nobody knows: it cannot be said when it is open. */
function timesIn(zones: readonly string[], rule: HoursRule, fromMs: number, toMs: number): readonly Interval[] {
  let times: readonly Interval[] | undefined;
  for (const zone of zones) {
    const own = openTimes(zone, rule, fromMs, toMs);
    times = times === undefined ? own : both(times, own);
    if (times.length === 0) return times;
  }
  return times ?? [];
}

/** The open time that ends after `ms`, in all zones at once; undefined: none within `lookAheadMs`. */
function openTimeAfter(
  zones: readonly string[],
  profile: Profile,
  region: string | undefined,
  ms: number,
  ringMs = 0,
): Interval | undefined {
  if (profile.hours === undefined) return { fromMs: -Infinity, toMs: Infinity };
  if (zones.length === 0) return undefined;
  const { rule, key: ruleKey } = hoursRuleOf(profile, region);
  let all = keptOf.get(profile);
  if (!all) keptOf.set(profile, (all = new Map<string, Kept>()));
  const key = `${zones.join('&')}|${ruleKey}`;
  const found = (kept: Kept): Interval | undefined => kept.times.find((time) => time.toMs > ms && time.toMs - ringMs >= ms);
  let kept = all.get(key);
  // a day more than what is asked for, so that no open time is cut short by the end of what is looked at
  for (let ahead = lookMs; ; ahead = lookAheadMs) {
    if (!kept || ms < kept.fromMs || ms + ahead > kept.toMs + lookMs / 2) {
      const fromMs = Math.floor(ms / dayMs) * dayMs - dayMs;
      kept = { fromMs, toMs: ms + ahead + dayMs, times: timesIn(zones, rule, fromMs, ms + ahead + dayMs) };
      if (all.size >= keptMax) all.clear();
      all.set(key, kept);
    }
    const time = found(kept);
    if (time && (time.toMs < kept.toMs || ahead === lookAheadMs)) return time;
    if (ahead === lookAheadMs) return undefined;
  }
}

/** `open <= local minute < close` in every zone; `region` chooses stricter rules of the profile. */
export function windowOf(zones: readonly string[], profile: Profile, region: string | undefined, nowMs: number): CallWindow {
  const time = openTimeAfter(zones, profile, region, nowMs);
  if (!time) return { isOpen: false, nextOpeningMs: undefined, closesAtMs: undefined };
  return { isOpen: time.fromMs <= nowMs, nextOpeningMs: Math.max(time.fromMs, nowMs), closesAtMs: time.toMs };
}

/**
 * Earliest moment from `ms` on at which a call may be placed: the window stays open for the ring time. Undefined: the
 * window never opens, or nobody knows the zone.
 */
export function placeableAt(place: Place, profile: Profile, ringTimeoutMs: number, ms: number): number | undefined {
  const time = openTimeAfter(place.zones, profile, place.region, ms, ringTimeoutMs);
  if (!time) return undefined;
  // a window shorter than the ring time is passed over
  if (time.toMs - time.fromMs < ringTimeoutMs) return placeableAt(place, profile, ringTimeoutMs, time.toMs);
  return Math.max(ms, time.fromMs);
}

/** Wall clock of a contact for retries and callbacks. Parts of the day are those of its first zone, else of UTC. */
export function contactClock(place: Place, profile: Profile, campaign: Pick<Campaign, 'ringTimeoutMs' | 'dayParts'>): ContactClock {
  const zone = place.zones.find(isZone) ?? 'UTC';
  const begins = campaign.dayParts;
  return {
    opensAt: (ms) => placeableAt(place, profile, campaign.ringTimeoutMs, ms),
    partOf(ms) {
      const t = localTime(ms, zone);
      const minute = t.hour * 60 + t.minute;
      const part = begins.findIndex((from, i) => minute >= from && minute < (begins[i + 1] ?? from));
      return part === -1 ? undefined : part;
    },
    partBegins(part, ms) {
      const minute = begins[part];
      if (minute === undefined || part >= begins.length - 1) return undefined;
      for (let days = 0; days <= 2; days++) {
        const t = localTime(ms + days * dayMs, zone);
        const text = `${String(t.year).padStart(4, '0')}-${pad2(t.month)}-${pad2(t.day)} ${pad2(Math.floor(minute / 60))}:${pad2(minute % 60)}:00`;
        const at = instantOf(text, zone);
        if (at !== undefined && at > ms) return at;
      }
      return undefined;
    },
  };
}

/** The calling window of today for the pacer: from the first of these zones that opens to the last that closes; the next when all are closed. */
export function shiftOf(
  campaign: Pick<Campaign, 'timeZone'>,
  profile: Profile,
  zones: readonly string[],
  nowMs: number,
): { readonly startMs: number; readonly endMs: number } {
  const own = zones.length > 0 ? zones : [campaign.timeZone === '' ? 'UTC' : campaign.timeZone];
  const general = profile.country === '' ? undefined : `${profile.country}-`;
  const times = profile.hours === undefined ? [] : own.flatMap((zone) => openTimeAfter([zone], profile, general, nowMs) ?? []);
  const open = times.filter((time) => time.fromMs <= nowMs);
  const wanted = open.length > 0 ? open : times;
  if (wanted.length === 0) {
    const startMs = Math.floor(nowMs / dayMs) * dayMs;
    return { startMs, endMs: startMs + dayMs };
  }
  // windows of other zones that open within the day belong to the same shift
  const startMs = Math.min(...wanted.map((time) => time.fromMs));
  const same = times.filter((time) => time.fromMs < startMs + dayMs / 2);
  return { startMs, endMs: Math.max(...same.map((time) => time.toMs)) };
}
