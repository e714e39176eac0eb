/**
 * One suite, every database (style H14): SQLite, MariaDB strict, MariaDB with VICIdial's empty sql_mode.
 * Each `open` gets an empty database of its own, with our schema; everything is closed after each test.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Db } from '../../sql/db.js';
import { openMysql } from '../../sql/mysql.js';
import { openSqlite } from '../../sql/sqlite.js';
import { openStore, storeDefaults } from '../../sql/store.js';
import type { Store, StoreOptions } from '../../sql/store.js';
import { parseDatabaseUrl } from '../../sql/url.js';
import { requireTestbed, startMariaDb } from '../testbed/mariadb.js';
import type { TestMariaDb } from '../testbed/mariadb.js';
import { recordingMeter, silentLog } from './observers.js';
import type { RecordingMeter } from './observers.js';

export const zone = 'America/New_York';
/** 2026-11-21 19:03:09 in the zone of the tests */
export const startMs = Date.UTC(2026, 10, 22, 0, 3, 9);

export interface OpenOptions extends Partial<StoreOptions> {
  /** a new database without any table; else one with our schema and without rows, shared by the tests of a suite */
  readonly empty?: boolean;
}

export interface Opened {
  readonly store: Store;
  readonly url: string;
  /** another program on the same database */
  readonly other: Db;
  /** the store's clock: starts at `startMs` and runs; `add` moves it */
  readonly clock: TestClock;
  readonly meter: RecordingMeter;
  /** a second store on the same database */
  again(options?: OpenOptions): Promise<Opened>;
}

export type Open = (options?: OpenOptions) => Promise<Opened>;

export interface TestClock {
  readonly nowMs: () => number;
  readonly add: (ms: number) => void;
}

interface Place {
  /** url of a new database without tables */
  create(): Promise<string>;
  drop(url: string): Promise<void>;
  /** url of a database that may have our tables, but has no rows; undefined: `create` costs nothing */
  readonly reused?: () => Promise<string>;
  close(): Promise<void>;
}

export type DatabaseKind = 'SQLite' | 'MariaDB strict' | 'MariaDB not strict';

export function describeStores(name: string, suite: (open: Open, kind: DatabaseKind) => void): void {
  for (const kind of ['SQLite', 'MariaDB strict', 'MariaDB not strict'] as const) describeStore(name, kind, suite);
}

/** For what only a database server has: charsets, engines, lost links. */
export function describeMariaDb(name: string, suite: (open: Open, kind: DatabaseKind) => void): void {
  for (const kind of ['MariaDB strict', 'MariaDB not strict'] as const) describeStore(name, kind, suite);
}

function describeStore(name: string, kind: DatabaseKind, suite: (open: Open, kind: DatabaseKind) => void): void {
  describe(`${name} (${kind})`, function () {
    this.timeout(20_000); // a shared, busy machine
    const opened: Opened[] = [];
    const urls: string[] = [];
    let place: Place | undefined;

    before(async function () {
      if (kind !== 'SQLite') await requireTestbed(this, 'mariadb');
      place = kind === 'SQLite' ? sqlitePlace() : mariaDbPlace(await serverFor(kind === 'MariaDB strict'));
    });

    after(() => place?.close());

    afterEach(async () => {
      for (const one of opened.splice(0)) {
        await one.store.close();
        await one.other.close();
      }
      for (const url of urls.splice(0)) await place?.drop(url);
    });

    suite(async (options = {}) => {
      if (!place) throw new Error('open() belongs into a test');
      const reused = options.empty ? undefined : await place.reused?.();
      const url = reused ?? (await place.create());
      if (reused === undefined) urls.push(url);
      return openAt(url, options, opened);
    }, kind);
  });
}

async function openAt(url: string, options: OpenOptions, opened: Opened[], shared?: TestClock): Promise<Opened> {
  const clock = shared ?? testClock();
  const meter = recordingMeter();
  const { empty = false, ...rest } = options;
  // Long enough that a write is stored when its promise resolves, also on a busy machine.
  const store = await openStore({ zone, logWaitMsMax: 10_000, log: silentLog, meter, nowMs: clock.nowMs, ...rest, url });
  if (!empty) await store.migrate();
  const one: Opened = {
    store,
    url,
    other: await openOther(url),
    clock,
    meter,
    again: (more = {}) => openAt(more.url ?? url, more, opened, clock),
  };
  opened.push(one);
  return one;
}

function testClock(): TestClock {
  let offsetMs = startMs - Date.now();
  return {
    nowMs: () => Date.now() + offsetMs,
    add: (ms) => {
      offsetMs += ms;
    },
  };
}

/** A bare connection, as another program has it. */
export function openOther(url: string): Promise<Db> {
  const target = parseDatabaseUrl(url);
  const options = { ...storeDefaults, nowMs: Date.now, onFailure: () => undefined, onWriter: () => undefined };
  return target.dialect === 'sqlite' ? openSqlite(target.file, options) : Promise.resolve(openMysql(target, options));
}

function sqlitePlace(): Place {
  return {
    create: () => Promise.resolve(`sqlite:${join(mkdtempSync(join(tmpdir(), 'tandem-sql-')), 'test.db')}`),
    drop: (url) => {
      rmSync(join(url.slice('sqlite:'.length), '..'), { recursive: true, force: true });
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

/** Databases of their own on the shared server of this run. Making 30 tables takes a second there, deleting rows does not. */
function mariaDbPlace(server: TestMariaDb): Place {
  let kept: string | undefined;
  async function create(): Promise<string> {
    const name = `t_${randomBytes(6).toString('hex')}`;
    await onServer(server.url, (db) => db.run(`CREATE DATABASE IF NOT EXISTS ${name}`, [], { repeatable: true }));
    return server.url.replace(/\/[^/]*$/, `/${name}`);
  }
  const drop = (url: string): Promise<void> =>
    onServer(server.url, (db) => db.run(`DROP DATABASE IF EXISTS ${databaseOf(url)}`, [], { repeatable: true }));
  return {
    create,
    drop,
    async reused() {
      if (kept === undefined) kept = await create();
      else await onServer(kept, deleteRows);
      return kept;
    },
    close: async () => {
      if (kept !== undefined) await drop(kept);
    },
  };
}

/** All but the list of migrations, which belongs to the tables. */
async function deleteRows(db: Db): Promise<void> {
  const tables = await db.all(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'`,
  );
  const names = tables.map((row) => String(row['name'])).filter((name) => name !== 'tandem_migrations');
  for (const name of names) await db.run(`DELETE FROM \`${name}\``, [], { repeatable: true });
}

export const databaseOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1);

async function onServer(url: string, work: (db: Db) => Promise<unknown>): Promise<void> {
  const db = await openOther(url);
  await work(db);
  await db.close();
}

const servers = new Map<boolean, Promise<TestMariaDb>>();

function serverFor(strict: boolean): Promise<TestMariaDb> {
  const server = servers.get(strict) ?? startMariaDb({ strict });
  servers.set(strict, server);
  return server;
}

after(async () => {
  for (const server of servers.values()) await (await server).stop();
});
