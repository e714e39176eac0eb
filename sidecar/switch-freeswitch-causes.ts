/**
 * What FreeSWITCH's cause says of a leg that did not come to a talk (freeswitch-callcenter 7.2, esl-outbound 8).
 * mod_callcenter counts everything but its four rows as a miss; here only a telephone that rang in vain is one, and a
 * telephone that cannot be reached is told apart.
 */
import type { OfferFailure } from '../core/acd/words.js';

const failures: readonly (readonly [OfferFailure, readonly string[]])[] = [
  ['busy', ['USER_BUSY', 'NORMAL_CIRCUIT_CONGESTION']],
  ['rejected', ['CALL_REJECTED']],
  ['not-registered', ['USER_NOT_REGISTERED']],
  [
    'no-answer',
    ['NO_ANSWER', 'NO_USER_RESPONSE', 'ALLOTTED_TIMEOUT', 'PROGRESS_TIMEOUT', 'MEDIA_TIMEOUT', 'NORMAL_CLEARING', 'NORMAL_UNSPECIFIED'],
  ],
  // nobody's fault: somebody took the leg back, or the switch has enough to do
  [
    'switch-failed',
    [
      'ORIGINATOR_CANCEL',
      'LOSE_RACE',
      'PICKED_OFF',
      'MANAGER_REQUEST',
      'SYSTEM_SHUTDOWN',
      'SWITCH_CONGESTION',
      'CRASH',
      'REQUESTED_CHAN_UNAVAIL',
    ],
  ],
];
const byCause: ReadonlyMap<string, OfferFailure> = new Map(
  failures.flatMap(([failure, causes]) => causes.map((cause) => [cause, failure])),
);

/** Causes that are not listed name a telephone or a way that does not work: UNALLOCATED_NUMBER, INVALID_GATEWAY, ... */
export function failureOf(cause: string): OfferFailure {
  return byCause.get(cause) ?? 'unreachable';
}

/** The agent's part ended because he passed the caller on. */
export const isTransfer = (cause: string): boolean => cause === 'BLIND_TRANSFER' || cause === 'ATTENDED_TRANSFER';
