/** Events as in the product, from a store to HTTP, for whoever asks: the login is no matter of these benches. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { QueueEngine } from '../../core/acd-ports.js';
import type { Access, Identity } from '../../sidecar/access.js';
import { createApp, createHttpServer } from '../../sidecar/app.js';
import { createFeedSide, type FeedSide } from '../../sidecar/feed-side.js';
import { createMetrics } from '../../sidecar/metrics.js';
import { createFeedApi } from '../../sidecar/routes/feed-api.js';
import { createStreamShares } from '../../sidecar/stream-shares.js';
import { systemTimers } from '../../sidecar/timers.js';
import { openStore, type Store } from '../../sql/store.js';
import { silentLog } from '../../test/support/observers.js';

export interface FeedTarget {
  readonly port: number;
  readonly store: Store;
  readonly side: FeedSide;
  close(): Promise<void>;
}

const anybody: Identity = {
  kind: 'password',
  id: 'user:bench',
  user: 'bench',
  functions: ['tandem_queue_view'],
  level: 8,
  rights: { queues: undefined, agent: undefined },
  session: undefined,
};

export async function openFeedTarget(url: string): Promise<FeedTarget> {
  const [log, meter] = [silentLog, createMetrics()];
  const store = await openStore({ url, zone: 'UTC', log, meter, nowMs: Date.now });
  await store.migrate();
  const side = createFeedSide({ streamsMax: 1_000, webhookHosts: [] }, { store, isOwner: () => true, timers: systemTimers, log, meter });
  await side.start();
  const access = {
    identify: () => Promise.resolve(anybody),
    provenBy: () => undefined,
    streams: createStreamShares(1_000),
  } as unknown as Access;
  const routes = [
    createFeedApi({
      ...side,
      engine: { isOwner: () => false } as unknown as QueueEngine,
      access,
      login: () => Promise.reject(new Error('not used')),
      addressOf: () => '127.0.0.1',
      newId: () => 'bench',
      nowMs: Date.now,
      log,
    }),
  ];
  const server = createHttpServer(createApp({ doors: [], routes, log, meter }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    store,
    side,
    async close() {
      await side.stop();
      server.closeAllConnections();
      server.close();
      await store.close();
    },
  };
}
