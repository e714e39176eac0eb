import assert from 'node:assert/strict';
import type { ApiLogEntry, UrlLogEntry } from '../core/ports.js';
import type { Db } from '../sql/db.js';
import { describeStores, startMs } from './support/stores.js';

const entry: ApiLogEntry = {
  user: '6666',
  atMs: startMs,
  script: 'non-agent',
  function: 'ccc_lead_info',
  agentUser: '',
  value: '',
  result: 'SUCCESS',
  reason: 'ccc_lead_info 30 fields',
  source: 'test',
  data: '6666|V1211903090001000123|pipe',
  runSeconds: 0.0123456,
  webServer: 'alpha.test',
  page: '/vicidial/non_agent_api.php',
  remoteIp: '10.1.1.1',
  url: 'https://alpha.test/vicidial/non_agent_api.php?user=6666&pass=***',
};
const urlEntry: UrlLogEntry = {
  uniqueId: '1.1',
  atMs: startMs,
  urlType: 'ccc_look',
  url: 'https://x',
  response: 'found',
  responseSeconds: 1.4,
};

describeStores('log writes', (open) => {
  it('3.5: API log, its URL with the same api_id, and one row per host and page', async () => {
    const { store, other } = await open();

    await Promise.all([store.apiLog.write(entry), store.apiLog.write({ ...entry, page: '/agc/api.php' })]);

    const [row] = await other.all('SELECT * FROM vicidial_api_log ORDER BY api_id');
    const { api_id, webserver, api_url, ...rest } = { ...row };
    assert.deepEqual(rest, {
      user: '6666',
      api_date: '2026-11-21 19:03:09',
      api_script: 'non-agent',
      function: 'ccc_lead_info',
      agent_user: '',
      value: '',
      result: 'SUCCESS',
      result_reason: 'ccc_lead_info 30 fields',
      source: 'test',
      data: '6666|V1211903090001000123|pipe',
      run_time: '0.012346',
    });
    const [url] = await other.all('SELECT * FROM vicidial_api_urls ORDER BY api_id');
    assert.deepEqual({ ...url }, { api_id, api_date: '2026-11-21 19:03:09', remote_ip: '10.1.1.1', url: entry.url });
    assert.deepEqual(await ids(other, 'SELECT webserver_id AS id FROM vicidial_webservers'), [webserver]);
    const pages = await other.all('SELECT url_id, url FROM vicidial_urls ORDER BY url_id');
    assert.equal(pages.find((page) => page['url_id'] === api_url)?.['url'], entry.page);
    assert.equal(pages.length, 2);
  });

  it('api_ids match in groups of every size, with four stores and steps of three', async () => {
    const first = await open();
    if (first.other.dialect === 'mysql') await setIncrement(first.other, 3);
    try {
      const stores = [first, await first.again(), await first.again(), await first.again()];
      const writes = stores.flatMap(({ store }, at) =>
        Array.from({ length: 75 }, (_, i) => store.apiLog.write({ ...entry, data: `${at}.${i}`, url: `${at}.${i}` })),
      );
      await Promise.all(writes);
      for (const { store } of stores) await store.close();
    } finally {
      if (first.other.dialect === 'mysql') await setIncrement(first.other, 1);
    }

    const joined = await first.other.all('SELECT l.data, u.url FROM vicidial_api_log l JOIN vicidial_api_urls u ON u.api_id = l.api_id');
    assert.equal(joined.length, 300);
    assert.deepEqual(
      joined.filter((row) => row['data'] !== row['url']),
      [],
    );
    assert.equal((await ids(first.other, 'SELECT webserver_id AS id FROM vicidial_webservers')).length, 1);
  });

  it('API-5: over-long and hostile values are cut, never an error', async () => {
    const { store, other, meter } = await open();
    const hostile = `'"\\\0😀${'x'.repeat(70_000)}`;

    await store.apiLog.write({
      ...entry,
      user: hostile,
      function: hostile,
      reason: hostile,
      source: hostile,
      data: hostile,
      url: hostile,
      webServer: hostile,
    });
    await store.urlLog.write({ ...urlEntry, uniqueId: hostile, url: hostile, response: hostile, responseSeconds: 1e9 });

    const [row] = await other.all('SELECT * FROM vicidial_api_log');
    assert.equal(row?.['function'], `'"\\😀${'x'.repeat(16)}`);
    assert.equal(String(row['data']).length, 16_384); // '😀' has two
    const [url] = await other.all('SELECT * FROM vicidial_url_log');
    assert.equal(url?.['response_sec'], 65_535);
    assert.deepEqual(meter.counted('tandem_store_log_dropped_total'), []);
  });

  it('3.5: url log', async () => {
    const { store, other } = await open();

    await Promise.all([store.urlLog.write(urlEntry), store.urlLog.write({ ...urlEntry, urlType: 'start' })]);

    const rows = await other.all('SELECT * FROM vicidial_url_log ORDER BY url_log_id');
    const { url_log_id, ...rest } = { ...rows[0] };
    assert.ok(Number(url_log_id) > 0);
    assert.deepEqual(rest, {
      uniqueid: '1.1',
      url_date: '2026-11-21 19:03:09',
      url_type: 'ccc_look',
      response_sec: 1,
      url: 'https://x',
      url_response: 'found',
    });
    assert.equal(rows[1]?.['url_type'], 'start');
  });

  it('1,000 concurrent requests share few transactions and lose nothing', async () => {
    const { store, other, meter } = await open();

    await Promise.all(Array.from({ length: 1000 }, () => store.apiLog.write(entry)));

    assert.equal((await ids(other, 'SELECT COUNT(*) AS id FROM vicidial_api_log'))[0], 1000);
    const groups = meter.observed('tandem_store_log_group_size');
    assert.ok(groups.length <= 20, `${String(groups.length)} groups`);
  });

  it('close stores what is queued', async () => {
    const { store, other } = await open();
    void store.apiLog.write(entry);
    void store.urlLog.write(urlEntry);

    await store.close();

    assert.equal((await ids(other, 'SELECT api_id AS id FROM vicidial_api_log')).length, 1);
    assert.equal((await ids(other, 'SELECT url_log_id AS id FROM vicidial_url_log')).length, 1);
  });

  it('a table that is missing costs its rows, counted, and nothing else', async () => {
    const { store, other, meter } = await open();
    await other.run('DROP TABLE vicidial_url_log', [], { repeatable: true });

    await store.urlLog.write(urlEntry);
    await store.apiLog.write(entry);

    assert.deepEqual(meter.counted('tandem_store_log_dropped_total'), [{ log: 'url', why: 'refused' }]);
    assert.equal((await ids(other, 'SELECT api_id AS id FROM vicidial_api_log')).length, 1);
  });
});

async function ids(db: Db, sql: string): Promise<unknown[]> {
  return (await db.all(sql)).map((row) => row['id']);
}

/** As Galera does with three nodes; new connections have it. */
const setIncrement = (db: Db, step: number): Promise<unknown> =>
  db.run(`SET GLOBAL auto_increment_increment = ${step}`, [], { repeatable: true });
