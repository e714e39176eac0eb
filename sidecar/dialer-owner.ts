/**
 * Who dials (dialer.md B11, second instance): takes the lease, opens the session, and when another process has taken
 * over, or the database is away at the start, tries again every second. Until then this process serves the API alone.
 */
import type { Leases } from '../core/acd-ports.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import type { DialerSession } from '../core/services/dialer-session.js';
import type { DialerStore } from '../core/dialer-ports.js';
import { createOwnership, ownershipDefaults } from './acd-ownership.js';
import type { Ownership, OwnershipOptions } from './acd-ownership.js';
import type { CheckResult } from './health.js';
import { isDeadOwner, ownerName } from './owner-name.js';
import type { Timers } from './timers.js';

export interface DialerOwnerDeps {
  readonly leases: Leases;
  readonly store: Pick<DialerStore, 'activeCounts'>;
  /** Rejects TDM_STORE_DOWN, TDM_STANDBY; then nothing of it runs. */
  readonly open: (fence: number, onFenced: (reason: TandemError) => void) => Promise<DialerSession>;
  readonly timers: Timers;
  readonly monoMs: () => number;
  readonly log: Log;
  readonly meter: Meter;
}

export interface DialerOwner {
  session(): DialerSession | undefined;
  /** why there is no session */
  why(): TandemError;
  /** of the table, as last asked by a process that does not dial */
  standby(): { readonly isStoreUp: boolean; readonly dialed: number; readonly agentPending: number };
  /** Resolves after the first try, however it ended. */
  start(): Promise<void>;
  check(): CheckResult;
  stop(): Promise<void>;
}

/** A process that does not dial asks this often whether nobody does. */
export const standbyEveryMs = 1_000;
const leaseName = 'dialer';

export function createDialerOwner(deps: DialerOwnerDeps, options: Partial<OwnershipOptions> = {}): DialerOwner {
  return new Owner(deps, options);
}

class Owner implements DialerOwner {
  readonly #deps: DialerOwnerDeps;
  readonly #ownership: Ownership;
  #session: DialerSession | undefined;
  #why = 'the dialer was not started yet';
  #standby = { isStoreUp: true, dialed: 0, agentPending: 0 };
  #stopping: TandemError | undefined;
  /** why the lease went while the session was still being opened */
  #lostEarly: string | undefined;
  #trying: Promise<void> = Promise.resolve();
  #cancelTry: () => void = () => undefined;

  constructor(deps: DialerOwnerDeps, options: Partial<OwnershipOptions>) {
    this.#deps = deps;
    const { leases, timers, monoMs, log } = deps;
    this.#ownership = createOwnership(
      { ...ownershipDefaults, name: leaseName, owner: ownerName(), ...options },
      { leases, timers, monoMs, log, isDead: isDeadOwner, onLost: () => void this.#lose('the lease was lost') },
    );
    deps.meter.set('tandem_dialer_owner', 0);
  }

  session(): DialerSession | undefined {
    return this.#session;
  }

  why(): TandemError {
    return this.#stopping ?? new TandemError('TDM_STANDBY', [this.#why]);
  }

  standby(): { readonly isStoreUp: boolean; readonly dialed: number; readonly agentPending: number } {
    return this.#standby;
  }

  start(): Promise<void> {
    return this.#try();
  }

  check(): CheckResult {
    const name = 'dialer';
    if (!this.#session) return { name, state: 'degraded', reason: `standby: ${this.#why}` };
    const reason = this.#session.whyNot();
    return {
      name,
      state: reason === undefined ? 'up' : 'degraded',
      reason: reason === undefined ? '' : `nothing new is dialled: ${reason}`,
    };
  }

  async stop(): Promise<void> {
    this.#stopping = new TandemError('TDM_STOPPING');
    this.#cancelTry();
    await this.#trying;
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
    await this.#ownership.release();
  }

  /** Never rejects. */
  #try(): Promise<void> {
    if (this.#stopping) return Promise.resolve();
    this.#lostEarly = undefined;
    this.#trying = this.#own().catch((error: unknown) => this.#failed(error));
    return this.#trying;
  }

  async #own(): Promise<void> {
    const taken = await this.#ownership.acquire();
    if (!('fence' in taken)) {
      this.#wait(`campaigns are dialled by ${taken.holder}`);
      await this.#look();
      return;
    }
    const session = await this.#deps.open(taken.fence, (reason) => void this.#lose(reason.message));
    this.#session = session;
    if (this.#stopping) return; // stop closes it
    if (this.#lostEarly !== undefined) {
      await this.#lose(this.#lostEarly);
      return;
    }
    this.#deps.log.info({ fence: taken.fence }, 'this process dials');
    this.#deps.meter.set('tandem_dialer_owner', 1);
  }

  /** for the status of a process that does not dial */
  async #look(): Promise<void> {
    this.#standby = await this.#deps.store.activeCounts().then(
      (counts) => ({ isStoreUp: true, ...counts }),
      () => ({ ...this.#standby, isStoreUp: false }),
    );
  }

  async #failed(error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#why !== reason) this.#deps.log.error({ error }, 'the dialer could not be started; it is tried again');
    this.#standby = { ...this.#standby, isStoreUp: !hasCode(error, 'TDM_STORE_DOWN') };
    await this.#ownership.release();
    this.#wait(reason);
  }

  #wait(why: string): void {
    if (this.#why !== why) this.#deps.log.info({ reason: why }, 'this process does not dial');
    this.#why = why;
    if (!this.#stopping) this.#cancelTry = this.#deps.timers.after(standbyEveryMs, () => void this.#try());
  }

  async #lose(why: string): Promise<void> {
    const session = this.#session;
    if (!session) this.#lostEarly = why;
    if (!session || this.#stopping) return;
    this.#session = undefined;
    this.#deps.meter.set('tandem_dialer_owner', 0);
    session.drop(new TandemError('TDM_STANDBY', [why]));
    await this.#ownership.release();
    this.#wait(why);
  }
}
