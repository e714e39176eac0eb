/** Zones of contacts and their calling windows (dialer.md B4). */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { numberFactsOf, numberKeyOf } from '../core/dialer/compliance/numbers.js';
import { ruleNameOf } from '../core/dialer/compliance/region-rules.js';
import { contactClock, placeableAt, shiftOf, windowOf } from '../core/dialer/compliance/windows.js';
import { placeOf, placeOfNumber, zonesOfCountry, zonesOfRegion } from '../core/dialer/compliance/zones.js';
import { areaCodesText } from '../core/dialer/compliance/area-codes-data.js';
import { numberZonesText } from '../core/dialer/compliance/number-zones-data.js';
import { isZone } from '../core/time.js';
import { campaignOf, dayMs, hourMs, profileOf } from './support/dialer-rules.js';

const us = profileOf('us-telemarketing');
const eu = profileOf('eu-generic');
const uk = profileOf('uk');
const at = (text: string): number => Date.parse(text);
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());
const nowhere = { zones: [], region: undefined } as const;
const anyCampaign = { country: '', timeZone: '' } as const;

describe('dialer: numbers (numberKey of B7)', () => {
  it('one key for a number however it is written', () => {
    for (const [number, country] of [
      ['+4930123456', ''],
      ['004930123456', ''],
      ['4930123456', ''],
      ['030123456', 'DE'],
      ['+4930123456', 'US'],
      ['004930123456', 'DE'],
    ] as const)
      assert.equal(numberKeyOf(number, country), '4930123456', `${number} ${country}`);
    assert.equal(numberKeyOf('2125550123', 'US'), '12125550123');
    assert.equal(numberKeyOf('+490151 23456789'.replace(' ', ''), ''), '4915123456789', 'a trunk zero too many');
  });

  it('extensions and codes are no numbers of E.164 and keep their digits', () => {
    assert.deepEqual(numberFactsOf('1004', 'DE'), {
      key: '1004',
      isE164: false,
      country: undefined,
      callingCode: undefined,
      line: undefined,
    });
    assert.equal(numberKeyOf('*9664', 'DE'), '9664');
    assert.equal(numberKeyOf('**', ''), '**');
  });

  it('mobile and landline for the sorter, where the plan tells them apart', () => {
    assert.equal(numberFactsOf('+4915123456789', '').line, 'mobile');
    assert.equal(numberFactsOf('+4930123456', '').line, 'landline');
    assert.equal(numberFactsOf('+12125550123', '').line, undefined);
  });

  it('any text gives a key that is not empty and never throws', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+?[0-9*#]{2,20}$/), fc.constantFrom('', 'DE', 'US', 'XX', 'constructor'), (number, country) => {
        assert.match(numberKeyOf(number, country), /^[0-9*#+]{1,21}$/);
      }),
    );
  });
});

describe('dialer: time zone of a contact (B4)', () => {
  it('every zone of the data is known here', () => {
    const zones = `${areaCodesText} ${numberZonesText}`.split(/[\s|&]+/).filter((word) => word.includes('/'));
    assert.ok(zones.length > 300);
    for (const zone of new Set(zones)) assert.ok(isZone(zone), zone);
  });

  it('what was given goes before the region, that before the number, that before the campaign', () => {
    const berlin = '4930123456';
    const campaign = { country: 'US', timeZone: 'Asia/Tokyo' };
    const place = (zones: readonly string[], region: string | undefined, key: string) => placeOf({ zones, region }, key, campaign);
    assert.deepEqual(place(['Asia/Kolkata'], 'US-NY', berlin), { zones: ['Asia/Kolkata'], region: 'US-NY', source: 'given' });
    assert.deepEqual(place([], 'US-NY', berlin), { zones: ['America/New_York'], region: 'US-NY', source: 'region' });
    assert.deepEqual(place([], undefined, berlin), { zones: ['Europe/Berlin'], region: 'DE', source: 'prefix' });
    assert.deepEqual(place([], undefined, '1004'), { zones: ['Asia/Tokyo'], region: undefined, source: 'campaign' });
    assert.deepEqual(placeOf(nowhere, '1004', { country: 'DE', timeZone: '' }).zones, zonesOfCountry('DE'));
    assert.deepEqual(placeOf(nowhere, '1004', anyCampaign), { zones: [], region: undefined, source: 'none' });
  });

  it('an area code with two zones has both, and its state', () => {
    assert.deepEqual(placeOfNumber('18505550123'), { zones: ['America/Chicago', 'America/New_York'], region: 'US-FL', source: 'prefix' });
    assert.deepEqual(placeOfNumber('14485550123').zones, ['America/Chicago', 'America/New_York'], 'the code laid over it too');
    assert.deepEqual(placeOfNumber('12125550123'), { zones: ['America/New_York'], region: 'US-NY', source: 'prefix' });
    assert.deepEqual(placeOfNumber('16895550123').zones, ['America/New_York'], 'Orlando, which the map puts into Chicago');
    assert.deepEqual(placeOfNumber('14165550123'), { zones: ['America/Toronto'], region: 'CA-ON', source: 'prefix' });
    assert.deepEqual(placeOfNumber('12425550123'), { zones: ['America/Nassau'], region: 'BS', source: 'prefix' });
    assert.deepEqual(zonesOfRegion('US-FL'), ['America/Chicago', 'America/New_York']);
  });

  it('all 50 states have area codes', () => {
    const states = new Set([...areaCodesText.matchAll(/US-[A-Z]{2}/g)].map(([state]) => state));
    assert.equal(states.size, 51, 'with the capital');
  });

  it('a number without a place has all zones of its country: toll free, mobile where mobiles have no area', () => {
    assert.ok(placeOfNumber('18005550123').zones.length > 20);
    assert.equal(placeOfNumber('18005550123').source, 'country');
    const sydney = placeOfNumber('61291234567').zones;
    const mobile = placeOfNumber('61412345678').zones;
    assert.ok(!sydney.includes('Australia/Perth') && mobile.includes('Australia/Perth') && mobile.includes('Australia/Brisbane'));
    assert.ok(placeOfNumber('79161234567').zones.length > 10);
    assert.ok(
      placeOfNumber('79161234567').zones.every((zone) => zonesOfCountry('RU').includes(zone)),
      'not those of its neighbour',
    );
  });

  it('a prefix has the zones of all that lies below it', () => {
    assert.ok(placeOfNumber('61799999999').zones.includes('Australia/Brisbane'), 'the map knows Queensland as Sydney');
  });
});

describe('dialer: calling windows (B4, E25)', () => {
  it('open from the first minute, closed from the last, in local time', () => {
    const open = (text: string) => windowOf(['Europe/Berlin'], eu, undefined, at(text)).isOpen;
    assert.equal(open('2026-11-25T07:59:59.999Z'), false);
    assert.equal(open('2026-11-25T08:00:00Z'), true);
    assert.equal(open('2026-11-25T18:59:59.999Z'), true);
    assert.equal(open('2026-11-25T19:00:00Z'), false);
    assert.equal(open('2026-11-29T12:00:00Z'), false, 'a Sunday');
  });

  it('says when it opens and closes', () => {
    const closed = windowOf(['Europe/Berlin'], eu, undefined, at('2026-11-28T20:00:00Z'));
    assert.deepEqual(
      [closed.isOpen, iso(closed.nextOpeningMs), iso(closed.closesAtMs)],
      [false, '2026-11-30T08:00:00.000Z', '2026-11-30T19:00:00.000Z'],
    );
    const now = at('2026-11-25T10:00:00Z');
    const open = windowOf(['Europe/Berlin'], eu, undefined, now);
    assert.deepEqual([open.isOpen, open.nextOpeningMs, iso(open.closesAtMs)], [true, now, '2026-11-25T19:00:00.000Z']);
  });

  it('the clocks go forward: nine o’clock is nine o’clock on both sides', () => {
    // 29 March 2026, a Sunday: look at Saturday and Monday
    const opens = (text: string) => iso(windowOf(['Europe/Berlin'], eu, undefined, at(text)).nextOpeningMs);
    assert.equal(opens('2026-03-28T05:00:00Z'), '2026-03-28T08:00:00.000Z');
    assert.equal(opens('2026-03-28T22:00:00Z'), '2026-03-30T07:00:00.000Z');
    // the United States on 8 March: New York, Sunday
    const open = (text: string) => windowOf(['America/New_York'], us, 'US-NY', at(text)).isOpen;
    assert.deepEqual([open('2026-03-07T12:59:00Z'), open('2026-03-07T13:00:00Z')], [false, true]);
    assert.deepEqual([open('2026-03-08T11:59:00Z'), open('2026-03-08T12:00:00Z')], [false, true]);
    assert.deepEqual([open('2026-03-09T00:59:00Z'), open('2026-03-09T01:00:00Z')], [true, false]);
  });

  it('the clocks go back: the same, on the day itself', () => {
    const open = (text: string) => windowOf(['America/New_York'], us, 'US-NY', at(text)).isOpen;
    // 1 November 2026
    assert.deepEqual([open('2026-10-31T11:59:00Z'), open('2026-10-31T12:00:00Z')], [false, true]);
    assert.deepEqual([open('2026-11-01T12:59:00Z'), open('2026-11-01T13:00:00Z')], [false, true]);
    assert.deepEqual([open('2026-11-02T01:59:00Z'), open('2026-11-02T02:00:00Z')], [true, false]);
  });

  it('a prefix with two zones: the later opens, the earlier closes', () => {
    const { zones, region } = placeOfNumber('18505550123');
    const open = (text: string) => windowOf(zones, us, region, at(text)).isOpen;
    // Florida 08:00 to 20:00: Chicago opens at 14:00Z, New York closes at 01:00Z
    assert.deepEqual([open('2026-11-25T13:59:00Z'), open('2026-11-25T14:00:00Z')], [false, true]);
    assert.deepEqual([open('2026-11-26T00:59:00Z'), open('2026-11-26T01:00:00Z')], [true, false]);
  });

  it('an unknown zone of a country: what is open everywhere in it', () => {
    const general = profileOf('ca');
    const zones = zonesOfCountry('CA');
    const open = (text: string) => windowOf(zones, general, 'CA', at(text)).isOpen;
    // Wednesday: 09:00 in Vancouver is 17:00Z, 21:30 in St. John's is 01:00Z
    assert.deepEqual([open('2026-11-25T16:59:00Z'), open('2026-11-25T17:00:00Z')], [false, true]);
    assert.deepEqual([open('2026-11-26T00:59:00Z'), open('2026-11-26T01:00:00Z')], [true, false]);
  });

  it('zones whose days do not meet have no window', () => {
    const window = windowOf(['Pacific/Kiritimati', 'Pacific/Niue', 'Europe/London'], eu, undefined, at('2026-11-25T10:00:00Z'));
    assert.deepEqual(window, { isOpen: false, nextOpeningMs: undefined, closesAtMs: undefined });
    assert.equal(windowOf([], eu, undefined, 0).nextOpeningMs, undefined);
  });

  it('a zone that nobody knows is an error, so that its gate blocks', () => {
    assert.throws(() => windowOf(['Mars/Olympus'], eu, undefined, at('2026-11-25T10:00:00Z')));
  });

  it('states of the United States are stricter: hours, Sundays', () => {
    const open = (region: string, zone: string, text: string) => windowOf([zone], us, region, at(text)).isOpen;
    const rows: readonly (readonly [region: string, zone: string, text: string, isOpen: boolean])[] = [
      ['US-AL', 'America/Chicago', '2026-11-25T20:30:00-06:00', false],
      ['US-AL', 'America/Chicago', '2026-11-29T12:00:00-06:00', false],
      ['US-LA', 'America/Chicago', '2026-11-29T12:00:00-06:00', false],
      ['US-MS', 'America/Chicago', '2026-11-25T19:59:00-06:00', true],
      ['US-CT', 'America/New_York', '2026-11-25T08:30:00-05:00', false],
      ['US-FL', 'America/New_York', '2026-11-25T20:00:00-05:00', false],
      ['US-MD', 'America/New_York', '2026-11-25T20:00:00-05:00', false],
      ['US-OK', 'America/Chicago', '2026-11-25T20:00:00-06:00', false],
      ['US-MA', 'America/New_York', '2026-11-25T20:00:00-05:00', false],
      ['US-KY', 'America/New_York', '2026-11-25T09:59:00-05:00', false],
      ['US-KY', 'America/New_York', '2026-11-25T10:00:00-05:00', true],
      ['US-NV', 'America/Los_Angeles', '2026-11-25T08:59:00-08:00', false],
      ['US-RI', 'America/New_York', '2026-11-25T18:00:00-05:00', false],
      ['US-RI', 'America/New_York', '2026-11-28T16:59:00-05:00', true],
      ['US-RI', 'America/New_York', '2026-11-28T09:59:00-05:00', false],
      ['US-RI', 'America/New_York', '2026-11-29T12:00:00-05:00', false],
      ['US-TX', 'America/Chicago', '2026-11-29T11:59:00-06:00', false],
      ['US-TX', 'America/Chicago', '2026-11-29T12:00:00-06:00', true],
      ['US-PA', 'America/New_York', '2026-11-29T13:29:00-05:00', false],
      ['US-PA', 'America/New_York', '2026-11-29T13:30:00-05:00', true],
      ['US-NY', 'America/New_York', '2026-11-29T20:59:00-05:00', true],
    ];
    for (const [region, zone, text, isOpen] of rows) assert.equal(open(region, zone, text), isOpen, `${region} ${text}`);
  });

  it('a state that nobody knows has the strictest hours of all, another country the general ones', () => {
    assert.equal(ruleNameOf(us, undefined), '*');
    assert.equal(ruleNameOf(us, 'US'), '*');
    assert.equal(ruleNameOf(us, 'US-NY'), '');
    assert.equal(ruleNameOf(us, 'BS'), '');
    assert.equal(ruleNameOf(uk, undefined), '');
    const open = (text: string) => windowOf(['America/New_York'], us, undefined, at(text)).isOpen;
    // 10:00 (Kentucky) to 18:00 (Rhode Island), not on Sunday (Alabama)
    assert.deepEqual([open('2026-11-25T09:59:00-05:00'), open('2026-11-25T10:00:00-05:00')], [false, true]);
    assert.deepEqual([open('2026-11-25T17:59:00-05:00'), open('2026-11-25T18:00:00-05:00')], [true, false]);
    assert.equal(open('2026-11-29T14:00:00-05:00'), false);
  });

  it('holidays are closed: of one year, of every year, of the region alone', () => {
    const profile = {
      ...eu,
      holidays: ['2026-11-25', '12-26'],
      regions: { 'DE-BY': { hours: undefined, caps: undefined, holidays: ['01-06'] } },
    };
    const open = (text: string, region = 'DE-BE') => windowOf(['Europe/Berlin'], profile, region, at(text)).isOpen;
    assert.equal(open('2026-11-25T12:00:00Z'), false);
    assert.equal(open('2026-11-26T12:00:00Z'), true);
    assert.equal(open('2026-12-26T12:00:00Z'), false);
    assert.equal(open('2028-12-26T12:00:00Z'), false);
    assert.equal(open('2027-01-06T12:00:00Z'), true);
    assert.equal(open('2027-01-06T12:00:00Z', 'DE-BY'), false);
  });

  it('a call is placed only when the window stays open for its ring time', () => {
    const place = { zones: ['Europe/Berlin'], region: undefined, source: 'given' } as const;
    const closes = at('2026-11-25T19:00:00Z');
    assert.equal(placeableAt(place, eu, 25_000, closes - 25_000), closes - 25_000);
    assert.equal(iso(placeableAt(place, eu, 25_000, closes - 24_999)), '2026-11-26T08:00:00.000Z');
  });

  it('without hours of the profile everything is open, for ever', () => {
    assert.deepEqual(windowOf([], profileOf('reference'), undefined, 5), { isOpen: true, nextOpeningMs: 5, closesAtMs: Infinity });
  });

  it('hours that never close are open without end of what is looked at', () => {
    const always = { ...eu, hours: eu.hours?.map(() => [{ from: 0, to: 1440 }]) };
    const now = at('2026-11-25T12:00:00Z');
    const { isOpen, closesAtMs = 0 } = windowOf(['Europe/Berlin'], always, undefined, now);
    assert.ok(isOpen && closesAtMs > now + 30 * dayMs);
  });

  it('a day begins at one o’clock where clocks change at midnight', () => {
    // Beirut, 29 March 2026: 00:00 becomes 01:00
    const early = { ...eu, hours: eu.hours?.map(() => [{ from: 30, to: 120 }]) };
    const { nextOpeningMs } = windowOf(['Asia/Beirut'], early, undefined, at('2026-03-28T12:00:00Z'));
    assert.equal(iso(nextOpeningMs), '2026-03-28T22:00:00.000Z', '00:30 does not exist, 01:00 does');
  });

  it('the pacer’s shift: from the first zone that opens to the last that closes', () => {
    const zones = ['America/New_York', 'America/Los_Angeles'];
    const { startMs, endMs } = shiftOf(campaignOf(), us, zones, at('2026-11-25T18:00:00Z'));
    assert.deepEqual([iso(startMs), iso(endMs)], ['2026-11-25T13:00:00.000Z', '2026-11-26T05:00:00.000Z']);
    const early = shiftOf(campaignOf(), us, zones, at('2026-11-25T14:00:00Z'));
    assert.equal(iso(early.endMs), '2026-11-26T05:00:00.000Z', 'the west has not opened yet');
    const none = shiftOf(campaignOf(), profileOf('reference'), [], at('2026-11-25T14:00:00Z'));
    assert.equal(none.endMs - none.startMs, dayMs);
  });

  it('the clock of a contact: parts of its day', () => {
    const clock = contactClock({ zones: ['Europe/Berlin'], region: undefined, source: 'given' }, eu, campaignOf());
    assert.deepEqual(
      ['06:59', '07:00', '10:59', '11:00', '16:00', '20:00'].map((time) => clock.partOf(at(`2026-11-25T${time}:00Z`))),
      [undefined, 0, 0, 1, 2, undefined],
    );
    assert.equal(iso(clock.partBegins(0, at('2026-11-25T08:00:00Z'))), '2026-11-26T07:00:00.000Z');
    assert.equal(iso(clock.partBegins(2, at('2026-11-25T08:00:00Z'))), '2026-11-25T16:00:00.000Z');
    assert.equal(clock.partBegins(3, 0), undefined);
    const halves = contactClock(
      { zones: ['Asia/Kolkata'], region: undefined, source: 'given' },
      eu,
      campaignOf({ dayParts: [495, 765, 1260] }),
    );
    assert.deepEqual(
      [halves.partOf(at('2026-11-25T07:14:00Z')), halves.partOf(at('2026-11-25T07:15:00Z'))],
      [0, 1],
      'parts that begin at 08:15 and 12:45',
    );
  });
});

/** An independent look at the wall clock. */
const formats = new Map<string, Intl.DateTimeFormat>();
function minuteAndDay(ms: number, zone: string): readonly [minute: number, weekday: string] {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', weekday: 'short', hourCycle: 'h23' });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  return [Number(parts['hour']) * 60 + Number(parts['minute']), parts['weekday'] ?? ''];
}
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

describe('dialer: never outside the window of any possible zone', () => {
  const keys = [
    '18505550123',
    '12125550123',
    '18005550123',
    '19075550123',
    '12085550123',
    '4915123456789',
    '61412345678',
    '79161234567',
    '447911123456',
    '5511912345678',
    '15065550123',
  ];
  const profiles = ['us-telemarketing', 'uk', 'ca', 'eu-generic'].map(profileOf);
  // moments of any time, and around changes of clocks
  const changes = [
    '2026-03-08T07:00Z',
    '2026-03-29T01:00Z',
    '2026-10-25T01:00Z',
    '2026-11-01T06:00Z',
    '2026-04-04T16:00Z',
    '2026-10-03T16:00Z',
  ].map(at);
  const moments = fc.oneof(
    fc.integer({ min: at('2026-01-01T00:00Z'), max: at('2028-01-01T00:00Z') }),
    fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -36 * hourMs, max: 36 * hourMs })).map(([change, by]) => change + by),
  );

  it('open means: in every zone where the number may be, the local minute lies in the hours', function () {
    this.timeout(20_000);
    let opened = 0;
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.constantFrom(...profiles), moments, (key, profile, ms) => {
        const { zones, region } = placeOf(nowhere, key, anyCampaign);
        assert.ok(zones.length > 0);
        const inHours = zones.every((zone) => {
          const [minute, weekday] = minuteAndDay(ms, zone);
          const general = profile.hours?.[days.indexOf(weekday)] ?? [];
          const own = region === undefined ? undefined : profile.regions[region]?.hours?.[days.indexOf(weekday)];
          return (own ?? general).some((span) => span.from <= minute && minute < span.to);
        });
        const { isOpen, nextOpeningMs, closesAtMs } = windowOf(zones, profile, region, ms);
        const isStrict = ruleNameOf(profile, region) === '*';
        if (isOpen) {
          opened++;
          assert.ok(inHours, `${key} ${profile.name} ${String(iso(ms))}`);
          assert.ok(closesAtMs !== undefined && closesAtMs > ms);
        } else {
          assert.ok(isStrict || !inHours, `closed though open: ${key} ${profile.name} ${String(iso(ms))}`);
          assert.ok(nextOpeningMs === undefined || nextOpeningMs > ms);
        }
      }),
      { numRuns: 400, seed: 5 },
    );
    assert.ok(opened > 60, String(opened));
  });
});
