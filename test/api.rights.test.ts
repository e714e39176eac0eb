/** Who sees and changes what: lists of queues, the agent alone, API keys (B39). */
import assert from 'node:assert/strict';
import { digest } from '../sidecar/browser-sessions.js';
import { startQueueApi, type QueueApi } from './support/queue-api.js';

const site = {
  queues: { support: {}, sales: {}, text: {} },
  agents: {
    anna: { contact: 'PJSIP/1', wrap_up_s: 30, skills: { english: 3 } },
    bert: { contact: 'PJSIP/2' },
    both: { contact: 'PJSIP/3' },
    chat: { chat_address: 'sip:chat@x', chats_max: 2 },
    chief: { contact: 'PJSIP/9' },
  },
  tiers: ['support anna', 'sales bert', 'support both', 'sales both', 'text chat'],
};

type Body = Readonly<Record<string, unknown>>;
const ids = (body: Body): unknown[] => (body['items'] as { id: string }[]).map(({ id }) => id);

describe('rights of the own API', () => {
  let api: QueueApi;
  beforeEach(async () => {
    api = await startQueueApi(site);
    await api.own.access.rights.put('west', { queues: ['support'], agent: undefined });
    await api.own.access.rights.put('anna', { queues: undefined, agent: 'anna' });
  });
  afterEach(() => api.close());

  async function ok(path: string, who: string): Promise<Body> {
    const { status, body } = await api.get(path, who);
    assert.equal(status, 200, `${path} ${JSON.stringify(body)}`);
    return body;
  }
  async function refused(method: string, path: string, body: object | undefined, who: string, status: number): Promise<void> {
    const before = api.desk.asked.length + api.spied.length;
    const answer = await api.ask(method, path, body, who);
    assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(answer.body)}`);
    assert.equal(api.desk.asked.length + api.spied.length, before, 'something was done');
  }

  describe('B39: a user with a list of queues', () => {
    it('lists hold his queues and what belongs to them', async () => {
      const mine = api.desk.call('support');
      api.desk.call('sales');
      assert.deepEqual(ids(await ok('/queues', 'west')), ['support']);
      assert.deepEqual(ids(await ok('/agents', 'west')), ['anna', 'both']);
      assert.deepEqual(ids(await ok('/members', 'west')), [mine]);
      assert.deepEqual(ids(await ok('/tiers', 'west')), ['support anna', 'support both']);
      assert.deepEqual(ids(await ok('/skills', 'west')), ['anna english']);
      const both = await ok('/agents/both', 'west');
      assert.deepEqual(
        (both['queues'] as { queue: string }[]).map(({ queue }) => queue),
        ['support'],
      );
    });

    it('talks, callbacks, chats and decisions of other queues are not told', async () => {
      api.desk.login('both');
      api.desk.connect(api.desk.call('sales'));
      api.desk.step({ type: 'callback-asked', member: api.desk.call('sales'), number: '1' });
      assert.deepEqual(ids(await ok('/calls', 'west')), []);
      assert.equal(ids(await ok('/calls', 'boss')).length, 1);
      assert.deepEqual(ids(await ok('/callbacks', 'west')), []);
      assert.equal(ids(await ok('/callbacks', 'boss')).length, 1);
      assert.deepEqual((await ok('/decisions', 'west'))['decisions'], []);
      assert.equal(((await ok('/decisions', 'boss'))['decisions'] as unknown[]).length, 1);
      assert.deepEqual((await ok('/agents/both', 'west'))['offers'], [], 'whom he talks to');
    });

    it('single things outside are not found by reading (404)', async () => {
      const other = api.desk.call('sales');
      for (const path of [
        '/queues/sales',
        '/queues/sales/members',
        '/queues/sales/agents',
        '/agents/bert',
        '/agents?queue=sales',
        '/tiers?queue=sales',
        '/members?queue=sales',
        '/calls?agent=bert',
        '/segments?queue=sales',
        `/members/${other}`,
        `/explain/call/${other}`,
        '/explain/agent/bert',
        '/decisions?queue=sales',
      ])
        await refused('GET', path, undefined, 'west', 404);
    });

    it('and refused to who would change them (403); what nobody knows is 404', async () => {
      const [mine, other] = [api.desk.call('support'), api.desk.call('sales')];
      for (const [method, path, body] of [
        ['PUT', '/agents/bert/status', { status: 'On Break' }],
        ['POST', '/agents/bert/release', {}],
        ['DELETE', `/members/${other}`, undefined],
        ['PUT', `/members/${other}/priority`, { priority: 1 }],
        ['POST', `/members/${other}/callback`, {}],
        ['POST', `/members/${other}/move`, { queue: 'support' }],
        ['POST', `/members/${mine}/move`, { queue: 'sales' }],
        ['POST', '/callbacks', { queue: 'sales', number: '49' }],
        ['POST', '/callbacks', { queue: 'support', number: '49', agent: 'bert' }],
        ['POST', '/chats', { queue: 'text', from: 'eve' }],
        ['POST', '/dispatches', { member: other, agent: 'both' }],
        ['POST', '/dispatches', { member: mine, agent: 'bert' }],
        ['PUT', '/dispatching', { on: false }],
      ] as const)
        await refused(method, path, body, 'west', 403);
      await refused('PUT', '/agents/none/status', { status: 'On Break' }, 'west', 404);
      assert.equal((await api.ask('PUT', '/agents/both/status', { status: 'On Break' }, 'west')).status, 200);
      assert.equal((await api.ask('PUT', `/members/${mine}/priority`, { priority: 1 }, 'west')).status, 200);
    });

    it('he joins no talk of another queue, though the agent is one of his', async () => {
      api.desk.login('both');
      api.desk.connect(api.desk.call('sales'));
      await refused('POST', '/agents/both/spy', { supervisor: 'chief' }, 'west', 403);
      await refused('POST', '/agents/bert/spy', { supervisor: 'chief' }, 'west', 403);
    });

    it('names are compared without letter case, and an unreadable list allows nothing', async () => {
      await api.own.access.rights.put('west', { queues: ['SUPPORT'], agent: undefined });
      assert.deepEqual(ids(await ok('/queues', 'west')), ['support']);
      await api.own.access.rights.put('west', { queues: [], agent: undefined });
      assert.deepEqual(ids(await ok('/queues', 'west')), []);
    });

    it('an administrator with a list of queues administers nothing', async () => {
      await api.own.access.rights.put('boss', { queues: ['support'], agent: undefined });
      for (const path of ['/provisioning/queues/support', '/provisioning/queues/sales']) await refused('GET', path, undefined, 'boss', 403);
      await refused('GET', '/queues/sales', undefined, 'boss', 404);
    });
  });

  describe('an agent alone: tandem_agent', () => {
    it('sees and changes himself', async () => {
      assert.equal((await ok('/agents/anna', 'anna'))['id'], 'anna');
      assert.equal((await ok('/session', 'anna'))['agent'], 'anna');
      await ok('/pause-reasons', 'anna');
      const paused = await api.ask('PUT', '/agents/ANNA/status', { status: 'On Break', reason: 'lunch' }, 'anna');
      assert.deepEqual([paused.status, paused.body['status']], [200, 'On Break']);
      assert.equal((await api.ask('POST', '/agents/anna/login', {}, 'anna')).status, 200);
      api.desk.login('anna');
      const offer = api.desk.connect(api.desk.call('support'));
      const member = api.desk.state.offers.get(offer)?.member ?? '';
      assert.equal((await ok(`/members/${member}`, 'anna'))['id'], member);
      api.desk.step({ type: 'call-ended', offer, by: 'caller', cause: '16' });
      assert.equal((await api.ask('POST', '/agents/anna/wrap-up/extend', { seconds: 5 }, 'anna')).status, 200);
      assert.equal((await api.ask('POST', '/agents/anna/wrap-up/end', {}, 'anna')).status, 200);
    });

    it('and nobody else', async () => {
      const other = api.desk.call('support');
      for (const path of ['/agents/both', `/members/${other}`]) await refused('GET', path, undefined, 'anna', 404);
      for (const path of [
        '/queues',
        '/queues/support',
        '/agents',
        '/members',
        '/calls',
        '/chats',
        '/tiers',
        '/skills',
        '/segments',
        '/decisions',
      ])
        await refused('GET', path, undefined, 'anna', 403);
      for (const [method, path, body] of [
        ['PUT', '/agents/both/status', { status: 'On Break' }],
        ['POST', '/agents/both/logout', {}],
        ['POST', '/agents/anna/release', {}],
        ['POST', '/agents/anna/login', { contact: 'PJSIP/0900' }],
        ['POST', '/agents/anna/spy', { supervisor: 'chief' }],
        ['DELETE', `/members/${other}`, undefined],
        ['POST', `/members/${other}/move`, { queue: 'sales' }],
        ['POST', '/dispatches', { member: other, agent: 'anna' }],
        ['PUT', '/dispatching', { on: false }],
        ['PUT', '/provisioning/queues/support', {}],
        ['POST', '/reload', undefined],
      ] as const)
        await refused(method, path, body, 'anna', 403);
    });

    it('orders, sees and cancels the callbacks that are kept for him', async () => {
      const made = await api.ask('POST', '/callbacks', { queue: 'support', number: '+4930123' }, 'anna');
      assert.equal(made.status, 200, JSON.stringify(made.body));
      const others = await api.ask('POST', '/callbacks', { queue: 'support', number: '+4930999' }, 'boss');
      assert.deepEqual(ids(await ok('/callbacks', 'anna')), [made.body['id']]);
      assert.deepEqual(ids(await ok('/callbacks?agent=anna', 'boss')), [made.body['id']]);
      for (const body of [
        { queue: 'sales', number: '1' },
        { queue: 'support', number: '1', agent: 'both' },
      ])
        await refused('POST', '/callbacks', body, 'anna', 403);
      await refused('DELETE', `/callbacks/${String(others.body['id'])}`, undefined, 'anna', 403);
      assert.equal((await api.ask('DELETE', `/callbacks/${String(made.body['id'])}`, undefined, 'anna')).status, 200);
    });

    it('a user who is no agent may nothing with it', async () => {
      await api.own.access.rights.put('anna', { queues: undefined, agent: undefined });
      await refused('GET', '/agents/anna', undefined, 'anna', 403);
      await api.own.access.rights.put('anna', { queues: undefined, agent: 'gone' });
      await refused('GET', '/agents/anna', undefined, 'anna', 404);
      await refused('POST', '/callbacks', { queue: 'support', number: '1' }, 'anna', 403);
    });
  });

  describe('API keys', () => {
    const token = `tdm_${'k'.repeat(43)}`;
    const key = {
      id: 'k_1',
      name: 'wallboard',
      functions: ['tandem_queue_view'],
      queues: ['support'],
      createdAtMs: 1,
      createdBy: 'boss',
      expiresAtMs: undefined,
      isDisabled: false,
      lastUsedAtMs: undefined,
      lastAddress: undefined,
    };
    const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
    const asked = async (method = 'GET', path = '/queues', body?: object, text = token) =>
      (await api.ask(method, path, body, '', bearer(text))).status;

    it('B39: functions and queues of the key count', async () => {
      await api.own.access.keys.create(key, digest(token));
      const answer = await api.ask('GET', '/queues', undefined, '', bearer(token));
      assert.deepEqual([answer.status, ids(answer.body)], [200, ['support']]);
      assert.equal(await asked('GET', '/queues/sales'), 404);
      assert.equal(await asked('PUT', '/agents/anna/status', { status: 'On Break' }), 403);
      assert.equal((await api.own.access.keys.get('k_1'))?.lastUsedAtMs, api.desk.nowMs());
    });

    it('expired, disabled, unknown and misshapen ones are refused', async () => {
      await api.own.access.keys.create({ ...key, expiresAtMs: api.desk.nowMs() + 1_000 }, digest(token));
      assert.equal(await asked(), 200);
      api.desk.advance(1_000);
      assert.equal(await asked(), 401);
      await api.own.access.keys.change('k_1', { expiresAtMs: undefined });
      assert.equal(await asked(), 200);
      await api.own.access.keys.change('k_1', { isDisabled: true });
      assert.equal(await asked(), 401);
      for (const text of [`tdm_${'x'.repeat(43)}`, 'tdm_', digest(token), `tdm_' OR '1'='1`, 'x'.repeat(300)])
        assert.equal(await asked('GET', '/queues', undefined, text), 401, text);
    });

    it('a key that is wrong is not helped by a session beside it', async () => {
      const answer = await api.ask('GET', '/queues', undefined, 'boss', bearer(`tdm_${'x'.repeat(43)}`));
      assert.equal(answer.status, 401);
    });
  });

  it('requests of one principal are limited, whatever the route', async () => {
    const few = await startQueueApi(site, { access: { requestsPerMinuteMax: 3 } });
    try {
      for (let i = 0; i < 3; i++) assert.equal((await few.get('/queues', 'viewer')).status, 200);
      const answer = await few.get('/agents', 'viewer');
      assert.deepEqual([answer.status, answer.body['code']], [429, 'TDM_TOO_MANY']);
      assert.equal((await few.get('/agents', 'desk')).status, 200, 'somebody else');
    } finally {
      await few.close();
    }
  });
});
