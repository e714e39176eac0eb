/** The dial cycle of the dialer's engine (dialer.md A6 to A9): slots, order, gateways, rate, fills, claims. */
import assert from 'node:assert/strict';
import { DialerDesk, readyAgent, testCampaign } from './support/dialer-desk.js';
import { sampleContact } from './support/dialer-table.js';

const ivr = (id: string, more = {}) => testCampaign(id, { mode: 'IVR', ivr: '*9664', queue: '', ...more });

/** `A2 B5`: so many contacts of each campaign, received in this order. */
function deskOf(campaigns: Readonly<Record<string, number>>, settings = {}): DialerDesk {
  const desk = new DialerDesk(
    Object.keys(campaigns).map((id) => ivr(id)),
    { callsPerSecond: 100, ...settings },
  );
  let n = 0;
  for (const [id, count] of Object.entries(campaigns))
    for (let i = 1; i <= count; i++, n++)
      desk.add(sampleContact(`${id}${i}`, id, { receivedTimeMs: n, nextAttemptAtMs: n, numberKey: `${id}${i}` }));
  return desk;
}

/** In the order in which they were claimed. */
const claims = (desk: DialerDesk): string =>
  desk
    .all('claim')
    .flatMap(({ contacts }) => contacts)
    .join(' ');

describe('dialer engine: cycle', () => {
  it('E38 E39 E40 E42: example 1a of A6 through the engine', () => {
    const desk = deskOf({ A: 2, B: 5, C: 40 });
    desk.begin();
    assert.equal(claims(desk), 'A1 A2 B1 B2 B3 B4 C1 C2 C3 C4');
  });

  it('E43 E44: no more slots than campaigns: the oldest heads', () => {
    const desk = deskOf({ A: 3, B: 3, C: 3 }, { slotsMax: 2 });
    desk.begin();
    assert.equal(claims(desk), 'A1 B1');
  });

  it('E42 E43: campaigns that begin at one moment go by whose contact came first (examples 1c and 2a), retries by their time', () => {
    const begun = (slotsMax: number, came: Readonly<Record<string, number>>, each: number): string => {
      const desk = deskOf(Object.fromEntries(Object.keys(came).map((id) => [id, 0])), { slotsMax });
      for (const [id, receivedTimeMs] of Object.entries(came))
        for (let n = 1; n <= each; n++) desk.add(sampleContact(`${id}${n}`, id, { receivedTimeMs, nextAttemptAtMs: 500_000 }));
      desk.begin();
      return claims(desk);
    };
    assert.equal(begun(4, { A: 1_000, B: 900, C: 1_100 }, 9), 'B1 A1 C1 C2');
    assert.equal(begun(3, { A: 1_005, B: 1_001, C: 1_009, D: 1_002, E: 1_003 }, 2), 'B1 D1 E1');

    const desk = deskOf({ A: 0, B: 0 }, { slotsMax: 1 });
    desk.add(sampleContact('A1', 'A', { receivedTimeMs: 1, nextAttemptAtMs: 600_000, result: 'BUSY', attempts: 1 }));
    desk.add(sampleContact('B1', 'B', { receivedTimeMs: 2, nextAttemptAtMs: 500_000 }));
    desk.begin();
    assert.equal(claims(desk), 'B1');
  });

  it('E41 E45 E46: calls go out in the order of the claims, as far apart as calls per second say', () => {
    const desk = deskOf({ A: 3 }, { callsPerSecond: 4 });
    const placedAtMs: number[] = [];
    desk.begin();
    for (let ms = 0; ms < 900; ms += 50) {
      while (placedAtMs.length < desk.originates().length) placedAtMs.push(desk.nowMs);
      desk.pass(50);
    }
    assert.deepEqual(desk.dialled(), ['A1', 'A2', 'A3']);
    assert.deepEqual(
      placedAtMs.map((atMs) => atMs - (placedAtMs[0] ?? 0)),
      [0, 250, 500],
    );
  });

  it('E67: contacts that were purged take no slots from other campaigns for longer than one claim', () => {
    const desk = deskOf({ A: 60, B: 60 }, { slotsMax: 10 });
    desk.change('A', { weight: 9 });
    desk.change('B', { state: 'paused' });
    desk.begin();
    desk.pass(900);
    for (const id of desk.dialled()) desk.end(id, { cause: 'USER_BUSY' });
    for (const [id, { campaignId, status }] of desk.table.contacts)
      if (campaignId === 'A' && status === 'pending') desk.table.contacts.delete(id);
    desk.change('B', { state: 'running' });
    desk.run(3);
    desk.pass(900);
    assert.equal(desk.engine.view().campaign('A')?.hopper, 0);
    assert.equal(desk.dialled().filter((id) => id.startsWith('B')).length, 10, 'all slots, after one claim that found nobody');
  });

  it('B11: a gateway that its switch does not know keeps contacts waiting that did not name it; one that did fails', () => {
    const desk = deskOf({ A: 2 });
    desk.add(sampleContact('A9', 'A', { gatewayId: 'gw1', nextAttemptAtMs: 9 }));
    desk.gateways.set('gw1', 'invalid');
    desk.begin();
    assert.deepEqual([desk.table.status('A1'), desk.table.status('A2'), desk.table.status('A9')], ['pending', 'pending', 'failed']);
    assert.deepEqual(
      [desk.engine.view().campaign('A')?.limit, desk.engine.view().campaign('A')?.pace],
      ['gateway', 'gateway gw1: its switch does not know it'],
    );
    desk.gateways.set('gw1', 'up');
    desk.pass(2_500);
    desk.run(1);
    assert.deepEqual(desk.dialled(), ['A1', 'A2']);
  });

  it('E51 E79: a slot is taken by each call and free at its end; contacts of the table that nobody follows count too', () => {
    const desk = deskOf({ A: 9 }, { slotsMax: 3 });
    desk.table.add(sampleContact('x1', 'A', { status: 'dialed', dials: 1, dialTimeMs: desk.nowMs }));
    desk.begin();
    desk.run(2);
    assert.deepEqual(desk.dialled(), ['A1', 'A2']);
    assert.equal(desk.engine.view().freeSlots, 0);
    desk.end('A1', { cause: 'USER_BUSY' });
    desk.run(1);
    assert.deepEqual(desk.dialled(), ['A1', 'A2', 'A3']);
  });

  it('E38 B11: while contacts of a cycle are being claimed, the next cycle claims nothing', () => {
    const desk = deskOf({ A: 9 });
    desk.byHand.add('claim');
    desk.begin();
    desk.run(3);
    assert.equal(desk.all('claim').length, 1);
  });

  it('E46: a claim that waits for a token longer than two cycles goes back, without an attempt, and keeps its place', () => {
    const desk = deskOf({ A: 3 }, { callsPerSecond: 3 });
    desk.byHand.add('claim');
    desk.begin();
    desk.feed({ type: 'switch-changed', switch: 's1', isUp: true, callsPerSecondMax: 0.2 });
    const [claim] = desk.heldOf('claim');
    assert.ok(claim);
    desk.feed({ type: 'claimed', order: claim.order, ...desk.table.claim(claim, desk.nowMs) });
    assert.deepEqual(desk.dialled(), ['A1']);
    desk.pass(2_000);
    assert.equal(desk.table.status('A2'), 'pending');
    assert.equal(desk.table.contacts.get('A2')?.attempts, 0);
    assert.equal(desk.engine.view().campaign('A')?.hopper, 2);
  });

  it('E46: at or above what the switch lets through, 80 % of it (A4)', () => {
    const desk = deskOf({ A: 1 }, { callsPerSecond: 30 });
    desk.feed({ type: 'switch-changed', switch: 's1', isUp: true, callsPerSecondMax: 30 });
    assert.equal(desk.engine.view().callsPerSecond, 24);
    desk.feed({ type: 'switch-changed', switch: 's1', isUp: true, callsPerSecondMax: 31 });
    assert.equal(desk.engine.view().callsPerSecond, 30);
  });

  it('B13: a contact that the gates refuse at the claim is not called, the others are', () => {
    const desk = deskOf({ A: 3 });
    desk.table.refused.set('A2', 'dnc');
    desk.begin();
    desk.pass(500);
    assert.deepEqual(desk.dialled(), ['A1', 'A3']);
  });

  it('B11: two contacts with one number are never in a call at once', () => {
    const desk = new DialerDesk([ivr('A'), ivr('B')]);
    for (const id of ['A', 'B']) desk.add(sampleContact(`${id}1`, id, { numberKey: '4930555' }));
    desk.begin();
    desk.run(2);
    assert.deepEqual(desk.dialled(), ['A1']);
  });

  it('E70: contacts that could not be claimed wait for the next cycle', () => {
    const desk = deskOf({ A: 2 });
    desk.byHand.add('claim');
    desk.begin();
    const [claim] = desk.heldOf('claim');
    desk.byHand.clear();
    desk.feed({ type: 'claim-failed', order: claim?.order ?? 0, code: 'TDM_STORE_DOWN' });
    assert.equal(desk.engine.view().campaign('A')?.limit, 'store');
    desk.run(1);
    desk.pass(100);
    assert.deepEqual(desk.dialled(), ['A1', 'A2']);
  });

  it('B33: an answer to a claim that comes after its deadline is given back', () => {
    const desk = deskOf({ A: 1 });
    desk.byHand.add('claim');
    desk.begin();
    const [claim] = desk.heldOf('claim');
    assert.ok(claim);
    desk.change('A', { state: 'paused' });
    desk.pass(60_000);
    desk.feed({ type: 'claimed', order: claim.order, ...desk.table.claim(claim, desk.nowMs) });
    assert.equal(desk.table.status('A1'), 'pending');
    assert.deepEqual(desk.dialled(), []);
  });

  it('E39: the hopper is filled before it is empty, and leaves out who is being called', () => {
    const desk = deskOf({ A: 200 }, { slotsMax: 30 });
    desk.begin();
    assert.equal(desk.engine.view().campaign('A')?.hopper, 30);
    desk.pass(400);
    for (const callId of desk.dialled().slice(0, 10)) desk.end(callId, { cause: 'USER_BUSY' });
    desk.run(2);
    const [, second] = desk.all('fill-hopper');
    assert.ok(second && second.leaveOut.includes('A11') && second.leaveOut.length >= 20);
  });

  it('E81: a campaign takes no more slots than its own, a gateway no more calls than its channels', () => {
    const own = new DialerDesk([ivr('A', { slotsMax: 2 })]);
    const channels = new DialerDesk([ivr('A', { gateways: [{ switch: '', gateway: 'gw1', channelsMax: 2 }] })]);
    for (const desk of [own, channels]) {
      for (let n = 1; n <= 5; n++) desk.add(sampleContact(`A${n}`, 'A'));
      desk.begin();
      desk.run(3);
      assert.deepEqual(desk.dialled(), ['A1', 'A2']);
    }
    assert.equal(own.engine.view().campaign('A')?.limit, 'campaign-slots');
    assert.equal(channels.engine.view().campaign('A')?.limit, 'channels');
  });

  it('B31: each limit that binds the pace has its name', () => {
    const desk = deskOf({ A: 3 }, { slotsMax: 1 });
    const limit = (): string | undefined => desk.engine.view().campaign('A')?.limit;
    desk.begin();
    desk.run(1);
    assert.equal(limit(), 'slots');
    desk.change('A', { state: 'paused' });
    desk.run(1);
    assert.equal(limit(), 'state');
    const empty = deskOf({ A: 0 });
    empty.begin();
    assert.equal(empty.engine.view().campaign('A')?.limit, 'hopper');
  });
});

describe('dialer engine: IVR calls (A9)', () => {
  it("E29 E48: the contact's extension, else the campaign's, else DEFAULT_IVR; none fails it", () => {
    const desk = new DialerDesk([ivr('A'), ivr('B', { ivr: '' })], { defaultIvr: '*1' });
    desk.add(sampleContact('A1', 'A', { ivr: '*7', numberKey: '1' }));
    desk.add(sampleContact('A2', 'A', { numberKey: '2' }));
    desk.add(sampleContact('B1', 'B', { numberKey: '3' }));
    desk.begin();
    desk.pass(900);
    assert.deepEqual(Object.fromEntries(desk.originates().map(({ contactId, ivr: to }) => [contactId, to])), {
      A1: '*7',
      A2: '*9664',
      B1: '*1',
    });
    const none = new DialerDesk([ivr('B', { ivr: '' })]);
    none.add(sampleContact('B1', 'B'));
    none.begin();
    assert.equal(none.table.status('B1'), 'failed');
    assert.equal(none.table.contacts.get('B1')?.callResult, 'NO_IVR');
  });

  it('E48: the order names call, contact, gateway, number, a caller id in turn and the domain', () => {
    const desk = new DialerDesk([ivr('A')]);
    desk.add(sampleContact('A1', 'A'));
    desk.begin();
    const [order] = desk.originates();
    assert.deepEqual(
      { ...order },
      {
        ...{ callId: 'A1', contactId: 'A1', campaignId: 'A', mode: 'IVR', kind: 'ivr', switch: 's1', gateway: 'gw1' },
        ...{ number: '+49300000001', callerId: '+49302', ivr: '*9664', agentExtension: '', queueName: '', queueType: 'NAME' },
        ...{ serviceIdentifier: '', domain: 'pbx', ringTimeoutMs: 25_000, fallbackSound: 'sorry', strictStrings: false, record: false },
        amd: { mode: 'off', maxMs: 1_800 },
      },
    );
  });

  it('E52: an IVR call that was answered is connected to its IVR', () => {
    const desk = new DialerDesk([ivr('A')]);
    desk.add(sampleContact('A1', 'A'));
    desk.begin();
    desk.answer('A1');
    desk.pass(5_000);
    desk.end('A1', { endedBy: 'customer' });
    assert.equal(desk.table.records[0]?.result, 'CONNECTED_IVR');
    assert.equal(desk.table.status('A1'), 'ended');
  });

  it('B44: a key in the IVR puts the caller into the queue for the grace time, and counts then', () => {
    const desk = new DialerDesk([ivr('A', { queue: 'sales' })]);
    desk.add(sampleContact('A1', 'A'));
    desk.begin();
    desk.answer('A1');
    desk.pass(30_000);
    const plan = desk.arrive('A1');
    assert.ok(plan?.kind === 'queue');
    assert.equal(plan.maxWaitMs, 2_000);
    desk.pass(2_000);
    desk.feed({ type: 'call-waited-out', callId: 'A1', reason: 'grace over' });
    desk.end('A1', { endedBy: 'us' });
    assert.equal(desk.table.records[0]?.result, 'ABANDONED');
  });

  it('B12: at the cap an IVR with a queue calls no more customers than agents are ready', () => {
    const desk = new DialerDesk([ivr('A', { queue: 'sales' })]);
    for (let n = 1; n <= 5; n++) desk.add(sampleContact(`A${n}`, 'A'));
    desk.windows = new Map([['A', { connected: 10, abandoned: 2, today: { answered: 12, abandoned: 2 } }]]);
    desk.begin();
    assert.deepEqual(desk.dialled(), []);
    assert.equal(desk.engine.view().campaign('A')?.limit, 'abandonment');
  });
});

describe('dialer engine: gateways (A8)', () => {
  it('E47: a gateway is asked before a call, and again when the answer is older than 2 s', () => {
    const desk = deskOf({ A: 99 }, { slotsMax: 99, callsPerSecond: 1 });
    desk.begin();
    desk.run(6);
    assert.equal(desk.all('check-gateway').length, 3);
  });

  it('E47: a round waits for the answers; one that does not come within 3 s counts as down', () => {
    const desk = deskOf({ A: 1 });
    desk.byHand.add('check-gateway');
    desk.begin();
    assert.deepEqual(desk.dialled(), []);
    desk.pass(3_000);
    assert.equal(desk.engine.view().gateways()[0]?.state, 'down');
    desk.byHand.clear();
    desk.run(3);
    assert.deepEqual(desk.dialled(), ['A1']);
  });

  it('E81: alternative gateway of the campaign when the first is down', () => {
    const desk = new DialerDesk([ivr('A', { gateways: ['gw1', 'gw2'].map((gateway) => ({ switch: '', gateway, channelsMax: 0 })) })]);
    desk.add(sampleContact('A1', 'A'));
    desk.gateways.set('gw1', 'down');
    desk.begin();
    assert.equal(desk.originates()[0]?.gateway, 'gw2');
  });

  it('B8: a gateway that a person paused carries no call', () => {
    const desk = deskOf({ A: 1 }, { gatewaysPaused: ['s1 gw1'] });
    desk.begin();
    desk.run(2);
    assert.deepEqual(desk.dialled(), []);
    assert.match(desk.engine.view().campaign('A')?.pace ?? '', /paused by a person/);
  });

  it('E81: the breaker closes a gateway whose calls fail, one probe goes 30 s later, and success opens it', () => {
    const desk = deskOf({ A: 80 }, { slotsMax: 40 });
    desk.begin();
    desk.pass(800);
    for (const callId of desk.dialled().slice(0, 10)) desk.end(callId, { cause: 'NORMAL_CIRCUIT_CONGESTION' });
    const before = desk.dialled().length;
    const closed = desk.all('notice').some(({ notice }) => notice.type === 'gateway-changed' && notice.state === 'closed');
    assert.ok(closed);
    desk.run(29);
    assert.equal(desk.dialled().length, before);
    desk.run(8);
    assert.equal(desk.dialled().length, before + 1);
    desk.end(desk.dialled()[before] ?? '', { cause: 'USER_BUSY' });
    desk.run(3);
    assert.ok(desk.dialled().length > before + 1);
  });

  it('E81: a call that we ended ourselves says nothing about the trunk', () => {
    const desk = new DialerDesk([testCampaign('A', { mode: 'POWER', lines: 12 })], { slotsMax: 40, callsPerSecond: 100 });
    desk.login(readyAgent('ann'), readyAgent('bob'));
    for (let n = 1; n <= 12; n++) desk.add(sampleContact(`A${n}`, 'A', { nextAttemptAtMs: n }));
    desk.begin();
    desk.pass(500);
    for (let n = 1; n <= 9; n++) desk.end(`A${n}`, { cause: 'NORMAL_CIRCUIT_CONGESTION' });
    desk.answer('A10');
    desk.pass(12_000); // nobody brings it to its door: hung up
    desk.end('A10', { endedBy: 'us' });
    desk.end('A11', { cause: 'NORMAL_CIRCUIT_CONGESTION' });
    assert.equal(desk.engine.view().gateways()[0]?.state, 'closed');
  });

  it('E81: one probe, also when two campaigns want the gateway at the same moment', () => {
    const desk = deskOf({ A: 30, B: 30 }, { slotsMax: 40 });
    desk.begin();
    desk.pass(800);
    for (const callId of desk.dialled().slice(0, 10)) desk.end(callId, { cause: 'NORMAL_CIRCUIT_CONGESTION' });
    desk.byHand.add('claim');
    desk.run(33);
    assert.equal(desk.heldOf('claim').flatMap(({ contacts }) => contacts).length, 1);
  });
});
