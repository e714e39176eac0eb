/** Settings of what calls out: the dialer, and the caps against toll fraud on whatever calls. */
import type { DialerSettings } from '../core/dialer/campaign.js';
import { isPrefix } from '../core/toll/schema.js';
import { tollDefaults } from '../core/toll/caps.js';
import type { TollCaps } from '../core/toll/caps.js';
import type { Reader } from './config.js';
import { dialerConfig } from './config-dialer.js';
import type { DialerLinks } from './config-dialer.js';

export function outboundConfig(read: Reader, links: DialerLinks) {
  const dialer = dialerConfig(read, links);
  return { dialer, toll: tollConfig(read, dialer.settings) };
}

export function tollConfig(read: Reader, dialer: Pick<DialerSettings, 'slotsMax' | 'callsPerSecond'>) {
  const general: TollCaps = {
    callsMax: atLeast(read.int('toll_calls_max'), tollDefaults.callsMax, dialer.slotsMax),
    callsPerSecond: atLeast(read.int('toll_calls_per_second'), tollDefaults.callsPerSecond, dialer.callsPerSecond),
    callsPerNumberDay: read.int('toll_calls_per_number_day'),
    minutesPerDay: read.int('toll_minutes_per_day'),
    allowedPrefixes: prefixes(read, 'toll_allowed_prefixes'),
    deniedPrefixes: prefixes(read, 'toll_denied_prefixes'),
    shortDigits: read.int('toll_short_digits'),
  };
  return { general, gatewaysFile: read.text('toll_gateways') };
}

export type TollConfig = ReturnType<typeof tollConfig>;

/** A default does not stop a dialer that was set to more; a figure that was set does. */
const atLeast = (given: number, byDefault: number, dialers: number): number => (given === byDefault ? Math.max(given, dialers) : given);

function prefixes(read: Reader, name: 'toll_allowed_prefixes' | 'toll_denied_prefixes'): readonly string[] {
  const list = read.list(name);
  for (const prefix of list) if (!isPrefix(prefix)) read.complain(name, `"${prefix.slice(0, 40)}" is no beginning of a number`);
  return list;
}
