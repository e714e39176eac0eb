/** What happens when time is over for something: every deadline has one defined end (user-needs 1). */
import { agentDue } from './agent-phases.js';
import { changeStatus } from './agents.js';
import { callbackDue } from './callbacks.js';
import { isDialled } from './dialled.js';
import type { Due } from './dues.js';
import { dissuade, messageEnded } from './entering.js';
import { exitMember, finishVisit, leaveFor } from './exits.js';
import type { AgentId, MemberId, OfferId } from './ids.js';
import { isMessage } from './messages.js';
import { cancelOffers, failOffer } from './offers.js';
import { pauseRanOut } from './pauses.js';
import { isConnecting, isWaiting, noAgentDueMs, onHoldDueMs, overflowDueMs } from './places.js';
import { endHold } from './return-hold.js';
import { sayDue } from './said.js';
import type { Member, Offer } from './state.js';
import type { World } from './world.js';

/** Handles everything that is due; true when there was something. */
export function expire(w: World): boolean {
  let isAny = false;
  for (let due = w.dues.take(w.nowMs); due; due = w.dues.take(w.nowMs)) {
    isAny = true;
    handleDue(w, due);
  }
  return isAny;
}

function handleDue(w: World, { kind, id }: Due): void {
  switch (kind) {
    case 'member':
      memberDue(w, id as MemberId);
      break;
    case 'agent':
      agentIsDue(w, id as AgentId);
      break;
    case 'offer':
      offerDue(w, id as OfferId);
      break;
    case 'hold':
      endHold(w);
  }
}

function agentIsDue(w: World, id: AgentId): void {
  const agent = w.agents.get(id);
  if (!agent) return;
  agentDue(w, agent);
  if (!pauseRanOut(w, agent) || w.settings.pauseOverLimit === 'tell') return;
  changeStatus(w, agent, w.settings.pauseOverLimit === 'available' ? 'Available' : 'Logged Out', 'break over');
}

function offerDue(w: World, id: OfferId): void {
  const offer = w.offers.get(id);
  if (!offer || offer.phase.kind === 'talking' || offer.phase.deadlineMs > w.nowMs) return;
  if (offer.phase.kind === 'connecting' && !offer.phase.isChecked) {
    // Perhaps they talk and only the news was lost: the switch knows. A live call is not cut on suspicion.
    offer.phase = { ...offer.phase, deadlineMs: w.nowMs + w.settings.connectMsMax, isChecked: true };
    w.order({ type: 'check-channels', switch: offer.switch });
    w.changeOffer(offer);
    return;
  }
  endLate(w, offer);
}

function endLate(w: World, offer: Offer): void {
  if (offer.phase.kind === 'ringing') {
    w.order({ type: 'cancel-ring', offer: offer.id, leg: offer.leg, switch: offer.switch, reason: 'stale' });
    failOffer(w, offer, 'no-answer', 'no result in time');
    return;
  }
  w.order({ type: 'hang-up-leg', switch: offer.switch, leg: offer.leg, reason: 'stale' });
  failOffer(w, offer, offer.phase.kind === 'answered' ? 'not-confirmed' : 'agent-gone', 'not connected in time');
}

function memberDue(w: World, id: MemberId): void {
  const member = w.members.get(id);
  if (!member) return;
  const { phase, presence } = member;
  w.dirtyMembers.add(id);
  if (phase.kind === 'abandoned') {
    if (phase.untilMs <= w.nowMs) discard(w, member);
  } else if (presence.kind === 'away' && presence.untilMs <= w.nowMs) {
    cancelOffers(w, member, 'caller-left');
    finishVisit(w, member, { reason: 'lost', detail: 'did not come back', offer: undefined, waitEndedAtMs: w.nowMs });
  } else if (isWaiting(member)) waitingDue(w, member);
}

function discard(w: World, member: Member): void {
  w.memberIndex.forgetNumber(member);
  w.removeMember(member);
}

function waitingDue(w: World, member: Member): void {
  callbackDue(w, member);
  if (!w.members.has(member.id)) return;
  if ((member.phase.kind === 'welcome' || member.phase.kind === 'dissuading') && member.phase.deadlineMs <= w.nowMs)
    messageEnded(w, member);
  if (!w.members.has(member.id)) return;
  if (isDialled(member)) dialledDue(w, member);
  else if (member.offers.length > 0 || !leavesByTime(w, member)) sayDue(w, member);
}

/** Nobody lets him wait longer, ringing agent or not; only a connection that the switch is making is waited for. */
function dialledDue(w: World, member: Member): void {
  if (isConnecting(w, member)) return;
  if (member.giveUpAtMs > 0 && member.giveUpAtMs <= w.nowMs) exitMember(w, member, { reason: 'timeout', cancel: 'member-timeout' });
  else if (member.offers.length === 0) leavesByTime(w, member);
}

/** An agent's leg that is being set up is waited for: these count only while nobody rings (8.4). */
function leavesByTime(w: World, member: Member): boolean {
  if (noAgentDueMs(w, member) <= w.nowMs) leaveFor(w, member, 'no-agent', 'no-agent');
  else if (member.phase.kind !== 'waiting') return false;
  else if (member.giveUpAtMs > 0 && member.giveUpAtMs <= w.nowMs) leaveFor(w, member, 'timeout', 'timeout');
  else if (overflowDueMs(w, member) <= w.nowMs) leaveFor(w, member, 'waited', 'overflowed');
  else if (onHoldDueMs(w, member) <= w.nowMs) dissuade(w, member);
  else return false;
  return true;
}

/** A queue at which nobody is any more, by its own rule: every caller leaves at once (B20). */
export function leaveEmptied(w: World, member: Member): void {
  if (isMessage(member)) return;
  if (isWaiting(member)) leaveFor(w, member, 'no-agent', 'no-agent');
  else exitMember(w, member, { reason: 'no-agent' });
}
