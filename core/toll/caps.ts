/** Caps against toll fraud for each gateway (user-needs B4): what any one way out may carry, whoever orders the call. */

export interface TollCaps {
  /** calls at once; 0 = no cap, as in the next three */
  readonly callsMax: number;
  readonly callsPerSecond: number;
  /** to one number, over all gateways, in 24 hours from the first of them */
  readonly callsPerNumberDay: number;
  /** of talk, in 24 hours from the first call */
  readonly minutesPerDay: number;
  /** a number must begin with one of these; empty = any that is not denied. `+49` stands for `0049` and `01149` too */
  readonly allowedPrefixes: readonly string[];
  /** the longer prefix decides; a tie denies */
  readonly deniedPrefixes: readonly string[];
  /** numbers with so many digits or fewer are internal: no prefix and no daily count holds for them */
  readonly shortDigits: number;
  /** caps that an operator has set: they hold for agents' telephones too, a default only for customers' calls */
  readonly isSet: ReadonlySet<TollFigure>;
}

export type TollFigure = 'callsMax' | 'callsPerSecond' | 'minutesPerDay';

/** International premium rate (979), premium rate of North America (1900), satellites and networks without a country. */
export const riskyPrefixes: readonly string[] = ['+1900', '+870', '+878', '+881', '+882', '+883', '+888', '+979'];

export const tollDefaults: TollCaps = {
  callsMax: 100,
  callsPerSecond: 30,
  callsPerNumberDay: 100,
  minutesPerDay: 50_000,
  allowedPrefixes: [],
  deniedPrefixes: riskyPrefixes,
  shortDigits: 4,
  isSet: new Set(),
};

/** Reason codes: in audit rows, events, `call_result` of a contact, `X-Tandem-Error` of a click. */
export const tollReasons = [
  'toll-calls',
  'toll-calls-per-second',
  'toll-number-day',
  'toll-minutes-day',
  'toll-prefix-not-allowed',
  'toll-prefix-denied',
] as const;
export type TollReason = (typeof tollReasons)[number];

/** Caps in force: the general ones, and those of gateways that have their own. */
export interface TollRules {
  readonly general: TollCaps;
  /** by `<switch> <gateway>`, or by `<gateway>` for every switch */
  readonly gateways: ReadonlyMap<string, TollCaps>;
}

export const capsOf = ({ general, gateways }: TollRules, switchName: string, gateway: string): TollCaps =>
  gateways.get(`${switchName} ${gateway}`) ?? gateways.get(gateway) ?? general;

/** `+49`, `0049` and `01149` are the same number; one without a country code stays as it is dialled. */
export function numberKey(number: string): string {
  const international = /^(?:\+|00|011)(\d.*)$/.exec(number)?.[1];
  return international === undefined ? number : `+${international}`;
}

/** Length of the longest prefix that fits any of the forms, -1 = none. */
const longest = (forms: readonly string[], prefixes: readonly string[]): number =>
  prefixes.reduce((best, prefix) => (forms.some((form) => form.startsWith(prefix)) ? Math.max(best, prefix.length) : best), -1);

export const isShort = (number: string, { shortDigits }: TollCaps): boolean => number.replace(/^\+/, '').length <= shortDigits;

/**
 * Why the number may not be called over a gateway with these caps. `e164`: the same number with +, as it may be understood
 * where it is dialled without (`e164Forms`).
 */
export function prefixProblem(number: string, caps: TollCaps, e164: readonly string[] = []): TollReason | undefined {
  if (isShort(number, caps)) return undefined;
  const forms = [number, numberKey(number), ...e164];
  const allowed = longest(forms, caps.allowedPrefixes);
  if (caps.allowedPrefixes.length > 0 && allowed < 0) return 'toll-prefix-not-allowed';
  const denied = longest(forms, caps.deniedPrefixes);
  return denied >= 0 && denied >= allowed ? 'toll-prefix-denied' : undefined;
}
