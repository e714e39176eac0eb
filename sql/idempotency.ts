/** Keys of requests that may be repeated: the row is put before the work, the answer after it. */
import type { IdempotencyStore, KeyBegun } from '../core/access-ports.js';
import { integer, text } from './db.js';
import type { Db } from './db.js';

export const idempotencyDefaults = {
  /** answers count so long */
  keptMs: 86_400_000,
  /** a request that did not finish: its process died */
  runningMsMax: 60_000,
  perPrincipalMax: 10_000,
};

/** Rejects TDM_STORE_DOWN: without the row nothing may be done under a key. */
export function createIdempotency(db: Db, { own }: { readonly own: string }, limits = idempotencyDefaults): IdempotencyStore {
  const table = `${own}tandem_idempotency`;
  const where = 'principal = ? AND idem_key = ?';
  const insertSql = `INSERT ${db.dialect === 'mysql' ? '' : 'OR '}IGNORE INTO ${table} (principal, idem_key, request_hash, created_ms) VALUES (?, ?, ?, ?)`;
  const countSql = `SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM ${table} WHERE principal = ? LIMIT ${String(limits.perPrincipalMax)}) AS some`;
  const takeSql = `UPDATE ${table} SET request_hash = ?, created_ms = ?, status = 0, body = NULL WHERE ${where} AND created_ms = ? AND status = ?`;

  async function known(principal: string, key: string, requestHash: string, atMs: number): Promise<KeyBegun> {
    const [row] = await db.all(`SELECT request_hash, created_ms, status, body FROM ${table} WHERE ${where}`, [principal, key]);
    if (!row) return { kind: 'running' }; // released this moment: the client asks again
    const [createdMs, status] = [integer(row['created_ms']) ?? 0, integer(row['status']) ?? 0];
    if (atMs - createdMs >= (status === 0 ? limits.runningMsMax : limits.keptMs)) {
      const { rows } = await db.run(takeSql, [requestHash, atMs, principal, key, createdMs, status]);
      return rows === 1 ? { kind: 'new' } : { kind: 'running' };
    }
    if (row['request_hash'] !== requestHash) return { kind: 'other' };
    return status === 0 ? { kind: 'running' } : { kind: 'answered', status, body: text(row['body']) };
  }

  return {
    async begin(principal, key, requestHash, atMs) {
      const [count] = await db.all(countSql, [principal]);
      if (Number(count?.['n']) >= limits.perPrincipalMax) return { kind: 'full' };
      const { rows } = await db.run(insertSql, [principal, key, requestHash, atMs]);
      return rows === 1 ? { kind: 'new' } : known(principal, key, requestHash, atMs);
    },
    async finish(principal, key, status, body) {
      await db.run(`UPDATE ${table} SET status = ?, body = ? WHERE ${where}`, [status, body, principal, key], { repeatable: true });
    },
    async release(principal, key) {
      await db.run(`DELETE FROM ${table} WHERE ${where} AND status = 0`, [principal, key], { repeatable: true });
    },
  };
}
