/** Calls to customers on Asterisk over the manager link (dialer.md A8 to A11). */
import type { DialFeed, DialSwitch } from '../core/dialer-ports.js';
import type { Log, Meter } from '../core/ports.js';
import type { AmiLink } from './ami.js';
import type { Timers } from './timers.js';

export interface AsteriskDialOptions {
  /** name of the switch in the settings */
  readonly id: string;
}

export interface AsteriskDialDeps {
  readonly link: AmiLink;
  readonly feed: DialFeed;
  readonly log: Log;
  readonly meter: Meter;
  readonly timers?: Timers;
}

export function createAsteriskDialSwitch(options: AsteriskDialOptions, deps: AsteriskDialDeps): DialSwitch {
  throw new Error(`not yet: ${options.id} ${deps.link.status().name}`);
}
