/** How many rows of a list are stored at once (dialer.md B7: loading delays no originate by more than 100 ms). */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { batchAimMs, nextBatchRows } from '../core/dialer/batch-size.js';
import type { NewContact } from '../core/dialer/contact.js';
import type { ListRecord } from '../core/dialer/list-records.js';
import { loadList, loadListDefaults } from '../core/services/load-list.js';

const bounds = { least: 500, most: 5_000 };

describe('dialer: rows of a batch', () => {
  it('B49: more while batches are quick, at most half as many again; half when one took too long', () => {
    assert.equal(nextBatchRows(1_000, batchAimMs, bounds), 1_000);
    assert.equal(nextBatchRows(1_000, 1, bounds), 1_500);
    assert.equal(nextBatchRows(1_000, batchAimMs / 1.2, bounds), 1_200);
    assert.equal(nextBatchRows(2_000, 10_000, bounds), 1_000);
    assert.equal(nextBatchRows(600, 10_000, bounds), bounds.least);
    assert.equal(nextBatchRows(4_000, 0, bounds), bounds.most);
  });

  it('B49: whatever a clock says, never outside its bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 5_000 }), fc.double({ noNaN: true }), (rows, tookMs) => {
        const next = nextBatchRows(rows, tookMs, bounds);
        return Number.isInteger(next) && next >= bounds.least && next <= bounds.most;
      }),
    );
  });

  it('B49: a load finds the size that its database stores in time, and leaves it when the database gets slower', async () => {
    let nowMs = 0;
    let rowsPerMs = 40;
    const sizes: number[] = [];
    const records = Array.from({ length: 40_000 }, (_, n): ListRecord => {
      return { line: n + 1, end: n + 1, original: '', content: { kind: 'cells', cells: [] } };
    });
    async function* pages() {
      yield await Promise.resolve(records);
    }
    await loadList(
      {
        lists: {
          batchRows: bounds,
          find: () => Promise.resolve(undefined),
          load: (_list, rows) => {
            sizes.push(rows.length);
            nowMs += rows.length / rowsPerMs;
            if (sizes.length === 15) rowsPerMs = 20;
            return Promise.resolve(rows.map(() => 'stored' as const));
          },
        },
        preview: () => Promise.resolve(() => false),
        isPlaced: () => true,
        keep: () => Promise.resolve(),
        breathe: () => Promise.resolve(),
        wait: () => Promise.resolve(),
        nowMs: () => nowMs,
        onProgress: () => undefined,
        check: () => Promise.resolve(),
      },
      {
        listId: 1,
        readRow: () => ({ ok: true, contact: {} as NewContact }),
        rule: { duplicates: 'allow', within: 'list' },
        keepsBlocked: false,
        from: { offset: 0, rowsRead: 0, stored: 0, duplicates: 0, invalid: 0, blocked: 0, noTimeZone: 0 },
      },
      pages(),
      loadListDefaults,
    );
    assert.equal(sizes[0], bounds.least);
    const near = (size: number | undefined, wanted: number): boolean => Math.abs((size ?? 0) - wanted) <= 2;
    assert.ok(near(sizes[12], 40 * batchAimMs), sizes.join(' '));
    assert.ok(near(sizes.at(-3), 20 * batchAimMs), sizes.join(' '));
    assert.equal(
      sizes.reduce((sum, one) => sum + one, 0),
      records.length,
    );
  });
});
