/**
 * The only place that puts text into a dial string, an application argument, a channel variable, an
 * AMI field or an ESL command (user-needs 4). Two ways and no third: a *name* must match its pattern
 * and is refused otherwise; a *text* is checked and quoted for the switch that will read it.
 *
 * Nothing that came from outside may be expanded by a switch: `${` and `$[` are refused everywhere.
 * Every refusal is TDM_BAD_VALUE with the kind of value and a reason; nothing is silently repaired,
 * except by `displayName`, whose purpose that is.
 */
import { TandemError } from './errors.js';

interface NameRule {
  readonly pattern: RegExp;
  readonly says: string;
}

const wordRule = (first: string, rest: string, lengthMax: number, says: string): NameRule => ({
  pattern: new RegExp(`^[${first}][${rest}]{0,${lengthMax - 1}}$`),
  says: `${says}, at most ${lengthMax} characters`,
});
const word = (lengthMax: number) =>
  wordRule('A-Za-z0-9', 'A-Za-z0-9_.-', lengthMax, 'letters, digits, `_`, `.`, `-`, beginning with a letter or digit');
const atDomain = (lengthMax: number): NameRule => ({
  pattern: new RegExp(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,${lengthMax - 1}}(@[A-Za-z0-9][A-Za-z0-9_.-]{0,${lengthMax - 1}})?$`),
  says: `letters, digits, \`_\`, \`.\`, \`-\`, and possibly \`@\` with a domain, each part at most ${lengthMax} characters`,
});

const nameRules = {
  menu: word(50),
  queue: atDomain(64),
  context: wordRule('A-Za-z0-9_', 'A-Za-z0-9_.-', 79, 'letters, digits, `_`, `.`, `-`'),
  extension: wordRule('A-Za-z0-9_*#+', 'A-Za-z0-9_.*#+-', 79, 'letters, digits, `_`, `.`, `-`, `*`, `#`, `+`'),
  mailbox: atDomain(64),
  domain: word(253),
  variable: wordRule('A-Za-z_', 'A-Za-z0-9_', 80, 'letters, digits and `_`, not beginning with a digit'),
  application: wordRule('A-Za-z', 'A-Za-z0-9_', 64, 'letters, digits and `_`, beginning with a letter'),
  script: {
    pattern: /^(?:agi:\/\/[A-Za-z0-9.-]{1,253}(?::\d{1,5})?\/)?[A-Za-z0-9_](?:[A-Za-z0-9_./-]{0,198}[A-Za-z0-9_])?$/,
    says: 'a script name of letters, digits, `_`, `.`, `-`, `/`, possibly behind `agi://host:port/`, at most 200 characters',
  },
  prompt: {
    pattern: /^[A-Za-z0-9_/](?:[A-Za-z0-9_./:+~-]{0,198}[A-Za-z0-9_])?$/,
    says: 'a sound file name of letters, digits, `_`, `.`, `-`, `/`, `:`, `+`, `~`, at most 200 characters',
  },
  technology: wordRule('A-Za-z', 'A-Za-z0-9_', 20, 'letters, digits and `_`'),
  endpoint: wordRule('A-Za-z0-9_+*#', 'A-Za-z0-9_.+*#-', 79, 'letters, digits, `_`, `.`, `-`, `+`, `*`, `#`'),
  header: wordRule('A-Za-z', 'A-Za-z0-9-', 64, 'letters, digits and `-`, beginning with a letter'),
  uuid: wordRule('A-Za-z0-9', 'A-Za-z0-9_.-', 128, 'letters, digits, `_`, `.`, `-`'),
} as const satisfies Record<string, NameRule>;

export type NameKind = keyof typeof nameRules;

/** Longest text that may become a variable, an argument or a field; well under the 8,191 bytes of an AGI line. */
export const textBytesMax = 4_000;

/** Why `value` is no name of this kind; undefined when it is one. */
export function nameProblem(kind: NameKind, value: string): string | undefined {
  const rule = nameRules[kind];
  if (value === '') return 'it is empty';
  if (!rule.pattern.test(value) || value.includes('..')) return `only ${rule.says}`;
  return undefined;
}

/** The name itself, or TDM_BAD_VALUE. */
export function checkName(kind: NameKind, value: string): string {
  const problem = nameProblem(kind, value);
  if (problem !== undefined) throw new TandemError('TDM_BAD_VALUE', [kind, problem]);
  return value;
}

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const loneSurrogate = /\p{Cs}/u;

/** Bytes of a text in UTF-8, as it goes on the wire. A lone surrogate counts 3, as it is sent. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** Why a free text may not go to a switch; undefined when it may. */
export function textProblem(value: string, bytesMax: number = textBytesMax): string | undefined {
  if (control.test(value)) return 'it has a control character or line end';
  if (loneSurrogate.test(value)) return 'it is no valid Unicode text';
  if (/\$\$?[{[]/.test(value)) return 'it has a variable or expression of the switch';
  if (utf8Length(value) > bytesMax) return `it is longer than ${bytesMax} bytes`;
  return undefined;
}

/** The text itself, or TDM_BAD_VALUE. `what` names the value in the error. */
export function checkText(what: string, value: string, bytesMax: number = textBytesMax): string {
  const problem = textProblem(value, bytesMax);
  if (problem !== undefined) throw new TandemError('TDM_BAD_VALUE', [what, problem]);
  return value;
}

/** A whole number from a text, within limits, without signs other than a leading minus, or TDM_BAD_VALUE. */
export function checkInteger(what: string, text: string, min: number, max: number): number {
  const value = /^-?\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw new TandemError('TDM_BAD_VALUE', [what, `it must be a whole number from ${min} to ${max}`]);
  return value;
}

/** Longest prefix before a caller's name on an agent's phone. */
export const prefixLengthMax = 40;

/** Why a text may not stand before a caller's name: it is shown, and quoted by two switches and by SIP. */
export function prefixProblem(value: string): string | undefined {
  if (Array.from(value).length > prefixLengthMax) return `it is longer than ${prefixLengthMax} characters`;
  if (!/^[\p{L}\p{M}\p{N} _.:/+#*!()=-]*$/u.test(value)) return 'only letters, digits, spaces and _ . : / + # * ! ( ) = -';
  return undefined;
}

export function checkPrefix(value: string): string {
  const problem = prefixProblem(value);
  if (problem !== undefined) throw new TandemError('TDM_BAD_VALUE', ['caller-id prefix', problem]);
  return value;
}

/** A name to show on a phone, made harmless for both switches and for SIP: never refused, possibly shorter or empty. */
export function displayName(text: string, lengthMax = 80): string {
  const clean = text
    .replace(/[{[<]/g, '(')
    .replace(/[}\]>]/g, ')')
    .replace(/[|\\]/g, '/')
    .replace(/["'`$^,;]/g, ' ')
    .replace(new RegExp(control, 'g'), ' ')
    .replace(/\p{Cs}/gu, '')
    .replace(/ {2,}/g, ' ');
  return Array.from(clean).slice(0, lengthMax).join('').trim();
}

// ------------------------------------------------------------------ Asterisk

/**
 * Arguments of a dialplan application, joined by commas. Asterisk's argument reader takes a backslash
 * before a character literally; it gives quotes, parentheses and brackets a meaning.
 */
export function asteriskArguments(values: readonly string[]): string {
  return values.map((value) => checkText('application argument', value).replace(/[\\",()[\]]/g, '\\$&')).join(',');
}

/** One place that rings: `PJSIP/1010`, `IAX2/alpha/4930123`, `Local/100@agents`. */
export interface AsteriskChannel {
  readonly technology: string;
  /** peer, endpoint, or extension of a Local channel */
  readonly endpoint: string;
  /** number behind a trunk */
  readonly number?: string;
  /** context of a Local channel */
  readonly context?: string;
}

/** The channel name to dial or originate. */
export function asteriskChannel(channel: AsteriskChannel): string {
  const technology = checkName('technology', channel.technology);
  const endpoint = checkName('endpoint', channel.endpoint);
  const number = channel.number === undefined ? '' : `/${checkName('endpoint', channel.number)}`;
  const context = channel.context === undefined ? '' : `@${checkName('context', channel.context)}`;
  return `${technology}/${endpoint}${number}${context}`;
}

/** `NAME=value` for the header `Variable` of an AMI action, which reads it like an application's argument. */
export function amiVariable(name: string, value: string): string {
  return asteriskArguments([`${checkName('variable', name)}=${value}`]);
}

/** One line `Name: value` of an AMI action, without its line end. */
export function amiField(name: string, value: string): string {
  return `${checkName('header', name)}: ${checkText(name, value)}`;
}

// ------------------------------------------------------------------ FreeSWITCH

/**
 * `{a=b,c=d}` before a FreeSWITCH dial string. Comma and apostrophe are escaped. What cannot be
 * escaped there (brackets end the list, a bar starts the next target, `^^:` changes the separator, a
 * backslash joins with the next letter) is refused: show names through `displayName` first. For a `bridge` of the dialplan;
 * the command `originate` is cut at blanks and wants `originateVariables` of dial-string-freeswitch.ts.
 */
export function freeswitchVariables(variables: Readonly<Record<string, string>>): string {
  const parts = Object.entries(variables).map(([name, value]) => `${checkName('variable', name)}=${freeswitchValue(name, value)}`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function freeswitchValue(name: string, value: string): string {
  checkText(name, value);
  if (/[{}[\]|\\<>`"^$]/.test(value)) throw new TandemError('TDM_BAD_VALUE', [name, 'it has one of { } [ ] < > | \\ ` " ^ $']);
  if (value !== value.trim()) throw new TandemError('TDM_BAD_VALUE', [name, 'it begins or ends with a space']);
  return value.replace(/[,']/g, '\\$&');
}

export type FreeswitchTarget =
  | { readonly kind: 'user'; readonly user: string; readonly domain: string }
  | { readonly kind: 'gateway'; readonly gateway: string; readonly number: string }
  | { readonly kind: 'loopback'; readonly extension: string; readonly context: string };

/** Where a leg goes, without variables. */
export function freeswitchTarget(target: FreeswitchTarget): string {
  switch (target.kind) {
    case 'user':
      return `user/${checkName('endpoint', target.user)}@${checkName('domain', target.domain)}`;
    case 'gateway':
      return `sofia/gateway/${checkName('endpoint', target.gateway)}/${checkName('endpoint', target.number)}`;
    case 'loopback':
      return `loopback/${checkName('extension', target.extension)}/${checkName('context', target.context)}`;
  }
}

/** Words of a FreeSWITCH application or command, separated by spaces; no word may be empty, have a space, or a quote. */
export function freeswitchWords(words: readonly string[]): string {
  for (const value of words) {
    checkText('argument', value);
    if (value === '' || /[\s'"\\|]/.test(value))
      throw new TandemError('TDM_BAD_VALUE', ['argument', 'a word is empty or has a space, quote, backslash or bar']);
  }
  return words.join(' ');
}

/** A value behind `name:` in an ESL command. */
export function eslHeader(name: string, value: string): string {
  return `${checkName('header', name)}: ${checkText(name, value)}`;
}
