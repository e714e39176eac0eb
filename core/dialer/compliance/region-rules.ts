/** Which hours and caps of a profile hold for a region; of an unknown one the strictest, when the profile says so. */
import type { HoursRule } from './open-times.js';
import type { DaySpan, FrequencyCaps, Profile, WeekHours } from './profile.js';

interface Kept {
  readonly rules: Map<string, { readonly rule: HoursRule; readonly key: string }>;
  readonly caps: Map<string, FrequencyCaps>;
}

const keptOf = new WeakMap<Profile, Kept>();
function kept(profile: Profile): Kept {
  let own = keptOf.get(profile);
  if (!own) keptOf.set(profile, (own = { rules: new Map(), caps: new Map() }));
  return own;
}

/**
 * `*` for an unknown region under a profile that is strict there, '' for the general rules, else the region's name.
 * A country alone (`US`) tells no region; a number of another country has the general rules.
 */
export function ruleNameOf(profile: Profile, region: string | undefined): string {
  if (region !== undefined && Object.hasOwn(profile.regions, region)) return region;
  const isUnknown = region === undefined || region === profile.country;
  return isUnknown && profile.regionUnknown === 'strictest' && Object.keys(profile.regions).length > 0 ? '*' : '';
}

const bothSpans = (a: readonly DaySpan[], b: readonly DaySpan[]): readonly DaySpan[] =>
  a.flatMap((x) =>
    b.flatMap((y) => {
      const [from, to] = [Math.max(x.from, y.from), Math.min(x.to, y.to)];
      return from < to ? [{ from, to }] : [];
    }),
  );
const bothWeeks = (a: WeekHours, b: WeekHours): WeekHours => a.map((day, i) => bothSpans(day, b[i] ?? []));

/** Only for profiles with hours. `key` tells rules of one profile apart. */
export function hoursRuleOf(profile: Profile, region: string | undefined): { readonly rule: HoursRule; readonly key: string } {
  const key = ruleNameOf(profile, region);
  const { rules } = kept(profile);
  let found = rules.get(key);
  if (!found) {
    const general = profile.hours ?? [];
    const of = key === '*' ? Object.values(profile.regions) : key === '' ? [] : [profile.regions[key]];
    const week = key === '*' ? of.reduce((hours, rules) => bothWeeks(hours, rules?.hours ?? hours), general) : (of[0]?.hours ?? general);
    found = { rule: { week, holidays: new Set([...profile.holidays, ...of.flatMap((rules) => rules?.holidays ?? [])]) }, key };
    rules.set(key, found);
  }
  return found;
}

const fewer = (a: number, b: number): number => (a === 0 ? b : b === 0 ? a : Math.min(a, b));

/** 0 = no limit, each. */
export function capsOf(profile: Profile, region: string | undefined): FrequencyCaps {
  const key = ruleNameOf(profile, region);
  const { caps } = kept(profile);
  let found = caps.get(key);
  if (!found) {
    const of = key === '*' ? Object.values(profile.regions) : key === '' ? [] : [profile.regions[key]];
    found = of.reduce<FrequencyCaps>(
      (all, rules) => ({
        per24h: fewer(all.per24h, rules?.caps?.per24h ?? 0),
        per7d: fewer(all.per7d, rules?.caps?.per7d ?? 0),
        per30d: fewer(all.per30d, rules?.caps?.per30d ?? 0),
      }),
      profile.caps,
    );
    caps.set(key, found);
  }
  return found;
}
