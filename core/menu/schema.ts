/**
 * One menu as an operator writes it in YAML, read into a MenuDefinition. `menuSchema.safeParse(value)`
 * gives the definition or every problem at once, each with its path. `docs/menus.md` shows the form.
 */
import { z } from 'zod';
import { nameProblem, prefixProblem, textProblem } from '../dial-string.js';
import type { NameKind } from '../dial-string.js';
import { checkNumber } from '../phone.js';
import { isZone } from '../time.js';
import type { MenuDefinition, MenuRoute, OpeningHours } from './definition.js';
import { isDate, parseSpans, weekdayNames } from './hours.js';
import type { Span } from './hours.js';
import { parsePrompt } from './prompt.js';

/** Limits and defaults of a menu; the defaults are VICIdial's where it has one. */
export const menuLimits = {
  timeoutS: { fallback: 10, max: 120 },
  repeats: { fallback: 1, max: 20 },
  optionsMax: 60,
  holidaysMax: 1_000,
  nameLengthMax: 100,
  promptLengthMax: 2_000,
  maxWaitSMax: 86_400,
  priorityMax: 1_000_000,
  defaultContext: 'default',
} as const;

/** YAML gives an unquoted 9001 as a number; it is meant as text. */
export const textOrNumber = z.union([z.string(), z.number().transform(String)], { error: 'a text is expected' });

/** A name that a switch will read. */
export const named = (kind: NameKind) =>
  textOrNumber.superRefine((value, ctx) => {
    const problem = nameProblem(kind, value);
    if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem });
  });

const number = textOrNumber.superRefine((value, ctx) => {
  const result = checkNumber(value);
  if (!result.ok) ctx.addIssue({ code: 'custom', message: `no number to dial (${result.problem})` });
});

const promptText = z
  .string()
  .max(menuLimits.promptLengthMax)
  .superRefine((value, ctx) => {
    for (const message of parsePrompt(value).problems) ctx.addIssue({ code: 'custom', message });
  });

/** Sounds only: a script has no place after the decision. */
const soundsText = promptText.superRefine((value, ctx) => {
  if (parsePrompt(value).parts.some((part) => part.kind !== 'play'))
    ctx.addIssue({ code: 'custom', message: 'only sounds are allowed here, no scripts' });
});

/** What may stand before a caller's name. */
export const prefix = z.string().superRefine((value, ctx) => {
  const problem = prefixProblem(value);
  if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem });
});

const argument = textOrNumber.superRefine((value, ctx) => {
  const problem = textProblem(value, menuLimits.promptLengthMax);
  if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem });
});

/** `hangup:` alone, with one sound, or with a list. */
const oneOrMany = (value: unknown): unknown => (value === null ? [] : Array.isArray(value) ? value : [value]);

const described = { description: z.string().max(menuLimits.nameLengthMax).optional() };

/** One schema per route word; the word is the key that must be there. */
const routeSchemas = {
  menu: z.strictObject({ ...described, menu: named('menu') }).transform((r): MenuRoute => ({ kind: 'menu', menuId: r.menu })),
  queue: z
    .strictObject({
      ...described,
      queue: named('queue'),
      prefix: prefix.optional(),
      priority: z.int().min(0).max(menuLimits.priorityMax).optional(),
      max_wait_s: z.int().min(1).max(menuLimits.maxWaitSMax).optional(),
    })
    .transform((r): MenuRoute => ({
      kind: 'queue',
      queue: r.queue,
      ...(r.prefix !== undefined && { callerIdPrefix: r.prefix }),
      ...(r.priority !== undefined && { priority: r.priority }),
      ...(r.max_wait_s !== undefined && { maxWaitS: r.max_wait_s }),
    })),
  extension: z
    .strictObject({
      ...described,
      extension: named('extension'),
      context: named('context').default(menuLimits.defaultContext),
      priority: z.int().min(1).max(10_000).optional(),
    })
    .transform((r): MenuRoute => ({
      kind: 'extension',
      context: r.context,
      extension: r.extension,
      ...(r.priority !== undefined && { priority: r.priority }),
    })),
  did: z.strictObject({ ...described, did: number }).transform((r): MenuRoute => ({ kind: 'did', number: r.did })),
  phone: z.strictObject({ ...described, phone: number }).transform((r): MenuRoute => ({ kind: 'phone', extension: r.phone })),
  voicemail: z
    .strictObject({ ...described, voicemail: named('mailbox'), instructions: z.boolean().default(true) })
    .transform((r): MenuRoute => ({ kind: 'voicemail', mailbox: r.voicemail, instructions: r.instructions })),
  application: z
    .strictObject({ ...described, application: named('script'), argument: argument.default('') })
    .transform((r): MenuRoute => ({ kind: 'application', application: r.application, argument: r.argument })),
  hangup: z
    .strictObject({
      ...described,
      hangup: z.preprocess(oneOrMany, z.array(named('prompt')).max(20)),
    })
    .transform((r): MenuRoute => ({ kind: 'hangup', prompts: r.hangup })),
} as const;
const routeWords = Object.keys(routeSchemas) as (keyof typeof routeSchemas)[];

/** An option of a menu: exactly one route word, checked by that word's schema, so that a problem names the right field. */
const option = z.unknown().transform((value, ctx): { description: string; route: MenuRoute } => {
  const words = typeof value === 'object' && value !== null ? routeWords.filter((word) => Object.hasOwn(value, word)) : [];
  const [only] = words;
  if (only === undefined || words.length !== 1) {
    ctx.addIssue({ code: 'custom', message: `an option has exactly one of: ${routeWords.join(', ')}` });
    return z.NEVER;
  }
  const result = routeSchemas[only].safeParse(value);
  if (!result.success) {
    for (const issue of result.error.issues) ctx.addIssue({ code: 'custom', message: issue.message, path: [...issue.path] });
    return z.NEVER;
  }
  return { description: (value as { description?: string }).description ?? '', route: result.data };
});

/**
 * A map whose keys are checked as well. zod's own record stops at the first bad key and does not say
 * why; here each bad key and each bad value is one problem.
 */
function mapOf<T>(schema: z.ZodType<T>, sizeMax: number, keyProblem: (key: string) => string | undefined) {
  return z.record(z.string(), z.unknown()).transform((record, ctx): Record<string, T> => {
    const entries = Object.entries(record);
    if (entries.length > sizeMax) ctx.addIssue({ code: 'custom', message: `more than ${sizeMax} entries` });
    const out: Record<string, T> = {};
    for (const [key, value] of entries) {
      const problem = keyProblem(key);
      if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem, path: [key] });
      const result = schema.safeParse(value);
      if (result.success) out[key] = result.data;
      else for (const issue of result.error.issues) ctx.addIssue({ code: 'custom', message: issue.message, path: [key, ...issue.path] });
    }
    return out;
  });
}

const optionKey = /^(?:[0-9*#A-Z]|TIMEOUT|INVALID|CLOSED)$/;
const options = mapOf(option, menuLimits.optionsMax, (key) =>
  optionKey.test(key) ? undefined : 'an option is a key 0-9, *, #, a letter A-Z, TIMEOUT, INVALID or CLOSED',
);

const spans = z.string({ error: 'opening times such as 09:00-17:00 are expected' }).transform((text, ctx): readonly Span[] => {
  const result = parseSpans(text);
  if (typeof result !== 'string') return result;
  ctx.addIssue({ code: 'custom', message: result });
  return z.NEVER;
});

/** Opening hours as written; also of queues. */
export const hoursSchema = z
  .strictObject({
    zone: z.string().refine(isZone, { message: 'no time zone such as Europe/Berlin' }),
    week: mapOf(spans, weekdayNames.length, (key) =>
      weekdayNumber(key) < 0 ? `a day is one of ${weekdayNames.join(', ')}` : undefined,
    ).default({}),
    holidays: mapOf(spans, menuLimits.holidaysMax, (key) => (isDate(key) ? undefined : 'no date such as 2026-12-25')).default({}),
  })
  .transform(({ zone, week, holidays }): OpeningHours => ({ zone, week: weekdayNames.map((day) => week[day] ?? []), holidays }));

const weekdayNumber = (key: string): number => (weekdayNames as readonly string[]).indexOf(key);

export const menuSchema = z
  .strictObject({
    id: named('menu'),
    name: z.string().max(menuLimits.nameLengthMax).optional(),
    prompt: promptText,
    timeout_s: z.int().min(0).max(menuLimits.timeoutS.max).default(menuLimits.timeoutS.fallback),
    repeats: z.int().min(0).max(menuLimits.repeats.max).default(menuLimits.repeats.fallback),
    timeout_prompt: soundsText.default(''),
    invalid_prompt: soundsText.default(''),
    log_keys: z.boolean().default(false),
    hours: hoursSchema.optional(),
    options,
  })
  .transform((m): MenuDefinition => ({
    id: m.id,
    name: m.name ?? m.id,
    prompt: m.prompt,
    timeoutS: m.timeout_s,
    repeats: m.repeats,
    timeoutPrompt: m.timeout_prompt,
    invalidPrompt: m.invalid_prompt,
    options: m.options,
    hours: m.hours,
    logKeys: m.log_keys,
  }));
