import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Judge } from '../core/dialer-ports.js';
import type { Campaign } from '../core/dialer/campaign.js';
import type { Store } from '../sql/store.js';
import {
  aCall,
  aCampaign,
  aChange,
  aContact,
  aDnc,
  anEntry,
  careful,
  claimed,
  contactsOf,
  dials,
  goes,
  hourMs,
  nowMs,
  taken,
} from './support/dialer-rows.js';
import { describeStores } from './support/stores.js';

interface Wish {
  readonly count: number;
  readonly scanMax: number;
  readonly leaveOut: ReadonlySet<string>;
  readonly nowMs: number;
}
async function next(store: Store, fence: number, judge: Judge = goes, more: Partial<Wish> = {}, campaign: Campaign = aCampaign()) {
  const ask = { count: 10, scanMax: 1_000, leaveOut: new Set<string>(), nowMs, ...more };
  return (await store.dialer.nextContacts(campaign, ask, judge, fence)).map(({ contact }) => contact.id);
}

const grantedOf = ({ granted }: { readonly granted: readonly { readonly contactId: string }[] }): string[] =>
  granted.map(({ contactId }) => contactId);

describeStores('the next contacts for the hopper', (open) => {
  it('E27, B6: FIFO, LIFO and PRIORITY', async () => {
    const { store } = await open();
    for (const [i, priority] of [5, 1, 9, 5, 9].entries()) await taken(store, [aContact(`k${String(i)}`, { priority })], nowMs - 100 + i);
    const order = (orderWithin: Campaign['orderWithin'], count = 10) => next(store, 1, goes, { count }, aCampaign('c1', { orderWithin }));

    assert.deepEqual(await order('FIFO'), ['k0', 'k1', 'k2', 'k3', 'k4']);
    assert.deepEqual(await order('SCORE'), ['k0', 'k1', 'k2', 'k3', 'k4'], 'the engine sorts by chance what it is given');
    assert.deepEqual(await order('LIFO'), ['k4', 'k3', 'k2', 'k1', 'k0']);
    assert.deepEqual(await order('PRIORITY'), ['k2', 'k4', 'k0', 'k3', 'k1']);
    assert.deepEqual(await order('PRIORITY', 1), ['k2']);
  });

  it('E25: not before its time; after that in the order of when it may be dialled', async () => {
    const { store } = await open();
    await taken(store, [aContact('later', { startTimeMs: nowMs + 1_000 })], nowMs - 100);
    await taken(store, [aContact('now')], nowMs);

    assert.deepEqual(await next(store, 1), ['now']);
    assert.deepEqual(await next(store, 1, goes, { nowMs: nowMs + 1_000 }), ['now', 'later']);
  });

  it('orders hold over many pages, lists and priorities', async () => {
    const { store } = await open();
    const priorities = contactsOf(900).map((contact, i) => ({ ...contact, priority: 1 + (i % 3) }));
    for (const contact of priorities) assert.ok(contact.priority >= 1);
    for (const [i, part] of [priorities.slice(0, 400), priorities.slice(400)].entries()) await taken(store, part, nowMs - 10 + i);
    const all = priorities.map(({ id }) => id);

    assert.deepEqual(await next(store, 1, goes, { count: 900 }), all);
    assert.deepEqual(await next(store, 1, goes, { count: 900 }, aCampaign('c1', { orderWithin: 'LIFO' })), [...all].reverse());
    const byPriority = [3, 2, 1].flatMap((one) => priorities.filter(({ priority }) => priority === one).map(({ id }) => id));
    assert.deepEqual(await next(store, 1, goes, { count: 900 }, aCampaign('c1', { orderWithin: 'PRIORITY' })), byPriority);
  });

  it('contacts in the hopper are left out, a look is bounded', async () => {
    const { store } = await open();
    await taken(store, contactsOf(300));

    assert.deepEqual(await next(store, 1, goes, { count: 2, leaveOut: new Set(['k0000', 'k0002']) }), ['k0001', 'k0003']);
    assert.deepEqual(await next(store, 1, goes, { count: 2, scanMax: 1 }), ['k0000']);
    assert.equal((await next(store, 1, goes, { count: 300, scanMax: 200 })).length, 200);
  });

  it('a head of blocked contacts is moved out of the way and comes back in its order', async () => {
    const { store } = await open();
    const fence = await dials(store);
    await taken(store, contactsOf(1_200));
    let judgedCount = 0;
    const opensAtMs = nowMs + hourMs;
    const judge: Judge = ({ contact }, atMs) => {
      judgedCount++;
      return contact.id < 'k1000' && atMs < opensAtMs
        ? { kind: 'wait', gate: 'window', untilMs: opensAtMs }
        : { kind: 'go', guaranteedOnly: false };
    };

    assert.deepEqual(await next(store, fence, judge, { count: 3, scanMax: 600 }), []);
    assert.deepEqual(await next(store, fence, judge, { count: 3, scanMax: 600 }), ['k1000', 'k1001', 'k1002']);
    assert.deepEqual(await store.dialer.eligible(['c1'], nowMs, 1_000), new Map([['c1', { count: 200, oldestReceivedMs: nowMs }]]));
    judgedCount = 0;
    await next(store, fence, judge, { count: 3, scanMax: 600 });
    assert.ok(judgedCount <= 64, 'those that wait are not looked at again');
    assert.deepEqual(
      await next(store, fence, judge, { count: 2, nowMs: opensAtMs }),
      ['k1000', 'k1001'],
      'they have waited since before the opening',
    );
    assert.equal((await next(store, fence, judge, { count: 1_200, scanMax: 2_000, nowMs: opensAtMs })).indexOf('k0000'), 200);
  });

  it('B10: a gate that ends a contact leaves a row in the audit', async () => {
    const { store } = await open();
    const fence = await dials(store);
    const [a, b] = [aContact('a'), aContact('b')];
    await taken(store, [a, b]);
    await store.dialer.addDnc([aDnc(a.numberKey)], anEntry());

    assert.deepEqual(await next(store, fence, careful()), ['b']);

    assert.deepEqual(await store.dialer.contactCounts('c1'), [
      { status: 'ended', result: 'BLOCKED_DNC', count: 1 },
      { status: 'pending', result: undefined, count: 1 },
    ]);
    const [row] = await store.dialer.audit({ object: 'contact a', after: 0, limit: 9 });
    assert.deepEqual([row?.action, row?.after, row?.reason], ['blocked', 'ended BLOCKED_DNC', 'gate dnc, campaign c1']);
    assert.equal(await store.dialer.verifyAudit(), undefined);
  });

  it('A17.4: a contact that a gate ends tells its result where the judge says so', async () => {
    const { store } = await open();
    const fence = await dials(store);
    await taken(store, contactsOf(2));
    const ends: Judge = ({ contact: { id } }) => {
      const message = { key: `${id}:call-result:1`, kind: 'call-result' as const, body: { uuid: id } };
      return { kind: 'final', gate: 'attempts', result: 'MAX_ATTEMPTS', message };
    };

    assert.deepEqual(await next(store, fence, ends, { count: 1, leaveOut: new Set(['k0001']) }), []);
    await claimed(store, fence, ['k0001'], { judge: ends });

    assert.deepEqual(
      (await store.dialer.outboxDue(Infinity, 9)).map(({ key }) => key),
      ['k0000:call-result:1', 'k0001:call-result:1'],
    );
  });

  it('a judge that throws blocks (fail closed), and the others come after', async () => {
    const { store } = await open();
    const fence = await dials(store);
    await taken(store, contactsOf(3));
    const judge: Judge = (facts, atMs) => {
      if (facts.contact.id === 'k0000') throw new Error('no zone data');
      return goes(facts, atMs);
    };

    assert.deepEqual(await next(store, fence, judge), ['k0001', 'k0002']);
    assert.deepEqual((await claimed(store, fence, ['k0000'], { judge })).granted, []);
    assert.equal((await store.dialer.contact('k0000'))?.status, 'pending');
  });

  it('gate campaign: nothing is dialled and every contact keeps its place', async () => {
    const { store } = await open();
    const fence = await dials(store);
    await taken(store, contactsOf(3));
    const paused: Judge = () => ({ kind: 'wait', gate: 'campaign', untilMs: undefined });

    assert.deepEqual(await next(store, fence, paused), []);
    assert.deepEqual((await claimed(store, fence, ['k0000'], { judge: paused })).refused, [{ contactId: 'k0000', gate: 'campaign' }]);
    assert.deepEqual(await next(store, fence), ['k0000', 'k0001', 'k0002']);
  });

  it('contacts of a list that is not active are left out, at once and without being touched', async () => {
    const { store } = await open();
    const list = await store.dialer.lists.create({ campaign: 'c1', name: 'l', fileHash: '', startedAtMs: nowMs });
    const progress = { offset: 1, rowsRead: 3, invalid: 0, blocked: 0, noTimeZone: 0 };
    await store.dialer.lists.load(list.id, contactsOf(3, {}, 'l'), { duplicates: 'skip', within: 'list' }, progress, nowMs - 1);
    await taken(store, contactsOf(1));

    assert.deepEqual(await next(store, 1), ['k0000'], 'loading');
    await store.dialer.lists.setState(list.id, 'active', anEntry());
    assert.deepEqual(await next(store, 1), ['l0000', 'l0001', 'l0002', 'k0000']);
    assert.equal((await store.dialer.eligible(['c1'], nowMs, 100)).get('c1')?.count, 4);
    await store.dialer.lists.setState(list.id, 'inactive', anEntry());
    assert.deepEqual(await next(store, 1), ['k0000']);
    assert.equal((await store.dialer.eligible(['c1'], nowMs, 100)).get('c1')?.count, 1);
  });

  it('A6: eligible contacts and the oldest, by campaign, counted up to a limit', async () => {
    const { store } = await open();
    await taken(store, contactsOf(7, { priority: 3 }), nowMs - 1_000);
    await taken(store, contactsOf(5, {}, 'm'), nowMs - 2_000);
    await taken(store, contactsOf(2, { campaignId: 'c2', startTimeMs: nowMs + 1 }, 'n'), nowMs - 3_000);

    assert.deepEqual(
      await store.dialer.eligible(['c1', 'c2', 'none'], nowMs, 10),
      new Map([['c1', { count: 10, oldestReceivedMs: nowMs - 2_000 }]]),
    );
    assert.equal((await store.dialer.eligible(['c1'], nowMs, 100)).get('c1')?.count, 12);
  });
});

describeStores('claims of the dialer', (open) => {
  it('E38: a claim takes the contact, its number and a slot, and names the call', async () => {
    const { store } = await open();
    const fence = await dials(store);
    await taken(store, contactsOf(3));

    const claim = await claimed(store, fence, ['k0001', 'k0000', 'k0002'], { countMax: 2 });

    assert.deepEqual(claim, {
      granted: [
        { contactId: 'k0001', callId: 'k0001' },
        { contactId: 'k0000', callId: 'k0000' },
      ],
      refused: [],
    });
    const contact = await store.dialer.contact('k0001');
    assert.deepEqual([contact?.status, contact?.dialTimeMs, contact?.dials], ['dialed', nowMs, 1]);
    assert.deepEqual(await store.dialer.activeCounts(), { dialed: 2, agentPending: 0 });
    assert.deepEqual(
      (await store.dialer.active()).map(({ id }) => id),
      ['k0000', 'k0001'],
    );
  });

  it('E38: a contact of a second call has a call id of its own', async () => {
    const { store } = await open();
    const fence = await dials(store);
    await taken(store, contactsOf(1));
    await claimed(store, fence, ['k0000'], { to: 'agent_pending' });
    assert.deepEqual(await store.dialer.activeCounts(), { dialed: 0, agentPending: 1 });
    await store.dialer.save([aChange({ contactId: 'k0000', from: 'agent_pending', to: 'dialed' })], fence);
    assert.deepEqual(await store.dialer.activeCounts(), { dialed: 1, agentPending: 0 });
    await store.dialer.save([aChange({ contactId: 'k0000', from: 'dialed', to: 'pending' })], fence);

    assert.deepEqual((await claimed(store, fence, ['k0000'])).granted, [{ contactId: 'k0000', callId: 'k0000.2' }]);
  });

  it('E15: a claim for which no call was placed does not use up the id of the call', async () => {
    const { store } = await open();
    const fence = await dials(store);
    await taken(store, contactsOf(1));
    await claimed(store, fence, ['k0000'], { to: 'agent_pending' });
    await store.dialer.save([aChange({ contactId: 'k0000', from: 'agent_pending', to: 'pending', isUnplaced: true })], fence);
    assert.deepEqual((await claimed(store, fence, ['k0000'])).granted, [{ contactId: 'k0000', callId: 'k0000' }]);
  });

  it('what is not pending any more, or not of this campaign, is taken', async () => {
    const { store } = await open();
    const fence = await dials(store);
    await taken(store, [...contactsOf(2), aContact('other', { campaignId: 'c2' })]);
    await claimed(store, fence, ['k0000']);

    assert.deepEqual((await claimed(store, fence, ['k0000', 'none', 'other', 'k0001'])).refused, [
      { contactId: 'k0000', gate: 'taken' },
      { contactId: 'none', gate: 'taken' },
      { contactId: 'other', gate: 'taken' },
    ]);
  });

  it('B4: a DNC entry that came after the hopper was filled is seen, and ends the contact', async () => {
    const { store } = await open();
    const fence = await dials(store);
    const [a] = [aContact('a')];
    await taken(store, [a]);
    assert.deepEqual(await next(store, fence, careful()), ['a']);
    await store.dialer.addDnc([aDnc(a.numberKey.slice(0, 6), { isPrefix: true, scope: 'campaign:c1' })], anEntry());

    assert.deepEqual(await claimed(store, fence, ['a'], { judge: careful() }), { granted: [], refused: [{ contactId: 'a', gate: 'dnc' }] });
    assert.equal((await store.dialer.contact('a'))?.result, 'BLOCKED_DNC');
    assert.deepEqual(await store.dialer.activeCounts(), { dialed: 0, agentPending: 0 });
  });

  it('same number: in one claim, in two claims, of two campaigns, whatever the judge says', async () => {
    const { store } = await open();
    const fence = await dials(store);
    const a = aContact('a');
    const twins = [a, aContact('b', { numberKey: a.numberKey }), aContact('c', { numberKey: a.numberKey, campaignId: 'c2' })];
    await taken(store, twins);

    assert.deepEqual(await claimed(store, fence, ['a', 'b']), {
      granted: [{ contactId: 'a', callId: 'a' }],
      refused: [{ contactId: 'b', gate: 'same-number' }],
    });
    assert.deepEqual((await claimed(store, fence, ['c'], { campaign: aCampaign('c2') })).refused, [
      { contactId: 'c', gate: 'same-number' },
    ]);
    await store.dialer.save([aChange({ contactId: 'a', from: 'dialed', to: 'ended' })], fence);
    const later = { campaign: aCampaign('c2'), nowMs: nowMs + 60_000 };
    assert.deepEqual(grantedOf(await claimed(store, fence, ['c'], later)), ['c']);
  });

  it('same number: a contact whose own number could not be taken is not dialled', async () => {
    const { store, other } = await open();
    const fence = await dials(store);
    await taken(store, contactsOf(1));
    await other.run(
      `INSERT INTO dialer_active (number_key, contact_id, campaign_id, status, since_ms) VALUES ('999', 'k0000', 'c1', 'dialed', 0)`,
      [],
      {},
    );

    assert.deepEqual(await claimed(store, fence, ['k0000']), { granted: [], refused: [{ contactId: 'k0000', gate: 'same-number' }] });
    assert.equal((await store.dialer.contact('k0000'))?.status, 'pending');
  });

  it('same number: the further number of a contact counts, not its first', async () => {
    const { store } = await open();
    const fence = await dials(store);
    const a = aContact('a', { numbers: ['+4930777'] });
    await taken(store, [a, aContact('b', { numberKey: '4930777' })]);
    await store.dialer.save([aChange({ contactId: 'a', from: 'pending', to: 'pending', numberIndex: 1 })], fence);

    await claimed(store, fence, ['a']);

    assert.deepEqual((await claimed(store, fence, ['b'])).refused, [{ contactId: 'b', gate: 'same-number' }]);
  });

  it('caps: calls of all campaigns to the number by hour, abandoned and machine moments reach the judge', async () => {
    const { store } = await open();
    const fence = await dials(store);
    const [a, b] = [aContact('a'), aContact('b', { campaignId: 'c2' })];
    await taken(store, [a, { ...b, numberKey: a.numberKey }]);
    const call = aCall(a);
    await store.dialer.save(
      [
        aChange(undefined, { record: { ...call, callId: 'x1', result: 'ABANDONED', endedAtMs: nowMs - 5_000 } }),
        aChange(undefined, { record: { ...call, callId: 'x2', result: 'BUSY' } }),
        aChange(undefined, { record: { ...call, callId: 'x3', result: 'MACHINE', placedAtMs: nowMs - hourMs, endedAtMs: nowMs - 9_000 } }),
        aChange(undefined, {
          record: { ...call, callId: 'x4', result: 'CONGESTION', countsAsAttempt: false, placedAtMs: nowMs - 40 * hourMs },
        }),
        aChange(undefined, { record: { ...call, callId: 'x5', placedAtMs: nowMs - 31 * 24 * hourMs } }),
        aChange(undefined, { record: { ...call, callId: 'x6', placedAtMs: nowMs - 30 * 24 * hourMs + 60_000 } }),
      ],
      fence,
    );

    const [facts] = await store.dialer.gateFacts(aCampaign('c2'), { contacts: ['b'] }, nowMs);
    const hour = Math.floor(nowMs / hourMs);
    assert.deepEqual(facts?.numberHours, [
      [hour - 30 * 24, 1],
      [hour - 1, 1],
      [hour, 2],
    ]);
    assert.deepEqual([facts.lastAbandonedMs, facts.lastMachineMs], [nowMs - 5_000, nowMs - 9_000]);
    const capped = await claimed(store, fence, ['b'], { campaign: aCampaign('c2'), judge: careful(3) });
    assert.deepEqual(capped.refused, [{ contactId: 'b', gate: 'caps' }]);
    assert.equal((await store.dialer.contact('b'))?.nextAttemptAtMs, nowMs + hourMs);
  });

  it('a former owner claims, holds and saves nothing', async () => {
    const { store } = await open();
    const old = await dials(store, 'first');
    await taken(store, contactsOf(2));
    const fence = await store.leases.acquire('dialer', 'second', 60_000, 'first');
    assert.ok(fence !== undefined && fence > old);
    const holds: Judge = () => ({ kind: 'wait', gate: 'window', untilMs: nowMs + hourMs });

    await assert.rejects(claimed(store, old, ['k0000']), { code: 'TDM_STANDBY' });
    await assert.rejects(next(store, old, holds), { code: 'TDM_STANDBY' });
    await assert.rejects(store.dialer.save([aChange({ contactId: 'k0000', from: 'pending', to: 'failed' })], old), { code: 'TDM_STANDBY' });
    assert.deepEqual(await next(store, fence), ['k0000', 'k0001']);
  });

  it('property: whatever two stores claim at once, no contact and no number is granted twice', async function () {
    this.timeout(120_000);
    const first = await open();
    const second = await first.again();
    const fence = await dials(first.store);
    let round = 0;
    const picks = fc.array(fc.integer({ min: 0, max: 19 }), { minLength: 1, maxLength: 20 });

    await fc.assert(
      fc.asyncProperty(fc.array(picks, { minLength: 2, maxLength: 6 }), fc.integer({ min: 1, max: 9 }), async (claims, numbers) => {
        const prefix = `r${String(++round)}-`;
        const contacts = Array.from({ length: 20 }, (_, i) =>
          aContact(`${prefix}${String(i)}`, { numberKey: `${prefix}${String(i % numbers)}` }),
        );
        await taken(first.store, contacts);

        const results = await Promise.all(
          claims.map((picked, i) =>
            claimed(
              (i % 2 ? second : first).store,
              fence,
              picked.map((k) => `${prefix}${String(k)}`),
            ),
          ),
        );

        const granted = results.flatMap(grantedOf);
        const keys = granted.map((id) => contacts.find((contact) => contact.id === id)?.numberKey);
        assert.equal(new Set(granted).size, granted.length, 'a contact twice');
        assert.equal(new Set(keys).size, granted.length, 'a number twice');
        const wanted = new Set(claims.flat().map((k) => k % numbers));
        assert.equal(granted.length, wanted.size, 'each wanted number is called by somebody');
        for (const contact of await first.store.dialer.active())
          await first.store.dialer.save([aChange({ contactId: contact.id, from: 'dialed', to: 'ended' })], fence);
      }),
      { numRuns: 15 },
    );
  });
});
