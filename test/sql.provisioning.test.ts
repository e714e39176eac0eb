import assert from 'node:assert/strict';
import type { ProvisioningChange } from '../sql/provisioning.js';
import { provisionedTables } from '../sql/provisioning-tables.js';
import { describeStores } from './support/stores.js';

const user: ProvisioningChange = {
  table: 'vicidial_users',
  action: 'insert',
  key: { user: '6666' },
  values: { pass: '1234', user_level: 8 },
};

describeStores('provisioning', (open) => {
  it('writes and reads every table it names, every column', async () => {
    const { store } = await open();
    const changes: ProvisioningChange[] = [
      user,
      {
        table: 'vicidial_user_groups',
        action: 'insert',
        key: { user_group: 'ADMIN' },
        values: { allowed_campaigns: ' -ALL-CAMPAIGNS- - -' },
      },
      { table: 'vicidial_settings_containers', action: 'insert', key: { container_id: 'c' }, values: { container_entry: 'http://x' } },
      { table: 'vicidial_lists', action: 'insert', key: { list_id: 501 }, values: { campaign_id: 'TESTCAMP' } },
      { table: 'vicidial_list', action: 'insert', key: { lead_id: 1_000_123 }, values: { phone_number: '99', gmt_offset_now: '-4.00' } },
      { table: 'vicidial_ip_list_entries', action: 'insert', key: { ip_list_id: 'OFFICE', ip_address: '10.1.1.x' }, values: {} },
      { table: 'system_settings', action: 'insert', key: {}, values: { pass_cost: 4 } },
      { table: 'servers', action: 'insert', key: { server_id: 'A' }, values: { server_ip: '10.0.0.1' } },
      {
        table: 'vicidial_log_extended',
        action: 'insert',
        key: { uniqueid: '1.1' },
        values: { caller_code: 'V1', call_date: '2026-11-21 19:03:09', lead_id: 1 },
      },
      { table: 'vicidial_dial_log', action: 'insert', key: { caller_code: 'DC1' }, values: { lead_id: 1 } },
      { table: 'tandem_accounts', action: 'insert', key: { user: '6666' }, values: { peer_id: 'alpha', lists: '[501]' } },
      { table: 'tandem_user_rights', action: 'insert', key: { user: '6666' }, values: { queues: '["support"]', agent_id: null } },
      { table: 'tandem_user_secrets', action: 'insert', key: { user: '6666' }, values: { secret_hash: 'scrypt$x' } },
      { table: 'tandem_peers', action: 'insert', key: { peer_id: 'alpha' }, values: { base_url: 'https://alpha.test' } },
      { table: 'tandem_menus', action: 'insert', key: { menu_id: 'm' }, values: { definition: '{}' } },
      { table: 'tandem_queues', action: 'insert', key: { queue_id: 'support' }, values: { definition: '{}' } },
      { table: 'tandem_agents', action: 'insert', key: { agent_id: 'anna' }, values: { definition: '{}', pin_hash: null } },
      { table: 'tandem_tiers', action: 'insert', key: { queue_id: 'support', agent_id: 'anna' }, values: { level: 1, position: 2 } },
      { table: 'tandem_callers', action: 'insert', key: { number: '+4930' }, values: { blocked: 1 } },
      { table: 'tandem_queue_settings', action: 'insert', key: { name: 'ring_s' }, values: { value: '20' } },
      {
        table: 'tandem_pause_reasons',
        action: 'insert',
        key: { code: 'lunch' },
        values: { text: 'Lunch', paid: 1, max_s: 1800, max_per_day_s: 0 },
      },
    ];
    assert.deepEqual(changes.map(({ table }) => table).sort(), Object.keys(provisionedTables).sort());

    await store.provisioning.write(changes);

    const state = await store.provisioning.read({ callerCodes: ['1.1', 'DC1'] });
    for (const [name, rows] of Object.entries<readonly unknown[]>({ ...state })) assert.equal(rows.length, 1, name);
    assert.equal(state.users[0]?.['pass'], '1234');
    assert.equal(state.leads[0]?.['gmt_offset_now'], '-4.00');
    assert.equal(state.peers[0]?.['verify_tls'], 1);
    assert.equal(Object.getPrototypeOf(state.users[0]), Object.prototype);
  });

  it('updates and deletes by key; a read right after sees it, also through the caches', async () => {
    const { store } = await open();
    await store.provisioning.write([user]);
    assert.equal((await store.users.find('6666'))?.userLevel, 8);

    await store.provisioning.write([{ ...user, action: 'update', values: { user_level: 7 } }]);
    assert.equal((await store.users.find('6666'))?.userLevel, 7);
    await store.provisioning.write([{ ...user, action: 'delete', values: {} }]);
    assert.equal(await store.users.find('6666'), undefined);
  });

  it('all or nothing', async () => {
    const { store } = await open();

    await assert.rejects(store.provisioning.write([user, user]), { code: 'TDM_STORE_CONFLICT' });
    await assert.rejects(store.provisioning.write([user, { ...user, action: 'update', key: { user: 'nobody' } }]), {
      code: 'TDM_NOT_FOUND',
    });

    assert.deepEqual((await store.provisioning.read()).users, []);
  });

  it('the same update twice is no error', async () => {
    const { store } = await open();
    await store.provisioning.write([user]);
    const update: ProvisioningChange = { ...user, action: 'update', values: { user_level: 8 } };

    await store.provisioning.write([update, update]);
  });

  it('DB-1: no table or column that is not listed, no change of every row', async () => {
    const { store } = await open();
    const refused = [
      { ...user, table: 'vicidial_manager' },
      { ...user, table: 'constructor' },
      { ...user, values: { 'pass` = 1 -- ': 'x' } },
      { ...user, action: 'delete', key: {} },
      { ...user, action: 'update', values: {} },
    ] as ProvisioningChange[];

    for (const change of refused) await assert.rejects(store.provisioning.write([change]), { code: 'TDM_BAD_VALUE' });
  });

  it('leads by their ids, or the first ones', async () => {
    const { store } = await open();
    const lead = (id: number): ProvisioningChange => ({
      table: 'vicidial_list',
      action: 'insert',
      key: { lead_id: id },
      values: { phone_number: '1' },
    });
    await store.provisioning.write([lead(3), lead(1), lead(2)]);

    const idsOf = async (read: Parameters<typeof store.provisioning.read>[0]) =>
      (await store.provisioning.read(read)).leads.map((row) => row['lead_id']);

    assert.deepEqual(await idsOf({ leadIds: [3, 2, 99] }), [2, 3]);
    assert.deepEqual(await idsOf({ leadsMax: 2 }), [1, 2]);
    assert.deepEqual(await idsOf({ leadIds: [] }), []);
  });
});

describeStores('retention', (open) => {
  it('4.3: log rows older than a day move to the archive, once; expired keys go', async () => {
    const { store, other, clock } = await open();
    const log = (uniqueId: string, at: string) =>
      other.run(`INSERT INTO vicidial_ccc_log (call_date, lead_id, uniqueid, container_id) VALUES (?, 1, ?, 'c')`, [at, uniqueId]);
    await log('old', '2026-11-20 19:00:00');
    await log('old', '2026-11-20 19:00:00');
    await log('new', '2026-11-21 00:00:00');
    await other.run(`INSERT INTO vicidial_ccc_log_archive (call_date, lead_id, uniqueid) VALUES ('2026-11-20 19:00:00', 1, 'old')`, [], {});
    await store.proofs.takeOnce('alpha', 'V1', { address: '10.1.1.1', atMs: clock.nowMs() - 3 * 86_400_000, retryMs: 0 });
    await store.proofs.takeOnce('alpha', 'V2', { address: '10.1.1.1', atMs: clock.nowMs(), retryMs: 0 });

    assert.deepEqual(await store.runRetention(clock.nowMs()), {
      archived: 2,
      handoversExpired: 0,
      takenCodesExpired: 1,
      segmentsExpired: 0,
      eventsExpired: 0,
      accessExpired: 0,
      dialerExpired: 0,
    });

    const archive = await other.all('SELECT uniqueid FROM vicidial_ccc_log_archive');
    assert.deepEqual(
      archive.map((row) => row['uniqueid']),
      ['old'],
    );
    assert.equal((await other.all('SELECT 1 AS one FROM vicidial_ccc_log')).length, 1);
    assert.deepEqual(await store.runRetention(clock.nowMs()), {
      archived: 0,
      handoversExpired: 0,
      takenCodesExpired: 0,
      segmentsExpired: 0,
      eventsExpired: 0,
      accessExpired: 0,
      dialerExpired: 0,
    });
  });

  it('4.3: a month of rows goes in slices, zero dates too', async () => {
    const { store, other, clock } = await open();
    const days = Array.from({ length: 20 }, (_, i) => `2026-10-${String(i + 10)} 01:30:00`);
    await other.session(async (statements) => {
      if (other.dialect === 'mysql') await statements.run(`SET SESSION sql_mode = ''`);
      for (const at of [...days, '0000-00-00 00:00:00', '2026-11-01 01:59:00', '2026-11-01 01:01:00'])
        await statements.run(`INSERT INTO vicidial_ccc_log (call_date, lead_id, uniqueid) VALUES (?, 1, ?)`, [at, at]);
    });
    for (let day = 8; day < 12; day++)
      await store.proofs.takeOnce('alpha', `V${day}`, { address: '10.1.1.1', atMs: clock.nowMs() - day * 86_400_000, retryMs: 0 });

    const { archived, takenCodesExpired } = await store.runRetention(clock.nowMs());

    assert.deepEqual([archived, takenCodesExpired], [23, 4]);
    assert.equal((await other.all('SELECT 1 AS one FROM vicidial_ccc_log_archive')).length, 23);
  });
});
