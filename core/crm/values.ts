/** Values that may leave for a CRM (crm-vtiger 4.2, 4.5, 11): what could inject there is taken out here, and only here. */
import { sqlDateTime } from '../time.js';

/** Longest number; the CRM's column is wider, its index is not. */
const numberMax = 40;
/** An external number with fewer digits matches customers at random. */
const digitsMin = 5;
const nameMax = 100;

/** First rule that fits wins; `replace` as in String.replace. */
export interface NumberRule {
  readonly match: RegExp;
  readonly replace: string;
}

export const anonymous = 'anonymous';

/** Number of a customer for the CRM: its alphabet only, rewritten by the binding's rules. `anonymous` when nothing is left, or too little to be anybody's. */
export function customerNumber(text: string, rules: readonly NumberRule[], shortNumbers: ReadonlySet<string>): string {
  const clean = cleanNumber(rewritten(cleanNumber(text), rules));
  const digits = clean.replace(/[^0-9]/g, '').length;
  return digits < digitsMin && !shortNumbers.has(clean) ? anonymous : clean;
}

export const cleanNumber = (text: string): string => text.replace(/[^0-9+*#A-Za-z._-]/g, '').slice(0, numberMax);

export function rewritten(number: string, rules: readonly NumberRule[]): string {
  const rule = rules.find(({ match }) => match.test(number));
  return rule ? number.replace(rule.match, rule.replace) : number;
}

/** Names and labels: no control characters, no tags, bounded; the cut leaves no half of a character, which no form could carry. */
export const label = (text: string): string =>
  text
    .replace(/[\p{C}<>]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, nameMax)
    .replace(/[\uD800-\uDBFF]$/, '');

/** In the CRM's own zone: a time in UTC makes a new call look hours old (4.5). */
export const crmTime = (atMs: number, zone: string): string => sqlDateTime(atMs, zone);

/** Whole seconds; never negative. */
export const wholeSeconds = (ms: number): string => String(Math.max(0, Math.floor(ms / 1000)));

/** Between two moments as the CRM shows them, so that times and duration agree. */
export const secondsBetween = (startMs: number, endMs: number): string =>
  String(Math.max(0, Math.floor(endMs / 1000) - Math.floor(startMs / 1000)));
