/**
 * The main job on real switches: a customer's call goes from cluster alpha to cluster beta, and its lead with it
 * (vicidial-ccc sections 4 and 5).
 */
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import type { SipCall, SipPhone } from '../testbed/sip-phone.js';
import { asserted, hears, localList, startClusters, type Clusters, type OriginLead } from './clusters.js';
import { phones } from './dialplan.js';

/** Ways of a customer's call from alpha to beta's DID. */
const ways = [
  { way: 'dialled over the IAX2 trunk', prefix: '2', transfer: false },
  { way: 'transferred blind (SIP REFER) and over the IAX2 trunk', prefix: '2', transfer: true },
  { way: 'dialled over the SIP trunk', prefix: '3', transfer: false },
] as const;

/** How beta asks Tandem. */
const menus = [
  { menu: 'a static menu context', did: '001' },
  { menu: 'a Tandem menu', did: '002' },
] as const;

describe('real: a lead follows its call over a trunk', function () {
  this.timeout(15_000);
  let clusters: Clusters;
  let customer: SipPhone;
  let nextLead = 0;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    clusters = await startClusters();
    customer = await clusters.alpha.phone(10);
  });
  after(async () => {
    await (clusters as Clusters | undefined)?.stop();
  });
  afterEach(async () => {
    for (const call of customer.calls.values()) call.hangup();
    await eventually(
      () => clusters.beta.channels(),
      (channels) => channels.length === 0,
      { msMax: 5_000 },
    );
  });

  /** The customer calls `extension` of alpha with the code of `lead` and is sent on to it by an agent when `transfer`. */
  async function customerCalls(extension: string, name: string, number: string, transfer = false): Promise<SipCall> {
    if (!transfer) return await customer.call(extension, { headers: asserted(name, number) });
    const fronter = await clusters.alpha.phone(19);
    const atFronter = fronter.nextCall();
    const call = await customer.call('7000', { headers: asserted(name, number) });
    await call.answered;
    const fronterCall = await atFronter;
    await hears(fronterCall);
    fronterCall.refer(`sip:${extension}@127.0.0.1`);
    return call;
  }

  /** Rows that beta wrote for a lead of the origin: the lead and the log of the hand-over. */
  function handoverOf({ leadId }: OriginLead) {
    return clusters.b.rows(
      `SELECT l.lead_id, l.list_id, l.phone_number, l.last_name, c.local_call_id, c.remote_call_id, c.container_id, c.uniqueid
       FROM vicidial_ccc_log c JOIN vicidial_list l ON l.lead_id = c.lead_id WHERE c.remote_lead_id = ?`,
      leadId,
    );
  }

  for (const { way, prefix, transfer } of ways)
    for (const { menu, did } of menus)
      it(`V24 outcome A: ${way}, ${menu}: the agent's phone shows the new code, the lead is ours`, async () => {
        const lead = clusters.lead(nextLead++);
        const agent = await clusters.beta.phone(phones.agent);
        const atAgent = agent.nextCall();
        const call = await customerCalls(`${prefix}${did}`, lead.code, '5551234', transfer);
        const agentCall = await atAgent;
        await agentCall.answered;
        const rows = handoverOf(lead);
        assert.equal(rows.length, 1);
        const row = rows[0] ?? {};
        assert.equal(String(row['list_id']), localList);
        assert.equal(row['phone_number'], lead.phone);
        assert.equal(row['last_name'], lead.lastName);
        assert.equal(row['remote_call_id'], lead.code);
        assert.match(agentCall.caller.name, /^Y\d{19}$/);
        assert.deepEqual(agentCall.caller, { name: row['local_call_id'], number: lead.phone });
        assert.equal(Number(agentCall.caller.name.slice(-10)), Number(row['lead_id']));
        assert.equal(call.state, 'up');
        call.hangup();
        assert.equal(await agentCall.ended, 'remote');
      });

  it('TRK-3: a carrier rewrites the name; the code arrives in X-CCC-Code', async () => {
    const lead = clusters.lead(nextLead++);
    const agent = await clusters.beta.phone(phones.agent);
    const atAgent = agent.nextCall();
    const call = await customerCalls('4001', lead.code, '5551234');
    const agentCall = await atAgent;
    assert.equal(agentCall.caller.name, handoverOf(lead)[0]?.['local_call_id']);
    call.hangup();
    await agentCall.ended;
  });

  const others = [
    { outcome: 'B', why: 'the origin does not know the code', dids: ['001', '002'], name: 'V1121190512000012345', phone: phones.b },
    { outcome: 'C', why: 'there is no such container', dids: ['004', '009'], name: 'V1121190512000012345', phone: phones.c },
    { outcome: 'D', why: 'the name holds no code', dids: ['001', '002'], name: 'John Smith', phone: phones.d },
  ];
  for (const { outcome, why, dids, name, phone } of others)
    for (const did of dids)
      it(`V24 outcome ${outcome}: ${why} (DID 2${did}): the call goes on with its own name, no lead is made`, async () => {
        const leadsBefore = clusters.b.rows('SELECT count(*) AS n FROM vicidial_list')[0]?.['n'];
        const atPhone = (await clusters.beta.phone(phone)).nextCall();
        const call = await customerCalls(`2${did}`, name, '5551234');
        const arrived = await atPhone;
        await call.answered;
        assert.deepEqual(arrived.caller, { name, number: '5551234' });
        assert.equal(clusters.b.rows('SELECT count(*) AS n FROM vicidial_list')[0]?.['n'], leadsBefore);
        call.hangup();
        await arrived.ended;
      });

  it('a menu takes the key that the caller presses', async () => {
    const atPhone = (await clusters.beta.phone(phones.b)).nextCall();
    const call = await customerCalls('2007', 'John Smith', '5551234');
    await call.answered;
    await hears(call);
    await call.media.keys('2');
    const arrived = await atPhone;
    assert.equal(arrived.caller.name, 'John Smith');
    call.hangup();
    await arrived.ended;
  });

  it('Q-1: a menu option leads into a queue with a prefix before the name', async () => {
    const atAgent = (await clusters.beta.phone(phones.agent)).nextCall();
    const call = await customerCalls('2007', 'John Smith', '5551234');
    await call.answered;
    await hears(call);
    await call.media.keys('1');
    assert.match((await atAgent).caller.name, /^SALES:/);
    call.hangup();
  });

  it('Q-1: queue_entry takes the call into the queue and the agent answers', async () => {
    const atAgent = (await clusters.beta.phone(phones.agent)).nextCall();
    const call = await customerCalls('2006', 'John Smith', '5551234');
    const agentCall = await atAgent;
    await agentCall.answered;
    assert.equal(agentCall.caller.number, '5551234');
    // an agent who hangs up before the queue has seen the answer is rung again
    await hears(agentCall);
    agentCall.hangup();
    assert.equal(await call.ended, 'remote');
  });
});
