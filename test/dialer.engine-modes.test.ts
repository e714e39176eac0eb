/** Dialing modes (dialer.md B2, B3, B8) in the dialer's engine: who is held, who is called ahead, what forces 1:1. */
import assert from 'node:assert/strict';
import type { Campaign } from '../core/dialer/campaign.js';
import type { DialerAgent } from '../core/dialer/engine-words.js';
import { DialerDesk, readyAgent, testCampaign } from './support/dialer-desk.js';
import { sampleContact } from './support/dialer-table.js';

interface Setup {
  readonly agents?: readonly DialerAgent[];
  readonly contacts?: number;
  readonly more?: Partial<Campaign>;
}

const team = (count: number, more: Partial<DialerAgent> = {}): readonly DialerAgent[] =>
  Array.from({ length: count }, (_, n) => readyAgent(`agent${n}`, more));

function deskOf(mode: Campaign['mode'], { agents = team(2), contacts = 10, more = {} }: Setup = {}): DialerDesk {
  const desk = new DialerDesk([testCampaign('P', { mode, ...more })], { callsPerSecond: 100, slotsMax: 50 });
  desk.login(...agents);
  for (let n = 1; n <= contacts; n++) desk.add(sampleContact(`P${n}`, 'P', { nextAttemptAtMs: n }));
  return desk;
}

const limit = (desk: DialerDesk): string | undefined => desk.engine.view().campaign('P')?.limit;
const reservedNow = (desk: DialerDesk): number => [...desk.agents.values()].filter(({ state }) => state === 'reserved').length;

describe('dialer engine: progressive', () => {
  it('B43: one call for each agent who could be held; the claim says that he is', () => {
    const desk = deskOf('PROGRESSIVE');
    desk.begin();
    desk.run(3);
    assert.deepEqual(desk.dialled(), ['P1', 'P2']);
    assert.equal(reservedNow(desk), 2);
    assert.ok(desk.all('claim').every(({ isGuaranteed }) => isGuaranteed));
    assert.equal(limit(desk), 'agents');
  });

  it('B43: the next contact of the same agent at once when nobody answers', () => {
    const desk = deskOf('PROGRESSIVE', { agents: team(1) });
    desk.begin();
    desk.pass(3_000);
    desk.end('P1', { cause: 'USER_BUSY' });
    assert.deepEqual(desk.dialled(), ['P1', 'P2']);
    const keys = new Set(desk.all('reserve').map(({ key }) => key));
    assert.equal(keys.size, 1, 'one reservation all the time');
  });

  it('B43: his agent gets the call by the key; after the talk another reservation is asked for', () => {
    const desk = deskOf('PROGRESSIVE', { agents: team(1) });
    desk.begin();
    desk.answer('P1');
    const plan = desk.arrive('P1');
    assert.ok(plan?.kind === 'queue');
    assert.equal(plan.reservation, desk.all('reserve')[0]?.key);
    assert.equal(plan.queue, 'sales');
    desk.connect('P1', 'agent0');
    desk.pass(20_000);
    desk.end('P1');
    assert.equal(desk.all('release').length, 0);
    desk.agent('agent0', { state: 'ready' });
    desk.run(1);
    assert.deepEqual(desk.dialled(), ['P1', 'P2']);
    assert.equal(desk.table.records[0]?.result, 'CONNECTED');
  });

  it('B2: a standby agent has the grace time, an agent whose telephone must ring has the time for that', () => {
    for (const [isStandby, waitMs] of [
      [true, 2_000],
      [false, 20_000],
    ] as const) {
      const desk = deskOf('PROGRESSIVE', { agents: team(1, { isStandby }) });
      desk.begin();
      desk.answer('P1');
      const plan = desk.arrive('P1');
      assert.equal(plan?.kind === 'queue' ? plan.maxWaitMs : undefined, waitMs);
    }
  });

  it('B45: inbound callers who wait are left their agents', () => {
    const desk = deskOf('PROGRESSIVE', { agents: team(3) });
    desk.inboundWaiting = 2;
    desk.begin();
    assert.deepEqual(desk.dialled(), ['P1']);
  });

  it('B45: an inbound caller takes the agent while the customer rings: another one is asked for and takes the call', () => {
    const desk = deskOf('PROGRESSIVE', { agents: team(1) });
    desk.begin();
    const key = desk.all('reserve')[0]?.key ?? '';
    desk.agent('agent0', { state: 'talk', reservedBy: undefined });
    desk.login(readyAgent('bob'));
    desk.feed({ type: 'reservation-lost', key, reason: 'inbound' });
    desk.answer('P1');
    const plan = desk.arrive('P1');
    assert.equal(plan?.kind === 'queue' ? plan.reservation : undefined, desk.agents.get('bob')?.reservedBy);
    assert.notEqual(desk.agents.get('bob')?.reservedBy, undefined);
  });

  it('B45: no other agent: it rings 15 s and is taken back then; answered before, it is offered to the queue', () => {
    const desk = deskOf('PROGRESSIVE', { agents: team(1) });
    desk.begin();
    desk.agent('agent0', { state: 'talk', reservedBy: undefined });
    desk.feed({ type: 'reservation-lost', key: desk.all('reserve')[0]?.key ?? '', reason: 'inbound' });
    desk.pass(14_000);
    assert.equal(desk.all('hang-up').length, 0);
    desk.pass(3_000);
    assert.deepEqual(
      desk.all('hang-up').map(({ callId, reason }) => [callId, reason]),
      [['P1', 'no-agent']],
    );
    const answered = deskOf('PROGRESSIVE', { agents: team(1) });
    answered.begin();
    answered.agent('agent0', { state: 'talk', reservedBy: undefined });
    answered.feed({ type: 'reservation-lost', key: answered.all('reserve')[0]?.key ?? '', reason: 'inbound' });
    answered.pass(3_000);
    answered.answer('P1');
    const plan = answered.arrive('P1');
    assert.ok(plan?.kind === 'queue' && plan.reservation === undefined);
  });

  it('B45: the agent is lost before the call is placed: the contact is not called', () => {
    const desk = deskOf('PROGRESSIVE', { agents: team(1), contacts: 1 });
    desk.byHand.add('claim');
    desk.begin();
    const [claim] = desk.heldOf('claim');
    assert.ok(claim);
    desk.feed({ type: 'reservation-lost', key: desk.all('reserve')[0]?.key ?? '', reason: 'inbound' });
    desk.feed({ type: 'claimed', order: claim.order, ...desk.table.claim(claim, desk.nowMs) });
    assert.deepEqual(desk.dialled(), []);
    assert.equal(desk.table.status('P1'), 'pending');
  });

  it('B2: nothing left to call: the agent is free for others', () => {
    const desk = deskOf('PROGRESSIVE', { agents: team(1), contacts: 1 });
    desk.begin();
    desk.end('P1', { cause: 'UNALLOCATED_NUMBER' });
    desk.run(1);
    assert.equal(reservedNow(desk), 0);
  });

  it('B2: a reservation nobody waits for any more is released when it comes', () => {
    const desk = deskOf('PROGRESSIVE', { agents: team(1) });
    desk.byHand.add('reserve');
    desk.begin();
    desk.change('P', { state: 'paused' });
    desk.feed({ type: 'agent-reserved', key: desk.heldOf('reserve')[0]?.key ?? '', agent: 'agent0' });
    assert.equal(desk.all('release').length, 1);
    assert.deepEqual(desk.dialled(), []);
  });

  it('B2: a held agent is asked for again before his time is over, while his customer rings', () => {
    const desk = deskOf('PROGRESSIVE', { agents: team(1), more: { ringTimeoutMs: 120_000 } });
    desk.begin();
    desk.pass(88_000);
    const asked = desk.all('reserve');
    assert.equal(asked.length, 2);
    assert.equal(asked[1]?.key, asked[0]?.key);
    assert.equal(asked[1]?.agent, 'agent0');
  });

  it('E33: routing to an agent: only he gets it', () => {
    const desk = deskOf('PROGRESSIVE', { contacts: 0, agents: team(2) });
    desk.add(sampleContact('P1', 'P', { routingMode: 'AGENT', resourceId: 'agent1' }));
    desk.begin();
    assert.equal(desk.all('reserve')[0]?.agent, 'agent1');
    assert.deepEqual(desk.dialled(), ['P1']);
    const away = deskOf('PROGRESSIVE', { contacts: 0, agents: team(1) });
    away.add(sampleContact('P1', 'P', { routingMode: 'AGENT', resourceId: 'agent1' }));
    away.begin();
    away.run(3);
    assert.deepEqual(away.dialled(), []);
  });

  it("B47: a callback is its agent's until the patience is over, and comes before his other contacts", () => {
    const desk = deskOf('PROGRESSIVE', { agents: team(1), contacts: 2 });
    const hisOwn = { callbackAgent: 'agent0', callbackPatienceUntilMs: desk.nowMs + 60_000 };
    desk.add(sampleContact('P8', 'P', { ...hisOwn, nextAttemptAtMs: 50 }));
    desk.add(sampleContact('P9', 'P', { ...hisOwn, callbackAgent: 'zoe', nextAttemptAtMs: 0 }));
    desk.begin();
    assert.deepEqual(desk.dialled(), ['P8']);
    desk.pass(10);
    desk.end('P8', { cause: 'UNALLOCATED_NUMBER' });
    assert.deepEqual(desk.dialled(), ['P8', 'P1']);
    desk.live.set('P1', { isAnswered: false });
    desk.pass(60_000);
    desk.end('P1', { cause: 'UNALLOCATED_NUMBER' });
    assert.deepEqual(desk.dialled(), ['P8', 'P1', 'P9']);
  });

  it('B47: a callback for the supervisor is not given to the queue after the patience', () => {
    const desk = deskOf('PROGRESSIVE', { contacts: 0, more: { callbackThen: 'supervisor' } });
    desk.add(sampleContact('P9', 'P', { callbackAgent: 'zoe', callbackPatienceUntilMs: desk.nowMs - 1 }));
    desk.begin();
    desk.run(3);
    assert.deepEqual(desk.dialled(), []);
  });

  it('B16: campaigns with the same agents hold them by weight', () => {
    const desk = new DialerDesk([testCampaign('A', { weight: 2 }), testCampaign('B', { weight: 1 })], {
      callsPerSecond: 100,
      slotsMax: 50,
    });
    desk.login(...team(6));
    for (const id of ['A', 'B']) for (let n = 1; n <= 9; n++) desk.add(sampleContact(`${id}${n}`, id, { numberKey: `${id}${n}` }));
    desk.begin();
    desk.run(2);
    assert.equal(desk.dialled().filter((id) => id.startsWith('A')).length, 4);
    assert.equal(desk.dialled().filter((id) => id.startsWith('B')).length, 2);
  });
});

describe('dialer engine: power', () => {
  it('B43: lines calls in flight for each ready standby agent', () => {
    const desk = deskOf('POWER', { agents: [...team(2), readyAgent('slow', { isStandby: false })], more: { lines: 2 } });
    desk.begin();
    desk.run(3);
    assert.deepEqual(desk.dialled(), ['P1', 'P2', 'P3', 'P4']);
    assert.equal(reservedNow(desk), 0);
  });

  it('B43: with one standby agent it is one call for one held agent', () => {
    const desk = deskOf('POWER', { agents: team(1), more: { lines: 3 } });
    desk.begin();
    desk.run(2);
    assert.deepEqual(desk.dialled(), ['P1']);
    assert.equal(reservedNow(desk), 1);
  });

  it('B45: inbound callers who wait are taken off the ready agents', () => {
    const desk = deskOf('POWER', { agents: team(3), more: { lines: 2 } });
    desk.inboundWaiting = 1;
    desk.begin();
    desk.run(2);
    assert.equal(desk.dialled().length, 4);
  });
});

describe('dialer engine: predictive', () => {
  it('B44: the pacer decides, and every decision is told with its inputs', () => {
    const desk = deskOf('PREDICTIVE', { agents: [...team(4), readyAgent('slow', { isStandby: false })] });
    desk.begin();
    desk.pass(100);
    const [first] = desk.all('decision').filter(({ decision }) => decision.place > 0);
    assert.equal(first?.decision.rule, 'start');
    assert.equal(first.decision.ready, 4);
    assert.deepEqual(first.campaigns, ['P']);
    assert.deepEqual(desk.dialled().length, 4);
    assert.equal(reservedNow(desk), 0);
    assert.equal(desk.engine.view().campaign('P')?.decision?.rule, 'start');
  });

  it('B44: below minPredictiveAgents standby agents it is progressive', () => {
    const desk = deskOf('PREDICTIVE', { agents: [...team(2), readyAgent('slow', { isStandby: false })] });
    desk.begin();
    desk.run(1);
    assert.equal(desk.dialled().length, 3);
    assert.equal(reservedNow(desk), 3);
    assert.equal(desk.engine.view().campaign('P')?.forced, 'too few standby agents');
  });

  it('B12: at the cap of the window it is dialled 1:1 until it is below again, told and written down', () => {
    const desk = deskOf('PREDICTIVE', { agents: team(4), contacts: 20 });
    desk.windows = new Map([['P', { connected: 97, abandoned: 3, today: { answered: 100, abandoned: 3 } }]]);
    desk.begin();
    assert.equal(reservedNow(desk), 4);
    desk.windows = new Map([['P', { connected: 98, abandoned: 3, today: { answered: 101, abandoned: 3 } }]]);
    desk.run(1);
    const told = desk.all('notice').flatMap(({ notice }) => (notice.type === 'campaign-forced' ? [notice.isForced] : []));
    assert.deepEqual(told, [true, false]);
    assert.deepEqual(
      desk.table.audit.map(({ action }) => action).filter((a) => a.startsWith('one-to-one')),
      ['one-to-one-forced', 'one-to-one-left'],
    );
  });

  it('B12: without its safe-harbour message, or where the profile says so, 1:1', () => {
    const silent = deskOf('PREDICTIVE', { agents: team(4), more: { safeHarbour: undefined } });
    const said = deskOf('PREDICTIVE', { agents: team(4) });
    said.forced = new Map([['P', 'the profile allows no calls ahead of agents']]);
    for (const desk of [silent, said]) {
      desk.begin();
      assert.equal(reservedNow(desk), 4);
      assert.notEqual(desk.engine.view().campaign('P')?.forced, undefined);
    }
  });

  it('B11 B33: held while the switches tell late, the agents are unknown, or the calls of a switch are not listed', () => {
    const late = deskOf('PREDICTIVE', { agents: team(4) });
    late.lagMs = 2_001;
    const blind = deskOf('PREDICTIVE', { agents: team(4) });
    blind.isQueueUp = false;
    const unlisted = deskOf('PREDICTIVE', { agents: team(4) });
    unlisted.byHand.add('list-calls');
    unlisted.feed({ type: 'switch-changed', switch: 's1', isUp: false, callsPerSecondMax: undefined });
    unlisted.feed({ type: 'switch-changed', switch: 's1', isUp: true, callsPerSecondMax: undefined });
    for (const desk of [late, blind, unlisted]) {
      desk.begin();
      desk.run(3);
      assert.deepEqual(desk.dialled(), []);
    }
    assert.equal(limit(late), 'lag');
    assert.equal(limit(blind), 'agents');
    assert.equal(limit(unlisted), 'switch');
  });

  it('B12: a contact that needs a guaranteed agent gets a held one, the others are called ahead', () => {
    const desk = deskOf('PREDICTIVE', { agents: team(6), contacts: 5 });
    desk.add(sampleContact('P9', 'P', { nextAttemptAtMs: 0 }), { guaranteedOnly: true });
    desk.table.guaranteedOnly.add('P9');
    desk.begin();
    desk.run(2);
    assert.ok(desk.dialled().includes('P9'));
    assert.equal(desk.engine.view().call('P9')?.isGuaranteed, true);
    assert.equal(desk.engine.view().call('P1')?.isGuaranteed, false);
    assert.equal(reservedNow(desk), 1);
  });

  it('B44: one pacer for campaigns with the same queue, turns by weight', () => {
    const campaigns = [testCampaign('A', { mode: 'PREDICTIVE', weight: 3 }), testCampaign('B', { mode: 'PREDICTIVE', weight: 1 })];
    const desk = new DialerDesk(campaigns, { callsPerSecond: 100, slotsMax: 50 });
    desk.login(...team(8));
    for (const id of ['A', 'B']) for (let n = 1; n <= 30; n++) desk.add(sampleContact(`${id}${n}`, id, { numberKey: `${id}${n}` }));
    desk.begin();
    desk.pass(100);
    const decided = desk.all('decision');
    assert.ok(decided.every(({ group, campaigns: of }) => group === 'sales' && of.join() === 'A,B'));
    assert.equal(desk.dialled().filter((id) => id.startsWith('A')).length, 6);
    assert.equal(desk.dialled().filter((id) => id.startsWith('B')).length, 2);
  });

  it('B44: what was learned is there after a restart: no new start', () => {
    const desk = deskOf('PREDICTIVE', { agents: team(4), contacts: 60 });
    desk.begin();
    for (let n = 0; n < 8; n++) {
      for (const { callId } of desk.engine.view().calls()) desk.end(callId, { cause: 'USER_BUSY' });
      desk.run(1);
    }
    const learned = new Map([...desk.engine.learned()].map(([key, value]) => [key, JSON.parse(JSON.stringify(value)) as unknown]));
    assert.deepEqual([...learned.keys()].sort(), ['breaker:s1/gw1', 'pacer:sales', 'parts:P', 'sorter:P']);
    const next = deskOf('PREDICTIVE', { agents: team(4), contacts: 60 });
    next.feed({ type: 'restored', active: [], pacers: learned });
    next.begin();
    assert.notEqual(next.all('decision')[0]?.decision.rule, 'start');
  });

  it('B44: agents vanish while calls ring: those that rang 15 s are taken back where the campaign says so', () => {
    for (const [cutOnCollapse, cut] of [
      [true, 4],
      [false, 0],
    ] as const) {
      const desk = deskOf('PREDICTIVE', { agents: team(4), more: { cutOnCollapse } });
      desk.begin();
      for (const id of desk.agents.keys()) desk.agent(id, { state: 'out' });
      desk.run(14);
      assert.equal(desk.all('hang-up').length, 0);
      desk.run(2);
      assert.equal(desk.all('hang-up').filter(({ reason }) => reason === 'collapse').length, cut);
    }
  });
});

describe('dialer engine: changes while it runs (B8)', () => {
  it('B21: paused: nothing new within a tick, claims that are not dialled go back, calls go on', () => {
    const desk = new DialerDesk([testCampaign('P', { mode: 'IVR', ivr: '*1', queue: '' })], { callsPerSecond: 2 });
    for (let n = 1; n <= 4; n++) desk.add(sampleContact(`P${n}`, 'P'));
    desk.begin();
    assert.deepEqual(desk.dialled(), ['P1']);
    desk.change('P', { state: 'paused' });
    desk.run(3);
    assert.deepEqual(desk.dialled(), ['P1']);
    assert.equal(desk.table.status('P2'), 'pending');
    desk.answer('P1');
    desk.end('P1');
    assert.equal(desk.table.records.length, 1);
  });

  it('B21: a claim whose answer comes after the pause goes back', () => {
    const desk = deskOf('POWER', { agents: team(2) });
    desk.byHand.add('claim');
    desk.begin();
    const [claim] = desk.heldOf('claim');
    assert.ok(claim);
    desk.change('P', { state: 'draining' });
    desk.feed({ type: 'claimed', order: claim.order, ...desk.table.claim(claim, desk.nowMs) });
    assert.deepEqual(desk.table.counts(), { dialed: 0, agentPending: 0 });
  });

  it('B21: a campaign that is gone keeps its calls', () => {
    const desk = deskOf('POWER', { agents: team(2), contacts: 1 });
    desk.begin();
    desk.campaigns = [];
    desk.configure();
    desk.answer('P1');
    assert.equal(desk.arrive('P1')?.kind, 'queue');
    desk.connect('P1', 'agent0');
    desk.end('P1');
    assert.equal(desk.table.records[0]?.result, 'CONNECTED');
  });

  it('B21: another mode: calls in flight are still offered to the queue', () => {
    const desk = deskOf('POWER', { agents: team(2), contacts: 1 });
    desk.begin();
    desk.change('P', { mode: 'PREVIEW' });
    desk.answer('P1');
    assert.equal(desk.arrive('P1')?.kind, 'queue');
  });

  it('B21: outside its dates a campaign does not call, without anybody pausing it', () => {
    const desk = deskOf('PROGRESSIVE', { agents: team(1) });
    desk.change('P', { endsAtMs: desk.nowMs + 1_500 });
    desk.begin();
    desk.pass(1_000);
    desk.end('P1', { cause: 'USER_BUSY' });
    desk.run(3);
    assert.deepEqual(desk.dialled(), ['P1']);
    assert.equal(reservedNow(desk), 0);
  });

  it('B5: the process stops: what is not dialled goes back, agents are released, nothing begins any more', () => {
    const desk = deskOf('PROGRESSIVE', { agents: team(3) });
    desk.byHand.add('claim');
    desk.begin();
    const claims = desk.heldOf('claim');
    desk.stop();
    for (const claim of claims) desk.feed({ type: 'claimed', order: claim.order, ...desk.table.claim(claim, desk.nowMs) });
    desk.run(2);
    assert.deepEqual(desk.dialled(), []);
    assert.equal(reservedNow(desk), 0);
    assert.deepEqual(desk.table.counts(), { dialed: 0, agentPending: 0 });
  });
});
