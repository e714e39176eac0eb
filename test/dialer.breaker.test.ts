/** The breaker of a gateway (core/dialer/breaker.ts, dialer.md B11). */
import assert from 'node:assert/strict';
import { createBreaker } from '../core/dialer/breaker.js';
import type { GatewayBreaker } from '../core/dialer/breaker.js';
import type { CallResult } from '../core/dialer/words.js';

const failure = { result: 'CONGESTION', countsAgainstTrunk: true } as const;
const success = { result: 'NO_ANSWER', countsAgainstTrunk: false } as const;

/** `.` a call that got through, `x` one that failed at the trunk, every 100 ms. The number of calls until it closed. */
function closesAfter(breaker: GatewayBreaker, calls: string, everyMs = 100): number | undefined {
  for (const [i, call] of Array.from(calls).entries())
    if (breaker.ended(`c${i}`, call === 'x' ? failure : success, i * everyMs)) return i + 1;
  return undefined;
}

function closed(nowMs = 0): GatewayBreaker {
  const breaker = createBreaker();
  for (let i = 0; i < 10; i++) breaker.ended(`c${i}`, failure, nowMs);
  return breaker;
}

describe('breaker of a gateway', () => {
  it('E81: ten failures in a row close it, nine do not', () => {
    assert.equal(closesAfter(createBreaker(), 'xxxxxxxxx.xxxxxxxxx'), undefined);
    assert.equal(closesAfter(createBreaker(), '..xxxxxxxxxx'), 12);
  });
  it('E81: more than 40 % of twenty calls in a minute close it, 40 % do not', () => {
    assert.equal(closesAfter(createBreaker(), '..x.x.x.x.x.x.x..x..'), undefined);
    assert.equal(closesAfter(createBreaker(), 'x.x.x.x.x.x.x...x..x'), 20);
  });
  it('E81: calls older than a minute do not count', () => {
    assert.equal(closesAfter(createBreaker(), 'x.x.x.x.x.x.x...x..x', 4_000), undefined);
  });
  it('E81: closed for 30 s, then a probe each 10 s', () => {
    const breaker = closed();
    assert.equal(breaker.state(29_999), 'closed');
    assert.equal(breaker.mayCall(29_999), false);
    assert.match(breaker.reason(), /10 calls in a row/);
    assert.equal(breaker.state(30_000), 'probing');
    assert.equal(breaker.mayCall(30_000), true);
    breaker.placed('p1', 30_000);
    assert.equal(breaker.mayCall(39_999), false);
    assert.equal(breaker.mayCall(40_000), true);
  });
  it('E81: a probe that gets through opens it, also one that rang longer than the time to the next', () => {
    const breaker = closed();
    breaker.placed('p1', 30_000);
    breaker.placed('p2', 40_000);
    assert.equal(breaker.ended('p1', success, 55_000), true);
    assert.equal(breaker.state(55_000), 'open');
    assert.equal(breaker.reason(), '');
  });
  it('E81: a probe that fails closes it for another 30 s', () => {
    const breaker = closed();
    breaker.placed('p1', 30_000);
    assert.equal(breaker.ended('p1', failure, 31_000), true);
    assert.equal(breaker.state(60_999), 'closed');
    assert.equal(breaker.state(61_000), 'probing');
  });
  it('E81: calls of before it was closed neither open it nor close it longer', () => {
    const breaker = closed();
    assert.equal(breaker.ended('old', success, 5_000), false);
    assert.equal(breaker.ended('old2', failure, 6_000), false);
    assert.equal(breaker.state(30_000), 'probing');
  });
  it('E81: a probe that was not placed does not count', () => {
    const breaker = closed();
    breaker.placed('p1', 30_000);
    breaker.notPlaced('p1');
    assert.equal(breaker.ended('p1', failure, 31_000), false);
  });
});

describe('breaker of a gateway: a carrier that makes up results', () => {
  const hourMs = 3_600_000;
  function day(breaker: GatewayBreaker, count: number, result: (i: number) => CallResult, fromMs = 0): number | undefined {
    for (let i = 0; i < count; i++)
      if (breaker.ended(`d${fromMs}-${i}`, { result: result(i), countsAgainstTrunk: false }, fromMs + i * 1_000)) return i + 1;
    return undefined;
  }

  it('E81: three times the mean of the days before, of at least 50 calls', () => {
    const breaker = createBreaker();
    assert.equal(
      day(breaker, 400, (i) => (i % 10 === 0 ? 'BUSY' : 'NO_ANSWER')),
      undefined,
    );
    const after = day(breaker, 60, () => 'BUSY', hourMs);
    assert.ok(after !== undefined && after >= 10 && after <= 20, `closed after ${String(after)}`);
    assert.match(breaker.reason(), /BUSY/);
  });
  it('E81: a list that was always so is no fault of the carrier', () => {
    const breaker = createBreaker();
    assert.equal(
      day(breaker, 600, (i) => (i % 2 === 0 ? 'INVALID_NUMBER' : 'NO_ANSWER')),
      undefined,
    );
  });
  it('E81: few calls say nothing, nor does a rare result that is three times as frequent', () => {
    assert.equal(
      day(createBreaker(), 150, (i) => (i < 100 ? 'NO_ANSWER' : 'BUSY')),
      undefined,
    );
    const breaker = createBreaker();
    day(breaker, 400, (i) => (i % 50 === 0 ? 'BUSY' : 'NO_ANSWER'));
    assert.equal(
      day(breaker, 50, (i) => (i % 10 === 0 ? 'BUSY' : 'NO_ANSWER'), hourMs),
      undefined,
    );
  });
  it('E81: what was learned is taken along; one that cannot be read is left aside', () => {
    const before = createBreaker();
    day(before, 400, (i) => (i % 10 === 0 ? 'BUSY' : 'NO_ANSWER'));
    const breaker = createBreaker();
    for (const broken of [undefined, 3, { version: 2 }, { version: 1, days: [{}] }]) breaker.restore(broken);
    breaker.restore(JSON.parse(JSON.stringify(before.snapshot())));
    assert.notEqual(
      day(breaker, 60, () => 'BUSY', hourMs),
      undefined,
    );
  });
});
