/** The HTTP side put together: login once for all doors, the two compatible doors, health, admin. */
import type { Server } from 'node:http';
import type { RecordCommand } from '../core/access-ports.js';
import { createAddressList } from '../core/address-list.js';
import { createLockout } from '../core/cluster/lockout.js';
import { createMinuteLimit, createReplayCache } from '../core/cluster/limits.js';
import { signatureSkewMsMax } from '../core/cluster/signature.js';
import { shippedProfiles } from '../core/dialer/compliance/profiles.js';
import type { ApiUser, Containers, Log, PeerClient } from '../core/ports.js';
import { createFronter, fronterDefaults } from '../core/services/fronter.js';
import { createLeadInfo, leadInfoDefaults } from '../core/services/lead-info.js';
import { createLogin, loginDefaults } from '../core/services/login.js';
import type { Store } from '../sql/store.js';
import { createAddressRules, createClientAddress } from './addresses.js';
import { createAccessSide } from './access-side.js';
import { createApp, createHttpServer, httpServerDefaults } from './app.js';
import type { Callcenter } from './callcenter.js';
import type { Config } from './config.js';
import { createDialerLists, dialerListsDefaults, type DialerLists } from './dialer-lists.js';
import { createDialerSide, type DialerFace } from './dialer-side.js';
import { bodyDefaults } from './form-body.js';
import type { FeedSide } from './feed-side.js';
import { gatherApiLog } from './gathered-log.js';
import type { Health } from './health.js';
import type { Metrics } from './metrics.js';
import { packageVersion } from './package-files.js';
import { createProvisioningStore } from './provisioning-store.js';
import { createPasswordHasher } from './password-hasher.js';
import { createMiSide } from './mi-side.js';
import { isDeadOwner, ownerName } from './owner-name.js';
import { createAdminRoutes } from './routes/admin.js';
import { createAgentApi } from './routes/agent-api.js';
import { createCallcenterRoutes } from './routes/callcenter.js';
import { createNoDialer } from './routes/dialer/api.js';
import { isUpload } from './routes/dialer/uploads.js';
import { createFeedApi, type FeedApiDeps } from './routes/feed-api.js';
import { createCrmRoutes, createNoCrm, type CrmFace } from './routes/crm.js';
import { createHealthRoutes } from './routes/health.js';
import { createNonAgentApi } from './routes/non-agent-api.js';
import { createPermit, type Permit } from './routes/permission.js';
import { createPages } from './routes/pages.js';
import { createQueueApi, type QueueApiDeps } from './routes/queue-api.js';
import { resolveSecret } from './secret-reference.js';
import { createSecrets, nodeDigests } from './secrets.js';
import { systemTimers } from './timers.js';
import { readWebFiles } from './web-files.js';

export interface ApiDeps {
  readonly config: Config;
  readonly store: Store;
  readonly peers: PeerClient;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly reload: () => Promise<readonly string[]>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** undefined: this process runs no queue engine, and its API has no queues */
  readonly queues?: QueueSide | undefined;
  /** undefined: this process dials no campaigns, and says so */
  readonly dialer?: DialerFace | undefined;
  /** undefined: it has no CRM connector, and says so */
  readonly crm?: CrmFace | undefined;
  /** undefined: as above; no agent's page shows a call card */
  readonly cards?: QueueApiDeps['cards'];
}

/** The queue engine as the API wants it. */
export interface QueueSide extends Pick<QueueApiDeps, 'engine' | 'ports' | 'newId' | 'provisioning'> {
  readonly callcenter: Pick<Callcenter, 'commands'>;
  readonly events: FeedSide;
  readonly statistics: NonNullable<QueueApiDeps['statistics']>;
  /** commands of other doors that change something are written down */
  readonly record: RecordCommand;
  /** give what is provisioned to the engine, see `createQueueConfigs` */
  reload(): Promise<void>;
}

export interface HttpSide {
  /** not listening yet */
  readonly server: Server;
  /** who may do what; for doors that are not HTTP too */
  readonly permit: Permit;
}

/** The server with every door. */
export function createHttpSide(deps: ApiDeps): HttpSide {
  const { config, store, log, metrics: meter } = deps;
  const nowMs = Date.now;
  const clientAddress = createClientAddress({ header: config.proxyHeader, proxies: config.trustedProxies });
  const requests = createMinuteLimit();
  const login = createLogin(
    {
      users: store.users,
      settings: store.settings,
      secrets: createSecrets(nowMs),
      digests: nodeDigests,
      addresses: createAddressRules(config.trustedPeers),
      lockout: createLockout(),
      badLogins: createMinuteLimit(),
      replays: createReplayCache(2 * signatureSkewMsMax),
      signingSecret: signingSecret(store.containers, deps.env),
      meter,
      log,
      nowMs,
    },
    { ...loginDefaults, signedOnlyPeers: [...config.signedOnlyPeers] },
  );
  const apiLog = gatherApiLog(store.apiLog);
  const shared = { ...store, apiLog, agents: store.liveAgents, peers: deps.peers, login, requests, meter, log, nowMs };
  const leadInfo = createLeadInfo(
    { ...shared, misses: createMinuteLimit(), version: { ...ownVersion(), zone: config.zone } },
    {
      ...leadInfoDefaults,
      windowS: config.codeWindowS,
      requestsPerUserMinuteMax: config.apiUserRequestsPerMinute,
      missesPerMinuteMax: config.apiMissesPerMinute,
      logLeadData: config.logLeadData,
    },
  );
  const fronter = createFronter(shared, {
    ...fronterDefaults,
    connectMsMax: config.lookupConnectMsMax,
    requestMsMax: config.lookupMsMax,
    requestsPerUserMinuteMax: config.apiUserRequestsPerMinute,
  });
  const door = { meter, log, nowMs, clientAddress };
  const { entry, recorded, routes } = createAccessSide(
    {
      store: store.access,
      users: store.users,
      login,
      addressOf: clientAddress,
      provisioning: createProvisioningStore(store),
      hasher: createPasswordHasher(),
      zone: config.zone,
      nowMs,
      log,
    },
    { origins: config.access.origins, isSecure: config.access.isCookieSecure, streamsPerUserMax: config.access.streamsPerUserMax },
  );
  const mi = deps.queues && createMiSide({ ...door, ...miDeps(deps, deps.queues, createPermit(entry)) });
  const lists = deps.dialer && openLists(deps, deps.dialer);
  const dialer =
    deps.dialer &&
    createDialerSide({ ...dialerDeps(deps, deps.dialer), ...entry, permit: createPermit(entry), lists }, dialerOptions(config));
  const isAllowed = createAddressList(config.http.allow, 'HTTP allowed addresses');
  const app = createApp({
    doors: [
      createNonAgentApi({ ...door, leadInfo }, { paths: config.apiPaths, body: bodyDefaults }),
      createAgentApi({ ...door, fronter }, { paths: config.agentApiPaths, body: bodyDefaults }),
      ...(mi ? [mi.door] : []),
    ],
    bodies: dialer ? [dialer.bodies] : [],
    routes: [
      createHealthRoutes(deps),
      recorded,
      dialer?.routes ?? createNoDialer(),
      createPages(readWebFiles()),
      ...(deps.queues ? [createQueueApi({ ...queueApiDeps(deps, deps.queues), ...entry })] : []),
      ...(deps.queues
        ? [createCallcenterRoutes({ ...deps.queues.callcenter, permit: createPermit(entry), addressOf: clientAddress })]
        : []),
      ...(deps.queues ? [createFeedApi({ ...entry, ...feedDeps(deps, deps.queues) })] : []),
      routes,
      deps.crm ? createCrmRoutes({ ...entry, crm: deps.crm, nowMs: () => systemTimers.nowMs() }) : createNoCrm(),
      createAdminRoutes({ ...entry, reload: deps.reload }),
    ],
    isAllowed: (address) => isAllowed(address ?? ''),
    log,
    meter,
  });
  const server = createHttpServer(app, { ...httpServerDefaults, connectionsMax: config.http.connectionsMax }, isUpload);
  server.on('close', () => {
    apiLog.flush();
    mi?.close();
    dialer?.close();
    void lists?.close();
  });
  return { server, permit: createPermit(entry) };
}

function miDeps({ config }: ApiDeps, queues: QueueSide, permit: Permit) {
  const { engine, record } = queues;
  return { config: config.opensips, engine, permit, record, reload: () => queues.reload(), nowMs: () => systemTimers.nowMs() };
}

const dialerDeps = ({ queues, log }: ApiDeps, dialer: DialerFace) => ({ dialer, engine: queues?.engine, timers: systemTimers, log });
const dialerOptions = ({ dialer, proxyHeader, zone }: Config) => ({ allow: dialer.allow, proxyHeader, zone });

/** Loads go on from here on, also those of an earlier life of the process. */
function openLists({ config, store, metrics: meter, log }: ApiDeps, { store: dialer, control, profiles }: DialerFace): DialerLists {
  const lists = createDialerLists(
    {
      store: dialer,
      leases: store.leases,
      owner: ownerName(),
      isDeadOwner,
      profiles: () => profiles?.() ?? shippedProfiles,
      wake: (campaign) => control.wake(campaign),
      timers: systemTimers,
      log,
      meter,
    },
    { ...dialerListsDefaults, ...config.dialer.lists },
  );
  lists.start();
  return lists;
}

function feedDeps({ log }: ApiDeps, { engine, events, newId }: QueueSide): Omit<FeedApiDeps, 'login' | 'addressOf'> {
  return { ...events, engine, newId, nowMs: () => systemTimers.nowMs(), log };
}

function queueApiDeps({ config, store, log, cards }: ApiDeps, queues: QueueSide): Omit<QueueApiDeps, 'login' | 'addressOf'> {
  const { engine, ports, provisioning } = queues;
  // the engine's clock, so that nobody has waited less than nothing
  const { messageFolder } = config.queues;
  const desk = { leads: store.leads, transferContext: config.queues.transferContext };
  return {
    engine,
    ports,
    desk,
    cards,
    messageFolder,
    newId: () => queues.newId(),
    provisioning,
    nowMs: () => systemTimers.nowMs(),
    log,
    segments: store.segmentPages,
    statistics: queues.statistics,
    today: queues.statistics.today,
  };
}

/** Both sides of a signed link share one secret: the peer's `pass`, which is never sent. */
function signingSecret(containers: Containers, env: ApiDeps['env']) {
  return async (user: ApiUser): Promise<string | undefined> => {
    const profile = user.account ? (await containers.find(user.account.peerId))?.profile : undefined;
    return profile?.pass ? resolveSecret(profile.pass, env) : undefined;
  };
}

function ownVersion(): { readonly version: string; readonly build: string } {
  return { version: `tandem-${packageVersion()}`, build: 'tandem' };
}
