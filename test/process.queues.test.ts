/** Queues of a running process: provisioned by file, API and command, explained by command (O8, B21, B31, B63). */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { eventually } from './support/eventually.js';
import { startTandem, type TandemProcess } from './support/tandem-process.js';
import { binary } from './support/binary.js';

const run = promisify(execFile);
const sample = join(import.meta.dirname, 'fixtures/import/callcenter.conf.xml');

const site = {
  users: [
    { user: 'boss', pass: 'boss-password', user_level: 9, functions: ['tandem_admin'] },
    { user: 'viewer', pass: 'viewer-password', functions: ['tandem_queue_view'] },
  ],
  agents: [{ id: 'anna', contact: 'PJSIP/1001', pin: '4711', status: 'Available' }],
  queues: [{ id: 'support', strategy: 'ring-all', tiers: [{ agent: 'anna' }] }],
};

describe('queues of a running process', function () {
  this.timeout(60_000);
  let dir: string;
  let tandem: TandemProcess;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'tandem-queues-'));
    tandem = await startTandem({ dir, ports: { http: 0, agi: 0, esl: 0 }, provisioning: site });
  });
  after(async () => {
    await tandem.kill9();
    rmSync(dir, { recursive: true });
  });

  const ask = async (method: string, path: string, body?: object, user = 'boss') => {
    const answer = await fetch(`http://127.0.0.1:${String(tandem.ports.http)}/api/v1${path}`, {
      method,
      headers: { authorization: `Basic ${Buffer.from(`${user}:${user}-password`).toString('base64')}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const strategy = async (queue: string) => (await ask('GET', `/queues/${queue}`)).body['strategy'];
  const provision = (content: object) => writeFileSync(join(dir, 'provisioning.yaml'), stringify(content));
  const command = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TANDEM_')));
    const database = readDatabase();
    return run(process.execPath, [binary, ...args], { env: { ...clean, TANDEM_DATABASE_URL: database, ...env }, timeout: 30_000 });
  };
  const readDatabase = () => `sqlite:${join(dir, 'tandem.db')}`;
  const asViewer = () => ({
    TANDEM_API_URL: `http://127.0.0.1:${String(tandem.ports.http)}`,
    TANDEM_API_USER: 'viewer',
    TANDEM_API_PASS: 'viewer-password',
  });

  it('O7: what is provisioned at the start is in the engine; the PIN is hashed', async () => {
    assert.equal(await strategy('support'), 'ring-all');
    assert.equal((await ask('GET', '/agents/anna')).body['status'], 'Available');
    const [row] = tandem.rows('SELECT pin_hash FROM tandem_agents');
    assert.match(String(row?.['pin_hash']), /^scrypt\$/);
  });

  it('O8, D-06: SIGHUP brings changes to the engine and logs nobody in or out', async () => {
    await ask('PUT', '/agents/anna/status', { status: 'On Break', reason: 'lunch' });
    provision({ ...site, queues: [{ id: 'support', strategy: 'random', tiers: [{ agent: 'anna' }] }] });
    process.kill(tandem.pid, 'SIGHUP');
    await eventually(
      () => strategy('support'),
      (now) => now === 'random',
    );
    const { body } = await ask('GET', '/agents/anna');
    assert.deepEqual([body['status'], body['pauseReason']], ['On Break', 'lunch']);
  });

  it('B63: a queue made over the API takes callers at once; the answer comes after the engine has it', async () => {
    const made = await ask('PUT', '/provisioning/queues/fresh', { strategy: 'top-down', tiers: [{ agent: 'anna' }] });
    assert.deepEqual(made.body, { changes: ['+ tandem_queues fresh', '+ tandem_tiers fresh anna'], warnings: [] });
    assert.equal(await strategy('fresh'), 'top-down');
    const chat = await ask('POST', '/callbacks', { queue: 'fresh', number: '4930' });
    assert.equal(chat.status, 404, 'no switch can call back here');
  });

  it('O8: `tandem apply` in another process reaches the engine within seconds', async () => {
    const file = join(dir, 'more.yaml');
    writeFileSync(file, stringify({ queues: [{ id: 'fresh', strategy: 'random' }] }));
    const { stdout } = await command(['apply', file]);
    assert.match(stdout, /~ tandem_queues fresh/);
    await eventually(
      () => strategy('fresh'),
      (now) => now === 'random',
    );
  });

  it('F54: an imported callcenter.conf.xml is applied to the running process', async () => {
    const { stdout, stderr } = await command(['import', 'callcenter', sample, '--domain', 'default', '--apply']);
    assert.match(stdout, /\+ tandem_queues support@default/);
    assert.match(stderr, /callcenter\.conf\.xml:45: queue "sales@default": unknown param "queue-color" is left out/);
    await eventually(
      () => strategy('sales@default'),
      (now) => now === 'agent-with-least-talk-time',
    );
    assert.equal((await ask('GET', '/agents/1000@default')).body['status'], 'Available');
  });

  it('B31: `tandem explain` asks the running process', async () => {
    const agent = await command(['explain', 'agent', 'ANNA'], asViewer());
    assert.match(agent.stdout, /^Agent anna: On Break \(lunch\), Waiting, device unknown\n {2}cannot be offered a call: on-break\n/);
    const decisions = await command(['explain', 'decisions', '--queue', 'support'], asViewer());
    assert.equal(decisions.stdout, 'No decisions.\n');
    const json = await command(['explain', 'agent', 'anna', '--json'], asViewer());
    assert.equal((JSON.parse(json.stdout) as { agent: { id: string } }).agent.id, 'anna');
  });

  it("O115 O118: `tandem mi` speaks OpenSIPS's words to the running process; its tables are there (O9, O15)", async () => {
    const env = { ...asViewer(), TANDEM_API_USER: 'boss', TANDEM_API_PASS: 'boss-password' };
    assert.equal((await command(['mi', 'cc_agent_login', 'anna', '1'], env)).stdout, '"OK"\n');
    const { stdout } = await command(['mi', 'call_center:list_agents'], env);
    const { Agents } = JSON.parse(stdout) as { Agents: object[] };
    assert.ok(
      Agents.some((agent) => JSON.stringify(agent) === '{"id":"anna","Ref":0,"Loged in":"YES","State":"free"}'),
      stdout,
    );
    await assert.rejects(command(['mi', 'cc_agent_login', 'agent_id=nobody', 'state=1'], env), /404 Agent not found/);
    await assert.rejects(command(['mi', 'cc_agent_login', 'anna', '0'], asViewer()), /403/);
    assert.deepEqual(tandem.rows('SELECT b2buaid FROM cc_calls'), []);
    assert.deepEqual(tandem.rows('SELECT call_type, fstats FROM cc_cdrs'), []);
  });

  it('B31: a question that is refused, or that nobody answers, ends with code 1 and says why', async () => {
    const failed = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
      const e = await command(args, env).then(
        () => assert.fail('was no failure'),
        (error: unknown) => error as { code: number; stderr: string },
      );
      assert.equal(e.code, 1);
      assert.doesNotMatch(e.stderr, /viewer-password|\n\s+at /);
      return e.stderr;
    };
    assert.match(await failed(['explain', 'call', '31337'], asViewer()), /TDM_REMOTE_FAILED.*TDM_NOT_FOUND: Caller "31337" is unknown/);
    assert.match(await failed(['explain', 'agent', 'anna'], { ...asViewer(), TANDEM_API_PASS: 'wrong-password' }), /TDM_UNAUTHENTICATED/);
    assert.match(await failed(['explain', 'agent', 'anna'], { ...asViewer(), TANDEM_API_URL: 'http://127.0.0.1:9' }), /TDM_REMOTE_FAILED/);
    assert.match(await failed(['explain', 'agent', 'anna'], {}), /name a user and a password/);
  });

  it('an import is printed, written, and shown with --apply --dry-run; its report stands apart', async () => {
    const out = join(dir, 'imported.yaml');
    const [printed, written, dry] = await Promise.all([
      command(['import', 'callcenter', sample, '--var', 'domain=x.example']),
      command(['import', 'callcenter', sample, '--out', out]),
      command(['import', 'callcenter', sample, '--apply', '--dry-run']),
    ]);
    assert.match(printed.stdout, /^queue_settings:\n {2}ring_s: 20\nqueues:\n {2}- id: support@default\n/);
    assert.match(printed.stdout, /id: sales@x\.example/);
    assert.doesNotMatch(printed.stdout, /left out/);
    assert.equal(written.stdout, '');
    assert.match(written.stderr, /2 queues, 4 agents, 3 tiers; \d+ remark\(s\)\./);
    assert.match(readFileSync(out, 'utf8'), /^queue_settings:/);
    assert.match(dry.stdout, /change\(s\) would be made|Nothing to change/);
  });
});
