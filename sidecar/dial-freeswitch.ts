/** Calls to customers on FreeSWITCH over the inbound link (dialer.md A8 to A11). */
import type { DialFeed, DialSwitch } from '../core/dialer-ports.js';
import type { Log, Meter } from '../core/ports.js';
import type { EslLink } from './esl.js';
import type { Timers } from './timers.js';

export interface FreeswitchDialOptions {
  /** name of the switch in the settings */
  readonly id: string;
}

export interface FreeswitchDialDeps {
  readonly link: EslLink;
  readonly feed: DialFeed;
  readonly log: Log;
  readonly meter: Meter;
  readonly timers?: Timers;
}

export function createFreeswitchDialSwitch(options: FreeswitchDialOptions, deps: FreeswitchDialDeps): DialSwitch {
  throw new Error(`not yet: ${options.id} ${deps.link.status().name}`);
}
