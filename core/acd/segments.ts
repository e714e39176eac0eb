/** The records of visits, offers and stays, each written once (B6). */
import type { EndedBy } from './events.js';
import { holdMs } from './facts.js';
import { pauseReasonOf } from './pauses.js';
import type { ExitReason } from './words.js';
import type { OfferOutcome } from './records.js';
import type { Agent, Member, Offer } from './state.js';
import type { World } from './world.js';

export interface VisitEnd {
  readonly reason: ExitReason;
  readonly detail: string;
  readonly offer: Offer | undefined;
  /** end of the waiting: the connection, or now */
  readonly waitEndedAtMs: number;
}

/** `position`: place among those who wait, 1 = next; undefined: did not wait any more. */
export function recordVisit(w: World, member: Member, end: VisitEnd, position?: number): void {
  w.record({
    kind: 'visit',
    key: `${member.id}/${member.visit}`,
    member: member.id,
    visit: member.visit,
    rootId: member.rootId,
    queue: member.queue,
    media: member.media,
    number: member.number,
    name: member.name,
    leadId: member.leadId,
    param: member.param,
    arrivedAtMs: member.joinedAtMs,
    enteredAtMs: member.enteredAtMs,
    leftAtMs: w.nowMs,
    reason: end.reason,
    detail: end.detail,
    agent: end.offer?.agent,
    offer: end.offer?.id,
    offers: member.offersMade,
    rejections: member.rejections,
    waitMs: Math.max(0, end.waitEndedAtMs - member.enteredAtMs),
    talkMs: Math.max(0, w.nowMs - end.waitEndedAtMs),
    positionAtEntry: member.positionAtEntry,
    positionAtExit: position,
    priority: member.priority,
    serial: member.serial,
    origin: member.origin,
  });
}

export interface OfferEnd {
  readonly outcome: OfferOutcome;
  readonly by: EndedBy;
  readonly detail: string;
}

export function recordOffer(w: World, offer: Offer, end: OfferEnd): void {
  const { phase } = offer;
  const member = w.members.get(offer.member);
  const connectedAtMs = phase.kind === 'talking' ? phase.connectedAtMs : 0;
  const answeredAtMs = answeredAt(offer);
  w.record({
    kind: 'offer',
    key: offer.id,
    offer: offer.id,
    member: offer.member,
    visit: member?.visit ?? 0,
    rootId: member?.rootId ?? '',
    queue: offer.queue,
    agent: offer.agent,
    media: offer.media,
    startedAtMs: offer.startedAtMs,
    answeredAtMs,
    connectedAtMs,
    endedAtMs: w.nowMs,
    ringMs: (answeredAtMs || w.nowMs) - offer.startedAtMs,
    talkMs: connectedAtMs ? w.nowMs - connectedAtMs : 0,
    // a chat cannot be put on hold
    holdMs: connectedAtMs && offer.media === 'audio' ? holdMs(phase, w.nowMs) : undefined,
    outcome: end.outcome,
    endedBy: end.by,
    detail: end.detail,
    number: member?.number,
    arrivedAtMs: member?.enteredAtMs,
    rejections: member?.rejections,
    serial: member?.serial,
    origin: offer.origin,
  });
}

function answeredAt({ phase }: Offer): number {
  if (phase.kind === 'ringing') return 0;
  return phase.kind === 'answered' ? phase.atMs : phase.answeredAtMs;
}

/** The wrap-up that the agent's phase holds is over, by its time or now. */
export function recordWrapUp(w: World, { id, phase }: Agent): void {
  if (phase.kind !== 'wrapup' && phase.kind !== 'spent') return;
  const [startedAtMs, endsAtMs] =
    phase.kind === 'wrapup' ? [phase.startedAtMs, phase.endsAtMs] : [phase.wrapUpStartedAtMs, phase.wrapUpEndsAtMs];
  const endedAtMs = Math.min(endsAtMs, w.nowMs);
  if (endedAtMs <= startedAtMs) return;
  w.record({
    kind: 'wrapup',
    key: `${id}/${startedAtMs}`,
    agent: id,
    queue: phase.queue,
    startedAtMs,
    endedAtMs,
    outcome: endsAtMs <= w.nowMs ? 'expired' : 'ended',
    ...(phase.origin && { origin: phase.origin }),
  });
}

/** The stay in a status is over (B35). */
export function recordStay(w: World, agent: Agent): void {
  if (agent.statusSinceMs === 0 || agent.statusSinceMs === w.nowMs) return;
  const known = agent.status === 'On Break' ? pauseReasonOf(w, agent.pauseReason) : undefined;
  w.record({
    kind: 'status',
    key: `${agent.id}/${agent.statusSinceMs}`,
    agent: agent.id,
    status: agent.status,
    reason: agent.pauseReason,
    ...(known && { paid: known.isPaid ? 1 : 0 }),
    startedAtMs: agent.statusSinceMs,
    endedAtMs: w.nowMs,
  });
}
