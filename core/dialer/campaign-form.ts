/** What may stand in a campaign as API and files write it: snake_case, seconds, an unknown key is an error. */
import { z } from 'zod';
import { oneOf, plainText, queueName, seconds } from '../acd/schema-parts.js';
import { named, textOrNumber } from '../menu/schema.js';
import { isZone } from '../time.js';
import { isCountry } from './compliance/numbers.js';
import { readTime } from './contact-time.js';
import { dayPartsMax } from './retry.js';
import { campaignModes, agentSources, results } from './words.js';

/** Limits of what a campaign may say. */
export const campaignLimits = {
  gatewaysMax: 50,
  callerIdsMax: 200,
  nameLengthMax: 150,
  clientLengthMax: 100,
  channelsMax: 100_000,
  weightMax: 1_000,
  linesMax: 100,
  agentsMax: 100_000,
  graceSMax: 60,
  ringSMax: 120,
  previewSMax: 3_600,
  amdSMax: 10,
  messageSMax: 120,
  delayDaysMax: 366,
  delaysMax: 20,
  attemptsMax: 1_000,
  dispositionsMax: 200,
  digitsMax: 12,
} as const;
const limits = campaignLimits;
const daySeconds = 86_400;
const delay = seconds(limits.delayDaysMax * daySeconds);

/** A time as Unix ms or ISO 8601; null = none. */
const time = z
  .union([z.number(), z.string()])
  .transform((value, ctx) => {
    const read = readTime(value);
    if (typeof read === 'number') return read;
    ctx.addIssue({ code: 'custom', message: read });
    return z.NEVER;
  })
  .nullable();

const emptyOr = (schema: z.ZodType<string, string | number>) => z.union([z.literal(''), schema]);

const gateway = z.preprocess(
  (value) => (typeof value === 'string' ? { gateway: value } : value),
  z.strictObject({
    gateway: named('endpoint'),
    /** '' = the dialer's default switch */
    switch: emptyOr(named('uuid')).default(''),
    channels_max: z.int().min(0).max(limits.channelsMax).default(0),
  }),
);

const retryRule = z.strictObject({
  retry: z.boolean().optional(),
  delays_s: z.array(delay).max(limits.delaysMax).optional(),
  attempts_max: z.int().min(1).max(limits.attemptsMax).optional(),
  other_part_of_day: z.boolean().optional(),
  guaranteed_only: z.boolean().optional(),
  then: z.enum(['final', 'next-number', 'number-bad', 'carrier-error']).optional(),
});

const disposition = z.strictObject({
  name: plainText(40).refine((name) => /^[\p{L}\p{N}_.-]+$/u.test(name), 'only letters, digits, _ . -'),
  text: plainText(limits.nameLengthMax).optional(),
  final: z.boolean().optional(),
  success: z.boolean().optional(),
  dnc: z.enum(['none', 'campaign', 'client', 'global']).optional(),
  callback: z.boolean().optional(),
  recycle_s: delay.nullable().optional(),
  machine: z.boolean().optional(),
});

const clock = z.string().transform((text, ctx) => {
  const m = /^(\d\d):(\d\d)$/.exec(text);
  const minute = Number(m?.[1]) * 60 + Number(m?.[2]);
  if (m && Number(m[2]) < 60 && minute <= 24 * 60) return minute;
  ctx.addIssue({ code: 'custom', message: 'must be a time of day such as 08:00' });
  return z.NEVER;
});

const dayParts = z
  .array(clock)
  .min(2)
  .max(dayPartsMax + 1)
  .refine((parts) => parts.every((from, i) => i === 0 || from > (parts[i - 1] ?? 0)), 'each part must begin after the one before it');

const safeHarbour = z.strictObject({
  audio: named('prompt'),
  opt_out_digits: textOrNumber.refine((keys) => /^[0-9*#]{0,12}$/.test(keys), 'must be keys 0-9, *, #').default('1'),
  opt_out_prompt: emptyOr(named('prompt')).default(''),
  max_s: seconds(limits.messageSMax, 1).default(15),
  opt_out_scope: z.enum(['campaign', 'client', 'global']).default('campaign'),
});

const share = z.number().min(0).max(1);
const count = (max: number, min = 0) => z.int().min(min).max(max);

export const campaignForm = z.strictObject({
  name: plainText(limits.nameLengthMax).optional(),
  mode: oneOf(campaignModes).optional(),
  profile: z.string().optional(),
  agent_source: oneOf(agentSources).optional(),
  queue: emptyOr(queueName).optional(),
  client: emptyOr(
    plainText(limits.clientLengthMax).refine((name) => /^[\w .@-]+$/u.test(name), 'only letters, digits, blanks and _ . @ -'),
  ).optional(),
  country: z
    .string()
    .refine((code) => code === '' || isCountry(code), 'must be a country such as DE')
    .optional(),
  time_zone: z
    .string()
    .refine((zone) => zone === '' || isZone(zone), 'is no time zone such as Europe/Berlin')
    .optional(),
  gateways: z.array(gateway).max(limits.gatewaysMax).optional(),
  caller_ids: z
    .array(textOrNumber.refine((number) => /^\+?[0-9]{2,20}$/.test(number), 'must be a number of 2 to 20 digits'))
    .max(limits.callerIdsMax)
    .optional(),
  ivr: emptyOr(named('extension').refine((ivr) => ivr.length <= 20, 'is longer than 20 characters')).optional(),
  weight: z.number().min(0).max(limits.weightMax).optional(),
  slots_max: count(limits.channelsMax).optional(),
  order_within: oneOf(['FIFO', 'LIFO', 'PRIORITY', 'SCORE']).optional(),
  abandon_cap: share.optional(),
  abandon_goal: share.min(0.1).optional(),
  grace_s: seconds(limits.graceSMax, 0.5).optional(),
  lines_per_agent_max: count(limits.linesMax, 1).optional(),
  min_predictive_agents: count(1_000).optional(),
  lines: z.number().min(1).max(limits.linesMax).optional(),
  ring_timeout_s: seconds(limits.ringSMax, 5).optional(),
  min_ring_s: seconds(limits.ringSMax).optional(),
  preview: z
    .strictObject({
      limit_s: seconds(limits.previewSMax).optional(),
      on_timeout: oneOf(['DIAL', 'SKIP', 'PAUSE_AGENT']).optional(),
      skip_hold_s: delay.optional(),
    })
    .optional(),
  amd: z
    .strictObject({
      mode: oneOf(['off', 'switch', 'external']).optional(),
      max_s: seconds(limits.amdSMax, 0.2).optional(),
      on_machine: oneOf(['HANGUP', 'MESSAGE', 'AGENT']).optional(),
      message: emptyOr(named('prompt')).optional(),
    })
    .optional(),
  safe_harbour: safeHarbour.nullable().optional(),
  /** null: the result is final */
  retry: z.partialRecord(z.enum(results), retryRule.nullable()).optional(),
  attempts_max: count(limits.attemptsMax).optional(),
  attempts_per_number_day: count(limits.attemptsMax).optional(),
  day_parts: dayParts.optional(),
  starts_at: time.optional(),
  ends_at: time.optional(),
  sticky_stop: z.boolean().optional(),
  callback_patience_s: delay.optional(),
  callback_then: z.enum(['queue', 'supervisor']).optional(),
  confirm_invalid: z.boolean().optional(),
  dispositions: z
    .array(disposition)
    .max(limits.dispositionsMax)
    .refine((list) => new Set(list.map(({ name }) => name.toLowerCase())).size === list.length, 'a name stands here twice')
    .optional(),
  cut_on_collapse: z.boolean().optional(),
  inbound_reserve: z.number().min(0).max(10).optional(),
  record: z.boolean().optional(),
});

export type CampaignForm = z.infer<typeof campaignForm>;
