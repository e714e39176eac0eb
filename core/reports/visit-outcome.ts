/**
 * What became of a visit, in the words of reports: offered = answered + abandoned + overflowed + timedOut + waiting, for
 * every visit is exactly one of them (B6). Definitions: docs/statistics.md.
 */
import type { ExitReason } from '../acd/words.js';

export type Outcome = 'answered' | 'abandoned' | 'overflowed' | 'timedOut' | 'waiting' | 'refused';

/** `refused` only where nobody waited: the queue did not let him in, so he was not offered to it. */
const outcomes: Readonly<Record<ExitReason, Outcome>> = {
  answered: 'answered',
  abandoned: 'abandoned',
  lost: 'abandoned',
  timeout: 'timedOut',
  'no-agent': 'timedOut',
  'callback-failed': 'timedOut',
  'join-empty': 'refused',
  full: 'refused',
  blocked: 'refused',
  closed: 'refused',
  'exit-key': 'overflowed',
  dissuaded: 'overflowed',
  overflowed: 'overflowed',
  transferred: 'overflowed',
  withdrawn: 'overflowed',
  callback: 'overflowed',
  'queue-removed': 'overflowed',
  error: 'overflowed',
};

/** Of a visit that is over. A word of a later release counts as gone elsewhere. */
export function outcomeOf(reason: ExitReason, waitMs: number): Outcome {
  const outcome = Object.hasOwn(outcomes, reason) ? outcomes[reason] : 'overflowed';
  return outcome === 'refused' && waitMs > 0 ? 'overflowed' : outcome;
}

/** Reasons of visits whose callers somebody should call back (B36): hung up, or sent away because nobody was there in time. */
export const unservedReasons = ['abandoned', 'lost', 'timeout', 'no-agent', 'callback-failed'] as const satisfies readonly ExitReason[];
