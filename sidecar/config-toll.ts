/** Settings of what calls out: the dialer, and the caps against toll fraud on whatever calls. */
import type { DialerSettings } from '../core/dialer/campaign.js';
import { isPrefix } from '../core/toll/schema.js';
import type { TollCaps, TollFigure } from '../core/toll/caps.js';
import type { Reader } from './config.js';
import { dialerConfig } from './config-dialer.js';
import type { DialerLinks } from './config-dialer.js';

export function outboundConfig(read: Reader, links: DialerLinks) {
  const dialer = dialerConfig(read, links);
  return { dialer, toll: tollConfig(read, dialer.settings) };
}

type FigureName = 'toll_calls_max' | 'toll_calls_per_second' | 'toll_minutes_per_day';
const figures: readonly (readonly [FigureName, TollFigure])[] = [
  ['toll_calls_max', 'callsMax'],
  ['toll_calls_per_second', 'callsPerSecond'],
  ['toll_minutes_per_day', 'minutesPerDay'],
];
const minutesOfDay = 1_440;
/** Calls that left a second late come beside those of the next one. */
const lateFactor = 2;

export function tollConfig(read: Reader, dialer: Pick<DialerSettings, 'slotsMax' | 'callsPerSecond'>) {
  /** A default does not stop a dialer that was set to more; a figure that was set does. */
  const figure = (name: FigureName, dialers: number): number => {
    const value = read.int(name);
    return read.isGiven(name) ? value : Math.max(value, dialers);
  };
  const general: TollCaps = {
    callsMax: figure('toll_calls_max', dialer.slotsMax),
    callsPerSecond: figure('toll_calls_per_second', dialer.callsPerSecond * lateFactor),
    callsPerNumberDay: read.int('toll_calls_per_number_day'),
    minutesPerDay: figure('toll_minutes_per_day', dialer.slotsMax * minutesOfDay),
    allowedPrefixes: prefixes(read, 'toll_allowed_prefixes'),
    deniedPrefixes: prefixes(read, 'toll_denied_prefixes'),
    shortDigits: read.int('toll_short_digits'),
    isSet: new Set(figures.filter(([name]) => read.isGiven(name)).map(([, cap]) => cap)),
  };
  return { general, gatewaysFile: read.text('toll_gateways') };
}

export type TollConfig = ReturnType<typeof tollConfig>;

function prefixes(read: Reader, name: 'toll_allowed_prefixes' | 'toll_denied_prefixes'): readonly string[] {
  const list = read.list(name);
  for (const prefix of list) if (!isPrefix(prefix)) read.complain(name, `"${prefix.slice(0, 40)}" is no beginning of a number`);
  return list;
}
