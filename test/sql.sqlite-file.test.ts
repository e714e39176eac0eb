/** The embedded database as a file: who may read it. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOther } from './support/stores.js';

describe('SQLite file', () => {
  let dir: string;
  const modes = () =>
    Object.fromEntries(
      readdirSync(dir, { withFileTypes: true }).map(({ name }) => [name, (statSync(join(dir, name)).mode & 0o777).toString(8)]),
    );

  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'tandem-file-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  it('W-5: file, -wal and -shm are made for their owner alone', async () => {
    const before = process.umask(0o022);
    try {
      const db = await openOther(`sqlite:${join(dir, 'a.db')}`);
      await db.run('CREATE TABLE t (a TEXT)', [], { repeatable: true });
      assert.deepEqual(modes(), { 'a.db': '600', 'a.db-shm': '600', 'a.db-wal': '600' });
      await db.close();
    } finally {
      process.umask(before);
    }
  });

  it('a file that an operator made keeps its mode', async () => {
    writeFileSync(join(dir, 'a.db'), '');
    chmodSync(join(dir, 'a.db'), 0o640);
    const db = await openOther(`sqlite:${join(dir, 'a.db')}`);
    await db.close();
    assert.equal(modes()['a.db'], '640');
  });
});
