/** Rows of tandem_journal and tandem_crm_outbox (crm-vtiger 9). */
import { underWay } from '../core/crm-ports.js';
import type { CrmStore, JournalFilter, JournalRow, NewCrmMessage } from '../core/crm-ports.js';
import { TandemError } from '../core/errors.js';
import type { JournalCall, Outcome } from '../core/journal/call.js';
import { acdLease } from './acd.js';
import { integer, marks, text } from './db.js';
import type { Db, Row, Statements, Value } from './db.js';
import { bounded, createCrmLetters, messageColumns, messageOf, outboxStates } from './crm-letters.js';
import { fitText } from './fit.js';

const again = { repeatable: true } as const;
const { waiting: waits, delivered: isDelivered, dead: isDead, dropped: isDropped } = outboxStates;
const dayMs = 86_400_000;
const deadMsMax = 30 * dayMs;
const errorColumn = { charsMax: 300, charset: 'utf8mb4' } as const;
const callColumns = ['id', 'switch', 'direction', 'state', 'number', 'extension', 'outcome', 'started_ms', 'ended_ms', 'body'] as const;
/** names in one statement */
const namesMax = 200;

export function createCrmStore(db: Db, { own }: { readonly own: string }): CrmStore {
  const calls = `${own}tandem_journal`;
  const outbox = `${own}tandem_crm_outbox`;
  const ignore = db.dialect === 'mysql' ? 'IGNORE' : 'OR IGNORE';
  const renewed = callColumns.slice(1).map((name) => `${name} = ${db.dialect === 'mysql' ? `VALUES(${name})` : `excluded.${name}`}`);
  const putCall = `INSERT INTO ${calls} (${callColumns.join(', ')}) VALUES (${marks(callColumns.length)})
    ${db.dialect === 'mysql' ? 'ON DUPLICATE KEY UPDATE' : 'ON CONFLICT (id) DO UPDATE SET'} ${renewed.join(', ')}`;
  const putMessage = `INSERT ${ignore} INTO ${outbox} (binding, call_id, seq, event, payload, state, attempts, next_ms, created_ms)
    VALUES (?, ?, ?, ?, ?, ${waits}, 0, ?, ?)`;
  // left to choose, MariaDB looks through all that waits for each message that waits
  const by = (index: string): string => (db.dialect === 'mysql' ? `FORCE INDEX (${index})` : `INDEXED BY ${index}`);
  const [byLane, byTime] = [by('tandem_crm_outbox_lane'), by('tandem_crm_outbox_due')];
  const first = `NOT EXISTS (SELECT 1 FROM ${outbox} p ${byLane} WHERE p.binding = o.binding AND p.call_id = o.call_id AND p.state = ${waits} AND p.seq < o.seq)`;

  /**
   * The last statement of a save. The row is held from here to the commit, so that nobody becomes the owner between; not
   * from the begin on, since the queues save under the same row, and calls must not wait for the journal.
   */
  async function checkFence(tx: Statements, fence: number): Promise<void> {
    const held = db.dialect === 'mysql' ? 'LOCK IN SHARE MODE' : '';
    const [row] = await tx.all(`SELECT fence FROM ${own}tandem_leases WHERE name = ? ${held}`, [acdLease]);
    if (integer(row?.['fence']) !== fence)
      throw new TandemError('TDM_STANDBY', [`lease "${acdLease}" has another owner since fence ${String(fence)}`]);
  }

  async function settle(id: number, state: number, error: string | null, atMs: number): Promise<boolean> {
    const sql = `UPDATE ${outbox} SET state = ?, last_error = ?, settled_ms = ? WHERE id = ? AND state = ${waits}`;
    return (await db.run(sql, [state, error === null ? null : fitText(error, errorColumn).value, atMs, id], again)).rows === 1;
  }

  return {
    ...createCrmLetters(db, outbox),
    async openCalls(switchName) {
      const rows = await db.all(`SELECT body FROM ${calls} WHERE switch = ? AND state <> 'done' ORDER BY started_ms, id`, [switchName]);
      return rows.map(callOf);
    },
    async switches() {
      const rows = await db.all(`SELECT DISTINCT switch FROM ${calls}`, []);
      return rows.map((row) => text(row['switch']));
    },
    save: (batch, fence) =>
      db.transaction(async (tx) => {
        for (const call of batch.calls) await tx.run(putCall, callValues(call));
        for (const message of batch.messages) await tx.run(putMessage, messageValues(message));
        if (fence !== undefined) await checkFence(tx, fence);
      }, again),
    async call(id) {
      const [row] = await db.all(`SELECT body FROM ${calls} WHERE id = ?`, [id]);
      return row && callOf(row);
    },
    calls: (filter) => findCalls(db, calls, filter),
    async lastSeqs(callIds) {
      const found = new Map<string, number>();
      for (let from = 0; from < callIds.length; from += namesMax) {
        const some = callIds.slice(from, from + namesMax);
        const sql = `SELECT binding, call_id, MAX(seq) AS seq FROM ${outbox} WHERE call_id IN (${marks(some.length)}) GROUP BY binding, call_id`;
        for (const row of await db.all(sql, some)) found.set(`${text(row['binding'])} ${text(row['call_id'])}`, Number(row['seq']));
      }
      return found;
    },
    async due(binding, nowMs, limit, of) {
      if (of?.length === 0) return [];
      const some = of?.slice(0, namesMax);
      const named = some === undefined ? '' : `AND o.call_id IN (${marks(some.length)})`;
      // in the order of the index, so that it ends with the last one that is wanted
      const sql = `SELECT ${messageColumns} FROM ${outbox} o ${some === undefined ? byTime : byLane}
        WHERE o.binding = ? AND o.state = ${waits} AND o.next_ms <= ? ${named} AND ${first} ORDER BY o.next_ms, o.id LIMIT ${bounded(limit)}`;
      return (await db.all(sql, [binding, nowMs, ...(some ?? [])])).map(messageOf);
    },
    delivered: (id, atMs) => settle(id, isDelivered, null, atMs),
    async claim(id, attempts) {
      const sql = `UPDATE ${outbox} SET last_error = ? WHERE id = ? AND state = ${waits} AND attempts = ? AND (last_error IS NULL OR last_error <> ?)`;
      return (await db.run(sql, [underWay, id, attempts, underWay], again)).rows === 1;
    },
    async unclaim(id, attempts, error) {
      const sql = `UPDATE ${outbox} SET last_error = ? WHERE id = ? AND state = ${waits} AND attempts = ? AND last_error = ?`;
      await db.run(sql, [fitText(error, errorColumn).value, id, attempts, underWay], again);
    },
    async postponed(id, { attempts, nextAtMs, error }) {
      const sql = `UPDATE ${outbox} SET attempts = ?, next_ms = ?, last_error = ? WHERE id = ? AND state = ${waits}`;
      await db.run(sql, [attempts, nextAtMs, fitText(error, errorColumn).value, id], again);
    },
    async bury(id, error, atMs) {
      await settle(id, isDead, error, atMs);
    },
    async counts(binding) {
      const sql = `SELECT state, COUNT(*) AS n, MIN(created_ms) AS oldest FROM ${outbox} WHERE binding = ? AND state IN (${waits}, ${isDead}) GROUP BY state`;
      const rows = await db.all(sql, [binding]);
      const of = (state: number): Row | undefined => rows.find((row) => Number(row['state']) === state);
      return { pending: Number(of(waits)?.['n'] ?? 0), oldestMs: integer(of(waits)?.['oldest']), dead: Number(of(isDead)?.['n'] ?? 0) };
    },
    async nextDue(binding) {
      const sql = `SELECT o.next_ms AS at FROM ${outbox} o ${byTime} WHERE o.binding = ? AND o.state = ${waits} AND ${first} ORDER BY o.next_ms LIMIT 1`;
      const [row] = await db.all(sql, [binding]);
      return integer(row?.['at']);
    },
    prune: (nowMs, options) => db.transaction((tx) => prune(tx, { calls, outbox }, nowMs, options), again),
    unpurgedCalls: (place, beforeMs, limit) => unpurgedCalls(db, calls, { place, beforeMs, limit }),
    async recordingPurged(id, atMs) {
      await db.run(`UPDATE ${calls} SET purged_ms = ? WHERE id = ?`, [atMs, id], again);
    },
    async isRecordingPurged(id) {
      const [row] = await db.all(`SELECT purged_ms FROM ${calls} WHERE id = ?`, [id]);
      return integer(row?.['purged_ms']) !== undefined;
    },
  };
}

async function findCalls(db: Db, table: string, filter: JournalFilter): Promise<readonly JournalRow[]> {
  const conditions: string[] = [];
  const values: Value[] = [];
  const wish = (sql: string, value: Value | undefined): void => {
    if (value === undefined) return;
    conditions.push(sql);
    values.push(value);
  };
  wish('number = ?', filter.number);
  wish('extension = ?', filter.extension);
  wish('outcome = ?', filter.outcome);
  wish('started_ms >= ?', filter.fromMs);
  wish('started_ms < ?', filter.toMs);
  const [, startedMs, id] = /^(\d{1,15}) (.{1,100})$/.exec(filter.before) ?? [];
  if (startedMs !== undefined && id !== undefined) {
    conditions.push('(started_ms < ? OR (started_ms = ? AND id < ?))');
    values.push(Number(startedMs), Number(startedMs), id);
  }
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  const sql = `SELECT ${callColumns.join(', ')} FROM ${table} ${where} ORDER BY started_ms DESC, id DESC LIMIT ${bounded(filter.limit)}`;
  return (await db.all(sql, values)).map((row) => ({
    id: text(row['id']),
    switch: text(row['switch']),
    direction: text(row['direction']),
    state: text(row['state']),
    number: text(row['number']),
    extension: text(row['extension']),
    outcome: row['outcome'] === null ? undefined : (text(row['outcome']) as Outcome),
    startedAtMs: Number(row['started_ms']),
    endedAtMs: integer(row['ended_ms']),
    call: callOf(row),
  }));
}

async function prune(
  tx: Statements,
  { calls, outbox }: { readonly calls: string; readonly outbox: string },
  nowMs: number,
  { callsMsMax, unpurgedMsMax = callsMsMax, limit }: Parameters<CrmStore['prune']>[1],
): Promise<number> {
  let removed = 0;
  const remove = async (table: string, key: string, condition: string, values: readonly Value[]): Promise<void> => {
    const rows = await tx.all(`SELECT ${key} AS k FROM ${table} WHERE ${condition} LIMIT ${bounded(limit)}`, values);
    const keys = rows.map((row) => row['k'] ?? null);
    for (let from = 0; from < keys.length; from += namesMax) {
      const some = keys.slice(from, from + namesMax);
      removed += (await tx.run(`DELETE FROM ${table} WHERE ${key} IN (${marks(some.length)})`, some)).rows;
    }
  };
  await remove(outbox, 'id', `state = ${isDelivered} AND settled_ms < ?`, [nowMs - dayMs]);
  await remove(outbox, 'id', `state = ${isDropped} AND settled_ms < ?`, [nowMs - dayMs]);
  await remove(outbox, 'id', `state = ${isDead} AND settled_ms < ?`, [nowMs - deadMsMax]);
  const isOver = `state = 'done' AND started_ms < ? AND (purged_ms IS NOT NULL OR started_ms < ?)`;
  await remove(calls, 'id', isOver, [nowMs - callsMsMax, nowMs - unpurgedMsMax]);
  return removed;
}

/** A statement has a limit, so it looks at so much time at once, whatever was purged in it. */
const purgeSliceMs = 6 * 3_600_000;

async function unpurgedCalls(
  db: Db,
  table: string,
  { place, beforeMs, limit }: { readonly place: string; readonly beforeMs: number; readonly limit: number },
): Promise<{ readonly calls: readonly JournalCall[]; readonly next: string | undefined }> {
  const [, at, id = ''] = /^(\d{1,15}) (.{0,100})$/.exec(place) ?? [];
  const fromMs = at === undefined ? integer((await db.all(`SELECT MIN(started_ms) AS at FROM ${table}`, []))[0]?.['at']) : Number(at);
  if (fromMs === undefined || fromMs >= beforeMs) return { calls: [], next: undefined };
  const untilMs = Math.min(beforeMs, fromMs + purgeSliceMs);
  const sql = `SELECT id, started_ms, body FROM ${table} WHERE (started_ms > ? OR (started_ms = ? AND id > ?)) AND started_ms >= ? AND started_ms < ?
    AND purged_ms IS NULL AND state = 'done' ORDER BY started_ms, id LIMIT ${bounded(limit)}`;
  const rows = await db.all(sql, [fromMs, fromMs, id, fromMs, untilMs]);
  const last = rows.length < limit ? undefined : rows.at(-1);
  const behind = last ? `${text(last['started_ms'])} ${text(last['id'])}` : untilMs < beforeMs ? `${String(untilMs)} ` : undefined;
  return { calls: rows.map(callOf), next: behind };
}

const callOf = (row: Row): JournalCall => JSON.parse(text(row['body'])) as JournalCall;

function callValues(call: JournalCall): readonly Value[] {
  const talker = call.legs.find((leg) => leg.id === call.talker);
  return [
    call.id,
    fitText(call.switch, { charsMax: 40, charset: 'utf8mb4' }).value,
    call.direction,
    // done, and still where it would be begun anew by a list of channels if nobody knew that it is over
    call.state === 'done' && call.channels.length > 0 ? 'ended' : call.state,
    fitText(call.customer.number, { charsMax: 60, charset: 'utf8mb4' }).value,
    fitText(talker?.extension ?? '', { charsMax: 40, charset: 'utf8mb4' }).value,
    call.outcome ?? null,
    call.startedAtMs,
    call.endedAtMs ?? null,
    JSON.stringify(call),
  ];
}

const messageValues = (message: NewCrmMessage): readonly Value[] => [
  message.binding,
  message.callId,
  message.seq,
  message.event,
  message.payload,
  message.createdAtMs,
  message.createdAtMs,
];
