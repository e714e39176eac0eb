/** Sessions of browsers: `/api/v1/session`, the cookie, and what a page of another site cannot do. */
import assert from 'node:assert/strict';
import { startQueueApi, type QueueApi } from './support/queue-api.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

describe('browser sessions', () => {
  let api: QueueApi;
  beforeEach(async () => {
    api = await startQueueApi({ queues: { support: {} }, agents: { anna: { contact: 'PJSIP/1' } }, tiers: ['support anna'] });
  });
  afterEach(() => api.close());

  const own = { 'x-tandem-request': '1' };
  interface Answer {
    readonly status: number;
    readonly body: Readonly<Record<string, unknown>>;
    readonly cookie: string | undefined;
    readonly setCookie: string;
  }
  async function send(method: string, path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const answer = await fetch(api.base + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const setCookie = answer.headers.get('set-cookie') ?? '';
    const cookie = /^(tandem_session=[\w-]+)/.exec(setCookie)?.[1];
    return { status: answer.status, body: (await answer.json()) as Answer['body'], cookie, setCookie };
  }
  async function login(user = 'desk', headers: Readonly<Record<string, string>> = own): Promise<string> {
    const answer = await send('POST', '/session', { user, pass: `${user}-pass` }, headers);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.ok(answer.cookie);
    return answer.cookie;
  }
  const status = async (cookie: string, path = '/queues') => (await send('GET', path, undefined, { cookie })).status;

  it('B39: login, who I am, logout; the cookie cannot be read by scripts nor sent by other sites', async () => {
    const made = await send('POST', '/session', { user: 'desk', pass: 'desk-pass' }, own);
    assert.match(made.setCookie, /^tandem_session=[\w-]{43}; Path=\/; Max-Age=86400; HttpOnly; SameSite=Strict$/);
    const cookie = made.cookie ?? '';
    const who = await send('GET', '/session', undefined, { cookie });
    assert.deepEqual(who.body, {
      user: 'desk',
      functions: ['tandem_queue_control'],
      by: 'session',
      endsAtMs: api.desk.nowMs() + 24 * hourMs,
      idleMs: 8 * hourMs,
    });
    assert.equal(await status(cookie), 200);
    assert.equal((await send('PUT', '/agents/anna/status', { status: 'On Break' }, { cookie, ...own })).status, 200);
    const gone = await send('DELETE', '/session', undefined, { cookie, ...own });
    assert.deepEqual([gone.status, gone.body], [200, { ok: true }]);
    assert.match(gone.setCookie, /^tandem_session=; Path=\/; Max-Age=0/);
    assert.equal(await status(cookie), 401);
  });

  it('Secure by setting, and when the page came by https', async () => {
    const { host } = new URL(api.base);
    const made = await send('POST', '/session', { user: 'desk', pass: 'desk-pass' }, { ...own, origin: `https://${host}` });
    assert.match(made.setCookie, /; Secure$/);
    const secure = await startQueueApi({ queues: {} }, { access: { isSecure: true } });
    try {
      const answer = await fetch(`${secure.base}/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...own },
        body: JSON.stringify({ user: 'desk', pass: 'desk-pass' }),
      });
      assert.match(answer.headers.get('set-cookie') ?? '', /; Secure$/);
    } finally {
      await secure.close();
    }
  });

  it('only hashes are stored', async () => {
    const token = (await login()).split('=')[1] ?? '';
    const found = await api.own.access.sessions.find(token);
    assert.equal(found, undefined, 'the token itself is in the table');
  });

  it('a change needs our header and our own origin', async () => {
    const cookie = await login();
    const { host } = new URL(api.base);
    const change = (headers: Readonly<Record<string, string>>) =>
      send('PUT', '/agents/anna/status', { status: 'On Break' }, { cookie, ...headers });
    const asked = api.desk.asked.length;
    for (const headers of [
      {},
      { 'x-tandem-request': '0' },
      { ...own, origin: 'https://evil.example' },
      { ...own, origin: 'null' },
      { ...own, origin: `http://${host}.evil.example` },
      { ...own, origin: `http://evil.example/${host}` },
      { ...own, 'sec-fetch-site': 'cross-site' },
      { ...own, 'sec-fetch-site': 'same-site' },
    ]) {
      const answer = await change(headers);
      assert.deepEqual([answer.status, answer.body['code']], [403, 'TDM_CROSS_SITE'], JSON.stringify(headers));
    }
    assert.equal(api.desk.asked.length, asked);
    assert.equal((await change({ ...own, origin: `http://${host}` })).status, 200);
    for (const headers of [{}, { ...own, origin: 'https://evil.example' }]) {
      const answer = await send('POST', '/session', { user: 'desk', pass: 'desk-pass' }, headers);
      assert.deepEqual([answer.status, answer.cookie], [403, undefined], 'a login from elsewhere');
    }
  });

  it('ends after 8 hours without a request and after 24 hours in any case', async () => {
    const idle = await login();
    api.desk.advance(8 * hourMs - 1);
    assert.equal(await status(idle), 200);
    let cookie = await login();
    api.desk.advance(8 * hourMs);
    assert.equal(await status(cookie), 401);
    cookie = await login();
    for (let hour = 1; hour < 24; hour++) {
      api.desk.advance(hourMs);
      const answer = await send('GET', '/queues', undefined, { cookie });
      assert.equal(answer.status, 200, `hour ${String(hour)}`);
      cookie = answer.cookie ?? cookie;
    }
    api.desk.advance(hourMs);
    assert.equal(await status(cookie), 401);
  });

  it('the token is exchanged every 15 minutes; the old one is good until the new one came back, and a minute more', async () => {
    const first = await login();
    api.desk.advance(15 * minuteMs);
    const [one, two] = await Promise.all([
      send('GET', '/queues', undefined, { cookie: first }),
      send('GET', '/queues', undefined, { cookie: first }),
    ]);
    assert.deepEqual([one.status, two.status], [200, 200]);
    const second = one.cookie ?? two.cookie ?? '';
    assert.equal([one.cookie, two.cookie].filter(Boolean).length, 1, 'one new token, not two');
    assert.notEqual(second, first);
    api.desk.advance(5_000);
    assert.equal(await status(first), 200, 'the answer with the new one may be on its way');
    assert.equal(await status(second), 200);
    api.desk.advance(minuteMs - 1_000);
    assert.equal(await status(first), 200);
    api.desk.advance(1_000);
    assert.equal(await status(first), 401, 'stolen or forgotten: no longer good');
    assert.equal(await status(second), 200);
  });

  it('a browser that never got the new token gets another one', async () => {
    const first = await login();
    api.desk.advance(15 * minuteMs);
    const lost = (await send('GET', '/queues', undefined, { cookie: first })).cookie;
    api.desk.advance(2 * minuteMs);
    const again = await send('GET', '/queues', undefined, { cookie: first });
    assert.equal(again.status, 200);
    assert.ok(again.cookie && again.cookie !== lost);
    assert.equal(await status(again.cookie), 200);
    assert.equal(await status(lost ?? ''), 401);
  });

  it('ends when the user is switched off, loses the function, or gets another password', async () => {
    const change = (name: string, more: object) => {
      api.users.users = api.users.users.map((user) => (user.user === name ? { ...user, ...more } : user));
    };
    const off = await login('desk');
    change('desk', { active: false });
    assert.equal(await status(off), 401);
    change('desk', { active: true });
    assert.equal(await status(off), 401, 'it does not come back');
    const less = await login('desk');
    change('desk', { apiAllowedFunctions: ' tandem_agent ' });
    assert.equal(await status(less), 403);
    const other = await login('viewer');
    change('viewer', { pass: 'another' });
    assert.equal(await status(other), 401);
  });

  it('lives over a restart and on another node', async () => {
    const cookie = await login();
    const token = cookie.split('=')[1] ?? '';
    const { createBrowserSessions } = await import('../sidecar/browser-sessions.js');
    const users = { find: (name: string) => Promise.resolve(api.users.users.find(({ user }) => user === name)) };
    const elsewhere = createBrowserSessions({ sessions: api.own.access.sessions, users, nowMs: () => api.desk.nowMs() });
    assert.equal((await elsewhere.resume(token)).user.user, 'desk');
  });

  it('a user has at most 20 sessions; the oldest goes', async () => {
    const first = await login();
    for (let i = 0; i < 20; i++) {
      api.desk.advance(1_000);
      await login();
    }
    assert.equal(await status(first), 401);
  });

  it('wrong logins, users without a function of ours, bodies and cookies that are wrong', async () => {
    for (const [body, code] of [
      [{ user: 'desk', pass: 'wrong' }, 401],
      [{ user: 'nobody', pass: 'x' }, 401],
      [{ user: 'gone', pass: 'gone-pass' }, 401],
      [{ user: `desk' OR '1'='1`, pass: 'x' }, 401],
      [{ user: 'clerk', pass: 'clerk-pass' }, 403],
      [{ user: 'desk' }, 400],
      [{ user: 'desk', pass: '' }, 400],
      [{ user: 'desk', pass: ['desk-pass'] }, 400],
      [{ user: 'desk', pass: 'desk-pass', admin: true }, 400],
      [{ user: 'x'.repeat(21), pass: 'y' }, 400],
      [{ user: 'desk', pass: 'x'.repeat(70_000) }, 413],
    ] as const) {
      const answer = await send('POST', '/session', body, own);
      assert.deepEqual([answer.status, answer.cookie], [code, undefined], JSON.stringify(body).slice(0, 80));
    }
    for (const value of ['', 'x', 'x'.repeat(43), `' OR 1=1 --`, '../../etc', 'x'.repeat(5_000)])
      assert.equal(await status(`tandem_session=${value}`), 401);
    assert.equal(await status('other=1; tandem_sessionx=1'), 401);
  });

  it('ten wrong passwords lock the user out for this address, as at the other doors', async () => {
    for (let i = 0; i < 10; i++) assert.equal((await send('POST', '/session', { user: 'desk', pass: 'wrong' }, own)).status, 401);
    const answer = await send('POST', '/session', { user: 'desk', pass: 'desk-pass' }, own);
    assert.deepEqual([answer.status, answer.body['message']], [401, 'Login needed: LOCK']);
  });

  it('guessing sessions is limited for an address', async () => {
    const few = await startQueueApi({ queues: {} }, { access: { badPerMinuteMax: 3 } });
    try {
      const ask = (headers: Readonly<Record<string, string>>) => fetch(`${few.base}/session`, { headers }).then(({ status: code }) => code);
      for (let i = 0; i < 3; i++) assert.equal(await ask({ cookie: `tandem_session=${'a'.repeat(43)}` }), 401);
      assert.equal(await ask({ cookie: `tandem_session=${'b'.repeat(43)}` }), 429);
      assert.equal(await ask({ authorization: `Bearer tdm_${'b'.repeat(43)}` }), 429);
    } finally {
      await few.close();
    }
  });

  it('B39: who tries wrong sessions locks out nobody behind the same address, however many he tries', async () => {
    const few = await startQueueApi({ queues: { support: {} } }, { access: { badPerMinuteMax: 3 }, requestsPerMinuteMax: 20 });
    try {
      const ask = (headers: Readonly<Record<string, string>>) => fetch(`${few.base}/queues`, { headers }).then(({ status: code }) => code);
      const wrong = (n: number) => ask({ cookie: `tandem_session=${String(n).padStart(43, 'a')}` });
      const logIn = async (): Promise<string> => {
        const body = JSON.stringify({ user: 'desk', pass: 'desk-pass' });
        const answer = await fetch(`${few.base}/session`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...own },
          body,
        });
        return /^tandem_session=[\w-]+/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? assert.fail(await answer.text());
      };
      const cookie = await logIn();
      const told: number[] = [];
      for (let n = 0; n < 40; n++) told.push(await wrong(n));
      assert.deepEqual([told.slice(0, 3), new Set(told.slice(3))], [[401, 401, 401], new Set([429])]);

      assert.equal(await ask({ cookie }), 200);
      assert.equal(await ask({ cookie: await logIn() }), 200, 'who logs in meanwhile');
      // each has his own bound
      for (let n = 0; n < 19; n++) await ask({ cookie });
      assert.equal(await ask({ cookie }), 429);
      const third = await logIn();
      await fetch(`${few.base}/session`, { method: 'DELETE', headers: { cookie: third, ...own } });
      assert.equal(await ask({ cookie: third }), 401, 'what was right until now');
      assert.equal(await ask({ cookie: third }), 429, 'and is not any more');
    } finally {
      await few.close();
    }
  });
});
