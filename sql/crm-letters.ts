/** Dead letters of tandem_crm_outbox, and the messages of one call (CRM-14). */
import { callLettersMax, lettersMax } from '../core/crm-letter-ports.js';
import type { CrmLetter, CrmLetters, CrmMessageState, LetterChoice } from '../core/crm-letter-ports.js';
import type { CrmMessage } from '../core/crm-ports.js';
import { integer, marks, text } from './db.js';
import type { Db, Row, Statements, Value } from './db.js';

export const outboxStates = { waiting: 0, delivered: 1, dead: 2, dropped: 3 } as const satisfies Readonly<Record<CrmMessageState, number>>;
export const messageColumns = 'id, binding, call_id, seq, event, payload, attempts, next_ms, last_error, created_ms';
const letterColumns = `${messageColumns}, state, settled_ms`;
const { waiting, delivered, dead, dropped } = outboxStates;
/** ids in one statement */
const idsMax = 200;

export function createCrmLetters(db: Db, outbox: string): CrmLetters {
  /** Oldest first, so that a call's first dead letter is the first that is met. */
  async function chosen(tx: Statements, binding: string, { ids, callId }: LetterChoice): Promise<readonly Row[]> {
    const found: Row[] = [];
    const ask = async (condition: string, values: readonly Value[], limit: number): Promise<void> => {
      const sql = `SELECT id, call_id, seq FROM ${outbox} WHERE binding = ? AND state = ${dead} ${condition} ORDER BY id LIMIT ${String(limit)}`;
      found.push(...(await tx.all(sql, [binding, ...values])));
    };
    if (ids === undefined) await ask(callId === undefined ? '' : 'AND call_id = ?', callId === undefined ? [] : [callId], lettersMax);
    const some = ids?.slice(0, lettersMax) ?? [];
    for (let from = 0; from < some.length; from += idsMax) {
      const part = some.slice(from, from + idsMax);
      const own = callId === undefined ? '' : 'AND call_id = ?';
      await ask(`AND id IN (${marks(part.length)}) ${own}`, [...part, ...(callId === undefined ? [] : [callId])], idsMax);
    }
    return found;
  }

  async function each(ids: readonly number[], change: (part: readonly number[]) => Promise<unknown>): Promise<void> {
    for (let from = 0; from < ids.length; from += idsMax) await change(ids.slice(from, from + idsMax));
  }

  return {
    async deadLetters(binding, after, limit, callId) {
      const own = callId === undefined ? '' : 'AND call_id = ?';
      const sql = `SELECT ${letterColumns} FROM ${outbox} WHERE binding = ? AND state = ${dead} AND id > ? ${own} ORDER BY id LIMIT ${bounded(limit)}`;
      return (await db.all(sql, [binding, after, ...(callId === undefined ? [] : [callId])])).map(letterOf);
    },
    replay: (binding, choice, nowMs, { withFollowing = false } = {}) =>
      db.transaction(async (tx) => {
        const rows = await chosen(tx, binding, choice);
        const again = `UPDATE ${outbox} SET state = ${waiting}, attempts = 0, next_ms = ?, created_ms = ?, settled_ms = NULL WHERE binding = ?`;
        const first = new Map<string, number>();
        for (const row of rows) {
          const [call, seq] = [text(row['call_id']), Number(row['seq'])];
          first.set(call, Math.min(first.get(call) ?? seq, seq));
        }
        if (withFollowing)
          for (const [call, seq] of first)
            await tx.run(`${again} AND call_id = ? AND seq > ? AND state = ${delivered}`, [nowMs, nowMs, binding, call, seq]);
        const ids = rows.map((row) => Number(row['id']));
        await each(ids, (part) =>
          tx.run(`${again} AND state = ${dead} AND id IN (${marks(part.length)})`, [nowMs, nowMs, binding, ...part]),
        );
        return rows.length;
      }),
    drop: (binding, choice, nowMs) =>
      db.transaction(async (tx) => {
        const ids = (await chosen(tx, binding, choice)).map((row) => Number(row['id']));
        const set = `UPDATE ${outbox} SET state = ${dropped}, settled_ms = ? WHERE binding = ? AND state = ${dead}`;
        await each(ids, (part) => tx.run(`${set} AND id IN (${marks(part.length)})`, [nowMs, binding, ...part]));
        return ids.length;
      }),
    async lettersOf(bindings, callId) {
      const found: CrmLetter[] = [];
      const sql = `SELECT ${letterColumns} FROM ${outbox} WHERE binding = ? AND call_id = ? ORDER BY seq LIMIT ${String(callLettersMax)}`;
      for (const binding of bindings) found.push(...(await db.all(sql, [binding, callId])).map(letterOf));
      return found;
    },
  };
}

export const bounded = (limit: number): string => String(Math.min(Math.max(1, Math.floor(limit)), 1_000));

const names = Object.fromEntries(Object.entries(outboxStates).map(([name, state]) => [state, name as CrmMessageState]));

const letterOf = (row: Row): CrmLetter => ({
  ...messageOf(row),
  state: names[Number(row['state'])] ?? 'waiting',
  settledAtMs: integer(row['settled_ms']),
});

export const messageOf = (row: Row): CrmMessage => ({
  id: Number(row['id']),
  binding: text(row['binding']),
  callId: text(row['call_id']),
  seq: Number(row['seq']),
  event: text(row['event']),
  payload: text(row['payload']),
  attempts: Number(row['attempts']),
  nextAtMs: Number(row['next_ms']),
  lastError: row['last_error'] === null ? undefined : text(row['last_error']),
  createdAtMs: Number(row['created_ms']),
});
