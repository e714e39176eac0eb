/** Make texts and numbers such that the database takes them as they are, in every sql_mode (AGI-7, DB-3). Pure. */

/** What a text column can hold. */
export interface TextColumn {
  /** characters, not bytes */
  readonly charsMax: number;
  readonly charset: Charset;
}

/** `other`: a charset that we do not know by heart; the database converts (see `columns.ts`). */
export type Charset = 'utf8mb4' | 'utf8mb3' | 'latin1' | 'ascii' | 'other';

export interface Fitted<T> {
  readonly value: T;
  /** true when something was lost */
  readonly cut: boolean;
}

/** The characters of Windows-1252 above 0xFF; MySQL calls this charset latin1. */
const cp1252 = new Set('€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ');
const plainAscii = /^[\x01-\x7f]*$/; // eslint-disable-line no-control-regex -- NUL is what it looks for

/** A text without NUL and lone surrogates, with `?` for what the column's charset lacks, cut by characters. */
export function fitText(text: string, column: TextColumn): Fitted<string> {
  if (text.length <= column.charsMax && plainAscii.test(text)) return { value: text, cut: false };
  const cleaned = column.charset === 'utf8mb4' && isWellFormed(text) && !text.includes('\0') ? text : clean(text, column.charset);
  const value = firstCharacters(cleaned, column.charsMax);
  return { value, cut: value !== text };
}

function clean(text: string, charset: Charset): string {
  let out = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code === 0 || (code >= 0xd800 && code <= 0xdfff)) continue;
    out += holds(charset, character, code) ? character : '?';
  }
  return out;
}

function holds(charset: Charset, character: string, code: number): boolean {
  switch (charset) {
    case 'utf8mb3':
      return code <= 0xffff;
    case 'latin1':
      // MySQL keeps the five bytes that Windows-1252 leaves open as the control characters of the same number.
      return code < 0x80 || (code >= 0xa0 && code <= 0xff) || cp1252.has(character) || [0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(code);
    case 'ascii':
      return code < 0x80;
    default:
      return true;
  }
}

function firstCharacters(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  let units = 0;
  let characters = 0;
  for (const character of text) {
    if (characters === charsMax) break;
    characters++;
    units += character.length;
  }
  return text.slice(0, units);
}

const isWellFormed = (text: string): boolean => !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)$/;

/** A whole number from text; empty is `empty`, beyond the limits is the limit, no number is `empty` too, but reported. */
export function fitInteger(text: string, min: number, max: number, empty: number): Fitted<number> {
  const trimmed = text.trim();
  if (trimmed === '') return { value: empty, cut: false };
  if (!decimal.test(trimmed)) return { value: empty, cut: true };
  const value = Math.round(Number(trimmed));
  if (value < min) return { value: min, cut: true };
  if (value > max) return { value: max, cut: true };
  return { value: value + 0, cut: false };
}

/** A DECIMAL(4,2) as text with two decimals. */
export function fitHours(text: string): Fitted<string> {
  const trimmed = text.trim();
  if (trimmed === '') return { value: '0.00', cut: false };
  if (!decimal.test(trimmed)) return { value: '0.00', cut: true };
  const value = Number(trimmed);
  const limited = Math.min(99.99, Math.max(-99.99, value));
  return { value: twoDecimals(limited), cut: limited !== value };
}

/** `-4.00`; never `-0.00`. */
export function twoDecimals(value: number): string {
  const text = value.toFixed(2);
  return text === '-0.00' ? '0.00' : text;
}

const dateTime = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.\d{1,6})?)?$/;

/** `YYYY-MM-DD` or NULL. Empty and `0000-00-00` are NULL without loss; what is no date is NULL with loss. */
export function fitDate(text: string): Fitted<string | null> {
  const { value, cut } = fitDateTime(text);
  return { value: value === null ? null : value.slice(0, 10), cut: cut || (value !== null && !value.endsWith(' 00:00:00')) };
}

/** `YYYY-MM-DD HH:MM:SS` or NULL, as `fitDate`. */
export function fitDateTime(text: string): Fitted<string | null> {
  const trimmed = text.trim();
  if (trimmed === '' || /^0000-00-00( 00:00:00(\.0+)?)?$/.test(trimmed)) return { value: null, cut: false };
  const found = dateTime.exec(trimmed);
  if (!found) return { value: null, cut: true };
  const [year, month, day, hour, minute, second] = found.slice(1).map((part: string | undefined) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (!isDate(year, month, day) || hour > 23 || minute > 59 || second > 59) return { value: null, cut: true };
  return { value: `${trimmed.slice(0, 10)} ${trimmed.length > 10 ? trimmed.slice(11, 19) : '00:00:00'}`, cut: false };
}

function isDate(year: number, month: number, day: number): boolean {
  if (year < 1000 || month < 1 || month > 12 || day < 1) return false; // MySQL's DATE begins with the year 1000
  const days = [31, year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= (days[month - 1] ?? 0);
}
