import assert from 'node:assert/strict';
import { underWay } from '../core/crm-ports.js';
import type { NewCrmMessage } from '../core/crm-ports.js';
import type { JournalCall } from '../core/journal/call.js';
import type { Statements } from '../sql/db.js';
import { openJournal, recordedFacts } from './support/journal-drive.js';
import { eventually } from './support/eventually.js';
import { describeMariaDb, describeStores } from './support/stores.js';

/** The open call of a recorded session after so many events. */
function callAfter(count: number, name = '02-answered-call'): JournalCall {
  const journal = openJournal();
  for (const event of recordedFacts(name).slice(0, count)) journal.step(event);
  const [call] = journal.open();
  assert.ok(call);
  return JSON.parse(JSON.stringify(call)) as JournalCall;
}

const message = (callId: string, seq: number, more: Partial<NewCrmMessage> = {}): NewCrmMessage => ({
  binding: 'main',
  callId,
  seq,
  event: `e${String(seq)}`,
  payload: '{}',
  createdAtMs: 1_000 + seq,
  ...more,
});

describeStores('CRM store', (open) => {
  it('P5: a call is stored as it is, and found by its id and by number and agent', async () => {
    const { store } = await open();
    const call = callAfter(8);
    await store.crm.save({ calls: [call], messages: [] });
    assert.deepEqual(await store.crm.call(call.id), call);
    assert.deepEqual(await store.crm.openCalls('alpha'), [call]);
    assert.deepEqual(await store.crm.openCalls('beta'), []);
    const page = { before: '', limit: 10 };
    assert.deepEqual(
      (await store.crm.calls({ ...page, number: '1010' })).map(({ id }) => id),
      [call.id],
    );
    assert.deepEqual(
      (await store.crm.calls({ ...page, extension: '1011' })).map(({ id }) => id),
      [call.id],
    );
    assert.deepEqual(await store.crm.calls({ ...page, extension: '1012' }), []);
    assert.deepEqual(await store.crm.calls({ ...page, before: `${String(call.startedAtMs)} ${call.id}` }), []);
  });

  it('B10: a call that is done is gone on with as long as it has channels: none of them begins it anew; its switch is known', async () => {
    const { store } = await open();
    const call = { ...callAfter(8), state: 'done' as const };
    assert.ok(call.channels.length > 0);
    assert.deepEqual(await store.crm.switches(), []);
    await store.crm.save({ calls: [call], messages: [] });
    assert.deepEqual(await store.crm.openCalls('alpha'), [call]);
    const over = { ...call, channels: [] };
    await store.crm.save({ calls: [over, { ...over, id: 'beta-1', switch: 'beta' }], messages: [] });
    assert.deepEqual(await store.crm.openCalls('alpha'), []);
    assert.deepEqual([...(await store.crm.switches())].sort(), ['alpha', 'beta']);
  });

  it('B25: saving a batch twice is the same as once', async () => {
    const { store } = await open();
    const batch = { calls: [callAfter(3)], messages: [message('c1', 1), message('c1', 2)] };
    await store.crm.save(batch);
    await store.crm.save(batch);
    assert.equal((await store.crm.counts('main')).pending, 2);
    assert.deepEqual([...(await store.crm.lastSeqs(['c1', 'c2']))], [['main c1', 2]]);
  });

  it('CRM-15: one of several may send a message; who did not send it says so, unless somebody has looked into it', async () => {
    const { store } = await open();
    await store.crm.save({ calls: [], messages: [message('c1', 1)] });
    const read = async () => (await store.crm.due('main', 10_000, 1))[0];
    const [id, attempts] = [(await read())?.id ?? 0, 0];
    assert.deepEqual([await store.crm.claim(id, attempts), await store.crm.claim(id, attempts)], [true, false]);
    assert.equal((await read())?.lastError, underWay);
    await store.crm.unclaim(id, attempts, 'unsent');
    assert.deepEqual(
      [(await read())?.lastError, await store.crm.claim(id, attempts + 1), await store.crm.claim(id, attempts)],
      ['unsent', false, true],
    );
    await store.crm.postponed(id, { attempts: 1, nextAtMs: 9_000, error: 'nobody knows' });
    await store.crm.unclaim(id, attempts, 'unsent');
    assert.equal((await read())?.lastError, 'nobody knows');
    await store.crm.delivered(id, 10_000);
    assert.equal(await store.crm.claim(id, 1), false);
  });

  it('9.2: of each lane only the first message is due, and the next when that one is settled; another call does not wait for it', async () => {
    const { store } = await open();
    await store.crm.save({
      calls: [],
      messages: [message('c1', 1), message('c1', 2), message('c2', 1), message('c3', 1, { binding: 'other' })],
    });
    const due = async (): Promise<readonly string[]> =>
      (await store.crm.due('main', 10_000, 10)).map(({ callId, seq }) => `${callId} ${String(seq)}`);
    assert.deepEqual(await due(), ['c1 1', 'c2 1']);
    const [first, second] = await store.crm.due('main', 10_000, 10);
    assert.ok(first && second);
    await store.crm.postponed(first.id, { attempts: 1, nextAtMs: 20_000, error: 'refused' });
    assert.deepEqual(await due(), ['c2 1'], 'a message that waits holds up its call, and no other');
    assert.equal(await store.crm.delivered(second.id, 11_000), true);
    assert.equal(await store.crm.delivered(second.id, 11_000), false);
    assert.deepEqual(await due(), []);
    assert.equal(await store.crm.nextDue('main'), 20_000);
    await store.crm.bury(first.id, 'x'.repeat(1_000), 21_000);
    assert.deepEqual(await due(), ['c1 2'], 'a dead letter blocks nobody');
    assert.deepEqual((await store.crm.due('main', 10_000, 10, ['c2'])).length, 0);
    assert.deepEqual((await store.crm.due('main', 10_000, 10, [])).length, 0);
    const [letter] = await store.crm.deadLetters('main', 0, 10);
    assert.equal(letter?.lastError?.length, 300);
    assert.deepEqual(await store.crm.counts('main'), { pending: 1, oldestMs: 1_002, dead: 1 });
    assert.equal(await store.crm.replay('main', { ids: [first.id] }, 30_000), 1);
    assert.deepEqual(
      (await store.crm.due('main', 30_000, 10)).map(({ seq, attempts }) => [seq, attempts]),
      [[1, 0]],
    );
  });

  it('what was delivered a day ago, dead letters after 30 days and old calls go; what waits and what runs stays', async () => {
    const { store } = await open();
    const dayMs = 86_400_000;
    const running = callAfter(3);
    const done = { ...callAfter(3, '03-busy'), state: 'done' as const, channels: [] };
    await store.crm.save({ calls: [running, done], messages: [message('c1', 1), message('c2', 1), message('c3', 1)] });
    const [one, two] = await store.crm.due('main', 10_000, 10);
    assert.ok(one && two);
    await store.crm.delivered(one.id, 2_000);
    await store.crm.bury(two.id, 'dead', 2_000);
    const nowMs = running.startedAtMs + 1_000 * dayMs;
    assert.equal(await store.crm.prune(2_000 + dayMs, { callsMsMax: dayMs, limit: 100 }), 0);
    assert.equal(await store.crm.prune(2_001 + dayMs, { callsMsMax: 2_000 * dayMs, limit: 100 }), 1);
    assert.equal(await store.crm.prune(nowMs, { callsMsMax: dayMs, limit: 100 }), 2);
    assert.deepEqual(await store.crm.openCalls('alpha'), [running]);
    assert.deepEqual(await store.crm.counts('main'), { pending: 1, oldestMs: 1_001, dead: 0 });
  });

  it('B29: a recording that retention has removed is known as such', async () => {
    const { store } = await open();
    const call = callAfter(3);
    await store.crm.save({ calls: [call], messages: [] });
    assert.equal(await store.crm.isRecordingPurged(call.id), false);
    await store.crm.recordingPurged(call.id, 5_000);
    assert.equal(await store.crm.isRecordingPurged(call.id), true);
    await store.crm.save({ calls: [call], messages: [] });
    assert.equal(await store.crm.isRecordingPurged(call.id), true, 'a later save of the call does not bring it back');
  });
});

describeMariaDb('CRM store: who may write', (open) => {
  const leaseMs = 60_000;
  const hold = (tx: Statements, { id }: JournalCall) => tx.all('SELECT id FROM tandem_journal WHERE id = ? FOR UPDATE', [id]);

  /** A call that is stored, an owner, and a save of his that stands still while something else is done. */
  async function openOwned() {
    const one = await open();
    const next = await one.again();
    const { store, other } = one;
    const call = callAfter(3);
    await store.crm.save({ calls: [call], messages: [] });
    const fence = await store.leases.acquire('acd', 'one', leaseMs);
    assert.ok(fence !== undefined);
    const batch = { calls: [{ ...call, state: 'ended' as const }], messages: [message(call.id, 1)] };
    const stillSql = "SELECT COUNT(*) AS n FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'";
    return {
      ...{ store, other, next, call, fence },
      save: async (): Promise<{ readonly error: Promise<unknown> }> => {
        const error = store.crm.save(batch, fence).then(
          () => undefined,
          (e: unknown) => e,
        );
        await eventually(
          async () => Number((await next.other.all(stillSql))[0]?.['n']),
          (waiting) => waiting > 0,
          { everyMs: 150, msMax: 10_000 }, // who asks more often gets the same answer for ever
        );
        return { error };
      },
      stored: async () => [(await store.crm.call(call.id))?.state === 'ended', (await store.crm.counts('main')).pending] as const,
    };
  }

  it('scale-out 7: a save that stood still while the queues got another owner stores nothing', async () => {
    const { store, other, next, call, fence, save, stored } = await openOwned();
    const { error } = await other.transaction(async (tx) => {
      await hold(tx, call);
      const saving = await save();
      await store.leases.release('acd', 'one', fence);
      assert.ok((await next.store.leases.acquire('acd', 'two', leaseMs)) !== undefined);
      return saving;
    });
    assert.match(String(await error), /has another owner/);
    assert.deepEqual(await stored(), [false, 0]);
  });

  it('scale-out 7: a save that ends while somebody becomes the owner waits for that, and does not pass by what it was before', async () => {
    const { other, save, stored } = await openOwned();
    const { error } = await other.transaction(async (tx) => {
      await tx.run('UPDATE tandem_leases SET fence = fence + 1 WHERE name = ?', ['acd']);
      return save();
    });
    assert.match(String(await error), /has another owner/);
    assert.deepEqual(await stored(), [false, 0]);
  });

  it('scale-out 7: the queues save under the same row while a save of the journal goes on', async () => {
    const { other, next, call, save, stored } = await openOwned();
    const { error } = await other.transaction(async (tx) => {
      await hold(tx, call);
      const saving = await save();
      await next.other.transaction((queues) => queues.run('UPDATE tandem_leases SET saved_fence = fence WHERE name = ?', ['acd']));
      return saving;
    });
    assert.equal(await error, undefined);
    assert.deepEqual(await stored(), [true, 1]);
  });
});
