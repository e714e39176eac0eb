/** Whole campaigns on real Asterisks: 200 contacts, ten agents, every contact with its right result exactly once (dialer.md C). */
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import type { Row } from '../support/tandem-process.js';
import { requireTestbed } from '../testbed/cache.js';
import { far } from './dialer-bed.js';
import { startCampaignBed, type CampaignBed } from './dialer-campaign-bed.js';

const contactsMax = 200;
/** of ten customers: six talk, two are busy, two are nobody */
const kinds = [far.talks, far.talks, far.isBusy, far.talks, far.isNobody, far.talks, far.talks, far.isBusy, far.talks, far.isNobody];

/** Contact ids with their numbers; `first` keeps the numbers of campaigns apart. */
function customers(campaign: string, first: number): ReadonlyMap<string, string> {
  return new Map(
    Array.from({ length: contactsMax }, (_, n) => [
      `${campaign}-${String(n).padStart(3, '0')}`,
      `${kinds[n % kinds.length] ?? ''}${first + n}`,
    ]),
  );
}
const kindOf = (number: unknown): string => String(number).slice(0, 2);

describe('real: whole campaigns', function () {
  this.timeout(240_000);

  async function dialled(bed: CampaignBed, campaign: string, msMax = 150_000): Promise<readonly Row[]> {
    return eventually(
      () => bed.calls(campaign),
      (rows) => rows.length >= contactsMax,
      { msMax, everyMs: 500 },
    );
  }

  /** Exactly one call for each contact, and the result that its customer makes. */
  function check(bed: CampaignBed, campaign: string, rows: readonly Row[], talked: readonly string[]): void {
    assert.equal(rows.length, contactsMax);
    assert.equal(new Set(rows.map((row) => row['contact_id'])).size, contactsMax);
    const wrong = rows.filter(({ number, result }) => {
      const kind = kindOf(number);
      const wanted = kind === far.isBusy ? ['BUSY'] : kind === far.isNobody ? ['INVALID_NUMBER'] : talked;
      return !wanted.includes(String(result));
    });
    assert.deepEqual(
      wrong.map(({ number, result, cause }) => [number, result, cause]),
      [],
    );
    const contacts = bed.contactRows(campaign);
    assert.deepEqual([...new Set(contacts.map((row) => row['dials']))], [1]);
    assert.ok(contacts.every(({ status }) => status === 'ended' || status === 'pending'));
  }

  describe('agents at their telephones', () => {
    let bed: CampaignBed;
    before(async function () {
      await requireTestbed(this, 'asterisk');
      bed = await startCampaignBed('callback');
      await bed.agentsIn();
    });
    after(async () => {
      await (bed as CampaignBed | undefined)?.stop();
    });

    it('E13: an IVR campaign', async () => {
      await bed.campaign('ivr', { mode: 'IVR', ivr: '9664', queue: '' });
      await bed.contacts('ivr', customers('ivr', 1_000), 'IVR');
      check(bed, 'ivr', await dialled(bed, 'ivr'), ['CONNECTED_IVR']);
    });

    it('B43: a progressive campaign: nobody is abandoned', async () => {
      await bed.campaign('progressive', { mode: 'PROGRESSIVE' });
      await bed.contacts('progressive', customers('progressive', 2_000), 'AGENT');
      check(bed, 'progressive', await dialled(bed, 'progressive'), ['CONNECTED']);
    });
  });

  describe('agents on the line', () => {
    let bed: CampaignBed;
    before(async function () {
      await requireTestbed(this, 'asterisk');
      bed = await startCampaignBed('uuid-standby');
      await bed.agentsIn();
    });
    after(async () => {
      await (bed as CampaignBed | undefined)?.stop();
    });

    it('B44: a predictive campaign: connected, or abandoned with the message', async () => {
      await bed.campaign('predictive', { mode: 'PREDICTIVE' });
      await bed.contacts('predictive', customers('predictive', 3_000), 'AGENT');
      const rows = await dialled(bed, 'predictive');
      check(bed, 'predictive', rows, ['CONNECTED', 'ABANDONED', 'CUSTOMER_DROPPED']);
      const connected = rows.filter(({ result }) => result === 'CONNECTED').length;
      const abandoned = rows.filter(({ result }) => result === 'ABANDONED');
      if (process.env['DIALER_BED_TIMES'] !== undefined) console.error(`predictive: ${connected} connected, ${abandoned.length} abandoned`);
      assert.ok(connected >= 100, `${connected} connected`);
      for (const row of abandoned) assert.ok(row['message_ms'] !== null, `no message for ${String(row['call_id'])}`);
    });

    it('B44: more answers than agents: the others hear the message, and whose key is 1 is on the list and not called again', async () => {
      const numbers = Array.from({ length: 20 }, (_, n) => `${far.pressesOne}${4_000 + n}`);
      await bed.campaign('power', {
        mode: 'POWER',
        lines: 3,
        safe_harbour: { audio: bed.harbour, opt_out_digits: '1', opt_out_scope: 'campaign' },
      });
      await bed.contacts('power', new Map(numbers.map((number, n) => [`power-${n}`, number])), 'AGENT');
      const abandoned = await eventually(
        () => bed.calls('power').filter(({ result }) => result === 'ABANDONED'),
        (rows) => rows.length >= 5,
        { msMax: 30_000, everyMs: 200 },
      );
      for (const row of abandoned) {
        const [answered, message] = [Number(row['answered_ms']), Number(row['message_ms'])];
        // 100 ms are kept for the way; a machine that also plays carrier and customers may need more
        assert.ok(message - answered <= 2_200, `message ${message - answered} ms after the answer`);
        assert.ok(Number(row['message_heard_ms']) > 0 && row['opted_out'] === 1, JSON.stringify(row));
        const { entries } = await bed.ask<{ entries: readonly { scope: string }[] }>(
          'GET',
          `/dialer/dnc/find?number=${String(row['number'])}`,
        );
        assert.deepEqual(
          entries.map(({ scope }) => scope),
          ['campaign:power'],
        );
      }
      assert.equal(bed.calls('power').filter(({ result }) => result === 'CONNECTED').length <= 10, true);
      await bed.ask('POST', '/dialer/campaigns/power/stop');
    });
  });
});
