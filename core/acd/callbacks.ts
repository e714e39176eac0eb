/** Callback that keeps the place (user-needs 14): the caller hangs up and is called when it is his turn. */
import type { QueueConfig } from './config.js';
import { exitMember } from './exits.js';
import { callbackLegPrefix, legId, type QueueId } from './ids.js';
import { cancelOffers } from './offers.js';
import { waitedMs } from './places.js';
import type { Member } from './state.js';
import type { World } from './world.js';

/** Beside the ringing: prompt and key of the called-back caller, and the way to the door. */
const confirmMsMax = 30_000;

/** The key that asks for a callback, while none is asked for. */
export function callbackKeys(queue: QueueConfig, member: Member): string {
  return member.media === 'audio' && !member.exitKeys.includes(queue.callback.key) ? queue.callback.key : '';
}

/** Another open callback to this number in this queue. */
export function openCallback(w: World, queue: QueueId, number: string): Member | undefined {
  for (const id of w.memberIndex.withNumber(queue, number)) {
    const other = w.members.get(id);
    if (other?.presence.kind === 'callback') return other;
  }
  return undefined;
}

/** The session ends, the place stays. The number is checked already. */
export function becomeCallback(w: World, member: Member, number: string): void {
  cancelOffers(w, member, 'taken-back');
  const { callback } = w.queueOf(member.queue);
  w.order({
    type: 'exit',
    call: member.call,
    order: {
      member: member.id,
      queue: member.queue,
      reason: 'callback',
      detail: number,
      agent: undefined,
      to: undefined,
      hangUp: false,
      waitedMs: waitedMs(member, w.nowMs),
    },
  });
  member.homeSwitch = member.call?.switch ?? member.homeSwitch;
  w.forgetCall(member);
  member.call = undefined;
  member.giveUpAtMs = 0;
  member.phase = { kind: 'waiting' };
  member.presence = { kind: 'callback', number, attempts: 0, expiresAtMs: w.nowMs + callback.expireMs, step: { kind: 'waiting' } };
  w.memberIndex.rememberNumber(member);
  w.changeMember(member);
  w.tell({ type: 'callback-placed', member: member.id, queue: member.queue, number, isNew: false });
}

/** Dial the caller when more agents are free than callbacks are under way; false: not now. */
export function startCallback(w: World, member: Member, freeAgents: number): boolean {
  const { presence, homeSwitch } = member;
  if (presence.kind !== 'callback' || freeAgents <= w.memberIndex.dialling(member.queue)) return false;
  const { callback } = w.queueOf(member.queue);
  const leg = legId(`${callbackLegPrefix}${w.instance}-${w.nextSerial().toString(36)}`);
  const attempts = presence.attempts + 1;
  member.presence = { ...presence, attempts, step: { kind: 'dialling', leg, deadlineMs: w.nowMs + callback.ringMs + confirmMsMax } };
  w.changeMember(member);
  w.order({
    type: 'call-back',
    member: member.id,
    leg,
    switch: homeSwitch ?? ('' as NonNullable<typeof homeSwitch>),
    queue: member.queue,
    number: presence.number,
    ringMs: callback.ringMs,
    confirmKey: callback.confirmKey,
    confirmPrompt: callback.confirmPrompt,
  });
  w.tell({ type: 'callback-dialled', member: member.id, queue: member.queue, attempt: attempts });
  return true;
}

/** Not reached: again after a pause, or never. */
export function callbackFailed(w: World, member: Member, cause: string): void {
  const { presence } = member;
  if (presence.kind !== 'callback' || presence.step.kind !== 'dialling') return;
  const { callback } = w.queueOf(member.queue);
  if (presence.attempts >= callback.attemptsMax) {
    member.presence = { ...presence, step: { kind: 'waiting' } };
    exitMember(w, member, { reason: 'callback-failed', detail: cause });
    return;
  }
  member.presence = { ...presence, step: { kind: 'pausing', untilMs: w.nowMs + callback.retryMs } };
  w.changeMember(member);
}

/** Time has passed for a callback. */
export function callbackDue(w: World, member: Member): void {
  const { presence } = member;
  if (presence.kind !== 'callback') return;
  if (presence.step.kind === 'dialling') {
    if (presence.step.deadlineMs > w.nowMs) return;
    const { leg } = presence.step;
    if (member.homeSwitch) w.order({ type: 'cancel-call-back', member: member.id, leg, switch: member.homeSwitch });
    callbackFailed(w, member, 'no result in time');
  } else if (presence.expiresAtMs <= w.nowMs) exitMember(w, member, { reason: 'callback-failed', detail: 'expired' });
  else if (presence.step.kind === 'pausing' && presence.step.untilMs <= w.nowMs) {
    member.presence = { ...presence, step: { kind: 'waiting' } };
    w.changeMember(member);
  }
}
