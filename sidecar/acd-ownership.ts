/**
 * One process owns the queues (scale-out 7): takes the lease, renews it, hears when it is lost. While the database is
 * away the owner goes on: nobody else can take the lease either. After a stall of this process the lease is not sure
 * until it has been renewed once more; what is written is checked against the fence in any case.
 */
import type { Leases } from '../core/acd-ports.js';
import type { Log } from '../core/ports.js';
import type { Timers } from './timers.js';

export interface OwnershipOptions {
  readonly name: string;
  /** who we are; see owner-name.ts */
  readonly owner: string;
  readonly ttlMs: number;
  readonly renewEveryMs: number;
  /**
   * The same while the database is away. Shorter than a standby's pause, so that the owner renews a lease that ran out
   * meanwhile before a standby takes it: a change of owner that nobody needs.
   */
  readonly renewAwayEveryMs: number;
  /** so long before its end the lease is not sure any more */
  readonly marginMs: number;
}

export const ownershipDefaults = { ttlMs: 10_000, renewEveryMs: 3_000, renewAwayEveryMs: 500, marginMs: 2_000 };

export interface OwnershipDeps {
  readonly leases: Leases;
  readonly timers: Timers;
  /** monotonic: a clock that is set must not make us lose or keep the queues */
  readonly monoMs: () => number;
  readonly isDead: (owner: string) => boolean;
  /** another has it; not called after `release` */
  readonly onLost: () => void;
  readonly log: Log;
}

export interface Ownership {
  /** The fence, or who has the lease. Rejects TDM_STORE_DOWN. Renews it from now on. */
  acquire(): Promise<{ readonly fence: number } | { readonly holder: string }>;
  /** It is surely ours now. */
  isSure(): boolean;
  /** Gives it to whoever wants it; never rejects. */
  release(): Promise<void>;
}

export function createOwnership(options: OwnershipOptions, deps: OwnershipDeps): Ownership {
  const { name, owner, ttlMs, renewEveryMs, renewAwayEveryMs, marginMs } = options;
  const { leases, timers, monoMs, log } = deps;
  let held: { readonly fence: number } | undefined;
  let sureUntilMs = -Infinity;
  /** the last renewal failed because the database is away */
  let isStoreAway = false;
  let cancel = (): void => undefined;

  async function take(): Promise<number | undefined> {
    const fence = await leases.acquire(name, owner, ttlMs);
    if (fence !== undefined) return fence;
    const holder = await leases.holder(name);
    if (holder === undefined || !deps.isDead(holder)) return undefined;
    log.info({ lease: name, holder }, 'the owner of the queues is dead: its lease is taken before its end');
    return leases.acquire(name, owner, ttlMs, holder);
  }

  function renewLater(): void {
    cancel = timers.after(isStoreAway ? renewAwayEveryMs : renewEveryMs, () => void renew());
  }

  async function renew(): Promise<void> {
    const mine = held;
    if (!mine) return;
    const beganMs = monoMs();
    try {
      const isOurs = await leases.renew(name, owner, mine.fence, ttlMs);
      if (held !== mine) return;
      isStoreAway = false;
      if (!isOurs) {
        held = undefined;
        deps.onLost();
        return;
      }
      sureUntilMs = beganMs + ttlMs - marginMs;
    } catch (error) {
      if (!isStoreAway) log.warn({ error, lease: name }, 'the lease of the queues could not be renewed: this process goes on');
      isStoreAway = true;
    }
    if (held === mine) renewLater();
  }

  return {
    async acquire() {
      const beganMs = monoMs();
      const fence = await take();
      if (fence === undefined) return { holder: (await leases.holder(name)) ?? 'nobody' };
      held = { fence };
      isStoreAway = false;
      sureUntilMs = beganMs + ttlMs - marginMs;
      renewLater();
      return held;
    },
    isSure: () => held !== undefined && (isStoreAway || monoMs() < sureUntilMs),
    async release() {
      const mine = held;
      held = undefined;
      cancel();
      if (!mine) return;
      await leases.release(name, owner, mine.fence).catch((error: unknown) => {
        log.info({ error, lease: name }, 'the lease of the queues could not be given back: it ends by itself');
      });
    },
  };
}
