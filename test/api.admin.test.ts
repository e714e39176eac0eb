/** `/api/v1/users`, `/keys`, and the page of the API: for administrators, and never a secret in an answer (B24, B39). */
import assert from 'node:assert/strict';
import { startQueueApi, type QueueApi } from './support/queue-api.js';

const pass = 'a-long-password';

describe('administration over the own API', () => {
  let api: QueueApi;
  beforeEach(async () => {
    api = await startQueueApi({ queues: { support: {} } });
    await api.own.provisioning.write([
      { table: 'tandem_queues', action: 'insert', key: { queue_id: 'Support' }, values: { definition: '{}' } },
      { table: 'tandem_queues', action: 'insert', key: { queue_id: 'sales@default' }, values: { definition: '{}' } },
      { table: 'tandem_agents', action: 'insert', key: { agent_id: 'anna' }, values: { definition: '{}', pin_hash: null } },
    ] as never);
  });
  afterEach(() => api.close());
  const items = (body: Readonly<Record<string, unknown>>) => body['items'] as Record<string, unknown>[];

  describe('users', () => {
    const eve = { user: 'eve', pass, level: 5, functions: ['tandem_queue_view'], queues: ['SUPPORT', 'sales'], agent: 'ANNA' };

    it('B39: made, read, changed, listed; without password or hash', async () => {
      const made = await api.ask('POST', '/users', eve);
      assert.equal(made.status, 200, JSON.stringify(made.body));
      assert.deepEqual(made.body, {
        user: 'eve',
        fullName: '',
        level: 5,
        group: 'ADMIN',
        active: true,
        functions: ['tandem_queue_view'],
        viewReports: false,
        agentApiAccess: false,
        queues: ['support', 'sales@default'],
        agent: 'anna',
      });
      const stored = await api.own.users.find('eve');
      assert.match(stored?.secretHash ?? '', /^scrypt\$/);
      const changed = await api.ask('PUT', '/users/EVE', { active: false, queues: null, fullName: 'Eve' });
      assert.deepEqual(
        [changed.body['active'], changed.body['queues'], changed.body['fullName'], changed.body['agent'], changed.body['level']],
        [false, null, 'Eve', 'anna', 5],
      );
      assert.deepEqual((await api.own.users.find('eve'))?.secretHash, stored?.secretHash, 'the password stays');
      const all = [made.body, changed.body, (await api.get('/users')).body, (await api.get('/users/eve')).body];
      assert.doesNotMatch(JSON.stringify(all), /scrypt|a-long-password|"pass/);
      assert.doesNotMatch(JSON.stringify(await api.own.access.audit.read({ fromMs: 0, toMs: 1e15, limit: 9 })), /scrypt|a-long-password/);
    });

    it('B63: a row that VICIdial made keeps what we do not know of', async () => {
      await api.own.provisioning.write([
        {
          table: 'vicidial_users',
          action: 'insert',
          key: { user: '6666' },
          values: {
            pass: 'plain',
            user_level: 9,
            user_group: 'X',
            active: 'Y',
            api_allowed_functions: ' ccc_lead_info ',
            ignore_ip_list: '1',
          },
        },
      ] as never);
      await api.own.provisioning.write([
        { table: 'vicidial_user_groups', action: 'insert', key: { user_group: 'X' }, values: { group_name: '' } },
      ] as never);
      const changed = await api.ask('PUT', '/users/6666', { functions: ['ccc_lead_info', 'tandem_admin'] });
      assert.equal(changed.status, 200, JSON.stringify(changed.body));
      const row = await api.own.users.find('6666');
      assert.deepEqual([row?.pass, row?.userLevel, row?.userGroup, row?.ignoreIpList], ['plain', 9, 'X', true]);
    });

    it('pages and filters', async () => {
      for (const user of ['u1', 'u2', 'u3']) await api.ask('POST', '/users', { ...eve, user, active: user !== 'u2' });
      const first = await api.get('/users?limit=2');
      assert.deepEqual([items(first.body).map(({ user }) => user), first.body['next']], [['u1', 'u2'], 'u2']);
      const rest = await api.get('/users?limit=2&after=u2');
      assert.deepEqual([items(rest.body).map(({ user }) => user), rest.body['next']], [['u3'], undefined]);
      for (const [query, names] of [
        ['active=no', ['u2']],
        ['function=tandem_queue_view', ['u1', 'u2', 'u3']],
        ['function=tandem_queue', []],
        ['group=NONE', []],
        ['search=U3', ['u3']],
        ["search=%25'", []],
      ] as const)
        assert.deepEqual(
          items((await api.get(`/users?${query}`)).body).map(({ user }) => user),
          names,
          query,
        );
    });

    it('what is wrong is refused, and nothing is stored', async () => {
      for (const [body, status] of [
        [{ ...eve, pass: 'short' }, 400],
        [{ ...eve, pass: 'file:/etc/passwd' }, 400],
        [{ ...eve, pass: 'env:HOME_AND_MORE' }, 400],
        [{ ...eve, pass: undefined }, 400],
        [{ ...eve, user: `x'; --` }, 400],
        [{ ...eve, user: 'x'.repeat(21) }, 400],
        [{ ...eve, level: 10 }, 400],
        [{ ...eve, functions: ['a b'] }, 400],
        [{ ...eve, functions: ['tandem_admin'], queues: null }, 400],
        [{ ...eve, level: 8, functions: ['tandem_admin'] }, 400],
        [{ ...eve, queues: ['none'] }, 400],
        [{ ...eve, agent: 'none' }, 400],
        [{ ...eve, secretHash: 'x' }, 400],
        [{ ...eve, fullName: 'x'.repeat(70_000) }, 413],
      ] as const) {
        const answer = await api.ask('POST', '/users', body);
        assert.equal(answer.status, status, JSON.stringify(answer.body));
        assert.equal(await api.own.users.find('eve'), undefined);
      }
      await api.ask('POST', '/users', eve);
      assert.equal((await api.ask('POST', '/users', eve)).status, 409);
      for (const name of ['none', `x'`, '..%2fx', 'x'.repeat(300)]) assert.equal((await api.ask('PUT', `/users/${name}`, {})).status, 404);
    });

    it('nobody takes his own administration away; a new password and a switch-off end sessions', async () => {
      await api.ask('POST', '/users', { user: 'boss', pass, level: 8, functions: ['tandem_admin'] });
      for (const body of [{ active: false }, { functions: [] }, { level: 7 }])
        assert.equal((await api.ask('PUT', '/users/boss', body)).status, 409, JSON.stringify(body));
      await api.ask('POST', '/users', eve);
      const user = await api.own.users.find('eve');
      assert.ok(user);
      const { token = '' } = await api.access.sessions.open(user);
      await api.ask('PUT', '/users/eve', { pass: 'another-password' });
      await assert.rejects(api.access.sessions.resume(token), { code: 'TDM_UNAUTHENTICATED' });
    });
  });

  describe('keys', () => {
    const wanted = { name: 'wallboard', functions: ['tandem_queue_view'], queues: ['Support'] };

    it('B39: shown once, usable at once, changed, disabled; never shown again', async () => {
      const made = await api.ask('POST', '/keys', wanted);
      const key = String(made.body['key']);
      assert.match(key, /^tdm_[\w-]{43}$/);
      assert.equal((await api.ask('GET', '/queues', undefined, '', { authorization: `Bearer ${key}` })).status, 200);
      const id = String(made.body['id']);
      const changed = await api.ask('PUT', `/keys/${id}`, { disabled: true, expiresAtMs: null, name: 'old' });
      assert.deepEqual([changed.body['disabled'], changed.body['name'], changed.body['queues']], [true, 'old', ['support']]);
      assert.equal((await api.ask('GET', '/queues', undefined, '', { authorization: `Bearer ${key}` })).status, 401);
      const told = JSON.stringify([
        (await api.get('/keys')).body,
        (await api.get(`/keys/${id}`)).body,
        await api.own.access.audit.read({ fromMs: 0, toMs: 1e15, limit: 9 }),
      ]);
      assert.ok(!told.includes(key));
    });

    it('a repeated request under its Idempotency-Key makes no second key, and does not show the first again', async () => {
      const headers = { 'idempotency-key': 'k' };
      const made = await api.ask('POST', '/keys', wanted, 'boss', headers);
      const again = await api.ask('POST', '/keys', wanted, 'boss', headers);
      const { key, ...rest } = made.body;
      assert.ok(key);
      assert.deepEqual(again.body, rest);
      assert.equal(await api.own.access.keys.count(), 1);
    });

    it('what is wrong is refused', async () => {
      for (const body of [
        {},
        { ...wanted, name: '' },
        { ...wanted, name: 'a\nb' },
        { ...wanted, functions: [] },
        { ...wanted, functions: ['ALL_FUNCTIONS'] },
        { ...wanted, functions: ['tandem_agent'] },
        { ...wanted, functions: ['tandem_admin'] },
        { ...wanted, expiresAtMs: '1' },
        { ...wanted, key: `tdm_${'x'.repeat(43)}` },
      ])
        assert.equal((await api.ask('POST', '/keys', body)).status, 400, JSON.stringify(body));
      assert.equal(await api.own.access.keys.count(), 0);
      for (const id of ['k_1', `k_'`, 'x', '..%2f'])
        assert.equal((await api.ask('PUT', `/keys/${id}`, { disabled: true })).status, 404, id);
    });
  });

  it('all of it is for administrators alone', async () => {
    for (const [method, path] of [
      ['GET', '/users'],
      ['POST', '/users'],
      ['GET', '/users/boss'],
      ['PUT', '/users/boss'],
      ['GET', '/keys'],
      ['POST', '/keys'],
      ['GET', '/keys/k_1'],
      ['PUT', '/keys/k_1'],
      ['GET', '/audit'],
    ] as const) {
      for (const who of ['viewer', 'desk', 'supervisor', 'clerk', 'anna'])
        assert.equal((await api.ask(method, path, undefined, who)).status, 403);
      assert.equal((await api.ask(method, path, undefined, '')).status, 401);
    }
  });

  it('B24: the page of the API comes from here alone, under a strict policy', async () => {
    const root = api.base.replace('/api/v1', '');
    const page = await fetch(`${root}/api/docs`);
    assert.equal(page.status, 200);
    const text = await page.text();
    assert.doesNotMatch(text, /https?:|<script>|\son\w+=/);
    assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self';/);
    for (const file of [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name]) => name ?? '')) {
      const answer = await fetch(`${root}/api/${file}`);
      assert.equal(answer.status, 200, file);
      assert.match(answer.headers.get('content-type') ?? '', /^text\/(css|javascript)/);
    }
    for (const path of ['/api/docs/..%2f..%2fpackage.json', '/api/docs/package.json', '/api/docs/swagger-ui.css%00'])
      assert.equal((await fetch(root + path)).status, 404, path);
    assert.equal((await fetch(`${api.base}/openapi.json`)).status, 200);
  });
});
