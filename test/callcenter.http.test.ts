/** mod_callcenter's commands over HTTP: who may, what forms there are, and what is no request (F90 to F122, B39). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { TandemError } from '../core/errors.js';
import { createApp, createHttpServer } from '../sidecar/app.js';
import { principalOf, type Permit } from '../sidecar/routes/permission.js';
import { createCallcenterRoutes } from '../sidecar/routes/callcenter.js';
import { silentLog, silentMeter } from './support/observers.js';
import { openCallcenterDesk, recordedSite, type CallcenterDesk } from './support/callcenter-desk.js';

const users: Readonly<Record<string, { readonly functions: readonly string[]; readonly queues?: readonly string[] }>> = {
  viewer: { functions: ['tandem_queue_view'] },
  desk: { functions: ['tandem_queue_control'] },
  boss: { functions: ['tandem_admin'] },
  lead: { functions: ['tandem_queue_view'], queues: ['full@default'] },
  clerk: { functions: ['ccc_lead_info'] },
};

/** Basic with the user's name as password. */
const permit: Permit = (req, need) => {
  const [user = '', pass] = Buffer.from((req.headers.authorization ?? '').slice('Basic '.length), 'base64')
    .toString()
    .split(':');
  const found = users[user];
  if (!found || pass !== user) return Promise.reject(new TandemError('TDM_UNAUTHENTICATED', ['HTTP Basic']));
  const rights = { queues: found.queues && [...found.queues], agent: undefined };
  return Promise.resolve().then(() =>
    principalOf({ kind: 'password', id: user, user, functions: [...found.functions], level: 8, rights, session: undefined }, need),
  );
};

async function start(w: CallcenterDesk, requestsPerMinuteMax = 1_000_000) {
  const routes = [createCallcenterRoutes({ commands: w.commands, permit, addressOf: () => '192.0.2.1' }, { requestsPerMinuteMax })];
  const server = createHttpServer(createApp({ doors: [], routes, log: silentLog, meter: silentMeter }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(`${user}:${user}`).toString('base64')}` });
  async function ask(path: string, init: RequestInit = {}, user = 'boss') {
    const headers = { ...(user === '' ? {} : basic(user)), ...(init.headers as Record<string, string>) };
    const answer = await fetch(base + path, { ...init, headers });
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  }
  const post = (name: string, body: string, user?: string, type = 'text/plain') =>
    ask(`/api/${name}`, { method: 'POST', body, headers: { 'content-type': type } }, user);
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { base, ask, post, close };
}

describe('callcenter over HTTP', () => {
  let w: CallcenterDesk;
  let api: Awaited<ReturnType<typeof start>>;
  beforeEach(async () => {
    w = await openCallcenterDesk(recordedSite);
    api = await start(w);
  });
  afterEach(async () => {
    await api.close();
    await w.close();
  });

  it('F92: the text body is the command, the answer its text', async () => {
    const answer = await api.post('callcenter_config', 'agent get status a1\n');

    assert.deepEqual(answer, { status: 200, type: 'text/plain; charset=utf-8', text: 'Available' });
    assert.equal((await api.post('callcenter_config', "agent set status a1 'On Break'")).text, '+OK\n');
    assert.equal((await api.post('callcenter_config', 'agent list nobody')).text, '+OK\n');
    assert.equal((await api.post('callcenter_config', 'zebra crossing')).text, '');
    assert.match((await api.post('callcenter_config', '')).text, /^-USAGE/);
  });

  it('F92: the command may stand in args= of the query or of a form', async () => {
    const query = `?args=${encodeURIComponent("queue list agents support@default 'on break'")}`;
    const byQuery = await api.ask(`/api/callcenter_config${query}`, { method: 'POST' });
    const form = new URLSearchParams({ args: "queue list agents support@default 'on break'" });
    const byForm = await api.post('callcenter_config', form.toString(), 'boss', 'application/x-www-form-urlencoded');

    assert.match(byQuery.text, /\nb2@default\|single_box\|/);
    assert.equal(byForm.text, byQuery.text);
  });

  it("F92: FreeSWITCH's own forms: /txtapi and /webapi", async () => {
    const wanted = (await api.post('callcenter_config', 'agent list a1')).text;

    for (const path of ['/txtapi/callcenter_config?agent+list+a1', '/webapi/callcenter_config?agent%20list%20a1'])
      assert.deepEqual(await api.ask(path), { status: 200, type: 'text/plain; charset=utf-8', text: wanted });
    assert.equal((await api.ask("/txtapi/callcenter_config?agent+set+status+a1+'On+Break'", { method: 'POST' })).text, '+OK\n');
    assert.equal((await api.ask('/txtapi/callcenter_break?agent+x')).text, '-ERR Session not found for uuid x\n');
    assert.match((await api.ask('/txtapi/json?%7B%22command%22:%22nix%22%7D')).text, /^\{"command":"nix","status":"error"/);
  });

  it('F116: POST /api/json', async () => {
    const request = { command: 'callcenter_config', format: 'pretty', data: { arguments: 'tier list' } };
    const answer = await api.post('json', JSON.stringify(request), 'viewer', 'application/json');

    assert.equal(answer.type, 'application/json; charset=utf-8');
    assert.equal(answer.text, await w.json(request));
    assert.equal((await api.post('json', JSON.stringify(request), 'viewer')).text, answer.text);
    assert.deepEqual(await api.post('json', '{', 'viewer'), {
      status: 200,
      type: 'text/plain; charset=utf-8',
      text: '-ERR Parse error.\n',
    });
    assert.equal((await api.post('json', '{', 'viewer', 'application/json')).status, 400);
  });

  it('B39: without a login, with a wrong one, without the function: refused, and nothing happens', async () => {
    for (const path of ['/txtapi/callcenter_config?agent+list', '/webapi/callcenter_config?agent+list'])
      assert.equal((await api.ask(path, {}, '')).status, 401);
    for (const name of ['callcenter_config', 'callcenter_break', 'callcenter_track', 'json'])
      for (const [user, status] of [
        ['', 401],
        ['stranger', 401],
        ['clerk', 403],
      ] as const)
        assert.equal((await api.post(name, 'agent list', user)).status, status, `${name} ${user}`);
    for (const [user, args, status] of [
      ['viewer', 'agent set status a1 Available', 403],
      ['viewer', 'AGENT SET state a1 Waiting', 403],
      ['viewer', 'queue reload support@default', 403],
      ['desk', 'agent set status a1 Available', 200],
      ['desk', 'agent set contact a1 x', 403],
      ['desk', 'agent del a1', 403],
      ['desk', 'tier add support@default a1', 403],
      ['desk', "  'agent'   'del'  a1", 403],
      ['boss', 'agent del a1', 200],
    ] as const)
      assert.equal((await api.post('callcenter_config', args, user)).status, status, `${user}: ${args}`);
    assert.equal((await api.post('callcenter_break', 'agent x', 'viewer')).status, 403);
    assert.equal((await api.post('callcenter_track', 'a1 x', 'viewer')).status, 403);
    assert.deepEqual(
      w.asked().map(({ type }) => type),
      ['status-asked'],
    );
  });

  it('B39: a user of some queues sees these', async () => {
    assert.equal((await api.post('callcenter_config', 'queue count', 'lead')).text, '1\n');
    assert.equal((await api.post('callcenter_config', 'agent list b2@default', 'lead')).text, '+OK\n');
  });

  it('F92: pages of other sites cannot use a browser that is logged in', async () => {
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ] as Record<string, string>[]) {
      const answer = await api.ask('/txtapi/callcenter_config?agent+set+status+a1+Available', { headers });
      assert.deepEqual([answer.status, (JSON.parse(answer.text) as { code: string }).code], [403, 'TDM_CROSS_SITE']);
    }
    assert.deepEqual(w.asked(), []);
  });

  it('F92: too large, broken, doubled, of a wrong type, by a wrong method, at other paths', async () => {
    assert.equal((await api.post('callcenter_config', 'x'.repeat(9_000))).status, 413);
    assert.equal((await api.ask(`/txtapi/callcenter_config?${'x'.repeat(9_000)}`)).status, 413);
    assert.equal((await api.ask('/txtapi/callcenter_config?%zz')).status, 400);
    assert.equal((await api.ask('/api/callcenter_config?args=a&args=b', { method: 'POST' })).status, 400);
    assert.equal((await api.post('callcenter_config', '{"args":"agent list"}', 'boss', 'application/json')).status, 400);
    assert.equal((await api.ask('/txtapi/callcenter_config?agent+list', { method: 'DELETE' })).status, 400);
    for (const path of [
      '/api/callcenter_config',
      '/txtapi/',
      '/txtapi/status',
      '/txtapi/callcenter_config/..%2fjson',
      '/api/callcenter_config/x',
    ])
      assert.equal((await api.ask(path)).status, 404, path);
  });

  it('F92: quotes, SQL and line ends in a command stay text', async () => {
    for (const args of [
      "agent list '; DROP TABLE tandem_agents; --",
      "agent get status a1' OR '1'='1",
      'agent list a1\r\nX-Evil: 1',
      '${system(id)}',
      'agent list %0d%0aX',
    ])
      assert.equal((await api.post('callcenter_config', args)).status, 200, args);
    assert.equal((await api.post('callcenter_config', 'queue count')).text, '3\n');
    assert.match((await api.post('callcenter_config', 'agent list a1')).text, /\na1\|/);
  });

  it('F92: a process that does not own the queues says so with a status', async () => {
    w.desk.isOwner = false;
    const answer = await api.post('callcenter_config', 'agent list');

    assert.deepEqual([answer.status, (JSON.parse(answer.text) as { code: string }).code], [503, 'TDM_STANDBY']);
  });

  it('B39: an address that asks too often is refused', async () => {
    const slow = await start(w, 2);
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await slow.post('callcenter_config', 'queue count')).status);
    await slow.close();

    assert.deepEqual(statuses, [200, 200, 429]);
  });
});
