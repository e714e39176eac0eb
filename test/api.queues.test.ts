/** `/api/v1` of the queue engine: what it answers, who may ask, and what is refused. */
import assert from 'node:assert/strict';
import { memberId } from '../core/acd/ids.js';
import { startQueueApi, type QueueApi } from './support/queue-api.js';

const site = {
  queues: { support: {}, 'sales@default': { strategy: 'ring-all' }, text: { max_wait_s: 60 } },
  agents: {
    anna: { contact: 'PJSIP/1001', wrap_up_s: 30 },
    'bert@default': { contact: 'PJSIP/1002' },
    chat: { chat_address: 'sip:chat@x', chats_max: 2 },
    chief: { contact: 'PJSIP/1000' },
    nobody: {},
  },
  tiers: ['support anna', 'sales@default bert@default', 'text chat'],
};

let api: QueueApi;
const start = async () => {
  api = await startQueueApi(site);
};
const stop = () => api.close();
const ok = (answer: { status: number; body: object }) => {
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body as Record<string, unknown>;
};
const items = (body: Record<string, unknown>): Record<string, unknown>[] => body['items'] as Record<string, unknown>[];

describe('queue API', () => {
  beforeEach(start);
  afterEach(stop);

  it('queues, one queue, its members and agents; names in any letter case and without the domain default', async () => {
    api.desk.call('support');
    const [a, b] = [api.desk.call('sales@default', { number: '0815', name: 'Eve' }), api.desk.call('sales@default', { baseScoreS: 9 })];
    assert.deepEqual(
      items(ok(await api.get('/queues', 'viewer'))).map(({ id, waiting }) => [id, waiting]),
      [
        ['sales@default', 2],
        ['support', 1],
        ['text', 0],
      ],
    );
    assert.equal(ok(await api.get('/queues/SUPPORT', 'viewer'))['id'], 'support');
    assert.equal(ok(await api.get('/queues/Sales', 'viewer'))['strategy'], 'ring-all');
    const members = ok(await api.get('/queues/sales/members?limit=1', 'viewer'));
    assert.deepEqual([members['total'], items(members)[0]?.['id'], items(members)[0]?.['position']], [2, b, 1]);
    const next = ok(await api.get(`/queues/sales/members?limit=1&after=${String(members['next'])}`, 'viewer'));
    assert.deepEqual(
      [items(next)[0]?.['id'], items(next)[0]?.['number'], items(next)[0]?.['position'], next['next']],
      [a, '0815', 2, undefined],
    );
    assert.deepEqual(
      items(ok(await api.get('/queues/sales/agents', 'viewer'))).map(({ id }) => id),
      ['bert@default'],
    );
  });

  it('B35: status with reason, login, logout; each answers what the agent is then', async () => {
    const paused = ok(await api.ask('PUT', '/agents/ANNA/status', { status: 'on break', reason: 'lunch' }, 'desk'));
    assert.deepEqual([paused['id'], paused['status'], paused['pauseReason'], paused['state']], ['anna', 'On Break', 'lunch', 'Waiting']);
    const demand = ok(await api.ask('POST', '/agents/bert/login', { contact: 'PJSIP/77', onDemand: true }, 'desk'));
    assert.deepEqual([demand['status'], demand['contact']], ['Available (On Demand)', 'PJSIP/77']);
    assert.equal(ok(await api.ask('POST', '/agents/bert/logout', undefined, 'desk'))['status'], 'Logged Out');
    assert.deepEqual(
      items(ok(await api.get('/agents?queue=support', 'viewer'))).map(({ id, status }) => [id, status]),
      [['anna', 'On Break']],
    );
    assert.equal(ok(await api.get('/agents/Bert', 'viewer'))['id'], 'bert@default');
  });

  it('wrap-up is ended and extended, an On Demand agent is released, a stuck one too (B2)', async () => {
    api.desk.login('anna');
    const offer = api.desk.connect(api.desk.call('support'));
    api.desk.step({ type: 'call-ended', offer, by: 'caller', cause: '16' });
    const before = ok(await api.get('/agents/anna'))['phaseEndsAtMs'] as number;
    assert.equal(ok(await api.ask('POST', '/agents/anna/wrap-up/extend', { seconds: 12.5 }, 'desk'))['phaseEndsAtMs'], before + 12_500);
    assert.equal(ok(await api.ask('POST', '/agents/anna/wrap-up/end', {}, 'desk'))['phase'], 'idle');
    const again = await api.ask('POST', '/agents/anna/wrap-up/end', {}, 'desk');
    assert.deepEqual([again.status, again.body['code'], again.body['message']], [409, 'TDM_CONFLICT', 'agent anna is not in wrap-up']);
    api.desk.connect(api.desk.call('support'));
    assert.equal(ok(await api.ask('POST', '/agents/anna/release', {}, 'desk'))['phase'], 'idle');
    api.desk.step({ type: 'status-asked', agent: 'anna', status: 'Available (On Demand)', reason: undefined });
    const last = api.desk.connect(api.desk.call('support'));
    api.desk.step({ type: 'call-ended', offer: last, by: 'caller', cause: '16' });
    api.desk.advance(31_000);
    assert.equal(ok(await api.get('/agents/anna'))['state'], 'Idle');
    assert.equal(ok(await api.ask('POST', '/agents/anna/ready', {}, 'desk'))['state'], 'Waiting');
  });

  it('a caller is shown, moved with or without the waiting time, given another priority, and withdrawn', async () => {
    const id = api.desk.call('support');
    api.desk.advance(10_000);
    const seen = ok(await api.get(`/members/${id}`, 'viewer'));
    assert.deepEqual(
      [seen['queue'], seen['position'], seen['waitedMs'], seen['state'], seen['uniqueId']],
      ['support', 1, 10_000, 'Waiting', 'u1'],
    );
    const moved = ok(await api.ask('POST', `/members/${id}/move`, { queue: 'SALES' }, 'desk'));
    assert.deepEqual([moved['queue'], moved['waitedMs']], ['sales@default', 10_000]);
    assert.equal(ok(await api.ask('POST', `/members/${id}/move`, { queue: 'support', keepWaiting: false }, 'desk'))['waitedMs'], 0);
    const first = ok(await api.ask('PUT', `/members/${id}/priority`, { priority: 1, baseScoreS: 60 }, 'desk'));
    assert.deepEqual([first['priority'], first['baseScoreS']], [1, 60]);
    assert.deepEqual(ok(await api.ask('DELETE', `/members/${id}`, undefined, 'desk')), { ok: true });
    assert.equal((await api.get(`/members/${id}`)).status, 404);
  });

  it('B28: a caller whom the switch is connecting is neither moved nor withdrawn: 409, and nothing changes', async () => {
    api.desk.login('anna');
    const id = api.desk.call('support');
    const offer = api.desk.state.members.get(id)?.offers[0];
    assert.ok(offer);
    api.desk.step({ type: 'agent-answered', offer });
    api.desk.step({ type: 'agent-ready', offer });
    for (const [method, path, body] of [
      ['POST', '/move', { queue: 'sales' }],
      ['DELETE', '', undefined],
    ] as const) {
      const { status, body: told } = await api.ask(method, `/members/${id}${path}`, body, 'desk');
      assert.deepEqual([status, told['code'], told['message']], [409, 'TDM_CONFLICT', `member ${id} is being connected to an agent`]);
    }
    assert.equal((await api.ask('POST', `/members/${id}/callback`, {}, 'desk')).status, 409);
    api.desk.step({ type: 'connected', offer });
    assert.equal(ok(await api.get(`/members/${id}`))['phase'], 'talking');
  });

  it('B14: callbacks are ordered without a call or for a waiting caller, listed and cancelled', async () => {
    const made = ok(await api.ask('POST', '/callbacks', { queue: 'support', number: '+4930123', name: 'Eve', skills: [] }, 'desk'));
    assert.deepEqual([made['presence'], made['position'], (made['callback'] as { number: string }).number], ['callback', 1, '+4930123']);
    assert.equal(api.desk.state.members.get(memberId(String(made['id'])))?.homeSwitch, 'west');
    const waiting = api.desk.call('sales@default', { number: '555' });
    const asked = ok(await api.ask('POST', `/members/${waiting}/callback`, {}, 'desk'));
    assert.equal((asked['callback'] as { number: string }).number, '555');
    assert.deepEqual(
      items(ok(await api.get('/callbacks', 'viewer')))
        .map(({ id }) => id)
        .sort(),
      [made['id'], waiting].sort(),
    );
    assert.equal(ok(await api.get('/callbacks?queue=sales', 'viewer'))['total'], 1);
    assert.deepEqual(ok(await api.ask('DELETE', `/callbacks/${String(made['id'])}`, undefined, 'desk')), { ok: true });
    assert.equal(ok(await api.get('/callbacks', 'viewer'))['total'], 1);
    const twice = await api.ask('POST', '/callbacks', { queue: 'sales', number: '555' }, 'desk');
    assert.equal(twice.status, 409);
  });

  it('O3, B53: a chat comes in, is offered, accepted by its agent and ended', async () => {
    const chat = ok(
      await api.ask('POST', '/chats', { queue: 'text', from: 'sip:eve@x', name: 'Eve', variables: { topic: 'bill' } }, 'desk'),
    );
    assert.deepEqual([chat['media'], chat['number'], chat['opensipsState']], ['chat', 'sip:eve@x', 'queued']);
    api.desk.login('chat');
    const offers = ok(await api.get('/agents/chat', 'viewer'))['offers'] as { id: string }[];
    const offer = offers[0]?.id ?? '';
    const wrong = await api.ask('POST', `/offers/${offer}/accept`, { agent: 'anna' }, 'desk');
    assert.deepEqual([wrong.status, wrong.body['code']], [404, 'TDM_NOT_FOUND'], 'the offer of somebody else');
    assert.equal(ok(await api.ask('POST', `/offers/${offer}/accept`, { agent: 'CHAT' }, 'desk'))['state'], 'Answered');
    assert.equal(ok(await api.get('/agents/chat'))['opensipsState'], 'inchat');
    const again = await api.ask('POST', `/offers/${offer}/accept`, { agent: 'chat' }, 'desk');
    assert.deepEqual([again.status, again.body['message']], [409, 'Not possible now: the offer is taken already']);
    assert.deepEqual(ok(await api.ask('POST', `/chats/${String(chat['id'])}/end`, { by: 'agent' }, 'desk')), { ok: true });
    assert.equal((await api.get(`/chats/${String(chat['id'])}`)).status, 404);
  });

  it('a refused chat is offered again after a pause; its customer may leave before', async () => {
    api.desk.login('chat');
    const chat = ok(await api.ask('POST', '/chats', { queue: 'text', from: 'eve' }, 'desk'));
    const offer = (chat['offers'] as { id: string }[])[0]?.id ?? '';
    assert.deepEqual(ok(await api.ask('POST', `/offers/${offer}/refuse`, { agent: 'chat', reason: 'busy' }, 'desk')), { ok: true });
    const seen = ok(await api.get(`/chats/${String(chat['id'])}`));
    assert.equal(seen['rejections'], 1);
    const none = await api.ask('POST', `/chats/${String(chat['id'])}/end`, { by: 'agent' }, 'desk');
    assert.equal(none.status, 409);
    ok(await api.ask('POST', `/chats/${String(chat['id'])}/end`, {}, 'desk'));
    assert.equal((await api.get(`/members/${String(chat['id'])}`)).status, 404);
  });

  it('a call is no chat: it is not accepted, refused or ended here', async () => {
    api.desk.login('anna');
    const id = api.desk.call('support');
    const offer = api.desk.state.members.get(id)?.offers[0] ?? '';
    assert.equal((await api.ask('POST', `/offers/${offer}/accept`, { agent: 'anna' })).status, 409);
    assert.equal((await api.ask('POST', `/offers/${offer}/refuse`, { agent: 'anna' })).status, 409);
    assert.equal((await api.ask('POST', `/chats/${id}/end`, {})).status, 409);
    assert.equal((await api.get(`/chats/${id}`)).status, 409);
  });

  it('O57: the checks of the external dispatcher stand in the order of the reference and speak its words', async () => {
    const dispatch = async (member: string, agent: string) => {
      const { status, body } = await api.ask('POST', '/dispatches', { member, agent }, 'desk');
      return `${String(status)} ${String(body['message'] ?? body['ok'])}`;
    };
    assert.equal(await dispatch('none', 'none'), '409 Internal dispatching is enabled');
    assert.deepEqual(ok(await api.ask('PUT', '/dispatching', { on: false }, 'desk')), { on: false });
    assert.deepEqual(ok(await api.get('/dispatching', 'viewer')), { on: false });
    const missing = await api.ask('POST', '/dispatches', { member: 'm1' }, 'desk');
    assert.deepEqual([missing.status, missing.body['code']], [400, 'TDM_BAD_REQUEST']);
    assert.equal(await dispatch('none', 'none'), '404 Agent not found');
    assert.equal(await dispatch('none', 'anna'), '404 Agent not logged in');
    api.desk.login('anna');
    assert.equal(await dispatch('none', 'anna'), '404 Call not found');
    const sales = api.desk.call('sales@default');
    assert.equal(await dispatch(sales, 'anna'), '409 Agent has no skill for the call');
    const [first, second] = [api.desk.call('support'), api.desk.call('support')];
    assert.equal(await dispatch(first, 'Anna'), '200 true');
    assert.equal(await dispatch(second, 'anna'), '409 Agent is not free/audio enabled');
    api.desk.login('chat');
    const chat = String(ok(await api.ask('POST', '/chats', { queue: 'text', from: 'x' }, 'desk'))['id']);
    assert.equal(await dispatch(chat, 'chat'), '200 true');
  });

  describe('B34: supervisors', () => {
    const talk = () => {
      api.desk.login('anna');
      return api.desk.connect(api.desk.call('support'));
    };

    it('listen, whisper and barge ring the supervisor and leave an audit line', async () => {
      const offer = talk();
      for (const mode of ['listen', 'Whisper', 'BARGE'])
        ok(await api.ask('POST', '/agents/anna/spy', { mode, supervisor: 'Chief' }, 'supervisor'));
      const leg = api.desk.state.offers.get(offer)?.leg;
      assert.deepEqual(
        api.spied.map(({ mode, target, supervisor }) => [mode, target, supervisor]),
        [
          ['listen', leg, 'PJSIP/1000'],
          ['whisper', leg, 'PJSIP/1000'],
          ['barge', leg, 'PJSIP/1000'],
        ],
      );
      assert.deepEqual(api.audit.at(-1), {
        audit: true,
        user: 'supervisor',
        supervisor: 'chief',
        agent: 'anna',
        mode: 'barge',
        leg: api.spied[2]?.leg,
        granted: true,
      });
    });

    const refused: readonly (readonly [string, object, string, number, RegExp])[] = [
      ['without the right', { supervisor: 'chief' }, 'desk', 403, /tandem_queue_spy/],
      ['without a talk', { supervisor: 'chief' }, 'supervisor', 409, /has no talk/],
      ['an unknown supervisor', { supervisor: 'eve' }, 'supervisor', 404, /Agent "eve" is unknown/],
      ['a number instead of a supervisor', { supervisor: '0900123' }, 'supervisor', 404, /unknown/],
      ['a supervisor without contact', { supervisor: 'nobody' }, 'supervisor', 409, /has no contact/],
      ['himself', { supervisor: 'anna' }, 'supervisor', 409, /himself/],
      ['an unknown mode', { supervisor: 'chief', mode: 'record' }, 'supervisor', 400, /must be one of: listen, whisper, barge/],
    ];
    for (const [what, body, who, status, says] of refused)
      it(`refused: ${what}`, async () => {
        const answer = await api.ask('POST', '/agents/anna/spy', body, who);
        assert.equal(answer.status, status);
        assert.match(String(answer.body['message']), says);
        assert.deepEqual(api.spied, []);
      });
  });

  it('B31: explanations of a caller, an agent and the last decisions', async () => {
    const id = api.desk.call('support', { number: '+4930' });
    assert.match(String(ok(await api.get('/explain/call/4930', 'viewer'))['verdict']), /1 logged-out/);
    assert.equal(ok(await api.get('/explain/agent/ANNA', 'viewer'))['verdict'], 'cannot be offered a call: logged-out');
    api.desk.login('anna');
    const decisions = ok(await api.get('/explain/decisions?queue=support', 'viewer'))['decisions'] as { member: string; chosen: string }[];
    assert.deepEqual(
      decisions.map(({ member, chosen }) => [member, chosen]),
      [[id, 'anna']],
    );
    api.desk.step({ type: 'caller-left', member: id, cause: 'hangup' });
    assert.equal(ok(await api.get(`/explain/call/${id}`, 'viewer'))['verdict'], 'has left the queue');
    assert.equal((await api.get('/explain/call/31337')).status, 404);
    assert.deepEqual(ok(await api.get('/explain/decisions?agent=bert&limit=5', 'viewer'))['decisions'], []);
    for (const [after, count] of [
      ['999999999999999_none', 1],
      ['0_none', 0],
    ] as const)
      assert.equal((ok(await api.get(`/decisions?limit=1&after=${after}`, 'viewer'))['decisions'] as unknown[]).length, count);
    assert.equal((await api.get("/decisions?after=1'--", 'viewer')).status, 400);
  });

  it('each wish leaves a line with its user, what was asked and whether it was granted', async () => {
    await api.ask('PUT', '/agents/anna/status', { status: 'Available' }, 'desk');
    await api.ask('POST', '/agents/anna/ready', {}, 'desk');
    assert.deepEqual(api.audit, [
      { audit: true, user: 'desk', wish: { type: 'status-asked', agent: 'anna', status: 'Available', reason: undefined }, granted: true },
      {
        audit: true,
        user: 'desk',
        wish: { type: 'ready-asked', agent: 'anna' },
        granted: false,
        reason: 'agent anna is not waiting to be released',
      },
    ]);
  });
});
