/** Agents of a voice connector (dialer.md A10 to A12, A17) in the dialer's engine, and the rows of the failover table A16. */
import assert from 'node:assert/strict';
import { DialerDesk, testCampaign } from './support/dialer-desk.js';
import { sampleContact } from './support/dialer-table.js';

const connector = (more = {}) => testCampaign('C', { agentSource: 'connector', ...more });

function deskOf(contacts = 1, settings = {}): DialerDesk {
  const desk = new DialerDesk([connector()], { voiceConnector: 'http://vc', serviceIdentifier: '1218', ...settings });
  for (let n = 1; n <= contacts; n++)
    desk.add(
      sampleContact(`C${n}`, 'C', {
        routingMode: 'QUEUE',
        resourceId: 'q-7',
        queueName: 'sales',
        dialingMode: 'PROGRESSIVE',
        gatewayId: 'gw1',
        nextAttemptAtMs: n,
      }),
    );
  return desk;
}

const details = (desk: DialerDesk, callId: string, agentExtension: string | undefined = '1004') =>
  desk.feed({ type: 'agent-details', callId, agentExtension, agentId: 'a-9', queueName: 'sales' });

const statusOf = (answer: ReturnType<DialerDesk['feed']>): unknown => (answer.kind === 'agent-details' ? answer.status : answer.kind);
const messages = (desk: DialerDesk): readonly string[] =>
  desk.table.outbox.map(({ kind, body }) => `${kind} ${String(body.reason ?? body.callResult)}`);

describe('dialer engine: agents of a voice connector', () => {
  it('E54 E55 E7: agent_pending takes the slot, and the agent request carries the call details (A17.1)', () => {
    const desk = deskOf();
    desk.begin();
    assert.equal(desk.table.status('C1'), 'agent_pending');
    assert.equal(desk.engine.view().freeSlots, 9);
    assert.deepEqual(desk.all('request-agent')[0]?.body, {
      ...{ callUid: 'C1', eslHost: 'pbx', callingNumber: '+49300000001', serviceIdentifier: '1218', queueType: 'NAME', queue: 'sales' },
      ...{ resourceId: 'q-7', routingMode: 'QUEUE', priority: 5, direction: 'OUTBOUND', callSipId: 'C1', dialingMode: 'PROGRESSIVE' },
      ...{ campaignId: 'C', campaignContactId: 'cc-C1' },
    });
  });

  it("E6 E8 E9 E56: the customer is dialled only when the agent is reserved, with the agent's data", () => {
    const desk = deskOf();
    desk.begin();
    assert.deepEqual(desk.dialled(), []);
    assert.equal(statusOf(details(desk, 'C1')), 200);
    assert.equal(desk.table.status('C1'), 'dialed');
    const [order] = desk.originates();
    assert.equal(order?.kind, 'agent-connector');
    assert.equal(order.agentExtension, '1004');
    assert.equal(order.queueName, 'sales');
    assert.equal(order.serviceIdentifier, '1218');
  });

  it('B11, E57: an agent who comes when the calling hours are over: the customer is not called, the agent is freed', () => {
    const desk = deskOf();
    desk.begin();
    desk.closesAtMs = desk.nowMs + 30_000;
    desk.pass(40_000);
    details(desk, 'C1');
    assert.deepEqual([desk.dialled(), desk.table.status('C1')], [[], 'pending']);
    assert.deepEqual(messages(desk), ['end-chat NOT_REACHED']);
    assert.deepEqual(desk.engine.view().active, { dialed: 0, agentPending: 0, other: 0 });
  });

  it('E57: no agent: pending, first again, tried by a later cycle', () => {
    const desk = deskOf(3, { slotsMax: 1 });
    desk.begin();
    assert.equal(statusOf(desk.feed({ type: 'agent-details', callId: 'C1', agentExtension: undefined, agentId: '', queueName: '' })), 200);
    assert.equal(desk.table.status('C1'), 'pending');
    desk.run(1);
    assert.deepEqual(
      desk.all('request-agent').map(({ callId }) => callId),
      ['C1', 'C1'],
    );
  });

  it('E57, A6: ... first also among contacts whose hours began at one moment, whatever their ids', () => {
    const desk = new DialerDesk([connector()], { voiceConnector: 'http://vc', slotsMax: 1 });
    for (const id of ['Z9', 'M5', 'A1'])
      desk.add(sampleContact(id, 'C', { routingMode: 'QUEUE', queueName: 'sales', nextAttemptAtMs: 500_000 }));
    desk.begin();
    const [first = ''] = desk.all('request-agent').map(({ callId }) => callId);
    desk.feed({ type: 'agent-details', callId: first, agentExtension: undefined, agentId: '', queueName: '' });
    desk.run(1);
    assert.deepEqual(
      desk.all('request-agent').map(({ callId }) => callId),
      ['Z9', 'Z9'],
    );
  });

  it('E5 E29: contacts of one campaign are treated by their own type, whichever came first; one without an IVR gets the default one', () => {
    for (const [mode, ivr] of [
      ['PROGRESSIVE', ''],
      ['IVR', '5555'],
    ] as const) {
      const desk = new DialerDesk([connector({ mode, ivr, isImplicit: true, queue: '' })], {
        voiceConnector: 'http://vc',
        defaultIvr: '*9664',
      });
      desk.add(sampleContact('C1', 'C', { routingMode: 'QUEUE', queueName: 'sales' }));
      desk.add(sampleContact('C2', 'C', { campaignType: 'IVR' }));
      desk.add(sampleContact('C3', 'C', { campaignType: 'IVR', ivr: '700' }));
      desk.begin();
      assert.deepEqual([desk.table.status('C1'), desk.table.status('C2'), desk.table.status('C3')], ['agent_pending', 'dialed', 'dialed']);
      desk.pass(300);
      details(desk, 'C1');
      desk.pass(300);
      assert.deepEqual(
        desk.originates().map((order) => [order.callId, order.kind, order.mode, order.ivr]),
        [
          ['C2', 'ivr', 'IVR', '*9664'],
          ['C3', 'ivr', 'IVR', '700'],
          ['C1', 'agent-connector', 'PROGRESSIVE', ''],
        ],
      );
      const next = new DialerDesk([connector({ mode, isImplicit: true })], { voiceConnector: 'http://vc' });
      next.byHand.add('list-calls');
      next.add(sampleContact('C2', 'C', { campaignType: 'IVR', status: 'dialed', dials: 1, dialTimeMs: next.nowMs - 9_000 }));
      next.feed({ type: 'restored', active: [...next.table.contacts.values()], pacers: new Map() });
      next.end('C2', { answeredAtMs: next.nowMs - 5_000, endedBy: 'customer' });
      assert.equal(next.table.records[0]?.result, 'CONNECTED_IVR', 'after a restart too');
    }
  });

  it('E69, A16: while the voice connector is away contacts for the IVR go on in such a campaign, too', () => {
    const desk = new DialerDesk([connector({ isImplicit: true })], { voiceConnector: '', defaultIvr: '*9664' });
    for (const n of [1, 2, 3]) desk.add(sampleContact(`C${n}`, 'C', { queueName: 'sales' }));
    desk.add(sampleContact('C4', 'C', { campaignType: 'IVR' }));
    desk.begin();
    assert.deepEqual([desk.dialled(), desk.all('request-agent').length], [['C4'], 0]);
  });

  it('E58 E60: gateway invalid after the reservation: failed, END_CHAT', () => {
    const desk = deskOf();
    desk.begin();
    desk.pass(2_500);
    desk.gateways.set('gw1', 'invalid');
    assert.equal(statusOf(details(desk, 'C1')), 200);
    assert.equal(desk.table.status('C1'), 'failed');
    assert.equal(desk.table.contacts.get('C1')?.callResult, 'Invalid Gateway');
    assert.deepEqual(messages(desk), ['end-chat GATEWAY_INVALID', 'call-result Invalid Gateway']);
    assert.deepEqual(desk.table.outbox[0]?.body, {
      ...{ uuid: 'C1', reason: 'GATEWAY_INVALID', agentExtension: '1004', customerNumber: '+49300000001', serviceIdentifier: '1218' },
    });
  });

  it('E59 E60: gateway down after the reservation: pending, END_CHAT', () => {
    const desk = deskOf();
    desk.begin();
    desk.pass(2_500);
    desk.gateways.set('gw1', 'down');
    details(desk, 'C1');
    assert.equal(desk.table.status('C1'), 'pending');
    assert.deepEqual(messages(desk), ['end-chat GATEWAY_DOWN']);
  });

  it('E60: a gateway that does not answer the check counts as down', () => {
    const desk = deskOf();
    desk.begin();
    desk.pass(2_500);
    desk.byHand.add('check-gateway');
    details(desk, 'C1');
    assert.equal(desk.table.status('C1'), 'agent_pending');
    desk.pass(3_000);
    assert.deepEqual(messages(desk), ['end-chat GATEWAY_DOWN']);
  });

  it('E8: details for nobody 404; late, 409 and END_CHAT once; repeated while it rings, 409 and no END_CHAT', () => {
    const desk = deskOf();
    desk.begin();
    assert.equal(statusOf(details(desk, 'nobody')), 404);
    details(desk, 'C1');
    assert.equal(statusOf(details(desk, 'C1')), 409);
    assert.deepEqual(messages(desk), []);
    const late = deskOf();
    late.begin();
    late.pass(90_000);
    assert.equal(late.table.status('C1'), 'pending');
    assert.equal(statusOf(details(late, 'C1')), 409);
    assert.equal(statusOf(details(late, 'C1')), 409);
    assert.deepEqual(messages(late), ['end-chat LATE_RESERVATION']);
  });

  it('E8: details for a request that was given up do not answer the next one for the same contact', () => {
    const desk = deskOf();
    desk.begin();
    desk.pass(90_000);
    desk.run(1);
    const ids = (): unknown[] => desk.all('request-agent').map(({ callId }) => callId);
    assert.deepEqual(ids(), ['C1', 'C1.2'], 'asked again under an id of its own');
    assert.equal(desk.table.status('C1'), 'agent_pending');
    const none = { type: 'agent-details', callId: 'C1', agentExtension: undefined, agentId: '', queueName: '' } as const;
    assert.equal(statusOf(desk.feed(none)), 409);
    assert.equal(desk.table.status('C1'), 'agent_pending', 'the second request still waits');
    assert.equal(statusOf(details(desk, 'C1', '1009')), 409);
    assert.deepEqual(messages(desk), ['end-chat LATE_RESERVATION']);
    assert.equal(statusOf(details(desk, 'C1.2')), 200);
    assert.deepEqual(
      desk.originates().map(({ callId, agentExtension }) => [callId, agentExtension]),
      [['C1.2', '1004']],
    );
  });

  it('E59 E60: after an END_CHAT the next call of the contact has another id: delivered late it would end that one', () => {
    const desk = deskOf();
    desk.begin();
    desk.gateways.set('gw1', 'down');
    desk.pass(2_500);
    details(desk, 'C1');
    assert.deepEqual(messages(desk), ['end-chat GATEWAY_DOWN']);
    desk.gateways.clear();
    desk.pass(10_000);
    desk.run(3);
    assert.deepEqual(
      desk.all('request-agent').map(({ callId }) => callId),
      ['C1', 'C1.2'],
    );
  });

  it('E57: who is told that there is no agent keeps the id: nothing more comes for it', () => {
    const desk = deskOf();
    desk.begin();
    desk.feed({ type: 'agent-details', callId: 'C1', agentExtension: undefined, agentId: '', queueName: '' });
    desk.run(2);
    assert.deepEqual(new Set(desk.all('request-agent').map(({ callId }) => callId)), new Set(['C1']));
  });

  it('E62 E12: the end: result stored, slot free, one call-result (A17.4)', () => {
    const desk = deskOf();
    desk.begin();
    details(desk, 'C1');
    const placedAtMs = desk.nowMs;
    desk.pass(4_000);
    desk.answer('C1');
    desk.pass(1_000);
    desk.feed({ type: 'call-bridged', callId: 'C1', atMs: desk.nowMs, agent: undefined });
    desk.pass(30_000);
    desk.end('C1', { endedBy: 'customer' });
    desk.end('C1', { cause: 'USER_BUSY' });
    assert.equal(desk.table.status('C1'), 'ended');
    assert.equal(desk.engine.view().freeSlots, 10);
    assert.deepEqual(desk.table.outbox, [
      {
        key: 'C1:call-result:1',
        kind: 'call-result',
        body: {
          ...{
            uuid: 'C1',
            campaignId: 'C',
            campaignContactId: 'cc-C1',
            callResult: 'NORMAL_CLEARING',
            result: 'CONNECTED',
            answered: true,
          },
          ...{ dialTime: new Date(placedAtMs).toISOString(), answerTime: new Date(placedAtMs + 4_000).toISOString() },
          ...{ endTime: new Date(placedAtMs + 35_000).toISOString(), talkSeconds: 30, agentId: 'a-9' },
          ...{ contactId: 'C1', customerNumber: '+49300000001', serviceIdentifier: '1218' },
        },
      },
    ]);
  });

  it('A17.4: the agent of the result is the connector’s own, whatever extension the switch saw', () => {
    const desk = deskOf();
    desk.begin();
    details(desk, 'C1');
    desk.answer('C1');
    desk.feed({ type: 'call-bridged', callId: 'C1', atMs: desk.nowMs, agent: '1004' });
    desk.end('C1');
    assert.equal(desk.table.outbox[0]?.body.agentId, 'a-9');
  });

  it('E14, A17.4: of an IVR call the talk is what came behind the answer', () => {
    const desk = new DialerDesk([testCampaign('I', { mode: 'IVR', ivr: '*9664' })], { voiceConnector: 'http://vc' });
    desk.add(sampleContact('I1', 'I', { campaignType: 'IVR' }));
    desk.begin();
    desk.pass(4_000);
    desk.answer('I1');
    desk.pass(12_000);
    desk.end('I1', { endedBy: 'customer' });
    const { result, talkSeconds, contactId } = desk.table.outbox[0]?.body ?? {};
    assert.deepEqual([result, talkSeconds, contactId], ['CONNECTED_IVR', 12, 'I1']);
  });

  it('A10: a queue that is given by its id alone is told by it everywhere; with AGENT the id is the agent’s', () => {
    for (const [more, expected] of [
      [{ routingMode: 'QUEUE', resourceId: 'q-7', queueName: undefined }, ['ID', 'q-7', 'ID', 'q-7']],
      [{ routingMode: 'AGENT', resourceId: 'ann-1', queueName: undefined }, ['NAME', 'other', 'NAME', 'sales']],
      [{ routingMode: 'QUEUE', resourceId: 'q-7', queueName: 'gold' }, ['NAME', 'gold', 'NAME', 'sales']],
    ] as const) {
      const desk = new DialerDesk([connector({ queue: 'other' })], { voiceConnector: 'http://vc' });
      desk.add(sampleContact('C1', 'C', more));
      desk.begin();
      details(desk, 'C1');
      const { queueType, queue } = desk.all('request-agent')[0]?.body ?? {};
      const [order] = desk.originates();
      assert.deepEqual([queueType, queue, order?.queueType, order?.queueName], expected);
    }
  });

  it('E64, A12: the agent’s telephone was not there and the customer was hung up: ABANDONED, and the agent is freed all the same', () => {
    const desk = deskOf();
    desk.begin();
    details(desk, 'C1');
    desk.answer('C1');
    desk.pass(500);
    desk.end('C1', { cause: 'USER_NOT_REGISTERED', endedBy: 'us' });
    assert.equal(desk.table.records[0]?.result, 'ABANDONED');
    assert.equal(messages(desk)[0], 'end-chat CUSTOMER_DROPPED');
    assert.equal(desk.table.outbox[0]?.body.agentExtension, '1004');
  });

  it('E63 E64: customer gone between answer and bridge: CUSTOMER_DROPPED and END_CHAT', () => {
    const desk = deskOf();
    desk.begin();
    details(desk, 'C1');
    desk.answer('C1');
    desk.pass(500);
    desk.end('C1', { endedBy: 'customer' });
    assert.equal(desk.table.records[0]?.result, 'CUSTOMER_DROPPED');
    assert.deepEqual(messages(desk), ['end-chat CUSTOMER_DROPPED']); // called again in 4 h (B6): the result is told when it is over
    assert.equal(desk.table.status('C1'), 'pending');
  });

  it("E64: the same from the switch's variables alone, when no other event came", () => {
    const desk = deskOf();
    desk.begin();
    details(desk, 'C1');
    desk.pass(8_000);
    desk.end('C1', { endedBy: 'customer', answeredAtMs: desk.nowMs - 900, bridgedAtMs: 0 });
    assert.equal(desk.table.records[0]?.result, 'CUSTOMER_DROPPED');
  });

  it('E60: a customer who was not reached and is called again: the agent is freed', () => {
    const desk = deskOf();
    desk.begin();
    details(desk, 'C1');
    desk.end('C1', { cause: 'USER_BUSY' });
    assert.deepEqual(messages(desk), ['end-chat NOT_REACHED']);
  });

  it('E60: an agent whose call waits too long for a token is freed', () => {
    const desk = deskOf(2, { callsPerSecond: 2 });
    desk.begin();
    desk.feed({ type: 'switch-changed', switch: 's1', isUp: true, callsPerSecondMax: 0.1 });
    details(desk, 'C1');
    details(desk, 'C2', '1005');
    desk.pass(2_100);
    assert.deepEqual(desk.dialled(), ['C1']);
    assert.equal(desk.table.status('C2'), 'pending');
    assert.deepEqual(messages(desk), ['end-chat GATEWAY_DOWN']);
  });

  it('B8: the campaign is paused while the agent is asked for: back, and his details are answered with END_CHAT', () => {
    const desk = deskOf();
    desk.begin();
    desk.change('C', { state: 'paused' });
    assert.equal(desk.table.status('C1'), 'pending');
    assert.equal(statusOf(details(desk, 'C1')), 409);
    assert.deepEqual(messages(desk), ['end-chat LATE_RESERVATION']);
  });
});

describe('dialer engine: failover table (A16)', () => {
  it('E69: VC down, the request cannot be sent: pending, tried again', () => {
    const desk = deskOf();
    desk.byHand.add('request-agent');
    desk.begin();
    desk.feed({ type: 'agent-request-sent', callId: 'C1', ok: false });
    assert.equal(desk.table.status('C1'), 'pending');
    desk.run(1);
    assert.equal(desk.all('request-agent').length, 2);
  });

  it('E69: three failures in a row: no agent contacts for 10 s, then one probe; IVR campaigns go on', () => {
    const desk = deskOf(5);
    desk.campaigns.push(testCampaign('I', { mode: 'IVR', ivr: '*1', queue: '' }));
    desk.configure();
    desk.byHand.add('request-agent');
    desk.begin();
    for (const callId of ['C1', 'C2', 'C3']) desk.feed({ type: 'agent-request-sent', callId, ok: false });
    assert.equal(desk.engine.view().voiceConnector, 'down');
    desk.add(sampleContact('I1', 'I', { numberKey: 'i1' }));
    desk.run(9);
    assert.equal(desk.all('request-agent').length, 5);
    assert.deepEqual(desk.dialled(), ['I1']);
    for (const callId of ['C4', 'C5']) desk.feed({ type: 'agent-details', callId, agentExtension: undefined, agentId: '', queueName: '' });
    desk.run(4);
    assert.equal(desk.all('request-agent').length, 6);
    desk.feed({ type: 'agent-request-sent', callId: desk.heldOf('request-agent')[5]?.callId ?? '', ok: true });
    desk.run(2);
    assert.equal(desk.engine.view().voiceConnector, 'up');
    assert.ok(desk.all('request-agent').length > 6);
  });

  it('E69: without a voice connector no agent is asked for', () => {
    const desk = deskOf(1, { voiceConnector: '' });
    desk.begin();
    desk.run(2);
    assert.equal(desk.all('claim').length, 0);
    assert.equal(desk.engine.view().voiceConnector, 'off');
    assert.equal(desk.engine.view().campaign('C')?.limit, 'voice-connector');
  });

  it('E49 E71: gateway invalid: failed, Invalid Gateway, told to the VC, written down once', () => {
    const desk = deskOf(2);
    desk.gateways.set('gw1', 'invalid');
    desk.begin();
    desk.run(3);
    for (const id of ['C1', 'C2']) assert.equal(desk.table.contacts.get(id)?.callResult, 'Invalid Gateway');
    assert.deepEqual(messages(desk), ['call-result Invalid Gateway', 'call-result Invalid Gateway']);
    assert.equal(desk.table.audit.filter(({ action }) => action === 'gateway-invalid').length, 1);
    desk.run(60);
    assert.deepEqual(desk.dialled(), []);
  });

  it('E50 E72: gateway down: pending until a check says up', () => {
    const desk = deskOf();
    desk.gateways.set('gw1', 'down');
    desk.begin();
    desk.run(5);
    assert.equal(desk.table.status('C1'), 'pending');
    desk.gateways.set('gw1', 'up');
    desk.run(4);
    assert.equal(desk.table.status('C1'), 'agent_pending');
  });

  it('E49 E50: what the originate says of the gateway is what a check would have said', () => {
    for (const [cause, status] of [
      ['INVALID_GATEWAY', 'failed'],
      ['GATEWAY_DOWN', 'pending'],
    ] as const) {
      const desk = deskOf();
      desk.begin();
      details(desk, 'C1');
      desk.end('C1', { cause });
      assert.equal(desk.table.status('C1'), status);
      assert.equal(desk.table.contacts.get('C1')?.attempts, 0);
      assert.equal(messages(desk)[0], `end-chat ${cause === 'GATEWAY_DOWN' ? cause : 'GATEWAY_INVALID'}`);
    }
  });

  it('E73: the command cannot be sent: pending without an attempt, nothing dialled until the link is up and its calls listed', () => {
    const desk = deskOf(2);
    desk.begin();
    details(desk, 'C1');
    desk.byHand.add('list-calls');
    desk.feed({ type: 'originate-unsent', callId: 'C1', reason: 'link lost' });
    assert.equal(desk.table.status('C1'), 'pending');
    assert.equal(desk.table.contacts.get('C1')?.attempts, 0);
    assert.deepEqual(messages(desk), ['end-chat SWITCH_DOWN']);
    details(desk, 'C2', '1005');
    desk.pass(1_000);
    assert.deepEqual(desk.dialled(), ['C1']);
    desk.feed({ type: 'calls-listed', switch: 's1', askedAtMs: desk.nowMs, live: new Map() });
    assert.deepEqual(desk.dialled(), ['C1', 'C2']);
  });

  it('E73: the same with the literal behaviour: failed', () => {
    const desk = deskOf(1, { strictReferenceFailover: true });
    desk.begin();
    details(desk, 'C1');
    desk.feed({ type: 'originate-unsent', callId: 'C1', reason: 'link lost' });
    assert.equal(desk.table.status('C1'), 'failed');
    assert.deepEqual(messages(desk), ['end-chat SWITCH_DOWN', 'call-result SWITCH_DOWN']);
  });

  it('B11: a call that we keep back ourselves, for a clock that jumped, fails nobody, not even with the literal behaviour', () => {
    const desk = deskOf(1, { strictReferenceFailover: true });
    desk.begin();
    details(desk, 'C1');
    desk.feed({ type: 'originate-withheld', callId: 'C1', reason: 'another may dial by now' });
    assert.deepEqual([desk.table.status('C1'), desk.table.contacts.get('C1')?.attempts], ['pending', 0]);
    assert.deepEqual(messages(desk), ['end-chat SWITCH_DOWN']);
  });

  it('E73: a switch that is known to be down: contacts wait; with the literal behaviour they fail', () => {
    for (const [strictReferenceFailover, status] of [
      [false, 'pending'],
      [true, 'failed'],
    ] as const) {
      const desk = deskOf(1, { strictReferenceFailover });
      desk.feed({ type: 'switch-changed', switch: 's1', isUp: false, callsPerSecondMax: undefined });
      desk.begin();
      assert.equal(desk.table.status('C1'), status);
    }
  });

  it('E77: agent details while the switch is down: 500, END_CHAT, and the contact waits', () => {
    const desk = deskOf();
    desk.begin();
    desk.feed({ type: 'switch-changed', switch: 's1', isUp: false, callsPerSecondMax: undefined });
    assert.equal(statusOf(details(desk, 'C1')), 500);
    assert.deepEqual(messages(desk), ['end-chat SWITCH_DOWN']);
    assert.equal(desk.table.status('C1'), 'pending');
  });
});
