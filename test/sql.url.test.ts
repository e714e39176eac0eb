import assert from 'node:assert/strict';
import { coerce } from '../sql/sqlite-binding.js';
import { createStatements } from '../sql/schema/table.js';
import { openStore } from '../sql/store.js';
import { parseDatabaseUrl } from '../sql/url.js';
import { recordingMeter, silentLog } from './support/observers.js';

describe('database URL', () => {
  it('SQLite: a file or memory', () => {
    assert.deepEqual(parseDatabaseUrl('sqlite:./data/tandem.db'), { dialect: 'sqlite', file: './data/tandem.db' });
    assert.deepEqual(parseDatabaseUrl('sqlite::memory:'), { dialect: 'sqlite', file: ':memory:' });
  });

  it('MySQL: one host or several, percent-encoded secret', () => {
    assert.deepEqual(parseDatabaseUrl('mysql://cron:s%40cr%3Aet@db1,db2:3307,[::1]:3308/asterisk'), {
      dialect: 'mysql',
      hosts: [
        { host: 'db1', port: 3306 },
        { host: 'db2', port: 3307 },
        { host: '::1', port: 3308 },
      ],
      user: 'cron',
      password: 's@cr:et',
      database: 'asterisk',
    });
  });

  it('what is wrong is refused without the secret', () => {
    const wrong = [
      '',
      'postgres://u:hush@h/d',
      'mysql://u:hush@h',
      'mysql://u:hush@h:0/d',
      'mysql://u:hush@h:99999/d',
      'mysql://u:hush%ZZ@h/d',
      'sqlite:',
      'mysql://u:hush@h,/d',
    ];
    for (const url of wrong)
      assert.throws(
        () => parseDatabaseUrl(url),
        (e: Error & { code?: string }) => e.code === 'TDM_BAD_SETTING' && !e.message.includes('hush'),
        url,
      );
  });
});

describe('opening a store', () => {
  const options = { zone: 'UTC', log: silentLog, meter: recordingMeter(), nowMs: Date.now };

  it('refuses a zone that does not exist, and a second schema on SQLite', async () => {
    await assert.rejects(openStore({ ...options, url: 'sqlite::memory:', zone: 'Mars/Base' }), { code: 'TDM_BAD_SETTING' });
    await assert.rejects(openStore({ ...options, url: 'sqlite::memory:', ownSchema: 'own' }), { code: 'TDM_BAD_SETTING' });
    await assert.rejects(openStore({ ...options, url: 'mysql://u@h/d', ownSchema: 'a`b' }), { code: 'TDM_BAD_SETTING' });
  });

  it('says which file cannot be opened', async () => {
    await assert.rejects(openStore({ ...options, url: 'sqlite:package.json/tandem.db' }), {
      code: 'TDM_STORE_DOWN',
      message: /package\.json\/tandem\.db/,
    });
  });

  it('keeps everything in memory with sqlite::memory:, and closes twice without harm', async () => {
    const store = await openStore({ ...options, url: 'sqlite::memory:' });
    await store.migrate();
    assert.equal(await store.proofs.takeOnce('a', 'b', { address: '10.1.1.1', atMs: 1, retryMs: 0 }), true);
    await store.close();
    await store.close();
    await assert.rejects(store.ping(), { code: 'TDM_STORE_DOWN' });
  });
});

describe('SQLite values', () => {
  it('dependencies 9: what the binding would lose or refuse is translated', () => {
    assert.deepEqual([undefined, null, true, false, 'x', 1.5].map(coerce), [null, null, 1, 0, 'x', 1.5]);
    assert.equal(coerce(new Date(Date.UTC(2026, 10, 22, 0, 3, 9, 7))), '2026-11-22 00:03:09.007');
    assert.throws(() => coerce({}), TypeError);
  });
});

describe('tables as data', () => {
  const table = {
    name: 't',
    columns: {
      id: 'INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY',
      a: "ENUM('Y','N') DEFAULT 'N'",
      b: 'VARCHAR(5) NOT NULL',
      c: "DECIMAL(4,2) DEFAULT '0.00'",
    },
    unique: [['a', 'b']],
  };

  it('SQLite form', () => {
    assert.deepEqual(createStatements(table, 'sqlite'), [
      "CREATE TABLE IF NOT EXISTS `t` (\n  `id` INTEGER PRIMARY KEY AUTOINCREMENT,\n  `a` TEXT COLLATE NOCASE DEFAULT 'N',\n  `b` TEXT COLLATE NOCASE NOT NULL,\n  `c` NUMERIC DEFAULT '0.00'\n)",
      'CREATE UNIQUE INDEX IF NOT EXISTS `t_a_b` ON `t` (`a`, `b`)',
    ]);
  });

  it('MySQL form', () => {
    assert.match(
      createStatements(table, 'mysql')[0] ?? '',
      /`a` ENUM\('Y','N'\) DEFAULT 'N',[\s\S]*UNIQUE KEY `t_a_b` \(`a`, `b`\)\n\) ENGINE=InnoDB/,
    );
  });
});
