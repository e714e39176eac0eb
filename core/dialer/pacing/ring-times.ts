/**
 * What is known of the time from dialling to answer: for each second of age, how many calls were ringing at its
 * start (time at risk), how many were answered in it, how many ended otherwise. Calls that still ring count as their
 * time passes, so the picture has no bias from calls not yet ended. Newer outcomes weigh more.
 */
export const agesMax = 61;
/** Outcomes after which an older one counts half; and the shortest time that this may be, in seconds. */
const halfLifeOutcomes = 1_500;
const halfLifeSecondsMin = 600;
/** The guess before the first outcome: high on purpose, so that the first wave is small. Worth this many calls. */
const priorAnswerShare = 0.4;
const priorMedianSeconds = 10;
const priorSigma = 0.5;
const priorCalls = 12;
/** Outcomes after which the guess counts half. */
const priorFadesOver = 40;
const rescaleAbove = 1e9;

export const ageIndex = (seconds: number): number => Math.min(agesMax - 1, Math.max(0, Math.floor(seconds)));

export interface RingTimesData {
  readonly atRisk: readonly number[];
  readonly answers: readonly number[];
  readonly others: readonly number[];
  readonly outcomes: number;
}

export class RingTimes {
  readonly atRisk = new Float64Array(agesMax);
  readonly answers = new Float64Array(agesMax);
  readonly others = new Float64Array(agesMax);
  /** all that were ever seen, not forgotten: how far the guess has faded */
  outcomes = 0;
  private weight = 1;
  private fresh = 0;

  /** A call was ringing from the age of second `from` up to, not including, second `to`. */
  passed(from: number, to: number): void {
    for (let a = from; a < to; a++) this.atRisk[ageIndex(a)] = (this.atRisk[ageIndex(a)] ?? 0) + this.weight;
  }

  ended(second: number, isAnswer: boolean): void {
    const a = ageIndex(second);
    this.atRisk[a] = (this.atRisk[a] ?? 0) + this.weight;
    const ends = isAnswer ? this.answers : this.others;
    ends[a] = (ends[a] ?? 0) + this.weight;
    this.outcomes++;
    this.fresh++;
  }

  /** Older outcomes lose weight, by the number of new ones, but not faster than the shortest half-life. */
  forget(seconds: number): void {
    this.weight *= 2 ** Math.min(this.fresh / halfLifeOutcomes, seconds / halfLifeSecondsMin);
    this.fresh = 0;
    if (this.weight > rescaleAbove) this.rescale();
  }

  save(): RingTimesData {
    this.rescale();
    return { atRisk: [...this.atRisk], answers: [...this.answers], others: [...this.others], outcomes: this.outcomes };
  }

  load({ atRisk, answers, others, outcomes }: RingTimesData): void {
    this.atRisk.set(atRisk);
    this.answers.set(answers);
    this.others.set(others);
    this.outcomes = outcomes;
    this.weight = 1;
  }

  private rescale(): void {
    for (const list of [this.atRisk, this.answers, this.others]) for (let a = 0; a < agesMax; a++) list[a] = (list[a] ?? 0) / this.weight;
    this.weight = 1;
  }
  /** one outcome of now weighs this much in the sums */
  get unit(): number {
    return this.weight;
  }
}

/** Rates of answer and of other ends per second of age. */
export interface RingRates {
  readonly answer: Float64Array;
  readonly other: Float64Array;
}

const normalBelow = (z: number): number => 1 / (1 + Math.exp(-1.5976 * z - 0.070566 * z ** 3));

/** Below this weight the guess is not worth its arithmetic. */
const fadedBelow = 1e-4;

/** The guess in the same shape as what is learned, faded: calls at risk, answers, other ends per second of age. */
export function priorCounts(ringTimeout: number, fade: number): { atRisk: Float64Array; answers: Float64Array; others: Float64Array } {
  const atRisk = new Float64Array(agesMax);
  const answers = new Float64Array(agesMax);
  const others = new Float64Array(agesMax);
  if (fade < fadedBelow) return { atRisk, answers, others };
  const calls = fade * priorCalls;
  const below = (t: number): number => (t <= 0 ? 0 : normalBelow((Math.log(t) - Math.log(priorMedianSeconds)) / priorSigma));
  const last = ageIndex(ringTimeout);
  let alive = calls;
  for (let a = 0; a < agesMax; a++) {
    atRisk[a] = alive;
    answers[a] = a <= last ? calls * priorAnswerShare * (below(a + 1) - below(a)) : 0;
    // nothing is known of how the others end: they ring to the end
    others[a] = a < last ? 0 : Math.max(0, alive - (answers[a] ?? 0));
    alive = Math.max(0, alive - (answers[a] ?? 0) - (others[a] ?? 0));
  }
  return { atRisk, answers, others };
}

export const priorWeight = (outcomes: number): number => 1 / (1 + (outcomes / priorFadesOver) ** 2);
