/** One of mod_callcenter's events, before its head is put on. */
import type { Headers } from './info-headers.js';

/** An event without its head. */
export interface InfoEvent {
  readonly name: 'CUSTOM' | 'PRESENCE_IN';
  readonly subclass: string | undefined;
  /** what made it: CC-Action, or `presence` */
  readonly from: string;
  readonly headers: Headers;
}

export const infoSubclass = 'callcenter::info';

export const info = (action: string, headers: Headers): InfoEvent => ({ name: 'CUSTOM', subclass: infoSubclass, from: action, headers });
