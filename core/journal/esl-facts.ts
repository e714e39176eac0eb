/**
 * FreeSWITCH's events in the words of the journal (crm-vtiger 8, 10; seen on FreeSWITCH 1.10.12, `test/fixtures/esl/journal/`).
 * Pure; an event that says nothing for it gives no facts.
 *
 * A call is told by its channels: who dialled whom is said when a channel begins (`originator`), a loopback's halves name
 * each other, and a transfer is seen where a bridge ends or begins, by the `transfer_source` that it left on a channel.
 */
import type { ChannelFacts, JournalFact } from './events.js';
import { dialledNumber } from './roles.js';

/** An event, as `esl-outbound/event.ts` has it. */
export interface EslFields {
  readonly name: string;
  get(name: string): string | undefined;
  /** a channel variable; undefined when it is not set or empty */
  variable(name: string): string | undefined;
}

/** Events to listen to. */
export const eslJournalEvents = [
  'CHANNEL_CREATE',
  'CHANNEL_ORIGINATE',
  'CHANNEL_PROGRESS',
  'CHANNEL_PROGRESS_MEDIA',
  'CHANNEL_ANSWER',
  'CHANNEL_BRIDGE',
  'CHANNEL_UNBRIDGE',
  'CHANNEL_HANGUP_COMPLETE',
  'RECORD_START',
  'RECORD_STOP',
  'CUSTOM callcenter::info',
] as const;

/** The switch's moment of an event, ms; undefined: not said. */
export function eslTimeMs(event: EslFields, header = 'Event-Date-Timestamp'): number | undefined {
  const text = event.get(header) ?? '';
  return /^\d{13,17}$/.test(text) && Number(text) > 0 ? Math.floor(Number(text) / 1_000) : undefined;
}

/** Name of the bridge between two channels: the same whoever of the two tells of it. */
export const bridgeName = (one: string, other: string): string => [one, other].sort().join('+');

export function eslFacts(event: EslFields): readonly JournalFact[] {
  const channel = channelOf(event);
  if (!channel) return [];
  switch (event.name) {
    case 'CHANNEL_CREATE':
    case 'CHANNEL_ORIGINATE':
    case 'CHANNEL_PROGRESS':
    case 'CHANNEL_PROGRESS_MEDIA':
      return begun(event, channel);
    case 'CHANNEL_ANSWER': {
      const isDialled = event.get('Call-Direction') === 'outbound';
      return [...begun(event, channel), ...(isDialled ? [{ type: 'dial-ended', to: channel, status: 'ANSWER' } as const] : [])];
    }
    case 'CHANNEL_BRIDGE':
      return bridged(event, channel);
    case 'CHANNEL_UNBRIDGE':
      return unbridged(event, channel);
    case 'CHANNEL_HANGUP_COMPLETE':
      return [{ type: 'channel-ended', channel, cause: causeOf(event), sip: numberOf(event.variable('sip_term_status')) }];
    case 'RECORD_START':
      return recorded(event, channel);
    // its begin may have been missed
    case 'RECORD_STOP':
      return [...recorded(event, channel), { type: 'recording-stopped', channel }];
    case 'CUSTOM': {
      const queue = event.get('CC-Queue');
      return event.get('CC-Action') === 'member-queue-start' && queue ? [{ type: 'queue-entered', channel, queue }] : [];
    }
    default:
      return [];
  }
}

function recorded(event: EslFields, channel: ChannelFacts): readonly JournalFact[] {
  const file = event.get('Record-File-Path');
  return file ? [{ type: 'recording-started', channel, file }] : [];
}

// ------------------------------------------------------------------ channels

const known = (text: string | undefined): string | undefined => (text === undefined || text === '' ? undefined : text);

function channelOf(event: EslFields): ChannelFacts | undefined {
  const uniqueId = known(event.get('Unique-ID'));
  const name = known(event.get('Channel-Name'));
  if (uniqueId === undefined || name === undefined) return undefined;
  const isOutbound = event.get('Call-Direction') === 'outbound';
  const pair = pairOf(event, uniqueId, name);
  const account = accountOf(event, name, isOutbound);
  const gateway = event.variable(isOutbound ? 'sip_gateway_name' : 'sip_gateway');
  return {
    uniqueId,
    name,
    ...(account !== undefined && { account }),
    ...(gateway !== undefined && { gateway }),
    ...(pair !== undefined && { pair }),
    // the telephones of an account that a click rings are one call
    linkedId: (isOutbound ? (originatorOf(event) ?? event.variable('tandem_call')) : undefined) ?? uniqueId,
    callerNumber: isOutbound ? dialledOf(event, name) : known(event.get('Caller-Caller-ID-Number')),
    callerName: isOutbound ? undefined : known(event.get('Caller-Caller-ID-Name')),
    extension: known(event.get('Caller-Destination-Number')),
    isIncoming: !isOutbound && pair === undefined,
  };
}

/** The other channel of the event, by what is said of it there. */
function otherOf(event: EslFields, uniqueId: string): ChannelFacts {
  const isSaid = event.get('Other-Leg-Unique-ID') === uniqueId;
  return {
    uniqueId,
    name: (isSaid ? known(event.get('Other-Leg-Channel-Name')) : undefined) ?? '',
    linkedId: uniqueId,
    callerNumber: isSaid ? known(event.get('Other-Leg-Caller-ID-Number')) : undefined,
    callerName: isSaid ? known(event.get('Other-Leg-Caller-ID-Name')) : undefined,
    extension: isSaid ? known(event.get('Other-Leg-Destination-Number')) : undefined,
  };
}

/**
 * An account of the directory: of who comes in, one that gave its password; of who is dialled, the one that was asked
 * for. A number behind a gateway is never one, whatever its presence says.
 */
function accountOf(event: EslFields, name: string, isOutbound: boolean): string | undefined {
  const isGateway = name.startsWith('sofia/') && !name.includes('@');
  if (isGateway || name.startsWith('loopback/')) return undefined;
  const joined = (user: string | undefined, domain: string | undefined): string | undefined =>
    user === undefined ? undefined : domain === undefined ? user : `${user}@${domain}`;
  if (!isOutbound) return joined(event.variable('user_name'), event.variable('domain_name'));
  return known(event.get('Channel-Presence-ID')) ?? joined(event.variable('dialed_user'), event.variable('dialed_domain'));
}

/** Both halves of a loopback name the other one; the first half's id stands for both. */
function pairOf(event: EslFields, uniqueId: string, name: string): string | undefined {
  if (!name.startsWith('loopback/')) return undefined;
  const other = event.variable('other_loopback_leg_uuid');
  if (other === undefined) return uniqueId;
  return name.endsWith('-b') ? other : uniqueId;
}

/** `sofia/external/4912`, `sofia/internal/101@host:5060`, `loopback/101-a`: its destination becomes another by a transfer. */
function dialledOf(event: EslFields, name: string): string | undefined {
  const [, user] = /^(?:sofia\/[^/]+|loopback|verto\.rtc)\/([^@/]+?)(?:-[ab])?(?:@.*)?$/.exec(name) ?? [];
  return known(dialledNumber(user ?? event.get('Caller-Destination-Number') ?? ''));
}

/** Who dialled it, by the dialplan or by a transfer; undefined: an order from outside. */
const originatorOf = (event: EslFields): string | undefined => event.variable('originator');

/** A channel is there: told by its first events, each of which may be the one that is not lost. */
function begun(event: EslFields, channel: ChannelFacts): readonly JournalFact[] {
  if (event.get('Call-Direction') !== 'outbound') return [{ type: 'channel-created', channel }];
  const originator = originatorOf(event);
  const dialString = channel.callerNumber ?? '';
  if (originator !== undefined) {
    const from = otherOf(event, originator);
    return [...transferOfDialled(event, from), { type: 'dial-began', from, to: channel, dialString }];
  }
  return [...tied(event, channel), { type: 'dial-began', from: undefined, to: channel, dialString }, ...marks(event, channel)];
}

/** A leg for a caller who waits in a queue: of `mod_callcenter`, or one of ours that has an id of the switch's. */
function tied(event: EslFields, { uniqueId }: ChannelFacts): readonly JournalFact[] {
  const to = event.variable('cc_member_session_uuid');
  if (to === undefined || to === uniqueId || event.variable('tandem_leg') === uniqueId) return [];
  return [{ type: 'leg-tied', leg: uniqueId, to, queue: event.variable('cc_queue') ?? '', agent: event.variable('cc_agent') }];
}

function marks(event: EslFields, channel: ChannelFacts): readonly JournalFact[] {
  const [origin, binding] = [event.variable('tandem_origin'), event.variable('tandem_crm')];
  return origin === undefined && binding === undefined ? [] : [{ type: 'marked', channel, origin, binding }];
}

// ------------------------------------------------------------------ bridges and transfers

interface TransferSource {
  readonly id: string;
  readonly kind: string;
  readonly to: string;
  readonly atMs: number;
}

/** `1795345751:39aa2281-...:bl_xfer:1012/public/XML`, `1795345771:bba9d973-...:uuid_br:ab2ef1a9-...` */
function transferSource(event: EslFields): TransferSource | undefined {
  const [, seconds = '', id = '', kind = '', to = ''] =
    /^(\d{1,12}):([^:]+):(\w+):(.*)$/.exec(event.variable('transfer_source') ?? '') ?? [];
  return id === '' ? undefined : { id, kind, to, atMs: Number(seconds) * 1_000 };
}

function ends(event: EslFields, channel: ChannelFacts): readonly [ChannelFacts, ChannelFacts] | undefined {
  const [a, b] = [known(event.get('Bridge-A-Unique-ID')), known(event.get('Bridge-B-Unique-ID'))];
  if (a === undefined || b === undefined) return undefined;
  const of = (id: string): ChannelFacts => (id === channel.uniqueId ? channel : otherOf(event, id));
  return [of(a), of(b)];
}

function bridged(event: EslFields, channel: ChannelFacts): readonly JournalFact[] {
  const both = ends(event, channel);
  if (!both) return [];
  const [a, b] = both;
  const bridge = bridgeName(a.uniqueId, b.uniqueId);
  // who is known by an id alone has begun before anybody listened: the list of channels tells
  const entered = both.flatMap((end) =>
    end.name === '' ? [] : [{ type: 'bridge-entered', bridge, channel: end, swap: undefined } as const],
  );
  const source = transferSource(event);
  const other = a.uniqueId === channel.uniqueId ? b : a;
  if (source?.kind !== 'uuid_br' || source.to !== other.uniqueId) return entered;
  const { id } = source;
  const joined = { transferer: undefined, transferee: channel.uniqueId, target: other.uniqueId, isSuccess: true, id };
  return [...entered, { type: 'attended-transferred', ...joined }];
}

/** The switch notes a transfer by the second; what is older was another one. */
const transferMsMax = 5_000;

function unbridged(event: EslFields, channel: ChannelFacts): readonly JournalFact[] {
  const both = ends(event, channel);
  if (!both) return [];
  const [a, b] = both;
  const bridge = bridgeName(a.uniqueId, b.uniqueId);
  const left = both.map((end) => ({ type: 'bridge-left', bridge, channel: end }) as const);
  const source = transferSource(event);
  // a channel that was sent elsewhere has no partner in its new place; one whose talk is over still names the old one
  const isSent = source?.kind === 'bl_xfer' && known(event.get('Other-Leg-Unique-ID')) === undefined;
  const isNow = source !== undefined && Math.abs((eslTimeMs(event) ?? source.atMs) - source.atMs) <= transferMsMax;
  const [extension = '', context = '', dialplan] = source?.to.split('/') ?? [];
  if (!source || !isSent || !isNow || dialplan !== 'XML' || event.get('Call-Direction') === 'outbound') return left;
  const transferer = a.uniqueId === channel.uniqueId ? b.uniqueId : a.uniqueId;
  const transfer = { transferer, transferee: channel.uniqueId, extension, context, isSuccess: true, id: source.id };
  return [{ type: 'blind-transferred', ...transfer }, ...left];
}

/**
 * A channel that was dialled itself and now dials somebody was sent to the dialplan: its partner has transferred it. Of such
 * a one no event tells earlier.
 */
function transferOfDialled(event: EslFields, { uniqueId, extension = '' }: ChannelFacts): readonly JournalFact[] {
  if (event.get('Other-Leg-Direction') !== 'outbound') return [];
  const context = event.get('Other-Leg-Context') ?? '';
  return [{ type: 'blind-transferred', transferer: undefined, transferee: uniqueId, extension, context, isSuccess: true }];
}

// ------------------------------------------------------------------ ends

/** Causes without a number of Q.850 of their own, as the nearest one; FreeSWITCH itself says 16 for all of them. */
const causes: Readonly<Record<string, number>> = {
  LOSE_RACE: 26,
  PICKED_OFF: 26,
  NO_ANSWER: 19,
  ALLOTTED_TIMEOUT: 19,
  PROGRESS_TIMEOUT: 18,
  USER_NOT_REGISTERED: 20,
  USER_CHALLENGE: 21,
  DECLINE: 21,
  UNWANTED: 21,
  BUSY_EVERYWHERE: 17,
  DOES_NOT_EXIST_ANYWHERE: 1,
  GATEWAY_DOWN: 27,
  INVALID_GATEWAY: 27,
  INVALID_PROFILE: 27,
  INVALID_URL: 28,
  CRASH: 41,
  SYSTEM_SHUTDOWN: 41,
};

function causeOf(event: EslFields): number {
  const word = event.get('Hangup-Cause') ?? event.variable('hangup_cause') ?? '';
  const named = Object.hasOwn(causes, word) ? causes[word] : undefined;
  return named ?? numberOf(event.variable('hangup_cause_q850')) ?? 0;
}

const numberOf = (text: string | undefined): number | undefined => (/^\d{1,3}$/.test(text ?? '') ? Number(text) : undefined);
