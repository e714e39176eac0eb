/** Contacts, calls, dispositions, callbacks and preview over the own API (B42, B46, B47; dialer.md B2, B10). */
import assert from 'node:assert/strict';
import type { CallRecord, Contact } from '../core/dialer/contact.js';
import type { PreviewOffer } from '../core/dialer-ports.js';
import { agentContact, ivrContact, startDialerApi, type DialerApi } from './support/dialer-api.js';

const number = '+4915112345678';
const masked = '+49151******78';

/** A call that ended, with its contact at its end too; by the fence of whoever dials. */
async function called(api: DialerApi, id: string, more: Partial<CallRecord> = {}): Promise<void> {
  const fence = (await api.own.leases.acquire('dialer', 'test', 60_000)) ?? 0;
  const contact = await api.store.contact(id);
  const campaign = await api.store.campaign(contact?.campaignId ?? '');
  assert.ok(contact && campaign);
  const claim = { campaign, contacts: [id], countMax: 1, to: 'dialed' as const, nowMs: api.clock.nowMs };
  const { granted } = await api.store.claim(claim, () => ({ kind: 'go', guaranteedOnly: false }), fence);
  const record: CallRecord = {
    ...{ callId: granted[0]?.callId ?? '', contactId: id, campaignId: contact.campaignId, listId: undefined, mode: 'PROGRESSIVE' },
    ...{ number: contact.customerNumber, numberKey: contact.numberKey, callerId: '+4930123456', switch: 'fs1', gateway: 'trunk1' },
    ...{ placedAtMs: api.clock.nowMs, ringingAtMs: undefined, answeredAtMs: api.clock.nowMs + 1_000, offeredAtMs: undefined },
    ...{ bridgedAtMs: api.clock.nowMs + 1_200, endedAtMs: api.clock.nowMs + 9_000, cause: 'NORMAL_CLEARING', q850: 16, sip: 200 },
    ...{ result: 'CONNECTED', countsAsAttempt: true, agent: 'anna', amd: undefined, messageAtMs: undefined, messageMs: undefined },
    ...{ optedOut: false, endedBy: 'customer', decisionAtMs: undefined, recording: undefined, ...more },
  };
  const counts = { attempt: true, result: record.result, dayPart: 0 };
  const transition = { contactId: id, from: 'dialed', to: 'ended', callResult: record.cause, result: record.result, counts } as const;
  await api.store.save([{ transition, record, outbox: [], dnc: [], audit: [] }], fence);
}

const offerFor = (contact: Contact): PreviewOffer => ({
  ...{ campaign: 'c1', agent: 'anna', offeredAtMs: 1, untilMs: undefined, data: contact.data },
  contact: {
    ...{ id: contact.id, campaignId: 'c1', number, numberKey: contact.numberKey, gateway: 'trunk1', receivedTimeMs: 1, nextAttemptAtMs: 1 },
    ...{
      priority: 5,
      ivr: '',
      queue: '',
      agent: '',
      dials: 0,
      traits: { answeredBefore: false, attempts: 0, hour: 15, ageDays: 0 },
      guaranteedOnly: false,
      skippedBy: {},
    },
    ...{ callbackAgent: undefined, callbackPatienceUntilMs: undefined, contact },
  },
});

describe('contacts over the own API', () => {
  let api: DialerApi;
  beforeEach(async () => {
    api = await startDialerApi();
    await api.campaign('c1');
    await api.campaign('west', { queue: 'west' });
    const data = { name: 'Eve', phone2: '+4930555666', lead: '4711' };
    await api.post('/dialer/contacts', [
      agentContact('a1', { data, numbers: ['+4930555666'] }),
      agentContact('a2', { customer_number: '+4930222333' }),
      agentContact('w1', { campaign_id: 'west' }),
    ]);
  });
  afterEach(() => api.close());

  const code = async (method: string, path: string, body?: unknown, who?: string): Promise<string> => {
    const answer = await api.ask(method, path, body, who);
    return `${String(answer.status)} ${(answer.body['code'] as string | undefined) ?? ''}`.trim();
  };
  const ids = async (path: string, who = 'reader'): Promise<string> => {
    const { body, text } = await api.get(path, who);
    assert.ok(Array.isArray(body['items']), text);
    return (body['items'] as Record<string, string>[]).map((one) => one['id'] ?? one['callId']).join(' ');
  };

  it('E15 to E27: a contact has the names of A2, and what was read can be sent again', async () => {
    const { body } = await api.get('/dialer/contacts/a1', 'auditor');
    const { id, customer_number, campaign_type, gateway_id, status, priority, dialing_mode, routing_mode, queue_name } = body;
    assert.deepEqual(
      [id, customer_number, campaign_type, gateway_id, status, priority, dialing_mode, routing_mode, queue_name],
      ['a1', number, 'AGENT', 'gw-1', 'pending', 5, 'PROGRESSIVE', 'QUEUE', 'sales'],
    );
    assert.equal(body['received_time'], '2026-11-23T20:00:00.000Z');
    const again = await api.post('/dialer/contacts', body, 'operator');
    assert.deepEqual([again.status, again.text], [200, '{"id":"a1","duplicate":true}']);
  });

  it('B10: numbers are masked for who may not see them, wherever they stand', async () => {
    for (const who of ['reader', 'operator', 'chief']) {
      const { body, text } = await api.get('/dialer/contacts/a1', who);
      assert.deepEqual([body['customer_number'], body['numbers']], [masked, ['+49305***66']], who);
      assert.deepEqual(body['data'], { lead: '4711', name: 'Eve', phone2: '+49305***66' });
      assert.doesNotMatch(text, /12345678|555666/);
      assert.doesNotMatch((await api.get('/dialer/contacts?campaign=c1', who)).text, /12345678|555666/);
    }
    for (const who of ['auditor', 'boss']) assert.equal((await api.get('/dialer/contacts/a1', who)).body['customer_number'], number);
    await called(api, 'a1');
    assert.match((await api.get('/dialer/calls?contact=a1', 'reader')).text, /"number":"\+49151\*{6}78"/);
    assert.doesNotMatch((await api.get('/dialer/calls?contact=a1', 'reader')).text, /12345678/);
    assert.match((await api.get('/dialer/calls?contact=a1', 'auditor')).text, /"number":"\+4915112345678"/);
  });

  it('B10: the audit of the API keeps no numbers of contacts', async () => {
    const rows = await api.own.access.audit.read({ fromMs: 0, toMs: Infinity, limit: 50 });
    assert.ok(rows.some(({ path }) => path === '/api/v1/dialer/contacts'));
    assert.doesNotMatch(JSON.stringify(rows), /12345678|555666/);
  });

  it('lists by campaign, status, number, in pages by arrival', async () => {
    assert.equal(await ids('/dialer/contacts'), 'a1 a2 w1');
    assert.equal(await ids('/dialer/contacts?campaign=c1&status=pending'), 'a1 a2');
    assert.equal(await ids('/dialer/contacts?status=ended'), '');
    assert.equal(await ids('/dialer/contacts?number=%2B4930222333'), 'a2');
    const { body } = await api.get('/dialer/contacts?limit=1');
    assert.equal(await ids(`/dialer/contacts?limit=5&after=${String(body['next'])}`), 'a2 w1');
    assert.equal(await code('GET', '/dialer/contacts?after=x'), '400 TDM_BAD_REQUEST');
    assert.equal(await code('GET', "/dialer/contacts?campaign=x'"), '400 TDM_BAD_REQUEST');
  });

  it('B39: those of some queues name a campaign of theirs, and find no other', async () => {
    assert.equal(await code('GET', '/dialer/contacts', undefined, 'west'), '400 TDM_BAD_REQUEST');
    assert.equal(await ids('/dialer/contacts?campaign=west', 'west'), 'w1');
    assert.equal(await code('GET', '/dialer/contacts?campaign=c1', undefined, 'west'), '404 TDM_NOT_FOUND');
    assert.equal(await code('GET', '/dialer/contacts/a1', undefined, 'west'), '404 TDM_NOT_FOUND');
    assert.equal(await code('PATCH', '/dialer/contacts/a1', { status: 'ended' }, 'west'), '403 TDM_FORBIDDEN');
    assert.equal(await code('GET', '/dialer/calls?contact=a1', undefined, 'west'), '404 TDM_NOT_FOUND');
    assert.equal(await code('GET', '/dialer/calls', undefined, 'west'), '400 TDM_BAD_REQUEST');
    assert.equal(await code('GET', '/dialer/callbacks', undefined, 'west'), '400 TDM_BAD_REQUEST');
  });

  it('a contact is changed by hand, with its reason in the audit; not while a call is under way', async () => {
    const change = { status: 'ended', result: 'BLOCKED_DNC', reason: 'asked by letter' };
    const { status, body } = await api.ask('PATCH', '/dialer/contacts/a1', change, 'operator');
    assert.deepEqual([status, body['status'], body['result']], [200, 'ended', 'BLOCKED_DNC']);
    const [row] = await api.store.audit({ object: 'contact a1', after: 0, limit: 5 });
    assert.deepEqual([row?.action, row?.actor, row?.reason], ['revise', 'user:operator', 'asked by letter']);
    for (const wrong of [
      {},
      { status: 'dialed' },
      { result: 'NONE' },
      { next_attempt_at: 'soon' },
      { next_attempt_at: '9999-12-31T00:00:00Z' },
      { customer_number: '1' },
    ])
      assert.equal(await code('PATCH', '/dialer/contacts/a2', wrong, 'operator'), '400 TDM_BAD_REQUEST', JSON.stringify(wrong));
    const fence = (await api.own.leases.acquire('dialer', 'test', 60_000)) ?? 0;
    const campaign = await api.store.campaign('c1');
    assert.ok(campaign);
    const claim = { campaign, contacts: ['a2'], countMax: 1, to: 'dialed' as const, nowMs: api.clock.nowMs };
    await api.store.claim(claim, () => ({ kind: 'go', guaranteedOnly: false }), fence);
    assert.equal(await code('PATCH', '/dialer/contacts/a2', { status: 'ended' }, 'operator'), '409 TDM_CONFLICT');
  });

  it('calls are listed newest first, by contact, campaign and result, in pages', async () => {
    await called(api, 'a1');
    api.clock.nowMs += 60_000;
    await called(api, 'a2', { result: 'BUSY', cause: 'USER_BUSY', agent: undefined });
    assert.equal(await ids('/dialer/calls'), 'a2 a1');
    assert.equal(await ids('/dialer/calls?result=BUSY'), 'a2');
    assert.equal(await ids('/dialer/calls?contact=a1'), 'a1');
    assert.equal(await ids('/dialer/calls?campaign=west'), '');
    assert.equal(await ids(`/dialer/calls?to=${String(api.clock.nowMs)}`), 'a1');
    const { body } = await api.get('/dialer/calls?limit=1');
    assert.equal(await ids(`/dialer/calls?limit=1&before=${encodeURIComponent(String(body['next']))}`), 'a1');
    assert.equal(await code('GET', '/dialer/calls?before=1'), '400 TDM_BAD_REQUEST');
  });

  describe('B46: what agents say of a talk', () => {
    const say = (body: object, who = 'anna', contact = 'a1') => api.post(`/dialer/contacts/${contact}/disposition`, body, who);
    beforeEach(() => called(api, 'a1'));

    it('a final one ends the contact', async () => {
      const { status, body } = await say({ disposition: 'sale' });
      assert.deepEqual([status, body['disposition'], body['status']], [200, 'SALE', 'ended']);
    });

    it('B13: DNC puts the number on the list', async () => {
      assert.equal((await say({ disposition: 'DNC' })).status, 200);
      const found = await api.store.findDnc(['4915112345678'], api.clock.nowMs);
      const [entry] = found.get('4915112345678') ?? [];
      assert.deepEqual([entry?.scope, entry?.source], ['campaign:c1', 'agent:anna']);
    });

    it('B44, B46: a machine after all is told to the pace, once', async () => {
      const told = (): readonly string[] => api.asked.filter((one) => one.startsWith('machine'));
      await say({ disposition: 'SALE' });
      assert.deepEqual(told(), []);
      await say({ disposition: 'machine' });
      await say({ disposition: 'MACHINE' });
      assert.deepEqual(told(), ['machine "c1"']);
    });

    it('B48: recycling makes it pending again', async () => {
      const { body } = await say({ disposition: 'RECYCLE' });
      assert.deepEqual([body['status'], body['next_attempt_at']], ['pending', '2026-11-24T20:00:00.000Z']);
    });

    it('B47: a callback at its time, for the agent alone at first', async () => {
      assert.equal((await say({ disposition: 'CALLBACK' })).status, 400);
      const { body } = await say({ disposition: 'CALLBACK', callback_at: '2026-11-24T15:30:00+01:00' });
      assert.deepEqual(
        [body['status'], body['callback_at'], body['callback_agent'], body['callback_patience_until']],
        ['pending', '2026-11-24T14:30:00.000Z', 'anna', '2026-11-24T15:00:00.000Z'],
      );
      assert.equal(await ids('/dialer/callbacks', 'anna'), 'a1');
      assert.equal(await ids('/dialer/callbacks', 'bert'), '');
      assert.equal(await ids('/dialer/callbacks?agent=anna', 'operator'), 'a1');
    });

    it('B39: only of his own talks does an agent say something, and only in his name', async () => {
      assert.equal((await say({ disposition: 'SALE' }, 'bert')).status, 403);
      assert.equal((await say({ disposition: 'SALE' }, 'anna', 'a2')).status, 403);
      assert.equal(await code('GET', '/dialer/callbacks?agent=bert', undefined, 'anna'), '403 TDM_FORBIDDEN');
      assert.equal((await say({ disposition: 'DNC', agent: 'chief' })).status, 200);
      const [entry] = (await api.store.findDnc(['4915112345678'], api.clock.nowMs)).get('4915112345678') ?? [];
      assert.equal(entry?.source, 'agent:anna');
    });

    it('what is wrong is refused by its name', async () => {
      for (const [body, field] of [
        [{ disposition: 'NOVEL' }, /disposition/],
        [{}, /disposition/],
        [{ disposition: 'CALLBACK', callback_at: '2020-01-01T00:00:00Z' }, /callback_at: it has passed/],
        [{ disposition: 'CALLBACK', callback_at: 'soon' }, /callback_at/],
      ] as const) {
        const answer = await say(body);
        assert.deepEqual([answer.status, field.test(answer.text)], [400, true], answer.text);
      }
      assert.equal((await say({ disposition: 'SALE' }, 'operator', 'none')).status, 404);
    });

    it('B47: a supervisor promises a callback that waits for an agent; an agent one for himself', async () => {
      const wish = { contact: 'a1', callback_at: Date.UTC(2026, 10, 24, 10), agent: 'bert' };
      const { status, body } = await api.post('/dialer/callbacks', wish, 'operator');
      assert.deepEqual([status, body['callback_agent']], [201, 'bert']);
      const own = await api.post('/dialer/callbacks', wish, 'anna');
      assert.deepEqual([own.status, own.body['callback_agent']], [201, 'anna']);
      assert.equal((await api.post('/dialer/callbacks', wish, 'bert')).status, 403);
      assert.equal((await api.post('/dialer/callbacks', { ...wish, contact: 'none' }, 'operator')).status, 404);
    });
  });

  it('B48: an ended contact is called again when the rule of its result lets it', async () => {
    await called(api, 'a1', { result: 'BUSY', cause: 'USER_BUSY' });
    const { status, body } = await api.post('/dialer/contacts/a1/recycle', undefined, 'operator');
    assert.deepEqual([status, body['status']], [200, 'pending']);
    await called(api, 'a2');
    assert.equal(await code('POST', '/dialer/contacts/a2/recycle', {}, 'operator'), '409 TDM_CONFLICT');
    assert.ok(api.asked.includes('wake "c1"'));
  });

  it('why a contact is not called, gate by gate, with masked numbers', async () => {
    const contact = await api.store.contact('a1');
    assert.ok(contact);
    api.says.contactWhy = {
      contact,
      gates: [{ gate: 'dnc', passes: false, detail: `4915112345678 is on the list of campaign c1` }],
      first: 'dnc',
      calls: [],
    };
    const { status, body, text } = await api.get('/dialer/contacts/a1/why', 'reader');
    assert.deepEqual([status, body['first']], [200, 'dnc']);
    assert.doesNotMatch(text, /12345678/);
    assert.ok((body['text'] as string[]).some((line) => /BLOCKS +dnc/.test(line)));
    assert.match((await api.get('/dialer/contacts/a1/why', 'auditor')).text, /4915112345678 is on the list/);
    assert.equal(await code('GET', '/dialer/contacts/none/why'), '404 TDM_NOT_FOUND');
  });

  describe('B42: preview', () => {
    for (const root of ['/dialer/preview', '/preview'])
      it(`the agent himself asks, dials, skips and rejects at ${root}`, async () => {
        const contact = await api.store.contact('a1');
        assert.ok(contact);
        api.says.offer = offerFor(contact);
        const { status, body } = await api.post(`${root}/anna/next`, { campaign: 'c1' }, 'anna');
        const { contact: shown, data } = body['offer'] as { contact: Record<string, unknown>; data: Record<string, string> };
        assert.deepEqual([status, shown['number'], shown['numbers']], [200, masked, [masked, '+49305***66']]);
        assert.equal(data['phone2'], '+49305***66');
        assert.deepEqual((await api.post(`${root}/anna/dial`, { number: 1 }, 'anna')).body, { callId: 'k1' });
        assert.deepEqual((await api.post(`${root}/anna/skip`, { reason: 'later' }, 'anna')).body, { ok: true });
        assert.equal((await api.post(`${root}/anna/reject`, {}, 'anna')).status, 400);
        assert.deepEqual((await api.post(`${root}/anna/reject`, { reason: 'dead line' }, 'anna')).body, { ok: true });
        assert.deepEqual(
          api.asked.filter((word) => /^(next|dial|skip|reject)/.test(word)),
          ['next "anna" "c1"', 'dial "anna" 1', 'skip "anna" "later"', 'reject "anna" "dead line"'],
        );
      });

    it('nothing to look at is null', async () => {
      assert.deepEqual((await api.post('/dialer/preview/anna/next', undefined, 'anna')).body, { offer: null });
      assert.deepEqual((await api.get('/dialer/preview/anna', 'bert')).status, 403);
    });

    it('B39: an agent has his own preview alone; supervisors that of agents of their queues', async () => {
      assert.equal(await code('POST', '/dialer/preview/bert/next', {}, 'anna'), '403 TDM_FORBIDDEN');
      assert.equal(await code('POST', '/dialer/preview/bert/next', {}, 'bert'), '200');
      assert.equal(await code('POST', '/dialer/preview/anna/next', {}, 'operator'), '200');
      assert.equal(await code('POST', '/dialer/preview/anna/next', {}, 'reader'), '403 TDM_FORBIDDEN');
      assert.equal(await code('POST', '/dialer/preview/anna/next', {}, 'west'), '403 TDM_FORBIDDEN');
      assert.equal(await code('POST', '/dialer/preview/wanda/next', {}, 'west'), '200');
      assert.equal(await code('POST', '/dialer/preview/nobody/next', {}, 'operator'), '404 TDM_NOT_FOUND');
      assert.equal(await code('POST', '/dialer/preview/wanda/next', { campaign: 'c1' }, 'west'), '403 TDM_FORBIDDEN');
    });

    it('B39: where the queues are elsewhere an agent still has his own preview alone', async () => {
      const other = await startDialerApi({ engine: { isOwner: () => false, view: () => assert.fail('another process has them') } });
      try {
        const asked: number[] = [];
        for (const [agent, who] of [
          ['anna', 'anna'],
          ['bert', 'anna'],
          ['bert', 'operator'],
          ['wanda', 'west'],
        ] as const)
          asked.push((await other.post(`/preview/${agent}/next`, {}, who)).status);
        assert.deepEqual(asked, [200, 403, 200, 403]);
      } finally {
        await other.close();
      }
    });

    it('on a standby 503', async () => {
      api.says.isOwner = false;
      assert.equal(await code('POST', '/preview/anna/next', {}, 'anna'), '503 TDM_STANDBY');
    });
  });

  it('B49: the intake of the own API is that of the reference', async () => {
    const { status, text } = await api.post('/dialer/contacts', ivrContact('n1', { campaign_id: 'new' }), 'operator');
    assert.deepEqual([status, text], [201, '{"id":"n1"}']);
    assert.equal(await code('POST', '/dialer/contacts', [{ id: 'x' }], 'reader'), '403 TDM_FORBIDDEN');
    assert.equal(await code('POST', '/dialer/contacts', 'x', 'operator'), '400 TDM_BAD_REQUEST');
  });
});
