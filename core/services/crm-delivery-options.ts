/** What the delivery of messages to a CRM needs from outside, and its limits (crm-vtiger 9). */
import type { CrmMessage, CrmStore } from '../crm-ports.js';
import type { Log, Meter } from '../ports.js';
import type { After } from './deadline.js';

export type CrmSent =
  | { readonly kind: 'delivered' }
  /** wrong key: all wait, and one asks again every `authPauseMs` */
  | { readonly kind: 'auth' }
  /** the receiver wants no more, ever (410): nothing is sent until somebody says so */
  | { readonly kind: 'gone' }
  /** it did not reach the CRM */
  | { readonly kind: 'unsent'; readonly problem: string }
  /**
   * it may have been done; `isEmpty5xx`: as SalesPlatform's package answers after each success; `isAway`: nobody answers,
   * or a server in front of the CRM says so, and others would fare no better
   */
  | { readonly kind: 'ambiguous'; readonly problem: string; readonly isEmpty5xx: boolean; readonly isAway?: boolean }
  /** `isOurs`: it could not even be made */
  | { readonly kind: 'rejected'; readonly problem: string; readonly isOurs?: boolean };

export interface CrmDeliveryDeps {
  readonly binding: string;
  readonly store: CrmStore;
  /** Bounded in time; never rejects. */
  readonly send: (message: CrmMessage) => Promise<CrmSent>;
  /** Was it done? undefined: cannot be found out. */
  readonly verify: (message: CrmMessage) => Promise<boolean | undefined>;
  /** doing it twice is the same as once */
  readonly isRepeatable: (message: CrmMessage) => boolean;
  /** it makes a row that it does not find: doing it again before the first is done makes two */
  readonly makesRow: (message: CrmMessage) => boolean;
  /** calls that go on now: theirs are sent first */
  readonly liveCalls: () => readonly string[];
  readonly nowMs: () => number;
  readonly after: After;
  /** 0 to 1 */
  readonly random: () => number;
  readonly log: Log;
  readonly meter: Meter;
}

export const crmDeliveryDefaults = {
  inFlightMax: 4,
  /** back-off while the CRM is away: doubling from the first to the last */
  retryMsMin: 1_000,
  retryMsMax: 60_000,
  jitter: 0.2,
  authPauseMs: 60_000,
  /** while nothing may be sent what is too old is given up, so many at a look */
  expireMax: 100,
  rejectedTriesMax: 3,
  /** before what makes a row is sent again, when nobody knows whether the CRM is still at it */
  ambiguousMs: 15_000,
  /** of what is answered 5xx without a word; other doubtful ones are tried until they are too old */
  empty5xxTriesMax: 5,
  /** so many empty answers 5xx in a row mean a CRM that stores and then fails */
  accept5xxAfter: 20,
  accept5xx: false,
  ageMsMax: 7 * 86_400_000,
  /** after the CRM was away */
  drainPerSecond: 20,
  /** who stops waits so long for requests under way */
  stopMsMax: 2_000,
  /** an idle one looks after itself so often */
  idleMsMax: 30_000,
};

export type CrmDeliveryOptions = typeof crmDeliveryDefaults;

export interface CrmDeliveryState {
  readonly state: 'up' | 'down' | 'auth' | 'gone' | 'unknown';
  readonly sinceMs: number;
  readonly problem: string;
}
