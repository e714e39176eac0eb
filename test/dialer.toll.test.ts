/** Caps against toll fraud in campaigns (user-needs B4), and what is told of campaigns by the event feed (B25). */
import assert from 'node:assert/strict';
import { numberKeyOf } from '../core/dialer/compliance/numbers.js';
import { createTollGate } from '../core/services/toll-gate.js';
import { tollDefaults, type TollCaps } from '../core/toll/caps.js';
import { newsOf, tellNews } from '../sidecar/dialer-news.js';
import { DialerDesk, testCampaign } from './support/dialer-desk.js';
import { DialerSite, siteCampaign, siteContact } from './support/dialer-site.js';
import { sampleContact } from './support/dialer-table.js';
import { recordingMeter, silentLog } from './support/observers.js';

const ivr = (more = {}) => testCampaign('A', { mode: 'IVR', ivr: '*9664', queue: '', ...more });

function deskOf(contacts: number, campaign = ivr()): DialerDesk {
  const desk = new DialerDesk([campaign], { callsPerSecond: 100 });
  for (let n = 1; n <= contacts; n++)
    desk.add(sampleContact(`A${String(n)}`, 'A', { receivedTimeMs: n, nextAttemptAtMs: n, numberKey: `A${String(n)}` }));
  return desk;
}

const stopped = (desk: DialerDesk, callId: string, cap: 'toll-calls' | 'toll-number-day' | 'toll-prefix-denied', retryAtMs?: number) =>
  desk.feed({ type: 'originate-stopped', callId, cap, retryAtMs });

describe('dialer: caps against toll fraud', () => {
  it('B4: a cap of the gateway: contact back without an attempt, nothing over it until then, and why says so', () => {
    const desk = deskOf(3);
    desk.byHand.add('originate');
    desk.begin();
    desk.pass(100);
    for (const id of desk.dialled()) stopped(desk, id, 'toll-calls', desk.nowMs + 5_000);
    const before = desk.dialled().length;
    desk.run(4);
    assert.equal(desk.dialled().length, before);
    const contact = desk.table.contacts.get('A1');
    assert.deepEqual([contact?.status, contact?.attempts, contact?.dials], ['pending', 0, 0]);
    assert.equal(desk.engine.view().campaign('A')?.limit, 'toll');
    desk.run(3);
    assert.ok(desk.dialled().length > before);
  });

  it('B4: the cap of the number: this contact waits until the next day, others are called', () => {
    const desk = deskOf(2);
    desk.byHand.add('originate');
    desk.begin();
    desk.pass(100);
    stopped(desk, 'A1', 'toll-number-day', desk.nowMs + 86_400_000);
    const contact = desk.table.contacts.get('A1');
    assert.deepEqual([contact?.status, contact?.callResult, contact?.attempts], ['pending', 'toll-number-day', 0]);
    assert.equal(contact?.nextAttemptAtMs, desk.nowMs + 86_400_000);
    desk.run(3);
    assert.deepEqual(desk.dialled(), ['A1', 'A2']);
  });

  it('B4: a prefix that no gateway of the campaign may carry: the contact fails with the reason', () => {
    const desk = deskOf(1);
    desk.byHand.add('originate');
    desk.begin();
    desk.pass(100);
    stopped(desk, 'A1', 'toll-prefix-denied');
    const contact = desk.table.contacts.get('A1');
    assert.deepEqual([contact?.status, contact?.callResult], ['failed', 'toll-prefix-denied']);
  });

  it('B25: another state of a campaign is told, its first reading is not', () => {
    const desk = deskOf(1);
    desk.change('A', { state: 'paused' });
    desk.change('A', { name: 'other' });
    desk.campaigns = [];
    desk.configure();
    assert.deepEqual(
      desk.all('notice').map(({ notice }) => notice),
      [
        { type: 'campaign-changed', campaign: 'A', state: 'paused', before: 'running' },
        { type: 'campaign-changed', campaign: 'A', state: 'removed', before: 'paused' },
      ],
    );
  });

  it('B25: nobody left to call is told once after a minute, and again only after somebody could be called', () => {
    const desk = deskOf(0);
    const empty = () => desk.all('notice').filter(({ notice }) => notice.type === 'campaign-empty').length;
    desk.begin();
    desk.run(58);
    assert.equal(empty(), 0);
    desk.run(120);
    assert.equal(empty(), 1);
    desk.add(sampleContact('A9', 'A', { nextAttemptAtMs: 0 }));
    desk.run(2);
    desk.end('A9', { cause: 'UNALLOCATED_NUMBER' });
    desk.run(50);
    assert.equal(empty(), 1);
    desk.run(30);
    assert.equal(empty(), 2);
  });

  it('B25: notices of campaigns are told by the feed, those of calls where the settings want them', () => {
    const ended = { type: 'call-ended', campaign: 'A', callId: 'c1', result: 'BUSY', cause: 'USER_BUSY' } as const;
    const changed = { type: 'campaign-changed', campaign: 'A', state: 'paused', before: 'running' } as const;
    assert.equal(newsOf(ended, false), undefined);
    assert.deepEqual(newsOf(ended, true), { ...ended, type: 'call-result' });
    assert.deepEqual(newsOf(changed, false), changed);
    const meter = recordingMeter();
    tellNews({ note: () => false }, meter, false)(changed);
    assert.deepEqual(meter.counted('tandem_feed_news_left_out_total'), [{ type: 'campaign-changed' }]);
  });
});

describe('dialer: caps against toll fraud, with store and switch', function () {
  this.timeout(30_000);
  let site: DialerSite;
  let stoppedReasons: string[];
  let meter: ReturnType<typeof recordingMeter>;

  beforeEach(() => {
    site = new DialerSite();
    stoppedReasons = [];
    meter = recordingMeter();
  });
  afterEach(() => site.close());

  const gate = (caps: Partial<TollCaps>, gateways: Readonly<Record<string, Partial<TollCaps>>> = {}) =>
    createTollGate({
      rules: {
        general: { ...tollDefaults, ...caps },
        gateways: new Map(Object.entries(gateways).map(([name, own]) => [name, { ...tollDefaults, ...caps, ...own }])),
      },
      audit: { write: () => Promise.resolve() },
      newAuditId: String,
      desk: { note: (news) => (news.type === 'toll-stopped' && stoppedReasons.push(news.reason)) !== false },
      nowMs: () => site.timers.nowMs(),
      ...{ log: silentLog, meter },
    });

  it('B4: never more calls over the gateway than its cap, whatever the slots say, and all are called in the end', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...Array.from({ length: 12 }, (_, n) => siteContact(`k${String(n)}`, 'c1')));
    let most = 0;
    const live = new Set<string>();
    site.fs1.onOriginate = ({ callId }) => {
      live.add(callId);
      most = Math.max(most, live.size);
    };
    await site.life({ toll: gate({ callsMax: 3 }), settings: { slotsMax: 30, callsPerSecond: 30 } });
    for (let n = 0; n < 30; n++) {
      await site.pass(1_000);
      for (const callId of [...live]) {
        site.fs1.end(callId, 'UNALLOCATED_NUMBER');
        live.delete(callId);
      }
    }
    assert.equal(most, 3);
    assert.equal(new Set(site.fs1.orders.map(({ callId }) => callId)).size, 12);
    assert.ok(stoppedReasons.includes('toll-calls'));
    assert.deepEqual(await site.store.activeCounts(), { dialed: 0, agentPending: 0 });
  });

  it('B4: a number that one gateway may not carry goes over the other; one that none may carry fails', async () => {
    const gateways = ['gw1', 'gw2'].map((gateway) => ({ switch: '', gateway, channelsMax: 0 }));
    await site.open(siteCampaign('c1', { gateways }));
    await site.intake(
      siteContact('k0', 'c1', { gatewayId: '', customerNumber: '+43123456789', numberKey: '43123456789' }),
      siteContact('k1', 'c1', { gatewayId: '', customerNumber: '+4930111111', numberKey: '4930111111' }),
      siteContact('k2', 'c1', { gatewayId: '', customerNumber: '+979111111', numberKey: '979111111' }),
      siteContact('k3', 'c1', { gatewayId: '', customerNumber: '4930111112', numberKey: '4930111112' }),
    );
    await site.life({ toll: gate({}, { gw1: { deniedPrefixes: ['+49', '+979'] } }) });
    await site.pass(5_000);
    assert.deepEqual(
      site.fs1.orders.map(({ callId, gateway }) => [callId, gateway]),
      [
        ['k0', 'gw1'],
        ['k1', 'gw2'],
        ['k3', 'gw2'],
      ],
    );
    const two = await site.contact('k2');
    assert.deepEqual([two.status, two.attempts], ['failed', 0]);
    assert.equal(two.callResult, 'toll-prefix-denied');
  });

  it('B4: where the first number is barred the next one that is not takes its place; where none is left the contact fails', async () => {
    await site.open(siteCampaign('c1'));
    const barred = { customerNumber: '+979111111', numberKey: '979111111' };
    await site.intake(
      siteContact('k1', 'c1', { ...barred, numbers: ['+8816123456', '+4930111111'] }),
      siteContact('k2', 'c1', { ...barred, numbers: ['+870123456789'] }),
    );
    await site.life({ toll: gate({}) });
    await site.pass(8_000);
    assert.deepEqual(
      site.fs1.orders.map(({ contactId, number }) => [contactId, number]),
      [['k1', '+4930111111']],
    );
    const [one, two] = [await site.contact('k1'), await site.contact('k2')];
    assert.deepEqual([one.status, one.numberIndex, one.attempts], ['dialed', 2, 0]);
    assert.deepEqual([two.status, two.callResult, two.attempts], ['failed', 'toll-prefix-denied', 0]);
    assert.equal(meter.counted('tandem_toll_stopped_total').length, 2, 'nobody is asked again about the second one of k1');
  });

  it('B4: numbers that are dialled without + meet the prefixes too, and are the same number for the day', async () => {
    await site.open(siteCampaign('c1', { country: 'DE' }));
    const asDialled = (id: string, customerNumber: string, country = 'DE') =>
      siteContact(id, 'c1', { customerNumber, numberKey: numberKeyOf(customerNumber, country) });
    await site.intake(
      asDialled('satellite', '881612345678'),
      asDialled('premium', '00979123456789', ''),
      asDialled('digits', '4930111111', ''),
    );
    await site.life({ toll: gate({ callsPerNumberDay: 1, allowedPrefixes: ['+49'] }) });
    await site.pass(5_000);
    site.fs1.end('digits', 'UNALLOCATED_NUMBER');
    await site.intake(asDialled('national', '030111111'));
    await site.pass(5_000);
    assert.deepEqual(
      site.fs1.orders.map(({ callId, number }) => [callId, number]),
      [['digits', '4930111111']],
    );
    const results = await Promise.all(['satellite', 'premium', 'national'].map(async (id) => (await site.contact(id)).callResult));
    assert.deepEqual(results, ['toll-prefix-denied', 'toll-prefix-not-allowed', 'toll-number-day']);
  });
});
