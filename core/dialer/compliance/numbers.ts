/** Numbers in E.164: key for DNC, caps and the same-number rule; country and line. */

export interface NumberFacts {
  /** E.164 digits where that can be found out, else the digits as dialled */
  readonly key: string;
  /** it is a possible number of a known country */
  readonly isE164: boolean;
  /** ISO 3166-1 alpha-2 */
  readonly country: string | undefined;
  readonly line: 'mobile' | 'landline' | undefined;
}

export function numberFactsOf(_number: string, _country: string): NumberFacts {
  throw new Error('numberFactsOf is being built');
}

/** `country`: for numbers in national form, '' = they are international or as dialled. */
export function numberKeyOf(number: string, country: string): string {
  return numberFactsOf(number, country).key;
}
