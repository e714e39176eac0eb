/**
 * Table B5 as data: cause names of FreeSWITCH and Asterisk, Q.850 numbers, result, column A (attempt) and T (trunk).
 * The SIP columns follow mod_sofia and chan_pjsip.
 */
import type { CallResult } from './words.js';

/** Rows whose result depends on more than the cause. */
export type SpecialRule = 'by-facts' | 'no-route' | 'rejected' | 'declined' | 'timeout' | 'cancel';

export interface FixedOutcome {
  readonly result: CallResult;
  readonly countsAsAttempt: boolean;
  readonly countsAgainstTrunk: boolean;
}

export type Outcome = FixedOutcome | SpecialRule;

export interface ResultRow {
  readonly q850: readonly number[];
  readonly names: readonly string[];
  readonly outcome: Outcome;
}

const attempt = (result: CallResult): FixedOutcome => ({ result, countsAsAttempt: true, countsAgainstTrunk: false });
const trunk = (result: CallResult): FixedOutcome => ({ result, countsAsAttempt: false, countsAgainstTrunk: true });
const neither = (result: CallResult): FixedOutcome => ({ result, countsAsAttempt: false, countsAgainstTrunk: false });

const row = (q850: readonly number[], names: readonly string[], outcome: Outcome): ResultRow => ({ q850, names, outcome });

export const resultTable: readonly ResultRow[] = [
  row([1], ['UNALLOCATED_NUMBER', 'UNALLOCATED'], attempt('INVALID_NUMBER')),
  row([2], ['NO_ROUTE_TRANSIT_NET'], trunk('CARRIER_ERROR')),
  row([3], ['NO_ROUTE_DESTINATION'], 'no-route'),
  row([6], ['CHANNEL_UNACCEPTABLE'], trunk('CARRIER_ERROR')),
  row([16], ['NORMAL_CLEARING', 'MEDIA_TIMEOUT'], 'by-facts'),
  row([17], ['USER_BUSY', 'BUSY'], attempt('BUSY')),
  row([18], ['NO_USER_RESPONSE'], attempt('NO_ANSWER')),
  row([19], ['NO_ANSWER'], attempt('NO_ANSWER')),
  row([20], ['SUBSCRIBER_ABSENT'], attempt('UNREACHABLE')),
  row([21], ['CALL_REJECTED'], 'rejected'),
  row([22], ['NUMBER_CHANGED'], attempt('INVALID_NUMBER')),
  row([23], ['REDIRECTION_TO_NEW_DESTINATION'], attempt('INVALID_NUMBER')),
  row([25], ['EXCHANGE_ROUTING_ERROR'], trunk('CARRIER_ERROR')),
  row([27], ['DESTINATION_OUT_OF_ORDER'], attempt('UNREACHABLE')),
  row([28], ['INVALID_NUMBER_FORMAT'], attempt('INVALID_NUMBER')),
  row([29], ['FACILITY_REJECTED'], trunk('CARRIER_ERROR')),
  row([31], ['NORMAL_UNSPECIFIED'], attempt('NO_ANSWER')),
  row([34], ['NORMAL_CIRCUIT_CONGESTION', 'CONGESTION'], trunk('CONGESTION')),
  row([38], ['NETWORK_OUT_OF_ORDER', 'FAILURE'], trunk('CARRIER_ERROR')),
  row([41], ['NORMAL_TEMPORARY_FAILURE'], trunk('CONGESTION')),
  row([42], ['SWITCH_CONGESTION'], trunk('CONGESTION')),
  row([43, 47], ['ACCESS_INFO_DISCARDED'], trunk('CARRIER_ERROR')),
  row([44], ['REQUESTED_CHAN_UNAVAIL'], trunk('CONGESTION')),
  row([50, 52, 57], ['FACILITY_NOT_SUBSCRIBED', 'OUTGOING_CALL_BARRED', 'BEARERCAPABILITY_NOTAUTH'], trunk('CARRIER_ERROR')),
  row([54], ['INCOMING_CALL_BARRED'], attempt('REJECTED')),
  row([58, 88], ['BEARERCAPABILITY_NOTAVAIL', 'INCOMPATIBLE_DESTINATION'], trunk('CARRIER_ERROR')),
  row([63], ['SERVICE_UNAVAILABLE'], trunk('CARRIER_ERROR')),
  row(
    [65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79],
    ['BEARERCAPABILITY_NOTIMPL', 'CHAN_NOT_IMPLEMENTED', 'FACILITY_NOT_IMPLEMENTED', 'SERVICE_NOT_IMPLEMENTED'],
    trunk('CARRIER_ERROR'),
  ),
  row(
    [95, 96, 97, 98, 99, 100, 101, 111],
    [
      'INVALID_CALL_REFERENCE',
      'INVALID_MSG_UNSPECIFIED',
      'MANDATORY_IE_MISSING',
      'MESSAGE_TYPE_NONEXIST',
      'WRONG_MESSAGE',
      'IE_NONEXIST',
      'INVALID_IE_CONTENTS',
      'WRONG_CALL_STATE',
      'MANDATORY_IE_LENGTH_ERROR',
      'PROTOCOL_ERROR',
    ],
    trunk('CARRIER_ERROR'),
  ),
  row([102], ['RECOVERY_ON_TIMER_EXPIRE'], 'timeout'),
  row([127], ['INTERWORKING'], trunk('CARRIER_ERROR')),
  row([487], ['ORIGINATOR_CANCEL'], 'cancel'),
  row([], ['ALLOTTED_TIMEOUT', 'PROGRESS_TIMEOUT'], 'timeout'),
  row([], ['MANAGER_REQUEST', 'LOSE_RACE', 'PICKED_OFF'], neither('CANCELLED')),
  row([], ['USER_NOT_REGISTERED', 'INVALID_URL', 'INVALID_PROFILE', 'CRASH', 'SYSTEM_SHUTDOWN'], neither('INTERNAL_ERROR')),
  // A8: the engine treats these ends as the gateway check saying so
  row([], ['INVALID_GATEWAY', 'GATEWAY_DOWN'], trunk('CARRIER_ERROR')),
  row([], ['BUSY_EVERYWHERE'], attempt('BUSY')),
  row([], ['DECLINE'], 'declined'),
  row([], ['DOES_NOT_EXIST_ANYWHERE'], attempt('INVALID_NUMBER')),
  row([], ['NOT_ACCEPTABLE'], trunk('CARRIER_ERROR')),
  row([], ['UNWANTED'], attempt('SCREENED')),
];

export const byName: Readonly<Partial<Record<string, Outcome>>> = Object.fromEntries(
  resultTable.flatMap((row) => row.names.map((name) => [name, row.outcome] as const)),
);

const numbers = new Map(resultTable.flatMap((row) => row.q850.map((q850) => [q850, row.outcome] as const)));
export const byNumber = (q850: number | undefined): Outcome | undefined => (q850 === undefined ? undefined : numbers.get(q850));

/** Cause of a SIP status, for an end of which nothing else is known: as mod_sofia has it. */
export const sipNumbers: Readonly<Partial<Record<number, number>>> = {
  400: 41,
  401: 21,
  402: 21,
  403: 21,
  404: 1,
  405: 63,
  406: 79,
  407: 21,
  408: 102,
  410: 22,
  413: 127,
  414: 127,
  415: 79,
  416: 127,
  420: 127,
  421: 127,
  423: 127,
  480: 18,
  481: 41,
  482: 25,
  483: 25,
  484: 28,
  485: 3,
  486: 17,
  487: 487,
  488: 88,
  500: 41,
  501: 79,
  502: 38,
  503: 41,
  504: 102,
  505: 127,
  513: 127,
  600: 17,
  603: 21,
  604: 1,
  606: 88,
  607: 21,
  608: 21,
};
