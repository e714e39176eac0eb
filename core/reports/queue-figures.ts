/** Figures of a queue in an interval: counted up visit by visit, in any order, then shown with means and rates (B26). */
import type { ServiceLevelConfig } from '../acd/config.js';
import type { OfferOutcome, OfferSegment, VisitSegment, WrapUpSegment } from '../acd/records.js';
import { offerFailures } from '../acd/words.js';
import { isMessageParam } from '../message-file.js';
import { outcomeOf } from './visit-outcome.js';

export type VisitFact = Pick<
  VisitSegment,
  'queue' | 'media' | 'enteredAtMs' | 'reason' | 'detail' | 'waitMs' | 'talkMs' | 'param' | 'origin'
>;
export type OfferFact = Pick<
  OfferSegment,
  | 'queue'
  | 'agent'
  | 'media'
  | 'startedAtMs'
  | 'connectedAtMs'
  | 'endedAtMs'
  | 'ringMs'
  | 'talkMs'
  | 'holdMs'
  | 'outcome'
  | 'endedBy'
  | 'origin'
>;
export type WrapUpFact = Pick<WrapUpSegment, 'agent' | 'queue' | 'startedAtMs' | 'endedAtMs' | 'origin'>;

/** A visit that is not over: undefined = still waiting. */
export interface OpenVisit extends Pick<VisitFact, 'queue' | 'media' | 'enteredAtMs' | 'origin'> {
  readonly answeredAtMs: number | undefined;
  /** left by somebody who is no caller any more (B51) */
  readonly isMessage: boolean;
}

export type Goal = Pick<ServiceLevelConfig, 'withinMs' | 'shortAbandonMs' | 'percent'>;

/** Sums; ms where the name says so. */
export interface QueueTally {
  answered: number;
  abandoned: number;
  overflowed: number;
  timedOut: number;
  waiting: number;
  refused: number;
  answeredInTime: number;
  shortAbandoned: number;
  transfers: number;
  /** talks that are over */
  talks: number;
  talkMs: number;
  longestTalkMs: number;
  /** visits whose waiting is over, refused ones left out */
  waits: number;
  waitMs: number;
  longestWaitMs: number;
  answeredWaitMs: number;
  abandonedWaitMs: number;
  offers: number;
  missed: number;
  ringMs: number;
  wrapUps: number;
  wrapUpMs: number;
  /** talks of which the time on hold is known */
  holds: number;
  holdMs: number;
  longestHoldMs: number;
  /** messages left, and those that an agent has heard */
  messages: number;
  messagesHandled: number;
}

export const createQueueTally = (): QueueTally => ({
  answered: 0,
  abandoned: 0,
  overflowed: 0,
  timedOut: 0,
  waiting: 0,
  refused: 0,
  answeredInTime: 0,
  shortAbandoned: 0,
  transfers: 0,
  talks: 0,
  talkMs: 0,
  longestTalkMs: 0,
  waits: 0,
  waitMs: 0,
  longestWaitMs: 0,
  answeredWaitMs: 0,
  abandonedWaitMs: 0,
  offers: 0,
  missed: 0,
  ringMs: 0,
  wrapUps: 0,
  wrapUpMs: 0,
  holds: 0,
  holdMs: 0,
  longestHoldMs: 0,
  messages: 0,
  messagesHandled: 0,
});

export function addVisit(tally: QueueTally, visit: VisitFact, goal: Goal): void {
  const { reason, waitMs, talkMs } = visit;
  const outcome = outcomeOf(reason, waitMs);
  if (isMessageParam(visit.param)) {
    if (outcome !== 'refused') addMessage(tally, outcome === 'answered');
    return;
  }
  tally[outcome]++;
  if (outcome === 'refused') return;
  addWait(tally, waitMs);
  if (outcome === 'answered') {
    addAnswer(tally, waitMs, goal);
    tally.talks++;
    tally.talkMs += talkMs;
    tally.longestTalkMs = Math.max(tally.longestTalkMs, talkMs);
    if (visit.detail === 'transfer') tally.transfers++;
  } else if (outcome === 'abandoned') {
    tally.abandonedWaitMs += waitMs;
    if (waitMs < goal.shortAbandonMs) tally.shortAbandoned++;
  }
}

/** Of one who waits or talks now; a talk is answered from its first moment. */
export function addOpenVisit(tally: QueueTally, { enteredAtMs, answeredAtMs, isMessage }: OpenVisit, goal: Goal): void {
  if (isMessage) {
    addMessage(tally, answeredAtMs !== undefined);
    return;
  }
  if (answeredAtMs === undefined) {
    tally.waiting++;
    return;
  }
  const waitMs = Math.max(0, answeredAtMs - enteredAtMs);
  tally.answered++;
  addWait(tally, waitMs);
  addAnswer(tally, waitMs, goal);
}

function addMessage(tally: QueueTally, isHandled: boolean): void {
  tally.messages++;
  if (isHandled) tally.messagesHandled++;
}

function addWait(tally: QueueTally, waitMs: number): void {
  tally.waits++;
  tally.waitMs += waitMs;
  tally.longestWaitMs = Math.max(tally.longestWaitMs, waitMs);
}

function addAnswer(tally: QueueTally, waitMs: number, goal: Goal): void {
  tally.answeredWaitMs += waitMs;
  if (waitMs <= goal.withinMs) tally.answeredInTime++;
}

/** The agent did not take it though it was his to take; not what the switch failed in, nor what was taken back. */
export const isMissed = (outcome: OfferOutcome): boolean =>
  outcome !== 'switch-failed' && (offerFailures as readonly string[]).includes(outcome);

export function addOffer(tally: QueueTally, offer: Pick<OfferFact, 'outcome' | 'ringMs' | 'holdMs'>): void {
  tally.offers++;
  tally.ringMs += offer.ringMs;
  if (isMissed(offer.outcome)) tally.missed++;
  addHold(tally, offer);
}

/** Talks of before there was news of hold are left out of its mean. */
export function addHold(tally: Pick<QueueTally, 'holds' | 'holdMs' | 'longestHoldMs'>, { holdMs }: Pick<OfferFact, 'holdMs'>): void {
  if (holdMs === undefined) return;
  tally.holds++;
  tally.holdMs += holdMs;
  tally.longestHoldMs = Math.max(tally.longestHoldMs, holdMs);
}

export function addWrapUp(tally: QueueTally, { startedAtMs, endedAtMs }: Pick<WrapUpFact, 'startedAtMs' | 'endedAtMs'>): void {
  tally.wrapUps++;
  tally.wrapUpMs += Math.max(0, endedAtMs - startedAtMs);
}

export function addTally(to: QueueTally, from: QueueTally): void {
  const longestTalkMs = Math.max(to.longestTalkMs, from.longestTalkMs);
  const longestWaitMs = Math.max(to.longestWaitMs, from.longestWaitMs);
  const longestHoldMs = Math.max(to.longestHoldMs, from.longestHoldMs);
  for (const key of Object.keys(from) as (keyof QueueTally)[]) to[key] += from[key];
  Object.assign(to, { longestTalkMs, longestWaitMs, longestHoldMs });
}

export type QueueFigures = ReturnType<typeof queueFigures>;

/** Part of a whole, 0 to 1; null: there is no whole. */
export const rate = (part: number, whole: number): number | null => (whole > 0 ? Math.round((part / whole) * 10_000) / 10_000 : null);
const mean = (sum: number, count: number): number | null => (count > 0 ? Math.round(sum / count) : null);

/** By the exact share, not the rounded one. */
export const isBelowGoal = (t: Pick<QueueTally, 'answeredInTime' | 'answered' | 'abandoned'>, { percent }: Goal): boolean =>
  t.answeredInTime * 100 < percent * (t.answered + t.abandoned);

export const offeredOf = ({ answered, abandoned, overflowed, timedOut, waiting }: QueueTally): number =>
  answered + abandoned + overflowed + timedOut + waiting;

/** On hold, of talks of which it is known. */
export const holdFigures = ({ holds, holdMs, longestHoldMs }: Pick<QueueTally, 'holds' | 'holdMs' | 'longestHoldMs'>) => ({
  holdMs: holds > 0 ? holdMs : null,
  meanHoldMs: mean(holdMs, holds),
  longestHoldMs: holds > 0 ? longestHoldMs : null,
});

/** As reports show them; docs/statistics.md defines each. `goal`: of the queue; undefined: of several. */
export function queueFigures(t: QueueTally, goal?: Goal) {
  const offered = offeredOf(t);
  const serviceLevel = rate(t.answeredInTime, t.answered + t.abandoned);
  return {
    offered,
    answered: t.answered,
    abandoned: t.abandoned,
    overflowed: t.overflowed,
    timedOut: t.timedOut,
    waiting: t.waiting,
    refused: t.refused,
    answeredInTime: t.answeredInTime,
    shortAbandoned: t.shortAbandoned,
    serviceLevel,
    serviceLevelGoal: goal ? goal.percent / 100 : null,
    belowGoal: goal && serviceLevel !== null ? isBelowGoal(t, goal) : null,
    serviceLevelOfOffered: rate(t.answeredInTime, offered),
    serviceLevelWithoutShort: rate(t.answeredInTime, offered - t.shortAbandoned),
    abandonRate: rate(t.abandoned, offered),
    speedOfAnswerMs: mean(t.answeredWaitMs, t.answered),
    meanWaitMs: mean(t.waitMs, t.waits),
    meanAbandonedWaitMs: mean(t.abandonedWaitMs, t.abandoned),
    longestWaitMs: t.longestWaitMs,
    talkMs: t.talkMs,
    meanTalkMs: mean(t.talkMs, t.talks),
    longestTalkMs: t.longestTalkMs,
    wrapUpMs: t.wrapUpMs,
    meanWrapUpMs: mean(t.wrapUpMs, t.wrapUps),
    meanHandleMs: mean(t.talkMs + t.wrapUpMs, t.talks),
    ...holdFigures(t),
    transfers: t.transfers,
    offers: t.offers,
    missed: t.missed,
    ringMs: t.ringMs,
    meanRingMs: mean(t.ringMs, t.offers),
    messages: t.messages,
    messagesHandled: t.messagesHandled,
  };
}
