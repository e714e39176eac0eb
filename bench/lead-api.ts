/**
 * ccc_lead_info over HTTP: requests per second, latency and CPU per request with 300,000 leads and log rows,
 * on SQLite and, where the test bed has it, on MariaDB.
 *
 *   npm run bench lead-api
 *
 * Method: the server is a process of its own with default settings, login, log rows and login marks included;
 * the load comes from a second process over keep-alive connections, each asking for random calls, one request
 * after the other. All share the machine's cores, MariaDB too. CPU is the server process's own. Baseline in the
 * same run and the same process: an Express handler that answers a constant body of the same size.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openMysql } from '../sql/mysql.js';
import { openSqlite } from '../sql/sqlite.js';
import { openStore, storeDefaults } from '../sql/store.js';
import { parseDatabaseUrl } from '../sql/url.js';
import { silentLog } from '../test/support/observers.js';
import { startMariaDb, testbedProblem } from '../test/testbed/mariadb.js';
import type { Figure } from './support/figure.js';
import type { HttpLoad, HttpLoadResult } from './support/http-load.js';
import { benchBody, benchPaths, benchZone, seedBench } from './support/lead-api-data.js';

const connectionSteps = [1, 4, 16] as const;
const warmUpMs = 1_500;
const stepMs = 3_000;
const pathCount = 50_000;
/** The PHP original on two cores, 4 connections (page of the reference figures): requests/s. */
const phpPerSecond = 736;

interface Measured extends HttpLoadResult {
  readonly cpuMs: number;
}

function start(file: string, ...args: string[]): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), args, { execArgv: ['--import', 'tsx'] });
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}

async function ask<T>(child: ChildProcess, message: string | HttpLoad): Promise<T> {
  const answered = once(child, 'message');
  child.send(message);
  return (await answered)[0] as T;
}

async function measure(server: ChildProcess, client: ChildProcess, load: HttpLoad): Promise<Measured> {
  const before = await ask<number>(server, 'usage');
  const result = await ask<HttpLoadResult>(client, load);
  const cpuMs = ((await ask<number>(server, 'usage')) - before) / result.requests;
  if (result.wrong > 0) throw new Error(`${result.wrong} of ${result.requests} answers were wrong`);
  return { ...result, cpuMs };
}

function rowsOf(name: string, measured: Measured, constant: Measured, hasReference: boolean): Figure[] {
  const reference = hasReference ? `; PHP original: ${phpPerSecond}/s` : '';
  const note = `baseline: constant body by Express${reference}`;
  return [
    { name: `${name}: rate`, value: measured.perSecond, unit: 'requests/s', baseline: constant.perSecond, note },
    { name: `${name}: p50`, value: measured.p50Ms, unit: 'ms', baseline: constant.p50Ms },
    { name: `${name}: p99`, value: measured.p99Ms, unit: 'ms', baseline: constant.p99Ms },
    { name: `${name}: CPU`, value: measured.cpuMs, unit: 'ms', baseline: constant.cpuMs, note: 'the server process' },
  ];
}

async function seed(url: string): Promise<void> {
  const nothing = (): undefined => undefined;
  const meter = { count: nothing, observe: nothing, set: nothing };
  const store = await openStore({ url, zone: benchZone, log: silentLog, meter, nowMs: Date.now });
  await store.migrate();
  await store.close();
  const target = parseDatabaseUrl(url);
  const options = { ...storeDefaults, statementMsMax: 60_000, nowMs: Date.now, onFailure: nothing, onWriter: nothing };
  const db = target.dialect === 'sqlite' ? await openSqlite(target.file, options) : openMysql(target, options);
  await seedBench(db, Date.now());
  await db.close();
}

async function measureStore(database: string, url: string): Promise<Figure[]> {
  await seed(url);
  const server = start('./support/lead-api-server.ts', url);
  const [ports] = (await once(server, 'message')) as [{ door: number; constant: number }];
  const client = start('./support/http-load.ts');
  try {
    const paths = benchPaths(pathCount);
    const load = (port: number, connections: number, ms: number): HttpLoad => ({ port, connections, ms, paths, expected: benchBody });
    const rows: Figure[] = [];
    for (const port of [ports.constant, ports.door]) await measure(server, client, load(port, 4, warmUpMs));
    for (const connections of connectionSteps) {
      const constant = await measure(server, client, load(ports.constant, connections, stepMs / 2));
      const measured = await measure(server, client, load(ports.door, connections, stepMs));
      rows.push(...rowsOf(`ccc_lead_info, ${database}, ${connections} connections`, measured, constant, connections === 4));
    }
    return rows;
  } finally {
    await stop(client);
    await stop(server);
  }
}

export async function leadApi(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
  try {
    const rows = await measureStore('SQLite', `sqlite:${join(dir, 'bench.db')}`);
    if ((await testbedProblem('mariadb')) !== undefined) return rows;
    const server = await startMariaDb({ strict: true });
    try {
      return [...rows, ...(await measureStore('MariaDB', server.url))];
    } finally {
      await server.stop();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
