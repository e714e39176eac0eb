/** Old rows of the dialer: calls, counters, audit, decisions, messages, finished contacts. In slices, as the rest of retention. */
import type { Log } from '../core/ports.js';
import type { Db } from './db.js';
import { createDialerAudit } from './dialer-audit.js';
import { createControl } from './dialer-control.js';
import { createCounts } from './dialer-counts.js';
import { hourMs } from './dialer-facts.js';
import { dialerBase } from './dialer-sql.js';

const dayMs = 86_400_000;

export const dialerRetentionDefaults = {
  /** calls and counters: some rules ask for records of five years */
  dialerCallsMsMax: 1_830 * dayMs,
  dialerAuditMsMax: 1_830 * dayMs,
  /** why the pace was what it was */
  dialerDecisionsMsMax: 30 * dayMs,
  /** contacts that are finished, since they came in */
  dialerContactsMsMax: 400 * dayMs,
} as const;

export type DialerRetention = { readonly [K in keyof typeof dialerRetentionDefaults]: number };

/** messages to the voice connector, delivered or given up; their keys keep a repeated one away */
const outboxMsMax = 30 * dayMs;
/** longest time over which a cap counts, and a day */
const numberHoursMax = 31 * 24;
const sliceRows = 2_000;
const background = { repeatable: true, retryMsMax: 60_000 } as const;

/** How many rows went. Two processes may run it at once. */
export async function runDialerRetention(
  db: Db,
  options: DialerRetention & { readonly own: string; readonly log: Log },
  nowMs: number,
): Promise<number> {
  const base = dialerBase(db, { own: options.own, log: options.log, nowMs: () => nowMs });

  /** From the smallest on, so many steps of `column` at a time. */
  async function expire(name: string, column: string, before: number, step: number): Promise<number> {
    const table = base.table(name);
    for (let expired = 0; ;) {
      const [row] = await db.all(`SELECT MIN(${column}) AS oldest FROM ${table} WHERE ${column} < ?`, [before]);
      const oldest = row?.['oldest'];
      if (oldest === null || oldest === undefined) return expired;
      const until = Math.min(Number(oldest) + step, before);
      expired += (await db.run(`DELETE FROM ${table} WHERE ${column} < ?`, [until], background)).rows;
    }
  }

  const callsBeforeMs = nowMs - options.dialerCallsMsMax;
  const expired = [
    await expire('attempts', 'placed_ms', callsBeforeMs, 600_000),
    await expire('counters', 'bucket_ms', callsBeforeMs, dayMs),
    await expire('number_hours', 'hour', Math.floor(nowMs / hourMs) - numberHoursMax, 1),
    await expire('decisions', 'at_ms', nowMs - options.dialerDecisionsMsMax, 600_000),
    await expireOutbox(),
    await createDialerAudit(base).expire(nowMs - options.dialerAuditMsMax),
    await createControl(base, createCounts(base)).expireFinished(nowMs - options.dialerContactsMsMax),
  ];
  return expired.reduce((sum, rows) => sum + rows, 0);

  async function expireOutbox(): Promise<number> {
    const table = base.table('outbox');
    for (let [expired, after] = [0, 0]; ;) {
      const page = await db.all(`SELECT id, created_ms FROM ${table} WHERE id > ? ORDER BY id LIMIT ${String(sliceRows)}`, [after]);
      const until = Number(page.at(-1)?.['id'] ?? after);
      const sql = `DELETE FROM ${table} WHERE id > ? AND id <= ? AND created_ms < ? AND state <> 'waiting'`;
      if (page.length > 0) expired += (await db.run(sql, [after, until, nowMs - outboxMsMax], background)).rows;
      if (page.length < sliceRows || Number(page.at(-1)?.['created_ms']) >= nowMs - outboxMsMax) return expired;
      after = until;
    }
  }
}
