/**
 * Segments for reports: in pages by their start (index tandem_segments_started_ms), callers who were not served, and what
 * was said of them. Every statement touches a bounded number of rows: the embedded database holds the process up meanwhile.
 */
import type { FollowUp, LaterTalk, ReportCursor, ReportRows, ReportStore, RowPage, UnservedVisit } from '../core/report-ports.js';
import type { Interval } from '../core/reports/calendar.js';
import type { Origin } from '../core/acd/words.js';
import { unservedReasons } from '../core/reports/visit-outcome.js';
import { marks, text } from './db.js';
import type { Db, Row, Value } from './db.js';
import { fitText } from './fit.js';
import { segmentColumns, segmentOf } from './segments.js';

/** rows of one page, and of one slice */
const pageMax = 5_000;
const sliceRowsMax = 100_000;
const numbersMax = 200;

const columnsOf: Readonly<Record<keyof ReportRows, string>> = {
  // a param may be long: its beginning tells messages from calls
  visit: 'segment_key, queue, media, started_ms, outcome, detail, wait_ms, talk_ms, SUBSTR(param, 1, 8) AS param_head, origin',
  offer: 'segment_key, queue, agent, media, started_ms, connected_ms, ended_ms, ring_ms, talk_ms, hold_ms, outcome, ended_by, origin',
  status: 'segment_key, agent, outcome, detail, paid, started_ms, ended_ms',
  wrapup: 'segment_key, agent, queue, started_ms, ended_ms, origin',
};

const word = (value: Row[string] | undefined): never => text(value) as never;
const maybe = (value: Row[string] | undefined): never => (value === null ? undefined : value) as never;

const originOf = (row: Row): { origin?: Origin } => (row['origin'] === null ? {} : { origin: word(row['origin']) });

/** By hand: a report reads hundreds of thousands. */
const rowOf: { readonly [Kind in keyof ReportRows]: (row: Row) => ReportRows[Kind] } = {
  visit: (row) => ({
    key: text(row['segment_key']),
    queue: word(row['queue']),
    media: word(row['media']),
    enteredAtMs: Number(row['started_ms']),
    reason: word(row['outcome']),
    detail: text(row['detail']),
    waitMs: Number(row['wait_ms']),
    talkMs: Number(row['talk_ms']),
    param: text(row['param_head']),
    ...originOf(row),
  }),
  offer: (row) => ({
    key: text(row['segment_key']),
    queue: word(row['queue']),
    agent: word(row['agent']),
    media: word(row['media']),
    startedAtMs: Number(row['started_ms']),
    connectedAtMs: Number(row['connected_ms']),
    endedAtMs: Number(row['ended_ms']),
    ringMs: Number(row['ring_ms']),
    talkMs: Number(row['talk_ms']),
    ...(row['hold_ms'] === null ? {} : { holdMs: Number(row['hold_ms']) }),
    outcome: word(row['outcome']),
    endedBy: word(row['ended_by']),
    ...originOf(row),
  }),
  status: (row) => ({
    key: text(row['segment_key']),
    agent: word(row['agent']),
    status: text(row['outcome']),
    reason: maybe(row['detail']),
    ...(row['paid'] === null ? {} : { paid: Number(row['paid']) }),
    startedAtMs: Number(row['started_ms']),
    endedAtMs: Number(row['ended_ms']),
  }),
  wrapup: (row) => ({
    key: text(row['segment_key']),
    agent: word(row['agent']),
    queue: maybe(row['queue']),
    startedAtMs: Number(row['started_ms']),
    endedAtMs: Number(row['ended_ms']),
    ...originOf(row),
  }),
};

const within = (limit: number, max: number): number => Math.min(Math.max(1, Math.floor(limit)), max);

export function createReportStore(db: Db, { own }: { readonly own: string }): ReportStore {
  const table = `${own}tandem_segments`;

  /** One more than asked for says whether there are more. */
  async function page<T>(
    columns: string,
    kind: string,
    { fromMs, toMs }: Interval,
    after: ReportCursor | undefined,
    limit: number,
    read: (row: Row) => T,
  ): Promise<RowPage<T>> {
    const size = within(limit, pageMax);
    const from = after?.startedAtMs ?? fromMs;
    const behind = after ? ' AND (started_ms > ? OR segment_key > ?)' : '';
    const found = await db.all(
      `SELECT ${columns} FROM ${table} WHERE kind = ? AND started_ms >= ? AND started_ms < ?${behind} ORDER BY started_ms, segment_key LIMIT ${size + 1}`,
      [kind, from, toMs, ...(after ? [from, after.key] : [])],
    );
    const last = found.length > size ? found[size - 1] : undefined;
    return {
      rows: (last ? found.slice(0, size) : found).map(read),
      next: last && { startedAtMs: Number(last['started_ms']), key: text(last['segment_key']) },
    };
  }

  return {
    begun: (kind, range, after, limit) => page(columnsOf[kind], kind, range, after, limit, rowOf[kind]),
    segments: (kind, range, after, limit) => page(segmentColumns, kind, range, after, limit, segmentOf),
    async crossing(kind, atMs, { fromMs, toMs }) {
      const isIn = kind === 'status' ? ` AND outcome <> 'Logged Out'` : '';
      const found = await db.all(
        `SELECT ${columnsOf[kind]} FROM ${table} WHERE kind = ? AND ended_ms > ? AND ended_ms <= ? AND started_ms < ?${isIn} LIMIT ${sliceRowsMax}`,
        [kind, fromMs, toMs, atMs],
      );
      return found.map(rowOf[kind]);
    },
    ...unservedOf(db, own),
  };
}

const unservedColumns = `v.segment_key, v.queue, v.number, v.name, v.lead_id, v.arrived_ms, v.started_ms, v.ended_ms, v.outcome, v.wait_ms,
  v.position_at_entry, f.state AS follow_state, f.note AS follow_note, f.user AS follow_user, f.changed_ms AS follow_ms`;

function unservedOf(db: Db, own: string): Pick<ReportStore, 'unserved' | 'unservedByKey' | 'talksAfter' | 'saveFollowUp'> {
  const [segments, followUps] = [`${own}tandem_segments`, `${own}tandem_followups`];
  const select = `SELECT ${unservedColumns} FROM ${segments} v LEFT JOIN ${followUps} f ON f.segment_key = v.segment_key`;
  const reasons = marks(unservedReasons.length);
  const talkSql = `SELECT queue, agent, arrived_ms FROM ${segments}
    WHERE number = ? AND ended_ms > ? AND kind = 'visit' AND outcome = 'answered' ORDER BY ended_ms LIMIT 1`;
  return {
    async unserved({ range, queues, before }, limit) {
      if (queues?.length === 0) return [];
      const values: Value[] = [range.fromMs, before?.startedAtMs ?? range.toMs, ...unservedReasons];
      let where = `v.kind = 'visit' AND v.started_ms >= ? AND v.started_ms ${before ? '<=' : '<'} ? AND v.origin IS NULL AND v.outcome IN (${reasons})`;
      if (before) {
        where += ' AND (v.started_ms < ? OR v.segment_key < ?)';
        values.push(before.startedAtMs, before.key);
      }
      if (queues) {
        where += ` AND v.queue IN (${marks(queues.length)})`;
        values.push(...queues);
      }
      const sql = `${select} WHERE ${where} ORDER BY v.started_ms DESC, v.segment_key DESC LIMIT ${within(limit, pageMax)}`;
      return (await db.all(sql, values)).map(unservedVisit);
    },
    async unservedByKey(key) {
      const [row] = await db.all(
        `${select} WHERE v.kind = 'visit' AND v.origin IS NULL AND v.segment_key = ? AND v.outcome IN (${reasons})`,
        [key, ...unservedReasons],
      );
      return row && unservedVisit(row);
    },
    async talksAfter(asked) {
      const found: (LaterTalk | undefined)[] = [];
      for (const { number, sinceMs } of asked.slice(0, numbersMax)) {
        const [row] = number === '' ? [] : await db.all(talkSql, [number, sinceMs]);
        found.push(row && { atMs: Number(row['arrived_ms']), queue: word(row['queue']), agent: maybe(row['agent']) });
      }
      return found;
    },
    async saveFollowUp(key, { state, note, user, changedAtMs }) {
      const fitted = fitText(note, { charsMax: 500, charset: 'utf8mb4' }).value;
      await db.run(
        `REPLACE INTO ${followUps} (segment_key, state, note, user, changed_ms) VALUES (?, ?, ?, ?, ?)`,
        [key, state, fitted, user, changedAtMs],
        { repeatable: true },
      );
    },
  };
}

function unservedVisit(row: Row): UnservedVisit {
  const leadId = row['lead_id'];
  return {
    key: text(row['segment_key']),
    queue: word(row['queue']),
    number: text(row['number']),
    name: text(row['name']),
    leadId: typeof leadId === 'number' ? leadId : undefined,
    arrivedAtMs: Number(row['arrived_ms']),
    enteredAtMs: Number(row['started_ms']),
    leftAtMs: Number(row['ended_ms']),
    reason: word(row['outcome']),
    waitMs: Number(row['wait_ms']),
    positionAtEntry: Number(row['position_at_entry']),
    followUp: followUpOf(row),
  };
}

function followUpOf(row: Row): FollowUp | undefined {
  if (row['follow_state'] === null || row['follow_state'] === undefined) return undefined;
  return {
    state: word(row['follow_state']),
    note: text(row['follow_note']),
    user: text(row['follow_user']),
    changedAtMs: Number(row['follow_ms']),
  };
}
