import assert from 'node:assert/strict';
import type { Db, Row } from '../sql/db.js';
import { describeStores, startMs } from './support/stores.js';

const second = '2026-11-21 19:03:09';

describeStores('users', (open) => {
  it('3.4: user, group, our account and secret in one', async () => {
    const { store, other } = await open();
    await addUser(other);
    await other.run(
      `INSERT INTO vicidial_user_groups (user_group, allowed_campaigns, api_ip_list) VALUES ('ADMIN', ' -ALL-CAMPAIGNS- - -', 'OFFICE')`,
      [],
      {},
    );
    await other.run(
      `INSERT INTO tandem_accounts (user, peer_id, window_s, one_time, requests_per_minute, lists, addresses) VALUES ('6666', 'alpha', 600, 1, NULL, '[501,8199]', '["10.1.0.0/24"]')`,
      [],
      {},
    );
    await other.run(`INSERT INTO tandem_user_secrets (user, secret_hash) VALUES ('6666', 'scrypt$x')`, [], {});

    assert.deepEqual(await store.users.find('6666'), {
      user: '6666',
      pass: '1234',
      passHash: '',
      secretHash: 'scrypt$x',
      userLevel: 8,
      userGroup: 'ADMIN',
      active: true,
      viewReports: true,
      agentApiAccess: true,
      apiListRestrict: false,
      apiAllowedFunctions: ' ccc_lead_info ',
      failedLoginCount: 0,
      lastLoginAtMs: Date.UTC(2001, 0, 1, 5, 0, 1),
      ignoreIpList: false,
      twoFactorOverride: 'NOT_ACTIVE',
      allowedCampaigns: ' -ALL-CAMPAIGNS- - -',
      apiIpList: 'OFFICE',
      account: {
        peerId: 'alpha',
        windowS: 600,
        oneTime: true,
        requestsPerMinute: undefined,
        lists: [501, 8199],
        addresses: ['10.1.0.0/24'],
      },
    });
  });

  it('3.4: a user alone has no group, account or secret of ours; an unknown one is undefined', async () => {
    const { store, other } = await open();
    await addUser(other, 'AgentBob');

    const user = await store.users.find('agentbob'); // letter case follows the collation (API-7)

    assert.deepEqual([user?.user, user?.allowedCampaigns, user?.account, user?.secretHash], ['AgentBob', '', undefined, undefined]);
    assert.equal(await store.users.find('nobody'), undefined);
    assert.equal(await store.users.find('😀\u4e2d'), undefined);
  });

  it('FF-1: a user is found by custom three where the table has that column', async () => {
    const { store, other } = await open({ empty: true });
    await store.migrate();
    await addUser(other, '8002');
    await addUser(other, '8001');
    assert.equal(await store.users.findByAlias?.('anna'), undefined);
    await other.run("ALTER TABLE vicidial_users ADD COLUMN custom_three VARCHAR(100) DEFAULT ''");
    await other.run("UPDATE vicidial_users SET custom_three = 'anna'");
    assert.equal(await store.users.findByAlias?.('anna'), '8001');
    assert.equal(await store.users.findByAlias?.('bert'), undefined);
  });

  it('W-7, W-8: lists and addresses that cannot be read allow none', async () => {
    const { store, other } = await open();
    await addUser(other);
    await other.run(
      `INSERT INTO tandem_accounts (user, peer_id, lists, addresses) VALUES ('6666', 'alpha', 'all of them', '["anywhere"]')`,
      [],
      {},
    );

    const account = (await store.users.find('6666'))?.account;
    assert.deepEqual([account?.lists, account?.addresses], [[], []]);
  });

  it('DB-2: a change by another program counts within one second, a new user at once', async () => {
    const { store, other, clock } = await open();
    assert.equal(await store.users.find('6666'), undefined);
    await addUser(other);
    assert.equal((await store.users.find('6666'))?.active, true);
    await other.run(`UPDATE vicidial_users SET active = 'N'`, [], {});

    clock.add(1000);

    assert.equal((await store.users.find('6666'))?.active, false);
  });

  it('3.4 step 4: a success sets date and address and clears the count', async () => {
    const { store, other } = await open();
    await addUser(other);
    await other.run('UPDATE vicidial_users SET failed_login_count = 9', [], {});
    assert.equal((await store.users.find('6666'))?.failedLoginCount, 9);

    await store.users.loginSucceeded('6666', '2001:db8::1:2:3:4:5', startMs);

    const row = await userRow(other);
    assert.deepEqual([row['last_login_date'], row['last_ip'], row['failed_login_count']], [second, '2001:db8::1:2:3', 0]);
    assert.equal((await store.users.find('6666'))?.failedLoginCount, 0);
  });

  it('3.4 step 5: bad logins count, at once for the next decision', async () => {
    const { store, other } = await open();
    await addUser(other);
    await store.users.find('6666');

    await store.users.loginFailed('6666', '10.1.1.1', startMs, 'bad');
    await store.users.loginFailed('6666', '10.1.1.1', startMs, 'bad');

    assert.equal((await store.users.find('6666'))?.failedLoginCount, 2);
    assert.deepEqual(await counters(other), [2, 2, 2, '10.1.1.1', 'aBAD']);
  });

  it('3.4 step 5: restart, lock and blocked address', async () => {
    const { store, other } = await open();
    await addUser(other);
    await other.run('UPDATE vicidial_users SET failed_login_count = 10', [], {});

    await store.users.loginFailed('6666', '10.1.1.1', startMs, 'locked');
    assert.deepEqual(await counters(other), [10, 0, 1, '10.1.1.1', 'aLOCK']);
    await store.users.loginFailed('6666', '10.1.1.2', startMs, 'ip-block');
    assert.deepEqual(await counters(other), [10, 0, 2, '10.1.1.2', 'aIPBLOCK']);
    await store.users.loginFailed('6666', '10.1.1.3', startMs, 'restart');
    assert.equal((await counters(other))[0], 1);
    assert.equal((await userRow(other))['last_login_date'], second);
  });

  it('3.4: full counters do not overflow', async () => {
    const { store, other } = await open();
    await addUser(other);
    await other.run(
      'UPDATE vicidial_users SET failed_login_count = 255, failed_login_count_today = 65535, failed_login_attempts_today = 65535',
      [],
      {},
    );

    await store.users.loginFailed('6666', '10.1.1.1', startMs, 'bad');

    assert.deepEqual((await counters(other)).slice(0, 3), [255, 65_535, 65_535]);
  });

  it('a failed login after a success counts from zero, whatever is still on its way', async () => {
    const { store, other } = await open();
    await addUser(other);
    await other.run('UPDATE vicidial_users SET failed_login_count = 5', [], {});

    const success = store.users.loginSucceeded('6666', '10.1.1.1', startMs);
    await store.users.loginFailed('6666', '10.1.1.1', startMs, 'bad');
    await success;
    assert.equal((await counters(other))[0], 1);

    await store.users.loginSucceeded('6666', '10.1.1.1', startMs); // the same second again
    assert.equal((await counters(other))[0], 0);
  });

  it('many successes of one second are one UPDATE', async () => {
    const { store, other } = await open();
    await addUser(other);

    await Promise.all(Array.from({ length: 50 }, () => store.users.loginSucceeded('6666', '10.1.1.1', startMs)));
    await other.run(`UPDATE vicidial_users SET last_ip = 'untouched'`, [], {});
    await store.users.loginSucceeded('6666', '10.1.1.1', startMs);

    assert.equal((await userRow(other))['last_ip'], 'untouched');
  });
});

async function addUser(db: Db, user = '6666'): Promise<void> {
  await db.run(
    `INSERT INTO vicidial_users (user, pass, user_level, user_group, active, view_reports, vdc_agent_api_access, api_allowed_functions)
     VALUES (?, '1234', 8, 'ADMIN', 'Y', '1', '1', ' ccc_lead_info ')`,
    [user],
  );
}

async function userRow(db: Db): Promise<Row> {
  const [row] = await db.all('SELECT * FROM vicidial_users');
  assert.ok(row);
  return row;
}

async function counters(db: Db): Promise<(string | number | null | undefined)[]> {
  const row = await userRow(db);
  return [
    'failed_login_count',
    'failed_login_count_today',
    'failed_login_attempts_today',
    'failed_last_ip_today',
    'failed_last_type_today',
  ].map((name) => row[name]);
}
