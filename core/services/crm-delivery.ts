/**
 * Delivers the messages of one CRM binding (crm-vtiger 9): each call's in order and one at a time, calls side by side up
 * to `inFlightMax`. Nothing is lost while the CRM is away; what it refuses goes to the dead letters and blocks nobody.
 */
import { underWay, type CrmMessage } from '../crm-ports.js';
import { crmDeliveryDefaults } from './crm-delivery-options.js';
import type { CrmDeliveryDeps, CrmDeliveryOptions, CrmDeliveryState, CrmSent } from './crm-delivery-options.js';
import { CrmReach } from './crm-reach.js';

export { crmDeliveryDefaults };
export type { CrmDeliveryDeps, CrmDeliveryOptions, CrmDeliveryState, CrmSent } from './crm-delivery-options.js';

export interface CrmDelivery {
  start(): void;
  /** There are new messages. */
  wake(): void;
  /** `auth`: the key is refused; `gone`: the receiver wants no more; `problem`: '' = none */
  state(): CrmDeliveryState;
  /** Whatever it waited for: now it is asked again. */
  resume(): void;
  /** Requests under way are waited for, for `stopMsMax` at most. May be started again. */
  stop(): Promise<void>;
}

export function createCrmDelivery(deps: CrmDeliveryDeps, options: Partial<CrmDeliveryOptions> = {}): CrmDelivery {
  return new Delivery(deps, { ...crmDeliveryDefaults, ...options });
}

interface TryLimits {
  readonly triesMax: number;
  /** at the earliest, ms from now */
  readonly notBeforeMs?: number;
}

class Delivery implements CrmDelivery {
  readonly #deps: CrmDeliveryDeps;
  readonly #options: CrmDeliveryOptions;
  /** calls with a request under way */
  readonly #busy = new Map<string, Promise<void>>();
  /** calls whose request ended since the database was asked last */
  readonly #ended = new Set<string>();
  readonly #reach: CrmReach;
  /** grows when requests under way are left to themselves */
  #turn = 0;
  #stopping: Promise<void> | undefined;
  #empty5xx = 0;
  #isHinted = false;
  #isStopped = true;
  #isLooking = false;
  #isWoken = false;
  #cancel = (): void => undefined;

  constructor(deps: CrmDeliveryDeps, options: CrmDeliveryOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#reach = new CrmReach(deps, options);
  }

  start(): void {
    this.#isStopped = false;
    this.#stopping = undefined;
    this.wake();
  }

  state(): CrmDeliveryState {
    return this.#reach.state();
  }

  resume(): void {
    this.#reach.resume();
    this.wake();
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    return (this.#stopping ??= this.#lastAnswers());
  }

  /** Who stops must not wait for a CRM that hangs: what is under way then is looked into by whoever comes next. */
  async #lastAnswers(): Promise<void> {
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => (cancel = this.#deps.after(this.#options.stopMsMax, resolve)));
    await Promise.race([Promise.all(this.#busy.values()), late]);
    cancel();
    if (this.#isStopped) this.#turn += 1;
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
    const { store, binding } = this.#deps;
    const now = this.#deps.nowMs();
    if (this.#reach.state().state === 'gone') {
      await this.#expire(now);
      return;
    }
    const holdMs = this.#reach.holdMs();
    if (holdMs > 0) {
      this.#later(holdMs);
      return;
    }
    const room = this.#reach.roomMax() - this.#busy.size;
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
    for (const message of await store.due(binding, now, this.#options.expireMax)) await this.#buryOld(message);
    this.#later(this.#options.idleMsMax);
  }

  async #buryOld(message: CrmMessage): Promise<boolean> {
    const isOld = this.#deps.nowMs() - message.createdAtMs > this.#options.ageMsMax;
    if (isOld) await this.#bury(message, `older than ${String(this.#options.ageMsMax / 86_400_000)} days`);
    return isOld;
  }

  async #rest(): Promise<void> {
    this.#reach.rested();
    const next = await this.#deps.store.nextDue(this.#deps.binding);
    const waitMs = next === undefined ? this.#options.idleMsMax : next - this.#deps.nowMs();
    this.#later(Math.min(Math.max(1, waitMs), this.#options.idleMsMax));
  }

  #later(ms: number): void {
    this.#cancel();
    if (!this.#isStopped) this.#cancel = this.#deps.after(ms, () => this.wake());
  }

  #begin(message: CrmMessage): void {
    this.#reach.began();
    const work = this.#deliver(message)
      .catch((error: unknown) => {
        this.#deps.log.debug({ error, binding: this.#deps.binding }, 'the fate of a message to a CRM could not be stored');
        this.#reach.pause(this.#options.retryMsMin);
      })
      .then(() => {
        this.#busy.delete(message.callId);
        this.#ended.add(message.callId);
        this.wake();
      });
    this.#busy.set(message.callId, work);
  }

  async #deliver(message: CrmMessage): Promise<void> {
    const { store, nowMs } = this.#deps;
    const turn = this.#turn;
    if (await this.#buryOld(message)) return;
    const isNoted = this.#makesTwo(message);
    if (isNoted && message.lastError === underWay) {
      await this.#unsure(message, 'Tandem ended while it was sent');
      return;
    }
    // whoever has noted it since it was read sends it
    if (isNoted && !(await store.claim(message.id, message.attempts))) return;
    const sent: CrmSent = turn === this.#turn ? await this.#sent(message) : { kind: 'unsent', problem: 'stopped' };
    if (isNoted && (sent.kind === 'unsent' || sent.kind === 'auth' || sent.kind === 'gone'))
      await store.unclaim(message.id, message.attempts, sent.kind);
    // another process may be at it by now: only what is certain is stored
    if (turn !== this.#turn && sent.kind !== 'delivered') return;
    this.#deps.meter.count('tandem_crm_deliveries_total', { binding: this.#deps.binding, outcome: sent.kind });
    switch (sent.kind) {
      case 'delivered':
        this.#reach.up();
        this.#empty5xx = 0;
        await store.delivered(message.id, nowMs());
        return;
      case 'auth':
        this.#reach.down('auth', 'the CRM refuses the key; vTiger says so also while its database is away');
        this.#reach.pause(this.#options.authPauseMs);
        return;
      case 'gone':
        this.#reach.down('gone', 'the receiver answers 410: it wants no more');
        return;
      case 'unsent':
        this.#reach.away(sent.problem);
        return;
      case 'ambiguous':
        await this.#doubtful(message, sent);
        return;
      case 'rejected':
        if (sent.isOurs) this.#reach.away(sent.problem);
        else this.#reach.up();
        await this.#refused(message, sent.problem, { triesMax: this.#options.rejectedTriesMax });
    }
  }

  /** An error here is ours: one message must not hold up what waits behind it, and a fault that meets all must not bury all. */
  async #sent(message: CrmMessage): Promise<CrmSent> {
    const { send, isRepeatable, log, binding } = this.#deps;
    try {
      return await send(message);
    } catch (error) {
      log.error({ error, binding, call: message.callId }, 'a message to a CRM cannot be made, or its answer not read');
      const problem = `internal: ${error instanceof Error ? error.message : String(error)}`;
      return isRepeatable(message)
        ? { kind: 'rejected', problem, isOurs: true }
        : { kind: 'ambiguous', problem, isEmpty5xx: false, isAway: true };
    }
  }

  /** 9.4: asked back where that is possible; else repeated where it does no harm. */
  async #doubtful(message: CrmMessage, { problem, isEmpty5xx, isAway = false }: Extract<CrmSent, { kind: 'ambiguous' }>): Promise<void> {
    const { store, verify, nowMs, log, binding } = this.#deps;
    if (isAway) this.#reach.away(problem);
    else this.#reach.up();
    this.#empty5xx = isEmpty5xx ? this.#empty5xx + 1 : 0;
    const isAfterSuccess = this.#empty5xx > this.#options.accept5xxAfter;
    if (isAfterSuccess && !this.#isHinted) {
      this.#isHinted = true;
      log.warn({ binding }, 'the CRM answers 5xx without a word, again and again: if it stores the calls all the same, set accept_5xx');
    }
    const isDone = isAfterSuccess && this.#options.accept5xx ? true : await verify(message);
    if (isDone === true) {
      this.#deps.meter.count('tandem_crm_deliveries_total', { binding, outcome: 'verified-5xx' });
      await store.delivered(message.id, nowMs());
      return;
    }
    // one that is answered 5xx without a word may be stored each time: it is no storm; others are tried until they are too old
    const triesMax = isEmpty5xx ? this.#options.empty5xxTriesMax : Infinity;
    // who gave no answer may still be at it: what it has not done yet cannot be found, and would be done twice
    const notBeforeMs = isAway && this.#makesTwo(message) ? this.#options.ambiguousMs : 0;
    await this.#again(message, isDone, problem, { triesMax, notBeforeMs });
  }

  /** Who sent it cannot say any more what became of it: he was killed, or the database was away. */
  async #unsure(message: CrmMessage, problem: string): Promise<void> {
    const isDone = await this.#deps.verify(message);
    if (isDone === true) await this.#deps.store.delivered(message.id, this.#deps.nowMs());
    else await this.#again(message, isDone, problem, { triesMax: Infinity, notBeforeMs: this.#options.ambiguousMs });
  }

  async #again(message: CrmMessage, isDone: boolean | undefined, problem: string, limits: TryLimits): Promise<void> {
    const { store, isRepeatable, nowMs } = this.#deps;
    if (isDone === false || isRepeatable(message)) await this.#refused(message, problem, limits);
    else if (message.attempts === 0)
      await store.postponed(message.id, { attempts: 1, nextAtMs: nowMs() + this.#options.ambiguousMs, error: problem });
    else await this.#bury(message, `${problem}; nobody knows whether it was done, and doing it twice makes two`);
  }

  /** A second one makes a second row: each time, or while the first is not done yet. */
  #makesTwo(message: CrmMessage): boolean {
    return !this.#deps.isRepeatable(message) || this.#deps.makesRow(message);
  }

  async #refused(message: CrmMessage, problem: string, { triesMax, notBeforeMs = 0 }: TryLimits): Promise<void> {
    const attempts = message.attempts + 1;
    const waitMs = Math.max(notBeforeMs, this.#reach.backoffMs(message.attempts));
    if (attempts >= triesMax) await this.#bury(message, problem);
    else await this.#deps.store.postponed(message.id, { attempts, nextAtMs: this.#deps.nowMs() + waitMs, error: problem });
  }

  async #bury(message: CrmMessage, problem: string): Promise<void> {
    const { log, meter, store, binding, nowMs } = this.#deps;
    log.warn({ binding, call: message.callId, event: message.event, problem }, 'a message to a CRM goes to the dead letters');
    meter.count('tandem_crm_deliveries_total', { binding, outcome: 'dead' });
    await store.bury(message.id, problem, nowMs());
  }
}
