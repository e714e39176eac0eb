/**
 * The number rules of a list's rows: the short way for what most lines are, the library for the rest. Taking a number apart by
 * libphonenumber costs 6 to 14 µs, the short way well under one; it only ever says yes where the library would, with the same digits.
 */
import { getCountries, Metadata, type CountryCode } from 'libphonenumber-js/max';
import { numberFactsOf, numberKeyOf } from './compliance/numbers.js';
import type { NumberRules } from './list-number.js';

interface Plan {
  readonly callingCode: string;
  /** `0`; '' = none */
  readonly trunk: string;
  /** digits behind the calling code */
  readonly lengths: ReadonlySet<number>;
  /** a national number is its trunk prefix and the rest, nothing else (not so in Argentina or Brazil) */
  readonly isPlain: boolean;
  /** how a call abroad begins there */
  readonly abroad: RegExp;
}

/** Shorter ones are codes of a switch, as in `numberFactsOf`. */
const digitsMin = 7;

/** What the library knows and its types leave out. */
interface WholePlan {
  callingCode(): string;
  nationalPrefix(): string | undefined;
  nationalPrefixForParsing(): string | undefined;
  nationalPrefixTransformRule(): string | undefined;
  possibleLengths(): readonly number[];
  IDDPrefix(): string | undefined;
}

const countries = new Set<string>(getCountries());
const plans = new Map<string, Plan>();
/** where several countries have one code, the lengths that all of them have */
const byCode = plansByCode();

function planOf(country: string): Plan | undefined {
  if (!countries.has(country)) return undefined;
  let plan = plans.get(country);
  if (!plan) plans.set(country, (plan = readPlan(country as CountryCode)));
  return plan;
}

function readPlan(country: CountryCode): Plan {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(country);
  const plan = metadata.numberingPlan as unknown as WholePlan;
  const trunk = plan.nationalPrefix() ?? '';
  const forParsing = plan.nationalPrefixForParsing() ?? '';
  return {
    callingCode: plan.callingCode(),
    trunk,
    lengths: new Set(plan.possibleLengths()),
    isPlain: !plan.nationalPrefixTransformRule() && (forParsing === '' || forParsing === trunk),
    abroad: new RegExp(`^(?:${plan.IDDPrefix() ?? '00'})`),
  };
}

function plansByCode(): ReadonlyMap<string, Plan> {
  const found = new Map<string, Plan>();
  for (const country of countries) {
    const plan = planOf(country);
    if (!plan) continue;
    const { callingCode } = plan;
    const known = found.get(callingCode);
    const lengths = known ? new Set([...known.lengths].filter((length) => plan.lengths.has(length))) : plan.lengths;
    found.set(callingCode, { ...plan, lengths, isPlain: plan.isPlain && (known?.isPlain ?? true) });
  }
  return found;
}

/** The digits behind a plus, when nothing about them needs the library. */
function shortInternational(digits: string): string | undefined {
  const plan = byCode.get(digits.slice(0, 1)) ?? byCode.get(digits.slice(0, 2)) ?? byCode.get(digits.slice(0, 3));
  return plan && isSubscriber(digits, plan.callingCode.length, plan) ? digits : undefined;
}

function shortNational(number: string, country: string): string | undefined {
  const plan = planOf(country);
  // a country that shares its code may have numbers that belong to a neighbour
  if (!plan?.isPlain || byCode.get(plan.callingCode)?.isPlain !== true) return undefined;
  if (plan.trunk === '' || !number.startsWith(plan.trunk) || plan.abroad.test(number)) return undefined;
  return isSubscriber(number, plan.trunk.length, plan) ? plan.callingCode + number.slice(plan.trunk.length) : undefined;
}

/** A further trunk prefix would be taken away by the library. */
const isSubscriber = (digits: string, from: number, plan: Plan): boolean =>
  plan.isPlain &&
  digits.length >= digitsMin &&
  plan.lengths.has(digits.length - from) &&
  !(plan.trunk !== '' && digits.startsWith(plan.trunk, from));

export const listNumberRules: NumberRules = {
  facts(number, country) {
    const key = number.startsWith('+') ? shortInternational(number.slice(1)) : shortNational(number, country);
    return key === undefined ? numberFactsOf(number, country) : { key, isE164: true };
  },
  key: (number, country) => (/^[0-9]+$/.test(number) ? shortInternational(number) : undefined) ?? numberKeyOf(number, country),
  trunkPrefix: (country) => planOf(country)?.trunk,
};
