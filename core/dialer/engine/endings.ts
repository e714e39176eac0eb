/** The end of a call (dialer.md A11, A12, B5, B6): one change with the contact, the record and the messages, exactly once. */
import type { CallRecord } from '../contact.js';
import type { DialerAuditEntry, DialerEvent, OutboxMessage } from '../engine-words.js';
import type { EndFacts, EndResult } from '../results.js';
import type { RetryPlan } from '../retry.js';
import { invalidGateway } from '../words.js';
import type { CallResult } from '../words.js';
import { leftAfterHisTime } from './arrivals.js';
import { lostAgainMs } from './bounds.js';
import { isMachine, isPlaced } from './call.js';
import type { Call } from './call.js';
import { breakerChanged, gatewayChecked, gatewayOf } from './gateways.js';
import { failCall, forget, giveBack } from './launches.js';
import { callResultMessages, endChatMessages } from './messages.js';
import { toldFailed } from './pacing-groups.js';
import type { DialerWorld } from './world.js';

export type CallEnd = Omit<Extract<DialerEvent, { type: 'call-ended' }>, 'type' | 'callId'>;

/** `call_result` VARCHAR(40) */
const causeLengthMax = 40;

export function endCall(w: DialerWorld, call: Call, end: CallEnd): void {
  if (!isPlaced(call)) return;
  if (end.cause === 'INVALID_GATEWAY' || end.cause === 'GATEWAY_DOWN') {
    gatewayRefused(w, call, end.cause);
    return;
  }
  takeFacts(w, call, end);
  if (isTalkUnknown(call)) {
    loseCall(w, call, end);
    return;
  }
  leftAfterHisTime(w, call, endedAtOf(w, call, end));
  const verdict = w.rules.resultOf(factsOf(w, call, end));
  const plan = planAfter(w, call, verdict.result, verdict.countsAsAttempt);
  finish(w, call, end, verdict, plan);
}

const planAfter = (w: DialerWorld, call: Call, result: CallResult, countsAsAttempt: boolean): RetryPlan =>
  w.rules.planAfter(call.contact, w.campaignOf(call), result, w.nowMs, countsAsAttempt, (part) =>
    w.tally(call.campaign.id).dayParts.rateOf(part),
  );

/** After a restart: it was answered, and nobody can say whether an agent had it. */
const isTalkUnknown = (call: Call): boolean =>
  call.from === undefined &&
  call.kind === 'agent-native' &&
  call.answeredAtMs !== undefined &&
  call.arrivedAtMs === undefined &&
  call.offeredAtMs === undefined &&
  call.bridgedAtMs === undefined;

/** A8: what the originate says of a gateway is what a check would have said. */
function gatewayRefused(w: DialerWorld, call: Call, cause: 'INVALID_GATEWAY' | 'GATEWAY_DOWN'): void {
  const state = cause === 'INVALID_GATEWAY' ? 'invalid' : 'down';
  gatewayChecked(w, call.switch, call.gateway, state, 'said by a call');
  if (state === 'invalid') failCall(w, call, invalidGateway, 'GATEWAY_INVALID');
  else {
    call.placedAtMs = undefined; // there was no channel: the next call has its id (A2)
    giveBack(w, call, 'GATEWAY_DOWN');
  }
}

/** What the switch says at the end and nobody has said before. */
function takeFacts(w: DialerWorld, call: Call, end: CallEnd): void {
  const known = (ms: number | undefined): number | undefined =>
    ms !== undefined && ms > 0 ? Math.max(call.placedAtMs ?? ms, Math.min(ms, w.nowMs)) : undefined;
  if (call.answeredAtMs === undefined && known(end.answeredAtMs) !== undefined) {
    call.answeredAtMs = known(end.answeredAtMs);
    w.tally(call.campaign.id).answered++;
  } else if (call.from === undefined && call.answeredAtMs !== undefined) {
    // after a restart it may only be known since when it was seen to be answered
    call.answeredAtMs = Math.min(call.answeredAtMs, known(end.answeredAtMs) ?? Infinity);
  }
  // a native call is joined with music and prompts too: there only the queue says that an agent had it
  if (call.kind === 'agent-connector' || call.from === undefined) call.bridgedAtMs ??= known(end.bridgedAtMs);
}

function factsOf(w: DialerWorld, call: Call, end: CallEnd): EndFacts {
  const isAnswered = call.answeredAtMs !== undefined;
  return {
    cause: end.cause,
    q850: end.q850,
    sip: end.sip,
    hadProgress: end.hadProgress ?? (call.ringingAtMs === undefined ? undefined : true),
    lastedMs: call.placedAtMs === undefined ? undefined : Math.max(0, endedAtOf(w, call, end) - call.placedAtMs),
    isAnswered,
    answeredForMs: call.answeredAtMs === undefined ? undefined : endedAtOf(w, call, end) - call.answeredAtMs,
    isBridged: call.bridgedAtMs !== undefined,
    isIvr: call.kind === 'ivr',
    // the connector's extension offers an answered call to its agent at once (A12)
    isOffered: call.offeredAtMs !== undefined || (call.kind === 'agent-connector' && isAnswered),
    isWaitedOut: call.waitedOutAtMs !== undefined,
    endedBy: end.endedBy,
    hangUpReason: call.hangUpReason,
    amd: call.amd,
    causeBefore: isOfThisNumber(w, call) ? call.contact.callResult : undefined,
  };
}

/** What the contact's last call came to was said of the number that is called now: after a wrong one it has another. */
function isOfThisNumber(w: DialerWorld, call: Call): boolean {
  const { result } = call.contact;
  return result === 'UNREACHABLE' || (result === 'INVALID_NUMBER' && w.campaignOf(call).confirmInvalid);
}

/** A switch writes its moments in steps of its own timer: none is before what came before it. */
function endedAtOf(w: DialerWorld, call: Call, { atMs }: CallEnd): number {
  const { placedAtMs = -Infinity, answeredAtMs = -Infinity, bridgedAtMs = -Infinity } = call;
  return Math.max(placedAtMs, answeredAtMs, bridgedAtMs, Math.min(w.nowMs, atMs));
}

function finish(w: DialerWorld, call: Call, end: CallEnd, verdict: EndResult, plan: RetryPlan): void {
  const { contact } = call;
  const record = recordOf(w, call, end, verdict);
  const cause = end.cause.slice(0, causeLengthMax);
  forget(w, call);
  w.change({
    transition: {
      contactId: contact.id,
      from: call.status,
      to: plan.to,
      callResult: cause,
      result: plan.result,
      nextAttemptAtMs: plan.nextAttemptAtMs,
      numberIndex: plan.numberIndex,
      counts: {
        attempt: verdict.countsAsAttempt,
        result: verdict.result,
        dayPart: dayPartOf(w, call),
      },
    },
    record,
    outbox: messagesOf(w, call, record, plan, cause),
    audit: auditOf(w, call, record, plan),
  });
  learn(w, call, record, verdict);
  w.notice({ type: 'call-ended', campaign: call.campaign.id, callId: call.id, result: record.result, cause });
}

const dayPartOf = (w: DialerWorld, call: Call): number => w.rules.dayPartOf(call.contact, w.campaignOf(call), call.placedAtMs ?? w.nowMs);

function recordOf(w: DialerWorld, call: Call, end: CallEnd, verdict: EndResult): CallRecord {
  const { contact } = call;
  return {
    callId: call.id,
    contactId: contact.id,
    campaignId: call.campaign.id,
    listId: contact.listId,
    mode: call.mode,
    number: call.number,
    numberKey: call.numberKey,
    callerId: call.callerId,
    switch: call.switch,
    gateway: call.gateway,
    placedAtMs: call.placedAtMs ?? w.nowMs,
    ringingAtMs: call.ringingAtMs,
    answeredAtMs: call.answeredAtMs,
    offeredAtMs: call.offeredAtMs,
    bridgedAtMs: call.bridgedAtMs,
    endedAtMs: endedAtOf(w, call, end),
    cause: end.cause.slice(0, causeLengthMax),
    q850: end.q850,
    sip: end.sip,
    result: verdict.result,
    countsAsAttempt: verdict.countsAsAttempt,
    agent: call.agent,
    amd: call.amd,
    messageAtMs: call.messageAtMs,
    messageMs: call.messageMs,
    optedOut: call.optedOut,
    endedBy: isOursToEnd(call) && end.endedBy === 'unknown' ? 'us' : end.endedBy,
    decisionAtMs: call.decisionAtMs,
    recording: end.recording,
  };
}

/** Of a call that was lost nobody knows who ended it: it is not one that we let ring too short a time (B10). */
const isOursToEnd = ({ hangUpReason }: Call): boolean => hangUpReason !== undefined && hangUpReason !== 'lost';

/** One call-result for each contact that is over (A17.4). An agent of the connector who waits is freed (A12, A17.3). */
function messagesOf(w: DialerWorld, call: Call, record: CallRecord, plan: RetryPlan, callResult: string): readonly OutboxMessage[] {
  const { reserved, contact } = call;
  const { answeredAtMs, bridgedAtMs } = record;
  // Whoever hung up: the agent waits for nobody. After a restart his extension may be unknown; the customer's number says whose chat it is.
  const isAlone = call.kind === 'agent-connector' && bridgedAtMs === undefined;
  const isFree = isAlone && (answeredAtMs !== undefined || plan.to === 'pending');
  const about = { callId: call.id, customerNumber: call.number, agentExtension: reserved?.agentExtension ?? '' };
  const endChats = isFree ? endChatMessages(w, about, answeredAtMs === undefined ? 'NOT_REACHED' : 'CUSTOMER_DROPPED') : [];
  if (plan.to === 'pending') return endChats;
  const { placedAtMs, endedAtMs, result, agent } = record;
  const outcome = { callId: call.id, contact, callResult, result, placedAtMs, answeredAtMs, bridgedAtMs, endedAtMs, agent };
  return [...endChats, ...callResultMessages(w, w.campaignOf(call), outcome)];
}

/** B10: every abandoned call, with its evidence; a number that does not exist. */
function auditOf(w: DialerWorld, call: Call, record: CallRecord, plan: RetryPlan): readonly DialerAuditEntry[] {
  const entries: DialerAuditEntry[] = [];
  if (record.result === 'ABANDONED') {
    const { numberKey, answeredAtMs, messageAtMs, messageMs, optedOut, endedAtMs } = record;
    const waitedMs = (call.waitedOutAtMs ?? endedAtMs) - ((call.kind === 'ivr' ? call.offeredAtMs : answeredAtMs) ?? endedAtMs);
    const message =
      messageAtMs === undefined ? 'no message' : `message at ${new Date(messageAtMs).toISOString()}, ${messageMs ?? 0} ms of it played`;
    entries.push(
      w.auditOf(`call ${call.id}`, 'call-abandoned', call.waitedOutReason || 'ended by us', {
        before: `number ${numberKey}, answered ${answeredAtMs === undefined ? 'at an unknown time' : new Date(answeredAtMs).toISOString()}`,
        after: `waited ${waitedMs} ms, ${message}, ${optedOut ? 'opted out' : 'no opt-out'}`,
      }),
    );
  }
  if (plan.numberBad) entries.push(w.auditOf(`number ${record.numberKey}`, 'number-bad', plan.why));
  return entries;
}

/** Reasons of ours that say nothing about line or contact. */
const ourReasons: readonly Call['hangUpReason'][] = ['campaign', 'stopped', 'collapse', 'no-agent', 'lost'];

function learn(w: DialerWorld, call: Call, record: CallRecord, verdict: EndResult): void {
  toldFailed(w, call, record.cause);
  if (ourReasons.includes(call.hangUpReason)) return;
  const gateway = gatewayOf(w, call.switch, call.gateway);
  if (gateway.breaker.ended(call.id, verdict, w.nowMs)) breakerChanged(w, gateway);
  if (!verdict.countsAsAttempt && call.answeredAtMs === undefined) return;
  const isPerson = call.answeredAtMs !== undefined && !isMachine(call.amd);
  const { sorter, dayParts } = w.tally(call.campaign.id);
  dayParts.learn(dayPartOf(w, call), isPerson);
  if (call.from) sorter.learn(call.from.traits, isPerson);
}

/** What a call had come to before it was lost: who was abandoned counts as that, whatever becomes of the link meanwhile (B4). */
function knownOf(call: Call): CallResult | undefined {
  if (call.bridgedAtMs !== undefined) return call.kind === 'ivr' && call.agent === undefined ? 'CONNECTED_IVR' : 'CONNECTED';
  if (call.amd === 'MACHINE' || call.amd === 'FAX') return call.amd;
  return call.waitedOutAtMs === undefined ? undefined : 'ABANDONED';
}

/**
 * A15: the switch does not know this call any more and nobody told its end. One that had been answered is over; one that
 * never was waits again, counted as an attempt.
 */
export function loseCall(w: DialerWorld, call: Call, said?: CallEnd): void {
  const lost: CallResult = 'LOST';
  const end: CallEnd = {
    atMs: w.nowMs,
    q850: undefined,
    sip: undefined,
    hadProgress: undefined,
    answeredAtMs: undefined,
    bridgedAtMs: undefined,
    endedBy: 'unknown',
    recording: undefined,
    ...said,
    cause: lost,
  };
  const result = knownOf(call) ?? lost;
  const verdict = { result, countsAsAttempt: true, countsAgainstTrunk: false };
  call.hangUpReason ??= 'lost';
  const none = { numberBad: false, otherCallerId: false, guaranteedOnly: false, numberIndex: call.contact.numberIndex };
  if (call.answeredAtMs !== undefined) {
    finish(w, call, end, verdict, { ...none, to: 'ended', result, nextAttemptAtMs: undefined, why: 'gone after the answer' });
    return;
  }
  // as long after it as after a call that nobody answered; where the rules would not call again, not at once either: it may have rung
  const plan = planAfter(w, call, 'NO_ANSWER', true);
  const isOver = plan.to === 'ended' && plan.result === 'MAX_ATTEMPTS';
  finish(w, call, end, verdict, {
    ...none,
    ...(isOver
      ? plan
      : {
          to: 'pending' as const,
          result: lost,
          nextAttemptAtMs: plan.nextAttemptAtMs ?? w.nowMs + lostAgainMs,
          why: 'gone before an answer',
        }),
  });
}
