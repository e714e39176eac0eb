import assert from 'node:assert/strict';
import { TandemError } from '../core/errors.js';
import { pruneDefaults, startPruning } from '../sidecar/crm/prune.js';
import { createHandTimers } from './support/hand-timers.js';
import { silentLog } from './support/observers.js';

describe('CRM journal: old calls are removed while this process has the journal', () => {
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  function open() {
    const timers = createHandTimers();
    const answers: { readonly resolve: (rows: number) => void; readonly reject: (error: Error) => void }[] = [];
    const prune = (): Promise<number> => new Promise((resolve, reject) => answers.push({ resolve, reject }));
    const stop = startPruning({ store: { prune }, timers, log: silentLog }, { callsDays: 365, isRemoving: false });
    const answer = async (end: (last: (typeof answers)[number]) => void): Promise<void> => {
      end(answers.at(-1) ?? assert.fail());
      await settle();
    };
    return { timers, stop, answer, passes: () => answers.length };
  }

  it('a full part is followed by the next soon, the last one by an hour, also one that failed', async () => {
    const { timers, stop, answer, passes } = open();
    await answer(({ resolve }) => resolve(pruneDefaults.rowsMax));
    assert.equal(timers.lastDelayMs, pruneDefaults.pauseMs);
    timers.advance(pruneDefaults.pauseMs);
    await answer(({ resolve }) => resolve(1));
    assert.equal(timers.lastDelayMs, pruneDefaults.everyMs);
    timers.advance(pruneDefaults.everyMs);
    await answer(({ reject }) => reject(new TandemError('TDM_STORE_DOWN', ['away'])));
    assert.deepEqual([passes(), timers.lastDelayMs, timers.waiting], [3, pruneDefaults.everyMs, 1]);
    stop();
    assert.equal(timers.waiting, 0);
  });

  for (const [what, end] of [
    ['ends', ({ resolve }) => resolve(pruneDefaults.rowsMax)],
    ['fails', ({ reject }) => reject(new Error('the store is closed'))],
  ] as readonly (readonly [string, (last: { resolve: (rows: number) => void; reject: (error: Error) => void }) => void])[])
    it(`scale-out 7: a pass that ${what} after the journal has gone to another process begins nothing more`, async () => {
      const { timers, stop, answer, passes } = open();
      stop();
      await answer(end);
      timers.advance(10 * pruneDefaults.everyMs);
      assert.deepEqual([passes(), timers.waiting], [1, 0]);
    });
});
