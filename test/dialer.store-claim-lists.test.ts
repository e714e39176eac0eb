/** Claims of contacts whose list has changed since they were picked (dialer.md B7). */
import assert from 'node:assert/strict';
import type { Store } from '../sql/store.js';
import {
  aCall,
  aCampaign,
  aChange,
  aContact,
  aDnc,
  anEntry,
  careful,
  contactsOf,
  dials,
  goes,
  nowMs,
  taken,
} from './support/dialer-rows.js';
import { describeStores } from './support/stores.js';

describeStores('claims of contacts of lists', (open) => {
  async function aList(store: Store, ...rows: readonly ReturnType<typeof aContact>[]): Promise<number> {
    const { id } = await store.dialer.lists.create({ campaign: 'c1', name: 'spring', fileHash: '', startedAtMs: nowMs });
    const progress = { offset: 1, rowsRead: rows.length, invalid: 0, blocked: 0, noTimeZone: 0 };
    await store.dialer.lists.load(id, rows, { duplicates: 'replace', within: 'campaign' }, progress, nowMs);
    await store.dialer.lists.setState(id, 'active', anEntry());
    return id;
  }
  const claim = (store: Store, fence: number, ...contacts: readonly string[]) =>
    store.dialer.claim({ campaign: aCampaign(), contacts, countMax: 9, to: 'dialed', nowMs }, goes, fence);

  it('B49: a claim gives the contact as the gates saw it, so that a replaced number is dialled', async () => {
    const { store } = await open();
    const fence = await dials(store);
    await aList(store, aContact('a', { numberKey: '4930111', customerNumber: '+4930111' }));
    await aList(store, aContact('a', { numberKey: '4930222', customerNumber: '+4930222' }));

    const { granted } = await claim(store, fence, 'a');

    assert.deepEqual(
      granted.map(({ callId, contact }) => [callId, contact.customerNumber, contact.numberKey, contact.dials]),
      [['a', '+4930222', '4930222', 0]],
    );
  });

  it('A13, B5: a contact that was called, purged and sent again gets call ids behind the former ones, so its next call ends, too', async () => {
    const { store } = await open();
    const fence = await dials(store);
    const [again, other] = [aContact('a'), aContact('a.2')]; // an id that looks like a later call of the other
    const called = async (callId: string): Promise<readonly boolean[]> => {
      const transition = { contactId: 'a', from: 'dialed', to: 'pending', nextAttemptAtMs: nowMs } as const;
      return store.dialer.save([aChange(transition, { record: aCall(again, { callId, result: 'NO_ANSWER' }) })], fence);
    };
    await taken(store, [again, other]);
    for (const callId of ['a', 'a.2', 'a.3']) {
      assert.deepEqual(
        (await claim(store, fence, 'a')).granted.map((one) => one.callId),
        [callId],
      );
      assert.deepEqual(await called(callId), [true]);
    }
    await store.dialer.purge('c1', nowMs);
    await taken(store, [again]);

    const { granted } = await claim(store, fence, 'a');

    assert.deepEqual(
      granted.map(({ callId, contact }) => [callId, contact.dials]),
      [['a.4', 3]],
    );
    assert.deepEqual(await called('a.4'), [true]);
    assert.equal((await store.dialer.contact('a'))?.status, 'pending');
    assert.equal((await store.dialer.calls({ contact: 'a', before: '', limit: 9 })).length, 4);
    assert.deepEqual(await store.dialer.activeCounts(), { dialed: 0, agentPending: 0 });
  });

  it('B13: numbers in national form that came before their campaign had a country are on the lists all the same', async () => {
    const { store } = await open();
    const fence = await dials(store);
    const national = (number: string) => ({ customerNumber: number, numberKey: number });
    await taken(store, [
      aContact('listed', national('0301234567')),
      aContact('free', national('0301234568')),
      aContact('plain', national('49301234569')),
    ]);
    await store.dialer.addDnc([aDnc('49301234567'), aDnc('49301234569')], anEntry());
    const order = {
      campaign: aCampaign('c1', { country: 'DE' }),
      contacts: ['listed', 'free', 'plain'],
      countMax: 9,
      to: 'dialed' as const,
      nowMs,
    };

    const { granted, refused } = await store.dialer.claim(order, careful(), fence);

    assert.deepEqual(
      granted.map(({ contactId }) => contactId),
      ['free'],
    );
    assert.deepEqual(refused, [
      { contactId: 'listed', gate: 'dnc' },
      { contactId: 'plain', gate: 'dnc' },
    ]);
  });

  it('B49: a claim that is asked for while a list is loaded waits for the batch under way and no further', async () => {
    const { store } = await open();
    const fence = await dials(store);
    await store.dialer.intake([aContact('a')], nowMs, { strictSameNumber: false });
    const { lists } = store.dialer;
    const { id } = await lists.create({ campaign: 'c1', name: 'spring', fileHash: '', startedAtMs: nowMs });
    const ends: string[] = [];
    const claimed = async () => {
      const { granted } = await claim(store, fence, 'a');
      ends.push(`claim of ${String(granted.length)}`);
    };
    let waiting = Promise.resolve();
    for (let batch = 1; batch <= 3; batch++) {
      const rows = contactsOf(lists.batchRows.least, {}, `b${String(batch)}-`);
      const progress = { offset: batch, rowsRead: batch * rows.length, invalid: 0, blocked: 0, noTimeZone: 0 };
      const stored = lists.load(id, rows, { duplicates: 'skip', within: 'campaign' }, progress, nowMs);
      if (batch === 1) waiting = claimed();
      await stored;
      ends.push(`batch ${String(batch)}`);
    }
    await waiting;
    assert.ok(ends.indexOf('claim of 1') <= 1, ends.join(', '));
  });

  it('B49: contacts of a list that is not active are refused and stay as they are', async () => {
    const { store } = await open();
    const fence = await dials(store);
    const list = await aList(store, aContact('a'), aContact('b'));
    await store.dialer.intake([aContact('free')], nowMs, { strictSameNumber: false });
    await store.dialer.lists.setState(list, 'inactive', anEntry());

    const { granted, refused } = await claim(store, fence, 'a', 'free', 'b');

    assert.deepEqual(
      granted.map(({ contactId }) => contactId),
      ['free'],
    );
    assert.deepEqual(refused, [
      { contactId: 'a', gate: 'list' },
      { contactId: 'b', gate: 'list' },
    ]);
    assert.equal((await store.dialer.contact('a'))?.status, 'pending');
  });
});
