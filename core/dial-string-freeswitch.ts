/**
 * An agent's contact as FreeSWITCH dials it, and the command that starts a leg. Only what matches is dialled;
 * everything else is TDM_BAD_VALUE with a reason. The command `originate` reads its words at blanks and expands nothing,
 * the program behind it is run by the leg itself once it answered.
 */
import { checkInteger, checkName, checkText, freeswitchTarget } from './dial-string.js';
import { TandemError } from './errors.js';

export interface FreeswitchUser {
  readonly user: string;
  readonly domain: string;
}

export interface FreeswitchContact {
  /** what is dialled, with the options of each telephone before it */
  readonly dial: string;
  /** from `{originate_timeout=15}`: no telephone of this contact rings longer */
  readonly ringMsMax: number | undefined;
  /** further options from `{...}`, checked */
  readonly options: Readonly<Record<string, string>>;
  /** exactly one channel will be made, so that its id can be chosen; an account may have several telephones */
  readonly isOneChannel: boolean;
  /** the leg is the near end of a loopback: the agent is whoever its far end is bridged to (freeswitch-callcenter 7.1.4) */
  readonly isLoopback: boolean;
  /** accounts whose registration tells whether anybody could answer */
  readonly users: readonly FreeswitchUser[];
  /** the agent's number for the caller's display */
  readonly number: string;
}

/** Telephones in one contact. */
export const targetsMax = 8;
const contactLengthMax = 1_024;
const timeoutSMax = 3_600;

/** Options that a contact may bring; what decides about the leg itself is Tandem's. */
const options: Readonly<Record<string, (value: string) => boolean>> = {
  leg_timeout: isSeconds,
  originate_timeout: isSeconds,
  call_timeout: isSeconds,
  leg_delay_start: isSeconds,
  leg_progress_timeout: isSeconds,
  progress_timeout: isSeconds,
  sip_auto_answer: (value) => /^(?:true|false)$/.test(value),
  sip_invite_domain: (value) => /^[A-Za-z0-9._-]{1,253}$/.test(value),
  absolute_codec_string: (value) => /^[A-Za-z0-9@.+-]{1,100}$/.test(value),
  rtp_secure_media: (value) => /^[A-Za-z0-9:_]{1,60}$/.test(value),
};
const headerOption = /^sip_h_[A-Za-z][A-Za-z0-9-]{0,60}$/;

function isSeconds(value: string): boolean {
  return /^\d{1,4}$/.test(value) && Number(value) >= 1 && Number(value) <= timeoutSMax;
}

interface Target {
  readonly dial: string;
  readonly user?: FreeswitchUser;
  readonly isOneChannel: boolean;
  readonly isLoopback?: true;
  readonly number: string;
}

/**
 * Accepts `1001` (`user/1001@<domain>`), `user/1001@default`, `sofia/gateway/gw/number`, `sofia/internal/1001@host:5060`,
 * `sofia/internal/1001%domain`, `loopback/ext[/context]`, `verto.rtc/1001@domain` and `${verto_contact(1001@domain)}`,
 * `error/USER_BUSY` for trials; each with `[leg_timeout=10]` before it, all with `{originate_timeout=15}` before them,
 * several joined by `,` (at once) or by `|` (one after the other).
 */
export function freeswitchContact(contact: string, domain: string): FreeswitchContact {
  const text = contact.trim();
  if (text.length > contactLengthMax) refuse(`it is longer than ${contactLengthMax} characters`);
  const [, braces, body = ''] = /^(?:\{([^{}]*)\})?(.*)$/s.exec(text) ?? [];
  const { parts, separator } = splitTargets(body);
  const targets = parts.map((part) => readTarget(part, domain));
  const first = targets[0] ?? refuse('it is empty');
  const { originate_timeout: timeout, ...others } = readOptions(braces);
  return {
    dial: targets.map((target) => target.dial).join(separator),
    ringMsMax: timeout === undefined ? undefined : Number(timeout) * 1_000,
    options: others,
    isOneChannel: targets.length === 1 && first.isOneChannel,
    isLoopback: targets.some((target) => target.isLoopback),
    users: targets.flatMap(({ user }) => user ?? []),
    number: first.number,
  };
}

/** Why a contact cannot be dialled on FreeSWITCH; undefined when it can. For the provisioning. */
export function freeswitchContactProblem(contact: string, domain = 'default'): string | undefined {
  try {
    freeswitchContact(contact, domain);
    return undefined;
  } catch (error) {
    return error instanceof TandemError ? error.message : String(error);
  }
}

/** Separators inside `[...]` and `(...)` belong to what is inside. */
function splitTargets(body: string): { readonly parts: readonly string[]; readonly separator: string } {
  const parts = body.match(/(?:\[[^\]]*\]|\([^)]*\)|[^[\](),|]|[[\]()])+|[,|]/g) ?? [];
  const separators = new Set(parts.filter((part) => part === ',' || part === '|'));
  const targets = parts.filter((part) => part !== ',' && part !== '|');
  if (targets.length > targetsMax) refuse(`more than ${targetsMax} telephones`);
  if (separators.size > 1) refuse('telephones are joined by , or by |, not by both');
  if (parts.length > 0 && parts.length !== 2 * targets.length - 1) refuse('a telephone is missing beside , or |');
  return { parts: targets, separator: [...separators][0] ?? '' };
}

function readTarget(text: string, domain: string): Target {
  const [, brackets, address = ''] = /^\s*(?:\[([^[\]]*)\])?(.*?)\s*$/s.exec(text) ?? [];
  const given = readOptions(brackets);
  const target = readAddress(address, domain);
  const list = Object.entries(given).map(([name, value]) => `${name}=${escaped(name, value)}`);
  return list.length === 0 ? target : { ...target, dial: `[${list.join(',')}]${target.dial}` };
}

function readAddress(address: string, domain: string): Target {
  const verto = /^\$\{verto_contact\(([^()]*)\)\}$/.exec(address)?.[1];
  if (verto !== undefined) return vertoTarget(verto);
  if (/\$/.test(address)) refuse('nothing of the caller or the switch is expanded, save ${verto_contact(user@domain)}');
  const [kind = '', ...rest] = address.split('/');
  if (rest.length === 0) return userTarget(kind, domain);
  switch (kind.toLowerCase()) {
    case 'user':
      return userTarget(only(rest), domain);
    case 'sofia':
      return sofiaTarget(rest);
    case 'loopback':
      return loopbackTarget(rest);
    case 'verto.rtc':
      return vertoTarget(only(rest));
    case 'error':
      return { dial: `error/${word(only(rest), /^[A-Za-z_]{1,60}$/, 'a cause')}`, isOneChannel: true, number: '' };
    default:
      return refuse('only user/, sofia/gateway/, sofia/<profile>/, loopback/, verto.rtc/ and bare accounts');
  }
}

/** An account may have several telephones registered: the switch makes a channel for each. */
function userTarget(text: string, defaultDomain: string): Target {
  const [user = '', domain = defaultDomain, ...more] = text.split('@');
  if (more.length > 0) refuse('only user/<name>@<domain>');
  return { dial: freeswitchTarget({ kind: 'user', user, domain }), user: { user, domain }, isOneChannel: false, number: user };
}

function vertoTarget(text: string): Target {
  const [user = '', domain = '', ...more] = text.split('@');
  if (more.length > 0) refuse('only verto.rtc/<name>@<domain>');
  return { dial: `verto.rtc/${checkName('endpoint', user)}@${checkName('domain', domain)}`, isOneChannel: false, number: user };
}

function sofiaTarget([profile = '', ...rest]: readonly string[]): Target {
  if (profile === 'gateway') {
    const [gateway = '', number = '', ...more] = rest;
    if (more.length > 0) refuse('only sofia/gateway/<gateway>/<number>');
    return { dial: freeswitchTarget({ kind: 'gateway', gateway, number }), isOneChannel: true, number };
  }
  const place = word(only(rest), /^[A-Za-z0-9_.+*#-]{1,79}[@%][A-Za-z0-9.-]{1,253}(?::\d{1,5})?$/, 'sofia/<profile>/<name>@<host>[:port]');
  // with % the switch looks for the account's registrations
  const number = place.split(/[@%]/, 1)[0] ?? '';
  return { dial: `sofia/${checkName('endpoint', profile)}/${place}`, isOneChannel: place.includes('@'), number };
}

function loopbackTarget([extension = '', context = 'default', ...more]: readonly string[]): Target {
  if (more.length > 0) refuse('only loopback/<extension>/<context>');
  return { dial: freeswitchTarget({ kind: 'loopback', extension, context }), isOneChannel: true, isLoopback: true, number: extension };
}

const only = ([one = '', ...more]: readonly string[]): string => (more.length === 0 ? one : refuse('too many parts'));
const word = (text: string, pattern: RegExp, wanted: string): string => (pattern.test(text) ? text : refuse(`it should be ${wanted}`));

function readOptions(text: string | undefined): Readonly<Record<string, string>> {
  const read: Record<string, string> = {};
  for (const part of text === undefined ? [] : text.split(',')) {
    const [, name = '', value = ''] = /^\s*([A-Za-z_][A-Za-z0-9_-]*)=(.*?)\s*$/s.exec(part) ?? [];
    const isHeader = headerOption.test(name);
    if (!isHeader && !Object.hasOwn(options, name)) refuse(`"${part.slice(0, 40)}" is no option of a telephone`);
    if (isHeader ? value === '' : !options[name]?.(value)) refuse(`${name} is not well formed`);
    read[name] = value;
  }
  return read;
}

// ------------------------------------------------------------------ the command

/** `{a=b,c=d}` as a word of the command `originate`, which is cut at blanks: they go as `\s`. Refuses what has no such form. */
export function originateVariables(variables: Readonly<Record<string, string>>): string {
  return `{${Object.entries(variables)
    .map(([name, value]) => `${checkVariable(name)}=${escaped(name, value)}`)
    .join(',')}}`;
}

/** True when a value can stand in `originateVariables`; others are set on the channel once it exists. */
export function isOriginateValue(value: string): boolean {
  return value !== '' && value === value.trim() && !/[{}[\]|\\<>`"^$]/.test(value);
}

const checkVariable = (name: string): string => (headerOption.test(name) ? name : checkName('variable', name));

function escaped(name: string, value: string): string {
  checkText(name, value);
  if (!isOriginateValue(value))
    throw new TandemError('TDM_BAD_VALUE', [name, 'it is empty, begins or ends with a blank, or has a bracket, bar, quote or $']);
  return value.replace(/[,']/g, '\\$&').replace(/ /g, '\\s');
}

/** One step of the program that a leg runs by itself. */
export interface LegStep {
  readonly application: string;
  readonly argument: string;
  /** the text is Tandem's own and may be expanded by the switch when the step runs */
  readonly isExpanded?: true;
}

const stepSeparator = '^';

/** Steps as an inline dialplan: `m:^:answer^playback:a.wav`, without the quotes around it. */
export function legProgram(steps: readonly LegStep[]): string {
  const texts = steps.map(({ application, argument, isExpanded }) => {
    if (!isExpanded) checkText('argument', argument);
    if (/[\^'\\\r\n]/.test(argument)) throw new TandemError('TDM_BAD_VALUE', ['argument', "a step has no ^, ' or backslash"]);
    return `${checkName('application', application)}:${argument}`;
  });
  return `m:${stepSeparator}:${texts.join(stepSeparator)}`;
}

/** Argument of `originate`: the leg runs the program once it answered. */
export function originateCommand(variables: Readonly<Record<string, string>>, dial: string, steps: readonly LegStep[]): string {
  return `originate ${originateVariables(variables)}${dial} '${legProgram(steps)}' inline`;
}

/** Argument of `uuid_transfer`: the channel runs the program instead of what it does now. */
export function transferToProgram(uuid: string, steps: readonly LegStep[]): string {
  return `uuid_transfer ${checkName('uuid', uuid)} '${legProgram(steps)}' inline`;
}

/** Whole seconds for the switch, rounded up, at least one. */
export const wholeSeconds = (ms: number): string => String(checkInteger('seconds', String(Math.max(1, Math.ceil(ms / 1_000))), 1, 86_400));

/** A sound that FreeSWITCH may play: a file's name or one of its own sources, with their parameters. */
export function freeswitchSound(file: string): string {
  const isSource = /^(?:tone_stream|silence_stream|local_stream|file_string|phrase|say|shout|http_cache|https?):/.test(file);
  if (!isSource) return checkName('prompt', file);
  checkText('sound', file);
  if (/[\^'\\ ]/.test(file)) throw new TandemError('TDM_BAD_VALUE', ['sound', "no blank, ^, ' or backslash"]);
  return file;
}

function refuse(problem: string): never {
  throw new TandemError('TDM_BAD_VALUE', ['contact', problem]);
}
