/** Agents of a voice connector, end to end over HTTP (dialer.md A10 to A12, A16, A17). */
import assert from 'node:assert/strict';
import { createVoiceConnector } from '../sidecar/voice-connector.js';
import { DialerSite, siteCampaign, siteContact } from './support/dialer-site.js';
import type { SiteLife } from './support/dialer-site.js';
import { silentLog, silentMeter } from './support/observers.js';
import { startVoiceConnector } from './support/voice-connector.js';
import type { TestVoiceConnector } from './support/voice-connector.js';

describe('dialer: loop, voice connector', function () {
  this.timeout(30_000);
  let site: DialerSite;
  let vc: TestVoiceConnector;
  let life: SiteLife;

  beforeEach(async () => {
    site = new DialerSite();
    vc = await startVoiceConnector();
    await site.open(siteCampaign('c1', { mode: 'PROGRESSIVE', agentSource: 'connector' }), siteCampaign('ivr'));
  });

  afterEach(async () => {
    await site.close();
    await vc.close();
  });

  const more = { campaignType: 'AGENT', dialingMode: 'PROGRESSIVE', routingMode: 'QUEUE', queueName: 'sales', resourceId: 'q-7' } as const;

  const start = async (strict = false): Promise<void> => {
    const connector = createVoiceConnector({ url: vc.url, requestMsMax: 2_000 }, { fetch, log: silentLog, meter: silentMeter });
    const settings = { voiceConnector: vc.url, serviceIdentifier: '1218', domain: '10.0.0.20', strictReferenceFailover: strict };
    life = await site.life({ connector, settings });
  };

  const begin = async (strict = false, gatewayId = ''): Promise<string> => {
    await site.intake(siteContact('k1', 'c1', { ...more, gatewayId }));
    await start(strict);
    await site.pass(3_000);
    return String(vc.taken('agent-request')[0]?.body['callUid']);
  };

  const details = (callId: string, extension?: string) =>
    life.dialer.control.agentDetails({
      ...{ callId, isReserved: extension !== undefined, agentExtension: extension ?? '', agentId: 'a-1', queueName: 'sales' },
    });

  const statusOf = async (id: string) => (await site.contact(id)).status;
  const endChats = () => vc.taken('end-chat').map(({ body }) => [body['reason'], body['agentExtension']]);

  it('E6, E7, E54, E55: the agent is asked for before the customer is called; the request carries the call', async () => {
    const callId = await begin();
    assert.equal(callId, 'k1');
    assert.equal(await statusOf('k1'), 'agent_pending');
    const [request] = vc.taken('agent-request');
    assert.match(request?.key ?? '', /^k1:agent-request:\d+$/);
    assert.deepEqual(request, {
      path: 'agent-request',
      key: request?.key,
      body: {
        ...{
          callUid: 'k1',
          eslHost: '10.0.0.20',
          callingNumber: '+49300000001',
          serviceIdentifier: '1218',
          queueType: 'NAME',
          queue: 'sales',
        },
        ...{ resourceId: 'q-7', routingMode: 'QUEUE', priority: 5, direction: 'OUTBOUND', callSipId: 'k1', dialingMode: 'PROGRESSIVE' },
        ...{ campaignId: 'c1', campaignContactId: 'cc-k1' },
      },
    });
    assert.deepEqual(site.fs1.orders, []);
    assert.equal(life.dialer.control.status().agentPending, 1, 'it takes a slot');
    assert.equal(life.dialer.control.status().voiceConnector, 'up');
  });

  it('E8 to E12, E62: reserved agent, call, result, message; the slot is free', async () => {
    const callId = await begin();
    assert.equal(await details(callId, '1004'), 200);
    await site.pass(1_000);
    const [order] = site.fs1.orders;
    assert.deepEqual(
      [order?.kind, order?.agentExtension, order?.queueName, order?.serviceIdentifier],
      ['agent-connector', '1004', 'sales', '1218'],
    );
    assert.equal(await statusOf('k1'), 'dialed');
    site.fs1.answer(callId);
    await site.pass(500);
    site.fs1.bridge(callId, 'a-1');
    await site.pass(30_000, 1_000);
    site.fs1.end(callId, 'NORMAL_CLEARING', { endedBy: 'customer' });
    await site.pass(1_000);
    const { status, result } = await site.contact('k1');
    assert.deepEqual([status, result], ['ended', 'CONNECTED']);
    const [message] = vc.taken('call-result');
    assert.ok(message);
    assert.equal(message.key, 'k1:call-result:1');
    const { uuid, callResult, answered, agentId } = message.body;
    assert.deepEqual([uuid, callResult, answered, agentId], ['k1', 'NORMAL_CLEARING', true, 'a-1']);
    assert.equal(life.dialer.control.status().activeCalls, 0);
    assert.deepEqual(endChats(), []);
  });

  it('E57: no agent: back to pending, asked for again by a later cycle', async () => {
    const callId = await begin();
    assert.equal(await details(callId), 200);
    await site.pass(200);
    await site.pass(3_000);
    const requests = vc.taken('agent-request');
    assert.deepEqual(
      requests.map(({ body }) => body['callUid']),
      ['k1', 'k1'],
      'E15: no call was placed, so the id of the call is still the contact’s',
    );
    assert.notEqual(requests[0]?.key, requests[1]?.key);
    assert.deepEqual(site.fs1.orders, []);
  });

  it('E69, A16: voice connector down: contacts stay pending; after three failures a rest, then one probe; IVR campaigns go on', async () => {
    vc.answer('agent-request', 503);
    await site.intake(...['k1', 'k2', 'k3', 'k4', 'k5', 'k6'].map((id) => siteContact(id, 'c1', more)), siteContact('k9', 'ivr'));
    await start();
    await site.pass(5_000);
    const asked = vc.requests.length;
    assert.ok(asked >= 3 && asked <= 12, `${String(asked)} requests`);
    assert.deepEqual(
      site.fs1.orders.map(({ contactId }) => contactId),
      ['k9'],
    );
    await site.pass(5_000);
    assert.ok(vc.requests.length <= asked + 1, 'a rest of 10 s');
    for (const id of ['k1', 'k6']) assert.equal(await statusOf(id), 'pending');
    assert.equal(life.dialer.control.status().voiceConnector, 'down');
    vc.answer('agent-request', 200);
    await site.pass(15_000, 250);
    assert.equal((await site.store.activeCounts()).agentPending, 6);
  });

  it('E58, E60: gateway invalid after the reservation: failed, END_CHAT', async () => {
    const callId = await begin(false, 'gw1');
    site.fs1.gateways.set('gw1', 'invalid');
    await site.pass(3_000);
    assert.equal(await details(callId, '1004'), 200);
    await site.pass(4_000);
    const { status, callResult } = await site.contact('k1');
    assert.deepEqual([status, callResult], ['failed', 'Invalid Gateway']);
    assert.deepEqual(endChats(), [['GATEWAY_INVALID', '1004']]);
  });

  it('E59, E60: gateway down after the reservation: pending, END_CHAT', async () => {
    const callId = await begin();
    site.fs1.gateways.set('gw1', 'down');
    await site.pass(3_000);
    assert.equal(await details(callId, '1004'), 200);
    await site.pass(4_000);
    assert.equal(await statusOf('k1'), 'pending');
    assert.deepEqual(endChats(), [['GATEWAY_DOWN', '1004']]);
    assert.deepEqual(site.fs1.orders, []);
  });

  it('E77: agent details while the switch is down: 500, and the agent is freed', async () => {
    const callId = await begin();
    site.fs1.setUp(false);
    await site.pass(200);
    assert.equal(await details(callId, '1004'), 500);
    await site.pass(1_000);
    assert.equal(await statusOf('k1'), 'pending');
    assert.deepEqual(endChats(), [['SWITCH_DOWN', '1004']]);
  });

  it('E73, E77: in the strict setting the contact fails', async () => {
    const callId = await begin(true);
    site.fs1.setUp(false);
    await site.pass(200);
    assert.equal(await details(callId, '1004'), 500);
    await site.pass(1_000);
    assert.equal(await statusOf('k1'), 'failed');
  });

  it('E76: agent details while the database is down: 503, and later they are taken', async () => {
    const callId = await begin();
    site.isDown = true;
    await site.pass(2_000);
    assert.equal(await details(callId, '1004'), 503);
    site.isDown = false;
    await site.pass(3_000);
    assert.equal(await details(callId, '1004'), 200);
    await site.pass(1_000);
    assert.equal(site.fs1.orders.length, 1);
  });

  it('E63, E64: the customer hangs up before the agent: END_CHAT, and the result as always', async () => {
    const callId = await begin();
    await details(callId, '1004');
    await site.pass(1_000);
    site.fs1.answer(callId);
    await site.pass(500);
    site.fs1.end(callId, 'NORMAL_CLEARING', { endedBy: 'customer' });
    await site.pass(2_000);
    assert.deepEqual(endChats(), [['CUSTOMER_DROPPED', '1004']]);
    assert.equal((await site.contact('k1')).result, 'CUSTOMER_DROPPED');
  });

  it('A17.2: repeated, late and unknown details', async () => {
    const callId = await begin();
    assert.equal(await details('nobody', '1004'), 404);
    assert.equal(await details(callId, '1004'), 200);
    await site.pass(1_000);
    assert.equal(await details(callId, '1004'), 409, 'repeated');
    await site.pass(1_000);
    assert.deepEqual(endChats(), [], 'it is being called: nobody is freed');
    site.fs1.end(callId, 'USER_BUSY');
    await site.pass(1_000);
    const before = endChats().length;
    assert.equal(await details(callId, '1005'), 409, 'late');
    await site.pass(1_000);
    assert.deepEqual(endChats().slice(before), [['LATE_RESERVATION', '1005']]);
  });

  it('A17.2: details for a request of a former life: late, and the agent is freed', async () => {
    const callId = await begin();
    await details(callId, '1004');
    await site.pass(1_000);
    site.fs1.end(callId, 'NO_ANSWER');
    await site.pass(1_000);
    life.die();
    const before = vc.taken('end-chat').length;
    await start();
    await site.pass(20_000, 500);
    assert.equal(await details(callId, '1009'), 409);
    await site.pass(2_000);
    assert.deepEqual(endChats().slice(before), [['LATE_RESERVATION', '1009']]);
  });

  it('E53, A11: results wait in the outbox while the voice connector is away, and are delivered once', async () => {
    const callId = await begin();
    await details(callId, '1004');
    await site.pass(1_000);
    vc.answer('call-result', 0);
    site.fs1.answer(callId);
    await site.pass(200);
    site.fs1.bridge(callId, 'a-1');
    await site.pass(200);
    site.fs1.end(callId, 'NORMAL_CLEARING');
    await site.pass(20_000, 500);
    assert.deepEqual(vc.taken('call-result'), []);
    assert.equal(await statusOf('k1'), 'ended', 'ended regardless');
    vc.answer('call-result', 200);
    await site.pass(60_000, 1_000);
    assert.equal(vc.taken('call-result').length, 1);
    assert.ok(vc.requests.filter(({ path }) => path === 'call-result').every(({ key }) => key === 'k1:call-result:1'));
  });
});
