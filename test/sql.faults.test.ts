import assert from 'node:assert/strict';
import { hasCode } from '../core/errors.js';
import type { Db } from '../sql/db.js';
import { openMysql } from '../sql/mysql.js';
import type { MysqlOptions } from '../sql/mysql.js';
import { storeDefaults } from '../sql/store.js';
import { parseDatabaseUrl } from '../sql/url.js';
import { eventually } from './support/eventually.js';
import { codeFor, sampleHandover, windowMs } from './support/sample-lead.js';
import { describeMariaDb, startMs } from './support/stores.js';
import { startTcpProxy } from './support/tcp-proxy.js';
import type { TcpProxy } from './support/tcp-proxy.js';

const down = (e: unknown): boolean => hasCode(e, 'TDM_STORE_DOWN');

describeMariaDb('database faults', (open) => {
  const closers: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  function direct(url: string, options: Partial<MysqlOptions> = {}): Db {
    const target = parseDatabaseUrl(url);
    assert.equal(target.dialect, 'mysql');
    const db = openMysql(target, { ...storeDefaults, nowMs: Date.now, onFailure: () => undefined, onWriter: () => undefined, ...options });
    closers.push(() => db.close());
    return db;
  }

  async function proxied(url: string, count = 1): Promise<{ url: string; proxies: TcpProxy[] }> {
    const target = parseDatabaseUrl(url);
    assert.equal(target.dialect, 'mysql');
    const [host] = target.hosts;
    assert.ok(host);
    const proxies = await Promise.all(Array.from({ length: count }, () => startTcpProxy(host)));
    closers.push(async () => {
      for (const proxy of proxies) await proxy.close();
    });
    return { proxies, url: url.replace(/@[^/]+/, `@${proxies.map(({ port }) => `127.0.0.1:${port}`).join(',')}`) };
  }

  it('a transaction that a user of a connection left open is gone for the next one', async () => {
    const { url, other } = await open();
    const db = direct(url, { poolSize: 1 });

    await db.session(async (statements) => {
      await statements.run('START TRANSACTION');
      await statements.run(`INSERT INTO vicidial_lists (list_id) VALUES (1)`);
    });
    await assert.rejects(
      db.transaction(async (tx) => {
        await tx.run(`INSERT INTO vicidial_lists (list_id) VALUES (2)`);
        throw new RangeError('changed my mind');
      }),
      /changed my mind/,
    );
    await db.run('INSERT INTO vicidial_lists (list_id) VALUES (3)', [], {});

    const lists = await other.all('SELECT list_id FROM vicidial_lists');
    assert.deepEqual(
      lists.map((row) => row['list_id']),
      [3],
    );
  });

  it('an exhausted pool refuses in time, and a connection that comes too late is not lost', async () => {
    const { url } = await open();
    const db = direct(url, { poolSize: 1, acquireMsMax: 150, retryMsMax: 0 });
    const holding = db.session((statements) => statements.all('SELECT SLEEP(0.6) AS s'));
    const beganMs = Date.now();

    await assert.rejects(db.all('SELECT 1 AS one'), down);
    assert.ok(Date.now() - beganMs < 500);
    await holding;

    for (let i = 0; i < 3; i++) assert.equal((await db.all('SELECT 1 AS one'))[0]?.['one'], 1);
  });

  it('too many waiters are refused at once', async () => {
    const { url } = await open();
    const db = direct(url, { poolSize: 1, waitersMax: 2, retryMsMax: 0 });
    const holding = db.session((statements) => statements.all('SELECT SLEEP(0.4) AS s'));

    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => db.all('SELECT 1 AS one')));

    assert.deepEqual(asked.map(({ status }) => status).sort(), ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected']);
    await holding;
  });

  it('scale-out 7: a transaction whose process stands still is ended by the server, so that it holds no lease for ever', async () => {
    const { url } = await open();
    const [row] = await direct(url).all('SELECT @@SESSION.idle_transaction_timeout AS s');
    assert.equal(Number(row?.['s']), 5);
  });

  it('a statement that gets no answer ends at its limit, and its connection is not used again', async () => {
    const { url: direct_ } = await open();
    const { url, proxies } = await proxied(direct_);
    const db = direct(url, { statementMsMax: 300, retryMsMax: 0 });
    await db.ping();
    proxies[0]?.freeze(true);
    const beganMs = Date.now();

    await assert.rejects(db.all('SELECT 1 AS one'), down);
    assert.ok(Date.now() - beganMs < 1000);
    proxies[0]?.freeze(false);

    assert.equal((await db.all('SELECT 2 AS two'))[0]?.['two'], 2);
  });

  it('the server away and back: what runs meanwhile waits for it, within its patience', async () => {
    const { url: direct_ } = await open();
    const { url, proxies } = await proxied(direct_);
    const db = direct(url, { retryMsMax: 5_000 });
    await db.ping();
    await proxies[0]?.down();

    const waiting = db.all('SELECT 1 AS one');
    setTimeout(() => void proxies[0]?.up(), 300);

    assert.equal((await waiting)[0]?.['one'], 1);
  });

  it('while the server is known to be away, new work is refused quickly', async () => {
    const { url: direct_ } = await open();
    const { url, proxies } = await proxied(direct_);
    const db = direct(url, { retryMsMax: 600 });
    await proxies[0]?.down();
    await assert.rejects(db.all('SELECT 1 AS one'), down);

    await new Promise((resolve) => setTimeout(resolve, 500));
    const beganMs = Date.now();
    await assert.rejects(db.all('SELECT 1 AS one'), down);
    assert.ok(Date.now() - beganMs < 550, 'still patient');

    await proxies[0]?.up();
    assert.equal((await db.all('SELECT 1 AS one'))[0]?.['one'], 1);
  });

  it('of two transactions in a deadlock both end well', async () => {
    const { url, other } = await open();
    await other.run('INSERT INTO vicidial_lists (list_id, list_name) VALUES (1, ""), (2, "")'.replaceAll('"', "'"), [], {});
    const db = direct(url);
    let attempts = 0;
    const lockBoth = (first: number, second: number): Promise<void> =>
      db.transaction(async (tx) => {
        attempts++;
        await tx.run('UPDATE vicidial_lists SET list_name = ? WHERE list_id = ?', [`n${first}`, first]);
        await new Promise((resolve) => setTimeout(resolve, 100));
        await tx.run('UPDATE vicidial_lists SET list_name = ? WHERE list_id = ?', [`n${first}`, second]);
      });

    await Promise.all([lockBoth(1, 2), lockBoth(2, 1)]);

    assert.ok(attempts > 2, `${attempts} attempts: no deadlock happened`);
    const names = await other.all('SELECT list_name FROM vicidial_lists');
    assert.equal(new Set(names.map((row) => row['list_name'])).size, 1);
  });

  it('AGI-5: the answer to COMMIT is lost: the hand-over is found, not doubled', async () => {
    const first = await open();
    const { url, proxies } = await proxied(first.url);
    const { store } = await first.again({ url });
    await store.handovers.insert({ ...sampleHandover, uniqueId: 'warm' }, codeFor, windowMs);
    proxies[0]?.cutAfter('COMMIT');

    const result = await store.handovers.insert(sampleHandover, codeFor, windowMs);

    assert.equal(result.repeated, false);
    const leads = await first.other.all('SELECT lead_id FROM vicidial_list ORDER BY lead_id');
    assert.deepEqual([leads.length, leads[1]?.['lead_id']], [2, result.leadId]);
  });

  it('a write that is not repeatable is not repeated when its answer is lost', async () => {
    const first = await open();
    const { url, proxies } = await proxied(first.url);
    const db = direct(url);
    await db.ping();
    proxies[0]?.cutAfter('vicidial_lists');

    await assert.rejects(db.run(`INSERT INTO vicidial_lists (list_id) VALUES (1)`), down);
  });

  it('AGI-4: the database away during a hand-over: refused in time, nothing stored', async () => {
    const first = await open();
    const { url, proxies } = await proxied(first.url);
    const { store } = await first.again({ url, retryMsMax: 300 });
    await proxies[0]?.down();

    await assert.rejects(store.handovers.insert(sampleHandover, codeFor, windowMs), down);
    await assert.rejects(store.ping(), down);
    await assert.rejects(store.proofs.find('extended', 'V1', 0), down);

    assert.deepEqual(await first.other.all('SELECT lead_id FROM vicidial_list'), []);
    await proxies[0]?.up();
    assert.equal((await store.handovers.insert(sampleHandover, codeFor, windowMs)).repeated, false);
  });

  it('API-5: log writes with the database away: a short wait, a bounded queue, stored when it is back', async () => {
    const first = await open();
    const { url, proxies } = await proxied(first.url);
    const { store, meter } = await first.again({ url, logWaitMsMax: 80, logQueueMax: 5, retryMsMax: 200 });
    await proxies[0]?.down();
    const beganMs = Date.now();

    await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        store.urlLog.write({ uniqueId: `u${i}`, atMs: startMs, urlType: 'start', url: '', response: '', responseSeconds: 0 }),
      ),
    );

    assert.ok(Date.now() - beganMs < 1000);
    assert.equal(meter.counted('tandem_store_log_dropped_total').filter(({ why }) => why === 'full').length, 3);
    await proxies[0]?.up();
    const stored = await eventually(
      () => first.other.all('SELECT uniqueid FROM vicidial_url_log ORDER BY url_log_id'),
      (rows) => rows.length === 5,
      { msMax: 5_000 },
    );
    assert.deepEqual(
      stored.map((row) => row['uniqueid']),
      ['u0', 'u1', 'u2', 'u3', 'u4'],
    );
  });

  it('close does not wait for a database that is away', async () => {
    const first = await open();
    const { url, proxies } = await proxied(first.url);
    const { store, meter } = await first.again({ url, logWaitMsMax: 20, retryMsMax: 200, closeMsMax: 300 });
    await proxies[0]?.down();
    await store.urlLog.write({ uniqueId: 'u', atMs: startMs, urlType: 'start', url: '', response: '', responseSeconds: 0 });
    const beganMs = Date.now();

    await store.close();

    assert.ok(Date.now() - beganMs < 2_500);
    assert.deepEqual(meter.counted('tandem_store_log_dropped_total'), [{ log: 'url', why: 'closed' }]);
  });

  for (const fault of ['dead', 'frozen'] as const) {
    it(`scale-out 4: the first of two servers ${fault}: the second takes over, no error is seen`, async () => {
      const { url: direct_ } = await open();
      const { url, proxies } = await proxied(direct_, 2);
      const chosen: (string | undefined)[] = [];
      const db = direct(url, { statementMsMax: 700, onWriter: (name) => chosen.push(name) });
      await db.all('SELECT 1 AS one');
      if (fault === 'dead') await proxies[0]?.down();
      else proxies[0]?.freeze(true);

      for (let i = 0; i < 10; i++) assert.equal((await db.all('SELECT 1 AS one'))[0]?.['one'], 1);

      const [a, b] = proxies.map(({ port }) => `127.0.0.1:${port}`);
      assert.deepEqual(chosen.slice(0, 2), [a, b]);
      if (fault === 'dead') await proxies[0]?.up();
      else proxies[0]?.freeze(false);
      await new Promise((resolve) => setTimeout(resolve, 700));
      assert.equal(chosen.at(-1), b, 'no hasty return');
    });
  }

  it('no server of several is healthy: refused in time', async () => {
    const { url: direct_ } = await open();
    const { url, proxies } = await proxied(direct_, 2);
    for (const proxy of proxies) await proxy.down();
    const db = direct(url, { retryMsMax: 300 });

    await assert.rejects(db.ping(), down);
  });
});
