/** The dialer's loop on a database server: what its own tests show on SQLite, where the store is what matters. */
import assert from 'node:assert/strict';
import { DialerSite, siteCampaign, siteContact } from './support/dialer-site.js';
import { describeMariaDb } from './support/stores.js';

describeMariaDb('dialer: loop', (open) => {
  let site: DialerSite;
  const audit = { atMs: 0, actor: 'test', object: '', action: '', before: undefined, after: undefined, reason: '' };

  beforeEach(async () => {
    site = new DialerSite();
    site.url = (await open()).url;
    await site.open(siteCampaign('c1'));
  });

  afterEach(() => site.close());

  const contacts = (count: number) => Array.from({ length: count }, (_, i) => siteContact(`k${String(i + 1)}`, 'c1'));
  const called = (): readonly string[] => site.fs1.orders.map(({ callId }) => callId);

  it('E5, E13: contacts are read and called, results are stored, busy ones come back', async () => {
    await site.intake(...contacts(3));
    await site.life();
    await site.pass(4_000);
    assert.deepEqual([...called()].sort(), ['k1', 'k2', 'k3']);
    site.fs1.answer('k1');
    await site.pass(2_000, 500);
    site.fs1.end('k1', 'NORMAL_CLEARING', { endedBy: 'customer' });
    site.fs1.end('k2', 'USER_BUSY');
    await site.pass(300);
    assert.deepEqual([(await site.contact('k1')).result, (await site.contact('k2')).result], ['CONNECTED_IVR', 'BUSY']);
    assert.deepEqual([(await site.contact('k1')).status, (await site.contact('k2')).status], ['ended', 'pending']);
    assert.equal((await site.store.activeCounts()).dialed, 1);
    await site.pass(700_000, 5_000);
    assert.ok(called().includes('k2.2'), 'ten minutes later');
  });

  it('B11: killed during 20 calls: the next life follows them, and calls nobody twice', async () => {
    await site.intake(...contacts(20));
    const settings = { callsPerSecond: 100, slotsMax: 12 };
    const first = await site.life({ settings, owner: 'one' });
    await site.pass(3_000);
    assert.equal(called().length, 12);
    first.die();
    const gone = called().slice(0, 4);
    for (const id of gone) site.fs1.channels.delete(id);
    await site.life({ settings, owner: 'one' });
    await site.pass(15_000, 500);
    const again = called().slice(12);
    assert.equal(again.length, 4, 'as many as there are slots again');
    assert.deepEqual(
      again.filter((id) => called().slice(0, 12).includes(id)),
      [],
    );
    for (const id of [...site.fs1.channels.keys()]) site.fs1.end(id, 'NO_ANSWER');
    await site.pass(1_000);
    const results = await site.store.calls({ campaign: 'c1', before: '', limit: 99 });
    assert.equal(new Set(results.map(({ callId }) => callId)).size, results.length, 'one record for each call');
    assert.equal(results.filter(({ result }) => result === 'LOST').length, 4);
  });

  it('B49: a replaced number is called, a list that is switched off is not', async () => {
    const { lists } = site.store;
    const load = async (...rows: readonly ReturnType<typeof siteContact>[]): Promise<number> => {
      const { id } = await lists.create({ campaign: 'c1', name: 'spring', fileHash: '', startedAtMs: 0 });
      const progress = { offset: 1, rowsRead: rows.length, invalid: 0, blocked: 0, noTimeZone: 0 };
      await lists.load(id, rows, { duplicates: 'replace', within: 'campaign' }, progress, site.timers.nowMs());
      await lists.setState(id, 'active', audit);
      return id;
    };
    const list = await load(...contacts(3));
    await site.life({ settings: { slotsMax: 1 } });
    await site.pass(3_000);
    await load(siteContact('k2', 'c1', { customerNumber: '+49309999999', numberKey: '49309999999' }));
    await lists.setState(list, 'inactive', audit);
    site.fs1.end('k1', 'USER_BUSY');
    await site.pass(3_000);
    site.fs1.end('k2', 'USER_BUSY');
    await site.pass(3_000);
    assert.deepEqual(site.fs1.orders.map(({ callId, number }) => [callId, number]).slice(1), [['k2', '+49309999999']]);
    assert.equal((await site.contact('k3')).status, 'pending');
  });
});
