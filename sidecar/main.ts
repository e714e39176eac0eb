/**
 * The composition root: settings, store, services, doors, links, in the order of H25. Start: migrate, provision,
 * listen, then say ready. Stop: not ready, no new calls, let calls finish, close in reverse order.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAgiServer, agiServerDefaults, type AgiServer } from '../agi/server.js';
import { TandemError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import type { After } from '../core/services/deadline.js';
import { createLookupInsert } from '../core/services/lookup-insert.js';
import { createPeerLevels } from '../core/services/peer-levels.js';
import { createClock } from '../esl-outbound/clock.js';
import { createEslServer, type EslServer } from '../esl-outbound/server.js';
import type { Store } from '../sql/store.js';
import { createHttpSide } from './api.js';
import { openCallcenter } from './callcenter.js';
import { createCommandAudit } from './command-audit.js';
import { createApplications } from './applications.js';
import { openConfiguredStore } from './commands/context.js';
import type { Config } from './config.js';
import { openCrm } from './crm/side.js';
import { scheduleRetention } from './cron.js';
import { openConfiguredDialer, readProfiles } from './dialer-configured.js';
import { openEventSocket } from './event-socket/side.js';
import { createHealth } from './health.js';
import { openLinks } from './links.js';
import { createMetrics, type Metrics } from './metrics.js';
import { createPeerClient } from './peer-client.js';
import { createProvisioningStore } from './provisioning-store.js';
import { applyFile, type ApplyOptions } from './provision.js';
import { oneAtATime } from './one-at-a-time.js';
import { packageVersion } from './package-files.js';
import { createPasswordHasher } from './password-hasher.js';
import { prepare } from './preparation.js';
import { openQueueProvisioning } from './queue-provisioning.js';
import { openQueues } from './queues.js';
import { systemTimers } from './timers.js';
import { openToll } from './toll-side.js';

export interface Ports {
  readonly http: number;
  /** where it is on */
  readonly eventSocket?: number;
  /** where it is on */
  readonly crm?: number;
  readonly agi: number;
  readonly esl: number;
}

export interface Running {
  readonly ports: Ports;
  readonly store: Store;
  /** tables and provisioning are there; rejects with what only a human can mend */
  readonly settled: Promise<void>;
  /** calls being served now */
  sessions(): { readonly agi: number; readonly esl: number };
  /** Apply the provisioning file again; the lines say what changed. */
  reload(): Promise<readonly string[]>;
  /** Orderly stop: resolves when everything is closed; calls may finish for `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

export interface MainOptions {
  readonly config: Config;
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export async function startTandem({ config, log, env }: MainOptions): Promise<Running> {
  const metrics = createMetrics();
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.reverse()) await close();
    closers.length = 0;
  };
  try {
    return await open({ config, log, env }, metrics, closers, closeAll);
  } catch (e) {
    await closeAll(); // what was opened before the failure must not keep the process alive
    throw e;
  }
}

async function open(
  { config, log, env }: MainOptions,
  metrics: Metrics,
  closers: (() => Promise<void> | void)[],
  closeAll: () => Promise<void>,
): Promise<Running> {
  const health = createHealth();
  const store = await openConfiguredStore(config, log, metrics);
  closers.push(() => store.close());
  health.add('database', () => store.ping().then(() => ({ name: 'database', state: 'up', reason: '' })));
  const preparation = await prepare(
    async () => {
      await store.migrate();
      await store.opensipsViews.renew(config.opensips.views);
      if (config.provision !== undefined) await provision(store, { config, log, env });
    },
    { log, timers: systemTimers },
  );
  closers.push(() => preparation.stop());
  health.add('tables', () => preparation.check());

  const after: After = (delayMs, run) => systemTimers.after(delayMs, run);
  const peers = createPeerClient({ nowMs: Date.now, env });
  closers.push(() => peers.close());
  const peerLevels = createPeerLevels({ peers, log, nowMs: Date.now }, { connectMsMax: config.lookupConnectMsMax });
  const lookup = createLookupInsert(
    { ...store, peers, peerLevels, log, meter: metrics, nowMs: Date.now, after, zone: config.zone },
    {
      connectMsMax: config.lookupConnectMsMax,
      requestMsMax: config.lookupMsMax,
      windowMs: config.handoverWindowS * 1000,
      internalErrorExit: config.lookupFailExit,
      wrongTrunkExit: config.lookupWrongTrunkExit,
      keepEntryListId: config.keepEntryListId,
      serverIp: config.serverIp,
    },
  );
  const links = openLinks(config, { log, meter: metrics, health });
  closers.push(() => links.close());
  const tools = { links, health, timers: systemTimers, monoMs: () => performance.now(), log, meter: metrics };
  const toll = openToll({ ...tools, config: config.toll, store, desk: { note: (news) => queues.desk.note(news) } });
  const queues = openQueues({ ...tools, config, store, tollLegs: toll.legs });
  for (const one of [toll.days, queues]) closers.push(() => one.stop());
  const record = createCommandAudit({ audit: store.access.audit, nowMs: Date.now });
  const provisioning = openQueueProvisioning({ config, store, queues, log });
  const callcenter = openCallcenter(
    { ...queues, links, provisioning, reload: () => queues.reload(), record, timers: systemTimers, log },
    config.callcenter,
  );
  closers.push(() => callcenter.close());
  const dialer = openConfiguredDialer({
    ...tools,
    ...{ engine: queues.engine, desk: queues.desk, store, toll: toll.gate },
    config: config.dialer,
  });
  closers.push(() => dialer?.stop());
  const crm = openCrm({ ...tools, config: config.crm, env, store, queues, onOriginate: dialer?.onOriginate, toll: toll.gate });
  closers.push(() => crm?.stop());
  links.start();
  const reload = oneAtATime(async () => {
    queues.statistics.reopen(); // whoever turns logs says so by SIGHUP
    const lines = await provision(store, { config, log, env });
    await queues.reload();
    await dialer?.reload();
    return lines;
  });
  const applications = createApplications(
    {
      ...store,
      lookup,
      log,
      meter: metrics,
      nowMs: () => systemTimers.nowMs(),
      after,
      zone: config.zone,
      queueDoors: queues.doors,
      tracked: callcenter.tracked,
      dialerDoor: dialer?.door,
      more: crm?.applications,
    },
    {
      serverIp: config.serverIp,
      silence: config.lookupSilence,
      failExit: config.lookupFailExit,
      codeWindowMs: config.codeWindowS * 1000,
    },
  );

  const cron = scheduleRetention(store, log);
  closers.push(() => cron.close());

  const agi = createAgiServer(
    {
      ...agiServerDefaults,
      host: config.agi.host,
      port: config.agi.port,
      allow: config.agi.allow,
      sessionsMax: config.agi.sessionsMax,
      commandBytesMax: config.agi.lineBytesMax,
    },
    applications.agi,
    { log, meter: metrics },
  );
  const esl = createEslServer(config.esl, applications.esl, { log, meter: metrics, clock: createClock(() => systemTimers.nowMs()) });
  const side = createHttpSide({
    config,
    store,
    peers,
    health,
    metrics,
    log,
    reload,
    env,
    queues: { ...queues, provisioning, callcenter, record },
    dialer,
    crm: crm?.face,
    cards: crm?.cards,
  });
  const http = side.server;
  const eventSocket = openEventSocket(config, {
    instance: config.callcenter.instance,
    engine: queues.engine,
    callcenter,
    permit: side.permit,
    record,
    reload: () => queues.reload(),
    timers: systemTimers,
    version: packageVersion(),
    log,
    meter: metrics,
  });
  const doors = doorsOf(agi, esl, http);
  closers.push(() => doors.close(0));
  queues.onOwned(() => eventSocket?.owned());
  closers.push(() => eventSocket?.close());
  // Callers find the queues taken when they come. While the database is away they are taken as soon as it answers.
  const counted = preparation.done.then(() => toll.days.start());
  const taken = counted.then(() => Promise.all([queues.start().then(() => crm?.start()), dialer?.start()]));
  taken.catch(() => undefined); // told by `settled`
  if (preparation.check().state === 'up') await taken;
  const ports = {
    agi: await agi.listen(),
    esl: await esl.listen(),
    http: await listenHttp(http, config.http),
    ...(eventSocket && { eventSocket: await eventSocket.listen() }),
    ...(crm && { crm: await crm.listen() }),
  };
  log.info({ ...ports, zone: config.zone }, 'doors open');

  return {
    ports,
    store,
    settled: preparation.done,
    sessions: () => ({ agi: agi.sessions(), esl: esl.sessions() }),
    reload,
    async stop(graceMs) {
      health.stop('stopping');
      log.info({ graceMs, agi: agi.sessions(), esl: esl.sessions() }, 'stopping: no new calls, running ones may finish');
      // Who waits in a queue would not finish: the dialplan leads him back to the same place, here or elsewhere.
      await dialer?.stop();
      await crm?.release();
      await queues.stop();
      await doors.close(graceMs);
      await closeAll();
      log.info({}, 'stopped');
    },
  };
}

async function provision(store: Store, { config, log, env }: MainOptions): Promise<readonly string[]> {
  if (config.provision === undefined) throw new TandemError('TDM_BAD_SETTING', ['provision', 'is not set, so there is nothing to reload']);
  const { lines } = await applyFile(config.provision, applyOptions(store, config, env));
  log.info({ file: config.provision, changes: lines.length }, 'provisioning applied');
  return lines;
}

function applyOptions(store: Store, config: Config, env: MainOptions['env']): ApplyOptions {
  return {
    store: createProvisioningStore(store),
    dialer: { store: store.dialer, profiles: () => readProfiles(config.dialer.profilesFile) },
    hasher: createPasswordHasher(),
    ...{ nowMs: Date.now(), zone: config.zone, dryRun: false },
    allowDefaultSecrets: config.allowDefaultSecrets,
    env,
  };
}

/** Calls first, HTTP last: a peer or a supervisor may ask while calls finish. */
function doorsOf(agi: AgiServer, esl: EslServer, http: Server) {
  return {
    async close(graceMs: number): Promise<void> {
      await Promise.all([agi.close(graceMs), esl.close(graceMs)]);
      if (!http.listening) return;
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      http.closeIdleConnections();
      const cut = setTimeout(() => http.closeAllConnections(), httpCloseMsMax);
      await closed;
      clearTimeout(cut);
    },
  };
}

/** requests that are being answered when the doors close */
const httpCloseMsMax = 1000;

function listenHttp(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (e: Error) =>
      reject(new TandemError('TDM_BAD_SETTING', ['HTTP address', `${host}:${String(port)}: ${e.message}`], { cause: e }));
    server.once('error', refuse);
    server.listen({ host, port }, () => {
      server.off('error', refuse);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
