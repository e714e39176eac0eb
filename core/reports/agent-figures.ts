/** Figures of an agent: counts by the interval in which an offer began, times split at the borders of the intervals (B26). */
import type { StatusSegment } from '../acd/records.js';
import { isLoggedIn, takesCalls } from '../acd/words.js';
import type { AgentStatus } from '../acd/words.js';
import { indexOf } from './calendar.js';
import type { Interval } from './calendar.js';
import { addHold, holdFigures, isMissed, rate } from './queue-figures.js';
import type { OfferFact, WrapUpFact } from './queue-figures.js';
import { intersection, share, union } from './spans.js';

export type StayFact = Pick<StatusSegment, 'agent' | 'status' | 'reason' | 'paid' | 'startedAtMs' | 'endedAtMs'>;

/** What one agent did; what is not over ends now. */
export interface AgentWork {
  readonly stays: StayFact[];
  readonly offers: OfferFact[];
  readonly wrapUps: WrapUpFact[];
}

export const createAgentWork = (): AgentWork => ({ stays: [], offers: [], wrapUps: [] });

export interface AgentTally {
  offers: number;
  answered: number;
  missed: number;
  transfers: number;
  ringMs: number;
  /** chats at the same time count each */
  talkMs: number;
  longestTalkMs: number;
  wrapUpMs: number;
  /** talks of which the time on hold is known */
  holds: number;
  holdMs: number;
  longestHoldMs: number;
  loggedInMs: number;
  pausedMs: number;
  paidPausedMs: number;
  /** ready for calls and without one */
  idleMs: number;
  /** in a talk or a wrap-up; two chats at once count once */
  busyMs: number;
  /** logged in, or busy */
  presentMs: number;
}

const createAgentTally = (): AgentTally => ({
  offers: 0,
  answered: 0,
  missed: 0,
  transfers: 0,
  ringMs: 0,
  talkMs: 0,
  longestTalkMs: 0,
  wrapUpMs: 0,
  holds: 0,
  holdMs: 0,
  longestHoldMs: 0,
  loggedInMs: 0,
  pausedMs: 0,
  paidPausedMs: 0,
  idleMs: 0,
  busyMs: 0,
  presentMs: 0,
});

const span = (fromMs: number, toMs: number): Interval => ({ fromMs, toMs });
const spanOf = ({ startedAtMs, endedAtMs }: { readonly startedAtMs: number; readonly endedAtMs: number }): Interval =>
  span(startedAtMs, endedAtMs);
const ringOf = ({ startedAtMs, ringMs }: OfferFact): Interval => span(startedAtMs, startedAtMs + ringMs);
const talkOf = ({ connectedAtMs, endedAtMs }: OfferFact): Interval => span(connectedAtMs || endedAtMs, endedAtMs);

/** One entry for each interval, undefined where the agent did nothing. `intervals` follow each other without a gap. */
export function agentTallies({ stays, offers, wrapUps }: AgentWork, intervals: readonly Interval[]): (AgentTally | undefined)[] {
  const tallies: (AgentTally | undefined)[] = intervals.map(() => undefined);
  const at = (index: number): AgentTally => (tallies[index] ??= createAgentTally());
  const addTimes = (key: keyof AgentTally, spans: readonly Interval[]): void => {
    for (const one of spans) share(one, intervals, (index, ms) => (at(index)[key] += ms));
  };
  for (const offer of offers) countOffer(offer, intervals, at);

  const present = stays.filter(({ status }) => isLoggedIn(status as AgentStatus));
  const paused = present.filter(({ status }) => !takesCalls(status as AgentStatus));
  const loggedIn = union(present.map(spanOf));
  const ready = union(present.filter(({ status }) => takesCalls(status as AgentStatus)).map(spanOf));
  const busy = union([...offers.map(talkOf), ...wrapUps.map(spanOf)]);
  addTimes('ringMs', offers.map(ringOf));
  addTimes('talkMs', offers.map(talkOf));
  addTimes('wrapUpMs', wrapUps.map(spanOf));
  addTimes('loggedInMs', loggedIn);
  addTimes('pausedMs', paused.map(spanOf));
  addTimes('paidPausedMs', paused.filter(({ paid }) => paid === 1).map(spanOf));
  addTimes('busyMs', busy);
  addTimes('presentMs', union([...loggedIn, ...busy]));
  addTimes('idleMs', ready);
  for (const one of intersection(ready, busy)) share(one, intervals, (index, ms) => (at(index).idleMs -= ms));
  return tallies;
}

function countOffer(offer: OfferFact, intervals: readonly Interval[], at: (index: number) => AgentTally): void {
  const index = indexOf(intervals, offer.startedAtMs);
  if (index === undefined) return;
  const tally = at(index);
  tally.offers++;
  if (isMissed(offer.outcome)) tally.missed++;
  if (offer.connectedAtMs === 0) return;
  tally.answered++;
  tally.longestTalkMs = Math.max(tally.longestTalkMs, offer.talkMs);
  if (offer.endedBy === 'transfer') tally.transfers++;
  addHold(tally, offer);
}

export function addAgentTally(to: AgentTally, from: AgentTally): void {
  const longestTalkMs = Math.max(to.longestTalkMs, from.longestTalkMs);
  const longestHoldMs = Math.max(to.longestHoldMs, from.longestHoldMs);
  for (const key of Object.keys(from) as (keyof AgentTally)[]) to[key] += from[key];
  Object.assign(to, { longestTalkMs, longestHoldMs });
}

export const sumAgentTallies = (tallies: Iterable<AgentTally>): AgentTally => {
  const sum = createAgentTally();
  for (const tally of tallies) addAgentTally(sum, tally);
  return sum;
};

export type AgentFigures = ReturnType<typeof agentFigures>;

/** As reports show them; docs/statistics.md defines each. */
export function agentFigures(t: AgentTally) {
  return {
    offers: t.offers,
    answered: t.answered,
    missed: t.missed,
    transfers: t.transfers,
    ringMs: t.ringMs,
    talkMs: t.talkMs,
    longestTalkMs: t.longestTalkMs,
    wrapUpMs: t.wrapUpMs,
    ...holdFigures(t),
    loggedInMs: t.loggedInMs,
    pausedMs: t.pausedMs,
    paidPausedMs: t.paidPausedMs,
    idleMs: t.idleMs,
    busyMs: t.busyMs,
    occupancy: rate(t.busyMs, t.busyMs + t.idleMs),
    utilisation: rate(t.busyMs, t.presentMs),
  };
}
