/** OpenSIPS's management commands over the real engine: keys, order, numbers and texts of the reference (opensips-call-center 12, 13). */
import assert from 'node:assert/strict';
import { batchMax, JsonText, MiError } from '../core/opensips/json-rpc.js';
import { createMi, type Mi, type MiCaller } from '../core/services/mi.js';
import { expireDefaultS, subscribersMax } from '../core/services/mi-subscriptions.js';
import type { MiTarget } from '../core/opensips-ports.js';
import { createDesk, deskConfig, type Desk } from './support/engine-desk.js';
import { silentLog } from './support/observers.js';
import { plainJoin } from './support/plain-join.js';

const site = {
  queues: {
    support: { caller_id_prefix: 'SUP', ewt_method: 'opensips' },
    vip: { priority: 10, skills: [{ skill: 's1' }], served_by_skill: true },
    chat: {},
  },
  agents: {
    a1: { contact: 'PJSIP/1001', wrap_up_s: 30, skills: { s1: 1 } },
    a2: { contact: 'PJSIP/1002' },
    c2: { chat_address: 'sip:c2@x', chats_max: 3, wrap_up_s: 5 },
  },
  tiers: ['support a1', 'support a2', 'chat c2'],
  settings: {},
};

const boss: MiCaller = { user: 'boss', allow: () => undefined };
let desk: Desk;
let mi: Mi;
let sent: { readonly to: MiTarget; readonly text: string }[];
let dropped: MiTarget[];
let reloads: number;
let failReload: boolean;

function start(): void {
  desk = createDesk(deskConfig(site));
  [sent, dropped, reloads, failReload] = [[], [], 0, false];
  mi = createMi({
    engine: desk.port,
    sockets: {
      isAllowed: (host) => host.startsWith('127.'),
      send: (to, text) => void sent.push({ to, text }),
      drop: (target) => void dropped.push(target),
    },
    reload() {
      reloads++;
      return failReload ? Promise.reject(new Error('no database')) : Promise.resolve();
    },
    nowMs: () => desk.nowMs(),
    startedAtMs: desk.nowMs(),
    version: '1.2.3',
    log: silentLog,
  });
}

async function run(method: string, params: object = {}): Promise<unknown> {
  const result = await mi.run(method, params as Record<string, unknown>, boss);
  return result instanceof JsonText ? result.toJSON() : result;
}

async function refused(method: string, params: object, code: number, message: string, data?: string): Promise<void> {
  await assert.rejects(run(method, params), (e) => {
    assert.ok(e instanceof MiError, String(e));
    assert.deepEqual([e.code, e.message, e.data], [code, message, data]);
    return true;
  });
}

const value = async (name: string): Promise<number | undefined> =>
  ((await run('get_statistics', { statistics: [name] })) as Record<string, number>)[`call_center:${name}`];

describe('OpenSIPS commands', () => {
  beforeEach(start);
  afterEach(() => mi.close());

  it('O117: list_flows, newest loaded first, with the mean talk and what is under way', async () => {
    desk.login('a1');
    const member = desk.call('support');
    const offer = desk.connect(member);
    desk.advance(8_500);
    desk.step({ type: 'call-ended', offer, by: 'caller', cause: 'NORMAL_CLEARING' });
    desk.call('support');
    assert.deepEqual(await run('cc_list_flows'), {
      Flows: [
        { id: 'chat', 'Avg Call Duration': 0, 'Processed Calls': 0, 'Logged Agents': 0, 'Ongoing Calls': 0, 'Ref Calls': 0 },
        { id: 'vip', 'Avg Call Duration': 0, 'Processed Calls': 0, 'Logged Agents': 1, 'Ongoing Calls': 0, 'Ref Calls': 0 },
        { id: 'support', 'Avg Call Duration': 8.5, 'Processed Calls': 1, 'Logged Agents': 1, 'Ongoing Calls': 1, 'Ref Calls': 1 },
      ],
    });
  });

  it('O118: list_agents, offline first, keys spelled as in the reference', async () => {
    desk.login('a1');
    desk.login('c2');
    desk.step({
      type: 'caller-joined',
      join: { ...chatJoin('x1'), queue: 'chat' },
    });
    const chat = desk.state.agents.get('c2' as never)?.chats[0];
    assert.ok(chat);
    desk.step({ type: 'agent-answered', offer: chat });
    assert.deepEqual(await run('call_center:list_agents'), {
      Agents: [
        { id: 'a2', Ref: 0, 'Loged in': 'NO' },
        // who logged in last is taken first (8.2)
        { id: 'c2', Ref: 1, 'Loged in': 'YES', State: 'inchat', 'Ongoing chats': 1, 'Free chats': 2 },
        { id: 'a1', Ref: 0, 'Loged in': 'YES', State: 'free' },
      ],
    });
    const member = desk.call('support');
    assert.deepEqual(await agent('a1'), { id: 'a1', Ref: 1, 'Loged in': 'YES', State: 'incall' });
    const offer = desk.connect(member);
    desk.advance(1_000);
    desk.step({ type: 'call-ended', offer, by: 'agent', cause: '' });
    desk.advance(27_500);
    assert.deepEqual(await agent('a1'), { id: 'a1', Ref: 0, 'Loged in': 'YES', State: 'wrapup', 'Wrapup-ends': 3 });
  });

  const agent = async (id: string) => ((await run('cc_list_agents')) as { Agents: { id: string }[] }).Agents.find((one) => one.id === id);

  it('O116: list_queue by priority, then arrival, with the estimate of the arrival', async () => {
    const first = desk.call('support', { number: '1003', name: 'Ann "x" Lee' });
    desk.advance(2_000);
    const second = desk.call('vip', { number: '1004' });
    desk.advance(1_000);
    assert.deepEqual(await run('cc_list_queue'), {
      Calls: [
        {
          index: 0,
          id: second,
          Media: 'RTP',
          'Caller username': '1004',
          'Caller display name': '1004',
          'Waiting for': 1,
          ETW: 2_147_483_647,
          Flow: 'vip',
          Priority: 10,
          Skill: 's1',
        },
        {
          index: 1,
          id: first,
          Media: 'RTP',
          'Caller username': '1003',
          'Caller display name': '"SUP Ann x Lee"',
          'Waiting for': 3,
          ETW: 2_147_483_647,
          Flow: 'support',
          Priority: 256,
        },
      ],
    });
  });

  it('O116: whatever is in a name or number, the list stays JSON', async () => {
    const odd = 'a"b\\c\n\u0001\u{1F600}\ud800é';
    const member = desk.call('vip', { number: odd, name: odd });
    const [call] = ((await run('cc_list_queue')) as { Calls: Record<string, unknown>[] }).Calls;
    const whole = JSON.parse(JSON.stringify(odd)) as string;
    assert.deepEqual([call?.['id'], call?.['Caller username'], call?.['Caller display name']], [member, whole, whole]);
  });

  it('O119 O128 O131 O133: list_calls, newest first, with the state word, the flow and the agent', async () => {
    const waiting = desk.call('vip');
    desk.login('a2');
    desk.advance(1_000);
    const ringing = desk.call('support');
    assert.deepEqual(await run('cc_list_calls'), {
      Calls: [
        { id: ringing, Ref: 2, State: 'toagent', 'Call Time': 0, Flow: 'support', Agent: 'a2' },
        { id: waiting, Ref: 1, State: 'queued', 'Call Time': 1, Flow: 'vip' },
      ],
    });
  });

  it('O115: agent_login; an unknown agent, wrong parameters; twice is once (D-13)', async () => {
    assert.equal(await run('cc_agent_login', { agent_id: 'a1', state: 1 }), 'OK');
    assert.equal(await run('cc_agent_login', ['a1', '2']), 'OK');
    assert.equal(desk.asked.length, 1);
    assert.equal(desk.state.agents.get('a1' as never)?.status, 'Available');
    assert.equal(await run('cc_agent_login', ['a1', 0]), 'OK');
    assert.equal(desk.state.agents.get('a1' as never)?.status, 'Logged Out');
    await refused('cc_agent_login', { agent_id: 'nobody', state: 1 }, 404, 'Agent not found');
    await refused('cc_agent_login', ['a1'], -32602, 'Invalid params', 'Too few or too many parameters');
    await refused('cc_agent_login', ['a1', 1, 2], -32602, 'Invalid params', 'Too few or too many parameters');
    await refused('cc_agent_login', { agent_id: 'a1', status: 1 }, -32602, 'Invalid params', 'Too few or too many parameters');
    await refused('cc_agent_login', ['a1', 'in'], -32602, 'Invalid params', "Bad type for parameter 'state'");
    await refused('cc_agent_login', ['a1', 1.5], -32602, 'Invalid params', "Bad type for parameter 'state'");
    await refused('cc_agent_login', [{ a: 1 }, 1], -32602, 'Invalid params', "Bad type for parameter 'agent_id'");
  });

  it("O120 O121 O122 O123: dispatching is switched and ordered, with the reference's numbers", async () => {
    const member = desk.call('support');
    assert.deepEqual(await run('cc_internal_call_dispatching'), { dispatching: 1 });
    await refused('cc_dispatch_call_to_agent', [member, 'a1'], 403, 'Internal dispatching is enabled');
    assert.deepEqual(await run('cc_internal_call_dispatching', { dispatching: 0 }), { dispatching: 0 });
    await refused('cc_dispatch_call_to_agent', [member, 'nobody'], 404, 'Agent not found');
    await refused('cc_dispatch_call_to_agent', [member, 'a1'], 404, 'Agent not logged in');
    desk.login('a1');
    desk.login('c2');
    await refused('cc_dispatch_call_to_agent', ['x.1', 'a1'], 404, 'Call not found');
    await refused('cc_dispatch_call_to_agent', [member, 'c2'], 488, 'Agent has no skill for the call');
    assert.equal(await run('cc_dispatch_call_to_agent', { call_id: member, agent_id: 'a1' }), 'OK');
    const vip = desk.call('vip');
    await refused('cc_dispatch_call_to_agent', [vip, 'a1'], 488, 'Agent is not free/audio enabled');
  });

  it('O114: reload, and its failure', async () => {
    assert.equal(await run('cc_reload'), 'OK');
    assert.equal(reloads, 1);
    failReload = true;
    await refused('call_center:reload', {}, 500, 'Failed to reload');
  });

  it('O93 O94 O95 O98 O100 O103 O105 O106 O107 O111 O112: counters by name, each counted where the reference counts it', async () => {
    desk.login('a1');
    const answered = desk.call('support');
    desk.advance(4_000);
    const offer = desk.connect(answered);
    assert.equal(await value('ccg_answered_incalls'), 0); // when it ends
    desk.advance(6_000);
    desk.step({ type: 'call-ended', offer, by: 'caller', cause: '' });
    desk.step({ type: 'wrapup-end-asked', agent: 'a1' });
    const dialled = desk.call('support', { origin: 'dialer', maxWaitMs: 2_000 });
    desk.step({ type: 'call-ended', offer: desk.connect(dialled), by: 'caller', cause: '' }); // calls of the dialer do not count
    desk.step({ type: 'wrapup-end-asked', agent: 'a1' });
    const missed = desk.call('support');
    const second = desk.state.members.get(missed)?.offers[0];
    assert.ok(second);
    desk.step({ type: 'offer-failed', offer: second, failure: 'no-answer', detail: '' });
    desk.advance(2_000);
    desk.step({ type: 'caller-left', member: missed, cause: 'hangup' });
    const all = (await run('get_statistics', { statistics: ['call_center:'] })) as Record<string, number>;
    const of = (name: string) => all[`call_center:${name}`];
    assert.deepEqual([of('ccg_incalls'), of('ccf_incalls-support'), of('ccf_incalls-vip')], [2, 2, 0]);
    // the second call was offered again at once
    assert.deepEqual([of('ccg_distributed_incalls'), of('ccf_dist_incalls-support')], [3, 3]);
    assert.deepEqual([of('cca_dist_incalls-a1'), of('cca_answ_incalls-a1'), of('cca_aban_incalls-a1'), of('cca_att-a1')], [3, 1, 1, 6]);
    assert.deepEqual([of('ccg_answered_incalls'), of('ccf_answ_incalls-support'), of('ccg_answered_inchats')], [1, 1, 0]);
    assert.deepEqual([of('ccg_abandonned_incalls'), of('ccg_abandoned_incalls'), of('ccf_aban_incalls-support')], [1, 1, 1]);
    assert.deepEqual([of('ccg_awt'), of('ccf_awt-support')], [3, 3]); // 4 and 2 seconds
  });

  it('O96 O97 O99 O101 O102 O104 O108 O109 O110: gauges come from the calls that are there (D-09)', async () => {
    desk.login('a1');
    desk.login('c2');
    desk.connect(desk.call('vip'));
    desk.call('support');
    desk.call('support');
    assert.equal(await value('ccg_onhold_calls'), 2);
    assert.equal(await value('ccf_onhold_calls-support'), 2);
    assert.equal(await value('ccf_queued_calls-support'), 2);
    assert.equal(await value('ccg_free_agents'), 1);
    assert.equal(await value('ccf_free_agents-support'), 0);
    assert.equal(await value('ccf_load-support'), 300); // (2 + 1 - 0) / 1
    assert.equal(await value('ccg_load'), 150); // (2 + 2 - 1) / 2
    assert.equal(await value('ccg_onhold_chats'), 0);
    for (const id of ['x1', 'x2', 'x3', 'x4']) desk.step({ type: 'caller-joined', join: { ...chatJoin(id), queue: 'chat' } });
    assert.equal(await value('ccf_onhold_chats-chat'), 1); // three are with the agent
    assert.equal(await value('ccg_onhold_chats'), 1);
    const [chat] = desk.state.agents.get('c2' as never)?.chats ?? [];
    assert.ok(chat);
    desk.step({ type: 'agent-answered', offer: chat });
    desk.step({ type: 'call-ended', offer: chat, by: 'caller', cause: '' });
    assert.deepEqual([await value('ccf_answ_inchats-chat'), await value('cca_answ_inchats-c2')], [1, 1]);
  });

  it('O108 O113: the estimate is live; reset_stats clears counters and means, gauges stay', async () => {
    desk.login('a1');
    const offer = desk.connect(desk.call('support'));
    desk.advance(6_000);
    desk.step({ type: 'call-ended', offer, by: 'caller', cause: '' });
    desk.call('support');
    desk.call('support');
    assert.equal(await value('ccf_etw-support'), 12);
    assert.equal(await run('cc_reset_stats'), 'OK');
    assert.deepEqual(
      [await value('ccf_etw-support'), await value('ccg_incalls'), await value('ccg_awt'), await value('ccf_queued_calls-support')],
      [0, 0, 0, 2],
    );
  });

  it('O93 to O111: all together are the same whether they are asked for alone or beside single ones', async () => {
    desk.login('a1');
    desk.connect(desk.call('support'));
    const all = await run('get_statistics', { statistics: ['all'] });
    assert.deepEqual(all, await run('get_statistics', { statistics: ['all', 'ccg_load'] }));
    assert.deepEqual(all, await run('get_statistics', { statistics: ['call_center:'] }));
    const list = Object.keys((await run('list_statistics')) as object);
    assert.deepEqual([list, list.length > 30], [Object.keys(all as object), true]);
  });

  it('O113: single statistics are reset, gauges are not; unknown names are refused', async () => {
    desk.call('support');
    await refused('get_statistics', { statistics: ['ccf_incalls_support'] }, 404, 'Statistics Not Found');
    for (const name of ['constructor', 'toString-support', '__proto__', 'ccf_constructor-support', 'ccf_toString'])
      await refused('get_statistics', { statistics: [name] }, 404, 'Statistics Not Found');
    await refused('get_statistics', {}, -32602, 'Invalid params', 'Too few or too many parameters');
    await refused('get_statistics', { statistics: [3] }, -32602, 'Invalid params', "Bad type for parameter 'statistics'");
    await refused('reset_statistics', { statistics: ['ccf_queued_calls-support'] }, 404, 'Statistics Not Found');
    assert.equal(await run('reset_statistics', { statistics: ['call_center:ccf_incalls-support'] }), 'OK');
    assert.deepEqual([await value('ccf_incalls-support'), await value('ccg_incalls')], [0, 1]);
    const kinds = (await run('list_statistics')) as Record<string, string>;
    assert.deepEqual([kinds['call_center:ccg_incalls'], kinds['call_center:ccg_onhold_calls']], ['counter', 'non-counter']);
    assert.deepEqual(await run('list_statistics', { statistics: ['ccg_incalls', 'nothing'] }), { 'call_center:ccg_incalls': 'counter' });
    await refused('list_statistics', { statistics: ['nothing'] }, 404, 'Statistics Not Found');
  });

  it('O124 O125 O126 O127: agent reports go to subscribers, parameters in order, also at an assignment on arrival (D-17)', async () => {
    assert.equal(await run('event_subscribe', { event: 'E_CALLCENTER_AGENT_REPORT', socket: 'udp:127.0.0.1:5555' }), 'OK');
    desk.login('a1');
    const member = desk.call('support');
    const offer = desk.connect(member);
    desk.advance(1_000);
    desk.step({ type: 'call-ended', offer, by: 'caller', cause: '' });
    const ends = Math.floor(desk.nowMs() / 1000) + 30;
    desk.advance(30_000);
    desk.step({ type: 'status-asked', agent: 'a1', status: 'Logged Out', reason: undefined });
    assert.deepEqual(sent[0]?.to, { transport: 'udp', host: '127.0.0.1', port: 5555 });
    const frame = (params: string) => `{"jsonrpc":"2.0","method":"E_CALLCENTER_AGENT_REPORT","params":${params}}`;
    assert.deepEqual(
      sent.map(({ text }) => text),
      [
        frame('{"agent_id":"a1","status":"free"}'),
        frame(`{"agent_id":"a1","status":"incall","flow_id":"support","call_id":"${member}"}`),
        frame(`{"agent_id":"a1","status":"wrapup","wrapup_ends":${String(ends)}}`),
        frame('{"agent_id":"a1","status":"free"}'),
        frame('{"agent_id":"a1","status":"offline"}'),
      ],
    );
  });

  it('subscriptions: expiry, renewal, end, bounds and places that are not allowed', async () => {
    const event = 'E_CALLCENTER_AGENT_REPORT';
    await refused('event_subscribe', ['E_OTHER', 'udp:127.0.0.1:5'], 404, 'Event not registered');
    for (const socket of ['udp:127.0.0.1', 'udp:127.0.0.1:0', 'udp:127.0.0.1:70000', 'unix:/tmp/x', 'udp:a b:5', '127.0.0.1:5'])
      await refused('event_subscribe', [event, socket], 400, 'Invalid socket');
    await refused('event_subscribe', [event, 'jsonrpc:10.0.0.1:5'], 403, 'Socket not allowed');
    await run('event_subscribe', [event, 'tcp:127.0.0.1:5', 10]);
    await run('event_subscribe', [event, 'udp:127.0.0.1:6']);
    const listed = async () =>
      ((await run('subscribers_list')) as { Events: { Subscribers: { socket: string; ttl: number }[] }[] }).Events[0]?.Subscribers;
    assert.deepEqual(await listed(), [
      { socket: 'tcp:127.0.0.1:5', expire: 10, ttl: 10 },
      { socket: 'udp:127.0.0.1:6', expire: expireDefaultS, ttl: expireDefaultS },
    ]);
    desk.advance(9_000);
    await run('event_subscribe', [event, 'tcp:127.0.0.1:5', 10]);
    desk.advance(9_999);
    desk.login('a1');
    assert.equal(sent.length, 2);
    desk.advance(1);
    desk.login('a2');
    assert.equal(sent.length, 3);
    assert.deepEqual(dropped, [{ transport: 'tcp', host: '127.0.0.1', port: 5 }]);
    await run('event_subscribe', [event, 'udp:127.0.0.1:6', 0]);
    assert.deepEqual(await listed(), []);
    for (let port = 1; port <= subscribersMax; port++) await run('event_subscribe', [event, `udp:127.0.0.1:${String(port)}`]);
    await refused('event_subscribe', [event, 'udp:127.0.0.1:5000'], 500, 'Too many subscribers');
  });

  it('what is asked of the core: which, version, uptime, events_list', async () => {
    const names = (await run('which')) as string[];
    for (const name of ['call_center:list_queue', 'cc_list_queue', 'get_statistics', 'event_subscribe', 'which'])
      assert.ok(names.includes(name), name);
    assert.deepEqual(await run('which', { command: 'cc_agent_login' }), [['agent_id', 'state']]);
    await refused('which', { command: 'cc_nothing' }, 404, 'unknown MI command');
    assert.deepEqual(await run('version'), { Server: 'Tandem (1.2.3)' });
    assert.deepEqual(await run('events_list'), { Events: [{ name: 'E_CALLCENTER_AGENT_REPORT', id: 0 }] });
    desk.advance(61_000);
    assert.equal(((await run('uptime')) as Record<string, string>)['Up time'], '61 [sec]');
  });

  it('answers: one, a list, notifications, and what is no request', async () => {
    const answer = async (body: unknown) => {
      const text = await mi.answer(typeof body === 'string' ? body : JSON.stringify(body), boss);
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    };
    const request = { jsonrpc: '2.0', id: 7, method: 'cc_internal_call_dispatching' };
    assert.deepEqual(await answer(request), { jsonrpc: '2.0', result: { dispatching: 1 }, id: 7 });
    assert.deepEqual(await answer([request, { jsonrpc: '2.0', method: 'cc_reload' }, 3]), [
      { jsonrpc: '2.0', result: { dispatching: 1 }, id: 7 },
      { jsonrpc: '2.0', error: { code: -32600, message: 'Invalid Request' }, id: null },
    ]);
    assert.equal(reloads, 1);
    assert.equal(await answer({ jsonrpc: '2.0', method: 'cc_reload' }), undefined);
    assert.deepEqual(await answer('{'), { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' }, id: null });
    const many = (count: number) => Array.from({ length: count }, () => request);
    assert.equal(((await answer(many(batchMax))) as unknown[]).length, batchMax);
    for (const bad of [
      many(batchMax + 1),
      [],
      'null',
      '3',
      { id: 1, method: 'which' },
      { jsonrpc: '2.0', id: {}, method: 'which' },
      { jsonrpc: '2.0', id: 1, method: 'which', params: 3 },
    ])
      assert.deepEqual(((await answer(bad)) as { error: object }).error, { code: -32600, message: 'Invalid Request' }, JSON.stringify(bad));
    assert.deepEqual(await answer({ ...request, method: 'cc_nothing' }), {
      jsonrpc: '2.0',
      error: { code: -32601, message: 'Method not found' },
      id: 7,
    });
    assert.deepEqual(await answer({ ...request, method: 'constructor' }), {
      jsonrpc: '2.0',
      error: { code: -32601, message: 'Method not found' },
      id: 7,
    });
  });

  it('while another process owns the queues every look is refused with the reason', async () => {
    desk.isOwner = false;
    await assert.rejects(run('cc_list_queue'), { code: 'TDM_STANDBY' });
    const text = await mi.answer(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'cc_list_queue' }), boss);
    assert.deepEqual(JSON.parse(text ?? ''), {
      jsonrpc: '2.0',
      error: { code: 503, message: 'Another Tandem owns the queues: another', data: 'TDM_STANDBY' },
      id: 1,
    });
  });
});

const chatJoin = (id: string) => ({ ...plainJoin, member: id as never, media: 'chat' as const });
