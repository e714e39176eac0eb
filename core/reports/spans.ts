/** Stretches of time as sorted lists without overlap: so that nobody is busy for more than an hour in an hour. */
import { indexOf } from './calendar.js';
import type { Interval } from './calendar.js';

/** The stretches as one list: sorted, overlapping ones as one, empty ones left out. */
export function union(spans: readonly Interval[]): Interval[] {
  const sorted = spans.filter(({ fromMs, toMs }) => toMs > fromMs).sort((a, b) => a.fromMs - b.fromMs);
  const merged: Interval[] = [];
  for (const span of sorted) {
    const last = merged.at(-1);
    if (last && span.fromMs <= last.toMs) merged[merged.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, span.toMs) };
    else merged.push(span);
  }
  return merged;
}

/** What lies in both. Both are sorted without overlap, and so is the result. */
export function intersection(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const common: Interval[] = [];
  for (let i = 0, k = 0; ;) {
    const [one, other] = [a[i], b[k]];
    if (!one || !other) return common;
    const [fromMs, toMs] = [Math.max(one.fromMs, other.fromMs), Math.min(one.toMs, other.toMs)];
    if (toMs > fromMs) common.push({ fromMs, toMs });
    if (one.toMs < other.toMs) i++;
    else k++;
  }
}

/** The length of a stretch in each interval that it touches. `intervals` follow each other without a gap. */
export function share({ fromMs, toMs }: Interval, intervals: readonly Interval[], add: (index: number, ms: number) => void): void {
  const [first, last] = [intervals[0], intervals.at(-1)];
  if (!first || !last || toMs <= first.fromMs || fromMs >= last.toMs) return;
  for (let i = indexOf(intervals, Math.max(fromMs, first.fromMs)) ?? 0; i < intervals.length; i++) {
    const interval = intervals[i];
    if (!interval || interval.fromMs >= toMs) return;
    const ms = Math.min(toMs, interval.toMs) - Math.max(fromMs, interval.fromMs);
    if (ms > 0) add(i, ms);
  }
}
