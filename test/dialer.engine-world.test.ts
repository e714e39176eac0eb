/** The dialer's engine in a world of trouble (test/support/dialer-world.ts), and the invariants of dialer.md part C. */
import assert from 'node:assert/strict';
import { DialerWorld } from './support/dialer-world.js';
import { worldPlan } from './support/dialer-world-plan.js';

const seed = Number(process.env.SEED);
const seeds = seed > 0 ? [seed] : Array.from({ length: Number(process.env.SEEDS ?? 25) }, (_, n) => n + 1);

describe('dialer engine: any order of events', () => {
  it('E38 E51 E78 B7 B11 B33: nobody in two calls, slots and rate kept, one result each, nothing stuck, no agent left held', function () {
    this.timeout(120_000);
    for (const n of seeds) {
      try {
        new DialerWorld(worldPlan(n)).run();
      } catch (error) {
        throw new Error(`SEED=${n}: ${(error as Error).message}`, { cause: error });
      }
    }
  });

  it('B62: the same seed gives the same day', () => {
    const [first, second] = [3, 3].map((n) => {
      const world = new DialerWorld(worldPlan(n));
      world.run();
      return JSON.stringify([world.placed.map(({ order, placedAtMs }) => [order, placedAtMs]), world.table.records, world.table.audit]);
    });
    assert.equal(first, second);
    assert.ok((first ?? '').length > 1_000);
  });
});
