/**
 * Numbers of a list: what people and spreadsheets write, as E.164 or a problem. A number that lost its plus or its
 * leading zero looks like another number, so it is refused and not guessed at.
 */
import { isWrong, withoutApostrophe, wrong, type Wrong } from './list-values.js';

export interface ListNumber {
  /** as it is dialled */
  readonly dialled: string;
  /** E.164 digits where they can be found out */
  readonly key: string;
}

export interface NumberRules {
  /** of the digits with plus, or national ones of `country` */
  facts(number: string, country: string): { readonly key: string; readonly isE164: boolean };
  /** of digits of which nobody knows what they are: international without a plus, an extension, a feature code with a number of `country` */
  key(number: string, country: string): string;
  /** the digit before national numbers of a country, `0`; '' = there is none, undefined = country unknown */
  trunkPrefix(country: string): string | undefined;
}

export const numberForms = ['auto', 'international'] as const;
/** `international`: digits without plus are E.164 all the same. */
export type NumberForm = (typeof numberForms)[number];

export const dialForms = ['e164', 'digits', 'given'] as const;
/** How a number is dialled: `+4930123456`, `4930123456`, or as it is given without blanks and marks. */
export type DialForm = (typeof dialForms)[number];

export interface NumberWish {
  readonly country: string;
  readonly form: NumberForm;
  readonly dial: DialForm;
}

// what people put between digits, with no-break and thin spaces; `(0)` behind a country code is not dialled
const marks = /[\s().\-/\u2010-\u2015\u2212\u00a0\u2009\u200b\u202f\u2060]+/g;
const plainNumber = /^\+?[0-9]{2,20}$/;
/** A2: feature codes may be dialled, not normalised. */
const dialable = /^\+?[0-9*#]{2,20}$/;

export function readNumber(text: string, wish: NumberWish, rules: NumberRules): ListNumber | Wrong {
  const stripped = plainNumber.test(text) ? text : strip(text);
  if (isWrong(stripped)) return stripped;
  if (!plainNumber.test(stripped)) return featureCode(stripped, wish.country, rules);
  const number = wish.form === 'international' && !stripped.startsWith('+') && !stripped.startsWith('00') ? `+${stripped}` : stripped;
  return normalised(number, stripped, wish, rules);
}

function strip(raw: string): string | Wrong {
  const text = withoutApostrophe(raw.replace(/^\s+/, ''));
  if (text === '') return wrong('missing');
  if (/^[+-]?\d+(?:[.,]\d+)?e\+?\d+$/i.test(text)) return wrong('scientific-notation');
  if (/^\d+[.,]0{1,2}$/.test(text)) return wrong('decimal');
  if (/[0-9]\s*(?:x|ext\.?|extension|durchwahl|app?\.?)\s*[0-9]+$/i.test(text)) return wrong('extension');
  return text.replace(/^(\+|00)([0-9]{1,3})\s*\(0\)/, '$1$2').replace(marks, '');
}

function featureCode(text: string, country: string, rules: NumberRules): ListNumber | Wrong {
  if (!/^\+?[0-9*#]*$/.test(text)) return wrong('characters');
  if (!dialable.test(text)) return wrong('not-a-number');
  return { dialled: text, key: rules.key(text, country) };
}

function normalised(number: string, given: string, { country, dial }: NumberWish, rules: NumberRules): ListNumber | Wrong {
  const trunk = country === '' ? '' : rules.trunkPrefix(country);
  // where long distance begins with 1 the way abroad is 011, and 00 is nothing
  const isInternational = number.startsWith('+') || (number.startsWith('00') && trunk !== '1');
  if (!isInternational && country === '') return { dialled: given, key: rules.key(number, '') };
  // a spreadsheet takes away zeros, so only where national numbers begin with one can one be missed
  if (!isInternational && trunk?.startsWith('0') === true && !number.startsWith(trunk)) return wrong('lost-prefix');
  const facts = rules.facts(number.startsWith('00') && isInternational ? `+${number.slice(2)}` : number, isInternational ? '' : country);
  if (!facts.isE164) return wrong('not-a-number');
  return { dialled: dial === 'given' ? given : dial === 'digits' ? facts.key : `+${facts.key}`, key: facts.key };
}
