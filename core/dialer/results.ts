/**
 * What a call's end means (dialer.md B5): by the cause's name, then by its Q.850 number; the SIP status refines. A call that
 * was answered is judged by what happened to it, whatever ended it.
 */
import type { Contact } from './contact.js';
import type { HangUpReason } from './engine-words.js';
import { byName, byNumber, sipNumbers, type Outcome, type SpecialRule } from './result-table.js';
import type { AmdVerdict, CallResult } from './words.js';

/** What is known of a call when it has ended. */
export interface EndFacts {
  /** by the switch's name, `USER_BUSY`, in any letter case; '' when only the number is known */
  readonly cause: string;
  readonly q850: number | undefined;
  readonly sip: number | undefined;
  /** a 18x or ringing was seen; undefined: the switch does not say */
  readonly hadProgress: boolean | undefined;
  /** dialling to end */
  readonly lastedMs: number | undefined;
  readonly isAnswered: boolean;
  /** from the answer to the end */
  readonly answeredForMs?: number | undefined;
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
  /** column A: fills the contact's and the number's limits */
  readonly countsAsAttempt: boolean;
  /** column T: for the gateway's breaker (B11) */
  readonly countsAgainstTrunk: boolean;
}

/** A refusal so soon after dialling comes from a filter, not from a person (603). */
const screenedWithinMs = 1_000;

const counted = (result: CallResult): EndResult => ({ result, countsAsAttempt: true, countsAgainstTrunk: false });
const trunk = (result: CallResult): EndResult => ({ result, countsAsAttempt: false, countsAgainstTrunk: true });
const neither = (result: CallResult): EndResult => ({ result, countsAsAttempt: false, countsAgainstTrunk: false });

/** `User busy` of Asterisk and `user_busy` are `USER_BUSY`. */
const nameOf = (cause: string): string =>
  cause
    .trim()
    .toUpperCase()
    .replace(/[\s-]+/g, '_');

export function resultOf(facts: EndFacts): EndResult {
  const name = nameOf(facts.cause);
  if (name === 'LOST' || facts.hangUpReason === 'lost') return counted('LOST');
  if (facts.isAnswered) return counted(resultOfAnswered(facts));
  const outcome = byName[name] ?? byNumber(facts.q850) ?? byNumber(sipNumbers[facts.sip ?? 0]);
  if (isOurCancel(facts, name)) return cancelled(facts);
  // said by SIP alone, whatever cause the switch makes of it: our login at the carrier, and analytics
  if (facts.sip === 401 || facts.sip === 403 || facts.sip === 407) return trunk('CARRIER_ERROR');
  if (facts.sip === 607 || facts.sip === 608) return counted('SCREENED');
  if (!outcome) return facts.hadProgress === false ? trunk('CARRIER_ERROR') : counted('NO_ANSWER');
  return isSpecial(outcome) ? specials[outcome](facts) : outcome;
}

const isSpecial = (outcome: Outcome): outcome is SpecialRule => typeof outcome === 'string';

/** What happened to a call that somebody or something answered. */
function resultOfAnswered(facts: EndFacts): CallResult {
  if (facts.isBridged) return 'CONNECTED';
  if (facts.amd === 'FAX') return 'FAX';
  if (facts.amd === 'MACHINE') return 'MACHINE';
  if (facts.isIvr && !facts.isOffered) return isIvrMissing(facts) ? 'ABANDONED' : 'CONNECTED_IVR';
  return facts.isWaitedOut || facts.endedBy === 'us' || facts.hangUpReason !== undefined ? 'ABANDONED' : 'CUSTOMER_DROPPED';
}

/** Longer ago it may be the last step of an IVR that was there. */
const ivrMissingWithinMs = 1_000;

/** A18: the dialplan has no such extension, and whoever answered was hung up on. */
const isIvrMissing = ({ cause, endedBy, answeredForMs = Infinity }: EndFacts): boolean =>
  nameOf(cause) === 'NO_ROUTE_DESTINATION' && endedBy !== 'customer' && answeredForMs < ivrMissingWithinMs;

/** Causes under which switches report a call that we took back ourselves. */
const cancelCauses = new Set(['NORMAL_CLEARING', 'ORIGINATOR_CANCEL', 'MANAGER_REQUEST', 'INTERWORKING', 'NO_ANSWER', '']);
const isOurCancel = (facts: EndFacts, name: string): boolean =>
  facts.hangUpReason !== undefined && (cancelCauses.has(name) || facts.sip === 487);

const cancelled = (facts: EndFacts): EndResult => (facts.hangUpReason === 'ring-timeout' ? counted('NO_ANSWER') : neither('CANCELLED'));

const isEarly = (lastedMs: number | undefined): boolean => lastedMs !== undefined && lastedMs < screenedWithinMs;

const specials: Readonly<Record<SpecialRule, (facts: EndFacts) => EndResult>> = {
  'by-facts': () => counted('NO_ANSWER'), // answered ones are judged before
  'no-route': ({ causeBefore }) => {
    const before = nameOf(causeBefore ?? '');
    return counted(before === 'NO_ROUTE_DESTINATION' || before === 'NO_ROUTE_TO_DESTINATION' ? 'INVALID_NUMBER' : 'UNREACHABLE');
  },
  rejected: ({ sip, lastedMs }) => counted(sip === 603 && isEarly(lastedMs) ? 'SCREENED' : 'REJECTED'),
  declined: ({ lastedMs }) => counted(isEarly(lastedMs) ? 'SCREENED' : 'REJECTED'),
  // where nobody knows whether it rang, the customer is not called again at once
  timeout: ({ hadProgress }) => (hadProgress === false ? trunk('CONGESTION') : counted('NO_ANSWER')),
  cancel: (facts) => cancelled(facts),
};

/** `status` of the delivery notification (A17.4): did a person reach an agent or the IVR? */
export function deliveryStatusOf(result: CallResult): 'CONNECTED' | 'FAILED' {
  return result === 'CONNECTED' || result === 'CONNECTED_IVR' ? 'CONNECTED' : 'FAILED';
}

/** Where B5 names no equivalent it is `NA`. */
const vicidialStatuses: Readonly<Partial<Record<CallResult, string>>> = {
  CONNECTED: 'DISPO',
  CONNECTED_IVR: 'IVRXFR',
  BUSY: 'AB',
  INVALID_NUMBER: 'ADC',
  MACHINE: 'AA',
  FAX: 'AFAX',
  ABANDONED: 'DROP',
  CUSTOMER_DROPPED: 'PDROP',
  BLOCKED_CONSENT: 'DNCC',
  INTERNAL_ERROR: 'ERI',
  LOST: 'ERI',
};

/**
 * VICIdial's status for importers and the compatible API. A connected call has its agent's disposition. `dncScope`: scope of
 * the entry that blocked (`''` global, `campaign:...`).
 */
export function vicidialStatusOf(
  result: CallResult,
  more: { readonly disposition?: string | undefined; readonly dncScope?: string } = {},
): string {
  if (result === 'BLOCKED_DNC') return more.dncScope?.startsWith('campaign:') === true ? 'DNCC' : 'DNCL';
  if (result === 'CONNECTED' && more.disposition !== undefined) return more.disposition;
  return vicidialStatuses[result] ?? 'NA';
}
