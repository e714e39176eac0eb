/** Contacts are claimed in the table before they are called (A6): the gates are asked again, and nobody else calls them. */
import type { Campaign } from '../campaign.js';
import { callIdOf } from '../contact.js';
import type { DialerEvent } from '../engine-words.js';
import type { CampaignMode } from '../words.js';
import { claimMsMax } from './bounds.js';
import { Call } from './call.js';
import { claimFreed, holdClaimed } from './holds.js';
import { putBack, readAnew, takeOut } from './hoppers.js';
import { giveBack, launch } from './launches.js';
import { requestAgent } from './connector.js';
import { callKindOf } from './modes.js';
import type { Candidate, ClaimOrder, Gateway } from './parts.js';
import { bucketOf } from './pacing-groups.js';
import type { DialerWorld } from './world.js';

export interface ClaimWish {
  readonly campaign: Campaign;
  readonly mode: CampaignMode;
  readonly candidates: readonly Candidate[];
  readonly to: 'dialed' | 'agent_pending';
  readonly hold?: string;
  readonly decisionAtMs?: number | undefined;
}

/** False: none of them may be called now. */
export function claim(w: DialerWorld, wish: ClaimWish): boolean {
  const { campaign, mode, to, hold, decisionAtMs } = wish;
  const candidates = withinChannels(w, wish.candidates);
  if (candidates.length === 0) return false;
  const order: ClaimOrder = {
    order: w.nextSerial(),
    campaign,
    mode,
    candidates,
    countMax: candidates.length,
    to,
    hold,
    decisionAtMs,
  };
  takeOut(w, campaign.id, new Set(candidates.map(({ contact }) => contact.id)));
  for (const { contact, gateway } of candidates) {
    w.occupy(contact);
    gateway.calls++;
    gateway.breaker.placed(nextCallId(contact), w.nowMs);
  }
  w.claims.set(order.order, order);
  w.deadlines.set(`claim:${order.order}`, w.nowMs + claimMsMax);
  w.emit({
    type: 'claim',
    order: order.order,
    campaign: campaign.id,
    contacts: candidates.map(({ contact }) => contact.id),
    countMax: order.countMax,
    to,
    isGuaranteed: hold !== undefined || to === 'agent_pending', // the agent comes before the call
  });
  return true;
}

/** Candidates of several campaigns were looked for at the same moment: the channel or the probe may be taken by now. */
function withinChannels(w: DialerWorld, candidates: readonly Candidate[]): readonly Candidate[] {
  const planned = new Map<Gateway, number>();
  return candidates.filter(({ gateway, channelsMax }) => {
    const more = planned.get(gateway) ?? 0;
    if (!gateway.breaker.mayCall(w.nowMs) || (channelsMax > 0 && gateway.calls + more >= channelsMax)) return false;
    planned.set(gateway, more + 1);
    return true;
  });
}

type Claimed = Extract<DialerEvent, { type: 'claimed' }>;

export function claimed(w: DialerWorld, { order: number, granted, refused }: Claimed): void {
  const order = closeClaim(w, number);
  if (!order) {
    giveBackLate(w, number, granted);
    return;
  }
  const isRefused = new Set(refused.map(({ contactId }) => contactId));
  for (const candidate of order.candidates) {
    const grant = granted.find(({ contactId }) => contactId === candidate.contact.id);
    if (grant) {
      w.endChats.set(grant.callId, []); // an earlier claim may have had the same id
      begin(w, callOf(w, order, asClaimed(w, candidate, grant), grant.callId), order);
    } else freed(w, candidate, !isRefused.has(candidate.contact.id));
  }
  if (refused.some(({ gate }) => gate === 'taken' || gate === 'list')) readAnew(w, order.campaign);
  if (granted.length === 0 && order.hold !== undefined) claimFreed(w, order.hold);
}

/** A list may have replaced the contact since its hopper was filled: what the table had at the claim is called. */
function asClaimed(w: DialerWorld, candidate: Candidate, { callId, now }: Claimed['granted'][number]): Candidate {
  const { contact: before, gateway } = candidate;
  if (!now) return candidate;
  if (now.numberKey !== before.numberKey) {
    w.vacate(before);
    w.occupy(now);
  }
  if (callId !== nextCallId(before)) {
    gateway.breaker.notPlaced(nextCallId(before));
    gateway.breaker.placed(callId, w.nowMs);
  }
  return { ...candidate, contact: { ...now, guaranteedOnly: before.guaranteedOnly } };
}

export function claimFailed(w: DialerWorld, number: number): void {
  const order = closeClaim(w, number);
  if (!order) return;
  for (const candidate of order.candidates) freed(w, candidate, true);
  if (order.hold !== undefined) claimFreed(w, order.hold, 'the claim failed');
  w.limit(order.campaign.id, 'store', 'contacts could not be claimed in the database');
}

/** No answer: the contacts wait for another claim, a late answer is given back. */
export function claimMissed(w: DialerWorld, number: number): void {
  const order = w.claims.get(number);
  if (!order) return;
  w.lateClaims.set(number, order);
  claimFailed(w, number);
}

function closeClaim(w: DialerWorld, number: number): ClaimOrder | undefined {
  const order = w.claims.get(number);
  w.claims.delete(number);
  w.deadlines.set(`claim:${number}`, undefined);
  return order;
}

function freed(w: DialerWorld, { contact, gateway }: Candidate, isStillGood: boolean): void {
  w.vacate(contact);
  gateway.calls = Math.max(0, gateway.calls - 1);
  gateway.breaker.notPlaced(nextCallId(contact));
  if (isStillGood) putBack(w, contact);
}

function giveBackLate(w: DialerWorld, number: number, granted: Claimed['granted']): void {
  const late = w.lateClaims.get(number);
  if (!late) return;
  for (const { contactId, callId } of granted)
    if (!w.calls.has(callId)) w.change({ transition: { contactId, from: late.to, to: 'pending', isUnplaced: true } });
}

function callOf(w: DialerWorld, order: ClaimOrder, { contact: from, gateway, queue }: Candidate, id: string): Call {
  const campaign = w.campaigns.get(order.campaign.id) ?? order.campaign;
  const isPaced = order.hold === undefined && (order.mode === 'PREDICTIVE' || order.mode === 'POWER');
  const { callerIds } = campaign;
  return new Call({
    id,
    contact: from.contact,
    from,
    campaign,
    mode: order.mode,
    kind: callKindOf(campaign, from.contact),
    switch: gateway.switch,
    gateway: gateway.gateway,
    number: from.number,
    numberKey: from.numberKey,
    queue,
    // in turn, and another one each time the same contact is called (B6 SCREENED)
    callerId: callerIds[(from.contact.seq + from.dials) % Math.max(1, callerIds.length)] ?? '',
    bucket: isPaced ? bucketOf(w, campaign, from) : undefined,
    decisionAtMs: order.decisionAtMs,
    claimedAtMs: w.nowMs,
    status: order.to,
    stage: 'queued',
    hold: order.hold,
  });
}

function begin(w: DialerWorld, call: Call, order: ClaimOrder): void {
  w.calls.set(call.id, call);
  if (order.hold !== undefined && !holdClaimed(w, order.hold, call)) {
    giveBack(w, call); // the agent was lost while the contact was claimed
    return;
  }
  if (!w.isRunning(order.campaign.id)) giveBack(w, call);
  else if (order.to === 'agent_pending') requestAgent(w, call);
  else launch(w, call);
}

/** The id that the next call of this contact will have. */
export const nextCallId = ({ id, dials }: { readonly id: string; readonly dials: number }): string => callIdOf(id, dials + 1);
