/** The caller hangs up at every stage of a real call: the agent's leg ends at once, the agent is free, one record stays (B1, B8). */
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import type { FaultBed } from './queue-faults-bed.js';
import { ends } from './queue-faults-checks.js';
import { emptyScene, type Customer, type Scene } from './queue-faults-scene.js';
import { useFaultBed } from './queue-faults-suite.js';

/** from the end of the caller's channel */
const legMsMax = 500;
const freeMsMax = 1_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Stage {
  readonly name: string;
  readonly queue: string;
  /** resolves when the caller is there */
  reached(bed: FaultBed, customer: Customer): Promise<unknown>;
  /** so long after that he hangs up, one caller each; the stage is over in milliseconds by itself when there are many */
  readonly delaysMs: readonly number[];
  /** he may be gone before the engine has let him in */
  readonly early?: 'early';
}

const phaseIs = (queue: string, phase: string) => (bed: FaultBed, customer: Customer) =>
  eventually(
    async () => (await bed.waiting(queue)).find(({ number }) => number === customer.number)?.phase,
    (seen) => seen === phase,
  );
const offerIs = (phase: string) => (bed: FaultBed, customer: Customer) =>
  eventually(
    async () => {
      const leg = bed.watch.legsOf(customer.uniqueId())[0]?.id;
      return (await bed.agents()).flatMap(({ offers }) => offers).find(({ id }) => `tandem-${id}` === leg)?.phase;
    },
    (seen) => seen === phase,
  );
/** The channel that `isIts` picks is given this variable. */
const variableIs =
  (name: string, value: RegExp, isIts: (bed: FaultBed, customer: Customer, id: string) => boolean) => (bed: FaultBed, customer: Customer) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${name} was not set`)), 5_000);
      const stop = bed.watch.onVariable((id, what, to) => {
        if (what !== name || !value.test(to) || !isIts(bed, customer, id)) return;
        clearTimeout(timer);
        stop();
        resolve();
      });
    });

const stages: readonly Stage[] = [
  { name: 'in the welcome message', queue: 'greeted', reached: phaseIs('greeted', 'welcome'), delaysMs: [0] },
  { name: 'while he waits', queue: 'nobody', reached: phaseIs('nobody', 'waiting'), delaysMs: [0] },
  {
    name: 'before the channel of the leg exists',
    queue: 'direct',
    reached: variableIs('TANDEM_MEMBER', /./, (_bed, customer, id) => id === customer.uniqueId()),
    delaysMs: [0, 0, 3, 6, 10, 15, 25, 40],
    early: 'early',
  },
  { name: 'while the agent rings', queue: 'rung', reached: offerIs('ringing'), delaysMs: [0, 200] },
  { name: 'while the agent hears the announcement', queue: 'announced', reached: offerIs('answered'), delaysMs: [0, 200] },
  {
    name: 'while he is being connected',
    queue: 'direct',
    reached: variableIs('TANDEM_RESULT', /^talked$/, (bed, customer, id) => bed.watch.legs.get(id)?.caller === customer.uniqueId()),
    delaysMs: [0, 0, 1, 2, 4, 8, 16],
  },
  { name: 'in the talk', queue: 'direct', reached: offerIs('talking'), delaysMs: [0, 100] },
];

describe('real: queue, the caller hangs up', function () {
  this.timeout(30_000);
  let bed: FaultBed;
  useFaultBed((started) => (bed = started));

  async function hangsUp(scene: Scene, stage: Stage, delayMs: number): Promise<void> {
    const customer = await scene.call(stage.queue);
    await stage.reached(bed, customer);
    await pause(delayMs);
    customer.hangUp();
    const leftAtMs = await eventually(
      () => bed.watch.goneAtMs(customer.uniqueId()) ?? 0,
      (atMs) => atMs > 0,
    );
    await eventually(
      async () => (await bed.agents()).filter(({ phase }) => phase !== 'idle').map(({ id, phase }) => `${id} ${phase}`),
      (busy) => busy.length === 0,
      { msMax: freeMsMax },
    );
    for (const leg of bed.watch.legsOf(customer.uniqueId())) {
      await ends(leg, 2 * legMsMax);
      assert.ok(leg.goneAtMs - leftAtMs <= legMsMax, `leg ${leg.id} ended ${String(leg.goneAtMs - leftAtMs)} ms later`);
    }
  }

  for (const stage of stages)
    it(`B1 B8: ${stage.name}: leg gone within ${String(legMsMax)} ms, agent free, one record`, async () => {
      const scene = await emptyScene(bed);
      for (const delayMs of stage.delaysMs) await hangsUp(scene, stage, delayMs);
      await scene.end(1, stage.early);
      const visits = await bed.segments(
        'visit',
        'number',
        scene.customers.map(({ number }) => number),
      );
      const offers = await bed.segments(
        'offer',
        'member',
        visits.map((row) => String(row['member'])),
      );
      assert.deepEqual(
        [...new Set(offers.map((row) => row['outcome']))].filter((one) => one !== 'caller-left' && one !== 'talked'),
        [],
      );
    });
});
