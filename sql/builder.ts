import {
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Compilable } from 'kysely';
import type { Dialect, Value } from './db.js';

/** Every table as text keys to values: names are checked against a list before they come here. */
export type AnyTables = Record<string, Record<string, Value>>;

/**
 * Kysely composes the statements whose columns are not known before; our own `Db` runs them, so that they
 * have the same limits, retries and clean connections as all others. Fixed statements are plain SQL.
 */
export function createBuilder(dialect: Dialect): Kysely<AnyTables> {
  const createDriver = (): DummyDriver => new DummyDriver();
  return dialect === 'mysql'
    ? new Kysely({
        dialect: {
          createDriver,
          createAdapter: () => new MysqlAdapter(),
          createIntrospector: (db) => new MysqlIntrospector(db),
          createQueryCompiler: () => new MysqlQueryCompiler(),
        },
      })
    : new Kysely({
        dialect: {
          createDriver,
          createAdapter: () => new SqliteAdapter(),
          createIntrospector: (db) => new SqliteIntrospector(db),
          createQueryCompiler: () => new SqliteQueryCompiler(),
        },
      });
}

export function compiled(query: Compilable): { readonly sql: string; readonly values: readonly Value[] } {
  const { sql, parameters } = query.compile();
  return { sql, values: parameters as readonly Value[] };
}
