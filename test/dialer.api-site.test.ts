/** Settings, gateways, profiles, report, audit over the own API, and the description of all of it (dialer.md A4, B4, B8, B10). */
import assert from 'node:assert/strict';
import { dialerRoutes } from '../sidecar/openapi/dialer-routes.js';
import { agentContact, startDialerApi, startMs, type DialerApi } from './support/dialer-api.js';

describe('the dialer as a whole over the own API', () => {
  let api: DialerApi;
  beforeEach(async () => {
    api = await startDialerApi();
    await api.campaign('c1', { gateways: ['trunk1', { gateway: 'trunk2', switch: 'ast1' }] });
  });
  afterEach(() => api.close());

  const code = async (method: string, path: string, body?: unknown, who?: string): Promise<string> => {
    const answer = await api.ask(method, path, body, who);
    return `${String(answer.status)} ${(answer.body['code'] as string | undefined) ?? ''}`.trim();
  };

  it('A14: the status, and whether this process dials', async () => {
    const { status, body } = await api.get('/dialer/status', 'reader');
    assert.deepEqual([status, body['freeSlots'], body['owner']], [200, 83, true]);
  });

  it('A4: settings that may change while it runs are changed, by administrators of the dialer', async () => {
    const before = await api.get('/dialer/settings', 'reader');
    assert.deepEqual([before.body['max_concurrent_calls'], before.body['calls_per_second'], before.body['cycle_s']], [120, 10, 1]);
    const change = { max_concurrent_calls: 60, cycle_s: 2, max_call_minutes: 30, default_ivr: '*9664', service_identifier: '1218' };
    const { status, body } = await api.ask('PATCH', '/dialer/settings', change, 'chief');
    assert.deepEqual([status, body['max_concurrent_calls'], body['default_ivr']], [200, 60, '*9664']);
    assert.ok(
      api.asked.includes(
        'settings {"defaultIvr":"*9664","serviceIdentifier":"1218","cycleMs":2000,"slotsMax":60,"callMsMax":1800000} "user:chief"',
      ),
    );
    assert.equal(await code('PATCH', '/dialer/settings', change, 'operator'), '403 TDM_FORBIDDEN');
    assert.equal(await code('PATCH', '/dialer/settings', change, 'west'), '403 TDM_FORBIDDEN');
  });

  for (const wrong of [
    { calls_per_second: 0 },
    { max_concurrent_calls: 'many' },
    { default_ivr: "9664'" },
    { service_identifier: 'a,b' },
    { cycle_s: -1 },
    { max_call_minutes: 1 },
    { strict_strings: true },
    { voice_connector: 'http://evil' },
  ])
    it(`A4: ${JSON.stringify(wrong)} is refused with the field named`, async () => {
      const { status, body } = await api.ask('PATCH', '/dialer/settings', wrong, 'chief');
      assert.equal(status, 400);
      assert.match(String(body['message']), new RegExp(Object.keys(wrong)[0] ?? ''));
      assert.ok(!api.asked.some((word) => word.startsWith('settings')));
    });

  it('B8: one gateway is paused, seen as such, and goes on', async () => {
    type Gateways = { readonly items: readonly { readonly switch: string; readonly gateway: string; readonly paused: boolean }[] };
    const seen = async () =>
      ((await api.get('/dialer/gateways', 'reader')).body as unknown as Gateways).items.map(
        ({ switch: at, gateway, paused }) => `${at} ${gateway}${paused ? ' paused' : ''}`,
      );
    assert.deepEqual(await seen(), ['ast1 trunk2', 'fs1 trunk1']);
    assert.equal(await code('PUT', '/dialer/gateways/ast1/trunk2', { paused: true }, 'operator'), '200');
    assert.deepEqual(await seen(), ['ast1 trunk2 paused', 'fs1 trunk1']);
    assert.deepEqual(api.says.settings.gatewaysPaused, ['ast1 trunk2']);
    assert.equal(await code('PUT', '/dialer/gateways/ast1/trunk2', { paused: false }, 'operator'), '200');
    assert.deepEqual(api.says.settings.gatewaysPaused, []);
    assert.equal(await code('PUT', '/dialer/gateways/ast1/none', { paused: true }), '404 TDM_NOT_FOUND');
    assert.equal(await code('PUT', '/dialer/gateways/ast1/trunk2', {}), '400 TDM_BAD_REQUEST');
    assert.equal(await code('PUT', '/dialer/gateways/ast1/trunk2', { paused: true }, 'reader'), '403 TDM_FORBIDDEN');
    assert.equal(await code('PUT', '/dialer/gateways/ast1/trunk2', { paused: true }, 'west'), '403 TDM_FORBIDDEN');
  });

  it('B12, B13: profiles with their rules', async () => {
    const { body } = await api.get('/dialer/profiles', 'reader');
    const names = (body['items'] as { readonly name: string }[]).map(({ name }) => name);
    for (const name of ['us-telemarketing', 'uk', 'ca', 'reference']) assert.ok(names.includes(name), name);
    const one = await api.get('/dialer/profiles/us-telemarketing', 'reader');
    assert.deepEqual([one.status, one.body['abandonCap']], [200, 0.03]);
    assert.equal(await code('GET', '/dialer/profiles/__proto__'), '404 TDM_NOT_FOUND');
  });

  describe('B12: compliance report', () => {
    const span = `from=${String(startMs - 86_400_000)}&to=${String(startMs + 1)}`;

    it('as JSON, CSV and text', async () => {
      const json = await api.get(`/dialer/campaigns/c1/report?${span}`, 'reader');
      assert.equal(json.status, 200, json.text);
      const text = await api.get(`/dialer/campaigns/c1/report?${span}&format=text`, 'reader');
      assert.deepEqual([text.headers.get('content-type'), /c1/.test(text.text)], ['text/plain; charset=utf-8', true]);
      const csv = await api.get(`/dialer/campaigns/c1/report?${span}&format=csv`, 'reader');
      assert.equal(csv.headers.get('content-disposition'), 'attachment; filename=compliance-c1.csv');
      assert.match(csv.headers.get('content-type') ?? '', /^text\/csv/);
    });

    it('B10: without numbers for who may not see them', async () => {
      await api.post('/dialer/contacts', agentContact('a1'));
      const fence = (await api.own.leases.acquire('dialer', 'test', 60_000)) ?? 0;
      const base = { campaignId: 'c1', listId: undefined, mode: 'PREDICTIVE', callerId: '', switch: 'fs1', gateway: 'trunk1' } as const;
      const at = { placedAtMs: startMs - 60_000, ringingAtMs: undefined, answeredAtMs: startMs - 50_000, offeredAtMs: startMs - 50_000 };
      const facts = { bridgedAtMs: undefined, endedAtMs: startMs - 40_000, cause: 'NORMAL_CLEARING', q850: 16, sip: 200 };
      const told = { result: 'ABANDONED', countsAsAttempt: true, agent: undefined, amd: undefined, messageAtMs: startMs - 48_000 } as const;
      const rest = { messageMs: 5_000, optedOut: false, endedBy: 'us', decisionAtMs: undefined, recording: undefined } as const;
      const number = { callId: 'a1', contactId: 'a1', number: '+4915112345678', numberKey: '4915112345678' };
      const record = { ...base, ...at, ...facts, ...told, ...rest, ...number };
      await api.store.save([{ transition: undefined, record, outbox: [], dnc: [], audit: [] }], fence);
      for (const format of ['json', 'csv', 'text']) {
        const masked = await api.get(`/dialer/campaigns/c1/report?${span}&format=${format}`, 'reader');
        assert.doesNotMatch(masked.text, /12345678/, format);
      }
      assert.match((await api.get(`/dialer/campaigns/c1/report?${span}&format=text`, 'reader')).text, /1 abandoned/);

      // placed before the period and answered in it, in the middle of a counter: figures and evidence are of the same calls
      const from = startMs - 55_000;
      const [period] = await api.store.calls({ campaign: 'c1', before: '', limit: 1 });
      assert.ok((period?.placedAtMs ?? Infinity) < from && (period?.answeredAtMs ?? 0) > from);
      const part = await api.get(`/dialer/campaigns/c1/report?from=${String(from)}&to=${String(startMs)}`, 'reader');
      const { total, conditions, fromMs, toMs } = part.body as {
        readonly total: { readonly abandoned: number };
        readonly conditions: readonly { readonly name: string; readonly evidence: string }[];
        readonly fromMs: number;
        readonly toMs: number;
      };
      assert.deepEqual([total.abandoned, conditions.find(({ name }) => name === 'message')?.evidence], [1, '1 abandoned calls']);
      assert.deepEqual([fromMs % 300_000, toMs % 300_000, fromMs <= from, toMs >= startMs], [0, 0, true, true], 'in whole counters');
    });

    it('of a span that is one, and not too long', async () => {
      for (const query of ['', 'from=1', 'from=2&to=1', 'from=0&to=99999999999', `${span}&format=pdf`, 'from=x&to=y'])
        assert.equal(await code('GET', `/dialer/campaigns/c1/report?${query}`), '400 TDM_BAD_REQUEST', query);
      assert.equal(await code('GET', `/dialer/campaigns/c1/counters?${span}`), '200');
      assert.equal(await code('GET', `/dialer/campaigns/none/report?${span}`), '404 TDM_NOT_FOUND');
    });
  });

  it('B10: short numbers on lists, too, are masked in the audit for who may not see them', async () => {
    await api.post('/dialer/dnc', { numbers: ['5550123'] }, 'boss');
    await api.post('/dialer/dnc', { numbers: ['49900'], prefix: true }, 'boss');
    const seen = async (who: string) =>
      ((await api.get('/dialer/audit?object=dnc', who)).body['items'] as { after: string }[]).map((row) => row.after);
    assert.deepEqual(await seen('chief'), [
      '{"scope":"","prefix":false,"numbers":["55***23"]}',
      '{"scope":"","prefix":true,"numbers":["49900"]}',
    ]);
    assert.match((await seen('boss'))[0] ?? '', /"5550123"/);
  });

  it('B10: the audit is read in pages and verified; who is of some queues sees none of it', async () => {
    await api.ask('PATCH', '/dialer/campaigns/c1', { weight: 2 });
    const { body } = await api.get('/dialer/audit?limit=1', 'chief');
    assert.deepEqual([(body['items'] as object[]).length, typeof body['next']], [1, 'string']);
    assert.deepEqual((await api.get('/dialer/audit/verify', 'chief')).body, { whole: true });
    for (const who of ['reader', 'operator', 'west']) {
      assert.equal(await code('GET', '/dialer/audit', undefined, who), '403 TDM_FORBIDDEN', who);
      assert.equal(await code('GET', '/dialer/audit/verify', undefined, who), '403 TDM_FORBIDDEN', who);
    }
  });

  it('B24: answers have the described form', async () => {
    await api.post('/dialer/contacts', agentContact('a1'));
    const asked: readonly (readonly [method: string, path: string, real: string, body?: object])[] = [
      ['get', '/dialer/campaigns', '/dialer/campaigns'],
      ['get', '/dialer/campaigns/{campaign}', '/dialer/campaigns/c1'],
      ['post', '/dialer/campaigns/{campaign}/start', '/dialer/campaigns/c1/start', {}],
      ['post', '/dialer/campaigns/{campaign}/pause', '/dialer/campaigns/c1/pause', {}],
      ['get', '/dialer/campaigns/{campaign}/live', '/dialer/campaigns/c1/live'],
      ['get', '/dialer/contacts', '/dialer/contacts'],
      ['get', '/dialer/contacts/{contact}', '/dialer/contacts/a1'],
      ['post', '/dialer/contacts', '/dialer/contacts', [agentContact('a2'), {}]],
      ['get', '/dialer/calls', '/dialer/calls'],
      ['get', '/dialer/callbacks', '/dialer/callbacks'],
      ['get', '/dialer/preview/{agent}', '/dialer/preview/anna'],
      ['get', '/dialer/status', '/dialer/status'],
      ['get', '/dialer/gateways', '/dialer/gateways'],
      ['get', '/dialer/audit', '/dialer/audit'],
      ['get', '/status', '/status'],
    ];
    for (const [method, path, real, body] of asked) {
      const doc = dialerRoutes.find((one) => one.method === method && one.path === path);
      assert.ok(doc?.answer, path);
      const answer = await api.ask(method.toUpperCase(), real, body);
      assert.ok(answer.status < 300, answer.text);
      const read = doc.answer.safeParse(answer.body);
      assert.ok(read.success, `${path}: ${JSON.stringify(read.error?.issues)}`);
      assert.deepEqual(read.data, answer.body, `${path} has members that are not described`);
    }
  });
});
