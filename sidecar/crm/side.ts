/** The CRM connector put together: journal, deliveries, doors (crm-vtiger 1). Absent without `TANDEM_CRM_FILE`. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAddressList } from '../../core/address-list.js';
import type { CallApplication } from '../../core/call.js';
import type { CrmBinding } from '../../core/crm/binding.js';
import type { CrmSwitch } from '../../core/crm-ports.js';
import { TandemError } from '../../core/errors.js';
import type { JournalEvent } from '../../core/journal/events.js';
import { createRoles } from '../../core/journal/roles.js';
import type { Log, Meter } from '../../core/ports.js';
import { createCallCards, type CallCards } from '../../core/services/call-card.js';
import { callNewsLane } from '../../core/services/call-news-teller.js';
import { createCrmJournal } from '../../core/services/crm-journal.js';
import { guardCrmSwitch } from '../../core/services/toll-ports.js';
import type { TollGate } from '../../core/services/toll-gate.js';
import type { RunningJournal } from '../../core/services/crm-journal.js';
import type { Store } from '../../sql/store.js';
import { createClientAddress } from '../addresses.js';
import { createHttpServer } from '../app.js';
import { createCommandAudit } from '../command-audit.js';
import type { CrmConfig } from '../config-crm.js';
import type { Health } from '../health.js';
import type { Links } from '../links.js';
import { packageVersion } from '../package-files.js';
import type { Queues } from '../queues.js';
import type { CrmFace } from '../routes/crm.js';
import type { Timers } from '../timers.js';
import { readCrmFile } from './file.js';
import { createGuard } from './guard.js';
import { createCrmListener, listenerDefaults } from './listener.js';
import type { CrmHealth } from './listener.js';
import { openBinding, responsibleApplication } from './parts.js';
import type { BindingParts } from './parts.js';
import { tellOwnCalls, type OwnCallsDeps } from './own-calls.js';
import { agentsByExtension, createCustomers, openCallNews } from './call-news.js';
import { openRecordings } from './recording-side.js';
import { createOwnedCrm } from './owned.js';
import { startPruning } from './prune.js';
import { createCrmRequests } from './requests.js';
import { openCrmSwitches } from './switches.js';

export interface CrmSideDeps {
  readonly config: CrmConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly store: Pick<Store, 'crm' | 'access'>;
  readonly links: Pick<Links, 'ami' | 'esl'>;
  /** the own queues: whose telephone is rung for whom; their owner is the one that tells the CRMs */
  readonly queues: Pick<Queues, 'onOwned' | 'onLost'> &
    Partial<Pick<Queues, 'desk' | 'events'>> & { readonly engine: OwnCallsDeps['engine'] };
  /** the dialer's orders, where this process dials */
  readonly onOriginate?: OwnCallsDeps['onOriginate'];
  /** caps against toll fraud on clicks; absent: none */
  readonly toll?: TollGate;
  readonly health: Health;
  readonly timers: Timers;
  readonly log: Log;
  readonly meter: Meter;
}

export interface CrmSide {
  /** for the doors of calls */
  readonly applications: Readonly<Record<string, CallApplication>>;
  /** for the pages of agents */
  readonly cards: CallCards;
  /** for the own API */
  readonly face: CrmFace;
  /** Resolves when journal and deliveries have begun, or another process has them. */
  start(): Promise<void>;
  listen(): Promise<number>;
  /** Journal and deliveries end, for another process to go on with; the doors stay open. */
  release(): Promise<void>;
  stop(): Promise<void>;
}

/** Throws TDM_BAD_FILE with every problem of the file. */
export function openCrm(deps: CrmSideDeps): CrmSide | undefined {
  if (deps.config.file === undefined) return undefined;
  const file = readCrmFile(deps.config.file, deps.env);
  for (const warning of file.warnings) deps.log.warn({}, warning);
  const { crm: bindings } = file;
  const { timers, log, meter, store } = deps;
  const nowMs = (): number => timers.nowMs();
  const after = (ms: number, run: () => void): (() => void) => timers.after(ms, run);

  const parts = bindings.map((binding) =>
    openBinding(binding, { store: store.crm, liveCalls: () => journal.openCalls().map(({ id }) => id), timers, log, meter }),
  );
  const partOf = new Map(parts.map((part) => [part.binding.name, part]));
  const roles = createRoles(
    bindings.map(({ extensions }) => extensions),
    bindings.flatMap((b) => b.trunk_endpoints),
  );
  const customers = createCustomers(parts);
  const { desk, events, engine } = deps.queues;
  const news = desk && events && openCallNews({ store: store.crm, desk, feed: events.feed, engine, roles, customers, timers, log });
  const journal: RunningJournal = createCrmJournal({
    store: store.crm,
    roles,
    systemOf: (name) => name,
    tellers: [...parts.flatMap(({ teller }) => teller ?? []), ...(news ? [news.teller] : [])],
    onStored: (names) => {
      for (const name of names) partOf.get(name)?.delivery?.wake();
      if (names.has(callNewsLane)) news?.wake();
    },
    nowMs,
    after,
    log,
    meter,
  });

  const capped = (port: CrmSwitch): CrmSwitch => (deps.toll ? guardCrmSwitch(port, deps.toll, nowMs) : port);
  const switches = openCrmSwitches(deps.links, { timers, log }, capped);
  const requests = createCrmRequests({ journal, switches: switches.byName, systemOf: (name) => name, nowMs, after });
  const record = createCommandAudit({ audit: store.access.audit, nowMs });
  const sounds = openRecordings({ file, journal, store: store.crm, record, timers, log, meter });
  const server = createHttpServer(
    createCrmListener(
      {
        bindings,
        guard: createGuard(bindings, nowMs),
        requests,
        recordings: sounds.recordings,
        record,
        health: (binding) => healthOf(deps, partOf.get(binding.name)),
        addressOf: createClientAddress({ header: 'x-forwarded-for', proxies: file.trusted_proxies }),
        isOnAllowList: allowLists(bindings),
        timers,
        log,
        meter,
      },
      { ...listenerDefaults, streamsMax: file.streams_max },
    ),
  );
  const running: (() => void)[] = [];
  const owned = createOwnedCrm({
    async begin(fence) {
      const reading = journal.start([...switches.byName.keys()], fence);
      running.push(...switches.feed(journal)); // what comes while it reads waits for it
      await reading;
      for (const { delivery } of parts) delivery?.start();
      await news?.start();
      running.push(startPruning({ store: store.crm, timers, log }, { callsDays: file.calls_days, isRemoving: sounds.isRemoving }));
      running.push(sounds.startRetention());
    },
    async end() {
      for (const stop of running.splice(0)) stop();
      // nothing more is sent from here on, however long the database takes for the journal
      const stopped = Promise.all(parts.map(async ({ delivery }) => delivery?.stop()));
      await journal.stop();
      news?.stop();
      await stopped;
    },
    timers,
    log,
  });
  const stops: (() => void)[] = [];
  deps.queues.onOwned((fence) => owned.owned(fence));
  deps.queues.onLost(() => owned.lost());
  deps.health.add('crm', () => {
    const away = parts
      .filter(({ delivery }) => ['down', 'auth', 'gone'].includes(delivery?.state().state ?? ''))
      .map(({ binding }) => binding.name);
    return {
      name: 'crm',
      state: away.length === 0 ? 'up' : 'degraded',
      reason: away.length === 0 ? '' : `not reached: ${away.join(', ')}`,
    };
  });
  const isAsterisk = (name: string): boolean => deps.links.ami.has(name);
  const tell = (event: JournalEvent): void => journal.tell(event);
  const onLost = (listener: () => void): void => deps.queues.onLost(listener);
  stops.push(tellOwnCalls({ engine: deps.queues.engine, onLost, onOriginate: deps.onOriginate, isAsterisk, roles, nowMs, tell }));

  const release = (): Promise<void> => {
    owned.lost();
    return owned.settled();
  };

  const agentOf = agentsByExtension(engine, roles);
  return {
    applications: { responsible: responsibleApplication(parts, log) },
    cards: createCallCards({ journal, store: store.crm, agentOf, find: (number) => customers.find(number), nowMs }),
    face: {
      store: store.crm,
      bindings: parts.map(({ binding: { name, dialect }, delivery }) => ({ name, dialect, delivery })),
      isOwner: () => owned.isOwned(),
    },
    start: () => owned.settled(),
    listen: () => listen(server, deps.config),
    release,
    async stop() {
      for (const stop of stops) stop();
      requests.close();
      await closed(server);
      await release();
      await Promise.all(parts.map((part) => part.close()));
    },
  };
}

async function healthOf(deps: CrmSideDeps, part: BindingParts | undefined): Promise<CrmHealth> {
  const { store, timers, links } = deps;
  const nowMs = timers.nowMs();
  const status = [...links.ami.values(), ...links.esl.values()].map((link) => link.status());
  const worst = status.find(({ state }) => state !== 'up') ?? status[0];
  const state = part?.delivery?.state().state ?? 'unknown';
  const counts = await store.crm.counts(part?.binding.name ?? '').catch(() => undefined);
  const crm = state === 'auth' || state === 'gone' ? 'down' : state;
  const ami = worst?.state === 'up' ? 'up' : 'down';
  return {
    status: ami === 'up' && crm !== 'down' && counts !== undefined ? 'ok' : 'degraded',
    ami,
    amiSince: worst && new Date(worst.sinceMs).toISOString(),
    crm,
    outbox: {
      pending: counts?.pending ?? 0,
      oldestSec: counts?.oldestMs === undefined ? 0 : Math.max(0, Math.floor((nowMs - counts.oldestMs) / 1000)),
      dead: counts?.dead ?? 0,
    },
    version: packageVersion(),
  };
}

function allowLists(bindings: readonly CrmBinding[]): (binding: CrmBinding, address: string | undefined) => boolean {
  const lists = new Map(
    bindings
      .filter(({ recordings }) => recordings.allow.length > 0)
      .map(({ name, recordings }) => [name, createAddressList(recordings.allow, 'recordings.allow')]),
  );
  return (binding, address) => address !== undefined && lists.get(binding.name)?.(address) === true;
}

function listen(server: Server, { host, port }: CrmConfig): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new TandemError('TDM_BAD_SETTING', ['CRM address', `${host}:${String(port)}: ${error.message}`], { cause: error })),
    );
    server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Answers under way may be finished, for a moment. */
const closeMsMax = 1_000;

async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  const over = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), closeMsMax);
  await over;
  clearTimeout(cut);
}
