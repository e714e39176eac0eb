/**
 * The dialer's engine at work (H2). Events are stepped at once, one at a time, in the order of their arrival; what they
 * changed is saved in one group, and only then the orders of the group leave and its wishes are answered. While one
 * group is being saved the next one gathers. One loop is one ownership of the dialer's lease.
 */
import type { DialerAnswer, DialerEngine, DialerEngineView, DialerStep } from '../dialer/engine/engine-types.js';
import type { DialerEffect, DialerEvent } from '../dialer/engine-words.js';
import { hasCode, TandemError } from '../errors.js';
import type { Log, Meter } from '../ports.js';
import { createAcdDue } from './acd-due.js';
import type { After } from './deadline.js';
import type { DialerSaver } from './dialer-saver.js';

export interface DialerLoopDeps {
  readonly engine: DialerEngine;
  readonly saver: Pick<DialerSaver, 'save'>;
  /** gives one order; must not throw for what may happen in operation */
  readonly perform: (effect: DialerEffect) => void;
  /** another dials now: nothing more is done here */
  readonly onFenced: (reason: TandemError) => void;
  readonly nowMs: () => number;
  readonly monoMs: () => number;
  readonly after: After;
  readonly log: Log;
  readonly meter: Meter;
}

export const dialerLoopLimits = {
  /** wishes that wait for their answer */
  asksMax: 5_000,
  /** orders that wait for a save; beyond it no wish is taken, facts always are */
  effectsMax: 100_000,
  /** at the stop what was begun is waited for so long */
  closeMsMax: 5_000,
};

export interface DialerLoop {
  /** A fact; returns at once. */
  tell(event: DialerEvent): void;
  /** A wish that cannot wait for the database; its changes are stored as those of a fact. Throws TDM_STOPPING, TDM_INTERNAL. */
  answer(event: DialerEvent): DialerAnswer;
  /** A wish; resolves when its changes are stored. Rejects TDM_STANDBY, TDM_STOPPING, TDM_BUSY, TDM_INTERNAL. */
  ask(event: DialerEvent): Promise<DialerAnswer>;
  view(): DialerEngineView;
  learned(): ReadonlyMap<string, unknown>;
  /** Resolves when nothing waits for a save any more. */
  idle(): Promise<void>;
  /** Claims without a call go back, agents are released, everything is stored; then nothing more is taken. */
  close(): Promise<void>;
  /** At once, as after the death of the process. */
  drop(reason: TandemError): void;
}

interface Work {
  readonly effects: DialerEffect[];
  readonly waiters: {
    readonly answer: DialerAnswer;
    readonly resolve: (answer: DialerAnswer) => void;
    readonly reject: (e: TandemError) => void;
  }[];
}

const noWork = (): Work => ({ effects: [], waiters: [] });

export function createDialerLoop(deps: DialerLoopDeps, limits = dialerLoopLimits): DialerLoop {
  return new Loop(deps, limits);
}

class Loop implements DialerLoop {
  readonly #deps: DialerLoopDeps;
  readonly #limits: typeof dialerLoopLimits;
  readonly #due: ReturnType<typeof createAcdDue>;
  #work = noWork();
  #waiting = 0;
  #isPumping = false;
  /** why nothing is taken any more */
  #closed: TandemError | undefined;
  /** why nothing is done any more */
  #ended: TandemError | undefined;
  #onIdle: (() => void)[] = [];

  constructor(deps: DialerLoopDeps, limits: typeof dialerLoopLimits) {
    this.#deps = deps;
    this.#limits = limits;
    const { engine, nowMs, after } = deps;
    this.#due = createAcdDue({ after, nowMs, nextDueMs: () => engine.nextDueMs(), fire: () => this.tell({ type: 'time-passed' }) });
  }

  tell(event: DialerEvent): void {
    if (this.#closed) return;
    this.#step(event);
    this.#kick();
  }

  answer(event: DialerEvent): DialerAnswer {
    if (this.#closed) throw this.#closed;
    const answer = this.#step(event);
    this.#kick();
    if (answer instanceof Error) throw answer;
    return answer;
  }

  ask(event: DialerEvent): Promise<DialerAnswer> {
    const refusal = this.#closed ?? this.#overload();
    if (refusal) return Promise.reject(refusal);
    const answer = this.#step(event);
    if (answer instanceof Error) return Promise.reject(answer);
    return new Promise((resolve, reject) => {
      this.#waiting++;
      this.#work.waiters.push({ answer, resolve, reject });
      this.#kick();
    });
  }

  view(): DialerEngineView {
    return this.#deps.engine.view();
  }

  learned(): ReadonlyMap<string, unknown> {
    return this.#deps.engine.learned();
  }

  idle(): Promise<void> {
    if (!this.#isPumping) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#deps.after(this.#limits.closeMsMax, resolve);
      this.#onIdle.push(() => {
        cancel();
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const { engine, nowMs, log } = this.#deps;
    try {
      this.#add(engine.stop(nowMs()));
      this.#kick();
    } catch (error) {
      log.error({ error }, 'the dialer failed over its stop');
    }
    this.#due.stop();
    await this.idle();
    this.#end(new TandemError('TDM_STOPPING'));
  }

  drop(reason: TandemError): void {
    this.#end(reason);
  }

  /** A step that failed is told; the engine goes on with the next event. */
  #step(event: DialerEvent): DialerAnswer | TandemError {
    const { engine, nowMs, monoMs, log, meter } = this.#deps;
    const beganMs = monoMs();
    meter.count('tandem_dialer_events_total', { type: event.type });
    try {
      const step = engine.step(event, nowMs());
      this.#add(step);
      return step.answer;
    } catch (error) {
      meter.count('tandem_dialer_step_errors_total', { type: event.type });
      log.error({ error, event: event.type }, 'the dialer failed over an event, which is left out');
      return new TandemError('TDM_INTERNAL', [], { cause: error });
    } finally {
      if (event.type === 'ticked') meter.observe('tandem_dialer_decision_seconds', (monoMs() - beganMs) / 1000);
      this.#due.arm();
    }
  }

  #add(step: DialerStep): void {
    this.#work.effects.push(...step.effects);
  }

  #overload(): TandemError | undefined {
    const { asksMax, effectsMax } = this.#limits;
    if (this.#waiting >= asksMax) return new TandemError('TDM_BUSY', [`${String(asksMax)} wishes to the dialer`]);
    if (this.#work.effects.length < effectsMax) return undefined;
    return new TandemError('TDM_BUSY', [`${String(effectsMax)} orders of the dialer wait for the database`]);
  }

  #kick(): void {
    if (!this.#isPumping) void this.#pump();
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    try {
      while (!this.#ended && (this.#work.effects.length > 0 || this.#work.waiters.length > 0)) {
        const work = this.#work;
        this.#work = noWork();
        await this.#carryOut(work);
      }
    } finally {
      this.#isPumping = false;
      for (const go of this.#onIdle.splice(0)) go();
    }
  }

  async #carryOut(work: Work): Promise<void> {
    const changes = work.effects.flatMap((effect) => (effect.type === 'change' ? [effect.change] : []));
    try {
      if (changes.length > 0) await this.#deps.saver.save(changes);
    } catch (error) {
      this.#failed(work, error);
      return;
    }
    if (this.#ended) {
      this.#reject(work, this.#ended);
      return;
    }
    for (const effect of work.effects) if (effect.type !== 'change') this.#perform(effect);
    this.#waiting -= work.waiters.length;
    for (const { resolve, answer } of work.waiters) resolve(answer);
  }

  #perform(effect: DialerEffect): void {
    try {
      this.#deps.meter.count('tandem_dialer_orders_total', { type: effect.type });
      this.#deps.perform(effect);
    } catch (error) {
      this.#deps.log.error({ error, order: effect.type }, 'an order of the dialer could not be given');
    }
  }

  /** The saver keeps what no database takes, so this is another owner, or an error of ours. */
  #failed(work: Work, error: unknown): void {
    const reason = error instanceof TandemError ? error : new TandemError('TDM_INTERNAL', [], { cause: error });
    this.#reject(work, reason);
    if (!hasCode(reason, 'TDM_STANDBY')) {
      this.#deps.log.error({ error, orders: work.effects.length }, 'orders of the dialer are left out: their changes could not be stored');
      return;
    }
    if (this.#ended) return;
    this.#end(reason);
    this.#deps.onFenced(reason);
  }

  #end(reason: TandemError): void {
    this.#closed ??= reason;
    if (this.#ended) return;
    this.#ended = reason;
    this.#due.stop();
    this.#reject(this.#work, reason);
    this.#work = noWork();
  }

  #reject(work: Work, reason: TandemError): void {
    this.#waiting -= work.waiters.length;
    for (const { reject } of work.waiters) reject(reason);
  }
}
