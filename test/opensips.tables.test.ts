/** OpenSIPS's tables as views: rows of its own documentation's form, for every case of opensips-call-center 11, on each database. */
import assert from 'node:assert/strict';
import type { Segment } from '../core/acd/records.js';
import { acdLease } from '../sql/acd.js';
import { batchOf, byId, sampleMember, sampleOffer, sampleOfferSegment, sampleVisit } from './support/acd-rows.js';
import { describeStores, startMs } from './support/stores.js';
import type { Opened } from './support/stores.js';
import { agentId, offerId } from '../core/acd/ids.js';

const names = { calls: 'cc_calls', cdrs: 'cc_cdrs' };

/** Arrived at `startMs`, left `s` seconds later. */
const visit = (member: string, reason: string, s: number, more: object = {}): Segment =>
  sampleVisit(member, {
    number: '1001',
    arrivedAtMs: startMs,
    enteredAtMs: startMs,
    leftAtMs: startMs + s * 1000,
    reason: reason as 'answered',
    agent: undefined,
    offer: undefined,
    offers: 0,
    rejections: 0,
    waitMs: s * 1000,
    talkMs: 0,
    serial: 7,
    ...more,
  });
const rejected = (offer: string, member: string, s: number, more: object = {}): Segment =>
  sampleOfferSegment(offer, {
    member: member as never,
    agent: agentId('a1'),
    endedAtMs: startMs + s * 1000,
    ringMs: 900,
    talkMs: 0,
    outcome: 'no-answer',
    number: '1001',
    arrivedAtMs: startMs,
    rejections: 0,
    serial: 7,
    ...more,
  });

async function stored({ store }: Opened, batch: Parameters<typeof batchOf>[0]): Promise<void> {
  const fence = await store.leases.acquire(acdLease, 'test', 60_000);
  assert.ok(fence !== undefined);
  await store.acd.save(batchOf(batch), fence);
  await store.opensipsViews.renew(names);
}

const columns = 'caller, wait_time, pickup_time, talk_time, flow_id, agent_id, call_type, rejected, fstats, cid, media';

describeStores("OpenSIPS's tables", (open) => {
  const rowsOf = async (segments: readonly Segment[], order = 'call_type'): Promise<unknown[][]> => {
    const opened = await open();
    await stored(opened, { segments });
    const rows = await opened.other.all(`SELECT ${columns} FROM cc_cdrs ORDER BY ${order}`);
    return rows.map((row) =>
      Object.values(row).map((value) => (typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value)),
    );
  };

  it('O9: a talk, with the seconds until the answer, of ringing and of talking', async () => {
    const talk = { agent: agentId('a1'), offer: offerId('o1'), offers: 1, waitMs: 1_900, talkMs: 2_100 };
    const offer = sampleOfferSegment('o1', { member: 'm1' as never, outcome: 'talked', ringMs: 1_200, talkMs: 2_100 });
    assert.deepEqual(await rowsOf([visit('m1', 'answered', 4, talk), offer]), [[1001, 1, 1, 2, 'support', 'a1', 0, 0, 7, 7, 1]]);
  });

  it('O9: each rejection is a row, then the call: abandoned in the queue after two', async () => {
    assert.deepEqual(
      await rowsOf(
        [
          rejected('o1', 'm1', 1),
          rejected('o2', 'm1', 6, { rejections: 1, outcome: 'rejected' }),
          visit('m1', 'abandoned', 9, { offers: 2, rejections: 2 }),
        ],
        'wait_time',
      ),
      [
        [1001, 1, 0, 0, 'support', 'a1', -2, 0, 3, 7, 1],
        [1001, 6, 0, 0, 'support', 'a1', -2, 1, 3, 7, 1],
        [1001, 9, 0, 0, 'support', null, 1, 2, 11, 7, 1],
      ],
    );
  });

  it('O9: left while the agent rang: his name stands there, and there is no rejection', async () => {
    const cancelled = rejected('o1', 'm1', 3, { outcome: 'caller-left' });
    assert.deepEqual(await rowsOf([cancelled, visit('m1', 'abandoned', 3, { offers: 1 })]), [
      [1001, 3, 0, 0, 'support', 'a1', 1, 0, 11, 7, 1],
    ]);
  });

  it('O9: never offered, released after dissuading, an error; and no row for who was refused at the door', async () => {
    assert.deepEqual(
      await rowsOf(
        [
          visit('m1', 'abandoned', 1),
          visit('m2', 'dissuaded', 2),
          visit('m3', 'lost', 3),
          visit('m4', 'dissuaded', 4, { offers: 1 }),
          visit('m5', 'join-empty', 0),
          visit('m6', 'queue-removed', 0),
          visit('m7', 'queue-removed', 7),
        ],
        'wait_time',
      ),
      [
        [1001, 1, 0, 0, 'support', null, 1, 0, 9, 7, 1],
        [1001, 2, 0, 0, 'support', null, 1, 0, 1, 7, 1],
        [1001, 3, 0, 0, 'support', null, -1, 0, 1, 7, 1],
        [1001, 4, 0, 0, 'support', null, 1, 0, 3, 7, 1],
        [1001, 7, 0, 0, 'support', null, -1, 0, 1, 7, 1],
      ],
    );
  });

  it('B45: calls of the dialer have no rows: the table is of callers', async () => {
    const missed = rejected('o1', 'm1', 1, { origin: 'dialer' });
    assert.deepEqual(await rowsOf([missed, visit('m1', 'timeout', 2, { origin: 'dialer' }), visit('m2', 'abandoned', 1)]), [
      [1001, 1, 0, 0, 'support', null, 1, 0, 9, 7, 1],
    ]);
  });

  it('O9: a chat has medium 2; the moment of the arrival is local time', async () => {
    const opened = await open();
    await stored(opened, { segments: [visit('m1', 'abandoned', 1, { media: 'chat' })] });
    const [row] = await opened.other.all('SELECT received_timestamp, media, id FROM cc_cdrs');
    assert.equal(Number(row?.['media']), 2);
    assert.match(String(row?.['received_timestamp']), /^2026-11-2[12][ T]\d\d:03:09/);
  });

  it('O15 O17: running calls in every state, with the columns of the runtime table', async () => {
    const opened = await open();
    const waiting = { queue: 'support' as never, number: '1001', name: 'Ann', rejections: 2, param: 'p', ewtAtJoinMs: 12_900 };
    const at = { enteredAtMs: startMs + 5_000, joinedAtMs: startMs };
    const offer = (id: string, phase: object) => sampleOffer(id, { agent: agentId('a1'), phase: phase as never });
    await stored(opened, {
      members: byId(
        sampleMember('m1', { ...waiting, ...at, offers: [], phase: { kind: 'waiting' }, serial: 1 }),
        sampleMember('m2', {
          ...waiting,
          ...at,
          offers: [offerId('o2')],
          phase: { kind: 'waiting' },
          serial: 2,
          media: 'chat',
          ewtAtJoinMs: undefined,
        }),
        sampleMember('m3', { ...waiting, ...at, offers: [offerId('o3')], phase: { kind: 'waiting' }, serial: 3 }),
        sampleMember('m4', { ...waiting, ...at, offers: [], phase: { kind: 'talking', offer: offerId('o4'), sinceMs: 1 }, serial: 4 }),
        sampleMember('m5', { ...waiting, ...at, offers: [], phase: { kind: 'welcome', deadlineMs: 1 }, serial: 5 }),
        sampleMember('m6', { ...waiting, ...at, offers: [], phase: { kind: 'dissuading', isFinal: false, deadlineMs: 1 }, serial: 6 }),
        sampleMember('m7', { ...waiting, ...at, offers: [], phase: { kind: 'dissuading', isFinal: true, deadlineMs: 1 }, serial: 7 }),
        sampleMember('m8', { ...waiting, ...at, offers: [], phase: { kind: 'abandoned', atMs: 1, untilMs: 2 }, serial: 8 }),
      ),
      offers: byId(
        offer('o2', { kind: 'ringing', deadlineMs: 1 }),
        offer('o3', { kind: 'answered', atMs: 1, deadlineMs: 1 }),
        offer('o4', { kind: 'talking', answeredAtMs: 1, connectedAtMs: 1 }),
      ),
    });
    const rows = await opened.other.all('SELECT * FROM cc_calls ORDER BY id');
    assert.deepEqual(
      rows.map((row) => [Number(row['state']), Number(row['media']), row['agent']]),
      [
        [4, 0, ''],
        [6, 1, 'a1'],
        [5, 0, 'a1'],
        [6, 0, 'a1'],
        [1, 0, ''],
        [2, 0, ''],
        [3, 0, ''],
        [7, 0, ''],
      ],
    );
    const [first, second] = rows;
    const seconds = startMs / 1000;
    assert.deepEqual(
      ['ig_cback', 'no_rej', 'setup_time', 'eta', 'last_start', 'recv_time'].map((column) => Number(first?.[column])),
      [0, 2, -1, 12, seconds + 5, seconds],
    );
    assert.deepEqual(
      ['caller_dn', 'caller_un', 'b2buaid', 'flow', 'script_param'].map((column) => first?.[column]),
      ['"Ann"', '1001', 'm1', 'support', 'p'],
    );
    assert.equal(Number(second?.['eta']), 2_147_483_647);
  });

  it('a table of that name that is not ours stays; made twice is once; none when none is wanted', async () => {
    const opened = await open({ empty: true });
    await opened.store.migrate();
    await opened.other.run('CREATE TABLE cc_cdrs (caller CHAR(64))');
    await opened.store.opensipsViews.renew(names);
    await opened.store.opensipsViews.renew(names);
    assert.deepEqual(await opened.other.all('SELECT caller FROM cc_cdrs'), []);
    await assert.rejects(opened.other.all('SELECT call_type FROM cc_cdrs'));
    assert.deepEqual(await opened.other.all('SELECT b2buaid FROM cc_calls'), []);
    await opened.store.opensipsViews.renew({ calls: '', cdrs: '' });
    await assert.rejects(opened.store.opensipsViews.renew({ calls: 'x; DROP TABLE y', cdrs: '' }), { code: 'TDM_BAD_VALUE' });
  });
});
