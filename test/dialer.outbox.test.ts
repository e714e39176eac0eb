/** Messages to the voice connector: outbox, HTTP client, the small voice connector of our own (dialer.md A11, A17). */
import assert from 'node:assert/strict';
import type { DialerStore, VoiceConnector } from '../core/dialer-ports.js';
import { TandemError } from '../core/errors.js';
import { createDialerOutbox, dialerOutboxDefaults } from '../core/services/dialer-outbox.js';
import type { DialerOutbox } from '../core/services/dialer-outbox.js';
import { createOwnVoiceConnector, extensionOf, ownConnectorLimits } from '../sidecar/own-voice-connector.js';
import { createVoiceConnector } from '../sidecar/voice-connector.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';
import { startVoiceConnector } from './support/voice-connector.js';

type Due = Awaited<ReturnType<DialerStore['outboxDue']>>[number];

const turns = async (count = 30): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** The outbox table in memory. */
class Table {
  rows: (Due & { nextMs: number; state: 'waiting' | 'dead'; problem?: string })[] = [];
  isDown = false;
  #ids = 0;

  add(key: string, nowMs: number): void {
    this.rows.push({
      ...{ id: ++this.#ids, key, kind: key.includes('end-chat') ? 'end-chat' : 'call-result', body: { key } },
      ...{ tries: 0, createdAtMs: nowMs, nextMs: nowMs, state: 'waiting' },
    });
  }

  #ask<T>(answer: () => T): Promise<T> {
    return this.isDown ? Promise.reject(new TandemError('TDM_STORE_DOWN', ['test'])) : Promise.resolve(answer());
  }

  /** of each call the oldest that waits */
  outboxDue = (nowMs: number, limit: number) =>
    this.#ask(() => {
      const waiting = this.rows.filter((row) => row.state === 'waiting');
      const callOf = ({ key }: Due): string | undefined => key.split(':')[0];
      const first = waiting.filter((row) => !waiting.some((other) => other.id < row.id && callOf(other) === callOf(row)));
      return first.filter((row) => row.nextMs <= nowMs).slice(0, limit);
    });
  outboxDone = (id: number) => this.#ask(() => void (this.rows = this.rows.filter((row) => row.id !== id)));
  outboxFailed = (id: number, problem: string, nextAtMs: number | undefined) =>
    this.#ask(() => {
      this.rows = this.rows.map((row) =>
        row.id === id
          ? { ...row, tries: row.tries + 1, problem, nextMs: nextAtMs ?? 0, state: nextAtMs === undefined ? 'dead' : 'waiting' }
          : row,
      );
    });
  outboxCount = () =>
    this.#ask(() => ({
      waiting: this.rows.filter((row) => row.state === 'waiting').length,
      dead: this.rows.filter((row) => row.state === 'dead').length,
    }));
}

describe('dialer: outbox', () => {
  const timers = createHandTimers();
  let table: Table;
  let sent: { readonly key: string; readonly atMs: number }[];
  let isOk: (key: string) => boolean;
  let outbox: DialerOutbox;

  const start = (): DialerOutbox => {
    const connector: VoiceConnector = {
      post: (_path, key) => {
        sent.push({ key, atMs: timers.nowMs() });
        return Promise.resolve({ ok: isOk(key), status: isOk(key) ? 200 : 503 });
      },
    };
    const after = (ms: number, run: () => void): (() => void) => timers.after(ms, run);
    outbox = createDialerOutbox({ store: table, connector, nowMs: () => timers.nowMs(), after, log: silentLog, meter: recordingMeter() });
    return outbox;
  };

  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 500) {
      timers.advance(Math.min(500, left));
      await turns();
    }
  };

  beforeEach(() => {
    [table, sent, isOk] = [new Table(), [], () => true];
  });

  afterEach(() => outbox.stop());

  it('E53, E62: a result is delivered at once, and once', async () => {
    table.add('k1:call-result:1', timers.nowMs());
    start();
    await turns();
    await pass(5_000);
    assert.deepEqual(
      sent.map(({ key }) => key),
      ['k1:call-result:1'],
    );
    assert.deepEqual(outbox.counts(), { waiting: 0, dead: 0 });
  });

  it('A11: it is tried again after 1 s, 5 s, 30 s, then every 5 min, and given up after a day', async () => {
    isOk = () => false;
    const beganMs = timers.nowMs();
    table.add('k1:call-result:1', beganMs);
    start();
    await turns();
    await pass(400_000);
    const at = sent.map(({ atMs }) => Math.round((atMs - beganMs) / 1000));
    const near = [0, 1, 6, 36, 336].map((want, i) => Math.abs((at[i] ?? 1e9) - want) <= i + 1);
    assert.deepEqual(near, [true, true, true, true, true], at.join(' '));
    timers.advance(dialerOutboxDefaults.ageMsMax);
    await turns();
    await pass(3_000);
    assert.equal(table.rows[0]?.state, 'dead');
    assert.equal(outbox.counts().dead, 1);
    const count = sent.length;
    await pass(5_000);
    assert.equal(sent.length, count);
  });

  it('messages of one call arrive in order, those of others do not wait for them', async () => {
    isOk = (key) => key !== 'k1:end-chat:1';
    for (const key of ['k1:end-chat:1', 'k1:call-result:1', 'k2:call-result:1']) table.add(key, timers.nowMs());
    start();
    await turns();
    assert.deepEqual(sent.map(({ key }) => key).sort(), ['k1:end-chat:1', 'k2:call-result:1']);
    await pass(900);
    isOk = () => true;
    await pass(2_000);
    assert.deepEqual(
      sent.slice(-2).map(({ key }) => key),
      ['k1:end-chat:1', 'k1:call-result:1'],
    );
    assert.deepEqual(table.rows, []);
  });

  it('A11: hundreds that wait for an earlier one do not hide one that is free', async () => {
    isOk = (key) => !key.endsWith('end-chat:1');
    for (let i = 0; i < 150; i++) for (const kind of ['end-chat', 'call-result']) table.add(`k${String(i)}:${kind}:1`, timers.nowMs());
    table.add('free:call-result:1', timers.nowMs());
    start();
    for (let i = 0; i < 20; i++) await turns(100);
    assert.ok(sent.some(({ key }) => key === 'free:call-result:1'));
  });

  it('B11: while the database is away nothing is sent; then it goes on', async () => {
    table.isDown = true;
    table.add('k1:call-result:1', timers.nowMs());
    start();
    await turns();
    await pass(5_000);
    assert.deepEqual(sent, []);
    table.isDown = false;
    await pass(3_000);
    assert.equal(sent.length, 1);
  });
});

describe('dialer: voice connector', () => {
  it('A17: messages go out as JSON with their Idempotency-Key, and 2xx alone is a success', async () => {
    const vc = await startVoiceConnector();
    try {
      const client = createVoiceConnector({ url: vc.url, requestMsMax: 2_000 }, { fetch, log: silentLog, meter: recordingMeter() });
      assert.deepEqual(await client.post('agent-request', 'k1:agent-request:1', { callUid: 'k1' }), { ok: true, status: 200 });
      vc.answer('call-result', 400);
      assert.deepEqual(await client.post('call-result', 'k1:call-result:1', {}), { ok: false, status: 400 });
      assert.equal(client.isUp(), true, 'it answers');
      vc.answer('call-result', 503);
      assert.deepEqual(await client.post('call-result', 'k1:call-result:1', {}), { ok: false, status: 503 });
      assert.equal(client.isUp(), false);
      vc.answer('end-chat', 0);
      assert.deepEqual(await client.post('end-chat', 'k1:end-chat:1', {}), { ok: false, status: undefined });
      assert.deepEqual(vc.requests[0], { path: 'agent-request', key: 'k1:agent-request:1', body: { callUid: 'k1' } });
    } finally {
      await vc.close();
    }
  });

  it('A17: a voice connector that says nothing is given up in time', async () => {
    const slow: typeof fetch = (_url, init) =>
      new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('late'))));
    const client = createVoiceConnector(
      { url: 'http://127.0.0.1:1', requestMsMax: 30 },
      { fetch: slow, log: silentLog, meter: recordingMeter() },
    );
    assert.deepEqual(await client.post('end-chat', 'k', {}), { ok: false, status: undefined });
  });
});

describe('dialer: own voice connector', () => {
  const timers = createHandTimers();
  let held: Map<string, string>;
  let free: string[];
  let details: Record<string, unknown>[];
  let status: 200 | 409;
  let posted: Record<string, unknown>[];
  let ccmStatus: number;
  let wrapUpMs = 0;
  let wraps: unknown[] = [];

  const open = (notificationsUrl = '') =>
    createOwnVoiceConnector(
      { notificationsUrl, reservationMs: 90_000 },
      {
        agents: {
          reserve: ({ key, agent, untilMs, isBare }) => {
            if (isBare === true) wraps.push([key, agent, untilMs - timers.nowMs()]);
            const found = held.get(key) ?? (agent === undefined ? free.shift() : free.includes(agent) ? agent : undefined);
            if (found === undefined) return Promise.resolve({ reason: 'nobody' });
            held.set(key, found);
            return Promise.resolve({ agent: found });
          },
          release: (key) => Promise.resolve(void held.delete(key)),
        },
        wrapUpMsOf: () => wrapUpMs,
        contactOf: (agent) => (agent === 'ghost' ? undefined : `PJSIP/${agent}`),
        agentDetails: (given) => {
          details.push({ ...given });
          return Promise.resolve(status);
        },
        newId: () => 'n-1',
        fetch: (_url, init) => {
          posted.push(JSON.parse(init?.body as string) as Record<string, unknown>);
          return Promise.resolve(new Response(null, { status: ccmStatus }));
        },
        ...{ timers, log: silentLog },
      },
    );

  const request = { callUid: 'k1', queue: 'sales', routingMode: 'QUEUE', resourceId: 'q-7' };
  const later = async (ms = 0): Promise<void> => {
    timers.advance(ms);
    await turns();
  };

  beforeEach(() => {
    [wrapUpMs, wraps] = [0, []];
    [held, free, details, status, posted, ccmStatus] = [new Map<string, string>(), ['1001'], [], 200, [], 200];
  });

  it('E6, E8, E56: an agent of our own queue is reserved and told with his extension', async () => {
    const vc = open();
    assert.deepEqual(await vc.post('agent-request', 'k1:agent-request:1', request), { ok: true, status: 202 });
    await later();
    assert.deepEqual(details, [{ callId: 'k1', isReserved: true, agentExtension: '1001', agentId: '1001', queueName: 'sales' }]);
    assert.deepEqual([...held], [['vc:k1', '1001']]);
    await vc.post('end-chat', 'k1:end-chat:1', { uuid: 'k1' });
    assert.equal(held.size, 0, 'END_CHAT frees him (E60)');
    vc.close();
  });

  it('E33, E57: nobody free, the wrong agent free, or an agent without a telephone: no agent available', async () => {
    const vc = open();
    free = ['ghost'];
    await vc.post('agent-request', '1', request);
    await later();
    free = ['1001'];
    await vc.post('agent-request', '2', { ...request, callUid: 'k2', routingMode: 'AGENT', resourceId: '1002' });
    await later();
    assert.deepEqual(
      details.map(({ isReserved }) => isReserved),
      [false, false],
    );
    assert.equal(held.size, 0);
  });

  it('an agent whose call is not wanted any more is free at once, one who talks is held on', async () => {
    const vc = open();
    status = 409;
    await vc.post('agent-request', '1', request);
    await later();
    assert.equal(held.size, 0);
    [status, free] = [200, ['1001']];
    await vc.post('agent-request', '2', { ...request, callUid: 'k2' });
    await later();
    held.clear(); // the queue engine has ended the hold
    free = ['1001'];
    await later(ownConnectorLimits.holdAgainMs);
    assert.deepEqual([...held.keys()], ['vc:k2']);
    vc.close();
  });

  it('B19: after a talk the agent has his wrap-up, under the same key and whatever his telephone does; after another end none', async () => {
    const vc = open();
    wrapUpMs = 20_000;
    await vc.post('agent-request', '1', request);
    await later();
    await vc.post('call-result', '2', { uuid: 'k1', result: 'CONNECTED' });
    assert.deepEqual([[...held], wraps], [[['vc:k1', '1001']], [['vc:k1', '1001', 20_000]]]);
    await later(ownConnectorLimits.holdAgainMs);
    assert.equal(wraps.length, 1, 'the hold is not renewed');
    [held, free] = [new Map<string, string>(), ['1001']];
    await vc.post('agent-request', '3', { ...request, callUid: 'k2' });
    await later();
    await vc.post('call-result', '4', { uuid: 'k2', result: 'NO_ANSWER' });
    assert.deepEqual([held.size, wraps.length], [0, 1]);
    vc.close();
  });

  it('B19: a CCM that is away is told again, and the wrap-up of the agent goes on', async () => {
    const vc = open('http://127.0.0.1/ccm');
    [wrapUpMs, ccmStatus] = [20_000, 503];
    await vc.post('agent-request', '1', request);
    await later();
    const result = { uuid: 'k1', result: 'CONNECTED' };
    assert.equal((await vc.post('call-result', '2', result)).ok, false);
    assert.equal((await vc.post('call-result', '2', result)).ok, false);
    ccmStatus = 200;
    assert.equal((await vc.post('call-result', '2', result)).ok, true);
    assert.deepEqual([[...held], wraps], [[['vc:k1', '1001']], [['vc:k1', '1001', 20_000]]]);
    assert.equal(posted.length, 3);
    vc.close();
  });

  it('E12, E14: a result becomes the delivery notification of A17.4', async () => {
    const vc = open('http://127.0.0.1/ccm');
    const body = { uuid: 'k1', campaignId: 'c1', campaignContactId: 'cc-1', callResult: 'NORMAL_CLEARING', result: 'CONNECTED' };
    assert.equal((await vc.post('call-result', '1', { ...body, customerNumber: '+4930', serviceIdentifier: '1218' })).ok, true);
    assert.deepEqual(posted, [
      {
        id: 'n-1',
        header: {
          channelData: { channelCustomerIdentifier: '+4930', serviceIdentifier: '1218' },
          sender: { id: 'dialer', type: 'CONNECTOR', senderName: 'dialer' },
          originalMessageId: 'k1',
          schedulingMetaData: { campaignId: 'c1', campaignContactId: 'cc-1' },
        },
        body: { type: 'DELIVERYNOTIFICATION', messageId: 'k1', status: 'CONNECTED', reasonCode: 'NORMAL_CLEARING' },
      },
    ]);
    assert.deepEqual(vc.notifications(), posted);
    ccmStatus = 503;
    assert.equal((await vc.post('call-result', '2', { ...body, result: 'BUSY' })).ok, false, 'the outbox sends it again');
    assert.equal((posted[1]?.['body'] as { status: string }).status, 'FAILED');
  });

  it('E12: the notification of a later call is of the message that the campaign manager sent', async () => {
    const vc = open('http://127.0.0.1/ccm');
    await vc.post('call-result', '1', { uuid: 'k1.2', contactId: 'k1', callResult: 'NORMAL_CLEARING', result: 'CONNECTED' });
    const { header, body } = posted[0] as { header: { originalMessageId: string }; body: { messageId: string } };
    assert.deepEqual([header.originalMessageId, body.messageId], ['k1', 'k1']);
    vc.close();
  });

  it('the extension is what the switch knows an agent by', () => {
    const of = (contact: string): string | undefined => extensionOf(contact);
    assert.equal(of('PJSIP/1001'), '1001');
    assert.equal(of('user/1001@example.org'), '1001');
    assert.equal(of('[leg_timeout=10]sofia/internal/1001@10.0.0.1'), '1001');
    assert.equal(of('{a=b}user/1001'), '1001');
    assert.equal(of('1001'), '1001');
    assert.equal(of(''), undefined);
    assert.equal(of("user/1';x"), undefined);
  });
});
