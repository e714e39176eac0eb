/** kill -9 at every step of a scripted day: before each save, and between each save and what follows it (B1, B2, B5). */
import assert from 'node:assert/strict';
import type { VisitSegment } from '../core/acd/records.js';
import { SmallWorld } from './support/acd-small-world.js';
import type { Death } from './support/acd-small-world.js';

type Step = (world: SmallWorld) => void | Promise<void>;

/** Three callers talk, one gives up while the agent's telephone rings for her. */
const script: readonly Step[] = [
  (w) => w.call('ada'),
  (w) => w.call('bea'),
  (w) => w.agent('anna', 'Available'),
  (w) => w.pickUp('anna'),
  (w) => w.agent('bob', 'Available'),
  (w) => w.pickUp('bob'),
  (w) => w.call('cleo'),
  (w) => w.call('dora'),
  (w) => w.pass(6_000), // a talk is longer than the second look after a start takes
  (w) => w.hangUp('ada'),
  (w) => w.pass(2_500), // wrap-up
  (w) => w.pickUp('anna'),
  (w) => w.agentHangsUp('bob'),
  (w) => w.pass(2_500),
  (w) => w.hangUp('dora'),
  (w) => w.pass(6_000),
  (w) => w.agentHangsUp('anna'),
];

async function run(death?: Death): Promise<SmallWorld> {
  const world = new SmallWorld(['anna', 'bob'], death);
  await world.start();
  for (const step of script) {
    await step(world);
    await world.settle();
  }
  // who still waits is served, who still talks says goodbye
  for (let i = 0; i < 60 && world.loop.view().members.size > 0; i++) {
    await world.pass(2_000);
    for (const agent of ['anna', 'bob']) {
      world.pickUp(agent);
      await world.pass(6_000);
      world.agentHangsUp(agent);
      await world.settle();
    }
  }
  await world.pass(10_000);
  return world;
}

function check(world: SmallWorld): void {
  assert.deepEqual(world.wrong, []);
  const { members, offers, agents } = world.loop.view();
  assert.deepEqual([...members.keys()], [], 'a caller is still in the queue');
  assert.deepEqual([...offers.keys()], [], 'an offer is left over');
  assert.deepEqual([...world.legs.keys()], [], 'a leg is left over');
  for (const agent of agents.values()) assert.equal(agent.phase.kind, 'idle', `agent ${agent.id} is stuck`);
  for (const caller of world.callers.values()) assert.equal(caller.state, 'gone', `${caller.name} is forgotten`);
  const visits = [...world.store.kept.values()].filter((segment): segment is VisitSegment => segment.kind === 'visit');
  for (const { name, hasTalked } of world.callers.values()) {
    const [reason = 'none', ...more] = reasonsOf(visits, name);
    assert.ok(
      (hasTalked ? ['answered'] : ['abandoned', 'lost']).includes(reason) && more.length === 0,
      `${name}: ${[reason, ...more].join()}`,
    );
  }
}

const reasonsOf = (visits: readonly VisitSegment[], name: string): readonly string[] =>
  visits.filter(({ number }) => number === name).map(({ reason }) => reason);

describe('kill -9 of the queue engine', () => {
  it('without any: everybody is served', async () => {
    const world = await run();

    check(world);
    assert.deepEqual(
      [...world.callers.values()].filter(({ hasTalked }) => hasTalked).map(({ name }) => name),
      ['ada', 'bea', 'cleo'],
    );
    assert.equal(world.lives, 1);
    assert.ok(world.saves > 15, String(world.saves));
  });

  for (const when of ['before', 'after'] as const)
    it(`B1 B2 B5: dead ${when} any save, started anew: no caller is lost, no agent stuck, nobody offered twice`, async () => {
      const { saves } = await run();
      for (let save = 1; save <= saves; save++) {
        const world = await run({ save, when });
        try {
          check(world);
          assert.equal(world.lives, 2);
        } catch (e) {
          throw new Error(`dead ${when} save ${String(save)} of ${String(saves)}: ${String(e)}`, { cause: e });
        }
      }
    }).timeout(60_000);
});
