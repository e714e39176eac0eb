/** Start, stop and purge of a campaign's contacts (A13), and rows that a removed list or campaign leaves. */
import type { DialerStore } from '../core/dialer-ports.js';
import type { ContactStatus } from '../core/dialer/words.js';
import type { Row, Statements, Value } from './db.js';
import { countColumns, countKeyOf } from './dialer-counts.js';
import type { Counts } from './dialer-counts.js';
import { again, moment, runIn } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';

/** Rows of one transaction: a stop of a million contacts holds nobody up for longer than one of these. */
export const sliceRows = 2_000;

/** Which rows, as a condition with its values. */
interface Which {
  readonly index: string;
  readonly where: string;
  readonly values: readonly Value[];
}

export function createControl(base: DialerBase, counts: Counts) {
  const { db } = base;
  const table = base.table('contacts');
  const existsSql = `SELECT 1 AS one FROM ${table} WHERE campaign_id = ? LIMIT 1`;

  /** One slice, in a transaction: read under a lock, changed, counted. */
  function slice(which: Which, limit: number, work: (tx: Statements, rows: readonly Row[]) => Promise<void>): Promise<number> {
    const sql = `SELECT seq, ${countColumns} FROM ${table}${which.index} WHERE ${which.where} LIMIT ${String(limit)}${base.forUpdate}`;
    return db.transaction(async (tx) => {
      const rows = await tx.all(sql, which.values);
      if (rows.length > 0) await work(tx, rows);
      return rows.length;
    }, again);
  }

  async function all(which: Which, work: (tx: Statements, rows: readonly Row[]) => Promise<void>): Promise<number> {
    for (let done = 0; ;) {
      const rows = await slice(which, sliceRows, work);
      done += rows;
      if (rows < sliceRows) return done;
    }
  }

  const seqsOf = (rows: readonly Row[]): number[] => rows.map((row) => Number(row['seq']));

  const become = (status: ContactStatus) => async (tx: Statements, rows: readonly Row[]) => {
    await runIn(tx, (list) => `UPDATE ${table} SET status = '${status}' WHERE seq IN (${list})`, seqsOf(rows));
    const changes = counts.changes();
    for (const key of rows.map(countKeyOf)) changes.move(key, { status, result: key.result });
    await changes.write(tx);
  };

  const removeRows = async (tx: Statements, rows: readonly Row[]): Promise<void> => {
    await runIn(tx, (list) => `DELETE FROM ${table} WHERE seq IN (${list})`, seqsOf(rows));
    const changes = counts.changes();
    for (const key of rows.map(countKeyOf)) changes.add(key, -1);
    await changes.write(tx);
  };

  async function ifAny(campaign: string, work: () => Promise<number>): Promise<number | undefined> {
    return (await db.all(existsSql, [campaign])).length === 0 ? undefined : work();
  }
  const inStatus = (campaign: string, status: ContactStatus): Which => ({
    index: base.byIndex('contacts_pick'),
    where: `campaign_id = ? AND status = '${status}'`,
    values: [campaign],
  });

  const port: Pick<DialerStore, 'start' | 'stop' | 'purge'> = {
    start: (campaign) => ifAny(campaign, () => all(inStatus(campaign, 'stopped'), become('pending'))),
    stop: (campaign) => ifAny(campaign, () => all(inStatus(campaign, 'pending'), become('stopped'))),
    purge: (campaign) => ifAny(campaign, () => all(inStatus(campaign, 'pending'), removeRows)),
  };
  return {
    port,
    /** Those that wait, of one list. */
    async removeOfList(campaign: string, listId: number): Promise<number> {
      let removed = 0;
      for (const status of ['pending', 'stopped'] as const) {
        const { index, where, values } = inStatus(campaign, status);
        removed += await all({ index, where: `${where} AND list_id = ?`, values: [...values, listId] }, removeRows);
      }
      return removed;
    },
    /** All but those in a call. */
    async removeOfCampaign(campaign: string): Promise<void> {
      for (const status of ['pending', 'stopped', 'ended', 'failed'] as const) await all(inStatus(campaign, status), removeRows);
    },
    /** Finished contacts that came in before that; from the oldest on, so that it stops at the first younger one. */
    async expireFinished(beforeMs: number): Promise<number> {
      const before = moment(beforeMs);
      const pageSql = `SELECT seq, received_time FROM ${table} WHERE seq > ? ORDER BY seq LIMIT ${String(sliceRows)}`;
      for (let [after, removed] = [0, 0]; ;) {
        const page = await db.all(pageSql, [after]);
        const until = Number(page.at(-1)?.['seq'] ?? after);
        const which = {
          index: '',
          where: `seq > ? AND seq <= ? AND status IN ('ended', 'failed') AND received_time < ?`,
          values: [after, until, before],
        };
        if (page.length > 0) removed += await slice(which, sliceRows, removeRows);
        if (page.length < sliceRows || String(page.at(-1)?.['received_time']) >= before) return removed;
        after = until;
      }
    },
  };
}

export type Control = ReturnType<typeof createControl>;
