/** Why a leg ended, in FreeSWITCH's words. */
import type { CancelReason, OfferFailure } from '../acd/words.js';

/** FreeSWITCH's word when the switch gave one; Asterisk gives numbers or texts. */
export const hangupCause = (cause: string): string => (/^[A-Z][A-Z_]+$/.test(cause) ? cause : 'NORMAL_CLEARING');

const failureCauses: Readonly<Record<OfferFailure, string>> = {
  'no-answer': 'NO_ANSWER',
  rejected: 'CALL_REJECTED',
  busy: 'USER_BUSY',
  'not-registered': 'USER_NOT_REGISTERED',
  unreachable: 'DESTINATION_OUT_OF_ORDER',
  'not-confirmed': 'NO_USER_RESPONSE',
  'agent-gone': 'NORMAL_CLEARING',
  'switch-failed': 'NORMAL_TEMPORARY_FAILURE',
};

export const failureCause = (failure: OfferFailure, detail: string): string =>
  /^[A-Z][A-Z_]+$/.test(detail) ? detail : failureCauses[failure];

export const cancelCause = (reason: CancelReason): string => (reason === 'answered-elsewhere' ? 'LOSE_RACE' : 'ORIGINATOR_CANCEL');
