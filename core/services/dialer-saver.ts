/**
 * Stores what the dialer has changed (dialer.md B11). Calls go on without a database: what it does not take goes to a
 * journal, and so does everything after it, until the journal has been replayed; then the database is written to again.
 * When the journal fails too, changes wait in memory, and nothing new is dialled.
 */
import type { DialerChange } from '../dialer/engine-words.js';
import { hasCode } from '../errors.js';
import type { TandemError } from '../errors.js';
import type { Log, Meter } from '../ports.js';
import type { After } from './deadline.js';

/** A file that outlives the process. */
export interface ChangeJournal {
  /** bytes; rejects when it cannot be opened */
  size(): Promise<number>;
  /** Written and synced when it resolves; when it rejects nothing of it is there. */
  append(changes: readonly DialerChange[], fence: number): Promise<void>;
  /**
   * The next page in order, group by group; true: that was the last, and the file is empty. Made under a fence before the
   * last one: another has dialled since, and the groups come without their transitions. Rejects as `save` does; the
   * page comes again then.
   */
  replay(fence: number, save: (changes: readonly DialerChange[]) => Promise<unknown>): Promise<boolean>;
  /** Why nothing more could be written: full, disk. */
  problem(): Promise<string | undefined>;
}

export const dialerSaverLimits = {
  /** a save may take this long before its changes go to the journal */
  saveMsMax: 1_000,
  /** pause between tries to reach the database */
  retryEveryMs: 1_000,
  /** changes in one transaction */
  groupMax: 500,
  /** changes kept in memory when the journal fails; older ones are lost */
  keptMax: 50_000,
  /** at the stop the database is waited for so long; the journal keeps the rest */
  closeMsMax: 3_000,
  /** room on the disk is looked at so often */
  lookEveryMs: 10_000,
};

export interface DialerSaverDeps {
  readonly save: (changes: readonly DialerChange[], fence: number) => Promise<readonly boolean[]>;
  readonly journal: ChangeJournal;
  readonly fence: number;
  readonly after: After;
  readonly monoMs: () => number;
  /** the database takes changes again */
  readonly onBack: () => void;
  /** another dials now */
  readonly onFenced: (reason: TandemError) => void;
  readonly log: Log;
  readonly meter: Meter;
}

export interface DialerSaver {
  /** Stored, in the journal or kept when it resolves. Rejects TDM_STANDBY alone: then nothing of it may leave. */
  save(changes: readonly DialerChange[]): Promise<void>;
  /** What a former life left in the journal. Rejects TDM_STORE_DOWN, TDM_STANDBY. */
  recover(): Promise<void>;
  isStoreAway(): boolean;
  /** somebody else found the database away; nothing is dialled until it has been reached once more */
  storeFailed(reason: string): void;
  /** Why nothing may be dialled: the journal could not take its result. */
  alarm(): string | undefined;
  /** Tries once more to store what waits. Never rejects. */
  stop(): Promise<void>;
}

export function createDialerSaver(deps: DialerSaverDeps, limits = dialerSaverLimits): DialerSaver {
  return new Saver(deps, limits);
}

class Saver implements DialerSaver {
  readonly #deps: DialerSaverDeps;
  readonly #limits: typeof dialerSaverLimits;
  readonly #cancels = new Map<'retry' | 'look', () => void>();
  #isAway = false;
  #fenced: TandemError | undefined;
  /** for which neither database nor journal had room; newer than everything in the journal */
  #kept: DialerChange[] = [];
  /** a save that took too long and may still take effect; nothing is written to the database beside it */
  #inFlight: Promise<unknown> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #alarm: string | undefined;
  #isStopped = false;

  constructor(deps: DialerSaverDeps, limits: typeof dialerSaverLimits) {
    [this.#deps, this.#limits] = [deps, limits];
    deps.meter.set('tandem_dialer_store_away', 0);
    this.#lookLater(0);
  }

  isStoreAway(): boolean {
    return this.#isAway;
  }

  alarm(): string | undefined {
    return this.#alarm;
  }

  storeFailed(reason: string): void {
    this.#goAway(reason);
  }

  save(changes: readonly DialerChange[]): Promise<void> {
    return this.#alone(async () => {
      for (let from = 0; from < changes.length; from += this.#limits.groupMax)
        await this.#group(changes.slice(from, from + this.#limits.groupMax));
    });
  }

  recover(): Promise<void> {
    return this.#replayAll();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const cancel of this.#cancels.values()) cancel();
    if (this.#isAway && !this.#fenced) void this.#replayAll().catch(() => undefined);
    await this.#quiet();
    if (this.#kept.length > 0)
      this.#deps.log.error({ changes: this.#kept.length }, 'results of calls are lost: database away, journal full');
  }

  async #group(changes: readonly DialerChange[]): Promise<void> {
    if (this.#fenced) throw this.#fenced;
    if (!this.#isAway && (await this.#direct(changes))) return;
    await this.#keep(changes);
  }

  /** False: it is to go to the journal. */
  async #direct(changes: readonly DialerChange[]): Promise<boolean> {
    const { after, monoMs, meter } = this.#deps;
    const sinceMs = monoMs();
    const saving = this.#each(changes);
    let cancel = (): void => undefined;
    const late = new Promise<'late'>((resolve) => {
      cancel = after(this.#limits.saveMsMax, () => resolve('late'));
    });
    try {
      if ((await Promise.race([saving, late])) !== 'late') {
        meter.observe('tandem_dialer_save_seconds', (monoMs() - sinceMs) / 1000);
        return true;
      }
      this.#inFlight = saving.catch(() => undefined);
      this.#goAway(`no answer within ${String(this.#limits.saveMsMax)} ms`);
    } catch (error) {
      if (hasCode(error, 'TDM_STANDBY')) throw this.#endWith(error);
      if (!hasCode(error, 'TDM_STORE_DOWN')) throw error;
      this.#goAway(error.message);
    } finally {
      cancel();
    }
    return false;
  }

  async #store(changes: readonly DialerChange[]): Promise<void> {
    const moved = await this.#deps.save(changes, this.#deps.fence);
    for (const [i, { transition }] of changes.entries()) {
      if (transition === undefined || moved[i] !== false) continue;
      this.#deps.meter.count('tandem_dialer_overtaken_total');
      const { contactId: contact, from, to } = transition;
      this.#deps.log.debug({ contact, from, to }, 'somebody was faster with a contact');
    }
  }

  #refused(change: DialerChange | undefined, error: unknown): void {
    this.#deps.meter.count('tandem_dialer_refused_changes_total');
    this.#deps.log.error(
      { error, contact: change?.transition?.contactId, call: change?.record?.callId },
      'a change of the dialer is refused for good and is left out',
    );
  }

  async #keep(changes: readonly DialerChange[]): Promise<void> {
    if (this.#kept.length === 0) {
      try {
        await this.#deps.journal.append(changes, this.#deps.fence);
        return;
      } catch (error) {
        this.#alarmed(`the journal cannot be written: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    this.#kept.push(...changes);
    const tooMany = this.#kept.length - this.#limits.keptMax;
    if (tooMany <= 0) return;
    this.#kept.splice(0, tooMany);
    this.#deps.log.error({ changes: tooMany }, 'results of calls are lost: database away, journal full');
  }

  #goAway(reason: string): void {
    if (this.#isAway) return;
    this.#isAway = true;
    this.#deps.meter.set('tandem_dialer_store_away', 1);
    this.#deps.log.warn({ reason }, 'the database is away: nothing new is dialled, results of calls go to the journal');
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#isStopped || this.#fenced) return;
    this.#later('retry', this.#limits.retryEveryMs, () => {
      void this.#replayAll().catch(() => this.#retryLater());
    });
  }

  /** Page by page, so that results which come meanwhile do not wait for all of them; they go behind. */
  async #replayAll(): Promise<void> {
    while (!(await this.#alone(() => this.#replayPage()))) continue;
  }

  async #replayPage(): Promise<boolean> {
    const { journal, fence } = this.#deps;
    await this.#inFlight;
    this.#inFlight = undefined;
    try {
      if (!(await journal.replay(fence, (changes) => this.#each(changes)))) return false;
      while (this.#kept.length > 0) {
        const group = this.#kept.slice(0, this.#limits.groupMax);
        await this.#each(group);
        this.#kept.splice(0, group.length);
      }
      await this.#deps.save([], fence); // tells whether the database is there, also when nothing waited
    } catch (error) {
      if (hasCode(error, 'TDM_STANDBY')) throw this.#endWith(error);
      if (!hasCode(error, 'TDM_STORE_DOWN'))
        this.#deps.log.warn({ error }, 'the journal cannot be replayed: nothing is dialled until it is');
      throw error;
    }
    this.#back();
    return true;
  }

  #back(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#deps.meter.set('tandem_dialer_store_away', 0);
    this.#deps.log.info({}, 'the database is back, and has all results');
    this.#deps.onBack();
  }

  /** A change that the store refuses for good must not keep the others: it is left out and told. */
  async #each(changes: readonly DialerChange[]): Promise<void> {
    try {
      await this.#store(changes);
    } catch (error) {
      if (hasCode(error, 'TDM_STANDBY', 'TDM_STORE_DOWN')) throw error;
      if (changes.length === 1) this.#refused(changes[0], error);
      else for (const change of changes) await this.#each([change]);
    }
  }

  #endWith(reason: TandemError): TandemError {
    if (this.#fenced) return this.#fenced;
    this.#fenced = reason;
    this.#deps.onFenced(reason);
    return reason;
  }

  #alarmed(reason: string | undefined): void {
    if (reason !== undefined && this.#alarm === undefined)
      this.#deps.log.error({ reason }, 'nothing new is dialled: results could not be kept');
    if (reason === undefined && this.#alarm !== undefined) this.#deps.log.info({}, 'results can be kept again');
    this.#alarm = reason;
  }

  #lookLater(delayMs: number): void {
    if (this.#isStopped) return;
    this.#later('look', delayMs, () => {
      void this.#deps.journal.problem().then((problem) => {
        this.#alarmed(problem ?? (this.#kept.length > 0 ? this.#alarm : undefined));
        this.#lookLater(this.#limits.lookEveryMs);
      });
    });
  }

  #later(what: 'retry' | 'look', delayMs: number, run: () => void): void {
    this.#cancels.get(what)?.();
    this.#cancels.set(what, this.#deps.after(delayMs, run));
  }

  /** What is under way has ended, or took too long. */
  #quiet(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.after(this.#limits.closeMsMax, resolve);
      void this.#turn.then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** One save at a time, in order. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}
