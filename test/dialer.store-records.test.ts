import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { CounterRow } from '../core/dialer-ports.js';
import { createPacer } from '../core/dialer/pacing/index.js';
import type { Decision } from '../core/dialer/pacing/index.js';
import {
  aCall,
  aCampaign,
  aChange,
  aContact,
  anEntry,
  careful,
  claimed,
  contactsOf,
  dials,
  madeRight,
  nowMs,
  taken,
} from './support/dialer-rows.js';
import { describeStores } from './support/stores.js';

const dayMs = 86_400_000;
/** As JSON keeps it: fields that are undefined are left out. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describeStores('audit of the dialer', (open) => {
  it('B10: the chain holds with several rows in a transaction and writers at once', async () => {
    const first = await open();
    const second = await first.again();
    const batch = (k: number) =>
      Array.from({ length: k }, (_, i) => anEntry(`o${String(k)}`, { reason: `row ${String(i)} ü😀 \0`, before: '', after: '{"a":1}' }));

    await Promise.all([first, second].flatMap(({ store }) => [1, 2, 3, 40].map((k) => store.dialer.writeAudit(batch(k)))));

    const rows = await first.store.dialer.audit({ after: 0, limit: 1_000 });
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      Array.from({ length: 92 }, (_, i) => i + 1),
    );
    assert.equal(await first.store.dialer.verifyAudit(), undefined);
    assert.deepEqual(
      { ...rows[0], seq: 0, hash: '', object: '', reason: '' },
      { ...anEntry('', { before: '', after: '{"a":1}' }), seq: 0, hash: '' },
    );
    assert.deepEqual(
      (await first.store.dialer.audit({ object: 'o3', fromMs: nowMs, after: 0, limit: 9 })).map(({ object }) => object),
      Array.from({ length: 6 }, () => 'o3'),
    );
    assert.deepEqual(await first.store.dialer.audit({ fromMs: nowMs + 1, after: 0, limit: 9 }), []);
    assert.equal((await first.store.dialer.audit({ after: 90, limit: 9 })).length, 2);
  });

  for (const [what, sql, broken] of [
    ['an edited row', `UPDATE dialer_audit SET reason = 'nothing happened' WHERE seq = 3`, 3],
    ['an edited row with a hash of its own', `UPDATE dialer_audit SET hash = '${'a'.repeat(64)}' WHERE seq = 3`, 3],
    ['a row that is gone', 'DELETE FROM dialer_audit WHERE seq = 3', 3],
    ['the first row gone', 'DELETE FROM dialer_audit WHERE seq = 1', 1],
    ['the last row gone', 'DELETE FROM dialer_audit WHERE seq = 5', 5],
    ['all rows gone', 'DELETE FROM dialer_audit', 1],
  ] as const)
    it(`B10: ${what} is found`, async () => {
      const { store, other } = await open();
      await store.dialer.writeAudit(Array.from({ length: 5 }, (_, i) => anEntry(`o${String(i)}`)));
      assert.equal(await store.dialer.verifyAudit(), undefined);

      await other.run(sql, [], {});

      assert.equal(await store.dialer.verifyAudit(), broken);
    });

  it('B10: an edited row is found by the next one, also when its own hash was made anew', async () => {
    const { store, other } = await open();
    await store.dialer.writeAudit(Array.from({ length: 5 }, (_, i) => anEntry(`o${String(i)}`)));
    const [, second, third] = await store.dialer.audit({ after: 0, limit: 9 });
    assert.ok(second && third);
    const made = JSON.stringify([3, third.atMs, third.actor, third.object, third.action, null, null, 'nothing happened']);
    const hash = createHash('sha256').update(second.hash).update(made).digest('hex');

    await other.run(`UPDATE dialer_audit SET reason = 'nothing happened', hash = ? WHERE seq = 3`, [hash], {});

    assert.equal(await store.dialer.verifyAudit(), 4);
  });

  it('an empty chain is whole', async () => {
    const { store } = await open();

    assert.equal(await store.dialer.verifyAudit(), undefined);
    await store.dialer.writeAudit([]);
    assert.deepEqual(await store.dialer.audit({ after: 0, limit: 9 }), []);
  });
});

describeStores('campaigns of the dialer', (open) => {
  it('a campaign comes back as it was put, and only the newest revision may be changed', async () => {
    const { store } = await open();
    const campaign = aCampaign('c1', { name: 'Spring 😀', startsAtMs: 5, dayParts: [1, 2], safeHarbour: undefined });

    const put = await store.dialer.putCampaign(campaign, anEntry());
    assert.deepEqual(put, { ...campaign, revision: 1 });
    assert.deepEqual(plain(await store.dialer.campaign('c1')), plain(put));
    await assert.rejects(store.dialer.putCampaign(campaign, anEntry()), { code: 'TDM_CONFLICT' });
    await assert.rejects(store.dialer.putCampaign({ ...campaign, id: 'new', revision: 3 }, anEntry()), { code: 'TDM_CONFLICT' });
    assert.equal((await store.dialer.putCampaign({ ...put, weight: 7 }, anEntry())).revision, 2);
    assert.deepEqual(
      (await store.dialer.campaigns()).map(({ id, weight }) => [id, weight]),
      [['c1', 7]],
    );
    assert.equal((await store.dialer.audit({ after: 0, limit: 9 })).length, 2, 'a refused change leaves no row');
  });

  it('its state is kept, with the moment of its first start', async () => {
    const { store } = await open();
    await store.dialer.putCampaign(aCampaign('c1', { state: 'draft' }), anEntry());

    assert.equal(await store.dialer.setState('c1', 'running', anEntry()), true);
    assert.equal(await store.dialer.setState('c1', 'paused', anEntry('campaign:c1', { atMs: nowMs + 1 })), true);
    assert.equal(await store.dialer.setState('c1', 'running', anEntry('campaign:c1', { atMs: nowMs + 2 })), true);
    assert.equal(await store.dialer.setState('none', 'running', anEntry()), false);

    const campaign = await store.dialer.campaign('c1');
    assert.deepEqual([campaign?.state, campaign?.startedAtMs, campaign?.revision], ['running', nowMs, 4]);
  });

  it('it is removed with its contacts and lists, not while it has calls', async () => {
    const { store } = await open();
    const fence = await dials(store);
    await store.dialer.putCampaign(aCampaign(), anEntry());
    await store.dialer.lists.create({ campaign: 'c1', name: 'l', fileHash: '', startedAtMs: nowMs });
    await taken(store, [...contactsOf(3), aContact('x', { campaignId: 'c2' })]);
    await claimed(store, fence, ['k0000']);

    await assert.rejects(store.dialer.removeCampaign('c1', anEntry()), { code: 'TDM_CONFLICT' });
    assert.equal((await store.dialer.contacts({ campaign: 'c1', after: 0, limit: 9 })).length, 3);
    await store.dialer.save([aChange({ contactId: 'k0000', from: 'dialed', to: 'ended' })], fence);
    assert.equal(await store.dialer.removeCampaign('c1', anEntry()), true);
    assert.equal(await store.dialer.removeCampaign('c1', anEntry()), false);

    assert.equal(await store.dialer.campaign('c1'), undefined);
    assert.deepEqual(
      (await store.dialer.contacts({ after: 0, limit: 9 })).map(({ id }) => id),
      ['x'],
    );
    assert.deepEqual(await store.dialer.lists.list({ after: 0, limit: 9 }), []);
    assert.deepEqual(await store.dialer.contactCounts('c1'), []);
  });
});

describeStores('what the dialer remembers of its pace', (open) => {
  const decision = (now: number, more: Partial<Decision> = {}): Decision => ({
    ...{ now, place: 3, rule: 'risk', ready: 4, talk: 9, wrap: 1, ringing: 5, waiting: 0, risk: 0.012, theta: 0.02, goal: 0.028 },
    ...{ answerShare: 0.3, ringSeconds: 11.5, abandoned: 2, connected: 80 },
    ...more,
  });

  it('decisions come back by pacer and time, also those that a rule took without a risk', async () => {
    const { store } = await open();
    const rows = [decision(1), decision(2, { risk: NaN, rule: 'no-agents' }), decision(3)];
    const group = 'support '.repeat(30);
    await store.dialer.saveDecisions(rows.map((one, i) => ({ atMs: nowMs + i, group, decision: one })));
    await store.dialer.saveDecisions([{ atMs: nowMs, group: 'other', decision: decision(9) }]);

    assert.deepEqual(await store.dialer.decisions(group, 0, 10), rows);
    assert.deepEqual(await store.dialer.decisions(group, nowMs + 1, 1), [rows[1]]);
  });

  it('what a pacer learned is taken up again', async () => {
    const { store } = await open();
    const snapshot = createPacer().snapshot();

    await store.dialer.putLearned('pacer:support', snapshot, nowMs);
    await store.dialer.putLearned('pacer:support', snapshot, nowMs + 1);
    await store.dialer.putLearned('sorter:c1', { a: [1, 2] }, nowMs);

    const learned = await store.dialer.learned();
    assert.deepEqual([...learned.keys()].sort(), ['pacer:support', 'sorter:c1']);
    assert.deepEqual(learned.get('pacer:support'), JSON.parse(JSON.stringify(snapshot)));
  });
});

describeStores('tidying of the dialer', (open) => {
  it('B7: rows that were changed by hand are counted anew, numbers of calls that are not there are freed', async () => {
    const { store, other } = await open();
    const fence = await dials(store);
    await taken(store, [...contactsOf(5), aContact('x', { campaignId: 'c2' })]);
    await claimed(store, fence, ['k0000', 'k0001']);
    assert.equal(await madeRight(store, fence), 0);

    await other.run(`UPDATE dialer_contacts SET status = 'pending' WHERE id = 'k0000'`, [], {});
    await other.run(`UPDATE dialer_contacts SET status = 'ended', result = 'BUSY' WHERE id = 'k0002'`, [], {});
    await other.run(`DELETE FROM dialer_contacts WHERE id = 'x'`, [], {});
    await other.run(`DELETE FROM dialer_counts WHERE campaign_id = 'c1' AND status = 'pending'`, [], {});

    assert.ok((await madeRight(store, fence)) > 0);
    assert.equal(await madeRight(store, fence), 0);
    assert.deepEqual(
      (await other.all('SELECT contact_id FROM dialer_active')).map((row) => row['contact_id']),
      ['k0001'],
    );
    assert.deepEqual(await store.dialer.contactCounts('c1'), [
      { status: 'dialed', result: undefined, count: 1 },
      { status: 'ended', result: 'BUSY', count: 1 },
      { status: 'pending', result: undefined, count: 3 },
    ]);
    assert.deepEqual(await store.dialer.contactCounts('c2'), []);
    assert.deepEqual((await claimed(store, fence, ['k0000'])).granted, [{ contactId: 'k0000', callId: 'k0000.2' }]);
  });

  it('rows of every kind go after their time, and no earlier; the chain of the audit goes on', async () => {
    const { store, clock } = await open();
    const fence = await dials(store);
    const atMs = clock.nowMs();
    await taken(store, contactsOf(4), atMs);
    await claimed(store, fence, ['k0000', 'k0001']);
    const record = aCall(aContact('k0000'), { placedAtMs: atMs, answeredAtMs: atMs, endedAtMs: atMs + 1 });
    const message = { key: 'm1', kind: 'end-chat' as const, body: {} };
    await store.dialer.save([aChange({ contactId: 'k0000', from: 'dialed', to: 'ended' }, { record, outbox: [message] })], fence);
    const [due] = await store.dialer.outboxDue(Infinity, 1);
    await store.dialer.outboxDone(due?.id ?? 0);
    await store.dialer.saveDecisions([{ atMs, group: 'g', decision: { now: 1 } as Decision }]);
    for (const later of [0, 1, 2_000 * dayMs]) await store.dialer.writeAudit([anEntry('o', { atMs: atMs + later })]);
    const expired = async (ms: number): Promise<number> => (await store.runRetention(atMs + ms)).dialerExpired;

    assert.equal(await expired(30 * dayMs), 0);
    assert.equal(await expired(30 * dayMs + 10_000), 2, 'a decision and a message');
    assert.equal(await expired(32 * dayMs), 1, 'the hour of the number');
    assert.equal(await expired(400 * dayMs), 0);
    assert.equal(await expired(400 * dayMs + 1), 1, 'the finished contact, not those that wait or are in a call');
    assert.deepEqual(
      (await store.dialer.contacts({ after: 0, limit: 9 })).map(({ id }) => id),
      ['k0001', 'k0002', 'k0003'],
    );
    assert.equal((await store.dialer.audit({ after: 0, limit: 9 })).length, 3);
    assert.ok((await expired(1_830 * dayMs + dayMs)) >= 4, 'call, counter, two rows of audit');
    assert.deepEqual(await store.dialer.calls({ before: '', limit: 9 }), []);
    assert.deepEqual(
      (await store.dialer.audit({ after: 0, limit: 9 })).map(({ seq }) => seq),
      [3],
    );
    assert.equal(await store.dialer.verifyAudit(), undefined);
    await store.dialer.writeAudit([anEntry()]);
    assert.equal(await store.dialer.verifyAudit(), undefined);
    assert.equal(await madeRight(store), 0);
  });

  it('property: counts and counters equal a recount after random runs, and the chain is whole', async function () {
    this.timeout(180_000);
    const { store, other } = await open();
    const fence = await dials(store);
    let round = 0;
    const results = ['CONNECTED', 'BUSY', 'ABANDONED', 'NO_ANSWER'] as const;
    const step = fc.oneof(
      fc.record({ kind: fc.constant('claim' as const), picks: fc.array(fc.nat(11), { minLength: 1, maxLength: 6 }) }),
      fc.record({
        kind: fc.constant('save' as const),
        ends: fc.array(fc.record({ k: fc.nat(11), result: fc.constantFrom(...results), isFinal: fc.boolean() }), {
          minLength: 1,
          maxLength: 4,
        }),
      }),
      fc.record({ kind: fc.constantFrom('stop' as const, 'start' as const, 'purge' as const, 'expire' as const, 'look' as const) }),
      fc.record({ kind: fc.constant('revise' as const), k: fc.nat(11) }),
    );

    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const campaign = `p${String(++round)}`;
        const idOf = (k: number): string => `${campaign}-${String(k)}`;
        const contacts = Array.from({ length: 12 }, (_, k) =>
          aContact(idOf(k), { campaignId: campaign, priority: 1 + (k % 3), endTimeMs: k === 5 ? nowMs + 50 : undefined }),
        );
        await taken(store, contacts);
        for (const one of steps) {
          if (one.kind === 'claim') await claimed(store, fence, one.picks.map(idOf), { campaign: aCampaign(campaign), judge: careful() });
          else if (one.kind === 'save') {
            for (const { k, result, isFinal } of one.ends) {
              const contact = await store.dialer.contact(idOf(k));
              if (!contact) continue;
              const callId = contact.dials <= 1 ? contact.id : `${contact.id}.${String(contact.dials)}`;
              const to = isFinal ? ('ended' as const) : ('pending' as const);
              const counts = { attempt: true, result, dayPart: 0 };
              const record = aCall(contact, { callId, result });
              await store.dialer.save(
                [aChange({ contactId: contact.id, from: 'dialed', to, result, counts }, { record, audit: [anEntry()] })],
                fence,
              );
            }
          } else if (one.kind === 'revise') await store.dialer.reviseContact(idOf(one.k), { status: 'pending' }, anEntry());
          else if (one.kind === 'expire') await store.dialer.expire(nowMs + 60, 10);
          else if (one.kind === 'look')
            await store.dialer.nextContacts(
              aCampaign(campaign),
              { count: 5, scanMax: 50, leaveOut: new Set(), nowMs: nowMs + 100 },
              careful(1),
              fence,
            );
          else await store.dialer[one.kind](campaign, nowMs);
        }

        const counted = await other.all(
          `SELECT status, COALESCE(result, '') AS result, COUNT(*) AS n FROM dialer_contacts WHERE campaign_id = ? GROUP BY status, COALESCE(result, '')`,
          [campaign],
        );
        const byName = (rows: readonly string[]): string[] => [...rows].sort();
        assert.deepEqual(
          byName(
            (await store.dialer.contactCounts(campaign)).map(({ status, result, count }) => `${status} ${result ?? ''} ${String(count)}`),
          ),
          byName(counted.map((row) => `${String(row['status'])} ${String(row['result'])} ${String(row['n'])}`)),
        );
        const calls = await store.dialer.calls({ campaign, before: '', limit: 999 });
        const sum = async (of: keyof CounterRow): Promise<number> =>
          (await store.dialer.counters(campaign, 0, Infinity)).reduce((total, row) => total + Number(row[of]), 0);
        assert.deepEqual(
          [await sum('placed'), await sum('busy'), await sum('abandoned'), await sum('connected')],
          [calls.length, ...['BUSY', 'ABANDONED', 'CONNECTED'].map((result) => calls.filter((call) => call.result === result).length)],
        );
        const active = (await store.dialer.contacts({ campaign, after: 0, limit: 99 })).filter(({ status }) => status === 'dialed');
        const held = await other.all('SELECT contact_id FROM dialer_active WHERE campaign_id = ?', [campaign]);
        assert.deepEqual(byName(held.map((row) => String(row['contact_id']))), byName(active.map(({ id }) => id)));
      }),
      { numRuns: 25 },
    );
    assert.equal(await madeRight(store), 0);
    assert.equal(await store.dialer.verifyAudit(), undefined);
  });
});
