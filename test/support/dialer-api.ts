/** The dialer's API on a free loopback port: the real app, the real tables in memory, and a control that does as it is told. */
import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RequestHandler } from 'express';
import { createLockout } from '../../core/cluster/lockout.js';
import { createMinuteLimit, createReplayCache } from '../../core/cluster/limits.js';
import { dialerSettingsDefaults } from '../../core/dialer/campaign-defaults.js';
import type { Campaign } from '../../core/dialer/campaign.js';
import type { FieldProblem } from '../../core/dialer/campaign-schema.js';
import { shippedProfiles } from '../../core/dialer/compliance/profiles.js';
import type { DialerNotice } from '../../core/dialer/engine-words.js';
import type {
  CampaignLive,
  CampaignWhy,
  ContactWhy,
  DialerControl,
  DialerStatus,
  DialerStore,
  PreviewOffer,
} from '../../core/dialer-ports.js';
import { TandemError } from '../../core/errors.js';
import type { Log } from '../../core/ports.js';
import { createLogin } from '../../core/services/login.js';
import { createAccessSide } from '../../sidecar/access-side.js';
import { createAddressRules, createClientAddress, noProxy, type ProxyTrust } from '../../sidecar/addresses.js';
import { createApp, createHttpServer, httpServerDefaults } from '../../sidecar/app.js';
import { createDialerLists, dialerListsDefaults } from '../../sidecar/dialer-lists.js';
import { createDialerSide, type DialerSideDeps } from '../../sidecar/dialer-side.js';
import { createPasswordHasher } from '../../sidecar/password-hasher.js';
import { createProvisioningStore } from '../../sidecar/provisioning-store.js';
import { createPermit } from '../../sidecar/routes/permission.js';
import { createNoDialer } from '../../sidecar/routes/dialer/api.js';
import { isUpload } from '../../sidecar/routes/dialer/uploads.js';
import { createSecrets, nodeDigests } from '../../sidecar/secrets.js';
import { systemTimers } from '../../sidecar/timers.js';
import { openStore } from '../../sql/store.js';
import { testSecrets } from './api-server.js';
import { createDesk, deskConfig } from './engine-desk.js';
import { createMemoryStore, plainUser } from './memory-ports.js';
import { silentLog, silentMeter } from './observers.js';

/** 2026-11-23, a Monday, 15:00 in New York */
export const startMs = Date.UTC(2026, 10, 23, 20, 0, 0);

export interface DialerApiOptions {
  /** addresses that need no login at the reference's faces */
  readonly allow?: readonly string[];
  readonly proxy?: ProxyTrust;
  /** a process without a dialer */
  readonly isOff?: boolean;
  readonly engine?: DialerSideDeps['engine'];
  /** before those of the API */
  readonly routes?: readonly RequestHandler[];
  readonly streamsPerUserMax?: number;
  /** lists are loaded into this folder's keeping */
  readonly listFolder?: string;
}

const upStatus: DialerStatus = {
  maxConcurrentCalls: 120,
  activeCalls: 37,
  dialed: 31,
  agentPending: 6,
  freeSlots: 83,
  database: 'up',
  switches: [{ name: 'fs1', state: 'up' }],
  voiceConnector: 'up',
};

/** Whatever a test wants the dialer to say, and what it was asked. */
export function fakeControl() {
  const asked: string[] = [];
  const listeners = new Set<(notice: DialerNotice, atMs: number) => void>();
  const says = {
    isOwner: true,
    status: upStatus,
    details: 200 as 200 | 404 | 409 | 500 | 503 | Error,
    offer: undefined as PreviewOffer | undefined,
    live: undefined as CampaignLive | undefined,
    why: undefined as CampaignWhy | undefined,
    contactWhy: undefined as ContactWhy | undefined,
    settings: { ...dialerSettingsDefaults, defaultSwitch: 'fs1', slotsMax: 120 },
  };
  const note = (word: string, ...more: unknown[]): void => void asked.push([word, ...more.map((one) => JSON.stringify(one))].join(' '));
  /** As of the process that dials. */
  async function wish<T>(answer: () => T, word: string, ...more: unknown[]): Promise<T> {
    await Promise.resolve();
    note(word, ...more);
    if (!says.isOwner) throw new TandemError('TDM_STANDBY', ['test']);
    return answer();
  }
  const control: DialerControl = {
    isOwner: () => says.isOwner,
    status: () => says.status,
    reload: () => wish(() => undefined, 'reload'),
    agentDetails(details) {
      note('agent-details', details);
      return says.details instanceof Error ? Promise.reject(says.details) : Promise.resolve(says.details);
    },
    previewNext: (agent, campaign) => wish(() => says.offer, 'next', agent, campaign),
    preview: () => says.offer,
    previewDial: (agent, number) => wish(() => ({ callId: 'k1' }), 'dial', agent, number),
    previewSkip: (agent, reason) => wish(() => undefined, 'skip', agent, reason),
    previewReject: (agent, reason) => wish(() => undefined, 'reject', agent, reason),
    live: () => says.live,
    decisions: (campaign, countMax) => (note('decisions', campaign, countMax), []),
    why: () => Promise.resolve(says.why),
    explainContact: () => Promise.resolve(says.contactWhy),
    onNotice(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    machineSaid: (campaign) => note('machine', campaign),
    wake: (campaign) => note('wake', campaign),
    settings: () => says.settings,
    changeSettings(wanted, actor) {
      const change = typeof wanted === 'function' ? wanted(says.settings) : wanted;
      note('settings', change, actor);
      says.settings = { ...says.settings, ...change };
      return Promise.resolve(says.settings);
    },
  };
  const tell = (notice: DialerNotice): void => listeners.forEach((listener) => listener(notice, startMs));
  return { control, says, asked, tell, listeners };
}

export interface Answered {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly headers: Headers;
}

const users: Readonly<Record<string, string>> = {
  reader: 'tandem_dialer_read',
  operator: 'tandem_dialer_control',
  chief: 'tandem_dialer_admin',
  auditor: 'tandem_dialer_read tandem_dialer_numbers',
  boss: 'tandem_admin',
  clerk: 'ALL_FUNCTIONS tandem_queue_control',
  west: 'tandem_dialer_control tandem_dialer_admin',
  anna: 'tandem_dialer_preview',
  bert: 'tandem_agent',
};

export async function startDialerApi(options: DialerApiOptions = {}) {
  const clock = { nowMs: startMs };
  const nowMs = (): number => clock.nowMs;
  const logged: { readonly fields: object; readonly text: string }[] = [];
  const log: Log = { ...silentLog, error: (fields, text) => void logged.push({ fields, text }) };
  const memory = createMemoryStore(nowMs);
  memory.tables.users = Object.entries(users).map(([user, functions]) => ({
    ...plainUser,
    ...{ user, pass: `${user}-pass`, userLevel: 8, apiAllowedFunctions: ` ${functions} ` },
  }));
  const own = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs, cacheMsMax: 0 });
  await own.migrate();
  await own.access.rights.put('anna', { queues: undefined, agent: 'anna' });
  await own.access.rights.put('bert', { queues: undefined, agent: 'bert' });
  await own.access.rights.put('west', { queues: ['west'], agent: undefined });
  const addressOf = createClientAddress(options.proxy ?? noProxy);
  const login = createLogin({
    ...memory,
    secrets: createSecrets(nowMs, testSecrets),
    digests: nodeDigests,
    addresses: createAddressRules([]),
    lockout: createLockout(),
    badLogins: createMinuteLimit(),
    replays: createReplayCache(240_000),
    signingSecret: () => Promise.resolve(undefined),
    ...{ meter: silentMeter, log: silentLog, nowMs },
  });
  const access = createAccessSide(
    {
      ...{ store: own.access, users: memory.users, login, addressOf, provisioning: createProvisioningStore(own) },
      ...{ hasher: createPasswordHasher(), zone: 'UTC', nowMs, log },
    },
    options.streamsPerUserMax === undefined ? {} : { streamsPerUserMax: options.streamsPerUserMax },
  );
  const desk = createDesk(
    deskConfig({
      queues: { sales: {}, west: {} },
      agents: { anna: { contact: 'PJSIP/1' }, bert: { contact: 'PJSIP/2' }, wanda: { contact: 'PJSIP/3' } },
      tiers: ['sales anna', 'sales bert', 'west wanda'],
    }),
  );
  const fake = fakeControl();
  const database = { isDown: false };
  const start = { problems: [] as readonly FieldProblem[] };
  const store = failing(own.dialer, () => database.isDown);
  const timers: { readonly atMs: number; readonly run: () => void }[] = [];
  const lists =
    options.listFolder === undefined
      ? undefined
      : createDialerLists(
          {
            ...{ store, leases: own.leases, owner: 'test', isDeadOwner: () => false, profiles: () => shippedProfiles },
            ...{ wake: (campaign: string) => fake.control.wake(campaign), timers: systemTimers, log, meter: silentMeter },
          },
          { ...dialerListsDefaults, folder: options.listFolder, bytesMax: 8 * 1024 * 1024 },
        );
  const side = createDialerSide(
    {
      lists,
      dialer: { control: fake.control, store, profiles: () => shippedProfiles, checkStart: () => Promise.resolve(start.problems) },
      engine: options.engine ?? { isOwner: () => true, view: () => desk.state },
      permit: createPermit(access.entry),
      ...access.entry,
      timers: { nowMs, after: (delayMs, run) => afterBy(timers, nowMs() + delayMs, run) },
      log,
    },
    { allow: options.allow ?? [], proxyHeader: options.proxy?.header ?? '', zone: 'UTC' },
  );
  const dialer = options.isOff ? { bodies: [], routes: createNoDialer() } : { bodies: [side.bodies], routes: side.routes };
  const app = createApp({
    doors: [],
    bodies: dialer.bodies,
    routes: [...(options.routes ?? []), access.recorded, dialer.routes, access.routes],
    log,
    meter: silentMeter,
  });
  const server = createHttpServer(app, httpServerDefaults, isUpload);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const root = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

  /** Paths with `/dialer` at their begin are those of the own API, others stand at the root. */
  async function ask(method: string, path: string, body?: unknown, who = 'boss', headers: Readonly<Record<string, string>> = {}) {
    const authorization = { authorization: `Basic ${Buffer.from(`${who}:${who}-pass`).toString('base64')}` };
    const answer = await fetch(root + (path.startsWith('/dialer') ? '/api/v1' : '') + path, {
      method,
      headers: { ...(who === '' ? {} : authorization), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: bodyOf(text), text, headers: answer.headers } satisfies Answered;
  }

  return {
    ...{ ask, root, own, store: own.dialer, fake, says: fake.says, asked: fake.asked, database, start, clock, desk, logged, side },
    get: (path: string, who?: string) => ask('GET', path, undefined, who),
    post: (path: string, body?: unknown, who?: string) => ask('POST', path, body, who),
    /** what is due until then happens */
    async turn(ms: number): Promise<void> {
      clock.nowMs += ms;
      for (const timer of timers.splice(0).sort((a, b) => a.atMs - b.atMs))
        if (timer.atMs <= clock.nowMs) timer.run();
        else timers.push(timer);
      await new Promise((resolve) => setImmediate(resolve));
    },
    /** A campaign with rules of its own. */
    async campaign(id: string, rules: object = {}): Promise<Campaign> {
      const { status, text } = await ask('POST', '/dialer/campaigns', { id, ...plainRules, ...rules });
      if (status !== 201) throw new Error(text);
      const made = await own.dialer.campaign(id);
      if (!made) throw new Error(id);
      return made;
    },
    close: async () => {
      side.close();
      await lists?.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await own.close();
    },
  };
}

export type DialerApi = Awaited<ReturnType<typeof startDialerApi>>;

export const plainRules = { mode: 'PROGRESSIVE', profile: 'reference', queue: 'sales', gateways: ['trunk1'], caller_ids: ['+4930123456'] };

/** A contact as the campaign manager sends it. */
export const ivrContact = (id: string, more: object = {}) => ({
  ...{
    id,
    customer_number: '+4915112345678',
    campaign_type: 'IVR',
    gateway_id: 'gw-1',
    campaign_id: 'c1',
    campaign_contact_id: `cc-${id}`,
  },
  ...more,
});
export const agentContact = (id: string, more: object = {}) =>
  ivrContact(id, { campaign_type: 'AGENT', dialing_mode: 'PROGRESSIVE', routing_mode: 'QUEUE', queue_name: 'sales', ...more });

function bodyOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

function afterBy(timers: { readonly atMs: number; readonly run: () => void }[], atMs: number, run: () => void): () => void {
  const timer = { atMs, run };
  timers.push(timer);
  return () => {
    const at = timers.indexOf(timer);
    if (at >= 0) timers.splice(at, 1);
  };
}

/** Every question fails as it does while the database is away. */
const failing = (store: DialerStore, isDown: () => boolean): DialerStore =>
  new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown =>
        isDown() ? Promise.reject(new TandemError('TDM_STORE_DOWN', ['test'])) : (value.apply(target, args) as unknown);
    },
  });

/** A request with headers that `fetch` does not send. */
export function rawRequest(
  root: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): Promise<{ readonly status: number; readonly text: string }> {
  const { hostname, port } = new URL(root);
  return new Promise((resolve, reject) => {
    const req = request({ hostname, port, method, path, headers }, (res) => {
      let text = '';
      res.on('data', (chunk) => (text += String(chunk)));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
    });
    req.on('error', reject);
    req.end(body);
  });
}
