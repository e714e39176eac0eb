/**
 * The embedded database. Calls into SQLite are synchronous and take microseconds; one connection serves all.
 * A transaction may await between its statements, so it holds the connection's turn until it ends.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { TandemError } from '../core/errors.js';
import type { Changed, Db, Row, Statements, Value, WriteOptions } from './db.js';
import { classify } from './failure.js';
import type { Failure } from './failure.js';
import { runWithRetry, sleep } from './retry.js';
import { createCheckpoints } from './sqlite-checkpoints.js';
import type { Checkpoints } from './sqlite-checkpoints.js';
import { coerce, loadSqlite } from './sqlite-binding.js';
import type { SqliteDatabase, SqliteStatement } from './sqlite-binding.js';
import { createTurns } from './turns.js';

export interface SqliteOptions {
  /** how long to wait for the turn behind other work of this process */
  readonly acquireMsMax: number;
  /** how many may wait for it */
  readonly waitersMax: number;
  /** how long to repeat while another process holds the file's lock */
  readonly retryMsMax: number;
  readonly nowMs: () => number;
  readonly onFailure: (failure: Failure) => void;
  /** the thread that moves the write-ahead log ended; all goes on without it */
  readonly onCheckpointsLost?: (error: unknown) => void;
}

const statementsMax = 500;
/** Short, because it blocks the event loop; longer waits are done by repeating, outside of SQLite. */
const busyTimeoutMs = 20;

export async function openSqlite(file: string, options: SqliteOptions): Promise<Db> {
  const { DatabaseSync } = await loadSqlite();
  const database = open(() => {
    if (file !== ':memory:') makeFile(file);
    return new DatabaseSync(file);
  }, file);
  if (file === ':memory:') return createSqliteDb(database, options);
  const autoCheckpoint = (pages: number): void => database.exec(`PRAGMA wal_autocheckpoint = ${String(pages)}`);
  const checkpoints = createCheckpoints(file, { autoCheckpoint, onLost: options.onCheckpointsLost ?? (() => undefined) });
  return createSqliteDb(database, options, checkpoints);
}

/** For our eyes only: it holds passwords of accounts and of containers. SQLite gives -wal and -shm the mode of the file itself. */
function makeFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  closeSync(openSync(file, 'a', 0o600)); // one that exists keeps its mode
}

function open(create: () => SqliteDatabase, file: string): SqliteDatabase {
  try {
    const database = create();
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    for (const pragma of ['journal_mode = WAL', 'synchronous = NORMAL', 'foreign_keys = ON']) pragmaOnceFree(database, pragma);
    return database;
  } catch (e) {
    throw new TandemError('TDM_STORE_DOWN', [`${file}: ${e instanceof Error ? e.message : String(e)}`], { cause: e });
  }
}

/** Two starters may change the journal mode at the same moment; SQLite answers BUSY to one of them. */
function pragmaOnceFree(database: SqliteDatabase, pragma: string): void {
  const triesMax = 50;
  for (let i = 1; ; i++) {
    try {
      database.exec(`PRAGMA ${pragma}`);
      return;
    } catch (e) {
      if (classify(e).verdict !== 'again' || i >= triesMax) throw e;
    }
  }
}

const noCheckpoints: Checkpoints = { wrote: () => undefined, close: () => Promise.resolve() };

/** Exported for tests that bring their own connection. */
export function createSqliteDb(database: SqliteDatabase, options: SqliteOptions, checkpoints: Checkpoints = noCheckpoints): Db {
  const statements = prepared(database);
  const turns = createTurns(options.waitersMax, options.acquireMsMax);
  let open = true;

  const direct: Statements = {
    all: async (sql, values = []) => Promise.resolve(rows(statements(sql), values)),
    run: async (sql, values = []) => Promise.resolve(write(sql, values)),
  };

  function write(sql: string, values: readonly Value[]): Changed {
    checkpoints.wrote();
    return change(statements(sql), values);
  }

  async function alone<T>(work: () => T | Promise<T>, retryMsMax = options.retryMsMax): Promise<T> {
    if (!open) throw new TandemError('TDM_STORE_DOWN', ['closed']);
    return runWithRetry(
      async () => {
        const wait = turns.take();
        if (wait) await wait;
        try {
          return await work();
        } finally {
          turns.give();
        }
      },
      { retryMsMax, repeatable: true, nowMs: options.nowMs, random: Math.random, sleep, onFailure: options.onFailure },
    );
  }

  function transaction<T>(work: (tx: Statements) => Promise<T>, write: WriteOptions = {}): Promise<T> {
    return alone(async () => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = await work(direct);
        database.exec('COMMIT');
        return result;
      } catch (e) {
        rollback(database);
        throw e;
      }
    }, write.retryMsMax);
  }

  return {
    dialect: 'sqlite',
    all: (sql, values = []) => alone(() => rows(statements(sql), values)),
    run: (sql, values = [], how = {}) => alone(() => write(sql, values), how.retryMsMax),
    transaction,
    session: (work) => alone(() => work(direct)),
    ping: async () => {
      await alone(() => rows(statements('SELECT 1 AS one'), []), 0);
    },
    close: async () => {
      if (!open) return;
      await turns.idle();
      open = false;
      await checkpoints.close();
      database.close();
    },
  };
}

/** After a full disk or an I/O error SQLite has rolled back by itself and says that no transaction is active. */
function rollback(database: SqliteDatabase): void {
  try {
    database.exec('ROLLBACK');
  } catch (e) {
    if (!(e instanceof Error && e.message.includes('no transaction is active'))) throw e;
  }
}

/** Statements are compiled once and kept, the oldest leaves first. */
function prepared(database: SqliteDatabase): (sql: string) => SqliteStatement {
  const kept = new Map<string, SqliteStatement>();
  return (sql) => {
    let statement = kept.get(sql);
    if (!statement) {
      statement = database.prepare(sql);
      if (kept.size >= statementsMax) kept.delete(kept.keys().next().value ?? '');
      kept.set(sql, statement);
    }
    return statement;
  };
}

/** Most values are what they should be; a list of a million rows has twenty-six million of them. */
function bindable(values: readonly Value[]): readonly Value[] {
  for (const value of values as readonly unknown[])
    if (typeof value !== 'string' && typeof value !== 'number' && value !== null) return values.map(coerce);
  return values;
}

function rows(statement: SqliteStatement, values: readonly Value[]): readonly Row[] {
  return statement.all(...bindable(values));
}

function change(statement: SqliteStatement, values: readonly Value[]): Changed {
  const done = statement.run(...bindable(values));
  return { rows: Number(done.changes), insertId: Number(done.lastInsertRowid) };
}
