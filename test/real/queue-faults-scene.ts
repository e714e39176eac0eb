/** The people of the fault suites: customers who call, agents who talk or ring, and what must be true of them in the end. */
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import type { SipCall } from '../testbed/sip-phone.js';
import { asserted } from './clusters.js';
import { ringers, talkers, type FaultBed, type SeenMember } from './queue-faults-bed.js';
import type { SeenLeg } from './queue-faults-watch.js';

export interface Customer {
  readonly number: string;
  /** the call on his telephone, when that is a SIP phone */
  readonly sip: SipCall | undefined;
  /** of his channel in the queue */
  uniqueId(): string;
  hangUp(): void;
}

export interface Scene {
  /** everybody who called in this scene, in order */
  readonly customers: readonly Customer[];
  /** A further customer. */
  call(queue?: string): Promise<Customer>;
  of(member: { readonly number: string }): Customer;
  /** legs that are connected, with their customers */
  talks(): readonly { readonly leg: SeenLeg; readonly customer: Customer }[];
  /** what rings at a SIP agent now */
  ringingAt(agent: string): SipCall;
  /** The agent's telephone is put down. */
  agentHangsUp(leg: SeenLeg): void;
  /** Resolves when so many talk and ring, as Asterisk sees it. */
  settled(talking: number, ringing: number, msMax?: number): Promise<void>;
  /** Everybody hangs up; then everything that must hold of a scene is looked at. `early`: who hung up at the door has no record. */
  end(which?: 1 | 2, early?: 'early'): Promise<void>;
}

let lastNumber = 5_550_000;

export const [talkingMax, ringingMax, waitingMax] = [talkers.length, ringers.length, 20];

/** 35 callers: 10 talk, 5 ring, 20 wait. */
export async function openScene(bed: FaultBed): Promise<Scene> {
  const scene = await emptyScene(bed);
  for (let n = 0; n < talkingMax + ringingMax; n++) {
    if (n < 2) await callBySip(bed, scene);
    else await scene.call();
  }
  await scene.settled(talkingMax, ringingMax);
  await callBySip(bed, scene);
  for (let n = 1; n < waitingMax; n++) await scene.call();
  await eventually(
    async () => (await bed.waiting()).length,
    (count) => count === ringingMax + waitingMax,
    { msMax: 5_000 },
  );
  await bed.stored(talkingMax + ringingMax + waitingMax);
  return scene;
}

/** An agents' side that is ready, and nobody who calls. */
export async function emptyScene(bed: FaultBed): Promise<Scene & { readonly customers: Customer[] }> {
  const { asterisk, watch } = bed;
  const sinceMs = Date.now();
  const customers: Customer[] = [];
  const ringing = new Map<string, SipCall>();
  const talkingSip = new Map<string, SipCall>();
  for (const agent of [...ringers, ...talkers, '1018']) {
    if (agent.startsWith('a')) continue;
    const phone = await asterisk.phone(Number(agent) - 1000);
    phone.onCall = (call) => {
      call.ring();
      (talkers.includes(agent) ? talkingSip : ringing).set(agent, call);
      if (talkers.includes(agent)) void call.answer();
    };
  }
  const byId = (id: string): Customer | undefined => customers.find((one) => one.uniqueId() === id);
  const farEnd = (leg: SeenLeg): SipCall | undefined => ringing.get(leg.agent) ?? talkingSip.get(leg.agent);

  const scene: Scene & { readonly customers: Customer[] } = {
    customers,
    async call(queue = 'support') {
      const customer = await callByLocal(bed, queue);
      customers.push(customer);
      return customer;
    },
    of({ number }) {
      const found = customers.find((one) => one.number === number);
      if (!found) throw new Error(`nobody called with ${number}`);
      return found;
    },
    talks: () =>
      watch.talking().flatMap((leg) => {
        const customer = byId(leg.caller);
        return customer ? [{ leg, customer }] : [];
      }),
    ringingAt(agent) {
      const call = ringing.get(agent);
      if (!call) throw new Error(`nothing rings at ${agent}`);
      return call;
    },
    agentHangsUp(leg) {
      const sip = farEnd(leg);
      if (sip) sip.hangup();
      else hangUp(bed, `pair-${leg.id}`);
    },
    async settled(talking, rings, msMax = 8_000) {
      await eventually(
        () => [watch.talking().length, watch.ringing().length].join(' talk, '),
        (seen) => seen === `${String(talking)} talk, ${String(rings)}`,
        { msMax },
      );
    },
    async end(which = 1, early) {
      for (const customer of customers) customer.hangUp();
      await everybodyGone(bed, which);
      await bed.stored(0);
      const numbers = customers.map(({ number }) => number);
      const known = early ? (await bed.segments('visit', 'number', numbers)).map((row) => row['number']) : numbers;
      const served = customers.filter(({ number }) => known.includes(number));
      for (const one of customers) if (!served.includes(one)) assert.deepEqual(watch.legsOf(one.uniqueId()), []);
      await recordsAreComplete(bed, served);
      assert.deepEqual(watch.doubled(sinceMs), []);
    },
  };
  return scene;
}

/** Behind a test that failed: relays pass on again, a Tandem runs, nobody is left in a call. */
export async function cleanUp(bed: FaultBed): Promise<void> {
  bed.database.freeze(false);
  for (const relay of [bed.database, bed.manager]) {
    await relay.down();
    await relay.up();
  }
  await bed.watch.link.action({ Action: 'Hangup', Channel: '/^/', Cause: 16 }).catch(() => undefined);
  await everybodyGone(bed, 1);
}

function hangUp(bed: FaultBed, channel: string): void {
  // who is gone already has nothing to hang up
  bed.watch.link.action({ Action: 'Hangup', Channel: channel, Cause: 16 }).catch(() => undefined);
}

async function callByLocal(bed: FaultBed, queue: string): Promise<Customer> {
  const number = String(++lastNumber);
  const id = `c-${number}`;
  await bed.watch.link.action({
    Action: 'Originate',
    Async: 'true',
    Channel: 'Local/far@faults-customers/n',
    ChannelId: id,
    OtherChannelId: `far-${number}`,
    Context: 'faults-callers',
    Exten: queue,
    Priority: 1,
    CallerID: number,
    Timeout: 10_000,
  });
  return { number, sip: undefined, uniqueId: () => id, hangUp: () => hangUp(bed, `far-${number}`) };
}

async function callBySip(bed: FaultBed, scene: { readonly customers: Customer[] }): Promise<Customer> {
  const number = String(++lastNumber);
  const phone = await bed.asterisk.phone(10);
  const sip = await phone.call('queue', { headers: asserted('', number) });
  const customer = { number, sip, uniqueId: () => bed.watch.uniqueIdOf(number) ?? '', hangUp: () => sip.hangup() };
  scene.customers.push(customer);
  await eventually(customer.uniqueId, (id) => id !== '');
  return customer;
}

/** Asterisk is empty, Tandem knows it, and no agent is stuck. */
async function everybodyGone(bed: FaultBed, which: 1 | 2): Promise<void> {
  await eventually(
    // what stays of a channel that Bridge() took out of its dialplan while that ended (docs/testbed.md, traps) is no call
    async () => (await bed.asterisk.channels()).filter((name) => !name.startsWith('Surrogate/')),
    (channels) => channels.length === 0,
    { msMax: 8_000, everyMs: 100 },
  );
  await eventually(
    async () => (await bed.agents(which)).filter(({ phase }) => phase !== 'idle').map(({ id, phase }) => `${id} ${phase}`),
    (busy) => busy.length === 0,
    { msMax: 8_000, everyMs: 100 },
  );
  await eventually(
    async () =>
      (await Promise.all(['support', 'greeted', 'nobody', 'rung', 'announced', 'direct'].map((q) => bed.waiting(q, which)))).flat(),
    (members: readonly SeenMember[]) => members.length === 0,
    { msMax: 8_000, everyMs: 100 },
  );
}

/** One visit for each customer; one row for each offer, and no leg without one. */
async function recordsAreComplete(bed: FaultBed, customers: readonly Customer[]): Promise<void> {
  const numbers = customers.map(({ number }) => number);
  const visits = await eventually(
    () => bed.segments('visit', 'number', numbers),
    (rows) => rows.length >= numbers.length,
    { msMax: 5_000, everyMs: 100 },
  );
  assert.deepEqual(visits.map((row) => String(row['number'])).sort(), [...numbers].sort(), 'one visit for each customer');
  const offers = await bed.segments(
    'offer',
    'member',
    visits.map((row) => String(row['member'])),
  );
  for (const visit of visits) {
    const customer = customers.find(({ number }) => number === visit['number']);
    const own = offers.filter((row) => row['member'] === visit['member']);
    const legs = bed.watch.legsOf(customer?.uniqueId() ?? '');
    const told = `customer ${String(visit['number'])}: ${JSON.stringify({ visit, own, legs })}`;
    assert.equal(own.length, visit['offers'], told);
    assert.deepEqual(
      legs.map(({ id }) => id).filter((id) => !own.some((row) => `tandem-${String(row['offer'])}` === id)),
      [],
      told,
    );
    const talks = own.filter((row) => Number(row['connected_ms']) > 0).length;
    if (visit['outcome'] !== 'lost') assert.equal(visit['outcome'], talks > 0 ? 'answered' : 'abandoned', told);
    assert.equal(talks, talkSeen(legs) ?? Math.min(talks, 1), told);
  }
}

/** So long both are in the bridge at least, where nobody doubts that they talked. */
const talkMsMin = 100;

/** How many talks the bridges show, 0 or 1; undefined when the caller hung up in the moment of the connection. */
function talkSeen(legs: readonly SeenLeg[]): 0 | 1 | undefined {
  const connected = legs.filter(({ connectedAtMs }) => connectedAtMs > 0);
  const last = connected.at(-1);
  if (!last) return 0;
  return (last.leftAtMs || Date.now()) - last.connectedAtMs >= talkMsMin ? 1 : undefined;
}
