/** Both compatible doors on a free loopback port over any store, and a client that sends raw bytes. */
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { createLockout } from '../../core/cluster/lockout.js';
import { createMinuteLimit, createReplayCache } from '../../core/cluster/limits.js';
import type {
  ApiLog,
  CallProofs,
  Containers,
  Handovers,
  Lists,
  LiveAgents,
  Log,
  Meter,
  PeerClient,
  Settings,
  UrlLog,
  Users,
} from '../../core/ports.js';
import { createFronter } from '../../core/services/fronter.js';
import { createLeadInfo, leadInfoDefaults, type LeadInfoOptions } from '../../core/services/lead-info.js';
import { createLogin, loginDefaults, type LoginOptions, type Secrets } from '../../core/services/login.js';
import { createAddressRules, createClientAddress, noProxy, type ProxyTrust } from '../../sidecar/addresses.js';
import { createApp, createHttpServer } from '../../sidecar/app.js';
import { createAgentApi } from '../../sidecar/routes/agent-api.js';
import { createNonAgentApi } from '../../sidecar/routes/non-agent-api.js';
import { createSecrets, nodeDigests, secretsDefaults } from '../../sidecar/secrets.js';
import { silentLog } from './observers.js';

export interface ApiStore {
  readonly users: Users;
  readonly settings: Settings;
  readonly proofs: CallProofs;
  readonly lists: Lists;
  readonly apiLog: ApiLog;
  readonly urlLog: UrlLog;
  readonly agents: LiveAgents;
  readonly handovers: Handovers;
  readonly containers: Containers;
  readonly peers: PeerClient;
}

export interface ApiServerOptions {
  readonly nowMs: () => number;
  readonly login?: Partial<LoginOptions>;
  readonly leadInfo?: Partial<LeadInfoOptions>;
  readonly trusted?: readonly string[];
  readonly proxy?: ProxyTrust;
  readonly meter?: Meter;
  readonly log?: Log;
  readonly paths?: readonly string[];
  readonly zone?: string;
  readonly secrets?: Secrets;
  readonly bodyMsMax?: number;
}

const nothing = (): undefined => undefined;
const silentMeter: Meter = { count: nothing, observe: nothing, set: nothing };
/** Cheap hashes: a test is no login of the real world. */
export const testSecrets = { ...secretsDefaults, log2n: 10 };

function createDoors(store: ApiStore, options: ApiServerOptions) {
  const { nowMs } = options;
  const [meter, log] = [options.meter ?? silentMeter, options.log ?? silentLog];
  const requests = createMinuteLimit();
  const login = createLogin(
    {
      ...store,
      secrets: options.secrets ?? createSecrets(nowMs, testSecrets),
      digests: nodeDigests,
      addresses: createAddressRules(options.trusted ?? []),
      lockout: createLockout(),
      badLogins: createMinuteLimit(),
      replays: createReplayCache(240_000),
      signingSecret: (user) => Promise.resolve(user.pass),
      ...{ meter, log, nowMs },
    },
    { ...loginDefaults, ...options.login },
  );
  const version = { version: '0.0.0-test', build: '261121-0000', zone: options.zone ?? 'UTC' };
  const shared = { ...store, login, requests, meter, log, nowMs };
  const leadInfo = createLeadInfo({ ...shared, misses: createMinuteLimit(), version }, { ...leadInfoDefaults, ...options.leadInfo });
  const door = { meter, log, nowMs, clientAddress: createClientAddress(options.proxy ?? noProxy) };
  const body = { bytesMax: 65_536, msMax: options.bodyMsMax ?? 10_000 };
  return [
    createNonAgentApi({ ...door, leadInfo }, { paths: options.paths ?? ['/vicidial/non_agent_api.php'], body }),
    createAgentApi({ ...door, fronter: createFronter(shared) }, { paths: ['/agc/api.php'], body }),
  ];
}

export interface ApiServer {
  readonly port: number;
  readonly base: string;
  close(): Promise<void>;
}

export async function startApiServer(store: ApiStore, options: ApiServerOptions): Promise<ApiServer> {
  const [log, meter] = [options.log ?? silentLog, options.meter ?? silentMeter];
  const server = createHttpServer(createApp({ doors: createDoors(store, options), routes: [], log, meter }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    base: `http://127.0.0.1:${String(port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Split one HTTP/1.1 answer that ended with its connection. */
function readAnswer(bytes: Buffer): RawAnswer {
  const split = bytes.indexOf('\r\n\r\n');
  const [first = '', ...lines] = bytes.subarray(0, split).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(first.split(' ')[1]), headers, body: bytes.subarray(split + 4).toString('utf8') };
}

/** Send these bytes on a connection of their own and read until the server ends it. */
export async function exchange(port: number, request: Buffer | string): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', nothing); // a reset after the answer is the server's way to refuse the rest
  socket.write(request);
  await closed;
  return readAnswer(Buffer.concat(chunks));
}

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request as text, byte for byte as given; `Host: origin.example`. */
export function send(server: Pick<ApiServer, 'port'>, sent: Sent): Promise<RawAnswer> {
  const { method = 'GET', path = '/vicidial/non_agent_api.php', query } = sent;
  const body = sent.body === undefined ? undefined : Buffer.from(sent.body);
  const headers = { Host: 'origin.example', Connection: 'close', ...sent.headers };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = body ? `Content-Length: ${String(body.length)}\r\n` : '';
  const head = `${method} ${path}${query === undefined ? '' : `?${query}`} HTTP/1.1\r\n${lines.join('')}${length}\r\n`;
  return exchange(server.port, Buffer.concat([Buffer.from(head, 'latin1'), body ?? Buffer.alloc(0)]));
}
