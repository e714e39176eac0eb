/** Messages on a real Asterisk, by the shipped dialplan: a caller leaves one, an agent hears it and calls back (B51). */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import type { SipCall } from '../testbed/sip-phone.js';
import { asserted, hears } from './clusters.js';
import { startQueueBed, type QueueBed } from './queue-bed.js';
import { messageFolder } from './queue-tandem.js';

describe('real: queue, messages', function () {
  this.timeout(40_000);
  let bed: QueueBed;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    bed = await startQueueBed('qmsg');
    await mkdir(messageFolder(bed.asterisk), { recursive: true });
  });
  after(async () => {
    await (bed as QueueBed | undefined)?.stop();
  });
  afterEach(() => bed.clear());

  const runs = async (text: string): Promise<number> => (await bed.asterisk.log()).split(text).length - 1;

  /** Phone 1010, which shows the number of phone 1012, speaks after the tone. */
  async function speaks(): Promise<SipCall> {
    const before = await runs('Record("');
    const call = await (await bed.asterisk.phone(10)).call('leave', { headers: asserted('Jane Doe', '1012') });
    await call.answered;
    await eventually(
      () => runs('Record("'),
      (records) => records > before,
      { msMax: 15_000 },
    );
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    return call;
  }

  it('B51: left and ended with a key; the agent hears it, hears it again, calls back, and is free when he hangs up', async () => {
    bed.provision({ queues: [{}], agents: [{}] });
    const phone = await bed.asterisk.phone(11);
    const atAgent = phone.nextCall();
    const call = await speaks();
    await call.media.keys('#');
    const placed = await bed.notice('message-placed');
    assert.equal(placed.number, '1012');
    assert.ok(existsSync(placed.file), placed.file);
    const agentCall = await atAgent;
    assert.equal(agentCall.caller.number, '1012');
    await bed.notice('talk-started');
    await hears(agentCall);
    const plays = await runs('Playback("PJSIP/1011-');
    const atCustomer = (await bed.asterisk.phone(12)).nextCall();
    await eventually(
      () => runs('Read("PJSIP/1011-'),
      (reads) => reads >= 1,
      { msMax: 15_000 },
    );
    await agentCall.media.keys('5');
    await eventually(
      () => runs('Playback("PJSIP/1011-'),
      (now) => now > plays,
      { msMax: 10_000 },
    );
    await eventually(
      () => runs('Read("PJSIP/1011-'),
      (reads) => reads >= 2,
      { msMax: 15_000 },
    );
    await agentCall.media.keys('1');
    const customer = await atCustomer;
    await hears(customer);
    assert.ok(!bed.notices.some(({ type }) => type === 'talk-ended'), 'busy with it until he hangs up');
    agentCall.hangup();
    assert.equal((await bed.notice('talk-ended')).by, 'agent');
    assert.equal((await bed.notice('member-left')).reason, 'answered');
    assert.equal(await customer.ended, 'remote');
  });

  it('B51: a caller who just hangs up has left a message all the same, once', async () => {
    bed.provision({ queues: [{}], agents: [] });
    const call = await speaks();
    call.hangup();
    const placed = await bed.notice('message-placed');
    assert.ok(existsSync(placed.file), placed.file);
    await bed.clear();
    assert.equal(bed.notices.filter(({ type }) => type === 'message-placed').length, 1);
    assert.equal(bed.tandem.loop.view().membersOfQueue(placed.queue).size, 1);
    assert.equal(await runs('no Tandem was told of the message'), 0);
    bed.tandem.loop.tell({ type: 'withdraw-asked', member: placed.member, reason: 'withdrawn' });
  });

  it('B51: an agent who hangs up while he hears it is free at once; the leg is not taken for one that is alone', async () => {
    bed.provision({ queues: [{}], agents: [{}] });
    const atAgent = (await bed.asterisk.phone(11)).nextCall();
    const call = await speaks();
    await call.media.keys('#');
    const agentCall = await atAgent;
    await bed.notice('talk-started');
    await hears(agentCall);
    const live = await bed.tandem.control.listChannels();
    bed.tandem.loop.tell({ type: 'channels-listed', switch: bed.tandem.control.id, ...live, askedAtMs: live.askedAtMs + 60_000 });
    assert.ok(!bed.notices.some(({ type }) => type === 'repaired'));
    agentCall.hangup();
    assert.equal((await bed.notice('talk-ended')).by, 'agent');
  });
});
