/** What pacers decided and what they have learned. */
import type { DialerStore } from '../core/dialer-ports.js';
import type { Decision } from '../core/dialer/pacing/index.js';
import { text } from './db.js';
import type { Value } from './db.js';
import { again, cut, within } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';
import { batchSizes, rowStatements } from './row-batches.js';

const pageMax = 10_000;

/** JSON has no NaN: a number that a rule decided without comes back as NaN. */
const packed = (decision: Decision): string => JSON.stringify(decision);
const unpacked = (json: string): Decision => {
  const decision = JSON.parse(json, (_key, value: unknown) => (value === null ? NaN : value)) as Decision;
  return decision;
};

type DecisionPort = Pick<DialerStore, 'saveDecisions' | 'decisions' | 'putLearned' | 'learned'>;

export function createDecisions(base: DialerBase): DecisionPort {
  const { db, log } = base;
  const [table, learned] = [base.table('decisions'), base.table('learned')];
  const insertSql = rowStatements(`REPLACE INTO ${table} (pacer, at_ms, doc)`, () => '(?, ?, ?)');

  return {
    saveDecisions: (rows) =>
      db.transaction(async (tx) => {
        const values = rows.map(({ atMs, group, decision }): Value[] => [cut(group, 150), Math.round(atMs), packed(decision)]);
        let from = 0;
        for (const size of batchSizes(values.length)) {
          await tx.run(insertSql(size), values.slice(from, from + size).flat());
          from += size;
        }
      }, again),
    async decisions(group, fromMs, limit) {
      const sql = `SELECT doc FROM ${table} WHERE pacer = ? AND at_ms >= ? ORDER BY at_ms LIMIT ${String(within(limit, pageMax))}`;
      return (await db.all(sql, [cut(group, 150), fromMs])).map((row) => unpacked(text(row['doc'])));
    },
    async putLearned(key, snapshot, atMs) {
      await db.run(
        `REPLACE INTO ${learned} (learned_key, at_ms, doc) VALUES (?, ?, ?)`,
        [cut(key, 150), atMs, JSON.stringify(snapshot)],
        again,
      );
    },
    async learned() {
      const found = new Map<string, unknown>();
      for (const row of await db.all(`SELECT learned_key, doc FROM ${learned}`)) {
        const key = text(row['learned_key']);
        try {
          found.set(key, JSON.parse(text(row['doc'])));
        } catch (error) {
          log.error({ error, key }, 'what a pacer has learned cannot be read: it learns anew');
        }
      }
      return found;
    },
  };
}
