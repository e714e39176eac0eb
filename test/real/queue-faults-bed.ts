/**
 * A call centre on real servers whose parts can fail one by one: Asterisk, MariaDB behind a relay, the manager link behind
 * a relay, and Tandem as a process of its own. Its people are in queue-faults-scene.ts.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import { eventually } from '../support/eventually.js';
import { startTandem, type TandemProcess } from '../support/tandem-process.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { claimPorts, startAsterisk, type Asterisk } from '../testbed/asterisk.js';
import { cacheDir } from '../testbed/cache.js';
import { startMariaDb } from '../testbed/mariadb.js';
import { watchFaults, type FaultWatch } from './queue-faults-watch.js';

const samples = fileURLToPath(new URL('../../dialplan/asterisk/', import.meta.url));
const include = (...files: readonly string[]): string => files.map((file) => `#include ${samples}${file}\n`).join('');
const boss = { user: 'boss', pass: 'boss-password-1' };
const readyMsMax = 20_000;
/** a log-in that is not answered, and the longest pause before the next try */
const linkMsMax = 20_000;

/** Answer at once and talk until somebody hangs up: the first two are SIP phones, the others Local channels. */
export const talkers = ['1016', '1017', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8'];
/** SIP phones that ring until the test answers them. */
export const ringers = ['1011', '1012', '1013', '1014', '1015'];

export interface SeenMember {
  readonly id: string;
  readonly number: string;
  readonly uniqueId: string;
  readonly joinedAtMs: number;
  readonly phase: string;
  readonly presence: string;
  readonly offers: readonly { readonly agent: string; readonly phase: string }[];
}

export interface SeenAgent {
  readonly id: string;
  readonly phase: string;
  readonly offers: readonly { readonly id: string; readonly phase: string; readonly member: string }[];
}

export type SegmentRow = Readonly<Record<string, string | number | null>>;

export interface FaultBed {
  readonly asterisk: Asterisk;
  readonly watch: FaultWatch;
  /** between Tandem and its database */
  readonly database: TcpProxy;
  /** between Tandem and the manager port */
  readonly manager: TcpProxy;
  /** The process behind TANDEM_AGI_1, 1, or TANDEM_AGI_2, 2; the newest of each. */
  tandem(which?: 1 | 2): TandemProcess;
  startTandem(which?: 1 | 2): Promise<TandemProcess>;
  /** Waiting members of the queue, those who are being offered too, in their order. */
  waiting(queue?: string, which?: 1 | 2): Promise<readonly SeenMember[]>;
  agents(which?: 1 | 2): Promise<readonly SeenAgent[]>;
  /** state of one part of /health/ready */
  health(part: string, which?: 1 | 2): Promise<string | undefined>;
  /** Resolves when Tandem's manager link is down, 0, or up, 1. */
  linkIs(up: 0 | 1): Promise<void>;
  /** Resolves when the database has so many members, and nothing waits in the spool: a kill loses nothing then. */
  stored(members: number): Promise<void>;
  segments(kind: 'visit' | 'offer', column: 'number' | 'member', values: readonly string[]): Promise<readonly SegmentRow[]>;
  killAsterisk(): Promise<void>;
  startAsterisk(): Promise<void>;
  stop(): Promise<void>;
}

function dialplan(agi: readonly [number, number]): string {
  return `${include('tandem-globals.conf', 'tandem-doors.conf', 'tandem-agents.conf')}
[globals](+)
TANDEM_AGI_1 = 127.0.0.1:${agi[0]}
TANDEM_AGI_2 = 127.0.0.1:${agi[1]}
TANDEM_PAUSE_S = 0.5
TANDEM_ROUNDS = 60
TANDEM_GUARD_S = 5
[faults-callers]
exten => _[a-z].,1,Set(CHANNEL(musicclass)=silent)
 same => n,Set(TANDEM_QUEUE_NAME=\${EXTEN})
 same => n,Goto(tandem-queue,s,1)
[faults-customers]
exten => far,1,Answer(,i)
 same => n,Wait(3600)
[faults-agents]
exten => _a.,1,Answer(,i)
 same => n,MusicOnHold(silent,3600)
[from-phones](+)
exten => queue,1,Goto(faults-callers,support,1)
`;
}

const music = (folder: string) => `[silent]\nmode = files\ndirectory = ${folder}\n`;

function provisioning(): object {
  const agents = [...talkers, ...ringers];
  const contact = (id: string) =>
    id.startsWith('a') ? { contact: `Local/${id}@faults-agents/n`, device: '' } : { contact: `PJSIP/${id}` };
  const one = (id: string, agent: string, more: object = {}) => ({ id, music: 'silent', tiers: [{ agent }], ...more });
  return {
    users: [{ ...boss, user_level: 9, functions: ['tandem_admin'] }],
    agents: [
      ...agents.map((id) => ({ id, ...contact(id), ring_s: 120, wrap_up_s: 0, status: 'Available' })),
      { id: 'alone', contact: 'Local/alone@faults-agents/n', device: '', wrap_up_s: 0, status: 'Available' },
      { id: '1018', contact: 'PJSIP/1018', ring_s: 120, wrap_up_s: 0, status: 'Available' },
    ],
    queues: [
      {
        id: 'support',
        strategy: 'top-down',
        tier_rules_apply: false,
        music: 'silent',
        tiers: agents.map((agent, i) => ({ agent, position: i + 1 })),
      },
      one('greeted', 'alone', { welcome: 'demo-instruct' }),
      { id: 'nobody', music: 'silent' },
      one('rung', '1018'),
      one('announced', 'alone', { agent_announcements: ['demo-instruct'] }),
      one('direct', 'alone'),
    ],
  };
}

export async function startFaultBed(): Promise<FaultBed> {
  const { bases, release } = await claimPorts(1);
  const base = bases[0] ?? 0;
  const ends: (() => unknown)[] = [release];
  const stop = async (): Promise<void> => {
    for (const end of ends.reverse().splice(0)) await end();
  };
  try {
    const asterisk = await startAsterisk({ name: 'faults', base });
    ends.push(() => asterisk.stop());
    const server = await startMariaDb({ strict: true });
    ends.push(() => server.stop());
    const watch = await configure(asterisk);
    ends.push(() => watch.stop());
    const database = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
    const manager = await startTcpProxy({ host: '127.0.0.1', port: asterisk.ports.ami });
    ends.push(
      () => manager.close(),
      () => database.close(),
    );
    return createBed({ asterisk, watch, database, manager, url: server.url, ends, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

async function configure(asterisk: Asterisk): Promise<FaultWatch> {
  const folder = join(asterisk.dir, 'moh-silent');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'silence.ulaw'), Buffer.alloc(8_000 * 60, 0xff));
  await asterisk.addConfig('musiconhold', '50-faults', music(folder));
  await asterisk.addConfig('extensions', '50-faults', dialplan([asterisk.ports.base + 4, asterisk.ports.base + 5]));
  await asterisk.cli('module reload res_musiconhold.so');
  await asterisk.reload();
  return watchFaults(asterisk.ports.ami);
}

interface Parts {
  readonly asterisk: Asterisk;
  readonly watch: FaultWatch;
  readonly database: TcpProxy;
  readonly manager: TcpProxy;
  readonly url: string;
  readonly ends: (() => unknown)[];
  readonly stop: () => Promise<void>;
}

async function query(url: string, statement: string, values: readonly unknown[] = []): Promise<readonly SegmentRow[]> {
  const connection = await mysql.createConnection(url);
  try {
    const [rows] = await connection.query(statement, [...values]);
    return rows as SegmentRow[];
  } finally {
    await connection.end();
  }
}

function createBed({ url, ends, ...parts }: Parts): FaultBed {
  const { asterisk, watch, database, manager } = parts;
  const { base } = asterisk.ports;
  const processes = new Map<1 | 2, TandemProcess>();
  ends.push(() => Promise.all([...processes.values()].map((one) => one.stop())));

  const tandem = (which: 1 | 2 = 1): TandemProcess => {
    const found = processes.get(which);
    if (!found) throw new Error(`Tandem ${String(which)} was not started`);
    return found;
  };
  async function start(which: 1 | 2 = 1): Promise<TandemProcess> {
    const settings = {
      TANDEM_DATABASE_URL: Object.assign(new URL(url), { port: String(database.port) }).href,
      TANDEM_AMI_URLS: `ami://testbed:testbed-secret@127.0.0.1:${String(manager.port)}/alpha`,
      TANDEM_AGI_SWITCH_ADDRESS: `127.0.0.1:${String(base + 3 + which)}`,
      TANDEM_LOG_LEVEL: 'info',
    };
    const ports = { agi: base + 3 + which, http: base + 5 + which, esl: 0 };
    const started = await startTandem({
      dir: join(asterisk.dir, `tandem-${String(which)}`),
      ports,
      provisioning: provisioning(),
      settings,
    });
    processes.set(which, started);
    return started;
  }
  async function ask<T>(path: string, which: 1 | 2 = 1): Promise<T> {
    const authorization = `Basic ${Buffer.from(`${boss.user}:${boss.pass}`).toString('base64')}`;
    const answer = await fetch(`http://127.0.0.1:${String(tandem(which).ports.http)}/api/v1${path}`, { headers: { authorization } });
    if (!answer.ok) throw new Error(`${path}: ${String(answer.status)} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  return {
    ...parts,
    tandem,
    startTandem: start,
    waiting: async (queue = 'support', which) => (await ask<{ items: SeenMember[] }>(`/queues/${queue}/members`, which)).items,
    agents: async (which) => (await ask<{ items: SeenAgent[] }>('/agents', which)).items,
    async health(part, which) {
      const answer = await fetch(`http://127.0.0.1:${String(tandem(which).ports.http)}/health/ready`);
      const { checks } = (await answer.json()) as { checks: readonly { name: string; state: string }[] };
      return checks.find(({ name }) => name === part)?.state;
    },
    async linkIs(up) {
      await eventually(
        () => tandem().metric('tandem_ami_up'),
        (is) => is === up,
        { msMax: linkMsMax, everyMs: 50 },
      );
    },
    async stored(members) {
      const owner = [...processes.values()];
      await eventually(
        async () => {
          const [row] = await query(url, `SELECT COUNT(*) AS members FROM tandem_acd WHERE kind = 'member'`);
          const away = await Promise.all(owner.map((one) => one.metric('tandem_acd_store_away')));
          return [row?.['members'], ...away.filter((is) => is > 0)].join();
        },
        (seen) => seen === String(members),
        { msMax: 10_000, everyMs: 50 },
      );
    },
    segments: (kind, column, values) =>
      values.length === 0
        ? Promise.resolve([])
        : query(url, `SELECT * FROM tandem_segments WHERE kind = ? AND ${column} IN (?)`, [kind, values]),
    async killAsterisk() {
      process.kill(Number(await readFile(join(asterisk.dir, 'pid'), 'utf8')), 'SIGKILL');
      await eventually(
        () => watch.link.status().state,
        (state) => state !== 'up',
      );
      watch.allGone();
    },
    async startAsterisk() {
      const up = fileURLToPath(new URL('../testbed/asterisk-up', import.meta.url));
      await promisify(execFile)(up, [cacheDir, asterisk.name, String(base)], { timeout: 30_000 });
      await watch.link.waitUp(readyMsMax);
    },
  };
}
