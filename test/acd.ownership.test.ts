/** Who owns the queues (scale-out 7). */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createOwnership, ownershipDefaults } from '../sidecar/acd-ownership.js';
import { standbyEveryMs } from '../sidecar/owned-work.js';
import { isDeadOwner, ownerName } from '../sidecar/owner-name.js';
import { createMemoryLeases } from './support/acd-memory-leases.js';
import { turn } from './support/acd-stub-engine.js';
import { createHandTimers } from './support/hand-timers.js';
import { silentLog } from './support/observers.js';

const { ttlMs, renewEveryMs, renewAwayEveryMs, marginMs } = ownershipDefaults;

function world() {
  const timers = createHandTimers();
  const leases = createMemoryLeases(() => timers.nowMs());
  const lost: string[] = [];
  const mono = { offsetMs: 0 };
  const process = (owner: string, isDead: (name: string) => boolean = () => false) =>
    createOwnership(
      { ...ownershipDefaults, name: 'acd', owner },
      { leases, timers, monoMs: () => timers.nowMs() + mono.offsetMs, isDead, onLost: () => void lost.push(owner), log: silentLog },
    );
  /** a while in steps, so that renewals can end */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 500) {
      timers.advance(Math.min(left, 500));
      await turn();
    }
  };
  return { timers, leases, lost, mono, process, pass };
}

describe('ownership of the queues', () => {
  it('scale-out 7: one has them and keeps them, another waits', async () => {
    const { lost, process, pass } = world();
    const [one, two] = [process('one'), process('two')];

    assert.deepEqual(await one.acquire(), { fence: 1 });
    assert.deepEqual(await two.acquire(), { holder: 'one' });
    await pass(10 * ttlMs);

    assert.equal(one.isSure(), true);
    assert.equal(two.isSure(), false);
    assert.deepEqual(await two.acquire(), { holder: 'one' });
    assert.deepEqual(lost, []);
  });

  it('a graceful end gives them to the other at once', async () => {
    const { timers, process } = world();
    const [one, two] = [process('one'), process('two')];
    await one.acquire();

    await one.release();

    assert.equal(one.isSure(), false);
    assert.equal(timers.waiting, 0);
    assert.deepEqual(await two.acquire(), { fence: 2 });
  });

  it('when the owner falls silent the other gets them at the end of the lease, not before', async () => {
    const { timers, leases, lost, process, pass } = world();
    const [one, two] = [process('one'), process('two')];
    await one.acquire();
    const renew = leases.renew.bind(leases);
    leases.renew = () => new Promise(() => undefined); // the former owner stands still

    await pass(ttlMs - 100);
    assert.ok('holder' in (await two.acquire()));
    assert.equal(one.isSure(), false, 'so long before the end it is not sure any more');
    timers.advance(100);
    assert.deepEqual(await two.acquire(), { fence: 2 });
    leases.renew = renew;
    assert.deepEqual(lost, []);
    const again = process('one');
    assert.ok('holder' in (await again.acquire()));
  });

  it('a renewal that finds another owner says so once, and no more renewals follow', async () => {
    const { timers, leases, lost, process, pass } = world();
    const one = process('one');
    await one.acquire();
    leases.rows.set('acd', { owner: 'two', fence: 2, untilMs: timers.nowMs() + ttlMs });

    await pass(renewEveryMs);
    await pass(ttlMs);

    assert.deepEqual(lost, ['one']);
    assert.equal(one.isSure(), false);
    assert.equal(timers.waiting, 0);
  });

  it('after a stall of the process the lease is not sure until it was renewed', async () => {
    const { mono, process, pass } = world();
    const one = process('one');
    await one.acquire();
    assert.equal(one.isSure(), true);

    mono.offsetMs = ttlMs - marginMs;
    assert.equal(one.isSure(), false);
    await pass(renewEveryMs);

    assert.equal(one.isSure(), true);
  });

  it('design 5: while the database is away the owner goes on, and renews when it is back', async () => {
    const { leases, lost, process, pass } = world();
    const one = process('one');
    await one.acquire();
    leases.isDown = true;

    await pass(3 * ttlMs);
    assert.equal(one.isSure(), true);
    leases.isDown = false;
    await pass(renewEveryMs);

    assert.equal(one.isSure(), true);
    assert.deepEqual(lost, []);
    assert.ok((leases.rows.get('acd')?.untilMs ?? 0) > 0);
  });

  it('scale-out 7: a lease that ran out while the database was away is renewed before a standby asks again', async () => {
    const { leases, lost, process, pass } = world();
    const [one, two] = [process('one'), process('two')];
    await one.acquire();
    leases.isDown = true;
    await pass(2 * ttlMs);
    await assert.rejects(two.acquire(), { code: 'TDM_STORE_DOWN' });
    leases.isDown = false;

    assert.ok(renewAwayEveryMs < standbyEveryMs);
    await pass(renewAwayEveryMs);
    assert.deepEqual(await two.acquire(), { holder: 'one' });
    await pass(2 * ttlMs);
    assert.deepEqual(await two.acquire(), { holder: 'one' }, 'from then on in the usual pace, and in time');
    assert.deepEqual(lost, []);
  });

  it('B1: the lease of an owner that is known to be dead is taken at once', async () => {
    const { process } = world();
    await process('one').acquire();

    assert.deepEqual(await process('two', (name) => name === 'one').acquire(), { fence: 2 });
  });

  it('a database that is away at the start or at the end is told, or harmless', async () => {
    const { leases, process } = world();
    leases.isDown = true;
    await assert.rejects(process('one').acquire(), { code: 'TDM_STORE_DOWN' });
    leases.isDown = false;
    const one = process('one');
    await one.acquire();
    leases.isDown = true;

    await one.release();
  });
});

describe('name of an owner', () => {
  it('fits its column, is new each time, and a living process is not dead', () => {
    const name = ownerName();

    assert.ok(name.length <= 150 && name !== ownerName());
    assert.equal(isDeadOwner(name), false);
    assert.equal(isDeadOwner(''), false);
    assert.equal(isDeadOwner('somewhere-1-unknown-0-00000000'), false);
  });

  it('a process that ended is dead, its number used again or not; one elsewhere is not known', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    const { pid } = child;
    await new Promise((resolve) => child.once('close', resolve));
    const [host = '', own = '', place = '', start = '', chance = ''] = /^(.*)-(\d+)-(\w+)-(\d+)-(\w+)$/.exec(ownerName())?.slice(1) ?? [];
    const name = (parts: Partial<Record<'host' | 'pid' | 'place' | 'start', string>>) =>
      [parts.host ?? host, parts.pid ?? own, parts.place ?? place, parts.start ?? start, chance].join('-');

    assert.equal(isDeadOwner(name({ pid: String(pid) })), true);
    assert.equal(isDeadOwner(name({ start: '1' })), true, 'another process has its number now');
    assert.equal(isDeadOwner(name({ pid: String(pid), host: 'elsewhere' })), false);
    assert.equal(isDeadOwner(name({ pid: String(pid), place: '0123456789ab' })), false);
    assert.equal(isDeadOwner(name({})), false);
  });
});
