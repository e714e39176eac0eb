/**
 * An agent's contact as Asterisk dials it, and who an agent is on the caller's phone. Only what matches is dialled;
 * everything else is TDM_BAD_VALUE with a reason.
 */
import { asteriskChannel, checkInteger, displayName } from './dial-string.js';
import type { AsteriskChannel } from './dial-string.js';
import { TandemError } from './errors.js';

export interface AsteriskContact {
  /** `PJSIP/1001`, `IAX2/peer/1001`, `Local/100@agents/n` */
  readonly channel: string;
  /** from `[leg_timeout=10]`: this telephone rings no longer than that (F15) */
  readonly ringMsMax: number | undefined;
  /** whose state tells whether the telephone could take a call; undefined where the channel has none of its own */
  readonly device: string | undefined;
  /** the agent's number for the caller's display */
  readonly number: string;
}

/** Seconds that `leg_timeout` may name. */
export const legTimeoutSMax = 600;

const foreign = /^(?:user|sofia|loopback|verto|verto_contact|group|error)\//i;

/**
 * Accepts `1001` (which is `PJSIP/1001`), `PJSIP/1001`, `PJSIP/1001@trunk`, `SIP/1001`, `IAX2/peer`, `IAX2/peer/1001`,
 * `DAHDI/1`, `Local/100@agents`, `Local/100@agents/n`, each with `[leg_timeout=<seconds>]` before it.
 * Several telephones joined by `&` are refused: the first answer would take the others' ids; use the strategy ring-all,
 * or a Local channel whose dialplan rings them.
 */
export function asteriskContact(contact: string): AsteriskContact {
  const [, options, address = ''] = /^(?:\[([^\]]*)\])?(.*)$/s.exec(contact.trim()) ?? [];
  const ringMsMax = options === undefined ? undefined : legTimeoutMs(options);
  if (/[&|]/.test(address)) refuse('several telephones in one contact: use ring-all, or a Local channel that rings them');
  if (/\$\{|\$\[/.test(address)) refuse('variables of the caller are not expanded here');
  if (foreign.test(address)) refuse('it is a dial string of FreeSWITCH');
  if (!address.includes('/')) return contactOf({ technology: 'PJSIP', endpoint: address }, '', ringMsMax);
  return readAddress(address, ringMsMax);
}

/** As Asterisk spells them in its device states; it takes any letter case in a dial string. */
const spellings = ['PJSIP', 'SIP', 'IAX2', 'DAHDI', 'Local'];
const spelled = (technology: string): string => spellings.find((name) => name.toLowerCase() === technology.toLowerCase()) ?? technology;

function readAddress(address: string, ringMsMax: number | undefined): AsteriskContact {
  const [given = '', target = '', third, ...more] = address.split('/');
  const technology = spelled(given);
  const [endpoint = '', context, ...others] = target.split('@');
  if (more.length > 0 || others.length > 0) refuse('only <technology>/<name>[@<place>][/<number>]');
  if (technology === 'Local') return readLocal(endpoint, context, third, ringMsMax);
  const number = third === undefined ? {} : { number: third };
  return contactOf({ technology, endpoint, ...number, ...(context !== undefined && { context }) }, '', ringMsMax);
}

/** A Local channel's third part is options: n (stay), j (jitter buffer). */
function readLocal(endpoint: string, context: string | undefined, options: string | undefined, ringMsMax: number | undefined) {
  if (context === undefined) return refuse('a Local channel needs its context: Local/<extension>@<context>');
  if (options !== undefined && !/^[nj]{1,2}$/.test(options)) return refuse('a Local channel has the options n and j');
  return contactOf({ technology: 'Local', endpoint, context }, options === undefined ? '' : `/${options}`, ringMsMax);
}

function contactOf(channel: AsteriskChannel, suffix: string, ringMsMax: number | undefined): AsteriskContact {
  const text = asteriskChannel(channel);
  const isPlain = channel.context === undefined;
  return {
    channel: text + suffix,
    ringMsMax,
    // behind a trunk or a Local channel there is no state of one telephone
    device: isPlain ? `${channel.technology}/${channel.endpoint}` : undefined,
    number: channel.number ?? channel.endpoint,
  };
}

function legTimeoutMs(options: string): number {
  const seconds = /^leg_timeout=(\d{1,4})$/.exec(options)?.[1];
  if (seconds === undefined) return refuse('before the telephone only [leg_timeout=<seconds>] may stand');
  return checkInteger('leg_timeout', seconds, 1, legTimeoutSMax) * 1_000;
}

/** Why a contact cannot be dialled on Asterisk; undefined when it can. For the provisioning. */
export function asteriskContactProblem(contact: string): string | undefined {
  try {
    asteriskContact(contact);
    return undefined;
  } catch (error) {
    return error instanceof TandemError ? error.message : String(error);
  }
}

/** `"Name" <number>` for the header CallerID: made harmless, never refused, since a caller chooses his own name. */
export function asteriskCallerId(name: string, number: string): string {
  return `"${displayName(name)}" <${plainNumber(number)}>`;
}

/** A number for a display: what may not stand in one is left out. */
export const plainNumber = (number: string): string => number.replace(/[^0-9A-Za-z_.+*#-]/g, '').slice(0, 79);

/** Names that end so begin no other name. IAX2 and DAHDI count without leading zeros. */
const lastsEight = /^[^,"\\]{1,128}-[0-9a-f]{8}(?:;[12])?$/;

/**
 * A channel for the application and the action `Bridge`, and for `IMPORT`: they take the first channel whose name or
 * unique id *begins* with the text, so that `call-1` may be `call-12`, and a caller be connected to another one's agent.
 * By its name, where no other can begin with it; else by its unique id, of which Asterisk's own are safe after the
 * first second of a start.
 */
export const bridgeName = ({ channel, uniqueId }: { readonly channel: string; readonly uniqueId: string }): string =>
  lastsEight.test(channel) ? channel : uniqueId;

function refuse(problem: string): never {
  throw new TandemError('TDM_BAD_VALUE', ['contact', problem]);
}
