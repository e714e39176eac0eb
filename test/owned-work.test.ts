/** Work that one process of several does (scale-out 7): taken, lost, given back, and never done twice by one process. */
import assert from 'node:assert/strict';
import { ownershipDefaults } from '../sidecar/acd-ownership.js';
import { createOwnedWork, standbyEveryMs } from '../sidecar/owned-work.js';
import { createMemoryLeases } from './support/acd-memory-leases.js';
import { turn } from './support/acd-stub-engine.js';
import { createHandTimers } from './support/hand-timers.js';
import { silentLog, silentMeter } from './support/observers.js';

function world(onOwned: (fence: number) => void = () => undefined, onClose: () => void | Promise<void> = () => undefined) {
  const timers = createHandTimers();
  const leases = createMemoryLeases(() => timers.nowMs());
  const running = new Set<number>();
  const closed: string[] = [];
  const owned = createOwnedWork<number>(
    {
      ...{ lease: 'acd', gauge: 'tandem_acd_owner', what: 'the queues', onOwned },
      open: (fence) => Promise.resolve(running.add(fence)).then(() => fence),
      close: (fence, { code }) => {
        running.delete(fence);
        closed.push(code);
        return Promise.resolve().then(onClose);
      },
    },
    { leases, timers, monoMs: () => timers.nowMs(), log: silentLog, meter: silentMeter },
  );
  return { timers, leases, running, closed, owned };
}

describe('work of one process', () => {
  it('scale-out 7: what runs already when its beginning fails is closed before it is tried again', async () => {
    let fails = 2;
    const { timers, running, closed, owned } = world(() => {
      if (fails-- > 0) throw new Error('a listener is broken');
    });
    await owned.start();
    for (let n = 0; n < 2; n++) {
      assert.deepEqual([owned.current(), owned.why(), running.size], [undefined, 'a listener is broken', 0]);
      timers.advance(standbyEveryMs);
      for (let turns = 0; turns < 5; turns++) await turn();
    }
    assert.deepEqual([[...running], owned.current(), closed], [[3], 3, ['TDM_STANDBY', 'TDM_STANDBY']]);
    await owned.stop();
    assert.deepEqual([running.size, closed.at(-1), timers.waiting], [0, 'TDM_STOPPING', 0]);
  });

  it('scale-out 7: work whose end fails gives its lease back all the same, and is taken again', async () => {
    const { timers, leases, running, closed, owned } = world(undefined, () => {
      throw new Error('a listener is broken');
    });
    await owned.start();
    leases.rows.set('acd', { owner: 'another', fence: 7, untilMs: timers.nowMs() + 1 });
    for (let n = 0; n < 2; n++) {
      timers.advance(ownershipDefaults.renewEveryMs);
      for (let turns = 0; turns < 5; turns++) await turn();
    }
    assert.deepEqual([[...running], owned.current(), closed], [[8], 8, ['TDM_STANDBY']]);
    await owned.stop();
    assert.deepEqual([running.size, closed.at(-1), leases.rows.get('acd')?.untilMs], [0, 'TDM_STOPPING', 0]);
  });

  it('scale-out 7: a stop while lost work is being closed waits until it is', async () => {
    let finish = (): void => undefined;
    const { timers, leases, owned } = world(undefined, () => new Promise<void>((resolve) => (finish = resolve)));
    await owned.start();
    leases.rows.set('acd', { owner: 'another', fence: 7, untilMs: timers.nowMs() + 60_000 });
    timers.advance(ownershipDefaults.renewEveryMs);
    for (let turns = 0; turns < 5; turns++) await turn();
    let isStopped = false;
    const stopped = owned.stop().then(() => (isStopped = true));
    for (let turns = 0; turns < 5; turns++) await turn();
    assert.equal(isStopped, false);
    finish();
    await stopped;
    assert.deepEqual([owned.current(), timers.waiting], [undefined, 0]);
  });
});
