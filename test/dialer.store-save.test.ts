import assert from 'node:assert/strict';
import type { DialerChange, OutboxMessage } from '../core/dialer/engine-words.js';
import type { CounterRow } from '../core/dialer-ports.js';
import type { CallRecord } from '../core/dialer/contact.js';
import type { Db, Statements } from '../sql/db.js';
import { createDialerStore } from '../sql/dialer.js';
import {
  aCall,
  aCampaign,
  aChange,
  aContact,
  aDnc,
  anEntry,
  claimed,
  contactsOf,
  dials,
  hourMs,
  madeRight,
  nowMs,
  taken,
} from './support/dialer-rows.js';
import { silentLog } from './support/observers.js';
import { describeStores } from './support/stores.js';

const bucketMs = 300_000;
const bucketOf = (ms: number): number => Math.floor(ms / bucketMs) * bucketMs;

/** A database that dies before its nth statement of a transaction. */
function dyingDb(db: Db, dieAt: number): Db {
  return {
    ...db,
    transaction: (work, options) =>
      db.transaction((tx) => {
        let left = dieAt;
        const live = async <T>(run: () => Promise<T>): Promise<T> => {
          if (left-- === 0) throw new assert.AssertionError({ message: 'killed here' });
          return run();
        };
        const dying: Statements = { all: (...args) => live(() => tx.all(...args)), run: (...args) => live(() => tx.run(...args)) };
        return work(dying);
      }, options),
  };
}

describeStores('saves of the dialer', (open) => {
  async function called(n = 1) {
    const opened = await open();
    const contacts = contactsOf(n);
    await taken(opened.store, contacts);
    const fence = await dials(opened.store);
    await claimed(
      opened.store,
      fence,
      contacts.map(({ id }) => id),
    );
    const [contact] = contacts;
    assert.ok(contact);
    return { ...opened, contact, contacts, fence };
  }

  const whole = (record: CallRecord): DialerChange =>
    aChange(
      {
        contactId: record.contactId,
        from: 'dialed',
        to: 'pending',
        callResult: record.cause,
        result: record.result,
        nextAttemptAtMs: nowMs + hourMs,
        numberIndex: 1,
        counts: { attempt: true, result: record.result, dayPart: 1 },
        skippedBy: { anna: nowMs },
      },
      {
        record,
        outbox: [{ key: `${record.callId}:call-result:1`, kind: 'call-result', body: { uuid: record.callId, answered: false } }],
        dnc: [aDnc(record.numberKey, { scope: 'client:acme' })],
        audit: [anEntry(`call:${record.callId}`), anEntry(`call:${record.callId}`, { action: 'opt-out' })],
      },
    );

  it('E20, A11: contact, call, counters, caps, message, DNC and audit in one save', async () => {
    const { store, contact, fence } = await called();
    const record = aCall(contact, {
      result: 'BUSY',
      cause: 'USER_BUSY',
      answeredAtMs: undefined,
      bridgedAtMs: undefined,
      offeredAtMs: undefined,
    });

    assert.deepEqual(await store.dialer.save([whole(record)], fence), [true]);

    const found = await store.dialer.contact(contact.id);
    assert.deepEqual(
      [found?.status, found?.callResult, found?.result, found?.attempts, found?.nextAttemptAtMs, found?.numberIndex, found?.dials],
      ['pending', 'USER_BUSY', 'BUSY', 1, nowMs + hourMs, 1, 1],
    );
    assert.deepEqual([found?.resultCounts, found?.partCounts, found?.skippedBy], [{ BUSY: 1 }, [0, 1], { anna: nowMs }]);
    assert.deepEqual(await store.dialer.calls({ before: '', limit: 10 }), [record]);
    assert.deepEqual(await store.dialer.activeCounts(), { dialed: 0, agentPending: 0 });
    assert.deepEqual(await store.dialer.contactCounts('c1'), [{ status: 'pending', result: 'BUSY', count: 1 }]);
    assert.equal((await store.dialer.findDnc([contact.numberKey], nowMs)).size, 1);
    const [message] = await store.dialer.outboxDue(Infinity, 10);
    assert.deepEqual(
      [message?.key, message?.kind, message?.body, message?.tries],
      [`${record.callId}:call-result:1`, 'call-result', { uuid: record.callId, answered: false }, 0],
    );
    assert.deepEqual(
      (await store.dialer.audit({ after: 0, limit: 10 })).map(({ action }) => action),
      ['change', 'opt-out'],
    );
    assert.equal(await store.dialer.verifyAudit(), undefined);
  });

  it('the same save again, also in one go and after the number is called again, is the same as once', async () => {
    const { store, contact, fence } = await called();
    const change = whole(aCall(contact, { result: 'BUSY' }));

    assert.deepEqual(await store.dialer.save([change, change], fence), [true, true]);
    assert.deepEqual(await store.dialer.save([change], fence), [true]);
    await claimed(store, fence, [contact.id], { nowMs: nowMs + 2 * hourMs });
    await store.dialer.save([change], fence);

    const found = await store.dialer.contact(contact.id);
    assert.deepEqual([found?.status, found?.attempts, found?.resultCounts], ['dialed', 1, { BUSY: 1 }], 'the second call goes on');
    assert.equal((await store.dialer.calls({ before: '', limit: 10 })).length, 1);
    assert.equal((await store.dialer.counters('c1', 0, Infinity))[0]?.placed, 1);
    assert.equal((await store.dialer.outboxDue(Infinity, 10)).length, 1);
    assert.equal((await store.dialer.audit({ after: 0, limit: 10 })).length, 2);
    const [facts] = await store.dialer.gateFacts(aCampaign(), { contacts: [contact.id] }, nowMs);
    assert.deepEqual(facts?.contact.numberIndex, 1);
  });

  it('E78: a contact whose call was stored without it, by the journal of an older life, leaves that call all the same', async () => {
    const { store, contact, fence } = await called();
    const record = aCall(contact, { result: 'NO_ANSWER' });
    await store.dialer.save([{ ...whole(record), transition: undefined }], fence);
    assert.equal((await store.dialer.contact(contact.id))?.status, 'dialed');

    const lost = aChange(
      { contactId: contact.id, from: 'dialed', to: 'pending', result: 'LOST', nextAttemptAtMs: nowMs + hourMs },
      { record: { ...record, result: 'LOST', cause: 'LOST' }, audit: [anEntry('call:lost')] },
    );
    assert.deepEqual(await store.dialer.save([lost, lost], fence), [true, true]);

    assert.equal((await store.dialer.contact(contact.id))?.status, 'pending');
    assert.deepEqual(await store.dialer.activeCounts(), { dialed: 0, agentPending: 0 }, 'its number is free');
    assert.deepEqual(
      (await store.dialer.calls({ before: '', limit: 9 })).map(({ result }) => result),
      ['NO_ANSWER'],
      'the record stays as it was stored first',
    );
    assert.equal((await store.dialer.counters('c1', 0, Infinity))[0]?.placed, 1);
    assert.equal((await store.dialer.audit({ object: 'call:lost', after: 0, limit: 9 })).length, 1);
  });

  it('B12 B46: what agents call a machine counts once for each talk, where the talk counts, and can be taken back', async () => {
    const { store, contact, fence } = await called();
    await store.dialer.putCampaign(aCampaign('c1', { revision: 0 }), anEntry());
    let calls = 0;
    const talk = async (more: Partial<CallRecord> = {}): Promise<void> => {
      if (calls++ > 0) await claimed(store, fence, [contact.id]);
      const callId = calls === 1 ? contact.id : `${contact.id}.${String(calls)}`;
      const answeredAtMs = nowMs + calls * hourMs;
      const record = aCall(contact, { callId, placedAtMs: answeredAtMs - 5_000, answeredAtMs, endedAtMs: answeredAtMs + hourMs, ...more });
      const counts = { attempt: true, result: record.result, dayPart: 0 };
      await store.dialer.save([aChange({ contactId: contact.id, from: 'dialed', to: 'pending', counts }, { record })], fence);
    };
    const say = (disposition: string) => store.dialer.reviseContact(contact.id, { disposition }, anEntry());
    const said = async () =>
      (await store.dialer.counters('c1', 0, Infinity)).map(({ connected, machinesByAgent }) => [connected, machinesByAgent]);

    await talk();
    await say('MACHINE');
    await say('MACHINE');
    assert.deepEqual(await said(), [[1, 1]]);
    await talk();
    await say('MACHINE');
    assert.deepEqual(
      await said(),
      [
        [1, 1],
        [1, 1],
      ],
      'the second talk is another machine',
    );
    await say('SALE');
    assert.deepEqual(
      await said(),
      [
        [1, 1],
        [1, 0],
      ],
      'it was a person after all',
    );
    await talk({ amd: 'MACHINE' });
    await say('MACHINE');
    assert.deepEqual(
      await said(),
      [
        [1, 1],
        [1, 0],
        [0, 0],
      ],
      'AMD had said so: no person was reached',
    );
    await talk({ result: 'BUSY', answeredAtMs: undefined, bridgedAtMs: undefined });
    await say('MACHINE');
    assert.equal(
      (await said()).reduce((sum, [, machines]) => sum + (machines ?? 0), 0),
      1,
      'of no talk',
    );
  });

  it('the end of an earlier call does not end a later one', async () => {
    const { store, contact, fence } = await called();
    await store.dialer.save([aChange({ contactId: contact.id, from: 'dialed', to: 'pending' })], fence);
    await claimed(store, fence, [contact.id]);

    const late = aChange({ contactId: contact.id, from: 'dialed', to: 'ended' }, { record: aCall(contact) });
    assert.deepEqual(await store.dialer.save([late], fence), [false]);

    assert.equal((await store.dialer.contact(contact.id))?.status, 'dialed');
    assert.equal((await store.dialer.calls({ contact: contact.id, before: '', limit: 9 })).length, 1, 'the call itself took place');
    const right = aChange(
      { contactId: contact.id, from: 'dialed', to: 'ended' },
      { record: aCall(contact, { callId: `${contact.id}.2` }) },
    );
    assert.deepEqual(await store.dialer.save([right], fence), [true]);
  });

  it('E78, A15: how far a call has come is there after a restart, of that call alone', async () => {
    const { store, contact, fence } = await called();
    const said = async (answeredAtMs: number, more: Partial<DialerChange['progress']> = {}): Promise<unknown> => {
      const none = { bridgedAtMs: undefined, agent: undefined, agentExtension: undefined };
      const progress = { ...none, contactId: contact.id, answeredAtMs, ...more };
      await store.dialer.save([{ ...aChange(undefined), progress }], fence);
      return (await store.dialer.active())[0]?.progress;
    };
    assert.equal((await store.dialer.active())[0]?.progress, undefined);
    assert.equal(await said(nowMs - 1), undefined, 'said of a call before this one');
    const rung = { answeredAtMs: nowMs + 5_000, bridgedAtMs: undefined, agent: undefined, agentExtension: '1004' };
    assert.deepEqual(await said(nowMs + 5_000, { agentExtension: '1004' }), rung);
    const joined = { ...rung, bridgedAtMs: nowMs + 6_000, agent: 'anna' };
    assert.deepEqual(await said(nowMs + 5_000, { agentExtension: '1004', bridgedAtMs: nowMs + 6_000, agent: 'anna' }), joined);

    await store.dialer.save([aChange({ contactId: contact.id, from: 'dialed', to: 'pending' })], fence);
    await claimed(store, fence, [contact.id], { nowMs: nowMs + hourMs });
    assert.equal(await said(nowMs + 5_000), undefined, 'the next call is another one');
  });

  it('a step with which somebody else was faster leaves no row in the audit, but its DNC entry', async () => {
    const { store, fence } = await called();
    const lost = aChange({ contactId: 'k0000', from: 'agent_pending', to: 'dialed' }, { audit: [anEntry()], dnc: [aDnc('4930')] });

    assert.deepEqual(await store.dialer.save([lost], fence), [false]);

    assert.deepEqual(await store.dialer.audit({ after: 0, limit: 9 }), []);
    assert.equal((await store.dialer.findDnc(['4930'], nowMs)).size, 1);
  });

  it('several steps of one contact in one save, in their order', async () => {
    const { store, fence } = await called();
    const step = (from: 'dialed' | 'pending', to: 'pending' | 'failed') => aChange({ contactId: 'k0000', from, to });

    assert.deepEqual(await store.dialer.save([step('pending', 'failed'), step('dialed', 'pending'), step('pending', 'failed')], fence), [
      false,
      true,
      true,
    ]);
    assert.equal((await store.dialer.contact('k0000'))?.status, 'failed');
  });

  it('a callback goes with the end of its contact', async () => {
    const { store, contact, fence } = await called();
    await store.dialer.save([aChange({ contactId: contact.id, from: 'dialed', to: 'pending' })], fence);
    const callback = { atMs: nowMs, agent: 'anna', patienceUntilMs: undefined };
    await store.dialer.reviseContact(contact.id, { callback }, anEntry());
    await claimed(store, fence, [contact.id]);
    assert.equal((await store.dialer.contact(contact.id))?.callbackAgent, 'anna');

    await store.dialer.save([aChange({ contactId: contact.id, from: 'dialed', to: 'ended' })], fence);

    assert.equal((await store.dialer.contact(contact.id))?.callbackAgent, undefined);
  });

  it('B9: what calls add to the counters, each in its five minutes', async () => {
    const { store, contacts, fence } = await called(9);
    const ends = bucketOf(nowMs) + bucketMs;
    const base = { answeredAtMs: undefined, offeredAtMs: undefined, bridgedAtMs: undefined, endedAtMs: ends };
    const all: Partial<CallRecord>[] = [
      { endedAtMs: ends + 1 },
      {
        ...base,
        answeredAtMs: ends - 2_000,
        offeredAtMs: ends - 2_000,
        messageAtMs: ends,
        optedOut: true,
        result: 'ABANDONED',
        endedAtMs: ends + 5,
      },
      { ...base, result: 'BUSY' },
      { ...base, result: 'NO_ANSWER', ringingAtMs: ends - 25_000 },
      { ...base, result: 'CARRIER_ERROR', countsAsAttempt: false },
      { ...base, result: 'INVALID_NUMBER' },
      { ...base, answeredAtMs: ends - 1_000, result: 'MACHINE', amd: 'MACHINE' },
      { ...base, answeredAtMs: ends - 9_000, result: 'CONNECTED_IVR' },
      { ...base, result: 'REJECTED' },
    ];
    await store.dialer.save(
      contacts.map((contact, i) =>
        aChange(undefined, { record: aCall(contact, { ...all[i], placedAtMs: ends - 30_000, ringingAtMs: all[i]?.ringingAtMs }) }),
      ),
      fence,
    );

    const rows = await store.dialer.counters(undefined, 0, Infinity);
    const sums = (bucket: number): Partial<CounterRow> => {
      const found = rows.find((row) => row.bucketMs === bucket) ?? ({} as CounterRow);
      return Object.fromEntries(Object.entries(found).filter(([name, n]) => n !== 0 && name !== 'bucketMs' && name !== 'campaign'));
    };
    const abandoned = { placed: 1, answered: 1, persons: 1, abandoned: 1, waitMs: 2_000, optedOut: 1, messagesPlayed: 1 };
    const answered = {
      ...{ placed: 4, answered: 4, persons: 3, connected: 1, connectedIvr: 1, machines: 1 },
      ...{ talkMs: ends + 1 - (nowMs + 6_000) + 9_000, waitMs: 1_000 + abandoned.waitMs },
    };
    assert.deepEqual(sums(bucketOf(ends - 2_000)), { ...abandoned, ...answered }, 'at their answer, connected and abandoned alike');
    assert.deepEqual(
      sums(ends),
      { placed: 5, busy: 1, noAnswer: 1, invalid: 1, trunk: 1, other: 1, ringMs: 25_000 },
      'at their end: nobody answered',
    );
    assert.deepEqual(await store.dialer.counters('c1', ends + 1, Infinity), []);
    assert.equal((await store.dialer.counters('c1', ends, ends + 1)).length, 1);
    assert.deepEqual(await store.dialer.counters('c2', 0, Infinity), []);
  });

  it('calls are found by campaign, contact, number, result and time, newest first, in pages', async () => {
    const { store, contacts, fence } = await called(5);
    const records = contacts.map((contact, i) =>
      aCall(contact, { placedAtMs: nowMs + (i > 2 ? 2 : i), result: i === 1 ? 'BUSY' : 'CONNECTED', campaignId: i === 4 ? 'c2' : 'c1' }),
    );
    await store.dialer.save(
      records.map((record) => aChange(undefined, { record })),
      fence,
    );
    const found = async (filter: object) => (await store.dialer.calls({ before: '', limit: 10, ...filter })).map(({ callId }) => callId);

    assert.deepEqual(await found({}), ['k0004', 'k0003', 'k0002', 'k0001', 'k0000']);
    assert.deepEqual(await found({ before: `${String(nowMs + 2)} k0003`, limit: 2 }), ['k0002', 'k0001']);
    assert.deepEqual(await found({ campaign: 'c2' }), ['k0004']);
    assert.deepEqual(await found({ result: 'BUSY' }), ['k0001']);
    assert.deepEqual(await found({ contact: 'k0002' }), ['k0002']);
    assert.deepEqual(await found({ numberKey: contacts[3]?.numberKey }), ['k0003']);
    assert.deepEqual(await found({ fromMs: nowMs + 1, toMs: nowMs + 2 }), ['k0001']);
  });

  it('killed before any statement of a save: all of it or nothing, and the next try stores it', async () => {
    const { store, other, contacts, fence } = await called(12);
    const records = contacts.map((contact) => aCall(contact));
    let died = 0;

    for (let dieAt = 0; dieAt < contacts.length; dieAt++) {
      const record = records[dieAt];
      assert.ok(record);
      const dying = createDialerStore(dyingDb(other, dieAt), { own: '', log: silentLog, nowMs: () => nowMs });
      const done = await dying.save([whole(record)], fence).catch(() => undefined);
      const calls = await store.dialer.calls({ contact: record.contactId, before: '', limit: 9 });
      const entries = await store.dialer.audit({ object: `call:${record.callId}`, after: 0, limit: 9 });
      if (done === undefined) {
        died++;
        assert.deepEqual([calls, entries, (await store.dialer.contact(record.contactId))?.status], [[], [], 'dialed']);
      }
      assert.deepEqual(await store.dialer.save([whole(record)], fence), [true]);
    }

    assert.ok(died >= 8, `died ${String(died)} times`);
    assert.equal((await store.dialer.calls({ before: '', limit: 99 })).length, 12);
    assert.equal(
      (await store.dialer.counters('c1', 0, Infinity)).reduce((sum, { placed }) => sum + placed, 0),
      12,
    );
    assert.equal((await store.dialer.outboxCount()).waiting, 12);
    assert.equal(await store.dialer.verifyAudit(), undefined);
    assert.equal(await madeRight(store), 0);
  });

  it('killed before any statement of a claim: nothing is taken', async () => {
    const { store, other } = await open();
    const fence = await dials(store);
    await taken(store, contactsOf(2));
    let died = 0;
    for (let dieAt = 0; dieAt < 30; dieAt++) {
      const dying = createDialerStore(dyingDb(other, dieAt), { own: '', log: silentLog, nowMs: () => nowMs });
      const order = { campaign: aCampaign(), contacts: ['k0000', 'k0001'], countMax: 2, to: 'dialed' as const, nowMs };
      const claim = await dying.claim(order, () => ({ kind: 'go', guaranteedOnly: false }), fence).catch(() => undefined);
      if (claim) break;
      died++;
      assert.deepEqual(await store.dialer.active(), []);
      assert.deepEqual(await store.dialer.contactCounts('c1'), [{ status: 'pending', result: undefined, count: 2 }]);
    }
    assert.ok(died >= 8, `died ${String(died)} times`);
    assert.deepEqual(await store.dialer.activeCounts(), { dialed: 2, agentPending: 0 });
    assert.equal(await madeRight(store), 0);
  });

  it('A17: of each call the oldest message that waits is due, also when a later one would be due before it', async () => {
    const { store, clock, fence } = await called();
    const message = (key: string) => ({ key, kind: key.split(':')[1] as OutboxMessage['kind'], body: {} });
    const outbox = ['a.2:end-chat:1-1', 'a.2:call-result:1', 'b:call-result:1', 'a:call-result:1'].map(message);
    await store.dialer.save([aChange(undefined, { outbox })], fence);
    const due = async (atMs: number) => (await store.dialer.outboxDue(atMs, 10)).map(({ id, key }) => ({ id, key }));
    const keysOf = (rows: readonly { readonly key: string }[]): string[] => rows.map(({ key }) => key);
    const [first] = await due(Infinity);
    assert.deepEqual(keysOf(await due(Infinity)), ['a.2:end-chat:1-1', 'b:call-result:1', 'a:call-result:1']);

    await store.dialer.outboxFailed(first?.id ?? 0, 'away', clock.nowMs() + 5_000);
    assert.deepEqual(keysOf(await due(clock.nowMs() + 1)), ['b:call-result:1', 'a:call-result:1'], 'its result waits behind it');
    assert.deepEqual(keysOf(await due(Infinity)).sort(), ['a.2:end-chat:1-1', 'a:call-result:1', 'b:call-result:1']);

    await store.dialer.outboxDone(first?.id ?? 0);
    assert.ok(keysOf(await due(clock.nowMs() + 1)).includes('a.2:call-result:1'));
  });

  it('A17: in a long outage what waits behind a message that failed is not looked at before it, and is due at once behind it', async () => {
    const { store, other, clock, fence } = await called();
    const message = (key: string) => ({ key, kind: key.split(':')[1] as OutboxMessage['kind'], body: {} });
    const save = (...keys: string[]) => store.dialer.save([aChange(undefined, { outbox: keys.map(message) })], fence);
    await save('a:end-chat:1', 'a:end-chat:2', 'a:call-result:1', 'b:call-result:1');
    const lookedAt = async (atMs: number) =>
      Number((await other.all(`SELECT COUNT(*) AS n FROM dialer_outbox WHERE state = 'waiting' AND next_ms <= ?`, [atMs]))[0]?.['n']);
    const due = async (atMs = clock.nowMs() + 1) => (await store.dialer.outboxDue(atMs, 10)).map(({ id, key }) => ({ id, key }));
    const [first] = await due();
    await store.dialer.outboxFailed(first?.id ?? 0, 'away', clock.nowMs() + 300_000);
    assert.equal(await lookedAt(clock.nowMs() + 1), 1, 'only b');
    assert.deepEqual((await due(clock.nowMs() + 300_000)).map(({ key }) => key).sort(), ['a:end-chat:1', 'b:call-result:1']);
    await store.dialer.outboxDone(first?.id ?? 0);
    const [second] = await due();
    assert.equal(second?.key, 'a:end-chat:2');
    await store.dialer.outboxFailed(second.id, 'away', clock.nowMs() + 300_000);
    await store.dialer.outboxFailed(second.id, 'away', undefined);
    assert.deepEqual((await due()).map(({ key }) => key).sort(), ['a:call-result:1', 'b:call-result:1']);
  });

  it('A17: messages are due until they are delivered or given up', async () => {
    const { store, contact, clock, fence } = await called();
    await store.dialer.save([whole(aCall(contact))], fence);
    const due = (atMs: number) => store.dialer.outboxDue(atMs, 10);
    const [message] = await due(clock.nowMs() + 1);
    assert.ok(message);
    assert.deepEqual(await store.dialer.outboxCount(), { waiting: 1, dead: 0 });

    await store.dialer.outboxFailed(message.id, 'refused', clock.nowMs() + 5_000);
    assert.deepEqual(await due(clock.nowMs() + 1), []);
    assert.equal((await due(clock.nowMs() + 5_001))[0]?.tries, 1);
    await store.dialer.outboxFailed(message.id, 'refused', undefined);
    assert.deepEqual([await due(Infinity), await store.dialer.outboxCount()], [[], { waiting: 0, dead: 1 }]);

    const second = { ...whole(aCall(aContact('z'))), transition: undefined };
    await store.dialer.save([second], fence);
    const [next] = await due(Infinity);
    await store.dialer.outboxDone(next?.id ?? 0);
    await store.dialer.save([{ ...second, record: undefined }], fence);
    assert.deepEqual([await due(Infinity), await store.dialer.outboxCount()], [[], { waiting: 0, dead: 1 }], 'a key is sent once');
  });
});
