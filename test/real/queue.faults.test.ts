/**
 * Faults in real calls: 20 callers wait, 10 talk, 5 ring, and something dies (issue 3). After each of them everybody hangs
 * up, and then Asterisk is empty, all agents are free, each call has its records once, and nobody had two legs at a time.
 *
 * TANDEM_FAULT_OUTAGE_S: how long the database is away, 8 s when not set.
 */
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { talkers, type FaultBed } from './queue-faults-bed.js';
import { agentGoesOn, agrees, ends, goOn, keptOrder, offered, sceneGoesOn, talksTo } from './queue-faults-checks.js';
import { openScene, ringingMax, waitingMax } from './queue-faults-scene.js';
import { useFaultBed } from './queue-faults-suite.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const outageMs = Number(process.env['TANDEM_FAULT_OUTAGE_S'] ?? 8) * 1_000;

/** Process 2 beside process 1, which owns the queues. A machine so busy that 1 did not renew its lease in time gives them to 2: once more then. */
async function startStandby(bed: FaultBed): Promise<void> {
  for (let tries = 1; tries <= 3; tries++) {
    await bed.startTandem(2);
    if ((await bed.tandem(2).metric('tandem_acd_owner')) === 0) return;
    await bed.tandem(2).stop();
    await eventually(
      () => bed.tandem(1).metric('tandem_acd_owner'),
      (owner) => owner === 1,
      { msMax: 10_000 },
    );
  }
  assert.fail('process 1 does not keep the queues');
}

describe('real: queue, faults with 35 callers', function () {
  this.timeout(90_000);
  let bed: FaultBed;
  useFaultBed((started) => (bed = started));

  it('B5: killed with -9 and started again: talks go on, the order is the old one, what happened meanwhile is noticed', async () => {
    const scene = await openScene(bed);
    const before = await bed.waiting();
    const [ended, ...going] = scene.talks();
    const [answering] = await offered(bed, scene);
    const last = before.at(-1);
    assert.ok(ended && answering && last);
    await bed.tandem().kill9();
    await goOn(bed, going);
    await scene.ringingAt(answering.agent).answer();
    await talksTo(scene, answering.customer);
    scene.of(last).hangUp();
    ended.customer.hangUp();
    await pause(1_700);
    await goOn(bed, going);
    await bed.startTandem();
    const next = await agentGoesOn(bed, ended.leg);
    const served = scene.talks().find(({ leg }) => leg === next);
    await keptOrder(bed, before, [answering.customer.number, last.number, served?.customer.number ?? '']);
    await goOn(bed, going);
    await agrees(bed);
    await sceneGoesOn(bed, scene);
    await scene.end();
  });

  it('B5: stopped in order and started again: talks go on, who waits comes back to his place', async () => {
    const scene = await openScene(bed);
    const before = await bed.waiting();
    const talks = scene.talks();
    assert.equal(await bed.tandem().stop(), 0);
    await goOn(bed, talks);
    assert.ok(scene.customers.every((customer) => bed.watch.isAlive(customer.uniqueId())));
    await bed.startTandem();
    await keptOrder(bed, before, []);
    await goOn(bed, talks);
    await agrees(bed);
    await sceneGoesOn(bed, scene);
    await scene.end();
  });

  it('B5: the manager link is cut: no call drops; what ended, rang and came meanwhile is noticed', async () => {
    const scene = await openScene(bed);
    const before = await bed.waiting();
    const [byAgent, byCaller, ...going] = scene.talks();
    const [answering, rejecting, leaving, ...ringing] = await offered(bed, scene);
    const last = before.at(-1);
    assert.ok(byAgent && byCaller && answering && rejecting && leaving && last);
    await bed.manager.down();
    await bed.linkIs(0);
    scene.agentHangsUp(byAgent.leg);
    byCaller.customer.hangUp();
    scene.of(last).hangUp();
    await scene.ringingAt(answering.agent).answer();
    scene.ringingAt(rejecting.agent).reject();
    leaving.customer.hangUp();
    const newcomer = await scene.call();
    await talksTo(scene, answering.customer);
    await pause(3_000);
    await goOn(bed, going);
    await bed.manager.up();
    await bed.linkIs(1);
    await agentGoesOn(bed, byAgent.leg, 10_000);
    await agentGoesOn(bed, byCaller.leg, 10_000);
    await ends(leaving.leg, 10_000);
    await agrees(bed);
    await goOn(bed, going);
    for (const { leg } of ringing) assert.equal(leg.goneAtMs, 0);
    assert.equal((await bed.waiting()).at(-1)?.number, newcomer.number);
    await sceneGoesOn(bed, scene);
    await scene.end();
  });

  it('B5: Asterisk is killed with -9 and started again: everything is closed as lost, new callers are served', async () => {
    const scene = await openScene(bed);
    const young = await scene.call();
    await eventually(
      async () => (await bed.waiting()).at(-1)?.number,
      (number) => number === young.number,
    );
    await bed.killAsterisk();
    await bed.startAsterisk();
    await bed.linkIs(1);
    // a second look at the channels finds what was too young for the first one
    const closedWithinMs = 8_000;
    await eventually(
      async () => (await bed.agents()).filter(({ phase }) => phase !== 'idle').length + (await bed.waiting()).length,
      (left) => left === 0,
      { msMax: closedWithinMs, everyMs: 100 },
    );
    const visits = await bed.segments(
      'visit',
      'number',
      scene.customers.map(({ number }) => number),
    );
    // the newcomer may have been at the door still
    const outcomes = new Set(visits.filter((row) => row['number'] !== young.number).map((row) => row['outcome']));
    assert.ok(outcomes.has('lost') && [...outcomes].every((one) => one === 'lost' || one === 'answered'), [...outcomes].join());
    const next = await scene.call();
    await talksTo(scene, next, 5_000);
    await scene.end();
  });

  it(`B5: the database is away for ${String(outageMs / 1_000)} s: calls are offered, joined and ended; then all records are there`, async () => {
    const scene = await openScene(bed);
    const busy = talkers.slice(0, 3);
    const going = scene.talks().filter(({ leg }) => !busy.includes(leg.agent));
    bed.database.freeze(true);
    const frozenAtMs = Date.now();
    const states: (string | undefined)[] = [];
    try {
      for (let round = 0; Date.now() - frozenAtMs < outageMs - 2_000; round++) {
        // first it does not answer, then nobody listens
        if (Date.now() - frozenAtMs > outageMs / 2) await bed.database.down();
        const newcomer = await scene.call('direct');
        await talksTo(scene, newcomer, 4_000);
        newcomer.hangUp();
        await scene.call();
        const first = scene.talks().find(({ leg }) => busy.includes(leg.agent));
        assert.ok(first);
        scene.agentHangsUp(first.leg);
        await agentGoesOn(bed, first.leg, 4_000);
        if (round === 0) {
          await scene.ringingAt('1011').answer();
          const [ringing] = bed.watch.ringing().filter(({ agent }) => agent === '1012');
          assert.ok(ringing);
          const rung = scene.customers.find((customer) => customer.uniqueId() === ringing.caller);
          assert.ok(rung);
          rung.hangUp();
          await ends(ringing, 1_500);
        }
        states.push(await bed.health('queue-engine'));
        await pause(500);
      }
      await pause(Math.max(0, outageMs - (Date.now() - frozenAtMs)));
    } finally {
      bed.database.freeze(false);
      await bed.database.down();
      await bed.database.up();
    }
    assert.deepEqual([...new Set(states)], ['degraded']);
    await eventually(
      () => bed.health('queue-engine'),
      (state) => state === 'up',
      { msMax: 10_000 },
    );
    assert.equal(await bed.tandem().metric('tandem_acd_spool_bytes'), 0);
    await goOn(bed, going);
    await agrees(bed);
    await scene.end();
  });

  it('B5: the owner is killed with -9: the standby takes over, the order is the old one, the first comes back as standby', async () => {
    await startStandby(bed);
    const scene = await openScene(bed);
    const before = await bed.waiting();
    const talks = scene.talks();
    await bed.tandem(1).kill9();
    await eventually(
      () => bed.tandem(2).metric('tandem_acd_owner'),
      (owner) => owner === 1,
      { msMax: 10_000 },
    );
    await keptOrder(bed, before, [], 2);
    await goOn(bed, talks);
    await bed.startTandem(1);
    assert.deepEqual([await bed.tandem(1).metric('tandem_acd_owner'), await bed.health('queue-engine')], [0, 'degraded']);
    await agrees(bed, 2);
    await sceneGoesOn(bed, scene, 2);
    await scene.end(2);
    assert.equal(talkers.length + ringingMax + waitingMax, 35);
  });
});
