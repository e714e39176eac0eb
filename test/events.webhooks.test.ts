/** Webhooks: signed, in order, at least once, with retries, dead letters and replay; never where they may not go (B25). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { Webhook as Receiver } from 'standardwebhooks';
import type { EventStore, FeedEvent } from '../core/feed-ports.js';
import { createEventFeed } from '../core/services/event-feed.js';
import { createWebhookDelivery, webhookLookEveryMs } from '../core/services/webhook-delivery.js';
import { webhookDefaults } from '../core/services/webhook-schedule.js';
import type { Webhook, WebhookOutcome } from '../core/webhook-ports.js';
import { isWebhookSecret, newWebhookSecret } from '../sidecar/standard-webhook.js';
import { createWebhookAddresses, type ResolveAll } from '../sidecar/webhook-address.js';
import { createWebhookPost } from '../sidecar/webhook-post.js';
import type { Store } from '../sql/store.js';
import { turn } from './support/acd-stub-engine.js';
import { eventually } from './support/eventually.js';
import { startFeedServer, type FeedServer, type FeedServerOptions } from './support/feed-server.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';
import { describeStores } from './support/stores.js';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const eventOf = (seq: number, notice: object = {}): FeedEvent => ({
  seq,
  atMs: 1_000 + seq,
  notice: { type: 'queue-changed', queue: 'support', change: 'changed', ...notice } as FeedEvent['notice'],
});
const eventsOf = (from: number, to: number): FeedEvent[] => Array.from({ length: to - from + 1 }, (_, i) => eventOf(from + i));
const hookOf = (more: Partial<Webhook> = {}): Webhook => ({
  id: 'h1',
  url: 'https://crm.example/hook',
  types: [],
  queues: [],
  secret,
  disabled: '',
  createdAtMs: 1,
  cursor: 0,
  tries: 0,
  nextAtMs: 0,
  problem: '',
  ...more,
});

// ------------------------------------------------------------------ the receiver

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function startReceiver() {
  const got: Received[] = [];
  const state = { status: 200, location: undefined as string | undefined };
  const server: Server = createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (text: string) => (body += text));
    req.on('end', () => {
      got.push({ headers: req.headers, body });
      if (state.location !== undefined) res.setHeader('location', state.location);
      res.statusCode = state.status;
      res.end('ok');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    got,
    state,
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hook`,
    seqs: () => got.map(({ body }) => (JSON.parse(body) as FeedEvent).seq),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('webhooks over HTTP', () => {
  let server: FeedServer | undefined;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await server?.close();
    receiver.close();
    server = undefined;
  });
  const start = async (options: FeedServerOptions = {}): Promise<FeedServer> => (server = await startFeedServer(options));

  it('B25: each event is posted once, in order, in the form and with the signature of Standard Webhooks', async () => {
    const { ask, save } = await start();
    await save(...eventsOf(1, 3));
    const made = await ask('POST', '/webhooks', { url: receiver.url });
    assert.equal(made.status, 201);
    const given = String(made.body['secret']);

    await save(...eventsOf(4, 9));
    await eventually(receiver.seqs, (seqs) => seqs.length >= 6);

    assert.deepEqual(receiver.seqs(), [4, 5, 6, 7, 8, 9], 'from its making on');
    for (const { headers, body } of receiver.got) {
      const told = new Receiver(given).verify(body, headers as Record<string, string>) as FeedEvent;
      assert.equal(headers['webhook-id'], `evt_${String(told.seq)}`);
      assert.equal(headers['content-type'], 'application/json');
    }
    assert.equal(receiver.got[0]?.body, '{"seq":4,"type":"queue-changed","atMs":1004,"data":{"queue":"support","change":"changed"}}');
    assert.throws(() => new Receiver(given).verify(`${receiver.got[0]?.body ?? ''} `, receiver.got[0]?.headers as Record<string, string>));
  });

  it('B25: types and queues; changed, disabled, removed', async () => {
    const { ask, save } = await start();
    const made = await ask('POST', '/webhooks', { url: receiver.url, queues: ['sales'], types: ['queue-changed'], secret });
    const path = `/webhooks/${String(made.body['id'])}`;
    assert.equal(made.body['secret'], secret);
    await save(eventOf(1), eventOf(2, { queue: 'sales' }), eventOf(3, { type: 'talk-ended', queue: 'sales' }));
    await eventually(receiver.seqs, (seqs) => seqs.length >= 1);
    const changed = await ask('PATCH', path, { queues: [] });
    assert.deepEqual([changed.status, changed.body['queues'], 'secret' in changed.body], [200, [], false]);
    await save(eventOf(4));
    await eventually(receiver.seqs, (seqs) => seqs.length >= 2);
    assert.deepEqual(receiver.seqs(), [2, 4]);

    assert.equal((await ask('PATCH', path, { disabled: true })).body['disabledWhy'], 'by an administrator');
    await save(eventOf(5));
    await ask('PATCH', path, { disabled: false });
    await eventually(receiver.seqs, (seqs) => seqs.length >= 3);
    assert.deepEqual(receiver.seqs(), [2, 4, 5], 'what happened meanwhile comes too');

    assert.equal((await ask('DELETE', path)).status, 200);
    assert.deepEqual([(await ask('GET', path)).status, (await ask('DELETE', path)).status], [404, 404]);
    await save(eventOf(6));
    await turn();
    assert.equal(receiver.got.length, 3);
  });

  it('B25: replay from a number', async () => {
    const { ask, save } = await start();
    await save(...eventsOf(1, 5));
    const path = `/webhooks/${String((await ask('POST', '/webhooks', { url: receiver.url })).body['id'])}`;
    await save(eventOf(6));
    await eventually(receiver.seqs, (seqs) => seqs.length >= 1);

    assert.deepEqual((await ask('POST', `${path}/replay`, { fromSeq: 3 })).body, { fromSeq: 3, last: 6 });
    await eventually(receiver.seqs, (seqs) => seqs.length >= 5);
    assert.deepEqual(receiver.seqs().slice(-4), [3, 4, 5, 6]);
    assert.deepEqual((await ask('POST', `${path}/replay`, { fromSeq: 500 })).body, { fromSeq: 7, last: 6 });
  });

  it('a receiver that is gone (410) is disabled; a redirect is not followed', async () => {
    const { ask, save } = await start();
    const path = `/webhooks/${String((await ask('POST', '/webhooks', { url: receiver.url })).body['id'])}`;
    receiver.state.status = 302;
    receiver.state.location = receiver.url;
    await save(eventOf(1));
    const failed = await eventually(
      async () => (await ask('GET', path)).body,
      (body) => body['tries'] === 1,
    );
    assert.deepEqual([failed['problem'], receiver.got.length], ['status 302', 1]);
    receiver.state.status = 410;
    await ask('POST', `${path}/replay`, { fromSeq: 1 });
    const gone = await eventually(
      async () => (await ask('GET', path)).body,
      (body) => body['disabled'] === true,
    );
    assert.equal(gone['disabledWhy'], 'the receiver answered 410');
  });

  const routes = [
    ['GET', '/webhooks', undefined],
    ['POST', '/webhooks', { url: 'https://crm.example/' }],
    ['GET', '/webhooks/hook-1', undefined],
    ['PATCH', '/webhooks/hook-1', {}],
    ['DELETE', '/webhooks/hook-1', undefined],
    ['GET', '/webhooks/hook-1/dead-letters', undefined],
    ['POST', '/webhooks/hook-1/replay', { deadLetters: true }],
  ] as const;

  it('every route is for administrators only, knows no other webhook, and keeps secrets to itself', async () => {
    const { ask, audit } = await start();
    for (const [method, path, body] of routes) {
      assert.equal((await ask(method, path, body, '')).status, 401, path);
      assert.equal((await ask(method, path, body, 'nobody')).status, 401, path);
      for (const who of ['viewer', 'clerk', 'anna', 'sales'])
        assert.equal((await ask(method, path, body, who)).status, 403, `${path} ${who}`);
      if (path !== '/webhooks')
        for (const name of ['none', `x'--`, '..%2f..%2fhealth', 'x'.repeat(300)])
          assert.equal(
            (await ask(method, path.replace('hook-1', encodeURIComponent(name)), body)).status,
            404,
            `${method} ${path} ${name}`,
          );
    }
    await ask('POST', '/webhooks', { url: 'https://crm.example/', secret });
    const seen = JSON.stringify([await ask('GET', '/webhooks'), await ask('GET', '/webhooks/hook-1'), audit]);
    assert.ok(!seen.includes('whsec_'));
    assert.match(seen, /"audit":true,"user":"boss","webhook":"hook-1","host":"crm.example","what":"made"/);
  });

  it('what is wrong in a body is refused and nothing is stored', async () => {
    const { ask } = await start();
    const bad: unknown[] = [
      ...[{}, { url: 5 }, { url: '' }, { url: 'x' }, { url: `https://x/${'y'.repeat(1_000)}` }, { url: 'https://x/', more: 1 }, '{', []],
      ...[
        { url: 'https://x/', types: ['nothing'] },
        { url: 'https://x/', types: 'talk-ended' },
        { url: 'https://x/', queues: [''] },
      ],
      ...[
        { url: 'https://x/', queues: Array.from({ length: 101 }, () => 'q') },
        { url: 'https://x/', disabled: 'no' },
      ],
      ...['whsec_', 'whsec_abc', 'x', `whsec_${'A'.repeat(200)}`, 'whsec_\r\nx: y'].map((one) => ({ url: 'https://x/', secret: one })),
    ];
    for (const body of bad) assert.equal((await ask('POST', '/webhooks', body)).status, 400, JSON.stringify(body));
    assert.equal((await ask('POST', '/webhooks', { url: 'https://x/', queues: ['x'.repeat(70_000)] })).status, 413);
    assert.deepEqual((await ask('GET', '/webhooks')).body, { webhooks: [] });
    await ask('POST', '/webhooks', { url: 'https://x/' });
    for (const body of [{ url: 'http://x/' }, { secret: 'x' }, { id: 'other' }, { cursor: 5 }])
      assert.equal((await ask('PATCH', '/webhooks/hook-1', body)).status, 400, JSON.stringify(body));
    for (const body of [{}, { fromSeq: 0 }, { fromSeq: '1' }, { fromSeq: 1.5 }, { deadLetters: false }, { fromSeq: 1, deadLetters: true }])
      assert.equal((await ask('POST', '/webhooks/hook-1/replay', body)).status, 400, JSON.stringify(body));
    for (const query of ['?after=x', '?limit=0', '?limit=1001', '?x=1'])
      assert.equal((await ask('GET', `/webhooks/hook-1/dead-letters${query}`)).status, 400);
  });

  it('no more webhooks than the limit', async () => {
    const { ask } = await start();
    for (let n = 0; n < 100; n++) assert.equal((await ask('POST', '/webhooks', { url: 'https://x/', disabled: true })).status, 201);
    assert.equal((await ask('POST', '/webhooks', { url: 'https://x/' })).status, 503);
  });
});

// ------------------------------------------------------------------ where they may go

describe('addresses of webhooks', () => {
  const { problemOf } = createWebhookAddresses(['crm.lan', '127.0.0.1', '10.1.0.0/16']);

  it('https to public hosts, and what is named in webhook_hosts', () => {
    const good = [
      'https://crm.example/x?y=1',
      'https://8.8.8.8/',
      'http://crm.lan:8080/',
      'http://CRM.lan./',
      'http://127.0.0.1:99/',
      'http://10.1.2.3/',
      'https://[2606:4700::1]/',
    ];
    for (const url of good) assert.equal(problemOf(url), undefined, url);
  });

  it('everything else is refused, however it is written', () => {
    const bad = [
      ...[
        'http://crm.example/',
        'ftp://crm.lan/',
        'file:///etc/passwd',
        'javascript:1',
        'https://user:pass@crm.example/',
        'https://crm.example/#x',
        '//x',
        '',
      ],
      ...[
        'https://10.0.0.1/',
        'https://169.254.169.254/latest/meta-data',
        'https://127.2/',
        'https://2130706434/',
        'https://0x7f.0.0.2/',
        'https://0/',
      ],
      ...[
        'https://[::1]/',
        'https://[::ffff:127.0.0.2]/',
        'https://[::ffff:7f00:2]/',
        'https://[fe80::1]/',
        'https://[fd00::1]/',
        'https://[64:ff9b::7f00:1]/',
      ],
      ...['https://192.168.1.1/', 'https://172.31.0.1/', 'https://100.64.0.1/', 'https://224.0.0.1/', 'http://10.2.0.1/'],
    ];
    for (const url of bad) assert.notEqual(problemOf(url), undefined, url);
  });

  const lookedUp = (addresses: readonly string[], host: string, isAll = false) => {
    const resolve: ResolveAll = (_, done) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    const lookup: LookupFunction = createWebhookAddresses(['crm.lan', '10.1.0.0/16'], resolve).lookupFor(host);
    return new Promise<unknown>((done) => lookup(host, { all: isAll }, (error, found) => done(error ? error.message : found)));
  };

  it('a name that stands for an address inside is not connected to, also when it did not a moment ago', async () => {
    assert.equal(await lookedUp(['127.0.0.1'], 'evil.example'), 'evil.example stands for no public address');
    assert.equal(await lookedUp(['169.254.169.254', '::1', '10.0.0.1'], 'evil.example', true), 'evil.example stands for no public address');
    assert.deepEqual(await lookedUp(['127.0.0.1', '8.8.8.8'], 'mixed.example', true), [{ address: '8.8.8.8', family: 4 }]);
    assert.equal(await lookedUp(['10.1.2.3'], 'any.example'), '10.1.2.3');
    assert.equal(await lookedUp(['192.168.0.5'], 'crm.lan'), '192.168.0.5');
  });

  it('a post to an address that is not allowed any more fails without a connection, and one to nobody ends', async () => {
    const { post, close } = createWebhookPost({ addresses: createWebhookAddresses([]), nowMs: Date.now });
    const refused = await post({ url: 'http://127.0.0.1:1/', secret }, { id: 'x', body: '{}' });
    assert.ok(refused.kind === 'failed' && refused.problem.startsWith('the address must begin with https'));
    const inside = createWebhookPost({ addresses: createWebhookAddresses(['127.0.0.1']), nowMs: Date.now });
    const nobody = await inside.post({ url: 'http://127.0.0.1:1/', secret }, { id: 'x', body: '{}' });
    assert.equal(nobody.kind, 'failed');
    close();
    inside.close();
  });

  it('a receiver that does not answer costs a bounded time', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { post, close } = createWebhookPost(
      { addresses: createWebhookAddresses(['127.0.0.1']), nowMs: Date.now },
      { requestMsMax: 50, idleSocketsMax: 1 },
    );
    const outcome = await post(
      { url: `http://127.0.0.1:${String((silent.address() as AddressInfo).port)}/`, secret },
      { id: 'x', body: '{}' },
    );
    assert.deepEqual(outcome, { kind: 'failed', problem: 'no answer within 50 ms' });
    close();
    silent.closeAllConnections();
    silent.close();
  });

  it('secrets are made as the standard wants them', () => {
    assert.ok(isWebhookSecret(newWebhookSecret()));
    assert.notEqual(newWebhookSecret(), newWebhookSecret());
    assert.deepEqual(
      ['whsec_', 'abc', `whsec_${Buffer.alloc(23).toString('base64')}`, `whsec_${Buffer.alloc(65).toString('base64')}`].filter(
        isWebhookSecret,
      ),
      [],
    );
  });
});

// ------------------------------------------------------------------ retries, dead letters

describeStores('delivery to webhooks', (open) => {
  const noChance = { ...webhookDefaults, jitter: 0 };

  async function world(hooks: readonly Webhook[] = [hookOf()]) {
    const opened = await open();
    const store: Store = opened.store;
    for (const hook of hooks) await store.webhooks.insert(hook);
    const rows: FeedEvent[] = [];
    const events: EventStore = {
      read: (after, limit) => Promise.resolve(rows.filter(({ seq }) => seq > after).slice(0, limit)),
      range: () => Promise.resolve({ first: rows[0]?.seq ?? 0, last: rows.at(-1)?.seq ?? 0 }),
    };
    const owner = { is: true };
    const timers = createHandTimers();
    const after = (ms: number, run: () => void) => timers.after(ms, run);
    const shared = { nowMs: () => timers.nowMs(), after, log: silentLog, meter: recordingMeter() };
    const feed = createEventFeed({ ...shared, store: events, isWriter: () => owner.is });
    const posted: string[] = [];
    const answers = { next: (): WebhookOutcome => ({ kind: 'ok' }) };
    const delivery = createWebhookDelivery(
      {
        ...shared,
        store: store.webhooks,
        feed,
        isActive: () => owner.is,
        random: () => 0.5,
        post: (_, { id }) => {
          posted.push(id);
          return Promise.resolve(answers.next());
        },
      },
      noChance,
    );
    const down = (): WebhookOutcome => ({ kind: 'failed', problem: 'status 500' });
    const tell = (...more: readonly FeedEvent[]) => {
      rows.push(...more);
      feed.stored(more);
    };
    const begin = async () => {
      await feed.start();
      delivery.start();
    };
    const reaches = (count: number) =>
      eventually(
        () => posted.length,
        (length) => length >= count,
        { everyMs: 2 },
      );
    const stored = (holds: (hook: Webhook) => boolean) =>
      eventually(async () => (await store.webhooks.find('h1')) ?? hookOf({ cursor: -1 }), holds, { everyMs: 2 });
    const end = async () => {
      await delivery.stop();
      feed.stop();
    };
    return { store, timers, rows, posted, answers, owner, delivery, down, tell, begin, reaches, stored, end, meter: shared.meter };
  }

  it('B25: an event that fails is tried again by the schedule, the ones behind it wait, and the order stays', async () => {
    const { timers, posted, answers, down, tell, begin, reaches, stored, end } = await world();
    await begin();
    answers.next = down;
    tell(eventOf(1), eventOf(2));
    await reaches(1);
    for (const [tries, ms] of webhookDefaults.retryMs.slice(0, 3).entries()) {
      const { nextAtMs } = await stored((hook) => hook.tries === tries + 1);
      assert.equal(nextAtMs, timers.nowMs() + ms);
      timers.advance(ms - 1);
      await turn();
      assert.equal(posted.length, tries + 1);
      if (tries === 2) answers.next = () => ({ kind: 'ok' });
      timers.advance(1);
      await reaches(tries + 2);
    }
    await reaches(5);
    assert.deepEqual(posted, ['evt_1', 'evt_1', 'evt_1', 'evt_1', 'evt_2']);
    const done = await stored((hook) => hook.tries === 0);
    assert.equal(done.problem, '');
    await end();
    await stored((hook) => hook.cursor === 2);
  });

  it('B25: after the last try it goes to the dead letters, the next ones have one try each until one succeeds; all can be sent again', async () => {
    const { store, timers, posted, answers, down, tell, begin, reaches, stored, delivery, end, meter } = await world();
    const { retryMs, failingPauseMs } = webhookDefaults;
    await begin();
    answers.next = down;
    tell(...eventsOf(1, 4));
    for (const [tries, ms] of retryMs.entries()) {
      await reaches(tries + 1);
      await stored((hook) => hook.tries === tries + 1);
      await turn();
      timers.advance(ms);
    }
    await stored((hook) => hook.cursor === 1);
    await turn();
    timers.advance(failingPauseMs);
    await stored((hook) => hook.cursor === 2);
    assert.equal(posted.filter((id) => id === 'evt_1').length, retryMs.length + 1);
    assert.equal(posted.filter((id) => id === 'evt_2').length, 1);
    const letters = await store.webhooks.deadLetters('h1', { after: 0, limit: 10 });
    assert.deepEqual(
      letters.map(({ seq, tries, problem }) => [seq, tries, problem]),
      [
        [1, 10, 'status 500'],
        [2, 10, 'status 500'],
      ],
    );
    assert.equal(letters[0]?.body, '{"seq":1,"type":"queue-changed","atMs":1001,"data":{"queue":"support","change":"changed"}}');

    answers.next = () => ({ kind: 'ok' });
    await turn();
    timers.advance(failingPauseMs);
    await stored((hook) => hook.tries === 0);
    posted.length = 0;
    await store.webhooks.setDue('h1', true);
    delivery.changed('h1');
    await eventually(
      () => store.webhooks.countDeadLetters('h1'),
      ({ kept }) => kept === 0,
    );
    assert.deepEqual(
      posted.filter((id) => id < 'evt_3'),
      ['evt_1', 'evt_2'],
    );
    assert.equal(meter.counted('tandem_webhook_deliveries_total').filter(({ outcome }) => outcome === 'dead').length, 2);
    await end();
  });

  it('B25: another owner goes on where the one before stopped; a sudden death repeats at most a second', async () => {
    const { rows, posted, tell, begin, reaches, owner, timers, store, end, stored } = await world();
    await begin();
    tell(...eventsOf(1, 5));
    await reaches(5);
    timers.advance(webhookDefaults.saveEveryMs);
    await stored((hook) => hook.cursor === 5);
    owner.is = false;
    timers.advance(webhookLookEveryMs);
    await turn();
    rows.push(...eventsOf(6, 7)); // stored by the other one
    timers.advance(250);
    await turn();
    assert.equal(await store.webhooks.progress('h1', 4, hookOf({ cursor: 9 })), false, 'who is behind cannot move it');
    owner.is = true;
    await eventually(
      () => {
        timers.advance(webhookLookEveryMs);
        return posted.length;
      },
      (length) => length >= 7,
    );
    assert.deepEqual(
      posted,
      [1, 2, 3, 4, 5, 6, 7].map((seq) => `evt_${String(seq)}`),
    );
    await end();
  });

  it('B25: events that were not kept long enough for a webhook are told as lost', async () => {
    const { rows, begin, reaches, end, posted } = await world([hookOf({ cursor: 3, types: ['talk-ended'] })]);
    rows.push(...eventsOf(10, 11), eventOf(12, { type: 'talk-ended' }));
    await begin();
    await reaches(2);
    assert.deepEqual(posted, ['evt_9', 'evt_12']);
    await end();
  });

  it('the store: webhooks and dead letters come back as they were, bounded, and go together', async () => {
    const { store } = await open();
    const odd = hookOf({ id: 'odd', types: ['talk-ended'], queues: [`a'b"c`, 'é😀'], disabled: 'x'.repeat(300), createdAtMs: 2 });
    await store.webhooks.insert(hookOf());
    await store.webhooks.insert(odd);
    assert.deepEqual(await store.webhooks.list(), [hookOf(), { ...odd, disabled: 'x'.repeat(255) }]);
    const letter = (seq: number) => ({ seq, atMs: 5, tries: 10, problem: 'p', body: '{}' });
    for (let seq = 1; seq <= 3; seq++) assert.ok(await store.webhooks.bury('h1', seq - 1, hookOf({ cursor: seq }), letter(seq)));
    assert.equal(await store.webhooks.bury('h1', 0, hookOf({ cursor: 4 }), letter(4)), false);
    assert.deepEqual(await store.webhooks.deadLetters('h1', { after: 1, limit: 1 }), [letter(2)]);
    assert.deepEqual(await store.webhooks.deadLetters('h1', { after: 0, limit: 9, dueOnly: true }), []);
    assert.equal(await store.webhooks.setDue('h1', true), 3);
    assert.deepEqual(await store.webhooks.countDeadLetters('h1'), { kept: 3, due: 3 });
    await store.webhooks.removeDeadLetter('h1', 2);
    assert.deepEqual(
      (await store.webhooks.deadLetters('h1', { after: 0, limit: 9, dueOnly: true })).map(({ seq }) => seq),
      [1, 3],
    );
    assert.deepEqual(
      [await store.webhooks.remove('h1'), await store.webhooks.remove('h1'), await store.webhooks.countDeadLetters('h1')],
      [true, false, { kept: 0, due: 0 }],
    );
    assert.equal(await store.webhooks.change('h1', hookOf()), false);
  });
});
