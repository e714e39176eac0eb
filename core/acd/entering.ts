/** A member begins to wait in a queue: rank, timers, welcome, dissuading; the same for newcomers and for those moved here. */
import type { QueueConfig } from './config.js';
import { isDialled } from './dialled.js';
import { expectedWaitMs, positionAtEntry } from './estimate.js';
import { exitMember } from './exits.js';
import type { QueueId } from './ids.js';
import { callbackKeys } from './callbacks.js';
import { isMessage } from './messages.js';
import { rankOf } from './order.js';
import type { Member } from './state.js';
import type { World } from './world.js';

/** A message that never ends is over after this long. */
export const messageMsMax = 600_000;

/** From now on the member waits here. Fields that the queue decides are set; the caller of this has checked that it may. */
export function enterQueue(w: World, member: Member, id: QueueId): void {
  const queue = w.queueOf(id);
  member.queue = id;
  member.enteredAtMs = w.nowMs;
  member.priority = member.ownPriority ?? queue.priority;
  member.rank = rankWith(w, member, queue);
  member.positionAtEntry = positionAtEntry(w, member);
  member.offers = [];
  member.lastTier = undefined;
  member.nextRingAtMs = 0;
  member.saidPosition = member.saidEwtEndsAtMs = undefined;
  startTimers(w, member, queue);
  w.entered.add(id);
  w.changeMember(member);
  if (isDialled(member)) member.phase = { kind: 'waiting' };
  else if (member.presence.kind === 'callback' || isMessage(member)) {
    w.memberIndex.rememberNumber(member);
    member.phase = { kind: 'waiting' };
  } else if (queue.welcome !== undefined && member.media === 'audio' && member.visit === 1) {
    member.phase = { kind: 'welcome', deadlineMs: w.nowMs + messageMsMax };
    w.order({ type: 'message', member: member.id, kind: 'welcome', file: queue.welcome });
  } else dissuadeOrWait(w, member);
}

export function rankWith(w: World, member: Member, queue: QueueConfig): number {
  return rankOf({ joinedAtMs: member.joinedAtMs, baseScoreS: member.baseScoreS + queue.baseScoreS, priority: member.priority }, w.settings);
}

export function startTimers(w: World, member: Member, queue: QueueConfig): void {
  // what is left to an answered call of a campaign does not grow by a move
  if (isDialled(member) && member.giveUpAtMs > 0) return;
  const maxWaitMs = isMessage(member) ? queue.messageExpireMs : member.maxWaitMs || queue.maxWaitMs;
  member.giveUpAtMs = maxWaitMs > 0 ? w.nowMs + maxWaitMs : 0;
  member.onHoldSinceMs = w.nowMs;
  const { announce } = queue;
  member.nextSoundAtMs = w.nowMs + announce.everyMs;
  member.nextPositionAtMs = announce.position || announce.ewt ? w.nowMs + announce.firstMs : 0;
}

/** Welcome is over, or there was none: opensips-call-center 5.1, 7. */
export function dissuadeOrWait(w: World, member: Member): void {
  if (isDissuaded(w, member)) dissuade(w, member);
  else wait(w, member);
}

function isDissuaded(w: World, member: Member): boolean {
  const { dissuading } = w.queueOf(member.queue);
  if (dissuading.message === undefined || member.media === 'chat') return false;
  const ewtMs = member.ewtAtJoinMs;
  // nobody logged in makes the estimate as large as can be (7); a merely unknown one dissuades nobody
  const estimateMs = ewtMs ?? (w.agentIndex.counts(member.queue).loggedIn === 0 ? Infinity : 0);
  if (dissuading.ewtMsMax > 0 && estimateMs > dissuading.ewtMsMax) return true;
  const others = w.memberIndex.queued(dissuading.countsSystem ? undefined : member.queue);
  return dissuading.queueSizeMin > 0 && others >= dissuading.queueSizeMin;
}

export function dissuade(w: World, member: Member): void {
  const { dissuading } = w.queueOf(member.queue);
  if (dissuading.message === undefined) return;
  member.phase = { kind: 'dissuading', isFinal: dissuading.isFinal, deadlineMs: w.nowMs + messageMsMax };
  w.changeMember(member);
  w.order({ type: 'message', member: member.id, kind: 'dissuading', file: dissuading.message });
}

/** Music, and from now on the member may be offered. */
export function wait(w: World, member: Member): void {
  member.phase = { kind: 'waiting' };
  member.onHoldSinceMs = w.nowMs;
  w.changeMember(member);
  orderMusic(w, member);
}

export function orderMusic(w: World, member: Member): void {
  if (member.media === 'chat' || member.presence.kind !== 'here' || isDialled(member)) return;
  const queue = w.queueOf(member.queue);
  w.order({
    type: 'music',
    member: member.id,
    music: member.music ?? queue.music,
    exitKeys: member.exitKeys + callbackKeys(queue, member),
  });
}

/** The message to a welcomed or dissuaded caller is over. */
export function messageEnded(w: World, member: Member): void {
  const { phase } = member;
  if (phase.kind === 'welcome') dissuadeOrWait(w, member);
  else if (phase.kind === 'dissuading' && phase.isFinal) exitMember(w, member, { reason: 'dissuaded', hangUp: true });
  else if (phase.kind === 'dissuading') wait(w, member);
}

export const ewtNow = (w: World, member: Member): number | undefined => expectedWaitMs(w, member.queue, member.positionAtEntry);
