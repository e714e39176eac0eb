/** Files of contacts as bytes (H24): lines and elements are the same wherever the pieces are cut, and the place behind each is right. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { SourceLine } from '../core/dialer/list-records.js';
import type { RejectedLine } from '../core/services/load-list.js';
import { readElements } from '../sidecar/list-elements.js';
import { createDigestIds } from '../sidecar/list-ids.js';
import { readLines } from '../sidecar/list-lines.js';
import { openRejects } from '../sidecar/list-rejects.js';

const begin = { offset: 0, line: 1 };

// eslint-disable-next-line @typescript-eslint/require-await -- as a stream would give them
async function* pieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (const to of [...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]) {
    if (to > from) yield bytes.subarray(from, to);
    from = Math.max(from, to);
  }
}

/** What is shown of a line that cannot be read depends on where it was cut. */
async function all(pages: AsyncIterable<readonly SourceLine[]>): Promise<SourceLine[]> {
  const lines: SourceLine[] = [];
  for await (const page of pages) lines.push(...page.map((line) => (line.problem === 'line-too-long' ? { ...line, text: '' } : line)));
  return lines;
}

const short = { lineBytesMax: 12 };

describe('dialer: lists, bytes', () => {
  const text = Buffer.from('number,name\r\n1,Ä€😀\n\n2,"x\r\ny"\nvery long line of text\n3,\xff\nlast', 'utf8');
  const broken = Buffer.concat([text, Buffer.from([0x0a, 0x34, 0x2c, 0xc3, 0x0a])]);

  it('B49: lines are the same, cut after every byte', async () => {
    const whole = await all(readLines(pieces(broken, []), begin, 'utf-8', short));
    assert.deepEqual(
      whole.map(({ line, problem, end }) => [line, problem, end]),
      [
        [1, undefined, 13],
        [2, undefined, 25],
        [3, undefined, 26],
        [4, undefined, 32],
        [5, undefined, 35],
        [6, 'line-too-long', 58],
        [7, undefined, 63],
        [8, undefined, 68],
        [9, 'encoding', 72],
      ],
    );
    for (let cut = 1; cut < broken.length; cut++)
      assert.deepEqual(await all(readLines(pieces(broken, [cut]), begin, 'utf-8', short)), whole, `cut after byte ${String(cut)}`);
    assert.deepEqual(await all(readLines(pieces(broken, [...broken.keys()]), begin, 'utf-8', short)), whole, 'byte by byte');
  });

  it('B49: reading goes on at the place behind any line', async () => {
    const whole = await all(readLines(pieces(broken, []), begin, 'utf-8'));
    for (const { end, line } of whole) {
      const rest = await all(readLines(pieces(broken.subarray(end), [5]), { offset: end, line: line + 1 }, 'utf-8'));
      assert.deepEqual(rest, whole.slice(whole.findIndex((one) => one.end === end) + 1));
    }
  });

  it('B49: a line of a gigabyte costs the memory of one piece', async () => {
    const piece = Buffer.alloc(262_144, 'x');
    // eslint-disable-next-line @typescript-eslint/require-await -- as a stream would give them
    async function* endless(): AsyncGenerator<Buffer> {
      for (let i = 0; i < 4_096; i++) yield piece;
      yield Buffer.from('\nnext\n');
    }
    const before = process.memoryUsage().arrayBuffers;
    const lines = await all(readLines(endless(), begin, 'utf-8'));
    assert.deepEqual(
      lines.map(({ line, problem }) => [line, problem]),
      [
        [1, 'line-too-long'],
        [2, undefined],
      ],
    );
    assert.ok(process.memoryUsage().arrayBuffers - before < 64 * 1024 * 1024);
  });

  it('B49: elements of a JSON array are the same wherever the pieces are cut, and reading goes on behind any of them', async function () {
    this.timeout(30_000);
    const value = fc.record({
      number: fc.string(),
      note: fc.string({ unit: 'binary' }),
      n: fc.integer(),
      deep: fc.array(fc.dictionary(fc.string(), fc.boolean())),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 6 }),
        fc.constantFrom(undefined, 2),
        async (values, cuts, indent) => {
          const bytes = Buffer.from(`\ufeff${JSON.stringify(values, undefined, indent)}\n`);
          const found = await all(readElements(pieces(bytes, cuts), begin, false));
          assert.deepEqual(
            found.map(({ text: one }) => JSON.parse(one) as unknown),
            JSON.parse(JSON.stringify(values)),
          );
          for (const [i, { end }] of found.entries()) {
            const line = bytes.subarray(0, end).filter((byte) => byte === 0x0a).length + 1;
            const rest = await all(readElements(pieces(bytes.subarray(end), [3]), { offset: end, line }, true));
            assert.deepEqual(rest, found.slice(i + 1));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('B49: an element longer than allowed is told, the next one is read', async () => {
    const bytes = Buffer.from(`[{"a":"${'x'.repeat(100_000)}"},\n{"b":1}]`);
    const found = await all(readElements(pieces(bytes, [50, 70_000]), begin, false));
    assert.deepEqual(
      found.map(({ line, problem }) => [line, problem]),
      [
        [1, 'line-too-long'],
        [2, undefined],
      ],
    );
  });
});

describe('dialer: lists, refused lines', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-rejects-'));
  });
  after(() => rm(folder, { recursive: true }));

  const reject = (line: number, original: string): RejectedLine => ({
    line,
    field: 'number',
    code: 'characters',
    reason: 'r',
    value: '',
    original,
  });

  it('B49: what an earlier life kept beyond the stored counts is cut off, also with line breaks in a line', async () => {
    const file = join(folder, '1.csv');
    const first = await openRejects(file, 0);
    await first.keep([reject(2, 'a\nb'), reject(4, 'say "hi"'), reject(7, 'never stored')]);
    const again = await openRejects(file, 2);
    assert.equal(again.kept(), 2);
    await again.keep([reject(6, 'c')]);
    assert.equal(
      await readFile(file, 'utf8'),
      'line,field,code,reason,value,original\r\n2,number,characters,r,,"a\nb"\r\n4,number,characters,r,,"say ""hi"""\r\n6,number,characters,r,,c\r\n',
    );
    assert.equal((await openRejects(file, 0)).kept(), 0);
    assert.equal(await readFile(file, 'utf8'), '');
  });

  it('B49: only so many lines are kept, and a formula is shown as text', async () => {
    const file = join(folder, '2.csv');
    const rejects = await openRejects(file, 0, { linesMax: 2, originalCharsMax: 5 });
    await rejects.keep([reject(1, '=cmd()'), reject(2, 'b'), reject(3, 'c')]);
    await rejects.keep([reject(4, 'd')]);
    assert.deepEqual((await readFile(file, 'utf8')).split('\r\n').slice(1), [
      "1,number,characters,r,,'=cmd(",
      '2,number,characters,r,,b',
      '',
    ]);
  });
});

describe('dialer: lists, ids', () => {
  it('B49: are UUIDs, the same for the same text, whatever was asked before', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.string(), (before, text) => {
        const idOf = createDigestIds();
        before.forEach(idOf);
        const id = idOf(text);
        assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        assert.equal(id, createDigestIds()(text));
      }),
    );
  });

  it('B49: lie together in their index when what they stand for comes in order, and are all different', () => {
    const idOf = createDigestIds();
    const ids = Array.from({ length: 3_000 }, (_, i) => idOf(`c1\nid\ncrm-${String(100_000 + i)}`));
    assert.equal(new Set(ids).size, 3_000);
    assert.equal(new Set(ids.map((id) => id.slice(0, 8))).size, 3);
    assert.notEqual(idOf('c2\nid\ncrm-100000').slice(0, 8), ids[0]?.slice(0, 8));
  });
});
