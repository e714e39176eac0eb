/**
 * The queue engine at work (H2). Events are stepped at once, one at a time, in the order of their arrival; what they
 * changed is saved, one batch after the other, and only then the orders of the batch leave and its wishes are
 * answered. While one batch is being saved the next one gathers; when nothing is under way a save begins at once.
 *
 * One loop is one ownership of the queues: it ends when another owner has taken over, or at the stop.
 */
import type { AcdEngine, Step } from '../acd/engine.js';
import type { AcdEvent, Answer } from '../acd/events.js';
import type { MemberId, OfferId, SwitchId } from '../acd/ids.js';
import type { RingOrder } from '../acd/effects.js';
import { ringOrderOf } from '../acd/ring-order.js';
import type { AcdBatch, QueueEngine } from '../acd-ports.js';
import { hasCode, TandemError } from '../errors.js';
import type { FeedNews, NewsDesk } from '../feed-news.js';
import type { Log, Meter } from '../ports.js';
import type { ChatPort, MemberSession, SwitchPort } from '../switch.js';
import type { AcdBoard } from './acd-board.js';
import { createAcdDue } from './acd-due.js';
import { createAcdOrders } from './acd-orders.js';
import { addNews, addStep, addUnsaved, createPending, hasChanges, hasOrders, isSettled, type Pending } from './acd-pending.js';
import { acdSaverLimits, createAcdSaver } from './acd-saver.js';
import { createAcdSessions } from './acd-sessions.js';
import type { After } from './deadline.js';

export interface AcdLoopDeps {
  readonly engine: AcdEngine;
  /** number of the newest stored event; this loop goes on behind it (B25); default: none yet */
  readonly lastSeq?: number | undefined;
  /** Stores one batch under the lease; rejects TDM_STANDBY when it is another's. An empty one only checks the lease. */
  readonly save: (batch: AcdBatch) => Promise<void>;
  readonly switches: ReadonlyMap<SwitchId, SwitchPort>;
  readonly chat?: ChatPort | undefined;
  readonly board: AcdBoard;
  /** lists the live channels of a switch now, and feeds them */
  readonly askChannels: (id: SwitchId) => void;
  /** another owner has taken over: the loop does nothing more */
  readonly onFenced: (reason: TandemError) => void;
  /** Unix ms */
  readonly nowMs: () => number;
  /** monotonic ms, for measuring */
  readonly monoMs: () => number;
  readonly after: After;
  readonly log: Log;
  readonly meter: Meter;
}

export const acdLoopLimits = {
  ...acdSaverLimits,
  /** wishes that wait for their answer */
  asksMax: 20_000,
  /** orders and news that wait for a save; beyond it no wish is taken, facts always are */
  effectsMax: 200_000,
  closeMsMax: 5_000,
};

export interface AcdLoop extends QueueEngine, NewsDesk {
  /** Nothing is taken any more, what was taken is saved and ordered; waiting sessions end so that their dialplan goes on. */
  close(reason: TandemError): Promise<void>;
}

export function createAcdLoop(deps: AcdLoopDeps, limits = acdLoopLimits): AcdLoop {
  return new Loop(deps, limits);
}

class Loop implements AcdLoop {
  readonly #deps: AcdLoopDeps;
  readonly #limits: typeof acdLoopLimits;
  readonly #sessions = createAcdSessions();
  readonly #perform: ReturnType<typeof createAcdOrders>;
  readonly #due: ReturnType<typeof createAcdDue>;
  readonly #saver: ReturnType<typeof createAcdSaver>;
  #pending = createPending();
  /** number of the newest event */
  #seq: number;
  #waiting = 0;
  #isPumping = false;
  /** why nothing is taken any more */
  #closed: TandemError | undefined;
  /** why nothing is done any more */
  #ended: TandemError | undefined;
  #onIdle: (() => void)[] = [];

  constructor(deps: AcdLoopDeps, limits: typeof acdLoopLimits) {
    this.#deps = deps;
    this.#limits = limits;
    this.#seq = deps.lastSeq ?? 0;
    const { engine, nowMs, after } = deps;
    this.#perform = createAcdOrders({
      ...deps,
      chat: deps.chat,
      sessions: this.#sessions,
      chatOffers: [...engine.state.offers.values()].flatMap(({ id, media }) => (media === 'chat' ? [id] : [])),
      decisionsMax: () => engine.state.settings.decisionsKept,
      feed: (event) => this.tell(event),
      isWanted: (offer) => !this.#ended && engine.state.offers.get(offer)?.phase.kind === 'connecting',
    });
    const again = (changes: Pending['changes']): void => {
      addUnsaved(this.#pending.changes, changes);
      this.#kick();
    };
    this.#saver = createAcdSaver({ ...deps, state: () => engine.state, isEnded: () => this.#ended !== undefined, again }, limits);
    this.#due = createAcdDue({ after, nowMs, nextDueMs: () => engine.nextDueMs(), fire: () => this.tell({ type: 'time-passed' }) });
    this.#add(engine.begin(), nowMs());
    this.#due.arm();
    this.#kick();
  }

  tell(event: AcdEvent): void {
    if (this.#closed || this.#step(event) instanceof Error) return;
    this.#kick();
  }

  ask(event: AcdEvent): Promise<Answer> {
    const refusal = this.#closed ?? this.#overload();
    if (refusal) return Promise.reject(refusal);
    const answer = this.#step(event);
    if (answer instanceof Error) return Promise.reject(answer);
    return new Promise((resolve, reject) => {
      this.#waiting++;
      this.#pending.waiters.push({ answer, resolve, reject });
      this.#kick();
    });
  }

  note(news: FeedNews): boolean {
    if (this.#closed || !addNews(this.#pending, news, this.#deps.nowMs(), () => ++this.#seq)) return false;
    this.#kick();
    return true;
  }

  view(): AcdEngine['state'] {
    return this.#deps.engine.state;
  }

  attach(member: MemberId, session: MemberSession): () => void {
    if (!this.#closed) return this.#sessions.attach(member, session);
    this.#end(member, session, this.#closed);
    return () => undefined;
  }

  orderOf(offer: OfferId): RingOrder | undefined {
    return ringOrderOf(this.#deps.engine.state, offer);
  }

  onNotice(listener: Parameters<QueueEngine['onNotice']>[0]): () => void {
    return this.#deps.board.onNotice(listener);
  }

  decisions(): ReturnType<QueueEngine['decisions']> {
    return this.#deps.board.decisions();
  }

  isOwner(): boolean {
    return !this.#closed;
  }

  async close(reason: TandemError): Promise<void> {
    this.#closed ??= reason;
    this.#due.stop();
    this.#saver.stop();
    if (this.#isPumping) await this.#idle();
    this.#finish(this.#closed);
    this.#endSessions(this.#closed);
  }

  /** The answer, or why there is none. A step that failed is told; the engine goes on with the next event. */
  #step(event: AcdEvent): Answer | TandemError {
    const { engine, nowMs, log, meter } = this.#deps;
    const atMs = nowMs();
    meter.count('tandem_acd_events_total', { type: event.type });
    try {
      const step = engine.step(event, atMs);
      this.#add(step, atMs);
      return step.answer;
    } catch (error) {
      meter.count('tandem_acd_step_errors_total', { type: event.type });
      log.error({ error, event: event.type }, 'the queue engine failed over an event, which is left out');
      return new TandemError('TDM_INTERNAL', [], { cause: error });
    } finally {
      this.#due.arm();
    }
  }

  #add(step: Step, atMs: number): void {
    addStep(this.#pending, step, { atMs, monoMs: this.#deps.monoMs() }, () => ++this.#seq);
  }

  #overload(): TandemError | undefined {
    if (this.#waiting >= this.#limits.asksMax)
      return new TandemError('TDM_BUSY', [`${String(this.#limits.asksMax)} wishes to the queue engine`]);
    if (this.#pending.effects.length < this.#limits.effectsMax) return undefined;
    return new TandemError('TDM_BUSY', [`${String(this.#limits.effectsMax)} orders of the queue engine wait for the database`]);
  }

  #kick(): void {
    // what failed so badly that it could not even be told must not keep the rest
    if (!this.#isPumping) this.#pump().catch(() => this.#kick());
  }

  /** Runs without a turn of the event loop until the first save is under way. */
  async #pump(): Promise<void> {
    this.#isPumping = true;
    try {
      while (!this.#ended && !isSettled(this.#pending)) {
        const work = this.#pending;
        this.#pending = createPending();
        await this.#carryOut(work).catch((error: unknown) => this.#failed(work, error));
      }
    } finally {
      this.#isPumping = false;
      for (const go of this.#onIdle.splice(0)) go();
    }
  }

  async #carryOut(work: Pending): Promise<void> {
    if (await this.#store(work)) this.#leave(work);
    else this.#reject(work, this.#whyEnded());
  }

  /** One batch is lost, and none after it: its rows go with the next change of their things. */
  #failed(work: Pending, error: unknown): void {
    this.#reject(work, new TandemError('TDM_INTERNAL', [], { cause: error }));
    this.#deps.meter.count('tandem_acd_batch_errors_total');
    this.#deps.log.error({ error, orders: work.effects.length }, 'the queue engine failed over a batch, which is left out');
  }

  /** False when the loop has ended, so that nothing of this may be done. */
  async #store(work: Pending): Promise<boolean> {
    // Orders without a change are given only by the owner, so the lease is checked for them too.
    if (!hasChanges(work.changes) && !hasOrders(work)) return true;
    try {
      await this.#saver.store(work.changes);
    } catch (error) {
      if (hasCode(error, 'TDM_STANDBY')) return this.#fenced(error);
      if (!this.#ended) throw error;
    }
    return !this.#ended;
  }

  #leave(work: Pending): void {
    if (work.effects.length > 0) this.#deps.meter.observe('tandem_acd_order_seconds', (this.#deps.monoMs() - work.sinceMs) / 1000);
    this.#perform(work.effects);
    for (const { resolve, answer } of this.#takeWaiters(work)) resolve(answer);
  }

  #reject(work: Pending, reason: TandemError): void {
    for (const { reject } of this.#takeWaiters(work)) reject(reason);
  }

  #takeWaiters({ waiters }: Pending): Pending['waiters'] {
    this.#waiting -= waiters.length;
    return waiters.splice(0);
  }

  #fenced(reason: TandemError): false {
    if (this.#ended) return false;
    this.#deps.log.warn({ reason: reason.message }, 'another owner has taken over the queues: nothing more is done here');
    this.#finish(reason);
    this.#endSessions(reason);
    this.#deps.onFenced(reason);
    return false;
  }

  #finish(reason: TandemError): void {
    this.#closed ??= reason;
    if (this.#ended) return;
    this.#ended = reason;
    this.#due.stop();
    this.#saver.stop();
    this.#reject(this.#pending, reason);
    this.#pending = createPending();
  }

  #endSessions(reason: TandemError): void {
    for (const [member, session] of this.#sessions.takeAll()) this.#end(member, session, reason);
  }

  /** The dialplan goes on and comes back, here or at the new owner; the place is kept there. */
  #end(member: MemberId, session: MemberSession, reason: TandemError): void {
    const known = this.#deps.engine.state.members.get(member);
    const waitedMs = known ? Math.max(0, this.#deps.nowMs() - known.joinedAtMs) : 0;
    const queue = known?.queue ?? ('' as never);
    session.exit({ member, queue, reason: 'error', detail: reason.code, agent: undefined, to: undefined, hangUp: false, waitedMs });
  }

  #whyEnded(): TandemError {
    return this.#ended ?? new TandemError('TDM_STOPPING');
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.after(this.#limits.closeMsMax, () => resolve());
      this.#onIdle.push(() => {
        cancel();
        resolve();
      });
    });
  }
}
