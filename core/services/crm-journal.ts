/**
 * The running call journal: events of the switches go through the fold one at a time; what changed, and the messages that
 * follow from it for each CRM, are stored in one transaction, and only then told (crm-vtiger 9.1). While the database is
 * away the journal goes on in memory, bounded.
 */
import type { CallJournal, CrmStore } from '../crm-ports.js';
import { createJournal } from '../journal/journal.js';
import type { Journal } from '../journal/journal.js';
import type { JournalCall } from '../journal/call.js';
import type { JournalEvent } from '../journal/events.js';
import type { JournalNotice } from '../journal/notices.js';
import type { Roles } from '../journal/roles.js';
import { hasCode } from '../errors.js';
import type { Log, Meter } from '../ports.js';
import { readOpenCalls } from './crm-journal-open.js';
import type { OpenCalls } from './crm-journal-open.js';
import { CrmWaiting } from './crm-waiting.js';
import type { After } from './deadline.js';

/** A binding as the journal needs it: messages of its dialect, in order. */
export interface CrmTeller {
  readonly name: string;
  /** false: not a call for it, as long as it was told nothing of it; absent: it is told of every call */
  takes?(call: JournalCall): boolean;
  messagesOf(notice: JournalNotice, atMs: number): readonly { readonly event: string; readonly payload: string }[];
}

export interface CrmJournalDeps {
  readonly store: CrmStore;
  readonly roles: Roles;
  readonly systemOf: (switchName: string) => string;
  readonly tellers: readonly CrmTeller[];
  /** messages were stored for these bindings */
  readonly onStored: (bindings: ReadonlySet<string>) => void;
  readonly nowMs: () => number;
  readonly after: After;
  readonly log: Log;
  readonly meter: Meter;
}

export const crmJournalDefaults = {
  /** ends of calls are looked for so often */
  tickMs: 250,
  /** messages, and calls, that wait for the database; beyond it the oldest are lost, and counted */
  waitingMax: 100_000,
  waitingCallsMax: 20_000,
  /** calls that are stored at once */
  batchMax: 200,
  /** messages of one call to one CRM; beyond it only its end and its recording are told, and the rest counted */
  laneMax: 2_000,
  /** delivered messages are kept for a day: whether an older call was told is not known */
  lateBeginMsMax: 12 * 3_600_000,
  storePauseMs: 1_000,
  /** ended calls whose late questions (recording, transfer) need no look into the database */
  recentMax: 2_000,
};

export interface RunningJournal extends CallJournal {
  /**
   * With the open calls of these switches; what is saved is saved under `fence`, as long as the lease has it. Rejects
   * TDM_STORE_DOWN. Before, and after `stop`, events are ignored and calls are found as they are stored.
   */
  start(switches: readonly string[], fence?: number): Promise<void>;
  /** Between `start` and the moment when the open calls are there: what is told waits for them. */
  isReading(): boolean;
  /** What waits is stored once more; what cannot be is lost, counted and logged. May be started again. */
  stop(): Promise<void>;
}

export function createCrmJournal(deps: CrmJournalDeps, options: Partial<typeof crmJournalDefaults> = {}): RunningJournal {
  return new Running(deps, { ...crmJournalDefaults, ...options });
}

class Running implements RunningJournal {
  readonly #deps: CrmJournalDeps;
  readonly #options: typeof crmJournalDefaults;
  readonly #listeners = new Set<(notice: JournalNotice, atMs: number) => void>();
  readonly #recent = new Map<string, JournalCall>();
  readonly #seqs = new Map<string, number>();
  #journal: Journal | undefined;
  /** before `start` has read the open calls */
  #early: JournalEvent[] = [];
  readonly #waiting: CrmWaiting;
  #saving: Promise<void> | undefined;
  /** `reading`: the open calls are being read, events wait */
  #phase: 'off' | 'reading' | 'on' = 'off';
  #fence: number | undefined;
  /** of the fold, as it was counted last */
  #turnedAway = 0;
  #cancelTick = (): void => undefined;

  constructor(deps: CrmJournalDeps, options: typeof crmJournalDefaults) {
    this.#deps = deps;
    this.#options = options;
    const { waitingMax: messagesMax, waitingCallsMax: callsMax, batchMax } = options;
    this.#waiting = new CrmWaiting({ messagesMax, callsMax, batchMax }, (count) => this.#lost(count));
  }

  #lost(count: number): void {
    for (let n = 0; n < count; n++) this.#deps.meter.count('tandem_journal_lost_total');
  }

  async start(switches: readonly string[], fence?: number): Promise<void> {
    const { store, roles, systemOf } = this.#deps;
    this.#forgetAll();
    this.#fence = fence;
    this.#phase = 'reading';
    let open: OpenCalls;
    try {
      open = await readOpenCalls(store, switches);
      for (const [lane, seq] of open.seqs) this.#seqs.set(lane, seq);
      this.#journal = createJournal({ roles, systemOf }, open.calls);
    } catch (error) {
      this.#phase = 'off';
      throw error;
    }
    this.#phase = 'on';
    const early = this.#early;
    this.#early = [];
    for (const event of early) this.tell(event);
    this.#endForeign(open.foreign);
    this.#tick();
  }

  /** A list without a channel ends their calls, which are told as far as they were begun. */
  #endForeign(switches: readonly string[]): void {
    for (const name of switches) {
      this.#deps.log.warn({ switch: name }, 'open calls of a switch that is not in the settings are ended');
      const askedAtMs = Number.MAX_SAFE_INTEGER;
      this.tell({ switch: name, atMs: this.#deps.nowMs(), type: 'channels-listed', askedAtMs, channels: [] });
    }
  }

  /** What an earlier time left here is not of today: another owner may have gone on with it. */
  #forgetAll(): void {
    this.#early = [];
    const lost = this.#waiting.clear();
    if (lost.calls > 0) this.#deps.log.error(lost, 'calls, and what CRMs were to be told of them, could not be stored and are lost');
    this.#turnedAway = 0;
    this.#recent.clear();
    this.#seqs.clear();
  }

  tell(event: JournalEvent): void {
    if (this.#phase === 'off') return;
    if (!this.#journal) {
      if (this.#early.length < this.#options.waitingMax) this.#early.push(event);
      else this.#deps.meter.count('tandem_journal_lost_total');
      return;
    }
    const { changed, forgotten, notices } = this.#journal.step(event);
    for (const call of changed) this.#waiting.put(call);
    for (const notice of notices) this.#told(notice, event.atMs);
    for (const id of forgotten) this.#forget(id);
    if (changed.length > 0 || notices.length > 0) this.#flush();
  }

  #told(notice: JournalNotice, atMs: number): void {
    for (const teller of this.#deps.tellers) {
      for (const { event, payload } of this.#messagesFor(teller, notice, atMs)) {
        const lane = `${teller.name} ${notice.call.id}`;
        const seq = (this.#seqs.get(lane) ?? 0) + 1;
        if (seq > this.#options.laneMax && notice.type !== 'call-ended' && notice.type !== 'recording-ready') {
          this.#lost(1);
          continue;
        }
        this.#seqs.set(lane, seq);
        const message = { binding: teller.name, callId: notice.call.id, seq, event, payload, createdAtMs: this.#deps.nowMs() };
        this.#waiting.add(notice.call, message);
      }
    }
    this.#deps.meter.count('tandem_journal_notices_total', { type: notice.type });
    for (const listener of this.#listeners) {
      try {
        listener(notice, atMs);
      } catch (error) {
        this.#deps.log.error({ error }, 'a listener to the call journal failed');
      }
    }
  }

  /** Whose call it is may be known later than its begin: then that is told first. */
  #messagesFor(teller: CrmTeller, notice: JournalNotice, atMs: number): ReturnType<CrmTeller['messagesOf']> {
    const { call, type } = notice;
    const isTold = this.#seqs.has(`${teller.name} ${call.id}`);
    if (isTold || !teller.takes) return teller.messagesOf(notice, atMs);
    if (!teller.takes(call)) return [];
    const isLate = call.isTold && type !== 'call-started' && atMs - call.startedAtMs <= this.#options.lateBeginMsMax;
    const begin = isLate ? teller.messagesOf({ type: 'call-started', call }, atMs) : [];
    return [...begin, ...teller.messagesOf(notice, atMs)];
  }

  #forget(id: string): void {
    const call = this.#waiting.call(id);
    if (call) this.#remember(call);
    for (const { name } of this.#deps.tellers) this.#seqs.delete(`${name} ${id}`);
  }

  #remember(call: JournalCall): void {
    this.#recent.set(call.id, call);
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= this.#options.recentMax) break;
      this.#recent.delete(oldest);
    }
  }

  /** What piled up while the last batch was stored goes together into the next. */
  #flush(): void {
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined;
      if (this.#phase !== 'off' && !this.#waiting.isEmpty) this.#flush();
    });
  }

  async #save(): Promise<void> {
    while (!this.#waiting.isEmpty) {
      const batch = this.#waiting.take();
      const { messages } = batch;
      try {
        await this.#deps.store.save(batch, this.#fence);
        if (messages.length > 0) this.#deps.onStored(new Set(messages.map(({ binding }) => binding)));
      } catch (error) {
        if (hasCode(error, 'TDM_STANDBY')) {
          this.#waiting.takeBack(batch);
          this.#deps.log.warn({ error }, 'the call journal has another owner: what waits here is dropped');
          this.#end();
          this.#forgetAll();
          return;
        }
        this.#waiting.takeBack(batch);
        this.#deps.log.warn({ error, waiting: this.#waiting.messageCount }, 'the call journal cannot be stored now; it waits');
        if (this.#phase === 'off') return;
        await new Promise<void>((resolve) => void this.#deps.after(this.#options.storePauseMs, resolve));
      }
    }
  }

  #tick(): void {
    if (this.#phase === 'off') return;
    this.#cancelTick = this.#deps.after(this.#options.tickMs, () => {
      this.tell({ switch: '', type: 'time-passed', atMs: this.#deps.nowMs() });
      this.#deps.meter.set('tandem_journal_open_calls', this.#journal?.openCount() ?? 0);
      this.#noteTurnedAway();
      this.#tick();
    });
  }

  /** What the fold had no room for is lost too. */
  #noteTurnedAway(): void {
    const count = this.#journal?.turnedAway() ?? 0;
    if (count > this.#turnedAway) {
      this.#lost(count - this.#turnedAway);
      this.#deps.log.warn({ count: count - this.#turnedAway }, 'more calls, or channels of a call, than the call journal follows');
    }
    this.#turnedAway = count;
  }

  find(callId: string): Promise<JournalCall | undefined> {
    const known = this.open(callId) ?? this.#waiting.call(callId) ?? this.#recent.get(callId);
    return known ? Promise.resolve(known) : this.#deps.store.call(callId);
  }

  open(callId: string): JournalCall | undefined {
    return this.#journal?.call(callId);
  }

  openCalls(): readonly JournalCall[] {
    return this.#journal?.open() ?? [];
  }

  onNotice(listener: (notice: JournalNotice, atMs: number) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  isReading(): boolean {
    return this.#phase === 'reading';
  }

  async stop(): Promise<void> {
    this.#end();
    await this.#saving;
    await this.#save();
    this.#forgetAll();
  }

  #end(): void {
    this.#phase = 'off';
    this.#journal = undefined;
    this.#cancelTick();
  }
}
