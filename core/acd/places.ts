/** Where members and agents belong in the indexes, and when time is next due for them: pure functions of their state. */
import type { AgentPlace, FreePlace, Pool } from './agent-index.js';
import { agentHold, attendanceOf, queueHold, softHold } from './availability.js';
import { isDialled } from './dialled.js';
import type { MemberPlace } from './member-index.js';
import { isMessage } from './messages.js';
import { relaxation, signatureOf, wantsNow } from './needs.js';
import type { Skills } from './needs.js';
import { agentKey, chatKey, memberKey } from './order.js';
import { pauseDueMs } from './pauses.js';
import type { Agent, Member, Offer } from './state.js';
import { tierStage } from './tiers.js';
import { mediaKinds } from './words.js';
import type { World } from './world.js';

const pools: readonly Pool[] = [...mediaKinds, 'soft'];

const noPlaces: readonly FreePlace[] = [];

const signatures = new WeakMap<Skills, string>();

function knownSignature(skills: Skills): string {
  let signature = signatures.get(skills);
  if (signature === undefined) signatures.set(skills, (signature = signatureOf(skills)));
  return signature;
}

export function agentPlace(w: World, agent: Agent): AgentPlace {
  const config = w.configOf(agent.id);
  const signature = config.skills.size === 0 ? '' : knownSignature(config.skills);
  const served = w.services.get(agent.id) ?? [];
  let places: FreePlace[] | undefined;
  for (const pool of pools) {
    if (pool === 'soft' ? softHold(agent, config, w.nowMs) : agentHold(agent, config, pool, w.nowMs)) continue;
    for (const service of served) {
      const queue = w.queueOf(service.queue);
      if (queueHold(agent, queue)) continue;
      const key = pool === 'chat' ? chatKey(queue, agent, service) : agentKey(queue.strategy, queue, agent, service);
      (places ??= []).push({ queue: service.queue, pool, key });
    }
  }
  return { attendance: attendanceOf(agent), served, places: places ?? noPlaces, signature, skills: config.skills };
}

export function agentDueMs(agent: Agent, nowMs: number): number | undefined {
  let dueMs = Infinity;
  const { phase } = agent;
  if (phase.kind === 'resting' || phase.kind === 'reserved') dueMs = phase.untilMs;
  else if (phase.kind === 'wrapup') dueMs = phase.endsAtMs;
  if (agent.chatWrapUpEndsAtMs > 0) dueMs = Math.min(dueMs, agent.chatWrapUpEndsAtMs);
  if (agent.readyAtMs > nowMs) dueMs = Math.min(dueMs, agent.readyAtMs);
  dueMs = Math.min(dueMs, pauseDueMs(agent) ?? Infinity);
  return dueMs;
}

/** An offer's deadline; a talk has none: its end is news from the switch, or a reconcile. */
export function offerDueMs({ phase }: Offer): number | undefined {
  return phase.kind === 'talking' ? undefined : phase.deadlineMs;
}

export const isWaiting = ({ phase }: Member): boolean =>
  phase.kind === 'welcome' || phase.kind === 'dissuading' || phase.kind === 'waiting';

/** The switch joins the two now: if its answer were lost, a talk would go on that nobody knows of. */
export const isConnecting = (w: World, { offers }: Member): boolean =>
  offers.some((offer) => w.offers.get(offer)?.phase.kind === 'connecting');

export const waitedMs = (member: Pick<Member, 'joinedAtMs'>, nowMs: number): number => nowMs - member.joinedAtMs;

export function memberPlace(w: World, member: Member): MemberPlace {
  const { presence } = member;
  return {
    queue: member.queue,
    key: memberKey(member, w),
    isWaiting: isWaiting(member),
    isQueued: member.phase.kind === 'waiting',
    spec: isOfferable(w, member) ? classSpec(w, member) : undefined,
    isDialling: presence.kind === 'callback' && presence.step.kind === 'dialling',
    isCaller: isWaiting(member) && member.media === 'audio' && !isMessage(member) && !isDialled(member) && !isPausing(member),
    isHeld: isHeld(w, member),
  };
}

/** Was called back in vain, and is not called again before a while: agents need not be kept for him. */
const isPausing = ({ presence }: Member): boolean => presence.kind === 'callback' && presence.step.kind === 'pausing';

function classSpec(w: World, member: Member): NonNullable<MemberPlace['spec']> {
  const waited = waitedMs(member, w.nowMs);
  return {
    queue: member.queue,
    media: member.media,
    wants: wantsNow(member.needs, waited),
    tierStage: tierStage(w.queueOf(member.queue), w.levels.get(member.queue) ?? [], waited).stage,
    sticky: isHeldForAgent(w, member) ? member.stickyAgent : undefined,
    switch: member.call?.switch,
    isCallback: member.presence.kind === 'callback',
    mayTakeHeld: mayTakeHeld(member),
  };
}

/** A caller, there and rung for by nobody: agents who are held softly come to him when nobody else is free (B45). */
export const mayTakeHeld = ({ media, origin, presence, offers }: Member): boolean =>
  media === 'audio' && origin === undefined && presence.kind === 'here' && offers.length === 0;

/** Waits for one agent alone: while the wait lasts and the agent is logged in (B41). */
export function isHeldForAgent(w: World, member: Member): boolean {
  if (member.stickyAgent === undefined || member.stickyUntilMs <= w.nowMs) return false;
  const agent = w.agents.get(member.stickyAgent);
  return agent !== undefined && attendanceOf(agent).isAvailable;
}

function isOfferable(w: World, member: Member): boolean {
  return member.phase.kind === 'waiting' && w.system.isDispatching && isThere(w, member) && mayBeRung(w, member);
}

/** Could be offered if he were here: who comes back waits at once, whatever message he heard before. */
function isHeld(w: World, member: Member): boolean {
  if (member.presence.kind !== 'away' || w.nowMs >= w.heldUntilMs || !isWaiting(member)) return false;
  return !(member.call && w.switchesDown.has(member.call.switch)) && mayBeRung(w, member);
}

/** No rule ends the waiting first, and nobody rings, or one more may. */
function mayBeRung(w: World, member: Member): boolean {
  if (member.giveUpAtMs > 0 && member.giveUpAtMs <= w.nowMs) return false;
  if (member.offers.length === 0) return true;
  const queue = w.queueOf(member.queue);
  if (member.media === 'chat' || member.offers.length >= queue.ringAgentsMax) return false;
  if (!member.offers.every((id) => isOneOfMany(w.offers.get(id)))) return false;
  // what is to end the waiting comes when the last leg has ended: no new one is started before it
  if (Math.min(overflowDueMs(w, member), onHoldDueMs(w, member)) <= w.nowMs) return false;
  if (queue.strategy === 'ring-all') return true;
  return queue.strategy === 'ring-progressively' && member.nextRingAtMs <= w.nowMs;
}

/** Rings, and others may ring beside it; who picks a caller up by hand rings alone. */
const isOneOfMany = (offer: Offer | undefined): boolean => offer?.phase.kind === 'ringing' && !offer.isPickUp;

/** A caller who can be connected, or a callback whose turn may come. */
function isThere(w: World, { presence, call, homeSwitch }: Member): boolean {
  if (presence.kind === 'away') return false;
  if (presence.kind === 'callback') return presence.step.kind === 'waiting' && !(homeSwitch && w.switchesDown.has(homeSwitch));
  const home = presence.kind === 'message' ? homeSwitch : call?.switch;
  return !(home && w.switchesDown.has(home));
}

export function memberDueMs(w: World, member: Member): number | undefined {
  const { phase } = member;
  if (phase.kind === 'abandoned') return phase.untilMs;
  if (phase.kind === 'talking') return undefined;
  let dueMs = presenceDueMs(member);
  if (phase.kind !== 'waiting') {
    // after his longest wait he holds nobody back, also where the message came in between
    if (isHeld(w, member)) dueMs = Math.min(dueMs, member.giveUpAtMs || Infinity);
    return Math.min(dueMs, phase.deadlineMs, noAgentDueMs(w, member));
  }
  if (isDialled(member)) return Math.min(dueMs, dialledDueMs(w, member), classDueMs(w, member));
  return Math.min(dueMs, endDueMs(w, member), classDueMs(w, member), saidDueMs(w, member));
}

/** When a rule ends his waiting; while legs ring, one whose moment is over only closes the member to further ones. */
function endDueMs(w: World, member: Member): number {
  const afterMs = member.offers.length === 0 ? -Infinity : w.nowMs;
  return Math.min(
    ifAfter(afterMs, member.giveUpAtMs || Infinity),
    ifAfter(afterMs, noAgentDueMs(w, member)),
    ifAfter(afterMs, onHoldDueMs(w, member)),
    ifAfter(afterMs, overflowDueMs(w, member)),
  );
}

const ifAfter = (afterMs: number, atMs: number): number => (atMs > afterMs ? atMs : Infinity);

/** His time is over also while an agent rings; a connection under way has an end of its own. */
function dialledDueMs(w: World, member: Member): number {
  if (isConnecting(w, member)) return Infinity;
  return Math.min(member.giveUpAtMs || Infinity, member.offers.length === 0 ? noAgentDueMs(w, member) : Infinity);
}

function presenceDueMs({ presence }: Member): number {
  if (presence.kind === 'here' || presence.kind === 'message') return Infinity;
  if (presence.kind === 'away') return presence.untilMs;
  const { step, expiresAtMs } = presence;
  if (step.kind === 'dialling') return step.deadlineMs;
  return step.kind === 'pausing' ? Math.min(step.untilMs, expiresAtMs) : expiresAtMs;
}

/** freeswitch-callcenter 8.4: nobody logged in for W, and the caller here for G + W. */
export function noAgentDueMs(w: World, member: Member): number {
  const queue = w.queueOf(member.queue);
  const waitMs = queue.maxWaitNoAgentMs;
  if (waitMs === 0 || isMessage(member) || w.agentIndex.counts(member.queue).loggedIn > 0) return Infinity;
  const graceMs = queue.maxWaitNoAgentGraceMs;
  return Math.max(w.queueRuntime(member.queue).emptySinceMs + waitMs, member.enteredAtMs + (graceMs > 0 ? graceMs + waitMs : 1));
}

/** opensips-call-center 7: strictly longer on hold than the threshold. */
export function onHoldDueMs(w: World, member: Member): number {
  const { dissuading } = w.queueOf(member.queue);
  if (dissuading.onHoldMsMax === 0 || dissuading.message === undefined) return Infinity;
  if (member.presence.kind !== 'here' || member.media === 'chat' || isDialled(member)) return Infinity;
  return member.onHoldSinceMs + dissuading.onHoldMsMax + 1;
}

/** Overflow by waiting time in this queue. */
export function overflowDueMs(w: World, member: Member): number {
  if (isMessage(member) || isDialled(member)) return Infinity;
  for (const { on, thresholdMs } of w.queueOf(member.queue).overflow) if (on === 'waited') return member.enteredAtMs + thresholdMs;
  return Infinity;
}

/** When the member changes its class by time alone. */
function classDueMs(w: World, member: Member): number {
  const waited = waitedMs(member, w.nowMs);
  let dueMs = Infinity;
  const { nextAfterMs: relaxAfterMs } = relaxation(member.needs, waited);
  if (relaxAfterMs !== undefined) dueMs = member.joinedAtMs + relaxAfterMs;
  const { nextAfterMs: tierAfterMs } = tierStage(w.queueOf(member.queue), w.levels.get(member.queue) ?? [], waited);
  if (tierAfterMs !== undefined) dueMs = Math.min(dueMs, member.joinedAtMs + tierAfterMs);
  if (member.stickyUntilMs > w.nowMs) dueMs = Math.min(dueMs, member.stickyUntilMs);
  if (member.nextRingAtMs > w.nowMs) dueMs = Math.min(dueMs, member.nextRingAtMs);
  return dueMs;
}

/** When something is to be said next. */
function saidDueMs(w: World, member: Member): number {
  if (member.media === 'chat' || member.presence.kind !== 'here') return Infinity;
  const { announce } = w.queueOf(member.queue);
  let dueMs = Infinity;
  if (announce.sound !== undefined && announce.everyMs > 0) dueMs = member.nextSoundAtMs;
  if (member.nextPositionAtMs > 0) dueMs = Math.min(dueMs, member.nextPositionAtMs);
  return dueMs;
}
