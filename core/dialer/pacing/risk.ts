/**
 * Chance that one more call, if a person answers it, finds no agent: that as many or more answers come before it, net
 * of agents who become ready, as there are agents ready now. Mean over the horizons.
 */
import { horizonCount } from './outlook.js';

/** Up to so many calls, busy agents and expected inbound calls the sums are exact; above, a normal distribution. */
export const exactMax = 120;

/** Chances by horizon, of a number of alike calls or agents. */
export interface Chances {
  readonly count: number;
  readonly table: Float64Array;
  /** where in the table the horizons begin */
  readonly from: number;
}

export interface RiskInput {
  /** agents ready, less answered calls that wait already; may be negative */
  readonly free: number;
  readonly calls: readonly Chances[];
  readonly busy: readonly Chances[];
  /** further demand within each horizon, Poisson: inbound calls */
  readonly extra: Float64Array;
  /** relative variance of the answer level */
  readonly levelVariance: number;
  /** this campaign's part of the busy agents */
  readonly share: number;
}

export interface Risk {
  /** of one more call */
  now(): number;
  /** one more call was placed, of the kind whose chances these are */
  add(table: Float64Array): void;
}

const at = (list: Float64Array, i: number): number => list[i] ?? 0;

export function riskOf(input: RiskInput): Risk {
  let size = 0;
  for (const { count } of input.calls) size += count;
  for (const { count } of input.busy) size += count;
  return size + Math.max(...input.extra) <= exactMax ? exactRisk(input, size) : normalRisk(input);
}

/** Sum of independent trials, as the chance of each total. */
class Totals {
  private chances: Float64Array;
  private last = 0;

  constructor(room: number) {
    this.chances = new Float64Array(room + 1);
    this.chances[0] = 1;
  }

  add(p: number): void {
    const { chances } = this;
    this.last++;
    if (this.last >= chances.length) this.grow();
    for (let n = this.last; n > 0; n--) this.chances[n] = at(this.chances, n) * (1 - p) + at(this.chances, n - 1) * p;
    this.chances[0] = at(this.chances, 0) * (1 - p);
  }

  /** Poisson of this mean, cut where hardly anything is left. */
  addPoisson(mean: number): void {
    if (!(mean > 0)) return;
    const steps = Math.ceil(mean + 6 * Math.sqrt(mean) + 3);
    const before = this.chances.slice(0, this.last + 1);
    this.chances = new Float64Array(Math.max(this.chances.length, this.last + steps + 1));
    let weight = Math.exp(-mean);
    for (let k = 0; k <= steps; k++) {
      for (let n = 0; n < before.length; n++) this.chances[n + k] = at(this.chances, n + k) + weight * at(before, n);
      weight *= mean / (k + 1);
    }
    this.last += steps;
  }

  atLeast(least: number): number {
    if (least <= 0) return 1;
    let sum = 0;
    for (let n = this.last; n >= least; n--) sum += at(this.chances, n);
    return sum;
  }

  private grow(): void {
    const wider = new Float64Array(this.chances.length * 2);
    wider.set(this.chances);
    this.chances = wider;
  }
}

function exactRisk({ free, calls, busy, extra, share }: RiskInput, size: number): Risk {
  let agents = 0;
  for (const { count } of busy) agents += count;
  // answers less agents, made positive: an agent who does not become ready counts as one
  const totals = Array.from({ length: horizonCount }, (_, i) => {
    const sum = new Totals(size + 8);
    for (const { count, table, from } of calls) for (let n = 0; n < count; n++) sum.add(at(table, from + i));
    for (const { count, table, from } of busy) for (let n = 0; n < count; n++) sum.add(1 - share * at(table, from + i));
    sum.addPoisson(at(extra, i));
    return sum;
  });
  // a part of an agent is an agent with that chance
  const whole = Math.floor(free);
  const part = free - whole;
  const one = (sum: Totals): number =>
    part > 0 ? (1 - part) * sum.atLeast(whole + agents) + part * sum.atLeast(whole + 1 + agents) : sum.atLeast(whole + agents);
  return {
    now: () => totals.reduce((all, sum) => all + one(sum), 0) / horizonCount,
    add: (table) => {
      totals.forEach((sum, i) => sum.add(at(table, i)));
    },
  };
}

/** 1 - Φ(z) after Abramowitz and Stegun 26.2.17: wrong by less than 1e-7. */
export function normalAbove(z: number): number {
  if (z < 0) return 1 - normalAbove(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 0.3989422804014327 * Math.exp((-z * z) / 2) * poly;
}

function normalRisk({ free, calls, busy, extra, levelVariance, share }: RiskInput): Risk {
  const answers = new Float64Array(horizonCount);
  const ready = new Float64Array(horizonCount);
  const variance = new Float64Array(horizonCount);
  for (let i = 0; i < horizonCount; i++) {
    for (const { count, table, from } of calls) {
      const p = at(table, from + i);
      answers[i] = at(answers, i) + count * p;
      variance[i] = at(variance, i) + count * p * (1 - p);
    }
    for (const { count, table, from } of busy) {
      const p = share * at(table, from + i);
      ready[i] = at(ready, i) + count * p;
      variance[i] = at(variance, i) + count * p * (1 - p);
    }
    variance[i] = at(variance, i) + at(extra, i);
  }
  const one = (i: number): number => {
    const mean = at(answers, i) + at(extra, i) - at(ready, i) - free;
    const deviation = Math.sqrt(at(variance, i) + at(answers, i) ** 2 * levelVariance);
    return deviation > 0 ? normalAbove((-0.5 - mean) / deviation) : Number(mean >= 0);
  };
  return {
    now: () => {
      let sum = 0;
      for (let i = 0; i < horizonCount; i++) sum += one(i);
      return sum / horizonCount;
    },
    add: (table) => {
      for (let i = 0; i < horizonCount; i++) {
        const p = at(table, i);
        answers[i] = at(answers, i) + p;
        variance[i] = at(variance, i) + p * (1 - p);
      }
    },
  };
}
