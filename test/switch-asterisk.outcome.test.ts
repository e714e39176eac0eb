/** Why an agent's leg did not come about, in the engine's words (asterisk-behaviour 5). */
import assert from 'node:assert/strict';
import { deviceStateOf } from '../sidecar/switch-asterisk-devices.js';
import { failureOf, failureOfDevice, type LegFacts } from '../sidecar/switch-asterisk-outcome.js';

const nothing: LegFacts = { cause: undefined, techCause: undefined, dialStatus: undefined, reason: undefined };
const of = (facts: Partial<LegFacts>) => failureOf({ ...nothing, ...facts })?.failure;

describe('asterisk: outcome of a leg', () => {
  const rows: readonly (readonly [string, Partial<LegFacts>, string | undefined])[] = [
    // the table of asterisk-behaviour 5, as its legs were seen
    ['486 of a telephone', { cause: 17, dialStatus: 'BUSY', reason: 0 }, 'busy'],
    ['Busy() in a Local channel', { cause: 0, dialStatus: 'BUSY', reason: 5 }, 'busy'],
    ['Congestion() in a Local channel', { cause: 0, dialStatus: 'CONGESTION', reason: 8 }, 'unreachable'],
    ['603 of a telephone', { cause: 21, dialStatus: 'NOANSWER', reason: 0 }, 'rejected'],
    ['480 of a telephone', { cause: 19, dialStatus: 'NOANSWER', reason: 0 }, 'no-answer'],
    ['the time is over', { cause: 19, reason: 3 }, 'no-answer'],
    ['unallocated number', { cause: 1, dialStatus: 'NOANSWER', reason: 0 }, 'unreachable'],
    ['no circuit', { cause: 34, dialStatus: 'CONGESTION', reason: 0 }, 'busy'],
    ['subscriber absent', { cause: 20, dialStatus: 'CHANUNAVAIL', reason: 0 }, 'not-registered'],
    ['no route', { cause: 3 }, 'unreachable'],
    // the rank of the three: cause, DialEnd, Reason
    ['the cause outranks DialEnd', { cause: 21, dialStatus: 'BUSY' }, 'rejected'],
    ['DialEnd outranks the reason', { cause: 0, dialStatus: 'BUSY', reason: 3 }, 'busy'],
    ['a cause that nobody has named', { cause: 99 }, 'unreachable'],
    // nothing to go by
    ['cause 0 alone', { cause: 0 }, undefined],
    ['reason 0 alone', { reason: 0 }, undefined],
    ['a word that nobody has heard', { dialStatus: 'TORTURE' }, undefined],
  ];
  for (const [title, facts, failure] of rows)
    it(`F20 F21 F71: ${title}: ${failure ?? 'not known yet'}`, () => assert.equal(of(facts), failure));

  it('the detail has all that was said', () => {
    const { detail } = failureOf({ cause: 21, techCause: '603', dialStatus: 'NOANSWER', reason: 0 }) ?? assert.fail();
    assert.equal(detail, 'cause 21, SIP 603, dial NOANSWER, reason 0');
  });

  it('F23: no channel at all: the state of the device tells', () => {
    assert.equal(failureOfDevice('UNAVAILABLE').failure, 'not-registered');
    assert.equal(failureOfDevice('INVALID').failure, 'unreachable');
    assert.equal(failureOfDevice('NOT_INUSE').failure, 'unreachable');
    assert.equal(failureOfDevice(undefined).failure, 'unreachable');
  });

  it('B22: words of device states', () => {
    const words = ['NOT_INUSE', 'INUSE', 'BUSY', 'ONHOLD', 'RINGINUSE', 'RINGING', 'UNAVAILABLE', 'INVALID', 'UNKNOWN', '', undefined];
    assert.deepEqual(words.map(deviceStateOf), [
      'idle',
      'in-use',
      'in-use',
      'in-use',
      'in-use',
      'ringing',
      'unavailable',
      'unavailable',
      'unknown',
      'unknown',
      'unknown',
    ]);
  });
});
