/** The store: all ports of the core that need a database, behind one URL. */
import type { FencedAcdStore, Leases } from '../core/acd-ports.js';
import type { CrmStore } from '../core/crm-ports.js';
import type { DialerStore } from '../core/dialer-ports.js';
import type { EventStore } from '../core/feed-ports.js';
import type { TollDayStore } from '../core/toll-ports.js';
import type { WebhookStore } from '../core/webhook-ports.js';
import { TandemError } from '../core/errors.js';
import type {
  ApiLog,
  CallProofs,
  Containers,
  Handovers,
  Leads,
  Lists,
  LiveAgents,
  Log,
  Menus,
  Meter,
  Settings,
  UrlLog,
  Users,
} from '../core/ports.js';
import type { ReportStore } from '../core/report-ports.js';
import type { SegmentPages } from '../core/segment-ports.js';
import { instantOf, isZone } from '../core/time.js';
import { createAccessStore } from './access-store.js';
import type { AccessStore } from './access-store.js';
import { createAcdStore } from './acd.js';
import { createAcdConfigs } from './acd-configs.js';
import type { StoredAcdConfigs } from './acd-configs.js';
import { createColumns } from './columns.js';
import { createCrmStore } from './crm.js';
import { createContainers } from './containers.js';
import { text } from './db.js';
import type { Db } from './db.js';
import { createDialerStore } from './dialer.js';
import type { Failure } from './failure.js';
import { createEventStore } from './events.js';
import { createHandovers } from './handovers.js';
import { createLeads } from './leads.js';
import { createLeases } from './leases.js';
import { createLists } from './lists.js';
import { createLiveAgents } from './live-agents.js';
import { createLocalClock } from './local-clock.js';
import { createLogWriter } from './log-writer.js';
import { createMenus } from './menus.js';
import { isMigrated, migrate } from './migrate.js';
import type { Migrated } from './migrate.js';
import { openMysql } from './mysql.js';
import { createOpensipsViews } from './opensips-views.js';
import type { OpensipsViews } from './opensips-views.js';
import { createProofs } from './proofs.js';
import { createProvisioning } from './provisioning.js';
import { createSegmentPages } from './segment-pages.js';
import type { Provisioning } from './provisioning.js';
import { retentionDefaults, runRetention } from './retention.js';
import type { RetentionResult } from './retention.js';
import { createReportStore } from './reports.js';
import { createSettings } from './settings.js';
import { openSqlite } from './sqlite.js';
import { parseDatabaseUrl } from './url.js';
import { createTollDayStore } from './toll-days.js';
import { createUsers } from './users.js';
import { createWebhookStore } from './webhooks.js';

export const storeDefaults = {
  /** one statement; the server ends it too */
  statementMsMax: 2_500,
  /** waiting for a free connection, or for the turn on SQLite */
  acquireMsMax: 2_000,
  /** connections per server */
  poolSize: 10,
  /** how many may wait for a connection */
  waitersMax: 1_000,
  /** repeating after lost conflicts and links, for work of a call */
  retryMsMax: 5_000,
  /** age of cached rows (DB-1 to DB-3: at most one second) */
  cacheMsMax: 1_000,
  /** a log write waits for its group at most */
  logWaitMsMax: 100,
  /** log rows that wait to be stored */
  logQueueMax: 10_000,
  /** storing what is queued when the process ends */
  closeMsMax: 2_000,
  ...retentionDefaults,
} as const;

export type StoreLimits = { readonly [K in keyof typeof storeDefaults]: number };

export interface StoreOptions extends Partial<StoreLimits> {
  /** `sqlite:./data/tandem.db`, `sqlite::memory:`, `mysql://user:secret@host:3306,host2:3306/db` */
  readonly url: string;
  /** IANA zone of VICIdial's DATETIME columns */
  readonly zone: string;
  /** MySQL schema of our own tables; default: the schema of the URL */
  readonly ownSchema?: string;
  readonly log: Log;
  readonly meter: Meter;
  readonly nowMs: () => number;
}

export interface Store {
  readonly users: Users;
  readonly settings: Settings;
  readonly proofs: CallProofs;
  readonly lists: Lists;
  readonly leads: Leads;
  readonly apiLog: ApiLog;
  readonly containers: Containers;
  readonly handovers: Handovers;
  readonly urlLog: UrlLog;
  readonly liveAgents: LiveAgents;
  readonly menus: Menus;
  readonly provisioning: Provisioning;
  /** state and segments of the queue engine */
  readonly acd: FencedAcdStore;
  readonly segmentPages: SegmentPages;
  readonly leases: Leases;
  /** segments for reports, and what was said of callers who were not served */
  readonly reports: ReportStore;
  /** stored events */
  readonly events: EventStore;
  readonly webhooks: WebhookStore;
  /** calls of the journal, and what CRMs are to be told */
  readonly crm: CrmStore;
  /** rights, keys and sessions of the own API, and what was done with them */
  readonly access: AccessStore;
  readonly opensipsViews: OpensipsViews;
  /** provisioned queues, agents, tiers, callers */
  readonly acdConfigs: StoredAcdConfigs;
  /** contacts, campaigns, calls, DNC and audit of the dialer */
  readonly dialer: DialerStore;
  /** what the caps against toll fraud have counted within the day */
  readonly tollDays: TollDayStore;
  /** Rejects TDM_STORE_DOWN when the database does not answer now. */
  ping(): Promise<void>;
  /** The database's own clock (its NOW(), read in the store's zone), Unix ms. */
  databaseNowMs(): Promise<number>;
  /** Our tables by numbered steps, VICIdial's only where absent. Rejects TDM_STORE_NEWER. */
  migrate(): Promise<Migrated>;
  /** True when `migrate` has nothing to do for our own tables. Changes nothing. */
  isMigrated(): Promise<boolean>;
  runRetention(nowMs: number): Promise<RetentionResult>;
  /** Stores queued log rows for at most `closeMsMax`, then closes. */
  close(): Promise<void>;
}

/** Opens nothing on MySQL until it is used, so that a process can start while its database is away. */
export async function openStore(options: StoreOptions): Promise<Store> {
  if (!isZone(options.zone)) throw new TandemError('TDM_BAD_SETTING', ['TANDEM_ZONE', `"${options.zone}" is no IANA zone`]);
  const limits: StoreLimits = { ...storeDefaults, ...withoutUndefined(options) };
  const db = await openDb(options, limits);
  return createStore(db, options, limits);
}

/** Exported for tests that bring their own `Db`. */
export function createStore(db: Db, options: StoreOptions, limits: StoreLimits): Store {
  const { nowMs, ownSchema, log, meter } = options;
  const { cacheMsMax } = limits;
  const own = ownPrefix(db, ownSchema);
  const clock = createLocalClock(options.zone);
  const columns = createColumns(db);
  const cached = { own, nowMs, cacheMsMax };
  const logs = createLogWriter(db, { clock, columns, nowMs, log, meter, waitMsMax: limits.logWaitMsMax, queueMax: limits.logQueueMax });

  const users = createUsers(db, { ...cached, clock, columns, logins: logs.logins, log });
  const settings = createSettings(db, { ...cached, clock });
  const lists = createLists(db, cached);
  const containers = createContainers(db, { ...cached, log });
  const menus = createMenus(db, cached);
  const access = createAccessStore(db, { ...cached, clock, log, meter, waitMsMax: limits.logWaitMsMax, queueMax: limits.logQueueMax });

  function forgetAll(): void {
    for (const cache of [users, settings, lists, containers, menus, access]) cache.forget();
  }

  return {
    users,
    settings,
    proofs: createProofs(db, { own, clock, columns }),
    lists,
    apiLog: logs.apiLog,
    containers,
    handovers: createHandovers(db, { own, clock, columns, nowMs }),
    urlLog: logs.urlLog,
    liveAgents: createLiveAgents(db, { clock, columns }),
    menus,
    provisioning: createProvisioning(db, { ownSchema, onWritten: forgetAll }),
    acd: createAcdStore(db, { own, log }),
    leads: createLeads(db),
    segmentPages: createSegmentPages(db, { own }),
    leases: createLeases(db, { own, nowMs }),
    reports: createReportStore(db, { own }),
    events: createEventStore(db, { own, log }),
    webhooks: createWebhookStore(db, { own }),
    crm: createCrmStore(db, { own }),
    access,
    opensipsViews: createOpensipsViews(db, { own, log }),
    acdConfigs: createAcdConfigs(db, { own, log }),
    dialer: createDialerStore(db, { own, log, nowMs }),
    tollDays: createTollDayStore(db, { own }),
    ping: () => db.ping(),
    databaseNowMs: () => databaseNowMs(db, options.zone, nowMs),
    async migrate() {
      const done = await migrate(db, { own, ownSchema, nowMs });
      columns.forget();
      forgetAll();
      return done;
    },
    isMigrated: () => isMigrated(db, { own, ownSchema }),
    runRetention: (atMs) => runRetention(db, { own, clock, log, ...limits }, atMs),
    async close() {
      await Promise.all([logs.close(limits.closeMsMax), access.close(limits.closeMsMax)]);
      await db.close();
    },
  };
}

/** The embedded database has no clock of its own. */
async function databaseNowMs(db: Db, zone: string, nowMs: () => number): Promise<number> {
  if (db.dialect === 'sqlite') return nowMs();
  const [row] = await db.all('SELECT CAST(NOW() AS CHAR) AS now_text');
  return instantOf(text(row?.['now_text']), zone) ?? nowMs();
}

async function openDb({ url, nowMs, log, meter }: StoreOptions, limits: StoreLimits): Promise<Db> {
  const target = parseDatabaseUrl(url);
  const onFailure = (failure: Failure): void => {
    meter.count('tandem_store_failures_total', { verdict: failure.verdict });
    log.debug({ reason: failure.reason, verdict: failure.verdict }, 'database failure');
  };
  if (target.dialect === 'sqlite') {
    const onCheckpointsLost = (error: unknown): void => log.warn({ error }, 'SQLite: the thread that moves the write-ahead log has ended');
    return openSqlite(target.file, { ...limits, nowMs, onFailure, onCheckpointsLost });
  }
  const onWriter = (name: string | undefined): void => {
    if (name === undefined) log.error({}, 'no database server is healthy');
    else log.info({ server: name }, 'database server chosen');
  };
  return openMysql(target, { ...limits, nowMs, onFailure, onWriter });
}

/** Our tables stand with the schema before them, or without. The name goes into statements, so it is checked. */
function ownPrefix(db: Db, ownSchema: string | undefined): string {
  if (ownSchema === undefined) return '';
  if (db.dialect === 'sqlite') throw new TandemError('TDM_BAD_SETTING', ['ownSchema', 'SQLite has no second schema']);
  if (!/^[A-Za-z0-9_]{1,64}$/.test(ownSchema)) throw new TandemError('TDM_BAD_SETTING', ['ownSchema', 'letters, digits and _ only']);
  return `\`${ownSchema}\`.`;
}

function withoutUndefined(options: StoreOptions): Partial<StoreLimits> {
  const keys = Object.keys(storeDefaults) as (keyof StoreLimits)[];
  return Object.fromEntries(keys.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])));
}
