/** The thread that moves SQLite's write-ahead log into the file, so that no call waits for the disk (user-needs 1). */
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkpointDefaults, createCheckpoints } from '../sql/sqlite-checkpoints.js';
import { loadSqlite } from '../sql/sqlite-binding.js';
import type { SqliteDatabase } from '../sql/sqlite-binding.js';
import { openSqlite } from '../sql/sqlite.js';
import { eventually } from './support/eventually.js';

describe('SQLite: the thread that moves the write-ahead log', () => {
  let dir: string;
  let file: string;
  let database: SqliteDatabase;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tandem-checkpoints-'));
    file = join(dir, 'tandem.db');
    const { DatabaseSync } = await loadSqlite();
    database = new DatabaseSync(file);
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('CREATE TABLE calls (id INTEGER PRIMARY KEY, note TEXT)');
  });
  afterEach(async () => {
    database.close();
    await rm(dir, { recursive: true, force: true });
  });

  /** What is in the file itself, without its log. */
  async function rowsInFile(): Promise<number> {
    const copy = join(dir, 'copy.db');
    await copyFile(file, copy);
    const { DatabaseSync } = await loadSqlite();
    const alone = new DatabaseSync(copy);
    try {
      return Number(alone.prepare('SELECT COUNT(*) AS n FROM calls').all()[0]?.['n']);
    } catch {
      return 0; // the table is in the log, too
    } finally {
      alone.close();
    }
  }

  it('starts when much is written, takes the work over, and gives it back to nobody when it is closed', async () => {
    const told: number[] = [];
    const lost: unknown[] = [];
    const checkpoints = createCheckpoints(
      file,
      { autoCheckpoint: (pages) => told.push(pages), onLost: (error) => lost.push(error) },
      { ...checkpointDefaults, writesBefore: 5 },
    );
    const insert = database.prepare('INSERT INTO calls (note) VALUES (?)');
    for (let n = 0; n < 4; n++) {
      insert.run('x');
      checkpoints.wrote();
    }
    assert.equal(await rowsInFile(), 0);
    const write = () => {
      insert.run('x');
      checkpoints.wrote();
      return rowsInFile();
    };
    await eventually(write, (rows) => rows > 5, { msMax: 20_000 });
    assert.deepEqual(told, [checkpointDefaults.pagesBeside]);
    await checkpoints.close();
    assert.deepEqual([told.length, lost], [1, []]);
  });

  it('that cannot work leaves the work to the connection, and says so', async () => {
    const told: number[] = [];
    const lost: unknown[] = [];
    const checkpoints = createCheckpoints(
      join(dir, 'no-folder', 'tandem.db'),
      { autoCheckpoint: (pages) => told.push(pages), onLost: (error) => lost.push(error) },
      { ...checkpointDefaults, writesBefore: 1 },
    );
    checkpoints.wrote();
    await eventually(
      () => lost.length,
      (length) => length === 1,
      { msMax: 20_000 },
    );
    assert.ok(lost[0] instanceof Error);
    assert.deepEqual(told, [checkpointDefaults.pagesAlone]);
    checkpoints.wrote();
    await checkpoints.close();
    assert.equal(lost.length, 1);
  });

  it('that cannot even be started costs no write', async () => {
    const lost: unknown[] = [];
    const checkpoints = createCheckpoints(
      file,
      { autoCheckpoint: () => assert.fail('nothing has changed'), onLost: (error) => lost.push(error) },
      { ...checkpointDefaults, writesBefore: 2 },
      () => {
        throw new Error('no more threads');
      },
    );
    for (let n = 0; n < 5; n++) checkpoints.wrote();
    assert.deepEqual(lost, [new Error('no more threads')]);
    await checkpoints.close();
  });

  it('is the store’s own from some thousand statements on, and ends with it', async () => {
    database.close();
    const db = await openSqlite(file, {
      ...{ acquireMsMax: 2_000, waitersMax: 10, retryMsMax: 2_000, nowMs: Date.now, onFailure: () => undefined },
      onCheckpointsLost: (error) => assert.fail(String(error)),
    });
    const rows = checkpointDefaults.writesBefore + 1;
    await db.transaction(async (tx) => {
      for (let n = 0; n < rows; n++) await tx.run('INSERT INTO calls (note) VALUES (?)', [String(n)]);
    });
    const more = async () => {
      await db.run('INSERT INTO calls (note) VALUES (?)', ['more']);
      return rowsInFile();
    };
    await eventually(more, (count) => count >= rows, { msMax: 20_000 });
    await db.close();
    await assert.rejects(db.run('INSERT INTO calls (note) VALUES (?)', ['late']), /TDM_STORE_DOWN|closed/);
    database = new (await loadSqlite()).DatabaseSync(file);
    assert.ok(Number(database.prepare('SELECT COUNT(*) AS n FROM calls').all()[0]?.['n']) > rows);
  });
});
