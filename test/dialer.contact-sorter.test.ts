/** Kinds of contact learned from the list itself (core/dialer/pacing/contact-sorter.ts). */
import assert from 'node:assert/strict';
import { contactKinds, createContactSorter } from '../core/dialer/pacing/index.js';
import type { ContactSorter, ContactTraits } from '../core/dialer/pacing/index.js';
import { chanceOfTraits, drawTraits } from './simulation-dialer/traits.js';
import { Random } from './simulation/random.js';

const contact: ContactTraits = { answeredBefore: false, attempts: 0, hour: 10, ageDays: 3, line: 'mobile' };

/** A sorter that has seen so many calls to a list as in traits.ts. */
function sorterOf(calls: number, random = new Random(3)): ContactSorter {
  const sorter = createContactSorter();
  for (let n = 0; n < calls; n++) {
    const traits = { ...drawTraits(random), hour: random.int(9, 18) };
    sorter.learn(traits, random.chance(chanceOfTraits(traits)));
  }
  return sorter;
}

describe('contact sorter', () => {
  it('B44: after some thousand calls it knows who answers: half the error of one rate for all, and less', () => {
    const sorter = sorterOf(6_000);
    const random = new Random(4);
    let [error, plain] = [0, 0];
    for (let n = 0; n < 2_000; n++) {
      const traits = { ...drawTraits(random), hour: random.int(9, 18) };
      error += Math.abs(sorter.chanceOf(traits) - chanceOfTraits(traits));
      plain += Math.abs(0.27 - chanceOfTraits(traits));
    }
    assert.ok(error < 0.35 * plain, `${(error / 2_000).toFixed(3)} against ${(plain / 2_000).toFixed(3)}`);
  });

  it('B44: each trait of the list is found', () => {
    const sorter = sorterOf(8_000);
    const chance = (change: Partial<ContactTraits>): number => sorter.chanceOf({ ...contact, attempts: 2, ...change });
    assert.ok(chance({ answeredBefore: true }) > chance({}) + 0.2);
    assert.ok(chance({ attempts: 5 }) < chance({ attempts: 1 }));
    assert.ok(chance({ hour: 17 }) > chance({ hour: 13 }));
    assert.ok(chance({ ageDays: 200 }) < chance({ ageDays: 3 }));
    assert.ok(chance({ line: 'landline' }) < chance({ line: 'mobile' }));
  });

  it('B44: before the first call every contact is of one kind, afterwards kinds are whole numbers below their count', () => {
    const fresh = createContactSorter();
    assert.equal(fresh.kindOf(contact), fresh.kindOf({ ...contact, answeredBefore: true, attempts: 9 }));
    const sorter = sorterOf(6_000);
    const kinds = new Set<number>();
    for (let attempts = 0; attempts < 12; attempts++)
      for (const answeredBefore of [true, false]) kinds.add(sorter.kindOf({ ...contact, attempts, answeredBefore }));
    assert.ok(kinds.size >= 3);
    for (const kind of kinds) assert.ok(Number.isInteger(kind) && kind >= 0 && kind < contactKinds);
  });

  it('B44: it follows a list whose answers change', () => {
    const sorter = sorterOf(6_000);
    for (let n = 0; n < 3_000; n++) sorter.learn(contact, n % 20 === 0);
    assert.ok(Math.abs(sorter.chanceOf(contact) - 0.05) < 0.03);
  });

  it('B44: strange traits give a chance all the same', () => {
    const sorter = sorterOf(500);
    for (const value of [NaN, -1, Infinity]) {
      const traits = { ...contact, attempts: value, hour: value, ageDays: value };
      sorter.learn(traits, true);
      const chance = sorter.chanceOf(traits);
      assert.ok(chance > 0 && chance < 1);
    }
  });

  it('B44: a snapshot is taken up as it was, a damaged one left aside', () => {
    const sorter = sorterOf(1_000);
    const again = createContactSorter();
    const saved = JSON.parse(JSON.stringify(sorter.snapshot())) as { means: (number | null)[] };
    again.restore(saved);
    assert.equal(again.chanceOf(contact), sorter.chanceOf(contact));
    for (const damaged of [
      null,
      {},
      { ...saved, means: [1] },
      { ...saved, means: saved.means.map(() => null) },
      { ...saved, version: 9 },
    ]) {
      again.restore(damaged);
      assert.equal(again.chanceOf(contact), sorter.chanceOf(contact));
    }
  });
});
