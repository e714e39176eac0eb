import assert from 'node:assert/strict';
import type { NewContact } from '../core/dialer/contact.js';
import type { ContactLists } from '../core/dialer-ports.js';
import type { Store } from '../sql/store.js';
import { aContact, aDnc, anEntry, claimed, contactsOf, dials, madeRight, nowMs, taken } from './support/dialer-rows.js';
import { describeStores } from './support/stores.js';

type Rule = Parameters<ContactLists['load']>[2];
const none = { invalid: 0, blocked: 0, noTimeZone: 0 };

async function aList(store: Store, campaign = 'c1', fileHash = '') {
  return (await store.dialer.lists.create({ campaign, name: 'spring', fileHash, startedAtMs: nowMs })).id;
}

/** One batch after the others. */
async function loaded(store: Store, list: number, rows: readonly NewContact[], rule: Partial<Rule> = {}) {
  const read = (await store.dialer.lists.find(list))?.rowsRead ?? 0;
  const progress = { offset: (read + rows.length) * 100, rowsRead: read + rows.length, ...none };
  return store.dialer.lists.load(list, rows, { duplicates: 'skip', within: 'campaign', ...rule }, progress, nowMs);
}

const numbered = (id: string, numberKey: string, more: Partial<NewContact> = {}): NewContact => aContact(id, { numberKey, ...more });

describeStores('lists of contacts', (open) => {
  it('B49: a batch and the progress of its list are stored together', async () => {
    const { store } = await open();
    const id = await aList(store, 'c1', 'abc');
    const rows = contactsOf(2_000, { campaignId: 'elsewhere', listId: 99 });

    const results = await store.dialer.lists.load(
      id,
      rows,
      { duplicates: 'skip', within: 'all' },
      { offset: 123_456_789_012, rowsRead: 2_010, invalid: 7, blocked: 2, noTimeZone: 1 },
      nowMs,
    );

    assert.deepEqual(new Set(results), new Set(['stored']));
    const list = await store.dialer.lists.find(id);
    assert.deepEqual(list, {
      ...{ id, campaign: 'c1', name: 'spring', state: 'loading', fileHash: 'abc', offset: 123_456_789_012, rowsRead: 2_010 },
      ...{
        stored: 2_000,
        duplicates: 0,
        invalid: 7,
        blocked: 2,
        noTimeZone: 1,
        startedAtMs: nowMs,
        endedAtMs: undefined,
        problem: undefined,
      },
    });
    const found = await store.dialer.contacts({ list: id, after: 0, limit: 9_999 });
    assert.deepEqual(
      found.map((one) => one.id),
      rows.map((one) => one.id),
      'in the order of the file',
    );
    assert.deepEqual([found[0]?.campaignId, found[0]?.listId], ['c1', id]);
    assert.deepEqual(await store.dialer.contactCounts('c1'), [{ status: 'pending', result: undefined, count: 2_000 }]);
  });

  it('a batch whose answer was lost is not loaded twice', async () => {
    const { store } = await open();
    const id = await aList(store);
    const rows = contactsOf(3);
    const progress = { offset: 10, rowsRead: 3, ...none };
    const load = () => store.dialer.lists.load(id, rows, { duplicates: 'skip', within: 'list' }, progress, nowMs);

    assert.deepEqual(
      [await load(), await load()],
      [
        ['stored', 'stored', 'stored'],
        ['stored', 'stored', 'stored'],
      ],
    );
    assert.deepEqual([(await store.dialer.lists.find(id))?.stored, (await store.dialer.lists.find(id))?.duplicates], [3, 0]);
  });

  it('skip: a number that is there stays as it is, in the list, the campaign, or anywhere', async () => {
    const { store } = await open();
    await taken(store, [numbered('a', '1', { campaignId: 'c2' }), numbered('b', '2')]);
    const rows = (prefix: string): NewContact[] => ['1', '2', '3', '3'].map((key, i) => numbered(`${prefix}${String(i)}`, key));

    assert.deepEqual(await loaded(store, await aList(store), rows('x'), { within: 'all' }), [
      'duplicate',
      'duplicate',
      'stored',
      'duplicate',
    ]);
    assert.deepEqual(await loaded(store, await aList(store), rows('y')), ['stored', 'duplicate', 'duplicate', 'duplicate']);
    assert.deepEqual(await loaded(store, await aList(store), rows('z'), { within: 'list' }), ['stored', 'stored', 'stored', 'duplicate']);
    const [list] = await store.dialer.lists.list({ campaign: 'c1', after: 0, limit: 1 });
    assert.deepEqual([list?.stored, list?.duplicates], [1, 3]);
  });

  it('allow: beside it when only the number is the same, never the same id twice', async () => {
    const { store } = await open();
    await taken(store, [numbered('a', '1')]);
    const rows = [numbered('a', '9'), numbered('b', '1'), numbered('c', '1'), numbered('c', '2')];

    assert.deepEqual(await loaded(store, await aList(store), rows, { duplicates: 'allow' }), [
      'duplicate',
      'stored',
      'stored',
      'duplicate',
    ]);
    assert.deepEqual(await store.dialer.contactCounts('c1'), [{ status: 'pending', result: undefined, count: 3 }]);
  });

  it('replace: who was not called yet is renewed; who is in a call, was called, or has ended stays', async () => {
    const { store } = await open();
    const fence = await dials(store);
    await taken(store, [numbered('a', '1'), numbered('b', '2'), numbered('c', '3'), numbered('e', '5')]);
    await claimed(store, fence, ['a', 'b']);
    await store.dialer.save(
      [{ transition: { contactId: 'a', from: 'dialed', to: 'ended', result: 'BUSY' }, record: undefined, outbox: [], dnc: [], audit: [] }],
      fence,
    );
    const fresh = { data: { v: '2' } };
    const rows = [
      numbered('a', '1', fresh),
      numbered('b', '2', fresh),
      numbered('new', '3', fresh),
      numbered('d', '4'),
      numbered('e', '5', fresh),
    ];
    const list = await aList(store);

    assert.deepEqual(await loaded(store, list, rows, { duplicates: 'replace' }), [
      'duplicate',
      'duplicate',
      'replaced',
      'stored',
      'replaced',
    ]);

    const a = await store.dialer.contact('a');
    assert.deepEqual([a?.status, a?.result, a?.dials, a?.data], ['ended', 'BUSY', 1, {}]);
    assert.equal(await store.dialer.contact('c'), undefined);
    const e = await store.dialer.contact('e');
    assert.deepEqual([e?.status, e?.listId, e?.data], ['pending', list, { v: '2' }]);
    assert.deepEqual(await store.dialer.contactCounts('c1'), [
      { status: 'dialed', result: undefined, count: 1 },
      { status: 'ended', result: 'BUSY', count: 1 },
      { status: 'pending', result: undefined, count: 3 },
    ]);
    assert.equal(await madeRight(store, fence), 0);
  });

  it('replace: who comes back after a call that was not answered keeps his attempts', async () => {
    const { store } = await open();
    const fence = await dials(store);
    await taken(store, [numbered('a', '1')]);
    await claimed(store, fence, ['a']);
    await store.dialer.save(
      [
        {
          transition: {
            contactId: 'a',
            from: 'dialed',
            to: 'pending',
            nextAttemptAtMs: nowMs + 60_000,
            counts: { attempt: true, result: 'BUSY', dayPart: 0 },
          },
          record: undefined,
          outbox: [],
          dnc: [],
          audit: [],
        },
      ],
      fence,
    );
    assert.deepEqual(await loaded(store, await aList(store), [numbered('a', '1')], { duplicates: 'replace' }), ['duplicate']);
    assert.equal((await store.dialer.contact('a'))?.attempts, 1);
  });

  it('an unfinished load of the same file is found again', async () => {
    const { store } = await open();
    const id = await aList(store, 'c1', 'abc');
    await aList(store, 'c1', '');

    assert.equal((await store.dialer.lists.unfinished('c1', 'abc'))?.id, id);
    assert.equal(await store.dialer.lists.unfinished('c2', 'abc'), undefined);
    assert.equal(await store.dialer.lists.unfinished('c1', ''), undefined);
    await store.dialer.lists.finish(id, 'failed', 'disk', nowMs + 5);
    assert.equal(await store.dialer.lists.unfinished('c1', 'abc'), undefined);
    const list = await store.dialer.lists.find(id);
    assert.deepEqual([list?.state, list?.problem, list?.endedAtMs], ['failed', 'disk', nowMs + 5]);
    assert.equal(await store.dialer.lists.setState(id, 'active', anEntry()), false, 'a failed one is not dialled');
  });

  it('unload takes the waiting contacts of the list with it, and nothing else', async () => {
    const { store } = await open();
    const fence = await dials(store);
    const id = await aList(store);
    await taken(store, contactsOf(2));
    await loaded(store, id, contactsOf(2_500, {}, 'l'));
    await store.dialer.lists.setState(id, 'active', anEntry());
    await claimed(store, fence, ['l0000']);

    assert.equal(await store.dialer.lists.unload(id, anEntry('list:1', { action: 'unload' })), 2_499);
    assert.equal(await store.dialer.lists.unload(id, anEntry()), 0);
    assert.equal(await store.dialer.lists.unload(4_711, anEntry()), 0);

    assert.deepEqual(await store.dialer.contactCounts('c1'), [
      { status: 'dialed', result: undefined, count: 1 },
      { status: 'pending', result: undefined, count: 2 },
    ]);
    assert.equal((await store.dialer.lists.find(id))?.state, 'unloaded');
    assert.equal((await store.dialer.audit({ object: 'list:1', after: 0, limit: 9 })).length, 1);
  });
});

describeStores('numbers that may not be called', (open) => {
  it('B4: exact and prefix entries of every scope that are in force now', async () => {
    const { store } = await open();
    const entries = [
      aDnc('4930123'),
      aDnc('4930123', { scope: 'client:acme', reason: 'opt-out' }),
      aDnc('4930', { isPrefix: true, scope: 'campaign:c1' }),
      aDnc('49', { isPrefix: true, scope: 'national:tps' }),
      aDnc('4930999', { fromMs: nowMs + 1 }),
      aDnc('4930888', { untilMs: nowMs }),
      aDnc('4930777', { untilMs: nowMs + 1 }),
    ];

    assert.equal(await store.dialer.addDnc(entries, anEntry('dnc')), 7);
    assert.equal(await store.dialer.addDnc(entries.slice(0, 2), anEntry('dnc')), 0, 'they are there');

    const found = await store.dialer.findDnc(['4930123', '4930999', '4930888', '4930777', '4989', '43', '4', '4930123'], nowMs);
    const scopes = [...found].map(([number, list]) => [number, list.map(({ scope }) => scope).sort()]);
    assert.deepEqual(Object.fromEntries(scopes), {
      '4930123': ['', 'campaign:c1', 'client:acme', 'national:tps'],
      '4930999': ['campaign:c1', 'national:tps'],
      '4930888': ['campaign:c1', 'national:tps'],
      '4930777': ['', 'campaign:c1', 'national:tps'],
      '4989': ['national:tps'],
    });
    assert.deepEqual(found.get('4989'), [entries[3]]);
    const removed = [entries[0], entries[3], aDnc('nobody')].filter((entry) => entry !== undefined);
    assert.equal(await store.dialer.removeDnc(removed, anEntry('dnc')), 2);
    assert.deepEqual([...(await store.dialer.findDnc(['4989', '4930123'], nowMs)).keys()], ['4930123']);
    assert.equal((await store.dialer.audit({ object: 'dnc', after: 0, limit: 9 })).length, 3);
  });

  it('a shorter entry does not weaken one that is there; a stricter one counts', async () => {
    const { store } = await open();
    await store.dialer.addDnc([aDnc('1'), aDnc('2', { untilMs: 500, fromMs: 100 })], anEntry());
    await store.dialer.addDnc([aDnc('1', { untilMs: 500 }), aDnc('2', { untilMs: 400, fromMs: 50 })], anEntry());

    const [one, two] = await store.dialer.dnc({ after: '', limit: 9 });
    assert.deepEqual([one?.untilMs, two?.untilMs, two?.fromMs], [undefined, 500, 50]);
  });

  it('the list is read in pages, also of one scope', async () => {
    const { store } = await open();
    const entries = ['1', '2', '3'].flatMap((number) => ['', 'client:a b'].map((scope) => aDnc(number, { scope })));
    await store.dialer.addDnc([...entries, aDnc('2', { isPrefix: true })], anEntry());
    const cursorOf = ({ number, isPrefix, scope }: (typeof entries)[number]): string => `${number}${isPrefix ? '*' : ''} ${scope}`;
    const seen: string[] = [];
    for (let after = ''; ;) {
      const page = await store.dialer.dnc({ after, limit: 2 });
      seen.push(...page.map(cursorOf));
      const last = page.at(-1);
      if (!last) break;
      after = cursorOf(last);
    }

    assert.deepEqual(seen, ['1 ', '1 client:a b', '2 ', '2 client:a b', '2* ', '3 ', '3 client:a b']);
    const ofClient = await store.dialer.dnc({ scope: 'client:a b', after: '1 client:a b', limit: 9 });
    assert.deepEqual(
      ofClient.map(({ number }) => number),
      ['2', '3'],
    );
  });

  it('an import in batches of 2,000', async () => {
    const { store } = await open();
    const batch = Array.from({ length: 2_000 }, (_, i) => aDnc(String(4_930_000_000 + i), { scope: 'national:tps' }));

    assert.equal(await store.dialer.addDnc(batch, anEntry()), 2_000);
    assert.equal(
      (
        await store.dialer.findDnc(
          batch.slice(0, 600).map(({ number }) => number),
          nowMs,
        )
      ).size,
      600,
    );
  });
});
