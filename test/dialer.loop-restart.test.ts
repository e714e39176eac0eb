/** What a process that begins to dial takes over from the one before it: talks under way (dialer.md B11). */
import assert from 'node:assert/strict';
import { DialerSite, siteCampaign, siteContact } from './support/dialer-site.js';
import type { SiteLife } from './support/dialer-site.js';

describe('dialer: loop, restart in a talk', function () {
  this.timeout(30_000);
  let site: DialerSite;
  let first: SiteLife;

  beforeEach(async () => {
    site = new DialerSite();
    await site.open(siteCampaign('c1', { mode: 'PROGRESSIVE', profile: 'any', queue: 'sales' }));
    await site.intake(siteContact('k1', 'c1', { campaignType: 'AGENT' }));
    site.agents.ready('anna');
    first = await site.life({ owner: 'one' });
    await site.pass(4_000);
    site.fs1.answer('k1');
    await site.pass(1_000);
  });

  afterEach(() => site.close());

  const ended = async (): Promise<(string | undefined)[]> => {
    site.fs1.end('k1', 'NORMAL_CLEARING', { endedBy: 'customer' });
    await site.pass(500);
    const [call] = await site.store.calls({ contact: 'k1', before: '', limit: 1 });
    assert.ok(call);
    const { result, agent, answeredAtMs = Infinity, bridgedAtMs = 0 } = call;
    assert.ok(answeredAtMs <= bridgedAtMs, 'answered before it was connected');
    return [result, agent, (await site.contact('k1')).status];
  };

  it('B11: the queue engine says who has the call: its end is CONNECTED with that agent', async () => {
    const sinceMs = site.timers.nowMs();
    first.die();
    site.agents.inTalk = [
      { callId: 'k1', agent: 'anna', sinceMs },
      { callId: 'of-another-campaign', agent: 'ben', sinceMs },
    ];
    await site.pass(2_000);
    await site.life({ owner: 'two' });
    await site.pass(30_000, 500);
    const [call] = (await site.store.active()).map(({ id }) => id);
    assert.equal(call, 'k1');
    assert.deepEqual(await ended(), ['CONNECTED', 'anna', 'ended']);
    const [record] = await site.store.calls({ contact: 'k1', before: '', limit: 1 });
    assert.equal(record?.bridgedAtMs, sinceMs, 'the talk began before this process');
  });

  it('B11: also when the queue engine is there only later', async () => {
    first.die();
    site.agents.up = false;
    site.agents.inTalk = [{ callId: 'k1', agent: 'anna', sinceMs: site.timers.nowMs() }];
    await site.life({ owner: 'two' });
    await site.pass(30_000, 500);
    site.agents.up = true;
    await site.pass(2_000);
    assert.deepEqual(await ended(), ['CONNECTED', 'anna', 'ended']);
  });

  it('B11: nobody says so: LOST, as before', async () => {
    first.die();
    await site.life({ owner: 'two' });
    await site.pass(30_000, 500);
    site.fs1.end('k1', 'NORMAL_CLEARING', { endedBy: 'customer' });
    await site.pass(500);
    assert.equal((await site.contact('k1')).result, 'LOST');
  });

  it('E78, A15: one that was answered and is over before the next life looks is LOST, and nobody calls him again', async () => {
    first.die();
    site.fs1.channels.delete('k1');
    site.agents.ready('anna');
    await site.life({ owner: 'two' });
    await site.pass(30_000, 500);
    const { status, result, dials } = await site.contact('k1');
    assert.deepEqual([status, result, dials], ['ended', 'LOST', 1]);
  });
});
