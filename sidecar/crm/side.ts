/** The CRM connector put together: journal, deliveries, doors (crm-vtiger 1). Absent without `TANDEM_CRM_FILE`. */
import { realpathSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAddressList } from '../../core/address-list.js';
import type { CallApplication } from '../../core/call.js';
import type { CrmBinding } from '../../core/crm/binding.js';
import { TandemError } from '../../core/errors.js';
import type { QueueEngine } from '../../core/acd-ports.js';
import { createRoles } from '../../core/journal/roles.js';
import type { Log, Meter } from '../../core/ports.js';
import { createCrmJournal } from '../../core/services/crm-journal.js';
import type { RunningJournal } from '../../core/services/crm-journal.js';
import type { Store } from '../../sql/store.js';
import { createHttpServer } from '../app.js';
import { createCommandAudit } from '../command-audit.js';
import type { CrmConfig } from '../config-crm.js';
import type { Health } from '../health.js';
import type { Links } from '../links.js';
import { packageVersion } from '../package-files.js';
import type { Timers } from '../timers.js';
import { feedFromAsterisk } from './feed-asterisk.js';
import { readCrmFile } from './file.js';
import { createGuard } from './guard.js';
import { createCrmListener, listenerDefaults } from './listener.js';
import type { CrmHealth } from './listener.js';
import { openBinding, responsibleApplication } from './parts.js';
import type { BindingParts } from './parts.js';
import { createRecordingOrigins } from './recording-origins.js';
import { createRecordings } from './recordings.js';
import { createCrmRequests } from './requests.js';
import { createCrmAsterisk } from './switch-asterisk.js';

export interface CrmSideDeps {
  readonly config: CrmConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly store: Pick<Store, 'crm' | 'access'>;
  readonly links: Pick<Links, 'ami'>;
  /** the own queues: whose telephone is rung for whom */
  readonly queues: { readonly engine: Pick<QueueEngine, 'onNotice' | 'orderOf'> };
  readonly health: Health;
  readonly timers: Timers;
  readonly log: Log;
  readonly meter: Meter;
}

export interface CrmSide {
  /** for the doors of calls */
  readonly applications: Readonly<Record<string, CallApplication>>;
  /** Journal and deliveries begin; the tables must be there. */
  start(): Promise<void>;
  listen(): Promise<number>;
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
  const journal: RunningJournal = createCrmJournal({
    store: store.crm,
    roles: createRoles(
      Object.assign({}, ...bindings.map(({ extensions }) => extensions)) as Record<string, string>,
      bindings.flatMap((b) => b.trunk_endpoints),
    ),
    systemOf: (name) => name,
    tellers: parts.flatMap(({ teller }) => teller ?? []),
    onStored: (names) => {
      for (const name of names) partOf.get(name)?.delivery?.wake();
    },
    nowMs,
    after,
    log,
    meter,
  });

  const switches = new Map([...deps.links.ami].map(([name, link]) => [name, createCrmAsterisk(name, { link, timers })]));
  const requests = createCrmRequests({ journal, switches, systemOf: (name) => name, nowMs });
  const recordings = createRecordings({
    journal,
    store: store.crm,
    roots: file.recording_roots.map((root) => realRoot(root, log)),
    nowMs,
    origins: createRecordingOrigins(file.recording_origins),
    onForeign: (call, what) => log.error({ call, what }, 'a recording was asked for that is not to be heard'),
  });
  const server = createHttpServer(
    createCrmListener(
      {
        bindings,
        guard: createGuard(bindings, nowMs),
        requests,
        recordings,
        record: createCommandAudit({ audit: store.access.audit, nowMs }),
        health: (binding) => healthOf(deps, partOf.get(binding.name)),
        isOnAllowList: allowLists(bindings),
        timers,
        log,
        meter,
      },
      { ...listenerDefaults, streamsMax: file.streams_max },
    ),
  );
  const stops: (() => void)[] = [];
  deps.health.add('crm', () => {
    const away = parts
      .filter(({ delivery }) => ['down', 'auth'].includes(delivery?.state().state ?? ''))
      .map(({ binding }) => binding.name);
    return {
      name: 'crm',
      state: away.length === 0 ? 'up' : 'degraded',
      reason: away.length === 0 ? '' : `not reached: ${away.join(', ')}`,
    };
  });
  tieLegs(deps, journal, stops);

  return {
    applications: { responsible: responsibleApplication(parts, log) },
    async start() {
      await journal.start([...deps.links.ami.keys()]);
      for (const [name, link] of deps.links.ami) stops.push(feedFromAsterisk(name, { link, timers, log }, (event) => journal.tell(event)));
      for (const { delivery } of parts) delivery?.start();
      schedulePrune(deps, file.calls_days, stops);
    },
    listen: () => listen(server, deps.config),
    async stop() {
      for (const stop of stops) stop();
      requests.close();
      await closed(server);
      await journal.stop();
      await Promise.all(parts.map((part) => part.close()));
    },
  };
}

/** The own queues ring a telephone with a call of its own: it belongs to the caller's call from the begin. */
function tieLegs({ queues, timers }: CrmSideDeps, journal: RunningJournal, stops: (() => void)[]): void {
  const { engine } = queues;
  stops.push(
    engine.onNotice((notice) => {
      if (notice.type !== 'offer-made') return;
      const order = engine.orderOf(notice.offer);
      if (!order?.call) return;
      const { switch: at, uniqueId } = order.call;
      journal.tell({ switch: at, atMs: timers.nowMs(), type: 'leg-tied', leg: order.leg, to: uniqueId, queue: notice.queue });
    }),
  );
}

const pruneEveryMs = 3_600_000;
const pruneRowsMax = 1_000;

function schedulePrune({ store, timers, log }: CrmSideDeps, callsDays: number, stops: (() => void)[]): void {
  let cancel = (): void => undefined;
  const prune = (): void => {
    store.crm
      .prune(timers.nowMs(), { callsMsMax: callsDays * 86_400_000, limit: pruneRowsMax })
      .catch((error: unknown) => log.debug({ error }, 'old calls of the journal could not be removed'))
      .then(
        (rows) => (cancel = timers.after(typeof rows === 'number' && rows >= pruneRowsMax ? 1_000 : pruneEveryMs, prune)),
        () => undefined,
      );
  };
  prune();
  stops.push(() => cancel());
}

async function healthOf(deps: CrmSideDeps, part: BindingParts | undefined): Promise<CrmHealth> {
  const { store, timers, links } = deps;
  const nowMs = timers.nowMs();
  const status = [...links.ami.values()].map((link) => link.status());
  const worst = status.find(({ state }) => state !== 'up') ?? status[0];
  const state = part?.delivery?.state().state ?? 'unknown';
  const counts = await store.crm.counts(part?.binding.name ?? '').catch(() => undefined);
  const crm = state === 'auth' ? 'down' : state;
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

function realRoot(root: string, log: Log): string {
  try {
    return realpathSync(root);
  } catch {
    log.warn({ root }, 'a root of recordings is not there');
    return root;
  }
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
