/** Events and webhooks over HTTP: a store in memory, an owner of the queues who stores what a test says, users with different rights. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { QueueEngine } from '../../core/acd-ports.js';
import { TandemError } from '../../core/errors.js';
import type { FeedEvent } from '../../core/feed-ports.js';
import type { Access, Identity } from '../../sidecar/access.js';
import { createApp, createHttpServer } from '../../sidecar/app.js';
import { createFeedSide } from '../../sidecar/feed-side.js';
import { createRecorded } from '../../sidecar/recorded.js';
import { createFeedApi } from '../../sidecar/routes/feed-api.js';
import { createStreamShares } from '../../sidecar/stream-shares.js';
import { systemTimers, type Timers } from '../../sidecar/timers.js';
import { acdLease } from '../../sql/acd.js';
import { openStore } from '../../sql/store.js';
import { batchOf } from './acd-rows.js';
import { recordingMeter, silentLog } from './observers.js';

const rights: Readonly<Record<string, Pick<Identity, 'functions'> & Partial<Identity['rights']>>> = {
  viewer: { functions: ['tandem_queue_view'] },
  boss: { functions: ['tandem_admin'] },
  clerk: { functions: ['ALL_FUNCTIONS', 'ccc_lead_info'] },
  sales: { functions: ['tandem_queue_view'], queues: ['sales'] },
  anna: { functions: ['tandem_agent'], agent: 'anna' },
};

export interface FeedServerOptions {
  readonly streamsMax?: number;
  readonly streamsPerUserMax?: number;
  readonly webhookHosts?: readonly string[];
  readonly timers?: Timers;
  readonly requestsPerMinuteMax?: number;
}

export async function startFeedServer(options: FeedServerOptions = {}) {
  const timers = options.timers ?? systemTimers;
  const meter = recordingMeter();
  const nowMs = () => timers.nowMs();
  const store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter, nowMs });
  await store.migrate();
  const fence = (await store.leases.acquire(acdLease, 'test', 3_600_000)) ?? 0;
  const gone = new Set<string>();
  const audit: object[] = [];
  const log = { ...silentLog, info: (fields: object) => 'audit' in fields && void audit.push(fields) };
  const side = createFeedSide(
    { streamsMax: options.streamsMax ?? 100, webhookHosts: options.webhookHosts ?? ['127.0.0.1'] },
    { store, isOwner: () => true, timers, log, meter },
  );
  const acd = side.telling(store.acd);
  await side.start();
  const engine = {
    isOwner: () => true,
    view: () => ({ servicesOfAgent: (agent: string) => (agent === 'bob' ? [{ queue: 'Sales' }] : []) }),
  } as unknown as QueueEngine;
  const access = {
    streams: createStreamShares(options.streamsPerUserMax ?? 100),
    provenBy: () => undefined,
    identify(req: Parameters<Access['identify']>[0]) {
      const [name = '', pass] = Buffer.from(req.headers.authorization?.slice(6) ?? '', 'base64')
        .toString()
        .split(':');
      const given = rights[name];
      if (!given || pass !== `${name}-pass` || gone.has(name)) return Promise.reject(new TandemError('TDM_UNAUTHENTICATED', ['test']));
      const { functions, queues, agent } = given;
      const identity: Identity = {
        kind: 'password',
        id: `user:${name}`,
        user: name,
        functions,
        level: 8,
        rights: { queues, agent },
        session: undefined,
      };
      return Promise.resolve(identity);
    },
  } as unknown as Access;
  let ids = 0;
  const deps = { ...side, engine, access, login: () => Promise.reject(new Error('not used')), addressOf: () => '127.0.0.1' };
  const recorded = createRecorded({ ...store.access, access, addressOf: () => '127.0.0.1', randomId: () => 'r', nowMs, log });
  const routes = [
    recorded,
    createFeedApi(
      { ...deps, newId: () => `hook-${String(++ids)}`, nowMs, log },
      { requestsPerMinuteMax: options.requestsPerMinuteMax ?? 1_000_000 },
    ),
  ];
  const server = createHttpServer(createApp({ doors: [], routes, log: silentLog, meter }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/api/v1`;
  const headersOf = (who: string) => (who === '' ? {} : { authorization: `Basic ${Buffer.from(`${who}:${who}-pass`).toString('base64')}` });
  const streams: TestStream[] = [];

  return {
    base,
    store,
    side,
    meter,
    audit,
    /** users whose login has been taken away */
    gone,
    save: (...events: readonly FeedEvent[]) => acd.save(batchOf({ events }), fence),
    ask: async (method: string, path: string, body?: unknown, who = 'boss') => {
      const json = body === undefined ? {} : { 'content-type': 'application/json' };
      const text = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
      const answer = await fetch(base + path, { method, headers: { ...headersOf(who), ...json }, ...text });
      return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
    },
    stream: async (path: string, who = 'viewer', headers: Readonly<Record<string, string>> = {}) => {
      const stream = await openStream(base + path, { ...headersOf(who), ...headers });
      streams.push(stream);
      return stream;
    },
    close: async () => {
      for (const stream of streams) stream.close();
      await side.stop();
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
      await store.close();
    },
  };
}

export type FeedServer = Awaited<ReturnType<typeof startFeedServer>>;

export interface SseMessage {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

export interface TestStream {
  readonly response: IncomingMessage;
  /** every message so far, also those that only have an id */
  readonly messages: SseMessage[];
  /** numbers of the events so far */
  readonly seqs: () => number[];
  readonly isEnded: () => boolean;
  readonly close: () => void;
}

/** Reads as the standard says: blocks ended by an empty line, comments left out. */
export function openStream(url: string, headers: Readonly<Record<string, string>>): Promise<TestStream> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent: false }, (response) => {
      const messages: SseMessage[] = [];
      let rest = '';
      let isEnded = false;
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) messages.push(messageOf(block));
      });
      response.on('close', () => (isEnded = true));
      response.on('error', () => undefined);
      resolve({
        response,
        messages,
        seqs: () =>
          messages.flatMap(({ event, data }) => (event === undefined && data !== undefined ? [(JSON.parse(data) as FeedEvent).seq] : [])),
        isEnded: () => isEnded,
        close: () => void request.destroy(),
      });
    });
    request.on('error', reject);
  });
}

function messageOf(block: string): SseMessage {
  const lines = block.split('\n').filter((line) => !line.startsWith(':'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]));
}
