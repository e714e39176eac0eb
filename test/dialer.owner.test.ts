/** Who dials, and what a process that does not dial says of the database (dialer.md A14, B11). */
import assert from 'node:assert/strict';
import { TandemError } from '../core/errors.js';
import type { Leases } from '../core/acd-ports.js';
import { createDialerOwner } from '../sidecar/dialer-owner.js';
import { createHandTimers } from './support/hand-timers.js';
import { silentLog, silentMeter } from './support/observers.js';

const heldByAnother: Leases = {
  acquire: () => Promise.resolve(undefined),
  holder: () => Promise.resolve('another'),
  renew: () => Promise.resolve(false),
  release: () => Promise.resolve(),
};

const ownerOf = (leases: Leases, activeCounts: () => Promise<{ dialed: number; agentPending: number }>) =>
  createDialerOwner({
    leases,
    store: { activeCounts },
    open: () => Promise.reject(new TandemError('TDM_INTERNAL')),
    timers: createHandTimers(),
    monoMs: () => 0,
    log: silentLog,
    meter: silentMeter,
  });

describe('dialer: the owner of the campaigns', () => {
  it('E68 B11: before the database was there at all, the status does not call it up', async () => {
    const away = () => Promise.reject(new TandemError('TDM_STORE_DOWN', ['away']));
    const owner = ownerOf({ ...heldByAnother, acquire: away }, away);
    assert.equal(owner.standby().isStoreUp, false, 'nobody has asked it yet');
    await owner.start();
    assert.equal(owner.standby().isStoreUp, false);
    await owner.stop();
  });

  it('E68: a standby tells what the table had', async () => {
    const owner = ownerOf(heldByAnother, () => Promise.resolve({ dialed: 3, agentPending: 1 }));
    await owner.start();
    assert.deepEqual(owner.standby(), { isStoreUp: true, dialed: 3, agentPending: 1 });
    await owner.stop();
  });
});
