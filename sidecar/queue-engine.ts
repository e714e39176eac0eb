/**
 * The queue engine of this process: takes the lease, reads what is stored, runs the loop, and when another process has
 * taken over waits as its standby. To doors, switches and the API it is one `QueueEngine` all the time.
 */
import { randomInt } from 'node:crypto';
import { createAcdEngine } from '../core/acd/create-engine.js';
import type { AcdEngine, EngineStart } from '../core/acd/engine.js';
import type { SwitchId } from '../core/acd/ids.js';
import type { AcdConfigs, FencedAcdStore, Leases, QueueEngine, StoredAcd } from '../core/acd-ports.js';
import type { TandemError } from '../core/errors.js';
import type { NewsDesk } from '../core/feed-news.js';
import type { Log, Meter } from '../core/ports.js';
import { createAcdBoard } from '../core/services/acd-board.js';
import { createAcdLoop } from '../core/services/acd-loop.js';
import type { AcdLoop } from '../core/services/acd-loop.js';
import { acdReconcileDefaults, createAcdReconcile } from '../core/services/acd-reconcile.js';
import type { ChatPort, SwitchPort } from '../core/switch.js';
import type { OwnershipOptions } from './acd-ownership.js';
import { createAcdSpool } from './acd-spool.js';
import { acdSpoolDefaults } from './acd-spool-options.js';
import type { CheckResult } from './health.js';
import { createOwnedWork } from './owned-work.js';
import type { OwnedWork } from './owned-work.js';
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
  readonly onOwned?: (fence: number) => void;
  /** and are no longer */
  readonly onLost?: () => void;
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
  readonly desk: NewsDesk;
  /** Resolves after the first try to own the queues, however it ended; further tries follow by themselves. */
  start(): Promise<void>;
  /** A link came up: what lives there is compared now. */
  reconcile(id: SwitchId): void;
  check(): CheckResult;
  /** Everything is stored, waiting callers' dialplans go on, the lease is free. */
  stop(): Promise<void>;
}

/** The lease of all queues; the store checks the same. */
const leaseName = 'acd';

export function openQueueEngine(deps: QueueEngineDeps, options: QueueEngineOptions): RunningQueueEngine {
  return new Owner(deps, options);
}

class Owner implements RunningQueueEngine {
  readonly engine: QueueEngine;
  readonly desk: NewsDesk = { note: (news) => this.#owned.current()?.note(news) ?? false };
  readonly #deps: QueueEngineDeps;
  readonly #spool: ReturnType<typeof createAcdSpool>;
  readonly #owned: OwnedWork<AcdLoop>;
  readonly #reconcile: ReturnType<typeof createAcdReconcile>;
  readonly #board: ReturnType<typeof createAcdBoard>;

  constructor(deps: QueueEngineDeps, options: QueueEngineOptions) {
    const { store, timers, log, meter } = deps;
    this.#deps = deps;
    this.#board = createAcdBoard({ log });
    this.#spool = createAcdSpool(
      { ...acdSpoolDefaults, file: options.spoolFile, bytesMax: options.spoolBytesMax },
      { store: store.acd, timers, log, meter },
    );
    this.#owned = createOwnedWork<AcdLoop>(
      {
        lease: leaseName,
        gauge: 'tandem_acd_owner',
        what: 'the queues',
        open: (fence, lose) => this.#open(fence, lose),
        close: (loop, reason) => this.#close(loop, reason),
        onOwned: (fence) => {
          this.#reconcile.start();
          deps.onOwned?.(fence);
        },
        ownership: options.ownership,
      },
      { ...deps, leases: store.leases },
    );
    this.engine = this.#face();
    this.#reconcile = createAcdReconcile(
      { switches: deps.switches, feed: (event) => this.engine.tell(event), after: (ms, run) => timers.after(ms, run), log, meter },
      { ...acdReconcileDefaults, everyMs: options.reconcileEveryMs },
    );
  }

  start(): Promise<void> {
    return this.#owned.start();
  }

  reconcile(id: SwitchId): void {
    this.#reconcile.cameUp(id);
  }

  check(): CheckResult {
    const name = 'queue-engine';
    if (!this.#owned.current()) return { name, state: 'degraded', reason: `standby: ${this.#owned.why()}` };
    const isAway = this.#spool.isStoreAway();
    return { name, state: isAway ? 'degraded' : 'up', reason: isAway ? 'the database is away: state goes to the spool' : '' };
  }

  async stop(): Promise<void> {
    await this.#owned.stop();
    await this.#spool.close();
  }

  /** The spool first: it is newer than the database. */
  async #open(fence: number, lose: (why: string) => void): Promise<AcdLoop> {
    const { configs, timers, createEngine = createAcdEngine } = this.#deps;
    await this.#spool.recover(fence);
    const stored = await this.#spool.load();
    const config = await configs.load();
    const nowMs = timers.nowMs();
    // the fence differs at each start, so no id comes twice
    const engine = createEngine({ config, stored, instance: fence.toString(36), seed: randomInt(2 ** 32), nowMs });
    const loop = createAcdLoop({
      ...this.#deps,
      engine,
      lastSeq: stored.lastSeq,
      save: (batch) => this.#spool.save(batch, fence),
      board: this.#board,
      askChannels: (id) => this.#reconcile.cameUp(id),
      onFenced: () => lose('another owner has taken over'),
      nowMs: () => timers.nowMs(),
      after: (delayMs, run) => timers.after(delayMs, run),
    });
    this.#tellSwitches(loop, stored.members);
    return loop;
  }

  /** Also of switches that are not in the settings any more: who waits there can be offered to nobody. */
  #tellSwitches(loop: AcdLoop, members: StoredAcd['members']): void {
    const { switches } = this.#deps;
    for (const port of switches.values()) loop.tell({ type: 'switch-changed', switch: port.id, isUp: port.isUp() });
    const homes = new Set(members.flatMap(({ call, homeSwitch }) => [call?.switch, homeSwitch]));
    for (const id of homes) if (id && !switches.has(id)) loop.tell({ type: 'switch-changed', switch: id, isUp: false });
  }

  async #close(loop: AcdLoop, reason: TandemError): Promise<void> {
    this.#reconcile.stop();
    try {
      this.#deps.onLost?.();
    } catch (error) {
      this.#deps.log.error({ error }, 'whoever was to hear that the queues are lost has failed');
    }
    await loop.close(reason);
    // before the lease is free: whoever takes it reads the spool
    if (reason.code === 'TDM_STOPPING') await this.#spool.close();
  }

  #face(): QueueEngine {
    const owned = this.#owned;
    return {
      tell: (event) => owned.current()?.tell(event),
      ask: (event) => owned.current()?.ask(event) ?? Promise.reject(owned.refusal()),
      view: () => {
        const loop = owned.current();
        if (!loop) throw owned.refusal();
        return loop.view();
      },
      attach: (member, session) => {
        const current = owned.current();
        if (current) return current.attach(member, session);
        const { code: detail } = owned.refusal();
        const order = { member, queue: '' as never, detail, agent: undefined, to: undefined, hangUp: false, waitedMs: 0 };
        session.exit({ ...order, reason: 'error' });
        return () => undefined;
      },
      orderOf: (offer) => owned.current()?.orderOf(offer),
      onNotice: (listener) => this.#board.onNotice(listener),
      decisions: () => this.#board.decisions(),
      isOwner: () => owned.isSure() && owned.current()?.isOwner() === true,
    };
  }
}
