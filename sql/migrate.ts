/** Bring a database to our schema: our own tables by numbered steps, VICIdial's tables only where they are absent (DB-2). */
import { randomUUID } from 'node:crypto';
import { TandemError } from '../core/errors.js';
import { marks } from './db.js';
import type { Db, Statements } from './db.js';
import { migrations } from './migrations/index.js';
import { translate } from './migrations/migration.js';
import type { Migration } from './migrations/migration.js';
import { Met, sleep } from './retry.js';
import { createStatements } from './schema/table.js';
import { vicidialTables } from './schema/vicidial.js';

export interface MigrateOptions {
  /** prefix of our tables, e.g. `` `tandem`. `` or empty */
  readonly own: string;
  /** name of the schema of our tables, created when absent; undefined = the schema of the URL */
  readonly ownSchema: string | undefined;
  readonly nowMs: () => number;
  /** for tests; default: all that we have */
  readonly steps?: readonly Migration[];
}

export interface Migrated {
  readonly steps: readonly string[];
  /** VICIdial-named tables that did not exist */
  readonly tablesCreated: readonly string[];
}

/** A starter that died while migrating holds the others up no longer than this. */
const leaseMs = 60_000;
const leaseWaitMsMax = 90_000;
const leasePauseMs = 100;

/** Rejects TDM_STORE_NEWER when a newer Tandem was here. Two starters at once: one works, the other waits and finds nothing to do. */
export async function migrate(db: Db, options: MigrateOptions): Promise<Migrated> {
  await prepareOwnSchema(db, options);
  await refuseNewer(db, options);
  const owner = await takeLease(db, options);
  try {
    await refuseNewer(db, options); // a newer one may have held the lease before us
    const steps = await runSteps(db, options);
    const tablesCreated = await createMissingTables(db);
    return { steps, tablesCreated };
  } finally {
    await db.run(`UPDATE ${options.own}tandem_lease SET until_ms = 0 WHERE name = 'migrate' AND owner = ?`, [owner], { repeatable: true });
  }
}

/** True when every step of ours has run here. Changes nothing. */
export async function isMigrated(db: Db, { own, ownSchema, steps = migrations }: Omit<MigrateOptions, 'nowMs'>): Promise<boolean> {
  const found =
    db.dialect === 'mysql'
      ? await db.all(
          `SELECT 1 AS one FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${ownSchema === undefined ? 'DATABASE()' : '?'} AND TABLE_NAME = 'tandem_migrations'`,
          ownSchema === undefined ? [] : [ownSchema],
        )
      : await db.all(`SELECT 1 AS one FROM sqlite_master WHERE type = 'table' AND name = 'tandem_migrations'`);
  if (found.length === 0) return false;
  const [row] = await db.all(`SELECT MAX(id) AS newest FROM ${own}tandem_migrations`);
  return Number(row?.['newest'] ?? 0) >= newestOf(steps);
}

async function prepareOwnSchema(db: Db, { own, ownSchema }: MigrateOptions): Promise<void> {
  if (ownSchema !== undefined) {
    const found = await db.all('SELECT 1 AS one FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?', [ownSchema]);
    if (found.length === 0) await db.run(`CREATE DATABASE IF NOT EXISTS \`${ownSchema}\``, [], { repeatable: true });
  }
  for (const statement of [
    `CREATE TABLE IF NOT EXISTS @tandem_migrations (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL, applied_ms BIGINT NOT NULL)@table`,
    `CREATE TABLE IF NOT EXISTS @tandem_lease (name VARCHAR(40) NOT NULL PRIMARY KEY, owner VARCHAR(40) NOT NULL, until_ms BIGINT NOT NULL)@table`,
  ]) {
    await db.run(translate(statement, db.dialect, own), [], { repeatable: true });
  }
}

async function refuseNewer(db: Db, { own, steps = migrations }: MigrateOptions): Promise<void> {
  const [row] = await db.all(`SELECT MAX(id) AS newest FROM ${own}tandem_migrations`);
  const newest = Number(row?.['newest'] ?? 0);
  if (newest > newestOf(steps)) throw new TandemError('TDM_STORE_NEWER', [`its step ${newest}, ours ${newestOf(steps)}`]);
}

const newestOf = (steps: readonly Migration[]): number => Math.max(0, ...steps.map(({ id }) => id));

/**
 * A row with an owner and an end instead of a lock of the server: locks of one Galera node are unknown to
 * the others, a row is not. The UPDATE names the old state, so only one starter gets it.
 */
async function takeLease(db: Db, { own, nowMs }: MigrateOptions): Promise<string> {
  const owner = randomUUID();
  const giveUpAtMs = nowMs() + leaseWaitMsMax;
  await insertLease(db, own);
  while (nowMs() < giveUpAtMs) {
    const now = nowMs();
    await db.run(`UPDATE ${own}tandem_lease SET owner = ?, until_ms = ? WHERE name = 'migrate' AND until_ms <= ?`, [
      owner,
      now + leaseMs,
      now,
    ]);
    const [row] = await db.all(`SELECT owner FROM ${own}tandem_lease WHERE name = 'migrate'`);
    if (row?.['owner'] === owner) return owner;
    await sleep(leasePauseMs);
  }
  throw new TandemError('TDM_STORE_DOWN', [`another process has been migrating for ${leaseWaitMsMax} ms`]);
}

async function insertLease(db: Db, own: string): Promise<void> {
  const ignore = db.dialect === 'mysql' ? 'INSERT IGNORE' : 'INSERT OR IGNORE';
  await db.run(`${ignore} INTO ${own}tandem_lease (name, owner, until_ms) VALUES ('migrate', '', 0)`, [], { repeatable: true });
}

async function runSteps(db: Db, { own, nowMs, steps = migrations }: MigrateOptions): Promise<string[]> {
  const done = new Set((await db.all(`SELECT id FROM ${own}tandem_migrations`)).map((row) => Number(row['id'])));
  const ran: string[] = [];
  for (const step of steps) {
    if (done.has(step.id)) continue;
    await db.session(async (statements) => {
      for (const statement of step.statements) await createOnce(statements, translate(statement, db.dialect, own));
      await statements.run(`INSERT INTO ${own}tandem_migrations (id, name, applied_ms) VALUES (?, ?, ?)`, [step.id, step.name, nowMs()]);
    });
    ran.push(step.name);
  }
  return ran;
}

/** An index or column made by a try that was interrupted exists already; MySQL has no IF NOT EXISTS for it. */
async function createOnce(statements: Statements, sql: string): Promise<void> {
  try {
    await statements.run(sql);
  } catch (e) {
    const { errno, message } = (e instanceof Met ? e.original : e) as { errno?: number; message: string };
    if (!(errno === 1061 || errno === 1060 || /index \S+ already exists|duplicate column name/.test(message))) throw e;
  }
}

async function createMissingTables(db: Db): Promise<string[]> {
  const present = await presentTables(db);
  const missing = vicidialTables.filter((table) => !present.has(table.name));
  for (const table of missing) {
    for (const statement of createStatements(table, db.dialect)) await db.run(statement, [], { repeatable: true });
  }
  return missing.map((table) => table.name);
}

async function presentTables(db: Db): Promise<Set<string>> {
  const names = vicidialTables.map((table) => table.name);
  const rows =
    db.dialect === 'mysql'
      ? await db.all(
          `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (${marks(names.length)})`,
          names,
        )
      : await db.all(`SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name IN (${marks(names.length)})`, names);
  return new Set(rows.map((row) => String(row['name']).toLowerCase()));
}
