/** Faults in the middle of 50 calls on real Asterisks: nothing is stuck, nobody is dialled twice, every result is there once (dialer.md B11, C). */
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import { far } from './dialer-bed.js';
import { startCampaignBed, type CampaignBed } from './dialer-campaign-bed.js';

const contactsMax = 50;

describe('real: campaigns and faults', function () {
  this.timeout(180_000);
  let bed: CampaignBed;
  beforeEach(async function () {
    await requireTestbed(this, 'asterisk');
    bed = await startCampaignBed('uuid-standby');
  });
  afterEach(async () => {
    await (bed as CampaignBed | undefined)?.stop();
  });

  /** 50 calls in an IVR, which keeps them for half a minute. */
  async function underWay(campaign: string, first: number): Promise<void> {
    const numbers = new Map(Array.from({ length: contactsMax }, (_, n) => [`${campaign}-${n}`, `${far.stays}${first + n}`] as const));
    await bed.campaign(campaign, { mode: 'IVR', ivr: '9664', queue: '' });
    await bed.contacts(campaign, numbers, 'IVR');
    await eventually(
      async () => (await bed.far.channels()).length,
      (count) => count >= contactsMax,
      { msMax: 30_000, everyMs: 100 },
    );
  }

  /** Nothing under way any more, in the table and on the carrier. */
  async function over(campaign: string): Promise<void> {
    await eventually(
      () => bed.contactRows(campaign).map(({ status }) => status),
      (states) => states.every((status) => status === 'ended' || status === 'pending'),
      { msMax: 90_000, everyMs: 500 },
    );
  }

  function check(campaign: string, results: readonly string[]): void {
    const calls = bed.calls(campaign);
    assert.equal(new Set(calls.map((row) => row['call_id'])).size, calls.length);
    assert.deepEqual(
      calls.filter(({ result }) => !results.includes(String(result))).map(({ result, cause }) => [result, cause]),
      [],
    );
    const contacts = bed.contactRows(campaign);
    assert.equal(contacts.length, contactsMax);
    // one call each, and each of them has its record
    assert.deepEqual([...new Set(contacts.map((row) => row['dials']))], [1]);
    assert.equal(calls.length, contactsMax);
  }

  it('B33: Tandem is killed during 50 calls: they go on, and the next process has the result of each', async () => {
    await underWay('killed', 1_000);
    await bed.tandem().kill9();
    await bed.start();
    await over('killed');
    // a call that ended while nobody listened had been answered: it is lost, and not dialled again
    check('killed', ['CONNECTED_IVR', 'LOST']);
    assert.ok(bed.calls('killed').filter(({ result }) => result === 'CONNECTED_IVR').length >= contactsMax / 2);
  });

  it('B4: how often a number was called today is known after Tandem was killed', async () => {
    const number = `${far.isBusy}777`;
    const result = (contact: string) => bed.contactRows('capped').find(({ id }) => id === contact)?.['call_result'];
    const call = async (contact: string, expected: string): Promise<void> => {
      await bed.contacts('capped', new Map([[contact, number]]), 'IVR');
      await eventually(
        () => result(contact),
        (seen) => seen === expected,
        { msMax: 20_000, everyMs: 100 },
      );
    };
    await bed.campaign('capped', { mode: 'IVR', ivr: '9664', queue: '' });
    await call('capped-1', 'USER_BUSY');
    await eventually(
      () => bed.tandem().rows('SELECT total FROM tandem_toll_days WHERE day_key = ?', number)[0]?.['total'],
      (total) => total === 1,
      { msMax: 5_000, everyMs: 50 },
    );
    await bed.tandem().kill9();
    await bed.start({ TANDEM_TOLL_CALLS_PER_NUMBER_DAY: '1' });
    await call('capped-2', 'toll-number-day');
    assert.equal(bed.calls('capped').length, 1);
  });

  it('B33: the manager link is cut during 50 calls and comes back: every result once', async () => {
    await underWay('cut', 2_000);
    await bed.manager.down();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await bed.manager.up();
    await over('cut');
    check('cut', ['CONNECTED_IVR', 'LOST']);
    assert.ok(bed.calls('cut').filter(({ result }) => result === 'CONNECTED_IVR').length >= contactsMax / 2);
  });

  it('B33: Asterisk is killed during 50 calls: all of them are lost, nothing is stuck, and the campaign goes on', async () => {
    await underWay('crashed', 3_000);
    await bed.killAsterisk();
    await bed.startAsterisk();
    await over('crashed');
    check('crashed', ['LOST', 'CONNECTED_IVR']);
    await bed.contacts('crashed', new Map([['crashed-after', `${far.isBusy}999`]]), 'IVR');
    const last = await eventually(
      () => bed.calls('crashed').find((row) => row['contact_id'] === 'crashed-after'),
      (row) => row !== undefined,
      { msMax: 30_000 },
    );
    assert.equal(last?.['result'], 'BUSY');
  });
});
