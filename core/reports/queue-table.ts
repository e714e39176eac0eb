/** A report about queues while it is being made: one tally for each queue and interval in which something happened. */
import type { Origin } from '../acd/words.js';
import { TandemError } from '../errors.js';
import { indexOf } from './calendar.js';
import type { Interval } from './calendar.js';
import { addOffer, addOpenVisit, addTally, addVisit, addWrapUp, createQueueTally, queueFigures } from './queue-figures.js';
import type { Goal, OfferFact, OpenVisit, QueueFigures, QueueTally, VisitFact, WrapUpFact } from './queue-figures.js';

/** Rows of one report. */
export const reportRowsMax = 100_000;

/** Rows that are made without a pause. */
export const rowsPerTurn = 500;

export const tooManyRows = (): TandemError =>
  new TandemError('TDM_BAD_REQUEST', [`the report has more than ${String(reportRowsMax)} rows: ask for a shorter time, or for days`]);

export interface QueueRow extends Interval, QueueFigures {
  readonly queue: string;
}

export interface QueueReport {
  /** by interval, then by queue; intervals in which nothing happened are left out */
  readonly items: readonly QueueRow[];
  /** of the whole time, by queue */
  readonly totals: readonly ({ readonly queue: string } & QueueFigures)[];
  readonly all: QueueFigures;
}

export interface QueueTableOptions {
  readonly intervals: readonly Interval[];
  readonly goalOf: (queue: string) => Goal;
  /** undefined = every one */
  readonly isWanted: (queue: string, media: string | undefined, origin: Origin | undefined) => boolean;
}

export class QueueTable {
  readonly #options: QueueTableOptions;
  readonly #tallies: Map<string, QueueTally>[];
  #rows = 0;

  constructor(options: QueueTableOptions) {
    this.#options = options;
    this.#tallies = options.intervals.map(() => new Map<string, QueueTally>());
  }

  visit(visit: VisitFact): void {
    const tally = this.#at(visit.enteredAtMs, visit.queue, visit.media, visit.origin);
    if (tally) addVisit(tally, visit, this.#options.goalOf(visit.queue));
  }

  openVisit(visit: OpenVisit): void {
    const tally = this.#at(visit.enteredAtMs, visit.queue, visit.media, visit.origin);
    if (tally) addOpenVisit(tally, visit, this.#options.goalOf(visit.queue));
  }

  offer(offer: OfferFact): void {
    const tally = this.#at(offer.startedAtMs, offer.queue, offer.media, offer.origin);
    if (tally) addOffer(tally, offer);
  }

  wrapUp(wrapUp: WrapUpFact): void {
    const tally = wrapUp.queue && this.#at(wrapUp.startedAtMs, wrapUp.queue, 'audio', wrapUp.origin);
    if (tally) addWrapUp(tally, wrapUp);
  }

  /** `turn`: others have their turn after each `rowsPerTurn` rows. */
  async report(turn: () => Promise<void>): Promise<QueueReport> {
    const { intervals, goalOf } = this.#options;
    const totals = new Map<string, QueueTally>();
    const all = createQueueTally();
    const items: QueueRow[] = [];
    for (const [index, { fromMs, toMs }] of intervals.entries())
      for (const [queue, tally] of sorted(this.#tallies[index] ?? new Map<string, QueueTally>())) {
        items.push({ fromMs, toMs, queue, ...queueFigures(tally, goalOf(queue)) });
        let total = totals.get(queue);
        if (!total) totals.set(queue, (total = createQueueTally()));
        addTally(total, tally);
        if (items.length % rowsPerTurn === 0) await turn();
      }
    const sums: QueueReport['totals'][number][] = [];
    for (const [queue, tally] of sorted(totals)) {
      addTally(all, tally);
      sums.push({ queue, ...queueFigures(tally, goalOf(queue)) });
      if (sums.length % rowsPerTurn === 0) await turn();
    }
    return { items, totals: sums, all: queueFigures(all) };
  }

  #at(atMs: number, queue: string, media: string, origin: Origin | undefined): QueueTally | undefined {
    const { intervals, isWanted } = this.#options;
    const tallies = this.#tallies[indexOf(intervals, atMs) ?? -1];
    if (!tallies || !isWanted(queue, media, origin)) return undefined;
    let tally = tallies.get(queue);
    if (!tally) {
      if (++this.#rows > reportRowsMax) throw tooManyRows();
      tallies.set(queue, (tally = createQueueTally()));
    }
    return tally;
  }
}

const sorted = <T>(map: ReadonlyMap<string, T>): [string, T][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
