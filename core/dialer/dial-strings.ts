/**
 * What a switch is told to call a customer: the literal commands of the reference for FreeSWITCH (dialer.md A9, A10), our
 * own for calls whose agent comes from Tandem's queues, and the same as an AMI Originate. Nothing is quoted and nothing
 * is repaired: a value that is not of its kind is TDM_BAD_VALUE with its field, so that no contact can bring a variable,
 * a second target or a line of its own (A10 "Building the string").
 */
import { TandemError } from '../errors.js';
import type { OriginateOrder } from './engine-words.js';

export interface DialPlaces {
  /** FreeSWITCH: context of the sample `tandem_dialer.xml`, for calls of our own agents, and for IVR calls without a domain */
  readonly context: string;
  /** extension there at which an answered call of ours arrives */
  readonly extension: string;
  /** Asterisk: contexts of `tandem-dialer.conf`, by the kind of the call */
  readonly contexts: Readonly<Record<OriginateOrder['kind'], string>>;
}

export const dialPlaces: DialPlaces = {
  context: 'tandem_dialer',
  extension: 'answered',
  contexts: { ivr: 'tandem-dialer-ivr', 'agent-connector': 'tandem-dialer-agent', 'agent-native': 'tandem-dialer-queue' },
};

interface FieldRule {
  readonly pattern: RegExp;
  readonly says: string;
}

const letters = 'letters, digits';
const fields = {
  /** the contact's id (A2), with the number of the call behind it */
  callId: { pattern: /^[A-Za-z0-9_.:@-]{1,50}$/, says: `${letters}, _ . : @ -, at most 50` },
  campaignId: { pattern: /^[A-Za-z0-9_.:@-]{1,40}$/, says: `${letters}, _ . : @ -, at most 40` },
  number: { pattern: /^\+?[0-9*#]{2,20}$/, says: '2 to 20 of 0-9 * #, possibly behind a +' },
  gateway: { pattern: /^[A-Za-z0-9_.:@-]{1,40}$/, says: `${letters}, _ . : @ -, at most 40` },
  endpoint: { pattern: /^[A-Za-z0-9_.-]{1,40}$/, says: `${letters}, _ . -, at most 40` },
  callerId: { pattern: /^\+?[A-Za-z0-9_.*#-]{1,40}$/, says: `${letters}, _ . * # -, possibly behind a +, at most 40` },
  ivr: { pattern: /^[A-Za-z0-9_.*#@-]{1,20}$/, says: `${letters}, _ . * # @ -, at most 20` },
  agentExtension: { pattern: /^\+?[A-Za-z0-9_.*#@-]{1,40}$/, says: `${letters}, _ . * # @ -, at most 40` },
  // blanks are what it stands in single quotes for
  queueName: { pattern: /^(?! )[A-Za-z0-9_.*# @-]{0,40}(?<! )$/, says: `${letters}, _ . * # @ - and blanks inside, at most 40` },
  serviceIdentifier: { pattern: /^[A-Za-z0-9_.:@+*#-]{0,40}$/, says: `${letters}, _ . : @ + * # -, at most 40` },
  domain: { pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/, says: `${letters}, . _ -, at most 253` },
} as const satisfies Record<string, FieldRule>;

const soundName = /^[A-Za-z0-9_/](?:[A-Za-z0-9_./:+~-]{0,198}[A-Za-z0-9_])?$/;

function checked(kind: keyof typeof fields, value: string): string {
  const { pattern, says } = fields[kind];
  if (pattern.test(value)) return value;
  throw new TandemError('TDM_BAD_VALUE', [`dial string ${kind}`, value === '' ? 'it is empty' : `only ${says}`]);
}

function checkedMs(what: string, ms: number, max: number): number {
  if (Number.isInteger(ms) && ms >= 1 && ms <= max) return ms;
  throw new TandemError('TDM_BAD_VALUE', [`dial string ${what}`, `a whole number of ms from 1 to ${max}`]);
}

/** Longest time to ring, and for AMD. */
export const ringMsMax = 600_000;
export const amdMsMax = 10_000;

type Pairs = readonly (readonly [string, string])[];
const joined = (pairs: Pairs): string => pairs.map(([name, value]) => `${name}=${value}`).join(',');

// ------------------------------------------------------------------ FreeSWITCH

/** The command `originate`, one line, without `bgapi`. Throws TDM_BAD_VALUE. */
export function freeswitchOriginate(order: OriginateOrder, places: DialPlaces = dialPlaces): string {
  const target = `sofia/gateway/${checked('gateway', order.gateway)}/${checked('number', order.number)}`;
  switch (order.kind) {
    case 'ivr':
      return ivrCommand(order, target, places);
    case 'agent-connector':
      return connectorCommand(order, target);
    case 'agent-native':
      return nativeCommand(order, target, places);
  }
}

/** A9. Without `ignore_early_media` the carrier's announcement counts as an answer, so it is sent unless the strings are to be literal. */
function ivrCommand(order: OriginateOrder, target: string, { context }: DialPlaces): string {
  const ivr = checked('ivr', order.ivr);
  const callerId = order.strictStrings || order.callerId === '' ? ivr : checked('callerId', order.callerId);
  // without an address of the reference's kind the dialplan's own context takes the call
  const hasDomain = order.strictStrings || order.domain !== '';
  const place = hasDomain ? checked('domain', order.domain) : context;
  const variables: Pairs = [
    ...(order.strictStrings ? [] : [['ignore_early_media', 'true'] as const]),
    ['session_in_hangup_hook', 'true'],
    ...(hasDomain ? [['domain_name', place] as const] : []),
    ['record_session', recorded(order)],
    ['origination_caller_id_name', callerId],
    ['origination_caller_id_number', callerId],
    ['call_direction', 'outbound'],
    ['origination_uuid', checked('callId', order.callId)],
  ];
  return `originate {${joined(variables)}}${target} ${ivr} XML ${place}`;
}

/** A10. The headers of the customer's leg reach the carrier, too: what the reference's dialplan and desktops read is kept as it is. */
function connectorCommand(order: OriginateOrder, target: string): string {
  const callId = checked('callId', order.callId);
  const agent = checked('agentExtension', order.agentExtension);
  const callerId = order.strictStrings || order.callerId === '' ? agent : checked('callerId', order.callerId);
  const domain = checked('domain', order.domain);
  const variables: Pairs = [
    ['ignore_early_media', 'true'],
    ['session_in_hangup_hook', 'true'],
    ['sip_h_X-Destination-Number', checked('serviceIdentifier', order.serviceIdentifier)],
    ['sip_h_X-CallType', order.mode],
    ['customer_number', checked('number', order.number)],
    ['sip_h_X-CALL-VARIABLE0', callId],
    ['sip_h_X-Call-Id', callId],
    ['domain_name', domain],
    ['record_session', recorded(order)],
    ['call_direction', 'outbound'],
    ['sip_h_X-queueType', order.queueType],
    ['sip_h_X-queue', `'${checked('queueName', order.queueName)}'`],
    ['origination_uuid', callId],
    ['origination_caller_id_name', callerId],
    ['origination_caller_id_number', callerId],
    ['sip_h_X-agentExtension', agent],
  ];
  return `originate {${joined(variables)}}${target} agent XML ${domain}`;
}

/** Ours: plain variables, which no carrier sees; the agent's leg is the queue engine's. */
function nativeCommand(order: OriginateOrder, target: string, { context, extension }: DialPlaces): string {
  const callId = checked('callId', order.callId);
  const ringS = Math.ceil(checkedMs('ring timeout', order.ringTimeoutMs, ringMsMax) / 1_000);
  const callerId = order.callerId === '' ? undefined : checked('callerId', order.callerId);
  const variables: Pairs = [
    ['ignore_early_media', 'true'],
    ['originate_timeout', String(ringS)],
    ['session_in_hangup_hook', 'true'],
    ['origination_uuid', callId],
    ...(callerId === undefined
      ? []
      : [['origination_caller_id_name', callerId] as const, ['origination_caller_id_number', callerId] as const]),
    ['call_direction', 'outbound'],
    ['customer_number', checked('number', order.number)],
    ['tandem_call_id', callId],
    ['tandem_campaign', checked('campaignId', order.campaignId)],
    ['record_session', recorded(order)],
    ...amdOf(order).map((ms) => ['tandem_amd', ms] as const),
    ...soundOf(order).map((sound) => ['tandem_safe_harbour', sound] as const),
  ];
  return `originate {${joined(variables)}}${target} ${extension} XML ${context}`;
}

/** The reference has its dialplan record every call. */
const recorded = ({ kind, strictStrings, record }: OriginateOrder): string => String(record || (strictStrings && kind !== 'agent-native'));

/** None, or the one value. */
const amdOf = ({ amd }: OriginateOrder): readonly string[] =>
  amd.mode === 'switch' ? [String(checkedMs('amd', amd.maxMs, amdMsMax))] : [];
/** One that cannot be written so (FreeSWITCH has sources with parameters) is left out: the dialplan has its own message. */
const soundOf = ({ fallbackSound = '' }: OriginateOrder): readonly string[] => (soundName.test(fallbackSound) ? [fallbackSound] : []);

// ------------------------------------------------------------------ Asterisk

/** The fields of an AMI Originate, without Action, ActionID and Async, which the link adds (A10 "the same through AMI"). */
export interface AsteriskDial {
  readonly Channel: string;
  readonly ChannelId: string;
  readonly Context: string;
  readonly Exten: string;
  readonly Priority: 1;
  readonly CallerID?: string;
  readonly Timeout: number;
  readonly EarlyMedia: 'false';
  readonly Variable: Readonly<Record<string, string>>;
}

/** Ids of one length: none begins another. Behind it the number of the contact's call, of which one lives at a time. */
const isUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.\d+)?$/i;
/** No id has it. */
const idEnd = '~';

/**
 * The id of a call's channel on Asterisk: the call's own where it is a UUID (A10). Asterisk refuses an id with which another
 * channel's id *begins* (`call-1` while `call-12` lives), so any other id gets an end that none goes on behind.
 */
export const asteriskChannelId = (callId: string): string => (isUuid.test(callId) ? callId : `${callId}${idEnd}`);

/** The call whose channel has this id, on both switches. */
export const callIdOfChannel = (uniqueId: string): string => (uniqueId.endsWith(idEnd) ? uniqueId.slice(0, -1) : uniqueId);

/** Throws TDM_BAD_VALUE. */
export function asteriskOriginate(order: OriginateOrder, { contexts }: DialPlaces = dialPlaces): AsteriskDial {
  const callId = checked('callId', order.callId);
  const number = checked('number', order.number);
  const callerId = asteriskCallerId(order);
  return {
    Channel: `PJSIP/${number}@${checked('endpoint', order.gateway)}`,
    ChannelId: asteriskChannelId(callId),
    Context: contexts[order.kind],
    Exten: order.kind === 'ivr' ? checked('ivr', order.ivr) : 's',
    Priority: 1,
    ...(callerId !== undefined && { CallerID: callerId }),
    Timeout: checkedMs('ring timeout', order.ringTimeoutMs, ringMsMax),
    EarlyMedia: 'false',
    Variable: {
      __TANDEM_CALL_ID: callId,
      __TANDEM_CAMPAIGN: checked('campaignId', order.campaignId),
      record_session: recorded(order),
      call_direction: 'outbound',
      customer_number: number,
      ...(recorded(order) === 'true' && { TANDEM_RECORDING: asteriskRecording(order) }),
      ...(order.kind === 'agent-connector' && connectorVariables(order)),
      ...Object.fromEntries(amdOf(order).map((ms) => ['TANDEM_AMD', ms])),
      ...Object.fromEntries(soundOf(order).map((sound) => ['TANDEM_SAFE_HARBOUR', sound])),
    },
  };
}

/** File below Asterisk's folder for recordings; `/` and `:` of ids would be folders and drives. */
export const asteriskRecording = ({ callId, campaignId }: Pick<OriginateOrder, 'callId' | 'campaignId'>): string =>
  `dialer/${campaignId.replace(/[^A-Za-z0-9_-]/g, '_')}/${callId.replace(/[^A-Za-z0-9_-]/g, '_')}.wav`;

/** IVR calls: the IVR's number; agent calls of the connector: the agent's; otherwise, and unless literal, the campaign's. */
function asteriskCallerId(order: OriginateOrder): string | undefined {
  const { kind, strictStrings } = order;
  const isLiteral = strictStrings && kind !== 'agent-native';
  const own = isLiteral || order.callerId === '' ? undefined : checked('callerId', order.callerId);
  if (kind === 'ivr') {
    const shown = own ?? checked('ivr', order.ivr);
    return `"${shown}" <${shown}>`;
  }
  if (kind === 'agent-connector') return own ?? checked('agentExtension', order.agentExtension);
  return own === undefined ? undefined : `"${own}" <${own}>`;
}

const connectorVariables = (order: OriginateOrder): Readonly<Record<string, string>> => ({
  agent_extension: checked('agentExtension', order.agentExtension),
  queue_name: checked('queueName', order.queueName),
  service_identifier: checked('serviceIdentifier', order.serviceIdentifier),
});
