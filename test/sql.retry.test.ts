import assert from 'node:assert/strict';
import { TandemError } from '../core/errors.js';
import { asTandemError, classify, DbTimeout } from '../sql/failure.js';
import { Met, runWithRetry, withTimeout } from '../sql/retry.js';
import type { RetryOptions } from '../sql/retry.js';
import { chooseWriter } from '../sql/router.js';
import { createTurns } from '../sql/turns.js';

const mysqlError = (errno: number, code = 'ER', message = 'x'): Error =>
  Object.assign(new Error(message), { errno, code, sqlState: 'HY000' });
const linkError = (code: string): Error => Object.assign(new Error('x'), { code, errno: -111 });
const sqliteError = (errcode: number): Error => Object.assign(new Error('x'), { errcode, code: 'ERR_SQLITE_ERROR' });

describe('scale-out 4: the retry table', () => {
  const rows: readonly (readonly [string, Error, string, boolean, boolean])[] = [
    ['deadlock', mysqlError(1213), 'again', false, false],
    ['lock wait', mysqlError(1205), 'again', false, false],
    ['statement time', mysqlError(1969), 'again', false, false],
    ['no primary component', mysqlError(1047), 'elsewhere', true, true],
    ['error during commit', mysqlError(1180), 'elsewhere', true, false],
    ['shutdown', mysqlError(1053), 'elsewhere', true, true],
    ['killed', mysqlError(1927), 'elsewhere', true, false],
    ['read only', mysqlError(1290), 'elsewhere', true, true],
    ['reset', linkError('ECONNRESET'), 'elsewhere', true, false],
    ['refused', linkError('ECONNREFUSED'), 'elsewhere', true, true],
    ['lost', linkError('PROTOCOL_CONNECTION_LOST'), 'elsewhere', true, false],
    ['slow', linkError('PROTOCOL_SEQUENCE_TIMEOUT'), 'elsewhere', true, false],
    ['closed link, no code', new Error("Can't add new command when connection is in closed state"), 'elsewhere', true, false],
    ['our limit', new DbTimeout('statement', 'x'), 'elsewhere', true, false],
    ['duplicate', mysqlError(1062), 'duplicate', false, false],
    ['too long', mysqlError(1406), 'bad-value', false, false],
    ['wrong character', mysqlError(1366), 'bad-value', false, false],
    ['collations', mysqlError(1267), 'unlike', false, false],
    ['no such table', mysqlError(1146), 'refused', false, false],
    ['SQLite busy', sqliteError(5), 'again', false, false],
    ['SQLite busy snapshot', sqliteError(517), 'again', false, false],
    ['SQLite unique', sqliteError(2067), 'duplicate', false, false],
    ['SQLite primary key', sqliteError(1555), 'duplicate', false, false],
    ['SQLite not null', sqliteError(1299), 'bad-value', false, false],
    ['SQLite full', sqliteError(13), 'refused', false, false],
    ['our own', new TandemError('TDM_NOT_FOUND', ['x', 'y']), 'ours', false, false],
    ['our mistake', new TypeError('x'), 'ours', false, false],
  ];

  for (const [name, error, verdict, destroy, nodeDown] of rows) {
    it(`${name}: ${verdict}`, () => {
      const failure = classify(error);
      assert.deepEqual([failure.verdict, failure.destroy, failure.nodeDown], [verdict, destroy, nodeDown]);
    });
  }

  it('an error names the column, never the value', () => {
    const e = asTandemError(
      mysqlError(1366, 'ER_TRUNCATED_WRONG_VALUE_FOR_FIELD', "Incorrect string value: 'secret' for column `d`.`t`.`first_name` at row 1"),
    );
    assert.ok(e instanceof TandemError && e.code === 'TDM_BAD_VALUE');
    assert.doesNotMatch(e.message, /secret/);
  });
});

describe('scale-out 4: repeating', () => {
  let pauses: number[];
  let nowMs: number;
  const options = (more: Partial<RetryOptions> = {}): RetryOptions => ({
    retryMsMax: 5_000,
    repeatable: false,
    nowMs: () => nowMs,
    random: () => 0.5,
    sleep: (ms) => {
      pauses.push(ms);
      nowMs += ms;
      return Promise.resolve();
    },
    onFailure: () => undefined,
    ...more,
  });
  const failing = (times: number, error: Error) => {
    let calls = 0;
    return () => (calls++ < times ? Promise.reject(error) : Promise.resolve(calls));
  };

  beforeEach(() => {
    pauses = [];
    nowMs = 1_000;
  });

  it('lost conflicts are repeated with a pause of 20 to 200 ms', async () => {
    assert.equal(await runWithRetry(failing(2, mysqlError(1213)), options()), 3);
    assert.deepEqual(pauses, [110, 110]);
    await runWithRetry(failing(1, mysqlError(1213)), options({ random: () => 0 }));
    await runWithRetry(failing(1, mysqlError(1213)), options({ random: () => 1 }));
    assert.deepEqual(pauses.slice(2), [20, 200]);
  });

  it('up to the deadline, then TDM_STORE_DOWN with the cause', async () => {
    await assert.rejects(runWithRetry(failing(99, mysqlError(1213)), options({ retryMsMax: 350 })), { code: 'TDM_STORE_DOWN' });
    assert.deepEqual(pauses, [110, 110, 110]);
  });

  it('a lost link is repeated when it surely did nothing, or when that does no harm', async () => {
    const lost = linkError('ECONNRESET');
    assert.equal(await runWithRetry(failing(1, new Met('connect', lost)), options()), 2);
    assert.equal(await runWithRetry(failing(1, new Met('commit', lost)), options({ repeatable: true })), 2);
    await assert.rejects(runWithRetry(failing(1, new Met('commit', lost)), options()), { code: 'TDM_STORE_DOWN' });
    await assert.rejects(runWithRetry(failing(1, lost), options()), { code: 'TDM_STORE_DOWN' });
  });

  it('no repetition of what will fail again; our own errors pass as they are', async () => {
    await assert.rejects(runWithRetry(failing(1, mysqlError(1062)), options()), { code: 'TDM_STORE_CONFLICT' });
    await assert.rejects(runWithRetry(failing(1, mysqlError(1406)), options()), { code: 'TDM_BAD_VALUE' });
    await assert.rejects(runWithRetry(failing(1, new Met('connect', new RangeError('mine'))), options()), /^RangeError: mine$/);
    assert.deepEqual(pauses, []);
  });

  it('withTimeout hands a late result to its finder', async () => {
    const late: number[] = [];
    let give: (n: number) => void = () => undefined;
    const work = new Promise<number>((resolve) => {
      give = resolve;
    });
    await assert.rejects(
      withTimeout(work, 5, 'connect', (n) => late.push(n)),
      DbTimeout,
    );
    give(7);
    await work;
    await Promise.resolve();
    assert.deepEqual(late, [7]);
  });
});

describe('scale-out 4: which server', () => {
  const since = (...times: (number | undefined)[]) => times.map((healthySinceMs) => ({ healthySinceMs }));

  it('the first healthy one', () => {
    assert.equal(chooseWriter(since(undefined, 5, 5), undefined, 10), 1);
    assert.equal(chooseWriter(since(undefined, undefined), 0, 10), undefined);
    assert.equal(chooseWriter(since(5, 5), 1, 10), 1);
  });

  it('back to a preferred one only after 30 s of health', () => {
    assert.equal(chooseWriter(since(1_000, 0), 1, 30_999), 1);
    assert.equal(chooseWriter(since(1_000, 0), 1, 31_000), 0);
    assert.equal(chooseWriter(since(1_000, undefined), 1, 1_001), 0); // nothing to wait with
  });
});

describe('turns on one connection', () => {
  it('first come, first served; too many and too late are refused; idle waits for the last', async () => {
    const turns = createTurns(2, 30);
    const order: string[] = [];
    assert.equal(turns.take(), undefined);
    const a = turns.take()?.then(() => order.push('a'));
    const b = turns.take()?.then(() => order.push('b'));
    await assert.rejects(turns.take() ?? Promise.resolve(), /more than 2 wait/);
    const idle = turns.idle().then(() => order.push('idle'));
    turns.give();
    await a;
    turns.give();
    await b;
    turns.give();
    await idle;
    assert.deepEqual(order, ['a', 'b', 'idle']);
    assert.equal(turns.take(), undefined);
    await assert.rejects(turns.take() ?? Promise.resolve(), /no turn within 30 ms/);
  });
});
