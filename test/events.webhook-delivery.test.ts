/** Webhooks when something is out of the ordinary: receivers that ask for time, other nodes, many changes at once (B25). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EventFeed, FeedEvent } from '../core/feed-ports.js';
import { createWebhookDelivery, looksPerCount, webhookLookEveryMs } from '../core/services/webhook-delivery.js';
import { webhookDefaults } from '../core/services/webhook-schedule.js';
import type { Webhook, WebhookOutcome } from '../core/webhook-ports.js';
import { createWebhookAddresses } from '../sidecar/webhook-address.js';
import { createWebhookPost, retryAfterMs } from '../sidecar/webhook-post.js';
import { openStore } from '../sql/store.js';
import { turn } from './support/acd-stub-engine.js';
import { eventually } from './support/eventually.js';
import { startFeedServer } from './support/feed-server.js';
import { createHandTimers } from './support/hand-timers.js';
import { silentLog, silentMeter } from './support/observers.js';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const event: FeedEvent = {
  seq: 1,
  atMs: 1_001,
  notice: { type: 'queue-changed', queue: 'support', change: 'changed' } as FeedEvent['notice'],
};
const hook: Webhook = {
  ...{ id: 'h1', url: 'https://crm.example/hook', types: [], queues: [], secret, disabled: '' },
  ...{ createdAtMs: 1, cursor: 0, tries: 0, nextAtMs: 0, problem: '' },
};

async function world() {
  const timers = createHandTimers();
  const nowMs = () => timers.nowMs();
  const store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs });
  await store.migrate();
  const { webhooks } = store;
  await webhooks.insert(hook);
  const feed: EventFeed = {
    isReady: () => true,
    last: () => 1,
    onEvent: () => () => undefined,
    read: (after) => Promise.resolve([event].filter(({ seq }) => seq > after)),
    range: () => Promise.resolve({ first: 1, last: 1 }),
  };
  const looks = { count: 0 };
  const posted: string[] = [];
  const answers = { next: (): WebhookOutcome | Promise<WebhookOutcome> => ({ kind: 'ok' }) };
  const node = (isActive: boolean) =>
    createWebhookDelivery(
      {
        ...{ feed, isActive: () => isActive, random: () => 0.5, nowMs, log: silentLog, meter: silentMeter },
        after: (ms, run) => timers.after(ms, run),
        store: { ...webhooks, list: () => (looks.count++, webhooks.list()) },
        async post(_, { id }) {
          posted.push(id);
          return answers.next();
        },
      },
      { ...webhookDefaults, jitter: 0 },
    );
  const stored = (holds: (now: Webhook) => boolean) =>
    eventually(async () => (await webhooks.find('h1')) ?? { ...hook, cursor: -1 }, holds, { everyMs: 2 });
  return { timers, webhooks, looks, posted, answers, node, stored, close: () => store.close() };
}

describe('delivery to webhooks out of the ordinary', () => {
  it('B25: a receiver that asks for time with Retry-After has it, an hour at most; the schedule counts when it is later', async () => {
    const { timers, answers, node, stored, close } = await world();
    const minute = 60_000;
    const wishes = [20 * minute, 1_000, 100 * 60 * minute];
    answers.next = () => ({ kind: 'failed', problem: 'status 429', afterMs: wishes.shift() ?? 0 });
    const delivery = node(true);
    delivery.start();
    for (const [tries, ms] of [
      [1, 20 * minute],
      [2, webhookDefaults.retryMs[1] ?? 0],
      [3, 60 * minute],
    ] as const) {
      const { nextAtMs } = await stored((now) => now.tries === tries);
      assert.equal(nextAtMs - timers.nowMs(), ms, `try ${String(tries)}`);
      await eventually(
        () => timers.lastDelayMs,
        (delayMs) => delayMs === ms,
      );
      timers.advance(ms);
    }
    await delivery.stop();
    await close();
  });

  it('B25: a receiver that is gone is disabled, but not when it was given another address meanwhile', async () => {
    const { webhooks, answers, node, stored, posted, close } = await world();
    answers.next = async () => {
      await webhooks.change('h1', { ...hook, url: 'https://new.example/hook' });
      answers.next = () => ({ kind: 'ok' });
      return { kind: 'gone' };
    };
    const delivery = node(true);
    delivery.start();
    await eventually(
      () => posted.length,
      (count) => count === 2,
    );
    await delivery.stop();
    const { url, disabled } = await stored((now) => now.cursor === 1);
    assert.deepEqual([url, disabled], ['https://new.example/hook', '']);
    await close();
  });

  it('B25: dead letters that another node was asked to send again are sent', async () => {
    const { timers, webhooks, posted, node, stored, close } = await world();
    const [owner, other] = [node(true), node(false)];
    owner.start();
    other.start();
    await stored(() => posted.length === 1);
    timers.advance(webhookDefaults.saveEveryMs);
    await stored((now) => now.cursor === 1);
    await webhooks.bury(
      'h1',
      1,
      { cursor: 1, tries: 0, nextAtMs: 0, problem: '' },
      { seq: 1, atMs: 5, tries: 10, problem: 'p', body: '{}' },
    );
    await webhooks.setDue('h1', true);
    other.changed('h1');
    await eventually(
      async () => {
        timers.advance(webhookLookEveryMs);
        return (await webhooks.countDeadLetters('h1')).kept;
      },
      (kept) => kept === 0,
    );
    assert.deepEqual(posted, ['evt_1', 'evt_1']);
    await Promise.all([owner.stop(), other.stop()]);
    await close();
  });

  it('B25: many changes at once leave one look that waits for its time, and are all seen', async () => {
    const { timers, looks, node, webhooks, close } = await world();
    const delivery = node(true);
    delivery.start();
    const quiet = async () => {
      for (let n = 0; n < 50; n++) await turn();
    };
    await quiet();
    for (let n = 0; n < 5; n++) delivery.changed('h1');
    await quiet();
    assert.ok(looks.count <= 3, `${String(looks.count)} looks`);
    looks.count = 0;
    for (let n = 0; n < looksPerCount; n++) {
      timers.advance(webhookLookEveryMs);
      await quiet();
    }
    assert.equal(looks.count, looksPerCount);
    assert.equal((await webhooks.list()).length, 1);
    await delivery.stop();
    await close();
  });
});

describe('posts to webhooks', () => {
  async function poster(listener: RequestListener) {
    const server = createServer(listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const sent = createWebhookPost({ addresses: createWebhookAddresses(['127.0.0.1']), nowMs: () => 1_000_000 });
    const to = { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hook`, secret };
    const close = (): void => {
      sent.close();
      server.closeAllConnections();
      server.close();
    };
    return { post: () => sent.post(to, { id: 'evt_1', body: '{}' }), close };
  }

  it('B25: a connection that the receiver closed while it was idle costs no try', async () => {
    const asked = new WeakMap<object, number>();
    const { post, close } = await poster((req, res) => {
      const times = (asked.get(req.socket) ?? 0) + 1;
      asked.set(req.socket, times);
      if (times > 1) req.socket.resetAndDestroy();
      else req.resume().on('end', () => res.end('ok'));
    });
    for (let n = 0; n < 3; n++) assert.deepEqual(await post(), { kind: 'ok' });
    close();
  });

  it('one that breaks a fresh connection has failed', async () => {
    const { post, close } = await poster((req) => req.socket.resetAndDestroy());
    assert.equal((await post()).kind, 'failed');
    close();
  });

  it('B25: Retry-After is seconds or a date; anything else says nothing', async () => {
    const { post, close } = await poster((req, res) => {
      req.resume();
      res.writeHead(429, { 'retry-after': '120' }).end();
    });
    assert.deepEqual(await post(), { kind: 'failed', problem: 'status 429', afterMs: 120_000 });
    close();
    const at = Date.UTC(2026, 10, 22, 12);
    for (const [text, ms] of [
      ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
      ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
      ['-5', 0],
      ['2026', 2_026_000],
      ['1e9', 0],
      ['soon', 0],
      ['99999999999', 0],
      [undefined, 0],
    ] as const)
      assert.equal(retryAfterMs(text, at), ms, text);
  });
});

describe('changes of webhooks', () => {
  it('B39: each leaves a row of the audit with what was before, and without the secret', async () => {
    const server = await startFeedServer();
    const { id } = (await server.ask('POST', '/webhooks', { url: 'http://127.0.0.1:9/a', secret })).body as { id: string };
    await server.ask('PATCH', `/webhooks/${id}`, { url: 'http://127.0.0.1:9/b' });
    await server.ask('POST', `/webhooks/${id}/replay`, { fromSeq: 1 });
    await server.ask('DELETE', `/webhooks/${id}`);
    const rows = await server.store.access.audit.read({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 10 });
    await server.close();
    const urlOf = (text: string | undefined) => (JSON.parse(text ?? '{}') as { url?: string }).url?.slice(-1);
    assert.deepEqual(
      [...rows]
        .reverse()
        .map(({ principal, method, path, status, before, after }) => [
          ...[principal, method, path.replace(id, ':id'), status, urlOf(before), urlOf(after)],
        ]),
      [
        ['user:boss', 'POST', '/api/v1/webhooks', 201, undefined, 'a'],
        ['user:boss', 'PATCH', '/api/v1/webhooks/:id', 200, 'a', 'b'],
        ['user:boss', 'POST', '/api/v1/webhooks/:id/replay', 200, 'b', undefined],
        ['user:boss', 'DELETE', '/api/v1/webhooks/:id', 200, 'b', undefined],
      ],
    );
    assert.doesNotMatch(JSON.stringify(rows), /whsec_/);
  });
});
