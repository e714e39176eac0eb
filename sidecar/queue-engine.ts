/**
 * The queue engine of this process: takes the lease, reads what is stored, runs the loop, and when another process has
 * taken over waits as its standby. To doors, switches and the API it is one `QueueEngine` all the time.
 */
import { randomInt } from 'node:crypto';
import { createAcdEngine } from '../core/acd/create-engine.js';
import type { AcdEngine, EngineStart } from '../core/acd/engine.js';
import type { SwitchId } from '../core/acd/ids.js';
import type { AcdConfigs, FencedAcdStore, Leases, QueueEngine, StoredAcd } from '../core/acd-ports.js';
import { TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import { createAcdBoard } from '../core/services/acd-board.js';
import { createAcdLoop } from '../core/services/acd-loop.js';
import type { AcdLoop } from '../core/services/acd-loop.js';
import { acdReconcileDefaults, createAcdReconcile } from '../core/services/acd-reconcile.js';
import type { ChatPort, SwitchPort } from '../core/switch.js';
import { createOwnership, ownershipDefaults } from './acd-ownership.js';
import type { OwnershipOptions } from './acd-ownership.js';
import { createAcdSpool } from './acd-spool.js';
import { acdSpoolDefaults } from './acd-spool-options.js';
import type { CheckResult } from './health.js';
import { isDeadOwner, ownerName } from './owner-name.js';
import type { Timers } from './timers.js';

export interface QueueEngineDeps {
  readonly store: { readonly acd: FencedAcdStore; readonly leases: Leases };
  readonly configs: AcdConfigs;
  /** may be filled after the opening, before the start */
  readonly switches: ReadonlyMap<SwitchId, SwitchPort>;
  readonly chat?: ChatPort | undefined;
  readonly timers: Timers;
  /** monotonic ms */
  readonly monoMs: () => number;
  readonly log: Log;
  readonly meter: Meter;
  /** the queues have become ours */
  readonly onOwned?: () => void;
  /** for tests */
  readonly createEngine?: (start: EngineStart) => AcdEngine;
}

export interface QueueEngineOptions {
  readonly spoolFile: string;
  readonly spoolBytesMax: number;
  readonly reconcileEveryMs: number;
  /** for tests */
  readonly ownership?: Partial<OwnershipOptions>;
}

export interface RunningQueueEngine {
  readonly engine: QueueEngine;
  /** Resolves after the first try to own the queues, however it ended; further tries follow by themselves. */
  start(): Promise<void>;
  /** A link came up: what lives there is compared now. */
  reconcile(id: SwitchId): void;
  check(): CheckResult;
  /** Everything is stored, waiting callers' dialplans go on, the lease is free. */
  stop(): Promise<void>;
}

/** A standby asks this often whether the queues have no owner. */
export const standbyEveryMs = 1_000;
/** The lease of all queues; the store checks the same. */
const leaseName = 'acd';

export function openQueueEngine(deps: QueueEngineDeps, options: QueueEngineOptions): RunningQueueEngine {
  return new Owner(deps, options);
}

class Owner implements RunningQueueEngine {
  readonly engine: QueueEngine;
  readonly #deps: QueueEngineDeps;
  readonly #spool: ReturnType<typeof createAcdSpool>;
  readonly #ownership: ReturnType<typeof createOwnership>;
  readonly #reconcile: ReturnType<typeof createAcdReconcile>;
  readonly #board: ReturnType<typeof createAcdBoard>;
  #loop: AcdLoop | undefined;
  /** why this process does not own the queues */
  #why = 'not started';
  #stopping: TandemError | undefined;
  /** why the lease went while the state was still being read */
  #lostEarly: string | undefined;
  #trying: Promise<void> | undefined;
  #cancelTry: () => void = () => undefined;

  constructor(deps: QueueEngineDeps, options: QueueEngineOptions) {
    const { store, timers, log, meter, monoMs } = deps;
    this.#deps = deps;
    this.#board = createAcdBoard({ log });
    this.#spool = createAcdSpool(
      { ...acdSpoolDefaults, file: options.spoolFile, bytesMax: options.spoolBytesMax },
      { store: store.acd, timers, log, meter },
    );
    this.#ownership = createOwnership(
      { ...ownershipDefaults, name: leaseName, owner: ownerName(), ...options.ownership },
      { leases: store.leases, timers, monoMs, log, isDead: isDeadOwner, onLost: () => void this.#lose('the lease was lost') },
    );
    this.engine = this.#face();
    this.#reconcile = createAcdReconcile(
      { switches: deps.switches, feed: (event) => this.engine.tell(event), after: (ms, run) => timers.after(ms, run), log, meter },
      { ...acdReconcileDefaults, everyMs: options.reconcileEveryMs },
    );
    meter.set('tandem_acd_owner', 0);
  }

  start(): Promise<void> {
    return this.#try();
  }

  reconcile(id: SwitchId): void {
    this.#reconcile.cameUp(id);
  }

  check(): CheckResult {
    const name = 'queue-engine';
    if (!this.#loop) return { name, state: 'degraded', reason: `standby: ${this.#why}` };
    const isAway = this.#spool.isStoreAway();
    return { name, state: isAway ? 'degraded' : 'up', reason: isAway ? 'the database is away: state goes to the spool' : '' };
  }

  async stop(): Promise<void> {
    this.#stopping = new TandemError('TDM_STOPPING');
    this.#cancelTry();
    await this.#trying;
    await this.#end(this.#stopping);
    await this.#spool.close();
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
      this.#wait(`the queues belong to ${taken.holder}`);
      return;
    }
    await this.#open(taken.fence);
    if (this.#stopping) return;
    if (this.#lostEarly !== undefined) {
      await this.#lose(this.#lostEarly);
      return;
    }
    this.#deps.log.info({ fence: taken.fence }, 'this process owns the queues');
    this.#deps.meter.set('tandem_acd_owner', 1);
    this.#deps.onOwned?.();
  }

  /** The spool first: it is newer than the database. */
  async #open(fence: number): Promise<void> {
    const { configs, timers, createEngine = createAcdEngine } = this.#deps;
    await this.#spool.recover(fence);
    const stored = await this.#spool.load();
    const config = await configs.load();
    const nowMs = timers.nowMs();
    // the fence differs at each start, so no id comes twice
    const engine = createEngine({ config, stored, instance: fence.toString(36), seed: randomInt(2 ** 32), nowMs });
    this.#loop = createAcdLoop({
      ...this.#deps,
      engine,
      lastSeq: stored.lastSeq,
      save: (batch) => this.#spool.save(batch, fence),
      board: this.#board,
      askChannels: (id) => this.#reconcile.cameUp(id),
      onFenced: () => void this.#lose('another owner has taken over'),
      nowMs: () => timers.nowMs(),
      after: (delayMs, run) => timers.after(delayMs, run),
    });
    this.#tellSwitches(this.#loop, stored.members);
    this.#reconcile.start();
  }

  /** Also of switches that are not in the settings any more: who waits there can be offered to nobody. */
  #tellSwitches(loop: AcdLoop, members: StoredAcd['members']): void {
    const { switches } = this.#deps;
    for (const port of switches.values()) loop.tell({ type: 'switch-changed', switch: port.id, isUp: port.isUp() });
    const homes = new Set(members.flatMap(({ call, homeSwitch }) => [call?.switch, homeSwitch]));
    for (const id of homes) if (id && !switches.has(id)) loop.tell({ type: 'switch-changed', switch: id, isUp: false });
  }

  async #failed(error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    const isNews = this.#why !== reason;
    if (isNews) this.#deps.log.error({ error }, 'the queue engine could not be started; it is tried again');
    await this.#ownership.release();
    this.#wait(reason);
  }

  #wait(why: string): void {
    if (this.#why !== why) this.#deps.log.info({ reason: why }, 'this process does not own the queues');
    this.#why = why;
    if (!this.#stopping) this.#cancelTry = this.#deps.timers.after(standbyEveryMs, () => void this.#try());
  }

  async #lose(why: string): Promise<void> {
    if (!this.#loop) this.#lostEarly = why;
    if (!this.#loop || this.#stopping) return;
    await this.#end(new TandemError('TDM_STANDBY', [why]));
    await this.#ownership.release();
    this.#wait(why);
  }

  async #end(reason: TandemError): Promise<void> {
    const loop = this.#loop;
    this.#loop = undefined;
    this.#reconcile.stop();
    this.#deps.meter.set('tandem_acd_owner', 0);
    await loop?.close(reason);
  }

  #face(): QueueEngine {
    const refusal = (): TandemError => this.#stopping ?? new TandemError('TDM_STANDBY', [this.#why]);
    return {
      tell: (event) => this.#loop?.tell(event),
      ask: (event) => (this.#loop ? this.#loop.ask(event) : Promise.reject(refusal())),
      view: () => {
        if (!this.#loop) throw refusal();
        return this.#loop.view();
      },
      attach: (member, session) => {
        if (this.#loop) return this.#loop.attach(member, session);
        const { code: detail } = refusal();
        const order = { member, queue: '' as never, detail, agent: undefined, to: undefined, hangUp: false, waitedMs: 0 };
        session.exit({ ...order, reason: 'error' });
        return () => undefined;
      },
      orderOf: (offer) => this.#loop?.orderOf(offer),
      onNotice: (listener) => this.#board.onNotice(listener),
      decisions: () => this.#board.decisions(),
      isOwner: () => this.#loop !== undefined && this.#loop.isOwner() && this.#ownership.isSure(),
    };
  }
}
