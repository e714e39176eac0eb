/** A supervisor takes one caller to his own telephone (B34). */
import assert from 'node:assert/strict';
import { agentId, memberId } from '../core/acd/ids.js';
import { brokenInvariants } from '../core/acd/invariants.js';
import type { Segment } from '../core/acd/records.js';
import { createDesk, deskConfig } from './support/engine-desk.js';

const site = {
  queues: { support: {}, sales: {} },
  agents: {
    anna: { contact: 'PJSIP/1', wrap_up_s: 10 },
    chief: { contact: 'PJSIP/2', no_answer: { max: 1 }, rejected: { max: 1 }, busy: { max: 1 } },
    nobody: {},
  },
  tiers: ['support anna'],
};

describe('pick-up', () => {
  const segments: Segment[] = [];
  const start = (support: object = {}) => {
    segments.length = 0;
    const desk = createDesk(deskConfig({ ...site, queues: { ...site.queues, support } }), undefined, {
      onSegments: (news) => void segments.push(...news),
    });
    const pickUp = (member: string, agent = 'chief') => desk.step({ type: 'pick-up-asked', member, agent });
    const offerOf = (member: string) => desk.state.members.get(memberId(member))?.offers[0] ?? assert.fail('no offer');
    return { desk, pickUp, offerOf };
  };
  const fine = ({ desk }: ReturnType<typeof start>) => assert.deepEqual(brokenInvariants(desk.state), []);

  it('B34: who is logged out and serves no queue talks to the caller, and is as before afterwards', () => {
    const world = start();
    const { desk, pickUp } = world;
    const member = desk.call('support');
    assert.equal(pickUp(member).ok, true);
    fine(world);
    const offer = desk.connect(member);
    fine(world);
    assert.equal(desk.state.agents.get(agentId('chief'))?.phase.kind, 'talking');
    desk.step({ type: 'call-ended', offer, by: 'caller', cause: '16' });
    fine(world);
    const chief = desk.state.agents.get(agentId('chief'));
    assert.deepEqual([chief?.status, chief?.phase.kind, desk.state.members.size], ['Logged Out', 'idle', 0]);
  });

  it('B34: whoever rings for the caller is let go without blame, and takes the next one', () => {
    const world = start();
    const { desk, pickUp, offerOf } = world;
    desk.login('anna');
    const [member, next] = [desk.call('support'), desk.call('support')];
    assert.equal(desk.state.offers.get(offerOf(member))?.agent, 'anna');
    assert.equal(pickUp(member).ok, true);
    assert.equal(desk.state.offers.get(offerOf(member))?.agent, 'chief');
    assert.equal(desk.state.offers.get(offerOf(next))?.agent, 'anna');
    assert.equal(desk.state.agents.get(agentId('anna'))?.noAnswerCount, 0);
    fine(world);
  });

  it('B34: a pick-up that is not answered leaves the caller in his place', () => {
    const world = start();
    const { desk, pickUp, offerOf } = world;
    const [member, next] = [desk.call('support'), desk.call('support')];
    pickUp(member);
    desk.step({ type: 'offer-failed', offer: offerOf(member), failure: 'no-answer', detail: '' });
    desk.advance(60_000);
    desk.login('anna');
    assert.equal(desk.state.offers.get(offerOf(member))?.agent, 'anna');
    assert.deepEqual(desk.state.members.get(memberId(next))?.offers, []);
    fine(world);
  });

  it('B34: where all are rung at once, the one who picks up is rung alone', () => {
    const world = start({ strategy: 'ring-all' });
    const { desk, pickUp } = world;
    desk.login('anna');
    const member = desk.call('support');
    const rung = () => desk.state.members.get(memberId(member))?.offers.map((id) => desk.state.offers.get(id)?.agent);
    assert.deepEqual(rung(), ['anna']);
    pickUp(member);
    desk.advance(5_000);
    assert.deepEqual(rung(), ['chief']);
    fine(world);
    desk.step({ type: 'offer-failed', offer: world.offerOf(member), failure: 'rejected', detail: '' });
    assert.deepEqual(rung(), ['anna']);
  });

  it('B34: pick-ups that are not answered are counted against nobody: no status, no limit, nothing missed', () => {
    const world = start();
    const { desk, pickUp, offerOf } = world;
    const member = desk.call('support');
    const place = () => desk.state.members.get(memberId(member));
    const before = place() ?? assert.fail();
    const { rank, rejections, tried, lastTier } = before;
    for (const failure of ['no-answer', 'rejected', 'busy', 'not-registered', 'agent-gone', 'no-answer'] as const) {
      assert.equal(pickUp(member).ok, true, failure);
      desk.step({ type: 'offer-failed', offer: offerOf(member), failure, detail: '' });
      fine(world);
      const chief = desk.state.agents.get(agentId('chief')) ?? assert.fail();
      assert.deepEqual(
        [chief.status, chief.noAnswerCount, chief.rejectedCount, chief.busyCount, chief.notRegisteredCount],
        ['Logged Out', 0, 0, 0, 0],
      );
      desk.advance(1_000);
    }
    assert.deepEqual([place()?.rank, place()?.rejections, place()?.tried, place()?.lastTier], [rank, rejections, tried, lastTier]);
    assert.deepEqual(
      segments.map((segment) => segment.kind === 'offer' && [segment.outcome, segment.detail]),
      ['no-answer', 'rejected', 'busy', 'not-registered', 'agent-gone', 'no-answer'].map((failure) => [
        'taken-back',
        `pick-up: ${failure}`,
      ]),
    );
  });

  it('B34: a pick-up is out of turn: round-robin goes on where it was', () => {
    const agents = Object.fromEntries(['anna', 'ben', 'carl'].map((id) => [id, { contact: `PJSIP/${id}` }]));
    const tiers = ['support anna 1 1', 'support ben 1 2', 'support carl 1 3'];
    const desk = createDesk(deskConfig({ queues: { support: { strategy: 'round-robin' } }, agents, tiers }));
    const agentOf = (member: string) => desk.state.offers.get(desk.state.members.get(memberId(member))?.offers[0] ?? assert.fail())?.agent;
    const end = (member: string) => desk.step({ type: 'call-ended', offer: desk.connect(member), by: 'caller', cause: '16' });
    for (const id of Object.keys(agents)) desk.login(id);
    const first = desk.call('support');
    assert.equal(agentOf(first), 'anna');
    const second = desk.call('support');
    assert.equal(agentOf(second), 'ben');
    desk.step({ type: 'status-asked', agent: 'carl', status: 'On Break', reason: undefined });
    end(first);
    desk.step({ type: 'status-asked', agent: 'anna', status: 'On Break', reason: undefined });
    const third = desk.call('support');
    assert.equal(desk.step({ type: 'pick-up-asked', member: third, agent: 'anna' }).ok, true);
    end(third);
    end(second);
    for (const id of ['carl', 'anna']) desk.login(id);
    assert.equal(agentOf(desk.call('support')), 'carl', 'behind ben, not behind anna who picked up');
  });

  it('is refused for strangers, talks, chats, busy hands and agents without a telephone', () => {
    const world = start();
    const { desk, pickUp } = world;
    const refusal = (member: string, agent?: string) => {
      const answer = pickUp(member, agent);
      return answer.ok ? 'granted' : `${answer.code} ${answer.detail}`;
    };
    const [first, second] = [desk.call('support'), desk.call('support')];
    assert.equal(refusal('nothing'), 'TDM_NOT_FOUND member nothing');
    assert.equal(refusal(first, 'stranger'), 'TDM_NOT_FOUND agent stranger');
    assert.match(refusal(first, 'nobody'), /^TDM_CONFLICT agent nobody cannot be rung: no-contact$/);
    assert.equal(refusal(first), 'granted');
    assert.match(refusal(second), /cannot be rung: ringing/);
    desk.connect(first);
    assert.match(refusal(first, 'anna'), /is no caller who waits/);
    assert.match(refusal(second), /cannot be rung: talking/);
    desk.step({ type: 'callback-asked', member: second, number: '555' });
    assert.match(refusal(second, 'anna'), /is no caller who waits/);
    fine(world);
  });
});
