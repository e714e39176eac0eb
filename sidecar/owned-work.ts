/**
 * Work that one process of several does (scale-out 7): takes the lease, opens the work under its fence, and when another
 * process has taken over, or the database is away at the start, tries again every second. Never gives up, never rejects.
 */
import type { Leases } from '../core/acd-ports.js';
import { TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import { createOwnership, ownershipDefaults } from './acd-ownership.js';
import type { OwnershipOptions } from './acd-ownership.js';
import { isDeadOwner, ownerName } from './owner-name.js';
import type { Timers } from './timers.js';

export interface OwnedWorkDeps {
  readonly leases: Leases;
  readonly timers: Timers;
  /** monotonic ms */
  readonly monoMs: () => number;
  readonly log: Log;
  readonly meter: Meter;
}

export interface OwnedWorkOptions<Work> {
  readonly lease: string;
  /** gauge that is 1 while the work is ours */
  readonly gauge: string;
  /** `the queues`: what the lines of the log are about */
  readonly what: string;
  /** Rejects TDM_STORE_DOWN, TDM_STANDBY; then nothing of it runs. `lose` when another owner is met later. */
  readonly open: (fence: number, lose: (why: string) => void) => Promise<Work>;
  /** The lease is gone, or `stop` was called (TDM_STOPPING); never rejects. */
  readonly close: (work: Work, reason: TandemError) => Promise<void>;
  /** The work is running and ours. */
  readonly onOwned?: (fence: number) => void;
  /** A try ended without it; `error` when it failed. */
  readonly onStandby?: (error: unknown) => Promise<void>;
  /** for tests */
  readonly ownership?: Partial<OwnershipOptions> | undefined;
}

export interface OwnedWork<Work> {
  current(): Work | undefined;
  /** It is surely ours now. */
  isSure(): boolean;
  /** why there is no work */
  why(): string;
  /** The same as an error: TDM_STANDBY with the reason, or TDM_STOPPING. */
  refusal(): TandemError;
  /** Resolves after the first try, however it ended. */
  start(): Promise<void>;
  /** The work is closed and the lease free. */
  stop(): Promise<void>;
}

/** A standby asks this often whether nobody owns the work. */
export const standbyEveryMs = 1_000;

export function createOwnedWork<Work>(options: OwnedWorkOptions<Work>, deps: OwnedWorkDeps): OwnedWork<Work> {
  return new Owned(options, deps);
}

class Owned<Work> implements OwnedWork<Work> {
  readonly #options: OwnedWorkOptions<Work>;
  readonly #deps: OwnedWorkDeps;
  readonly #ownership: ReturnType<typeof createOwnership>;
  #work: Work | undefined;
  #why = 'not started';
  #stopping: TandemError | undefined;
  /** why the lease went while the work was still being opened */
  #lostEarly: string | undefined;
  #trying: Promise<void> = Promise.resolve();
  /** the work that is being closed */
  #ending: Promise<void> = Promise.resolve();
  #cancelTry: () => void = () => undefined;

  constructor(options: OwnedWorkOptions<Work>, deps: OwnedWorkDeps) {
    this.#options = options;
    this.#deps = deps;
    const { leases, timers, monoMs, log, meter } = deps;
    this.#ownership = createOwnership(
      { ...ownershipDefaults, name: options.lease, owner: ownerName(), ...options.ownership },
      { leases, timers, monoMs, log, isDead: isDeadOwner, onLost: () => void this.#lose('the lease was lost') },
    );
    meter.set(options.gauge, 0);
  }

  current(): Work | undefined {
    return this.#work;
  }

  isSure(): boolean {
    return this.#work !== undefined && this.#ownership.isSure();
  }

  why(): string {
    return this.#why;
  }

  refusal(): TandemError {
    return this.#stopping ?? new TandemError('TDM_STANDBY', [this.#why]);
  }

  start(): Promise<void> {
    return this.#try();
  }

  async stop(): Promise<void> {
    this.#stopping = new TandemError('TDM_STOPPING');
    this.#cancelTry();
    await this.#trying;
    await this.#end(this.#stopping);
    await this.#ownership.release();
  }

  #try(): Promise<void> {
    if (this.#stopping) return Promise.resolve();
    this.#lostEarly = undefined;
    this.#trying = this.#own().catch((error: unknown) => this.#failed(error));
    return this.#trying;
  }

  async #own(): Promise<void> {
    const { what, gauge, open, onOwned } = this.#options;
    const taken = await this.#ownership.acquire();
    if (!('fence' in taken)) {
      this.#wait(`${what} belong to ${taken.holder}`);
      await this.#options.onStandby?.(undefined);
      return;
    }
    this.#work = await open(taken.fence, (why) => void this.#lose(why));
    if (this.#stopping) return; // `stop` ends it
    if (this.#lostEarly !== undefined) {
      await this.#lose(this.#lostEarly);
      return;
    }
    this.#deps.log.info({ fence: taken.fence }, `this process owns ${what}`);
    this.#deps.meter.set(gauge, 1);
    onOwned?.(taken.fence);
  }

  async #failed(error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#why !== reason) this.#deps.log.error({ error }, `${this.#options.what} could not be taken; it is tried again`);
    // it may run already, and must not go on beside the next one
    await this.#end(new TandemError('TDM_STANDBY', [reason]));
    await this.#options.onStandby?.(error);
    await this.#ownership.release();
    this.#wait(reason);
  }

  #wait(why: string): void {
    if (this.#why !== why) this.#deps.log.info({ reason: why }, `this process does not own ${this.#options.what}`);
    this.#why = why;
    if (!this.#stopping) this.#cancelTry = this.#deps.timers.after(standbyEveryMs, () => void this.#try());
  }

  async #lose(why: string): Promise<void> {
    if (this.#work === undefined) this.#lostEarly = why;
    if (this.#work === undefined || this.#stopping) return;
    await this.#end(new TandemError('TDM_STANDBY', [why]));
    await this.#ownership.release();
    this.#wait(why);
  }

  async #end(reason: TandemError): Promise<void> {
    const work = this.#work;
    this.#work = undefined;
    this.#deps.meter.set(this.#options.gauge, 0);
    if (work !== undefined) this.#ending = this.#close(work, reason);
    await this.#ending; // also what another began to end
  }

  async #close(work: Work, reason: TandemError): Promise<void> {
    try {
      await this.#options.close(work, reason);
    } catch (error) {
      // whoever listens may throw; the lease must be given back all the same, and the next try made
      this.#deps.log.error({ error }, `${this.#options.what} were not closed in order`);
    }
  }
}
