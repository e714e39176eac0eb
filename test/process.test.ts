/** The whole process: start, health, reload, orderly stop, the second signal (H25, B38, B63). */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { dialAgi } from './support/fake-asterisk.js';
import { startTandem, type TandemProcess } from './support/tandem-process.js';
import { eventually } from './support/eventually.js';

const site = {
  users: [
    { user: 'boss', pass: 'boss-password', user_level: 9, functions: ['tandem_admin'] },
    { user: 'clerk', pass: 'clerk-password', user_level: 9, functions: ['ALL_FUNCTIONS'] },
  ],
  menus: [{ id: 'first', prompt: 'NOPLAY', timeout_s: 1, repeats: 0, options: { '1': { hangup: [] } } }],
};

describe('the process', function () {
  this.timeout(60_000);
  let dir: string;
  let tandem: TandemProcess;
  const url = (path: string) => `http://127.0.0.1:${String(tandem.ports.http)}${path}`;
  const basic = (user: string, pass: string) => ({ authorization: `Basic ${Buffer.from(`${user}:${pass}`).toString('base64')}` });
  const provision = (change: (content: typeof site) => unknown) => {
    const file = join(dir, 'provisioning.yaml');
    writeFileSync(file, stringify(change(parse(readFileSync(file, 'utf8')) as typeof site)));
  };
  const addMenu = (id: string) => provision((content) => ({ ...content, menus: [...content.menus, { ...site.menus[0], id }] }));
  const isThere = (id: string) => tandem.rows('SELECT menu_id FROM tandem_menus WHERE menu_id = ?', id).length === 1;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'tandem-process-'));
    tandem = await startTandem({ dir, ports: { http: 0, agi: 0, esl: 0 }, provisioning: site });
  });
  after(async () => {
    await tandem.kill9();
    rmSync(dir, { recursive: true });
  });

  it('B38: answers live, ready with its checks, and metrics', async () => {
    assert.deepEqual(await (await fetch(url('/health/live'))).json(), { live: true });
    const ready = await fetch(url('/health/ready'));
    assert.equal(ready.status, 200);
    assert.deepEqual(await ready.json(), {
      ready: true,
      checks: [
        { name: 'database', state: 'up', reason: '' },
        { name: 'tables', state: 'up', reason: '' },
        { name: 'queue-engine', state: 'up', reason: '' },
      ],
    });
    assert.match(await (await fetch(url('/metrics'))).text(), /^tandem_agi_sessions 0$/m);
  });

  it('an unknown address is a JSON 404 with a stable code, and no stack leaves the house', async () => {
    const answer = await fetch(url('/no/such'));
    assert.equal(answer.status, 404);
    assert.equal(((await answer.json()) as { code: string }).code, 'TDM_NOT_FOUND');
  });

  it('B63: SIGHUP applies the provisioning file again while a call goes on', async () => {
    const call = await dialAgi({ port: tandem.ports.agi, script: 'menu', args: ['first'], msMax: 10_000 });
    addMenu('second');
    process.kill(tandem.pid, 'SIGHUP');
    await eventually(() => isThere('second'), Boolean);
    await call.ended;
    assert.equal(call.variables.get('TANDEM_RESULT'), 'timeout');
  });

  it('B63: a reload with mistakes changes nothing and says every one of them', async () => {
    provision((content) => ({ ...content, menus: [{ id: 'bad id', prompt: '' }], colour: 'red' }));
    const answer = await fetch(url('/api/v1/reload'), { method: 'POST', headers: basic('boss', 'boss-password') });
    const body = (await answer.json()) as { code: string; message: string };
    assert.deepEqual([answer.status, body.code], [400, 'TDM_BAD_FILE']);
    assert.match(body.message, /menus\.0\.id/);
    assert.match(body.message, /colour: no such key/);
    assert.ok(isThere('first'));
    provision(() => site);
  });

  for (const [who, headers, status, code] of [
    ['nobody', {}, 401, 'TDM_UNAUTHENTICATED'],
    ['a wrong password', basic('boss', 'guess'), 401, 'TDM_UNAUTHENTICATED'],
    ['a user with ALL_FUNCTIONS but without tandem_admin', basic('clerk', 'clerk-password'), 403, 'TDM_FORBIDDEN'],
  ] as const)
    it(`B3 W-8: reload over HTTP is refused for ${who}`, async () => {
      const answer = await fetch(url('/api/v1/reload'), { method: 'POST', headers });
      assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [status, code]);
    });

  it('B63: reload over HTTP says what it changed', async () => {
    addMenu('third');
    const answer = await fetch(url('/api/v1/reload'), { method: 'POST', headers: basic('boss', 'boss-password') });
    assert.deepEqual([answer.status, await answer.json()], [200, { changes: ['+ tandem_menus third'] }]);
  });

  it('B63: three reloads at once do not collide', async () => {
    addMenu('fourth');
    for (let n = 0; n < 3; n++) process.kill(tandem.pid, 'SIGHUP');
    const answers = await Promise.all(
      [1, 2, 3].map(() => fetch(url('/api/v1/reload'), { method: 'POST', headers: basic('boss', 'boss-password') })),
    );
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [200, 200, 200],
    );
    assert.ok(isThere('fourth'));
    assert.ok(!tandem.log.some((line) => line.message.startsWith('reload refused')));
  });

  it('the OpenAPI file is served and names every own route', async () => {
    const { paths } = (await (await fetch(url('/api/v1/openapi.json'))).json()) as { paths: object };
    // all of them: api.openapi.test.ts
    for (const path of [
      '/health/live',
      '/health/ready',
      '/metrics',
      '/api/v1/openapi.json',
      '/api/v1/reload',
      '/api/v1/queues/{queue}/members',
    ])
      assert.ok(path in paths, path);
  });

  it('a reader of its log that goes away does not take the process with it', async () => {
    tandem.closeOutput();
    await fetch(url('/no/such'));
    await dialAgi({ port: tandem.ports.agi, script: 'menu', args: ['nosuch'] }).then((call) => call.ended);
    assert.equal((await fetch(url('/health/live'))).status, 200);
    await tandem.kill9();
    tandem = await startTandem({ dir, ports: { http: 0, agi: 0, esl: 0 }, provisioning: site });
  });

  it('H25: SIGTERM refuses new calls, lets the running one finish, then leaves with code 0', async () => {
    const call = await dialAgi({ port: tandem.ports.agi, script: 'menu', args: ['first'], msMax: 10_000 });
    await eventually(() => call.commands.length > 0, Boolean);
    const stopped = tandem.stop();
    await eventually(() => tandem.log.some((line) => line.message === 'stop requested'), Boolean);
    const late = await dialAgi({ port: tandem.ports.agi, script: 'menu', args: ['first'] }).then(
      (other) => other.ended.then(() => other.commands.length),
      () => 0,
    );
    await call.ended;
    assert.equal(late, 0, 'a new call was taken while stopping');
    assert.equal(call.variables.get('TANDEM_RESULT'), 'timeout');
    assert.equal(await stopped, 0);
  });

  it('H25: a second signal leaves at once', async () => {
    tandem = await startTandem({
      dir,
      ports: { http: 0, agi: 0, esl: 0 },
      provisioning: site,
      settings: { TANDEM_STOP_GRACE_MS: '60000' },
    });
    const call = await dialAgi({
      port: tandem.ports.agi,
      script: 'menu',
      args: ['first'],
      answer: (command) => (command.startsWith('WAIT') ? null : undefined),
      msMax: 20_000,
    });
    call.ended.catch(() => undefined);
    await eventually(() => call.commands.some((command) => command.startsWith('WAIT')), Boolean);
    const stopped = tandem.stop();
    await eventually(() => tandem.log.some((line) => line.message === 'stop requested'), Boolean);
    process.kill(tandem.pid, 'SIGTERM');
    assert.equal(await stopped, 1);
  });
});
