import assert from 'node:assert/strict';
import sinon from 'sinon';
import { TandemError } from '../core/errors.js';
import { createCache } from '../sql/cache.js';
import { createGroupWriter } from '../sql/group-writer.js';
import type { GroupWriterOptions } from '../sql/group-writer.js';
import { batchSizes } from '../sql/row-batches.js';

const away = new TandemError('TDM_STORE_DOWN', ['x'], { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) });
const badValue = new TandemError('TDM_BAD_VALUE', ['database', 'x']);

describe('API-5: group commit', () => {
  let clock: sinon.SinonFakeTimers;
  let stored: number[][];
  let dropped: [number, string][];

  beforeEach(() => {
    clock = sinon.useFakeTimers();
    stored = [];
    dropped = [];
  });
  afterEach(() => {
    clock.restore();
  });

  function writer(flush: (entries: readonly number[]) => Promise<void>, more: Partial<GroupWriterOptions<number>> = {}) {
    return createGroupWriter<number>({
      flush: async (entries) => {
        await flush(entries);
        stored.push([...entries]);
      },
      groupMax: 4,
      queueMax: 10,
      waitMsMax: 100,
      retryPauseMs: 250,
      nowMs: () => Date.now(),
      onDropped: (entry, why) => dropped.push([entry, why]),
      onGroup: () => undefined,
      ...more,
    });
  }
  const addAll = (to: ReturnType<typeof writer>, ...entries: number[]) => Promise.all(entries.map((entry) => to.add(entry)));

  it('what comes in one turn of the loop is one group; what comes during a flush the next', async () => {
    let finish: () => void = () => undefined;
    const w = writer(() => new Promise((resolve) => (finish = resolve)));
    const first = addAll(w, 1, 2);
    await clock.tickAsync(1);
    const second = addAll(w, 3, 4, 5);
    finish();
    await first;
    await clock.tickAsync(1);
    finish();
    await second;

    assert.deepEqual(stored, [
      [1, 2],
      [3, 4, 5],
    ]);
  });

  it('waits no longer than the limit; the entry is stored all the same', async () => {
    let finish: () => void = () => undefined;
    const w = writer(() => new Promise((resolve) => (finish = resolve)));
    let resolved = false;
    const done = w.add(1).then(() => (resolved = true));
    await clock.tickAsync(99);
    assert.equal(resolved, false);
    await clock.tickAsync(2);
    await done;
    assert.deepEqual(stored, []);
    finish();
    await clock.tickAsync(1);
    assert.deepEqual(stored, [[1]]);
  });

  it('groups and queue are bounded; what is too much is dropped and counted', async () => {
    const w = writer(() => Promise.resolve());
    const done = addAll(w, ...Array.from({ length: 12 }, (_, i) => i));
    await clock.tickAsync(1);
    await done;

    assert.deepEqual(
      stored.map((group) => group.length),
      [4, 4, 2],
    );
    assert.deepEqual(dropped, [
      [10, 'full'],
      [11, 'full'],
    ]);
  });

  it('the database away: kept in order and tried again', async () => {
    let tries = 0;
    const w = writer(() => (tries++ < 3 ? Promise.reject(away) : Promise.resolve()));
    void addAll(w, 1, 2);
    await clock.tickAsync(500);
    assert.deepEqual([stored, w.size()], [[], 2]);
    await clock.tickAsync(500);
    assert.deepEqual([stored, w.size(), dropped], [[[1, 2]], 0, []]);
  });

  it('one bad entry costs only itself, nothing is stored twice', async () => {
    const w = writer((entries) => (entries.includes(3) ? Promise.reject(badValue) : Promise.resolve()));
    const done = addAll(w, 1, 2, 3, 4, 5);
    await clock.tickAsync(10);
    await done;

    assert.deepEqual(stored.flat(), [1, 2, 4, 5]);
    assert.deepEqual(dropped, [[3, 'refused']]);
  });

  it('close stores what it can in time and counts the rest; nothing is taken after it', async () => {
    const w = writer(() => Promise.reject(away));
    void addAll(w, 1, 2);
    await clock.tickAsync(1);
    const closing = w.close(300);
    await clock.tickAsync(301);
    await closing;
    await w.add(3);

    assert.deepEqual(dropped, [
      [1, 'closed'],
      [2, 'closed'],
      [3, 'closed'],
    ]);
    assert.equal(clock.countTimers(), 0);
  });
});

describe('multi-row sizes', () => {
  it('add up, in few sizes', () => {
    for (let n = 0; n <= 70; n++) {
      const sizes = batchSizes(n);
      assert.equal(
        sizes.reduce((a, b) => a + b, 0),
        n,
      );
      assert.ok(sizes.length <= 4, `${n}: ${sizes.join()}`);
    }
  });
});

describe('DB-2: caches', () => {
  function cache(load: (key: string) => Promise<string | undefined>) {
    const time = { ms: 0 };
    const made = createCache<string | undefined>({
      maxAgeMs: 1000,
      entriesMax: 3,
      nowMs: () => time.ms,
      load,
      keep: (value) => value !== undefined,
    });
    return { time, made };
  }

  it('a value lives less than its age, counted from the begin of its read', async () => {
    const load = sinon.stub().callsFake((key: string) => Promise.resolve(key));
    const { time, made } = cache(load);
    await made.get('a');
    time.ms = 999;
    await made.get('a');
    assert.equal(load.callCount, 1);
    time.ms = 1000;
    await made.get('a');
    assert.equal(load.callCount, 2);
    time.ms = 500; // a clock that was set back
    await made.get('a');
    assert.equal(load.callCount, 3);
  });

  it('absent values and failures are not kept; askers at the same time share one read', async () => {
    const load = sinon.stub();
    load.onCall(0).resolves(undefined);
    load.onCall(1).rejects(away);
    load.resolves('found');
    const { made } = cache(load);
    assert.equal(await made.get('a'), undefined);
    await assert.rejects(made.get('a'), { code: 'TDM_STORE_DOWN' });
    assert.deepEqual(await Promise.all([made.get('a'), made.get('a')]), ['found', 'found']);
    assert.equal(load.callCount, 3);
  });

  it('what was forgotten during its read is not kept', async () => {
    let give: (value: string) => void = () => undefined;
    const load = sinon.stub().callsFake(() => new Promise<string>((resolve) => (give = resolve)));
    const { made } = cache(load);
    const old = made.get('a');
    made.forgetWhere((key) => key === 'a');
    give('old');
    assert.equal(await old, 'old');
    assert.equal(made.peek('a'), undefined);
  });

  it('is bounded', async () => {
    const { made } = cache((key) => Promise.resolve(key));
    for (const key of ['a', 'b', 'c', 'd']) await made.get(key);
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((key) => made.peek(key)),
      [undefined, undefined, undefined, 'd'],
    );
  });
});
