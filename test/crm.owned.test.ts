import assert from 'node:assert/strict';
import { TandemError } from '../core/errors.js';
import { beginRetryMs, createOwnedCrm } from '../sidecar/crm/owned.js';
import { createHandTimers } from './support/hand-timers.js';
import { silentLog } from './support/observers.js';

describe('CRM: one process of several tells', () => {
  function open(fails: (fence: number | undefined) => boolean = () => false, endFails: () => boolean = () => false) {
    const timers = createHandTimers(0);
    const done: string[] = [];
    const owned = createOwnedCrm({
      async begin(fence) {
        await Promise.resolve();
        if (fails(fence)) throw new TandemError('TDM_STORE_DOWN', ['away']);
        done.push(`begin ${String(fence)}`);
      },
      async end() {
        await Promise.resolve();
        done.push('end');
        if (endFails()) throw new Error('a listener is broken');
      },
      timers,
      log: silentLog,
    });
    return { owned, done, timers };
  }

  it('scale-out 7: begins with the fence of the queues, ends with them, and begins anew', async () => {
    const { owned, done } = open();
    owned.owned(3);
    await owned.settled();
    assert.equal(owned.isOwned(), true);
    owned.lost();
    owned.owned(5);
    await owned.settled();
    assert.deepEqual(done, ['begin 3', 'end', 'begin 5']);
  });

  it('what was taken and lost before it began does not begin', async () => {
    const { owned, done } = open();
    owned.owned(3);
    owned.lost();
    await owned.settled();
    assert.deepEqual(done, []);
    assert.equal(owned.isOwned(), false);
  });

  it('B25: the database is away at the begin: it is tried again until it is there, or the queues are lost', async () => {
    let isAway = true;
    const { owned, done, timers } = open(() => isAway);
    owned.owned(3);
    await owned.settled();
    timers.advance(beginRetryMs);
    await owned.settled();
    assert.deepEqual(done, ['end', 'end'], 'half a begin is cleared away');
    done.length = 0;
    isAway = false;
    timers.advance(beginRetryMs);
    await owned.settled();
    assert.deepEqual(done, ['begin 3']);
    isAway = true;
    owned.owned(4);
    await owned.settled();
    owned.lost();
    isAway = false;
    timers.advance(beginRetryMs);
    await owned.settled();
    assert.deepEqual(done, ['begin 3', 'end', 'end']);
  });

  it('scale-out 7: an end that fails stops neither what is begun next nor a begin that is tried again', async () => {
    let isAway = false;
    const { owned, done, timers } = open(
      () => isAway,
      () => true,
    );
    owned.owned(3);
    owned.lost();
    owned.owned(4);
    await owned.settled();
    isAway = true;
    owned.owned(5);
    await owned.settled();
    isAway = false;
    timers.advance(beginRetryMs);
    await owned.settled();
    assert.deepEqual(done, ['begin 4', 'end', 'end', 'begin 5']);
    assert.equal(owned.isOwned(), true);
  });
});
