/** The queue API on a free loopback port over the real engine without switches, and users with different rights. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { RequestHandler } from 'express';
import { createLockout } from '../../core/cluster/lockout.js';
import { createMinuteLimit, createReplayCache } from '../../core/cluster/limits.js';
import { switchId, type SwitchId } from '../../core/acd/ids.js';
import type { Log } from '../../core/ports.js';
import { createLogin } from '../../core/services/login.js';
import type { SwitchPort } from '../../core/switch.js';
import type { AccessOptions } from '../../sidecar/access.js';
import { createAccessSide } from '../../sidecar/access-side.js';
import { createAddressRules, createClientAddress } from '../../sidecar/addresses.js';
import { createApp, createHttpServer } from '../../sidecar/app.js';
import { createQueueProvisioning } from '../../sidecar/queue-provisioning.js';
import { createPasswordHasher } from '../../sidecar/password-hasher.js';
import { createProvisioningStore } from '../../sidecar/provisioning-store.js';
import { createAdminRoutes } from '../../sidecar/routes/admin.js';
import { createFeedApi, type FeedApiDeps } from '../../sidecar/routes/feed-api.js';
import { createQueueApi, type QueueApiDeps } from '../../sidecar/routes/queue-api.js';
import { createSecrets, nodeDigests } from '../../sidecar/secrets.js';
import { openStore } from '../../sql/store.js';
import { testSecrets } from './api-server.js';
import type { Segment } from '../../core/acd/records.js';
import { acdLease } from '../../sql/acd.js';
import { createStatistics } from '../../sidecar/statistics.js';
import { createDesk, deskConfig, type DeskConfig } from './engine-desk.js';
import { memoryProvisioning } from './memory-provisioning.js';
import { createMemoryStore, plainUser } from './memory-ports.js';
import { silentLog, silentMeter } from './observers.js';

export interface Answered {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const noWebhooks = {} as Pick<FeedApiDeps, 'webhooks' | 'delivery' | 'addresses'>;

type SpyOrder = Parameters<SwitchPort['spy']>[0];

export interface QueueApiOptions {
  readonly requestsPerMinuteMax?: number;
  readonly access?: Partial<AccessOptions>;
  readonly queueApi?: Partial<QueueApiDeps>;
  /** absent: no events */
  readonly feed?: Pick<FeedApiDeps, 'feed' | 'streams'>;
  /** before those of the API */
  readonly routes?: readonly RequestHandler[];
}

export async function startQueueApi(config: DeskConfig, options: QueueApiOptions = {}) {
  const written: Segment[] = [];
  const desk = createDesk(deskConfig(config), undefined, { onSegments: (segments) => void written.push(...segments) });
  const store = createMemoryStore(() => desk.nowMs());
  const user = (name: string, functions: string) => ({
    ...plainUser,
    user: name,
    pass: `${name}-pass`,
    userLevel: 8,
    apiAllowedFunctions: ` ${functions} `,
  });
  store.tables.users = [
    user('viewer', 'tandem_queue_view'),
    user('supervisor', 'tandem_queue_control tandem_queue_spy'),
    user('desk', 'tandem_queue_control'),
    user('boss', 'tandem_admin'),
    user('clerk', 'ALL_FUNCTIONS ccc_lead_info'),
    { ...user('gone', 'tandem_admin'), active: false },
    { ...user('anna', 'tandem_agent'), userLevel: 1 },
    user('west', 'tandem_queue_control tandem_queue_spy'),
  ];
  const login = createLogin({
    ...store,
    secrets: createSecrets(() => desk.nowMs(), testSecrets),
    digests: nodeDigests,
    addresses: createAddressRules([]),
    lockout: createLockout(),
    badLogins: createMinuteLimit(),
    replays: createReplayCache(240_000),
    signingSecret: () => Promise.resolve(undefined),
    meter: silentMeter,
    log: silentLog,
    nowMs: () => desk.nowMs(),
  });
  const tables = memoryProvisioning();
  const audit: object[] = [];
  const log: Log = { ...silentLog, info: (fields) => 'audit' in fields && void audit.push(fields) };
  const spied: SpyOrder[] = [];
  const port = {
    spy: (order: SpyOrder) => {
      spied.push(order);
      return Promise.resolve();
    },
  } as unknown as SwitchPort;
  const ports = new Map<SwitchId, SwitchPort>([[switchId('west'), port]]);
  const reloads = { count: 0 };
  let ids = 0;
  const provisioning = createQueueProvisioning({
    // a database takes a moment, in which the next request comes
    store: { ...tables, read: () => turns(50).then(() => tables.read()) },
    hasher: { hash: (pin) => Promise.resolve(`h:${pin}`), verify: (pin, hash) => Promise.resolve(hash === `h:${pin}`) },
    reload: () => {
      reloads.count++;
      return Promise.resolve();
    },
    nowMs: () => desk.nowMs(),
    zone: 'UTC',
    log,
  });
  const addressOf = createClientAddress();
  const nowMs = () => desk.nowMs();
  // the real tables, in memory: nothing of what they remember may be older than the desk's clock
  const own = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs, cacheMsMax: 0 });
  await own.migrate();
  const hasher = createPasswordHasher();
  const parts = {
    store: own.access,
    users: store.users,
    login,
    addressOf,
    provisioning: createProvisioningStore(own),
    hasher,
    zone: 'UTC',
  };
  const side = createAccessSide({ ...parts, nowMs, log }, options.access);
  const { access } = side.entry;
  const timers = { nowMs, after: () => () => undefined };
  const tools = { queueLog: undefined, timers, monoMs: nowMs, log, meter: silentMeter };
  const statistics = createStatistics({ ...tools, store: own, engine: () => desk.port, zone: 'UTC' });
  const deps = {
    login,
    access,
    addressOf,
    engine: desk.port,
    ports,
    segments: own.segmentPages,
    statistics,
    provisioning,
    messageFolder: '/var/spool/tandem',
    newId: () => `id-${String(++ids)}`,
    nowMs: () => desk.nowMs(),
    log,
    ...options.queueApi,
  };
  const routes = [
    ...(options.routes ?? []),
    side.recorded,
    ...(options.feed ? [createFeedApi({ ...deps, ...options.feed, ...noWebhooks })] : []),
    createQueueApi(deps, { requestsPerMinuteMax: options.requestsPerMinuteMax ?? 1_000_000 }),
    side.routes,
    createAdminRoutes({ login, access, addressOf, reload: () => Promise.resolve([]) }),
  ];
  const server = createHttpServer(createApp({ doors: [], routes, log: silentLog, meter: silentMeter }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/api/v1`;

  let fence: number | undefined;
  /** What the engine has recorded until now is stored. */
  async function keep(): Promise<void> {
    fence ??= await own.leases.acquire(acdLease, 'test', 60_000);
    const batch = { members: new Map(), agents: new Map(), offers: new Map(), queues: new Map(), system: undefined, events: [] };
    await statistics.storing(own.acd).save({ ...batch, segments: written.splice(0) }, fence ?? 0);
  }

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    who = 'boss',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answered> {
    const authorization = { authorization: `Basic ${Buffer.from(`${who}:${who}-pass`).toString('base64')}` };
    const answer = await fetch(base + path, {
      method,
      headers: { ...(who === '' ? {} : authorization), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Answered['body'] };
  }

  return {
    desk,
    users: store.tables,
    own,
    access,
    tables,
    audit,
    spied,
    port,
    statistics,
    keep,
    reloads,
    base,
    ask,
    get: (path: string, who?: string) => ask('GET', path, undefined, who),
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await own.close();
    },
  };
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
}

export type QueueApi = Awaited<ReturnType<typeof startQueueApi>>;
