/** Rows of tandem_audit: written in groups beside the answers, like the other logs; read newest first. */
import type { AuditRow, AuditStore } from '../core/access-ports.js';
import type { Log, Meter } from '../core/ports.js';
import { integer, marks, text } from './db.js';
import type { Db, Row, Statements, Value } from './db.js';
import { fitText } from './fit.js';
import { createGroupWriter } from './group-writer.js';
import { batchSizes, rowStatements } from './row-batches.js';

export interface AuditOptions {
  readonly own: string;
  readonly nowMs: () => number;
  readonly log: Log;
  readonly meter: Meter;
  readonly waitMsMax: number;
  readonly queueMax: number;
}

const columns = [
  ...['audit_id', 'at_ms', 'principal', 'address', 'method', 'path', 'request'],
  ...['before_doc', 'after_doc', 'status', 'code', 'request_id'],
];
/** characters that a column holds; longer ones are cut */
const charsMax: Readonly<Record<string, number>> = { principal: 170, address: 45, method: 10, path: 500, code: 40, request_id: 40 };
const docCharsMax = 10_000;
const groupMax = 64;
const retryPauseMs = 250;

export function createAudit(db: Db, options: AuditOptions): AuditStore & { close(msMax: number): Promise<void> } {
  const table = `${options.own}tandem_audit`;
  const ignore = db.dialect === 'mysql' ? 'INSERT IGNORE' : 'INSERT OR IGNORE';
  const insertSql = rowStatements(`${ignore} INTO ${table} (${columns.join(', ')})`, () => `(${marks(columns.length)})`);
  async function insert(tx: Statements, rows: readonly Value[][]): Promise<void> {
    let at = 0;
    for (const size of batchSizes(rows.length)) {
      await tx.run(insertSql(size), rows.slice(at, at + size).flat());
      at += size;
    }
  }
  const writer = createGroupWriter<AuditRow>({
    flush: (rows) => db.transaction((tx) => insert(tx, rows.map(valuesOf)), { repeatable: true }),
    groupMax,
    queueMax: options.queueMax,
    waitMsMax: options.waitMsMax,
    retryPauseMs,
    nowMs: options.nowMs,
    onDropped: ({ id, principal, method, path, status }, why) => {
      options.meter.count('tandem_store_log_dropped_total', { log: 'audit', why });
      options.log.error({ audit: true, id, principal, method, path, status, why }, 'audit row not stored');
    },
    onGroup: () => undefined,
  });

  return {
    write: (row) => writer.add(row),
    async read({ principal, method, path, fromMs, toMs, after, limit }) {
      const parts: (readonly [string, readonly Value[]])[] = [['at_ms >= ? AND at_ms < ?', [fromMs, toMs]]];
      if (principal !== undefined) parts.push(['principal = ?', [principal]]);
      if (method !== undefined) parts.push(['method = ?', [method]]);
      if (path !== undefined) parts.push(['SUBSTR(path, 1, ?) = ?', [path.length, path]]);
      if (after !== undefined) parts.push(['audit_id < ?', [after]]);
      const where = parts.map(([sql]) => sql).join(' AND ');
      const sql = `SELECT ${columns.join(', ')} FROM ${table} WHERE ${where} ORDER BY audit_id DESC LIMIT ${String(Math.max(1, Math.floor(limit)))}`;
      return (
        await db.all(
          sql,
          parts.flatMap(([, values]) => values),
        )
      ).map(rowOf);
    },
    close: (msMax) => writer.close(msMax),
  };
}

const fit = (value: string | undefined, max = docCharsMax): Value =>
  value === undefined ? null : fitText(value, { charsMax: max, charset: 'utf8mb4' }).value;

const valuesOf = (row: AuditRow): Value[] => [
  row.id,
  row.atMs,
  fit(row.principal, charsMax['principal']),
  fit(row.address, charsMax['address']),
  fit(row.method, charsMax['method']),
  fit(row.path, charsMax['path']),
  fit(row.request),
  fit(row.before),
  fit(row.after),
  row.status,
  fit(row.code, charsMax['code']),
  fit(row.requestId, charsMax['request_id']),
];

const rowOf = (row: Row): AuditRow => ({
  id: text(row['audit_id']),
  atMs: integer(row['at_ms']) ?? 0,
  principal: text(row['principal']),
  address: text(row['address']),
  method: text(row['method']),
  path: text(row['path']),
  request: text(row['request']) || undefined,
  before: text(row['before_doc']) || undefined,
  after: text(row['after_doc']) || undefined,
  status: integer(row['status']) ?? 0,
  code: text(row['code']) || undefined,
  requestId: text(row['request_id']),
});
