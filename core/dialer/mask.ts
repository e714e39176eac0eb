/** Customers' numbers as those see them who may not see them whole (dialer.md B10): `+49151*****12`. */

const begin = 6;
const end = 2;
/** So many characters at least are hidden; short numbers show less of their begin. */
const hiddenMin = 3;

export function maskNumber(number: string): string {
  const left = Math.max(0, number.length - end - hiddenMin);
  const shownFirst = Math.min(begin, left);
  const shownLast = left === 0 ? 0 : end;
  return number.slice(0, shownFirst) + '*'.repeat(number.length - shownFirst - shownLast) + number.slice(number.length - shownLast);
}

const ofNumbers = /phone|number|tel|mobile|msisdn|caller/i;
const likeNumber = /^\+[\d ()./-]{6,}$/;

/** Fields that a customer's record brought along: what is named or written as a telephone number is masked. */
export const maskData = (data: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, ofNumbers.test(name) || likeNumber.test(value) ? maskNumber(value) : value]),
  );

/** Words that may name numbers: of the audit, of a gate. Ids with letters or dashes around their digits stay. */
export const maskText = (text: string): string =>
  text.replace(/(?<![\w:.-])(\+\d{6,15}|\d{9,15})(?![\w-])/g, (number) => maskNumber(number));
