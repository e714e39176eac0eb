/** Tables of the access to the own API, on every database. */
import assert from 'node:assert/strict';
import type { ApiKey, AuditRow, StoredSession } from '../core/access-ports.js';
import { describeStores } from './support/stores.js';

const session = (id: string, atMs: number): StoredSession => ({
  id,
  user: 'Anna',
  secretMark: 'm',
  createdAtMs: atMs,
  seenAtMs: atMs,
  rotatedAtMs: atMs,
  confirmedAtMs: atMs,
});
const key: ApiKey = {
  id: 'k_1',
  name: 'näme 🙂',
  functions: ['tandem_queue_view', 'tandem_queue_control'],
  queues: ['support'],
  createdAtMs: 1,
  createdBy: 'boss',
  expiresAtMs: undefined,
  isDisabled: false,
  lastUsedAtMs: undefined,
  lastAddress: undefined,
};
const row = (id: string, atMs: number, more: Partial<AuditRow> = {}): AuditRow => ({
  id,
  atMs,
  principal: 'user:desk',
  address: '127.0.0.1',
  method: 'PUT',
  path: '/api/v1/agents/anna/status',
  request: '{"status":"On Break"}',
  before: undefined,
  after: undefined,
  status: 200,
  code: undefined,
  requestId: 'r1',
  ...more,
});

describeStores('access', (open) => {
  it('B39: sessions: newest and last token, one exchange of two, at most so many of a user', async () => {
    const { sessions } = (await open({ cacheMsMax: 0 })).store.access;
    await sessions.create(session('s1', 100), 'h1', 2);
    const before = await sessions.find('h1');
    assert.deepEqual(before, { session: session('s1', 100), isNewest: true });
    assert.deepEqual(
      await Promise.all([
        sessions.rotate('s1', 'h1', 'h2', before.session, 200),
        sessions.rotate('s1', 'h1', 'h3', before.session, 200),
      ]).then((done) => done.filter(Boolean).length),
      1,
    );
    assert.equal((await sessions.find('h1'))?.isNewest, false);
    const newest = (await sessions.find('h2')) ?? (await sessions.find('h3'));
    assert.deepEqual([newest?.isNewest, newest?.session.confirmedAtMs], [true, undefined]);
    await sessions.seen('s1', 300, true);
    assert.equal((await sessions.find('h1'))?.session.confirmedAtMs, 300);
    await sessions.create(session('s2', 400), 'h4', 2);
    await sessions.create(session('s3', 500), 'h5', 2);
    assert.equal(await sessions.find('h1'), undefined, 'the oldest goes');
    await sessions.endOfUser('ANNA');
    assert.equal(await sessions.find('h5'), undefined);
  });

  it('B39: keys and rights', async () => {
    const { keys, rights } = (await open({ cacheMsMax: 0 })).store.access;
    await keys.create(key, 'hash');
    await assert.rejects(keys.create({ ...key, id: 'k_2' }, 'hash'), { code: 'TDM_STORE_CONFLICT' });
    assert.deepEqual(await keys.find('hash'), key);
    assert.equal(await keys.find("x' OR '1'='1"), undefined);
    assert.equal(await keys.change('k_1', { queues: undefined, expiresAtMs: 7, isDisabled: true }), true);
    await keys.used('k_1', 9, '::1');
    assert.deepEqual(await keys.get('k_1'), {
      ...key,
      queues: undefined,
      expiresAtMs: 7,
      isDisabled: true,
      lastUsedAtMs: 9,
      lastAddress: '::1',
    });
    assert.equal(await keys.change('k_9', { name: 'x' }), false);
    assert.deepEqual([(await keys.list('', 5)).length, (await keys.list('k_1', 5)).length, await keys.count()], [1, 0, 1]);
    assert.deepEqual(await rights.find('eve'), { queues: undefined, agent: undefined });
    await rights.put('Eve', { queues: ['a'], agent: 'anna' });
    await rights.put('Eve', { queues: [], agent: undefined });
    assert.deepEqual(await rights.find('EVE'), { queues: [], agent: undefined });
    assert.deepEqual([...(await rights.all(['eve', 'bob'])).keys()], ['eve']);
  });

  it('B24: idempotency keys', async () => {
    const { idempotency } = (await open()).store.access;
    const begin = (requestHash: string, atMs = 1_000) => idempotency.begin('user:a', 'Key', requestHash, atMs);
    const kinds = await Promise.all([begin('h'), begin('h'), begin('h')]).then((all) => all.map(({ kind }) => kind).sort());
    assert.deepEqual(kinds, ['new', 'running', 'running']);
    assert.equal((await begin('other')).kind, 'other');
    assert.equal((await idempotency.begin('user:a', 'key', 'h', 1_000)).kind, 'new', 'letter case counts');
    await idempotency.finish('user:a', 'Key', 200, 'text/plain\n🙂');
    assert.deepEqual(await begin('h'), { kind: 'answered', status: 200, body: 'text/plain\n🙂' });
    await idempotency.release('user:a', 'Key');
    assert.equal((await begin('h')).kind, 'answered', 'an answer is not released');
    assert.equal((await begin('new', 1_000 + 86_400_000)).kind, 'new');
    await idempotency.release('user:a', 'Key');
    assert.equal((await begin('h')).kind, 'new');
  });

  it('B39: audit rows newest first, with filters; long ones are cut, twice is once', async () => {
    const { audit } = (await open()).store.access;
    await audit.write(row('a1', 10));
    await audit.write(
      row('a2', 20, { principal: 'key:k_1', method: 'POST', path: '/api/v1/callbacks', status: 404, code: 'TDM_NOT_FOUND' }),
    );
    await audit.write(row('a3', 30, { request: 'x'.repeat(50_000), path: `/${'p'.repeat(900)}` }));
    await audit.write(row('a3', 30));
    const read = async (more: object) => (await audit.read({ fromMs: 0, toMs: 100, limit: 10, ...more })).map(({ id }) => id);
    assert.deepEqual(await read({}), ['a3', 'a2', 'a1']);
    assert.deepEqual(await read({ after: 'a3', limit: 1 }), ['a2']);
    assert.deepEqual(await read({ principal: 'key:k_1' }), ['a2']);
    assert.deepEqual(await read({ path: '/api/v1/agents' }), ['a1']);
    assert.deepEqual(await read({ path: '/api/v1/%' }), []);
    assert.deepEqual(await read({ method: 'POST', fromMs: 20, toMs: 21 }), ['a2']);
    assert.deepEqual((await audit.read({ fromMs: 10, toMs: 11, limit: 1 }))[0], row('a1', 10));
  });

  it('users in pages', async () => {
    const { store, other } = await open();
    for (const user of ['bob', 'Eve', 'zoe'])
      await other.run(
        `INSERT INTO vicidial_users (user, pass, user_level, user_group, active, api_allowed_functions) VALUES (?, 'x', 8, 'ADMIN', ?, ' tandem_admin ')`,
        [user, user === 'zoe' ? 'N' : 'Y'],
      );
    const { userList } = store.access;
    const list = async (more: object) => (await userList.list({ limit: 10, ...more })).map(({ user }) => user);
    assert.deepEqual(await list({}), ['bob', 'Eve', 'zoe']);
    assert.deepEqual(await list({ after: 'bob', limit: 1 }), ['Eve']);
    assert.deepEqual(await list({ isActive: false }), ['zoe']);
    assert.deepEqual(await list({ function: 'tandem_admin', search: 'E' }), ['Eve', 'zoe']);
    assert.deepEqual(await list({ function: 'tandem_adm' }), []);
    assert.deepEqual(
      [(await userList.get('eve'))?.user, await userList.get('none'), await userList.get('🙂')],
      ['Eve', undefined, undefined],
    );
    assert.equal('pass' in ((await userList.get('bob')) ?? {}), false);
  });

  it('B24: segments in pages, newest first, of some queues', async () => {
    const { store, other } = await open();
    for (const [key, queue, ended] of [
      ['a', 'support', 10],
      ['b', 'sales', 20],
      ['c', 'Support', 20],
      ['d', 'support', 30],
    ] as const)
      await other.run(
        `INSERT INTO tandem_segments (kind, segment_key, queue, agent, started_ms, ended_ms, outcome) VALUES ('visit', ?, ?, 'anna', 1, ?, 'served')`,
        [key, queue, ended],
      );
    const read = async (more: object) =>
      (await store.segmentPages.page({ kind: 'visit', fromMs: 0, toMs: 100, limit: 9, ...more })).map(({ key: found }) => found);
    assert.deepEqual(await read({}), ['d', 'c', 'b', 'a']);
    assert.deepEqual(await read({ queues: ['support'] }), ['d', 'c', 'a']);
    assert.deepEqual(await read({ queues: [] }), []);
    assert.deepEqual(await read({ after: { endedAtMs: 20, key: 'c' }, limit: 1 }), ['b']);
    assert.deepEqual(await read({ fromMs: 20, toMs: 30 }), ['c', 'b']);
    assert.deepEqual(await read({ agent: 'ANNA', kind: 'offer' }), []);
  });
});
