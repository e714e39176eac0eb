import assert from 'node:assert/strict';
import { applyYaml, type ApplyOptions } from '../sidecar/provision.js';
import { parseYaml } from '../sidecar/yaml-file.js';
import { memoryProvisioning } from './support/memory-provisioning.js';

const site = `
users:
  - { user: "7100", pass: env:PEER_PASS, user_level: 8, view_reports: true, agent_api_access: true, functions: [ccc_lead_info] }
  - { user: vici, pass: plain-word-1, pass_form: plain }
user_groups:
  - { id: SALES, campaigns: [C1, C2] }
containers:
  - { id: ccc_test, url: 'http://origin/vicidial/non_agent_api.php?user=7100&pass=x-y-z&source=test&function=ccc_lead_info&call_id=--A--call_id--B--' }
peers:
  - { id: ccc_test, kind: tandem, trunks: [IAX2/alpha], account: { user: "7100", window_s: 60, one_time: true, addresses: [10.1.0.0/24, "::1"] } }
lists:
  - { list_id: 8199, campaign_id: C1 }
leads:
  - { lead_id: 1000123, phone_number: 9998887112, first_name: Billy, state: FL, list_id: 8199 }
calls:
  - { code: V1211200000001000123, lead_id: 1000123, age_seconds: 60 }
  - { code: DC287000W0001000123W, lead_id: 1000123 }
menus:
  - { id: ccc_menu, prompt: 'NOPLAY|cm_sc_ccc_lookup_insert.agi,ccc_test---8199', options: { A: { queue: support }, B: { menu: other } } }
  - { id: other, prompt: welcome, options: { '1': { menu: ccc_menu } } }
`;

describe('provisioning', () => {
  let store: ReturnType<typeof memoryProvisioning>;
  let options: ApplyOptions;
  beforeEach(() => {
    store = memoryProvisioning();
    let salt = 0;
    options = {
      store,
      hasher: {
        hash: (pass) => Promise.resolve(`h${String(++salt)}:${pass}`),
        verify: (pass, hash) => Promise.resolve(hash.endsWith(`:${pass}`)),
      },
      nowMs: Date.UTC(2026, 10, 21, 12),
      zone: 'UTC',
      dryRun: false,
      allowDefaultSecrets: false,
      env: { PEER_PASS: 'long-secret' },
    };
  });
  const apply = (text: string) => applyYaml(parseYaml(text, 'site.yaml'), options);

  it('B63: applied once it makes every row, with VICIdial column names', async () => {
    await apply(site);
    const { tables } = store;
    const users = tables.vicidial_users ?? [];
    assert.equal(users[0]?.['api_allowed_functions'], ' ccc_lead_info ');
    assert.deepEqual(
      users.map((row) => row['pass']),
      ['', 'plain-word-1'],
    );
    assert.deepEqual(tables.tandem_user_secrets, [{ user: '7100', secret_hash: 'h1:long-secret' }]);
    assert.equal(tables.vicidial_user_groups?.[0]?.['allowed_campaigns'], ' C1 C2 -');
    assert.deepEqual(tables.tandem_accounts, [
      {
        user: '7100',
        peer_id: 'ccc_test',
        window_s: 60,
        one_time: 1,
        requests_per_minute: null,
        lists: null,
        addresses: '["10.1.0.0/24","::1"]',
      },
    ]);
    assert.equal(tables.vicidial_log_extended?.[0]?.['call_date'], '2026-11-21 11:59:00');
    assert.equal(tables.vicidial_dial_log?.[0]?.['caller_code'], 'DC287000W0001000123W');
    assert.equal(tables.vicidial_list?.[0]?.['phone_number'], '9998887112');
    assert.equal(tables.tandem_menus?.length, 2);
  });

  it('B63: applied again it changes nothing', async () => {
    await apply(site);
    const again = await apply(site);
    assert.deepEqual(again.lines, []);
    assert.equal(store.written.length, 1);
  });

  it('B63: a dry run says what would change, masks secrets, and changes nothing', async () => {
    await apply(site);
    const plan = await applyYaml(parseYaml(site.replace('plain-word-1', 'plain-word-2'), 'site.yaml'), {
      ...options,
      dryRun: true,
    });
    assert.deepEqual(plan.lines, ['~ vicidial_users vici: pass=***']);
    assert.equal(store.written.length, 1);
  });

  it('B63: leads and calls that exist are left as agents and time have made them', async () => {
    await apply(site);
    options = { ...options, nowMs: options.nowMs + 3_600_000 };
    const again = await apply(site.replace('first_name: Billy', 'first_name: Bob'));
    assert.deepEqual(again.lines, []);
    const demonstration = await applyYaml(parseYaml(site, 'site.yaml'), { ...options, refreshCalls: true });
    assert.equal(demonstration.changes.length, 2);
  });

  it('DB-2: a password changed in VICIdial stays, until the file has a new one', async () => {
    await apply(site);
    const [user] = store.tables.vicidial_users ?? [];
    assert.ok(user && store.tables.vicidial_users);
    store.tables.vicidial_users[0] = { ...user, pass: 'by-hand', pass_hash: 'x' };
    await apply(site);
    assert.equal(store.tables.vicidial_users[0]['pass'], 'by-hand');
    options = { ...options, env: { PEER_PASS: 'another-secret' } };
    await apply(site);
    assert.deepEqual([store.tables.vicidial_users[0]['pass'], store.tables.vicidial_users[0]['pass_hash']], ['', '']);
  });

  it('W-8: a user has no function that was not named', async () => {
    await apply('users: [{ user: plain, pass: some-word }]');
    assert.equal(store.tables.vicidial_users?.[0]?.['api_allowed_functions'], ' ');
  });

  it('B63: names count in any letter case, as in MariaDB; the stored spelling stays', async () => {
    await apply(site);
    const shouted = site.replaceAll('vici', 'VICI').replaceAll('SALES', 'sales');
    const other = shouted
      .replaceAll('id: ccc_test', 'id: CCC_Test')
      .replaceAll('id: ccc_menu', 'id: CCC_MENU')
      .replaceAll('/VICIdial/', '/vicidial/');
    const { changes } = await apply(other.replace('kind: tandem', 'kind: vicidial'));
    assert.deepEqual(
      changes.filter(({ action }) => action !== 'update'),
      [],
    );
    assert.deepEqual(changes.find(({ table }) => table === 'tandem_peers')?.key, { peer_id: 'ccc_test' });
    const hashes = structuredClone(store.tables.tandem_user_secrets);
    await apply(other.replace('kind: tandem', 'kind: vicidial'));
    assert.deepEqual(store.tables.tandem_user_secrets, hashes);
    const { lines } = await apply('remove: { menus: [OTHER], users: [Vici] }');
    assert.deepEqual(lines, ['- tandem_menus other', '- vicidial_users vici']);
    await assert.rejects(apply('users: [{ user: boss, pass: some-word }, { user: Boss, pass: some-word }]'), /stands here twice/);
  });

  it('W-7: an account taken out of its peer in the file is unbound; peers that the file does not name keep theirs', async () => {
    await apply(site);
    store.tables.tandem_accounts?.push({ user: '7200', peer_id: 'elsewhere' });
    const without = site.replace(', account: { user: "7100", window_s: 60, one_time: true, addresses: [10.1.0.0/24, "::1"] }', '');
    assert.deepEqual((await apply(without)).lines, ['- tandem_accounts 7100']);
    assert.deepEqual(store.tables.tandem_accounts, [{ user: '7200', peer_id: 'elsewhere' }]);
    assert.deepEqual((await apply(without)).lines, []);
  });

  it('B39: queues and agent of a user: made, kept when they are not named, changed, and removed with the user', async () => {
    const desk = (more: string): string => `users: [{ user: desk, pass: long-secret, functions: [tandem_queue_control]${more} }]`;
    const rights = () => store.tables.tandem_user_rights;
    await apply('queues: [{ id: Support }, { id: sales }]\nagents: [{ id: Anna }]');
    const made = await apply(desk(', queues: [SUPPORT, support, sales], agent: Anna'));
    assert.deepEqual(made.lines, ['+ tandem_user_rights desk', '+ vicidial_users desk', '+ tandem_user_secrets desk']);
    assert.deepEqual(rights(), [{ user: 'desk', queues: '["support","sales"]', agent_id: 'Anna' }]);
    assert.deepEqual((await apply(desk(''))).lines, [], 'who is not named there is not let into all queues');
    assert.deepEqual((await apply(desk(', queues: all'))).lines, ['~ tandem_user_rights desk: queues=null']);
    await apply(desk(', queues: [], agent: ""'));
    assert.deepEqual(rights(), [{ user: 'desk', queues: '[]', agent_id: null }]);
    await apply('remove: { users: [DESK] }');
    assert.deepEqual(rights(), []);
  });

  for (const [entry, message] of [
    ['queues: [nosuch]', 'users\\.0\\.queues\\.0: queue "nosuch" is unknown'],
    ['agent: nosuch', 'users\\.0\\.agent: agent "nosuch" is unknown'],
    ['queues: ["sup port"]', 'users\\.0\\.queues'],
    ['queues: support', 'users\\.0\\.queues: must be a list of queues, or the word all'],
    ['queues:', 'users\\.0\\.queues'],
    ['queues: [support], functions: [tandem_admin]', 'users\\.0\\.queues: tandem_admin is for all queues'],
  ] as const)
    it(`B39: a user with ${entry} is refused`, async () => {
      await assert.rejects(apply(`queues: [{ id: support }]\nusers: [{ user: desk, ${entry} }]`), new RegExp(message));
      assert.equal(store.written.length, 0);
    });

  it('remove takes away only what it names', async () => {
    await apply(site);
    const plan = await apply('remove: { menus: [other, nosuch], users: ["7100"], leads: ["1000123"] }');
    assert.deepEqual(plan.lines, [
      '- tandem_menus other',
      '- vicidial_list 1000123',
      '- tandem_accounts 7100',
      '- tandem_user_secrets 7100',
      '- vicidial_users 7100',
    ]);
    assert.equal(store.tables.vicidial_users?.length, 1);
  });

  it('B63: all problems are reported at once with file, line and path, and nothing is changed', async () => {
    const bad = `
users:
  - { user: "bad user", user_group: NOSUCH }
  - { user: a1, pass: env:UNSET, colour: red }
menus:
  - { id: m1, prompt: 'NOPLAY', options: { '1': { menu: nosuch } } }
`;
    const problemsOf = async (text: string): Promise<string> =>
      apply(text).then(
        () => assert.fail('was taken'),
        (e: unknown) => (e as Error).message,
      );
    const first = await problemsOf(bad);
    assert.match(first, /site\.yaml:3: users\.0\.user: may have letters/);
    assert.match(first, /site\.yaml:4: users\.1\.colour: no such key/);
    const second = await problemsOf(bad.replace('bad user', 'good').replace(', colour: red', ''));
    assert.match(second, /site\.yaml:3: users\.0\.user_group: user group "NOSUCH" is unknown/);
    assert.match(second, /site\.yaml:4: users\.1\.pass: "env:UNSET" cannot be resolved/);
    assert.match(second, /site\.yaml:6: menus\.0\.options\.1: menu "nosuch" is unknown/);
    assert.equal(store.written.length, 0);
  });

  for (const [what, text, message] of [
    ['broken YAML', 'users: [', /site\.yaml:\d+: /],
    ['a list instead of a map', '- a\n- b', /expected object/],
    ['a duplicate key', 'users: []\nusers: []', /site\.yaml:2: .*unique/],
    ['the same user twice', 'users: [{user: a}, {user: a}]', /site\.yaml:1: users\.1: "a" stands here twice/],
    ['a well-known password', 'users: [{user: a, pass: "1234"}]', /well-known default secret/],
    ['a file: URL in a container', 'containers: [{id: a, url: "file:///etc/passwd"}]', /must begin with http/],
    [
      'an unknown container in a prompt',
      "menus: [{id: m, prompt: 'cm_sc_ccc_lookup_insert.agi,nosuch---1', options: {}}]",
      /settings container "nosuch" is unknown/,
    ],
    ['a caller code that is none', 'calls: [{code: X, lead_id: 1}]', /caller code of 20 characters/],
  ] as const)
    it(`B63: refuses ${what}`, async () => {
      await assert.rejects(apply(text), (e: Error) => message.test(e.message) || assert.fail(e.message));
      assert.equal(store.written.length, 0);
    });

  it('an empty file is fine and changes nothing', async () => assert.deepEqual((await apply('')).changes, []));
});
