/** What a step has touched: a list of few, with a Set beside it from many on. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Touched } from '../core/acd/touched.js';

describe('touched things of a step', () => {
  it('each once, in the order of the first touch, few or many, also after a clear', () => {
    const round = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40, size: 'max' });
    fc.assert(
      fc.property(fc.array(round, { maxLength: 4 }), (rounds) => {
        const touched = new Touched<number>();
        for (const numbers of rounds) {
          touched.clear();
          assert.deepEqual([touched.size, ...touched], [0]);
          for (const number of numbers) touched.add(number);
          const plain = new Set(numbers);
          assert.deepEqual([...touched], [...plain]);
          assert.equal(touched.size, plain.size);
          for (let number = 0; number <= 30; number++) assert.equal(touched.has(number), plain.has(number));
        }
      }),
    );
  });

  it('what is added while they are gone through is gone through too', () => {
    const touched = new Touched<number>();
    touched.add(1);
    const seen: number[] = [];
    for (const number of touched.items) {
      seen.push(number);
      if (number < 20) touched.add(number + 1);
      touched.add(1);
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
  });
});
