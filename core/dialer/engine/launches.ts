/** Claimed calls go out one after the other, at most so many a second (A7); those that wait too long go back. */
import type { OriginateOrder, OutboxMessage } from '../engine-words.js';
import { idsSpentMax } from './bounds.js';
import type { Call } from './call.js';
import { ivrOf } from './candidates.js';
import { refreshDue } from './due.js';
import { endChatMessages, failedMessages, queueTypeOf } from './messages.js';
import type { EndChatReason } from './messages.js';
import { gatewayOf } from './gateways.js';
import { callGone } from './holds.js';
import { putBack } from './hoppers.js';
import { toldPlaced } from './pacing-groups.js';
import type { DialerWorld } from './world.js';

/** Waits for a token; a call whose agent is held goes before those without (an agent waits for it). */
export function launch(w: DialerWorld, call: Call): void {
  call.stage = 'queued';
  call.queuedAtMs = w.nowMs;
  const isUrgent = call.hold !== undefined || call.reserved !== undefined;
  const behind = isUrgent ? w.launches.findIndex((other) => other.hold === undefined && other.reserved === undefined) : -1;
  w.launches.splice(behind === -1 ? w.launches.length : behind, 0, call);
  refreshDue(w, call);
}

/** Places what may be placed now. */
export function pumpLaunches(w: DialerWorld): void {
  let i = 0;
  while (i < w.launches.length && w.throttle.nextAtMs() <= w.nowMs) {
    const call = w.launches[i];
    if (!call) break;
    const { isUp, isReconciled, isFull } = w.switches.get(call.switch) ?? {};
    if (!isUp || !isReconciled || isFull) i++;
    else {
      w.launches.splice(i, 1);
      place(w, call);
    }
  }
  w.deadlines.set('launch', w.launches.length > i ? Math.ceil(w.throttle.nextAtMs()) : undefined);
}

function place(w: DialerWorld, call: Call): void {
  const { breaker } = gatewayOf(w, call.switch, call.gateway);
  if (breaker.state(w.nowMs) === 'closed') {
    giveBack(w, call, 'GATEWAY_DOWN');
    return;
  }
  if (w.rules.isOpen?.(call.contact, w.campaignOf(call), w.nowMs) === false) {
    giveBack(w, call, 'NOT_REACHED'); // the agent came, or the token, when the calling hours were over: the next claim says until when
    return;
  }
  if (call.status === 'agent_pending') {
    // A10: dialed, dial_time = now
    w.change({ transition: { contactId: call.contact.id, from: 'agent_pending', to: 'dialed', dialTimeMs: w.nowMs } });
    call.status = 'dialed';
  }
  w.throttle.take(w.nowMs);
  call.stage = 'ringing';
  call.placedAtMs = w.nowMs;
  breaker.placed(call.id, w.nowMs);
  countPlaced(w, call);
  toldPlaced(w, call);
  refreshDue(w, call);
  w.emit({ type: 'originate', order: orderOf(w, call) });
  w.notice({ type: 'call-placed', campaign: call.campaign.id, callId: call.id, mode: call.mode });
}

function countPlaced(w: DialerWorld, call: Call): void {
  const tally = w.tally(call.campaign.id);
  tally.placed++;
  tally.placedThisMinute++;
}

/** B3: a call that is not answered rings at least this long. */
export const ringTimeoutOf = (w: DialerWorld, call: Call): number => {
  const { ringTimeoutMs, minRingMs } = w.campaignOf(call);
  return Math.max(ringTimeoutMs, minRingMs);
};

function orderOf(w: DialerWorld, call: Call): OriginateOrder {
  const campaign = w.campaignOf(call);
  const { settings } = w;
  return {
    callId: call.id,
    contactId: call.contact.id,
    campaignId: call.campaign.id,
    mode: call.mode,
    kind: call.kind,
    switch: call.switch,
    gateway: call.gateway,
    number: call.number,
    ...(call.from?.e164 && { e164: call.from.e164 }),
    callerId: call.callerId,
    ivr: call.kind === 'ivr' ? ivrOf(w, campaign, { ivr: call.contact.ivr ?? call.from?.ivr ?? '' }) : '',
    agentExtension: call.reserved?.agentExtension ?? '',
    queueName: call.reserved?.queueName || call.contact.queueName || call.queue,
    queueType: queueTypeOf(call.contact),
    serviceIdentifier: settings.serviceIdentifier,
    domain: settings.domain,
    ringTimeoutMs: ringTimeoutOf(w, call),
    strictStrings: settings.strictReferenceStrings,
    amd: { mode: campaign.amd.mode, maxMs: campaign.amd.maxMs },
    record: campaign.record,
    fallbackSound: campaign.safeHarbour?.audio,
  };
}

export interface OtherNumber {
  readonly numberIndex: number;
  readonly callResult: string;
}

/**
 * It was not called, or nobody can have noticed: back to `pending`, no attempt, and its place in the hopper. An agent
 * of the voice connector is freed by END_CHAT (A17.3). With `other` its next call goes to that number, as the next reading
 * of the table finds it.
 */
export function giveBack(w: DialerWorld, call: Call, endChat?: EndChatReason, other?: OtherNumber): void {
  forget(w, call);
  // END_CHAT names the call: delivered late it would free the agent of the next one under this id
  const isIdSpent = (call.isIdSpent || (endChat !== undefined && call.reserved !== undefined)) && call.contact.dials < idsSpentMax;
  const isUnplaced = call.placedAtMs === undefined && !isIdSpent;
  w.change({
    transition: { contactId: call.contact.id, from: call.status, to: 'pending', isUnplaced, ...other },
    outbox: endChatsOf(w, call, endChat),
  });
  if (!call.from || other) return;
  const dials = call.from.dials + (isUnplaced ? 0 : 1);
  putBack(w, { ...call.from, dials, contact: { ...call.from.contact, dials } });
}

/** Not called, and not before that moment; no attempt. */
export function postpone(w: DialerWorld, call: Call, callResult: string, nextAttemptAtMs: number): void {
  forget(w, call);
  w.change({
    transition: { contactId: call.contact.id, from: call.status, to: 'pending', isUnplaced: true, callResult, nextAttemptAtMs },
    outbox: endChatsOf(w, call, 'NOT_REACHED'),
  });
}

/** A16, literal: a command that could not be sent fails the contact. By way of `pending`: the table of A3 knows no other. */
export function failCall(w: DialerWorld, call: Call, callResult: string, endChat?: EndChatReason): void {
  forget(w, call);
  const { id: contactId } = call.contact;
  const outbox = [...endChatsOf(w, call, endChat), ...failedMessages(w, call, callResult)];
  if (call.status === 'agent_pending') {
    w.change({ transition: { contactId, from: 'agent_pending', to: 'failed', callResult }, outbox });
    return;
  }
  w.change({ transition: { contactId, from: 'dialed', to: 'pending' } });
  w.change({ transition: { contactId, from: 'pending', to: 'failed', callResult }, outbox });
}

function endChatsOf(w: DialerWorld, call: Call, reason: EndChatReason | undefined): readonly OutboxMessage[] {
  if (!reason || !call.reserved) return [];
  const { agentExtension } = call.reserved;
  return endChatMessages(w, { callId: call.id, customerNumber: call.number, agentExtension }, reason);
}

/** Out of everything that counts it. Its agent gets the next contact. */
export function forget(w: DialerWorld, call: Call): void {
  w.calls.delete(call.id);
  w.endedCalls.set(call.id, call.number);
  w.launches = w.launches.filter((other) => other !== call);
  w.deadlines.set(`call:${call.id}`, undefined);
  w.vacate({ id: call.contact.id, numberKey: call.numberKey });
  const gateway = gatewayOf(w, call.switch, call.gateway);
  gateway.calls = Math.max(0, gateway.calls - 1);
  gateway.breaker.notPlaced(call.id);
  callGone(w, call);
}
