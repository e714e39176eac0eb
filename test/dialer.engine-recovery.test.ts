/** Links that drop, processes that die, calls nobody knows (dialer.md A15, B11) in the dialer's engine. */
import assert from 'node:assert/strict';
import { DialerDesk, readyAgent, testCampaign } from './support/dialer-desk.js';
import { sampleContact } from './support/dialer-table.js';

const down = { type: 'switch-changed', switch: 's1', isUp: false, callsPerSecondMax: undefined } as const;
const up = { ...down, isUp: true } as const;

function deskOf(contacts = 3): DialerDesk {
  const desk = new DialerDesk([testCampaign('P', { mode: 'POWER' })], { callsPerSecond: 100, voiceConnector: 'http://vc' });
  desk.login(readyAgent('ann'), readyAgent('bob'));
  for (let n = 1; n <= contacts; n++) desk.add(sampleContact(`P${n}`, 'P', { nextAttemptAtMs: n }));
  return desk;
}

const contact = (desk: DialerDesk, id: string) => desk.table.contacts.get(id) ?? assert.fail(`no contact ${id}`);

describe('dialer engine: a switch that is away', () => {
  it('B10 B11: after the link is back nothing is dialled until its calls are listed; those that live go on', () => {
    const desk = deskOf();
    desk.begin();
    desk.pass(5_000);
    desk.feed(down);
    desk.live.set('P1', { isAnswered: true });
    desk.live.set('P2', { isAnswered: false });
    desk.byHand.add('list-calls');
    desk.feed(up);
    desk.run(2);
    assert.deepEqual(desk.dialled(), ['P1', 'P2', 'P3']);
    desk.feed({ type: 'calls-listed', switch: 's1', askedAtMs: desk.nowMs, live: desk.live });
    const stages = desk.engine
      .view()
      .calls()
      .map(({ callId, stage }) => `${callId} ${stage}`);
    assert.deepEqual(stages, ['P1 answered', 'P2 ringing']);
    assert.equal(contact(desk, 'P3').status, 'pending');
    assert.equal(contact(desk, 'P3').attempts, 1);
    assert.ok(contact(desk, 'P3').nextAttemptAtMs > desk.nowMs);
  });

  it('E78: gone after the answer: ended, LOST; gone while it talked: it had been connected', () => {
    const desk = deskOf();
    desk.begin();
    desk.pass(5_000);
    desk.answer('P1');
    desk.answer('P2');
    desk.arrive('P2');
    desk.connect('P2', 'ann');
    desk.feed(down);
    desk.pass(5_000);
    desk.feed(up);
    assert.deepEqual([contact(desk, 'P1').status, contact(desk, 'P1').callResult, contact(desk, 'P1').result], ['ended', 'LOST', 'LOST']);
    assert.deepEqual([contact(desk, 'P2').callResult, contact(desk, 'P2').result], ['LOST', 'CONNECTED']);
    assert.deepEqual(
      desk.table.outbox.map(({ key }) => key),
      ['P1:call-result:1', 'P2:call-result:1'],
    );
  });

  it('B11 E78: a call that was lost before an answer is not repeated at once where the rules would not repeat it', () => {
    const never = { retry: false, delaysMs: [], attemptsMax: 1, otherPartOfDay: false, guaranteedOnly: false, then: 'final' } as const;
    const desk = new DialerDesk([testCampaign('P', { mode: 'POWER', retry: { NO_ANSWER: never } })], { callsPerSecond: 100 });
    desk.login(readyAgent('ann'), readyAgent('bob'));
    desk.add(sampleContact('P1', 'P'));
    desk.begin();
    desk.feed({ type: 'originate-unknown', callId: 'P1' });
    desk.pass(3_000);
    assert.deepEqual([contact(desk, 'P1').status, contact(desk, 'P1').attempts], ['pending', 1]);
    assert.equal(contact(desk, 'P1').nextAttemptAtMs - desk.nowMs, 4 * 3_600_000);
    desk.run(60);
    assert.deepEqual(desk.dialled(), ['P1']);
  });

  it('B10: a list of before the link came back says nothing', () => {
    const desk = deskOf();
    desk.begin();
    desk.feed(down);
    desk.byHand.add('list-calls');
    desk.pass(5_000);
    desk.feed(up);
    desk.feed({ type: 'calls-listed', switch: 's1', askedAtMs: desk.nowMs - 1_000, live: new Map() });
    assert.equal(desk.table.records.length, 0);
  });

  it('B11: a reply that was lost: the switch is asked before anything else is done', () => {
    const gone = deskOf(1);
    const there = deskOf(1);
    for (const desk of [gone, there]) {
      desk.begin();
      desk.feed({ type: 'originate-unknown', callId: 'P1' });
    }
    there.live.set('P1', { isAnswered: false });
    const asked = gone.all('list-calls').length;
    gone.pass(2_999);
    assert.equal(gone.all('list-calls').length, asked, 'its channel may not be there yet');
    gone.pass(1);
    there.pass(3_000);
    assert.equal(contact(gone, 'P1').status, 'pending');
    assert.equal(contact(gone, 'P1').attempts, 1);
    assert.equal(contact(there, 'P1').status, 'dialed');
    there.end('P1', { cause: 'USER_BUSY' });
    assert.equal(there.table.records[0]?.result, 'BUSY');
  });

  it('B11: a call that was just placed is not taken for gone', () => {
    const desk = deskOf(1);
    desk.begin();
    desk.pass(1_000);
    desk.feed({ type: 'calls-listed', switch: 's1', askedAtMs: desk.nowMs, live: new Map() });
    assert.equal(contact(desk, 'P1').status, 'dialed');
    desk.pass(2_000);
    assert.equal(contact(desk, 'P1').status, 'pending');
  });

  it('A2, A8, A16: what never was on a switch uses up no number: the call that comes about has the id of the contact', () => {
    for (const refuse of [
      (desk: DialerDesk, callId: string) => desk.feed({ type: 'originate-withheld', callId, reason: 'makes no calls now' }),
      (desk: DialerDesk, callId: string) => desk.feed({ type: 'originate-unsent', callId, reason: 'the link is down' }),
      (desk: DialerDesk, callId: string) => desk.end(callId, { cause: 'GATEWAY_DOWN' }),
    ]) {
      const desk = deskOf(1);
      desk.begin();
      for (let n = 0; n < 3; n++) {
        refuse(desk, desk.dialled().at(-1) ?? '');
        assert.deepEqual([contact(desk, 'P1').status, contact(desk, 'P1').attempts], ['pending', 0]);
        desk.run(8);
      }
      assert.deepEqual(desk.dialled(), ['P1', 'P1', 'P1', 'P1']);
    }
  });

  it('B33: an answer to a list that never comes is asked for again', () => {
    const desk = deskOf(0);
    desk.feed(down);
    desk.byHand.add('list-calls');
    desk.feed(up);
    desk.pass(60_000);
    assert.equal(desk.heldOf('list-calls').length, 2);
  });

  it('E78: every 10 minutes calls older than MAX_CALL_TIME are asked for; one that lives stays', () => {
    const desk = deskOf(2);
    desk.configure({ callMsMax: 300_000 });
    desk.begin();
    desk.pass(100);
    for (const [callId, agent] of [
      ['P1', 'ann'],
      ['P2', 'bob'],
    ] as const) {
      desk.answer(callId);
      desk.arrive(callId);
      desk.connect(callId, agent);
    }
    desk.live.set('P1', { isAnswered: true });
    desk.pass(10 * 60_000);
    assert.equal(contact(desk, 'P1').status, 'dialed');
    assert.equal(contact(desk, 'P2').status, 'ended');
  });
});

describe('dialer engine: after a restart (B5 B11)', () => {
  function restarted(): DialerDesk {
    const desk = deskOf(0);
    desk.byHand.add('list-calls');
    desk.feed(down);
    desk.add(sampleContact('P1', 'P', { status: 'dialed', dials: 1, dialTimeMs: desk.nowMs - 20_000 }));
    desk.add(sampleContact('P2', 'P', { status: 'dialed', dials: 2, dialTimeMs: desk.nowMs - 20_000 }));
    desk.add(sampleContact('P3', 'P', { status: 'agent_pending', dials: 1, dialTimeMs: desk.nowMs - 20_000 }));
    desk.add(sampleContact('P4', 'P'));
    desk.feed({ type: 'restored', active: [...desk.table.contacts.values()].slice(0, 3), pacers: new Map() });
    return desk;
  }

  it('B5 B11: contacts in a call are asked for before the first call; alive goes on, gone counts as an attempt', () => {
    const desk = restarted();
    assert.deepEqual(desk.engine.view().active, { dialed: 2, agentPending: 1, other: 0 });
    desk.pass(15_000);
    assert.equal(desk.all('hang-up').length, 0, 'nobody knows whether they ring');
    desk.feed(up);
    desk.begin();
    assert.deepEqual(desk.dialled(), []);
    desk.feed({ type: 'calls-listed', switch: 's1', askedAtMs: desk.nowMs, live: new Map([['P2.2', { isAnswered: false }]]) });
    assert.equal(contact(desk, 'P1').status, 'pending');
    assert.equal(contact(desk, 'P1').attempts, 1);
    assert.ok(contact(desk, 'P1').nextAttemptAtMs > desk.nowMs, 'not called again at once: it may have rung');
    assert.equal(contact(desk, 'P2').status, 'dialed');
    desk.end('P2.2', { cause: 'USER_BUSY' });
    assert.equal(desk.table.records.find(({ contactId }) => contactId === 'P2')?.result, 'BUSY');
    desk.run(2);
    assert.deepEqual(desk.dialled(), ['P4']);
  });

  it('B5: an agent request of before waits for its agent as long as any', () => {
    const desk = restarted();
    desk.feed(up);
    desk.pass(69_999);
    assert.equal(contact(desk, 'P3').status, 'agent_pending');
    desk.pass(1);
    assert.equal(contact(desk, 'P3').status, 'pending');
  });

  it('B5: a call that was answered while nobody looked ends as LOST, unless somebody says who had it', () => {
    for (const [agent, expected] of [
      [undefined, 'LOST'],
      ['ann', 'CONNECTED'],
    ] as const) {
      const desk = restarted();
      desk.feed(up);
      desk.feed({
        type: 'calls-listed',
        switch: 's1',
        askedAtMs: desk.nowMs,
        live: new Map([
          ['P1', { isAnswered: true }],
          ['P2.2', { isAnswered: true }],
        ]),
      });
      if (agent) desk.connect('P1', agent);
      desk.pass(60_000);
      desk.end('P1', { endedBy: 'customer' });
      assert.equal(contact(desk, 'P1').status, 'ended');
      assert.equal(contact(desk, 'P1').result, expected);
    }
  });

  it('B5: a call that rang over the restart goes its way: answered, queued, connected', () => {
    const desk = restarted();
    desk.feed(up);
    desk.feed({ type: 'calls-listed', switch: 's1', askedAtMs: desk.nowMs, live: new Map([['P1', { isAnswered: false }]]) });
    desk.answer('P1');
    assert.equal(desk.arrive('P1')?.kind, 'queue');
    desk.connect('P1', 'ann');
    desk.end('P1');
    assert.equal(contact(desk, 'P1').result, 'CONNECTED');
  });

  it('B5: told twice changes nothing, and a number in such a call is not called by another campaign', () => {
    const desk = restarted();
    desk.feed({ type: 'restored', active: [...desk.table.contacts.values()].slice(0, 3), pacers: new Map() });
    assert.equal(desk.engine.view().calls().length, 3);
    desk.add(sampleContact('P7', 'P', { numberKey: contact(desk, 'P3').numberKey }));
    desk.feed(up);
    desk.feed({ type: 'calls-listed', switch: 's1', askedAtMs: desk.nowMs, live: new Map() });
    desk.begin();
    desk.run(2);
    assert.ok(!desk.dialled().includes('P7'));
  });

  it('B5 B47: on a further number the opt-out and the record are of the number that was dialled', () => {
    const desk = deskOf(0);
    desk.byHand.add('list-calls');
    const more = { numbers: ['+49300000777'], numberIndex: 1, status: 'dialed' as const, dials: 2, dialTimeMs: desk.nowMs - 5_000 };
    desk.add(sampleContact('P1', 'P', more));
    desk.feed({ type: 'restored', active: [contact(desk, 'P1')], pacers: new Map() });
    desk.feed({ type: 'opted-out', callId: 'P1.2' });
    desk.end('P1.2', { cause: 'USER_BUSY' });
    const added = desk.all('change').flatMap(({ change }) => change.dnc.map(({ number }) => number));
    assert.deepEqual(added, ['49300000777']);
    assert.deepEqual([desk.table.records[0]?.number, desk.table.records[0]?.numberKey], ['+49300000777', '49300000777']);
  });

  it('E78, A15: answered before the restart and gone after it: LOST; joined with an agent: CONNECTED; never called again', () => {
    for (const [bridgedAtMs, expected] of [
      [undefined, 'LOST'],
      [1, 'CONNECTED'],
    ] as const) {
      const desk = deskOf(0);
      desk.byHand.add('list-calls');
      desk.add(sampleContact('P1', 'P', { status: 'dialed', dials: 1, dialTimeMs: desk.nowMs - 20_000 }));
      const progress = {
        ...{ answeredAtMs: desk.nowMs - 15_000, agentExtension: undefined },
        ...(bridgedAtMs === undefined ? { bridgedAtMs, agent: undefined } : { bridgedAtMs: desk.nowMs - 14_000, agent: 'ann' }),
      };
      desk.feed({ type: 'restored', active: [{ ...contact(desk, 'P1'), progress }], pacers: new Map() });
      desk.feed({ type: 'calls-listed', switch: 's1', askedAtMs: desk.nowMs, live: new Map() });
      assert.deepEqual([contact(desk, 'P1').status, contact(desk, 'P1').result], ['ended', expected]);
      assert.equal(desk.table.records[0]?.answeredAtMs, desk.nowMs - 15_000);
    }
  });

  it('E64, A12: after a restart the connector’s agent is freed too, and the answer is where the switch had it', () => {
    for (const agentExtension of ['1004', undefined]) {
      const desk = new DialerDesk([testCampaign('P', { agentSource: 'connector' })], { voiceConnector: 'http://vc' });
      desk.byHand.add('list-calls');
      desk.add(sampleContact('P1', 'P', { status: 'dialed', dials: 1, dialTimeMs: desk.nowMs - 20_000 }));
      const progress = agentExtension && { answeredAtMs: desk.nowMs - 4_000, bridgedAtMs: undefined, agent: 'a-9', agentExtension };
      desk.feed({ type: 'restored', active: [{ ...contact(desk, 'P1'), ...(progress && { progress }) }], pacers: new Map() });
      const live = new Map([['P1', { isAnswered: true }]]);
      desk.feed({ type: 'calls-listed', switch: 's1', askedAtMs: desk.nowMs, live });
      desk.pass(1_000);
      desk.end('P1', { endedBy: 'customer', answeredAtMs: desk.nowMs - 5_100 });
      const [endChat] = desk.table.outbox;
      assert.deepEqual(
        [endChat?.kind, endChat?.body.reason, endChat?.body.agentExtension],
        ['end-chat', 'CUSTOMER_DROPPED', agentExtension ?? ''],
      );
      assert.equal(desk.table.records[0]?.answeredAtMs, desk.nowMs - 5_100);
    }
  });

  it('E60, A15: ... also when his call never was answered and is not there any more', () => {
    const desk = new DialerDesk([testCampaign('P', { agentSource: 'connector' })], { voiceConnector: 'http://vc' });
    desk.add(sampleContact('P1', 'P', { status: 'dialed', dials: 1, dialTimeMs: desk.nowMs - 20_000 }));
    desk.feed({ type: 'restored', active: [contact(desk, 'P1')], pacers: new Map() });
    desk.feed({ type: 'calls-listed', switch: 's1', askedAtMs: desk.nowMs, live: new Map() });
    const told = desk.table.outbox.map(({ kind, body }) => [kind, body.reason, body.customerNumber]);
    assert.deepEqual([contact(desk, 'P1').status, told], ['pending', [['end-chat', 'NOT_REACHED', contact(desk, 'P1').customerNumber]]]);
  });

  it('B11: a contact of a campaign that is gone is followed to its end', () => {
    const desk = deskOf(0);
    desk.add(sampleContact('X1', 'gone', { status: 'dialed', dials: 1, gatewayId: 'gw9', dialTimeMs: desk.nowMs }));
    desk.feed({ type: 'restored', active: [contact(desk, 'X1')], pacers: new Map() });
    desk.end('X1', { cause: 'USER_BUSY' });
    assert.equal(desk.table.records[0]?.result, 'BUSY');
  });
});
