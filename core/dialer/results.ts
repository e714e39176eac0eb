/** What a call's end means (dialer.md B5). */
import type { Contact } from './contact.js';
import type { HangUpReason } from './engine-words.js';
import type { AmdVerdict, CallResult } from './words.js';

/** What is known of a call when it has ended. */
export interface EndFacts {
  /** by the switch's name, `USER_BUSY`; '' when only the number is known */
  readonly cause: string;
  readonly q850: number | undefined;
  readonly sip: number | undefined;
  /** a 18x or ringing was seen; undefined: the switch does not say */
  readonly hadProgress: boolean | undefined;
  /** dialling to end */
  readonly lastedMs: number | undefined;
  readonly isAnswered: boolean;
  /** joined with an agent */
  readonly isBridged: boolean;
  /** an IVR campaign: the answered call reached its extension */
  readonly isIvr: boolean;
  /** it waited for an agent (in an IVR: after the key) */
  readonly isOffered: boolean;
  /** the grace time passed without an agent */
  readonly isWaitedOut: boolean;
  readonly endedBy: 'customer' | 'us' | 'unknown';
  /** why we hung up, where we did */
  readonly hangUpReason: HangUpReason | undefined;
  readonly amd: AmdVerdict | undefined;
  /** `callResult` of the contact before this call: the second "no route" means that the number is wrong */
  readonly causeBefore: Contact['callResult'];
}

export interface EndResult {
  readonly result: CallResult;
  readonly countsAsAttempt: boolean;
  readonly countsAgainstTrunk: boolean;
}

export function resultOf(_facts: EndFacts): EndResult {
  throw new Error('resultOf is being built');
}

/** `status` of the delivery notification (A17.4). */
export function deliveryStatusOf(_result: CallResult): 'CONNECTED' | 'FAILED' {
  throw new Error('deliveryStatusOf is being built');
}

/** VICIdial's status for importers and the compatible API; a connected call has its agent's disposition. */
export function vicidialStatusOf(
  _result: CallResult,
  _more: { readonly disposition?: string | undefined; readonly dncScope?: string } = {},
): string {
  throw new Error('vicidialStatusOf is being built');
}
