/** The abandonment figure and the compliance report (dialer.md B4, B10), statistics (B9), profiles. */
import assert from 'node:assert/strict';
import { abandonFigure, inWholeCounters, windowsOf, windowStart } from '../core/dialer/compliance/abandonment.js';
import { profilesData } from '../core/dialer/compliance/profiles-data.js';
import { profilesWith, shippedProfiles } from '../core/dialer/compliance/profiles.js';
import { complianceReport, type ComplianceInput } from '../core/dialer/compliance/report.js';
import { answerRates, estimatedEnd, figuresFrom, figuresOfCalls } from '../core/dialer/live-figures.js';
import type { Campaign } from '../core/dialer/campaign.js';
import type { CallRecord } from '../core/dialer/contact.js';
import { callOf, campaignOf, counterRow, dayMs, hourMs, nowMs, profileOf } from './support/dialer-rules.js';

const bucketMs = 300_000;
const uk = profileOf('uk');
const us = profileOf('us-telemarketing');
const ca = profileOf('ca');

describe('dialer: abandonment figure (B4)', () => {
  it('24 hours in buckets of 5 minutes: exact at the edges, never too short between them', () => {
    const start = (now: number) => windowStart(campaignOf(), uk, now);
    assert.equal(start(nowMs), nowMs - dayMs);
    assert.equal(start(nowMs + 1), nowMs - dayMs);
    assert.equal(start(nowMs + bucketMs - 1), nowMs - dayMs);
    assert.equal(start(nowMs + bucketMs), nowMs - dayMs + bucketMs);
    const abandoned = (rowAt: number, now = nowMs) => abandonFigure(campaignOf(), uk, [counterRow(rowAt, { abandoned: 1 })], now).abandoned;
    assert.equal(abandoned(nowMs - dayMs), 1);
    assert.equal(abandoned(nowMs - dayMs - bucketMs), 0);
    assert.equal(abandoned(nowMs), 1);
    assert.equal(abandoned(nowMs + bucketMs), 0, 'not yet');
    assert.equal(abandoned(nowMs - dayMs, nowMs + bucketMs), 0);
  });

  it('30 days in buckets of an hour, or the campaign if it is shorter', () => {
    const start = (startedAtMs: number | undefined, now = nowMs) => windowStart(campaignOf({ startedAtMs }), us, now);
    assert.equal(start(undefined), nowMs - 30 * dayMs);
    assert.equal(start(undefined, nowMs + hourMs - 1), nowMs - 30 * dayMs);
    assert.equal(start(undefined, nowMs + hourMs), nowMs - 30 * dayMs + hourMs);
    assert.equal(start(nowMs - 100 * dayMs), nowMs - 30 * dayMs);
    assert.equal(start(nowMs - 5 * dayMs + 60_000), nowMs - 5 * dayMs);
  });

  it('successive windows begin at a counter: no call of the first minutes is left out, none counts twice', () => {
    const startedAtMs = nowMs - 70 * dayMs + 123_456;
    const windows = windowsOf(campaignOf({ startedAtMs }), us, nowMs - 70 * dayMs, nowMs, 100);
    assert.deepEqual(
      windows.map(({ fromMs, toMs }) => [(fromMs - nowMs) / dayMs, (toMs - nowMs) / dayMs]),
      [
        [-70, -40],
        [-40, -10],
        [-10, 0],
      ],
    );
    assert.deepEqual(inWholeCounters(nowMs + 1, nowMs + bucketMs + 1), { fromMs: nowMs, toMs: nowMs + 2 * bucketMs });
    assert.deepEqual(inWholeCounters(nowMs, nowMs + bucketMs), { fromMs: nowMs, toMs: nowMs + bucketMs });
  });

  it('each further 30 days by themselves: months without an abandoned call are no credit for the portion under way', () => {
    const startedAtMs = nowMs - 61 * dayMs;
    const figureAt = (now: number, rows: readonly (readonly [atMs: number, connected: number, abandoned: number])[]) => {
      const counters = rows.map(([atMs, connected, abandoned]) => counterRow(atMs, { connected, abandoned }));
      const { connected, abandoned, isAtCap } = abandonFigure(campaignOf({ startedAtMs }), us, counters, now);
      return [connected, abandoned, isAtCap];
    };
    const good = [nowMs - 10 * dayMs, 1_000, 5] as const;
    assert.deepEqual(figureAt(nowMs, [good, [nowMs - hourMs, 50, 4]]), [50, 4, true], 'the third window began yesterday');
    assert.deepEqual(
      figureAt(nowMs, [
        [nowMs - 10 * dayMs, 50, 4],
        [nowMs - hourMs, 100, 1],
      ]),
      [150, 5, true],
      'the worse of both',
    );
    assert.deepEqual(figureAt(startedAtMs + dayMs, [[startedAtMs, 100, 1]]), [100, 1, false]);
  });

  it('a calendar month, in the campaign’s zone', () => {
    assert.equal(windowStart(campaignOf({ timeZone: 'America/Toronto' }), ca, nowMs), Date.parse('2026-11-01T00:00:00-04:00'));
    assert.equal(windowStart(campaignOf(), ca, nowMs), Date.parse('2026-11-01T00:00:00Z'));
    assert.equal(
      windowStart(campaignOf({ timeZone: 'America/Toronto' }), ca, Date.parse('2026-12-01T04:59:59Z')),
      Date.parse('2026-11-01T04:00:00Z'),
    );
  });

  it('successive windows of a period, each by itself', () => {
    const startedAtMs = nowMs - 70 * dayMs;
    const windows = windowsOf(campaignOf({ startedAtMs }), us, startedAtMs, nowMs, 100);
    assert.deepEqual(
      windows.map(({ fromMs, toMs }) => [(fromMs - startedAtMs) / dayMs, (toMs - startedAtMs) / dayMs]),
      [
        [0, 30],
        [30, 60],
        [60, 70],
      ],
    );
    assert.equal(windowsOf(campaignOf(), uk, nowMs - 500 * dayMs, nowMs, 400).length, 400);
    assert.deepEqual(
      windowsOf(campaignOf(), ca, Date.parse('2026-09-15T00:00Z'), nowMs, 9).map(({ fromMs }) =>
        new Date(fromMs).toISOString().slice(0, 10),
      ),
      ['2026-09-15', '2026-10-01', '2026-11-01'],
    );
  });

  const figure = (row: object, campaign: Partial<Campaign> = {}) =>
    abandonFigure(campaignOf(campaign), uk, [counterRow(nowMs - hourMs, row)], nowMs);

  it('abandoned / (connected + abandoned); other campaigns do not count', () => {
    const { share, connected, abandoned } = figure({ connected: 97, abandoned: 3 });
    assert.deepEqual([share, connected, abandoned], [0.03, 97, 3]);
    assert.equal(figure({ campaign: 'other', abandoned: 3 }).abandoned, 0);
    assert.equal(figure({}).share, 0);
    assert.equal(figure({ customerDropped: 9, machines: 9 }).share, 0, 'who left first and machines are not counted');
  });

  it('the cap: reached, and how many calls are left', () => {
    const at = (connected: number, abandoned: number) => {
      const { isAtCap, left } = figure({ connected, abandoned });
      return [isAtCap, left];
    };
    assert.deepEqual(at(97, 3), [true, 0]);
    assert.deepEqual(at(98, 3), [false, 0]);
    assert.deepEqual(at(194, 3), [false, 3]);
    assert.deepEqual(at(0, 0), [false, 0]);
    assert.deepEqual(at(5, 1), [true, 0]);
    assert.equal(figure({ connected: 98, abandoned: 2 }, { abandonCap: 0.02 }).isAtCap, true, 'the campaign’s own cap');
    assert.equal(figure({ connected: 98, abandoned: 2 }, { abandonCap: 0.5 }).cap, 0.03, 'never above the profile’s');
  });

  it('with AMD a share of those taken for machines is added, and steers', () => {
    const { adjusted, steering, isAtCap, share } = figure(
      { connected: 98, abandoned: 2, machines: 100 },
      { amd: { ...campaignOf().amd, mode: 'switch' } },
    );
    assert.equal(share, 0.02);
    assert.deepEqual([adjusted.how, adjusted.abandoned, adjusted.share], ['amd', 7, 7 / 105]);
    assert.deepEqual(steering, { connected: 98, abandoned: 7 });
    assert.equal(isAtCap, true);
  });

  it('without AMD the machines that agents report are deducted in the adjusted figure; the raw one steers', () => {
    const { adjusted, steering, share } = figure({ connected: 100, machinesByAgent: 20, abandoned: 5 });
    assert.equal(share, 5 / 85);
    assert.deepEqual([adjusted.how, adjusted.abandoned, adjusted.connected, adjusted.share], ['agents', 4, 80, 4 / 84]);
    assert.deepEqual(steering, { connected: 80, abandoned: 5 });
  });
});

describe('dialer: compliance report (B10)', () => {
  const input = (more: Partial<ComplianceInput> = {}): ComplianceInput => ({
    campaign: campaignOf({ mode: 'PREDICTIVE', profile: 'uk', client: 'acme' }),
    profile: uk,
    fromMs: Date.parse('2026-11-24T00:00Z'),
    toMs: Date.parse('2026-11-26T00:00Z'),
    counters: [],
    calls: [],
    isWhole: true,
    blocked: {},
    suppression: new Map([['uk-tps', nowMs - 3 * dayMs]]),
    madeAtMs: nowMs,
    ...more,
  });
  const condition = (name: string, calls: readonly CallRecord[], counters: ComplianceInput['counters'] = []) => {
    const found = complianceReport(input({ calls, counters })).data.conditions.find((each) => each.name === name);
    assert.ok(found);
    return found;
  };
  const abandonedCall = (more: Partial<CallRecord> = {}) =>
    callOf({ result: 'ABANDONED', answeredAtMs: nowMs - 10_000, offeredAtMs: nowMs - 10_000, messageAtMs: nowMs - 8_000, ...more });

  it('abandonment by window: a day over the cap is told', () => {
    const counters = [
      counterRow(Date.parse('2026-11-24T12:00Z'), { connected: 98, abandoned: 2 }),
      counterRow(Date.parse('2026-11-25T12:00Z'), { connected: 90, abandoned: 10 }),
      counterRow(Date.parse('2026-11-26T00:00Z'), { connected: 1, abandoned: 10 }),
    ];
    const { data, text } = complianceReport(input({ counters }));
    assert.deepEqual(
      data.windows.map(({ abandoned, isWithinCap }) => [abandoned, isWithinCap]),
      [
        [2, true],
        [10, false],
      ],
    );
    assert.equal(data.total.abandoned, 12);
    assert.equal(condition('abandonment', [], counters).isMet, false);
    assert.match(text, /1\. at most 3\.00 % .* in each window: NOT MET/);
    assert.match(text, /10 abandoned, 90 connected, 10\.00 % OVER THE CAP/);
  });

  it('exactly the cap is within it', () => {
    const counters = [counterRow(Date.parse('2026-11-25T12:00Z'), { connected: 97, abandoned: 3 })];
    assert.equal(condition('abandonment', [], counters).isMet, true);
  });

  it('ring time: calls that we gave up too early, and no others', () => {
    const rang = (ms: number, more: Partial<CallRecord> = {}) => callOf({ ringingAtMs: nowMs - ms, endedBy: 'us', ...more });
    assert.equal(condition('ring-time', [rang(15_000)]).isMet, true);
    assert.equal(condition('ring-time', [rang(3_000, { endedBy: 'customer' }), rang(3_000, { answeredAtMs: nowMs })]).isMet, true);
    const early = condition('ring-time', [rang(14_000)]);
    assert.deepEqual([early.isMet, early.findings[0]?.problem], [false, 'rang 14 s']);
  });

  it('message: played, and in time', () => {
    assert.equal(condition('message', [abandonedCall()]).isMet, true);
    assert.match(condition('message', [abandonedCall({ messageAtMs: undefined })]).findings[0]?.problem ?? '', /no message/);
    assert.match(condition('message', [abandonedCall({ messageAtMs: nowMs - 7_000 })]).findings[0]?.problem ?? '', /after 3 s/);
  });

  it('message: silence before the door counts, in an IVR the time before the key does not', () => {
    const late = { answeredAtMs: nowMs - 10_000, offeredAtMs: nowMs - 6_000, messageAtMs: nowMs - 5_500 };
    assert.match(condition('message', [abandonedCall(late)]).findings[0]?.problem ?? '', /after 4.5 s/);
    assert.equal(condition('message', [abandonedCall({ ...late, mode: 'IVR' })]).isMet, true);
  });

  it('numbers are masked, in every form', () => {
    const { text, csv, data } = complianceReport(input({ calls: [abandonedCall({ messageAtMs: undefined })] }));
    for (const form of [text, csv, JSON.stringify(data)]) {
      assert.ok(!form.includes('15112345678'), form);
      assert.ok(form.includes('+49151*****'), form);
    }
  });

  it('opt-outs, messages, what was blocked, the age of lists', () => {
    const counters = [counterRow(Date.parse('2026-11-24T12:00Z'), { optedOut: 4, messagesPlayed: 5 })];
    const { text, csv, data } = complianceReport(input({ counters, blocked: { BLOCKED_DNC: 7 }, suppression: new Map() }));
    assert.match(text, /Opt-outs by key: 4\. Messages played: 5\./);
    assert.match(text, /BLOCKED_DNC: 7/);
    assert.match(text, /uk-tps .* never loaded.*TOO OLD/);
    assert.match(csv, /^blocked,.*BLOCKED_DNC,7/m);
    assert.equal(data.lists[0]?.isFresh, false);
    assert.equal(complianceReport(input()).data.lists[0]?.isFresh, true);
  });

  it('a cut list of calls is told; findings are bounded', () => {
    assert.match(complianceReport(input({ isWhole: false })).text, /was cut/);
    const many = Array.from({ length: 300 }, (_, i) => abandonedCall({ callId: `c${String(i)}`, messageAtMs: undefined }));
    const { findings, findingsCount } = condition('message', many);
    assert.deepEqual([findings.length, findingsCount], [200, 300]);
    assert.match(complianceReport(input({ calls: many })).text, /and 100 more/);
  });

  it('a name that a spreadsheet would take for a formula stays a text', () => {
    const { csv } = complianceReport(input({ campaign: campaignOf({ name: '=1+1', profile: 'uk' }) }));
    assert.match(csv, /'=1\+1/);
  });
});

describe('dialer: profiles (B4)', () => {
  it('those that ship are valid, with the figures of the specification', () => {
    assert.deepEqual([...shippedProfiles.keys()], ['us-telemarketing', 'uk', 'ca', 'eu-generic', 'reference']);
    assert.equal(profilesData.length, shippedProfiles.size);
    assert.deepEqual([us.abandonCap, us.graceMsMax, us.minRingMs, us.suppression[0]?.maxAgeMs], [0.03, 2_000, 15_000, 31 * dayMs]);
    assert.deepEqual([uk.protectAbandonedMs, uk.protectMachineMs, uk.suppression[0]?.maxAgeMs], [72 * hourMs, dayMs, 28 * dayMs]);
    assert.deepEqual([ca.abandonCap, ca.abandonWindow.kind, ca.hours?.[1]?.[0]?.to], [0.05, 'month', 21 * 60 + 30]);
    assert.deepEqual([profileOf('eu-generic').consentRequired, profileOf('eu-generic').abandonCap], [true, 0.03]);
    assert.deepEqual(profileOf('reference').modes, ['IVR', 'PREVIEW', 'PROGRESSIVE']);
    assert.ok(Math.abs(uk.abandonGoalMax * uk.abandonCap - 0.01) < 0.001, 'the goal is one per cent');
  });

  it('own profiles from a file, on the base of another', () => {
    const mine = {
      name: 'de',
      based_on: 'eu-generic',
      text: 'ours',
      country: 'DE',
      hours: { 'mon-fri': '09:00-18:00' },
      regions: { 'DE-BY': { holidays: ['08-15'] } },
    };
    const profiles = profilesWith('profiles.yaml', {
      profiles: [mine, { name: 'de-late', based_on: 'de', hours: { daily: '12:00-18:00' } }],
    });
    assert.equal(profiles.get('de')?.consentRequired, true);
    assert.deepEqual(profiles.get('de')?.hours?.[6], []);
    assert.equal(profiles.get('de-late')?.country, 'DE');
    assert.equal(profiles.size, shippedProfiles.size + 2);
  });

  it('every wrong field of a file is named', () => {
    const wrong = {
      name: 'de',
      based_on: 'eu-generic',
      hours: { someday: '09:00-18:00', mon: '18:00-09:00' },
      abandon_cap: 3,
      colour: 'red',
      holidays: ['2026-02-30'],
    };
    assert.throws(
      () => profilesWith('p.json', { profiles: [wrong, { name: 'x', based_on: 'nobody' }] }),
      (e: Error) =>
        ['p.json', 'profiles.0.hours.someday', 'profiles.0.hours.mon', 'abandon_cap', 'colour', 'holidays', 'profiles.1.based_on'].every(
          (part) => e.message.includes(part),
        ),
    );
    assert.throws(() => profilesWith('p.json', { profiles: [{ name: 'bare' }] }), /consent_required/);
    assert.throws(() => profilesWith('p.json', []), /p\.json/);
  });
});

describe('dialer: live statistics (B9)', () => {
  it('sums of buckets that begin in the span', () => {
    const rows = [
      counterRow(0, { placed: 1 }),
      counterRow(bucketMs, { placed: 10, answered: 4, connected: 2, connectedIvr: 1, abandoned: 1 }),
      counterRow(2 * bucketMs, { placed: 100 }),
    ];
    const { placed, answerRate, connected, abandonShare } = figuresFrom(rows, bucketMs, 2 * bucketMs);
    assert.deepEqual([placed, answerRate, connected, abandonShare], [10, 0.4, 3, 1 / 3]);
    assert.equal(figuresFrom([], 0, 1).answerRate, undefined);
  });

  it('calls that ended in the span', () => {
    const calls = [
      callOf({ endedAtMs: 10, result: 'CONNECTED', answeredAtMs: 5 }),
      callOf({ endedAtMs: 20, result: 'ABANDONED', answeredAtMs: 5 }),
      callOf({ endedAtMs: 20, result: 'MACHINE', answeredAtMs: 5 }),
      callOf({ endedAtMs: 30 }),
    ];
    const { placed, answered, connected, abandoned, machines } = figuresOfCalls(calls, 10, 30);
    assert.deepEqual([placed, answered, connected, abandoned, machines], [3, 3, 1, 1, 1]);
    const ivr = [callOf({ endedAtMs: 10, result: 'CONNECTED_IVR', answeredAtMs: 5 }), callOf({ endedAtMs: 10, result: 'ABANDONED' })];
    assert.equal(figuresOfCalls(ivr, 10, 30).abandonShare, 1, 'who only heard the IVR is no denominator');
  });

  it('B9: answer rates by group: a few calls lean on the rate of all', () => {
    const rates = answerRates([
      { group: 1, calls: 30, answered: 5 },
      { group: 1, calls: 50, answered: 15 },
      { group: 2, calls: 1, answered: 1 },
      { group: 3, calls: 0, answered: 0 },
    ]);
    assert.deepEqual([...rates.keys()], [1, 2]);
    assert.deepEqual([rates.get(1)?.calls, rates.get(1)?.answered], [80, 20]);
    assert.ok(Math.abs((rates.get(1)?.rate ?? 0) - 0.25) < 0.01);
    assert.ok((rates.get(2)?.rate ?? 1) < 0.35);
  });

  it('the estimated end counts only time in which the window is open', () => {
    const pace = { placed: 60, spanMs: hourMs, callsPerContact: 2 };
    assert.equal(estimatedEnd(60, pace, nowMs), nowMs + 2 * hourMs);
    assert.equal(estimatedEnd(0, pace, nowMs), nowMs);
    assert.equal(estimatedEnd(9, { ...pace, placed: 0 }, nowMs), undefined);
    const daily = (ms: number) => ({
      fromMs: Math.floor(ms / dayMs) * dayMs + 8 * hourMs,
      toMs: Math.floor(ms / dayMs) * dayMs + 9 * hourMs,
    });
    const window = (ms: number) => (ms < daily(ms).toMs ? daily(ms) : daily(ms + dayMs));
    const day = Math.floor(nowMs / dayMs) * dayMs;
    assert.equal(estimatedEnd(60, pace, day, window), day + dayMs + 9 * hourMs);
    assert.equal(estimatedEnd(1e9, pace, day, window), undefined);
  });
});
