/** The dialer's loop on the real store and engine: cycle, calls, restart, ownership (dialer.md A6, A9, A11, A15, B8, B11). */
import assert from 'node:assert/strict';
import { DialerSite, siteCampaign, siteContact } from './support/dialer-site.js';

describe('dialer: loop', function () {
  this.timeout(30_000);
  let site: DialerSite;

  beforeEach(() => {
    site = new DialerSite();
  });

  afterEach(() => site.close());

  const contacts = (count: number, campaign: string, from = 0) =>
    Array.from({ length: count }, (_, i) => siteContact(`k${String(from + i + 1)}`, campaign));

  it('E5, E13: contacts are read every second and called, the result is stored', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(2, 'c1'));
    await site.life();
    await site.pass(3_000);
    assert.deepEqual(
      site.fs1.orders.map(({ callId, ivr, gateway, kind }) => ({ callId, ivr, gateway, kind })),
      [
        { callId: 'k1', ivr: '9664', gateway: 'gw1', kind: 'ivr' },
        { callId: 'k2', ivr: '9664', gateway: 'gw1', kind: 'ivr' },
      ],
    );
    assert.equal((await site.contact('k1')).status, 'dialed');
    site.fs1.answer('k1');
    await site.pass(5_000);
    site.fs1.end('k1', 'NORMAL_CLEARING', { endedBy: 'customer' });
    site.fs1.end('k2', 'USER_BUSY');
    await site.pass(200);
    const one = await site.contact('k1');
    assert.deepEqual([one.status, one.callResult, one.result], ['ended', 'NORMAL_CLEARING', 'CONNECTED_IVR']);
    const two = await site.contact('k2');
    assert.deepEqual([two.status, two.callResult, two.result], ['pending', 'USER_BUSY', 'BUSY']);
    assert.ok(two.nextAttemptAtMs > site.timers.nowMs() + 500_000, 'busy: in ten minutes');
  });
});
