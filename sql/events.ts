/**
 * Rows of tandem_events (B25). They are written in the transaction of the change they tell of, under the fence of the
 * queues' owner, so they are committed in the order of their numbers and a reader behind number n misses none
 * (scale-out 6). Numbers that were lost with their events get one row that says so.
 */
import { withoutHoles } from '../core/feed-holes.js';
import type { EventStore, FeedEvent } from '../core/feed-ports.js';
import type { Log } from '../core/ports.js';
import { text } from './db.js';
import type { Db, Row, Statements, Value } from './db.js';
import { batchSizes, rowStatements } from './row-batches.js';

export interface EventWriter {
  /** Part of a save under `fence`; the same events twice are stored once. */
  insert(tx: Statements, events: readonly FeedEvent[], fence: number): Promise<void>;
  /** The transaction has been committed. */
  committed(events: readonly FeedEvent[], fence: number): void;
  /** Number of the newest, 0 = none. */
  last(): Promise<number>;
}

/** Events of one answer. */
export const eventPageMax = 1_000;

const tableOf = (own: string): string => `${own}tandem_events`;
const lastSql = (own: string): string => `SELECT MAX(seq) AS last FROM ${tableOf(own)}`;
const numberOf = (row: Row | undefined, column: string): number => Number(row?.[column] ?? 0);

export function createEventWriter(db: Db, own: string): EventWriter {
  const ignore = `INSERT ${db.dialect === 'mysql' ? '' : 'OR '}IGNORE INTO ${tableOf(own)} (seq, at_ms, type, body)`;
  const insertSql = rowStatements(ignore, () => '(?, ?, ?, ?)');
  /** what this process stored last: spares asking each time */
  let known: { readonly fence: number; readonly last: number } | undefined;

  return {
    async insert(tx, events, fence) {
      if (events.length === 0) return;
      const last = known?.fence === fence ? known.last : numberOf((await tx.all(lastSql(own)))[0], 'last');
      const rows = withoutHoles(events, last).map(valuesOf);
      let from = 0;
      for (const size of batchSizes(rows.length)) {
        await tx.run(insertSql(size), rows.slice(from, from + size).flat());
        from += size;
      }
    },
    committed(events, fence) {
      const newest = events.at(-1);
      if (newest) known = { fence, last: Math.max(newest.seq, known?.fence === fence ? known.last : 0) };
    },
    last: async () => numberOf((await db.all(lastSql(own)))[0], 'last'),
  };
}

/** Rejects TDM_STORE_DOWN. A row that cannot be read counts as lost. */
export function createEventStore(db: Db, { own, log }: { readonly own: string; readonly log: Log }): EventStore {
  const rangeSql = `SELECT MIN(seq) AS first, MAX(seq) AS last FROM ${tableOf(own)}`;
  const readSql = (limit: number) => `SELECT seq, at_ms, type, body FROM ${tableOf(own)} WHERE seq > ? ORDER BY seq LIMIT ${String(limit)}`;
  return {
    async read(after, limit) {
      const rows = await db.all(readSql(Math.min(Math.max(1, Math.floor(limit)), eventPageMax)), [Math.max(0, Math.floor(after))]);
      return rows.map((row) => eventOf(row, log));
    },
    async range() {
      const [row] = await db.all(rangeSql);
      return { first: numberOf(row, 'first'), last: numberOf(row, 'last') };
    },
  };
}

function valuesOf({ seq, atMs, notice: { type, ...data } }: FeedEvent): Value[] {
  return [seq, Math.round(atMs), type, JSON.stringify(data)];
}

function eventOf(row: Row, log: Log): FeedEvent {
  const [seq, atMs, type] = [numberOf(row, 'seq'), numberOf(row, 'at_ms'), text(row['type'])];
  try {
    const data = JSON.parse(text(row['body'])) as object;
    return { seq, atMs, notice: { type, ...data } as FeedEvent['notice'] };
  } catch (error) {
    log.error({ error, seq }, 'a stored event cannot be read');
    return { seq, atMs, notice: { type: 'events-lost', from: seq, to: seq } };
  }
}

/** Rows of one statement. */
const sliceRows = 2_000;

/** Removes events older than that, never the newest: the numbers go on behind it. Returns how many. */
export async function expireEvents(db: Db, own: string, beforeMs: number): Promise<number> {
  const table = tableOf(own);
  for (let expired = 0; ;) {
    const [range] = await db.all(`SELECT MIN(seq) AS first, MAX(seq) AS last FROM ${table}`);
    const [first, last] = [numberOf(range, 'first'), numberOf(range, 'last')];
    const until = Math.min(first + sliceRows, last);
    const sql = `DELETE FROM ${table} WHERE seq >= ? AND seq < ? AND at_ms < ?`;
    const { rows } = await db.run(sql, [first, until, beforeMs], { repeatable: true, retryMsMax: 60_000 });
    expired += rows;
    if (rows === 0) return expired;
  }
}
