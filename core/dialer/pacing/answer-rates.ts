/** From what was seen of ringing calls to rates, per kind of contact; the kinds lend to each other. */
import { agesMax, priorCounts, priorWeight, RingTimes } from './ring-times.js';
import type { RingRates } from './ring-times.js';

/** A kind leans on all kinds together, scaled to its own level, with the weight of this many calls at risk. */
const lendCalls = 6;
/** and its level leans on theirs with the weight of this many answers expected */
const lendAnswers = 3;
const answerRateMax = 0.97;
const endRateMax = 0.99;
/** of an age never seen: such a call will not ring much longer */
const unseenEndRate = 0.5;

const at = (list: Float64Array, i: number): number => list[i] ?? 0;

/** Rates of all kinds together, before the correction of the level. */
function pooledRates(kinds: readonly RingTimes[], ringTimeout: number): RingRates {
  const answer = new Float64Array(agesMax);
  const other = new Float64Array(agesMax);
  const fade = priorWeight(kinds.reduce((sum, kind) => sum + kind.outcomes, 0));
  const prior = priorCounts(ringTimeout, fade);
  for (let a = 0; a < agesMax; a++) {
    let n = at(prior.atRisk, a);
    let d = at(prior.answers, a);
    let x = at(prior.others, a);
    for (const kind of kinds) {
      n += at(kind.atRisk, a) / kind.unit;
      d += at(kind.answers, a) / kind.unit;
      x += at(kind.others, a) / kind.unit;
    }
    answer[a] = Math.min(answerRateMax, d / (n + 0.01));
    other[a] = Math.min(endRateMax - at(answer, a), n > 0.01 ? x / (n + 0.01) : unseenEndRate);
  }
  return { answer, other };
}

/** How much more, or less, often a kind answers than all together do, at equal age. */
function levelOf(kind: RingTimes, pool: RingRates): number {
  let seen = 0;
  let expected = 0;
  for (let a = 0; a < agesMax; a++) {
    seen += at(kind.answers, a) / kind.unit;
    expected += (at(kind.atRisk, a) / kind.unit) * at(pool.answer, a);
  }
  return (seen + lendAnswers) / (expected + lendAnswers);
}

function ratesOf(kind: RingTimes, pool: RingRates): RingRates {
  const level = levelOf(kind, pool);
  const answer = new Float64Array(agesMax);
  const other = new Float64Array(agesMax);
  for (let a = 0; a < agesMax; a++) {
    const n = at(kind.atRisk, a) / kind.unit + lendCalls;
    answer[a] = Math.min(answerRateMax, (at(kind.answers, a) / kind.unit + lendCalls * level * at(pool.answer, a)) / n);
    other[a] = Math.min(endRateMax - at(answer, a), (at(kind.others, a) / kind.unit + lendCalls * at(pool.other, a)) / n);
  }
  return { answer, other };
}

export interface AllRates {
  /** of all kinds together */
  readonly pool: RingRates;
  readonly kinds: readonly RingRates[];
}

/** One set of rates per kind, and one of all together. With a single kind these are the same. */
export function ratesOfAll(kinds: readonly RingTimes[], ringTimeout: number): AllRates {
  const pool = pooledRates(kinds, ringTimeout);
  return { pool, kinds: kinds.length > 1 ? kinds.map((kind) => ratesOf(kind, pool)) : [pool] };
}
