/**
 * Rows of dialer_audit, each with a hash over itself and the hash before it (B10). The head row is locked by whoever
 * appends, as the last thing in his transaction, so writers take turns and the chain has no fork; it also knows the end,
 * so that rows cut off there are missed, and where retention ended.
 */
import { createHash } from 'node:crypto';
import type { DialerStore } from '../core/dialer-ports.js';
import type { DialerAuditEntry } from '../core/dialer/engine-words.js';
import { text } from './db.js';
import type { Row, Statements, Value } from './db.js';
import { again, cut, cutOrNull, insertIgnore, within } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';
import { batchSizes, rowStatements } from './row-batches.js';

const columns = 'seq, at_ms, actor, object, action, before_doc, after_doc, reason, hash';
const docCharsMax = 15_000;
const pageRows = 1_000;
const begin = '0'.repeat(64);

type Fitted = readonly [atMs: number, actor: string, object: string, action: string, before: Value, after: Value, reason: string];

/** What is hashed is what is stored. */
const fitted = (entry: DialerAuditEntry): Fitted => [
  Math.round(entry.atMs),
  cut(entry.actor, 170),
  cut(entry.object, 200),
  cut(entry.action, 80),
  cutOrNull(entry.before, docCharsMax),
  cutOrNull(entry.after, docCharsMax),
  cut(entry.reason, 500),
];

/** SHA-256 over the hash before it and the row as JSON: `[seq, at_ms, actor, object, action, before, after, reason]`. */
const hashOf = (previous: string, seq: number, row: Fitted): string =>
  createHash('sha256')
    .update(previous)
    .update(JSON.stringify([seq, ...row]))
    .digest('hex');

const rowOf = (row: Row): Fitted => [
  Number(row['at_ms']),
  text(row['actor']),
  text(row['object']),
  text(row['action']),
  row['before_doc'] ?? null,
  row['after_doc'] ?? null,
  text(row['reason']),
];

export interface AuditChain {
  /** The last statements of a transaction. */
  append(tx: Statements, entries: readonly DialerAuditEntry[]): Promise<void>;
}

export function createDialerAudit(base: DialerBase): AuditChain & {
  readonly port: Pick<DialerStore, 'audit' | 'writeAudit' | 'verifyAudit'>;
  /** Removes rows older than that and remembers where the chain goes on. How many. */
  expire(beforeMs: number): Promise<number>;
} {
  const { db } = base;
  const table = base.table('audit');
  const headTable = base.table('audit_head');
  const insertSql = rowStatements(`INSERT INTO ${table} (${columns})`, () => '(?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const firstHead = `${insertIgnore(db.dialect)} ${headTable} (id, seq, hash, gone_seq, gone_hash) VALUES (1, 0, '${begin}', 0, '${begin}')`;
  const pageSql = `SELECT ${columns} FROM ${table} WHERE seq > ? ORDER BY seq LIMIT ${String(pageRows)}`;

  async function head(statements: Pick<Statements, 'all'>): Promise<Row | undefined> {
    return (await statements.all(`SELECT seq, hash, gone_seq, gone_hash FROM ${headTable} WHERE id = 1`))[0];
  }

  async function append(tx: Statements, entries: readonly DialerAuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const take = `UPDATE ${headTable} SET seq = seq + ? WHERE id = 1`;
    if ((await tx.run(take, [entries.length])).rows === 0) {
      await tx.run(firstHead);
      await tx.run(take, [entries.length]);
    }
    const held = await head(tx);
    let hash = text(held?.['hash']);
    let seq = Number(held?.['seq']) - entries.length;
    const rows = entries.map((entry): Value[] => {
      const row = fitted(entry);
      hash = hashOf(hash, ++seq, row);
      return [seq, ...row, hash];
    });
    let from = 0;
    for (const size of batchSizes(rows.length)) {
      await tx.run(insertSql(size), rows.slice(from, from + size).flat());
      from += size;
    }
    await tx.run(`UPDATE ${headTable} SET hash = ? WHERE id = 1`, [hash]);
  }

  async function firstBroken(): Promise<number | undefined> {
    const ends = await db.session(head);
    let [seq, hash] = [Number(ends?.['gone_seq'] ?? 0), text(ends?.['gone_hash']) || begin];
    const [lastSeq, lastHash] = [Number(ends?.['seq'] ?? 0), text(ends?.['hash'])];
    for (;;) {
      const page = await db.all(pageSql, [seq]);
      for (const row of page) {
        seq++;
        hash = hashOf(hash, seq, rowOf(row));
        if (Number(row['seq']) !== seq || text(row['hash']) !== hash) return seq;
        // rows that came after the head was read are checked too; at its number the chain must agree with it
        if (seq === lastSeq && hash !== lastHash) return seq;
      }
      if (page.length < pageRows) return seq < lastSeq ? seq + 1 : undefined;
    }
  }

  return {
    append,
    port: {
      async audit({ object, fromMs, after, limit }) {
        const where = ['seq > ?', ...(object === undefined ? [] : ['object = ?']), ...(fromMs === undefined ? [] : ['at_ms >= ?'])];
        const values = [after, object, fromMs].filter((value) => value !== undefined);
        const sql = `SELECT ${columns} FROM ${table} WHERE ${where.join(' AND ')} ORDER BY seq LIMIT ${String(within(limit, pageRows * 10))}`;
        return (await db.all(sql, values)).map(entryOf);
      },
      writeAudit: (entries) => db.transaction((tx) => append(tx, entries)),
      verifyAudit: firstBroken,
    },
    async expire(beforeMs) {
      for (let expired = 0; ;) {
        const rows = await db.transaction(async (tx) => {
          const gone = Number((await head(tx))?.['gone_seq'] ?? 0);
          const until = await lastBefore(tx, gone, beforeMs);
          if (!until) return 0;
          await tx.run(`UPDATE ${headTable} SET gone_seq = ?, gone_hash = ? WHERE id = 1`, [Number(until['seq']), text(until['hash'])]);
          return (await tx.run(`DELETE FROM ${table} WHERE seq <= ?`, [Number(until['seq'])])).rows;
        }, again);
        expired += rows;
        if (rows === 0) return expired;
      }
    },
  };

  /** The rows at the begin that are old go, up to the first that is not. */
  async function lastBefore(tx: Statements, gone: number, beforeMs: number): Promise<Row | undefined> {
    const page = await tx.all(`SELECT seq, hash, at_ms FROM ${table} WHERE seq > ? ORDER BY seq LIMIT ${String(pageRows)}`, [gone]);
    const young = page.findIndex((row) => Number(row['at_ms']) >= beforeMs);
    return young === -1 ? page.at(-1) : page[young - 1];
  }
}

const entryOf = (row: Row): DialerAuditEntry & { readonly seq: number; readonly hash: string } => {
  const [atMs, actor, object, action, before, after, reason] = rowOf(row);
  const doc = (value: Value): string | undefined => (value === null ? undefined : String(value));
  return { seq: Number(row['seq']), atMs, actor, object, action, before: doc(before), after: doc(after), reason, hash: text(row['hash']) };
};
