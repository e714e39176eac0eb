/**
 * Why a leg did not come about (asterisk-behaviour 5): the cause of its hang-up first, DialEnd second, the reason of
 * OriginateResponse last; where Asterisk says nothing at all, the state of the device.
 *
 * | Asterisk | failure |
 * | --- | --- |
 * | cause 17; DialEnd BUSY; reason 5; causes 34, 42 (no circuit, as mod_callcenter counts them) | busy |
 * | cause 21 (SIP 603, 401, 403) | rejected |
 * | causes 18, 19 (SIP 408, 480, or the time is over); DialEnd NOANSWER; reasons 1, 3 | no-answer |
 * | cause 20; no channel at all and the device is UNAVAILABLE | not-registered |
 * | causes 1, 2, 3, 22, 27, 28, ...; CONGESTION, CHANUNAVAIL; reason 8; no channel and no such device | unreachable |
 * | no answer of Asterisk in time, link lost, order refused | switch-failed |
 */
import type { OfferFailure } from '../core/acd/words.js';

export interface LegFacts {
  /** ISDN cause of Hangup; 0 says nothing */
  cause: number | undefined;
  /** SIP status, where the channel has one */
  techCause: string | undefined;
  /** DialStatus of DialEnd */
  dialStatus: string | undefined;
  /** Reason of OriginateResponse */
  reason: number | undefined;
}

export interface LegFailure {
  readonly failure: OfferFailure;
  readonly detail: string;
}

const byCause: Readonly<Record<number, OfferFailure>> = {
  17: 'busy',
  34: 'busy',
  42: 'busy',
  21: 'rejected',
  16: 'no-answer',
  18: 'no-answer',
  19: 'no-answer',
  20: 'not-registered',
};
const byDialStatus: Readonly<Record<string, OfferFailure>> = {
  BUSY: 'busy',
  NOANSWER: 'no-answer',
  CANCEL: 'no-answer',
  CONGESTION: 'unreachable',
  CHANUNAVAIL: 'unreachable',
};
const byReason: Readonly<Record<number, OfferFailure>> = { 1: 'no-answer', 3: 'no-answer', 5: 'busy', 8: 'unreachable' };

/** undefined: these facts tell nothing yet. */
export function failureOf({ cause, techCause, dialStatus, reason }: LegFacts): LegFailure | undefined {
  const said = [
    cause === undefined ? '' : `cause ${cause}`,
    techCause === undefined ? '' : `SIP ${techCause}`,
    dialStatus === undefined ? '' : `dial ${dialStatus}`,
    reason === undefined ? '' : `reason ${reason}`,
  ];
  const detail = said.filter((text) => text !== '').join(', ');
  if (cause !== undefined && cause > 0) return { failure: byCause[cause] ?? 'unreachable', detail };
  const failure = byDialStatus[dialStatus ?? ''] ?? (reason === undefined ? undefined : byReason[reason]);
  return failure && { failure, detail };
}

/** Asterisk made no channel and names no cause; the device may tell. */
export function failureOfDevice(deviceState: string | undefined): LegFailure {
  if (deviceState === 'UNAVAILABLE') return { failure: 'not-registered', detail: 'the device is not registered' };
  if (deviceState === 'INVALID') return { failure: 'unreachable', detail: 'there is no such device' };
  return { failure: 'unreachable', detail: 'no channel could be made' };
}
