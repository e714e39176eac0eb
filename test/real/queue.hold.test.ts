/** Hold on a real Asterisk: telephones that send re-INVITE with `a=sendonly` and take it back (B6, B26). */
import assert from 'node:assert/strict';
import type { OfferSegment } from '../../core/acd/records.js';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import type { SipCall } from '../testbed/sip-phone.js';
import { hears } from './clusters.js';
import { startQueueBed, type QueueBed } from './queue-bed.js';

/** between two things that a person does */
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const heldMs = 400;

describe('real: queue, hold', function () {
  this.timeout(15_000);
  let bed: QueueBed;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    bed = await startQueueBed('qhold');
  });
  after(async () => {
    await (bed as QueueBed | undefined)?.stop();
  });
  afterEach(() => bed.clear());

  async function talk(contact = 'PJSIP/1011'): Promise<{ readonly call: SipCall; readonly agentCall: SipCall }> {
    bed.provision({ queues: [{}], agents: [{ contact }] });
    const atAgent = (await bed.asterisk.phone(11)).nextCall();
    const call = await bed.join();
    const agentCall = await atAgent;
    await bed.notice('talk-started');
    await hears(agentCall);
    return { call, agentCall };
  }

  const segment = () =>
    eventually(
      () => [...bed.store.kept.values()].findLast((one): one is OfferSegment => one.kind === 'offer'),
      (one) => one !== undefined,
    );

  for (const contact of ['PJSIP/1011', 'Local/1011@agents/n'])
    it(`B6 B26: the agent at ${contact} holds the caller and takes him back: told, and recorded with the talk`, async () => {
      const { agentCall } = await talk(contact);
      agentCall.hold();
      assert.equal((await bed.notice('talk-held')).by, 'agent');
      await pause(heldMs);
      agentCall.hold(false);
      const { by, heldMs: toldMs } = await bed.notice('talk-resumed');
      assert.ok(by === 'agent' && toldMs >= heldMs && toldMs < 3_000, `${by} ${String(toldMs)} ms`);
      agentCall.hangup();
      await bed.notice('talk-ended');
      assert.equal((await segment())?.holdMs, toldMs);
    });

  it('B6: the caller holds, and hangs up on hold: the hold ends with the talk', async () => {
    const { call } = await talk();
    call.hold();
    assert.equal((await bed.notice('talk-held')).by, 'caller');
    await pause(heldMs);
    call.hangup();
    const { talkMs } = await bed.notice('talk-ended');
    const { holdMs = 0 } = (await segment()) ?? {};
    assert.ok(holdMs >= heldMs && holdMs < talkMs, `${String(holdMs)} of ${String(talkMs)} ms`);
    assert.ok(!bed.notices.some(({ type }) => type === 'talk-resumed'));
  });
});
