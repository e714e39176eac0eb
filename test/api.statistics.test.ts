/** `/api/v1/statistics` over the real engine and the real tables (B26, B36, B58, B60). */
import assert from 'node:assert/strict';
import { parseCsv } from '../core/cluster/csv.js';
import { memberId } from '../core/acd/ids.js';
import { startQueueApi, type QueueApi } from './support/queue-api.js';

type Item = Readonly<Record<string, unknown>>;
const items = (body: Item): readonly Item[] => body['items'] as readonly Item[];

describe('statistics over the API', () => {
  let api: QueueApi;

  beforeEach(async () => {
    api = await startQueueApi({
      queues: { support: { service_level: { within_s: 5 } }, sales: {} },
      agents: { anna: { contact: 'PJSIP/anna', wrap_up_s: 10 }, ben: { contact: 'PJSIP/ben' } },
      tiers: ['support anna', 'sales ben'],
    });
    await api.own.access.rights.put('west', { queues: ['support'], agent: undefined });
  });
  afterEach(() => api.close());

  /** one caller served after 4 s, one who gives up, one who waits; a missed offer in sales */
  async function day(): Promise<void> {
    const { desk } = api;
    desk.login('anna');
    const served = desk.call('support', { number: '111', name: '=HYPERLINK("http://x")' });
    desk.advance(4_000);
    const offer = desk.connect(served);
    const lost = desk.call('support', { number: '222', name: '=1+1' });
    desk.call('sales', { number: '333' });
    desk.advance(30_000);
    desk.step({ type: 'call-ended', offer, by: 'agent', cause: 'NORMAL_CLEARING' });
    desk.step({ type: 'caller-left', member: memberId(lost), cause: 'hangup' });
    desk.advance(20_000);
    await api.keep();
  }
  const raw = async (path: string, who = 'viewer') => {
    const authorization = `Basic ${Buffer.from(`${who}:${who}-pass`).toString('base64')}`;
    const answer = await fetch(api.base + path, { headers: { authorization } });
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      file: answer.headers.get('content-disposition'),
      text: await answer.text(),
    };
  };

  it('B26: a report of queues, by interval, with the sums of each and of all', async () => {
    await day();
    const { status, body } = await api.get('/statistics/queues?interval=15m', 'viewer');
    assert.equal(status, 200);
    assert.deepEqual(
      items(body).map((row) => [row['queue'], row['offered'], row['answered'], row['abandoned'], row['waiting'], row['serviceLevel']]),
      [
        ['sales', 1, 0, 0, 1, null],
        ['support', 2, 1, 1, 0, 0.5],
      ],
    );
    assert.deepEqual(
      items(body).map((row) => [row['serviceLevelGoal'], row['belowGoal'], row['holdMs'], row['messages']]),
      [
        [0.8, null, null, 0],
        [0.8, true, 0, 0],
      ],
    );
    assert.deepEqual([(body['all'] as Item)['offered'], (body['totals'] as Item[]).length, body['zone']], [3, 2, 'UTC']);
    const one = await api.get('/statistics/queues?queue=SALES&interval=day&from=2001-09-09&to=2001-09-10', 'viewer');
    assert.deepEqual(
      items(one.body).map((row) => row['queue']),
      ['sales'],
    );
    assert.equal(items(one.body)[0]?.['fromMs'], Date.UTC(2001, 8, 9));
    assert.deepEqual(items((await api.get('/statistics/queues?media=chat', 'viewer')).body), []);
    assert.deepEqual(items((await api.get('/statistics/queues?from=2001-09-01&to=2001-09-02T10:00', 'viewer')).body), []);
  });

  it('B26 B45: answered calls of campaigns are in no figure of callers; they are shown when asked for', async () => {
    const { desk } = api;
    desk.login('anna');
    const talked = desk.call('support', { origin: 'dialer', number: '701', maxWaitMs: 2_000 });
    desk.advance(500);
    const offer = desk.connect(talked);
    desk.call('support', { origin: 'dialer', number: '702', maxWaitMs: 2_000 });
    const left = desk.call('support', { origin: 'dialer', number: '703', maxWaitMs: 2_000 });
    desk.step({ type: 'caller-left', member: memberId(left), cause: 'hangup' });
    const caller = desk.call('support', { number: '111' });
    desk.advance(30_000);
    desk.step({ type: 'call-ended', offer, by: 'agent', cause: 'NORMAL_CLEARING' });
    desk.advance(10_000);
    desk.connect(caller);
    await api.keep();
    const figures = async (query: string) => {
      const [row] = items((await api.get(`/statistics/queues?interval=day${query}`, 'viewer')).body);
      return [
        row?.['offered'],
        row?.['answered'],
        row?.['abandoned'],
        row?.['timedOut'],
        row?.['offers'],
        row?.['talkMs'],
        row?.['wrapUpMs'],
      ];
    };
    assert.deepEqual(await figures(''), [1, 1, 0, 0, 1, 0, 0]);
    assert.deepEqual(await figures('&origin=callers'), [1, 1, 0, 0, 1, 0, 0]);
    assert.deepEqual(await figures('&origin=dialer'), [3, 1, 1, 1, 1, 30_000, 10_000]);
    assert.deepEqual(await figures('&origin=all'), [4, 2, 1, 1, 2, 30_000, 10_000]);
    const today = items({ items: (await api.get('/statistics/today', 'viewer')).body['queues'] }).find(({ queue }) => queue === 'support');
    assert.deepEqual([today?.['offered'], today?.['timedOut'], today?.['wrapUpMs']], [1, 0, 0]);
    const anna = items((await api.get('/statistics/agents?interval=day', 'viewer')).body).find(({ agent }) => agent === 'anna');
    assert.deepEqual([anna?.['talkMs'], anna?.['wrapUpMs'], anna?.['answered']], [30_000, 10_000, 2], 'her work is her whole work');
    assert.deepEqual(items((await api.get('/statistics/abandoned', 'viewer')).body), [], 'nobody is to be called back');
    const log = (await raw('/statistics/queue-log')).text;
    assert.match(log, /ENTERQUEUE\|\|111/);
    assert.doesNotMatch(log, /70[123]/);
    assert.equal((await api.get('/statistics/agents?origin=all', 'viewer')).status, 400);
  });

  it('B26: a report of agents, also of those who serve a queue', async () => {
    await day();
    const all = items((await api.get('/statistics/agents?interval=day', 'viewer')).body);
    const anna = all.find((row) => row['agent'] === 'anna') ?? assert.fail();
    assert.deepEqual(
      [anna['answered'], anna['talkMs'], anna['wrapUpMs'], anna['loggedInMs'], anna['idleMs'], anna['busyMs']],
      [1, 30_000, 10_000, 54_000, 14_000, 40_000],
    );
    assert.deepEqual(
      items((await api.get('/statistics/agents?interval=day&queue=sales', 'viewer')).body).filter((row) => row['agent'] === 'anna'),
      [],
    );
    assert.equal((await api.get('/statistics/agents?media=audio', 'viewer')).status, 400);
  });

  it('B23 B26: the running day is that of the report', async () => {
    await day();
    const { body } = await api.get('/statistics/today', 'viewer');
    const [report, own] = [items((await api.get('/statistics/queues?interval=day', 'viewer')).body), body['queues'] as Item[]];
    for (const row of report) {
      const { fromMs, toMs, ...figures } = row;
      assert.ok(Number(fromMs) < Number(toMs));
      assert.deepEqual(
        own.find(({ queue }) => queue === row['queue']),
        figures,
      );
    }
    assert.deepEqual(
      (body['agents'] as Item[]).find(({ agent }) => agent === 'anna'),
      {
        agent: 'anna',
        answered: 1,
        missed: 0,
        talkMs: 30_000,
        wrapUpMs: 10_000,
        pausedMs: 0,
        loggedInMs: 54_000,
      },
    );
  });

  it('B58: tables are RFC 4180, and no text in them is a formula', async () => {
    await day();
    const { type, file, text } = await raw('/statistics/queues?format=csv');
    assert.match(type ?? '', /^text\/csv/);
    assert.equal(file, 'attachment; filename="queues.csv"');
    assert.ok(text.endsWith('\r\n') && !/[^\r]\n/.test(text));
    const [head = [], ...rows] = parseCsv(text) ?? [];
    assert.deepEqual(head.slice(0, 6), ['from', 'to', 'fromMs', 'queue', 'offered', 'answered']);
    assert.ok(rows.length === 2 && rows.every((row) => row.length === head.length));
    assert.equal(rows[0]?.[0], '2001-09-09 01:45:00');
    assert.deepEqual(
      rows.map((row) => row[head.indexOf('belowGoal')]),
      ['', 'true'],
    );
    const callers = parseCsv((await raw('/statistics/abandoned?format=csv')).text) ?? [];
    assert.equal(callers[1]?.[4], `'=1+1`);
    const agents = parseCsv((await raw('/statistics/agents?format=csv')).text) ?? [];
    assert.ok(agents.length >= 2 && agents.every((row) => row.length === agents[0]?.length));
  });

  it('B36: who hung up is listed, is called back by the next talk or by a word, and the word is kept with its user', async () => {
    await day();
    const list = async (query = '') => items((await api.get(`/statistics/abandoned${query}`, 'viewer')).body);
    const [caller = {}] = await list();
    assert.deepEqual([caller['number'], caller['state'], caller['waitMs'], caller['reason']], ['222', 'open', 30_000, 'abandoned']);
    const path = `/statistics/abandoned/${encodeURIComponent(String(caller['key']))}`;
    const put = await api.ask('PUT', path, { state: 'done', note: 'rang, said "no"' }, 'desk');
    assert.deepEqual([put.status, put.body['state']], [200, 'done']);
    assert.deepEqual((await list())[0]?.['followUp'], {
      state: 'done',
      note: 'rang, said "no"',
      user: 'desk',
      changedAtMs: api.desk.nowMs(),
    });
    assert.deepEqual([(await list('?state=open')).length, (await list('?state=done')).length], [0, 1]);
    assert.deepEqual(api.audit.at(-1), { audit: true, user: 'desk', followUp: { key: caller['key'], state: 'done' } });
    await api.ask('PUT', path, { state: 'open' }, 'desk');
    assert.equal((await list('?state=open')).length, 1);
    api.desk.advance(60_000);
    const again = api.desk.call('support', { number: '222' });
    const offer = api.desk.connect(again);
    api.desk.step({ type: 'call-ended', offer, by: 'caller', cause: '' });
    await api.keep();
    const [called = {}] = await list();
    assert.deepEqual([called['state'], (called['talk'] as Item)['agent']], ['called-back', 'anna']);
  });

  it('B36: the list goes on page by page, newest first, each caller once', async () => {
    for (let i = 0; i < 25; i++) {
      const member = api.desk.call('support', { number: String(i) });
      api.desk.advance(i % 5 === 0 ? 86_400_000 : 10);
      api.desk.step({ type: 'caller-left', member: memberId(member), cause: 'hangup' });
    }
    await api.keep();
    const found: unknown[] = [];
    for (let next = ''; ;) {
      const { body } = await api.get(
        `/statistics/abandoned?from=2001-09-01&limit=4${next && `&after=${encodeURIComponent(next)}`}`,
        'viewer',
      );
      assert.ok(items(body).length <= 4);
      found.push(...items(body).map((one) => one['number']));
      if (typeof body['next'] !== 'string') break;
      next = body['next'];
    }
    assert.deepEqual(
      found,
      Array.from({ length: 25 }, (_, i) => String(24 - i)),
    );
  });

  it("B60: the queue log of a time has app_queue's lines", async () => {
    await day();
    const { type, text } = await raw('/statistics/queue-log');
    assert.match(type ?? '', /^text\/plain/);
    assert.deepEqual(
      text
        .trim()
        .split('\n')
        .map((line) => line.replace(/tandem-[\w-]+/, 'LEG')),
      [
        '1000000000|NONE|support|anna|ADDMEMBER|',
        '1000000000|m1|support|NONE|ENTERQUEUE||111|1',
        '1000000004|m1|support|anna|CONNECT|4|LEG|4',
        '1000000004|m2|support|NONE|ENTERQUEUE||222|1',
        '1000000004|m3|sales|NONE|ENTERQUEUE||333|1',
        '1000000034|m1|support|anna|COMPLETEAGENT|4|30|1',
        '1000000034|m2|support|NONE|ABANDON|1|1|30',
      ],
    );
    assert.doesNotMatch((await raw('/statistics/queue-log?queue=sales')).text, /support/);
  });

  it('B39: who has a list of queues sees and follows up nobody else', async () => {
    await day();
    const lost = items((await api.get('/statistics/abandoned', 'boss')).body);
    assert.equal(lost.length, 1);
    await api.own.access.rights.put('west', { queues: ['sales'], agent: undefined });
    const seen = async (path: string, key: string) => items((await api.get(path, 'west')).body).map((row) => row[key]);
    assert.deepEqual(await seen('/statistics/queues?interval=day', 'queue'), ['sales']);
    assert.deepEqual(await seen('/statistics/queues?interval=day&queue=support', 'queue'), []);
    assert.ok(!(await seen('/statistics/agents?interval=day', 'agent')).includes('anna'));
    assert.deepEqual(await seen('/statistics/abandoned', 'queue'), []);
    assert.deepEqual(await seen('/statistics/abandoned?queue=support', 'queue'), []);
    assert.doesNotMatch((await raw('/statistics/queue-log', 'west')).text, /support|NONE\|NONE/);
    const { body } = await api.get('/statistics/today', 'west');
    assert.deepEqual(
      [(body['queues'] as Item[]).map((row) => row['queue']), (body['agents'] as Item[]).map((row) => row['agent'])],
      [['sales'], ['ben']],
    );
    const put = await api.ask('PUT', `/statistics/abandoned/${encodeURIComponent(String(lost[0]?.['key']))}`, { state: 'done' }, 'west');
    assert.equal(put.status, 404);
    assert.equal(items((await api.get('/statistics/abandoned', 'boss')).body)[0]?.['state'], 'open');
  });

  it('B26: a standby answers from the tables; what needs the engine is refused there', async () => {
    await day();
    api.desk.isOwner = false;
    const { status, body } = await api.get('/statistics/queues?interval=day', 'viewer');
    assert.deepEqual([status, (body['all'] as Item)['answered']], [200, 1]);
    assert.equal((await api.get('/statistics/today', 'viewer')).status, 503);
    assert.equal((await api.get('/statistics/agents?queue=support', 'viewer')).status, 503);
    assert.equal((await raw('/statistics/queue-log')).status, 200);
  });

  const quote = encodeURIComponent(`x' OR '1'='1`);
  const routes = [
    { method: 'GET', path: '/statistics/queues' },
    { method: 'GET', path: '/statistics/agents' },
    { method: 'GET', path: '/statistics/today' },
    { method: 'GET', path: '/statistics/abandoned' },
    { method: 'GET', path: '/statistics/queue-log' },
    { method: 'PUT', path: '/statistics/abandoned/m1%2F1', body: { state: 'done' } },
  ];

  it('B39: no key, a wrong one, and one without the right are refused', async () => {
    for (const { method, path, body } of routes) {
      assert.equal((await api.ask(method, path, body, '')).status, 401, path);
      assert.equal((await api.ask(method, path, body, 'boss', { authorization: 'Basic Ym9zczp3cm9uZw==' })).status, 401, path);
      assert.equal((await api.ask(method, path, body, 'clerk')).status, 403, path);
      assert.equal((await api.ask(method, path, body, 'gone')).status, 401, path);
    }
    assert.equal((await api.ask('PUT', '/statistics/abandoned/m1%2F1', { state: 'done' }, 'viewer')).status, 403);
  });

  it('what is written wrongly is refused with its code, quotes are only text', async () => {
    await day();
    const bad = [
      '/statistics/queues?from=yesterday',
      '/statistics/queues?from=2001-13-01',
      '/statistics/queues?from=2001-09-09T25:00',
      '/statistics/queues?from=999999999999999',
      '/statistics/queues?from=2001-09-09&to=2001-09-08',
      '/statistics/queues?from=2000-01-01&to=2001-09-09',
      '/statistics/queues?from=2001-01-01&to=2001-09-09&interval=15m',
      '/statistics/queues?interval=1h',
      '/statistics/queues?format=xlsx',
      '/statistics/queues?zone=Mars/Olympus',
      '/statistics/queues?zone=..%2F..%2Fetc%2Fpasswd',
      '/statistics/queues?queue=',
      `/statistics/queues?queue=${'x,'.repeat(150)}x`,
      `/statistics/queues?queue=${'x'.repeat(151)}`,
      '/statistics/queues?queue=a&queue=b',
      '/statistics/queues?from[]=1',
      '/statistics/queues?nothing=1',
      '/statistics/today?x=1',
      '/statistics/abandoned?state=lost',
      '/statistics/abandoned?limit=0',
      '/statistics/abandoned?limit=1e9',
      '/statistics/abandoned?after=x',
      `/statistics/abandoned?after=1_${'x'.repeat(300)}`,
      '/statistics/queue-log?format=csv',
    ];
    for (const path of bad) {
      const { status, body } = await api.get(path, 'viewer');
      assert.deepEqual(
        [status, (body['error'] as Item | undefined)?.['code'] ?? body['code']],
        [400, 'TDM_BAD_REQUEST'],
        `${path} ${JSON.stringify(body)}`,
      );
    }
    for (const path of [
      `/statistics/queues?queue=${quote}`,
      `/statistics/abandoned?queue=${quote}`,
      `/statistics/abandoned?after=1_${quote}`,
    ])
      assert.deepEqual(items((await api.get(path, 'viewer')).body), [], path);
    const put = (key: string, body: unknown) => api.ask('PUT', `/statistics/abandoned/${key}`, body, 'desk');
    for (const key of [quote, 'm1%2F1', '..%2F..%2Fetc', '%0d%0aX-Evil:%201', 'x'.repeat(500)]) {
      const answer = await put(key, { state: 'done' });
      assert.equal(answer.status, 404, key);
    }
    for (const body of [
      {},
      { state: 'lost' },
      { state: 1 },
      { state: 'done', note: 'x'.repeat(501) },
      { state: 'done', note: 'a\r\nb' },
      { state: 'done', by: 'me' },
      [],
    ])
      assert.equal((await put('m2%2F1', body)).status, 400, JSON.stringify(body));
    assert.equal((await put('m2%2F1', { state: 'done', note: 'x'.repeat(200_000) })).status, 413);
    assert.equal(items((await api.get('/statistics/abandoned', 'boss')).body)[0]?.['state'], 'open');
  });
});
