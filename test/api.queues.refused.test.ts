/** Every route of the queue API refuses what it must, with a code and without a change (user-needs 3). */
import assert from 'node:assert/strict';
import { pageDefault, pageMax } from '../core/acd/views.js';
import { countLooks } from './support/count-looks.js';
import { startQueueApi, type QueueApi } from './support/queue-api.js';

interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** a body that would be right */
  readonly body?: object;
  readonly need: 'view' | 'control' | 'spy' | 'admin';
  /** the path with a name that nobody has */
  readonly unknown?: string;
  /** bodies that are refused with 400 */
  readonly bad?: readonly (object | string)[];
}

const quote = encodeURIComponent(`x'"\`;--`);

const routes: readonly Route[] = [
  { method: 'GET', path: '/queues', need: 'view' },
  { method: 'GET', path: '/queues/support', need: 'view', unknown: '/queues/none' },
  { method: 'GET', path: '/queues/support/members', need: 'view', unknown: '/queues/none/members' },
  { method: 'GET', path: '/queues/support/agents', need: 'view', unknown: '/queues/none/agents' },
  { method: 'GET', path: '/agents', need: 'view', unknown: '/agents?queue=none' },
  { method: 'GET', path: '/agents/anna', need: 'view', unknown: '/agents/none' },
  {
    method: 'PUT',
    path: '/agents/anna/status',
    body: { status: 'Available' },
    need: 'control',
    unknown: '/agents/none/status',
    bad: [
      {},
      { status: 'Unknown' },
      { status: 1 },
      { status: 'Available', reason: 'a\nb' },
      { status: 'Available', reason: 'x'.repeat(101) },
      { status: 'Available', x: 1 },
    ],
  },
  {
    method: 'POST',
    path: '/agents/anna/login',
    body: {},
    need: 'control',
    unknown: '/agents/none/login',
    bad: [{ contact: 'PJSIP/1\r\nAction: x' }, { contact: 'x'.repeat(501) }, { onDemand: 'yes' }, { standby: {} }],
  },
  { method: 'POST', path: '/agents/anna/logout', body: {}, need: 'control', unknown: '/agents/none/logout', bad: [{ reason: 5, x: 1 }] },
  { method: 'POST', path: '/agents/anna/release', body: {}, need: 'control', unknown: '/agents/none/release', bad: [{ by: 'me' }] },
  { method: 'POST', path: '/agents/anna/ready', body: {}, need: 'control', unknown: '/agents/none/ready', bad: [{ x: 1 }] },
  { method: 'POST', path: '/agents/anna/wrap-up/end', body: {}, need: 'control', unknown: '/agents/none/wrap-up/end', bad: [{ x: 1 }] },
  {
    method: 'POST',
    path: '/agents/anna/wrap-up/extend',
    body: { seconds: 5 },
    need: 'control',
    unknown: '/agents/none/wrap-up/extend',
    bad: [{}, { seconds: 0 }, { seconds: -1 }, { seconds: 1e9 }, { seconds: '5' }, { seconds: null }],
  },
  {
    method: 'POST',
    path: '/agents/anna/spy',
    body: { supervisor: 'chief' },
    need: 'spy',
    unknown: '/agents/none/spy',
    bad: [{}, { supervisor: 'chief', mode: 'record' }, { supervisor: 'x'.repeat(151) }],
  },
  { method: 'GET', path: '/members/m1', need: 'view', unknown: '/members/none' },
  { method: 'DELETE', path: '/members/m1', need: 'control', unknown: '/members/none' },
  {
    method: 'POST',
    path: '/members/m1/move',
    body: { queue: 'sales' },
    need: 'control',
    unknown: '/members/none/move',
    bad: [{}, { queue: 5 }, { queue: 'sales', keepWaiting: 'no' }],
  },
  {
    method: 'PUT',
    path: '/members/m1/priority',
    body: { priority: 5 },
    need: 'control',
    unknown: '/members/none/priority',
    bad: [{}, { priority: -1 }, { priority: 1.5 }, { priority: 5e9 }, { baseScoreS: '1' }, { baseScoreS: 1e12 }],
  },
  {
    method: 'POST',
    path: '/members/m1/callback',
    body: {},
    need: 'control',
    unknown: '/members/none/callback',
    bad: [{ number: '5; drop' }, { number: 'x'.repeat(41) }, { number: '' }],
  },
  { method: 'GET', path: '/callbacks', need: 'view', unknown: '/callbacks?queue=none' },
  {
    method: 'POST',
    path: '/callbacks',
    body: { queue: 'support', number: '4930' },
    need: 'control',
    bad: [
      { queue: 'support' },
      { number: '4930' },
      { queue: 'support', number: "49'30" },
      { queue: 'support', number: '49', skills: [{ skill: 'x', level: 11 }] },
      { queue: 'support', number: '49', leadId: 0 },
    ],
  },
  { method: 'DELETE', path: '/callbacks/m1', need: 'control', unknown: '/callbacks/none' },
  {
    method: 'POST',
    path: '/chats',
    body: { queue: 'support', from: 'eve' },
    need: 'control',
    bad: [
      { queue: 'support' },
      { queue: 'support', from: '${x}' },
      { queue: 'support', from: 'e', variables: { 'a b': '1' } },
      { queue: 'support', from: 'e', variables: { a: '1\n2' } },
      { queue: 'support', from: 'e', language: '../en' },
    ],
  },
  { method: 'GET', path: '/chats/m1', need: 'view', unknown: '/chats/none' },
  { method: 'POST', path: '/chats/m1/end', body: {}, need: 'control', unknown: '/chats/none/end', bad: [{ by: 'me' }] },
  {
    method: 'POST',
    path: '/offers/o1/accept',
    body: { agent: 'anna' },
    need: 'control',
    unknown: '/offers/none/accept',
    bad: [{}, { agent: 5 }],
  },
  {
    method: 'POST',
    path: '/offers/o1/refuse',
    body: { agent: 'anna' },
    need: 'control',
    unknown: '/offers/none/refuse',
    bad: [{}, { agent: 'anna', reason: '\u0000' }],
  },
  { method: 'GET', path: '/dispatching', need: 'view' },
  { method: 'PUT', path: '/dispatching', body: { on: true }, need: 'control', bad: [{}, { on: 1 }, { on: 'yes' }] },
  {
    method: 'POST',
    path: '/dispatches',
    body: { member: 'm1', agent: 'anna' },
    need: 'control',
    bad: [{}, { member: 'm1' }, { agent: 'anna' }, { member: 1, agent: 'anna' }],
  },
  { method: 'GET', path: '/explain/call/m1', need: 'view', unknown: '/explain/call/none' },
  { method: 'GET', path: '/explain/agent/anna', need: 'view', unknown: '/explain/agent/none' },
  { method: 'GET', path: '/explain/decisions', need: 'view', unknown: '/explain/decisions?queue=none' },
  { method: 'GET', path: '/provisioning/queues/support', need: 'admin', unknown: '/provisioning/queues/none' },
  { method: 'GET', path: '/provisioning/agents/anna', need: 'admin', unknown: '/provisioning/agents/none' },
  {
    method: 'PUT',
    path: '/provisioning/queues/new',
    body: {},
    need: 'admin',
    bad: [[], { strategy: 'fair' }, { id: 'other', x: 1 }, { tiers: [{ agent: 'none' }] }],
  },
  { method: 'DELETE', path: '/provisioning/queues/support', need: 'admin' },
  {
    method: 'PUT',
    path: '/provisioning/agents/new',
    body: {},
    need: 'admin',
    bad: [{ status: 'Unknown' }, { pin: '12' }, { skills: { x: 0 } }],
  },
  { method: 'DELETE', path: '/provisioning/agents/anna', need: 'admin' },
  { method: 'PUT', path: '/provisioning/tiers/support/anna', body: {}, need: 'admin', bad: [{ level: -1 }, { position: 'x' }] },
  { method: 'DELETE', path: '/provisioning/tiers/support/anna', need: 'admin' },
  {
    method: 'PUT',
    path: '/provisioning/agents/anna/skills/english',
    body: {},
    need: 'admin',
    unknown: '/provisioning/agents/none/skills/english',
    bad: [{ level: 11 }, { level: '3' }],
  },
  {
    method: 'DELETE',
    path: '/provisioning/agents/anna/skills/english',
    need: 'admin',
    unknown: '/provisioning/agents/none/skills/english',
  },
  { method: 'PUT', path: '/provisioning/callers/4930', body: {}, need: 'admin', bad: [{ blocked: 'y' }, { agent: 'none' }] },
  { method: 'DELETE', path: '/provisioning/callers/4930', need: 'admin' },
  { method: 'PUT', path: '/provisioning/settings', body: { ring_s: 20 }, need: 'admin', bad: [{ ring_s: -1 }, { unheard_of: 1 }] },
  { method: 'DELETE', path: '/provisioning/settings/ring_s', need: 'admin' },
];

const allowed: Readonly<Record<Route['need'], readonly string[]>> = {
  view: ['viewer', 'desk', 'supervisor', 'boss'],
  control: ['desk', 'supervisor', 'boss'],
  spy: ['supervisor', 'boss'],
  admin: ['boss'],
};
const everybody = ['viewer', 'desk', 'supervisor', 'boss', 'clerk'];

describe('queue API refuses', () => {
  let api: QueueApi;
  before(async () => {
    api = await startQueueApi({
      queues: { support: {}, sales: {} },
      agents: { anna: { contact: 'PJSIP/1' }, chief: { contact: 'PJSIP/2' } },
      tiers: ['support anna'],
    });
    api.tables.tables.tandem_queues = [{ queue_id: 'support', definition: '{}' }];
    api.tables.tables.tandem_agents = [{ agent_id: 'anna', definition: '{}', pin_hash: null }];
    api.desk.call('support');
  });
  after(() => api.close());

  /** What counts as a change: what the engine was asked, what was written, whom it would spy on. */
  const traces = () => api.desk.asked.length + api.tables.written.length + api.spied.length;
  async function refused(route: Route, path: string, body: unknown, who: string, status: number, headers = {}): Promise<string> {
    const before = traces();
    const answer = await api.ask(route.method, path, body, who, headers);
    assert.equal(answer.status, status, `${route.method} ${path}: ${JSON.stringify(answer.body)}`);
    assert.match(String(answer.body['code']), /^TDM_[A-Z_]+$/);
    assert.equal(typeof answer.body['requestId'], 'string');
    assert.equal(traces(), before, 'something was done');
    return String(answer.body['message']);
  }

  for (const route of routes)
    describe(`${route.method} ${route.path}`, () => {
      it('no login, a wrong password, an unknown or inactive user', async () => {
        await refused(route, route.path, route.body, '', 401);
        const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
        for (const text of ['boss:wrong', 'nobody:nobody-pass', 'gone:gone-pass', 'boss:', "boss' OR '1'='1:x", 'boss'])
          await refused(route, route.path, route.body, '', 401, basic(text));
        await refused(route, route.path, route.body, '', 401, { authorization: 'Bearer x' });
      });

      it('W-8: a user without the function, ALL_FUNCTIONS does not count', async () => {
        for (const who of everybody.filter((name) => !allowed[route.need].includes(name)))
          assert.match(await refused(route, route.path, route.body, who, 403), new RegExp(`User "${who}" may not use "tandem_`));
      });

      if (route.unknown !== undefined) {
        const { unknown } = route;
        it('an unknown name, one with quotes, a long one', async () => {
          await refused(route, unknown, route.body, 'boss', 404);
          for (const name of [quote, 'x'.repeat(151), '%00', '..%2f..%2fetc'])
            await refused(
              route,
              unknown.replace('none', name),
              route.body,
              'boss',
              name.length > 150 && /queue=|provisioning/.test(unknown) ? 400 : 404,
            );
        });
      }

      if (route.bad)
        it('bodies that are wrong', async () => {
          for (const body of [...(route.bad ?? []), '"text"', '[1]', '{"a":', 'null x'])
            await refused(route, route.path, body, 'boss', 400);
        });

      if (route.body)
        it('a body of more than 64 KiB', async () => {
          await refused(route, route.path, { x: 'y'.repeat(70_000) }, 'boss', 413);
        });
    });

  const pages = ['/queues', '/queues/support/members', '/queues/support/agents', '/agents', '/callbacks'];
  for (const path of pages)
    it(`${path}: a page that is none`, async () => {
      const route: Route = { method: 'GET', path, need: 'view' };
      for (const query of [
        'limit=0',
        `limit=${String(pageMax + 1)}`,
        'limit=x',
        'limit=-1',
        'limit=1e3',
        'limit=1&limit=2',
        'offset=5',
        'after=' + 'x'.repeat(200),
      ])
        await refused(route, `${path}?${query}`, undefined, 'boss', 400);
    });

  it('a place in the order that is none', async () => {
    const route: Route = { method: 'GET', path: '', need: 'view' };
    for (const after of [quote, '1', '1_2', '1_2_x_y', 'NaN_1_1_m'])
      await refused(route, `/queues/support/members?after=${after}`, undefined, 'boss', 400);
  });

  it('an unknown queue in a body, an unknown agent, an unknown switch', async () => {
    const post = (path: string): Route => ({ method: 'POST', path, need: 'control' });
    await refused(post('/members/m1/move'), '/members/m1/move', { queue: `a'b` }, 'boss', 404);
    await refused(post('/callbacks'), '/callbacks', { queue: 'none', number: '49' }, 'boss', 404);
    await refused(post('/callbacks'), '/callbacks', { queue: 'support', number: '49', agent: 'none' }, 'boss', 404);
    await refused(post('/callbacks'), '/callbacks', { queue: 'support', number: '49', switch: 'east' }, 'boss', 404);
    await refused(post('/chats'), '/chats', { queue: 'none', from: 'x' }, 'boss', 404);
  });

  it('an address that is none', async () => {
    for (const path of ['/queue', '/queues/support/members/1', '/agents/anna/fire', '/provisioning', '/provisioning/queues'])
      await refused({ method: 'GET', path, need: 'view' }, path, undefined, 'boss', 404);
  });

  it('everything while another Tandem owns the queues, but provisioning', async () => {
    api.desk.isOwner = false;
    try {
      for (const route of routes.filter(({ need, path }) => need !== 'admin' && !path.startsWith('/explain/call/m')))
        await refused(route, route.path, route.body, 'boss', 503);
    } finally {
      api.desk.isOwner = true;
    }
  });

  it('more requests than one address may make', async () => {
    const few = await startQueueApi({ queues: { support: {} } }, { requestsPerMinuteMax: 3 });
    try {
      for (let i = 0; i < 3; i++) assert.equal((await few.get('/queues')).status, 200);
      const answer = await few.get('/agents');
      assert.deepEqual([answer.status, answer.body['code']], [429, 'TDM_TOO_MANY']);
    } finally {
      await few.close();
    }
  });
});

describe('queue API with many waiting', () => {
  const many = 1_000;
  let api: QueueApi;
  before(async () => {
    const agents = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`a${String(i)}`, { contact: `PJSIP/${String(i)}` }]));
    api = await startQueueApi({ queues: { support: {} }, agents, tiers: Object.keys(agents).map((id) => `support ${id}`) });
    for (let i = 0; i < many; i++) api.desk.call('support', { number: String(i), baseScoreS: (i * 7919) % 997 });
  });
  after(() => api.close());

  for (const [path, looksMax] of [
    ['/queues', many],
    ['/queues/support', many],
    ['/queues/support/members', many + pageDefault],
    [`/queues/support/members?limit=${String(pageMax)}`, many + pageMax],
    ['/queues/support/agents', 0],
    ['/agents', 0],
    ['/callbacks', many],
    ['/members/m500', many + 10],
    ['/explain/call/m500', many + 10],
    // by the number: one pass to find him
    ['/explain/call/999', 2 * many + 10],
    ['/explain/agent/a5', many + 10],
    ['/explain/decisions', 0],
  ] as const)
    it(`GET ${path} looks at those who wait ${looksMax < many ? 'not at all' : looksMax < 2 * many ? 'once' : 'twice'}`, async () => {
      const looks = countLooks(api.desk.state.members);
      const { status } = await api.get(path, 'viewer');
      looks.stop();
      assert.equal(status, 200);
      assert.ok(looks.count <= looksMax, `${String(looks.count)} looks`);
    });
});
