/** What must hold while something fails beside 35 callers, and after it. */
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { ringingMax, type Customer, type Scene } from './queue-faults-scene.js';
import { talkers, type FaultBed, type SeenMember } from './queue-faults-bed.js';
import type { SeenLeg } from './queue-faults-watch.js';

type Talks = ReturnType<Scene['talks']>;

const idOf = ({ id, number, joinedAtMs }: SeenMember): string => `${number} ${id} ${String(joinedAtMs)}`;
const difference = (some: readonly string[], others: readonly string[]): string[] => some.filter((one) => !others.includes(one));

/** Everybody who waits is there, and nobody was passed: the places of before without those who left. */
export async function keptOrder(bed: FaultBed, before: readonly SeenMember[], left: readonly string[], which: 1 | 2 = 1): Promise<void> {
  const wanted = before.filter(({ number }) => !left.includes(number)).map(idOf);
  const now = await eventually(
    () => bed.waiting('support', which),
    (members) => members.length === wanted.length && members.every(({ presence }) => presence === 'here'),
    { msMax: 10_000, everyMs: 50 },
  );
  assert.deepEqual(now.map(idOf), wanted);
}

/** These talks were not interrupted; Asterisk's own list of channels has it too. */
export async function goOn(bed: FaultBed, talks: Talks): Promise<void> {
  const { events } = await bed.watch.link.action({ Action: 'CoreShowChannels' }, { list: true });
  const bridgeOf = new Map(events.map((event) => [event.get('uniqueid') ?? '', event.known('bridgeid')]));
  assert.ok(talks.length > 0);
  for (const { leg, customer } of talks) {
    assert.deepEqual([leg.leftAtMs, leg.goneAtMs], [0, 0], `talk of ${customer.number} with ${leg.agent}`);
    assert.ok(bridgeOf.get(leg.id) !== undefined, `${leg.id} is in no bridge`);
    assert.equal(bridgeOf.get(leg.id), bridgeOf.get(customer.uniqueId()));
    if (customer.sip) assert.equal(customer.sip.state, 'up');
  }
}

/** The customer talks within this time. */
export async function talksTo(scene: Scene, customer: Customer, msMax = 2_000): Promise<SeenLeg> {
  const found = await eventually(
    () => scene.talks().find((talk) => talk.customer === customer),
    (talk) => talk !== undefined,
    { msMax },
  ).catch(() => undefined);
  assert.ok(found, `customer ${customer.number} does not talk within ${String(msMax)} ms`);
  return found.leg;
}

/** The agent of this leg, which ends, gets somebody else within this time. */
export async function agentGoesOn({ watch }: FaultBed, { id, agent }: SeenLeg, msMax = 5_000): Promise<SeenLeg> {
  const next = await eventually(
    () => watch.talking().find((leg) => leg.agent === agent && leg.id !== id),
    (leg) => leg !== undefined,
    { msMax },
  ).catch(() => undefined);
  assert.ok(next, `agent ${agent} got nobody else within ${String(msMax)} ms`);
  return next;
}

/** The leg is gone within this time. */
export async function ends(leg: SeenLeg, msMax: number): Promise<void> {
  const goneAtMs = await eventually(
    () => leg.goneAtMs,
    (atMs) => atMs > 0,
    { msMax, everyMs: 10 },
  ).catch(() => 0);
  assert.ok(goneAtMs > 0, `leg ${leg.id} of ${leg.agent} lives after ${String(msMax)} ms`);
}

/** What Tandem believes is what lives on Asterisk. */
export async function agrees(bed: FaultBed, which: 1 | 2 = 1, msMax = 8_000): Promise<void> {
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

/** Agents hang up and get those who wait longest; a ringing telephone is answered, rejects, is left alone by its customer. */
export async function sceneGoesOn(bed: FaultBed, scene: Scene, which: 1 | 2 = 1): Promise<void> {
  const members = await bed.waiting('support', which);
  const [answered, rejected, left] = members.filter(({ offers }) => offers.length > 0);
  const next = members.filter(({ offers }) => offers.length === 0).slice(0, 3);
  const talks = scene.talks().filter(({ leg }) => talkers.includes(leg.agent));
  for (const { leg } of talks.slice(0, next.length)) scene.agentHangsUp(leg);
  for (const member of next) await talksTo(scene, scene.of(member), 3_000);
  assert.ok(answered && rejected && left);
  await scene.ringingAt(answered.offers[0]?.agent ?? '').answer();
  await talksTo(scene, scene.of(answered));
  const caller = scene.of(rejected).uniqueId();
  const offersBefore = bed.watch.legsOf(caller).length;
  scene.ringingAt(rejected.offers[0]?.agent ?? '').reject();
  await eventually(
    () => bed.watch.legsOf(caller).length,
    (legs) => legs > offersBefore,
    { msMax: 5_000 },
  );
  const legs = bed.watch.legsOf(scene.of(left).uniqueId());
  scene.of(left).hangUp();
  for (const leg of legs) await ends(leg, 500);
  await agrees(bed, which);
}

/** Callers who are being offered, with the agents who ring for them. */
export async function offered(
  bed: FaultBed,
  scene: Scene,
  which: 1 | 2 = 1,
): Promise<readonly { customer: Customer; agent: string; leg: SeenLeg }[]> {
  const members = await bed.waiting('support', which);
  const found = members.slice(0, ringingMax).map((member) => {
    const customer = scene.of(member);
    const leg = bed.watch.legsOf(customer.uniqueId()).find(({ goneAtMs }) => goneAtMs === 0);
    assert.ok(leg, `no leg for ${customer.number}`);
    return { customer, agent: leg.agent, leg };
  });
  assert.equal(found.length, ringingMax);
  return found;
}
