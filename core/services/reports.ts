/**
 * Reports on demand, folds over stored segments and what is not over yet (B6): nothing is summed up beforehand, so nothing
 * can be summed up wrongly. Pages are read one after the other, and between two of them others have their turn.
 */
import type { Origin } from '../acd/words.js';
import { createAgentWork } from '../reports/agent-figures.js';
import type { AgentWork } from '../reports/agent-figures.js';
import { AgentTable } from '../reports/agent-table.js';
import type { AgentReport } from '../reports/agent-table.js';
import { dayEnd, intervalsOf } from '../reports/calendar.js';
import type { Interval, IntervalKind } from '../reports/calendar.js';
import { openWorkOf } from '../reports/open-work.js';
import type { OpenThings, OpenWork } from '../reports/open-work.js';
import type { Goal } from '../reports/queue-figures.js';
import { QueueTable } from '../reports/queue-table.js';
import type { QueueReport } from '../reports/queue-table.js';
import type { ReportCursor, ReportRows, ReportStore } from '../report-ports.js';
import { TandemError } from '../errors.js';

export interface ReportsDeps {
  readonly store: Pick<ReportStore, 'begun' | 'crossing'>;
  /** what is not over at this moment */
  readonly open: () => Promise<OpenThings>;
  readonly goalOf: (queue: string) => Goal;
  readonly nowMs: () => number;
  /** lets others have their turn */
  readonly breathe: () => Promise<void>;
}

export const reportLimits = {
  /** intervals of one report: 32 days of quarters, or 400 days, one more where the clock is changed */
  quartersMax: 32 * 96 + 4,
  daysMax: 401,
  pageRows: 500,
  /** a report that takes longer is given up */
  msMax: 120_000,
  /** reports at once; others are refused */
  runningMax: 3,
  /** no talk and no wrap-up lasts longer than this: further back is not looked */
  talkMsMax: 86_400_000,
  /** what lasts into a report is looked for by its end, in slices of a few thousand rows each */
  talkSliceMs: 7_200_000,
  staySliceMs: 86_400_000,
};

export interface ReportWish extends Interval {
  readonly interval: IntervalKind;
  readonly zone: string;
  /** media undefined: of an agent, whose work counts whoever called */
  readonly isWanted: (queueOrAgent: string, media: string | undefined, origin: Origin | undefined) => boolean;
}

export interface Reports {
  /** Reject TDM_BAD_REQUEST when too long, TDM_BUSY when too many run, TDM_DEADLINE when it takes too long. */
  queues(wish: ReportWish): Promise<QueueReport>;
  agents(wish: ReportWish): Promise<AgentReport>;
}

export function createReports(deps: ReportsDeps, limits = reportLimits): Reports {
  let running = 0;
  async function run<T>(work: (run: Run) => Promise<T>): Promise<T> {
    if (running >= limits.runningMax) throw new TandemError('TDM_BUSY', [`${String(limits.runningMax)} reports at once`]);
    running++;
    try {
      return await work(new Run(deps, limits));
    } finally {
      running--;
    }
  }
  return {
    queues: (wish) => run((one) => one.queues(wish)),
    agents: (wish) => run((one) => one.agents(wish)),
  };
}

class Run {
  readonly #deps: ReportsDeps;
  readonly #limits: typeof reportLimits;
  readonly #endsAtMs: number;

  constructor(deps: ReportsDeps, limits: typeof reportLimits) {
    this.#deps = deps;
    this.#limits = limits;
    this.#endsAtMs = deps.nowMs() + limits.msMax;
  }

  async queues(wish: ReportWish): Promise<QueueReport> {
    const intervals = this.#intervals(wish);
    const range = rangeOf(intervals);
    const table = new QueueTable({ intervals, goalOf: this.#deps.goalOf, isWanted: wish.isWanted });
    const open = await this.#open();
    // what ends while we read is stored too, and counts once
    await this.#each('visit', range, (visit) => {
      open.visits.delete(visit.key);
      table.visit(visit);
    });
    await this.#each('offer', range, (offer) => {
      open.offers.delete(offer.key);
      table.offer(offer);
    });
    await this.#each('wrapup', range, (wrapUp) => {
      open.wrapUps.delete(wrapUp.key);
      table.wrapUp(wrapUp);
    });
    for (const visit of open.visits.values()) table.openVisit(visit);
    for (const offer of open.offers.values()) table.offer(offer);
    for (const wrapUp of open.wrapUps.values()) table.wrapUp(wrapUp);
    return table.report(() => this.#turn());
  }

  /** Day by day, so that only the work of one day is in memory; what lasts longer goes along. */
  async agents(wish: ReportWish): Promise<AgentReport> {
    const intervals = this.#intervals(wish);
    const table = new AgentTable((agent) => wish.isWanted(agent, undefined, undefined));
    const open = await this.#open();
    let works = await this.#crossing(rangeOf(intervals).fromMs, open);
    for (const part of daysOf(intervals, wish.zone)) {
      await this.#addBegun(works, part, open);
      let folded = 0;
      for (const [agent, work] of works) {
        table.add(agent, work, part);
        if (++folded % 10 === 0) await this.#turn();
      }
      works = lasting(works, rangeOf(part).toMs);
    }
    return table.report(() => this.#turn());
  }

  async #open(): Promise<OpenWork> {
    return openWorkOf(await this.#deps.open(), this.#deps.nowMs());
  }

  async #addBegun(works: Map<string, AgentWork>, part: readonly Interval[], open: OpenWork): Promise<void> {
    const range = rangeOf(part);
    await this.#each('status', range, (stay) => (open.stays.delete(stay.key), workOf(works, stay.agent).stays.push(stay)));
    await this.#each('offer', range, (offer) => (open.offers.delete(offer.key), workOf(works, offer.agent).offers.push(offer)));
    await this.#each('wrapup', range, (one) => (open.wrapUps.delete(one.key), workOf(works, one.agent).wrapUps.push(one)));
    addOpen(works, open, (startedAtMs) => startedAtMs >= range.fromMs && startedAtMs < range.toMs);
  }

  /** What had begun before the report and lasted into it. */
  async #crossing(atMs: number, open: OpenWork): Promise<Map<string, AgentWork>> {
    const works = new Map<string, AgentWork>();
    const { talkMsMax, talkSliceMs, staySliceMs } = this.#limits;
    await this.#eachCrossing('offer', atMs, { toMs: atMs + talkMsMax, sliceMs: talkSliceMs }, (offer) => {
      open.offers.delete(offer.key);
      workOf(works, offer.agent).offers.push(offer);
    });
    await this.#eachCrossing('wrapup', atMs, { toMs: atMs + talkMsMax, sliceMs: talkSliceMs }, (wrapUp) => {
      open.wrapUps.delete(wrapUp.key);
      workOf(works, wrapUp.agent).wrapUps.push(wrapUp);
    });
    // who never logs out stays for weeks
    await this.#eachCrossing('status', atMs, { toMs: this.#deps.nowMs() + 1, sliceMs: staySliceMs }, (stay) => {
      open.stays.delete(stay.key);
      workOf(works, stay.agent).stays.push(stay);
    });
    addOpen(works, open, (startedAtMs) => startedAtMs < atMs);
    return works;
  }

  async #eachCrossing<Kind extends 'offer' | 'status' | 'wrapup'>(
    kind: Kind,
    atMs: number,
    { toMs, sliceMs }: { readonly toMs: number; readonly sliceMs: number },
    take: (row: ReportRows[Kind]) => void,
  ): Promise<void> {
    for (let fromMs = atMs; fromMs < toMs; fromMs += sliceMs) {
      const ended = { fromMs, toMs: Math.min(fromMs + sliceMs, toMs) };
      for (const row of await this.#deps.store.crossing(kind, atMs, ended)) take(row);
      await this.#turn();
    }
  }

  async #each<Kind extends keyof ReportRows>(kind: Kind, range: Interval, take: (row: ReportRows[Kind]) => unknown): Promise<void> {
    for (let after: ReportCursor | undefined; ;) {
      const { rows, next } = await this.#deps.store.begun(kind, range, after, this.#limits.pageRows);
      for (const row of rows) take(row);
      if (!next) return;
      after = next;
      await this.#turn();
    }
  }

  async #turn(): Promise<void> {
    if (this.#deps.nowMs() > this.#endsAtMs) throw new TandemError('TDM_DEADLINE', [this.#limits.msMax]);
    await this.#deps.breathe();
  }

  #intervals({ fromMs, toMs, interval, zone }: ReportWish): readonly Interval[] {
    if (fromMs >= toMs) throw new TandemError('TDM_BAD_REQUEST', ['"from" must be before "to"']);
    const max = interval === 'day' ? this.#limits.daysMax : this.#limits.quartersMax;
    const intervals = intervalsOf(fromMs, toMs, interval, zone, max);
    if (intervals.length > max) throw new TandemError('TDM_BAD_REQUEST', [`a report has at most ${String(max)} intervals`]);
    return intervals;
  }
}

const rangeOf = (intervals: readonly Interval[]): Interval => ({ fromMs: intervals[0]?.fromMs ?? 0, toMs: intervals.at(-1)?.toMs ?? 0 });

/** Those of one local day together. */
function daysOf(intervals: readonly Interval[], zone: string): Interval[][] {
  const parts: Interval[][] = [];
  let endMs = -Infinity;
  for (const interval of intervals) {
    if (interval.fromMs >= endMs) {
      parts.push([]);
      endMs = dayEnd(interval.fromMs, zone);
    }
    parts.at(-1)?.push(interval);
  }
  return parts;
}

function workOf(works: Map<string, AgentWork>, agent: string): AgentWork {
  let work = works.get(agent);
  if (!work) works.set(agent, (work = createAgentWork()));
  return work;
}

function addOpen(works: Map<string, AgentWork>, open: OpenWork, isIn: (startedAtMs: number) => boolean): void {
  for (const stay of open.stays.values()) if (isIn(stay.startedAtMs)) workOf(works, stay.agent).stays.push(stay);
  for (const offer of open.offers.values()) if (isIn(offer.startedAtMs)) workOf(works, offer.agent).offers.push(offer);
  for (const wrapUp of open.wrapUps.values()) if (isIn(wrapUp.startedAtMs)) workOf(works, wrapUp.agent).wrapUps.push(wrapUp);
}

function lasting(works: ReadonlyMap<string, AgentWork>, afterMs: number): Map<string, AgentWork> {
  const isLasting = ({ endedAtMs }: { readonly endedAtMs: number }): boolean => endedAtMs > afterMs;
  const left = new Map<string, AgentWork>();
  for (const [agent, { stays, offers, wrapUps }] of works) {
    const work = { stays: stays.filter(isLasting), offers: offers.filter(isLasting), wrapUps: wrapUps.filter(isLasting) };
    if (work.stays.length + work.offers.length + work.wrapUps.length > 0) left.set(agent, work);
  }
  return left;
}
