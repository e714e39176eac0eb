/** What a database error means for us (scale-out section 4, the retry table). Pure. */
import { hasCode, TandemError } from '../core/errors.js';

/**
 * - `again`: rolled back by the database, nothing happened; the same node may be asked again
 * - `elsewhere`: the link or the node is gone, or nobody answered in time; another connection or node
 * - `duplicate`: the row exists already
 * - `bad-value`: the database refuses a value (too long, out of range, character of another charset)
 * - `unlike`: a bound text cannot be compared with the column at all; no row can match it
 * - `refused`: any other answer (no such table, no right, syntax)
 * - `ours`: no error of a database
 */
export type Verdict = 'again' | 'elsewhere' | 'duplicate' | 'bad-value' | 'unlike' | 'refused' | 'ours';

export interface Failure {
  readonly verdict: Verdict;
  /** the connection may not be given to the next user */
  readonly destroy: boolean;
  /** this node takes no work now; look for another */
  readonly nodeDown: boolean;
  readonly reason: string;
}

/** Where an error was met; the drivers mark their errors with it. */
export type Stage = 'connect' | 'statement' | 'commit';

/** A deadline of ours passed: for a connection, for a statement, or in the queue before them. */
export class DbTimeout extends Error {
  readonly stage: Stage;

  constructor(stage: Stage, message: string) {
    super(message);
    this.name = 'DbTimeout';
    this.stage = stage;
  }
}

const again = new Set([1213, 1205, 1020, 1040, 1203, 1226, 1412, 1615, 1969, 3024, 1317]);
const elsewhere = new Set([1047, 1180, 1053, 1927, 1290, 1792, 1836, 1158, 1159, 1160, 1161, 1152, 1184, 4031]);
const nodeGone = new Set([1047, 1053, 1290, 1836]);
const duplicate = new Set([1062, 1022, 1586]);
const badValue = new Set([1048, 1264, 1265, 1292, 1366, 1367, 1364, 1406, 3819, 4025, 1411, 1441]);
const unlike = new Set([1267, 1270, 1271, 3988, 3854]);
const refusedLink = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ENOENT']);

interface DriverError {
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly errcode?: unknown;
  readonly sqlState?: unknown;
  readonly message?: unknown;
}

/** Put an error of a driver into its row of the retry table. */
export function classify(error: unknown): Failure {
  // No free connection in time does not prove that the server is down; several servers are judged by their probes.
  if (error instanceof DbTimeout) return { verdict: 'elsewhere', destroy: true, nodeDown: false, reason: error.message };
  if (error instanceof TandemError || error instanceof TypeError || error instanceof RangeError || !(error instanceof Error))
    return { verdict: 'ours', destroy: false, nodeDown: false, reason: String(error) };
  const e = error as DriverError;
  if (typeof e.errcode === 'number') return sqliteFailure(e.errcode, error.message);
  const code = typeof e.code === 'string' ? e.code : '';
  if (typeof e.errno === 'number' && e.errno > 0 && typeof e.sqlState === 'string') return mysqlFailure(e.errno, code, error.message);
  if (error.name === 'AssertionError') return { verdict: 'ours', destroy: false, nodeDown: false, reason: error.message };
  return { verdict: 'elsewhere', destroy: true, nodeDown: refusedLink.has(code), reason: code === '' ? error.message : code };
}

function mysqlFailure(errno: number, code: string, message: string): Failure {
  const reason = `${code} (${errno})`;
  const plain = (verdict: Verdict): Failure => ({ verdict, destroy: false, nodeDown: false, reason });
  if (again.has(errno)) return plain('again');
  if (elsewhere.has(errno)) return { verdict: 'elsewhere', destroy: true, nodeDown: nodeGone.has(errno), reason };
  if (duplicate.has(errno)) return plain('duplicate');
  if (badValue.has(errno)) return { ...plain('bad-value'), reason: `${reason}: ${columnOf(message)}` };
  if (unlike.has(errno)) return plain('unlike');
  return plain('refused');
}

/** The column an error names; never the value, which may be personal. */
const columnOf = (message: string): string => /column '([^']{1,64})'/i.exec(message)?.[1]?.replace(/.*[.`]/, '') ?? 'value';

function sqliteFailure(errcode: number, message: string): Failure {
  const plain = (verdict: Verdict): Failure => ({ verdict, destroy: false, nodeDown: false, reason: `SQLite ${errcode}` });
  const primary = errcode & 0xff;
  if (primary === 5 || primary === 6) return plain('again'); // BUSY, LOCKED
  if (errcode === 2067 || errcode === 1555) return plain('duplicate');
  if (primary === 19 || primary === 18 || primary === 20)
    return { ...plain('bad-value'), reason: /failed: (\S+)/.exec(message)?.[1] ?? 'value' };
  return plain('refused');
}

/** What a port rejects with. Errors of our own pass unchanged. */
export function asTandemError(error: unknown): unknown {
  const { verdict, reason } = classify(error);
  switch (verdict) {
    case 'ours':
      return error;
    case 'duplicate':
      return new TandemError('TDM_STORE_CONFLICT', [reason], { cause: error });
    case 'bad-value':
      return new TandemError('TDM_BAD_VALUE', ['database', reason], { cause: error });
    default:
      return new TandemError('TDM_STORE_DOWN', [reason], { cause: error });
  }
}

/** True when a TandemError came from this row of the table. */
export function causedBy(error: unknown, verdict: Verdict): boolean {
  return hasCode(error, 'TDM_STORE_DOWN', 'TDM_STORE_CONFLICT', 'TDM_BAD_VALUE') && classify(error.cause).verdict === verdict;
}
