import type { Value } from './db.js';

/** The part of `DatabaseSync` that we use; `node:sqlite` and `@photostructure/sqlite` both have it. */
export interface SqliteStatement {
  all(...values: Value[]): Record<string, string | number | null>[];
  run(...values: Value[]): { changes: number | bigint; lastInsertRowid: number | bigint };
}

export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

interface Binding {
  readonly DatabaseSync: new (file: string) => SqliteDatabase;
}

/** Node's own SQLite from 22.13 on, else the same API from a package. */
export async function loadSqlite(): Promise<Binding> {
  const builtIn = 'node:sqlite'; // as a value: the types of Node 20 do not know it
  try {
    return (await import(builtIn)) as Binding;
  } catch {
    return await import('@photostructure/sqlite'); // older Node: ERR_UNKNOWN_BUILTIN_MODULE
  }
}

/** What SQLite can bind: `undefined`, booleans and Dates are refused or lost silently by the bindings (dependencies section 9). */
export function coerce(value: unknown): Value {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.toISOString().replace('T', ' ').slice(0, 23);
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new TypeError(`a ${typeof value} cannot be bound`);
}
