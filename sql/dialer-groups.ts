/**
 * Where the due contacts of a campaign lie: one range of the index for each list and priority that has pending contacts, by
 * the counts; ranges of lists that are not active are left out, so that a paused list of a million costs nothing.
 */
import type { Campaign } from '../core/dialer/campaign.js';
import { text } from './db.js';
import type { Row, Statements, Value } from './db.js';
import type { DialerBase } from './dialer-sql.js';
import { allIn, msOf } from './dialer-sql.js';
import { contactColumns } from './dialer-rows.js';
import { batchSizes } from './row-batches.js';

export interface DueGroup {
  readonly campaignId: string;
  readonly listId: number;
  readonly priority: number;
  /** that are pending */
  readonly n: number;
}

type Reader = Pick<Statements, 'all'>;

export function createGroups(base: DialerBase) {
  const [counts, lists, contacts] = [base.table('counts'), base.table('lists'), base.table('contacts')];
  const groupsSql = (list: string) => `SELECT c.campaign_id, c.list_id, c.priority, SUM(c.n) AS n FROM ${counts} c
    LEFT JOIN ${lists} l ON l.id = c.list_id
    WHERE c.status = 'pending' AND c.n > 0 AND c.campaign_id IN (${list}) AND (c.list_id = 0 OR l.state = 'active')
    GROUP BY c.campaign_id, c.list_id, c.priority`;
  const ofGroup = `campaign_id = ? AND status = 'pending' AND list_id = ? AND priority = ?`;
  // Where the last one is due all of them are, and nothing has to be counted.
  const dueOne = (limit: number) => `SELECT ? AS place,
    CASE WHEN (SELECT MAX(next_attempt_at) FROM ${contacts} WHERE ${ofGroup}) <= ? THEN ? ELSE
      (SELECT COUNT(*) FROM (SELECT 1 AS one FROM ${contacts} WHERE ${ofGroup} AND next_attempt_at <= ? LIMIT ${String(limit)}) due) END AS n,
    (SELECT received_time FROM ${contacts} WHERE ${ofGroup} AND next_attempt_at <= ? ORDER BY next_attempt_at, seq LIMIT 1) AS oldest`;

  async function of(statements: Reader, campaigns: readonly string[]): Promise<DueGroup[]> {
    return (await allIn(statements, groupsSql, campaigns)).map((row) => ({
      campaignId: text(row['campaign_id']),
      listId: Number(row['list_id']),
      priority: Number(row['priority']),
      n: Number(row['n']),
    }));
  }

  return {
    of,
    /** Of each group: due contacts, counted up to `countMax`, and when the oldest came in; in the order of `groups`. */
    async due(statements: Reader, groups: readonly DueGroup[], now: string, countMax: number) {
      const found: { count: number; oldestReceivedMs: number }[] = groups.map(() => ({ count: 0, oldestReceivedMs: Infinity }));
      let from = 0;
      for (const size of batchSizes(groups.length)) {
        const sql = Array.from({ length: size }, () => dueOne(countMax)).join(' UNION ALL ');
        const values = groups.slice(from, from + size).flatMap(({ campaignId, listId, priority, n }, i): Value[] => {
          const range = [campaignId, listId, priority, now];
          return [from + i, ...range, n, ...range, ...range];
        });
        for (const row of await statements.all(sql, values)) {
          const oldestReceivedMs = msOf(row['oldest']) ?? Infinity;
          found[Number(row['place'])] = { count: Number(row['n']), oldestReceivedMs };
        }
        from += size;
      }
      return found;
    },
    /** The due rows of these groups in the campaign's order, read as they are wanted. */
    rows: (statements: Reader, groups: readonly DueGroup[], order: Campaign['orderWithin'], now: string): DueRows =>
      createDueRows({ statements, contacts, groups, order, now }),
  };
}

export type Groups = ReturnType<typeof createGroups>;

export interface DueRows {
  /** The next ones, at most so many; none = there are no more. */
  next(count: number): Promise<Row[]>;
}

interface Stream {
  readonly group: DueGroup;
  rows: Row[];
  last: Row | undefined;
  isOver: boolean;
}

/** Rows of one reading: few sizes, so that few statements are kept. */
const readSizes = [16, 32, 64, 128, 256, 512];

function createDueRows(ask: {
  readonly statements: Reader;
  readonly contacts: string;
  readonly groups: readonly DueGroup[];
  readonly order: Campaign['orderWithin'];
  readonly now: string;
}): DueRows {
  const { statements, contacts, now, order } = ask;
  const isNewestFirst = order === 'LIFO';
  const way = isNewestFirst ? 'DESC' : 'ASC';
  const streams = ask.groups.map((group): Stream => ({ group, rows: [], last: undefined, isOver: false }));

  async function fill(stream: Stream, count: number): Promise<void> {
    const limit = readSizes.find((size) => size >= count) ?? 512;
    const { campaignId, listId, priority } = stream.group;
    const range: Value[] = [campaignId, listId, priority, now];
    const at = stream.last;
    const place = at ? [at['next_attempt_at'] ?? '', at['next_attempt_at'] ?? '', Number(at['seq'])] : [];
    const beyond = isNewestFirst
      ? 'AND next_attempt_at <= ? AND (next_attempt_at < ? OR seq < ?)'
      : 'AND next_attempt_at >= ? AND (next_attempt_at > ? OR seq > ?)';
    const sql = `SELECT ${contactColumns} FROM ${contacts}
      WHERE campaign_id = ? AND status = 'pending' AND list_id = ? AND priority = ? AND next_attempt_at <= ? ${at ? beyond : ''}
      ORDER BY next_attempt_at ${way}, seq ${way} LIMIT ${String(limit)}`;
    stream.rows = [...(await statements.all(sql, [...range, ...place]))];
    stream.last = stream.rows.at(-1) ?? stream.last;
    stream.isOver = stream.rows.length < limit;
  }

  const isBefore = (a: Row, b: Row): boolean => {
    if (order === 'PRIORITY' && a['priority'] !== b['priority']) return Number(a['priority']) > Number(b['priority']);
    const [left, right] = [text(a['next_attempt_at']), text(b['next_attempt_at'])];
    const isFirst = left === right ? Number(a['seq']) < Number(b['seq']) : left < right;
    return isNewestFirst ? !isFirst : isFirst;
  };

  /** Of the highest priority that has any left; of all of them in the other orders. */
  function wanted(): Stream[] {
    const left = streams.filter((stream) => !stream.isOver || stream.rows.length > 0);
    if (order !== 'PRIORITY') return left;
    const highest = Math.max(...left.map(({ group }) => group.priority));
    return left.filter(({ group }) => group.priority === highest);
  }

  return {
    async next(count) {
      const taken: Row[] = [];
      while (taken.length < count) {
        const open = wanted();
        for (const stream of open) if (stream.rows.length === 0 && !stream.isOver) await fill(stream, count / open.length);
        const first = open.reduce<Stream | undefined>((best, stream) => {
          const [row, bestRow] = [stream.rows[0], best?.rows[0]];
          return row && (!bestRow || isBefore(row, bestRow)) ? stream : best;
        }, undefined);
        const row = first?.rows.shift();
        if (row) taken.push(row);
        else if (open.length === 0 || open.every(({ isOver }) => isOver)) return taken;
      }
      return taken;
    },
  };
}
