/**
 * The queue engine's store while the database is away (design 5). A save that the database does not take in time goes to
 * a file, and so does every one after it, until the file has been replayed in order and emptied; then the database is
 * written to again. Nobody who saves waits longer than `saveMsMax` and one sync of the disk. When the file is full, or
 * its disk fails, the newest state is kept in memory, which is told and counted: then a sudden death of the process loses it.
 */
import type { AcdBatch, AcdStore, FencedAcdStore } from '../core/acd-ports.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import { countBatch } from './acd-batches.js';
import { openSpoolFile } from './acd-spool-file.js';
import type { SpoolFile } from './acd-spool-file.js';
import { encodeLine } from './acd-spool-line.js';
import type { AcdSpoolOptions } from './acd-spool-options.js';
import { createSpoolOverflow } from './acd-spool-overflow.js';
import type { SpoolOverflow } from './acd-spool-overflow.js';
import { adopt, readBatches, replayRowsMax, storeReplayed } from './acd-spool-replay.js';
import type { Timers } from './timers.js';

export interface AcdSpoolDeps {
  readonly store: FencedAcdStore;
  readonly timers: Timers;
  readonly log: Log;
  readonly meter: Meter;
}

export interface AcdSpool extends AcdStore {
  /** Batches go to the file now. */
  isStoreAway(): boolean;
  /** What a former life left in the file goes to the database, under our lease, before anything is loaded. Rejects TDM_STORE_DOWN, TDM_STANDBY. */
  recover(fence: number): Promise<void>;
  /** What the database does not take now stays in the file for the next start. */
  close(): Promise<void>;
}

export function createAcdSpool(options: AcdSpoolOptions, deps: AcdSpoolDeps): AcdSpool {
  return new Spool(options, deps);
}

class Spool implements AcdSpool {
  readonly #options: AcdSpoolOptions;
  readonly #deps: AcdSpoolDeps;
  #file: SpoolFile | undefined;
  #isAway = false;
  /** another owner has written: nothing of ours counts any more */
  #fenced: TandemError | undefined;
  /** a save that took too long and may still take effect; nothing is written to the database beside it */
  #inFlight: Promise<unknown> | undefined;
  /** newest state for which the file had no room, later than everything in the file */
  readonly #overflow: SpoolOverflow;
  #overflowTold = false;
  #fence = 0;
  #replayedTo = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #cancelRetry: (() => void) | undefined;
  #retrying: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: AcdSpoolOptions, deps: AcdSpoolDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#overflow = createSpoolOverflow(options);
  }

  isStoreAway(): boolean {
    return this.#isAway;
  }

  load(): ReturnType<AcdStore['load']> {
    return this.#deps.store.load();
  }

  segments(query: Parameters<AcdStore['segments']>[0]): ReturnType<AcdStore['segments']> {
    return this.#deps.store.segments(query);
  }

  async save(batch: AcdBatch, fence: number): Promise<void> {
    this.#fence = fence;
    for (;;) {
      if (this.#fenced) throw this.#fenced;
      if (!this.#isAway && (await this.#direct(batch, fence))) return;
      if (await this.#alone(() => this.#keep(batch, fence))) return;
    }
  }

  async recover(fence: number): Promise<void> {
    await this.#quiet();
    this.#fenced = undefined;
    this.#overflow.clear(); // of a lease that is over
    this.#fence = fence;
    await this.#alone(async () => {
      const file = await this.#openIfPossible();
      if (file && file.size() > 0) {
        this.#deps.log.info({ bytes: file.size() }, 'the spool of the queue engine is being stored');
        await adopt(file, fence, await this.#deps.store.savedFence(), this.#deps);
        for await (const { batch } of readBatches(file, 0, fence, this.#deps)) await this.#store(batch);
      }
      await this.#back(file);
    });
  }

  async close(): Promise<void> {
    if (this.#isAway && !this.#fenced) await this.#lastTry();
    this.#isClosed = true;
    await this.#quiet();
    await this.#alone(async () => {
      if (this.#overflow.rows() > 0)
        this.#deps.log.error({ rows: this.#overflow.rows() }, 'state of the queue engine is lost: database away, spool full');
      await this.#file?.close();
      this.#file = undefined;
    });
  }

  /** True when the database has it; false when it is to go to the file. Rejects what is no matter of a database that is away. */
  async #direct(batch: AcdBatch, fence: number): Promise<boolean> {
    const saving = this.#deps.store.save(batch, fence);
    const { saveMsMax } = this.#options;
    let cancel = (): void => undefined;
    const late = new Promise<'late'>((resolve) => {
      cancel = this.#deps.timers.after(saveMsMax, () => resolve('late'));
    });
    try {
      if ((await Promise.race([saving, late])) !== 'late') return true;
      this.#inFlight = saving.then(done, done);
      this.#goAway(`no answer within ${String(saveMsMax)} ms`);
    } catch (e) {
      if (!hasCode(e, 'TDM_STORE_DOWN')) throw e;
      this.#goAway(e.message);
    } finally {
      cancel();
    }
    return false;
  }

  #goAway(reason: string): void {
    if (this.#isAway) return;
    this.#isAway = true;
    this.#deps.meter.set('tandem_acd_store_away', 1);
    this.#deps.log.warn({ reason, file: this.#options.file }, 'the database is away: the queue engine goes on and writes to its spool');
    this.#retryLater();
  }

  /** False when the database is back meanwhile. */
  async #keep(batch: AcdBatch, fence: number): Promise<boolean> {
    if (!this.#isAway) return false;
    if (countBatch(batch) === 0) return true;
    if (this.#overflow.rows() > 0) return this.#overflowWith(batch, 'full');
    const line = encodeLine({ kind: 'batch', fence, batch });
    try {
      const file = await this.#open();
      if (file.size() + Buffer.byteLength(line) > this.#options.bytesMax) return this.#overflowWith(batch, 'full');
      await file.append(line);
      this.#deps.meter.count('tandem_acd_spooled_batches_total');
      this.#deps.meter.set('tandem_acd_spool_bytes', file.size());
      return true;
    } catch (error) {
      return this.#overflowWith(batch, 'failed', error);
    }
  }

  #overflowWith(batch: AcdBatch, why: 'full' | 'failed', error?: unknown): true {
    const { log, meter } = this.#deps;
    const lost = this.#overflow.add(batch);
    meter.count('tandem_acd_undurable_batches_total', { why });
    if (lost > 0) meter.count('tandem_acd_spool_lost_total', { what: 'segment' }, lost);
    if (!this.#overflowTold)
      log.error({ why, error, file: this.#options.file }, 'the spool takes no more: the queue engine goes on in memory only');
    this.#overflowTold = true;
    return true;
  }

  #retryLater(): void {
    if (this.#isClosed) return;
    this.#cancelRetry = this.#deps.timers.after(this.#options.retryEveryMs, () => {
      this.#retrying = this.#retry();
    });
  }

  async #retry(): Promise<void> {
    await this.#inFlight; // it may still take effect: what comes later must not overtake it
    this.#inFlight = undefined;
    try {
      await this.#replay();
    } catch (error) {
      if (hasCode(error, 'TDM_STANDBY')) {
        this.#fenced = error;
        return;
      }
      this.#deps.log.debug({ error }, 'the database does not take the spool yet');
      this.#retryLater();
    }
  }

  /** A database that was only slow takes the rest now: the next owner may be on another machine, without this file. */
  async #lastTry(): Promise<void> {
    await this.#quiet();
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.#deps.timers.after(this.#options.closeMsMax, resolve);
    });
    this.#retrying = this.#retry();
    await Promise.race([this.#retrying, late]);
    cancel();
  }

  async #quiet(): Promise<void> {
    this.#cancelRetry?.();
    await this.#retrying;
    this.#cancelRetry?.(); // it may have set itself another time
  }

  #isOver(): boolean {
    return this.#isClosed;
  }

  #store(batch: AcdBatch): Promise<void> {
    return storeReplayed(batch, (part) => this.#deps.store.save(part, this.#fence), this.#deps);
  }

  /** File, then memory; new batches may come meanwhile. The turn is held only where nothing may come between. */
  async #replay(): Promise<void> {
    while (!this.#isOver()) {
      const file = await this.#alone(() => this.#openIfPossible());
      for await (const { batch, next } of file ? readBatches(file, this.#replayedTo, this.#fence, this.#deps) : []) {
        await this.#store(batch);
        if (this.#isOver()) return;
        this.#replayedTo = next;
      }
      if (!this.#hasMore(file)) await this.#drain();
      if (await this.#alone(() => this.#finish(file))) return;
    }
  }

  #hasMore(file: SpoolFile | undefined): boolean {
    return file !== undefined && file.size() > this.#replayedTo;
  }

  /** All but the last part: while there is any, what comes new joins it, so nothing overtakes it. */
  async #drain(): Promise<void> {
    while (this.#overflow.rows() > replayRowsMax && !this.#isOver()) await this.#storeOverflow();
  }

  async #storeOverflow(): Promise<void> {
    const part = this.#overflow.take(replayRowsMax);
    try {
      await this.#store(part);
    } catch (error) {
      this.#overflow.putBack(part);
      throw error;
    }
  }

  /** True when everything is stored and the database is written to again. */
  async #finish(file: SpoolFile | undefined): Promise<boolean> {
    if (this.#isClosed) return true;
    if (this.#hasMore(file) || this.#overflow.rows() > replayRowsMax) return false;
    if (this.#overflow.rows() > 0) await this.#storeOverflow();
    await this.#back(file);
    this.#deps.log.info({}, 'the database is back: the spool of the queue engine is stored');
    return true;
  }

  /** The file is emptied before the first direct save, so that it never holds what is older than the database. */
  async #back(file: SpoolFile | undefined): Promise<void> {
    if (file && file.size() > 0) await file.clear();
    this.#replayedTo = 0;
    this.#isAway = false;
    this.#overflowTold = false;
    this.#deps.meter.set('tandem_acd_spool_bytes', 0);
    this.#deps.meter.set('tandem_acd_store_away', 0);
  }

  async #open(): Promise<SpoolFile> {
    if (this.#file) return this.#file;
    const { file, tornBytes } = await openSpoolFile(this.#options.file);
    if (tornBytes > 0) this.#deps.log.warn({ bytes: tornBytes }, 'the last line of the spool was not finished and is left out');
    this.#file = file;
    return file;
  }

  /** A disk that fails must not keep callers from the database. */
  async #openIfPossible(): Promise<SpoolFile | undefined> {
    try {
      return await this.#open();
    } catch (error) {
      this.#deps.log.error({ error, file: this.#options.file }, 'the spool of the queue engine cannot be opened');
      return undefined;
    }
  }

  /** One after the other. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.then(done, done);
    return result;
  }
}

const done = (): void => undefined;
