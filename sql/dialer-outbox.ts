/** Rows of dialer_outbox: messages to the voice connector (A11, A17), unique by their key; those sent stay until retention. */
import type { DialerStore } from '../core/dialer-ports.js';
import type { OutboxMessage } from '../core/dialer/engine-words.js';
import { text } from './db.js';
import type { Statements, Value } from './db.js';
import { again, cut, insertIgnore, jsonOf, within } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';
import { batchSizes, rowStatements } from './row-batches.js';

const pageMax = 1_000;

export function createOutbox(base: DialerBase) {
  const { db } = base;
  const table = base.table('outbox');
  const insertSql = rowStatements(
    `${insertIgnore(db.dialect)} ${table} (message_key, call_id, kind, body, state, created_ms, next_ms)`,
    () => `(?, ?, ?, ?, 'waiting', ?, ?)`,
  );

  /**
   * What waits behind a message that failed is due with it: in a long outage the look at what is due would else find, and
   * leave out, all that waits.
   */
  async function moveOthers(id: number, nextMs: number): Promise<void> {
    const [row] = await db.all(`SELECT call_id FROM ${table} WHERE id = ?`, [id]);
    const sql = `UPDATE ${table} SET next_ms = ? WHERE call_id = ? AND state = 'waiting' AND id > ?`;
    if (row) await db.run(sql, [nextMs, text(row['call_id']), id], again);
  }

  const hasFailed = async (id: number): Promise<boolean> =>
    (await db.all(`SELECT 1 AS failed FROM ${table} WHERE id = ? AND tries > 0`, [id])).length > 0;

  const port: Pick<DialerStore, 'outboxDue' | 'outboxDone' | 'outboxFailed' | 'outboxCount'> = {
    async outboxDue(nowMs, limit) {
      const sql = `SELECT id, message_key, kind, body, tries, created_ms FROM ${table} due
        WHERE state = 'waiting' AND next_ms <= ?
          AND NOT EXISTS (SELECT 1 FROM ${table} e WHERE e.call_id = due.call_id AND e.state = 'waiting' AND e.id < due.id)
        ORDER BY next_ms, id LIMIT ${String(within(limit, pageMax))}`;
      return (await db.all(sql, [nowMs])).map((row) => ({
        id: Number(row['id']),
        key: text(row['message_key']),
        kind: text(row['kind']) as OutboxMessage['kind'],
        body: jsonOf<Readonly<Record<string, unknown>>>(row['body'], {}),
        tries: Number(row['tries']),
        createdAtMs: Number(row['created_ms']),
      }));
    },
    async outboxDone(id) {
      if (await hasFailed(id)) await moveOthers(id, 0);
      await db.run(`UPDATE ${table} SET state = 'done' WHERE id = ?`, [id], again);
    },
    async outboxFailed(id, problem, nextAtMs) {
      const state = nextAtMs === undefined ? 'dead' : 'waiting';
      const sql = `UPDATE ${table} SET state = ?, tries = tries + 1, problem = ?, next_ms = ? WHERE id = ? AND state = 'waiting'`;
      await moveOthers(id, nextAtMs ?? 0);
      await db.run(sql, [state, cut(problem, 255), nextAtMs ?? 0, id]);
    },
    async outboxCount() {
      const rows = await db.all(`SELECT state, COUNT(*) AS n FROM ${table} WHERE state IN ('waiting', 'dead') GROUP BY state`);
      const n = (state: string): number => Number(rows.find((row) => row['state'] === state)?.['n'] ?? 0);
      return { waiting: n('waiting'), dead: n('dead') };
    },
  };
  return {
    port,
    async insert(tx: Statements, messages: readonly OutboxMessage[]): Promise<void> {
      const atMs = base.nowMs();
      const rows = messages.map(({ key, kind, body }): Value[] => [
        cut(key, 120),
        cut(callOf(key, kind), 120),
        kind,
        JSON.stringify(body),
        atMs,
        atMs,
      ]);
      let from = 0;
      for (const size of batchSizes(rows.length)) {
        await tx.run(insertSql(size), rows.slice(from, from + size).flat());
        from += size;
      }
    },
  };
}

/** Of `<call>:<kind>:<n>`; a key of another form is a call by itself. */
function callOf(key: string, kind: OutboxMessage['kind']): string {
  const at = key.lastIndexOf(`:${kind}:`);
  return at === -1 ? key : key.slice(0, at);
}

export type Outbox = ReturnType<typeof createOutbox>;
