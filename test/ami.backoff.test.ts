/* Waiting times between attempts (user-needs 10). */
import assert from 'node:assert/strict';
import { nextDelayMs } from '../sidecar/backoff.js';

describe('backoff', () => {
  it('B10: doubles from 100 ms to the cap of 5 s, the upper half by chance', () => {
    const longest = [0, 1, 2, 3, 4, 5, 6, 7, 50].map((attempt) => nextDelayMs(attempt, 1));
    assert.deepEqual(longest, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
    const shortest = [0, 1, 6, 1_000].map((attempt) => nextDelayMs(attempt, 0));
    assert.deepEqual(shortest, [50, 100, 2500, 2500]);
  });

  it('B10: other limits, and never more than the cap', () => {
    for (let attempt = -1; attempt < 100; attempt++) assert.ok(nextDelayMs(attempt, 0.999, { firstMs: 250, capMs: 30_000 }) <= 30_000);
    assert.equal(nextDelayMs(0, 1, { firstMs: 9_000, capMs: 5_000 }), 5_000);
  });
});
