/**
 * A profile as it stands in a file: JSON-shaped, snake_case, hours of the day as text, an unknown key is an error.
 * `based_on` takes what is not said from another profile.
 */
import { z } from 'zod';
import { isDate, parseSpans, weekdayNames } from '../../menu/hours.js';
import { campaignModes } from '../words.js';
import type { AbandonWindow, DaySpan, FrequencyCaps, Profile, RegionRules, WeekHours } from './profile.js';

export const profileLimits = {
  profilesMax: 200,
  regionsMax: 500,
  holidaysMax: 2_000,
  listsMax: 20,
  textMax: 500,
  sourcesMax: 50,
  callsMax: 10_000,
  hoursMax: 8_784,
  daysMax: 36_600,
} as const;

const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
const minuteMs = 60_000;

/** `sun`, `mon-fri`, `daily`: the weekdays (0 = Sunday); undefined when it is none. */
function daysOf(key: string): readonly number[] | undefined {
  const numberOf = (name: string): number => (weekdayNames as readonly string[]).indexOf(name);
  if (key === 'daily') return [0, 1, 2, 3, 4, 5, 6];
  const [from = -1, to = from] = key.split('-').map(numberOf);
  if (from < 0 || to < 0 || key.split('-').length > 2) return undefined;
  const count = ((to - from + 7) % 7) + 1;
  return Array.from({ length: count }, (_, i) => (from + i) % 7);
}

/** `{ daily: '08:00-21:00', sun: 'closed' }`: the later key wins; a day that is not named is closed. */
const weekSchema = z.record(z.string().max(20), z.string().max(200)).transform((week, ctx): WeekHours => {
  const days: (readonly DaySpan[])[] = Array.from({ length: 7 }, () => []);
  for (const [key, text] of Object.entries(week)) {
    const numbers = daysOf(key);
    const spans = parseSpans(text);
    if (numbers === undefined)
      ctx.addIssue({ code: 'custom', message: 'a day is daily, sun ... sat or a range such as mon-fri', path: [key] });
    else if (typeof spans === 'string') ctx.addIssue({ code: 'custom', message: spans, path: [key] });
    else for (const day of numbers) days[day] = spans;
  }
  return days;
});

const isYearlyDate = (text: string): boolean => /^\d\d-\d\d$/.test(text) && isDate(`2024-${text}`);
const holidaysSchema = z
  .array(z.string().refine((text) => isDate(text) || isYearlyDate(text), 'no date such as 2026-12-25, or 12-25 for every year'))
  .max(profileLimits.holidaysMax);

const count = z.int().min(0).max(profileLimits.callsMax);
const capsSchema = z
  .strictObject({ per_24h: count.optional(), per_7d: count.optional(), per_30d: count.optional() })
  .transform((c): FrequencyCaps => ({ per24h: c.per_24h ?? 0, per7d: c.per_7d ?? 0, per30d: c.per_30d ?? 0 }));

const regionSchema = z
  .strictObject({ hours: weekSchema.optional(), caps: capsSchema.optional(), holidays: holidaysSchema.optional() })
  .transform((r): RegionRules => ({ hours: r.hours, caps: r.caps, holidays: r.holidays ?? [] }));

const hours = (max: number = profileLimits.hoursMax) => z.number().min(0).max(max);

const windowSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('rolling'),
      hours: hours().min(1),
      bucket_minutes: z.union([z.literal(5), z.literal(60)]),
      or_campaign: z.boolean().default(false),
    }),
    z.strictObject({ kind: z.literal('month'), bucket_minutes: z.literal(60).default(60) }),
  ])
  .transform((w): AbandonWindow =>
    w.kind === 'month'
      ? { kind: 'month', bucketMs: w.bucket_minutes * minuteMs }
      : { kind: 'rolling', ms: w.hours * hourMs, bucketMs: w.bucket_minutes * minuteMs, orCampaign: w.or_campaign },
  );

const suppressionSchema = z
  .strictObject({
    list: z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,39}$/, 'a list is named by small letters, digits, _ . -'),
    text: z.string().max(profileLimits.textMax),
    max_age_days: z.int().min(1).max(profileLimits.daysMax),
    consent_lifts: z.boolean().default(false),
  })
  .transform((s) => ({ list: s.list, text: s.text, maxAgeMs: s.max_age_days * dayMs, consentLifts: s.consent_lifts }));

const share = z.number().min(0).max(1);
const text = z.string().max(profileLimits.textMax);

/** `hours: null`: the profile knows no calling hours. */
export const profileSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'a profile is named by small letters, digits and -'),
    text,
    sources: z.array(text).max(profileLimits.sourcesMax).default([]),
    country: z
      .string()
      .regex(/^([A-Z]{2})?$/, 'a country is named by two letters, such as DE, or empty')
      .default(''),
    hours: weekSchema.nullable(),
    holidays: holidaysSchema.default([]),
    regions: z
      .record(z.string().regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/, 'a region is named like US-FL'), regionSchema)
      .refine((regions) => Object.keys(regions).length <= profileLimits.regionsMax, `more than ${String(profileLimits.regionsMax)} regions`)
      .default({}),
    region_unknown: z.enum(['strictest', 'general']).default('strictest'),
    modes: z.array(z.enum(campaignModes)).min(1),
    abandon_cap: share,
    abandon_goal_max: share.default(1),
    abandon_window: windowSchema,
    grace_s: z.number().min(0).max(60),
    min_ring_s: z.number().min(0).max(120),
    caps: capsSchema.default({ per24h: 0, per7d: 0, per30d: 0 }),
    protect_abandoned_h: hours().default(0),
    protect_machine_h: hours().default(0),
    suppression: z.array(suppressionSchema).max(profileLimits.listsMax).default([]),
    consent_required: z.boolean(),
    message_required: z.boolean(),
    opt_out_required: z.boolean(),
    caller_id_required: z.boolean(),
    caller_id_text: text.default(''),
    amd_false_positive_share: share.default(0.05),
    records_kept_days: z.int().min(1).max(profileLimits.daysMax),
  })
  .transform((p): Profile => ({
    name: p.name,
    text: p.text,
    sources: p.sources,
    country: p.country,
    hours: p.hours ?? undefined,
    holidays: p.holidays,
    regions: p.regions,
    regionUnknown: p.region_unknown,
    modes: p.modes,
    abandonCap: p.abandon_cap,
    abandonGoalMax: p.abandon_goal_max,
    abandonWindow: p.abandon_window,
    graceMsMax: p.grace_s * 1_000,
    minRingMs: p.min_ring_s * 1_000,
    caps: p.caps,
    protectAbandonedMs: p.protect_abandoned_h * hourMs,
    protectMachineMs: p.protect_machine_h * hourMs,
    suppression: p.suppression,
    consentRequired: p.consent_required,
    messageRequired: p.message_required,
    optOutRequired: p.opt_out_required,
    callerIdRequired: p.caller_id_required,
    callerIdText: p.caller_id_text,
    amdFalsePositiveShare: p.amd_false_positive_share,
    recordsKeptDays: p.records_kept_days,
  }));

export type ProfileFile = z.input<typeof profileSchema>;
