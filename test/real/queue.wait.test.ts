/** A caller who waits on a real Asterisk: music, announcements, keys, callback, a restart of Tandem (freeswitch-callcenter 8, B5, B27). */
import assert from 'node:assert/strict';
import { queueDefaults } from '../../core/acd/config.js';
import { queueId } from '../../core/acd/ids.js';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import type { SipCall } from '../testbed/sip-phone.js';
import { hears } from './clusters.js';
import { startQueueBed, type QueueBed } from './queue-bed.js';

const { announce, callback } = queueDefaults(queueId('support'));

describe('real: queue, the waiting caller', function () {
  this.timeout(15_000);
  let bed: QueueBed;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    bed = await startQueueBed('qwait');
  });
  after(async () => {
    await (bed as QueueBed | undefined)?.stop();
  });
  afterEach(() => bed.clear());

  const report = () =>
    eventually(
      () => bed.reports[0],
      (seen) => seen !== undefined,
    );
  const played = async (text: string): Promise<number> => (await bed.asterisk.log()).split(text).length - 1;

  it('F127 F76: an exit key while waiting: the dialplan has result and key', async () => {
    bed.provision({ queues: [{ exitKeys: '25' }], agents: [] });
    const call = await bed.join('own');
    await call.media.keys('7');
    await call.media.keys('5');
    assert.deepEqual((await report())?.slice(0, 4), ['exit-key', '5', '', 'cancel']);
    assert.equal(bed.events.filter(({ type }) => type === 'key-pressed').length, 1);
  });

  it('F127: an exit key while an agent rings: his telephone stops', async () => {
    bed.provision({ queues: [{ exitKeys: '5' }], agents: [{ ringMs: 10_000 }] });
    const phone = await bed.asterisk.phone(11);
    const rings = new Promise<SipCall>((resolve) => {
      phone.onCall = (ringing) => {
        ringing.ring();
        resolve(ringing);
      };
    });
    const call = await bed.join('own');
    const agentCall = await rings;
    await call.media.keys('5');
    assert.equal((await report())?.[0], 'exit-key');
    assert.equal(await agentCall.ended, 'cancelled');
  });

  it('F127: keys without a manager link: asked for in turns, with music', async () => {
    bed.provision({ queues: [{ exitKeys: '5' }], agents: [] });
    bed.tandem.link.stop();
    const call = await bed.join('own');
    await hears(call);
    await call.media.keys('5');
    assert.equal((await report())?.[1], '5');
    await bed.kill();
    await bed.start();
  });

  it('B27: an announcement over the music, which goes on behind it', async () => {
    bed.provision({ queues: [{ announce: { ...announce, sound: 'beep', everyMs: 300 } }], agents: [] });
    const music = await played('Started music on hold');
    const call = await bed.join();
    await eventually(
      () => played('Started music on hold'),
      (times) => times >= music + 3,
    );
    await hears(call);
  });

  it('B27 F127: the position is said in its own sounds; a key during it is heard once', async () => {
    bed.provision({
      queues: [{ exitKeys: '5', announce: { ...announce, position: true, firstMs: 200, positionEveryMs: 600_000 } }],
      agents: [],
    });
    const call = await bed.join('own');
    await eventually(
      () => played("Playing 'queue-youarenext"),
      (times) => times === 1,
    );
    const pressedAtMs = Date.now();
    await call.media.keys('5');
    assert.equal((await report())?.[1], '5');
    assert.ok(Date.now() - pressedAtMs < 3_000, `${Date.now() - pressedAtMs} ms`);
    assert.equal(bed.events.filter(({ type }) => type === 'key-pressed').length, 1);
  });

  it('an agent who is free does not wait for the end of an announcement to the caller', async () => {
    bed.provision({ queues: [{ announce: { ...announce, sound: 'demo-instruct', everyMs: 200 } }], agents: [] });
    const call = await bed.join();
    await eventually(
      () => played("Playing 'demo-instruct"),
      (times) => times > 0,
    );
    const atAgent = (await bed.asterisk.phone(11)).nextCall();
    const startedAtMs = Date.now();
    bed.provision({ queues: [{}], agents: [{}] });
    await atAgent;
    await bed.notice('talk-started');
    assert.ok(Date.now() - startedAtMs < 3_000, `${Date.now() - startedAtMs} ms`);
    call.hangup();
  });

  it('F65 O27: the welcome message is heard to its end before the caller is offered', async () => {
    bed.provision({ queues: [{ welcome: 'beep' }], agents: [{}] });
    const atAgent = (await bed.asterisk.phone(11)).nextCall();
    const call = await bed.join();
    await atAgent;
    await bed.notice('talk-started');
    const order = bed.events.map(({ type }) => type);
    assert.ok(order.indexOf('message-ended') >= 0);
    assert.ok(order.indexOf('message-ended') < order.indexOf('agent-answered'));
    call.hangup();
  });

  it('B5: Tandem dies and comes back: the caller hears music all the time and has his old place', async () => {
    bed.provision({ queues: [{}], agents: [] });
    const call = await bed.join();
    const { member } = await bed.notice('member-joined');
    await bed.kill();
    await hears(call);
    await bed.start();
    await eventually(
      () => bed.tandem.loop.view().members.get(member)?.presence.kind,
      (presence) => presence === 'here',
    );
    assert.equal(bed.tandem.loop.view().members.size, 1);
    const atAgent = (await bed.asterisk.phone(11)).nextCall();
    bed.provision({ queues: [{}], agents: [{}] });
    const agentCall = await atAgent;
    await bed.notice('talk-started');
    await hears(agentCall);
    await hears(call);
  });

  it('B14: the caller hangs up to be called back, confirms by key, and talks to the agent at his turn', async () => {
    bed.provision({ queues: [{ callback: { ...callback, key: '1', confirmKey: '4', ringMs: 5_000 } }], agents: [] });
    const customer = await bed.asterisk.phone(12);
    const call = await customer.call('queue', { headers: ['P-Asserted-Identity: "Jane Doe" <sip:1012@127.0.0.1>'] });
    await hears(call);
    await call.media.keys('1');
    await bed.notice('callback-placed');
    call.hangup();
    await call.ended;
    const again = customer.nextCall();
    const atAgent = (await bed.asterisk.phone(11)).nextCall();
    bed.provision({ queues: [{ callback: { ...callback, key: '1', confirmKey: '4', ringMs: 5_000 } }], agents: [{}] });
    const calledBack = await again;
    await calledBack.answered;
    await new Promise((resolve) => setTimeout(resolve, 300));
    await calledBack.media.keys('4');
    const agentCall = await atAgent;
    await bed.notice('talk-started');
    await hears(agentCall);
    await hears(calledBack);
    agentCall.hangup();
    assert.equal(await calledBack.ended, 'remote');
  });

  it('B14: a customer who does not take the callback: it failed, and is tried again by rule', async () => {
    bed.provision({ queues: [{ callback: { ...callback, key: '1', ringMs: 1_000 } }], agents: [] });
    const customer = await bed.asterisk.phone(12);
    customer.onCall = (ringing) => ringing.reject(486);
    const call = await customer.call('queue', { headers: ['P-Asserted-Identity: "Jane Doe" <sip:1012@127.0.0.1>'] });
    await hears(call);
    await call.media.keys('1');
    await bed.notice('callback-placed');
    call.hangup();
    bed.provision({ queues: [{ callback: { ...callback, key: '1', ringMs: 1_000 } }], agents: [{}] });
    const failed = await bed.event('callback-failed');
    assert.equal(failed.cause, 'busy');
  });
});
