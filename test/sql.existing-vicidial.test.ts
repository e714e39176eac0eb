import assert from 'node:assert/strict';
import type { Db } from '../sql/db.js';
import { vicidialTables } from '../sql/schema/vicidial.js';
import { codeFor, sampleHandover, sampleLead, windowMs } from './support/sample-lead.js';
import { describeMariaDb, startMs } from './support/stores.js';
import type { Open, Opened } from './support/stores.js';
import { oldVicidialTables } from './support/vicidial-dump.js';

describeMariaDb('existing VICIdial database (MyISAM, latin1)', (open) => {
  it('DB-2: its tables stay byte-identical through migration and work', async () => {
    const opened = await open({ empty: true });
    const { store, other } = opened;
    await makeOldTables(other);
    const before = await definitions(other);

    const { tablesCreated } = await store.migrate();
    await store.handovers.insert(sampleHandover, codeFor, windowMs);
    await store.apiLog.write(apiEntry('x'));
    await store.migrate();

    const after = await definitions(other);
    assert.deepEqual(after, before);
    assert.equal(tablesCreated.length, vicidialTables.length - oldVicidialTables.length);
  });

  it('AGI-7: what latin1 cannot hold becomes ? and is reported; the rest is stored as it is', async () => {
    const { store, other } = await openOld(open);
    const lead = { ...sampleLead, first_name: 'Zoë €', last_name: 'Ж 😀', city: "d'Å", comments: 'x'.repeat(300) };

    const { leadId, cut } = await store.handovers.insert({ ...sampleHandover, lead }, codeFor, windowMs);

    const [row] = await other.all('SELECT first_name, last_name, city, comments FROM vicidial_list WHERE lead_id = ?', [leadId]);
    assert.deepEqual({ ...row }, { first_name: 'Zoë €', last_name: '? ?', city: "d'Å", comments: 'x'.repeat(255) });
    assert.deepEqual(cut, ['last_name', 'comments']);
  });

  it('3.2: the lead is read back as UTF-8, and proofs find it', async () => {
    const { store } = await openOld(open);
    const { leadId } = await store.handovers.insert({ ...sampleHandover, lead: { ...sampleLead, first_name: 'Zoë €' } }, codeFor, windowMs);
    await store.proofs.record({
      log: 'extended',
      code: 'Y1',
      leadId,
      uniqueId: '1.1',
      serverIp: '',
      channel: '',
      context: '',
      extension: '',
      atMs: startMs,
    });

    assert.deepEqual((await store.proofs.find('extended', 'Y1', 0))?.lead, { ...sampleLead, first_name: 'Zoë €' });
    assert.equal(await store.proofs.find('extended', 'Ж😀', 0), undefined);
  });

  it('logs with any character go into latin1 and utf8mb3 tables', async () => {
    const { store, other, meter } = await openOld(open);

    await store.apiLog.write(apiEntry(`Ж 😀 ' " \\`));

    const [row] = await other.all('SELECT l.data, u.url FROM vicidial_api_log l JOIN vicidial_api_urls u ON u.api_id = l.api_id');
    assert.deepEqual({ ...row }, { data: `Ж ? ' " \\`, url: `? ? ' " \\` });
    assert.deepEqual(meter.counted('tandem_store_log_dropped_total'), []);
  });

  it('api_ids match in MyISAM groups too', async () => {
    const first = await openOld(open);
    const second = await first.again();

    await Promise.all(Array.from({ length: 120 }, (_, i) => (i % 2 ? first : second).store.apiLog.write(apiEntry(`n${i}`))));

    const rows = await first.other.all('SELECT l.data, u.url FROM vicidial_api_log l JOIN vicidial_api_urls u ON u.api_id = l.api_id');
    assert.equal(rows.length, 120);
    assert.deepEqual(
      rows.filter((row) => row['data'] !== row['url']),
      [],
    );
  });

  it('users and containers: names with characters that the column lacks find nothing, without an error', async () => {
    const { store, other } = await openOld(open);
    await other.run(`INSERT INTO vicidial_users (user, pass, active) VALUES ('6666', '1234', 'Y')`, [], {});
    await other.run(`INSERT INTO vicidial_settings_containers (container_id, container_entry) VALUES ('ccc', 'http://x')`, [], {});

    assert.equal(await store.users.find('Ж😀'), undefined);
    assert.equal(await store.containers.find('中😀'), undefined);
    assert.equal((await store.users.find('6666'))?.pass, '1234');
    assert.equal((await store.containers.find('CCC'))?.id, 'ccc');
  });

  it('AGI-5: 20 at once insert one lead without transactions', async () => {
    const first = await openOld(open);
    const second = await first.again();

    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? first : second).store.handovers.insert(sampleHandover, codeFor, windowMs)),
    );

    assert.equal(new Set(results.map(({ leadId }) => leadId)).size, 1);
    assert.equal(results.filter(({ repeated }) => !repeated).length, 1);
    assert.equal(await countOf(first.other, 'vicidial_list'), 1);
  });

  it('AGI-6: a failing log insert takes the lead back, and the key is free at once', async () => {
    const { store, other } = await openOld(open);
    await other.run('RENAME TABLE vicidial_ccc_log TO away', [], {});
    await assert.rejects(store.handovers.insert(sampleHandover, codeFor, windowMs), { code: 'TDM_STORE_DOWN' });
    assert.equal(await countOf(other, 'vicidial_list'), 0);
    await other.run('RENAME TABLE away TO vicidial_ccc_log', [], {});

    const result = await store.handovers.insert(sampleHandover, codeFor, windowMs);

    assert.equal(result.repeated, false);
    assert.equal(await countOf(other, 'vicidial_list'), 1);
  });

  it('AGI-5: a claim whose process died is taken over after ten seconds', async () => {
    const { store, other } = await openOld(open);
    await other.run(
      `INSERT INTO tandem_handovers (peer_id, remote_code, uniqueid, owner, created_ms) VALUES (?, ?, ?, 'dead', ?)`,
      [sampleHandover.peerId, sampleHandover.remoteCode, sampleHandover.uniqueId, startMs - 10_001],
      {},
    );

    assert.equal((await store.handovers.insert(sampleHandover, codeFor, windowMs)).repeated, false);
  });

  it('AGI-5: a living claim of a twin is waited for', async () => {
    const { store, other } = await openOld(open);
    const key = [sampleHandover.peerId, sampleHandover.remoteCode, sampleHandover.uniqueId];
    await other.run(
      `INSERT INTO tandem_handovers (peer_id, remote_code, uniqueid, owner, created_ms) VALUES (?, ?, ?, 'twin', ?)`,
      [...key, startMs],
      {},
    );

    const waiting = store.handovers.insert(sampleHandover, codeFor, windowMs);
    await other.run(`UPDATE tandem_handovers SET lead_id = 7, local_code = 'Y7' WHERE owner = 'twin'`, [], {});

    assert.deepEqual(await waiting, { leadId: 7, localCode: 'Y7', repeated: true, cut: [] });
    assert.equal(await countOf(other, 'vicidial_list'), 0);
  });
});

/** A database that had VICIdial's tables before we came. */
async function openOld(open: Open): Promise<Opened> {
  const opened = await open({ empty: true });
  await makeOldTables(opened.other);
  await opened.store.migrate();
  return opened;
}

function makeOldTables(db: Db): Promise<void> {
  return db.session(async (statements) => {
    await statements.run(`SET SESSION sql_mode = ''`);
    for (const table of oldVicidialTables) await statements.run(table);
  });
}

/** SHOW CREATE TABLE of everything that was there before us; the next free id is no part of the definition. */
async function definitions(db: Db): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of oldVicidialTables.map((sql) => /CREATE TABLE (\w+)/.exec(sql)?.[1] ?? '')) {
    const [row] = await db.all(`SHOW CREATE TABLE ${name}`);
    found.set(name, String(row?.['Create Table']).replace(/ AUTO_INCREMENT=\d+/, ''));
  }
  return found;
}

async function countOf(db: Db, table: string): Promise<number> {
  const [row] = await db.all(`SELECT COUNT(*) AS n FROM ${table}`);
  return Number(row?.['n']);
}

function apiEntry(data: string) {
  const texts = {
    user: '6666',
    function: 'ccc_lead_info',
    agentUser: '',
    value: '',
    reason: '',
    source: 'test',
    webServer: 'h',
    page: '/p',
    remoteIp: '::1',
  };
  return { ...texts, atMs: startMs, script: 'non-agent', result: 'ERROR', runSeconds: 0, data, url: data } as const;
}
