/**
 * Figures of the running day (core/report-ports.ts): counted up as segments are stored, filled from the database when the
 * queues become ours, empty again at midnight of the zone. Who waits or talks now is looked up when somebody asks.
 */
import { Recent } from '../acd/recent.js';
import type { Segment } from '../acd/records.js';
import type { Agent, Member, Offer } from '../acd/state.js';
import { isLoggedIn, takesCalls } from '../acd/words.js';
import type { AgentStatus, Origin } from '../acd/words.js';
import type { StayFact } from '../reports/agent-figures.js';
import type { AgentDayFigures, DayFigures, ReportCursor, ReportStore, Today } from '../report-ports.js';
import { dayEnd, dayStart } from '../reports/calendar.js';
import type { Interval } from '../reports/calendar.js';
import { openWorkOf } from '../reports/open-work.js';
import { addOffer, addOpenVisit, addTally, addVisit, addWrapUp, createQueueTally, isMissed, offeredOf } from '../reports/queue-figures.js';
import type { Goal, OfferFact, QueueTally, VisitFact, WrapUpFact } from '../reports/queue-figures.js';

/** State of the engine at this moment. */
export interface LiveState {
  readonly members: ReadonlyMap<string, Member>;
  readonly offers: ReadonlyMap<string, Offer>;
  readonly agents: ReadonlyMap<string, Agent>;
}

export interface TodayDeps {
  readonly zone: string;
  readonly nowMs: () => number;
  readonly goalOf: (queue: string) => Goal;
  /** undefined: the queues belong to another */
  readonly live: () => LiveState | undefined;
}

export interface RunningToday extends Today {
  /** These segments were stored now. */
  stored(segments: readonly Segment[]): void;
  /** Something is worth another look though no segment was stored. */
  touch(): void;
  /** Counts the day anew from the database; rejects as the store does, and keeps what it had then. */
  fill(store: DayStore, breathe: () => Promise<void>): Promise<void>;
  /** The sums of a queue, who waits and talks included; of all queues without a name. */
  tally(queue?: string): QueueTally;
  goalOf(queue: string): Goal;
}

/** Who waits is counted at most this often. */
const liveEveryMs = 250;
const fillPageRows = 1_000;
/** segments that are remembered, so that none counts twice */
const recentMax = 20_000;
/** names of queues and agents of one day */
const namesMax = 100_000;

type DayStore = Pick<ReportStore, 'begun' | 'crossing'>;
type AgentSums = { -readonly [Key in keyof AgentDayFigures]: number };

class Day {
  readonly interval: Interval;
  readonly queues = new Map<string, QueueTally>();
  readonly agents = new Map<string, AgentSums>();
  readonly #goalOf: TodayDeps['goalOf'];

  constructor(interval: Interval, goalOf: TodayDeps['goalOf']) {
    this.interval = interval;
    this.#goalOf = goalOf;
  }

  add(segment: Segment): void {
    if (segment.kind === 'visit') this.visit(segment);
    else if (segment.kind === 'offer') this.offer(segment);
    else if (segment.kind === 'wrapup') this.wrapup(segment);
    else this.status(segment);
  }

  visit(visit: VisitFact): void {
    const tally = isCaller(visit) && this.#has(visit.enteredAtMs) && this.#queue(visit.queue);
    if (tally) addVisit(tally, visit, this.#goalOf(visit.queue));
  }

  offer(offer: OfferFact): void {
    this.#time(offer.agent, 'talkMs', offer.connectedAtMs || offer.endedAtMs, offer.endedAtMs);
    if (!this.#has(offer.startedAtMs)) return;
    const [tally, agent] = [isCaller(offer) && this.#queue(offer.queue), this.#agent(offer.agent)];
    if (tally) addOffer(tally, offer);
    if (agent && offer.connectedAtMs > 0) agent.answered++;
    if (agent && isMissed(offer.outcome)) agent.missed++;
  }

  wrapup(wrapUp: WrapUpFact): void {
    const tally = isCaller(wrapUp) && wrapUp.queue && this.#has(wrapUp.startedAtMs) && this.#queue(wrapUp.queue);
    if (tally) addWrapUp(tally, wrapUp);
    this.#time(wrapUp.agent, 'wrapUpMs', wrapUp.startedAtMs, wrapUp.endedAtMs);
  }

  status({ agent, status, startedAtMs, endedAtMs }: StayFact): void {
    if (!isLoggedIn(status as AgentStatus)) return;
    this.#time(agent, 'loggedInMs', startedAtMs, endedAtMs);
    if (!takesCalls(status as AgentStatus)) this.#time(agent, 'pausedMs', startedAtMs, endedAtMs);
  }

  #time(agent: string, key: keyof AgentSums, fromMs: number, toMs: number): void {
    const ms = clipped(this.interval, fromMs, toMs);
    const sums = ms > 0 ? this.#agent(agent) : undefined;
    if (sums) sums[key] += ms;
  }

  #has(ms: number): boolean {
    return ms >= this.interval.fromMs && ms < this.interval.toMs;
  }

  #queue = (id: string): QueueTally | undefined => named(this.queues, id, createQueueTally);
  #agent = (id: string): AgentSums | undefined => named(this.agents, id, noSums);
}

/** Figures of queues are those of callers; an agent's work is his whole work. */
const isCaller = ({ origin }: { readonly origin?: Origin | undefined }): boolean => origin === undefined;

function named<T>(map: Map<string, T>, id: string, create: () => T): T | undefined {
  let found = map.get(id);
  if (found === undefined && map.size < namesMax) map.set(id, (found = create()));
  return found;
}

const noSums = (): AgentSums => ({ answered: 0, missed: 0, talkMs: 0, wrapUpMs: 0, pausedMs: 0, loggedInMs: 0 });
const clipped = (day: Interval, fromMs: number, toMs: number): number =>
  Math.max(0, Math.min(toMs, day.toMs) - Math.max(fromMs, day.fromMs));

export function createToday(deps: TodayDeps): RunningToday {
  const { zone, nowMs, goalOf, live } = deps;
  const dayAt = (ms: number): Day => new Day({ fromMs: dayStart(ms, zone), toMs: dayEnd(ms, zone) }, goalOf);
  let day = dayAt(nowMs());
  let revision = 0;
  let waiting: { readonly atMs: number; readonly queues: ReadonlyMap<string, QueueTally> } = { atMs: -Infinity, queues: new Map() };
  const recent = new Recent<string, true>(recentMax);
  /** what was stored while the day is being read */
  let meanwhile: Segment[] | undefined;

  function today(): Day {
    if (nowMs() < day.interval.fromMs || nowMs() >= day.interval.toMs) {
      day = dayAt(nowMs());
      revision++;
    }
    return day;
  }

  function open(): ReadonlyMap<string, QueueTally> {
    const atMs = nowMs();
    const isFresh = atMs >= waiting.atMs && atMs - waiting.atMs < liveEveryMs;
    if (!isFresh) waiting = { atMs, queues: openTallies(live(), today().interval, goalOf) };
    return waiting.queues;
  }

  function tally(queue?: string): QueueTally {
    const sum = createQueueTally();
    for (const tallies of [today().queues, open()])
      for (const one of queue === undefined ? tallies.values() : [tallies.get(queue)]) if (one) addTally(sum, one);
    return sum;
  }

  function agent(id: string): AgentDayFigures {
    const { agents, interval } = today();
    const sums = { ...(agents.get(id) ?? noSums()) };
    addRunning(sums, live(), id, { interval, nowMs: nowMs() });
    return sums;
  }

  return {
    queue: (id) => dayFigures(tally(id)),
    agent,
    all: () => dayFigures(tally()),
    revision: () => (today(), revision),
    tally,
    goalOf,
    touch: () => void (revision++, (waiting = { ...waiting, atMs: -Infinity })),
    stored(segments) {
      if (segments.length === 0) return;
      for (const segment of segments) {
        const key = `${segment.kind} ${segment.key}`;
        if (recent.get(key)) continue; // a save whose outcome was lost is repeated
        recent.set(key, true);
        meanwhile?.push(segment);
        today().add(segment);
      }
      revision++;
      waiting = { ...waiting, atMs: -Infinity };
    },
    async fill(store, breathe) {
      const filled = dayAt(nowMs());
      const seen = new Set<string>();
      const mine: Segment[] = (meanwhile = []);
      try {
        await readDay(store, filled, seen, breathe);
      } catch (error) {
        if (mine === meanwhile) meanwhile = undefined;
        throw error;
      }
      if (mine !== meanwhile) return; // a later one is under way
      if (today().interval.fromMs !== filled.interval.fromMs) {
        meanwhile = undefined;
        return; // midnight has come: the new day has had all that was stored since
      }
      for (const segment of mine) if (!seen.has(`${segment.kind} ${segment.key}`)) filled.add(segment);
      meanwhile = undefined;
      day = filled;
      revision++;
    },
  };
}

/** What began on that day, and what lasts into it. `seen`: the keys of all that was read. */
async function readDay(store: DayStore, day: Day, seen: Set<string>, breathe: () => Promise<void>): Promise<void> {
  const { fromMs } = day.interval;
  for (const kind of ['offer', 'wrapup', 'status'] as const)
    for (const row of await store.crossing(kind, fromMs, day.interval)) {
      seen.add(`${kind} ${row.key}`);
      day[kind](row as never);
    }
  for (const kind of ['visit', 'offer', 'wrapup', 'status'] as const)
    for (let after: ReportCursor | undefined; ;) {
      const { rows, next } = await store.begun(kind, day.interval, after, fillPageRows);
      for (const row of rows) {
        seen.add(`${kind} ${row.key}`);
        day[kind](row as never);
      }
      if (!next) break;
      after = next;
      await breathe();
    }
}

function openTallies(state: LiveState | undefined, day: Interval, goalOf: TodayDeps['goalOf']): ReadonlyMap<string, QueueTally> {
  const tallies = new Map<string, QueueTally>();
  if (!state) return tallies;
  for (const visit of openWorkOf({ members: state.members.values(), offers: [], agents: [] }, 0).visits.values()) {
    if (visit.enteredAtMs < day.fromMs || !isCaller(visit)) continue;
    const tally = named(tallies, visit.queue, createQueueTally);
    if (tally) addOpenVisit(tally, visit, goalOf(visit.queue));
  }
  return tallies;
}

/** What the agent does now, up to now. */
function addRunning(
  sums: AgentSums,
  state: LiveState | undefined,
  id: string,
  at: { readonly interval: Interval; readonly nowMs: number },
): void {
  const agent = state?.agents.get(id);
  if (!state || !agent) return;
  const { phase, chats } = agent;
  const ids = phase.kind === 'talking' || phase.kind === 'offered' ? [...chats, phase.offer] : chats;
  const offers = ids.flatMap((offer) => state.offers.get(offer) ?? []);
  const work = openWorkOf({ members: [], offers, agents: [agent] }, at.nowMs);
  const ms = (fromMs: number, toMs: number): number => clipped(at.interval, fromMs, toMs);
  for (const { connectedAtMs, startedAtMs, endedAtMs } of work.offers.values()) {
    if (connectedAtMs === 0) continue;
    sums.talkMs += ms(connectedAtMs, endedAtMs);
    if (startedAtMs >= at.interval.fromMs) sums.answered++;
  }
  for (const { startedAtMs, endedAtMs } of work.wrapUps.values()) sums.wrapUpMs += ms(startedAtMs, endedAtMs);
  for (const { status, startedAtMs, endedAtMs } of work.stays.values()) {
    if (!isLoggedIn(status as AgentStatus)) continue;
    sums.loggedInMs += ms(startedAtMs, endedAtMs);
    if (!takesCalls(status as AgentStatus)) sums.pausedMs += ms(startedAtMs, endedAtMs);
  }
}

function dayFigures(t: QueueTally): DayFigures {
  const finished = t.answered + t.abandoned;
  return {
    offered: offeredOf(t),
    answered: t.answered,
    abandoned: t.abandoned,
    overflowed: t.overflowed,
    timedOut: t.timedOut,
    serviceLevel: finished > 0 ? t.answeredInTime / finished : undefined,
    waitMs: { mean: t.waits > 0 ? Math.round(t.waitMs / t.waits) : 0, longest: t.longestWaitMs },
    talkMs: { mean: t.talks > 0 ? Math.round(t.talkMs / t.talks) : 0, longest: t.longestTalkMs },
  };
}
