/** The command line as a user meets it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openStore } from '../sql/store.js';
import { startExample } from './support/example-process.js';
import { silentLog, silentMeter } from './support/observers.js';
import { binary } from './support/binary.js';

const run = promisify(execFile);

describe('command line', function () {
  this.timeout(90_000);
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'tandem-cli-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  const tandem = async (args: readonly string[], env: Record<string, string> = {}) => {
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TANDEM_')));
    const settings = {
      TANDEM_DATABASE_URL: `sqlite:${join(dir, 't.db')}`,
      TANDEM_HTTP_PORT: '0',
      TANDEM_AGI_PORT: '0',
      TANDEM_ESL_PORT: '0',
      ...env,
    };
    return run(process.execPath, [binary, ...args], { env: { ...clean, ...settings }, timeout: 30_000 }).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
      (e: unknown) => e as { code: number; stdout: string; stderr: string } as never,
    ) as Promise<{ code: number; out?: string; err?: string; stdout?: string; stderr?: string }>;
  };

  it('migrate, user add, user list, user remove', async () => {
    assert.match((await tandem(['migrate'])).out ?? '', /up to date/);
    const added = (await tandem(['user', 'add', 'peer1', '--functions', 'ccc_lead_info', '--view-reports', '--agent-api'])).out ?? '';
    assert.match(added, /^User peer1 is ready\.\nPassword \(shown once\): [A-Za-z0-9]{20}\n$/);
    assert.match((await tandem(['user', 'list'])).out ?? '', /^peer1\tlevel 8\tADMIN\tactive\tccc_lead_info\n$/);
    assert.match((await tandem(['user', 'remove', 'peer1'])).out ?? '', /removed/);
    assert.equal((await tandem(['user', 'list'])).out, '');
  });

  it('B39: user add with queues and agent', async () => {
    const file = join(dir, 'site.yaml');
    writeFileSync(file, 'queues: [{ id: support }, { id: sales }]\nagents: [{ id: anna }]\n');
    await tandem(['apply', file]);
    const add = (...more: string[]) => tandem(['user', 'add', 'desk', '--functions', 'tandem_queue_view', ...more]);
    assert.match((await add('--queues', 'nosuch')).stderr ?? '', /queue "nosuch" is unknown/);
    assert.equal((await add('--queues', 'support, sales', '--agent', 'anna')).code, 0);
    const store = await openStore({
      url: `sqlite:${join(dir, 't.db')}`,
      zone: 'UTC',
      log: silentLog,
      meter: silentMeter,
      nowMs: Date.now,
    });
    try {
      assert.deepEqual(await store.access.rights.find('desk'), { queues: ['support', 'sales'], agent: 'anna' });
    } finally {
      await store.close();
    }
  });

  it('B63: apply, apply again, and menu show', async () => {
    const file = join(dir, 'site.yaml');
    writeFileSync(file, "menus: [{ id: m1, prompt: NOPLAY, options: { '1': { extension: '9001', context: office } } }]\n");
    await tandem(['migrate']);
    assert.match((await tandem(['apply', file, '--dry-run'])).out ?? '', /^\+ tandem_menus m1\n1 change\(s\) would be made\.\n$/);
    assert.match((await tandem(['apply', file])).out ?? '', /1 change\(s\) made/);
    assert.match((await tandem(['apply', file])).out ?? '', /^Nothing to change\.\n$/);
    assert.match((await tandem(['menu', 'show', 'm1'])).out ?? '', /1: extension 9001 in office/);
    assert.match((await tandem(['menu', 'show', 'nosuch'])).stderr ?? '', /TDM_NOT_FOUND/);
  });

  it('DB-2: commands that only look make no tables', async () => {
    const file = join(dir, 'site.yaml');
    writeFileSync(file, 'user_groups: [{ id: SALES }]\n');
    for (const args of [
      ['user', 'list'],
      ['menu', 'list'],
      ['apply', file, '--dry-run'],
    ])
      assert.match((await tandem(args)).stderr ?? '', /TDM_STORE_EMPTY: .*run "tandem migrate"/);
    const doctor = await tandem(['doctor']);
    assert.match(doctor.stdout ?? '', /^FAIL {2}database: .*run "tandem migrate"/m);
  });

  for (const [what, args, env, message] of [
    [
      'a broken setting',
      ['serve'],
      { TANDEM_HTTP_PORT: 'x', TANDEM_ZONE: 'Mars' },
      /TDM_BAD_SETTING[\s\S]*TANDEM_ZONE[\s\S]*TANDEM_HTTP_PORT/,
    ],
    ['a well-known secret', ['serve'], { TANDEM_FREESWITCH_URLS: 'esl://:ClueCon@127.0.0.1/fs' }, /well-known default secret/],
    [
      'a file that is not there',
      ['apply', '/nowhere/site.yaml'],
      {},
      /TDM_BAD_FILE: File \/nowhere\/site\.yaml: cannot be read \(ENOENT\)/,
    ],
    ['a menu before the tables are there', ['menu', 'show', 'nosuch'], {}, /TDM_STORE_EMPTY/],
    ['a database that is away', ['migrate'], { TANDEM_DATABASE_URL: 'mysql://t:x-y-z@127.0.0.1:9/none' }, /TDM_STORE_DOWN/],
  ] as const)
    it(`ends with code 1 and one clear message for ${what}`, async () => {
      const result = await tandem(args, env);
      assert.equal(result.code, 1);
      assert.match(result.stderr ?? '', message);
      assert.doesNotMatch(result.stderr ?? '', /ClueCon|x-y-z|\n\s+at /);
    });

  it('B38: doctor says what is wrong and ends with 1 when something is broken', async () => {
    await tandem(['migrate']);
    const healthy = await tandem(['doctor']);
    assert.equal(healthy.code, 0);
    assert.match(healthy.out ?? '', /^ok {4}database: answers/m);
    const broken = await tandem(['doctor'], { TANDEM_AMI_URLS: 'ami://t:x-y-z@127.0.0.1:9/pbx' });
    assert.equal(broken.code, 1);
    assert.match(broken.stdout ?? '', /^FAIL {2}ami link pbx: /m);
  });

  it('npm start: the example runs, and its printed curl command works as printed', async () => {
    const example = await startExample(dir);
    try {
      assert.equal(example.commands.length, 3);
      const [curl = '', asterisk = '', freeswitch = ''] = example.commands;
      const { stdout } = await run('bash', ['-c', `${curl} --silent`]);
      assert.match(stdout, /^status\|user\|[\s\S]*\nSALE\|.*Billy/);
      assert.match(
        asterisk,
        new RegExp(`^exten => 800,1,AGI\\(agi://127\\.0\\.0\\.1:${String(example.ports.agi)}/ccc_lookup_insert,example---8199\\)$`),
      );
      assert.match(
        freeswitch,
        new RegExp(
          `^<extension .*tandem_args=example---8199.*data="127\\.0\\.0\\.1:${String(example.ports.esl)} async full"/></condition></extension>$`,
        ),
      );
      assert.equal(statSync(join(dir, 'example-password')).mode & 0o777, 0o600);
    } finally {
      await example.stop();
    }
  });
});
