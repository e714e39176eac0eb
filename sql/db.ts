/**
 * The narrow interface through which everything in `sql/` speaks to a database. Two drivers implement it:
 * `sqlite.ts` and `mysql.ts`. Values are bound, never pasted into the text (DB-1).
 *
 * Every method rejects with TDM_STORE_DOWN when the database does not answer in time, TDM_BAD_VALUE when
 * it refuses a value, TDM_STORE_CONFLICT for a row that exists already. The driver's own error is `cause`.
 */

/** What may be bound. Booleans are 0/1, instants are texts or milliseconds; there is no `undefined`. */
export type Value = string | number | null;

/** One row of an answer: BIGINT beyond 2^53 and DECIMAL are texts, dates are texts. */
export type Row = Readonly<Record<string, string | number | null>>;

export interface Changed {
  /** rows that the condition matched (not: that really differ) */
  readonly rows: number;
  /** AUTO_INCREMENT id of the first row; 0 when there is none. Never read after an upsert. */
  readonly insertId: number;
}

/** One statement after the other, on one connection. */
export interface Statements {
  all(sql: string, values?: readonly Value[]): Promise<readonly Row[]>;
  run(sql: string, values?: readonly Value[]): Promise<Changed>;
}

export interface WriteOptions {
  /**
   * True when doing it twice is the same as once: then it is also repeated when the connection broke
   * while the outcome was on its way. Default false: unknown outcome rejects with TDM_STORE_DOWN.
   */
  readonly repeatable?: boolean;
  /** how long to repeat after lost conflicts and links; default `retryMsMax` of the store */
  readonly retryMsMax?: number;
}

export type Dialect = 'sqlite' | 'mysql';

export interface Db {
  readonly dialect: Dialect;
  all(sql: string, values?: readonly Value[]): Promise<readonly Row[]>;
  run(sql: string, values?: readonly Value[], options?: WriteOptions): Promise<Changed>;
  /** Begin, work, commit; rolled back when `work` rejects. The whole of it is repeated after a lost conflict. */
  transaction<T>(work: (tx: Statements) => Promise<T>, options?: WriteOptions): Promise<T>;
  /** One connection for statements that must stay together without a transaction (tables without transactions). */
  session<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
  /** Does it answer now? One try, no repetition. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** `?, ?, ?` for n values. */
export function marks(n: number): string {
  return Array.from({ length: n }, () => '?').join(', ');
}

export function text(value: string | number | null | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

/** A whole number of a column; undefined for NULL. */
export function integer(value: string | number | null | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
