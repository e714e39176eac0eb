/** A caller at the door: let in, found again, resumed, sent elsewhere, or refused with a reason. */
import { refused, unknown } from './answers.js';
import type { Destination, OverflowCause, PresenceRule, QueueConfig } from './config.js';
import { openCallback } from './callbacks.js';
import { isDialled } from './dialled.js';
import { enterQueue, ewtNow, orderMusic, startTimers } from './entering.js';
import type { Answer, Join } from './events.js';
import { memberFacts } from './facts.js';
import type { MemberFacts } from './facts.js';
import { destinationOf, exitMember, movesMax } from './exits.js';
import { isOpen } from '../menu/hours.js';
import { legId, legPrefix, switchId } from './ids.js';
import { placeMessage } from './messages.js';
import { mergeNeeds, needsMax } from './needs.js';
import { endTalk } from './offers.js';
import { expectedWaitMs, positionAtEntry } from './estimate.js';
import { rankOf } from './order.js';
import { isAwaited, takeReserved } from './reserving.js';
import { recordVisit } from './segments.js';
import type { Member } from './state.js';
import type { ExitReason } from './words.js';
import { canonical, type World } from './world.js';

export function callerJoined(w: World, join: Join): Answer {
  const queue = w.queueNamed(join.queue);
  if (!queue) return unknown('queue', join.queue);
  const problem = joinProblem(w, join, queue);
  if (problem) return problem;
  return reattached(w, join, queue) ?? admitted(w, join, queue, movesMax);
}

function joinProblem(w: World, join: Join, queue: QueueConfig): Answer | undefined {
  if (w.members.has(join.member) && join.callbackOf !== join.member)
    return refused('TDM_CONFLICT', `member ${join.member} is there already`);
  if (join.needs.length + queue.skills.length > needsMax) return refused('TDM_BAD_VALUE', `more than ${needsMax} skills`);
  if (join.stickyAgent !== undefined && !w.agentNamed(join.stickyAgent)) return unknown('agent', join.stickyAgent);
  return undefined;
}

// ------------------------------------------------------------------ known already

function reattached(w: World, join: Join, queue: QueueConfig): Answer | undefined {
  if (join.callbackOf !== undefined) return calledBack(w, join, join.callbackOf);
  if (!join.call) return undefined;
  const member = w.memberOfCall(join.call);
  if (!member) return undefined;
  if (member.phase.kind === 'talking') {
    // sent back here by the agent: his part is over, whether or not we have heard of it
    const offer = w.offers.get(member.phase.offer);
    if (offer) endTalk(w, offer, 'transfer', 'came back to a queue');
    return undefined;
  }
  if (member.queue === queue.id || w.queueConfigs.get(member.queue) === undefined) return backAgain(w, member, join);
  // the dialplan went on to another queue before we heard of the end
  exitMember(w, member, { reason: 'transferred', detail: queue.id });
  return undefined;
}

/** The old place: after a restart of ours, or a break of the connection (B5). */
function backAgain(w: World, member: Member, join: Join): Answer {
  member.call = join.call;
  if (member.presence.kind !== 'callback') member.presence = { kind: 'here' };
  w.changeMember(member);
  if (member.phase.kind === 'waiting') orderMusic(w, member);
  else if (member.phase.kind === 'welcome' || member.phase.kind === 'dissuading') enterAgain(w, member);
  return { ok: true, detail: 'resumed', member: member.id, resumed: true };
}

function enterAgain(w: World, member: Member): void {
  member.phase = { kind: 'waiting' };
  orderMusic(w, member);
}

function calledBack(w: World, join: Join, id: Member['id']): Answer {
  const member = w.members.get(id);
  if (member?.presence.kind !== 'callback' || !join.call) return { ok: false, code: 'TDM_NOT_FOUND', detail: `callback ${id}` };
  const { step } = member.presence;
  // an earlier leg, whose cancelling was lost, came before the one that rings now
  const isEarlier = step.kind === 'dialling' && step.leg !== legId(join.call.uniqueId) && join.call.uniqueId.startsWith(legPrefix);
  if (isEarlier && member.homeSwitch) w.order({ type: 'cancel-call-back', member: member.id, leg: step.leg, switch: member.homeSwitch });
  member.call = join.call;
  w.memberIndex.byCall.set(join.call, member.id);
  w.memberIndex.forgetNumber(member);
  member.presence = { kind: 'here' };
  startTimers(w, member, w.queueOf(member.queue));
  w.entered.add(member.queue);
  w.changeMember(member);
  orderMusic(w, member);
  return { ok: true, detail: 'called back', member: member.id, resumed: true };
}

// ------------------------------------------------------------------ newcomers

interface Refusal {
  readonly cause: OverflowCause | undefined;
  readonly reason: ExitReason;
}

function admitted(w: World, join: Join, queue: QueueConfig, hopsLeft: number): Answer {
  const refusal = refusalOf(w, join, queue);
  if (!refusal) return letIn(w, join, queue);
  const to = refusal.cause && destinationOf(w, queue.id, refusal.cause, ewtForRule(w, queue, refusal.cause));
  if (to?.kind === 'queue' && hopsLeft > 0) return admitted(w, join, w.queueOf(to.queue), hopsLeft - 1);
  return refuse(w, join, queue, refusal.reason, to);
}

const ewtForRule = (w: World, queue: QueueConfig, cause: OverflowCause): number | undefined =>
  cause === 'ewt' ? expectedWaitMs(w, queue.id, w.membersOfQueue(queue.id).size + 1) : undefined;

function refusalOf(w: World, join: Join, queue: QueueConfig): Refusal | undefined {
  if (isDialled(join)) return dialledRefusal(w, join, queue);
  if (w.callers.get(join.number)?.isBlocked) return { cause: undefined, reason: 'blocked' };
  if (w.queueRuntime(queue.id).isDraining) return { cause: 'queue-removed', reason: 'queue-removed' };
  // messages are left when nobody is there
  const isMessage = join.message !== undefined;
  if (!isMessage && queue.hours && !isOpen(queue.hours, w.nowMs)) return { cause: 'closed', reason: 'closed' };
  if (w.membersOfQueue(queue.id).size >= queue.membersMax || w.members.size >= w.settings.membersMax)
    return { cause: 'full', reason: 'full' };
  if (isMessage) return undefined;
  if (isEmpty(w, queue, queue.joinWhen)) return { cause: 'join-empty', reason: 'join-empty' };
  // worked out only where a rule asks for it
  const ewtMs = queue.overflow.some(({ on }) => on === 'ewt') ? ewtForRule(w, queue, 'ewt') : undefined;
  if (ewtMs !== undefined && destinationOf(w, queue.id, 'ewt', ewtMs)) return { cause: 'ewt', reason: 'overflowed' };
  return undefined;
}

/** Rules for callers are none of his; he who is awaited needs no place in the queue. */
function dialledRefusal(w: World, join: Join, queue: QueueConfig): Refusal | undefined {
  if (w.queueRuntime(queue.id).isDraining) return { cause: undefined, reason: 'queue-removed' };
  const place = { queue: queue.id, media: join.media, call: join.call };
  const isFull =
    w.membersOfQueue(queue.id).size >= queue.membersMax && !(join.reservation !== undefined && isAwaited(w, join.reservation, place));
  return isFull || w.members.size >= w.settings.membersMax ? { cause: undefined, reason: 'full' } : undefined;
}

/** True when nobody is there by this rule (B20). */
export function isEmpty(w: World, queue: QueueConfig, rule: PresenceRule | undefined): boolean {
  if (rule === undefined) return false;
  const { loggedIn, available, registered } = w.agentIndex.counts(queue.id);
  return (rule === 'logged-in' ? loggedIn : rule === 'available' ? available : registered) === 0;
}

function refuse(w: World, join: Join, queue: QueueConfig, reason: ExitReason, to: Destination | undefined): Answer {
  const member = newMember(w, join, queue);
  recordVisit(w, member, { reason, detail: '', offer: undefined, waitEndedAtMs: w.nowMs });
  w.tell({ type: 'member-refused', queue: queue.id, number: join.number, reason, caller: memberFacts(member) });
  const place = to && to.kind !== 'queue' ? { to } : {};
  return { ok: false, code: 'TDM_REFUSED', detail: `${queue.id}: ${reason}`, exit: reason, ...place };
}

function letIn(w: World, join: Join, queue: QueueConfig): Answer {
  const returned = abandonedBy(w, join, queue);
  if (returned) return resume(w, returned, join);
  if (join.message !== undefined) return placeMessage(w, newMember(w, join, queue), queue.id, join.message);
  if (!join.call && join.media === 'audio') return placeCallback(w, join, queue);
  const member = newMember(w, join, queue);
  w.addMember(member);
  enterQueue(w, member, queue.id);
  w.tell({ type: 'member-joined', member: member.id, queue: queue.id, resumed: false, ...arrival(w, member) });
  if (join.reservation !== undefined) takeReserved(w, member, join.reservation);
  return { ok: true, detail: 'joined', member: member.id, resumed: false };
}

/** freeswitch-callcenter 8.2: the one who hung up last, with this number. */
function abandonedBy(w: World, join: Join, queue: QueueConfig): Member | undefined {
  if (!queue.abandonedResumeAllowed || join.number === '' || !join.call || isDialled(join)) return undefined;
  let latest: Member | undefined;
  for (const id of w.memberIndex.withNumber(queue.id, join.number)) {
    const member = w.members.get(id);
    if (member?.phase.kind !== 'abandoned') continue;
    if (latest?.phase.kind !== 'abandoned' || member.phase.atMs > latest.phase.atMs) latest = member;
  }
  return latest;
}

/** Member, joining moment and base score stay, so the time away counts as waiting. */
function resume(w: World, member: Member, join: Join): Answer {
  w.memberIndex.forgetNumber(member);
  member.call = join.call;
  if (join.call) w.memberIndex.byCall.set(join.call, member.id);
  member.presence = { kind: 'here' };
  member.rejoinedAtMs = w.nowMs;
  member.visit++;
  member.rejections = member.offersMade = 0;
  enterQueue(w, member, member.queue);
  w.tell({
    type: 'member-joined',
    member: member.id,
    queue: member.queue,
    resumed: true,
    ...arrival(w, member),
  });
  return { ok: true, detail: 'resumed', member: member.id, resumed: true };
}

/** He himself enters his place at the end of the step. */
const arrival = (w: World, member: Member): { readonly waiting: number; readonly caller: MemberFacts } => ({
  waiting: w.membersOfQueue(member.queue).size + 1,
  caller: memberFacts(member),
});

/** Ordered without a call: its turn comes like any caller's. */
function placeCallback(w: World, join: Join, queue: QueueConfig): Answer {
  if (openCallback(w, queue.id, join.number)) return { ok: false, code: 'TDM_CONFLICT', detail: `a callback to ${join.number} is open` };
  const member = newMember(w, join, queue);
  member.presence = {
    kind: 'callback',
    number: join.number,
    attempts: 0,
    expiresAtMs: w.nowMs + queue.callback.expireMs,
    step: { kind: 'waiting' },
  };
  w.addMember(member);
  enterQueue(w, member, queue.id);
  member.giveUpAtMs = 0;
  w.tell({ type: 'callback-placed', member: member.id, queue: queue.id, number: join.number, isNew: true });
  return { ok: true, detail: 'callback placed', member: member.id, resumed: false };
}

// ------------------------------------------------------------------ the member

function newMember(w: World, join: Join, queue: QueueConfig): Member {
  const known = w.callers.get(join.number);
  const systemS = queue.timeBaseScore === 'system' ? Math.max(0, Math.floor((w.nowMs - join.answeredAtMs) / 1000)) : 0;
  const baseScoreS = join.baseScoreS + systemS + (known?.baseScoreS ?? 0);
  const priority = join.priority ?? queue.priority;
  const rank = rankOf({ joinedAtMs: w.nowMs, baseScoreS: baseScoreS + queue.baseScoreS, priority }, w.settings);
  const member: Member = {
    id: join.member,
    serial: w.nextSerial(),
    queue: queue.id,
    media: join.media,
    call: join.call,
    homeSwitch: join.call?.switch ?? join.homeSwitch ?? switchId(''),
    number: join.number,
    name: join.name,
    joinedAtMs: w.nowMs,
    enteredAtMs: w.nowMs,
    rejoinedAtMs: 0,
    visit: 1,
    baseScoreS,
    priority,
    ownPriority: join.priority,
    rank,
    needs: mergeNeeds(queue.skills, join.needs),
    exitKeys: join.exitKeys ?? queue.exitKeys,
    maxWaitMs: join.maxWaitMs,
    language: join.language,
    music: join.music,
    callerIdPrefix: join.callerIdPrefix,
    agentAnnouncements: join.agentAnnouncements,
    variables: join.variables,
    param: join.param,
    leadId: join.leadId,
    rootId: join.rootId,
    origin: join.origin,
    stickyAgent: undefined,
    stickyUntilMs: 0,
    presence: { kind: 'here' },
    phase: { kind: 'waiting' },
    offers: [],
    tried: {},
    rejections: 0,
    offersMade: 0,
    positionAtEntry: 0,
    lastTier: undefined,
    nextRingAtMs: 0,
    giveUpAtMs: 0,
    onHoldSinceMs: w.nowMs,
    nextSoundAtMs: 0,
    nextPositionAtMs: 0,
    saidPosition: undefined,
    saidEwtEndsAtMs: undefined,
    ewtAtJoinMs: undefined,
  };
  member.positionAtEntry = positionAtEntry(w, member);
  member.ewtAtJoinMs = ewtNow(w, member);
  preferAgent(w, member, join, queue);
  return member;
}

/** The agent asked for, the caller's personal one, or the last one he talked to (B41). */
function preferAgent(w: World, member: Member, join: Join, queue: QueueConfig): void {
  const last = queue.sticky.windowMs > 0 ? w.lastTalks.get(join.number) : undefined;
  const isRecent = last && w.nowMs - last.atMs <= queue.sticky.windowMs;
  const asked = join.stickyAgent === undefined ? undefined : w.agentNames.get(canonical(join.stickyAgent));
  const agent = asked ?? w.callers.get(join.number)?.agent ?? (isRecent ? last.agent : undefined);
  if (agent === undefined || !w.servicesOfQueue(queue.id).has(agent)) return;
  member.stickyAgent = agent;
  // an answered call of a campaign has no time to wait for him alone
  member.stickyUntilMs = isDialled(member) ? w.nowMs : w.nowMs + queue.sticky.waitMs;
}
