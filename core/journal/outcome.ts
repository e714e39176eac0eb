/** What a call, and each leg of it, came to (crm-vtiger 8.3). Causes alone mislead, so bridges decide first. */
import type { Direction, JournalCall, Leg, LegOutcome, Outcome } from './call.js';

const busyCause = 17;
const rejectedCause = 21;
const answeredElsewhere = 26;
const failedCauses: ReadonlySet<number> = new Set([1, 2, 3, 20, 27, 28, 34, 38, 41, 42, 44, 58, 65]);

/** Of a leg that nobody talked on. */
function unanswered(dialStatus: string | undefined, cause: number | undefined, direction: Direction): Outcome {
  if (dialStatus === 'BUSY' || cause === busyCause) return 'busy';
  if (cause === rejectedCause) return 'rejected';
  const isFailed = (cause !== undefined && failedCauses.has(cause)) || dialStatus === 'CHANUNAVAIL' || dialStatus === 'CONGESTION';
  if (isFailed) return direction === 'inbound' ? 'missed' : 'failed';
  return 'missed';
}

/** Of an agent's leg, when it ends. */
export function outcomeOfLeg(call: JournalCall, leg: Leg): LegOutcome {
  if (leg.answeredAtMs !== undefined) return 'answered';
  const isLost = leg.cause === answeredElsewhere || call.legs.some((other) => other !== leg && other.talkingSinceMs !== undefined);
  if (isLost && call.direction === 'inbound') return 'lost';
  return unanswered(leg.dialStatus, leg.cause, call.direction);
}

/** Of the whole call, when the customer is gone. `last`: how the newest leg of the customer's side ended, of an outbound call. */
export function outcomeOfCall(
  call: JournalCall,
  last: { readonly dialStatus: string | undefined; readonly cause: number | undefined } | undefined,
): Outcome {
  if (call.legs.some((leg) => leg.kind !== 'external' && leg.answeredAtMs !== undefined)) return 'answered';
  if (call.direction === 'outbound' && call.answeredAtMs !== undefined) return 'answered';
  if (call.direction !== 'inbound') return unanswered(last?.dialStatus, last?.cause, call.direction);
  const ended = call.legs.filter((leg) => leg.endedAtMs !== undefined && !leg.isConsultation).at(-1);
  return ended ? unanswered(ended.dialStatus, ended.cause, 'inbound') : 'missed';
}
