/**
 * Delivers the messages of one CRM binding (crm-vtiger 9): each call's in order and one at a time, calls side by side up
 * to `inFlightMax`. Nothing is lost while the CRM is away; what it refuses goes to the dead letters and blocks nobody.
 */
import type { CrmMessage, CrmStore } from '../crm-ports.js';
import type { Log, Meter } from '../ports.js';
import type { After } from './deadline.js';

export type CrmSent =
  | { readonly kind: 'delivered' }
  /** wrong key: all wait, and one asks again every `authPauseMs` */
  | { readonly kind: 'auth' }
  /** it did not reach the CRM */
  | { readonly kind: 'unsent'; readonly problem: string }
  /** it may have been done; `isEmpty5xx`: as SalesPlatform's package answers after each success */
  | { readonly kind: 'ambiguous'; readonly problem: string; readonly isEmpty5xx: boolean }
  | { readonly kind: 'rejected'; readonly problem: string };

export interface CrmDeliveryDeps {
  readonly binding: string;
  readonly store: CrmStore;
  /** Bounded in time; never rejects. */
  readonly send: (message: CrmMessage) => Promise<CrmSent>;
  /** Was it done? undefined: cannot be found out. */
  readonly verify: (message: CrmMessage) => Promise<boolean | undefined>;
  /** doing it twice is the same as once */
  readonly isRepeatable: (message: CrmMessage) => boolean;
  /** calls that go on now: theirs are sent first */
  readonly liveCalls: () => readonly string[];
  readonly nowMs: () => number;
  readonly after: After;
  /** 0 to 1 */
  readonly random: () => number;
  readonly log: Log;
  readonly meter: Meter;
}

export const crmDeliveryDefaults = {
  inFlightMax: 4,
  /** back-off while the CRM is away: doubling from the first to the last */
  retryMsMin: 1_000,
  retryMsMax: 60_000,
  jitter: 0.2,
  authPauseMs: 60_000,
  rejectedTriesMax: 3,
  /** before what is not repeatable is sent a second, and last, time */
  ambiguousMs: 15_000,
  ambiguousTriesMax: 5,
  /** so many empty answers 5xx in a row mean a CRM that stores and then fails */
  accept5xxAfter: 20,
  accept5xx: false,
  ageMsMax: 7 * 86_400_000,
  /** after the CRM was away */
  drainPerSecond: 20,
  /** an idle one looks after itself so often */
  idleMsMax: 30_000,
};

export type CrmDeliveryOptions = typeof crmDeliveryDefaults;

export interface CrmDelivery {
  start(): void;
  /** There are new messages. */
  wake(): void;
  state(): { readonly state: 'up' | 'down' | 'auth' | 'unknown'; readonly sinceMs: number };
  /** Requests under way are waited for. */
  stop(): Promise<void>;
}

export function createCrmDelivery(deps: CrmDeliveryDeps, options: Partial<CrmDeliveryOptions> = {}): CrmDelivery {
  return new Delivery(deps, { ...crmDeliveryDefaults, ...options });
}

class Delivery implements CrmDelivery {
  readonly #deps: CrmDeliveryDeps;
  readonly #options: CrmDeliveryOptions;
  /** calls with a request under way */
  readonly #busy = new Map<string, Promise<void>>();
  #state: ReturnType<CrmDelivery['state']>;
  #failures = 0;
  #pausedUntilMs = 0;
  /** no message before, while what piled up is sent */
  #drainFromMs = 0;
  #isDraining = false;
  #empty5xx = 0;
  #isHinted = false;
  #isStopped = false;
  #isLooking = false;
  #isWoken = false;
  #cancel = (): void => undefined;

  constructor(deps: CrmDeliveryDeps, options: CrmDeliveryOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#state = { state: 'unknown', sinceMs: deps.nowMs() };
  }

  start(): void {
    this.wake();
  }

  state(): ReturnType<CrmDelivery['state']> {
    return this.#state;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await Promise.all(this.#busy.values());
  }

  wake(): void {
    this.#isWoken = true;
    if (!this.#isLooking && !this.#isStopped) void this.#look();
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    this.#cancel();
    while (this.#isWoken && !this.#isStopped) {
      this.#isWoken = false;
      try {
        await this.#fill();
      } catch (error) {
        this.#deps.log.debug({ error, binding: this.#deps.binding }, 'messages to a CRM could not be read');
        this.#later(this.#options.retryMsMin);
      }
    }
    this.#isLooking = false;
  }

  async #fill(): Promise<void> {
    const { store, binding, nowMs } = this.#deps;
    const now = nowMs();
    const holdMs = Math.max(this.#pausedUntilMs, this.#drainFromMs) - now;
    if (holdMs > 0) {
      this.#later(holdMs);
      return;
    }
    // after a failure one asks, and the others wait for what it hears
    const room = (this.#failures > 0 || this.#isDraining ? 1 : this.#options.inFlightMax) - this.#busy.size;
    if (room <= 0) return;
    const live = this.#deps.liveCalls();
    const found = [
      ...(live.length > 0 ? await store.due(binding, now, room + this.#busy.size, live) : []),
      ...(await store.due(binding, now, room + this.#busy.size)),
    ];
    let started = 0;
    for (const message of found) {
      if (started >= room || this.#isStopped) break;
      if (this.#busy.has(message.callId)) continue;
      started += 1;
      this.#begin(message);
    }
    if (started === 0 && this.#busy.size === 0) await this.#rest();
  }

  async #rest(): Promise<void> {
    this.#isDraining = false;
    const next = await this.#deps.store.nextDue(this.#deps.binding);
    const waitMs = next === undefined ? this.#options.idleMsMax : next - this.#deps.nowMs();
    this.#later(Math.min(Math.max(1, waitMs), this.#options.idleMsMax));
  }

  #later(ms: number): void {
    this.#cancel();
    if (!this.#isStopped) this.#cancel = this.#deps.after(ms, () => this.wake());
  }

  #begin(message: CrmMessage): void {
    if (this.#isDraining) this.#drainFromMs = this.#deps.nowMs() + 1_000 / this.#options.drainPerSecond;
    const work = this.#deliver(message)
      .catch((error: unknown) => {
        this.#deps.log.debug({ error, binding: this.#deps.binding }, 'the fate of a message to a CRM could not be stored');
        this.#pausedUntilMs = this.#deps.nowMs() + this.#options.retryMsMin;
      })
      .then(() => {
        this.#busy.delete(message.callId);
        this.wake();
      });
    this.#busy.set(message.callId, work);
  }

  async #deliver(message: CrmMessage): Promise<void> {
    const { store, nowMs, send } = this.#deps;
    if (nowMs() - message.createdAtMs > this.#options.ageMsMax) {
      await this.#bury(message, `older than ${String(this.#options.ageMsMax / 86_400_000)} days`);
      return;
    }
    const sent = await send(message);
    this.#deps.meter.count('tandem_crm_deliveries_total', { binding: this.#deps.binding, outcome: sent.kind });
    switch (sent.kind) {
      case 'delivered':
        this.#up();
        this.#empty5xx = 0;
        await store.delivered(message.id, nowMs());
        return;
      case 'auth':
        this.#down('auth', 'the CRM refuses the key');
        this.#pausedUntilMs = nowMs() + this.#options.authPauseMs;
        return;
      case 'unsent':
        this.#down('down', sent.problem);
        this.#pausedUntilMs = nowMs() + this.#backoff(this.#failures - 1);
        return;
      case 'ambiguous':
        await this.#doubtful(message, sent);
        return;
      case 'rejected':
        this.#up();
        await this.#refused(message, sent.problem, this.#options.rejectedTriesMax);
    }
  }

  /** 9.4: asked back where that is possible; else repeated where it does no harm. */
  async #doubtful(message: CrmMessage, { problem, isEmpty5xx }: Extract<CrmSent, { kind: 'ambiguous' }>): Promise<void> {
    const { store, verify, isRepeatable, nowMs, log, binding } = this.#deps;
    this.#up();
    this.#empty5xx = isEmpty5xx ? this.#empty5xx + 1 : 0;
    const isAfterSuccess = this.#empty5xx > this.#options.accept5xxAfter;
    if (isAfterSuccess && !this.#isHinted) {
      this.#isHinted = true;
      log.warn({ binding }, 'CRM answers 500 although it stores the calls: SPNotifications module missing');
    }
    const isDone = isAfterSuccess && this.#options.accept5xx ? true : await verify(message);
    if (isDone === true) {
      this.#deps.meter.count('tandem_crm_deliveries_total', { binding, outcome: 'verified-5xx' });
      await store.delivered(message.id, nowMs());
      return;
    }
    if (isDone === false || isRepeatable(message)) await this.#refused(message, problem, this.#options.ambiguousTriesMax);
    else if (message.attempts === 0)
      await store.postponed(message.id, { attempts: 1, nextAtMs: nowMs() + this.#options.ambiguousMs, error: problem });
    else await this.#bury(message, `${problem}; nobody knows whether it was done, and doing it twice makes two`);
  }

  async #refused(message: CrmMessage, problem: string, triesMax: number): Promise<void> {
    const attempts = message.attempts + 1;
    if (attempts >= triesMax) await this.#bury(message, problem);
    else
      await this.#deps.store.postponed(message.id, {
        attempts,
        nextAtMs: this.#deps.nowMs() + this.#backoff(message.attempts),
        error: problem,
      });
  }

  async #bury(message: CrmMessage, problem: string): Promise<void> {
    const { log, meter, store, binding, nowMs } = this.#deps;
    log.warn({ binding, call: message.callId, event: message.event, problem }, 'a message to a CRM goes to the dead letters');
    meter.count('tandem_crm_deliveries_total', { binding, outcome: 'dead' });
    await store.bury(message.id, problem, nowMs());
  }

  #backoff(failures: number): number {
    const { retryMsMin, retryMsMax, jitter } = this.#options;
    const ms = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(Math.max(0, failures), 20));
    return ms * (1 - jitter + 2 * jitter * this.#deps.random());
  }

  #up(): void {
    if (this.#failures > 0) {
      this.#deps.log.info({ binding: this.#deps.binding }, 'the CRM answers again');
      this.#isDraining = true;
      this.#drainFromMs = this.#deps.nowMs() + 1_000 / this.#options.drainPerSecond;
    }
    this.#failures = 0;
    if (this.#state.state !== 'up') this.#state = { state: 'up', sinceMs: this.#deps.nowMs() };
  }

  #down(state: 'down' | 'auth', problem: string): void {
    this.#failures += 1;
    if (this.#state.state === state) return;
    this.#state = { state, sinceMs: this.#deps.nowMs() };
    this.#deps.log.error({ binding: this.#deps.binding, problem }, 'a CRM cannot be told of calls: they wait');
  }
}
