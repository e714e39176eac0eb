/** Facts about callers that are in a queue. Those about callers who have left already are ignored. */
import { becomeCallback, openCallback } from './callbacks.js';
import { done, refused, unknown } from './answers.js';
import type { Answer } from './events.js';
import { isDialled } from './dialled.js';
import { exitMember, finishVisit } from './exits.js';
import { isMessage } from './messages.js';
import { cancelOffers, endTalk } from './offers.js';
import { isConnecting, isWaiting } from './places.js';
import type { Member } from './state.js';
import type { World } from './world.js';

/** Gone, whatever the state (D-01): ringing legs end (B8), agents are free without wrap-up or blame. */
export function callerLeft(w: World, member: Member, cause: 'hangup' | 'transferred'): void {
  if (member.presence.kind === 'callback') return; // hung up to be called back
  if (member.phase.kind === 'talking') {
    const offer = w.offers.get(member.phase.offer);
    if (offer) endTalk(w, offer, cause === 'hangup' ? 'caller' : 'transfer', cause);
    return;
  }
  if (!isWaiting(member)) return;
  cancelOffers(w, member, cause === 'hangup' ? 'caller-left' : 'transferred');
  const reason = cause === 'hangup' ? 'abandoned' : 'transferred';
  finishVisit(w, member, { reason, detail: '', offer: undefined, waitEndedAtMs: w.nowMs });
}

/** The place is kept for a while; a leg that rings goes on ringing, since the caller may be back before it is answered. */
export function sessionLost(w: World, member: Member): void {
  if (!isWaiting(member) || member.presence.kind !== 'here' || member.media === 'chat') return;
  member.presence = { kind: 'away', untilMs: w.nowMs + w.settings.attachGraceMs };
  w.changeMember(member);
}

export function keyPressed(w: World, member: Member, key: string): void {
  if (!isWaiting(member) || member.presence.kind !== 'here' || isConnecting(w, member) || key.length !== 1 || isDialled(member)) return;
  if (member.exitKeys.includes(key)) exitMember(w, member, { reason: 'exit-key', detail: key });
  else if (key === w.queueOf(member.queue).callback.key && member.media === 'audio') askCallback(w, member, member.number);
}

export function callbackAsked(w: World, id: Member['id'], number: string): Answer {
  const member = w.members.get(id);
  if (!member) return unknown('member', id);
  const isCaller = isWaiting(member) && member.presence.kind !== 'callback' && !isMessage(member) && !isDialled(member);
  if (!isCaller || isConnecting(w, member) || member.media === 'chat')
    return refused('TDM_CONFLICT', `member ${id} cannot be called back now`);
  return askCallback(w, member, number);
}

/** One open callback for a number and queue (user-needs 14). */
function askCallback(w: World, member: Member, number: string): Answer {
  if (number === '') return refused('TDM_BAD_VALUE', 'no number to call back');
  if (openCallback(w, member.queue, number)) return refused('TDM_CONFLICT', `a callback to ${number} is open`);
  becomeCallback(w, member, number);
  return done('callback placed');
}
