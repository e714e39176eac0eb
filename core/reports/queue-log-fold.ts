/**
 * A queue log in order from segments that come in the order of their beginnings. A segment has no line before it began,
 * so what is held are the lines of calls that go on, however long the day is.
 */
import type { OfferSegment, StatusSegment, VisitSegment } from '../acd/records.js';
import type { Interval } from './calendar.js';
import type { QueueLogLine } from './queue-log.js';
import { isLogged, linesOfOffer, linesOfStay, linesOfVisit } from './queue-log-of-segments.js';

/** Two clocks, or one that was set back, may put what belongs together in another order by this much. */
export const outOfOrderMsMax = 60_000;
/** Lines of calls that go on at once: three for each of 100,000 callers. */
export const heldLinesMax = 300_000;

/** Lines of one moment: first those of agents, then of visits, of offers, and of who is there now. */
const ranks = { stay: 0, visit: 1, offer: 2, open: 3 } as const;

interface Held {
  readonly atMs: number;
  readonly rank: number;
  /** order of arrival */
  readonly serial: number;
  readonly line: () => QueueLogLine | undefined;
}

/** A talk whose offer comes later than its visit. */
interface Talk {
  readonly visit: VisitSegment;
  offer: OfferSegment | undefined;
}

export interface QueueLogFoldDeps {
  /** the day, or a part of it; lines outside are left out */
  readonly range: Interval;
  readonly queuesOf: (agent: string) => readonly string[];
  readonly isWanted: (queue: string, agent: string) => boolean;
}

export class QueueLogFold {
  readonly #deps: QueueLogFoldDeps;
  #held: Held[] = [];
  #serial = 0;
  /** the stay before, by agent */
  readonly #stays = new Map<string, StatusSegment>();
  /** answered, by the offer that is still to come */
  readonly #talks = new Map<string, Talk>();
  /** answered offers whose visit did not come before them */
  readonly #early = new Map<string, OfferSegment>();
  /** who has no lines, until when */
  readonly #unlogged = new Map<string, number>();

  constructor(deps: QueueLogFoldDeps) {
    this.#deps = deps;
  }

  /** Lines and segments in memory. */
  get size(): number {
    return this.#held.length + this.#talks.size + this.#early.size + this.#unlogged.size;
  }

  stay(stay: StatusSegment): void {
    const last = this.#stays.get(stay.agent);
    // who is there now has come and gone while the log was read
    if (last?.startedAtMs === stay.startedAtMs && stay.endedAtMs === Infinity) return;
    this.#stays.set(stay.agent, stay);
    for (const line of linesOfStay(stay, last, this.#deps.queuesOf(stay.agent))) this.#hold(ranks.stay, line);
  }

  visit(visit: VisitSegment): void {
    if (!isLogged(visit)) this.#unlogged.set(visit.member, Math.max(visit.leftAtMs, this.#unlogged.get(visit.member) ?? 0));
    if (this.#unlogged.has(visit.member)) return;
    const { offer: id } = visit;
    const talk: Talk = { visit, offer: id === undefined ? undefined : this.#early.get(id) };
    if (id !== undefined && !talk.offer) this.#talks.set(id, talk);
    linesOfVisit(visit, talk.offer).forEach((line, i) => {
      // the offer tells how long it rang and who ended the talk
      const isOpen = id !== undefined && !talk.offer && i > 0;
      this.#hold(ranks.visit, line, isOpen ? () => linesOfVisit(visit, talk.offer)[i] : undefined);
    });
  }

  offer(offer: OfferSegment): void {
    if (this.#unlogged.has(offer.member)) return;
    const talk = this.#talks.get(offer.offer);
    if (talk) {
      talk.offer = offer;
      this.#talks.delete(offer.offer);
    } else if (offer.outcome === 'talked') this.#early.set(offer.offer, offer);
    for (const line of linesOfOffer(offer)) this.#hold(ranks.offer, line);
  }

  /** Of one who is there now; `order` among those of one moment. */
  open(line: QueueLogLine, order: number): void {
    this.#hold(ranks.open, line, undefined, order);
  }

  /** `later`: what the line is when it is taken. */
  #hold(rank: number, line: QueueLogLine, later?: () => QueueLogLine | undefined, serial = this.#serial++): void {
    const { range, isWanted } = this.#deps;
    const { atMs, queue, agent } = line;
    if (atMs < range.fromMs || atMs >= range.toMs || !isWanted(queue, agent)) return;
    this.#held.push({ atMs, rank, serial, line: later ?? (() => line) });
  }

  /** All lines before this moment, in order; what comes from now on begins no earlier than then. */
  take(untilMs: number): QueueLogLine[] {
    this.#held.sort((a, b) => a.atMs - b.atMs || a.rank - b.rank || a.serial - b.serial);
    const end = this.#held.findIndex(({ atMs }) => atMs >= untilMs);
    const taken = this.#held.splice(0, end < 0 ? this.#held.length : end);
    const lines = taken.flatMap(({ line }) => line() ?? []);
    this.#forget(untilMs);
    return lines;
  }

  /** What nothing that comes will ask for. */
  #forget(untilMs: number): void {
    for (const [id, { visit }] of this.#talks) if (visit.leftAtMs < untilMs) this.#talks.delete(id);
    for (const [id, offer] of this.#early) if (offer.startedAtMs < untilMs) this.#early.delete(id);
    for (const [member, leftAtMs] of this.#unlogged) if (leftAtMs < untilMs) this.#unlogged.delete(member);
  }
}
