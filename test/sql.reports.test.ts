/** Segments as reports read them from a database: the same as from memory. */
import assert from 'node:assert/strict';
import type { AcdBatch } from '../core/acd-ports.js';
import { createAcdEngine } from '../core/acd/create-engine.js';
import type { Segment } from '../core/acd/records.js';
import type { ReportCursor, ReportRows, ReportStore } from '../core/report-ports.js';
import { acdLease } from '../sql/acd.js';
import type { Store } from '../sql/store.js';
import { createCheckers } from './simulation/checkers/index.js';
import { smallPlan } from './simulation/plan.js';
import { Random } from './simulation/random.js';
import { Simulation } from './simulation/simulation.js';
import { memoryReports } from './support/report-memory.js';
import { describeStores } from './support/stores.js';

const day = 86_400_000;
const emptyBatch: AcdBatch = {
  members: new Map(),
  agents: new Map(),
  offers: new Map(),
  queues: new Map(),
  system: undefined,
  segments: [],
  events: [],
};

function simulated(seed: number): Segment[] {
  const random = new Random(seed);
  const simulation = new Simulation(smallPlan(seed, random), random, createAcdEngine, createCheckers());
  simulation.run();
  return [...simulation.store.segments.values()];
}

async function stored(store: Store, segments: readonly Segment[]): Promise<void> {
  const fence = (await store.leases.acquire(acdLease, 'test', 60_000)) ?? assert.fail();
  await store.acd.save({ ...emptyBatch, segments }, fence);
}

async function allBegun<Kind extends keyof ReportRows>(store: ReportStore, kind: Kind, fromMs: number, toMs: number, limit: number) {
  const rows: ReportRows[Kind][] = [];
  for (let after: ReportCursor | undefined; ;) {
    const page = await store.begun(kind, { fromMs, toMs }, after, limit);
    assert.ok(page.rows.length <= limit);
    rows.push(...page.rows);
    if (!page.next) return rows;
    after = page.next;
  }
}

/** only what the stored row has; of a param it reads the beginning */
const picked = (rows: readonly object[], like: readonly object[]) =>
  rows.map((row, i) =>
    Object.fromEntries(
      Object.keys(like[i] ?? {}).map((key) => {
        const value = (row as Record<string, unknown>)[key];
        return [key, key === 'param' ? String(value).slice(0, 'message:'.length) : value];
      }),
    ),
  );

describeStores('reports from the database', (open) => {
  it('B6: pages by start hold every segment once, in order, as it was', async () => {
    const { store } = await open();
    const segments = simulated(7);
    await stored(store, segments);
    const memory = memoryReports(() => segments);
    const [from, to] = [0, 9e12];
    const middle = segments.map((one) => (one.kind === 'visit' ? one.enteredAtMs : one.startedAtMs)).sort((a, b) => a - b)[40] ?? 0;
    for (const kind of ['visit', 'offer', 'status', 'wrapup'] as const)
      for (const [fromMs, toMs] of [
        [from, to],
        [middle, to],
        [from, middle],
      ] as const) {
        const rows = await allBegun(store.reports, kind, fromMs, toMs, 3);
        const expected = await allBegun(memory, kind, fromMs, toMs, 1_000);
        assert.ok(fromMs === from || kind === 'status' || expected.length > 0);
        assert.deepEqual(rows, picked(expected, rows));
      }
    const whole = await store.reports.segments('visit', { fromMs: from, toMs: to }, undefined, 1_000);
    assert.equal(whole.rows.length, segments.filter(({ kind }) => kind === 'visit').length);
    assert.deepEqual(
      whole.rows[0],
      JSON.parse(JSON.stringify(segments.find(({ key, kind }) => kind === 'visit' && key === whole.rows[0]?.key))),
    );
  });

  it('B26 B51: hold time of a talk, the place at exit and the word of a message are kept; older rows have none', async () => {
    const { store } = await open();
    const segments = simulated(7);
    const [offer, visit] = ['offer', 'visit'].map((kind) => segments.find((one) => one.kind === kind) ?? assert.fail());
    const param = `message:${'/long'.repeat(500)}`;
    const rows = [
      { ...offer, key: 'held', holdMs: 4_000 },
      { ...offer, key: 'old', holdMs: undefined },
      { ...visit, key: 'left', positionAtExit: 3, param },
    ] as Segment[];
    await stored(store, rows);
    const offers = await allBegun(store.reports, 'offer', 0, 9e12, 10);
    assert.deepEqual(
      offers.map((one) => [one.key, 'holdMs' in one, one.holdMs]),
      [
        ['held', true, 4_000],
        ['old', false, undefined],
      ],
    );
    const [read] = await allBegun(store.reports, 'visit', 0, 9e12, 10);
    assert.equal(read?.param, 'message:');
    const { rows: whole } = await store.reports.segments('visit', { fromMs: 0, toMs: 9e12 }, undefined, 10);
    assert.ok(whole[0]?.kind === 'visit' && whole[0].positionAtExit === 3 && whole[0].param === param);
  });

  it('B26: what had begun before and lasts into the report is found, nobody being logged out', async () => {
    const { store } = await open();
    const stay = (agent: string, status: string, startedAtMs: number, endedAtMs: number) =>
      ({ kind: 'status', key: `${agent}/${String(startedAtMs)}`, agent, status, startedAtMs, endedAtMs }) as unknown as Segment;
    await stored(store, [
      stay('anna', 'Available', 100, 900),
      stay('anna', 'On Break', 900, 1_000),
      stay('ben', 'Logged Out', 0, 2_000),
      stay('carl', 'Available', 100, 500),
      stay('dora', 'Available', 600, 2_000),
      stay('eve', 'Available', 100, 100 + day),
    ]);
    const found = await store.reports.crossing('status', 500, { fromMs: 500, toMs: 2_000 });
    assert.deepEqual(found, [{ key: 'anna/100', agent: 'anna', status: 'Available', reason: undefined, startedAtMs: 100, endedAtMs: 900 }]);
  });

  it('B36: callers who were not served, newest first, page by page, with what was said of them', async () => {
    const { store } = await open();
    const segments = [1, 2, 3].flatMap((seed) => simulated(seed).map((one) => ({ ...one, key: `${String(seed)} ${one.key}` })));
    await stored(store, segments);
    const memory = memoryReports(() => segments);
    const range = { fromMs: 0, toMs: 9e12 };
    const expected = await memory.unserved({ range, queues: undefined, before: undefined }, 1_000);
    assert.ok(expected.length > 10);
    const key = expected[3]?.key ?? '';
    const said = { state: 'done', note: `rang "twice"; '--`, user: 'boss', changedAtMs: 5 } as const;
    await store.reports.saveFollowUp(key, { ...said, state: 'open' });
    await store.reports.saveFollowUp(key, said);
    const found = [];
    for (let before: ReportCursor | undefined; ;) {
      const page = await store.reports.unserved({ range, queues: undefined, before }, 4);
      const last = page.at(-1);
      if (!last) break;
      found.push(...page);
      before = { startedAtMs: last.enteredAtMs, key: last.key };
    }
    assert.deepEqual(
      found.map((one) => one.key),
      expected.map((one) => one.key),
    );
    assert.deepEqual(found[3]?.followUp, said);
    assert.equal(found[4]?.followUp, undefined);
    assert.deepEqual(await store.reports.unservedByKey(key), found[3]);
    assert.equal(await store.reports.unservedByKey(`x' OR '1'='1`), undefined);
    const queue = expected[0]?.queue ?? '';
    const ofOne = await store.reports.unserved({ range, queues: [queue], before: undefined }, 1_000);
    assert.equal(ofOne.length, expected.filter((one) => one.queue === queue).length);
    assert.deepEqual(await store.reports.unserved({ range, queues: [], before: undefined }, 10), []);
  });

  it('B36: the first talk of a number afterwards is found', async () => {
    const { store } = await open();
    const segments = simulated(4);
    await stored(store, segments);
    const asked = segments.flatMap((one) =>
      one.kind === 'visit' && one.reason !== 'answered' ? [{ number: one.number, sinceMs: one.leftAtMs }] : [],
    );
    const found = await store.reports.talksAfter([...asked, { number: '', sinceMs: 0 }, { number: 'nobody', sinceMs: 0 }]);
    assert.deepEqual(
      found,
      await memoryReports(() => segments).talksAfter([...asked, { number: '', sinceMs: 0 }, { number: 'nobody', sinceMs: 0 }]),
    );
    assert.ok(found.some((talk) => talk !== undefined));
  });
});
