/** The pacer: how many calls to place now. docs/pacing.md explains the method and its figures. */
import { DecisionLog } from './decision-log.js';
import { EventOrder } from './event-order.js';
import { explainDecision } from './explain.js';
import { Forecast } from './forecast.js';
import { Fulfilment } from './fulfilment.js';
import { Learner } from './learner.js';
import { settingsOf } from './options.js';
import type { PacerOptions, Settings } from './options.js';
import { Silence } from './silence.js';
import { ShiftBegin } from './shift-begin.js';
import { restoreLearned, saveLearned } from './snapshot.js';
import { noneIfUnknown, soundState } from './sound-state.js';
import { goalOf, isSpent, Steering, thetaMin } from './steering.js';
import type { Budget } from './steering.js';
import type { CampaignWindow, Decision, Explanation, Pacer, PacerEvent, PacerState, PacingRule } from './types.js';

/** The start ends when so many calls have ended, and the first one could have rung to its end. */
const startOutcomes = 10;
const startExtraSeconds = 2;
/** After it the team goes on carefully until there was an answer for each agent, and at least so many. */
const carefulAnswersMin = 30;
const carefulPart = 0.9;
const answerShareMin = 0.02;
/** Abandoned calls come in bursts: so many times the expected number in flight is kept back at the end of the budget. */
const burst = 4;

/** A number of calls, the rule that set it, and the risk of the next call where one was looked at. */
interface Choice {
  readonly place: number;
  readonly rule: PacingRule;
  readonly risk: number;
}

/** @throws {RangeError} when an option cannot be */
export const createPacer = (options: PacerOptions = {}): Pacer => new PredictivePacer(settingsOf(options));

class PredictivePacer implements Pacer {
  readonly name: string;
  readonly tick: number;
  private readonly settings: Settings;
  private readonly order = new EventOrder();
  readonly learner = new Learner();
  private readonly forecast = new Forecast(this.learner);
  readonly steering = new Steering();
  private readonly fulfilment = new Fulfilment();
  private readonly silence = new Silence();
  readonly shiftBegin = new ShiftBegin();
  private readonly log: DecisionLog;
  /** share of the coming answers that may be abandoned */
  private goal = 0;
  /** mean chance of an answer of the contacts that come next */
  private answerShare = 0;
  /** highest accepted risk */
  private theta = 0;
  /** the last decision was limited by θ: only then a connected call is a reason to raise it */
  private isGoverned = false;

  constructor(settings: Settings) {
    this.settings = settings;
    this.name = settings.name;
    this.tick = settings.tick;
    this.log = new DecisionLog(settings.decisionsKept);
  }

  onEvent(event: PacerEvent): void {
    if (!Number.isFinite(event.t)) return; // without a time it can be put in no order
    for (const held of this.order.push(event)) this.handle(held);
  }

  /** @throws {RangeError} when `now` is no time: nothing could be learned or decided rightly after it */
  decide(state: PacerState): number {
    if (!Number.isFinite(state.now)) throw new RangeError('pacer: state.now must be a number of seconds');
    return this.decideSoundly(soundState(state));
  }

  snapshot(): unknown {
    for (const event of this.order.drain()) this.handle(event);
    return saveLearned(this);
  }

  restore(snapshot: unknown): void {
    if (restoreLearned(snapshot, this)) this.forecast.forget();
  }

  decisions(countMax = this.settings.decisionsKept): Decision[] {
    return this.log.last(countMax);
  }

  explain(): Explanation {
    return explainDecision(this.log.last(1)[0]);
  }

  private decideSoundly(state: PacerState): number {
    for (const event of this.order.drain()) this.handle(event);
    this.fulfilment.passed(this.learner.tick(state));
    // the shape of the ring time is still unknown: another one must not be mistaken for another level
    const isEarly = this.isStart(state) || this.isCareful(state);
    if (isEarly) {
      this.learner.level.reset();
      this.silence.reset();
      this.learner.isLearningAnswers = true;
    }
    this.forecast.refresh(state);
    this.answerShare = this.forecast.answerShareAhead(state);
    const budgets = budgetsOf(state, this.shiftBegin.of(state));
    this.goal = Math.min(...budgets.map((budget) => goalOf(budget, this.settings.goalShare)));
    this.steering.begin(signedInOf(state.counts), isEarly);
    this.theta = this.steering.thetaFor(this.goal, state.target);
    const choice = withinLimits(state, this.choose(state, budgets));
    this.isGoverned = choice.rule === 'risk';
    this.fulfilment.wish(choice.place);
    this.log.add(this.record(state, choice));
    return choice.place;
  }

  private handle(event: PacerEvent): void {
    const rate = this.learner.answers.perSecond();
    if (event.type === 'placed') this.fulfilment.placedOne();
    if (event.type === 'connected' && this.isGoverned && !this.fulfilment.isHeldBack) this.steering.connected(this.goal, rate);
    if (event.type === 'abandoned') this.steering.abandoned(this.goal, rate, this.learner.personShare);
    const isMachine = event.type === 'machine' || (event.type === 'talkEnd' && !event.live);
    if (isMachine && this.isGoverned && !this.fulfilment.isHeldBack) this.steering.wasMachine(this.goal, rate);
    const { outcomesSeen } = this.learner;
    this.learner.handle(event);
    if (this.learner.outcomesSeen > outcomesSeen) this.listen(event.type === 'answered');
  }

  /** A call of ours has ended ringing. */
  private listen(isAnswer: boolean): void {
    const isHeardAgain = isAnswer && this.silence.isDeaf;
    this.silence.ended(isAnswer, this.answerShare);
    if (isHeardAgain) this.learner.level.reset();
    this.learner.isLearningAnswers = !this.silence.isDeaf;
  }

  private isStart({ now, ringTimeout }: PacerState): boolean {
    const { outcomesSeen, firstPlacedAt, wasRestored } = this.learner;
    if (outcomesSeen < startOutcomes) return true;
    return !wasRestored && (firstPlacedAt === undefined || now < firstPlacedAt + ringTimeout + startExtraSeconds);
  }

  private isCareful({ counts }: PacerState): boolean {
    const signedIn = signedInOf(counts);
    return this.learner.answersSeen < Math.max(carefulAnswersMin, signedIn);
  }

  private choose(state: PacerState, budgets: readonly Budget[]): Choice {
    const { counts, calls } = state;
    const signedIn = signedInOf(counts);
    const inFlight = Math.max(calls.length, counts.ringing + counts.waiting);
    const free = freeOf(state);
    const oneEach = (rule: PacingRule): Choice => ({ place: Math.max(0, Math.floor(free) - inFlight), rule, risk: NaN });
    if (signedIn === 0) return { place: 0, rule: 'no-agents', risk: NaN };
    if (signedIn < this.settings.minPredictiveAgents) return oneEach('few-agents');
    if (this.isStart(state)) return oneEach('start');
    if (this.silence.isSilent) return oneEach('silence');
    // a burst of inbound calls takes agents from calls already ringing
    const atRisk = counts.waiting + burst * this.theta * this.answerShare * counts.ringing + Number(state.inbound !== undefined);
    // others may take the ready agents, inbound callers or another campaign: then one call each is too many
    if (budgets.some((budget) => isSpent(budget, atRisk)))
      return { ...this.byRisk(state, oneEach('guard').place, thetaMin), rule: 'guard' };
    const choice = this.byRisk(state, Math.max(0, this.settings.linesPerAgentMax * signedIn - inFlight), this.theta);
    const careful = this.isCareful(state)
      ? Math.max(oneEach('careful').place, this.carefulPlace(free - counts.waiting) - inFlight)
      : Infinity;
    return choice.place > careful ? { ...choice, place: careful, rule: 'careful' } : choice;
  }

  /** Calls in flight that are safe even if answers are as frequent as they can be with so few seen. */
  private carefulPlace(free: number): number {
    const highest = this.answerShare * (1 + 2 / Math.sqrt(this.learner.answersSeen + 1));
    return Math.floor((carefulPart * free) / Math.max(answerShareMin, highest));
  }

  private byRisk(state: PacerState, cap: number, theta: number): Choice {
    const risk = this.forecast.risk(state, freeOf(state) - state.counts.waiting);
    let place = 0;
    let next = risk.now();
    while (place < cap && next <= theta) {
      risk.add(this.forecast.ofNewCall(state.nextBucket(place)));
      place++;
      next = risk.now();
    }
    return { place, rule: next > theta ? 'risk' : 'agents-cap', risk: next };
  }

  private record(state: PacerState, { place, rule, risk }: Choice): Decision {
    const { now, counts, totals } = state;
    const { ready, talk, wrap, ringing, waiting } = counts;
    return {
      ...{ now, place, rule, risk, ready, talk, wrap, ringing, waiting },
      theta: this.theta,
      goal: this.goal,
      answerShare: this.answerShare,
      ringSeconds: this.forecast.ringSeconds,
      abandoned: totals.abandoned,
      connected: totals.connected,
    };
  }
}

const signedInOf = ({ ready, talk, wrap }: PacerState['counts']): number => ready + talk + wrap;

/** Ready agents that are this campaign's to use: inbound callers come first. */
const freeOf = ({ counts, inbound, share = 1 }: PacerState): number => (counts.ready - (inbound?.waiting ?? 0)) * share;

/** What is left of the cap, for each campaign: one, unless several share this pacer. */
function budgetsOf({ now, target, totals, today, shift, windows }: PacerState, begin: number): Budget[] {
  const own: CampaignWindow = { connected: totals.connected, abandoned: totals.abandoned, ...(today && { today }) };
  return (windows?.length ? windows : [own]).map((window) => {
    const answered = window.connected + window.abandoned;
    return {
      target: noneIfUnknown(target),
      answered,
      abandoned: window.abandoned,
      answeredToday: window.today?.answered ?? answered,
      elapsed: now - begin,
      left: shift.end - now,
    };
  });
}

/** Calls in talk hold lines too. A number per second below one still lets a call through: the dialler spaces them. */
function withinLimits({ limits, counts, tick }: PacerState, choice: Choice): Choice {
  const lines = noneIfUnknown(Math.floor(limits.maxLines) - counts.ringing - counts.waiting - counts.talk);
  const perTick = noneIfUnknown(Math.ceil(limits.maxCps * tick));
  if (choice.place <= Math.min(lines, perTick)) return choice;
  return lines <= perTick ? { ...choice, place: lines, rule: 'lines' } : { ...choice, place: perTick, rule: 'calls-per-second' };
}
