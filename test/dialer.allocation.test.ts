/** Slots against campaigns (core/dialer/allocation.ts, dialer.md A6): the worked examples, and any table against a slow reference. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allocate } from '../core/dialer/allocation.js';
import type { Sharer } from '../core/dialer/allocation.js';

const at = (time: string): number => Date.parse(`2026-01-01T${time}:00Z`);

const sharer = (id: string, count: number, time = '10:00', more: Partial<Sharer> = {}): Sharer => ({
  ...{ id, count, oldestMs: at(time), oldestId: `${id}1` },
  ...more,
});

/** `A1 A2 B1`: contacts in dialling order, the oldest of each campaign first. */
const picked = (slots: number, campaigns: readonly Sharer[]): string =>
  allocate(slots, campaigns)
    .flatMap(({ id, take }) => Array.from({ length: take }, (_, i) => `${id}${i + 1}`))
    .join(' ');

describe('allocation: case 1, more slots than campaigns', () => {
  it('E39 E40 E42: example 1a, what the small campaign leaves goes to the larger ones, smallest first', () => {
    assert.equal(picked(10, [sharer('C', 40), sharer('A', 2), sharer('B', 5)]), 'A1 A2 B1 B2 B3 B4 C1 C2 C3 C4');
  });
  it('E39: example 1b, slots that nobody needs stay free', () => {
    assert.equal(picked(10, [sharer('A', 1), sharer('B', 3)]), 'A1 B1 B2 B3');
  });
  it('E42: example 1c, of equal campaigns the one with the oldest contact first', () => {
    assert.equal(picked(4, [sharer('A', 9, '10:00'), sharer('B', 9, '09:00'), sharer('C', 9, '11:00')]), 'B1 A1 C1 C2');
  });
  it('E39 E42: example 1d', () => {
    assert.equal(picked(7, [sharer('A', 1), sharer('B', 1), sharer('C', 1), sharer('D', 50)]), 'A1 B1 C1 D1 D2 D3 D4');
  });
  it('E39: example 1e', () => {
    assert.equal(picked(2, [sharer('A', 100)]), 'A1 A2');
  });
});

describe('allocation: case 2, no more slots than campaigns', () => {
  it('E43 E44: example 2a, the oldest heads', () => {
    const heads = { A: '10:05', B: '10:01', C: '10:09', D: '10:02', E: '10:03' };
    assert.equal(
      picked(
        3,
        Object.entries(heads).map(([id, time]) => sharer(id, 9, time)),
      ),
      'B1 D1 E1',
    );
  });
  it('E44: example 2b, a tie on the time goes by the id of the contact', () => {
    assert.equal(picked(2, [sharer('B', 9), sharer('A', 9), sharer('C', 9, '09:59')]), 'C1 A1');
  });
  it('E43: example 2c, as many slots as campaigns: all, oldest first', () => {
    assert.equal(picked(3, [sharer('A', 9, '10:02'), sharer('B', 9, '10:00'), sharer('C', 9, '10:01')]), 'B1 C1 A1');
  });
  it('E38: no slot, nobody', () => {
    for (const slots of [0, -3, NaN]) assert.equal(picked(slots, [sharer('A', 9)]), '');
  });
});

describe('allocation: additions of ours', () => {
  it('E81: a weight replaces the equal share, and takes nobody the one contact that is his', () => {
    assert.equal(picked(9, [sharer('A', 90, '10:00', { weight: 2 }), sharer('B', 90, '10:01')]), 'A1 A2 A3 A4 A5 A6 B1 B2 B3');
    assert.equal(picked(4, [sharer('A', 90, '10:00', { weight: 100 }), sharer('B', 90, '10:01'), sharer('C', 90, '10:02')]), 'A1 A2 B1 C1');
  });
  it('E81: a weight of 0 comes last', () => {
    assert.equal(picked(3, [sharer('A', 1, '09:00', { weight: 0 }), sharer('B', 5)]), 'B1 B2 A1');
    assert.equal(picked(1, [sharer('A', 1, '09:00', { weight: 0 }), sharer('B', 5)]), 'B1');
  });
  it('E81: what a limit leaves over goes to the others', () => {
    assert.equal(picked(6, [sharer('A', 50, '10:00', { most: 1 }), sharer('B', 90)]), 'A1 B1 B2 B3 B4 B5');
    assert.equal(picked(6, [sharer('B', 50), sharer('A', 90, '10:00', { most: 1 })]), 'B1 B2 B3 B4 B5 A1');
  });
  it('E40: the order is that of all eligible contacts, also where fewer can be used', () => {
    assert.equal(picked(4, [sharer('A', 50, '10:00', { most: 2 }), sharer('B', 3)]), 'B1 B2 A1 A2');
  });
});

/** A6 word for word. */
function reference(slots: number, campaigns: readonly Sharer[]): string {
  const eligible = campaigns.filter(({ count }) => count > 0);
  if (slots <= eligible.length)
    return [...eligible]
      .sort((a, b) => a.oldestMs - b.oldestMs || (a.oldestId < b.oldestId ? -1 : 1))
      .slice(0, slots)
      .map(({ id }) => `${id}1`)
      .join(' ');
  const order = [...eligible].sort((a, b) => a.count - b.count || a.oldestMs - b.oldestMs || (a.id < b.id ? -1 : 1));
  let left = slots;
  const emitted: string[] = [];
  order.forEach(({ id, count }, i) => {
    const take = Math.min(count, Math.max(1, Math.floor(left / (order.length - i))));
    for (let n = 1; n <= take; n++) emitted.push(`${id}${n}`);
    left -= take;
  });
  return emitted.join(' ');
}

const tables = fc.uniqueArray(
  fc
    .record({ id: fc.constantFrom(...Array.from('ABCDEFGHIJKL')), count: fc.nat(30), oldestMs: fc.nat(5) })
    .map((c) => ({ ...c, oldestId: `${c.id}1` })),
  { selector: ({ id }) => id, maxLength: 12 },
);

describe('allocation: any table', () => {
  it('E38 E39 E40 E43 E44: as the slow reference does it', () => {
    fc.assert(fc.property(fc.nat(60), tables, (slots, campaigns) => assert.equal(picked(slots, campaigns), reference(slots, campaigns))));
  });
  it('E39 E79: with weights and limits never more than the slots, nobody more than he can use, at least one each, nothing left idle', () => {
    const more = tables.chain((campaigns) =>
      fc.tuple(
        ...campaigns.map((c) => fc.record({ weight: fc.integer({ min: 0, max: 9 }), most: fc.nat(20) }).map((m) => ({ ...c, ...m }))),
      ),
    );
    fc.assert(
      fc.property(fc.nat(60), more, (slots, campaigns) => {
        const shares = new Map(allocate(slots, campaigns).map(({ id, take }) => [id, take]));
        const total = [...shares.values()].reduce((sum, take) => sum + take, 0);
        const usable = campaigns.map(({ count, most }) => Math.min(count, most)).filter((n) => n > 0);
        for (const { id, count, most } of campaigns) assert.ok((shares.get(id) ?? 0) <= Math.min(count, most));
        if (slots > usable.length) assert.equal(shares.size, usable.length);
        assert.equal(
          total,
          Math.min(slots, slots > usable.length ? usable.reduce((a, b) => a + b, 0) : slots, usable.length === 0 ? 0 : Infinity),
        );
      }),
    );
  });
});
