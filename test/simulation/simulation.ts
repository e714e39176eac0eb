/**
 * A seeded day of trouble (H16): callers, agents, switches and supervisors around one engine. Events reach it late,
 * twice, in another order or never; it dies at any point and is built again from what was stored. After each step
 * the checkers look; the seed repeats everything.
 */
import type { AcdConfig } from '../../core/acd/config.js';
import type { AcdEngine, EngineStart, Step } from '../../core/acd/engine.js';
import type { AcdEffect } from '../../core/acd/effects.js';
import type { AcdEvent, Answer } from '../../core/acd/events.js';
import { switchId } from '../../core/acd/ids.js';
import type { SwitchId } from '../../core/acd/ids.js';
import { Agenda } from './agenda.js';
import type { Checker } from './checker.js';
import { Floor } from './floor.js';
import { History } from './history.js';
import { Door } from './door.js';
import { Lines } from './lines.js';
import type { Leg } from './lines.js';
import { Phones } from './phones.js';
import { drawConfig } from './plan-config.js';
import type { Plan } from './plan.js';
import { noFaults } from './plan.js';
import type { Random } from './random.js';
import { StoreCopy } from './store-copy.js';
import { Supervisor } from './supervisor.js';
import { Violation } from './violation.js';

/** Simulated days begin here; nothing depends on the date but opening hours, which no simulated queue has. */
const dawnMs = 1_800_000_000_000;
/** How often the loop asks a switch for its channels. */
const reconcileEveryMs = 30_000;

export type EngineFactory = (start: EngineStart) => AcdEngine;

export class Simulation {
  readonly plan: Plan;
  readonly random: Random;
  readonly agenda = new Agenda();
  readonly lines = new Lines();
  readonly store = new StoreCopy();
  readonly history = new History();
  readonly switches: readonly SwitchId[];
  readonly door: Door;
  readonly phones: Phones;
  readonly floor: Floor;
  readonly supervisor: Supervisor;
  config: AcdConfig;
  nowMs = dawnMs;
  steps = 0;
  /** no faults any more: the day is over and everybody goes home */
  isCalm = false;
  engine: AcdEngine | undefined;
  private readonly create: EngineFactory;
  private readonly checkers: readonly Checker[];
  private starts = 0;
  private crashNext: 'before-save' | 'after-save' | undefined;
  /** as of the last step that was stored */
  private configured: AcdConfig | undefined;
  private armedForMs = Infinity;
  private performedMs = 0;
  /** when a member last changed */
  private busyAtMs = 0;
  private readonly downToEngine = new Set<SwitchId>();

  constructor(plan: Plan, random: Random, create: EngineFactory, checkers: readonly Checker[]) {
    this.plan = plan;
    this.random = random;
    this.create = create;
    this.checkers = checkers;
    this.switches = Array.from({ length: plan.switches }, (_, i) => switchId(`node-${i + 1}`));
    this.config = drawConfig(plan, random);
    this.door = new Door(this);
    this.phones = new Phones(this);
    this.floor = new Floor(this);
    this.supervisor = new Supervisor(this);
  }

  /** The whole day, and then until the last deadline has passed. */
  run(): void {
    this.start();
    this.door.open();
    this.floor.open();
    this.supervisor.open();
    this.scheduleFaults();
    this.every(reconcileEveryMs, () => this.reconcileAll());
    this.until(dawnMs + this.plan.dayMs);
    this.calmDown();
    this.busyAtMs = this.nowMs;
    const longestMs = 3_600_000 + 10 * this.plan.patienceMs + 10 * this.plan.talkMs;
    const limitMs = this.nowMs + longestMs;
    // also wrap-ups, rests and reservations end by themselves
    while (this.nowMs < limitMs && !(this.isEmpty() && this.nowMs - this.busyAtMs > 180_000)) this.until(this.nowMs + 60_000);
    this.end();
  }

  /** A leg is about to ring. */
  rung(leg: Leg): void {
    const { engine } = this;
    if (engine) for (const checker of this.checkers) checker.rung?.(leg, this.lines, engine.state);
  }

  get faults() {
    return this.isCalm ? noFaults : this.plan.faults;
  }

  later(ms: number, run: () => void): void {
    this.agenda.add(this.nowMs + ms, run);
  }

  /** Again and again, each time after about `meanMs`, until the day is over; 0 = never. */
  often(meanMs: number, run: () => void): void {
    if (meanMs === 0) return;
    this.later(1 + this.random.span(meanMs), () => {
      if (this.isCalm) return;
      run();
      this.often(meanMs, run);
    });
  }

  private every(ms: number, run: () => void): void {
    this.later(ms, () => {
      run();
      this.every(ms, run);
    });
  }

  /**
   * A fact on its way to the engine: it may come late, twice, or never. News of a session come once and soon: a
   * second or old `caller-left` could not be told from that of the caller who has taken the place up again.
   */
  report(event: AcdEvent, on?: SwitchId): void {
    const { faults, random } = this;
    if (on !== undefined && this.lines.down.has(on)) {
      this.history.note(this.nowMs, `lost with the link: ${event.type}`);
      return;
    }
    if (random.chance(faults.lostShare)) {
      this.history.note(this.nowMs, `lost: ${event.type}`);
      return;
    }
    const lateMsMax = event.type === 'caller-left' ? Math.min(faults.lateMsMax, 500) : faults.lateMsMax;
    const delayMs = random.int(0, 15) + (random.chance(faults.lateShare) ? random.int(0, lateMsMax) : 0);
    this.later(delayMs, () => this.feed(event));
    if (event.type !== 'caller-left' && random.chance(faults.doubledShare))
      this.later(delayMs + random.int(0, 2 * faults.lateMsMax), () => this.feed(event));
  }

  /** By the API, where the client gets an answer and asks again without one: it arrives, once or more. */
  insist(event: AcdEvent): void {
    this.later(this.random.int(0, 15), () => {
      if (this.feed(event) === undefined) this.later(1_000, () => this.insist(event));
    });
  }

  /** Into the engine, now. Undefined: nobody is there, or it died on the way; the asker does not know which. */
  feed(event: AcdEvent): Answer | undefined {
    const { engine } = this;
    if (!engine) return undefined;
    const wasDue = (engine.nextDueMs() ?? Infinity) <= this.nowMs;
    const crash = this.crashNext;
    this.crashNext = undefined;
    const step = engine.step(event, this.nowMs);
    this.history.step(this.nowMs, event, step);
    if (event.type === 'time-passed') this.checkTime(engine);
    if (crash === 'before-save') {
      this.die('before the step was stored');
      return undefined;
    }
    if (event.type === 'configured') this.configured = event.config;
    if (event.type === 'switch-changed') this.downToEngine[event.isUp ? 'delete' : 'add'](event.switch);
    this.saved(engine, event, step, wasDue);
    if (crash === 'after-save') {
      const done = this.random.int(0, step.effects.length);
      step.effects.slice(0, done).forEach((effect) => this.perform(effect));
      this.die(`after ${String(done)} of ${String(step.effects.length)} orders`);
      return undefined;
    }
    this.schedule(step.effects);
    this.arm(engine);
    return step.answer;
  }

  // ---------------------------------------------------------------- life and death of the process

  private start(): void {
    const stored = this.store.load();
    const first = this.starts === 0;
    const start: EngineStart = {
      config: this.config,
      instance: `i${String(++this.starts)}`,
      seed: this.plan.seed,
      nowMs: this.nowMs,
      ...(first ? {} : { stored }),
    };
    const engine = this.create(start);
    this.downToEngine.clear();
    const restart = { state: engine.state, stored, nowMs: this.nowMs, lines: this.lines, isSameConfig: this.configured === this.config };
    if (!first) this.checkers.forEach((checker) => checker.restarted?.(restart));
    this.configured = this.config;
    this.engine = engine;
    const step = engine.begin();
    this.history.note(this.nowMs, `start ${String(this.starts)}`);
    this.history.step(this.nowMs, undefined, step);
    this.saved(engine, undefined, step, true);
    this.schedule(step.effects);
    this.arm(engine);
    for (const id of this.lines.down) this.feed({ type: 'switch-changed', switch: id, isUp: false });
    if (!first) this.reconcileAll();
  }

  private die(when: string): void {
    this.history.note(this.nowMs, `the process dies ${when}`);
    this.engine = undefined;
    this.armedForMs = Infinity;
    this.door.processDied();
    this.phones.processDied();
    this.later(this.random.int(0, 15_000), () => this.start());
  }

  /** Dies now, or in the middle of the next step. */
  private crash(): void {
    if (!this.engine) return;
    if (this.random.chance(0.3)) this.die('between two steps');
    else this.crashNext = this.random.pick(['before-save', 'after-save']);
  }

  private scheduleFaults(): void {
    const { faults } = this.plan;
    this.often(faults.restartEveryMs, () => this.crash());
    this.often(faults.linkDownEveryMs, () => this.linkDown(this.random.pick(this.switches)));
    this.often(faults.jumpEveryMs, () => {
      const byMs = this.random.int(1, faults.jumpMsMax);
      this.nowMs += byMs;
      this.history.note(this.nowMs, `the clock jumps by ${String(byMs)} ms`);
    });
  }

  private linkDown(on: SwitchId): void {
    if (this.lines.down.has(on)) return;
    this.lines.down.add(on);
    this.feed({ type: 'switch-changed', switch: on, isUp: false });
    this.later(this.random.int(100, 40_000), () => this.linkUp(on));
  }

  private linkUp(on: SwitchId): void {
    if (!this.lines.down.delete(on)) return;
    this.feed({ type: 'switch-changed', switch: on, isUp: true });
    this.reconcile(on);
  }

  private calmDown(): void {
    this.isCalm = true;
    this.crashNext = undefined;
    this.history.note(this.nowMs, 'the day is over');
    if (!this.engine) this.start();
    for (const on of this.lines.down) this.linkUp(on);
    this.feed({ type: 'dispatching-asked', isOn: true });
  }

  private reconcileAll(): void {
    for (const on of this.switches) this.reconcile(on);
  }

  /** As the loop does: a question, an answer somewhat later. */
  private reconcile(on: SwitchId): void {
    if (!this.engine || this.lines.down.has(on)) return;
    const askedAtMs = this.nowMs;
    const asker = this.engine;
    this.later(this.random.int(1, 20), () => {
      const { uniqueIds, bridged } = this.lines.list(on);
      this.later(this.random.int(1, 20), () => {
        if (this.engine === asker) this.feed({ type: 'channels-listed', switch: on, askedAtMs, uniqueIds, bridged });
      });
    });
  }

  // ---------------------------------------------------------------- time and orders

  private until(endMs: number): void {
    for (;;) {
      const next = this.agenda.nextMs();
      // after a jump of the clock everything that it passed over is due
      if (next === undefined || next > Math.max(endMs, this.nowMs)) break;
      const entry = this.agenda.take();
      this.nowMs = Math.max(this.nowMs, next);
      entry?.run();
    }
    this.nowMs = Math.max(this.nowMs, endMs);
  }

  private arm(engine: AcdEngine): void {
    const dueMs = engine.nextDueMs();
    if (dueMs === undefined || dueMs >= this.armedForMs) return;
    this.armedForMs = dueMs;
    const atMs = Math.max(this.nowMs, dueMs) + this.random.int(0, this.faults.timerLateMsMax);
    this.agenda.add(atMs, () => {
      if (this.engine !== engine || this.armedForMs !== dueMs) return;
      this.armedForMs = Infinity;
      if ((engine.nextDueMs() ?? Infinity) <= this.nowMs) this.feed({ type: 'time-passed' });
      else this.arm(engine);
    });
  }

  private schedule(effects: readonly AcdEffect[]): void {
    const by = this.engine;
    for (const effect of effects) {
      if (effect.type === 'notice' || effect.type === 'decision') continue;
      this.performedMs = Math.max(this.performedMs, this.nowMs + this.random.int(0, 2));
      this.agenda.add(this.performedMs, () => {
        if (this.engine === by) this.perform(effect);
      });
    }
  }

  private perform(effect: AcdEffect): void {
    switch (effect.type) {
      case 'ring':
        this.phones.ring(effect.order);
        return;
      case 'cancel-ring':
        this.phones.cancel(effect.leg, effect.offer);
        return;
      case 'hang-up-leg':
        this.phones.hangUp(effect.leg);
        return;
      case 'connect':
        this.phones.connect(effect.order);
        return;
      case 'call-back':
        this.phones.callBack(effect);
        return;
      case 'cancel-call-back':
        this.phones.hangUp(effect.leg);
        return;
      case 'message':
        this.door.message(effect.member);
        return;
      case 'exit':
        this.door.exit(effect.order);
        return;
      case 'check-channels':
        this.reconcile(effect.switch);
        return;
      default:
    }
  }

  // ---------------------------------------------------------------- checks

  private saved(engine: AcdEngine, event: AcdEvent | undefined, step: Step, wasDue: boolean): void {
    this.steps++;
    if (step.changes.members.size > 0) this.busyAtMs = this.nowMs;
    this.store.save(engine.state, step.changes);
    const isThorough = this.steps % this.plan.thoroughEvery === 0;
    if (isThorough && (this.plan.thoroughEvery > 1 || this.steps % 8 === 0)) {
      const difference = this.store.difference(engine.state);
      if (difference) throw new Violation('storing', `a change was not named: ${difference}`);
    }
    const seen = {
      ...step,
      nowMs: this.nowMs,
      event,
      state: engine.state,
      wasDue,
      isThorough,
      downToEngine: this.downToEngine,
      lines: this.lines,
    };
    for (const checker of this.checkers) checker.saved?.(seen);
  }

  /** When time was looked at, nothing is overdue; else the loop would look again and again. */
  private checkTime(engine: AcdEngine): void {
    const dueMs = engine.nextDueMs();
    if (dueMs !== undefined && dueMs <= this.nowMs)
      throw new Violation(
        'deadlines',
        `something is due at ${String(dueMs)} still, ${String(this.nowMs - dueMs)} ms ago, after time-passed`,
      );
  }

  private isEmpty(): boolean {
    const state = this.engine?.state;
    return state !== undefined && state.members.size === 0 && state.offers.size === 0 && this.lines.legs.size === 0;
  }

  private end(): void {
    const state = this.engine?.state;
    if (!state) throw new Error('no engine at the end of the day');
    for (const checker of this.checkers) checker.ended?.({ nowMs: this.nowMs, state, segments: this.store.segments });
  }
}
