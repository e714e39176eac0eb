/** Everything that is learned: from events, and from the time that passes between decisions. */
import { AnswerLevel } from './answer-level.js';
import { ratesOfAll } from './answer-rates.js';
import type { AllRates } from './answer-rates.js';
import { RateMeter } from './rate-meter.js';
import { ageIndex, RingTimes } from './ring-times.js';
import type { RingRates } from './ring-times.js';
import { Stays, talkEdges, wrapEdges } from './stays.js';
import type { CallId, PacedAgent, PacerEvent, PacerState } from './types.js';

/** Kinds of contact that are told apart; a higher number counts as the last. */
export const kindsMax = 64;
const talkGuess = 120;
const wrapGuess = 20;
/** Calls that are followed at once; more are placed without learning from them. */
const followedMax = 100_000;
/** A call that never ended is forgotten after this many seconds. */
const followedSecondsMax = 600;
const sweepSeconds = 60;
/** Ringing is followed up to this many seconds; longer counts as this. */
const ringSecondsMax = 600;
const answersMemory = 300;
const inboundMemory = 900;
/** Reports of agents over which the share of persons is taken, and how many the first guess of 1 is worth. */
const personsMemory = 400;
const personsLean = 10;

interface Followed {
  readonly placedAt: number;
  readonly kind: number;
}

const wholeSeconds = (rang: number): number => Math.floor(Math.min(ringSecondsMax, Math.max(0, rang)));

export const kindOf = (bucket: number): number => (bucket >= 1 ? Math.min(kindsMax - 1, Math.floor(bucket)) : 0);

export class Learner {
  readonly kinds: RingTimes[] = [new RingTimes()];
  readonly level = new AnswerLevel();
  readonly talk = new Stays(talkEdges, talkGuess);
  readonly wrap = new Stays(wrapEdges, wrapGuess);
  readonly answers = new RateMeter(answersMemory);
  readonly inbound = new RateMeter(inboundMemory);
  rates: AllRates | undefined;
  /** answers by persons and all outcomes, since the pacer was made or from a snapshot */
  answersSeen = 0;
  outcomesSeen = 0;
  firstPlacedAt: number | undefined;
  wasRestored = false;
  /** false while nobody answers, for a reason that has nothing to do with the contacts */
  isLearningAnswers = true;
  private persons = personsLean;
  private reports = personsLean;
  private readonly followed = new Map<CallId, Followed>();
  private lastNow = -Infinity;
  private sweptAt = -Infinity;

  /** The share of persons among the calls connected, as agents report it. */
  get personShare(): number {
    return this.persons / this.reports;
  }

  handle(event: PacerEvent): void {
    switch (event.type) {
      case 'placed':
        this.placed(event.callId, { placedAt: event.t, kind: kindOf(event.bucket) });
        return;
      case 'answered':
      case 'failed':
        this.stoppedRinging(event.callId, event.age, event.type === 'answered');
        return;
      case 'connected':
      case 'abandoned':
        return;
      case 'talkEnd':
        this.report(event.live);
        this.stayEnded(this.talk, event.t, event.duration);
        return;
      case 'wrapEnd':
        this.stayEnded(this.wrap, event.t, event.duration);
        return;
      case 'machine':
        this.persons = Math.max(0, this.persons - 1);
        return;
      case 'inbound':
        this.inbound.happened();
    }
  }

  /**
   * Time has passed: calls that still ring and agents who are still busy are evidence too.
   * @returns the seconds that have passed
   */
  tick(state: PacerState): number {
    const { now } = state;
    const seconds = this.lastNow === -Infinity ? 0 : Math.max(0, now - this.lastNow);
    for (const call of state.calls) if (call.state === 'ringing') this.rang(kindOf(call.bucket), call.placedAt, now);
    for (const agent of state.agents) this.stayed(agent, now);
    for (const kind of this.kinds) kind.forget(seconds);
    this.talk.forget(seconds);
    this.wrap.forget(seconds);
    this.answers.passed(seconds);
    this.inbound.passed(seconds);
    this.level.forget(seconds, this.answers.perSecond());
    this.lastNow = now;
    // of a moment that is still to come, after a clock that ran ahead, nobody must wait for long
    if (this.firstPlacedAt !== undefined) this.firstPlacedAt = Math.min(this.firstPlacedAt, now);
    if (Math.abs(now - this.sweptAt) >= sweepSeconds) this.sweep(now);
    return seconds;
  }

  /** Rates anew from all that was seen. */
  learn(ringTimeout: number): AllRates {
    this.rates = ratesOfAll(this.kinds, ringTimeout);
    return this.rates;
  }

  private placed(callId: CallId, call: Followed): void {
    this.firstPlacedAt ??= call.placedAt;
    if (this.followed.size < followedMax) this.followed.set(callId, call);
  }

  private kind(kind: number): RingTimes {
    for (let k = this.kinds.length; k <= kind; k++) this.kinds.push(new RingTimes());
    return this.kinds[kind] ?? new RingTimes();
  }

  private rang(kind: number, placedAt: number, now: number): void {
    const from = wholeSeconds(this.lastNow - placedAt);
    const to = wholeSeconds(now - placedAt);
    if (!(from < to) || !this.isLearningAnswers) return;
    this.kind(kind).passed(from, to);
    this.expect(kind, from, to);
  }

  private expect(kind: number, from: number, to: number): void {
    const rates: RingRates | undefined = this.rates?.kinds[kind] ?? this.rates?.pool;
    if (rates) for (let a = from; a < to; a++) this.level.expected += rates.answer[ageIndex(a)] ?? 0;
  }

  private stoppedRinging(callId: CallId, age: number, isAnswer: boolean): void {
    const call = this.followed.get(callId);
    // a caller who hangs up after the answer is no outcome of the ringing; nor is a call of before a restart
    if (!call) return;
    this.followed.delete(callId);
    if (Number.isNaN(age)) return;
    if (this.isLearningAnswers) this.rangUntil(call, wholeSeconds(age), isAnswer);
    this.outcomesSeen++;
    if (!isAnswer) return;
    this.answersSeen++;
    this.answers.happened();
  }

  private rangUntil({ placedAt, kind }: Followed, second: number, isAnswer: boolean): void {
    const from = wholeSeconds(this.lastNow - placedAt);
    this.kind(kind).passed(from, second);
    this.kind(kind).ended(second, isAnswer);
    this.expect(kind, from, second + 1);
    if (isAnswer && this.rates) this.level.seen++; // what nobody expected yet is no surprise
  }

  private stayed({ state, since }: PacedAgent, now: number): void {
    if (state === 'talk') this.talk.passed(this.lastNow - since, now - since);
    else if (state === 'wrap') this.wrap.passed(this.lastNow - since, now - since);
  }

  private stayEnded(stays: Stays, t: number, duration: number): void {
    if (Number.isNaN(duration)) return;
    stays.passed(this.lastNow - (t - duration), duration);
    stays.ended(duration);
  }

  private report(live: boolean): void {
    const kept = 1 - 1 / personsMemory;
    this.persons = this.persons * kept + (live ? 1 : 0);
    this.reports = this.reports * kept + 1;
  }

  private sweep(now: number): void {
    this.sweptAt = now;
    for (const [id, { placedAt }] of this.followed) if (Math.abs(now - placedAt) > followedSecondsMax) this.followed.delete(id);
  }
}
