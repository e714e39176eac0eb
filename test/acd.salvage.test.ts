/** Rows that the store refuses for good, and batches over which the loop itself fails: the rest goes on. */
import assert from 'node:assert/strict';
import type { AcdEffect, RingOrder } from '../core/acd/effects.js';
import { legId, memberId, offerId, switchId } from '../core/acd/ids.js';
import type { AcdBatch } from '../core/acd-ports.js';
import { TandemError } from '../core/errors.js';
import { createAcdBoard } from '../core/services/acd-board.js';
import { createAcdDue } from '../core/services/acd-due.js';
import { acdLoopLimits, createAcdLoop } from '../core/services/acd-loop.js';
import { salvage } from '../core/services/acd-salvage.js';
import type { SwitchPort } from '../core/switch.js';
import { sampleMember, sampleVisit } from './support/acd-rows.js';
import { createStubEngine, recordingSwitch, turn } from './support/acd-stub-engine.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';

const pbx = switchId('pbx');
const bad = new TandemError('TDM_BAD_VALUE', ['database', 'test']);
const key = { type: 'key-pressed', member: memberId('m1'), key: '1' } as const;
const ring: AcdEffect = {
  type: 'ring',
  order: { offer: offerId('o1'), switch: pbx, media: 'audio', leg: legId('tandem-o1') } as RingOrder,
};

const rowsOf = ({ members, agents, offers, queues, segments }: AcdBatch): string[] => [
  ...[members, agents, offers, queues].flatMap((things) => [...things.keys()]),
  ...segments.map(({ key: name }) => name),
];

/** A loop over a store that answers as `refuse` says. */
function world(limits: Partial<typeof acdLoopLimits> = {}) {
  const engine = createStubEngine();
  const timers = createHandTimers();
  const meter = recordingMeter();
  const told: string[] = [];
  const errors: object[] = [];
  const stored = new Set<string>();
  let saves = 0;
  const store: { refuse: (rows: readonly string[]) => TandemError | undefined } = { refuse: () => undefined };
  const loop = createAcdLoop(
    {
      engine,
      save: (batch) => {
        saves++;
        const why = store.refuse(rowsOf(batch));
        if (why) return Promise.reject(why);
        for (const row of rowsOf(batch)) stored.add(row);
        return Promise.resolve();
      },
      switches: new Map<typeof pbx, SwitchPort>([[pbx, recordingSwitch(told)]]),
      board: createAcdBoard({ log: silentLog }),
      askChannels: () => undefined,
      onFenced: ({ code }) => void told.push(code),
      nowMs: () => timers.nowMs(),
      monoMs: () => timers.nowMs(),
      after: (delayMs, run) => timers.after(delayMs, run),
      log: { ...silentLog, error: (fields) => void errors.push(fields) },
      meter,
    },
    { ...acdLoopLimits, ...limits },
  );
  /** every try of a save has been made */
  const settle = async (): Promise<void> => {
    for (let tries = 0; tries < acdLoopLimits.savesMax; tries++) {
      await turn();
      timers.advance(acdLoopLimits.savePauseMs);
    }
    await turn();
  };
  return { engine, timers, meter, told, errors, stored, store, loop, settle, saves: () => saves };
}

describe('rows that the store refuses for good', () => {
  it('H2: one of them is left out, named and counted; the rest is stored, orders leave, and the next save is whole', async () => {
    const { engine, meter, told, errors, stored, store, loop, settle, saves } = world();
    store.refuse = (rows) => (rows.includes('m7') ? bad : undefined);
    const members = Array.from({ length: 20 }, (_, i) => `m${String(i)}`);
    engine.onStep = () => ({ members, segments: [sampleVisit('s1')], effects: [ring] });

    const answer = loop.ask(key);
    await settle();

    assert.equal((await answer).ok, true);
    assert.deepEqual(told, ['ring o1']);
    assert.deepEqual([...stored].sort(), [...members.filter((id) => id !== 'm7'), 's1 1'].sort());
    assert.deepEqual(meter.counted('tandem_acd_refused_rows_total'), [{ kind: 'member' }]);
    assert.deepEqual(
      errors.map((fields) => ({ ...fields, error: undefined })),
      [{ error: undefined, kind: 'member', id: 'm7' }],
    );
    const before = saves();
    engine.onStep = () => ({ members: ['m8'] });
    loop.tell(key);
    await settle();
    assert.equal(saves(), before + 1, 'nothing of it comes again');
  });

  it('H2: a thing that cannot be written down at all costs nothing but itself', async () => {
    const { engine, meter, told, stored, loop, settle } = world();
    const odd = sampleMember('m1', { variables: { n: 1n as never } });
    engine.members.set(odd.id, odd);
    engine.onStep = () => ({ members: ['m1', 'm2'], effects: [ring] });

    loop.tell(key);
    await settle();

    assert.deepEqual(told, ['ring o1']);
    assert.deepEqual([...stored], ['m2']);
    assert.deepEqual(meter.counted('tandem_acd_refused_rows_total'), [{ kind: 'member' }]);
  });

  it('a store that takes nothing at all refuses no row: everything is kept', async () => {
    const { engine, timers, meter, told, stored, store, loop, settle } = world();
    store.refuse = () => bad;
    engine.onStep = () => ({ members: ['m1', 'm2'], effects: [ring] });
    loop.tell(key);
    await settle();

    assert.deepEqual(told, ['ring o1']);
    assert.deepEqual(meter.counted('tandem_acd_refused_rows_total'), []);
    store.refuse = () => undefined;
    timers.advance(acdLoopLimits.saveAgainMs);
    await settle();
    assert.deepEqual([...stored], ['m1', 'm2']);
  });

  it('the work is bounded: what is left goes with a later save', async () => {
    const { engine, timers, meter, stored, store, loop, settle, saves } = world({ salvageSavesMax: 12 });
    store.refuse = (rows) => (rows.some((row) => row.startsWith('bad')) ? bad : undefined);
    engine.onStep = () => ({ members: ['bad1', 'm1', 'm2', 'm3', 'bad2', 'm4', 'm5', 'bad3'] });
    loop.tell(key);
    await settle();
    assert.equal(saves(), acdLoopLimits.savesMax + 12);

    for (let again = 0; again < 3; again++) {
      timers.advance(acdLoopLimits.saveAgainMs);
      await settle();
    }

    assert.deepEqual([...stored].sort(), ['m1', 'm2', 'm3', 'm4', 'm5']);
    assert.equal(meter.counted('tandem_acd_refused_rows_total').length, 3);
  });

  it('a database that goes away meanwhile keeps what is left; another owner ends it', async () => {
    let answers: (TandemError | undefined)[] = [undefined, undefined, new TandemError('TDM_STORE_DOWN', ['test'])];
    const save = (some: readonly string[]): Promise<void> => {
      const why = answers.length > 0 ? answers.shift() : undefined;
      return why && some.length > 0 ? Promise.reject(why) : Promise.resolve();
    };

    const { refused, left } = await salvage(['a', 'b', 'c', 'd'], save, 100);
    assert.deepEqual([refused, left], [[], ['c', 'd']]);
    answers = [undefined, new TandemError('TDM_STANDBY', ['test'])];
    await assert.rejects(salvage(['a', 'b'], save, 100), { code: 'TDM_STANDBY' });
  });
});

describe('the loop when it fails itself', () => {
  it('H2: a batch over which it fails is told and its wishes are refused; the next one goes on', async () => {
    const { engine, meter, told, errors, loop, settle } = world();
    const observe = meter.observe.bind(meter);
    let broken = true;
    Object.assign(meter, {
      observe: (name: string, value: number) => {
        if (broken && name === 'tandem_acd_order_seconds') throw new Error('test');
        observe(name, value);
      },
    });
    engine.onStep = () => ({ members: ['m1'], effects: [ring] });
    await assert.rejects(loop.ask(key), { code: 'TDM_INTERNAL' });
    assert.equal(meter.counted('tandem_acd_batch_errors_total').length, 1);
    assert.equal(errors.length, 1);
    broken = false;

    const answer = loop.ask(key);
    await settle();

    assert.equal((await answer).ok, true);
    assert.deepEqual(told, ['ring o1']);
  });

  it('H2: it goes on although that cannot even be told', async () => {
    const { engine, meter, told, loop, settle } = world();
    let broken = true;
    Object.assign(meter, {
      observe: () => {
        if (broken) throw new Error('test');
      },
    });
    const count = meter.count.bind(meter);
    Object.assign(meter, {
      count: (name: string) => {
        if (broken && name === 'tandem_acd_batch_errors_total') throw new Error('test');
        count(name);
      },
    });
    engine.onStep = () => ({ members: ['m1'], effects: [ring] });
    await assert.rejects(loop.ask(key), { code: 'TDM_INTERNAL' });
    broken = false;

    const answer = loop.ask(key);
    await settle();

    assert.equal((await answer).ok, true);
    assert.deepEqual(told, ['ring o1']);
  });

  it('H3: what throws when time has passed does not stop time', () => {
    const timers = createHandTimers();
    let fired = 0;
    const due = createAcdDue({
      after: (delayMs, run) => timers.after(delayMs, run),
      nowMs: () => timers.nowMs(),
      nextDueMs: () => timers.nowMs(),
      fire: () => {
        if (++fired === 1) throw new Error('test');
      },
    });
    due.arm();
    assert.throws(() => timers.advance(0), /test/);

    timers.advance(100);

    assert.ok(fired > 1);
    due.stop();
  });
});
