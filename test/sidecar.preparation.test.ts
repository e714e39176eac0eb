import assert from 'node:assert/strict';
import { TandemError } from '../core/errors.js';
import { oneAtATime } from '../sidecar/one-at-a-time.js';
import { prepare, preparationEveryMs } from '../sidecar/preparation.js';
import { createHandTimers } from './support/hand-timers.js';
import { silentLog } from './support/observers.js';

describe('preparation', () => {
  const away = new TandemError('TDM_STORE_DOWN', ['connection refused']);

  it('a database that is away does not keep the doors closed; the work is made up for when it is back', async () => {
    const timers = createHandTimers();
    const answers = [away, away, undefined];
    let tries = 0;
    const preparation = await prepare(
      () => {
        const failure = answers[tries++];
        return failure ? Promise.reject(failure) : Promise.resolve();
      },
      { log: silentLog, timers },
    );
    assert.deepEqual(preparation.check(), { name: 'tables', state: 'down', reason: away.message });
    timers.advance(preparationEveryMs);
    await new Promise(setImmediate);
    assert.equal(preparation.check().state, 'down');
    timers.advance(preparationEveryMs);
    await new Promise(setImmediate);
    await preparation.done;
    assert.deepEqual([tries, preparation.check().state], [3, 'up']);
  });

  it('what only a human can mend is not tried again', async () => {
    const newer = new TandemError('TDM_STORE_NEWER', ['step 9']);
    await assert.rejects(
      prepare(() => Promise.reject(newer), { log: silentLog, timers: createHandTimers() }),
      newer,
    );
  });

  it('after a stop nothing is tried any more', async () => {
    const timers = createHandTimers();
    let tries = 0;
    const preparation = await prepare(
      () => {
        tries += 1;
        return Promise.reject(away);
      },
      { log: silentLog, timers },
    );
    preparation.stop();
    timers.advance(10 * preparationEveryMs);
    await new Promise(setImmediate);
    assert.equal(tries, 1);
  });
});

describe('one at a time', () => {
  it('those who ask while it runs share one further run', async () => {
    const open: ((n: number) => void)[] = [];
    const job = oneAtATime(() => new Promise<number>((resolve) => open.push(resolve)));
    const first = job();
    const others = [job(), job()];
    assert.equal(open.length, 1);
    open[0]?.(1);
    assert.equal(await first, 1);
    await new Promise(setImmediate);
    assert.equal(open.length, 2);
    open[1]?.(2);
    assert.deepEqual(await Promise.all(others), [2, 2]);
  });

  it('a failed run does not stop the next', async () => {
    let runs = 0;
    const job = oneAtATime(() => (++runs === 1 ? Promise.reject(new Error('first')) : Promise.resolve(runs)));
    const [first, second] = [job(), job()];
    await assert.rejects(first, /first/);
    assert.equal(await second, 2);
    assert.equal(await job(), 3);
  });
});
