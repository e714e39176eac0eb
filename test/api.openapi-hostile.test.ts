/**
 * Every operation of the description, asked as nobody should ask: the answer is a refusal of the client with a stable
 * code, and nothing has changed. New routes are tested by being described.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { z } from 'zod';
import { errors } from '../core/errors.js';
import { createApp, createHttpServer, httpServerDefaults } from '../sidecar/app.js';
import { routeDocs } from '../sidecar/openapi/document.js';
import type { RouteDoc } from '../sidecar/openapi/route-doc.js';
import { eventually } from './support/eventually.js';
import { silentLog, silentMeter } from './support/observers.js';
import { startQueueApi, type QueueApi } from './support/queue-api.js';

/** Streams, webhooks, events, the dialer and the CRM connector belong to other routers, which have tests of their own. */
const operations = routeDocs.filter(
  ({ path, atRoot }) => !atRoot && !/^\/(events|webhooks|openapi|board\/stream|dialer\/|crm\/)/.test(path),
);
const quotes = `x' OR '1'='1'; DROP TABLE vicidial_users; -- "\`\\`;

describe('every described operation refuses', function () {
  this.timeout(60_000);
  let api: QueueApi;
  let member: string;
  let untouched: string;
  before(async () => {
    const agents = { anna: { contact: 'PJSIP/1', skills: { english: 5 } }, bert: { contact: 'PJSIP/2' } };
    const desk = { leads: { get: () => Promise.resolve(undefined) } as never, transferContext: 'default' };
    const site = { queues: { support: {}, sales: {} }, agents, tiers: ['support anna', 'sales bert'] };
    api = await startQueueApi(site, { queueApi: { desk } });
    member = api.desk.call('support', { number: '+4930' });
    untouched = await all();
  });
  after(() => api.close());

  /** All that a request might change. */
  async function all(): Promise<string> {
    const { own, tables, desk, users, spied } = api;
    const { members, agents, offers, queues, system } = desk.state;
    const kept = await own.provisioning.read();
    const keys = await own.access.keys.list('', 100);
    const engine = [members, agents, offers, queues].map((map) => [...map]);
    // who has logged in and when is noted
    const shown = (name: string, value: unknown): unknown =>
      value instanceof Map ? [...(value as Map<unknown, unknown>)] : /^(lastLogin|lastIp|failed)/.test(name) ? undefined : value;
    return JSON.stringify([engine, system, kept, keys, tables.tables, users.users, spied], shown);
  }
  afterEach(async () => {
    const now = await all();
    let at = 0;
    while (at < now.length && now[at] === untouched[at]) at++;
    assert.ok(now === untouched, `something has changed: ${now.slice(Math.max(0, at - 100), at + 200)}`);
  });

  const named: Readonly<Record<string, () => string>> = {
    queue: () => 'support',
    agent: () => 'anna',
    member: () => member,
    call: () => member,
    offer: () => 'o1',
    user: () => 'desk',
    key: () => 'k_1',
  };
  const pathOf = ({ path }: RouteDoc): string => path.replace(/\{(\w+)\}/g, (_all, name: string) => named[name]?.() ?? 'x');

  async function refused(
    doc: RouteDoc,
    what: string,
    suffix: string,
    body: unknown,
    who: string,
    statuses: readonly number[],
    headers = {},
  ) {
    const answer = await api.ask(doc.method.toUpperCase(), pathOf(doc) + suffix, body, who, {
      'x-tandem-request': '1',
      ...headers,
    });
    const told = `${doc.method} ${doc.path}, ${what}: ${String(answer.status)} ${JSON.stringify(answer.body).slice(0, 300)}`;
    assert.ok(statuses.includes(answer.status), told);
    const code = String(answer.body['code']);
    assert.ok(Object.hasOwn(errors, code), told);
    assert.doesNotMatch(String(answer.body['message']), /\p{C}/u);
  }

  for (const doc of operations) {
    const is = `${doc.method} ${doc.path}`;
    const writes = doc.method !== 'get';
    if (doc.need !== undefined)
      it(`B24: ${is}: no key, wrong keys, no permission`, async () => {
        await refused(doc, 'no key', '', undefined, '', [401]);
        for (const authorization of ['Bearer tdm_x', `Bearer tdm_${'x'.repeat(43)}`, 'Basic !', `Bearer ${quotes}`, 'Digest a=b'])
          await refused(doc, authorization, '', undefined, '', [401], { authorization });
        if (doc.need !== 'any') await refused(doc, 'no permission', '', undefined, 'clerk', [403]);
      });
    if (doc.query)
      it(`B24: ${is}: filters with quotes find nothing or are refused, unknown and repeated ones are refused`, async () => {
        for (const name of Object.keys(doc.query?.shape ?? {})) {
          const { status, text } = await raw(`/api/v1${pathOf(doc)}?${name}=${encodeURIComponent(quotes)}`);
          assert.ok(status < 500, `${is} ${name}: ${text}`);
          if (status === 200) assert.ok(text.length < 2_000, `${is} ${name} finds something`);
          await refused(doc, `${name} twice`, `?${name}=1&${name}=2`, undefined, 'boss', [400]);
        }
        await refused(doc, 'an unknown filter', '?zebra=1', undefined, 'boss', [400]);
      });
    if (writes && doc.need !== undefined)
      it(`B24: ${is}: a body over the limit, and one that is no JSON`, async () => {
        await refused(doc, 'oversize', '', { x: 'x'.repeat(70_000) }, 'boss', [413]);
        await refused(doc, 'broken', '', '{"a":', 'boss', [400]);
      });
    if (doc.body)
      it(`B24: ${is}: wrong types everywhere`, async () => {
        const shape = z.toJSONSchema(doc.body ?? z.any(), { io: 'input', unrepresentable: 'any' }).properties ?? {};
        const wrong: unknown[] = [[], [1], { zebra: { crossing: [quotes] } }];
        for (const name of Object.keys(shape))
          for (const value of [{ x: [quotes] }, [[quotes]], 'x'.repeat(60_000)]) wrong.push({ [name]: value });
        for (const body of wrong) await refused(doc, JSON.stringify(body).slice(0, 80), '', body, 'boss', [400, 404, 409]);
      });
  }

  it('all of them were asked', () => assert.ok(operations.length > 70, String(operations.length)));

  /** As it stands, without what a client tidies up. */
  const raw = (path: string, headers: Record<string, string> = {}): Promise<{ readonly status: number; readonly text: string }> =>
    new Promise((resolve, reject) => {
      const authorization = `Basic ${Buffer.from('boss:boss-pass').toString('base64')}`;
      const { hostname, port } = new URL(api.base);
      const req = request({ hostname, port, path, headers: { authorization, ...headers } }, (res) => {
        let text = '';
        res.on('data', (chunk) => (text += String(chunk)));
        res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
      });
      req.on('error', reject);
      req.end();
    });

  for (const path of [
    '/api/v1/queues/..%2f..',
    '/api/v1/queues/..%2f..%2fusers',
    '/api/v1/queues/../../metrics',
    '/api/v1/queues/..%5c..%5cusers',
    '/api/v1/queues/%2e%2e/users',
    '/api/v1/queues/support%00',
    '/api/v1/queues/%zz',
    '/api/v1/queues/%c0%ae%c0%ae',
    '/api/v1//queues//support//members',
    '/api/v1/agents/anna;x=1',
    '/api/v1/provisioning/queues/..%2fagents%2fanna',
    `/api/v1/queues/${'a'.repeat(12_000)}`,
    `/api/v1/queues/${encodeURIComponent(quotes)}`,
    '/api/v1/queues/__proto__',
    '/api/v1/agents/constructor',
    '/api/v1/members/toString',
  ])
    it(`B24: path trick ${path.slice(0, 60)}`, async () => {
      const { status, text } = await raw(path);
      assert.ok([400, 404].includes(status), `${String(status)} ${text.slice(0, 200)}`);
      assert.match(text, /^\{"code":"TDM_(NOT_FOUND|BAD_REQUEST)"/);
      assert.ok(text.length < 700, 'does not repeat what was sent');
    });

  it('B24: headers over the limit are refused', async () => {
    assert.equal((await raw('/api/v1/queues', { 'x-long': 'x'.repeat(20_000) })).status, 431);
  });
});

describe('slow and many clients', () => {
  const limits = { ...httpServerDefaults, headersMsMax: 150, requestMsMax: 300, lastWordsMsMax: 50, connectionsMax: 3 };
  let port: number;
  let server: ReturnType<typeof createHttpServer>;
  before(async () => {
    server = createHttpServer(createApp({ doors: [], routes: [], log: silentLog, meter: silentMeter }), limits);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as { port: number }).port;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  /** What came until the other side closed. */
  const until = (text: string): Promise<string> =>
    new Promise((resolve) => {
      let got = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => (got += String(chunk)));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(got));
    });

  for (const [what, text] of [
    [
      'a body that never ends',
      'POST /api/v1/keys HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"name"',
    ],
    ['headers that never end', 'GET /api/v1/queues HTTP/1.1\r\nHost: x\r\nX-'],
    ['a chunked body that stops', 'POST /api/v1/keys HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a'],
  ] as const)
    it(`B24: ${what} is cut off`, async () => {
      assert.match(await until(text), /^(HTTP\/1\.1 4\d\d |$)/);
    });

  for (const [what, length] of [
    ['in time', 5_000],
    ['that is refused as too long', 5_000_000],
  ] as const)
    it(`B24: a body ${what} of which a byte comes now and then holds no connection, though its client never closes`, async () => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => undefined).resume();
      socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${String(length)}\r\n\r\n{`);
      const trickle = setInterval(() => socket.write('"'), 20);
      await once(server, 'connection');
      const open = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
      await eventually(open, (count) => count === 0);
      clearInterval(trickle);
      socket.destroy();
    });

  it('B24: a connection too many is closed at once, and the others live', async () => {
    const open = await Promise.all(
      Array.from(
        { length: 3 },
        () =>
          new Promise<ReturnType<typeof connect>>((resolve) => {
            const socket = connect(port, '127.0.0.1', () => resolve(socket));
            socket.on('error', () => undefined);
          }),
      ),
    );
    assert.equal(await until('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), '');
    const answer = new Promise<string>((resolve) => open[0]?.once('data', (chunk) => resolve(String(chunk))));
    open[0]?.write('GET /api/v1/none HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.match(await answer, /^HTTP\/1\.1 404 /);
    for (const socket of open) socket.destroy();
  });
});
