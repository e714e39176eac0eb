/** Dead letters, bindings and calls of the journal: in both stores, over HTTP with its rights and audit, and as commands (CRM-14). */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { TandemError } from '../core/errors.js';
import type { JournalCall } from '../core/journal/call.js';
import type { Access, Identity } from '../sidecar/access.js';
import { createApp, createHttpServer } from '../sidecar/app.js';
import { createRecorded } from '../sidecar/recorded.js';
import { createCrmRoutes, createNoCrm } from '../sidecar/routes/crm.js';
import { openStore, type Store } from '../sql/store.js';
import { noticesOf } from './support/crm-teller.js';
import { silentLog, silentMeter } from './support/observers.js';
import { describeStores } from './support/stores.js';
import { binary } from './support/binary.js';

type Letters = Pick<Store, 'crm'>;

/** A call whose every message was settled: `+` delivered, `-` given up. */
async function put(store: Letters, callId: string, fates: string, binding = 'main', createdAtMs = 1_000): Promise<void> {
  const messages = Array.from(fates, (_, n) => ({
    ...{ binding, callId, seq: n + 1, event: `e${String(n + 1)}`, createdAtMs },
    payload: '[["callstatus","Hangup"],["callUUID","x"]]',
  }));
  await store.crm.save({ calls: [], messages });
  for (const fate of fates) {
    const [next] = await store.crm.due(binding, createdAtMs, 1, [callId]);
    assert.ok(next);
    if (fate === '-') await store.crm.bury(next.id, 'refused', 2_000);
    else await store.crm.delivered(next.id, 2_000);
  }
}

const fatesOf = async (store: Letters, callId: string): Promise<string> =>
  (await store.crm.lettersOf(['main', 'other'], callId))
    .map(({ binding, seq, state }) => `${binding[0] ?? ''}${String(seq)} ${state}`)
    .join(', ');

describeStores('CRM dead letters', (open) => {
  it('CRM-14: sent again alone, or with what was delivered behind them in their calls; never with what was before, or of others', async () => {
    const { store } = await open();
    await put(store, 'c1', '+-+');
    await put(store, 'c2', '-+');
    await put(store, 'c3', '+');
    await put(store, 'c1', '-', 'other');
    const [one] = await store.crm.deadLetters('main', 0, 10, 'c1');
    assert.equal(one?.seq, 2);
    assert.equal(await store.crm.replay('main', { ids: [one.id] }, 50_000), 1);
    assert.equal(await fatesOf(store, 'c1'), 'm1 delivered, m2 waiting, m3 delivered, o1 dead');
    const [due] = await store.crm.due('main', 50_000, 10);
    assert.deepEqual([due?.attempts, due?.createdAtMs], [0, 50_000], 'it counts as made now, or it would be too old at once');
    assert.equal(await store.crm.replay('main', {}, 50_000, { withFollowing: true }), 1);
    assert.equal(await fatesOf(store, 'c2'), 'm1 waiting, m2 waiting');
    assert.equal(await fatesOf(store, 'c3'), 'm1 delivered');
    assert.equal(await fatesOf(store, 'c1'), 'm1 delivered, m2 waiting, m3 delivered, o1 dead');
    assert.equal(await store.crm.replay('main', {}, 50_000), 0);
    assert.equal(await store.crm.replay('main', { ids: [one.id], callId: 'c2' }, 50_000), 0);
  });

  it('dropped ones are gone after a day, and are not sent again meanwhile', async () => {
    const { store } = await open();
    await put(store, 'c1', '--');
    await put(store, 'c2', '-');
    assert.equal(await store.crm.drop('main', { callId: 'c1' }, 5_000), 2);
    assert.equal(await fatesOf(store, 'c1'), 'm1 dropped, m2 dropped');
    assert.equal(await store.crm.replay('main', { callId: 'c1' }, 6_000), 0);
    assert.deepEqual(await store.crm.counts('main'), { pending: 0, oldestMs: undefined, dead: 1 });
    assert.equal(await store.crm.prune(5_001 + 86_400_000, { callsMsMax: 1, limit: 100 }), 2);
    assert.equal(await fatesOf(store, 'c1'), '');
    assert.equal(await fatesOf(store, 'c2'), 'm1 dead');
  });
});

describe('CRM over the API and as commands', function () {
  this.timeout(300_000); // each command is a process of its own
  let store: Store;
  let url = '';
  let close: () => Promise<void>;
  let call: JournalCall;
  let isOwner = true;
  const done: string[] = [];
  const audit: { readonly path: string; readonly status: number; readonly principal: string }[] = [];

  before(async () => {
    store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: Date.now });
    await store.migrate();
    const given = noticesOf('02-answered-call').at(-1)?.notice.call;
    assert.ok(given);
    call = given;
    await store.crm.save({ calls: [call], messages: [] });
    const functions: Readonly<Record<string, readonly string[]>> = {
      boss: ['tandem_admin'],
      viewer: ['tandem_queue_control', 'ALL_FUNCTIONS'],
    };
    const access = {
      identify(req: Parameters<Access['identify']>[0]) {
        const [name = ''] = Buffer.from(req.headers.authorization?.slice(6) ?? '', 'base64')
          .toString()
          .split(':');
        const own = functions[name];
        if (!own) return Promise.reject(new TandemError('TDM_UNAUTHENTICATED', ['test']));
        const rights = { queues: undefined, agent: undefined };
        const identity: Identity = {
          kind: 'password',
          id: `user:${name}`,
          user: name,
          functions: own,
          level: 9,
          rights,
          session: undefined,
        };
        return Promise.resolve(identity);
      },
    } as unknown as Access;
    const deps = { access, login: () => Promise.reject(new Error('not used')), addressOf: () => '127.0.0.1' };
    const state = () => ({ state: 'auth', sinceMs: 1_795_000_000_000, problem: 'the CRM refuses the key' }) as const;
    const delivery = { state, resume: () => void done.push('resume'), wake: () => void done.push('wake') };
    const bindings = [
      { name: 'main', dialect: 'vtiger', delivery },
      { name: 'hook', dialect: 'webhook', delivery },
      { name: 'yeti', dialect: 'yetiforce', delivery: undefined },
    ];
    const recorded = createRecorded({
      ...{ access, idempotency: store.access.idempotency, addressOf: deps.addressOf, nowMs: Date.now, log: silentLog },
      audit: { write: (row) => Promise.resolve(void audit.push(row)) },
      randomId: () => String(audit.length),
    });
    const crm = { store: store.crm, bindings, isOwner: () => isOwner };
    const routes = [recorded, createCrmRoutes({ ...deps, crm, nowMs: Date.now })];
    const server = createHttpServer(createApp({ doors: [], routes, log: silentLog, meter: silentMeter }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    close = () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
  });
  after(async () => {
    await close();
    await store.close();
  });
  beforeEach(() => {
    done.length = 0;
    audit.length = 0;
    isOwner = true;
  });

  async function ask(method: string, path: string, body?: object, who = 'boss') {
    const authorization = `Basic ${Buffer.from(`${who}:x`).toString('base64')}`;
    const init = { method, headers: { authorization, 'content-type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) };
    const answer = await fetch(`${url}/api/v1/crm${path}`, init);
    return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
  }

  async function tandem(...words: readonly string[]): Promise<{ readonly out: string; readonly error: string; readonly code: number }> {
    const args = [binary, 'crm', ...words, '--url', url, '--user', 'boss', '--pass', 'env:PASS'];
    const env = { PATH: process.env['PATH'], PASS: 'x' };
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env, timeout: 90_000 });
      return { out: stdout, error: stderr, code: 0 };
    } catch (e) {
      const { stdout, stderr, code } = e as { readonly stdout: string; readonly stderr: string; readonly code: number };
      return { out: stdout, error: stderr, code };
    }
  }

  it('bindings with their state and what waits; who does not own the queues says that another one tells', async () => {
    await store.crm.save({ calls: [], messages: [{ binding: 'main', callId: 'w', seq: 1, event: 'e', payload: '{}', createdAtMs: 5 }] });
    const items = async () => (await ask('GET', '/bindings')).body['items'] as readonly object[];
    assert.deepEqual((await items())[0], {
      ...{ name: 'main', dialect: 'vtiger', state: 'auth', sinceMs: 1_795_000_000_000, problem: 'the CRM refuses the key' },
      ...{ pending: 1, oldestMs: 5, dead: 0 },
    });
    assert.deepEqual((await items())[2], { name: 'yeti', dialect: 'yetiforce', state: 'silent', problem: '', pending: 0, dead: 0 });
    const { out } = await tandem('bindings');
    assert.match(out, /^main +vtiger +auth +2026-11-18T\S+ +1 +1970-01-01T00:00:00Z +0 +the CRM refuses the key$/m);
    isOwner = false;
    assert.equal(((await items())[0] as { readonly state: string }).state, 'elsewhere');
    assert.deepEqual((await ask('POST', '/bindings/main/resume')).body['code'], 'TDM_STANDBY');
    assert.deepEqual(done, []);
  });

  it('a paused binding is resumed, and the audit says by whom', async () => {
    assert.equal((await tandem('resume', 'main')).out, 'Binding main goes on; 1 wait.\n');
    assert.deepEqual(done, ['resume']);
    assert.deepEqual(
      audit.map(({ path, status, principal }) => [path, status, principal]),
      [['/api/v1/crm/bindings/main/resume', 200, 'user:boss']],
    );
  });

  it('CRM-14: dead letters are listed, sent again and dropped, one, of a call, or all of them', async () => {
    await put(store, 'c1', '+-+');
    await put(store, 'c2', '--');
    await put(store, 'c1', '-+', 'hook');
    const listed = (await tandem('dead', 'main')).out;
    const ids = [...listed.matchAll(/^(\d+) +main +(c\d) +(e\d) +dead +0 +1970-01-01T00:00:01Z +refused$/gm)].map(([, id = '']) => id);
    assert.equal(ids.length, 3, listed);
    const nothingSaid = await tandem('replay', 'main');
    assert.deepEqual([nothingSaid.code, /TDM_BAD_VALUE.*name ids, --call or --all/.test(nothingSaid.error)], [1, true]);
    assert.equal((await tandem('replay', 'main', ids[0] ?? '')).out, '1 wait again\n');
    assert.equal(await fatesOf(store, 'c1'), 'm1 delivered, m2 waiting, m3 waiting', 'vTiger gets what followed');
    assert.deepEqual(done, ['wake']);
    assert.equal((await tandem('drop', 'main', '--call', 'c2')).out, '2 dropped\n');
    assert.equal((await tandem('dead', 'main')).out, 'No dead letters.\n');
    assert.deepEqual((await ask('POST', '/bindings/hook/dead-letters/replay', { all: true })).body, { letters: 1 });
    const hook = await store.crm.lettersOf(['hook'], 'c1');
    assert.deepEqual(
      hook.map(({ state }) => state),
      ['waiting', 'delivered'],
      'a receiver of webhooks is not told twice',
    );
    assert.deepEqual(
      audit.map(({ path, status }) => `${path.replace('/api/v1/crm/bindings', '')} ${String(status)}`),
      ['/main/dead-letters/replay 200', '/main/dead-letters/drop 200', '/hook/dead-letters/replay 200'],
    );
  });

  it('dead letters come in pages', async () => {
    await put(store, 'p1', '-----', 'hook');
    const first = (await ask('GET', '/bindings/hook/dead-letters?limit=3&call=p1')).body;
    const rest = (await ask('GET', `/bindings/hook/dead-letters?limit=3&call=p1&after=${String(first['next'])}`)).body;
    const seqs = [first, rest].map(({ items }) => (items as readonly { readonly seq: number }[]).map(({ seq }) => seq));
    assert.deepEqual(
      [seqs, rest['next']],
      [
        [
          [1, 2, 3],
          [4, 5],
        ],
        undefined,
      ],
    );
    const [letter] = first['items'] as readonly Readonly<Record<string, unknown>>[];
    assert.deepEqual(letter?.['message'], { callstatus: 'Hangup', callUUID: 'x' });
  });

  it('calls are found by number and outcome, and one is shown with what the CRM was told', async () => {
    await put(store, call.id, '+-');
    const found = (await tandem('calls', '--number', '1010', '--outcome', 'answered', '--from', '2026-11-01')).out;
    assert.match(found, new RegExp(`^${call.id.replace(/\./g, '\\.')} +2026-11-21T\\S+ +inbound +\\w+ +1010 +1011 +answered$`, 'm'));
    assert.equal((await tandem('calls', '--outcome', 'busy')).out, 'No calls.\n');
    const shown = (await tandem('call', call.id)).out;
    assert.match(shown, /^outcome: answered$/m);
    assert.match(shown, /^leg: 1011 answered$/m);
    assert.match(shown, /main +\S+ +e2 +dead +0 +\S+ +refused$/m);
    assert.match((await tandem('call', 'alpha-9.9')).error, /TDM_NOT_FOUND: Call "alpha-9.9" is unknown/);
  });

  const refused: readonly (readonly [string, string, object | undefined, number, string])[] = [
    ['GET', '/bindings/none/dead-letters', undefined, 404, 'TDM_NOT_FOUND'],
    ['GET', '/bindings/main/dead-letters?after=x', undefined, 400, 'TDM_BAD_REQUEST'],
    ['GET', '/bindings/main/dead-letters?limit=100000', undefined, 400, 'TDM_BAD_REQUEST'],
    ['GET', "/calls?outcome=x' OR '1'='1", undefined, 400, 'TDM_BAD_REQUEST'],
    ['GET', '/calls?after=1', undefined, 400, 'TDM_BAD_REQUEST'],
    ['GET', `/calls/${'x'.repeat(200)}`, undefined, 404, 'TDM_NOT_FOUND'],
    ['GET', '/calls/%00', undefined, 404, 'TDM_NOT_FOUND'],
    ['POST', '/bindings/main/dead-letters/replay', {}, 400, 'TDM_BAD_REQUEST'],
    ['POST', '/bindings/main/dead-letters/drop', { all: false }, 400, 'TDM_BAD_REQUEST'],
    ['POST', '/bindings/main/dead-letters/drop', { ids: ['1'] }, 400, 'TDM_BAD_REQUEST'],
    ['POST', '/bindings/main/dead-letters/drop', { ids: [1], call: 'c1' }, 400, 'TDM_BAD_REQUEST'],
  ];
  for (const [method, path, body, status, code] of refused)
    it(`refused: ${method} ${path.slice(0, 60)} ${JSON.stringify(body ?? '')}`, async () => {
      const answer = await ask(method, path, body);
      assert.deepEqual([answer.status, answer.body['code']], [status, code]);
    });

  it('B24: for administrators only; a Tandem without a connector says so', async () => {
    for (const [method, path] of [
      ['GET', '/bindings'],
      ['GET', '/calls'],
      ['GET', `/calls/${call.id}`],
      ['GET', '/bindings/main/dead-letters'],
      ['POST', '/bindings/main/resume'],
      ['POST', '/bindings/main/dead-letters/replay'],
      ['POST', '/bindings/main/dead-letters/drop'],
    ] as const) {
      assert.equal((await ask(method, path, method === 'POST' ? { all: true } : undefined, 'viewer')).status, 403, path);
      assert.equal((await ask(method, path, method === 'POST' ? { all: true } : undefined, '')).status, 401, path);
    }
    assert.deepEqual(done, []);
    const server = createHttpServer(createApp({ doors: [], routes: [createNoCrm()], log: silentLog, meter: silentMeter }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const answer = await fetch(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/api/v1/crm/bindings`);
    assert.deepEqual([answer.status, ((await answer.json()) as { readonly code: string }).code], [404, 'TDM_CRM_OFF']);
    server.closeAllConnections();
    server.close();
  });
});
