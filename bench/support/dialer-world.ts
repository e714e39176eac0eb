/** A million contacts in a hundred campaigns for the bench of the dialer's store, on SQLite or a MariaDB of its own. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Campaign } from '../../core/dialer/campaign.js';
import { campaignDefaults } from '../../core/dialer/campaign-defaults.js';
import type { NewContact } from '../../core/dialer/contact.js';
import type { Db } from '../../sql/db.js';
import { createDigestIds } from '../../sidecar/list-ids.js';
import { openMysql } from '../../sql/mysql.js';
import { openSqlite } from '../../sql/sqlite.js';
import { openStore, storeDefaults } from '../../sql/store.js';
import type { Store } from '../../sql/store.js';
import { parseDatabaseUrl } from '../../sql/url.js';
import { silentLog, silentMeter } from '../../test/support/observers.js';
import { startMariaDb } from '../../test/testbed/mariadb.js';
import { cpuMsOf } from './cpu.js';

export interface DialerWorld {
  readonly kind: 'SQLite' | 'MariaDB';
  readonly store: Store;
  /** the same database without the store */
  readonly bare: Db;
  /** CPU of client and server so far, ms; of SQLite the client is both */
  cpuMs(): Promise<{ readonly client: number; readonly server: number }>;
  close(): Promise<void>;
}

/** the most that a store takes in one transaction */
export const batchRows = 2_000;
export const campaignOf = (k: number): string => `campaign-${String(k)}`;

export const aCampaign = (id: string): Campaign => ({
  ...campaignDefaults,
  id,
  name: id,
  mode: 'PREDICTIVE',
  profile: 'reference',
  state: 'running',
});

const idOf = createDigestIds();

/** As a list has them: external ids in order and ids made of them by the loader; numbers in no order; a name and a lead. */
export function aContact(i: number, campaign: string): NewContact {
  const number = `49${String(100_000_000 + ((i * 2_654_435_761) % 900_000_000))}`;
  return {
    id: idOf(`${campaign}\nid\ncc${String(i)}`),
    customerNumber: `+${number}`,
    campaignType: 'AGENT',
    gatewayId: 'gw1',
    campaignContactId: `cc${String(i)}`,
    campaignId: campaign,
    startTimeMs: undefined,
    endTimeMs: undefined,
    priority: 5,
    ivr: undefined,
    dialingMode: 'PREDICTIVE',
    routingMode: 'QUEUE',
    resourceId: undefined,
    queueName: 'sales',
    tenantId: undefined,
    listId: undefined,
    numberKey: number,
    numbers: [],
    zones: ['Europe/Berlin'],
    region: undefined,
    consentUntilMs: undefined,
    answeredBefore: false,
    data: { name: `Customer ${String(i)}`, lead: String(i) },
  };
}

const openBare = (url: string): Promise<Db> => {
  const target = parseDatabaseUrl(url);
  const options = { ...storeDefaults, nowMs: Date.now, onFailure: () => undefined, onWriter: () => undefined };
  return target.dialect === 'sqlite' ? openSqlite(target.file, options) : Promise.resolve(openMysql(target, options));
};

async function worldAt(
  kind: DialerWorld['kind'],
  url: string,
  serverPid: number | undefined,
  stop: () => Promise<void>,
): Promise<DialerWorld> {
  const store = await openStore({ url, zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: Date.now });
  await store.migrate();
  const bare = await openBare(url);
  return {
    kind,
    store,
    bare,
    async cpuMs() {
      const { user, system } = process.cpuUsage();
      return { client: (user + system) / 1_000, server: serverPid === undefined ? 0 : await cpuMsOf(serverPid) };
    },
    async close() {
      await store.close();
      await bare.close();
      await stop();
    },
  };
}

export async function sqliteWorld(): Promise<DialerWorld> {
  const dir = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
  return worldAt('SQLite', `sqlite:${join(dir, 'dialer.db')}`, undefined, () => rm(dir, { recursive: true, force: true }));
}

/** The test server of this machine with a buffer pool and a log of a size that a million rows need. It does not sync to disk. */
export async function mariaDbWorld(): Promise<DialerWorld> {
  const server = await startMariaDb({ strict: true });
  const db = await openBare(server.url);
  await db.run('SET GLOBAL innodb_buffer_pool_size = 1073741824');
  await db.run('SET GLOBAL innodb_log_file_size = 536870912');
  await db.close();
  return worldAt('MariaDB', server.url, pidOf(server.url), () => server.stop());
}

/** The server that listens on the port of the URL. */
function pidOf(url: string): number | undefined {
  const port = /:(\d+)\//.exec(url)?.[1] ?? '';
  const commandOf = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return ''; // it has ended
    }
  };
  const isServer = (command: string): boolean => /^[^\0]*(mariadbd|ld-linux)/.test(command) && command.includes(`--port=${port}\0`);
  const found = readdirSync('/proc').find((pid) => /^\d+$/.test(pid) && isServer(commandOf(pid)));
  return found === undefined ? undefined : Number(found);
}
