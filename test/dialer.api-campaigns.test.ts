/** Campaigns over the own API: rules, revisions, states, live figures, rights (dialer.md B8, B9). */
import assert from 'node:assert/strict';
import type { CampaignLive, CampaignWhy } from '../core/dialer-ports.js';
import { seesCampaign } from '../sidecar/routes/dialer/tools.js';
import { ivrContact, plainRules, startDialerApi, type DialerApi } from './support/dialer-api.js';

describe('campaigns over the own API', () => {
  let api: DialerApi;
  beforeEach(async () => {
    api = await startDialerApi();
  });
  afterEach(() => api.close());

  const code = async (method: string, path: string, body?: unknown, who?: string): Promise<string> => {
    const answer = await api.ask(method, path, body, who);
    return `${String(answer.status)} ${(answer.body['code'] as string | undefined) ?? ''}`.trim();
  };

  it('are made as drafts with every default, read, listed, changed and removed', async () => {
    const made = await api.post('/dialer/campaigns', { id: 'spring', ...plainRules }, 'chief');
    assert.equal(made.status, 201, made.text);
    assert.equal(made.headers.get('etag'), '"1"');
    const { id, name, state, mode, attempts_max, retry, implicit, revision } = made.body;
    assert.deepEqual([id, name, state, mode, attempts_max, implicit, revision], ['spring', 'spring', 'draft', 'PROGRESSIVE', 6, false, 1]);
    assert.deepEqual((retry as Record<string, { delays_s: number[] }>)['BUSY']?.delays_s, [600, 1_800, 7_200]);
    const read = await api.get('/dialer/campaigns/spring', 'reader');
    assert.deepEqual(read.body, made.body);
    const changed = await api.ask('PATCH', '/dialer/campaigns/spring', { weight: 3, retry: { BUSY: { delays_s: [60] } } }, 'chief');
    assert.deepEqual([changed.status, changed.body['weight'], changed.body['revision']], [200, 3, 2]);
    const listed = await api.get('/dialer/campaigns', 'reader');
    assert.deepEqual([listed.body['total'], (listed.body['items'] as object[]).length], [1, 1]);
    assert.equal(await code('DELETE', '/dialer/campaigns/spring', undefined, 'chief'), '200');
    assert.equal(await code('GET', '/dialer/campaigns/spring'), '404 TDM_NOT_FOUND');
  });

  it('PUT gives defaults to what is not said, PATCH leaves it; the life of the campaign stays', async () => {
    await api.campaign('c1', { weight: 5, attempts_max: 9 });
    await api.post('/dialer/campaigns/c1/start');
    const { startedAtMs } = (await api.store.campaign('c1')) ?? {};
    assert.equal((await api.ask('PUT', '/dialer/campaigns/c1', { ...plainRules, weight: 2 })).status, 200);
    const { weight, attemptsMax, state, startedAtMs: after } = (await api.store.campaign('c1')) ?? {};
    assert.deepEqual([weight, attemptsMax, state, after], [2, 6, 'running', startedAtMs]);
  });

  it('what was read can be sent again', async () => {
    await api.campaign('c1', { mode: 'IVR', ivr: '9664', amd: { mode: 'switch' }, starts_at: '2026-12-01T08:00:00Z' });
    const { body } = await api.get('/dialer/campaigns/c1');
    const again = await api.ask('PUT', '/dialer/campaigns/c1', body);
    assert.equal(again.status, 200, again.text);
    assert.deepEqual({ ...again.body, revision: 0 }, { ...body, revision: 0 });
    const other = await api.ask('PATCH', '/dialer/campaigns/c1', { state: 'running' });
    assert.deepEqual([other.status, /state: is draft/.test(other.text)], [400, true]);
  });

  it('B11: of two people who change the same revision one is refused', async () => {
    await api.campaign('c1');
    assert.equal(await code('PATCH', '/dialer/campaigns/c1', { weight: 2, revision: 1 }), '200');
    assert.equal(await code('PATCH', '/dialer/campaigns/c1', { weight: 3, revision: 1 }), '409 TDM_CONFLICT');
    const match = (etag: string) => api.ask('PATCH', '/dialer/campaigns/c1', { weight: 4 }, 'boss', { 'if-match': etag });
    assert.equal((await match('"1"')).status, 409);
    assert.equal((await match('nonsense')).status, 400);
    assert.equal((await match('"2"')).status, 200);
    assert.equal((await api.store.campaign('c1'))?.weight, 4);
  });

  for (const [field, wrong] of [
    ['mode', { mode: 'MANUAL' }],
    ['profile', { profile: 'none' }],
    ['profile', { profile: undefined }],
    ['queue', { queue: '' }],
    ['weight', { weight: -1 }],
    ['time_zone', { time_zone: 'Europe/Atlantis' }],
    ['country', { country: 'ZZ' }],
    ['gateways', { gateways: [{ gateway: "gw'},x" }] }],
    ['gateways', { gateways: [{ gateway: 'gw\nbgapi' }] }],
    ['caller_ids', { caller_ids: ['anonymous<sip>'] }],
    ['retry', { retry: { WRONG: {} } }],
    ['retry', { retry: { BUSY: { delays_s: [-5] } } }],
    ['day_parts', { day_parts: ['25:00', '26:00'] }],
    ['starts_at', { starts_at: 'soon' }],
    ['ends_at', { starts_at: '2026-12-02T00:00:00Z', ends_at: '2026-12-01T00:00:00Z' }],
    ['ivr', { mode: 'IVR', ivr: '96,64' }],
    ['lines', { lines: 1_000_000 }],
    ['zebra', { zebra: 1 }],
    ['safe_harbour', { mode: 'PREDICTIVE' }],
    ['dispositions', { dispositions: [{ name: 'A' }, { name: 'a' }] }],
  ] as const)
    it(`a wrong ${field} (${JSON.stringify(wrong)}) is refused by its name, and nothing is stored`, async () => {
      const { status, body } = await api.post('/dialer/campaigns', { id: 'c1', ...plainRules, ...wrong });
      assert.equal(status, 400);
      assert.match(String(body['message']), new RegExp(`\\b${field}\\b`));
      assert.deepEqual(await api.store.campaigns(), []);
    });

  it('an id that cannot be one, or that is there already', async () => {
    for (const id of ['', 'a b', 'x'.repeat(41), "a'b", '../x'])
      assert.equal(await code('POST', '/dialer/campaigns', { id, ...plainRules }), '400 TDM_BAD_REQUEST', id);
    await api.campaign('c1');
    assert.equal(await code('POST', '/dialer/campaigns', { id: 'c1', ...plainRules }), '409 TDM_CONFLICT');
    assert.equal(await code('PUT', '/dialer/campaigns/c1', { id: 'c2', ...plainRules }), '400 TDM_BAD_REQUEST');
    assert.equal(await code('PATCH', '/dialer/campaigns/none', { weight: 1 }), '404 TDM_NOT_FOUND');
  });

  it('a change that would stop a running campaign from being startable is refused with the reason', async () => {
    await api.campaign('c1');
    await api.post('/dialer/campaigns/c1/start');
    api.start.problems = [{ field: 'gateways[0]', message: 'is not there' }];
    const { status, body } = await api.ask('PATCH', '/dialer/campaigns/c1', { weight: 2 });
    assert.deepEqual([status, body['code']], [409, 'TDM_CONFLICT']);
    assert.match(String(body['message']), /gateways\[0\]: is not there/);
    assert.equal((await api.store.campaign('c1'))?.weight, 1);
  });

  it('B8: start, pause, resume, drain, stop; the dialer reads it at once', async () => {
    await api.campaign('c1');
    const told: unknown[] = [];
    for (const action of ['start', 'pause', 'pause', 'resume', 'drain', 'resume', 'stop', 'start']) {
      const { status, body } = await api.post(`/dialer/campaigns/c1/${action}`, undefined, 'operator');
      told.push(`${action} ${String(status)} ${String(body['state'])}`);
    }
    assert.deepEqual(told, [
      'start 200 running',
      'pause 200 paused',
      'pause 200 paused',
      'resume 200 running',
      'drain 200 draining',
      'resume 200 running',
      'stop 200 stopped',
      'start 200 running',
    ]);
    assert.equal(api.asked.filter((word) => word === 'reload').length, 8);
    assert.ok(api.asked.includes('wake "c1"'));
  });

  it('B8: what a state does not allow is refused with the state', async () => {
    await api.campaign('c1');
    for (const action of ['pause', 'resume', 'drain']) {
      const { status, body } = await api.post(`/dialer/campaigns/c1/${action}`);
      assert.deepEqual([status, body['message']], [409, 'Not possible now: campaign c1 is draft']);
    }
    await api.post('/dialer/campaigns/c1/start');
    assert.equal(await code('DELETE', '/dialer/campaigns/c1'), '409 TDM_CONFLICT');
    assert.equal(await code('POST', '/dialer/campaigns/none/pause'), '404 TDM_NOT_FOUND');
  });

  it('B8: the short addresses do the same', async () => {
    await api.campaign('c1');
    await api.post('/dialer/campaigns/c1/start');
    for (const [action, state] of [
      ['pause', 'paused'],
      ['resume', 'running'],
      ['drain', 'draining'],
    ] as const) {
      const { status, text } = await api.post(`/campaigns/c1/${action}`, undefined, 'operator');
      assert.deepEqual([status, text], [200, `{"campaignId":"c1","action":"${action}","state":"${state}"}`]);
    }
  });

  it('B10: every change stands in the audit of the dialer with before and after, and in that of the API', async () => {
    await api.campaign('c1');
    await api.ask('PATCH', '/dialer/campaigns/c1', { weight: 2 }, 'chief');
    await api.post('/dialer/campaigns/c1/start', undefined, 'operator');
    const { body } = await api.get('/dialer/audit?object=campaign%20c1');
    const rows = body['items'] as readonly Record<string, string>[];
    assert.deepEqual(
      rows.map(({ action, actor }) => `${String(action)} ${String(actor)}`),
      ['create user:boss', 'change user:chief', 'start user:operator'],
    );
    const weights = ['before', 'after'].map((name) => (JSON.parse(rows[1]?.[name] ?? '{}') as { weight: number }).weight);
    assert.deepEqual(weights, [1, 2]);
    const { items } = { items: await api.own.access.audit.read({ fromMs: 0, toMs: Infinity, limit: 10 }) };
    assert.ok(items.some(({ path, principal }) => path === '/api/v1/dialer/campaigns/c1/start' && principal === 'user:operator'));
  });

  it('B24: a write under an Idempotency-Key is done once', async () => {
    const make = () => api.ask('POST', '/dialer/campaigns', { id: 'c1', ...plainRules }, 'boss', { 'idempotency-key': 'k-1' });
    assert.deepEqual([(await make()).status, (await make()).status], [201, 201]);
    assert.equal((await make()).headers.get('idempotency-replayed'), 'true');
    assert.equal((await api.store.campaigns()).length, 1);
  });

  it('B33: while the database is down 503 everywhere, and nothing has changed', async () => {
    await api.campaign('c1');
    api.database.isDown = true;
    for (const [method, path, body] of [
      ['GET', '/dialer/campaigns', undefined],
      ['GET', '/dialer/campaigns/c1', undefined],
      ['POST', '/dialer/campaigns', { id: 'c2', ...plainRules }],
      ['PATCH', '/dialer/campaigns/c1', { weight: 2 }],
      ['POST', '/dialer/campaigns/c1/start', {}],
      ['POST', '/campaigns/c1/pause', {}],
      ['GET', '/campaigns/c1/live', undefined],
    ] as const)
      assert.equal(await code(method, path, body), '503 TDM_STORE_DOWN', path);
    api.database.isDown = false;
    assert.equal((await api.store.campaign('c1'))?.revision, 1);
  });

  it('lists are pages with filters', async () => {
    for (const id of ['a1', 'a2', 'b1']) await api.campaign(id);
    await api.post('/dialer/campaigns/a2/start');
    const page = await api.get('/dialer/campaigns?limit=2');
    assert.deepEqual([(page.body['items'] as { id: string }[]).map(({ id }) => id), page.body['next']], [['a1', 'a2'], 'a2']);
    const rest = await api.get('/dialer/campaigns?limit=2&after=a2');
    assert.deepEqual([(rest.body['items'] as { id: string }[]).map(({ id }) => id), rest.body['next']], [['b1'], undefined]);
    assert.equal((await api.get('/dialer/campaigns?state=running')).body['total'], 1);
    assert.equal((await api.get('/dialer/campaigns?search=A')).body['total'], 2);
  });

  describe('B39: rights', () => {
    it('reading, controlling and ruling are three functions', async () => {
      await api.campaign('c1');
      const asked: readonly (readonly [string, string, object | undefined])[] = [
        ['GET', '/dialer/campaigns', undefined],
        ['POST', '/dialer/campaigns/c1/start', {}],
        ['PATCH', '/dialer/campaigns/c1', { weight: 1 }],
      ];
      for (const [who, ...wanted] of [
        ['clerk', 403, 403, 403],
        ['anna', 403, 403, 403],
        ['reader', 200, 403, 403],
        ['operator', 200, 200, 403],
        ['chief', 200, 200, 200],
        ['boss', 200, 200, 200],
      ] as const) {
        const got: number[] = [];
        for (const [method, path, body] of asked) got.push((await api.ask(method, path, body, who)).status);
        assert.deepEqual(got, wanted, who);
      }
    });

    it('those of some queues have the campaigns of these queues: others are not found, nor changed', async () => {
      await api.campaign('mine', { queue: 'west' });
      await api.campaign('other', { queue: 'sales' });
      assert.equal((await api.get('/dialer/campaigns', 'west')).body['total'], 1);
      assert.equal(await code('GET', '/dialer/campaigns/mine', undefined, 'west'), '200');
      assert.equal(await code('GET', '/dialer/campaigns/other', undefined, 'west'), '404 TDM_NOT_FOUND');
      for (const path of ['/campaigns/other/live', '/campaigns/other/why', '/dialer/campaigns/other/decisions'])
        assert.equal(await code('GET', path, undefined, 'west'), '404 TDM_NOT_FOUND', path);
      assert.equal(await code('POST', '/dialer/campaigns/other/start', {}, 'west'), '403 TDM_FORBIDDEN');
      assert.equal(await code('POST', '/campaigns/other/stop', undefined, 'west'), '403 TDM_FORBIDDEN');
      assert.equal(await code('PATCH', '/dialer/campaigns/other', { weight: 2 }, 'west'), '403 TDM_FORBIDDEN');
      assert.equal(await code('PATCH', '/dialer/campaigns/mine', { queue: 'sales' }, 'west'), '403 TDM_FORBIDDEN');
      assert.equal(await code('PATCH', '/dialer/campaigns/mine', { weight: 2 }, 'west'), '200');
      assert.equal(await code('POST', '/dialer/campaigns', { id: 'new', ...plainRules }, 'west'), '403 TDM_FORBIDDEN');
      assert.equal(await code('POST', '/dialer/campaigns', { id: 'new', ...plainRules, queue: 'WEST' }, 'west'), '201');
    });

    it('a campaign may name its queue without the domain: it is of those who have that queue', () => {
      const who = { queues: new Set(['sales@default', 'west']) };
      assert.deepEqual(
        ['Sales', 'sales@default', 'west', 'west@default', 'sales@other', ''].filter((queue) => seesCampaign(who, { queue })),
        ['Sales', 'sales@default', 'west'],
      );
    });

    it('those of some queues bring contacts into their campaigns alone', async () => {
      await api.campaign('mine', { queue: 'west', mode: 'IVR', ivr: '1' });
      await api.campaign('other', { mode: 'IVR', ivr: '1' });
      const batch = ['mine', 'other', 'unknown'].map((campaign_id) => ivrContact(`k-${campaign_id}`, { campaign_id }));
      const { status, body } = await api.post('/contacts', batch, 'west');
      assert.equal(status, 201);
      assert.deepEqual(body['accepted'], ['k-mine']);
      assert.deepEqual(
        (body['rejected'] as { id: string; code: string }[]).map(({ id, code: why }) => `${id} ${why}`),
        ['k-other TDM_FORBIDDEN', 'k-unknown TDM_FORBIDDEN'],
      );
      assert.equal(await api.store.campaign('unknown'), undefined);
    });
  });

  describe('B9: live', () => {
    const live: CampaignLive = {
      ...{ campaign: 'c1', mode: 'PROGRESSIVE', state: 'running', forced: undefined, hopper: 50, ringing: 2, waiting: 0, talking: 1 },
      agents: { ready: 1, reserved: 2, talk: 1, wrap: 0, paused: 0 },
      window: { connected: 10, abandoned: 0, share: 0, cap: 0.03 },
      decision: undefined,
      gateways: [{ switch: 'fs1', gateway: 'trunk1', state: 'up', calls: 3 }],
      answerRate: 0.4,
    };

    beforeEach(async () => {
      await api.campaign('c1');
      await api.post(
        '/dialer/contacts',
        [1, 2, 3].map((i) => ivrContact(`k${String(i)}`)),
      );
    });

    it('this moment and the sums, at both addresses', async () => {
      api.says.live = live;
      for (const path of ['/dialer/campaigns/c1/live', '/campaigns/c1/live']) {
        const { status, body } = await api.get(path, 'reader');
        assert.equal(status, 200);
        assert.deepEqual((body['live'] as CampaignLive).gateways, live.gateways);
        const { contacts, spans } = body['figures'] as { contacts: Record<string, unknown>; spans: Record<string, { placed: number }> };
        assert.deepEqual(contacts, { total: 3, fresh: 3, byStatus: { pending: 3 }, byResult: {}, penetration: 0 });
        assert.deepEqual(Object.keys(spans), ['minute', 'quarter', 'today', 'window']);
      }
    });

    it('where another process dials the sums remain', async () => {
      assert.equal((await api.get('/campaigns/c1/live')).body['live'], null);
    });

    it('why it does not dial, in words too', async () => {
      const why: CampaignWhy = {
        ...{ campaign: 'c1', limit: 'agents: none is ready', pace: 'no calls', blocked: { window: 2 }, dialable: 1 },
        ...{ sampled: undefined, nextOpeningMs: undefined },
      };
      api.says.why = why;
      const { status, body } = await api.get('/campaigns/c1/why', 'reader');
      assert.equal(status, 200);
      assert.deepEqual((body['why'] as CampaignWhy).blocked, { window: 2 });
      assert.ok((body['text'] as string[]).some((line) => line.includes('agents: none is ready')));
    });

    it('as server-sent events, one a second, with the notices of the campaign between them; it ends with the rights', async () => {
      const stop = new AbortController();
      const authorization = `Basic ${Buffer.from('reader:reader-pass').toString('base64')}`;
      const headers = { authorization, accept: 'text/event-stream' };
      const answer = await fetch(`${api.root}/campaigns/c1/live`, { headers, signal: stop.signal });
      assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
      let got = '';
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
      const until = async (pattern: RegExp): Promise<void> => {
        while (!pattern.test(got)) {
          const piece = await reader?.read();
          if (!piece || piece.done) break;
          got += piece.value;
        }
        assert.match(got, pattern);
      };
      await until(/event: live\ndata: \{"campaign":"c1"/);
      api.fake.tell({ type: 'call-placed', campaign: 'c1', callId: 'k1', mode: 'IVR' });
      api.fake.tell({ type: 'call-placed', campaign: 'c2', callId: 'k9', mode: 'IVR' });
      await until(/event: notice\ndata: \{"type":"call-placed","campaign":"c1","callId":"k1"/);
      got = '';
      await api.turn(1_000);
      await until(/event: live\n/);
      assert.doesNotMatch(got, /k9/);
      await api.store.removeCampaign('c1', {
        atMs: 1,
        actor: 'x',
        object: 'x',
        action: 'x',
        before: undefined,
        after: undefined,
        reason: '',
      });
      await api.turn(60_000);
      await until(/event: cut\ndata: \{"reason":"rights"\}/);
      stop.abort();
      assert.equal(api.fake.listeners.size, 0);
    });
  });
});
