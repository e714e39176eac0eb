/** Days of the caps against toll fraud (user-needs B4): shared by processes, kept over a restart. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TandemError } from '../core/errors.js';
import { createTollDaysSync } from '../core/services/toll-days.js';
import { tollDeltasMax, type TollDayStore } from '../core/toll-ports.js';
import { tollDefaults, type TollCaps } from '../core/toll/caps.js';
import { TollDays, tollDayMs, tollSkewMsMax } from '../core/toll/days.js';
import { createTollGuard, tollLimits, type TollGuard } from '../core/toll/guard.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';
import { describeStores } from './support/stores.js';

const t0 = 1_795_287_600_000;
const minuteMs = 60_000;
const number = '+4930123456';

/** One process: its guard, and its clock, which may be behind the others'. */
function life(store: TollDayStore, caps: Partial<TollCaps>, startMs = t0, limits = tollLimits) {
  const isSet: TollCaps['isSet'] = new Set(['minutesPerDay']);
  const guard: TollGuard = createTollGuard({ general: { ...tollDefaults, isSet, ...caps }, gateways: new Map() }, limits);
  const timers = createHandTimers(startMs);
  const meter = recordingMeter();
  const nowMs = () => timers.nowMs();
  const clock = { nowMs, after: (ms: number, run: () => void) => timers.after(ms, run) };
  const sync = createTollDaysSync({ days: guard.days, store, ...clock, log: silentLog, meter });
  let calls = 0;
  return {
    guard,
    timers,
    meter,
    sync,
    /** Reason of the stop, or `go`. */
    call(to = number, gateway = 'gw1'): string {
      const id = `${String(startMs)}-${String(calls++)}`;
      const order = { id, origin: 'click' as const, switch: 'fs1', gateway, number: to, untilMs: nowMs() + tollDayMs };
      return guard.ask(order, nowMs())?.reason ?? 'go';
    },
    /** A talk of so long over a gateway. */
    talk(ms: number, gateway = 'gw1'): void {
      const id = `talk-${String(startMs)}-${String(calls++)}`;
      guard.ask({ id, origin: 'agent', switch: 'fs1', gateway, number, untilMs: nowMs() + tollDayMs }, nowMs());
      guard.answered(id, nowMs());
      timers.advance(ms);
      guard.over(id, nowMs());
    },
    /** A second later: what was counted here is there, and the other way round. */
    async second(): Promise<void> {
      timers.advance(1_000);
      await settled();
    },
  };
}

/** What a timer began has gone through the store: a few turns with memory, a moment with a database. */
const settled = async (): Promise<void> => {
  for (let n = 0; n < 50; n++) await Promise.resolve();
};

/** The database as one object of this process. */
function memoryStore() {
  const rows = new Map<string, { kind: 'number' | 'talk'; key: string; fromMs: number; total: number; revision: number }>();
  let revision = 0;
  const down = { isDown: false, isLostAfterCommit: false };
  const check = (): void => {
    if (down.isDown) throw new TandemError('TDM_STORE_DOWN', ['away']);
  };
  const store: TollDayStore = {
    add: (deltas) =>
      Promise.resolve().then(() => {
        check();
        revision++;
        for (const { kind, key, atMs, more } of deltas) {
          const row = rows.get(`${kind} ${key}`);
          const runs = row && row.fromMs > atMs - tollDayMs && row.fromMs <= atMs + tollSkewMsMax;
          rows.set(`${kind} ${key}`, {
            kind,
            key,
            revision,
            ...(runs ? { fromMs: row.fromMs, total: row.total + more } : { fromMs: atMs, total: more }),
          });
        }
        if (down.isLostAfterCommit) throw new TandemError('TDM_STORE_DOWN', ['connection lost']);
      }),
    changed: (since) =>
      Promise.resolve().then(() => {
        check();
        return { days: [...rows.values()].filter((row) => row.revision > since), revision, isAll: true };
      }),
    purge: (kind, untilMs) =>
      Promise.resolve().then(() => {
        check();
        for (const [key, row] of rows) if (row.kind === kind && row.fromMs <= untilMs) rows.delete(key);
      }),
  };
  return { store, rows, down };
}

describe('toll days', () => {
  it('B4: what a process has counted its next life knows, and the day goes on', async () => {
    const { store } = memoryStore();
    const first = life(store, { callsPerNumberDay: 3 });
    await first.sync.start();
    assert.deepEqual([first.call(), first.call()], ['go', 'go']);
    await first.sync.stop();
    const second = life(store, { callsPerNumberDay: 3 }, t0 + minuteMs);
    await second.sync.start();
    assert.deepEqual([second.call(), second.call()], ['go', 'toll-number-day']);
    const third = life(store, { callsPerNumberDay: 2 }, t0 + tollDayMs);
    await third.sync.start();
    assert.equal(third.call(), 'go', 'a day later');
  });

  it('B4: two processes count one day together; a second later each knows the calls of the other', async () => {
    const { store } = memoryStore();
    const [one, two] = [life(store, { callsPerNumberDay: 4 }), life(store, { callsPerNumberDay: 4 }, t0 + 300)];
    await Promise.all([one.sync.start(), two.sync.start()]);
    assert.deepEqual([one.call(), two.call(), one.call()], ['go', 'go', 'go']);
    await one.second();
    await two.second();
    await one.second();
    assert.deepEqual([one.call(), one.call()], ['go', 'toll-number-day']);
    await one.second();
    await two.second();
    assert.equal(two.call(), 'toll-number-day');
    assert.equal(two.call('+4930999999'), 'go');
  });

  it('B4: minutes of a talk that goes on are known to the others within the second, and after a sudden death', async () => {
    const { store } = memoryStore();
    const [one, two] = [life(store, { minutesPerDay: 10 }), life(store, { minutesPerDay: 10 })];
    await Promise.all([one.sync.start(), two.sync.start()]);
    one.guard.ask({ id: 'x', origin: 'agent', switch: 'fs1', gateway: 'gw1', number, untilMs: t0 + tollDayMs }, t0);
    one.guard.answered('x', t0);
    for (let n = 0; n < 599; n++) await one.second();
    await two.second();
    assert.equal(two.call(), 'go');
    await one.second();
    await two.second();
    assert.equal(two.call(), 'toll-minutes-day');
    assert.equal(two.call(number, 'gw2'), 'go');
    const next = life(store, { minutesPerDay: 10 }, t0 + 700_000); // nobody stopped the first
    await next.sync.start();
    assert.equal(next.call(), 'toll-minutes-day');
  });

  it('B4: while the database is away each process counts for itself, and adds all of it when it is back', async () => {
    const { store, rows, down } = memoryStore();
    const [one, two] = [life(store, { callsPerNumberDay: 5 }), life(store, { callsPerNumberDay: 5 })];
    await Promise.all([one.sync.start(), two.sync.start()]);
    down.isDown = true;
    for (let n = 0; n < 4; n++) {
      assert.equal(one.call(), 'go');
      await one.second();
    }
    assert.equal(one.meter.gauge('tandem_toll_counts_waiting'), 2); // the number, and the gateway whose day has begun
    assert.equal(two.call(), 'go');
    assert.deepEqual([one.call(), one.call()], ['go', 'toll-number-day']);
    down.isDown = false;
    await one.second();
    await two.second();
    assert.equal(rows.get(`number ${number}`)?.total, 6);
    assert.equal(two.call(), 'toll-number-day');
    assert.equal(one.meter.gauge('tandem_toll_counts_waiting'), 0);
  });

  it('B4: where nobody knows whether counts were stored they count twice rather than not at all', async () => {
    const { store, rows, down } = memoryStore();
    const one = life(store, { callsPerNumberDay: 9 });
    await one.sync.start();
    one.call();
    down.isLostAfterCommit = true;
    await one.second();
    down.isLostAfterCommit = false;
    await one.second();
    assert.equal(rows.get(`number ${number}`)?.total, 2);
  });

  it('B4: counts that the database refuses for good hold up no others', async () => {
    const { store, rows } = memoryStore();
    const refusing: TollDayStore = {
      ...store,
      add: (deltas) =>
        deltas.some(({ key }) => key === '+49666666') ? Promise.reject(new TandemError('TDM_BAD_VALUE', ['x', 'y'])) : store.add(deltas),
    };
    const one = life(refusing, { callsPerNumberDay: 2 });
    await one.sync.start();
    one.call('+49666666');
    await one.second();
    one.call();
    await one.second();
    assert.equal(rows.get(`number ${number}`)?.total, 1);
    assert.deepEqual([one.call('+49666666'), one.call('+49666666')], ['go', 'toll-number-day'], 'it counts here all the same');
  });

  it('B4: whatever calls, exchanges and breaks come in whatever order, together never less is counted than was called', async () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 1 }), fc.constantFrom('call', 'second', 'away', 'back'));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { store, rows, down } = memoryStore();
        const lives = [life(store, {}), life(store, {}, t0 + 500)] as const;
        for (const { sync } of lives) await sync.start();
        let called = 0;
        for (const [who, what] of steps) {
          const one = lives[who === 0 ? 0 : 1];
          if (what === 'call' && one.call() === 'go') called++;
          if (what === 'second') await one.second();
          if (what === 'away' || what === 'back') down.isDown = what === 'away';
        }
        down.isDown = false;
        for (const one of [...lives, ...lives]) await one.second();
        assert.equal(rows.get(`number ${number}`)?.total ?? 0, called);
        const capAt = (callsPerNumberDay: number) => ({ general: { ...tollDefaults, callsPerNumberDay }, gateways: new Map() });
        for (const one of lives) {
          one.guard.change(capAt(called + 1));
          one.timers.advance(1_000);
          assert.deepEqual([one.call(), one.call()], ['go', 'toll-number-day']);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('B4: of a day that is over nothing is left, neither here nor there', async () => {
    const { store, rows } = memoryStore();
    const one = life(store, { callsPerNumberDay: 2 });
    await one.sync.start();
    one.call();
    await one.second();
    one.timers.advance(tollDayMs + tollSkewMsMax);
    await settled();
    one.call('+4930777777');
    await one.second();
    assert.deepEqual([...rows.keys()].sort(), ['number +4930777777', 'talk fs1 gw1']);
  });

  it('B4: what a process remembers is bounded; the database keeps what still runs, for the others', async () => {
    const { store, rows } = memoryStore();
    const one = life(store, { callsPerNumberDay: 1 }, t0, { ...tollLimits, numbersMax: 3 });
    const two = life(store, { callsPerNumberDay: 1 });
    await one.sync.start();
    for (let n = 1; n <= 9; n++) {
      one.call(`+493000000${String(n)}`);
      await one.second();
    }
    one.timers.advance(600_000);
    await settled();
    const kept = [...rows.values()].filter(({ kind }) => kind === 'number').map(({ key }) => key);
    assert.equal(kept.length, 9);
    assert.equal(one.call('+4930000009'), 'toll-number-day');
    assert.equal(one.call('+4930000001'), 'go', 'forgotten here');
    await two.sync.start();
    assert.equal(two.call('+4930000002'), 'toll-number-day');
  });

  it('B4: a talk that goes on while the database answers is told once a second, not for as long as it goes on', async () => {
    const { store } = memoryStore();
    let adds = 0;
    const one = life(
      {
        ...store,
        add: async (deltas) => {
          adds++;
          one.timers.advance(5); // an answer takes its time
          await store.add(deltas);
        },
      },
      {},
    );
    await one.sync.start();
    const order = { id: 'talk', origin: 'click' as const, switch: 'fs1', gateway: 'gw1', number, untilMs: t0 + tollDayMs };
    one.guard.ask(order, one.timers.nowMs());
    one.guard.answered('talk', one.timers.nowMs());
    for (let n = 1; n <= 3; n++) {
      await one.second();
      assert.equal(adds, n);
    }
  });

  it('B4: the first reading of a slow database holds the doors up for five seconds at most, and goes on', async () => {
    const { store } = memoryStore();
    let answer = (): void => undefined;
    const purged: string[] = [];
    const slow = new Promise<void>((resolve) => (answer = resolve));
    const one = life(
      {
        ...store,
        changed: (since) => slow.then(() => store.changed(since)),
        purge: (kind, untilMs) => (purged.push(kind), store.purge(kind, untilMs)),
      },
      { callsPerNumberDay: 1 },
    );
    await store.add([{ kind: 'number', key: number, atMs: t0, more: 1 }]);
    let isOpen = false;
    void one.sync.start().then(() => (isOpen = true));
    one.timers.advance(4_999);
    await settled();
    assert.equal(isOpen, false);
    one.timers.advance(1);
    await settled();
    assert.equal(isOpen, true);
    answer();
    await settled();
    assert.equal(one.call(), 'toll-number-day');
    assert.deepEqual(purged, [], 'old days are purged later');
  });

  it('B4: a clock that is a little behind goes on with the day of the others; one of the next year begins its own', () => {
    const days = new TollDays('number', 10);
    days.merge({ kind: 'number', key: 'a', fromMs: t0 + tollSkewMsMax, total: 7 }, t0);
    days.merge({ kind: 'number', key: 'b', fromMs: t0 + 365 * tollDayMs, total: 7 }, t0);
    days.add('a', 1, t0);
    days.add('b', 1, t0);
    assert.deepEqual([days.of('a', t0)?.total, days.of('b', t0)?.total], [8, 1]);
  });
});

describeStores('toll days in the database', (open) => {
  it('B4: deltas of two processes are one sum; a day that is over begins anew', async () => {
    const opened = await open();
    const { store: one } = opened;
    const { store: two } = await opened.again();
    const delta = (more: number, atMs = t0) => ({ kind: 'number' as const, key: number, atMs, more });
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? one : two).tollDays.add([delta(1, t0 + n), { ...delta(2), kind: 'talk' }])),
    );
    const { days, revision } = await two.tollDays.changed(0);
    assert.deepEqual([days.find(({ kind }) => kind === 'number')?.total, days.find(({ kind }) => kind === 'talk')?.total], [10, 20]);
    assert.deepEqual(await one.tollDays.changed(revision), { days: [], revision, isAll: true });
    const fromMs = days.find(({ kind }) => kind === 'number')?.fromMs ?? 0;
    await one.tollDays.add([delta(3, fromMs + tollDayMs - 1)]);
    assert.deepEqual((await one.tollDays.changed(revision)).days, [{ kind: 'number', key: number, fromMs, total: 13 }]);
    await one.tollDays.add([delta(4, fromMs + tollDayMs)]);
    assert.deepEqual((await one.tollDays.changed(revision)).days, [{ kind: 'number', key: number, fromMs: fromMs + tollDayMs, total: 4 }]);
    await one.tollDays.add([delta(5, fromMs)]); // a clock behind by a day: the row is of its future
    assert.equal((await one.tollDays.changed(revision)).days[0]?.total, 5);
  });

  it('B4: many days are read in pages, all of them and none twice, also while others write', async () => {
    const { store } = await open();
    const batches = 9;
    const keys = Array.from({ length: batches * tollDeltasMax }, (_, n) => `+4930${String(n)}`);
    for (let n = 0; n < batches; n++) {
      const part = keys.slice(n * tollDeltasMax, (n + 1) * tollDeltasMax);
      await store.tollDays.add(part.map((key) => ({ kind: 'number', key, atMs: t0, more: 1 })));
    }
    const read: string[] = [];
    let pages = 0;
    for (let [revision, isAll] = [0, false]; !isAll; pages++) {
      const page = await store.tollDays.changed(revision);
      read.push(...page.days.map(({ key }) => key));
      ({ revision, isAll } = page);
    }
    assert.ok(pages > 1);
    assert.deepEqual(read.sort(), [...keys].sort());
  });

  it('B4: a database that was set back is read from the beginning', async () => {
    const { store } = await open();
    await store.tollDays.add([{ kind: 'number', key: number, atMs: t0, more: 2 }]);
    const { days, revision } = await store.tollDays.changed(1_000_000);
    assert.deepEqual([days.map(({ total }) => total), revision], [[2], 1]);
  });

  it('B4: old days are purged, of one kind', async () => {
    const { store } = await open();
    const at = (kind: 'number' | 'talk', key: string, atMs: number) => ({ kind, key, atMs, more: 1 });
    await store.tollDays.add([
      at('number', 'a', t0),
      at('number', 'b', t0 + 5_000_000),
      at('number', 'c', t0 + 5_000_001),
      at('talk', 'd', t0),
    ]);
    await store.tollDays.purge('number', t0 + 5_000_000);
    assert.deepEqual((await store.tollDays.changed(0)).days.map(({ key }) => key).sort(), ['c', 'd']);
  });

  it('B4: the count goes on after a restart, whatever the number and the gateway are called', async () => {
    const opened = await open();
    const [to, gateway] = [`+49'30;${'9'.repeat(200)}`, `Local ☎ ${'x'.repeat(300)}`];
    const first = life(opened.store.tollDays, { callsPerNumberDay: 2, shortDigits: 0 });
    await first.sync.start();
    assert.equal(first.call(to, gateway), 'go');
    first.talk(minuteMs, gateway);
    await first.sync.stop();
    const { store } = await opened.again();
    const second = life(store.tollDays, { callsPerNumberDay: 2, minutesPerDay: 2 }, t0 + 2 * minuteMs);
    await second.sync.start();
    assert.deepEqual([second.call(to, gateway), second.call(to, gateway)], ['go', 'toll-number-day']);
    second.talk(minuteMs, gateway);
    assert.equal(second.call('+4930888888', gateway), 'toll-minutes-day');
  });
});
