/** Faults in real calls: 20 callers wait, 10 talk, 5 ring, and something dies (issue 3). */
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import { startFaultBed, type FaultBed, type SeenMember } from './queue-faults-bed.js';
import { openScene, ringingMax, type Customer, type Scene } from './queue-faults-scene.js';
import type { SeenLeg } from './queue-faults-watch.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('real: queue, faults with 35 callers', function () {
  this.timeout(60_000);
  let bed: FaultBed;
  let scene: Scene;

  before(async function () {
    await requireTestbed(this, 'asterisk', 'mariadb');
    bed = await startFaultBed();
    await bed.startTandem();
  });
  after(async () => {
    await (bed as FaultBed | undefined)?.stop();
  });

  const idOf = ({ id, number, joinedAtMs }: SeenMember): string => `${number} ${id} ${String(joinedAtMs)}`;
  /** Everybody who waits is there, and nobody was passed: the places of before without those who left. */
  async function keptOrder(before: readonly SeenMember[], left: readonly string[]): Promise<readonly SeenMember[]> {
    const wanted = before.filter(({ number }) => !left.includes(number)).map(idOf);
    const now = await eventually(
      () => bed.waiting(),
      (members) => members.every(({ presence }) => presence === 'here') && members.length === wanted.length,
      { msMax: 8_000, everyMs: 50 },
    );
    assert.deepEqual(now.map(idOf), wanted);
    return now;
  }

  /** Asserts that these talks were not interrupted since `sinceMs`, as Asterisk's own list of channels has it too. */
  async function goOn(talks: Talks): Promise<void> {
    const { events } = await bed.watch.link.action({ Action: 'CoreShowChannels' }, { list: true });
    const bridgeOf = new Map(events.map((event) => [event.get('uniqueid') ?? '', event.known('bridgeid')]));
    for (const { leg, customer } of talks) {
      assert.deepEqual([leg.leftAtMs, leg.goneAtMs], [0, 0], `talk of ${customer.number} with ${leg.agent}`);
      assert.ok(bridgeOf.get(leg.id) !== undefined, `${leg.id} is in no bridge`);
      assert.equal(bridgeOf.get(leg.id), bridgeOf.get(customer.uniqueId()));
      if (customer.sip) assert.equal(customer.sip.state, 'up');
    }
  }

  /** The customer talks within this time. */
  async function talks(customer: Customer, msMax = 2_000): Promise<SeenLeg> {
    const found = await eventually(
      () => scene.talks().find((talk) => talk.customer === customer),
      (talk) => talk !== undefined,
      { msMax },
    );
    assert.ok(found);
    return found.leg;
  }

  /** What Tandem believes is what lives on Asterisk. */
  async function agrees(msMax = 8_000, which: 1 | 2 = 1): Promise<void> {
    await eventually(
      async () => {
        const agents = await bed.agents(which);
        const believed = agents.flatMap(({ id, phase, offers }) =>
          phase === 'talking' || phase === 'offered' ? [`${id} ${phase} tandem-${offers[0]?.id ?? ''}`] : [],
        );
        const real = [
          ...bed.watch.talking().map(({ id, agent }) => `${agent} talking ${id}`),
          ...bed.watch.ringing().map(({ id, agent }) => `${agent} offered ${id}`),
        ];
        const members = await bed.waiting('support', which);
        const ghosts = members.filter(({ uniqueId }) => !bed.watch.isAlive(uniqueId)).map(({ number }) => `ghost ${number}`);
        return [...ghosts, ...difference(believed, real), ...difference(real, believed)];
      },
      (differences) => differences.length === 0,
      { msMax, everyMs: 100 },
    );
  }

  it('B5: Tandem is killed with -9 and started again: talks go on, the order is the old one, what happened meanwhile is noticed', async () => {
    scene = await openScene(bed);
    const before = await bed.waiting();
    const [ended, ...going] = scene.talks();
    const [answering, waiting, last] = [before[0], before[ringingMax], before.at(-1)];
    assert.ok(ended && answering && waiting && last);
    await bed.tandem().kill9();
    await goOn(going);
    const agent = answering.offers[0]?.agent ?? '';
    await scene.ringingAt(agent).answer();
    await talks(scene.of(answering));
    scene.of(last).hangUp();
    ended.customer.hangUp();
    await pause(1_700);
    await goOn(going);
    await bed.startTandem();
    // the agent of the talk that ended has somebody else now
    await eventually(
      () => bed.watch.talking().find((leg) => leg.agent === ended.leg.agent && leg.id !== ended.leg.id),
      (leg) => leg !== undefined,
      { msMax: 5_000 },
    );
    const served = scene.talks().find(({ leg }) => leg.agent === ended.leg.agent);
    await keptOrder(before, [answering.number, last.number, served?.customer.number ?? '']);
    await goOn(going);
    await agrees();
    await sceneGoesOn();
    await scene.end();
  });

  /** Agents hang up and get those who wait longest; who rings is answered, rejects, is left alone by his customer. */
  async function sceneGoesOn(which: 1 | 2 = 1): Promise<void> {
    const members = await bed.waiting('support', which);
    const ringing = members.filter(({ offers }) => offers.length > 0);
    const next = members.filter(({ offers }) => offers.length === 0).slice(0, 3);
    for (const { leg } of scene.talks().slice(0, 3)) scene.agentHangsUp(leg);
    for (const member of next) await talks(scene.of(member));
    const [answered, rejected, left] = ringing;
    assert.ok(answered && rejected && left);
    await scene.ringingAt(answered.offers[0]?.agent ?? '').answer();
    await talks(scene.of(answered));
    scene.ringingAt(rejected.offers[0]?.agent ?? '').reject();
    const caller = scene.of(rejected).uniqueId();
    const offersBefore = bed.watch.legsOf(caller).length;
    await eventually(
      () => bed.watch.legsOf(caller).length,
      (legs) => legs > offersBefore,
      { msMax: 5_000 },
    );
    const legs = bed.watch.legsOf(scene.of(left).uniqueId());
    scene.of(left).hangUp();
    await eventually(
      () => legs.every(({ goneAtMs }) => goneAtMs > 0),
      (gone) => gone,
      { msMax: 500, everyMs: 10 },
    );
    await agrees(8_000, which);
  }
});

type Talks = ReturnType<Scene['talks']>;

const difference = (some: readonly string[], others: readonly string[]): string[] => some.filter((one) => !others.includes(one));
