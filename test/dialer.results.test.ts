/** Table B5 of the dialer's specification, row by row. */
import assert from 'node:assert/strict';
import { results } from '../core/dialer/words.js';
import type { CallResult } from '../core/dialer/words.js';
import { resultTable } from '../core/dialer/result-table.js';
import { deliveryStatusOf, resultOf, vicidialStatusOf } from '../core/dialer/results.js';
import type { EndFacts } from '../core/dialer/results.js';

const facts = (more: Partial<EndFacts> = {}): EndFacts => ({
  cause: '',
  q850: undefined,
  sip: undefined,
  hadProgress: undefined,
  lastedMs: 20_000,
  isAnswered: false,
  isBridged: false,
  isIvr: false,
  isOffered: false,
  isWaitedOut: false,
  endedBy: 'unknown',
  hangUpReason: undefined,
  amd: undefined,
  causeBefore: undefined,
  ...more,
});

/** `A` counts as an attempt, `T` against the trunk. */
const says = (given: Partial<EndFacts>): string => {
  const { result, countsAsAttempt, countsAgainstTrunk } = resultOf(facts(given));
  return `${result}${countsAsAttempt ? ' A' : ''}${countsAgainstTrunk ? ' T' : ''}`;
};

/** Q.850 numbers; FreeSWITCH names, Asterisk names; what every call with one of them is. */
const rows: readonly (readonly [numbers: string, names: string, expected: string])[] = [
  ['1', 'UNALLOCATED_NUMBER UNALLOCATED', 'INVALID_NUMBER A'],
  ['2', 'NO_ROUTE_TRANSIT_NET', 'CARRIER_ERROR T'],
  ['3', 'NO_ROUTE_DESTINATION', 'UNREACHABLE A'],
  ['6', 'CHANNEL_UNACCEPTABLE', 'CARRIER_ERROR T'],
  ['16', 'NORMAL_CLEARING MEDIA_TIMEOUT', 'NO_ANSWER A'],
  ['17', 'USER_BUSY', 'BUSY A'],
  ['18', 'NO_USER_RESPONSE', 'NO_ANSWER A'],
  ['19', 'NO_ANSWER', 'NO_ANSWER A'],
  ['20', 'SUBSCRIBER_ABSENT', 'UNREACHABLE A'],
  ['21', 'CALL_REJECTED', 'REJECTED A'],
  ['22', 'NUMBER_CHANGED', 'INVALID_NUMBER A'],
  ['23', 'REDIRECTION_TO_NEW_DESTINATION', 'INVALID_NUMBER A'],
  ['25', 'EXCHANGE_ROUTING_ERROR', 'CARRIER_ERROR T'],
  ['27', 'DESTINATION_OUT_OF_ORDER', 'UNREACHABLE A'],
  ['28', 'INVALID_NUMBER_FORMAT', 'INVALID_NUMBER A'],
  ['29', 'FACILITY_REJECTED', 'CARRIER_ERROR T'],
  ['31', 'NORMAL_UNSPECIFIED', 'NO_ANSWER A'],
  ['34', 'NORMAL_CIRCUIT_CONGESTION CONGESTION', 'CONGESTION T'],
  ['38', 'NETWORK_OUT_OF_ORDER FAILURE', 'CARRIER_ERROR T'],
  ['41', 'NORMAL_TEMPORARY_FAILURE', 'CONGESTION T'],
  ['42', 'SWITCH_CONGESTION', 'CONGESTION T'],
  ['43 47', 'ACCESS_INFO_DISCARDED', 'CARRIER_ERROR T'],
  ['44', 'REQUESTED_CHAN_UNAVAIL', 'CONGESTION T'],
  ['50 52 57', 'FACILITY_NOT_SUBSCRIBED OUTGOING_CALL_BARRED BEARERCAPABILITY_NOTAUTH', 'CARRIER_ERROR T'],
  ['54', 'INCOMING_CALL_BARRED', 'REJECTED A'],
  ['58 88', 'BEARERCAPABILITY_NOTAVAIL INCOMPATIBLE_DESTINATION', 'CARRIER_ERROR T'],
  ['63', 'SERVICE_UNAVAILABLE', 'CARRIER_ERROR T'],
  ['65 66 69 70 79', 'BEARERCAPABILITY_NOTIMPL CHAN_NOT_IMPLEMENTED FACILITY_NOT_IMPLEMENTED SERVICE_NOT_IMPLEMENTED', 'CARRIER_ERROR T'],
  [
    '95 96 97 98 99 100 101 111',
    'INVALID_MSG_UNSPECIFIED MANDATORY_IE_MISSING MESSAGE_TYPE_NONEXIST WRONG_MESSAGE IE_NONEXIST INVALID_IE_CONTENTS WRONG_CALL_STATE PROTOCOL_ERROR',
    'CARRIER_ERROR T',
  ],
  ['127', 'INTERWORKING', 'CARRIER_ERROR T'],
  ['', 'MANAGER_REQUEST LOSE_RACE PICKED_OFF', 'CANCELLED'],
  ['', 'USER_NOT_REGISTERED INVALID_URL INVALID_PROFILE CRASH SYSTEM_SHUTDOWN', 'INTERNAL_ERROR'],
  ['', 'INVALID_GATEWAY GATEWAY_DOWN', 'CARRIER_ERROR T'],
  ['', 'BUSY_EVERYWHERE', 'BUSY A'],
  ['', 'DECLINE', 'REJECTED A'],
  ['', 'DOES_NOT_EXIST_ANYWHERE', 'INVALID_NUMBER A'],
  ['', 'NOT_ACCEPTABLE', 'CARRIER_ERROR T'],
  ['', 'UNWANTED', 'SCREENED A'],
];

describe('dialer: results of calls (E11, E52, B5 of the specification)', () => {
  for (const [numbers, names, expected] of rows)
    it(`${numbers === '' ? '' : `${numbers}, `}${names} is ${expected}`, () => {
      for (const cause of names.split(' ')) assert.equal(says({ cause }), expected, cause);
      // a name that nobody knows: the number decides
      for (const q850 of numbers.split(' ').filter(Boolean).map(Number)) {
        assert.equal(says({ q850 }), expected, String(q850));
        assert.equal(says({ cause: 'SOMETHING_NEW', q850 }), expected, String(q850));
      }
    });

  it('the name goes before the number, in any letter case and as Asterisk writes it', () => {
    assert.equal(says({ cause: 'USER_BUSY', q850: 19 }), 'BUSY A');
    assert.equal(says({ cause: 'User busy', q850: 19 }), 'BUSY A');
    assert.equal(says({ cause: 'Normal Clearing', q850: 17 }), 'NO_ANSWER A');
  });

  it('every row of the table is known by its names, and no name or number stands in two', () => {
    const names = resultTable.flatMap((row) => row.names);
    const numbers = resultTable.flatMap((row) => row.q850);
    assert.equal(new Set(names).size, names.length);
    assert.equal(new Set(numbers).size, numbers.length);
    for (const name of names) assert.ok((results as readonly string[]).includes(resultOf(facts({ cause: name })).result), name);
  });

  it('16 by facts: what happened to the answered call decides', () => {
    const answered = { cause: 'NORMAL_CLEARING', q850: 16, isAnswered: true };
    assert.equal(says({ ...answered, isBridged: true }), 'CONNECTED A');
    assert.equal(says({ ...answered, isIvr: true }), 'CONNECTED_IVR A');
    assert.equal(says({ ...answered, isOffered: true, isWaitedOut: true, endedBy: 'customer' }), 'ABANDONED A');
    assert.equal(says({ ...answered, isOffered: true, hangUpReason: 'no-agent', endedBy: 'us' }), 'ABANDONED A');
    assert.equal(says({ ...answered, isOffered: true, endedBy: 'customer' }), 'CUSTOMER_DROPPED A');
    assert.equal(says({ cause: 'NORMAL_CLEARING', q850: 16 }), 'NO_ANSWER A');
  });

  it('E63: an IVR call counts like any other once its key asked for an agent', () => {
    const offered = { cause: 'NORMAL_CLEARING', isAnswered: true, isIvr: true, isOffered: true } as const;
    assert.equal(says({ ...offered, isBridged: true }), 'CONNECTED A');
    assert.equal(says({ ...offered, isWaitedOut: true }), 'ABANDONED A');
    assert.equal(says({ ...offered, endedBy: 'customer' }), 'CUSTOMER_DROPPED A');
  });

  it('an answered call is judged by what happened, whatever cause ended it', () => {
    for (const cause of ['MEDIA_TIMEOUT', 'NORMAL_TEMPORARY_FAILURE', 'ORIGINATOR_CANCEL', 'NORMAL_UNSPECIFIED'])
      assert.equal(says({ cause, isAnswered: true, isBridged: true }), 'CONNECTED A', cause);
  });

  it('A18: an IVR that the dialplan does not have is no IVR that was reached', () => {
    const hungUp = { cause: 'NO_ROUTE_DESTINATION', isAnswered: true, isIvr: true, endedBy: 'us', answeredForMs: 9 } as const;
    assert.equal(says(hungUp), 'ABANDONED A');
    assert.equal(says({ ...hungUp, endedBy: 'unknown' }), 'ABANDONED A');
    assert.equal(says({ ...hungUp, answeredForMs: 1_000 }), 'CONNECTED_IVR A', 'its last step led nowhere');
    assert.equal(says({ ...hungUp, endedBy: 'customer' }), 'CONNECTED_IVR A');
    assert.equal(says({ ...hungUp, cause: 'NORMAL_CLEARING' }), 'CONNECTED_IVR A');
  });

  it('what AMD heard: a machine, a fax; unsure and hung up while listening count as a person', () => {
    const answered = { cause: 'NORMAL_CLEARING', isAnswered: true } as const;
    assert.equal(says({ ...answered, amd: 'MACHINE', hangUpReason: 'machine', endedBy: 'us' }), 'MACHINE A');
    assert.equal(says({ ...answered, amd: 'FAX', endedBy: 'us' }), 'FAX A');
    assert.equal(says({ ...answered, amd: 'NOTSURE', isWaitedOut: true }), 'ABANDONED A');
    assert.equal(says({ ...answered, amd: 'HANGUP', endedBy: 'customer' }), 'CUSTOMER_DROPPED A');
    assert.equal(says({ ...answered, amd: 'MACHINE', isBridged: true }), 'CONNECTED A', 'an agent got it');
  });

  it('3: the second "no route" in a row means that the number is wrong', () => {
    assert.equal(says({ cause: 'NO_ROUTE_DESTINATION' }), 'UNREACHABLE A');
    assert.equal(says({ cause: 'NO_ROUTE_DESTINATION', causeBefore: 'USER_BUSY' }), 'UNREACHABLE A');
    assert.equal(says({ cause: 'NO_ROUTE_DESTINATION', causeBefore: 'NO_ROUTE_DESTINATION' }), 'INVALID_NUMBER A');
    assert.equal(says({ q850: 3, causeBefore: 'No route to destination' }), 'INVALID_NUMBER A');
  });

  it('21 refined by SIP: a login that is refused is the trunk, analytics screen, a person rejects', () => {
    for (const sip of [401, 403, 407]) assert.equal(says({ cause: 'CALL_REJECTED', q850: 21, sip }), 'CARRIER_ERROR T', String(sip));
    for (const sip of [607, 608]) assert.equal(says({ cause: 'CALL_REJECTED', q850: 21, sip }), 'SCREENED A', String(sip));
    assert.equal(says({ cause: 'CALL_REJECTED', q850: 21, sip: 402 }), 'REJECTED A');
    assert.equal(says({ cause: 'CALL_REJECTED', sip: 603, lastedMs: 999 }), 'SCREENED A');
    assert.equal(says({ cause: 'CALL_REJECTED', sip: 603, lastedMs: 1_000 }), 'REJECTED A');
    assert.equal(says({ cause: 'DECLINE', sip: 603, lastedMs: 300 }), 'SCREENED A');
    assert.equal(says({ cause: 'INTERWORKING', q850: 127, sip: 608 }), 'SCREENED A', 'Asterisk has no cause for it');
  });

  it('102 and timeouts by progress: silence is the trunk, ringing is nobody at home', () => {
    for (const cause of ['RECOVERY_ON_TIMER_EXPIRE', 'ALLOTTED_TIMEOUT', 'PROGRESS_TIMEOUT']) {
      assert.equal(says({ cause, hadProgress: true }), 'NO_ANSWER A', cause);
      assert.equal(says({ cause, hadProgress: false }), 'CONGESTION T', cause);
      assert.equal(says({ cause, hadProgress: undefined }), 'NO_ANSWER A', `${cause}: nobody knows, so nobody is called again at once`);
    }
    assert.equal(says({ q850: 102, hadProgress: false }), 'CONGESTION T');
  });

  it('ORIGINATOR_CANCEL, 487 by who cancelled: our ring timeout is no answer, all else is cancelled', () => {
    assert.equal(says({ cause: 'ORIGINATOR_CANCEL', sip: 487, hangUpReason: 'ring-timeout' }), 'NO_ANSWER A');
    assert.equal(says({ cause: 'ORIGINATOR_CANCEL', sip: 487 }), 'CANCELLED');
    assert.equal(says({ cause: 'INTERWORKING', q850: 127, sip: 487, hangUpReason: 'ring-timeout' }), 'NO_ANSWER A');
    assert.equal(says({ cause: 'NORMAL_CLEARING', hangUpReason: 'collapse', endedBy: 'us' }), 'CANCELLED');
    assert.equal(says({ cause: 'MANAGER_REQUEST', hangUpReason: 'ring-timeout', endedBy: 'us' }), 'NO_ANSWER A');
    assert.equal(says({ cause: 'USER_BUSY', hangUpReason: 'collapse' }), 'BUSY A', 'busy before our cancel came');
  });

  it('with the SIP status alone its cause is looked up; nothing known at all is no answer, or the trunk without progress', () => {
    assert.equal(says({ sip: 404 }), 'INVALID_NUMBER A');
    assert.equal(says({ sip: 486 }), 'BUSY A');
    assert.equal(says({ sip: 503 }), 'CONGESTION T');
    assert.equal(says({}), 'NO_ANSWER A');
    assert.equal(says({ q850: 0, hadProgress: false }), 'CARRIER_ERROR T');
    assert.equal(says({ cause: 'constructor' }), 'NO_ANSWER A');
    assert.equal(says({ cause: '__proto__' }), 'NO_ANSWER A');
  });

  it('E78: an answered call whose end nobody saw is LOST', () => {
    assert.equal(says({ cause: 'LOST', isAnswered: true }), 'LOST A');
    assert.equal(says({ cause: '', isAnswered: true, hangUpReason: 'lost' }), 'LOST A');
  });

  it('E12: the delivery notification says CONNECTED for a person who reached an agent or the IVR', () => {
    const connected = results.filter((result) => deliveryStatusOf(result) === 'CONNECTED');
    assert.deepEqual(connected, ['CONNECTED', 'CONNECTED_IVR']);
  });

  it('VICIdial equivalents', () => {
    const pairs: readonly (readonly [CallResult, string])[] = [
      ['NO_ANSWER', 'NA'],
      ['BUSY', 'AB'],
      ['INVALID_NUMBER', 'ADC'],
      ['MACHINE', 'AA'],
      ['FAX', 'AFAX'],
      ['ABANDONED', 'DROP'],
      ['CUSTOMER_DROPPED', 'PDROP'],
      ['CONGESTION', 'NA'],
      ['CARRIER_ERROR', 'NA'],
    ];
    for (const [result, status] of pairs) assert.equal(vicidialStatusOf(result), status, result);
    assert.equal(vicidialStatusOf('CONNECTED', { disposition: 'SALE' }), 'SALE');
    assert.equal(vicidialStatusOf('BLOCKED_DNC', { dncScope: '' }), 'DNCL');
    assert.equal(vicidialStatusOf('BLOCKED_DNC', { dncScope: 'campaign:c1' }), 'DNCC');
    for (const result of results) assert.match(vicidialStatusOf(result), /^[A-Z]{2,6}$/, result);
  });
});
