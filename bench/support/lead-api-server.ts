/**
 * The measured side of bench/lead-api.ts: the compatible door over a seeded store, and as the baseline
 * an Express app of one handler with a constant body. `argv`: database URL. Tells its ports, then
 * answers `usage` with CPU figures.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createLockout } from '../../core/cluster/lockout.js';
import { createMinuteLimit, createReplayCache } from '../../core/cluster/limits.js';
import type { Meter } from '../../core/ports.js';
import { createLeadInfo } from '../../core/services/lead-info.js';
import { createLogin } from '../../core/services/login.js';
import { createAddressRules, createClientAddress } from '../../sidecar/addresses.js';
import { createApp, createHttpServer } from '../../sidecar/app.js';
import { gatherApiLog } from '../../sidecar/gathered-log.js';
import { createMetrics } from '../../sidecar/metrics.js';
import { metricsTable } from '../../sidecar/metrics-table.js';
import { createNonAgentApi } from '../../sidecar/routes/non-agent-api.js';
import { createSecrets, nodeDigests } from '../../sidecar/secrets.js';
import { openStore } from '../../sql/store.js';
import { silentLog } from '../../test/support/observers.js';
import { benchBody, benchZone } from './lead-api-data.js';

const nowMs = () => Date.now();

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** The metrics of the product; names that its table does not list yet are left out. */
function createMeter(): Meter {
  const metrics = createMetrics();
  const known = new Set(metricsTable.map((row) => row.name));
  return {
    count: (name, labels, by) => known.has(name) && metrics.count(name, labels, by),
    observe: (name, value, labels) => known.has(name) && metrics.observe(name, value, labels),
    set: (name, value, labels) => known.has(name) && metrics.set(name, value, labels),
  };
}

async function startDoor(url: string): Promise<number> {
  const meter = createMeter();
  const log = silentLog;
  const store = await openStore({ url, zone: benchZone, log, meter, nowMs });
  const login = createLogin({
    ...store,
    secrets: createSecrets(nowMs),
    digests: nodeDigests,
    addresses: createAddressRules([]),
    lockout: createLockout(),
    badLogins: createMinuteLimit(),
    replays: createReplayCache(240_000),
    signingSecret: (user) => Promise.resolve(user.pass),
    meter,
    log,
    nowMs,
  });
  const leadInfo = createLeadInfo({
    ...store,
    apiLog: gatherApiLog(store.apiLog),
    login,
    requests: createMinuteLimit(),
    misses: createMinuteLimit(),
    version: { version: 'bench', build: 'bench', zone: benchZone },
    meter,
    log,
    nowMs,
  });
  const door = createNonAgentApi({ leadInfo, meter, log, nowMs, clientAddress: createClientAddress() });
  return portOf(createHttpServer(createApp({ doors: [door], routes: [], log, meter })));
}

function startConstant(): Promise<number> {
  const app = express();
  app.disable('x-powered-by');
  app.get('/vicidial/non_agent_api.php', (_req, res) => {
    res.type('text/html').send(benchBody);
  });
  return portOf(createHttpServer(app));
}

process.on('message', (message) => {
  if (message !== 'usage') return;
  const { user, system } = process.cpuUsage();
  process.send?.((user + system) / 1_000);
});
process.on('disconnect', () => process.exit(0)); // the measuring side is gone

const ports = { door: await startDoor(process.argv[2] ?? ''), constant: await startConstant() };
process.send?.(ports);
