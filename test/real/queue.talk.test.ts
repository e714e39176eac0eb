/** Tandem's own queues on a real Asterisk: ring, talk, hang-up, and every way in which a leg can fail (freeswitch-callcenter 7). */
import assert from 'node:assert/strict';
import { agentId } from '../../core/acd/ids.js';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import type { SipCall } from '../testbed/sip-phone.js';
import { startQueueBed, type QueueBed } from './queue-bed.js';
import { hears } from './clusters.js';

const cancelMsMax = 500;
const noContact = `
[1090](phone)
aors = 1090
[1090]
type = aor
max_contacts = 1
`;

describe('real: queue, ring and talk', function () {
  this.timeout(15_000);
  let bed: QueueBed;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    bed = await startQueueBed('qtalk');
    await bed.asterisk.addConfig('pjsip', '60-nocontact', noContact);
    await bed.asterisk.cli('module reload res_pjsip.so');
  });
  after(async () => {
    await (bed as QueueBed | undefined)?.stop();
  });
  afterEach(() => bed.clear());

  /** The customer and the agent of phone 1011, talking. */
  async function talk(): Promise<{ readonly call: SipCall; readonly agentCall: SipCall }> {
    const atAgent = (await bed.asterisk.phone(11)).nextCall();
    const call = await bed.join();
    const agentCall = await atAgent;
    await bed.notice('talk-started');
    await hears(agentCall);
    return { call, agentCall };
  }

  /** The customer waits, and the telephone of agent 1011 does `answer` with the call. */
  async function offered(onCall: (call: SipCall) => void): Promise<{ readonly call: SipCall; readonly agentCall: SipCall }> {
    const phone = await bed.asterisk.phone(11);
    const rings = new Promise<SipCall>((resolve) => {
      phone.onCall = (call) => {
        resolve(call);
        onCall(call);
      };
    });
    const call = await bed.join();
    return { call, agentCall: await rings };
  }

  it('F12 F128 O26: music until the agent answers; each sees the other on his telephone; the agent hangs up', async () => {
    bed.provision({ queues: [{ callerIdPrefix: 'SALES:' }], agents: [{ name: 'Ann Agent' }] });
    const { call, agentCall } = await talk();
    assert.deepEqual(agentCall.caller, { name: 'SALES: Jane Doe', number: '5551234' });
    const customer = await bed.asterisk.phone(10);
    await eventually(
      () => customer.log.filter(({ sent, message }) => !sent && /^P-Asserted-Identity: "Ann Agent" <sip:1011@/m.test(message)),
      (shown) => shown.length > 0,
    );
    agentCall.hangup();
    assert.equal((await bed.notice('talk-ended')).by, 'agent');
    assert.equal(await call.ended, 'remote');
  });

  it('the caller hangs up in the talk: the agent’s telephone is free, the talk ended by the caller', async () => {
    bed.provision({ queues: [{}], agents: [{}] });
    const { call, agentCall } = await talk();
    call.hangup();
    assert.equal(await agentCall.ended, 'remote');
    assert.equal((await bed.notice('talk-ended')).by, 'caller');
  });

  it('an agent behind a Local channel: the talk ends when his telephone hangs up', async () => {
    bed.provision({ queues: [{}], agents: [{ contact: 'Local/1011@agents/n' }] });
    const { call, agentCall } = await talk();
    agentCall.hangup();
    assert.equal((await bed.notice('talk-ended')).by, 'agent');
    assert.equal(await call.ended, 'remote');
  });

  const failures = [
    { title: 'F20 F72: 486 Busy Here is busy', status: 486, failure: 'busy' },
    { title: 'F71: 603 Decline is rejected', status: 603, failure: 'rejected' },
    { title: 'F21: 480 Temporarily Unavailable is no answer', status: 480, failure: 'no-answer' },
  ] as const;
  for (const { title, status, failure } of failures) {
    it(`${title}; the caller waits on with music`, async () => {
      bed.provision({ queues: [{}], agents: [{}] });
      const { call } = await offered((agentCall) => {
        agentCall.ring();
        agentCall.reject(status, 'No');
      });
      assert.equal((await bed.notice('offer-failed')).failure, failure);
      await hears(call);
    });
  }

  it('F15: nobody answers within leg_timeout of the contact: no answer, and the telephone stops', async () => {
    bed.provision({ queues: [{}], agents: [{ contact: '[leg_timeout=1]PJSIP/1011', ringMs: 10_000 }] });
    const { agentCall } = await offered((ringing) => ringing.ring());
    const startedAtMs = Date.now();
    assert.equal((await bed.notice('offer-failed')).failure, 'no-answer');
    const tookMs = Date.now() - startedAtMs;
    assert.ok(tookMs > 700 && tookMs < 1_800, `${tookMs} ms`);
    assert.equal(await agentCall.ended, 'cancelled');
  });

  it('F23: a telephone that is not registered; one that does not exist; a contact that cannot be dialled', async () => {
    for (const [contact, failure] of [
      ['PJSIP/1090', 'not-registered'],
      ['PJSIP/1099', 'unreachable'],
      ['user/1011@default', 'unreachable'],
    ] as const) {
      bed.provision({ queues: [{}], agents: [{ contact }] });
      const call = await bed.join();
      const failed = await bed.notice('offer-failed');
      assert.equal(failed.failure, failure, failed.detail);
      call.hangup();
      await bed.clear();
    }
  });

  it(`B8: the caller hangs up while the agent rings: the telephone is quiet within ${cancelMsMax} ms`, async () => {
    bed.provision({ queues: [{}], agents: [{ ringMs: 10_000 }] });
    const { call, agentCall } = await offered((ringing) => ringing.ring());
    const leftAtMs = Date.now();
    call.hangup();
    assert.equal(await agentCall.ended, 'cancelled');
    assert.ok(Date.now() - leftAtMs < cancelMsMax, `${Date.now() - leftAtMs} ms`);
    const left = await bed.event('caller-left');
    assert.equal(left.cause, 'hangup');
  });

  it(`B8: an offer is taken back before its channel exists: the leg is gone within ${cancelMsMax} ms`, async () => {
    bed.provision({ queues: [{}], agents: [{}] });
    const phone = await bed.asterisk.phone(11);
    phone.onCall = (call) => call.ring();
    const call = await bed.join();
    const { offer } = await bed.notice('offer-made');
    const order = bed.tandem.loop.orderOf(offer) ?? assert.fail('no order');
    const { control } = bed.tandem;
    for (let n = 0; n < 5; n++) {
      const leg = `tandem-unborn-${n}` as typeof order.leg;
      control.ring({ ...order, offer: `unborn-${n}` as typeof offer, leg, contact: 'PJSIP/1012' });
      control.cancel(leg, 'caller-left');
      const orderedAtMs = Date.now();
      await eventually(
        () => control.listChannels(),
        ({ uniqueIds }) => !uniqueIds.has(leg),
      );
      await eventually(
        () => bed.asterisk.channels(),
        (channels) => !channels.some((name) => name.startsWith('PJSIP/1012')),
      );
      assert.ok(Date.now() - orderedAtMs < cancelMsMax, `${Date.now() - orderedAtMs} ms`);
    }
    call.hangup();
  });

  it('F129 O33: the agent presses the confirm key during the announcement; the caller hears music till then', async () => {
    bed.provision({ queues: [{ confirmKey: '1', confirmMs: 4_000, agentAnnouncements: ['demo-instruct'] }], agents: [{}] });
    const { call, agentCall } = await offered((ringing) => {
      ringing.ring();
      void ringing.answer();
    });
    await bed.event('agent-answered');
    await hears(agentCall);
    await hears(call);
    assert.ok(!bed.notices.some(({ type }) => type === 'talk-started'));
    await agentCall.media.keys('1');
    await bed.notice('talk-started');
    agentCall.hangup();
  });

  for (const { title, key, detail } of [
    { title: 'no key', key: '', detail: 'no key' },
    { title: 'the key that refuses', key: '*', detail: 'key *' },
  ])
    it(`confirm key: ${title}: not confirmed, the leg is hung up, the caller waits on`, async () => {
      bed.provision({ queues: [{ confirmKey: '1', confirmMs: key === '' ? 400 : 5_000 }], agents: [{}] });
      const { call, agentCall } = await offered((ringing) => {
        ringing.ring();
        void ringing.answer();
      });
      await bed.event('agent-answered');
      if (key !== '') await agentCall.media.keys(key);
      const failed = await bed.notice('offer-failed');
      assert.equal(failed.failure, 'not-confirmed');
      assert.equal(failed.detail, detail);
      assert.equal(await agentCall.ended, 'remote');
      await hears(call);
    });

  it('the agent hangs up during his announcement: agent gone, the caller waits on', async () => {
    bed.provision({ queues: [{ agentAnnouncements: ['demo-instruct'] }], agents: [{}] });
    const { call, agentCall } = await offered((ringing) => {
      ringing.ring();
      void ringing.answer();
    });
    await hears(agentCall);
    agentCall.hangup();
    assert.equal((await bed.notice('offer-failed')).failure, 'agent-gone');
    await hears(call);
  });

  it('F45: ring-all: all ring, the first to answer has the caller, the others stop', async () => {
    const agents = ['1011', '1012', '1013'].map((id) => ({ id: agentId(id) }));
    const [one, two, three] = await Promise.all([11, 12, 13].map((nn) => bed.asterisk.phone(nn)));
    const calls: SipCall[] = [];
    for (const phone of [one, three])
      if (phone)
        phone.onCall = (call) => {
          calls.push(call);
          call.ring();
        };
    bed.provision({ queues: [{ strategy: 'ring-all' }], agents });
    const atTwo = new Promise<SipCall>((resolve) => {
      if (two)
        two.onCall = (call) => {
          call.ring();
          resolve(call);
        };
    });
    const call = await bed.join();
    const winner = await atTwo;
    await eventually(
      () => calls.length,
      (rings) => rings === 2,
    );
    await winner.answer();
    assert.equal((await bed.notice('talk-started')).agent, '1012');
    assert.deepEqual(await Promise.all(calls.map((ringing) => ringing.ended)), ['cancelled', 'cancelled']);
    await hears(winner);
    call.hangup();
  });
});
