/** What follows a result (dialer.md B6). */
import type { Campaign } from './campaign.js';
import type { Contact } from './contact.js';
import type { CallResult } from './words.js';

/** Wall clock where a contact lives; `contactClock` (compliance/windows.ts) makes it. */
export interface ContactClock {
  /** earliest moment from `ms` on at which a call may be placed; undefined: none in the weeks that are looked at */
  opensAt(ms: number): number | undefined;
  /** part of the day (0 = first) at `ms`, undefined outside all parts */
  partOf(ms: number): number | undefined;
  /** next begin of this part after `ms` */
  partBegins(part: number, ms: number): number | undefined;
}

export interface RetryTools {
  /** 0 to 1, by chance */
  readonly jitter: number;
  readonly clock: ContactClock;
  /** estimated share of answers in a part of the day; breaks ties */
  readonly answerRateOfPart?: (part: number) => number | undefined;
  /** of the profile: hours after an abandoned call in which only a guaranteed agent may call (72 in the UK) */
  readonly protectAbandonedMs?: number;
  /** column A of this call */
  readonly countsAsAttempt: boolean;
}

export interface RetryPlan {
  readonly to: 'pending' | 'ended';
  /** of the contact: the call's, or MAX_ATTEMPTS, CARRIER_ERROR */
  readonly result: CallResult;
  readonly nextAttemptAtMs: number | undefined;
  readonly numberIndex: number;
  readonly guaranteedOnly: boolean;
  /** the number that was called does not exist */
  readonly numberBad: boolean;
  /** the next call shows another caller id of the campaign */
  readonly otherCallerId: boolean;
  /** why, in words for explain and audit */
  readonly why: string;
}

/** `contact`: before this call is counted (the transition's `counts` adds it). */
export function planAfter(_contact: Contact, _campaign: Campaign, _result: CallResult, _nowMs: number, _tools: RetryTools): RetryPlan {
  throw new Error('planAfter is being built');
}
