/** B31: why was nobody called? Why did it not ring? */
import assert from 'node:assert/strict';
import { decisionPage, type DecisionWish } from '../core/acd/decision-page.js';
import { explainAgent, explainMember, findMember } from '../core/acd/explain.js';
import { agentId, memberId, offerId, queueId } from '../core/acd/ids.js';
import type { Decision } from '../core/acd/records.js';
import { createDesk, deskConfig, type Desk } from './support/engine-desk.js';

const support = { tier_rules_apply: true, tier_rule_wait_s: 60 };
const config = deskConfig({
  queues: { support },
  agents: {
    out: { contact: 'PJSIP/1' },
    lunch: { contact: 'PJSIP/2', status: 'on break' },
    free: { contact: 'PJSIP/3', status: 'available' },
    second: { contact: 'PJSIP/4', status: 'available' },
    poor: { contact: 'PJSIP/5', status: 'available' },
    mute: { status: 'available' },
  },
  tiers: ['support out', 'support lunch', 'support free', 'support second 2', 'support poor', 'support mute'],
});

const german = [{ skill: 'german', levelMin: 2, isRequired: true, relax: [] }];

function explain(desk: Desk, id: string) {
  const member = desk.state.members.get(memberId(id));
  assert.ok(member);
  return explainMember(desk.state, member, desk.decisions, desk.nowMs());
}

const reasons = (agents: readonly { agent: string; reason: string }[]) =>
  Object.fromEntries(agents.map(({ agent, reason }) => [agent, reason]));

describe('explain', () => {
  it('B31: of a caller, why each agent of the queue is not offered, with the facts', () => {
    const desk = createDesk(config);
    desk.step({ type: 'status-asked', agent: 'lunch', status: 'On Break', reason: 'soup' });
    const id = desk.call('support', { needs: german });
    desk.advance(3_000);
    const told = explain(desk, id);
    assert.deepEqual(reasons(told.agents), {
      free: 'skill-missing',
      lunch: 'on-break',
      mute: 'no-contact',
      out: 'logged-out',
      poor: 'skill-missing',
      second: 'skill-missing',
    });
    assert.equal(told.agents.find(({ agent }) => agent === 'lunch')?.detail, 'for 3 s: soup');
    assert.equal(told.agents.find(({ agent }) => agent === 'free')?.detail, 'wants german 2');
    assert.equal(told.verdict, 'no agent can be offered: 3 skill-missing, 1 on-break, 1 no-contact, 1 logged-out');
    assert.deepEqual(told.counts, { 'skill-missing': 3, 'on-break': 1, 'no-contact': 1, 'logged-out': 1 });
    assert.equal(told.agentsTotal, 6);
    assert.equal(told.member.position, 1);
  });

  it('B31: who rings, who is on another call, which level is not open yet', () => {
    const desk = createDesk(config);
    const first = desk.call('support');
    const told = explain(desk, first);
    assert.match(told.verdict, /^rings (free|poor)$/);
    assert.equal(told.decisions[0]?.member, first);
    const second = desk.call('support');
    const third = desk.call('support');
    const waiting = explain(desk, third);
    assert.equal(waiting.member.position, 3);
    assert.equal(reasons(waiting.agents)['second'], 'tier-not-open');
    assert.equal(waiting.agents.find(({ agent }) => agent === 'second')?.detail, 'level 2 opens after 60 s of waiting');
    const busy = waiting.agents.find(({ reason }) => reason === 'ringing');
    assert.match(busy?.detail ?? '', new RegExp(`with (${first}|${second}) of support`));
  });

  it('F34: a level that is open because nobody is logged in before it is not called closed', () => {
    const agents = {
      low: { contact: 'PJSIP/1' },
      high: { contact: 'PJSIP/2', status: 'available' },
      higher: { contact: 'PJSIP/3', status: 'available' },
    };
    const desk = createDesk(deskConfig({ queues: { support }, agents, tiers: ['support low 1', 'support high 2', 'support higher 3'] }));
    desk.step({ type: 'dispatching-asked', isOn: false });
    const told = explain(desk, desk.call('support'));
    assert.deepEqual(reasons(told.agents), { low: 'logged-out', high: 'later-in-order', higher: 'tier-not-open' });
  });

  it('B31: a failed offer is told with its cause and what is left of the pause', () => {
    const desk = createDesk(
      deskConfig({ queues: { q: {} }, agents: { a: { contact: 'PJSIP/1', status: 'available', busy: { delay_s: 20 } } }, tiers: ['q a'] }),
    );
    const id = desk.call('q');
    const offer = desk.state.members.get(id)?.offers[0];
    assert.ok(offer);
    desk.step({ type: 'offer-failed', offer, failure: 'busy', detail: '486' });
    desk.advance(5_000);
    const told = explain(desk, id);
    assert.deepEqual(reasons(told.agents), { a: 'resting' });
    assert.match(told.agents[0]?.detail ?? '', /busy, for another 15 s/);
  });

  const holds: readonly (readonly [string, (desk: Desk) => string, RegExp])[] = [
    [
      'dispatching is off',
      (desk) => (desk.step({ type: 'dispatching-asked', isOn: false }), desk.call('q')),
      /an external dispatcher gives out/,
    ],
    ['nobody serves the queue', (desk) => desk.call('nobody'), /no agent serves queue nobody/],
    [
      'a session that broke',
      (desk) => {
        const id = desk.call('q');
        desk.step({ type: 'session-lost', member: id });
        return id;
      },
      /the session broke; the place is kept for 30 s/,
    ],
    [
      'a callback',
      (desk) => {
        const id = desk.call('q');
        desk.step({ type: 'callback-asked', member: id, number: '4930' });
        return id;
      },
      /wants to be called back at 4930: waiting, 0 attempts/,
    ],
    [
      'a talk',
      (desk) => {
        const id = desk.call('q');
        desk.login('a');
        desk.connect(id);
        desk.advance(2_000);
        return id;
      },
      /talks to a for 2 s/,
    ],
    ['a welcome message', (desk) => desk.call('hello'), /hears the welcome message/],
  ];
  for (const [what, prepare, says] of holds)
    it(`B31: ${what}`, () => {
      const desk = createDesk(
        deskConfig({
          queues: { q: {}, nobody: {}, hello: { welcome: 'hi' } },
          agents: { a: { contact: 'PJSIP/1' } },
          tiers: ['q a', 'hello a'],
        }),
      );
      assert.match(explain(desk, prepare(desk)).verdict, says);
    });

  describe('of an agent', () => {
    const of = (desk: Desk, id: string) => {
      const agent = desk.state.agents.get(agentId(id));
      assert.ok(agent);
      return explainAgent(desk.state, agent, desk.decisions, desk.nowMs());
    };

    it('B31: which callers could come and why none does', () => {
      const desk = createDesk(config);
      const id = desk.call('support', { needs: german });
      const told = of(desk, 'free');
      assert.equal(told.verdict, 'free; 1 wait, and of the first callers: 1 skill-missing');
      assert.deepEqual(
        told.queues.map(({ queue, waiting }) => [queue, waiting]),
        [['support', 1]],
      );
      assert.deepEqual(told.queues[0]?.first, [{ member: id, number: '5551', reason: 'skill-missing', detail: 'wants german 2' }]);
    });

    it('B31: a hold, no queue, nobody waiting', () => {
      const desk = createDesk(
        deskConfig({
          queues: { q: {} },
          agents: { a: { contact: 'PJSIP/1' }, idle: { contact: 'PJSIP/2', status: 'available' } },
          tiers: ['q a'],
        }),
      );
      assert.equal(of(desk, 'a').verdict, 'cannot be offered a call: logged-out');
      assert.equal(of(desk, 'idle').verdict, 'serves no queue: no tier, and none by skill');
      desk.login('a');
      assert.equal(of(desk, 'a').verdict, 'free; nobody waits in the queues served');
    });

    it('his last decisions, chosen or not', () => {
      const desk = createDesk(config);
      desk.call('support');
      const chosen = desk.decisions[0]?.chosen ?? '';
      assert.equal(of(desk, chosen).decisions.length, 1);
      assert.equal(of(desk, 'out').decisions.length, 1);
    });
  });

  it('a caller is found by member, unique id, or number with and without plus; the one who waits goes first', () => {
    const desk = createDesk(config);
    const talking = desk.call('support', { number: '+4930' });
    desk.connect(talking);
    const waiting = desk.call('support', { number: '4930', needs: german });
    for (const text of [waiting, '4930', '+4930', 'u2']) assert.equal(findMember(desk.state, text)?.id, waiting, text);
    assert.equal(findMember(desk.state, talking)?.id, talking);
    for (const text of ['nobody', '', '+', "'"]) assert.equal(findMember(desk.state, text), undefined, text);
  });

  it('decisions by queue and agent, newest first, bounded', () => {
    const desk = createDesk(config);
    for (let i = 0; i < 5; i++) desk.call('support');
    const of = (wish: Partial<DecisionWish>) => decisionPage(desk.decisions, { limit: 10, ...wish }).decisions;
    const all = of({});
    assert.equal(all.length, desk.decisions.length);
    assert.equal(of({ limit: 1 }).length, 1);
    assert.equal(of({ queue: queueId('other') }).length, 0);
    assert.equal(of({ agent: agentId('out') }).length, all.length);
    assert.deepEqual(of({ beforeMs: desk.nowMs() }), []);
  });

  it('B31: pages of decisions of one millisecond lose none and show none twice', () => {
    const made = (n: number, atMs: number): Decision => ({
      atMs,
      queue: queueId('support'),
      member: memberId(`m${String(n)}`),
      strategy: 'ring-all',
      chosen: agentId('free'),
      offer: offerId(`o-${String(n)}`),
      because: '',
      others: [],
      unlisted: 0,
    });
    const kept = [9, 8, 7, 6, 5, 4, 3, 2, 1].map((n) => made(n, n > 7 ? 200 : 100));
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const page = decisionPage(kept, { after: next, limit: 2 });
      assert.ok(page.decisions.length > 0 && page.decisions.length <= 2);
      seen.push(...page.decisions.map(({ member }) => member));
      next = page.next;
      // newer ones come in between
      kept.unshift(made(100 + seen.length, 200));
    } while (next !== undefined);
    assert.deepEqual(seen, ['m9', 'm8', 'm7', 'm6', 'm5', 'm4', 'm3', 'm2', 'm1']);
    assert.equal(decisionPage(kept, { after: '50_o-gone', limit: 2 }).decisions.length, 0, 'what is kept no more was older than the rest');
    assert.equal(decisionPage(kept, { after: '150_o-elsewhere', limit: 2 }).decisions[0]?.member, 'm7', 'the cursor of another process');
  });
});
