import assert from 'node:assert/strict';
import type { AcdBatch } from '../core/acd-ports.js';
import { acdLease } from '../sql/acd.js';
import type { Store } from '../sql/store.js';
import {
  batchOf,
  byId,
  sampleAgent,
  sampleMember,
  sampleOffer,
  sampleOfferSegment,
  sampleQueue,
  sampleStatus,
  sampleSystem,
  sampleVisit,
} from './support/acd-rows.js';
import { describeStores } from './support/stores.js';

/** As JSON keeps it: fields that are undefined are left out. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

async function owned(store: Store): Promise<number> {
  const fence = await store.leases.acquire(acdLease, 'test', 60_000);
  assert.ok(fence !== undefined);
  return fence;
}

const everything = (): AcdBatch =>
  batchOf({
    members: byId(sampleMember('m1', { name: `', " \\ é 😀 \0 ${'x'.repeat(3_000)}`, rank: -1.5 }), sampleMember('m2')),
    agents: byId(sampleAgent('anna', { phase: { kind: 'wrapup', startedAtMs: 1, endsAtMs: 2 } })),
    offers: byId(sampleOffer('o1')),
    queues: byId(sampleQueue('support', { handled: [{ atMs: 1, handlingMs: 2 }] })),
    system: sampleSystem(7),
    segments: [sampleVisit('m0'), sampleOfferSegment('o0'), sampleStatus('anna')],
  });

describeStores('state of the queue engine', (open) => {
  it('B1: load gives what save stored', async () => {
    const { store } = await open();
    const batch = everything();

    await store.acd.save(batch, await owned(store));

    const stored = await store.acd.load();
    assert.deepEqual(stored.members, plain([...batch.members.values()]));
    assert.deepEqual(stored.agents, plain([...batch.agents.values()]));
    assert.deepEqual(stored.offers, plain([...batch.offers.values()]));
    assert.deepEqual(stored.queues, plain([...batch.queues.values()]));
    assert.deepEqual(stored.system, batch.system);
  });

  it('nothing was stored: nothing is loaded', async () => {
    const { store } = await open();

    assert.deepEqual(await store.acd.load(), {
      members: [],
      agents: [],
      offers: [],
      queues: [],
      system: undefined,
      lastTalks: [],
      lastSeq: 0,
    });
    assert.equal(await store.acd.savedFence(), 0);
  });

  it('a save writes the newest state, removes what is gone, and twice is the same as once', async () => {
    const { store } = await open();
    const fence = await owned(store);
    await store.acd.save(everything(), fence);
    const later = batchOf({
      members: new Map([
        ['m1', undefined],
        ['m2', sampleMember('m2', { visit: 2 })],
      ]),
      offers: new Map([['o1', undefined]]),
      segments: [sampleVisit('m1'), sampleVisit('m0', { reason: 'lost' })],
    });

    await store.acd.save(later, fence);
    await store.acd.save(later, fence);

    const { members, offers, agents } = await store.acd.load();
    assert.deepEqual(
      members.map(({ id, visit }) => [id, visit]),
      [['m2', 2]],
    );
    assert.deepEqual(offers, []);
    assert.equal(agents.length, 1, 'what was not in the batch stays');
    const visits = await store.acd.segments({ kind: 'visit', fromMs: 0, limit: 10 });
    assert.deepEqual(
      visits.map((visit) => visit.kind === 'visit' && [visit.key, visit.reason]),
      [
        ['m1 1', 'answered'],
        ['m0 1', 'answered'],
      ],
      'a segment is written once by its key',
    );
  });

  it('B6: segments come back as they were, newest first, by kind, queue, agent and time', async () => {
    const { store } = await open();
    const bare = sampleVisit('m5', { leftAtMs: 9_000, queue: 'Sales' as never, agent: undefined, offer: undefined, leadId: undefined });
    const given = [sampleVisit('m0'), sampleOfferSegment('o0'), sampleStatus('anna'), sampleStatus('bob', { reason: undefined }), bare];
    await store.acd.save(batchOf({ segments: given }), await owned(store));
    const found = async (query: object) => (await store.acd.segments({ fromMs: 0, limit: 100, ...query })).map(({ key }) => key);

    const all = await store.acd.segments({ fromMs: 0, limit: 100 });
    assert.deepEqual(new Set(all.map((one) => JSON.stringify(sorted(one)))), new Set(given.map((one) => JSON.stringify(sorted(one)))));
    assert.deepEqual(await found({ kind: 'offer' }), ['o0']);
    assert.deepEqual(await found({ queue: 'sales' }), ['m5 1']);
    assert.deepEqual(await found({ agent: 'ANNA', kind: 'status' }), ['anna 1000']);
    assert.deepEqual(await found({ fromMs: 6_001 }), ['m5 1']);
    assert.deepEqual(await found({ limit: 1 }), ['m5 1']);
  });

  it('segments of every kind go after their time, and no earlier', async () => {
    const { store } = await open();
    const dayMs = 86_400_000;
    const given = [sampleVisit('m0'), sampleOfferSegment('o0'), sampleStatus('anna')];
    await store.acd.save(batchOf({ segments: given }), await owned(store));

    assert.equal((await store.runRetention(400 * dayMs)).segmentsExpired, 0);
    assert.equal((await store.runRetention(401 * dayMs)).segmentsExpired, 3);
    assert.deepEqual(await store.acd.segments({ fromMs: 0, limit: 10 }), []);
  });

  it('a segment with long and odd texts is stored, cut where the column ends', async () => {
    const { store } = await open();
    const odd = sampleVisit('m0', { name: 'n'.repeat(500), detail: `a\0b\ud800${'d'.repeat(500)}`, talkMs: Number.NaN, waitMs: 1.6 });

    await store.acd.save(batchOf({ segments: [odd] }), await owned(store));

    const [visit] = await store.acd.segments({ kind: 'visit', fromMs: 0, limit: 1 });
    assert.ok(visit?.kind === 'visit');
    assert.equal(visit.name, 'n'.repeat(150));
    assert.match(visit.detail, /^ab?d/);
    assert.deepEqual([visit.talkMs, visit.waitMs], [0, 2]);
  });

  it('an id that no column can hold does not take the rest with it', async () => {
    const { store } = await open();

    await store.acd.save(batchOf({ members: byId(sampleMember('m1'), sampleMember('x'.repeat(200))) }), await owned(store));

    assert.deepEqual(
      (await store.acd.load()).members.map(({ id }) => id),
      ['m1'],
    );
  });

  it('a row that cannot be read is left out, the others are loaded', async () => {
    const { store, other } = await open();
    await store.acd.save(everything(), await owned(store));
    await other.run(`UPDATE tandem_acd SET doc = '{broken' WHERE kind = ? AND id = ?`, ['member', 'm1']);

    const { members } = await store.acd.load();

    assert.deepEqual(
      members.map(({ id }) => id),
      ['m2'],
    );
  });

  it('2,500 rows are saved and loaded', async () => {
    const { store } = await open();
    const fence = await owned(store);
    const ids = Array.from({ length: 2_500 }, (_, i) => `m${String(i).padStart(5, '0')}`);

    await store.acd.save(
      batchOf({ members: byId(...ids.map((id) => sampleMember(id))), segments: ids.map((id) => sampleVisit(id)) }),
      fence,
    );

    assert.deepEqual(
      (await store.acd.load()).members.map(({ id }) => id),
      ids,
    );
    await store.acd.save(batchOf({ members: new Map(ids.map((id) => [id, undefined])) }), fence);
    assert.deepEqual((await store.acd.load()).members, []);
    assert.equal((await store.acd.segments({ fromMs: 0, limit: 100_000 })).length, 2_500);
  });

  it('B41: the last agent of each number is read from the visits, newest last', async () => {
    const { store } = await open();
    const visit = (member: string, number: string, agent: string | undefined, leftAtMs: number, reason = 'answered') =>
      sampleVisit(member, { number, leftAtMs, reason: reason as never, agent: agent as never });

    await store.acd.save(
      batchOf({
        segments: [
          visit('a', '1', 'anna', 10),
          visit('b', '2', 'bob', 20),
          visit('c', '1', 'carl', 30),
          visit('d', '2', undefined, 40, 'abandoned'),
          visit('e', '', 'anna', 50),
        ],
      }),
      await owned(store),
    );

    assert.deepEqual((await store.acd.load()).lastTalks, [
      { number: '2', agent: 'bob', atMs: 20 },
      { number: '1', agent: 'carl', atMs: 30 },
    ]);
  });

  it('B5: the save of a former owner is refused and leaves nothing', async () => {
    const { store } = await open();
    const former = await owned(store);
    await store.acd.save(batchOf({ members: byId(sampleMember('m1')) }), former);
    const fence = await owned(store);
    await store.acd.save(batchOf({ members: byId(sampleMember('m1', { visit: 2 })) }), fence);

    const late = store.acd.save(batchOf({ members: byId(sampleMember('m1', { visit: 9 })), segments: [sampleVisit('m1')] }), former);

    await assert.rejects(late, { code: 'TDM_STANDBY' });
    assert.equal((await store.acd.load()).members[0]?.visit, 2);
    assert.deepEqual(await store.acd.segments({ fromMs: 0, limit: 1 }), []);
    assert.equal(await store.acd.savedFence(), fence);
  });

  it('a closed database rejects TDM_STORE_DOWN', async () => {
    const opened = await open();
    const { store } = await opened.again();
    const fence = await owned(store);
    await store.close();

    await assert.rejects(store.acd.save(everything(), fence), { code: 'TDM_STORE_DOWN' });
    await assert.rejects(store.acd.load(), { code: 'TDM_STORE_DOWN' });
  });
});

const sorted = (value: object): object =>
  Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
