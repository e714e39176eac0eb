/**
 * Bytes of an event socket to text, tolerantly: UTF-8, else Latin-1 line by line or value by value, so that
 * one caller name in another encoding spoils nothing else and never throws (E1, E15).
 */
import { isAscii, isUtf8 } from 'node:buffer';

/** A text whose characters are bytes (Latin-1) to what was meant: UTF-8 where it is valid, Latin-1 else. */
function repair(latin1: string): string {
  const bytes = Buffer.from(latin1, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : latin1;
}

/** Header lines as text. */
export function decodeBytes(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return bytes.toString('latin1').split('\n').map(repair).join('\n');
}

const hexPair = /^[0-9A-Fa-f]{2}$/;

/** `%XX` byte by byte; a percent sign without two hex digits stays as it is. */
function decodeBytewise(value: string): string {
  const coded = Buffer.from(value, 'utf8');
  const bytes = Buffer.allocUnsafe(coded.length);
  let length = 0;
  for (let at = 0; at < coded.length; at++) {
    const digits = coded[at] === 0x25 ? coded.toString('latin1', at + 1, at + 3) : '';
    if (hexPair.test(digits)) {
      bytes[length++] = Number.parseInt(digits, 16);
      at += 2;
    } else {
      bytes[length++] = coded[at] ?? 0;
    }
  }
  return decodeBytes(bytes.subarray(0, length));
}

/** Undo the percent coding of event values (spec section 1). Never throws. */
export function percentDecode(value: string): string {
  if (!value.includes('%')) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return decodeBytewise(value); // a lone percent sign, or bytes that are not UTF-8
  }
}

/** As parsed; `headerText` gives a value as text. */
export type Headers = Readonly<Record<string, unknown>>;

/** A header's value as FreeSWITCH means it, array variables as it writes them: `ARRAY::a|:b`. Undefined for what is no value. */
export function headerText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? `ARRAY::${value.join('|:')}` : undefined;
}

/** The rare event with bytes that are not UTF-8: each value is repaired for itself. */
function repaired(headers: Record<string, unknown>): Headers {
  const good = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(headers)) {
    good[repair(name)] = repair(headerText(value) ?? '');
  }
  return good;
}

/** Headers of a JSON event; undefined when it is no JSON object. Values are not looked at before they are asked for. */
export function parseJsonHeaders(body: Buffer): Headers | undefined {
  const isClean = isUtf8(body);
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString(isClean ? 'utf8' : 'latin1'));
  } catch {
    return undefined; // the caller counts it (E9)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  return isClean ? (parsed as Headers) : repaired(parsed as Record<string, unknown>);
}

/** `Name: value` lines. Lines without a colon and names that occurred before are left out. */
export function parseHeaderLines(text: string, percentCoded: boolean): Headers {
  const headers = Object.create(null) as Record<string, string>;
  let at = 0;
  while (at < text.length) {
    let end = text.indexOf('\n', at);
    if (end < 0) end = text.length;
    const colon = text.indexOf(':', at);
    if (colon > at && colon < end) {
      const name = text.slice(at, colon);
      const value = text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1, end);
      headers[name] ??= percentCoded ? percentDecode(value) : value;
    }
    at = end + 1;
  }
  return headers;
}
