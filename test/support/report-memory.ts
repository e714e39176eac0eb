/** Segments in memory behind the port of the reports: what a database would answer, said plainly. */
import type { Segment } from '../../core/acd/records.js';
import type { FollowUp, ReportCursor, ReportRows, ReportStore, RowPage, UnservedVisit } from '../../core/report-ports.js';
import type { Interval } from '../../core/reports/calendar.js';
import { unservedReasons } from '../../core/reports/visit-outcome.js';

const startOf = (segment: Segment): number => (segment.kind === 'visit' ? segment.enteredAtMs : segment.startedAtMs);
const endOf = (segment: Segment): number => (segment.kind === 'visit' ? segment.leftAtMs : segment.endedAtMs);

export interface MemoryReports extends ReportStore {
  /** pages that were read */
  readonly pages: number;
}

export function memoryReports(segments: () => Iterable<Segment>): MemoryReports {
  const followUps = new Map<string, FollowUp>();
  let pages = 0;

  function page(kind: Segment['kind'], { fromMs, toMs }: Interval, after: ReportCursor | undefined, limit: number): RowPage<Segment> {
    pages++;
    const place = (segment: Segment) => [startOf(segment), segment.key] as const;
    const rest = [...segments()]
      .filter((one) => one.kind === kind && startOf(one) >= fromMs && startOf(one) < toMs)
      .filter((one) => !after || startOf(one) > after.startedAtMs || (startOf(one) === after.startedAtMs && one.key > after.key))
      .sort((a, b) => startOf(a) - startOf(b) || (a.key < b.key ? -1 : 1));
    const last = rest.length > limit ? rest[limit - 1] : undefined;
    return { rows: rest.slice(0, limit), next: last && { startedAtMs: place(last)[0], key: place(last)[1] } };
  }

  const unserved = (): UnservedVisit[] =>
    [...segments()].flatMap((one) =>
      one.kind === 'visit' && one.origin === undefined && (unservedReasons as readonly string[]).includes(one.reason)
        ? [{ ...one, followUp: followUps.get(one.key) }]
        : [],
    );

  return {
    get pages() {
      return pages;
    },
    begun: (kind, range, after, limit) => Promise.resolve(page(kind, range, after, limit) as unknown as RowPage<ReportRows[typeof kind]>),
    segments: (kind, range, after, limit) => Promise.resolve(page(kind, range, after, limit)),
    crossing: (kind, atMs, { fromMs, toMs }) =>
      Promise.resolve(
        [...segments()].filter(
          (one) =>
            one.kind === kind &&
            startOf(one) < atMs &&
            endOf(one) > fromMs &&
            endOf(one) <= toMs &&
            !(one.kind === 'status' && one.status === 'Logged Out'),
        ) as unknown as ReportRows[typeof kind][],
      ),
    unserved: ({ range, queues, before }, limit) =>
      Promise.resolve(
        unserved()
          .filter(({ enteredAtMs, queue }) => enteredAtMs >= range.fromMs && enteredAtMs < range.toMs && (queues?.includes(queue) ?? true))
          .filter(
            (one) => !before || one.enteredAtMs < before.startedAtMs || (one.enteredAtMs === before.startedAtMs && one.key < before.key),
          )
          .sort((a, b) => b.enteredAtMs - a.enteredAtMs || (a.key < b.key ? 1 : -1))
          .slice(0, limit),
      ),
    unservedByKey: (key) => Promise.resolve(unserved().find((one) => one.key === key)),
    talksAfter: (asked) =>
      Promise.resolve(
        asked.map(({ number, sinceMs }) => {
          const talks = [...segments()].filter(
            (one) => one.kind === 'visit' && one.reason === 'answered' && one.number === number && number !== '' && one.leftAtMs > sinceMs,
          );
          const [first] = talks.sort((a, b) => endOf(a) - endOf(b));
          return first?.kind === 'visit' ? { atMs: first.arrivedAtMs, queue: first.queue, agent: first.agent } : undefined;
        }),
      ),
    saveFollowUp(key, followUp) {
      followUps.set(key, followUp);
      return Promise.resolve();
    },
  };
}
