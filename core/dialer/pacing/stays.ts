/**
 * How long agents stay in talk and in wrap-up: rates of the end per elapsed time, constant between the given edges,
 * learned from ended stays and from the time that passes in those not ended.
 */
const halfLifeStays = 600;
const halfLifeSecondsMin = 900;
/** each rate leans on the overall mean with the weight of this many stays */
const leanStays = 3;
/** and the overall mean on the first guess with the weight of this many */
const priorStays = 6;
const rescaleAbove = 1e9;
/** stays are followed up to this many seconds; what is longer counts as this */
const secondsMax = 7_200;

export const talkEdges = [0, 3, 6, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 105, 120, 150, 180, 210, 240, 300, 360, 450, 600, 900, 1_800];
export const wrapEdges = [...Array.from({ length: 15 }, (_, i) => 2 * i), 30, 33, 36, 40, 45, 50, 60, 75, 90, 120, 180, 300];

export interface StaysData {
  readonly ends: readonly number[];
  readonly time: readonly number[];
  readonly count: number;
}

export class Stays {
  private readonly ends: Float64Array;
  private readonly time: Float64Array;
  private readonly edges: readonly number[];
  private readonly priorSeconds: number;
  private weight = 1;
  private fresh = 0;
  count = 0;

  constructor(edges: readonly number[], priorSeconds: number) {
    this.edges = edges;
    this.priorSeconds = priorSeconds;
    this.ends = new Float64Array(edges.length);
    this.time = new Float64Array(edges.length);
  }

  /** A stay went on from `from` to `to` seconds after its begin. */
  passed(from: number, to: number): void {
    let start = Math.max(0, from);
    const stop = Math.min(to, secondsMax);
    if (!(start < stop)) return;
    for (let b = this.binAt(start); start < stop; b++) {
      const end = Math.min(stop, this.edges[b + 1] ?? Infinity);
      this.time[b] = (this.time[b] ?? 0) + this.weight * (end - start);
      start = end;
    }
  }

  ended(duration: number): void {
    const b = this.binAt(Math.min(Math.max(0, duration), secondsMax));
    this.ends[b] = (this.ends[b] ?? 0) + this.weight;
    this.count++;
    this.fresh++;
  }

  forget(seconds: number): void {
    this.weight *= 2 ** Math.min(this.fresh / halfLifeStays, seconds / halfLifeSecondsMin);
    this.fresh = 0;
    if (this.weight > rescaleAbove) this.rescale();
  }

  /** Chance per second, over the time between two edges. */
  rates(): Float64Array {
    let ends = 0;
    let time = 0;
    for (let b = 0; b < this.edges.length; b++) {
      ends += (this.ends[b] ?? 0) / this.weight;
      time += (this.time[b] ?? 0) / this.weight;
    }
    const mean = (ends + priorStays) / (time + priorStays * this.priorSeconds);
    return this.ends.map((_, b) => {
      const seen = (this.ends[b] ?? 0) / this.weight;
      return (seen + leanStays) / ((this.time[b] ?? 0) / this.weight + leanStays / mean);
    });
  }

  save(): StaysData {
    this.rescale();
    return { ends: [...this.ends], time: [...this.time], count: this.count };
  }

  load({ ends, time, count }: StaysData): void {
    this.ends.set(ends);
    this.time.set(time);
    this.count = count;
    this.weight = 1;
  }

  private binAt(seconds: number): number {
    let low = 0;
    let high = this.edges.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.edges[middle] ?? 0) <= seconds) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private rescale(): void {
    for (let b = 0; b < this.edges.length; b++) {
      this.ends[b] = (this.ends[b] ?? 0) / this.weight;
      this.time[b] = (this.time[b] ?? 0) / this.weight;
    }
    this.weight = 1;
  }
}

/** Sum of the rates from 0 to each whole second, for look-ups: the chance to stay so long is exp(-sum). */
export function hazardBySecond(rates: Float64Array, edges: readonly number[], seconds: number): Float64Array {
  const sums = new Float64Array(seconds + 1);
  let bin = 0;
  for (let s = 0; s < seconds; s++) {
    while (bin + 1 < edges.length && (edges[bin + 1] ?? Infinity) <= s) bin++;
    sums[s + 1] = (sums[s] ?? 0) + (rates[bin] ?? 0);
  }
  return sums;
}
