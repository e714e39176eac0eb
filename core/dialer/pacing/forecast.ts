/** What the next seconds bring, from what was learned: the tables, rebuilt now and then, and the risk of one more call. */
import { kindOf } from './learner.js';
import type { Learner } from './learner.js';
import {
  answerShare,
  answerTable,
  horizonCount,
  horizonsOf,
  talkCell,
  talkCells,
  talkTable,
  wrapCell,
  wrapCells,
  wrapTable,
} from './outlook.js';
import type { AnswerTable } from './outlook.js';
import { agesMax, ageIndex } from './ring-times.js';
import { riskOf } from './risk.js';
import type { Chances, Risk } from './risk.js';
import type { PacerState } from './types.js';

/** The level of answers moves faster than what is known of agents and of the shape of the ring time. */
const rebuildSeconds = 5;
const agentsRebuildSeconds = 15;
/** contacts ahead whose kinds are looked at for the expected share of answers */
const aheadMax = 10;

function count(counts: Uint16Array, cell: number): void {
  counts[cell] = (counts[cell] ?? 0) + 1;
}

/** One entry for each cell in which somebody is. */
function chancesOf(counts: Uint16Array, table: Float64Array): Chances[] {
  const chances: Chances[] = [];
  counts.forEach((alike, cell) => {
    if (alike > 0) chances.push({ count: alike, table, from: cell * horizonCount });
  });
  return chances;
}

export class Forecast {
  private readonly learner: Learner;
  private answerTables: readonly AnswerTable[] = [];
  private answerShares: readonly number[] = [];
  private horizons: Float64Array = new Float64Array(horizonCount);
  private talk: Float64Array = new Float64Array(0);
  private wrap: Float64Array = new Float64Array(0);
  private builtAt = -Infinity;
  private agentsBuiltAt = -Infinity;

  constructor(learner: Learner) {
    this.learner = learner;
  }

  /** The tables anew, when they are older than some seconds. */
  refresh(state: PacerState): void {
    const { now } = state;
    if (now >= this.builtAt && now - this.builtAt < rebuildSeconds) return;
    this.builtAt = now;
    const { pool, kinds } = this.learner.learn(state.ringTimeout);
    const level = this.learner.level.value();
    if (!(now >= this.agentsBuiltAt && now - this.agentsBuiltAt < agentsRebuildSeconds)) this.refreshAgents(state, horizonsOf(pool, level));
    this.answerTables = kinds.map((kind) => answerTable(kind, level, this.horizons));
    this.answerShares = kinds.map((kind) => answerShare(kind, level));
  }

  /** The tables are of no use any more: something else was learned meanwhile. */
  forget(): void {
    this.builtAt = -Infinity;
    this.agentsBuiltAt = -Infinity;
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

  private refreshAgents({ now, grace }: PacerState, horizons: Float64Array): void {
    this.agentsBuiltAt = now;
    this.horizons = horizons;
    const rates = { talk: this.learner.talk.rates(), wrap: this.learner.wrap.rates() };
    this.talk = talkTable(rates, horizons, grace);
    this.wrap = wrapTable(rates, horizons, grace);
  }

  /** Busy agents of one state, for about equally long, have the same chances. */
  private busy({ agents, now }: PacerState): Chances[] {
    const talking = new Uint16Array(talkCells);
    const wrapping = new Uint16Array(wrapCells);
    for (const { state, since } of agents) {
      if (state === 'talk') count(talking, talkCell(now - since));
      else if (state === 'wrap') count(wrapping, wrapCell(now - since));
    }
    return [...chancesOf(talking, this.talk), ...chancesOf(wrapping, this.wrap)];
  }

  /** Ringing calls of one kind and age have the same chances. */
  private ringing({ calls, now }: PacerState): Chances[] {
    const perKind = new Map<number, Uint16Array>();
    for (const { state, bucket, placedAt } of calls) {
      if (state !== 'ringing') continue;
      const kind = this.known(bucket);
      const ages = perKind.get(kind) ?? new Uint16Array(agesMax);
      perKind.set(kind, ages);
      count(ages, ageIndex(Math.round(now - placedAt)));
    }
    return [...perKind].flatMap(([kind, ages]) => chancesOf(ages, this.ofNewCall(kind)));
  }

  /** A kind never seen is taken as the first. */
  private known(bucket: number): number {
    const kind = kindOf(bucket);
    return kind < this.answerTables.length ? kind : 0;
  }
}
