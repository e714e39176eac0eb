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
  /** without `migrate()` and thus without any table */
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
  /** url of a new, empty database */
  create(): Promise<string>;
  drop(url: string): Promise<void>;
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

    afterEach(async () => {
      for (const one of opened.splice(0)) {
        await one.store.close();
        await one.other.close();
      }
      for (const url of urls.splice(0)) await place?.drop(url);
    });

    suite(async (options = {}) => {
      if (!place) throw new Error('open() belongs into a test');
      const url = options.url ?? (await place.create());
      if (options.url === undefined) urls.push(url);
      return openAt(url, options, opened);
    }, kind);
  });
}

async function openAt(url: string, options: OpenOptions, opened: Opened[], shared?: TestClock): Promise<Opened> {
  const clock = shared ?? testClock();
  const meter = recordingMeter();
  const { empty = false, ...rest } = options;
  const store = await openStore({ zone, log: silentLog, meter, nowMs: clock.nowMs, ...rest, url });
  if (!empty) await store.migrate();
  const one: Opened = {
    store,
    url,
    other: await openOther(url),
    clock,
    meter,
    again: (more = {}) => openAt(url, more, opened, clock),
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
  };
}

/** A database of its own on the shared server of this run. */
function mariaDbPlace(server: TestMariaDb): Place {
  return {
    async create() {
      const name = `t_${randomBytes(6).toString('hex')}`;
      await onServer(server.url, `CREATE DATABASE ${name}`);
      return server.url.replace(/\/[^/]*$/, `/${name}`);
    },
    drop: (url) => onServer(server.url, `DROP DATABASE ${databaseOf(url)}`),
  };
}

export const databaseOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1);

async function onServer(url: string, sql: string): Promise<void> {
  const db = await openOther(url);
  await db.run(sql, [], { repeatable: true });
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
