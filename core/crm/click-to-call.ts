/** What a click on a number may call (crm-vtiger 3.1): cleaned by the binding's rules, never repaired by guesses, never a foreign place. */
import type { CrmBinding } from './binding.js';
import { rewritten } from './values.js';

/** Reasons for `X-Tandem-Error` and the log. */
export type ClickProblem =
  'unknown-extension' | 'empty-number' | 'bad-number' | 'denied-number' | 'uri-not-allowed' | 'foreign-context' | 'too-many-clicks';

export type ClickNumber = { readonly ok: true; readonly number: string } | { readonly ok: false; readonly problem: ClickProblem };

const inputMax = 200;

/** The number as it is dialled. What people type between digits goes; anything else is refused. */
export function numberOfClick(binding: Pick<CrmBinding, 'numbers_from_crm' | 'deny_prefixes' | 'makecall'>, text: string): ClickNumber {
  if (text.length > inputMax || /\p{Cc}/u.test(text)) return { ok: false, problem: 'bad-number' };
  const trimmed = text.trim();
  if (/^sips?:/i.test(trimmed)) return uriOfClick(binding, trimmed);
  const bare = trimmed.replace(/[\s().\-–/]/g, '');
  if (bare === '') return { ok: false, problem: 'empty-number' };
  const number = rewritten(bare, binding.numbers_from_crm);
  if (!/^\+?[0-9*#]{2,32}$/.test(number)) return { ok: false, problem: 'bad-number' };
  if (binding.deny_prefixes.some((prefix) => number.startsWith(prefix))) return { ok: false, problem: 'denied-number' };
  return { ok: true, number };
}

/** `sip:bob@example.com`, to hosts on the list only. */
function uriOfClick({ makecall }: Pick<CrmBinding, 'makecall'>, text: string): ClickNumber {
  const [, user, host] = /^sips?:([A-Za-z0-9_.+-]{1,64})@([A-Za-z0-9.-]{1,253})$/i.exec(text) ?? [];
  if (user === undefined || host === undefined) return { ok: false, problem: 'bad-number' };
  const isAllowed = makecall.allow_uri && makecall.uri_hosts.some((name) => name.toLowerCase() === host.toLowerCase());
  return isAllowed ? { ok: true, number: text } : { ok: false, problem: 'uri-not-allowed' };
}

/** The context of a click: one of the binding's; the first when the CRM names none. */
export function contextOfClick({ contexts }: Pick<CrmBinding, 'contexts'>, asked: string): string | undefined {
  return asked === '' ? contexts[0] : contexts.find((name) => name === asked);
}

/** Channel of an extension by the binding's map: exact first, then patterns. */
export function channelOfExtension({ extensions }: Pick<CrmBinding, 'extensions'>, extension: string): string | undefined {
  if (!/^[A-Za-z0-9_.+*-]{1,40}$/.test(extension)) return undefined;
  const exact = Object.hasOwn(extensions, extension) ? extensions[extension] : undefined;
  if (exact !== undefined && !exact.includes('${EXT}')) return exact;
  for (const [pattern, channel] of Object.entries(extensions)) {
    if (channel.includes('${EXT}') && patternFits(pattern, extension)) return channel.replace('${EXT}', extension);
  }
  return undefined;
}

const classes: Readonly<Record<string, string>> = { X: '0123456789', Z: '123456789', N: '23456789' };

/** `1XX`: X is 0-9, Z 1-9, N 2-9, anything else itself. */
export function patternFits(pattern: string, extension: string): boolean {
  if (pattern.length !== extension.length) return false;
  return Array.from(pattern).every((c, n) => (classes[c] ?? c).includes(extension.charAt(n)));
}
