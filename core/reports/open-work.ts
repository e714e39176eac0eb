/** What is not over yet, as facts that end now: who waits, talks, rings, wraps up, and in which status everybody is. */
import { holdMs } from '../acd/facts.js';
import type { Agent, Member, Offer } from '../acd/state.js';
import type { StayFact } from './agent-figures.js';
import type { OfferFact, OpenVisit, WrapUpFact } from './queue-figures.js';

export interface OpenThings {
  readonly members: Iterable<Member>;
  readonly offers: Iterable<Offer>;
  readonly agents: Iterable<Agent>;
}

/** By the keys under which their segments will be stored. */
export interface OpenWork {
  readonly visits: Map<string, OpenVisit>;
  readonly offers: Map<string, OfferFact>;
  readonly stays: Map<string, StayFact>;
  readonly wrapUps: Map<string, WrapUpFact>;
}

export function openWorkOf({ members, offers, agents }: OpenThings, nowMs: number): OpenWork {
  const work: OpenWork = { visits: new Map(), offers: new Map(), stays: new Map(), wrapUps: new Map() };
  for (const member of members) {
    const visit = openVisit(member);
    if (visit) work.visits.set(`${member.id}/${String(member.visit)}`, visit);
  }
  for (const offer of offers) work.offers.set(offer.id, openOffer(offer, nowMs));
  for (const agent of agents) {
    const { id, statusSinceMs } = agent;
    if (statusSinceMs > 0) work.stays.set(`${id}/${String(statusSinceMs)}`, openStay(agent, nowMs));
    const wrapUp = openWrapUp(agent, nowMs);
    if (wrapUp) work.wrapUps.set(`${id}/${String(wrapUp.startedAtMs)}`, wrapUp);
  }
  return work;
}

/** undefined: the visit is over, and he is only kept for a return. */
function openVisit({ queue, media, enteredAtMs, phase, presence, origin }: Member): OpenVisit | undefined {
  if (phase.kind === 'abandoned') return undefined;
  return {
    queue,
    media,
    enteredAtMs,
    answeredAtMs: phase.kind === 'talking' ? phase.sinceMs : undefined,
    isMessage: presence.kind === 'message',
    ...(origin && { origin }),
  };
}

function openOffer({ queue, agent, media, startedAtMs, phase, origin }: Offer, nowMs: number): OfferFact {
  const connectedAtMs = phase.kind === 'talking' ? phase.connectedAtMs : 0;
  const answeredAtMs = phase.kind === 'ringing' ? nowMs : phase.kind === 'answered' ? phase.atMs : phase.answeredAtMs;
  return {
    queue,
    agent,
    media,
    startedAtMs,
    connectedAtMs,
    endedAtMs: nowMs,
    ringMs: Math.max(0, answeredAtMs - startedAtMs),
    talkMs: connectedAtMs ? Math.max(0, nowMs - connectedAtMs) : 0,
    ...(connectedAtMs && media === 'audio' && { holdMs: holdMs(phase, nowMs) }),
    outcome: 'talked',
    endedBy: 'unknown',
    ...(origin && { origin }),
  };
}

const openStay = ({ id, status, pauseReason, statusSinceMs }: Agent, nowMs: number): StayFact => ({
  agent: id,
  status,
  reason: pauseReason,
  startedAtMs: statusSinceMs,
  endedAtMs: nowMs,
});

function openWrapUp({ id, phase }: Agent, nowMs: number): WrapUpFact | undefined {
  if (phase.kind !== 'wrapup' && phase.kind !== 'spent') return undefined;
  const { queue, origin } = phase;
  const [startedAtMs, endsAtMs] =
    phase.kind === 'wrapup' ? [phase.startedAtMs, phase.endsAtMs] : [phase.wrapUpStartedAtMs, phase.wrapUpEndsAtMs];
  return { agent: id, queue, startedAtMs, endedAtMs: Math.min(endsAtMs, nowMs), ...(origin && { origin }) };
}
