/** The answered call at its door: plan, grace, message, opt-out (dialer.md B2, B4). */
import assert from 'node:assert/strict';
import type { ArrivalPlan } from '../core/dialer/engine-words.js';
import { createDialerDoor } from '../core/services/dialer-door.js';
import { DialerSite, siteCampaign, siteContact } from './support/dialer-site.js';
import type { SiteLife } from './support/dialer-site.js';
import { silentLog } from './support/observers.js';

describe('dialer: door', function () {
  this.timeout(30_000);
  let site: DialerSite;
  let life: SiteLife;

  const safeHarbour = { audio: 'sorry', optOutDigits: '1', optOutPrompt: 'press-1', maxMs: 15_000, optOutScope: 'campaign' as const };
  const campaign = siteCampaign('c1', { mode: 'POWER', profile: 'any', queue: 'sales', safeHarbour, lines: 2 });

  beforeEach(async () => {
    site = new DialerSite();
    await site.open(campaign);
    await site.intake(...Array.from({ length: 6 }, (_, i) => siteContact(`k${String(i + 1)}`, 'c1', { campaignType: 'AGENT' })));
    site.agents.ready('anna', 'bert');
    life = await site.life();
    await site.pass(4_000);
  });

  afterEach(() => site.close());

  const arrive = async (callId: string): Promise<ArrivalPlan | undefined> => {
    site.fs1.answer(callId);
    await site.settle();
    return life.dialer.door.arrived(callId, undefined);
  };
  const first = (): string => site.fs1.orders[0]?.callId ?? '';

  it('B43: lines for each ready agent; an answered call goes into the queue for what is left of the grace time', async () => {
    assert.equal(site.fs1.orders.length, 4, 'two lines for each of two agents');
    site.fs1.answer(first());
    site.timers.advance(400);
    const plan = await life.dialer.door.arrived(first(), undefined);
    assert.equal(plan?.kind, 'queue');
    assert.equal(plan.queue, 'sales');
    assert.equal(plan.maxWaitMs, 1_600);
    assert.equal(plan.reservation, undefined);
    assert.equal(plan.message?.audio, 'sorry');
  });

  it('B4: nobody in time: abandoned, the message is recorded; the opt-out is stored when it resolves', async () => {
    await arrive(first());
    await site.pass(2_000);
    life.dialer.door.waitedOut(first(), 'timeout');
    await life.dialer.door.optedOut(first());
    const contact = await site.contact(first());
    const entries = (await site.store.findDnc([contact.numberKey], site.timers.nowMs())).get(contact.numberKey) ?? [];
    assert.deepEqual(
      entries.map(({ scope }) => scope),
      ['campaign:c1'],
    );
    life.dialer.door.messagePlayed(first(), 8_000);
    site.fs1.end(first(), 'NORMAL_CLEARING', { endedBy: 'us' });
    await site.pass(500);
    const [call] = await site.store.calls({ contact: first(), before: '', limit: 1 });
    assert.deepEqual([call?.result, call?.messageMs, call?.optedOut], ['ABANDONED', 8_000, true]);
    assert.equal(life.dialer.control.live('c1')?.window.abandoned ?? -1, 0, 'not read yet');
    await site.pass(7_000);
    assert.equal(life.dialer.control.live('c1')?.window.abandoned, 1);
  });

  it('a call of nobody, and one of another process', async () => {
    assert.equal(await life.dialer.door.arrived('nobody', undefined), undefined);
    const door = createDialerDoor({ session: () => undefined, log: silentLog });
    assert.equal(await door.arrived('k1', undefined), undefined);
    await door.optedOut('k1');
  });

  it('B11: with the database away an answered call is led to its agent all the same', async () => {
    site.isDown = true;
    await site.pass(2_000);
    assert.equal((await arrive(first()))?.kind, 'queue');
    site.agents.tell({ type: 'connected', callId: first(), agent: 'anna', atMs: site.timers.nowMs() });
    site.fs1.end(first(), 'NORMAL_CLEARING');
    await site.pass(1_000);
    site.isDown = false;
    await site.pass(3_000);
    assert.equal((await site.contact(first())).result, 'CONNECTED');
  });
});
