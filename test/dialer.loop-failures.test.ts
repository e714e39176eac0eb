/** What happens if: database away, sudden death, two processes, lost links (dialer.md B11, part C). */
import assert from 'node:assert/strict';
import { DialerSite, noonMs, siteCampaign, siteContact } from './support/dialer-site.js';
import type { SiteLife } from './support/dialer-site.js';

describe('dialer: loop, failures', function () {
  this.timeout(60_000);
  let site: DialerSite;

  beforeEach(() => {
    site = new DialerSite();
  });

  afterEach(() => site.close());

  const fast = { callsPerSecond: 100, slotsMax: 100 };
  const contacts = (count: number, from = 0) => Array.from({ length: count }, (_, i) => siteContact(`k${String(from + i + 1)}`, 'c1'));
  const called = (): readonly string[] => site.fs1.orders.map(({ callId }) => callId);
  const numbers = (): readonly string[] => site.fs1.orders.map(({ number }) => number);

  /** No number in two calls at once, no contact with two. */
  const watchOverlaps = (): (() => readonly string[]) => {
    const overlaps: string[] = [];
    const before = site.fs1.onOriginate;
    site.fs1.onOriginate = (order) => {
      const live = site.fs1.orders.filter(
        ({ callId, number }) => number === order.number && callId !== order.callId && site.fs1.channels.has(callId),
      );
      overlaps.push(...live.map(({ callId }) => `${callId} and ${order.callId}`));
      before(order);
    };
    return () => overlaps;
  };

  const recordsOf = async (): Promise<readonly string[]> =>
    (await site.store.calls({ before: '', limit: 500 })).map(({ callId, result }) => `${callId} ${result}`).sort();

  it('B11, E70: database away for 60 s during 50 calls: no result lost, no number dialled twice', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(50), ...contacts(20, 50));
    const { dialer } = await site.life({ settings: { ...fast, slotsMax: 50 } });
    const overlaps = watchOverlaps();
    await site.pass(6_000);
    assert.equal(called().length, 50);
    site.isDown = true;
    await site.pass(2_000);
    for (const id of called().slice(0, 30)) site.fs1.end(id, 'USER_BUSY');
    await site.pass(58_000, 500);
    assert.equal(called().length, 50, 'nothing new is dialled');
    assert.equal(dialer.control.status().database, 'down');
    site.isDown = false;
    await site.pass(5_000);
    assert.equal(dialer.control.status().database, 'up');
    assert.equal(called().length, 70, 'and then the rest');
    for (const id of [...site.fs1.channels.keys()]) site.fs1.end(id, 'NO_ANSWER');
    await site.pass(1_000);
    const records = await recordsOf();
    assert.equal(records.length, 70);
    assert.equal(records.filter((record) => record.endsWith('BUSY')).length, 30);
    assert.equal(new Set(numbers()).size, 70, 'no number twice');
    assert.deepEqual(overlaps(), []);
    assert.deepEqual(await site.store.activeCounts(), { dialed: 0, agentPending: 0 });
  });

  it('B11: killed during 50 calls: the next life follows them, and calls nobody twice', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(50));
    const first = await site.life({ settings: { ...fast, slotsMax: 30 }, owner: 'one' });
    const overlaps = watchOverlaps();
    await site.pass(4_000);
    assert.equal(called().length, 30);
    for (const id of called().slice(0, 5)) site.fs1.answer(id);
    first.die();
    // while nobody listens: some end, unheard
    for (const id of called().slice(3, 12)) site.fs1.channels.delete(id);
    await site.life({ settings: { ...fast, slotsMax: 30 }, owner: 'two' });
    await site.pass(20_000, 250);
    const again = called().slice(30);
    assert.ok(again.length > 0, 'it goes on');
    const gone = new Set(called().slice(3, 12));
    for (const id of again) if (/\.\d+$/.test(id)) assert.ok(gone.has(id.replace(/\.\d+$/, '')), `${id} was still in a call`);
    assert.deepEqual(overlaps(), []);
    for (const id of [...site.fs1.channels.keys()]) site.fs1.end(id, 'NO_ANSWER');
    await site.pass(2_000);
    const { dialed, agentPending } = await site.store.activeCounts();
    assert.ok(dialed + agentPending <= site.fs1.channels.size, 'nothing is stuck');
  });

  it('B11: killed between the claim and the call: the contact goes back and is called', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(1));
    const first = await site.life({ owner: 'one' });
    site.fs1.originate = () => undefined; // the process dies before the command leaves
    await site.pass(2_500);
    assert.equal((await site.contact('k1')).status, 'dialed');
    first.die();
    Reflect.deleteProperty(site.fs1, 'originate');
    await site.life({ owner: 'two' });
    await site.pass(30_000, 500);
    assert.equal((await site.contact('k1')).status, 'pending', 'counted as an attempt, not called again at once (A15)');
    assert.equal((await site.store.active()).length, 0);
  });

  it('B11: killed while the database is away: the journal of the dead is replayed before anything is dialled', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(3));
    const first = await site.life({ settings: fast, owner: 'one' });
    await site.pass(3_000);
    site.isDown = true;
    await site.pass(1_500);
    for (const id of called()) site.fs1.end(id, 'USER_BUSY');
    await site.pass(500);
    first.die();
    site.isDown = false;
    await site.life({ settings: fast, owner: 'two' });
    await site.pass(15_000, 500);
    assert.deepEqual(await recordsOf(), ['k1 BUSY', 'k2 BUSY', 'k3 BUSY']);
    assert.equal(called().length, 3);
  });

  it('B11: a second process dials nothing, and takes over within five seconds of the end of the lease', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(4));
    const first = await site.life({ settings: { slotsMax: 2 }, owner: 'one' });
    const second = await site.life({ settings: { slotsMax: 2 }, owner: 'two' });
    // the switch tells both; only one of them dials
    site.fs1.feed = bothOf(first, second, site);
    await site.pass(5_000);
    assert.deepEqual([first.dialer.control.isOwner(), second.dialer.control.isOwner()], [true, false]);
    assert.equal(called().length, 2);
    assert.equal(second.dialer.control.status().dialed, 2, 'it answers the status from the table');
    await assert.rejects(second.dialer.control.reload(), { code: 'TDM_STANDBY' });
    assert.equal(
      await second.dialer.control.agentDetails({ callId: 'k1', isReserved: false, agentExtension: '', agentId: '', queueName: '' }),
      503,
    );
    assert.equal(await second.dialer.door.arrived('k1', undefined), undefined);
    first.die();
    const diedAtMs = site.timers.nowMs();
    while (!second.dialer.control.isOwner()) {
      await site.pass(500);
      assert.ok(site.timers.nowMs() - diedAtMs < 10_000 + 5_000, 'lease of 10 s and 5 s');
    }
    for (const id of [...site.fs1.channels.keys()]) site.fs1.end(id, 'NO_ANSWER');
    await site.pass(4_000);
    assert.equal(called().length, 4);
  });

  it('B11: an owner whose lease was taken writes nothing more', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(2));
    const first = await site.life({ settings: { slotsMax: 1 }, owner: 'one' });
    await site.pass(3_000);
    assert.equal(called().length, 1);
    await site.leases.acquire('dialer', 'thief', 60_000, 'one');
    site.fs1.end('k1', 'USER_BUSY');
    await site.pass(1_000);
    assert.equal(first.dialer.control.isOwner(), false);
    assert.equal((await site.contact('k1')).status, 'dialed', 'its result is for whoever dials now');
    await site.pass(3_000);
    assert.equal(called().length, 1);
  });

  it('B11: a link that breaks during calls: nothing is dialled before the calls there were listed', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(12));
    await site.life({ settings: { ...fast, slotsMax: 8 } });
    const overlaps = watchOverlaps();
    await site.pass(4_000);
    assert.equal(called().length, 8);
    site.fs1.setUp(false);
    for (const id of called().slice(0, 3)) site.fs1.channels.delete(id);
    await site.pass(10_000, 500);
    assert.equal(called().length, 8);
    let listed = 0;
    const list = site.fs1.liveCalls.bind(site.fs1);
    site.fs1.liveCalls = () => {
      listed++;
      assert.equal(called().length, 8, 'listed before the next call');
      return listed === 1 ? Promise.reject(new Error('not yet')) : list();
    };
    site.fs1.setUp(true);
    await site.pass(1_500);
    assert.equal(called().length, 8, 'it has not listed them yet');
    site.fs1.liveCalls = list;
    await site.pass(15_000, 250);
    assert.ok(called().length > 8);
    assert.deepEqual(overlaps(), []);
  });

  it('A15, E78: a result that was lost is found every ten minutes, and nobody is called twice', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(2));
    await site.life({ settings: { callMsMax: 120_000 } });
    await site.pass(3_000);
    site.fs1.answer('k1');
    site.fs1.answer('k2');
    await site.pass(1_000);
    site.fs1.channels.delete('k1'); // its end was not heard
    await site.pass(630_000, 1_000);
    const one = await site.contact('k1');
    assert.deepEqual([one.status, one.callResult], ['ended', 'LOST']);
    assert.equal((await site.contact('k2')).status, 'dialed', 'a call that lives stays');
    assert.equal(called().length, 2);
  });

  it('A15: contacts in a call that nobody follows are found too', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(1));
    await site.life({ settings: { callMsMax: 120_000 } });
    await site.pass(500);
    const judge = () => ({ kind: 'go', guaranteedOnly: false }) as const;
    const order = { campaign: siteCampaign('c1'), contacts: ['k1'], countMax: 1, to: 'dialed', nowMs: noonMs } as const;
    await site.store.claim(order, judge, 1); // by hand: nobody placed a call
    await site.pass(640_000, 1_000);
    assert.equal((await site.contact('k1')).status, 'pending');
  });

  it('B11: no room for results: dialling stops, calls go on, health says why', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(4));
    const life = await site.life({ settings: { slotsMax: 2 } });
    await site.pass(3_000);
    site.freeBytes = 1_000;
    await site.pass(11_000, 500);
    for (const id of [...site.fs1.channels.keys()]) site.fs1.end(id, 'USER_BUSY');
    await site.pass(5_000);
    assert.equal(called().length, 2);
    assert.deepEqual(await recordsOf(), ['k1 BUSY', 'k2 BUSY'], 'results are stored all the same');
    const { checks } = await life.health.report();
    assert.match(checks.find(({ name }) => name === 'dialer')?.reason ?? '', /nothing new is dialled: the disk of the journal/);
    site.freeBytes = 1e12;
    await site.pass(15_000, 500);
    assert.equal(called().length, 4);
  });

  it('B11: the database is down at the start: the process lives, says 503, and dials when it is there', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(1));
    site.isDown = true;
    const { dialer } = await site.life();
    await site.pass(3_000);
    assert.equal(dialer.control.status().database, 'down');
    assert.equal(dialer.control.isOwner(), false);
    site.isDown = false;
    await site.pass(5_000);
    assert.equal(dialer.control.status().database, 'up');
    assert.deepEqual(called(), ['k1']);
  });

  it('an orderly stop gives claims back that were not called, and leaves calls to the next life', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(10));
    const first = await site.life({ settings: { callsPerSecond: 2, slotsMax: 10 } });
    await site.pass(2_500);
    await stopped(site, first);
    const before = called().length;
    assert.ok(before > 0 && before < 10);
    assert.equal((await site.store.active()).length, before);
    await site.life({ settings: { callsPerSecond: 2, slotsMax: 10 } });
    await site.pass(10_000, 250);
    assert.equal(called().length, 10);
    assert.equal(new Set(numbers()).size, 10, 'each once');
  });
});

async function stopped(site: DialerSite, life: SiteLife): Promise<void> {
  const stopping = life.dialer.stop();
  await site.settle();
  await site.pass(500);
  await stopping;
  life.die();
}

function bothOf(first: SiteLife, second: SiteLife, site: DialerSite): DialerSite['fs1']['feed'] {
  return (event) => {
    for (const life of [first, second]) if (site.lives.includes(life)) life.feed(event);
  };
}
