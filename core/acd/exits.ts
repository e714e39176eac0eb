/** How members leave a queue: once, with one reason, one record and one order to their session (user-needs 1). */
import type { Destination, OverflowCause } from './config.js';
import type { QueueId } from './ids.js';
import { isDialled } from './dialled.js';
import { enterQueue } from './entering.js';
import { positionAtExit } from './estimate.js';
import { memberFacts, offerFacts } from './facts.js';
import { cancelOffers } from './offers.js';
import { waitedMs } from './places.js';
import { recordVisit } from './segments.js';
import type { VisitEnd } from './segments.js';
import type { Member } from './state.js';
import type { CancelReason, ExitReason } from './words.js';
import type { World } from './world.js';

export interface Exit {
  readonly reason: ExitReason;
  readonly detail?: string;
  readonly to?: Exclude<Destination, { kind: 'queue' }>;
  readonly hangUp?: boolean;
  /** why ringing legs are taken back */
  readonly cancel?: CancelReason;
}

/** A waiting member leaves: ringing legs are taken back, the session gets its order. */
export function exitMember(w: World, member: Member, exit: Exit): void {
  cancelOffers(w, member, exit.cancel ?? 'taken-back');
  orderExit(w, member, exit);
  finishVisit(w, member, { reason: exit.reason, detail: exit.detail ?? '', offer: undefined, waitEndedAtMs: w.nowMs });
}

function orderExit(w: World, member: Member, exit: Exit): void {
  const { presence } = member;
  if (presence.kind === 'message') return;
  if (presence.kind === 'callback') {
    if (presence.step.kind === 'dialling' && member.homeSwitch)
      w.order({ type: 'cancel-call-back', member: member.id, leg: presence.step.leg, switch: member.homeSwitch });
    return;
  }
  w.order({
    type: 'exit',
    call: member.call,
    order: {
      member: member.id,
      queue: member.queue,
      reason: exit.reason,
      detail: exit.detail ?? '',
      agent: undefined,
      to: exit.to,
      hangUp: exit.hangUp ?? false,
      waitedMs: waitedMs(member, w.nowMs),
    },
  });
}

const countsAsAbandoned: readonly ExitReason[] = ['abandoned', 'lost'];

/** Record and news of a visit's end; the member is gone then, or kept as abandoned for a return (F35, F36). */
export function finishVisit(w: World, member: Member, end: VisitEnd): void {
  const position = positionAtExit(w, member);
  recordVisit(w, member, end, position);
  const { queue } = member;
  const caller = memberFacts(member);
  const runtime = w.queueRuntime(queue);
  if (end.reason !== 'answered' && !isDialled(member)) {
    runtime.callsAbandoned++;
    w.changeQueue(queue);
  }
  const mayReturn = w.queueOf(queue).abandonedResumeAllowed && member.number !== '' && !isDialled(member);
  const isKept = mayReturn && countsAsAbandoned.includes(end.reason);
  if (isKept) keepAbandoned(w, member);
  else {
    w.memberIndex.forgetNumber(member);
    w.removeMember(member);
  }
  // at once: of several who leave in one step each is told how many are left
  w.memberIndex.place(member.id, undefined);
  w.tell({
    type: 'member-left',
    member: member.id,
    queue,
    reason: end.reason,
    waitedMs: Math.max(0, end.waitEndedAtMs - member.enteredAtMs),
    agent: end.offer?.agent,
    waiting: w.membersOfQueue(queue).size,
    detail: end.detail,
    position,
    caller,
    talk: end.offer && offerFacts(end.offer),
  });
}

function keepAbandoned(w: World, member: Member): void {
  w.forgetCall(member);
  member.call = undefined;
  member.presence = { kind: 'away', untilMs: Infinity };
  member.phase = { kind: 'abandoned', atMs: w.nowMs, untilMs: w.nowMs + w.queueOf(member.queue).discardAbandonedAfterMs };
  w.memberIndex.rememberNumber(member);
  w.changeMember(member);
}

/** Leaves for what the queue's rules say of this cause; without a rule with the cause's own reason. */
export function leaveFor(w: World, member: Member, cause: OverflowCause, reason: ExitReason): void {
  const to = isDialled(member) ? undefined : destinationOf(w, member.queue, cause);
  if (to?.kind === 'queue') moveMember(w, member, to.queue, to.keepWaiting, 'overflowed');
  else exitMember(w, member, to ? { reason, to, detail: 'overflow' } : { reason });
}

export function destinationOf(w: World, queue: QueueId, cause: OverflowCause, valueMs = Infinity): Destination | undefined {
  const rule = w.queueOf(queue).overflow.find(({ on, thresholdMs }) => on === cause && valueMs >= thresholdMs);
  // a queue that is being removed is as good as gone
  if (rule?.to.kind === 'queue' && (w.queues.get(rule.to.queue)?.isDraining ?? true)) return undefined;
  return rule?.to;
}

/** Overflow chains end: a member is moved on at most this often. */
export const movesMax = 20;

/** To another queue, as a new visit; the waiting time goes along when it is to be kept (B52). */
export function moveMember(w: World, member: Member, queue: QueueId, keepWaiting: boolean, reason: ExitReason): void {
  if (member.visit >= movesMax) {
    exitMember(w, member, { reason, detail: 'moved too often' });
    return;
  }
  cancelOffers(w, member, 'taken-back');
  const position = positionAtExit(w, member);
  recordVisit(w, member, { reason, detail: queue, offer: undefined, waitEndedAtMs: w.nowMs }, position);
  w.memberIndex.forgetNumber(member);
  const from = member.queue;
  member.visit++;
  member.rejections = member.offersMade = 0;
  if (!keepWaiting) {
    member.joinedAtMs = w.nowMs;
    member.tried = {};
  }
  w.tell({ type: 'member-moved', member: member.id, from, to: queue, position, caller: memberFacts(member) });
  enterQueue(w, member, queue);
}
