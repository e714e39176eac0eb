/**
 * Rules of the dialer that run for each contact: gates, zone of a number, calling window, result of a call.
 *
 *   npm run bench dialer-rules
 *
 * Method: processor time of rounds over contacts that all have other numbers, the median of the rounds. Baseline of the window:
 * the local time of each contact asked of Intl, as a program does that keeps no open times.
 */
import { createGates } from '../core/dialer/compliance/gates.js';
import { numberKeyOf } from '../core/dialer/compliance/numbers.js';
import { windowOf } from '../core/dialer/compliance/windows.js';
import { placeOf, placeOfNumber } from '../core/dialer/compliance/zones.js';
import { resultOf } from '../core/dialer/results.js';
import { contextOf, factsOf, nowMs, profileOf } from '../test/support/dialer-rules.js';
import { median, type Figure } from './support/figure.js';

const rounds = 9;
const perRound = 20_000;
const areas = ['212', '305', '415', '713', '850', '906', '312', '602', '206', '617'];

const american = (i: number): string => `1${areas[i % areas.length] ?? '212'}${String(2_000_000 + i).padStart(7, '0')}`;
const german = (i: number): string => `4930${String(1_000_000 + i)}`;

/** Calls per second of processor time; numbers go on from round to round, so that none is asked for twice. */
function perSecond(work: (i: number) => void): number {
  const rates: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const from = process.cpuUsage();
    for (let i = 0; i < perRound; i++) work(round * perRound + i);
    const { user, system } = process.cpuUsage(from);
    if (round > 0) rates.push((perRound * 1e6) / (user + system)); // the first has cold code
  }
  return median(rates);
}

function gates(): Figure {
  const us = contextOf(
    { profile: profileOf('us-telemarketing'), suppression: new Map([['us-dnc', nowMs]]) },
    { profile: 'us-telemarketing' },
  );
  const judge = createGates(us);
  const hour = Math.floor(nowMs / 3_600_000);
  const base = factsOf({ numberHours: [[hour - 30, 1]] });
  // 09:00 in New York and later in no place of the list: most wait, some go
  const value = perSecond((i) => judge({ ...base, numberKey: american(i) }, nowMs + 4 * 3_600_000));
  return { name: 'dialer rules: contacts through all gates', value, unit: '1/s', note: 'profile us-telemarketing, every number another' };
}

function windows(): Figure {
  const us = profileOf('us-telemarketing');
  const places = areas.map((_, i) => placeOf({ zones: [], region: undefined }, american(i), { country: 'US', timeZone: '' }));
  const at = (i: number) => places[i % places.length] ?? places[0];
  const value = perSecond((i) => windowOf(at(i)?.zones ?? [], us, at(i)?.region, nowMs + i));
  const formats = new Map<string, Intl.DateTimeFormat>();
  const baseline = perSecond((i) => {
    for (const zone of at(i)?.zones ?? []) {
      const format =
        formats.get(zone) ?? new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', weekday: 'short' });
      formats.set(zone, format);
      format.formatToParts(nowMs + i);
    }
  });
  return {
    name: 'dialer rules: windows',
    value,
    unit: '1/s',
    baseline,
    note: 'baseline: formatters kept, local time of each contact formatted',
  };
}

export function dialerRules(): Promise<Figure[]> {
  const cause = { cause: 'CALL_REJECTED', q850: 21, sip: 603, hadProgress: true, lastedMs: 2_000 };
  const end = { ...cause, isAnswered: false, isBridged: false, isIvr: false, isOffered: false, isWaitedOut: false };
  return Promise.resolve([
    gates(),
    { name: 'dialer rules: zone of a number, area codes', value: perSecond((i) => placeOfNumber(american(i))), unit: '1/s' },
    {
      name: 'dialer rules: zone of a number, by library',
      value: perSecond((i) => placeOfNumber(german(i))),
      unit: '1/s',
      note: 'its country and line are asked of libphonenumber-js',
    },
    {
      name: 'dialer rules: number key',
      value: perSecond((i) => numberKeyOf(`+${american(i)}`, '')),
      unit: '1/s',
      note: 'for each contact of an intake',
    },
    windows(),
    {
      name: 'dialer rules: results of calls',
      value: perSecond(() => resultOf({ ...end, endedBy: 'unknown', hangUpReason: undefined, amd: undefined, causeBefore: undefined })),
      unit: '1/s',
    },
  ]);
}
