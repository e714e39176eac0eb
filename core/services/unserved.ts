/** Callers who were not served, and whether somebody has called them back (B36). */
import { TandemError } from '../errors.js';
import type { FollowUpState, LaterTalk, ReportCursor, ReportStore, UnservedVisit } from '../report-ports.js';
import { dayStart } from '../reports/calendar.js';
import type { Interval } from '../reports/calendar.js';

export interface UnservedCaller extends UnservedVisit {
  readonly state: FollowUpState;
  /** the first talk with this number afterwards, from whichever side it came */
  readonly talk: LaterTalk | undefined;
}

export interface UnservedWish {
  readonly range: Interval;
  /** ids; undefined = all */
  readonly queues: readonly string[] | undefined;
  readonly state: FollowUpState | undefined;
  readonly after: ReportCursor | undefined;
  readonly limit: number;
}

export interface UnservedPage {
  /** newest first */
  readonly items: readonly UnservedCaller[];
  /** where the next page goes on; undefined: there is none */
  readonly next: ReportCursor | undefined;
}

export interface UnservedDeps {
  readonly store: Pick<ReportStore, 'unserved' | 'unservedByKey' | 'talksAfter' | 'saveFollowUp'>;
  readonly zone: string;
  readonly nowMs: () => number;
  readonly breathe: () => Promise<void>;
}

export const unservedLimits = {
  pageRows: 100,
  /** looks into the database for one answer; a page that is not full by then goes on with `next` */
  readsMax: 100,
};

export interface Unserved {
  list(wish: UnservedWish): Promise<UnservedPage>;
  /** What somebody says of one of them. Rejects TDM_NOT_FOUND, also for a caller of a queue that `mayUse` refuses. */
  mark(
    key: string,
    said: { readonly state: FollowUpState; readonly note: string; readonly user: string },
    mayUse: (queue: string) => boolean,
  ): Promise<UnservedCaller>;
}

export function createUnserved({ store, zone, nowMs, breathe }: UnservedDeps, limits = unservedLimits): Unserved {
  async function withTalks(visits: readonly UnservedVisit[]): Promise<UnservedCaller[]> {
    const talks = await store.talksAfter(visits.map(({ number, leftAtMs }) => ({ number, sinceMs: leftAtMs })));
    return visits.map((visit, i) => ({ ...visit, state: stateOf(visit, talks[i]), talk: talks[i] }));
  }

  return {
    /** Day by day backwards, so that no look into the database touches more than the callers of a day. */
    async list({ range, queues, state, after, limit }) {
      const items: UnservedCaller[] = [];
      let before = after;
      let last: ReportCursor | undefined;
      let toMs = after ? Math.min(range.toMs, after.startedAtMs + 1) : range.toMs;
      for (let reads = 0; reads < limits.readsMax && toMs > range.fromMs; reads++) {
        const fromMs = Math.max(range.fromMs, dayStart(toMs - 1, zone));
        const page = await store.unserved({ range: { fromMs, toMs }, queues, before }, limits.pageRows);
        for (const caller of await withTalks(page)) {
          if (items.length >= limit) return { items, next: last };
          before = last = { startedAtMs: caller.enteredAtMs, key: caller.key };
          if (state === undefined || caller.state === state) items.push(caller);
        }
        if (page.length < limits.pageRows) {
          toMs = fromMs;
          before = undefined;
        }
        await breathe();
      }
      if (toMs <= range.fromMs) return { items, next: undefined };
      return { items, next: before ?? { startedAtMs: toMs, key: '' } };
    },
    async mark(key, { state, note, user }, mayUse) {
      const visit = await store.unservedByKey(key);
      if (!visit || !mayUse(visit.queue)) throw new TandemError('TDM_NOT_FOUND', ['Caller', key.replace(/\p{C}/gu, '?').slice(0, 100)]);
      const followUp = { state, note, user, changedAtMs: nowMs() };
      await store.saveFollowUp(key, followUp);
      const [caller] = await withTalks([{ ...visit, followUp }]);
      return caller ?? { ...visit, followUp, state, talk: undefined };
    },
  };
}

/** The user's word counts; only who was set back to open may have been talked to since then. */
function stateOf({ followUp }: UnservedVisit, talk: LaterTalk | undefined): FollowUpState {
  if (followUp && followUp.state !== 'open') return followUp.state;
  return talk && talk.atMs > (followUp?.changedAtMs ?? 0) ? 'called-back' : 'open';
}
