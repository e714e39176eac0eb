/** What Asterisk's events and answers say of calls to customers (dialer.md A8, A10, A11, B5; asterisk-behaviour 5). */
import { asteriskRecording } from '../core/dialer/dial-strings.js';
import type { DialSwitchEvent } from '../core/dialer/engine-words.js';
import type { GatewayState } from '../core/dialer/words.js';
import type { AmiPacket } from './ami-packet.js';
import type { DialCall } from './dial-calls.js';

/** ISDN causes by Asterisk's names, as they stand in the table of results (B5). */
const causeNames: Readonly<Record<number, string>> = {
  1: 'UNALLOCATED',
  2: 'NO_ROUTE_TRANSIT_NET',
  3: 'NO_ROUTE_DESTINATION',
  5: 'MISDIALLED_TRUNK_PREFIX',
  6: 'CHANNEL_UNACCEPTABLE',
  7: 'CALL_AWARDED_DELIVERED',
  8: 'PRE_EMPTED',
  14: 'NUMBER_PORTED_NOT_HERE',
  16: 'NORMAL_CLEARING',
  17: 'USER_BUSY',
  18: 'NO_USER_RESPONSE',
  19: 'NO_ANSWER',
  20: 'SUBSCRIBER_ABSENT',
  21: 'CALL_REJECTED',
  22: 'NUMBER_CHANGED',
  23: 'REDIRECTED_TO_NEW_DESTINATION',
  26: 'ANSWERED_ELSEWHERE',
  27: 'DESTINATION_OUT_OF_ORDER',
  28: 'INVALID_NUMBER_FORMAT',
  29: 'FACILITY_REJECTED',
  30: 'RESPONSE_TO_STATUS_ENQUIRY',
  31: 'NORMAL_UNSPECIFIED',
  34: 'CONGESTION',
  38: 'FAILURE',
  41: 'NORMAL_TEMPORARY_FAILURE',
  42: 'SWITCH_CONGESTION',
  43: 'ACCESS_INFO_DISCARDED',
  44: 'REQUESTED_CHAN_UNAVAIL',
  50: 'FACILITY_NOT_SUBSCRIBED',
  52: 'OUTGOING_CALL_BARRED',
  54: 'INCOMING_CALL_BARRED',
  57: 'BEARERCAPABILITY_NOTAUTH',
  58: 'BEARERCAPABILITY_NOTAVAIL',
  65: 'BEARERCAPABILITY_NOTIMPL',
  66: 'CHAN_NOT_IMPLEMENTED',
  69: 'FACILITY_NOT_IMPLEMENTED',
  81: 'INVALID_CALL_REFERENCE',
  88: 'INCOMPATIBLE_DESTINATION',
  95: 'INVALID_MSG_UNSPECIFIED',
  96: 'MANDATORY_IE_MISSING',
  97: 'MESSAGE_TYPE_NONEXIST',
  98: 'WRONG_MESSAGE',
  99: 'IE_NONEXIST',
  100: 'INVALID_IE_CONTENTS',
  101: 'WRONG_CALL_STATE',
  102: 'RECOVERY_ON_TIMER_EXPIRE',
  103: 'MANDATORY_IE_LENGTH_ERROR',
  111: 'PROTOCOL_ERROR',
  127: 'INTERWORKING',
};

export interface Cause {
  readonly cause: string;
  readonly q850: number | undefined;
}

const named = (q850: number): Cause => ({ cause: causeNames[q850] ?? `CAUSE_${q850}`, q850 });

/** Facts of one call, as they come; in any order. */
export interface EndFacts {
  /** Cause of Hangup; 0 says nothing; undefined: no Hangup yet */
  readonly cause: number | undefined;
  /** DialStatus of DialEnd */
  readonly dialStatus: string | undefined;
  /** Reason of OriginateResponse; undefined: not yet, or answered */
  readonly reason: number | undefined;
}

/** What has been heard of a call and its end. */
export interface HeardFacts {
  cause: number | undefined;
  dialStatus: string | undefined;
  reason: number | undefined;
  /** TechCause of Hangup */
  techCause: string | undefined;
  endedBy: 'customer' | 'us' | 'unknown';
  isRecorded: boolean;
}

const noFacts = (): HeardFacts => ({
  cause: undefined,
  dialStatus: undefined,
  reason: undefined,
  techCause: undefined,
  endedBy: 'unknown',
  isRecorded: false,
});

/** What was heard of a call so far; it goes with the call. */
export function createHeard(): (call: DialCall) => HeardFacts {
  const heard = new WeakMap<DialCall, HeardFacts>();
  return (call) => {
    const known = heard.get(call) ?? noFacts();
    heard.set(call, known);
    return known;
  };
}

const byDialStatus: Readonly<Record<string, Cause>> = { BUSY: named(17), CONGESTION: named(34), NOANSWER: named(19), CANCEL: named(19) };
/** A10. 3 keeps a name of its own: without any progress it speaks of the trunk, not of the customer (B5). */
const byReason: Readonly<Record<number, Cause>> = {
  0: named(38),
  1: named(19),
  3: { cause: 'ALLOTTED_TIMEOUT', q850: undefined },
  5: named(17),
  8: named(34),
};

/** Hangup first, DialEnd second, Reason last; undefined: nothing of it tells. */
export function causeOfFacts({ cause, dialStatus, reason }: EndFacts): Cause | undefined {
  if (cause !== undefined && cause > 0) return named(cause);
  return byDialStatus[dialStatus ?? ''] ?? (reason === undefined ? undefined : (byReason[reason] ?? byReason[0]));
}

/** Nothing tells: a call that was up has ended as calls do. */
export const causeOfNothing = (isAnswered: boolean): Cause => named(isAnswered ? 16 : 31);

/** `486`, `SIP 486 Busy Here`: the status behind the cause, where the channel has one. */
export function sipOf(techCause: string | undefined): number | undefined {
  const status = /\b([1-6]\d\d)\b/.exec(techCause ?? '')?.[1];
  return status === undefined ? undefined : Number(status);
}

/** ISDN causes with which we hang up, by the word for them. */
export const causeNumbers: Readonly<Record<string, number>> = { NO_ANSWER: 19 };

/** Asterisk's timer may be early by this. */
const timeoutSlackMs = 50;

/** A11. How our own hang-up is called does not depend on what the far end answered to it. */
export function endOf(call: DialCall, facts: HeardFacts, atMs: number): Extract<DialSwitchEvent, { readonly type: 'call-ended' }> {
  const { callId, order, killed, isAnswered } = call;
  const isCancelled = killed !== undefined && !isAnswered;
  const cause = isCancelled ? { cause: killed, q850: causeNumbers[killed] } : (causeOfFacts(facts) ?? causeOfNothing(isAnswered));
  // what Asterisk tells of its own time limit is how it would have said so itself
  const isTimedOut = cause.q850 === 19 && !isAnswered && atMs >= call.ringsUntilMs - timeoutSlackMs;
  // a dialplan that hangs up asks nobody
  const byDialplan = facts.endedBy === 'unknown' && isAnswered;
  return {
    type: 'call-ended',
    callId,
    atMs,
    ...cause,
    sip: isCancelled || isTimedOut ? undefined : sipOf(facts.techCause),
    hadProgress: call.hadProgress || isAnswered,
    answeredAtMs: undefined,
    bridgedAtMs: undefined,
    endedBy: killed !== undefined || byDialplan || isTimedOut ? 'us' : facts.endedBy,
    recording: facts.isRecorded && order ? asteriskRecording(order) : undefined,
  };
}

/** With `timestampevents` the switch says when; otherwise it is now. */
export function momentOf(event: AmiPacket, nowMs: number): number {
  const seconds = /^(\d{10}\.\d{1,6})$/.exec(event.get('timestamp') ?? '')?.[1];
  return seconds === undefined ? nowMs : Math.floor(Number(seconds) * 1_000);
}

/** A8, from the events of PJSIPShowEndpoint. */
export function endpointState(events: readonly AmiPacket[]): GatewayState {
  const detail = events.find(({ event }) => event === 'EndpointDetail');
  if (!detail) return 'invalid';
  const device = detail.get('devicestate')?.toLowerCase() ?? '';
  if (device === 'invalid') return 'invalid';
  if (device === 'unavailable') return 'down';
  const contacts = events.filter(({ event }) => event === 'ContactStatusDetail').map((event) => event.get('status')?.toLowerCase() ?? '');
  return contacts.length > 0 && contacts.every((status) => /^(?:unavailable|unavail|unreachable|removed)$/.test(status)) ? 'down' : 'up';
}
