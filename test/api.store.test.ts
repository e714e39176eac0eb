/** Both doors over the real store: every recorded vector again, and SQL attacks through every parameter (W-3, W-4, API-5, DB-1). */
import assert from 'node:assert/strict';
import { readApiLog, asApiStore, seedVectors } from './support/api-store.js';
import { send, startApiServer } from './support/api-server.js';
import { vectorFile } from './support/api-vectors.js';
import { eventually } from './support/eventually.js';
import { hostileTexts } from './support/hostile.js';
import { describeStores, zone } from './support/stores.js';
import { checkAnswer, checkLog } from './support/vector-checks.js';

const query = 'user=6666&pass=1234&source=test&function=ccc_lead_info&call_id=V1211200000001000123';

describeStores('lead API over the store', (open) => {
  it('API-1: every vector, answer, log row and user row', async () => {
    const { store, other, clock } = await open({ cacheMsMax: 0, logWaitMsMax: 1 });
    for (const vector of vectorFile.vectors) {
      await seedVectors(other, clock.nowMs(), zone);
      const server = await startApiServer(asApiStore(store), { nowMs: clock.nowMs, zone, leadInfo: { logLeadData: true } });
      try {
        checkAnswer(vector, await send(server, vector.request));
        checkLog(
          vector,
          await eventually(
            () => readApiLog(other),
            (rows) => rows.length >= vector.api_log.length,
          ),
          true,
        );
        for (const [name, value] of Object.entries(vector.user_row_after ?? {}))
          await eventually(
            async () =>
              (await other.all('SELECT * FROM vicidial_users WHERE user = ?', [vector.user_row_before?.['user'] ?? '']))[0]?.[name],
            (found) => found === value,
          );
      } catch (e) {
        throw new Error(`vector ${vector.id}`, { cause: e });
      } finally {
        await server.close();
      }
    }
  });

  it('W-3, W-4, W-5: no parameter reaches the database as SQL, and no password reaches the log', async () => {
    const { store, other, clock } = await open({ logWaitMsMax: 1 });
    await seedVectors(other, clock.nowMs(), zone);
    const server = await startApiServer(asApiStore(store), { nowMs: clock.nowMs, zone });
    try {
      let sent = 0;
      for (const text of Object.values(hostileTexts))
        for (const attack of [
          `function=version&${text}`,
          `${query}&stage=${text}`,
          `${query}&agent_user=${text}`,
          `${query}&x=${text}`,
          `${query}&source=${text}&source=ok`,
        ]) {
          const answer = await send(server, { query: attack });
          if (answer.status === 431) continue; // too long for a request line
          assert.equal(answer.status, 200, attack);
          sent += 1;
        }
      const form = { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
      for (const text of Object.values(hostileTexts)) {
        assert.equal((await send(server, { ...form, body: `${query}&last=${text}` })).status, 200);
        sent += 1;
      }
      for (const text of Object.values(hostileTexts)) {
        const answer = await send(server, { query: query.replace('6666', `6666${text}`).replace('1234', `s3cret${text}`) });
        assert.notEqual(answer.status, 500);
      }
      const rows = await eventually(
        () => readApiLog(other),
        (found) => found.length >= sent,
      );
      assert.equal(rows.length, sent);
      for (const row of rows) assert.doesNotMatch(row.url, /pass=(?!\*\*\*)/);
      assert.equal((await other.all('SELECT user FROM vicidial_users')).length, vectorFile.fixtures.users.length);
      assert.match((await send(server, { query: query.replace('6666', '7004') })).body, /^TD\|6667\|/); // 6666 has locked itself out by now
    } finally {
      await server.close();
    }
  });

  it('W-7: one-time use holds in the database, also for two requests at once', async () => {
    const { store, other, clock } = await open({ cacheMsMax: 0 });
    await seedVectors(other, clock.nowMs(), zone);
    await other.run("UPDATE vicidial_users SET api_allowed_functions = ' ccc_lead_info ' WHERE user = '6666'");
    await other.run("INSERT INTO tandem_accounts (user, peer_id, one_time) VALUES ('6666', 'beta', 1)");
    const proxy = { header: 'x-forwarded-for', proxies: ['127.0.0.1'] };
    const server = await startApiServer(asApiStore(store), { nowMs: clock.nowMs, zone, proxy });
    try {
      const answers = await Promise.all(
        [1, 2, 3].map((i) => send(server, { query, headers: { 'X-Forwarded-For': `10.1.1.${String(i)}` } })),
      );
      assert.deepEqual(answers.map(({ body }) => body.slice(0, 33)).sort(), [
        'ERROR: ccc_lead_info CALL NOT FOU',
        'ERROR: ccc_lead_info CALL NOT FOU',
        'TD|6667|554443|SRC9|501|-4.00|1|9',
      ]);
    } finally {
      await server.close();
    }
  });

  it('3.4: ten wrong passwords over HTTP, then locked, and the columns say so', async () => {
    const { store, other, clock } = await open();
    await seedVectors(other, clock.nowMs(), zone);
    await other.run('UPDATE vicidial_users SET last_login_date = ?', ['2026-11-21 19:00:00']);
    const server = await startApiServer(asApiStore(store), { nowMs: clock.nowMs, zone });
    try {
      const wrong = query.replace('1234', 'wrong');
      for (let i = 0; i < 10; i += 1) assert.match((await send(server, { query: wrong })).body, /BAD/);
      assert.match((await send(server, { query: wrong })).body, /^ERROR: Too many login attempts/);
      assert.match((await send(server, { query })).body, /^ERROR: Too many login attempts/);
      const [row] = await other.all("SELECT * FROM vicidial_users WHERE user = '6666'");
      const facts = [
        'failed_login_count',
        'failed_login_count_today',
        'failed_login_attempts_today',
        'failed_last_type_today',
        'failed_last_ip_today',
      ];
      assert.deepEqual(
        facts.map((name) => row?.[name]),
        [10, 10, 12, 'aLOCK', '127.0.0.1'],
      );
    } finally {
      await server.close();
    }
  });

  it('DB-2: a login date aged and a count cleared in the database end the lock over HTTP', async () => {
    const { store, other, clock } = await open();
    await seedVectors(other, clock.nowMs(), zone);
    await other.run('UPDATE vicidial_users SET last_login_date = ?', ['2026-11-21 19:02:00']);
    const server = await startApiServer(asApiStore(store), { nowMs: clock.nowMs, zone });
    try {
      const wrong = query.replace('1234', 'wrong');
      const lock = async () => {
        for (let i = 0; i < 10; i += 1) assert.match((await send(server, { query: wrong })).body, /BAD/);
        assert.match((await send(server, { query })).body, /^ERROR: Too many login attempts/);
      };
      await lock();
      await other.run("UPDATE vicidial_users SET last_login_date = '2026-11-21 18:40:00' WHERE user = '6666'");
      clock.add(1000);
      assert.match((await send(server, { query: wrong })).body, /BAD/);
      assert.match((await send(server, { query })).body, /^TD\|6667\|/);
      clock.add(2000);
      await lock();
      await other.run("UPDATE vicidial_users SET failed_login_count = 0 WHERE user = '6666'");
      clock.add(1000);
      assert.match((await send(server, { query })).body, /^TD\|6667\|/);
    } finally {
      await server.close();
    }
  });
});
