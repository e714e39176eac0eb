/** What is shown of the engine: states in both references' words, counts, pages in the order of service. */
import assert from 'node:assert/strict';
import { agentStateOf, opensipsStateOf } from '../core/acd/agent-state.js';
import { agentId, offerId, queueId } from '../core/acd/ids.js';
import { memberStateOf, opensipsCallStateOf } from '../core/acd/member-state.js';
import type { Agent, AgentPhase } from '../core/acd/state.js';
import {
  agentView,
  agentViews,
  callbacksView,
  memberView,
  pageDefault,
  pageMax,
  positionOf,
  queueView,
  queueViews,
  waitingView,
} from '../core/acd/views.js';
import { countLooks } from './support/count-looks.js';
import { createDesk, deskConfig, type Desk } from './support/engine-desk.js';

const support = queueId('support');

const twoAgents = (more: object = {}) =>
  deskConfig({
    queues: { support: {}, sales: {} },
    agents: { anna: { contact: 'PJSIP/1001', name: 'Anna A.', skills: { english: 8 } }, bert: { contact: 'PJSIP/1002' } },
    tiers: ['support anna', 'support bert 2', 'sales bert 1 5'],
    ...more,
  });

describe('views', () => {
  describe('an agent in the words of both references', () => {
    const offer = offerId('o1');
    const rows: readonly (readonly [AgentPhase, number, string, string])[] = [
      [{ kind: 'idle' }, 0, 'Waiting', 'free'],
      [{ kind: 'idle' }, 2, 'In a queue call', 'inchat'],
      [{ kind: 'resting', untilMs: 1, cause: 'busy' }, 0, 'Waiting', 'free'],
      [{ kind: 'offered', offer }, 0, 'Receiving', 'incall'],
      [{ kind: 'talking', offer, sinceMs: 0 }, 0, 'In a queue call', 'incall'],
      [{ kind: 'wrapup', startedAtMs: 0, endsAtMs: 1 }, 0, 'Waiting', 'wrapup'],
      [{ kind: 'spent', wrapUpStartedAtMs: 0, wrapUpEndsAtMs: 0 }, 0, 'Idle', 'free'],
      [{ kind: 'reserved', by: 'dialer', untilMs: 1 }, 0, 'Reserved', 'incall'],
    ];
    for (const [phase, chats, callcenter, opensips] of rows)
      it(`F16, O43: ${phase.kind}${chats > 0 ? ' with chats' : ''} is ${callcenter} and ${opensips}`, () => {
        const agent = { phase, chats: Array.from({ length: chats }, () => offer) } as unknown as Agent;
        assert.equal(agentStateOf(agent), callcenter);
        assert.equal(opensipsStateOf(agent), opensips);
      });
  });

  it('a member in the words of both references, from joining to the end of the talk', () => {
    const desk = createDesk(
      deskConfig({ queues: { support: { welcome: 'hello' } }, agents: { anna: { contact: 'PJSIP/1' } }, tiers: ['support anna'] }),
    );
    const id = desk.call('support');
    const words = () => {
      const member = desk.state.members.get(id);
      assert.ok(member);
      const offer = desk.state.offers.get(member.phase.kind === 'talking' ? member.phase.offer : (member.offers[0] ?? offerId('')));
      return `${memberStateOf(member)} ${opensipsCallStateOf(member, offer)}`;
    };
    assert.equal(words(), 'Waiting welcome');
    desk.step({ type: 'message-ended', member: id });
    assert.equal(words(), 'Waiting queued');
    desk.login('anna');
    assert.equal(words(), 'Trying toagent');
    const offer = desk.state.members.get(id)?.offers[0];
    assert.ok(offer);
    desk.step({ type: 'agent-answered', offer });
    assert.equal(words(), 'Trying preagent');
    desk.step({ type: 'agent-ready', offer });
    desk.step({ type: 'connected', offer });
    assert.equal(words(), 'Answered toagent');
  });

  it('D-09: counts of a queue are those of its members and agents, whatever has happened', () => {
    const desk = createDesk(twoAgents());
    const queue = desk.state.queueNamed('SUPPORT');
    assert.ok(queue);
    const first = desk.call('support');
    desk.call('support');
    desk.call('sales');
    desk.advance(5_000);
    assert.deepEqual(queueView(desk.state, queue, desk.nowMs()), {
      id: 'support',
      name: 'support',
      strategy: 'longest-idle-agent',
      priority: 256,
      draining: false,
      waiting: 2,
      callbacks: 0,
      messages: 0,
      away: 0,
      ringing: 0,
      talking: 0,
      longestWaitMs: 5_000,
      agents: { total: 2, loggedIn: 0, onBreak: 0, free: 0, ringing: 0, talking: 0, wrapUp: 0, chatting: 0 },
      callsAnswered: 0,
      callsAbandoned: 0,
    });
    desk.login('anna');
    desk.step({ type: 'status-asked', agent: 'bert', status: 'On Break', reason: 'lunch' });
    const offer = desk.connect(first);
    const talking = queueView(desk.state, queue, desk.nowMs());
    assert.deepEqual(talking.agents, { total: 2, loggedIn: 2, onBreak: 1, free: 0, ringing: 0, talking: 1, wrapUp: 0, chatting: 0 });
    assert.deepEqual([talking.waiting, talking.ringing, talking.talking], [1, 0, 1]);
    desk.step({ type: 'call-ended', offer, by: 'caller', cause: '16' });
    assert.equal(queueView(desk.state, queue, desk.nowMs()).callsAnswered, 1);
  });

  it('O21: members stand in the order of service, with their position', () => {
    const desk = createDesk(twoAgents());
    const [a, b, c] = [desk.call('support'), desk.call('support', { baseScoreS: 60 }), desk.call('support')];
    const page = waitingView(desk.state, support, {}, desk.nowMs());
    assert.deepEqual(
      page.items.map(({ id, position }) => [id, position]),
      [
        [b, 1],
        [a, 2],
        [c, 3],
      ],
    );
    for (const [id, position] of [
      [a, 2],
      [b, 1],
      [c, 3],
    ] as const) {
      const member = desk.state.members.get(id);
      assert.equal(member && positionOf(desk.state, member), position);
    }
  });

  it('with a step of 0 the priority of the queue goes first, also in pages', () => {
    const desk = createDesk(twoAgents({ settings: { priority_step_s: 0 } }));
    desk.call('support');
    desk.advance(1_000);
    const late = desk.call('support', { priority: 1 });
    const page = waitingView(desk.state, support, { limit: 1 }, desk.nowMs());
    assert.equal(page.items[0]?.id, late);
    assert.equal(waitingView(desk.state, support, { limit: 1, after: page.next }, desk.nowMs()).items[0]?.position, 2);
  });

  it('pages cover everybody once, also when callers leave between them', () => {
    const desk = createDesk(twoAgents());
    const ids = Array.from({ length: 25 }, () => desk.call('support'));
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = waitingView(desk.state, support, { after, limit: 10 }, desk.nowMs());
      seen.push(...page.items.map(({ id }) => id));
      after = page.next;
      const gone = page.items.at(-1);
      if (gone && after !== undefined) desk.step({ type: 'caller-left', member: gone.id as never, cause: 'hangup' });
    } while (after !== undefined);
    assert.deepEqual(seen, ids);
  });

  it('a page has at most its named maximum, whatever is asked for', () => {
    const desk = createDesk(twoAgents());
    for (let i = 0; i < pageMax + 20; i++) desk.call('support');
    assert.equal(waitingView(desk.state, support, { limit: 1_000_000 }, desk.nowMs()).items.length, pageMax);
    assert.equal(waitingView(desk.state, support, { limit: -5 }, desk.nowMs()).items.length, 1);
    assert.equal(waitingView(desk.state, support, {}, desk.nowMs()).items.length, 100);
  });

  it('an agent: status with reason and time, what he does, queues and skills', () => {
    const desk = createDesk(twoAgents());
    desk.step({ type: 'status-asked', agent: 'anna', status: 'On Break', reason: 'coffee' });
    const anna = desk.state.agents.get(agentId('anna'));
    assert.ok(anna);
    const view = agentView(desk.state, anna, desk.nowMs());
    assert.deepEqual(
      [view.name, view.status, view.state, view.opensipsState, view.pauseReason, view.statusSinceMs, view.hold],
      ['Anna A.', 'On Break', 'Waiting', 'free', 'coffee', desk.nowMs(), 'on-break'],
    );
    assert.deepEqual(view.skills, { english: 8 });
    assert.deepEqual(view.queues, [{ queue: 'support', level: 1, position: 1, bySkill: false, tierState: 'Ready' }]);
    const member = desk.call('support');
    desk.login('anna');
    const busy = agentView(desk.state, anna, desk.nowMs());
    assert.deepEqual(
      [busy.state, busy.phase, busy.hold, busy.offers[0]?.member, busy.offers[0]?.phase],
      ['Receiving', 'offered', 'ringing', member, 'ringing'],
    );
  });

  it('lists by id: queues, agents of all and of one queue, open callbacks', () => {
    const desk = createDesk(twoAgents());
    assert.deepEqual(
      queueViews(desk.state, { limit: 1 }, 0).items.map(({ id }) => id),
      ['sales'],
    );
    assert.deepEqual(queueViews(desk.state, { limit: 1, after: 'sales' }, 0), {
      ...queueViews(desk.state, { after: 'sales' }, 0),
      next: undefined,
    });
    assert.deepEqual(
      agentViews(desk.state, undefined, {}, 0).items.map(({ id }) => id),
      ['anna', 'bert'],
    );
    const sales = agentViews(desk.state, queueId('sales'), {}, 0);
    assert.deepEqual([sales.total, sales.items[0]?.id], [1, 'bert']);
    const member = desk.call('support');
    desk.call('support');
    desk.step({ type: 'callback-asked', member, number: '4930' });
    const callbacks = callbacksView(desk.state, undefined, {}, desk.nowMs());
    assert.deepEqual(
      callbacks.items.map(({ id, callback, presence }) => [id, callback?.number, presence]),
      [[member, '4930', 'callback']],
    );
    assert.equal(callbacksView(desk.state, queueId('sales'), {}, 0).total, 0);
  });

  it('every view can be written as JSON', () => {
    const desk = createDesk(twoAgents());
    const id = desk.call('support', { needs: [{ skill: 'english', levelMin: 3, isRequired: true, relax: [] }] });
    const member = desk.state.members.get(id);
    assert.ok(member);
    const view = memberView(desk.state, member, desk.nowMs(), 1);
    assert.deepEqual(JSON.parse(JSON.stringify(view)), JSON.parse(JSON.stringify({ ...view, ewtAtJoinMs: undefined })));
    assert.deepEqual(view.skills, [{ skill: 'english', level: 3, required: true }]);
    assert.deepEqual([view.switch, view.uniqueId], ['west', 'u1']);
  });

  describe('many waiting', () => {
    const many = 1_000;
    let desk: Desk;
    before(() => {
      desk = createDesk(twoAgents());
      for (let i = 0; i < many; i++) desk.call('support', { baseScoreS: (i * 7919) % 1_000 });
    });
    const reads: Readonly<Record<string, readonly [looksMax: number, read: () => unknown]>> = {
      'a page of members': [many + pageDefault, () => waitingView(desk.state, support, {}, desk.nowMs())],
      'the largest page': [many + pageMax, () => waitingView(desk.state, support, { limit: pageMax }, desk.nowMs())],
      'the list of queues': [many, () => queueViews(desk.state, {}, desk.nowMs())],
      'the list of agents': [0, () => agentViews(desk.state, undefined, {}, desk.nowMs())],
      callbacks: [many, () => callbacksView(desk.state, undefined, {}, desk.nowMs())],
    };
    for (const [name, [looksMax, read]] of Object.entries(reads))
      it(`${name}: nobody who waits is looked at twice, but for who is shown`, () => {
        const looks = countLooks(desk.state.members);
        read();
        looks.stop();
        assert.ok(looks.count <= looksMax, `${String(looks.count)} looks`);
      });
  });
});
