/** Numbers in E.164: key for DNC, caps and the same-number rule; country and line. */
import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { CountryCode, PhoneNumber, PhoneNumberType } from 'libphonenumber-js/max';
import type { NewContact } from '../contact.js';

export interface NumberFacts {
  /** E.164 digits where that can be found out, else the digits as dialled */
  readonly key: string;
  /** a possible number of a country's plan, not an extension or a code */
  readonly isE164: boolean;
  /** ISO 3166-1 alpha-2 */
  readonly country: string | undefined;
  /** `49`; undefined with `isE164` false */
  readonly callingCode: string | undefined;
  readonly line: 'mobile' | 'landline' | undefined;
}

/** True for a country whose numbering plan is known. */
export const isCountry = (country: string): boolean => isSupportedCountry(country);

/** Shorter ones are extensions and codes of a switch: no national number has fewer digits with its country code. */
const e164LengthMin = 7;

const lines: Readonly<Partial<Record<PhoneNumberType, 'mobile' | 'landline'>>> = {
  MOBILE: 'mobile',
  FIXED_LINE: 'landline',
  // FIXED_LINE_OR_MOBILE: nobody knows (North America)
};

/**
 * The number among the signs of a feature code, its longest digits: `*31#0301234567` and `0301234567#` reach the person who has
 * 0301234567, so that lists of numbers not to be called, caps and hours are his.
 */
const withoutCode = (number: string): string =>
  /[*#]/.test(number)
    ? (number.match(/\+?[0-9]+/g) ?? []).reduce((longest, run) => (run.length > longest.length ? run : longest), '')
    : number;

function parsed(given: string, country: string): PhoneNumber | undefined {
  const number = withoutCode(given);
  const digits = number.replace(/^\+/, '');
  if (!/^[0-9]+$/.test(digits)) return undefined;
  const found = isSupportedCountry(country)
    ? parsePhoneNumberFromString(number, country)
    : // without a country: international, with + or 00 or bare
      (number.startsWith('+') ? [digits] : digits.startsWith('00') ? [digits.slice(2)] : [digits])
        .map((text) => parsePhoneNumberFromString(`+${text}`))
        .find((each) => each?.isValid() === true || (number.startsWith('+') && each?.isPossible() === true));
  if (!found || found.number.length - 1 < e164LengthMin) return undefined;
  return found.isPossible() ? found : undefined;
}

/** `country`: for numbers in national form, ISO 3166-1 alpha-2; '' = numbers are international or as dialled. */
export function numberFactsOf(number: string, country: string): NumberFacts {
  const found = parsed(number, country);
  if (!found) return { key: number.replace(/[^0-9]/g, ''), isE164: false, country: undefined, callingCode: undefined, line: undefined };
  const type = found.getType();
  return {
    key: found.number.slice(1),
    isE164: true,
    country: found.country ?? countryOf(found),
    callingCode: found.countryCallingCode,
    line: type === undefined ? undefined : lines[type],
  };
}

/** Of a number that is possible but of no range in use: the main country of its code has it, where there is only one. */
const countryOf = (number: PhoneNumber): CountryCode | undefined => {
  const countries = number.getPossibleCountries();
  return countries.length === 1 ? countries[0] : undefined;
};

/** The key alone. It is never empty for a number that A2 lets through, except for `*` and `#` alone: then the number itself. */
export function numberKeyOf(number: string, country: string): string {
  return numberFactsOf(number, country).key || number;
}

/**
 * The number in E.164 with +, as whoever carries it may understand it: what its key says, and where it is dialled without +
 * or 00 the international number that its digits are. `key`: of this number; without one its digits alone are read.
 */
export function e164Forms(number: string, key?: string): readonly string[] {
  const digits = number.replace(/[^0-9]/g, '');
  const international = numberFactsOf(number, '');
  const isDerived = key !== undefined && key !== digits; // somebody has understood it
  const forms = [...(isDerived ? [key] : []), ...(international.isE164 ? [international.key] : [])];
  return [...new Set(forms)].filter((form) => /^[0-9]+$/.test(form)).map((form) => `+${form}`);
}

/**
 * Of a contact's first number now. One in national form that came in before its campaign had a country has its digits as key,
 * under which no do-not-call list knows it; what was understood when it came stays.
 */
export function keyOfContact(contact: Pick<NewContact, 'customerNumber' | 'numberKey'>, country: string): string {
  const { customerNumber, numberKey } = contact;
  if (country === '' || numberKey !== customerNumber || numberFactsOf(customerNumber, '').isE164) return numberKey;
  return numberKeyOf(customerNumber, country);
}
