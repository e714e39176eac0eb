/**
 * Notifications to vTiger's Calls module (crm-vtiger 4): stock, one row per call; SalesPlatform, one row per call and
 * agent. Fields and their order as the CRMs were seen to read them. The signature is added by whoever sends.
 */
import { talkMsOf, talkMsOfCall } from '../journal/call.js';
import type { JournalCall, Leg, LegOutcome } from '../journal/call.js';
import type { JournalNotice } from '../journal/notices.js';
import { anonymous, cleanNumber, crmTime, customerNumber, label, secondsBetween, wholeSeconds } from './values.js';
import type { NumberRule } from './values.js';

export interface VtigerBinding {
  readonly edition: 'vtiger' | 'vtiger-sp';
  /** IANA zone of the CRM */
  readonly zone: string;
  readonly internalCalls: 'off' | 'caller' | 'both';
  /** owner of calls that no operator had; SalesPlatform only; '' = none */
  readonly missedOwner: string;
  /** numbers on their way to the CRM */
  readonly rules: readonly NumberRule[];
  readonly shortNumbers: ReadonlySet<string>;
  /** a user of the CRM has this extension: others must not be sent as agents (4.4) */
  knows(extension: string): boolean;
  /** link to a call's recording, at most 200 characters */
  linkOf(callId: string): string;
}

/** Fields of one request in order; `callstatus` first. */
export type VtigerMessage = readonly (readonly [string, string])[];

/** What cannot be told to this CRM, and why. */
export interface Undeliverable {
  readonly callId: string;
  readonly reason: string;
}

export interface VtigerMessages {
  readonly messages: readonly VtigerMessage[];
  readonly undeliverable?: Undeliverable | undefined;
}

const nothing: VtigerMessages = { messages: [] };

/** `owner`: extension of the responsible user of a caller whom nobody served, where it is known. */
export function vtigerMessages(binding: VtigerBinding, notice: JournalNotice, owner?: string): VtigerMessages {
  const { call } = notice;
  if (call.direction === 'internal' && binding.internalCalls === 'off') return nothing;
  if (notice.type === 'agent-no-answer') return nothing;
  return binding.edition === 'vtiger' ? stockMessages(binding, notice) : salesMessages(binding, notice, owner);
}

// ------------------------------------------------------------------ stock

function stockMessages(binding: VtigerBinding, notice: JournalNotice): VtigerMessages {
  const { call } = notice;
  switch (notice.type) {
    case 'call-started':
      // a call of the dialer has nobody yet, and without a user the CRM takes it for one that comes in, of an empty number
      return call.isAgentLate === true ? nothing : one(startApp(binding, call, callerOf(binding, call)));
    case 'leg-ringing':
      return isFirstOfLate(binding, call, notice.leg) ? one(startApp(binding, call, notice.leg.extension)) : nothing;
    case 'leg-answered':
      return binding.knows(notice.leg.extension) ? one(dialAnswer(binding, call, notice.leg)) : nothing;
    case 'call-ended':
      if (!hasUser(binding, call)) return nothing;
      return { messages: [hangup(binding, call, undefined), endCall(binding, call, undefined)] };
    case 'recording-ready':
      return hasUser(binding, call) ? one(record(binding, call, undefined)) : nothing;
    default:
      return nothing;
  }
}

const rungUsers = (binding: Pick<VtigerBinding, 'knows'>, call: JournalCall): readonly Leg[] =>
  call.legs.filter((leg) => leg.isTold && binding.knows(leg.extension));

/** Customer first: the CRM gets the call with the first of its users who is rung for him. */
export const isFirstOfLate = (binding: Pick<VtigerBinding, 'knows'>, call: JournalCall, leg: Leg): boolean =>
  call.isAgentLate === true && rungUsers(binding, call)[0] === leg;

/** False: a customer who was called by order, and for whom nobody of the CRM was rung; the CRM knows nothing of it. */
export const hasUser = (binding: Pick<VtigerBinding, 'knows'>, call: JournalCall): boolean =>
  call.isAgentLate !== true || rungUsers(binding, call).length > 0;

function startApp(binding: VtigerBinding, call: JournalCall, caller: string): VtigerMessage {
  const number = numberOf(binding, call);
  const isInbound = call.direction === 'inbound';
  const extension = isInbound ? '' : caller;
  return [
    ['callstatus', 'StartApp'],
    ['callUUID', call.id],
    // never the raw channel: an endpoint with a dash would be read as another's (4.2)
    ['channel', isInbound ? 'SIP/trunk-0' : `SIP/${extension}-0`],
    ['callerIdNumber', isInbound ? number : extension],
    ['callerIdName', isInbound ? formLabel(call.customer.name) || number : number],
    ['callerId', number],
    ['StartTime', crmTime(customerStart(call), binding.zone)],
  ];
}

// ------------------------------------------------------------------ SalesPlatform

function salesMessages(binding: VtigerBinding, notice: JournalNotice, owner: string | undefined): VtigerMessages {
  const { call } = notice;
  switch (notice.type) {
    case 'leg-ringing':
      return binding.knows(notice.leg.extension) ? one(dialBegin(binding, call, notice.leg.extension, startOf(call, notice.leg))) : nothing;
    case 'leg-answered':
      return binding.knows(notice.leg.extension) ? one(dialAnswer(binding, call, notice.leg)) : nothing;
    case 'leg-ended':
      if (!binding.knows(notice.leg.extension) || hasOtherTelephone(call, notice.leg)) return nothing;
      return { messages: [hangup(binding, call, notice.leg), endCall(binding, call, notice.leg)] };
    case 'call-ended':
      // who was called by order, and did not answer, has called nobody: not a row for each number of a campaign
      if (call.isAgentLate === true) return nothing;
      return rungUsers(binding, call).length > 0 ? nothing : missedByAll(binding, call, owner);
    case 'recording-ready':
      if (binding.knows(notice.extension)) return one(record(binding, call, notice.extension));
      if (call.isAgentLate === true && notice.extension === '') return nothing;
      return { messages: [], undeliverable: { callId: call.id, reason: 'recording of a talk without a user of the CRM' } };
    default:
      return nothing;
  }
}

/** His mobile, or a second telephone of the account, rings on, or was answered while this one rang: the row is that one's. */
const hasOtherTelephone = (call: JournalCall, leg: Leg): boolean =>
  leg.answeredAtMs === undefined &&
  call.legs.some(
    (other) =>
      other !== leg &&
      other.isTold &&
      other.extension === leg.extension &&
      (other.endedAtMs === undefined || (other.answeredAtMs ?? 0) >= leg.startedAtMs),
  );

/** Nobody's telephone rang: the CRM keeps no call without a user, so it becomes somebody's (4.4 item 6). */
function missedByAll(binding: VtigerBinding, call: JournalCall, owner: string | undefined): VtigerMessages {
  const extension = [owner, binding.missedOwner].find((name) => name !== undefined && name !== '' && binding.knows(name));
  if (extension === undefined)
    return { messages: [], undeliverable: { callId: call.id, reason: 'no agent was rung, and missedOwner is not set' } };
  const leg: Leg = {
    id: '',
    extension,
    kind: 'agent',
    number: '',
    startedAtMs: customerStart(call),
    answeredAtMs: undefined,
    endedAtMs: call.endedAtMs,
    talkMs: 0,
    talkingSinceMs: undefined,
    dialStatus: undefined,
    cause: undefined,
    outcome: 'missed',
    isConsultation: false,
    isTold: true,
  };
  return { messages: [dialBegin(binding, call, extension, leg.startedAtMs), hangup(binding, call, leg), endCall(binding, call, leg)] };
}

function dialBegin(binding: VtigerBinding, call: JournalCall, extension: string, startedAtMs: number): VtigerMessage {
  const number = numberOf(binding, call);
  const isInbound = call.direction === 'inbound';
  const line = formLabel(call.line.queue || call.line.did);
  return [
    ['callstatus', 'DialBegin'],
    ['callUUID', call.id],
    ['callerIdNumber', isInbound ? number : extension],
    ['dialString', isInbound ? extension : number],
    ...(isInbound && line !== '' ? [['connectedLineName', line] as const] : []),
    ['StartTime', crmTime(startedAtMs, binding.zone)],
  ];
}

// ------------------------------------------------------------------ both

/**
 * vTiger reads a value that begins with a bracket as JSON. A list where a text should be breaks its statement half way, and
 * the connection that it keeps holds the locks: nobody can save anything in the CRM any more.
 */
export const formLabel = (text: string): string => label(text).replace(/[[{]/g, '(').replace(/[\]}]/g, ')');

function dialAnswer(binding: VtigerBinding, call: JournalCall, leg: Leg): VtigerMessage {
  const number = numberOf(binding, call);
  const isInbound = call.direction === 'inbound';
  return [
    ['callstatus', 'DialAnswer'],
    ['callUUID', call.id],
    ['callerid1', isInbound ? number : leg.extension],
    ['callerid2', isInbound ? leg.extension : number],
  ];
}

/** 4.3: the outcome in the CRM's words. */
const words: Readonly<Record<LegOutcome, readonly [causetxt: string, hangupCause?: string]>> = {
  answered: ['Normal Clearing'],
  missed: ['Normal Clearing', 'NO ANSWER'],
  busy: ['User busy'],
  rejected: ['Call Rejected'],
  failed: ['failed'],
  lost: ['Answered elsewhere'],
};

function hangup(binding: VtigerBinding, call: JournalCall, leg: Leg | undefined): VtigerMessage {
  const [causetxt, hangupCause] = words[leg?.outcome ?? call.outcome ?? 'missed'];
  const { startMs, endMs } = span(call, leg);
  return [
    ['callstatus', 'Hangup'],
    ['callUUID', call.id],
    ['causetxt', causetxt],
    ...(hangupCause === undefined ? [] : [['HangupCause', hangupCause] as const]),
    ...(leg ? [['callerIdNum', leg.extension] as const] : []),
    // both, or the CRM takes its own clock (4.4)
    ['EndTime', crmTime(endMs, binding.zone)],
    ['Duration', secondsBetween(startMs, endMs)],
  ];
}

function endCall(binding: VtigerBinding, call: JournalCall, leg: Leg | undefined): VtigerMessage {
  const { startMs, endMs } = span(call, leg);
  return [
    ['callstatus', 'EndCall'],
    ['callUUID', call.id],
    ['starttime', crmTime(startMs, binding.zone)],
    ['endtime', crmTime(endMs, binding.zone)],
    ['duration', secondsBetween(startMs, endMs)],
    ['billableseconds', wholeSeconds(leg ? talkMsOf(leg, endMs) : talkMsOfCall(call, endMs))],
    ...(leg ? [['callerNumber', leg.extension] as const] : []),
  ];
}

const record = (binding: VtigerBinding, call: JournalCall, extension: string | undefined): VtigerMessage => [
  ['callstatus', 'Record'],
  ['callUUID', call.id],
  ['recordinglink', binding.linkOf(call.id)],
  ...(extension === undefined ? [] : [['callerNumber', extension] as const]),
];

export function span(call: JournalCall, leg: Leg | undefined): { readonly startMs: number; readonly endMs: number } {
  const endMs = leg?.endedAtMs ?? call.endedAtMs ?? call.lastEventAtMs;
  return { startMs: leg ? startOf(call, leg) : customerStart(call), endMs };
}

export const customerStart = (call: JournalCall): number => call.customerAtMs ?? call.startedAtMs;

/**
 * Who was rung for the customer from the begin has the whole call; who got him from another agent has it since he was rung
 * for that. An attended transfer is told of after its talk began, so what counts is that somebody had talked before.
 */
const startOf = (call: JournalCall, leg: Leg): number =>
  call.answeredAtMs !== undefined && leg.startedAtMs > call.answeredAtMs ? leg.startedAtMs : customerStart(call);

export function numberOf(binding: Pick<VtigerBinding, 'rules' | 'shortNumbers'>, call: JournalCall): string {
  // the other side of an internal call is an extension, and known by its few digits
  if (call.direction === 'internal') return cleanNumber(call.customer.number) || anonymous;
  return customerNumber(call.customer.number, binding.rules, binding.shortNumbers);
}

/** Who placed an outgoing call. */
export const callerExtension = (call: JournalCall): string => call.legs.find((leg) => leg.kind !== 'external')?.extension ?? '';

/** A user of the CRM, where one is on the call: it may have come to him from a telephone of others. */
const callerOf = (binding: Pick<VtigerBinding, 'knows'>, call: JournalCall): string =>
  call.legs.find(({ kind, extension }) => kind !== 'external' && binding.knows(extension))?.extension ?? callerExtension(call);

const one = (message: VtigerMessage): VtigerMessages => ({ messages: [message] });
