/** Browser sessions by the hashes of their tokens, so that they live over a restart and on every node. */
import type { SessionStore, StoredSession } from '../core/access-ports.js';
import { createCache } from './cache.js';
import { integer, text } from './db.js';
import type { Db, Row } from './db.js';

export interface SessionsOptions {
  readonly own: string;
  readonly nowMs: () => number;
  readonly cacheMsMax: number;
}

const cachedMax = 2_000;
const columns = 'session_id, user, secret_mark, created_ms, seen_ms, rotated_ms, confirmed_ms';

const sessionOf = (row: Row): StoredSession => ({
  id: text(row['session_id']),
  user: text(row['user']),
  secretMark: text(row['secret_mark']),
  createdAtMs: integer(row['created_ms']) ?? 0,
  seenAtMs: integer(row['seen_ms']) ?? 0,
  rotatedAtMs: integer(row['rotated_ms']) ?? 0,
  confirmedAtMs: integer(row['confirmed_ms']) || undefined,
});

export function createSessions(db: Db, { own, nowMs, cacheMsMax }: SessionsOptions): SessionStore & { forget(): void } {
  const table = `${own}tandem_sessions`;
  const repeatable = { repeatable: true } as const;
  const cache = createCache<Awaited<ReturnType<SessionStore['find']>>>({
    maxAgeMs: cacheMsMax,
    entriesMax: cachedMax,
    nowMs,
    keep: (found) => found !== undefined,
    async load(hash) {
      const sql = `SELECT ${columns}, token_hash FROM ${table} WHERE`;
      const [row] = await db.all(`${sql} token_hash = ?`, [hash]);
      const [older] = row ? [] : await db.all(`${sql} previous_hash = ?`, [hash]);
      const found = row ?? older;
      return found && { session: sessionOf(found), isNewest: row !== undefined };
    },
  });
  const forget = (id: string): void => cache.forgetWhere((_hash, found) => found === undefined || found.session.id === id);

  return {
    find: (hash) => cache.get(hash),
    async create(session, hash, perUserMax) {
      const { id, user, secretMark, createdAtMs, seenAtMs, rotatedAtMs } = session;
      await db.run(`INSERT INTO ${table} (${columns}, token_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, [
        ...[id, user, secretMark, createdAtMs, seenAtMs, rotatedAtMs],
        ...[session.confirmedAtMs ?? 0, hash],
      ]);
      const rows = await db.all(`SELECT session_id FROM ${table} WHERE user = ? ORDER BY created_ms DESC, session_id`, [user]);
      for (const row of rows.slice(perUserMax))
        await db.run(`DELETE FROM ${table} WHERE session_id = ?`, [text(row['session_id'])], repeatable);
      if (rows.length > perUserMax) cache.forget();
    },
    async rotate(id, shown, hash, before, atMs) {
      const sql = `UPDATE ${table} SET previous_hash = ?, token_hash = ?, rotated_ms = ?, seen_ms = ?, confirmed_ms = 0
        WHERE session_id = ? AND rotated_ms = ? AND rotated_ms < ?`;
      const { rows } = await db.run(sql, [shown, hash, atMs, atMs, id, before.rotatedAtMs, atMs]);
      forget(id);
      return rows === 1;
    },
    async seen(id, atMs, confirmed) {
      const sql = `UPDATE ${table} SET seen_ms = ?${confirmed ? ', confirmed_ms = CASE WHEN confirmed_ms = 0 THEN ? ELSE confirmed_ms END' : ''} WHERE session_id = ?`;
      await db.run(sql, confirmed ? [atMs, atMs, id] : [atMs, id], repeatable);
      forget(id);
    },
    async end(id) {
      await db.run(`DELETE FROM ${table} WHERE session_id = ?`, [id], repeatable);
      forget(id);
    },
    async endOfUser(user) {
      await db.run(`DELETE FROM ${table} WHERE user = ?`, [user], repeatable);
      cache.forget();
    },
    forget: () => cache.forget(),
  };
}
