/**
 * The one check for every number that reaches originate, transfer, a menu route or a dial string
 * (user-needs 4): digits with an optional plus, `*` and `#` where feature codes are wanted, a length,
 * and lists of prefixes. What does not pass is refused, never repaired.
 */
import { TandemError } from './errors.js';

export interface PhoneRules {
  readonly lengthMin: number;
  readonly lengthMax: number;
  /** `*` and `#` may occur: feature codes of the own switch */
  readonly featureCodes: boolean;
  /** a number must begin with one of these; empty = any. `+` is written as it is dialled. */
  readonly allowedPrefixes: readonly string[];
  /** a number may not begin with one of these, unless a longer allowed prefix fits it */
  readonly blockedPrefixes: readonly string[];
}

/** Form only: any prefix. Lengths are counted in digits, `*` and `#`; E.164 has at most 15, a trunk access code comes before it. */
export const defaultPhoneRules: PhoneRules = { lengthMin: 1, lengthMax: 24, featureCodes: true, allowedPrefixes: [], blockedPrefixes: [] };

export type PhoneProblem = 'empty' | 'characters' | 'too-short' | 'too-long' | 'prefix-not-allowed' | 'prefix-blocked';

export type PhoneResult = { readonly ok: true; readonly number: string } | { readonly ok: false; readonly problem: PhoneProblem };

const says: Readonly<Record<PhoneProblem, string>> = {
  empty: 'it is empty',
  characters: 'only digits and one leading plus (and * or # where feature codes are allowed)',
  'too-short': 'too short',
  'too-long': 'too long',
  'prefix-not-allowed': 'no allowed prefix fits',
  'prefix-blocked': 'its prefix is blocked',
};

/** Judge a number as it was given; no formatting characters are taken out. */
export function checkNumber(text: string, rules: PhoneRules = defaultPhoneRules): PhoneResult {
  if (text === '') return { ok: false, problem: 'empty' };
  if (!(rules.featureCodes ? /^\+?[0-9*#]+$/ : /^\+?[0-9]+$/).test(text)) return { ok: false, problem: 'characters' };
  const length = text.startsWith('+') ? text.length - 1 : text.length;
  if (length < rules.lengthMin) return { ok: false, problem: 'too-short' };
  if (length > rules.lengthMax) return { ok: false, problem: 'too-long' };
  const allowed = longestPrefix(text, rules.allowedPrefixes);
  if (rules.allowedPrefixes.length > 0 && allowed < 0) return { ok: false, problem: 'prefix-not-allowed' };
  // The longer prefix wins; a tie blocks.
  const blocked = longestPrefix(text, rules.blockedPrefixes);
  if (blocked >= 0 && blocked >= allowed) return { ok: false, problem: 'prefix-blocked' };
  return { ok: true, number: text };
}

function longestPrefix(text: string, prefixes: readonly string[]): number {
  return prefixes.reduce((longest, prefix) => (text.startsWith(prefix) ? Math.max(longest, prefix.length) : longest), -1);
}

/** The number, or TDM_BAD_NUMBER with the reason. The number is shown in the error without control characters, cut to 40. */
export function requireNumber(text: string, rules: PhoneRules = defaultPhoneRules): string {
  const result = checkNumber(text, rules);
  if (result.ok) return result.number;
  throw new TandemError('TDM_BAD_NUMBER', [text.replace(/\p{C}/gu, '?').slice(0, 40), says[result.problem]]);
}
