import assert from 'node:assert/strict';
import type { MenuDefinition } from '../core/menu/definition.js';
import type { Db } from '../sql/db.js';
import { describeStores, startMs } from './support/stores.js';

const run = (db: Db, sql: string): Promise<unknown> => db.run(sql, [], { repeatable: true });

describeStores('system settings and lists', (open) => {
  it('section 8: system_settings and the first active server', async () => {
    const { store, other } = await open();
    await run(
      other,
      `INSERT INTO system_settings (use_non_latin, pass_hash_enabled, pass_key, pass_cost, allow_ip_lists, vdc_agent_api_active) VALUES ('1', '1', 'key', 4, '1', '1')`,
    );
    await run(
      other,
      `INSERT INTO servers (server_id, server_ip, active, local_gmt) VALUES ('A', '10.0.0.1', 'N', '1.00'), ('B', '10.0.0.2', 'Y', '-5.00')`,
    );

    assert.deepEqual(await store.settings.system(), {
      useNonLatin: true,
      passHashEnabled: true,
      passKey: 'key',
      passCost: 4,
      allowIpLists: true,
      systemIpBlacklist: '',
      twoFactorAuthHours: 0,
      twoFactorContainer: '---DISABLED---',
      agentApiActive: true,
      serverLocalGmt: '-5.00',
    });
  });

  it('without any row everything is off', async () => {
    const { store } = await open();

    const system = await store.settings.system();

    assert.deepEqual([system.allowIpLists, system.agentApiActive, system.passCost, system.serverLocalGmt], [false, false, 2, undefined]);
  });

  it('DB-2: another program changes a setting and an IP list; both count within one second', async () => {
    const { store, other, clock } = await open();
    await run(other, `INSERT INTO system_settings (use_non_latin) VALUES ('0')`);
    assert.equal((await store.settings.system()).useNonLatin, false);
    assert.equal(await store.settings.ipListHas('OFFICE', ['10.1.1.1', '10.1.1.x']), false);
    await run(other, `UPDATE system_settings SET use_non_latin = '1'`);
    await run(other, `INSERT INTO vicidial_ip_list_entries VALUES ('OFFICE', '10.1.1.x')`);

    clock.add(1000);

    assert.equal((await store.settings.system()).useNonLatin, true);
    assert.equal(await store.settings.ipListHas('OFFICE', ['10.1.1.1', '10.1.1.x']), true);
    assert.equal(await store.settings.ipListHas('OTHER', ['10.1.1.1', '10.1.1.x']), false);
  });

  it('3.4 step 7: only an unexpired second factor of stage 1 counts', async () => {
    const { store, other } = await open();
    await run(
      other,
      `INSERT INTO vicidial_two_factor_auth (user, auth_stage, auth_exp_date) VALUES
         ('old', '1', '2026-11-21 19:03:08'), ('begun', '0', '2026-11-22 00:00:00'), ('good', '1', '2026-11-21 19:03:10')`,
    );

    const valid = await Promise.all(['old', 'begun', 'good', 'nobody'].map((user) => store.settings.secondFactorValid(user, startMs)));

    assert.deepEqual(valid, [false, false, true, false]);
  });

  it('3.3 step 9: campaign of a list; what is no list id finds none', async () => {
    const { store, other, clock } = await open();
    await run(other, `INSERT INTO vicidial_lists (list_id, campaign_id) VALUES (501, 'TESTCAMP'), (0, 'ZERO')`);

    assert.equal(await store.lists.campaignOf('501'), 'TESTCAMP');
    assert.equal(await store.lists.campaignOf('999'), undefined);
    assert.equal(await store.lists.campaignOf('x'), undefined);
    await run(other, `UPDATE vicidial_lists SET campaign_id = 'MOVED' WHERE list_id = 501`);
    clock.add(1000);
    assert.equal(await store.lists.campaignOf('501'), 'MOVED');
  });
});

describeStores('containers and peers', (open) => {
  it('4.2 S4: stock container, own profile, both, none', async () => {
    const { store, other } = await open();
    await run(
      other,
      `INSERT INTO vicidial_settings_containers (container_id, container_entry) VALUES ('ccc_stock', 'http://a'), ('Both', 'http://b'), ('empty', '')`,
    );
    await run(other, `INSERT INTO tandem_peers (peer_id, trunks) VALUES ('both', '["IAX2/both"]'), ('mine', NULL)`);

    const find = async (id: string) => {
      const container = await store.containers.find(id);
      return container && [container.id, container.entry, container.profile?.id];
    };

    assert.deepEqual(await Promise.all(['ccc_stock', 'both', 'mine', 'empty', 'none'].map(find)), [
      ['ccc_stock', 'http://a', undefined],
      ['Both', 'http://b', 'both'],
      ['mine', '', 'mine'],
      ['empty', '', undefined],
      undefined,
    ]);
  });

  it('a profile in full', async () => {
    const { store, other } = await open();
    await run(
      other,
      `INSERT INTO tandem_peers (peer_id, kind, active, base_url, user, pass, source, stage, credentials, verify_tls, pin_sha256, connect_ms_max, allow_extra_fields, trunks)
       VALUES ('alpha', 'tandem', 1, 'https://alpha.test', 'ccc', 'env:ALPHA', 'beta', 'json', 'signed', 0, 'ab12', 1500, 1, '["IAX2/alpha"]')`,
    );

    assert.deepEqual((await store.containers.find('alpha'))?.profile, {
      id: 'alpha',
      kind: 'tandem',
      active: true,
      baseUrl: 'https://alpha.test',
      nonAgentPath: '/vicidial/non_agent_api.php',
      agentPath: '/agc/api.php',
      user: 'ccc',
      pass: 'env:ALPHA',
      source: 'beta',
      stage: 'json',
      credentials: 'signed',
      verifyTls: false,
      caFile: undefined,
      pinSha256: 'ab12',
      clientCertFile: undefined,
      clientKeyFile: undefined,
      connectMsMax: 1500,
      requestMsMax: undefined,
      allowExtraFields: true,
      trunks: ['IAX2/alpha'],
    });
  });

  it('TRK-2: the peer of a channel is that of its trunk, never of a longer name; DB-2 within one second', async () => {
    const { store, other, clock } = await open();
    await run(
      other,
      `INSERT INTO tandem_peers (peer_id, active, trunks) VALUES
        ('alpha', 1, '["IAX2/alpha","sofia/gateway/alpha"]'), ('two', 1, '["IAX2/alpha-two"]'), ('off', 0, '["IAX2/off"]'), ('all', 1, '["sofia/external/"]')`,
    );
    const peerOf = async (channel: string) => (await store.containers.findByChannel(channel))?.id;
    const channels = [
      'IAX2/alpha-1234',
      'IAX2/alpha',
      'IAX2/alphabet-1',
      'IAX2/alpha-evil-1',
      'IAX2/alpha-two-77',
      'IAX2/off-1',
      'sofia/gateway/alpha/123',
      'sofia/external/1@h',
      'SIP/x-1',
    ];

    assert.deepEqual(await Promise.all(channels.map(peerOf)), [
      'alpha',
      'alpha',
      undefined,
      undefined,
      'two',
      undefined,
      'alpha',
      'all',
      undefined,
    ]);
    await run(other, `UPDATE tandem_peers SET active = 0 WHERE peer_id = 'alpha'`);
    clock.add(1000);
    assert.equal(await peerOf('IAX2/alpha-1234'), undefined);
  });
});

describeStores('menus', (open) => {
  const menu: MenuDefinition = {
    id: 'ccc_menu',
    name: 'From alpha',
    prompt: 'wait-moment|NOPLAY',
    timeoutS: 5,
    repeats: 1,
    timeoutPrompt: '',
    invalidPrompt: '',
    options: { A: { description: 'found', route: { kind: 'queue', queue: 'support' } } },
    hours: undefined,
    logKeys: false,
  };

  it('a stored definition comes back as it was; DB-2 within one second', async () => {
    const { store, other, clock } = await open();
    const put = (name: string) =>
      other.run(`UPDATE tandem_menus SET definition = ?`, [JSON.stringify({ ...menu, name })], { repeatable: true });
    await other.run(`INSERT INTO tandem_menus (menu_id, definition) VALUES ('ccc_menu', ?)`, [JSON.stringify(menu)]);

    assert.deepEqual(await store.menus.find('ccc_menu'), menu);
    assert.deepEqual(await store.menus.all(), [menu]);
    assert.equal(await store.menus.find('none'), undefined);
    await put('Renamed');
    clock.add(1000);
    assert.equal((await store.menus.find('ccc_menu'))?.name, 'Renamed');
    assert.equal((await store.menus.all())[0]?.name, 'Renamed');
  });

  it('a definition that is no JSON is named', async () => {
    const { store, other } = await open();
    await run(other, `INSERT INTO tandem_menus (menu_id, definition) VALUES ('bad', '{')`);

    await assert.rejects(store.menus.find('bad'), { code: 'TDM_BAD_VALUE', message: /menu bad/ });
  });
});

describeStores('live agents', (open) => {
  it('section 7: the oldest other agent with the lead, never the asking one', async () => {
    const { store, other } = await open();
    await run(
      other,
      `INSERT INTO vicidial_live_agents (user, server_ip, conf_exten, lead_id, last_call_time) VALUES
        ('closer', '10.0.0.1', '8600051', 77, '2026-11-21 18:00:00'), ('late', '10.0.0.1', '8600052', 77, '2026-11-21 19:00:00'),
        ('front', '10.0.0.2', '8600053', 77, '2026-11-21 18:30:00'), ('else', '10.0.0.1', '8600054', 78, '2026-11-21 17:00:00')`,
    );

    assert.deepEqual(await store.liveAgents.otherWithLead(77, 'closer'), {
      user: 'front',
      leadId: 77,
      confExten: '8600053',
      serverIp: '10.0.0.2',
      lastCallAtMs: Date.UTC(2026, 10, 21, 23, 30, 0),
    });
    assert.equal((await store.liveAgents.find('closer'))?.leadId, 77);
    assert.equal(await store.liveAgents.find('nobody'), undefined);
    assert.equal(await store.liveAgents.otherWithLead(79, 'closer'), undefined);
  });

  it('section 7: the newest session of another agent since then', async () => {
    const { store, other } = await open();
    await run(
      other,
      `INSERT INTO vicidial_sessions_recent (lead_id, server_ip, call_date, user, conf_exten) VALUES
        (77, '10.0.0.1', '2026-11-21 19:00:00', 'front', '8600053'), (77, '10.0.0.1', '2026-11-21 18:59:00', 'older', '8600054'),
        (77, '10.0.0.1', '2026-11-21 19:02:00', 'closer', '8600051')`,
    );

    assert.equal((await store.liveAgents.recentSession(77, 'closer', startMs - 300_000))?.user, 'front');
    assert.equal(await store.liveAgents.recentSession(77, 'closer', startMs - 60_000), undefined);
  });

  it('section 7: the two orders, and the channels that play', async () => {
    const { store, other } = await open();
    await run(other, `INSERT INTO vicidial_live_agents (user, server_ip, lead_id) VALUES ('front', '10.0.0.2', 77)`);
    await run(
      other,
      `INSERT INTO live_channels (channel, server_ip, extension) VALUES ('IAX2/ASTplay-1', '10.0.0.2', '8600053'), ('IAX2/other-1', '10.0.0.2', '8600053'),
        ('IAX2/ASTplay-2', '10.0.0.2', '8600099')`,
    );

    await store.liveAgents.orderLeaveThreeWay('front', startMs);
    assert.deepEqual(await store.liveAgents.playingChannels('8600053', '10.0.0.2'), ['IAX2/ASTplay-1']);
    await store.liveAgents.orderHangup('IAX2/ASTplay-1', '10.0.0.2', startMs);

    const [agent] = await other.all('SELECT external_transferconf FROM vicidial_live_agents');
    assert.equal(agent?.['external_transferconf'], `LEAVE_3WAY_CALL---------NO------------${Math.floor(startMs / 1000)}`);
    const [order] = await other.all('SELECT entry_date, status, response, server_ip, action, callerid, cmd_line_b FROM vicidial_manager');
    assert.deepEqual(
      { ...order },
      {
        entry_date: '2026-11-21 19:03:09',
        status: 'NEW',
        response: 'N',
        server_ip: '10.0.0.2',
        action: 'Hangup',
        callerid: 'PLAYHU20261121190309',
        cmd_line_b: 'Channel: IAX2/ASTplay-1',
      },
    );
  });
});
