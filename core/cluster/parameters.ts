/**
 * Request parameters the way VICIdial's pages see them (vicidial-ccc 3.1, API-4, API-7): percent
 * decoding that never fails, the last of repeated names wins, the query string goes before the form,
 * and each parameter has its own set of characters that stay.
 */

/** Decoded parameters of one source; `null` stands for an array or object (`call_id[]=x`). */
export type Fields = ReadonlyMap<string, string | null>;

/** What a request carried: its query string and, on POST, its form. */
export interface RequestFields {
  readonly query: Fields;
  readonly form: Fields;
}

export const noFields: Fields = new Map();
/** Longer values count as invalid (API-4), in UTF-16 units after decoding. */
export const valueLengthMax = 200;
/** Parameters beyond this many are ignored, per source. */
export const parametersMax = 1_000;

const utf8 = new TextDecoder('utf-8');
// eslint-disable-next-line no-control-regex -- plain ASCII is the range meant
const plain = /^[\x01-\x7f]*$/;

/** The byte of `%XX` at `at`, or -1 when it is no escape. */
function escapedByte(text: string, at: number): number {
  const hex = text.slice(at + 1, at + 3);
  return /^[0-9a-fA-F]{2}$/.test(hex) ? Number.parseInt(hex, 16) : -1;
}

/**
 * Undo form encoding. `text` holds one byte per character (as `latin1`); bytes are read as UTF-8,
 * what is not valid UTF-8 becomes U+FFFD, and a `%` that starts no escape stays as it is.
 */
export function decodeFormText(text: string): string {
  if (!text.includes('%') && !text.includes('+') && plain.test(text)) return text;
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    const escaped = char === 0x25 ? escapedByte(text, i) : -1;
    if (escaped >= 0) i += 2;
    bytes[length] = escaped >= 0 ? escaped : char === 0x2b ? 0x20 : char;
    length += 1;
  }
  return utf8.decode(bytes.subarray(0, length));
}

/** Put one decoded field where it belongs; a later one of the same name takes the place. */
export function setField(fields: Map<string, string | null>, name: string, value: string): void {
  const bracket = name.indexOf('[');
  if (bracket > 0) fields.set(name.slice(0, bracket), null);
  else if (name !== '') fields.set(name, value);
}

/** Parse `a=1&b=2` (query string or urlencoded body, one byte per character). */
export function parseForm(text: string): Fields {
  if (text === '') return noFields;
  const fields = new Map<string, string | null>();
  let start = 0;
  for (let count = 0; count < parametersMax && start <= text.length; count += 1) {
    const next = text.indexOf('&', start);
    const end = next < 0 ? text.length : next;
    const pair = text.slice(start, end);
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    if (pair !== '') setField(fields, decodeFormText(name), equals < 0 ? '' : decodeFormText(pair.slice(equals + 1)));
    start = end + 1;
  }
  return fields;
}

/** True when the parameter was sent at all, even as an array. */
export function isSent(fields: RequestFields, name: string): boolean {
  return fields.query.has(name) || fields.form.has(name);
}

/** The parameter as sent; '' when it is missing, an array, over-long, or holds a NUL (API-4). */
export function rawValue(fields: RequestFields, name: string): string {
  const value = fields.query.has(name) ? fields.query.get(name) : fields.form.get(name);
  return typeof value === 'string' && value.length <= valueLengthMax && !value.includes('\0') ? value : '';
}

/** Which characters a parameter keeps; the others are dropped. */
export type Filter = 'name' | 'word' | 'digits';

const dropped: Readonly<Record<Filter, RegExp>> = { name: /[^-_0-9a-zA-Z]+/g, word: /[^0-9a-zA-Z]+/g, digits: /[^0-9]+/g };
const droppedNonLatin: Readonly<Record<Filter, RegExp>> = { name: /[^-_0-9\p{L}]+/gu, word: /[^0-9\p{L}]+/gu, digits: /[^0-9]+/g };

/** Drop what the filter does not keep. `nonLatin`: letters of every script stay (`use_non_latin` = 1). */
export function filtered(value: string, filter: Filter, nonLatin = false): string {
  return value.replace((nonLatin ? droppedNonLatin : dropped)[filter], '');
}
