import assert from 'node:assert/strict';
import { migrations } from '../sql/migrations/index.js';
import { migrate } from '../sql/migrate.js';
import { provisionedTables } from '../sql/provisioning-tables.js';
import { vicidialTables } from '../sql/schema/vicidial.js';
import { databaseOf, describeMariaDb, describeStores } from './support/stores.js';

const options = { own: '', ownSchema: undefined, nowMs: Date.now };

const stepNames = migrations.map(({ name }) => name);

it('migrations are numbered without gaps', () => {
  assert.deepEqual(
    migrations.map(({ id }) => id),
    migrations.map((_, i) => i + 1),
  );
});

describeStores('migrate', (open) => {
  it('DB-2: makes what is absent, once', async () => {
    const { store } = await open({ empty: true });

    const first = await store.migrate();

    assert.deepEqual(first.steps, stepNames);
    assert.deepEqual(
      first.tablesCreated,
      vicidialTables.map(({ name }) => name),
    );
    assert.deepEqual(await store.migrate(), { steps: [], tablesCreated: [] });
  });

  it('two starters at once: each step runs once', async () => {
    const first = await open({ empty: true });
    const second = await first.again({ empty: true });

    const done = await Promise.all([first.store.migrate(), second.store.migrate(), first.store.migrate()]);

    assert.deepEqual(
      done.flatMap(({ steps }) => steps),
      stepNames,
    );
  });

  it('a starter that died while migrating holds the next one up no longer than its lease', async () => {
    const { store, other, clock } = await open({ empty: true });
    await store.migrate();
    await other.run(`UPDATE tandem_lease SET owner = 'dead', until_ms = ?`, [clock.nowMs() + 400], {});

    const beganMs = Date.now();
    await store.migrate();

    assert.ok(Date.now() - beganMs >= 350, 'did not wait for the lease');
  });

  it('a step that was interrupted half-way is finished by the next start', async () => {
    const { store, other } = await open({ empty: true });
    await store.migrate();
    await other.run('DELETE FROM tandem_migrations', [], {});
    await other.run('DROP TABLE tandem_menus', [], {});

    assert.deepEqual((await store.migrate()).steps, stepNames);
    assert.equal(await store.menus.find('none'), undefined);
  });

  it('refuses a database of a newer Tandem and leaves it alone', async () => {
    const { other } = await open({ empty: true });
    const newer = { id: migrations.length + 1, name: 'future', statements: ['CREATE TABLE @tandem_future (id INTEGER)@table'] };
    await migrate(other, { ...options, steps: [...migrations, newer] });

    await assert.rejects(migrate(other, options), { code: 'TDM_STORE_NEWER' });
    assert.deepEqual((await migrate(other, { ...options, steps: [...migrations, newer] })).steps, []);
  });

  it('a step that fails is not recorded and says why', async () => {
    const { other } = await open({ empty: true });
    const broken = { id: migrations.length + 1, name: 'broken', statements: ['CREATE TABEL x'] };

    await assert.rejects(migrate(other, { ...options, steps: [...migrations, broken] }), { code: 'TDM_STORE_DOWN' });

    assert.deepEqual((await migrate(other, options)).steps, []);
  });

  it('provisioning names exactly the columns that our tables have', async () => {
    const { other } = await open();
    for (const [table, { columns }] of Object.entries(provisionedTables)) {
      const rows =
        other.dialect === 'sqlite'
          ? await other.all(`SELECT name FROM pragma_table_info('${table}')`)
          : await other.all(
              `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?`,
              [table],
            );
      assert.deepEqual(rows.map((row) => row['name']).sort(), [...columns].sort(), table);
    }
  });
});

describeMariaDb('own schema', (open) => {
  it('our tables live in another schema, VICIdial keeps its own', async () => {
    const opened = await open({ empty: true });
    const ownSchema = `${databaseOf(opened.url)}_own`;
    const { store, other } = await opened.again({ ownSchema });
    try {
      const placed = await other.all(
        'SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (DATABASE(), ?)',
        [ownSchema],
      );
      for (const { s, t } of placed) assert.equal(s === ownSchema, /^(tandem|dialer)_/.test(String(t)), String(t));
      assert.equal(await store.proofs.takeOnce('alpha', 'V1', { address: '10.1.1.1', atMs: 1, retryMs: 0 }), true);
      await store.provisioning.write([{ table: 'tandem_peers', action: 'insert', key: { peer_id: 'alpha' }, values: {} }]);
      assert.equal((await store.containers.find('alpha'))?.id, 'alpha');
    } finally {
      await other.run(`DROP DATABASE ${ownSchema}`, [], {});
    }
  });
});
