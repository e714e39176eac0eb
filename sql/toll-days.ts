/** `tandem_toll_days`: what the caps against toll fraud count within 24 hours, for all processes together. */
import { tollDeltasMax, type TollDayStore } from '../core/toll-ports.js';
import { tollDayMs, tollSkewMsMax } from '../core/toll/days.js';
import type { TollDay, TollDelta } from '../core/toll/days.js';
import { integer, text } from './db.js';
import type { Db, Row, Value } from './db.js';
import { again, cut } from './dialer-sql.js';
import { countUp, revisionOf } from './revisions.js';
import { batchSizes, rowStatements } from './row-batches.js';

const revisionName = 'toll';
/** Rows of one answer; more than one transaction writes, so that each answer holds a whole revision. */
const pageRows = 4 * tollDeltasMax;
/** Old rows go in slices of this much time. */
const sliceMs = 600_000;
/** Nobody waits for it: the next try is a second away. */
const retryMsMax = 1_000;
const keyCharsMax = 160;

/** Rejects TDM_STORE_DOWN. */
export function createTollDayStore(db: Db, { own }: { readonly own: string }): TollDayStore {
  const table = `${own}tandem_toll_days`;
  const given = (column: string): string => (db.dialect === 'mysql' ? `VALUES(${column})` : `excluded.${column}`);
  const old = (column: string): string => (db.dialect === 'mysql' ? column : `${table}.${column}`);
  const isRunning = `${old('from_ms')} > ${given('from_ms')} - ${String(tollDayMs)} AND ${old('from_ms')} <= ${given('from_ms')} + ${String(tollSkewMsMax)}`;
  // MySQL sets one after the other: the total first, while from_ms is still the old one.
  const sets = [
    `total = CASE WHEN ${isRunning} THEN ${old('total')} + ${given('total')} ELSE ${given('total')} END`,
    `from_ms = CASE WHEN ${isRunning} THEN ${old('from_ms')} ELSE ${given('from_ms')} END`,
    `revision = ${given('revision')}`,
  ];
  const onExisting = db.dialect === 'mysql' ? 'ON DUPLICATE KEY UPDATE' : 'ON CONFLICT (kind, day_key) DO UPDATE SET';
  const insertSql = rowStatements(`INSERT INTO ${table} (kind, day_key, from_ms, total, revision)`, () => '(?, ?, ?, ?, ?)');
  const tail = ` ${onExisting} ${sets.join(', ')}`;
  const revisionSql = `SELECT number FROM ${own}tandem_revisions WHERE name = ?`;
  const readSql = `SELECT kind, day_key, from_ms, total, revision FROM ${table} WHERE revision > ? ORDER BY revision LIMIT ${String(pageRows)}`;

  return {
    add(deltas) {
      if (deltas.length > tollDeltasMax)
        throw new RangeError(`${String(deltas.length)} deltas, at most ${String(tollDeltasMax)} go at once`);
      return db.transaction(
        async (tx) => {
          await countUp(tx, db.dialect, own, revisionName);
          const [row] = await tx.all(revisionSql, [revisionName]);
          const revision = integer(row?.['number']) ?? 0;
          const rows = deltas.map((delta) => valuesOf(delta, revision));
          let from = 0;
          for (const size of batchSizes(rows.length)) {
            await tx.run(insertSql(size) + tail, rows.slice(from, from + size).flat());
            from += size;
          }
        },
        { retryMsMax },
      );
    },

    async changed(revision) {
      const newest = await revisionOf(db, own, revisionName);
      if (newest === revision) return { days: [], revision, isAll: true };
      // A database that was set back has forgotten revisions that we have seen.
      const rows = await db.all(readSql, [newest < revision ? 0 : revision]);
      if (rows.length < pageRows) return { days: rows.map(dayOf), revision: newest, isAll: true };
      // The last revision of a full page may have more rows than it shows.
      const cutOff = numberOf(rows.at(-1), 'revision');
      const days = rows.filter((row) => numberOf(row, 'revision') < cutOff).map(dayOf);
      return { days, revision: cutOff - 1, isAll: false };
    },

    async purge(kind, untilMs) {
      for (;;) {
        const [row] = await db.all(`SELECT MIN(from_ms) AS oldest FROM ${table} WHERE kind = ? AND from_ms <= ?`, [kind, untilMs]);
        const oldest = integer(row?.['oldest']);
        if (oldest === undefined) return;
        const until = Math.min(oldest + sliceMs, untilMs);
        await db.run(`DELETE FROM ${table} WHERE kind = ? AND from_ms <= ?`, [kind, until], again);
      }
    },
  };
}

const valuesOf = ({ kind, key, atMs, more }: TollDelta, revision: number): Value[] => [
  ...[kind, cut(key, keyCharsMax), Math.round(atMs), Math.round(more), revision],
];

const numberOf = (row: Row | undefined, column: string): number => Number(row?.[column] ?? 0);

const dayOf = (row: Row): TollDay => ({
  kind: text(row['kind']) === 'talk' ? 'talk' : 'number',
  key: text(row['day_key']),
  fromMs: numberOf(row, 'from_ms'),
  total: numberOf(row, 'total'),
});
