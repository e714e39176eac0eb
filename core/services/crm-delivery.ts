/**
 * Delivers the messages of one CRM binding (crm-vtiger 9): each call's in order and one at a time, calls side by side up
 * to `inFlightMax`. Nothing is lost while the CRM is away; what it refuses goes to the dead letters and blocks nobody.
 */
import type { CrmMessage } from '../crm-ports.js';
import { crmDeliveryDefaults } from './crm-delivery-options.js';
import type { CrmDeliveryDeps, CrmDeliveryOptions, CrmDeliveryState, CrmSent } from './crm-delivery-options.js';

export { crmDeliveryDefaults } from './crm-delivery-options.js';
export type { CrmDeliveryDeps, CrmDeliveryOptions, CrmDeliveryState, CrmSent } from './crm-delivery-options.js';

export interface CrmDelivery {
  start(): void;
  /** There are new messages. */
  wake(): void;
  /** `auth`: the key is refused; `gone`: the receiver wants no more; `problem`: '' = none */
  state(): CrmDeliveryState;
  /** Whatever it waited for: now it is asked again. */
  resume(): void;
  /** Requests under way are waited for. May be started again. */
  stop(): Promise<void>;
}

export function createCrmDelivery(deps: CrmDeliveryDeps, options: Partial<CrmDeliveryOptions> = {}): CrmDelivery {
  return new Delivery(deps, { ...crmDeliveryDefaults, ...options });
}

/** Stored before one that is not repeatable is sent: whoever finds it so does not know whether it was done. */
const underWay = 'being sent';

class Delivery implements CrmDelivery {
  readonly #deps: CrmDeliveryDeps;
  readonly #options: CrmDeliveryOptions;
  /** calls with a request under way */
  readonly #busy = new Map<string, Promise<void>>();
  /** calls whose request ended since the database was asked last */
  readonly #ended = new Set<string>();
  #state: CrmDeliveryState;
  #failures = 0;
  #pausedUntilMs = 0;
  /** no message before, while what piled up is sent */
  #drainFromMs = 0;
  #isDraining = false;
  #empty5xx = 0;
  #isHinted = false;
  #isStopped = true;
  #isLooking = false;
  #isWoken = false;
  #cancel = (): void => undefined;

  constructor(deps: CrmDeliveryDeps, options: CrmDeliveryOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#state = { state: 'unknown', sinceMs: deps.nowMs(), problem: '' };
  }

  start(): void {
    this.#isStopped = false;
    this.wake();
  }

  state(): CrmDeliveryState {
    return this.#state;
  }

  resume(): void {
    this.#pausedUntilMs = 0;
    this.#drainFromMs = 0;
    if (this.#state.state === 'gone') this.#state = { state: 'unknown', sinceMs: this.#deps.nowMs(), problem: '' };
    this.wake();
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
    if (this.#state.state === 'gone') {
      await this.#expire(now);
      return;
    }
    const holdMs = Math.max(this.#pausedUntilMs, this.#drainFromMs) - now;
    if (holdMs > 0) {
      this.#later(holdMs);
      return;
    }
    // after a failure one asks, and the others wait for what it hears
    const room = (this.#failures > 0 || this.#isDraining ? 1 : this.#options.inFlightMax) - this.#busy.size;
    if (room <= 0) return;
    const live = this.#deps.liveCalls();
    this.#ended.clear();
    const found = [
      ...(live.length > 0 ? await store.due(binding, now, room + this.#busy.size, live) : []),
      ...(await store.due(binding, now, room + this.#busy.size)),
    ];
    let started = 0;
    for (const message of found) {
      if (started >= room || this.#isStopped) break;
      // what ended while the database was asked may stand in its answer as it was before
      if (this.#busy.has(message.callId) || this.#ended.has(message.callId)) continue;
      started += 1;
      this.#begin(message);
    }
    if (started === 0 && this.#busy.size === 0) await this.#rest();
  }

  /** Nothing is sent: what is too old by now is given up, or it would pile up for ever. */
  async #expire(now: number): Promise<void> {
    const { store, binding } = this.#deps;
    for (const message of await store.due(binding, now, this.#options.expireMax))
      if (this.#isTooOld(message)) await this.#bury(message, this.#ageText());
    this.#later(this.#options.idleMsMax);
  }

  #isTooOld(message: CrmMessage): boolean {
    return this.#deps.nowMs() - message.createdAtMs > this.#options.ageMsMax;
  }

  #ageText(): string {
    return `older than ${String(this.#options.ageMsMax / 86_400_000)} days`;
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
        this.#ended.add(message.callId);
        this.wake();
      });
    this.#busy.set(message.callId, work);
  }

  async #deliver(message: CrmMessage): Promise<void> {
    const { store, nowMs, send } = this.#deps;
    if (this.#isTooOld(message)) {
      await this.#bury(message, this.#ageText());
      return;
    }
    const isOnce = !this.#deps.isRepeatable(message);
    if (isOnce && message.lastError === underWay) {
      await this.#unsure(message, 'Tandem ended while it was sent', Infinity);
      return;
    }
    if (isOnce) await this.#note(message, underWay);
    const sent = await send(message);
    if (isOnce && (sent.kind === 'unsent' || sent.kind === 'auth' || sent.kind === 'gone')) await this.#note(message, sent.kind);
    this.#deps.meter.count('tandem_crm_deliveries_total', { binding: this.#deps.binding, outcome: sent.kind });
    switch (sent.kind) {
      case 'delivered':
        this.#up();
        this.#empty5xx = 0;
        await store.delivered(message.id, nowMs());
        return;
      case 'auth':
        this.#down('auth', 'the CRM refuses the key; vTiger says so also while its database is away');
        this.#pausedUntilMs = nowMs() + this.#options.authPauseMs;
        return;
      case 'gone':
        this.#down('gone', 'the receiver answers 410: it wants no more');
        return;
      case 'unsent':
        this.#away(sent.problem);
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
  async #doubtful(message: CrmMessage, { problem, isEmpty5xx, isAway = false }: Extract<CrmSent, { kind: 'ambiguous' }>): Promise<void> {
    const { store, verify, nowMs, log, binding } = this.#deps;
    if (isAway) this.#away(problem);
    else this.#up();
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
    // one that is answered 5xx without a word may be stored each time: it is no storm; others are tried until they are too old
    await this.#again(message, isDone, problem, isEmpty5xx ? this.#options.empty5xxTriesMax : Infinity);
  }

  /** Who sent it cannot say any more what became of it: he was killed, or the database was away. */
  async #unsure(message: CrmMessage, problem: string, triesMax: number): Promise<void> {
    const isDone = await this.#deps.verify(message);
    if (isDone === true) await this.#deps.store.delivered(message.id, this.#deps.nowMs());
    else await this.#again(message, isDone, problem, triesMax);
  }

  async #again(message: CrmMessage, isDone: boolean | undefined, problem: string, triesMax: number): Promise<void> {
    const { store, isRepeatable, nowMs } = this.#deps;
    if (isDone === false || isRepeatable(message)) await this.#refused(message, problem, triesMax);
    else if (message.attempts === 0)
      await store.postponed(message.id, { attempts: 1, nextAtMs: nowMs() + this.#options.ambiguousMs, error: problem });
    else await this.#bury(message, `${problem}; nobody knows whether it was done, and doing it twice makes two`);
  }

  /** Of one that must not be sent twice: where it is, for whoever comes after us. */
  async #note({ id, attempts, nextAtMs }: CrmMessage, error: string): Promise<void> {
    await this.#deps.store.postponed(id, { attempts, nextAtMs, error });
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
    if (this.#state.state !== 'up') this.#state = { state: 'up', sinceMs: this.#deps.nowMs(), problem: '' };
  }

  #away(problem: string): void {
    this.#down('down', problem);
    this.#pausedUntilMs = this.#deps.nowMs() + this.#backoff(this.#failures - 1);
  }

  #down(state: 'down' | 'auth' | 'gone', problem: string): void {
    this.#failures += 1;
    if (this.#state.state === state) return;
    this.#state = { state, sinceMs: this.#deps.nowMs(), problem };
    this.#deps.log.error({ binding: this.#deps.binding, problem }, 'a CRM cannot be told of calls: they wait');
  }
}
