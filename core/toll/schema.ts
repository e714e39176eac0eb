/** Caps of single gateways as they stand in a file (JSON or YAML, read already); what is not said is as in general. */
import { z } from 'zod';
import { TandemError } from '../errors.js';
import type { TollCaps, TollFigure, TollRules } from './caps.js';

export const tollFileLimits = { gatewaysMax: 1_000, prefixesMax: 1_000, countMax: 10_000_000 } as const;

export const isPrefix = (text: string): boolean => /^\+?[0-9*#]{1,15}$/.test(text) || text === '+';

const prefixes = z.array(z.string().refine(isPrefix, 'is no beginning of a number')).max(tollFileLimits.prefixesMax).optional();
const count = z.int().min(0).max(tollFileLimits.countMax).optional();
const word = z.string().regex(/^[^\s]{1,80}$/, 'must be 1 to 80 characters without blanks');

const gatewaySchema = z.strictObject({
  gateway: word,
  switch: word.optional(),
  calls_max: count,
  calls_per_second: count,
  calls_per_number_day: count,
  minutes_per_day: count,
  allowed_prefixes: prefixes,
  denied_prefixes: prefixes,
  short_digits: z.int().min(0).max(15).optional(),
});

const figures: readonly (readonly [keyof z.infer<typeof gatewaySchema>, TollFigure])[] = [
  ['calls_max', 'callsMax'],
  ['calls_per_second', 'callsPerSecond'],
  ['minutes_per_day', 'minutesPerDay'],
];

const fileSchema = z.strictObject({ gateways: z.array(gatewaySchema).max(tollFileLimits.gatewaysMax) });

/** Throws TDM_BAD_FILE naming every wrong field. */
export function tollRulesWith(general: TollCaps, file: string, value: unknown): TollRules {
  const read = fileSchema.safeParse(value);
  if (!read.success)
    throw new TandemError('TDM_BAD_FILE', [file, read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')]);
  const gateways = read.data.gateways.map((row): [string, TollCaps] => [
    row.switch === undefined ? row.gateway : `${row.switch} ${row.gateway}`,
    {
      callsMax: row.calls_max ?? general.callsMax,
      callsPerSecond: row.calls_per_second ?? general.callsPerSecond,
      callsPerNumberDay: row.calls_per_number_day ?? general.callsPerNumberDay,
      minutesPerDay: row.minutes_per_day ?? general.minutesPerDay,
      allowedPrefixes: row.allowed_prefixes ?? general.allowedPrefixes,
      deniedPrefixes: row.denied_prefixes ?? general.deniedPrefixes,
      shortDigits: row.short_digits ?? general.shortDigits,
      isSet: new Set([...general.isSet, ...figures.filter(([name]) => row[name] !== undefined).map(([, figure]) => figure)]),
    },
  ]);
  const known = new Set<string>();
  for (const [key] of gateways) {
    if (known.has(key)) throw new TandemError('TDM_BAD_FILE', [file, `gateways: "${key}" stands twice`]);
    known.add(key);
  }
  return { general, gateways: new Map(gateways) };
}
