/**
 * Signed requests between our own nodes (vicidial-ccc X-27): a request carries the account's name,
 * the time and an HMAC over everything that matters, so that no password travels and a copied
 * request is worthless after two minutes, and worthless at once where it was seen before.
 *
 * Headers: `X-CCC-Key` = API user, `X-CCC-Date` = ISO 8601 instant in UTC with milliseconds
 * (`2026-11-21T19:03:09.000Z`), `X-CCC-Sign` = lower-case hex HMAC-SHA256 of `canonicalText`.
 */

/** Hashes, given by the adapter; both answer lower-case hex. */
export interface Digests {
  sha256Hex(data: string | Uint8Array): string;
  hmacSha256Hex(secret: string, text: string): string;
}

/** What is signed. `parameters` are those of the query string, decoded; the body is covered by its hash. */
export interface SignedParts {
  readonly method: string;
  /** path without query, as sent, e.g. `/vicidial/non_agent_api.php` */
  readonly path: string;
  readonly parameters: ReadonlyMap<string, string> | Readonly<Record<string, string>>;
  /** raw body bytes; empty text when there is none */
  readonly body: string | Uint8Array;
  readonly date: string;
}

export const signatureHeaders = { key: 'x-ccc-key', date: 'x-ccc-date', sign: 'x-ccc-sign' } as const;
/** A signature is accepted this long before and after the server's clock. */
export const signatureSkewMsMax = 120_000;

const datePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

/** encodeURIComponent that takes any text: half of a surrogate pair becomes U+FFFD, as in UTF-8 encoders. */
function encoded(text: string): string {
  return encodeURIComponent(text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD'));
}

function isMap(x: ReadonlyMap<string, string> | Readonly<Record<string, string>>): x is ReadonlyMap<string, string> {
  return x instanceof Map;
}

/**
 * The text under the HMAC: five lines (method in capitals, path, parameters, body hash, date) joined by LF.
 * Parameters are percent-encoded `name=value` pairs, sorted by their encoded text, joined by `&`.
 */
export function canonicalText(
  method: string,
  path: string,
  parameters: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
  bodySha256Hex: string,
  date: string,
): string {
  const entries = isMap(parameters) ? [...parameters] : Object.entries(parameters);
  const pairs = entries.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort();
  return [method.toUpperCase(), path, pairs.join('&'), bodySha256Hex, date].join('\n');
}

/** `canonicalText` of a request whose body is at hand. */
export function canonicalRequest(digests: Digests, parts: SignedParts): string {
  return canonicalText(parts.method, parts.path, parts.parameters, digests.sha256Hex(parts.body), parts.date);
}

/** The value of `X-CCC-Sign`. Sign each try anew: the server takes a signature once. */
export function signRequest(digests: Digests, secret: string, parts: SignedParts): string {
  return digests.hmacSha256Hex(secret, canonicalRequest(digests, parts));
}

/** The instant of `X-CCC-Date` in Unix ms; undefined when malformed or further than the skew from `nowMs`. */
export function signatureInstant(date: string, nowMs: number): number | undefined {
  if (!datePattern.test(date)) return undefined;
  const atMs = Date.parse(date);
  return Number.isFinite(atMs) && Math.abs(atMs - nowMs) <= signatureSkewMsMax ? atMs : undefined;
}
