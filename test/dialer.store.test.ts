import assert from 'node:assert/strict';
import { contactStatuses } from '../core/dialer/words.js';
import { isActiveStatus, mayFollow } from '../core/dialer/status-machine.js';
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
  nowMs,
  taken,
} from './support/dialer-rows.js';
import { describeStores } from './support/stores.js';

const lax = { strictSameNumber: false };
const idsOf = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);

describeStores('contacts of the dialer', (open) => {
  it('E19 to E36: a contact comes back as it was given, waiting to be dialled', async () => {
    const { store } = await open();
    const full = aContact('a-1', {
      startTimeMs: nowMs + 1_000,
      endTimeMs: nowMs + 86_400_123,
      priority: 9,
      ivr: '*9664',
      routingMode: 'AGENT',
      resourceId: 'agent-7',
      tenantId: 't1',
      numbers: ['+49301', '0302'],
      zones: ['Europe/Berlin', 'Europe/Madrid'],
      region: 'US-FL',
      consentUntilMs: Infinity,
      answeredBefore: true,
      data: { name: `O'Brien "ü😀" \\ \0`, lead: '7' },
    });
    const bare = aContact('a-2', { campaignType: 'IVR', dialingMode: undefined, routingMode: undefined, queueName: undefined });

    await taken(store, [full, bare]);

    const fresh = {
      status: 'pending',
      callResult: undefined,
      result: undefined,
      receivedTimeMs: nowMs,
      dialTimeMs: undefined,
      attempts: 0,
      dials: 0,
      resultCounts: {},
      partCounts: [],
      numberIndex: 0,
      callbackAtMs: undefined,
      callbackAgent: undefined,
      callbackPatienceUntilMs: undefined,
      skippedBy: {},
      disposition: undefined,
    };
    const found = [await store.dialer.contact('a-1'), await store.dialer.contact('a-2')];
    assert.deepEqual(found, [
      { ...full, ...fresh, seq: found[0]?.seq, nextAttemptAtMs: nowMs + 1_000 },
      { ...bare, ...fresh, seq: found[1]?.seq, nextAttemptAtMs: nowMs },
    ]);
    assert.equal(await store.dialer.contact('a-3'), undefined);
    assert.deepEqual(await store.dialer.contactCounts('c1'), [{ status: 'pending', result: undefined, count: 2 }]);
  });

  it('the columns are those of the reference, moments are UTC', async () => {
    const { store, other } = await open();
    await taken(store, [aContact('a', { startTimeMs: Date.UTC(2026, 11, 24, 18, 30, 0, 5) })]);

    const [row] = await other.all(
      `SELECT id, customer_number, campaign_type, gateway_id, status, call_result, received_time, dial_time, campaign_contact_id,
        campaign_id, start_time, end_time, priority, ivr, dialing_mode, routing_mode, resource_id, queue_name, tenant_id FROM dialer_contacts`,
    );

    assert.equal(row?.['received_time'], '2026-12-01 10:00:00.000');
    assert.equal(row['start_time'], '2026-12-24 18:30:00.005');
    assert.equal(row['status'], 'pending');
  });

  it('A5: the same id with the same content is a duplicate, with other content refused, also within one request', async () => {
    const { store } = await open();
    const a = aContact('a', { data: { x: '1', y: '2' } });
    await taken(store, [a]);
    const b = aContact('b');

    const results = await store.dialer.intake(
      [{ ...a, data: { y: '2', x: '1' }, numberKey: 'found out anew' }, { ...a, priority: 6 }, b, b, { ...b, customerNumber: '1234' }],
      nowMs + 1,
      lax,
    );

    assert.deepEqual(
      results.map(({ kind }) => kind),
      ['duplicate', 'other-content', 'stored', 'duplicate', 'other-content'],
    );
    assert.equal((await store.dialer.contacts({ campaign: 'c1', after: 0, limit: 10 })).length, 2);
  });

  it('A5: with strictSameNumber a number in a call is refused, else stored', async () => {
    const { store } = await open();
    const a = aContact('a');
    await taken(store, [a]);
    await claimed(store, await dials(store), ['a']);
    const twin = aContact('twin', { numberKey: a.numberKey });

    assert.deepEqual(await store.dialer.intake([twin, aContact('other')], nowMs, { strictSameNumber: true }), [
      { kind: 'number-active' },
      { kind: 'stored' },
    ]);
    assert.deepEqual(await store.dialer.intake([twin], nowMs, lax), [{ kind: 'stored' }]);
  });

  it('A5: two requests with the same contacts at once: each stored once', async () => {
    const first = await open();
    const second = await first.again();
    const contacts = contactsOf(50);

    const results = (await Promise.all([first, second, first].map(({ store }) => store.dialer.intake(contacts, nowMs, lax)))).flat();

    assert.equal(results.filter(({ kind }) => kind === 'stored').length, 50);
    assert.equal(results.filter(({ kind }) => kind === 'duplicate').length, 100);
    assert.deepEqual(await first.store.dialer.contactCounts('c1'), [{ status: 'pending', result: undefined, count: 50 }]);
  });

  it('A6: of one request the id decides between contacts of one moment', async () => {
    const { store } = await open();
    await taken(
      store,
      ['z', 'a', 'm'].map((id) => aContact(id)),
    );

    const next = await store.dialer.nextContacts(aCampaign(), { count: 9, scanMax: 99, leaveOut: new Set(), nowMs }, goes, 1);

    assert.deepEqual(idsOf(next.map(({ contact }) => contact)), ['a', 'm', 'z']);
  });

  it('contacts are listed by campaign, status, result, list and number, in pages by seq', async () => {
    const { store } = await open();
    const [a, b] = [aContact('a'), aContact('b')];
    await taken(store, [a, b, aContact('c'), aContact('d', { campaignId: 'c2' })]);
    const fence = await dials(store);
    await claimed(store, fence, ['a', 'b']);
    const end = { contactId: 'b', from: 'dialed', to: 'ended', result: 'BUSY' } as const;
    await store.dialer.save([aChange(end, { record: aCall(b, { result: 'BUSY' }) })], fence);
    const found = async (filter: object) => idsOf(await store.dialer.contacts({ after: 0, limit: 10, ...filter }));

    assert.deepEqual(await found({ campaign: 'c1' }), ['a', 'b', 'c']);
    assert.deepEqual(await found({ status: 'dialed' }), ['a']);
    assert.deepEqual(await found({ campaign: 'c1', status: 'ended', result: 'BUSY' }), ['b']);
    assert.deepEqual(await found({ campaign: 'c1', status: 'pending' }), ['c']);
    assert.deepEqual(await found({ numberKey: b.numberKey }), ['b']);
    assert.deepEqual(await found({ list: 7 }), []);
    const [first] = await store.dialer.contacts({ campaign: 'c1', after: 0, limit: 1 });
    assert.deepEqual(await found({ campaign: 'c1', after: first?.seq }), ['b', 'c']);
  });

  it('A13: start, stop and purge count, leave calls alone, and know no campaign without contacts', async () => {
    const { store } = await open();
    await taken(store, contactsOf(5));
    await claimed(store, await dials(store), ['k0000']);

    assert.equal(await store.dialer.stop('c1', nowMs), 4);
    assert.equal(await store.dialer.stop('c1', nowMs), 0);
    assert.equal(await store.dialer.start('c1', nowMs), 4);
    assert.equal(await store.dialer.start('c1', nowMs), 0);
    assert.equal(await store.dialer.purge('c1', nowMs), 4);
    assert.deepEqual(await store.dialer.contactCounts('c1'), [{ status: 'dialed', result: undefined, count: 1 }]);
    for (const action of ['start', 'stop', 'purge'] as const) assert.equal(await store.dialer[action]('none', nowMs), undefined);
  });

  it('A13: more contacts than one slice has', async () => {
    const { store } = await open();
    await taken(store, contactsOf(4_500));

    assert.equal(await store.dialer.stop('c1', nowMs), 4_500);
    assert.deepEqual(await store.dialer.contactCounts('c1'), [{ status: 'stopped', result: undefined, count: 4_500 }]);
    assert.equal(await store.dialer.start('c1', nowMs), 4_500);
    assert.equal(await store.dialer.purge('c1', nowMs), 4_500);
    assert.deepEqual(await store.dialer.contactCounts('c1'), []);
  });

  it('E26: contacts whose end time is over are ended, the waiting ones only', async () => {
    const { store } = await open();
    await taken(store, [
      aContact('over', { endTimeMs: nowMs + 10 }),
      aContact('now', { endTimeMs: nowMs + 100 }),
      aContact('later', { endTimeMs: nowMs + 101 }),
      aContact('open'),
      aContact('called', { endTimeMs: nowMs + 10 }),
    ]);
    await claimed(store, await dials(store), ['called']);

    const messageOf = ({ id }: { readonly id: string }) => ({
      key: `${id}:call-result:1`,
      kind: 'call-result' as const,
      body: { uuid: id },
    });
    assert.equal(await store.dialer.expire(nowMs + 100, 1), 1);
    assert.equal(await store.dialer.expire(nowMs + 100, 10, messageOf), 1);
    assert.equal(await store.dialer.expire(nowMs + 100, 10), 0);

    assert.deepEqual(idsOf(await store.dialer.contacts({ status: 'ended', result: 'EXPIRED', after: 0, limit: 9 })).sort(), [
      'now',
      'over',
    ]);
    assert.equal((await store.dialer.contact('called'))?.status, 'dialed');
    assert.equal((await store.dialer.outboxCount()).waiting, 1, 'a message that goes with it');
    assert.deepEqual(
      (await store.dialer.audit({ after: 0, limit: 9 })).map(({ after }) => after),
      ['ended EXPIRED', 'ended EXPIRED'],
    );
  });

  it('B46, B47: a disposition brings a contact back with a callback; not one that is in a call', async () => {
    const { store } = await open();
    const contact = aContact('a');
    await taken(store, [contact, aContact('b')]);
    await store.dialer.putCampaign(aCampaign('c1', { revision: 0 }), anEntry());
    const fence = await dials(store);
    await claimed(store, fence, ['a', 'b']);
    await store.dialer.save(
      [aChange({ contactId: 'a', from: 'dialed', to: 'ended', result: 'CONNECTED' }, { record: aCall(contact) })],
      fence,
    );
    const callback = { atMs: nowMs + 3_600_000, agent: 'anna', patienceUntilMs: nowMs + 5_400_000 };

    const change = { status: 'pending' as const, nextAttemptAtMs: callback.atMs, callback, disposition: 'MACHINE' };
    assert.equal(await store.dialer.reviseContact('a', change, anEntry('contact:a')), true);
    assert.equal(await store.dialer.reviseContact('b', change, anEntry('contact:b')), false, 'in a call');
    assert.equal(await store.dialer.reviseContact('none', change, anEntry('contact:none')), false);

    const [found] = await store.dialer.callbacks({ agent: 'anna', limit: 10 });
    assert.equal(found?.id, 'a');
    assert.equal(found.callbackAtMs, callback.atMs);
    assert.equal(found.callbackPatienceUntilMs, callback.patienceUntilMs);
    assert.equal(found.disposition, 'MACHINE');
    assert.deepEqual(await store.dialer.callbacks({ agent: 'bob', limit: 10 }), []);
    assert.deepEqual(idsOf(await store.dialer.callbacks({ campaign: 'c1', limit: 10 })), ['a']);
    assert.deepEqual(await store.dialer.contactCounts('c1'), [
      { status: 'dialed', result: undefined, count: 1 },
      { status: 'pending', result: 'CONNECTED', count: 1 },
    ]);
    const [counter] = await store.dialer.counters('c1', 0, Infinity);
    assert.equal(counter?.machinesByAgent, 1, 'the agent said machine');
    assert.equal((await store.dialer.audit({ object: 'contact:a', after: 0, limit: 9 })).length, 1);
    assert.equal(await store.dialer.reviseContact('a', { status: 'ended', dnc: [aDnc('4930')] }, anEntry()), true);
    assert.deepEqual(await store.dialer.callbacks({ limit: 10 }), []);
    assert.equal((await store.dialer.findDnc(['4930'], nowMs)).size, 1);
  });

  it('status machine: every pair of A3 by save; what is not in the table changes nothing', async () => {
    const { store, other } = await open();
    const fence = await dials(store);
    const pairs = contactStatuses.flatMap((from) => contactStatuses.map((to) => ({ from, to, id: `${from}-${to}` })));
    await taken(
      store,
      pairs.map(({ id }) => aContact(id)),
    );
    for (const { from, id } of pairs) await other.run('UPDATE dialer_contacts SET status = ? WHERE id = ?', [from, id], {});

    for (const { from, to, id } of pairs) {
      const isAllowed = mayFollow(from, to) && !(isActiveStatus(to) && !isActiveStatus(from));
      assert.deepEqual(await store.dialer.save([aChange({ contactId: id, from, to })], fence), [isAllowed], `${from} to ${to}`);
      assert.equal((await store.dialer.contact(id))?.status, isAllowed ? to : from);
    }
    const elsewhere = aChange({ contactId: 'dialed-dialed', from: 'pending', to: 'ended' });
    assert.deepEqual(await store.dialer.save([elsewhere], fence), [false], 'it is in another state');
  });

  it('gateFacts reads what the gates look at and moves nothing', async () => {
    const { store } = await open();
    const [a, b] = [aContact('a'), aContact('b', { startTimeMs: nowMs + 1_000 })];
    await taken(store, [a, b]);
    await store.dialer.addDnc([aDnc(a.numberKey)], anEntry());

    const facts = await store.dialer.gateFacts(aCampaign(), { limit: 10 }, nowMs);

    assert.deepEqual(
      facts.map(({ contact, dnc }) => [contact.id, dnc.length]),
      [
        ['a', 1],
        ['b', 0],
      ],
    );
    assert.deepEqual(
      (await store.dialer.gateFacts(aCampaign(), { contacts: ['b', 'none'] }, nowMs)).map(({ contact }) => contact.id),
      ['b'],
    );
    assert.equal(careful()(facts[0] as never, nowMs).kind, 'final');
    assert.equal((await store.dialer.contact('a'))?.status, 'pending');
  });
});
