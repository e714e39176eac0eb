/**
 * Who may write for a set of queues (scale-out 7). One row for each name; the fence grows with each owner, and whoever
 * writes under the lease checks it in the same transaction. Only the database's clock counts; the embedded database,
 * which one machine uses alone, has the process's.
 */
import type { Leases } from '../core/acd-ports.js';
import { text } from './db.js';
import type { Db, Value } from './db.js';

export interface LeasesOptions {
  readonly own: string;
  readonly nowMs: () => number;
}

/** Short: whoever asks for a lease asks again in a second. */
const retryMsMax = 500;

/** Rejects TDM_STORE_DOWN when the database does not answer. */
export function createLeases(db: Db, { own, nowMs }: LeasesOptions): Leases {
  const table = `${own}tandem_leases`;
  // Not from NOW(): local time is ambiguous in one hour of the year.
  const now =
    db.dialect === 'mysql'
      ? { sql: `TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000`, values: (): Value[] => [] }
      : { sql: 'CAST(? AS INTEGER)', values: (): Value[] => [nowMs()] };
  const insertSql = `INSERT ${db.dialect === 'mysql' ? '' : 'OR '}IGNORE INTO ${table} (name, owner, fence, until_ms) VALUES (?, '', 0, 0)`;
  const readSql = `SELECT owner, fence FROM ${table} WHERE name = ?`;
  const takeSql = `UPDATE ${table} SET fence = fence + 1, owner = ?, until_ms = ${now.sql} + ?
    WHERE name = ? AND (owner = ? OR owner = ? OR until_ms <= ${now.sql})`;
  const renewSql = `UPDATE ${table} SET until_ms = ${now.sql} + ? WHERE name = ? AND owner = ? AND fence = ?`;
  const releaseSql = `UPDATE ${table} SET until_ms = 0 WHERE name = ? AND owner = ? AND fence = ?`;
  const holderSql = `SELECT owner FROM ${table} WHERE name = ? AND until_ms > ${now.sql}`;

  return {
    acquire: (name, owner, ttlMs, dead) =>
      db.transaction(
        async (tx) => {
          const [row] = await tx.all(readSql, [name]);
          if (!row) await tx.run(insertSql, [name]);
          const { rows } = await tx.run(takeSql, [owner, ...now.values(), ttlMs, name, owner, dead ?? owner, ...now.values()]);
          if (rows === 0) return undefined;
          const [taken] = await tx.all(readSql, [name]);
          return Number(taken?.['fence']);
        },
        { repeatable: true, retryMsMax },
      ),
    async holder(name) {
      const [row] = await db.all(holderSql, [name, ...now.values()]);
      return row && text(row['owner']);
    },
    async renew(name, owner, fence, ttlMs) {
      const { rows } = await db.run(renewSql, [...now.values(), ttlMs, name, owner, fence], { repeatable: true, retryMsMax });
      return rows === 1;
    },
    async release(name, owner, fence) {
      await db.run(releaseSql, [name, owner, fence], { repeatable: true, retryMsMax });
    },
  };
}
