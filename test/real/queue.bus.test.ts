/** What the queues need of Asterisk's manager events, and no more: the list of docs/asterisk.md under which everything still works. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import type { SipCall } from '../testbed/sip-phone.js';
import { hears } from './clusters.js';
import { startQueueBed, type QueueBed } from './queue-bed.js';

const page = readFileSync(join(import.meta.dirname, '../../docs/asterisk.md'), 'utf8');
const [disabled = ''] = /^ *disabledevents = .*$/m.exec(page) ?? [];

describe('real: queue, manager events that nobody needs', function () {
  this.timeout(15_000);
  let bed: QueueBed;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    bed = await startQueueBed('qbus');
    await bed.asterisk.addConfig('manager', '60-disabled', `[general](+)\n${disabled.trim()}\n`);
    await bed.asterisk.cli('manager reload');
  });
  after(async () => {
    await (bed as QueueBed | undefined)?.stop();
  });
  afterEach(() => bed.clear());

  it('the documented ones are off', async () => {
    assert.notEqual(disabled, '');
    assert.match(await bed.asterisk.cli('manager show settings'), /Disabled Events:.*VarSet/i);
  });

  it('F12 F127: ring, talk, hang-up and key without them', async () => {
    bed.provision({ queues: [{ exitKeys: '5' }], agents: [{}] });
    const atAgent = (await bed.asterisk.phone(11)).nextCall();
    const call = await bed.join();
    const agentCall = await atAgent;
    await bed.notice('talk-started');
    await hears(agentCall);
    call.hangup();
    assert.equal(await agentCall.ended, 'remote');
    assert.equal((await bed.notice('talk-ended')).by, 'caller');

    bed.provision({ queues: [{ exitKeys: '5' }], agents: [] });
    const second = await bed.join('own');
    await second.media.keys('5');
    const report = await eventually(
      () => bed.reports[0],
      (seen) => seen !== undefined,
    );
    assert.deepEqual(report?.slice(0, 2), ['exit-key', '5']);
  });

  it('B8: a caller who leaves while the agent rings: the telephone is quiet', async () => {
    bed.provision({ queues: [{}], agents: [{ ringMs: 10_000 }] });
    const phone = await bed.asterisk.phone(11);
    const rings = new Promise<SipCall>((resolve) => {
      phone.onCall = (ringing) => {
        ringing.ring();
        resolve(ringing);
      };
    });
    const call = await bed.join();
    const agentCall = await rings;
    call.hangup();
    assert.equal(await agentCall.ended, 'cancelled');
  });
});
