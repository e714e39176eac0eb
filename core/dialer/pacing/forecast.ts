/** What the next seconds bring, from what was learned: the tables, rebuilt now and then, and the risk of one more call. */
import { kindOf } from './learner.js';
import type { Learner } from './learner.js';
import { answerShare, answerTable, horizonCount, horizonsOf, talkCell, talkTable, wrapCell, wrapTable } from './outlook.js';
import type { AnswerTable } from './outlook.js';
import { agesMax, ageIndex } from './ring-times.js';
import { riskOf } from './risk.js';
import type { Chances, Risk } from './risk.js';
import type { PacerState } from './types.js';

const rebuildSeconds = 5;
/** contacts ahead whose kinds are looked at for the expected share of answers */
const aheadMax = 10;

export class Forecast {
  private readonly learner: Learner;
  private answerTables: readonly AnswerTable[] = [];
  private answerShares: readonly number[] = [];
  private horizons: Float64Array = new Float64Array(horizonCount);
  private talk: Float64Array = new Float64Array(0);
  private wrap: Float64Array = new Float64Array(0);
  private builtAt = -Infinity;

  constructor(learner: Learner) {
    this.learner = learner;
  }

  /** The tables anew, when they are older than some seconds. */
  refresh({ now, ringTimeout, grace }: PacerState): void {
    if (now >= this.builtAt && now - this.builtAt < rebuildSeconds) return;
    this.builtAt = now;
    const { pool, kinds } = this.learner.learn(ringTimeout);
    const level = this.learner.level.value();
    this.horizons = horizonsOf(pool, level);
    this.answerTables = kinds.map((kind) => answerTable(kind, level, this.horizons));
    this.answerShares = kinds.map((kind) => answerShare(kind, level));
    const rates = { talk: this.learner.talk.rates(), wrap: this.learner.wrap.rates() };
    this.talk = talkTable(rates, this.horizons, grace);
    this.wrap = wrapTable(rates, this.horizons, grace);
  }

  /** The tables are of no use any more: something else was learned meanwhile. */
  forget(): void {
    this.builtAt = -Infinity;
  }

  /** Median time from dialling to an answer. */
  get ringSeconds(): number {
    return this.horizons[(horizonCount - 1) / 2] ?? 0;
  }

  /** Mean chance of an answer of the contacts that come next. */
  answerShareAhead(state: PacerState): number {
    let sum = 0;
    for (let i = 0; i < aheadMax; i++) sum += this.answerShares[this.known(state.nextBucket(i))] ?? 0;
    return sum / aheadMax;
  }

  /** Chances of answer by horizon, of a call of this kind placed now. */
  ofNewCall(bucket: number): AnswerTable {
    return this.answerTables[this.known(bucket)] ?? new Float64Array(horizonCount);
  }

  /** @param free agents ready, less answered calls that wait already */
  risk(state: PacerState, free: number): Risk {
    const { inbound, share = 1, grace } = state;
    const perSecond = inbound ? (inbound.perSecond ?? this.learner.inbound.perSecond()) * (1 + (inbound.reserve ?? 0)) : 0;
    return riskOf({
      free,
      calls: this.ringing(state),
      busy: this.busy(state),
      extra: this.horizons.map((horizon) => perSecond * share * (horizon + grace)),
      levelVariance: this.learner.level.variance(),
      share,
    });
  }

  private busy({ agents, now }: PacerState): Chances[] {
    const busy: Chances[] = [];
    for (const { state, since } of agents) {
      if (state === 'talk') busy.push({ count: 1, table: this.talk, from: talkCell(now - since) * horizonCount });
      else if (state === 'wrap') busy.push({ count: 1, table: this.wrap, from: wrapCell(now - since) * horizonCount });
    }
    return busy;
  }

  /** Ringing calls of one kind and age have the same chances. */
  private ringing({ calls, now }: PacerState): Chances[] {
    const counts = new Map<number, number>();
    for (const { state, bucket, placedAt } of calls) {
      if (state !== 'ringing') continue;
      const key = this.known(bucket) * agesMax + ageIndex(Math.round(now - placedAt));
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return [...counts].map(([key, count]) => ({
      count,
      table: this.ofNewCall(Math.floor(key / agesMax)),
      from: (key % agesMax) * horizonCount,
    }));
  }

  /** A kind never seen is taken as the first. */
  private known(bucket: number): number {
    const kind = kindOf(bucket);
    return kind < this.answerTables.length ? kind : 0;
  }
}
