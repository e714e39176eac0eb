/** Requests that change something: repeated under an Idempotency-Key without harm, and written down (B24, B39). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { AuditRow } from '../core/access-ports.js';
import { createIdempotency, idempotencyDefaults } from '../sql/idempotency.js';
import { access } from '../sql/migrations/000007-access.js';
import { translate } from '../sql/migrations/migration.js';
import { startQueueApi, type QueueApi } from './support/queue-api.js';
import { openOther } from './support/stores.js';

const dayMs = 86_400_000;

describe('idempotency keys', () => {
  let api: QueueApi;
  beforeEach(async () => {
    api = await startQueueApi({ queues: { support: {} }, agents: { anna: { contact: 'PJSIP/1' } }, tiers: ['support anna'] });
  });
  afterEach(() => api.close());

  const callback = { queue: 'support', number: '+4930123' };
  /** the engine takes a number once */
  const other = { queue: 'support', number: '+4930999' };
  const order = (key: string, body: object = callback, who = 'desk') =>
    api.ask('POST', '/callbacks', body, who, { 'idempotency-key': key });

  it('B24: the same request twice is done once and answered the same', async () => {
    const first = await order('k1');
    const again = await order('k1');
    assert.equal(first.status, 200);
    assert.deepEqual(again, first);
    assert.equal(api.desk.asked.length, 1);
    const next = await order('k2', other);
    assert.equal(next.status, 200);
    assert.notEqual(next.body['id'], first.body['id']);
  });

  it('says that an answer is a repeated one, with its content type', async () => {
    const headers = { authorization: `Basic ${btoa('desk:desk-pass')}`, 'content-type': 'application/json', 'idempotency-key': 'k' };
    const send = () => fetch(`${api.base}/callbacks`, { method: 'POST', headers, body: JSON.stringify(callback) });
    const [first, again] = [await send(), await send()];
    assert.deepEqual([first.headers.get('idempotency-replayed'), again.headers.get('idempotency-replayed')], [null, 'true']);
    assert.equal(again.headers.get('content-type'), first.headers.get('content-type'));
  });

  it('another request under the same key is refused', async () => {
    await order('k1');
    for (const answer of [
      await order('k1', { ...callback, number: '+4930124' }),
      await api.ask('PUT', '/agents/anna/status', { status: 'On Break' }, 'desk', { 'idempotency-key': 'k1' }),
      await api.ask('POST', '/callbacks?x=1', callback, 'desk', { 'idempotency-key': 'k1' }),
    ])
      assert.deepEqual([answer.status, answer.body['code']], [409, 'TDM_KEY_REUSED']);
    assert.equal(api.desk.asked.length, 1);
  });

  it('keys belong to one principal', async () => {
    await order('k1');
    assert.equal((await order('k1', other, 'boss')).status, 200);
    assert.equal(api.desk.asked.length, 2);
  });

  it('of two at once one is done', async () => {
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => order('k1')));
    const done = answers.filter(({ status }) => status === 200);
    assert.ok(done.length >= 1);
    for (const { status, body } of answers) if (status !== 200) assert.deepEqual([status, body['code']], [409, 'TDM_KEY_RUNNING']);
    assert.equal(api.desk.asked.length, 1);
  });

  it('refusals that say nothing of the request are not kept: no right, too busy, another owner', async () => {
    assert.equal((await order('k1', callback, 'viewer')).status, 403);
    api.users.users = api.users.users.map((user) =>
      user.user === 'viewer' ? { ...user, apiAllowedFunctions: ' tandem_queue_control ' } : user,
    );
    assert.equal((await order('k1', callback, 'viewer')).status, 200);
    api.desk.isOwner = false;
    assert.equal((await order('k2', other)).status, 503);
    api.desk.isOwner = true;
    assert.equal((await order('k2', other)).status, 200);
  });

  it('a refusal of the request itself is kept', async () => {
    assert.equal((await order('k1', { queue: 'none', number: '1' })).status, 404);
    assert.deepEqual((await order('k1', { queue: 'none', number: '1' })).body['code'], 'TDM_NOT_FOUND');
  });

  it('answers count for a day; a request that never ended blocks its key for a minute', async () => {
    await order('k1');
    api.desk.advance(dayMs - 1);
    await order('k1');
    assert.equal(api.desk.asked.length, 1);
    api.desk.advance(1);
    await order('k1', { ...callback, number: '+49301' });
    assert.equal(api.desk.asked.length, 2);
    const { idempotency } = api.own.access;
    assert.deepEqual(await idempotency.begin('user:desk', 'died', 'x', api.desk.nowMs()), { kind: 'new' });
    assert.equal((await order('died')).body['code'], 'TDM_KEY_REUSED');
    api.desk.advance(idempotencyDefaults.runningMsMax);
    assert.equal((await order('died', other)).status, 200);
  });

  it('keys that are none, and without a login', async () => {
    for (const key of ['x'.repeat(201), 'a b', 'ü']) assert.equal((await order(key).catch(() => ({ status: 400 }))).status, 400, key);
    assert.equal((await api.ask('POST', '/callbacks', callback, '', { 'idempotency-key': 'k' })).status, 401);
    assert.equal(api.desk.asked.length, 0);
  });

  it('a principal has a bounded number of keys', async () => {
    const db = await openOther('sqlite::memory:');
    for (const statement of access.statements) await db.run(translate(statement, 'sqlite', ''));
    const few = createIdempotency(db, { own: '' }, { ...idempotencyDefaults, perPrincipalMax: 2 });
    for (const key of ['a', 'b']) assert.equal((await few.begin('user:x', key, 'h', 1)).kind, 'new');
    assert.equal((await few.begin('user:x', 'c', 'h', 1)).kind, 'full');
    assert.equal((await few.begin('user:y', 'c', 'h', 1)).kind, 'new');
    await db.close();
  });
});

describe('audit', () => {
  let api: QueueApi;
  beforeEach(async () => {
    api = await startQueueApi({ queues: { support: {} }, agents: { anna: { contact: 'PJSIP/1' } }, tiers: ['support anna'] });
  });
  afterEach(() => api.close());
  const rows = () => api.own.access.audit.read({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 100 });
  const seen = (row: AuditRow | undefined) => row && [row.principal, row.method, row.path, row.status, row.code];

  it('B39: each change leaves a row: who, from where, what, and how it ended', async () => {
    await api.ask('PUT', '/agents/anna/status', { status: 'On Break', reason: 'lunch' }, 'desk');
    const [row] = await rows();
    assert.deepEqual(seen(row), ['user:desk', 'PUT', '/api/v1/agents/anna/status', 200, undefined]);
    assert.deepEqual([row?.address, row?.atMs, row?.request], ['127.0.0.1', api.desk.nowMs(), '{"status":"On Break","reason":"lunch"}']);
    assert.equal((JSON.parse(row?.after ?? '{}') as { status: string }).status, 'On Break');
    assert.match(row?.requestId ?? '', /^\w+-\w+$/);
  });

  it('also what was refused; but nothing of strangers, of reading, and of too many requests', async () => {
    await api.ask('PUT', '/agents/anna/status', { status: 'On Break' }, 'viewer');
    await api.ask('PUT', '/agents/none/status', { status: 'On Break' }, 'desk');
    await api.ask('PUT', '/agents/anna/status', { status: 'x' }, 'desk');
    await api.ask('PUT', '/agents/anna/status', { status: 'On Break' }, '');
    await api.get('/queues', 'desk');
    assert.deepEqual([...(await rows())].reverse().map(seen), [
      ['user:viewer', 'PUT', '/api/v1/agents/anna/status', 403, 'TDM_FORBIDDEN'],
      ['user:desk', 'PUT', '/api/v1/agents/none/status', 404, 'TDM_NOT_FOUND'],
      ['user:desk', 'PUT', '/api/v1/agents/anna/status', 400, 'TDM_BAD_REQUEST'],
    ]);
  });

  it("no secrets, and nothing of the site's customers", async () => {
    await api.ask('POST', '/callbacks', { queue: 'support', number: '+4930123', name: 'Eve' }, 'desk');
    await api.ask('PUT', '/provisioning/agents/new', { pin: '4711' }, 'boss');
    await fetch(`${api.base}/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-tandem-request': '1' },
      body: JSON.stringify({ user: 'desk', pass: 'desk-pass' }),
    });
    const all = await rows();
    assert.deepEqual(
      all.map(({ path }) => path),
      ['/api/v1/session', '/api/v1/provisioning/agents/new', '/api/v1/callbacks'],
    );
    assert.doesNotMatch(JSON.stringify(all), /4930123|Eve|4711|desk-pass/);
    assert.equal(all[0]?.principal, 'user:desk');
    assert.equal(all[2]?.request, '{"queue":"support"}');
  });

  it('B39: however the path of a request is written: in other letters, or with the name of the host before it', async () => {
    const api1 = api.base.replace(/\/api\/v1$/, '');
    const headers = { authorization: `Basic ${btoa('desk:desk-pass')}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ queue: 'support', number: '+4930123', name: 'Eve' });
    assert.equal((await fetch(`${api1}/API/v1/callbacks`, { method: 'POST', headers, body })).status, 200);
    assert.equal((await fetch(`${api1}/api/v1/CallBacks`, { method: 'POST', headers, body })).status, 409);
    const { hostname, port } = new URL(api1);
    const whole = request({ hostname, port, path: `${api1}/api/v1/callbacks`, method: 'POST', headers }).end(body);
    const [answer] = (await once(whole, 'response')) as [IncomingMessage];
    answer.resume();
    assert.equal(answer.statusCode, 409);
    const all = await rows();
    assert.deepEqual(
      all.map(({ path, status }) => [path, status]),
      [
        ['/api/v1/callbacks', 409],
        ['/api/v1/CallBacks', 409],
        ['/API/v1/callbacks', 200],
      ],
    );
    assert.doesNotMatch(JSON.stringify(all), /4930123|Eve/);
  });

  it('GET /audit: newest first, in pages, with filters; for administrators', async () => {
    for (const status of ['On Break', 'Available', 'Logged Out']) {
      api.desk.advance(1_000);
      await api.ask('PUT', '/agents/anna/status', { status }, status === 'Available' ? 'boss' : 'desk');
    }
    const one = await api.get('/audit?limit=2');
    const two = await api.get(`/audit?limit=2&after=${String(one.body['next'])}`);
    const asked = [one, two].flatMap(({ body }) =>
      (body['items'] as { request: { status: string } }[]).map(({ request }) => request.status),
    );
    assert.deepEqual([asked, two.body['next']], [['Logged Out', 'Available', 'On Break'], undefined]);
    for (const [query, count] of [
      ['principal=user:BOSS', 1],
      ['principal=key:k_1', 0],
      ['method=DELETE', 0],
      ['path=/api/v1/agents', 3],
      ['path=/api/v1/queues', 0],
      [`from=${String(api.desk.nowMs())}`, 1],
      [`to=${String(api.desk.nowMs())}`, 2],
    ] as const)
      assert.equal(((await api.get(`/audit?${query}`)).body['items'] as unknown[]).length, count, query);
    assert.equal((await api.get('/audit', 'desk')).status, 403);
    assert.equal((await api.get('/audit', '')).status, 401);
    for (const query of ['limit=0', 'after=%27', 'principal=x', 'method=GET', 'from=now', "path=x'", 'sort=at'])
      assert.equal((await api.get(`/audit?${query}`)).status, 400, query);
  });

  it('old rows, answers and sessions go', async () => {
    await api.ask('PUT', '/agents/anna/status', { status: 'On Break' }, 'desk', { 'idempotency-key': 'k' });
    assert.equal((await api.own.runRetention(api.desk.nowMs() + dayMs)).accessExpired, 0);
    assert.equal((await api.own.runRetention(api.desk.nowMs() + dayMs + 1)).accessExpired, 1);
    assert.equal((await api.own.runRetention(api.desk.nowMs() + 400 * dayMs + 1)).accessExpired, 1);
  });
});
