/** `/api/v1/board`, its stream, leads and transfers of talks, and the pages: what they answer, and what they refuse (B23, B39). */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Leads } from '../core/ports.js';
import { createPages } from '../sidecar/routes/pages.js';
import type { WebFile } from '../sidecar/web-files.js';
import { eventually } from './support/eventually.js';
import { startQueueApi, type QueueApi } from './support/queue-api.js';

const site = {
  queues: { support: {}, sales: {} },
  agents: { anna: { contact: 'PJSIP/1' }, bert: { contact: 'PJSIP/2' } },
  tiers: ['support anna', 'sales bert'],
};
const authorization = (who: string) => `Basic ${Buffer.from(`${who}:${who}-pass`).toString('base64')}`;
const webFile = (text: string, type: string): WebFile => ({
  type,
  body: Buffer.from(text),
  gzip: Buffer.from(`zipped ${text}`),
  tag: `"${text.length}"`,
});
const pages = createPages(
  new Map([
    ['index.html', webFile('<p>page</p>', 'text/html')],
    ['assets/app-1.js', webFile('go()', 'text/javascript')],
  ]),
);
const leads: Leads = { find: (id) => Promise.resolve(id === 7 ? ({ first_name: 'Eve' } as never) : undefined) };

describe('board over HTTP', () => {
  let api: QueueApi;
  const transfers: unknown[] = [];
  beforeEach(async () => {
    api = await startQueueApi(site, { routes: [pages], queueApi: { desk: { leads, transferContext: 'agent-transfers' } } });
    await api.own.access.rights.put('anna', { queues: undefined, agent: 'anna' });
    await api.own.access.rights.put('west', { queues: ['support'], agent: undefined });
    transfers.length = 0;
    Object.assign(api.port, { transfer: (call: { uniqueId: string }, to: object) => Promise.resolve(transfers.push([call.uniqueId, to])) });
  });
  afterEach(() => api.close());

  /** The stream's first events, as far as `until` says. */
  async function stream(query: string, who: string, until: (text: string) => boolean) {
    const abort = new AbortController();
    const answer = await fetch(`${api.base}/board/stream${query}`, {
      headers: { authorization: authorization(who) },
      signal: abort.signal,
    });
    let text = '';
    const decoder = new TextDecoder();
    for await (const piece of answer.body ?? []) {
      text += decoder.decode(piece as Uint8Array, { stream: true });
      if (until(text)) break;
    }
    abort.abort();
    return { status: answer.status, headers: answer.headers, text };
  }

  it('B23: the board is one answer, by the rights of the one who asks', async () => {
    api.desk.call('sales', { name: 'Secret' });
    const all = await api.get('/board', 'viewer');
    const some = await api.get('/board', 'west');
    const ids = (body: object, key: string) => ((body as Record<string, { id: string }[]>)[key] ?? []).map(({ id }) => id);
    assert.deepEqual(
      [ids(all.body, 'queues'), ids(all.body, 'agents')],
      [
        ['support', 'sales'],
        ['anna', 'bert'],
      ],
    );
    assert.deepEqual([ids(some.body, 'queues'), ids(some.body, 'agents')], [['support'], ['anna']]);
  });

  it('B23: the stream begins with a snapshot and goes on with what changes', async () => {
    const reading = stream('?queue=support', 'viewer', (text) => text.includes('event: diff'));
    await eventually(
      async () => (await api.get('/queues/support', 'viewer')).status,
      (status) => status === 200,
    );
    api.desk.call('support', { name: 'Line\nbreak' });
    const { headers, text } = await reading;
    assert.equal(headers.get('content-type'), 'text/event-stream; charset=utf-8');
    assert.deepEqual([...text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name).slice(0, 3), ['snapshot', 'queue', 'diff']);
    for (const [, json = ''] of text.matchAll(/^data: (.*)\n\n/gm)) JSON.parse(json);
  });

  it('B39: nobody without a right, no foreign queue or agent, no unknown word', async () => {
    const status = async (path: string, who: string) => (await api.get(path, who)).status;
    for (const path of ['/board', '/board/stream']) {
      assert.equal(await status(path, ''), 401, path);
      assert.equal(await status(path, 'clerk'), 403, path);
      assert.equal(await status(path, 'gone'), 401, path);
    }
    assert.equal(await status('/board', 'anna'), 403);
    assert.equal(await status('/board/stream', 'anna'), 400);
    assert.equal(await status('/board/stream?queue=support', 'anna'), 403);
    assert.equal(await status('/board/stream?agent=bert', 'anna'), 404);
    assert.equal(await status('/board/stream?queue=sales', 'west'), 404);
    assert.equal(await status('/board/stream?agent=bert', 'west'), 404);
    for (const query of ['queue=nothing', 'queue=%27%3B--', 'agent=..%2F..%2Fetc', 'agent=%0d%0aX-Evil:1'])
      assert.equal(await status(`/board/stream?${query}`, 'viewer'), 404, query);
    for (const query of ['rows=maybe', 'what=else', `queue=${'x'.repeat(200)}`, 'queue=a&queue=b'])
      assert.equal(await status(`/board/stream?${query}`, 'viewer'), 400, query);
    const own = await stream('?agent=anna', 'anna', (text) => text.includes('event: agent'));
    assert.ok(!own.text.includes('event: snapshot'));
  });

  it('standby: the board is refused, the stream says so and waits', async () => {
    api.desk.isOwner = false;
    assert.equal((await api.get('/board', 'viewer')).body['code'], 'TDM_STANDBY');
    assert.match((await stream('', 'viewer', (text) => text.includes('standby'))).text, /event: standby/);
    assert.equal((await api.get('/board/stream?queue=support', 'viewer')).status, 503);
  });

  it('a viewer who goes away, or reads nothing, costs nothing afterwards', async () => {
    const port = Number(new URL(api.base).port);
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET /api/v1/board/stream HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization('viewer')}\r\n\r\n`);
    socket.pause();
    await new Promise((resolve) => socket.once('connect', resolve));
    await stream('', 'viewer', (text) => text.includes('snapshot'));
    socket.destroy();
    api.desk.call('support');
    assert.equal((await api.get('/board', 'viewer')).status, 200);
  });

  it('the lead of a caller, for those who may see the caller', async () => {
    const [mine, other] = [api.desk.call('support', { leadId: 7 }), api.desk.call('support', { leadId: 8 })];
    assert.deepEqual((await api.get(`/members/${mine}/lead`, 'viewer')).body, { leadId: 7, lead: { first_name: 'Eve' } });
    assert.equal((await api.get(`/members/${other}/lead`, 'viewer')).status, 404);
    assert.equal((await api.get(`/members/${mine}/lead`, 'anna')).status, 404);
    assert.equal((await api.get(`/members/${mine}/lead`, '')).status, 401);
    api.desk.login('anna');
    api.desk.connect(mine);
    assert.equal((await api.get(`/members/${mine}/lead`, 'anna')).status, 200);
  });

  it('B34: a talk is sent on to an extension of the one context, by its agent or a supervisor', async () => {
    const send = (member: string, extension: unknown, who: string) => api.ask('POST', `/members/${member}/transfer`, { extension }, who);
    const member = api.desk.call('support');
    assert.equal((await send(member, '200', 'desk')).body['code'], 'TDM_CONFLICT');
    api.desk.login('anna');
    api.desk.connect(member);
    for (const bad of ['', '200,1', "2'0", '../x', 'a b', '2\r\n3', 'x'.repeat(41), 200, null])
      assert.equal((await send(member, bad, 'desk')).status, 400, String(bad));
    assert.equal((await send(member, '200', 'viewer')).status, 403);
    assert.equal((await send(member, '200', '')).status, 401);
    assert.equal((await send('nobody', '200', 'desk')).status, 404);
    assert.deepEqual(transfers, []);
    assert.equal((await send(member, '200', 'anna')).status, 200);
    assert.deepEqual(transfers, [['u1', { context: 'agent-transfers', extension: '200' }]]);
  });

  it('B34: pick-up is for supervisors, and for their queues', async () => {
    const [support, sales] = [api.desk.call('support'), api.desk.call('sales')];
    const pickUp = (member: string, body: object, who: string) => api.ask('POST', `/members/${member}/pick-up`, body, who);
    assert.equal((await pickUp(support, { agent: 'anna' }, 'viewer')).status, 403);
    assert.equal((await pickUp(support, { agent: 'anna' }, 'anna')).status, 403);
    assert.equal((await pickUp(sales, { agent: 'anna' }, 'west')).status, 403);
    assert.equal((await pickUp(support, {}, 'west')).status, 400);
    assert.equal((await pickUp(support, { agent: 'anna', more: 1 }, 'west')).status, 400);
    assert.equal((await pickUp(support, { agent: 'anna' }, 'west')).status, 200);
    assert.equal((await pickUp(sales, { agent: 'anna' }, 'desk')).status, 409);
  });

  describe('pages', () => {
    const page = (path: string, headers: Record<string, string> = {}) =>
      fetch(api.base.replace('/api/v1', path), { headers: { 'accept-encoding': 'identity', ...headers }, redirect: 'manual' });

    it('need no login, ask no other host, and may stand in no frame', async () => {
      for (const path of ['/', '/agent', '/?wall']) {
        const answer = await page(path);
        assert.equal(answer.status, 200);
        const policy = answer.headers.get('content-security-policy') ?? '';
        assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self';/);
        assert.match(policy, /frame-ancestors 'none'/);
        assert.doesNotMatch(policy, /unsafe|https?:|\*/);
        assert.equal(answer.headers.get('cache-control'), 'no-cache');
      }
    });

    it('assets are kept for ever, asked for again by their tag, and sent short', async () => {
      const asset = await page('/assets/app-1.js');
      assert.equal(asset.headers.get('cache-control'), 'public, max-age=31536000, immutable');
      assert.equal(asset.headers.get('content-type'), 'text/javascript; charset=utf-8');
      assert.equal((await page('/', { 'if-none-match': asset.headers.get('etag') ?? '' })).status, 200);
      assert.equal((await page('/assets/app-1.js', { 'if-none-match': asset.headers.get('etag') ?? '' })).status, 304);
      assert.equal((await page('/', { 'accept-encoding': 'gzip' })).headers.get('content-encoding'), 'gzip');
    });

    it('nothing but the build is a file', async () => {
      for (const path of [
        '/assets/',
        '/assets/app-2.js',
        '/assets/..%2f..%2fpackage.json',
        '/assets/%2e%2e/index.html',
        '/index.html',
        '/agent/x',
      ])
        assert.equal((await page(path)).status, 404, path);
    });

    it('without a build the page says what to do', async () => {
      const bare = await startQueueApi(site, { routes: [createPages(new Map())] });
      const answer = await fetch(bare.base.replace('/api/v1', '/'));
      assert.equal(answer.status, 503);
      assert.match(await answer.text(), /npm run build:web/);
      await bare.close();
    });
  });
});
