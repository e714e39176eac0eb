/** What reports need from outside, and the figures of the running day. */
import type { Segment, VisitSegment } from './acd/records.js';
import type { StayFact } from './reports/agent-figures.js';
import type { Interval } from './reports/calendar.js';
import type { OfferFact, VisitFact, WrapUpFact } from './reports/queue-figures.js';

/** A place in the order of (start, key). */
export interface ReportCursor {
  readonly startedAtMs: number;
  readonly key: string;
}

type Keyed = Pick<Segment, 'key'>;

/** One stored segment of each kind, with as much of it as the figures need: reports read millions. */
export interface ReportRows {
  readonly visit: VisitFact & Keyed;
  readonly offer: OfferFact & Keyed;
  readonly status: StayFact & Keyed;
  readonly wrapup: WrapUpFact & Keyed;
}

export interface RowPage<Row> {
  readonly rows: readonly Row[];
  /** undefined: there are no more */
  readonly next: ReportCursor | undefined;
}

export const followUpStates = ['open', 'called-back', 'done'] as const;
export type FollowUpState = (typeof followUpStates)[number];

/** What somebody said of a caller who was not served (B36). */
export interface FollowUp {
  readonly state: FollowUpState;
  readonly note: string;
  readonly user: string;
  readonly changedAtMs: number;
}

export type UnservedVisit = Pick<
  VisitSegment,
  'key' | 'queue' | 'number' | 'name' | 'leadId' | 'arrivedAtMs' | 'enteredAtMs' | 'leftAtMs' | 'reason' | 'waitMs' | 'positionAtEntry'
> & { readonly followUp: FollowUp | undefined };

/** When somebody talked to a number, in which queue and with whom. */
export interface LaterTalk extends Pick<VisitSegment, 'queue' | 'agent'> {
  /** Unix ms, arrival of the visit that was answered */
  readonly atMs: number;
}

/** Stored segments for reports. Every method rejects TDM_STORE_DOWN when the database does not answer in time. */
export interface ReportStore {
  /** Those that began in this time, in the order of (start, key), at most `limit`. */
  begun<Kind extends keyof ReportRows>(
    kind: Kind,
    range: Interval,
    after: ReportCursor | undefined,
    limit: number,
  ): Promise<RowPage<ReportRows[Kind]>>;
  /** Those that began before `atMs` and ended after the beginning of `ended` and not after its end; nobody's time logged out. A day at most. */
  crossing<Kind extends 'offer' | 'status' | 'wrapup'>(kind: Kind, atMs: number, ended: Interval): Promise<readonly ReportRows[Kind][]>;
  /** Like `begun`, everything that is stored of each. */
  segments(kind: Segment['kind'], range: Interval, after: ReportCursor | undefined, limit: number): Promise<RowPage<Segment>>;
  /** Callers who were not served, newest first, with what was said of them. `before`: the last one of the page before. A day at most. */
  unserved(
    wanted: { readonly range: Interval; readonly queues: readonly string[] | undefined; readonly before: ReportCursor | undefined },
    limit: number,
  ): Promise<readonly UnservedVisit[]>;
  /** One of them; undefined when there is none. */
  unservedByKey(key: string): Promise<UnservedVisit | undefined>;
  /** The first answered visit of each number since a moment, for numbers that have one. */
  talksAfter(asked: readonly { readonly number: string; readonly sinceMs: number }[]): Promise<readonly (LaterTalk | undefined)[]>;
  saveFollowUp(key: string, followUp: FollowUp): Promise<void>;
}

/** Figures of the running day, kept from the segments as they are stored: for the live pages (docs/statistics.md defines each). */

export interface DayFigures {
  readonly offered: number;
  readonly answered: number;
  readonly abandoned: number;
  /** left for somewhere else by rule: overflow, exit key, dissuaded, callback placed, moved */
  readonly overflowed: number;
  readonly timedOut: number;
  /** answered within the threshold of all answered and abandoned; undefined: no call yet */
  readonly serviceLevel: number | undefined;
  readonly waitMs: { readonly mean: number; readonly longest: number };
  readonly talkMs: { readonly mean: number; readonly longest: number };
}

export interface AgentDayFigures {
  readonly answered: number;
  readonly missed: number;
  readonly talkMs: number;
  readonly wrapUpMs: number;
  readonly pausedMs: number;
  readonly loggedInMs: number;
}

/** Throws nothing; a queue or agent without a segment today has noughts. */
export interface Today {
  queue(id: string): DayFigures;
  agent(id: string): AgentDayFigures;
  all(): DayFigures;
  /** changes at every stored segment; a page asks again when it grew */
  revision(): number;
}
