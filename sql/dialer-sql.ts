/** What the files of the dialer's store share: table names, moments, lists of values, upserts. */
import { TandemError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import { marks } from './db.js';
import type { Db, Dialect, Row, Statements, Value } from './db.js';
import { fitText } from './fit.js';

export interface DialerStoreOptions {
  readonly own: string;
  readonly log: Log;
  readonly nowMs: () => number;
}

/** Handed to each file of the dialer's store. */
export interface DialerBase extends DialerStoreOptions {
  readonly db: Db;
  /** `FOR UPDATE` where the database has it; SQLite's write transactions are alone anyway */
  readonly forUpdate: string;
  readonly table: (name: string) => string;
  /**
   * Names the index of a read behind its table: without figures of its own SQLite takes two columns of a long index for better
   * than twenty keys of a unique one, and reads a whole campaign; MariaDB reads what has been dealt with again and again.
   */
  readonly byIndex: (name: string) => string;
}

export function dialerBase(db: Db, options: DialerStoreOptions): DialerBase {
  return {
    ...options,
    db,
    forUpdate: db.dialect === 'mysql' ? ' FOR UPDATE' : '',
    table: (name) => `${options.own}dialer_${name}`,
    byIndex: (name) => (db.dialect === 'mysql' ? ` FORCE INDEX (dialer_${name})` : ` INDEXED BY dialer_${name}`),
  };
}

/** The lease of the process that dials; its fence goes with each claim and save. */
export const dialerLease = 'dialer';

/** Doing it twice is the same as once. */
export const again = { repeatable: true } as const;

/**
 * The first statement of what the dialing process writes: checks its fence and holds the lease's row until the end, so that
 * claims and saves of two processes never mix, and one of a former owner never lands (as in acd.ts).
 */
export function createFence({ own }: DialerBase): (tx: Statements, fence: number) => Promise<void> {
  const sql = `UPDATE ${own}tandem_leases SET saved_fence = fence WHERE name = ? AND fence = ?`;
  return async (tx, fence) => {
    const { rows } = await tx.run(sql, [dialerLease, fence]);
    if (rows !== 1) throw new TandemError('TDM_STANDBY', [`lease "${dialerLease}" has another owner since fence ${String(fence)}`]);
  };
}

const forever = '9999-12-31 23:59:59.999';
const lastMs = Date.UTC(9999, 11, 31);

/** UTC, as DATETIME(3) and sortable text have it; Infinity is the end of time. */
export function moment(ms: number): string {
  if (ms >= lastMs) return forever;
  return new Date(Math.max(0, ms)).toISOString().slice(0, 23).replace('T', ' ');
}

export const momentOrNull = (ms: number | undefined): Value => (ms === undefined ? null : moment(ms));

export function msOf(value: Row[string] | undefined): number | undefined {
  if (value === null || value === undefined) return undefined;
  const text = String(value);
  return text.startsWith('9999-') ? Infinity : Date.parse(`${text.replace(' ', 'T')}Z`);
}

/** Lists of values come in few lengths, so that few statements are kept; the last value fills up. MariaDB rewrites longer ones. */
const listSizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const listMax = 512;

/** Rows for `values`, in as many statements as it takes. `sqlOf` gets `?, ?, ...`; `before` and `after` are bound around them. */
export async function allIn(
  statements: Pick<Statements, 'all'>,
  sqlOf: (list: string) => string,
  values: readonly Value[],
  { before = [], after = [] }: { readonly before?: readonly Value[]; readonly after?: readonly Value[] } = {},
): Promise<Row[]> {
  const found: Row[] = [];
  for (const list of listsOf(values)) found.push(...(await statements.all(sqlOf(marks(list.length)), [...before, ...list, ...after])));
  return found;
}

/** As `allIn`, for changes; how many rows. */
export async function runIn(
  statements: Pick<Statements, 'run'>,
  sqlOf: (list: string) => string,
  values: readonly Value[],
  { before = [], after = [] }: { readonly before?: readonly Value[]; readonly after?: readonly Value[] } = {},
): Promise<number> {
  let rows = 0;
  for (const list of listsOf(values)) rows += (await statements.run(sqlOf(marks(list.length)), [...before, ...list, ...after])).rows;
  return rows;
}

function* listsOf(values: readonly Value[]): Generator<Value[]> {
  for (let from = 0; from < values.length; from += listMax) {
    const list = values.slice(from, from + listMax);
    const size = listSizes.find((one) => one >= list.length) ?? listMax;
    yield list.concat(Array.from({ length: size - list.length }, () => list.at(-1) ?? null));
  }
}

/** INSERT ... or change the row with the same key: `add` adds, `max` keeps the larger, `set` replaces. */
export function upsert(
  dialect: Dialect,
  table: string,
  keys: readonly string[],
  changes: Readonly<Record<string, 'add' | 'max' | 'set'>>,
): { readonly head: string; readonly tail: string; readonly columns: readonly string[] } {
  const columns = [...keys, ...Object.keys(changes)];
  const given = (column: string): string => (dialect === 'mysql' ? `VALUES(${column})` : `excluded.${column}`);
  const old = (column: string): string => (dialect === 'mysql' ? column : `${table}.${column}`);
  const larger = dialect === 'mysql' ? 'GREATEST' : 'MAX';
  const sets = Object.entries(changes).map(([column, how]) => {
    if (how === 'set') return `${column} = ${given(column)}`;
    return `${column} = ${how === 'add' ? `${old(column)} + ${given(column)}` : `${larger}(${old(column)}, ${given(column)})`}`;
  });
  const onConflict = dialect === 'mysql' ? 'ON DUPLICATE KEY UPDATE' : `ON CONFLICT (${keys.join(', ')}) DO UPDATE SET`;
  return { head: `INSERT INTO ${table} (${columns.join(', ')})`, tail: ` ${onConflict} ${sets.join(', ')}`, columns };
}

export const insertIgnore = (dialect: Dialect): string => (dialect === 'mysql' ? 'INSERT IGNORE INTO' : 'INSERT OR IGNORE INTO');

/** A text that a column of so many characters takes in every sql_mode. */
export const cut = (value: string, charsMax: number): string => fitText(value, { charsMax, charset: 'utf8mb4' }).value;
export const cutOrNull = (value: string | undefined, charsMax: number): Value => (value === undefined ? null : cut(value, charsMax));

/** What was spoilt by hand reads as `otherwise`. */
export function jsonOf<T>(value: Row[string] | undefined, otherwise: T): T {
  if (value === null || value === undefined || value === '') return otherwise;
  try {
    const parsed: unknown = JSON.parse(String(value));
    return typeof parsed === 'object' && parsed !== null ? (parsed as T) : otherwise;
  } catch {
    return otherwise;
  }
}

export const within = (limit: number, max: number): number => Math.min(Math.max(1, Math.floor(limit)), max);
