/** The pacer: how many calls to place now. docs/pacing.md explains the method and its figures. */
import { answerShare, answerTable, horizonCount, horizonsOf, talkCell, talkTable, wrapCell, wrapTable } from './outlook.js';
import type { AnswerTable } from './outlook.js';
import { DecisionLog } from './decision-log.js';
import { EventOrder } from './event-order.js';
import { explainDecision } from './explain.js';
import { kindOf, Learner } from './learner.js';
import { settingsOf } from './options.js';
import type { PacerOptions, Settings } from './options.js';
import { agesMax, ageIndex } from './ring-times.js';
import { riskOf } from './risk.js';
import type { Chances, Risk } from './risk.js';
import { goalOf, isSpent, Steering } from './steering.js';
import type { Budget, Goal } from './steering.js';
import { restoreLearned, saveLearned } from './snapshot.js';
import type { Decision, Explanation, Pacer, PacerEvent, PacerState, PacingRule } from './types.js';

const tablesSeconds = 5;
const startOutcomes = 10;
const startExtraSeconds = 2;
const carefulAgents = 50;
const carefulShare = 0.9;
const answerShareMin = 0.02;

export const createPacer = (options: PacerOptions = {}): Pacer => new PredictivePacer(settingsOf(options));

class PredictivePacer implements Pacer {
  readonly name: string;
  readonly tick: number;
  private readonly settings: Settings;
  private readonly order = new EventOrder();
  private readonly learner = new Learner();
  private readonly steering = new Steering();
  private readonly log: DecisionLog;
  private answerTables: AnswerTable[] = [];
  private answerShares: number[] = [];
  private horizons: Float64Array = new Float64Array(horizonCount);
  private talkTable: Float64Array = new Float64Array(0);
  private wrapTable: Float64Array = new Float64Array(0);
  private tablesAt = -Infinity;
  private goal: Goal = { share: 0, toCome: 0 };
  /** the last decision was limited by θ: only then a connected call is a reason to raise it */
  private isGoverned = false;

  constructor(settings: Settings) {
    this.settings = settings;
    this.name = settings.name;
    this.tick = settings.tick;
    this.log = new DecisionLog(settings.decisionsKept);
  }

  onEvent(event: PacerEvent): void {
    for (const held of this.order.push(event)) this.handle(held);
  }

  decide(state: PacerState): number {
    for (const event of this.order.drain()) this.handle(event);
    this.learner.tick(state);
    const isStart = this.isStart(state);
    const isCareful = !isStart && this.isCareful(state);
    // the shape of the ring time is still unknown: another one must not be mistaken for another level
    if (isStart || isCareful) this.learner.level.reset();
    this.buildTables(state);
    const budget = budgetOf(state);
    this.goal = goalOf(budget, this.settings.goalShare);
    const { place, rule, risk } = this.limit(state, this.choose(state, budget, { isStart, isCareful }));
    this.isGoverned = rule === 'risk';
    this.log.add(this.record(state, { place, rule, risk }));
    return place;
  }

  snapshot(): unknown {
    for (const event of this.order.drain()) this.handle(event);
    return saveLearned(this.learner, this.steering);
  }

  restore(snapshot: unknown): void {
    if (restoreLearned(snapshot, this.learner, this.steering)) this.tablesAt = -Infinity;
  }

  decisions(countMax = this.settings.decisionsKept): Decision[] {
    return this.log.last(countMax);
  }

  explain(): Explanation {
    return explainDecision(this.log.last(1)[0]);
  }

  private handle(event: PacerEvent): void {
    const rate = this.learner.answers.perSecond();
    if (event.type === 'connected' && this.isGoverned) this.steering.connected(this.goal.share, rate);
    if (event.type === 'abandoned') this.steering.abandoned(this.goal.share, rate, this.learner.personShare);
    if (event.type === 'talkEnd' && !event.live && this.isGoverned) this.steering.wasMachine(this.goal.share, rate);
    this.learner.handle(event);
  }

  private isStart({ now, ringTimeout }: PacerState): boolean {
    const { outcomesSeen, firstPlacedAt, wasRestored } = this.learner;
    if (outcomesSeen < startOutcomes) return true;
    if (wasRestored) return false;
    return firstPlacedAt === undefined || now < firstPlacedAt + ringTimeout + startExtraSeconds;
  }

  private isCareful({ counts }: PacerState): boolean {
    const signedIn = counts.ready + counts.talk + counts.wrap;
    return signedIn >= carefulAgents && this.learner.answersSeen < signedIn;
  }

  private buildTables(state: PacerState): void {
    if (state.now - this.tablesAt < tablesSeconds && state.now >= this.tablesAt) return;
    this.tablesAt = state.now;
    const { learner } = this;
    learner.learn(state.ringTimeout);
    const level = learner.level.value();
    const [first] = learner.rates;
    if (!first) return;
    this.horizons = horizonsOf(first, level);
    this.answerTables = learner.rates.map((rates) => answerTable(rates, level, this.horizons));
    this.answerShares = learner.rates.map((rates) => answerShare(rates, level));
    const rates = { talk: learner.talk.rates(), wrap: learner.wrap.rates() };
    this.talkTable = talkTable(rates, this.horizons, state.grace);
    this.wrapTable = wrapTable(rates, this.horizons, state.grace);
  }

  private choose(
    state: PacerState,
    budget: Budget,
    { isStart, isCareful }: { isStart: boolean; isCareful: boolean },
  ): { place: number; rule: PacingRule; risk: number } {
    const { ready, talk, wrap, ringing, waiting } = state.counts;
    const inFlight = ringing + waiting;
    const signedIn = ready + talk + wrap;
    const free = (ready - (state.inbound?.waiting ?? 0)) * (state.share ?? 1);
    const onePerReady = Math.max(0, Math.floor(free) - inFlight);
    if (signedIn === 0) return { place: 0, rule: 'no-agents', risk: NaN };
    if (signedIn < this.settings.minPredictiveAgents) return { place: onePerReady, rule: 'few-agents', risk: NaN };
    if (isStart) return { place: onePerReady, rule: 'start', risk: NaN };
    if (isCareful) return { place: Math.max(onePerReady, this.carefulPlace(free - waiting, inFlight)), rule: 'careful', risk: NaN };
    if (isSpent(budget, this.goal, 0)) return { place: onePerReady, rule: 'guard', risk: NaN };
    return this.byRisk(state, free - waiting, Math.max(0, this.settings.linesPerAgentMax * signedIn - inFlight));
  }

  private carefulPlace(free: number, inFlight: number): number {
    const share = (this.answerShares[0] ?? 0) * (1 + 2 / Math.sqrt(this.learner.answersSeen + 1));
    return Math.floor((carefulShare * free) / Math.max(answerShareMin, share)) - inFlight;
  }

  private byRisk(state: PacerState, free: number, cap: number): { place: number; rule: PacingRule; risk: number } {
    const { theta } = this.steering;
    const risk = this.riskNow(state, free);
    let k = 0;
    let next = risk.now();
    while (k < cap && next <= theta) {
      const table = this.answerTables[kindOf(state.nextBucket(k))] ?? this.answerTables[0];
      if (!table) break;
      risk.add(table);
      k++;
      next = risk.now();
    }
    return { place: k, rule: k < cap || next > theta ? 'risk' : 'agents-cap', risk: next };
  }

  private riskNow(state: PacerState, free: number): Risk {
    const { talkTable: talk, wrapTable: wrap } = this;
    const busy: Chances[] = [];
    for (const agent of state.agents) {
      const elapsed = state.now - agent.since;
      if (agent.state === 'talk') busy.push({ count: 1, table: talk, from: talkCell(elapsed) * horizonCount });
      else if (agent.state === 'wrap') busy.push({ count: 1, table: wrap, from: wrapCell(elapsed) * horizonCount });
    }
    const perSecond = state.inbound ? (state.inbound.perSecond ?? this.learner.inbound.perSecond()) : 0;
    const share = state.share ?? 1;
    const demand = perSecond * share * (1 + (state.inbound?.reserve ?? 0));
    return riskOf({
      free,
      calls: this.ringing(state),
      busy,
      extra: this.horizons.map((h) => demand * (h + state.grace)),
      levelVariance: this.learner.level.variance(),
      share,
    });
  }

  /** Ringing calls of one kind and age have the same chances. */
  private ringing({ calls, now }: PacerState): Chances[] {
    const counts = new Map<number, number>();
    for (const call of calls) {
      if (call.state !== 'ringing') continue;
      const key = kindOf(call.bucket) * agesMax + ageIndex(Math.round(now - call.placedAt));
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return [...counts].map(([key, count]) => ({
      count,
      table: this.answerTables[Math.floor(key / agesMax)] ?? this.answerTables[0] ?? new Float64Array(0),
      from: (key % agesMax) * horizonCount,
    }));
  }

  private limit(
    { limits, counts, tick }: PacerState,
    chosen: { place: number; rule: PacingRule; risk: number },
  ): { place: number; rule: PacingRule; risk: number } {
    const lines = Math.max(0, Math.floor(limits.maxLines) - counts.ringing - counts.waiting - counts.talk);
    const rate = Math.max(0, Math.ceil(limits.maxCps * tick));
    if (chosen.place > lines && lines <= rate) return { ...chosen, place: lines, rule: 'lines' };
    if (chosen.place > rate) return { ...chosen, place: rate, rule: 'calls-per-second' };
    return chosen;
  }

  private record(state: PacerState, { place, rule, risk }: { place: number; rule: PacingRule; risk: number }): Decision {
    const { ready, talk, wrap, ringing, waiting } = state.counts;
    return {
      now: state.now,
      place,
      rule,
      risk,
      ready,
      talk,
      wrap,
      ringing,
      waiting,
      theta: this.steering.theta,
      goal: this.goal.share,
      answerShare: this.answerShares[0] ?? 0,
      ringSeconds: this.horizons[(horizonCount - 1) / 2] ?? 0,
      abandoned: state.totals.abandoned,
      connected: state.totals.connected,
    };
  }
}

function budgetOf({ now, target, totals, today, shift }: PacerState): Budget {
  const answered = totals.connected + totals.abandoned;
  return {
    target,
    answered,
    abandoned: totals.abandoned,
    answeredToday: today ? today.answered : answered,
    elapsed: now - shift.start,
    left: shift.end - now,
  };
}
