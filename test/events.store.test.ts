/** Events are numbered at the step, stored with what they tell of, and read behind a number without missing any (B25). */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AcdEffect } from '../core/acd/effects.js';
import { createAcdBoard } from '../core/services/acd-board.js';
import { createAcdLoop } from '../core/services/acd-loop.js';
import { TandemError } from '../core/errors.js';
import { withoutHoles } from '../core/feed-holes.js';
import type { FeedEvent } from '../core/feed-ports.js';
import { createAcdSpool } from '../sidecar/acd-spool.js';
import { decodeLine, encodeLine } from '../sidecar/acd-spool-line.js';
import { acdSpoolDefaults } from '../sidecar/acd-spool-options.js';
import { acdLease } from '../sql/acd.js';
import { eventPageMax } from '../sql/events.js';
import type { Store } from '../sql/store.js';
import { batchOf, byId, sampleMember } from './support/acd-rows.js';
import { createMemoryAcdStore } from './support/acd-memory-store.js';
import { createStubEngine, heldSaves, turn } from './support/acd-stub-engine.js';
import { eventually } from './support/eventually.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog, silentMeter } from './support/observers.js';
import { describeStores } from './support/stores.js';

const eventOf = (seq: number, reason = 'test'): FeedEvent => ({
  seq,
  atMs: 1_000 + seq,
  notice: { type: 'repaired', what: 'leg', id: String(seq), reason },
});
const eventsOf = (from: number, to: number): FeedEvent[] => Array.from({ length: to - from + 1 }, (_, i) => eventOf(from + i));
const numbers = (events: readonly FeedEvent[]): number[] => events.map(({ seq }) => seq);

// ------------------------------------------------------------------ at the step

describe('events of the queue engine: numbers', () => {
  const news = (on: boolean): AcdEffect => ({ type: 'notice', notice: { type: 'dispatching-changed', isOn: on } });
  const tick = { type: 'time-passed' } as const;

  function world(lastSeq?: number) {
    const engine = createStubEngine();
    const saves = heldSaves();
    const timers = createHandTimers();
    const heard: string[] = [];
    const board = createAcdBoard({ log: silentLog });
    board.onNotice(({ type }) => heard.push(type));
    const start = () =>
      createAcdLoop({
        engine,
        lastSeq,
        save: saves.save,
        switches: new Map(),
        board,
        askChannels: () => undefined,
        onFenced: () => undefined,
        nowMs: () => timers.nowMs(),
        monoMs: () => timers.nowMs(),
        after: (delayMs, run) => timers.after(delayMs, run),
        log: silentLog,
        meter: silentMeter,
      });
    return { engine, saves, timers, heard, start };
  }

  it('B25: the news of a step are saved in the same batch as its change, and told after it', async () => {
    const { engine, saves, heard, start } = world(41);
    engine.members.set('m1' as never, sampleMember('m1'));
    engine.onBegin = { effects: [news(true)] };
    const loop = start();
    engine.onStep = () => ({ members: ['m1'], effects: [news(false), news(true)] });
    loop.tell(tick);

    assert.deepEqual(numbers(saves.batches[0]?.events ?? []), [42], 'behind the last stored one');
    await saves.succeed();

    const [, second] = saves.batches;
    assert.deepEqual(second?.events, [
      { seq: 43, atMs: 1_000_000, notice: { type: 'dispatching-changed', isOn: false } },
      { seq: 44, atMs: 1_000_000, notice: { type: 'dispatching-changed', isOn: true } },
    ]);
    assert.ok(second.members.has('m1'));
    assert.equal(heard.length, 1);
    await saves.succeed();
    assert.equal(heard.length, 3);
  });

  it('B25: events that no try could store go with the next save, in order, none missing', async () => {
    const { engine, saves, timers, start } = world();
    const loop = start();
    engine.onStep = () => ({ effects: [news(true)] });
    loop.tell(tick);
    for (let tries = 1; tries <= 3; tries++) {
      await saves.fail(new TandemError('TDM_STORE_DOWN', ['test']));
      timers.advance(100);
      await turn();
    }
    loop.tell(tick);

    assert.deepEqual(numbers(saves.batches.at(-1)?.events ?? []), [1, 2]);
    await saves.succeed();
  });

  it('B25: a refused event leaves the others, in the order of their numbers', async () => {
    const { engine, saves, timers, start } = world();
    const stored: number[] = [];
    const loop = start();
    engine.onStep = () => ({ effects: [news(true), news(true), news(true), news(true)] });
    loop.tell(tick);
    const refused = new TandemError('TDM_BAD_VALUE', ['test']);
    for (let saved = 0; saved < saves.batches.length; saved++) {
      const wanted = numbers(saves.batches[saved]?.events ?? []);
      if (saved < 3 || wanted.includes(2)) await saves.fail(refused);
      else {
        stored.push(...wanted);
        await saves.succeed();
      }
      timers.advance(100);
      await turn();
    }

    assert.deepEqual(stored, [1, 3, 4]);
  });
});

it('numbers without an event get one that says so, before the next', () => {
  assert.deepEqual(withoutHoles([eventOf(4), eventOf(5), eventOf(9)], 3), [
    eventOf(4),
    eventOf(5),
    { seq: 8, atMs: 1_009, notice: { type: 'events-lost', from: 6, to: 8 } },
    eventOf(9),
  ]);
  assert.deepEqual(withoutHoles([eventOf(2), eventOf(5)], 5), [eventOf(2), eventOf(5)], 'what is stored already');
});

// ------------------------------------------------------------------ in the spool

describe('events of the queue engine: the database away', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tandem-events-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function world(bytesMax?: number) {
    const store = createMemoryAcdStore();
    const timers = createHandTimers();
    const options = { ...acdSpoolDefaults, ...(bytesMax === undefined ? {} : { bytesMax }), file: join(folder, 'acd.spool') };
    const open = () => createAcdSpool(options, { store, timers, log: silentLog, meter: recordingMeter() });
    return { store, timers, open };
  }

  it('B25: events go through the spool, also behind a sudden death, with their numbers', async () => {
    const { store, open } = world();
    const dead = open();
    await dead.save(batchOf({ events: eventsOf(1, 2) }), 1);
    store.mode = 'down';
    await dead.save(batchOf({ events: [eventOf(3)] }), 1);
    await dead.save(batchOf({ events: eventsOf(4, 5) }), 1);
    store.mode = 'up';
    const next = open();

    await next.recover(2);

    assert.deepEqual([...store.events.keys()], [1, 2, 3, 4, 5]);
    assert.equal((await next.load()).lastSeq, 5, 'the next life goes on behind them');
    await next.close();
  });

  it('B25: events for which the file has no room are kept in memory and stored in order', async () => {
    const { store, timers, open } = world(1);
    const spool = open();
    store.mode = 'down';
    await spool.save(batchOf({ events: eventsOf(1, 2) }), 1);
    await spool.save(batchOf({ events: eventsOf(3, 1_500) }), 1);
    store.mode = 'up';
    timers.advance(acdSpoolDefaults.retryEveryMs);
    await eventually(
      () => spool.isStoreAway(),
      (isAway) => !isAway,
      { everyMs: 2 },
    );

    assert.deepEqual([...store.events.keys()], numbers(eventsOf(1, 1_500)));
    await spool.close();
  });

  it('a line of a release without events is read', () => {
    const line = encodeLine({ kind: 'batch', fence: 1, batch: { ...batchOf(), events: undefined } as never });
    const record = decodeLine(line.trimEnd());
    assert.deepEqual(record?.kind === 'batch' && record.batch.events, []);
  });
});

// ------------------------------------------------------------------ in the database

async function owned(store: Store, owner = 'test'): Promise<number> {
  const dead = await store.leases.holder(acdLease);
  const fence = await store.leases.acquire(acdLease, owner, 60_000, dead);
  assert.ok(fence !== undefined);
  return fence;
}

describeStores('stored events', (open) => {
  it('B25: are stored with the change they tell of, once, and read in order', async () => {
    const { store } = await open();
    const fence = await owned(store);
    const odd = { ...eventOf(2, `', " \\ é 😀 \0 \ud800 ${'x'.repeat(5_000)}`) };
    const batch = batchOf({ members: byId(sampleMember('m1')), events: [eventOf(1), odd, ...eventsOf(3, 50)] });

    await store.acd.save(batch, fence);
    await store.acd.save(batch, fence);

    assert.deepEqual(await store.events.range(), { first: 1, last: 50 });
    assert.deepEqual(await store.events.read(0, 1_000), batch.events);
    assert.deepEqual(numbers(await store.events.read(48, 10)), [49, 50]);
    assert.deepEqual(numbers(await store.events.read(0, 3)), [1, 2, 3]);
    assert.deepEqual(await store.events.read(50, 10), []);
    assert.equal((await store.acd.load()).lastSeq, 50);
    assert.ok((await store.events.read(-5, eventPageMax + 5)).length === 50);
  });

  it('B25: a former owner stores none, and its numbers are given again by the one who took over', async () => {
    const { store } = await open();
    const former = await owned(store, 'one');
    await store.acd.save(batchOf({ events: eventsOf(1, 3) }), former);
    const fence = await owned(store, 'two');
    const lastSeq = (await store.acd.load()).lastSeq ?? 0;
    await assert.rejects(store.acd.save(batchOf({ events: [eventOf(4, 'never told')] }), former), { code: 'TDM_STANDBY' });
    await store.acd.save(batchOf({ events: [eventOf(lastSeq + 1, 'told')] }), fence);

    assert.deepEqual(
      (await store.events.read(3, 10)).map(({ notice }) => 'reason' in notice && notice.reason),
      ['told'],
    );
  });

  it('B25: numbers whose events are lost get one row that says so; also behind a restart', async () => {
    const opened = await open();
    const { store } = opened;
    const fence = await owned(store);
    await store.acd.save(batchOf({ events: [eventOf(1), eventOf(3)] }), fence);
    await store.acd.save(batchOf({ events: [eventOf(7)] }), fence);
    const { store: other } = await opened.again();
    await other.acd.save(batchOf({ events: [eventOf(9)] }), fence);

    assert.deepEqual(
      (await store.events.read(0, 100)).map(({ seq, notice }) => (notice.type === 'events-lost' ? [seq, notice.from, notice.to] : seq)),
      [1, [2, 2, 2], 3, [6, 4, 6], 7, [8, 8, 8], 9],
    );
  });

  it('a row that cannot be read counts as lost, and does not stop a reader', async () => {
    const { store, other } = await open();
    await store.acd.save(batchOf({ events: eventsOf(1, 3) }), await owned(store));
    await other.run(`UPDATE tandem_events SET body = '{' WHERE seq = 2`, [], {});

    assert.deepEqual((await store.events.read(0, 10))[1]?.notice, { type: 'events-lost', from: 2, to: 2 });
    assert.deepEqual(numbers(await store.events.read(0, 10)), [1, 2, 3]);
  });

  it('events go after their time, the newest never', async () => {
    const { store } = await open();
    const dayMs = 86_400_000;
    await store.acd.save(batchOf({ events: eventsOf(1, 2_500) }), await owned(store));

    assert.equal((await store.runRetention(7 * dayMs + 2_000)).eventsExpired, 999);
    assert.deepEqual(await store.events.range(), { first: 1_000, last: 2_500 });
    assert.equal((await store.runRetention(30 * dayMs)).eventsExpired, 1_500);
    assert.deepEqual(await store.events.range(), { first: 2_500, last: 2_500 });
    assert.equal((await store.acd.load()).lastSeq, 2_500);
  });
});

// ------------------------------------------------------------------ the trap of a reader behind the highest number

describeStores('a reader behind the highest number', (open) => {
  it('B25: the trap: numbers given before the transaction are committed out of order, and one is missed', async () => {
    const { other, store } = await open();
    const insert = 'INSERT INTO tandem_events (seq, at_ms, type, body) VALUES (?, 0, ?, ?)';
    const [slow, quick] = [1, 2];
    let last = 0;
    const seen: number[] = [];
    const poll = async () => {
      for (const { seq } of await store.events.read(last, 100)) seen.push((last = seq));
    };

    await other.run(insert, [quick, 'repaired', '{}'], {});
    await poll();
    await other.run(insert, [slow, 'repaired', '{}'], {});
    await poll();

    assert.deepEqual(seen, [2], 'number 1 is there and is never read');
  });

  it('B25: numbers given under the fence: two writers who take the queues from each other, and a reader misses none', async () => {
    const first = await open();
    const second = await first.again();
    const writers = [first.store, second.store];
    const seen: FeedEvent[] = [];
    const isOver = { now: false };
    const reading = (async () => {
      for (let last = 0; ;) {
        const isLast = isOver.now;
        const page = await second.store.events.read(last, 100);
        seen.push(...page);
        last = page.at(-1)?.seq ?? last;
        if (isLast && page.length === 0) return;
        await turn();
      }
    })();

    const late: Promise<unknown>[] = [];
    let former: (() => Promise<void>) | undefined;
    for (let round = 0; round < 12; round++) {
      const store = writers[round % 2] ?? first.store;
      const fence = await owned(store, `writer ${String(round)}`);
      // the one before does not know yet: it goes on numbering where it was
      if (former) late.push(assert.rejects(former(), { code: 'TDM_STANDBY' }));
      let seq = (await store.acd.load()).lastSeq ?? 0;
      const save = (reason: string) => store.acd.save(batchOf({ events: [eventOf(++seq, reason), eventOf(++seq, reason)] }), fence);
      for (let n = 0; n < 5; n++) await save('owner');
      former = () => save('former');
    }
    await Promise.all(late);
    isOver.now = true;
    await reading;

    const stored = await first.store.events.read(0, 1_000);
    assert.deepEqual(seen, stored);
    assert.deepEqual(numbers(stored), numbers(eventsOf(1, stored.length)), 'no hole');
    assert.equal(stored.length, 120);
    assert.ok(!JSON.stringify(stored).includes('former'));
  });
});
