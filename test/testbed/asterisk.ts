/** A private Asterisk for a test suite (`asterisk-up`), its phones and its command line. */
import { execFile } from 'node:child_process';
import { readFile, writeFile, mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bringUp, requireTestbed, testbedProblem } from './cache.js';
import { SipPhone } from './sip-phone.js';

export { requireTestbed, testbedProblem };

export interface AsteriskOptions {
  readonly name: string;
  /** first of the 1000 ports, from `claimPorts` */
  readonly base: number;
  /** other instances to make an IAX2 and a PJSIP trunk to: name to port base */
  readonly peers?: Readonly<Record<string, number>>;
}

export interface Asterisk {
  readonly name: string;
  readonly version: string;
  /** folder of the instance: `etc/`, `log/`, `spool/monitor/` */
  readonly dir: string;
  readonly ports: { readonly sip: number; readonly iax: number; readonly ami: number; readonly http: number; readonly base: number };
  /** Run one CLI command, resolves with its output. */
  cli(command: string): Promise<string>;
  /** Write `etc/<file>.d/<name>.conf`, e.g. `addConfig('extensions', '50-menu', text)`; takes effect with `reload`. */
  addConfig(file: string, name: string, text: string): Promise<void>;
  /** Read dialplan, queues, PJSIP and IAX2 configuration again. */
  reload(): Promise<void>;
  /** the whole log so far */
  log(): Promise<string>;
  /** Test phone 10NN (NN 10 to 19), started; stopped with the instance. */
  phone(nn: number): Promise<SipPhone>;
  /** names of the channels that are up */
  channels(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const run = promisify(execFile);
const portsPerInstance = 1000;
const lockOffset = 9;
const cliMsMax = 15_000;

/** `TANDEM_TEST_PORTS=20000-29999`: the ports that test runs may use. Stay under 32000, the range of ephemeral ports. */
function portRange(): { readonly first: number; readonly last: number } {
  const [, first = '20000', last = '29999'] = /^(\d+)-(\d+)$/.exec(process.env['TANDEM_TEST_PORTS'] ?? '') ?? [];
  return { first: Number(first), last: Number(last) };
}

/** Hold a port by listening on it; `undefined` when somebody else does. */
function holdPort(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server.unref()));
  });
}

export interface PortClaim {
  /** first port of each instance */
  readonly bases: readonly number[];
  /** give them back, once the instances are stopped */
  readonly release: () => void;
}

/**
 * Claim port ranges for `count` neighbouring instances, so that two test runs on one machine do not meet. The claim is a
 * listening socket: at the latest it goes with the process, however that ends. Rejects when all ranges are taken.
 */
export async function claimPorts(count: number): Promise<PortClaim> {
  const { first, last } = portRange();
  for (let base = first; base + count * portsPerInstance - 1 <= last; base += count * portsPerInstance) {
    const bases = Array.from({ length: count }, (_, i) => base + i * portsPerInstance);
    const held = await Promise.all(bases.map((b) => holdPort(b + lockOffset)));
    const release = () => {
      for (const server of held) server?.close();
    };
    if (held.every(Boolean)) return { bases, release };
    release();
  }
  throw new Error(`all test ports from ${first} to ${last} are taken by other test runs`);
}

/** Start an instance with an empty folder; under two seconds once the packages are there. */
export async function startAsterisk(options: AsteriskOptions): Promise<Asterisk> {
  const { name, base } = options;
  const instance = `${name}-${base}`;
  const peers = Object.entries(options.peers ?? {}).map(([peer, peerBase]) => `${peer}=${peerBase}`);
  const { values, stop: stopInstance } = await bringUp({ part: 'asterisk', name: instance }, [name, String(base), ...peers], {
    RESET: '1',
  });
  const dir = values.get('AST_DIR') ?? '';
  const port = (key: string): number => Number(values.get(`AST_${key}_PORT`));
  const phones = new Map<number, SipPhone>();

  async function cli(command: string): Promise<string> {
    return (await run(join(dir, 'cli'), [command], { timeout: cliMsMax, maxBuffer: 16 * 1024 * 1024 })).stdout;
  }

  return {
    name,
    version: values.get('AST_VERSION') ?? '',
    dir,
    ports: { sip: port('SIP'), iax: port('IAX'), ami: port('AMI'), http: port('HTTP'), base },
    cli,
    async addConfig(file, piece, text) {
      const folder = join(dir, 'etc', `${file}.d`);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, `${piece}.conf`), text);
    },
    async reload() {
      await cli('dialplan reload');
      await cli('queue reload all');
      await cli('module reload res_pjsip.so');
      await cli('iax2 reload');
    },
    log: () => readFile(join(dir, 'log', 'full'), 'utf8'),
    async phone(nn) {
      let phone = phones.get(nn);
      if (!phone) {
        phone = new SipPhone({ user: `10${nn}`, port: base + nn, server: base });
        phones.set(nn, phone);
        await phone.start();
      }
      return phone;
    },
    async channels() {
      const lines = (await cli('core show channels concise')).trim().split('\n');
      return lines.map((line) => line.split('!')[0] ?? '').filter((channel) => channel !== '');
    },
    async stop() {
      await Promise.all([...phones.values()].map((phone) => phone.stop()));
      await stopInstance();
    },
  };
}
