/** Causes of calls to customers that end by us, or that no switch was told to place (dialer.md B5). */
import type { DialSwitchEvent } from '../core/dialer/engine-words.js';
import { hasCode } from '../core/errors.js';

/**
 * FreeSWITCH's word for a call that we hang up: by it the result is told apart (B5 row "ORIGINATOR_CANCEL: by who
 * cancelled"). The engine's reasons are in core/dialer/engine-words.ts.
 */
export function hangUpCause(reason: string, isAnswered: boolean): string {
  if (isAnswered) return 'NORMAL_CLEARING';
  return reason === 'ring-timeout' ? 'NO_ANSWER' : 'ORIGINATOR_CANCEL';
}

/** A number that is none ends the contact, anything else in the order is our own mistake and no attempt. */
export function badOrderCause(error: unknown): string {
  return hasCode(error, 'TDM_BAD_VALUE') && /dial string number/.test(error.message) ? 'INVALID_NUMBER_FORMAT' : 'INVALID_URL';
}

/** The end of a call that never had a channel we know of. */
export const neverCalled = (
  callId: string,
  cause: string,
  atMs: number,
  hadProgress = false,
): Extract<DialSwitchEvent, { readonly type: 'call-ended' }> => ({
  type: 'call-ended',
  callId,
  atMs,
  cause,
  q850: undefined,
  sip: undefined,
  hadProgress,
  answeredAtMs: undefined,
  bridgedAtMs: undefined,
  endedBy: 'unknown',
  recording: undefined,
});
