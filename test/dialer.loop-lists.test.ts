/** Lists and gates that change while contacts wait in the hopper; what the voice connector hears of contacts that end there. */
import assert from 'node:assert/strict';
import { createVoiceConnector } from '../sidecar/voice-connector.js';
import { DialerSite, siteCampaign, siteContact } from './support/dialer-site.js';
import { silentLog, silentMeter } from './support/observers.js';
import { startVoiceConnector } from './support/voice-connector.js';

const audit = { atMs: 0, actor: 'test', object: '', action: '', before: undefined, after: undefined, reason: '' };
const replace = { duplicates: 'replace', within: 'campaign' } as const;

describe('dialer: loop, lists', function () {
  this.timeout(30_000);
  let site: DialerSite;

  beforeEach(async () => {
    site = new DialerSite();
    await site.open(siteCampaign('c1'));
  });

  afterEach(() => site.close());

  const listOf = async (...contacts: readonly ReturnType<typeof siteContact>[]): Promise<number> => {
    const { lists } = site.store;
    const { id } = await lists.create({ campaign: 'c1', name: 'spring', fileHash: '', startedAtMs: 0 });
    const progress = { offset: 1, rowsRead: contacts.length, invalid: 0, blocked: 0, noTimeZone: 0 };
    await lists.load(id, contacts, replace, progress, site.timers.nowMs());
    await lists.setState(id, 'active', audit);
    return id;
  };

  /** k1 rings, k2 waits in the hopper for its slot. */
  const oneWaits = async (): Promise<number> => {
    const list = await listOf(siteContact('k1', 'c1'), siteContact('k2', 'c1'));
    await site.life({ settings: { slotsMax: 1 } });
    await site.pass(3_000);
    assert.deepEqual(
      site.fs1.orders.map(({ callId }) => callId),
      ['k1'],
    );
    return list;
  };

  it('B49: a contact whose list was loaded again is called at its new number, although the old one waited to be dialled', async () => {
    await oneWaits();
    await listOf(siteContact('k2', 'c1', { customerNumber: '+49309999999', numberKey: '49309999999' }));
    site.fs1.end('k1', 'USER_BUSY');
    await site.pass(3_000);
    assert.deepEqual(site.fs1.orders.map(({ callId, number }) => [callId, number]).slice(1), [['k2', '+49309999999']]);
    site.fs1.end('k2', 'USER_BUSY');
    await site.pass(200);
    const [call] = await site.store.calls({ contact: 'k2', before: '', limit: 1 });
    assert.deepEqual([call?.number, call?.numberKey], ['+49309999999', '49309999999']);
    assert.equal((await site.store.activeCounts()).dialed, 0);
  });

  it('B49: contacts of a list that was switched off are not called, although they waited to be dialled', async () => {
    const list = await oneWaits();
    await site.store.lists.setState(list, 'inactive', audit);
    site.fs1.end('k1', 'USER_BUSY');
    await site.pass(5_000);
    assert.equal(site.fs1.orders.length, 1);
    assert.equal((await site.contact('k2')).status, 'pending', 'it waits for its list');
    await site.store.lists.setState(list, 'active', audit);
    await site.pass(35_000, 500);
    assert.deepEqual(site.fs1.orders.map(({ callId }) => callId).slice(1), ['k2']);
  });

  it('B31: why nobody is called says that the list is switched off, of the campaign and of the contact', async () => {
    const list = await listOf(siteContact('k1', 'c1'), siteContact('k2', 'c1'));
    await site.store.lists.setState(list, 'inactive', audit);
    const { dialer } = await site.life();
    await site.pass(3_000);
    const why = await dialer.control.why('c1');
    assert.deepEqual([why?.limit, why?.idle, why?.dialable], ['all contacts are in lists that are not active', 2, 0]);
    assert.equal((await dialer.control.explainContact('k1'))?.idleList?.state, 'inactive');
    await site.store.lists.setState(list, 'active', audit);
    assert.equal((await dialer.control.why('c1'))?.idle, undefined);
    assert.equal((await dialer.control.explainContact('k1'))?.idleList, undefined);
  });

  it('E57, B7: the voice connector gets the result of contacts that a list of numbers or their end time ended', async () => {
    const vc = await startVoiceConnector();
    try {
      const endTimeMs = site.timers.nowMs() + 20_000;
      await site.put(siteCampaign('paused', { state: 'paused' }));
      // k3 is seen by the gates of the hopper first, k2 by nobody before its end time
      const later = siteContact('k3', 'c1', { startTimeMs: endTimeMs + 60_000, endTimeMs: endTimeMs + 60_001 });
      await site.intake(siteContact('k1', 'c1'), siteContact('k2', 'paused', { endTimeMs }), later);
      const { numberKey } = await site.contact('k1');
      const entry = { number: numberKey, isPrefix: false, scope: '', source: '', reason: '', fromMs: 0, untilMs: undefined };
      await site.store.addDnc([entry], audit);
      const connector = createVoiceConnector({ url: vc.url, requestMsMax: 2_000 }, { fetch, log: silentLog, meter: silentMeter });
      await site.life({ connector, settings: { voiceConnector: vc.url, serviceIdentifier: '1218' } });
      await site.pass(100_000, 500);
      const told = vc.taken('call-result').map(({ body }) => [body['uuid'], body['result'], body['callResult'], body['answered']]);
      assert.deepEqual(told, [
        ['k1', 'BLOCKED_DNC', 'BLOCKED_DNC', false],
        ['k2', 'EXPIRED', 'EXPIRED', false],
        ['k3', 'EXPIRED', 'EXPIRED', false],
      ]);
      assert.deepEqual(site.fs1.orders, []);
    } finally {
      await vc.close();
    }
  });
});
