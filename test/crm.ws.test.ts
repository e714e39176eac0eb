/** Calls told by vTiger's web service (crm-vtiger 5; 4.4 items 6 and 7), against the stand-in CRM of both editions. */
import assert from 'node:assert/strict';
import type { CrmBinding } from '../core/crm/binding.js';
import { calleeMessages, wsMessages } from '../core/crm/ws-rows.js';
import type { CrmStore } from '../core/crm-ports.js';
import type { JournalCall } from '../core/journal/call.js';
import { openBinding } from '../sidecar/crm/parts.js';
import { systemTimers } from '../sidecar/timers.js';
import { bindingOf, crmMessage, messagesOf, noticesOf, sendAll, tellerOf } from './support/crm-teller.js';
import { silentLog, silentMeter } from './support/observers.js';
import { startStandInCrm, type StandInCrm } from './support/stand-in-crm.js';

const secret = 's3cr3t+Key/&=1-and-longer';
const ws = { user: 'tandem', access_key: 'access-key' };

describe('vTiger’s web service', () => {
  const opened: StandInCrm[] = [];
  afterEach(async () => {
    for (const crm of opened.splice(0)) await crm.stop();
  });

  async function open(edition: 'vtiger' | 'vtiger-sp', more: object = {}): Promise<{ crm: StandInCrm; binding: CrmBinding }> {
    const crm = await startStandInCrm(edition, ['1011', '1012'], secret);
    opened.push(crm);
    return { crm, binding: bindingOf({ dialect: 'vtiger-ws', crm_url: crm.url, ws, ...more }) };
  }

  for (const edition of ['vtiger', 'vtiger-sp'] as const)
    it(`P4 P6 P7 P8 P9: ${edition}: made at the start, revised at each change, one row in the end`, async () => {
      const { crm, binding } = await open(edition);
      crm.ws.customers.push({ id: '12x2', module: 'Contacts', phone: '1010', owner: '19x6' });
      const teller = tellerOf(binding);
      const messages = messagesOf(teller, '01-answered-call-full');
      assert.deepEqual(
        messages.map(({ event }) => event),
        ['ws.create', 'ws.revise', 'ws.revise', 'ws.revise'],
      );
      const statuses: (string | undefined)[] = [];
      for (const message of messages) {
        assert.deepEqual(await teller.send(message), { kind: 'delivered' });
        statuses.push(crm.rows[0]?.status);
      }
      assert.deepEqual(statuses, ['ringing', 'in-progress', 'completed', 'completed']);
      assert.equal(crm.rows.length, 1);
      const { recording, ...row } = crm.rows[0] ?? { recording: '' };
      assert.deepEqual(row, {
        ...{ callUUID: 'alpha-1795288719.175', direction: 'inbound', status: 'completed', user: '1011', customer: '1010' },
        ...{ owner: 'admin', record: '' },
        ...{ line: edition === 'vtiger' ? '' : '200' },
        ...{ start: '2026-11-21 15:00:00', end: '2026-11-21 15:00:02', duration: '2', billed: '2' },
      });
      assert.match(recording, /^http:\/\/127\.0\.0\.1:5000\/recording\?id=alpha-1795288719\.175&sig=[0-9a-f]{32}$/);
      assert.equal(crm.ws.asked.filter((name) => name === 'login').length, 1);
    });

  it('CRM-15: sending each message twice, or the last of them alone, makes the same one row', async () => {
    const { crm, binding } = await open('vtiger');
    const teller = tellerOf(binding);
    const messages = messagesOf(teller, '01-answered-call-full');
    await sendAll(
      teller,
      messages.flatMap((message) => [message, message]),
    );
    const twice = structuredClone(crm.rows);
    assert.equal(twice.length, 1);
    crm.rows.length = 0;
    await sendAll(teller, messages.slice(-1));
    assert.deepEqual(crm.rows, twice, 'each message holds the whole row');
  });

  it('P12 P13: a missed call has its owner, a customer that is found is linked, and ids are those that the CRM describes', async () => {
    const { crm, binding } = await open('vtiger', { missed_owner: '1012' });
    crm.ws.prefixes.calls = 43;
    crm.ws.customers.push({ id: '10x3', module: 'Leads', phone: '1010', owner: '19x5' });
    const teller = tellerOf(binding);
    assert.deepEqual(await sendAll(teller, messagesOf(teller, '40-redirect-of-a-waiting-channel')), ['delivered', 'delivered']);
    const [row] = crm.rows;
    assert.deepEqual([row?.status, row?.user, row?.billed], ['no-answer', '', '0']);
    const { customer, customertype, assigned_user_id: owner, user } = crm.ws.elements[0] ?? {};
    assert.deepEqual([customer, customertype, owner, user], ['10x3', 'Leads', '19x6', undefined]);
  });

  it('the user is the one of crm_users, of the extension in the CRM, or nobody; then the account of the web service owns the row', async () => {
    const cases: readonly (readonly [object, string | undefined, string])[] = [
      [{ crm_users: { '1011': '19x77' } }, '19x77', '19x77'],
      [{ crm_users: { '1011': '78' } }, '19x78', '19x78'],
      [{}, '19x5', '19x5'],
      [{ extensions: { '1099': 'PJSIP/1099' } }, undefined, '19x1'],
    ];
    for (const [more, user, owner] of cases) {
      const { crm, binding } = await open('vtiger', more);
      const teller = tellerOf(binding);
      await sendAll(teller, messagesOf(teller, '02-answered-call').slice(-1));
      const { user: given, assigned_user_id: assigned } = crm.ws.elements.at(-1) ?? {};
      assert.deepEqual([given, assigned], [user, owner]);
    }
  });

  it('a session that has ended is begun anew once, also when several hear of it together', async () => {
    const { crm, binding } = await open('vtiger');
    const teller = tellerOf(binding);
    const messages = messagesOf(teller, '02-answered-call');
    await sendAll(teller, messages.slice(0, 1));
    crm.ws.expire();
    const first = messages[0];
    assert.ok(first);
    const others = ['a', 'b', 'c', 'd'].map((id) =>
      crmMessage({ event: 'ws.create', payload: first.payload.replaceAll('alpha-', `${id}-`) }),
    );
    const sent = await Promise.all(others.map((message) => teller.send(message)));
    assert.ok(
      sent.every(({ kind }) => kind === 'delivered'),
      JSON.stringify(sent),
    );
    assert.equal(crm.ws.asked.filter((name) => name === 'login').length, 2);
    assert.equal(crm.rows.length, 5);
  });

  it('the row of a call and the question who is responsible come together, and log in once: vTiger keeps one challenge for a user', async () => {
    const { crm, binding } = await open('vtiger');
    const parts = openBinding(binding, {
      store: {} as CrmStore,
      liveCalls: () => [],
      timers: systemTimers,
      log: silentLog,
      meter: silentMeter,
    });
    assert.ok(parts.teller && parts.finder);
    const [create] = messagesOf(parts.teller, '02-answered-call'); // a caller: who is responsible is asked now
    assert.ok(create);
    const [sent, found] = await Promise.all([parts.teller.send(create), parts.finder.find('1010')]);
    assert.deepEqual([sent, found.status], [{ kind: 'delivered' }, 'NOTFOUND']);
    assert.deepEqual(
      crm.ws.asked.filter((name) => name === 'getchallenge' || name === 'login'),
      ['getchallenge', 'login'],
    );
  });

  it('a challenge that another process has made worthless is asked for once more before the key counts as refused', async () => {
    const { crm, binding } = await open('vtiger');
    const answer = crm.ws.answer.bind(crm.ws);
    let others = 1;
    crm.ws.answer = (fields) => {
      if (fields.get('operation') === 'login' && others-- > 0) answer(new Map([['operation', 'getchallenge']]));
      return answer(fields);
    };
    const teller = tellerOf(binding);
    const [create] = messagesOf(teller, '02-answered-call');
    assert.ok(create);
    assert.deepEqual(await teller.send(create), { kind: 'delivered' });
    crm.ws.asked.length = 0;
    const wrong = tellerOf({ ...binding, ws: { user: 'tandem', access_key: 'other' } });
    assert.equal((await wrong.send(create)).kind, 'auth');
    assert.deepEqual(crm.ws.asked, ['getchallenge', 'login', 'getchallenge', 'login'], 'and no more often');
  });

  it('CRM-14: a wrong key, a CRM that is away, hangs, breaks or refuses: each is what it is, and nothing is made twice', async () => {
    const { crm, binding } = await open('vtiger');
    const wrong = tellerOf({ ...binding, ws: { user: 'tandem', access_key: 'other' } });
    const [create, revise] = messagesOf(wrong, '02-answered-call');
    assert.ok(create && revise);
    assert.equal((await wrong.send(create)).kind, 'auth');
    const teller = tellerOf(binding, {}, 300);
    crm.mood = 'silent';
    assert.equal((await teller.send(create)).kind, 'unsent', 'the login has changed nothing');
    crm.mood = 'well';
    const answer = crm.ws.answer.bind(crm.ws);
    crm.ws.answer = (fields) => {
      const text = answer(fields);
      if (fields.get('operation') === 'create') crm.mood = 'cut'; // it has done it, and its answer is lost
      return text;
    };
    assert.equal((await teller.send(create)).kind, 'ambiguous');
    crm.mood = 'well';
    assert.equal((await teller.send(create)).kind, 'delivered');
    assert.equal(crm.rows.length, 1, 'the row that was made is found again');
    crm.ws.denied.set('PBXManager', 'ACCESS_DENIED');
    assert.deepEqual(await teller.send(revise), { kind: 'rejected', problem: 'the web service refuses: ACCESS_DENIED' });
    await crm.away();
    assert.equal((await teller.send(revise)).kind, 'unsent');
    await crm.back();
  });

  it('CRM-14: a table of customers that is too large for the question costs the link to the customer, not the call', async () => {
    const { crm, binding } = await open('vtiger');
    const answer = crm.ws.answer.bind(crm.ws);
    crm.ws.answer = (fields) => {
      crm.mood = /from Contacts/.test(fields.get('query') ?? '') ? 'cut' : 'well';
      return answer(fields);
    };
    const teller = tellerOf(binding);
    const [create] = messagesOf(teller, '02-answered-call');
    assert.ok(create);
    assert.deepEqual(await teller.send(create), { kind: 'delivered' });
    assert.deepEqual([crm.rows.length, crm.ws.elements[0]?.['customer']], [1, undefined]);
  });

  it('CRM-14: a question for the row that was cut off is told as such, so that this message waits and the others go', async () => {
    const { crm, binding } = await open('vtiger');
    const answer = crm.ws.answer.bind(crm.ws);
    crm.ws.answer = (fields) => {
      if (fields.get('operation') === 'query') crm.mood = 'cut';
      return answer(fields);
    };
    const teller = tellerOf(binding);
    const [create] = messagesOf(teller, '02-answered-call');
    assert.ok(create);
    const sent = await teller.send(create);
    assert.deepEqual([sent.kind, sent.kind === 'ambiguous' && sent.isAway], ['ambiguous', true]);
    assert.ok(teller.isRepeatable(create) && teller.makesRow(create), 'and not before the CRM is done with what it has');
  });

  it('an account that may not see contacts tells of calls all the same', async () => {
    const { crm, binding } = await open('vtiger');
    for (const module of ['Contacts', 'Leads', 'Accounts']) crm.ws.denied.set(module, 'ACCESS_DENIED');
    const teller = tellerOf(binding);
    assert.deepEqual(await sendAll(teller, messagesOf(teller, '02-answered-call').slice(0, 1)), ['delivered']);
  });

  it('CRM-8: SalesPlatform’s callback keeps no missed call without a user: with ws it is told there, and nothing is undeliverable', async () => {
    const { crm, binding } = await open('vtiger-sp', { dialect: 'vtiger-sp' });
    const teller = tellerOf(binding);
    const messages = messagesOf(teller, '40-redirect-of-a-waiting-channel');
    assert.deepEqual(
      messages.map(({ event }) => event),
      ['ws.create'],
    );
    await sendAll(teller, messages);
    assert.deepEqual(
      crm.rows.map(({ status, user, customer }) => [status, user, customer]),
      [['no-answer', '', '1010']],
    );
    assert.equal(teller.meter.counted('tandem_crm_undeliverable_total').length, 0);
    const alone = tellerOf(bindingOf({ dialect: 'vtiger-sp', crm_url: crm.url }));
    assert.deepEqual(messagesOf(alone, '40-redirect-of-a-waiting-channel'), []);
    assert.equal(alone.meter.counted('tandem_crm_undeliverable_total').length, 1);
  });

  it('a wrong account of ws beside the callback spoils its own messages only: the binding is not paused', async () => {
    const { binding } = await open('vtiger-sp', { dialect: 'vtiger-sp', ws: { user: 'tandem', access_key: 'wrong' } });
    const teller = tellerOf(binding);
    assert.deepEqual(await sendAll(teller, messagesOf(teller, '40-redirect-of-a-waiting-channel')), ['rejected']);
  });

  it('4.4 item 7: of an internal call the callee has a row of his own, which no event of the caller’s row can change', async () => {
    for (const edition of ['vtiger', 'vtiger-sp'] as const) {
      const { crm, binding } = await open(edition, { dialect: edition, internal_calls: 'both' });
      const teller = tellerOf(binding);
      const messages = internalCall().flatMap(({ notice, atMs }) =>
        teller.messagesOf(notice, atMs).map(({ event, payload }) => crmMessage({ event, payload })),
      );
      await sendAll(teller, messages);
      const rows = crm.rows.map(({ direction, user, customer, callUUID, status }) =>
        [direction, user, customer, callUUID, status].join(' '),
      );
      const id = internalCall()[0]?.notice.call.id ?? '';
      assert.deepEqual(rows.at(-1), `inbound 1012 1011 ${id}-to-1012 completed`, edition);
      assert.equal(rows.length, 2, rows.join('\n'));
    }
  });

  it('the callee’s row has an id of at most 100 characters, none of the call’s own', () => {
    const call = { ...internalCall().at(-1)?.notice.call, id: 'a'.repeat(100) } as JournalCall;
    const view = { zone: 'UTC', internalCalls: 'both', rules: [], shortNumbers: new Set<string>(), missedOwner: '' } as const;
    const [message] = calleeMessages({ ...view, knows: () => true, linkOf: () => '' }, call, 0);
    assert.equal(message?.row.id, `${'a'.repeat(92)}-to-1012`);
  });

  it('CRM-20: nothing that could end a quoted text leaves for the query, whatever a caller calls himself', async () => {
    const { crm, binding } = await open('vtiger');
    const teller = tellerOf(binding);
    const [{ notice, atMs } = { notice: undefined, atMs: 0 }] = noticesOf('02-answered-call');
    assert.ok(notice);
    const hostile = structuredClone(notice.call);
    hostile.customer = { number: "79123456789' OR '1'='1", name: '"><b>' };
    const message = teller
      .messagesOf({ type: 'call-started', call: hostile }, atMs)
      .map(({ event, payload }) => crmMessage({ event, payload }));
    await sendAll(teller, message);
    assert.equal(crm.rows[0]?.customer, '79123456789OR11');
    assert.ok(crm.ws.queries.length > 0);
    for (const text of crm.ws.queries)
      assert.match(text, /^select [\w,]+ from \w+ where \w+='[\w.+*#-]*'( or \w+='[\w.+*#-]*')?( limit 1)?;$/);
    const bad = crmMessage({ event: 'ws.create', payload: JSON.stringify({ id: "x' or '1'='1", fields: {}, extension: '', owner: '' }) });
    assert.equal((await teller.send(bad)).kind, 'rejected');
  });

  it('internal calls are told where the binding wants them', () => {
    const view = { zone: 'UTC', rules: [], shortNumbers: new Set<string>(), missedOwner: '', knows: () => true, linkOf: () => '' };
    const count = (internalCalls: 'off' | 'caller' | 'both'): number =>
      internalCall().flatMap(({ notice, atMs }) => wsMessages({ ...view, internalCalls }, notice, atMs)).length;
    assert.deepEqual([count('off'), count('caller'), count('both')], [0, 3, 4]);
  });
});

/** 1011 clicks on the number of 1012. */
const internalCall = (): ReturnType<typeof noticesOf> => noticesOf('30-click-to-call');
