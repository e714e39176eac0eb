/** Answer rates by part of the day and list, calls for each contact, wrap-up of the agents (dialer.md B9). */
import assert from 'node:assert/strict';
import { campaignDefaults } from '../core/dialer/campaign-defaults.js';
import type { Campaign } from '../core/dialer/campaign.js';
import type { CampaignBreakdown, CounterRow } from '../core/dialer-ports.js';
import { createBreakdowns, breakdownLimits } from '../core/services/dialer-breakdown.js';
import { createDialerWraps, dialerWrapLimits } from '../core/services/dialer-wraps.js';
import { rateRows } from '../sidecar/wallboard/lib/campaign-rates.js';
import { aCall, aCampaign, aChange, aContact, anEntry, claimed, dials, nowMs } from './support/dialer-rows.js';
import { recordingMeter } from './support/observers.js';
import { describeStores } from './support/stores.js';

const hour = 3_600_000;
const minute = 60_000;

/** 2026-11-23 00:00 in Berlin */
const midnightMs = Date.UTC(2026, 10, 22, 23);
const campaign: Campaign = {
  ...campaignDefaults,
  ...{
    id: 'c1',
    name: 'c1',
    mode: 'IVR',
    profile: 'test',
    state: 'running',
    timeZone: 'Europe/Berlin',
    dayParts: [480, 720, 1_020, 1_260],
  },
};
const row = (atMs: number, placed: number, answered: number): CounterRow =>
  ({ campaign: 'c1', bucketMs: atMs, placed, answered }) as CounterRow;

describe('dialer: breakdown', () => {
  let asked = 0;
  const found: CampaignBreakdown = {
    lists: [
      { listId: 7, calls: 80, answered: 20 },
      { listId: undefined, calls: 20, answered: 15 },
    ],
    finished: [{ attempts: 1, contacts: 30 }],
    placed: 90,
  };
  const breakdowns = () => createBreakdowns({ store: { breakdown: () => Promise.resolve((asked++, found)) }, zone: 'UTC' });
  const facts = (atMs: number, rows: readonly CounterRow[] = []) => ({ rows, tried: 80, underWay: 30, todayMs: midnightMs, nowMs: atMs });

  beforeEach(() => (asked = 0));

  it('B9: answer rate by part of the day, by the clock of the campaign; what lies outside all parts is left out', async () => {
    const rows = [
      row(midnightMs + 8 * hour - 5 * minute, 1_000, 1_000),
      row(midnightMs + 8 * hour, 10, 1),
      row(midnightMs + 12 * hour - 5 * minute, 10, 2),
      row(midnightMs + 17 * hour, 40, 20),
      row(midnightMs + 21 * hour, 1_000, 1_000),
    ];
    const { answerRates } = await breakdowns().of(campaign, facts(midnightMs, rows));
    assert.deepEqual(
      answerRates.byPart.map(({ fromMinute, toMinute, calls, answered }) => [fromMinute, toMinute, calls, answered]),
      [
        [480, 720, 20, 3],
        [1_020, 1_260, 40, 20],
      ],
    );
  });

  it('B9: answer rate by list, and calls for each contact that was tried', async () => {
    const { answerRates, attempts } = await breakdowns().of(campaign, facts(midnightMs));
    assert.deepEqual(
      answerRates.byList.map(({ list, calls, answered }) => [list, calls, answered]),
      [
        [7, 80, 20],
        [undefined, 20, 15],
      ],
    );
    assert.deepEqual(attempts, { perContact: 1.5, finished: [{ attempts: 1, contacts: 30 }] });
    const none = await breakdowns().of(campaign, { ...facts(midnightMs), tried: 0 });
    assert.equal(none.attempts.perContact, undefined);
  });

  it('B9: looked up once a minute, and again when the rules of the campaign have changed', async () => {
    const one = breakdowns();
    await one.of(campaign, facts(midnightMs));
    await one.of(campaign, facts(midnightMs + breakdownLimits.keptMs - 1));
    assert.equal(asked, 1);
    await one.of(campaign, facts(midnightMs + breakdownLimits.keptMs));
    await one.of({ ...campaign, revision: campaign.revision + 1 }, facts(midnightMs + breakdownLimits.keptMs));
    assert.equal(asked, 3);
  });

  it('B9: wrap-up counts for the campaign of the talk before it, inbound talks for none', () => {
    const meter = recordingMeter();
    const wraps = createDialerWraps((callId) => (callId === 'k1' ? 'c1' : undefined), meter);
    const talk = (callId: string | undefined, wrapMs: number): void => {
      if (callId !== undefined) wraps.heard({ type: 'connected', callId, agent: 'anna', atMs: 0 });
      wraps.heard({ type: 'talk-ended', callId, agent: 'anna', talkMs: 1, atMs: 1 });
      wraps.heard({ type: 'wrap-ended', agent: 'anna', wrapMs, atMs: 2 });
    };
    talk('k1', 10_000);
    talk(undefined, 99_000);
    talk('gone', 77_000);
    talk('k1', 20_000);
    wraps.heard({ type: 'wrap-ended', agent: 'anna', wrapMs: 55_000, atMs: 3 }); // of a chat
    assert.deepEqual(wraps.of('c1'), { mean: 15_000, p90: 20_000 });
    assert.deepEqual(wraps.of('c2'), { mean: undefined, p90: undefined });
    assert.deepEqual(meter.observed('tandem_dialer_wrap_seconds'), [10, 20]);
  });

  it('B9: the newest wrap-ups are kept, so many of each campaign', () => {
    const wraps = createDialerWraps(() => 'c1', recordingMeter(), { ...dialerWrapLimits, keptMax: 2 });
    for (const wrapMs of [90_000, 1_000, 3_000]) {
      wraps.heard({ type: 'connected', callId: 'k1', agent: 'anna', atMs: 0 });
      wraps.heard({ type: 'wrap-ended', agent: 'anna', wrapMs, atMs: 0 });
    }
    assert.equal(wraps.of('c1').mean, 2_000);
  });

  it('B9: the page shows calls with their share, and contacts by attempts', () => {
    const rows = rateRows(
      {
        answerRates: { byPart: [{ fromMinute: 480, toMinute: 725, calls: 20, answered: 5 }], byList: [{ calls: 4, answered: 1 }] },
        attempts: {
          finished: [
            { attempts: 1, contacts: 30 },
            { attempts: 2, contacts: 10 },
          ],
        },
      },
      'No list',
    );
    assert.deepEqual(rows, {
      byPart: [{ name: '08:00 – 12:05', count: 20, share: 0.25 }],
      byList: [{ name: 'No list', count: 4, share: 0.25 }],
      finished: [
        { name: '1', count: 30, share: 0.75 },
        { name: '2', count: 10, share: 0.25 },
      ],
    });
    assert.deepEqual(rateRows(undefined, ''), { byPart: [], byList: [], finished: [] });
  });
});

describeStores('breakdown of calls', (open) => {
  it('B9: calls of the campaign by list since then, its finished contacts by attempts, and all calls placed', async () => {
    const { store } = await open();
    const fence = await dials(store);
    await store.dialer.putCampaign(aCampaign(), anEntry());
    await store.dialer.putCampaign(aCampaign('c2'), anEntry());
    const listOf = (n: number): number | undefined => (n < 3 ? 5 : undefined);
    const contacts = Array.from({ length: 5 }, (_, n) => aContact(`k${String(n)}`));
    await store.dialer.intake([...contacts, aContact('other', { campaignId: 'c2' })], nowMs, { strictSameNumber: false });
    await claimed(
      store,
      fence,
      contacts.map(({ id }) => id),
    );
    const counts = { attempt: true, result: 'CONNECTED' as const, dayPart: 0 };
    await store.dialer.save(
      contacts.map((contact, n) =>
        aChange(
          { contactId: contact.id, from: 'dialed', to: n === 4 ? 'pending' : 'ended', result: 'CONNECTED', counts },
          { record: aCall(contact, { listId: listOf(n), placedAtMs: nowMs + n, answeredAtMs: n % 2 === 0 ? nowMs + 9 : undefined }) },
        ),
      ),
      fence,
    );
    assert.deepEqual(await store.dialer.breakdown('c1', nowMs + 1), {
      lists: [
        { listId: undefined, calls: 2, answered: 1 },
        { listId: 5, calls: 2, answered: 1 },
      ],
      finished: [{ attempts: 1, contacts: 4 }],
      placed: 5,
    });
    assert.deepEqual(await store.dialer.breakdown('c2', 0), { lists: [], finished: [], placed: 0 });
  });
});
