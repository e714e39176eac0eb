/** What the dialer's pages show, as pure functions: rows, shares against the cap, the day, talks of an agent, the report (B12, B44, B46, B47, B58). */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { campaignStates } from '../core/dialer/words.js';
import {
  abandonmentOf,
  actionsIn,
  busyPart,
  campaignTotals,
  countRows,
  isAskedFirst,
  quarterMs,
  quartersOf,
  shareLevel,
  shareText,
  sortedCampaigns,
} from '../sidecar/wallboard/lib/campaigns.js';
import {
  abandonedRows,
  dateText,
  fileOf,
  reportPath,
  secondsText,
  spanOf,
  spanOfDates,
  verdictOf,
  windowsShown,
} from '../sidecar/wallboard/lib/compliance.js';
import {
  callbackRows,
  consequenceOf,
  fieldsOf,
  localTime,
  nameIn,
  openTalksMax,
  readTalks,
  suggestedCallback,
  timeOfLocal,
  withoutTalk,
  withTalk,
} from '../sidecar/wallboard/lib/dialer-desk.js';
import type { CallbackRow, CallRow, CampaignNow, Counters, LiveAnswer, OverviewRow, Talk } from '../sidecar/wallboard/lib/dialer-wire.js';

const live = (more: Partial<CampaignNow> = {}): CampaignNow => ({
  ...{ hopper: 0, ringing: 0, waiting: 0, talking: 0, gateways: [] },
  agents: { ready: 0, reserved: 0, talk: 0, wrap: 0, paused: 0 },
  window: { connected: 0, abandoned: 0, share: 0, cap: 0.03 },
  ...more,
});
const row = (id: string, more: Partial<OverviewRow> = {}): OverviewRow => ({
  ...{ id, name: id, state: 'running', mode: 'PREDICTIVE', queue: 'sales', weight: 1, implicit: false, pending: 0, live: live() },
  ...more,
});
const windowOf = (share: number, cap = 0.03) => ({ connected: 97, abandoned: 3, share, cap });

describe('pages of the dialer: campaigns', () => {
  it('B44: the share is near from four fifths of the cap on, and over at the cap, where the dialer calls one by one', () => {
    const levels = [0, 0.0239, 0.024, 0.0299, 0.03, 0.5].map((share) => shareLevel(share, 0.03));
    assert.deepEqual(levels, ['good', 'good', 'near', 'near', 'over', 'over']);
    assert.deepEqual([shareLevel(0, 0), shareLevel(0.001, 0)], ['good', 'over']);
  });

  it('B44: a larger share is never told as a better one', () => {
    const rank = { good: 0, near: 1, over: 2 };
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, fc.double({ min: 0.001, max: 0.1, noNaN: true }), (a, b, cap) => {
        assert.ok(rank[shareLevel(Math.max(a, b), cap)] >= rank[shareLevel(Math.min(a, b), cap)]);
      }),
    );
  });

  it('shares have two places behind the point; what is unknown is a dash', () => {
    assert.deepEqual(
      [shareText(0.02409), shareText(0), shareText(undefined), shareText(null), shareText(NaN)],
      ['2.41 %', '0.00 %', '–', '–', '–'],
    );
  });

  it('each state has its own ways out; only a pause is not asked for first', () => {
    assert.deepEqual(Object.fromEntries(campaignStates.map((state) => [state, actionsIn(state).join(' ')])), {
      draft: 'start',
      running: 'pause drain stop',
      paused: 'resume drain stop purge',
      draining: 'resume pause stop',
      stopped: 'start purge',
      done: 'start purge',
    });
    assert.deepEqual(
      (['start', 'resume', 'pause', 'drain', 'stop', 'purge'] as const).filter((action) => !isAskedFirst(action)),
      ['pause'],
    );
  });

  it('sums over campaigns leave out those of which nothing is known', () => {
    const rows = [
      row('a', { pending: 5, live: live({ ringing: 4, waiting: 1, talking: 2, window: windowOf(0.029) }) }),
      row('b', { pending: 7, live: null }),
      row('c', { state: 'paused', live: live({ talking: 3 }) }),
    ];
    assert.deepEqual(campaignTotals(rows), { running: 2, ringing: 4, waiting: 1, talking: 5, pending: 12, near: 1 });
  });

  it('are sorted by name, state, calls in flight, and nearness to the cap; equal ones by name', () => {
    const rows = [
      row('b', { state: 'stopped', live: null }),
      row('c', { live: live({ ringing: 9, window: windowOf(0.01) }) }),
      row('a', { state: 'paused', live: live({ talking: 1, window: windowOf(0.02, 0.05) }) }),
    ];
    const ids = (sort: Parameters<typeof sortedCampaigns>[1]): string =>
      sortedCampaigns(rows, sort)
        .map(({ id }) => id)
        .join('');
    assert.deepEqual([ids('name'), ids('state'), ids('calls'), ids('abandoned')], ['abc', 'cab', 'cab', 'acb']);
  });

  it('counts come largest first with their share, without noughts', () => {
    assert.deepEqual(countRows({ pending: 1, ended: 3, failed: 0 }), [
      { name: 'ended', count: 3, share: 0.75 },
      { name: 'pending', count: 1, share: 0.25 },
    ]);
  });

  it('B12: the figure of the tables goes before that of this moment; one without the other will do', () => {
    const figures = { abandonment: { share: 0.02, cap: 0.03, connected: 98, abandoned: 2, adjusted: { share: 0.025, how: 'amd' } } };
    const answer = (of: object, now: CampaignNow | null): LiveAnswer => ({ figures: of, live: now }) as unknown as LiveAnswer;
    assert.deepEqual(abandonmentOf(answer(figures, live())), { share: 0.02, cap: 0.03, adjusted: 0.025, how: 'amd' });
    assert.deepEqual(abandonmentOf(answer({}, live({ window: windowOf(0.01) }))), { share: 0.01, cap: 0.03, adjusted: 0.01, how: 'none' });
    assert.deepEqual(abandonmentOf(answer({}, null)), { share: 0, cap: 0, adjusted: 0, how: 'none' });
  });
});

describe('pages of the dialer: the day', () => {
  const fromMs = Date.UTC(2026, 10, 23);
  const five = (minute: number, more: Partial<Counters> = {}): Counters => ({
    ...{ bucketMs: fromMs + minute * 60_000, placed: 0, answered: 0, connected: 0, connectedIvr: 0, abandoned: 0 },
    ...more,
  });

  it('three buckets of five minutes are a quarter; talks with an IVR are connected too', () => {
    const rows = [
      five(0, { placed: 3, answered: 2, connected: 1 }),
      five(10, { placed: 2, answered: 1, connectedIvr: 1, abandoned: 1 }),
      five(15, { placed: 5 }),
    ];
    const [first, second, ...rest] = quartersOf(rows, fromMs, fromMs + 40 * 60_000);
    assert.deepEqual(first, { atMs: fromMs, placed: 5, answered: 3, connected: 2, abandoned: 1 });
    assert.equal(second?.placed, 5);
    assert.deepEqual(
      rest.map(({ placed }) => placed),
      [0],
    );
  });

  it('no call is lost or counted twice, wherever its bucket lies in the day', () => {
    const buckets = fc.array(
      fc.record({ minute: fc.integer({ min: 0, max: 287 }).map((n) => n * 5), placed: fc.integer({ min: 0, max: 50 }) }),
    );
    fc.assert(
      fc.property(buckets, (given) => {
        const quarters = quartersOf(
          given.map(({ minute, placed }) => five(minute, { placed })),
          fromMs,
          fromMs + 86_399_000,
        );
        assert.equal(quarters.length, 96);
        const sum = (list: readonly { placed: number }[]): number => list.reduce((all, { placed }) => all + placed, 0);
        assert.equal(sum(quarters), sum(given));
        assert.equal(sum(busyPart(quarters)), sum(given));
      }),
    );
  });

  it('buckets outside the day are left out; the quiet hours around the calls are not drawn, a quarter on each side is', () => {
    const quarters = quartersOf([five(-5, { placed: 9 }), five(600, { placed: 1 }), five(660, { placed: 1 })], fromMs, fromMs + 80_000_000);
    const busy = busyPart(quarters);
    assert.deepEqual([busy[0]?.atMs, busy.at(-1)?.atMs], [fromMs + 600 * 60_000 - quarterMs, fromMs + 660 * 60_000 + quarterMs]);
    assert.deepEqual(busyPart(quartersOf([], fromMs, fromMs + 80_000_000)), []);
  });
});

describe('pages of the dialer: an agent`s talks', () => {
  const talk = (callId: string): Talk => ({
    ...{ callId, contact: callId, campaign: 'c1', campaignName: 'Spring', number: '+49301', data: {}, attempts: 0, dispositions: [] },
  });

  it('the talk that goes on stands first and once; at most so many wait for a word', () => {
    let open: readonly Talk[] = [];
    for (const id of ['1', '2', '2', '1', '3', '4', '5', '6']) open = withTalk(open, talk(id));
    assert.deepEqual(
      open.map(({ callId }) => callId),
      ['6', '5', '4', '3', '1'],
    );
    assert.equal(open.length, openTalksMax);
    assert.deepEqual(withTalk([talk('2'), talk('1')], talk('1')), [talk('1'), talk('2')]);
    assert.deepEqual(withTalk(open, null), open);
    assert.deepEqual(
      withoutTalk(open, '5').map(({ callId }) => callId),
      ['6', '4', '3', '1'],
    );
  });

  it('what the browser kept is taken up again; what is none is nothing', () => {
    assert.deepEqual(readTalks(JSON.stringify([talk('1')])), [talk('1')]);
    for (const text of [null, '', '{', '7', '{"a":1}', '[null,1,{"callId":"x"}]']) assert.deepEqual(readTalks(text), []);
  });

  it('fields without anything in them are left out; the name is found where records have it', () => {
    assert.deepEqual(fieldsOf({ last_order: 'June', note: ' ' }), [['last order', 'June']]);
    assert.deepEqual([{ name: 'Ada King' }, { First_Name: 'Ada', last_name: 'King' }, { last_name: 'King' }, { city: 'Ulm' }].map(nameIn), [
      'Ada King',
      'Ada King',
      'King',
      '',
    ]);
  });

  it('B46: what follows a disposition: the list of numbers goes before a callback', () => {
    const choice = { name: 'X', text: '', success: false, dnc: 'none', callback: false, recycle_s: null };
    assert.deepEqual(
      [choice, { ...choice, callback: true }, { ...choice, callback: true, dnc: 'client' }, { ...choice, recycle_s: 60 }].map(
        consequenceOf,
      ),
      ['final', 'callback', 'dnc', 'recycle'],
    );
  });

  it('B47: the time of a callback goes through the form and back; no time is none', () => {
    const atMs = new Date(2026, 10, 23, 9, 5).getTime();
    assert.equal(localTime(atMs), '2026-11-23T09:05');
    assert.equal(timeOfLocal(localTime(atMs)), atMs);
    assert.equal(timeOfLocal('soon'), undefined);
    assert.equal(localTime(suggestedCallback(atMs)), '2026-11-23T12:00');
  });

  it('B47: callbacks come by their time, those that are due are marked, one without a time is left out', () => {
    const callback = (id: string, at: string | null, data = {}): CallbackRow => ({
      ...{ id, campaign_id: 'c1', customer_number: '+49301', callback_at: at, attempts: 1, data },
    });
    const rows = callbackRows(
      [callback('b', '2026-11-23T12:00:00Z'), callback('a', '2026-11-23T10:00:00Z', { name: 'Ada' }), callback('c', null)],
      Date.UTC(2026, 10, 23, 11),
    );
    assert.deepEqual(
      rows.map(({ id, who, isDue }) => [id, who, isDue]),
      [
        ['a', 'Ada', true],
        ['b', '+49301', false],
      ],
    );
  });
});

describe('pages of the dialer: the compliance report', () => {
  const noon = new Date(2026, 2, 15, 12, 30).getTime();
  const day = (year: number, month: number, date: number): number => new Date(year, month - 1, date).getTime();

  it('B12: periods are whole days by the clock of who looks; the end is the first moment that is no longer in it', () => {
    assert.deepEqual(spanOf('today', noon), { fromMs: day(2026, 3, 15), toMs: day(2026, 3, 16) });
    assert.deepEqual(spanOf('yesterday', noon), { fromMs: day(2026, 3, 14), toMs: day(2026, 3, 15) });
    assert.deepEqual(spanOf('week', noon), { fromMs: day(2026, 3, 9), toMs: day(2026, 3, 16) });
    assert.deepEqual(spanOf('days30', noon), { fromMs: day(2026, 2, 14), toMs: day(2026, 3, 16) });
    assert.deepEqual(spanOf('month', noon), { fromMs: day(2026, 3, 1), toMs: day(2026, 3, 16) });
    assert.deepEqual(spanOf('lastMonth', noon), { fromMs: day(2026, 2, 1), toMs: day(2026, 3, 1) });
  });

  it('dates of the form: the last day is in it; the wrong way round and no dates are none', () => {
    assert.deepEqual(spanOfDates('2026-03-01', '2026-03-01'), { fromMs: day(2026, 3, 1), toMs: day(2026, 3, 2) });
    assert.equal(dateText(day(2026, 3, 1)), '2026-03-01');
    for (const [from, to] of [
      ['2026-03-02', '2026-03-01'],
      ['', '2026-03-01'],
      ['x', 'y'],
    ] as const)
      assert.equal(spanOfDates(from, to), undefined);
  });

  it('B58: files have the campaign and the period in their address', () => {
    const span = { fromMs: 1, toMs: 2 };
    assert.equal(reportPath('a@b', span), '/dialer/campaigns/a%40b/report?from=1&to=2');
    assert.equal(fileOf('a@b', span, 'csv'), '/api/v1/dialer/campaigns/a%40b/report?from=1&to=2&format=csv');
    assert.equal(fileOf('a@b', span, 'calls'), '/api/v1/dialer/export/calls?campaign=a%40b&from=1&to=2&format=csv');
    assert.equal(fileOf('a@b', span, 'counters'), '/api/v1/dialer/campaigns/a%40b/counters?from=1&to=2');
  });

  it('B12: the verdict is good only when all three are met and the evidence is whole', () => {
    const data = (isWhole: boolean, ...met: readonly boolean[]) =>
      ({ isWhole, conditions: met.map((isMet) => ({ isMet })) }) as unknown as Parameters<typeof verdictOf>[0];
    assert.deepEqual(
      [data(true, true, true, true), data(true, true, false, true), data(false, true, true, true), data(false, false, true, true)].map(
        verdictOf,
      ),
      ['met', 'not-met', 'not-whole', 'not-met'],
    );
  });

  it('B12: windows without calls are counted, not listed; one over the cap is listed always', () => {
    const window = (abandoned: number, connected: number, isWithinCap = true) => ({ abandoned, connected, isWithinCap });
    const given = [window(0, 0), window(1, 0), window(0, 5), window(0, 0, false), window(0, 0)];
    const { shown, quiet } = windowsShown(given as unknown as Parameters<typeof windowsShown>[0]);
    assert.deepEqual([shown, quiet], [given.slice(1, 4), 2]);
  });

  it('B12: the record of an abandoned call tells the wait and the message, or that there was none', () => {
    const call = (more: Partial<CallRow>): CallRow => ({
      ...{ callId: 'k', contactId: 'k', number: '+4930*****01', placedAtMs: 0, answeredAtMs: 10_000, endedAtMs: 20_000, optedOut: false },
      result: 'ABANDONED',
      ...more,
    });
    const [played, none] = abandonedRows([
      call({ offeredAtMs: 10_500, messageAtMs: 12_400, messageMs: 6_000, optedOut: true }),
      call({ endedAtMs: 13_000 }),
    ]);
    assert.deepEqual([played?.waitMs, played?.messageAfterMs, played?.messageMs, played?.optedOut], [1_900, 1_900, 6_000, true]);
    assert.deepEqual([none?.waitMs, none?.messageAfterMs], [3_000, undefined]);
    assert.deepEqual([secondsText(1_940), secondsText(undefined)], ['1.9 s', '–']);
  });
});
