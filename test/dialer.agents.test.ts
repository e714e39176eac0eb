/** The queue engine's agents as the dialer sees and holds them: the real engine, its clock turned by hand. */
import assert from 'node:assert/strict';
import { agentId, memberId, switchId } from '../core/acd/ids.js';
import { brokenInvariants } from '../core/acd/invariants.js';
import type { AgentNews } from '../core/dialer-ports.js';
import { createDialerAgents, dialerAskMsMax } from '../core/services/dialer-agents.js';
import { createDesk, deskConfig } from './support/engine-desk.js';
import type { DeskConfig } from './support/engine-desk.js';
import { createHandTimers } from './support/hand-timers.js';
import { silentLog } from './support/observers.js';
import { turn } from './support/acd-stub-engine.js';

const site: DeskConfig = {
  queues: { 'sales@default': {}, support: {} },
  agents: {
    anna: { contact: 'PJSIP/1', wrap_up_s: 10 },
    ben: { contact: 'PJSIP/2' },
    carl: { type: 'uuid-standby' },
    dora: { contact: 'PJSIP/4' },
  },
  tiers: ['sales@default anna', 'sales@default ben', 'sales@default carl', 'support anna', 'support dora'],
};

function world(config: DeskConfig = site) {
  const desk = createDesk(deskConfig(config));
  const timers = createHandTimers();
  const agents = createDialerAgents(desk.port, { after: (ms, run) => timers.after(ms, run), nowMs: () => desk.nowMs(), log: silentLog });
  const news: AgentNews[] = [];
  agents.onNews((one) => void news.push(one));
  const hold = (key: string, agent?: string, isSoft = false) =>
    agents.reserve({ key, queue: 'sales', agent, untilMs: desk.nowMs() + 60_000, isSoft });
  const statesOf = () => Object.fromEntries((agents.view('sales')?.agents ?? []).map(({ id, state }) => [id, state]));
  const dialled = (uniqueId: string, reservation?: string) =>
    desk.call('sales@default', {
      origin: 'dialer',
      call: { switch: switchId('west'), uniqueId, channel: `PJSIP/${uniqueId}` },
      maxWaitMs: 2_000,
      ...(reservation !== undefined && { reservation }),
    });
  const end = (member: string) => {
    const [offer] = desk.state.members.get(memberId(member))?.offers ?? [];
    desk.step({ type: 'call-ended', offer: offer ?? assert.fail('no talk'), by: 'caller', cause: '16' });
  };
  return { desk, timers, agents, news, hold, statesOf, dialled, end };
}

describe('agents of the dialer: who is there', () => {
  it('E6 B44: each state of an agent by its word, and since when', () => {
    const { desk, agents, statesOf, dialled, end } = world();
    assert.deepEqual(statesOf(), { anna: 'out', ben: 'out', carl: 'out' });
    desk.login('anna');
    desk.login('ben');
    desk.login('carl');
    assert.deepEqual(statesOf(), { anna: 'ready', ben: 'ready', carl: 'paused' }, 'a standby agent without his channel cannot be had');
    desk.step({ type: 'status-asked', agent: 'ben', status: 'On Break', reason: undefined });
    desk.step({
      type: 'login-asked',
      agent: 'carl',
      contact: undefined,
      standby: { switch: switchId('west'), uniqueId: 'c', channel: 'c' },
      onDemand: false,
    });
    desk.advance(1_000);
    const member = dialled('c1');
    assert.deepEqual(statesOf(), { anna: 'ringing', ben: 'paused', carl: 'ready' });
    const sinceMs = desk.nowMs();
    desk.connect(member);
    desk.advance(5_000);
    const anna = agents.view('sales@default')?.agents.find(({ id }) => id === 'anna');
    assert.deepEqual(anna, { id: 'anna', state: 'talk', sinceMs, isStandby: false, reservedBy: undefined });
    end(member);
    assert.equal(statesOf()['anna'], 'wrap');
    desk.advance(10_000);
    assert.equal(statesOf()['anna'], 'ready');
    assert.equal(agents.view('sales')?.agents.find(({ id }) => id === 'carl')?.isStandby, true);
  });

  it('B45: callers of all queues that the same agents serve are waiting inbound; calls of the dialer, chats and messages are not', () => {
    const { desk, agents, dialled } = world();
    desk.call('sales@default');
    desk.call('support');
    desk.call('support');
    dialled('c1');
    desk.call('support', { message: '/a.wav', call: undefined });
    desk.call('support', { media: 'chat', call: undefined });
    assert.equal(agents.view('sales')?.inboundWaiting, 3);
    assert.equal(agents.view('support')?.inboundWaiting, 3);
    desk.advance(2_000);
    assert.equal(agents.view('sales')?.inboundWaiting, 3);
  });

  it('B45, B14: a callback that was tried in vain keeps no agent from campaigns until it is its turn again', () => {
    const { desk, agents } = world();
    const member = memberId(desk.call('support'));
    desk.step({ type: 'callback-asked', member, number: '+4930123' });
    assert.equal(agents.view('sales')?.inboundWaiting, 1, 'waits to be called back');
    desk.login('dora');
    const leg = (): string | undefined => {
      const presence = desk.state.members.get(member)?.presence;
      return presence?.kind === 'callback' && presence.step.kind === 'dialling' ? presence.step.leg : undefined;
    };
    desk.advance(1_000);
    const first = leg() ?? assert.fail('not called back');
    assert.equal(agents.view('sales')?.inboundWaiting, 1, 'is being called back');
    desk.step({ type: 'callback-failed', member, leg: first as never, cause: '19' });
    assert.equal(agents.view('sales')?.inboundWaiting, 0, 'pauses');
  });

  it('B44: agents of levels that open by waiting, and without a skill of the queue, are no agents of its dialer', () => {
    const { desk, statesOf } = world({
      queues: {
        'sales@default': { tier_rules_apply: true, tier_rule_wait_s: 10, tier_rule_wait_multiply_level: true, skills: ['german'] },
      },
      agents: {
        anna: { contact: 'PJSIP/1', skills: ['german'] },
        ben: { contact: 'PJSIP/2', skills: ['german'] },
        eva: { contact: 'PJSIP/3' },
      },
      tiers: ['sales@default anna 1', 'sales@default ben 2', 'sales@default eva 1'],
    });
    desk.login('ben');
    assert.deepEqual(statesOf(), { ben: 'ready' }, 'the lowest level at which somebody is logged in is open');
    desk.login('anna');
    desk.login('eva');
    assert.deepEqual(statesOf(), { anna: 'ready' });
  });

  it('B11: without the queues there is no view, and nobody is held', async () => {
    const { desk, agents, hold } = world();
    assert.equal(agents.view('nowhere'), undefined);
    desk.isOwner = false;
    assert.deepEqual([agents.isUp(), agents.view('sales')], [false, undefined]);
    assert.deepEqual(await hold('k1'), { reason: 'TDM_STANDBY' });
    await agents.release('k1');
  });

  it('B44: a view of 1,000 agents and 10,000 waiting callers costs little', () => {
    const names = Array.from({ length: 1_000 }, (_, i) => `a${String(i)}`);
    const { desk, agents } = world({
      queues: { 'sales@default': {}, support: {} },
      agents: Object.fromEntries(names.map((name) => [name, { contact: `PJSIP/${name}` }])),
      tiers: names.flatMap((name) => [`sales@default ${name}`, `support ${name}`]),
    });
    for (let i = 0; i < 10_000; i++) desk.call(i % 2 === 0 ? 'sales@default' : 'support');
    assert.equal(agents.view('sales')?.inboundWaiting, 10_000);
    const times = Array.from({ length: 101 }, () => {
      const beganMs = performance.now();
      assert.equal(agents.view('sales')?.agents.length, 1_000);
      return performance.now() - beganMs;
    }).sort((a, b) => a - b);
    // measured: 0.7 ms on a machine at work; the bound is for busier ones
    assert.ok((times[50] ?? Infinity) < 5, `median ${String(times[50])} ms`);
  });
});

describe('agents of the dialer: talks', () => {
  it('B11: calls of the dialer that agents have now, since when; no callers, no calls that wait', () => {
    const { desk, agents, dialled, end } = world();
    desk.login('anna');
    desk.login('ben');
    desk.connect(desk.call('sales@default'));
    const member = dialled('k1.2~');
    assert.deepEqual(agents.talks(), [], 'it rings');
    desk.advance(1_000);
    desk.connect(member);
    const sinceMs = desk.nowMs();
    desk.advance(5_000);
    assert.deepEqual(agents.talks(), [{ callId: 'k1.2', agent: 'ben', sinceMs }]);
    end(member);
    assert.deepEqual(agents.talks(), []);
  });
});

describe('agents of the dialer: who is held', () => {
  it('E6 E55: one of the queue, or this one; the view names the key; the call with the key gets him', async () => {
    const { desk, agents, news, hold, statesOf, dialled } = world();
    assert.match(JSON.stringify(await hold('k0')), /no agent of queue sales@default is free/);
    desk.login('anna');
    desk.login('ben');
    assert.deepEqual(await hold('k1', 'ben'), { agent: 'ben' });
    assert.deepEqual(await hold('k2'), { agent: 'anna' });
    assert.deepEqual(await hold('k2'), { agent: 'anna' }, 'asked again');
    assert.match(JSON.stringify(await hold('k3', 'ben')), /ben is not free/);
    assert.equal(agents.view('sales')?.agents.find(({ id }) => id === 'ben')?.reservedBy, 'k1');
    const member = dialled('c1', 'k1');
    assert.deepEqual(statesOf(), { anna: 'reserved', ben: 'ringing', carl: 'out' });
    desk.connect(member);
    assert.deepEqual(news, [{ type: 'connected', callId: 'c1', agent: 'ben', atMs: desk.nowMs() }]);
    assert.deepEqual(brokenInvariants(desk.state), []);
  });

  it('E6: let go by its owner nobody is told; whatever else ends it is told with the reason', async () => {
    const { desk, agents, news, hold, statesOf } = world();
    desk.login('ben');
    await hold('k1');
    await agents.release('k1');
    await agents.release('k1');
    assert.deepEqual([statesOf()['ben'], news], ['ready', []]);
    await hold('k2');
    desk.step({ type: 'status-asked', agent: 'ben', status: 'Logged Out', reason: undefined });
    desk.login('ben');
    await hold('k3', undefined, true);
    desk.call('sales@default');
    const lost = news.filter(({ type }) => type === 'reservation-lost');
    assert.deepEqual(lost, [
      { type: 'reservation-lost', key: 'k2', reason: 'logged-out' },
      { type: 'reservation-lost', key: 'k3', reason: 'inbound' },
    ]);
    assert.equal(news.length, 3, 'and that a caller has come');
  });

  it('E6: an answer that does not come in time gives the key back, in case it was granted', async () => {
    const { desk, timers, agents } = world();
    desk.login('ben');
    const ask = desk.port.ask.bind(desk.port);
    desk.port.ask = (event) => {
      void ask(event);
      return new Promise(() => undefined);
    };
    const asked = agents.reserve({ key: 'k1', queue: 'sales', agent: undefined, untilMs: desk.nowMs() + 60_000, isSoft: false });
    await turn();
    assert.equal(desk.state.agents.get(agentId('ben'))?.phase.kind, 'reserved');
    timers.advance(dialerAskMsMax);
    assert.deepEqual(await asked, { reason: 'TDM_DEADLINE' });
    assert.equal(desk.state.agents.get(agentId('ben'))?.phase.kind, 'idle');
  });

  it('B42: an agent is put on break, with the dialer’s reason where the list has it', async () => {
    const { desk, agents } = world({ ...site, pauseReasons: [{ code: 'lunch', text: 'Lunch', isPaid: true, msMax: 0, dayMsMax: 0 }] });
    desk.login('ben');
    await agents.pause('ben', 'preview');
    const ben = () => desk.state.agents.get(agentId('ben'));
    assert.deepEqual([ben()?.status, ben()?.pauseReason], ['On Break', undefined]);
    await agents.pause('ben', 'Lunch');
    assert.equal(ben()?.pauseReason, 'lunch');
    await assert.rejects(agents.pause('nobody', 'x'), { code: 'TDM_NOT_FOUND' });
  });
});

describe('agents of the dialer: what happens', () => {
  it('B44: talks by the call’s id, or without one for callers; wrap-ups with their length, 0 where there is none', () => {
    const { desk, news, dialled, end } = world();
    desk.login('anna');
    const first = dialled('c1');
    desk.connect(first);
    desk.advance(30_000);
    end(first);
    const talkEndedMs = desk.nowMs();
    desk.advance(4_000);
    desk.step({ type: 'wrapup-end-asked', agent: 'anna' });
    assert.deepEqual(news, [
      { type: 'connected', callId: 'c1', agent: 'anna', atMs: talkEndedMs - 30_000 },
      { type: 'talk-ended', callId: 'c1', agent: 'anna', talkMs: 30_000, atMs: talkEndedMs },
      { type: 'wrap-ended', agent: 'anna', wrapMs: 4_000, atMs: talkEndedMs + 4_000 },
    ]);
    news.length = 0;
    desk.step({ type: 'status-asked', agent: 'anna', status: 'On Break', reason: undefined });
    desk.login('ben');
    const caller = desk.call('sales@default');
    desk.connect(caller);
    desk.advance(7_000);
    end(caller);
    assert.deepEqual(news, [
      { type: 'inbound-came', queue: 'sales@default', atMs: desk.nowMs() - 7_000 },
      { type: 'talk-ended', callId: undefined, agent: 'ben', talkMs: 7_000, atMs: desk.nowMs() },
      { type: 'wrap-ended', agent: 'ben', wrapMs: 0, atMs: desk.nowMs() },
    ]);
  });

  it('B44: a break that begins in the wrap-up does not end it', () => {
    const { desk, news, dialled, end } = world();
    desk.login('anna');
    const member = dialled('c1');
    desk.connect(member);
    end(member);
    desk.advance(3_000);
    desk.step({ type: 'status-asked', agent: 'anna', status: 'On Break', reason: undefined });
    assert.equal(
      news.some(({ type }) => type === 'wrap-ended'),
      false,
    );
    desk.advance(7_000);
    assert.deepEqual(news.at(-1), { type: 'wrap-ended', agent: 'anna', wrapMs: 10_000, atMs: desk.nowMs() });
  });
});
