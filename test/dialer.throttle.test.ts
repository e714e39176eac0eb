/** Calls per second (core/dialer/throttle.ts, dialer.md A7). */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { claimsPerCycle, createThrottle, lateBurst } from '../core/dialer/throttle.js';

/** Moments of the commands, when somebody asks at each of these. */
function sentAt(perSecond: number, burst: number, askedAt: readonly number[]): readonly number[] {
  const throttle = createThrottle(perSecond, burst);
  return askedAt.filter((atMs) => throttle.take(atMs));
}

const everyMs = (count: number): readonly number[] => Array.from({ length: count }, (_, ms) => ms);

describe('throttle', () => {
  it('E46: ten a second are 100 ms apart', () => {
    assert.deepEqual(sentAt(10, 1, everyMs(500)), [0, 100, 200, 300, 400]);
  });
  it('E46: after a rest there is one token, not many', () => {
    assert.deepEqual(sentAt(10, 1, [0, 5_000, 5_001, 5_099, 5_100]), [0, 5_000, 5_100]);
  });
  it('E46: a burst may go at once after a rest, and the next one waits for its token', () => {
    assert.deepEqual(sentAt(10, 2, [5_000, 5_000, 5_000, 5_100, 5_150, 5_200]), [5_000, 5_000, 5_100, 5_200]);
  });
  it('E46: slow dialling has exact gaps; fast dialling makes up for late timers, and never passes its rate', () => {
    const placed = (perSecond: number, late: number): readonly number[] => {
      const throttle = createThrottle(perSecond, lateBurst);
      const sent: number[] = [];
      for (let atMs = 0; atMs < 10_000; atMs += late) while (throttle.take(atMs)) sent.push(atMs);
      return sent;
    };
    assert.deepEqual(placed(10, 70).slice(0, 4), [0, 140, 280, 420], 'a late one moves those behind it');
    for (const late of [1, 7, 40, 90]) {
      const sent = placed(600, late);
      assert.ok(sent.length >= 5_600, `${String(sent.length)} in ten seconds, asked every ${String(late)} ms`);
      for (const [n, atMs] of sent.entries()) assert.ok(atMs - (sent[n - 600] ?? -Infinity) >= 1_000);
    }
  });
  it('E46: slow dialling claims what it may place in a cycle, fast dialling a quarter more', () => {
    assert.deepEqual([claimsPerCycle(10, 1_000), claimsPerCycle(50, 500), claimsPerCycle(400, 1_000)], [10, 25, 500]);
  });
  it('E46: says when the next one may go', () => {
    const throttle = createThrottle(4);
    assert.ok(throttle.nextAtMs() <= 0);
    throttle.take(1_000);
    assert.equal(throttle.nextAtMs(), 1_250);
  });
  it('E80: another rate holds from the next command on', () => {
    const throttle = createThrottle(1);
    throttle.take(0);
    throttle.change(10);
    assert.equal(throttle.nextAtMs(), 100);
  });
  it('E46: a rate that is none is one a second', () => {
    const throttle = createThrottle(NaN);
    throttle.take(0);
    assert.equal(throttle.nextAtMs(), 1_000);
  });

  const asked = fc.array(fc.nat(3_000), { minLength: 1, maxLength: 400 }).map((moments) => [...moments].sort((a, b) => a - b));
  it('E46: never closer than 1000 / rate without a burst', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), asked, (perSecond, moments) => {
        const sent = sentAt(perSecond, 1, moments);
        sent.forEach((atMs, i) => i > 0 && assert.ok(atMs - (sent[i - 1] ?? 0) >= 1000 / perSecond - 1e-6));
      }),
    );
  });
  it('E46: no second holds more than the rate, whatever the burst', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 30 }), asked, (perSecond, burst, moments) => {
        const sent = sentAt(perSecond, burst, moments);
        for (const from of sent) assert.ok(sent.filter((atMs) => atMs >= from && atMs < from + 1000).length <= Math.max(1, perSecond));
      }),
    );
  });
});
