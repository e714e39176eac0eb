/** Intervals of reports: quarters of an hour, and days of a zone, of 23 or 25 hours where the clock is changed (B26). */
import { localTime, pad2 } from '../time.js';

export type IntervalKind = '15m' | 'day';

/** From one instant until before the other, Unix ms. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

export const quarterMs = 900_000;
const hourMs = 3_600_000;
/** Longer than any day, shorter than any two. */
const dayMsMax = 26 * hourMs;

/** `2026-11-22` in the zone. */
export function dateText(ms: number, zone: string): string {
  const { year, month, day } = localTime(ms, zone);
  return `${String(year).padStart(4, '0')}-${pad2(month)}-${pad2(day)}`;
}

const starts = new Map<string, number>();
const startsMax = 2_000;

/** The first instant of the local day; not always midnight, which some changes of the clock leave out. */
export function dayStart(ms: number, zone: string): number {
  const date = dateText(ms, zone);
  const key = `${zone} ${date}`;
  let start = starts.get(key);
  if (start === undefined) {
    if (starts.size >= startsMax) starts.clear();
    starts.set(key, (start = searchStart(ms, date, zone)));
  }
  return start;
}

function searchStart(ms: number, date: string, zone: string): number {
  let inside = Math.floor(ms / 1000);
  let before = inside - (2 * dayMsMax) / 1000;
  while (inside - before > 1) {
    const middle = Math.floor((inside + before) / 2);
    if (dateText(middle * 1000, zone) === date) inside = middle;
    else before = middle;
  }
  return inside * 1000;
}

/** The first instant of the next local day. */
export const dayEnd = (ms: number, zone: string): number => dayStart(dayStart(ms, zone) + dayMsMax, zone);

/** The interval in which the instant lies. */
export function intervalAt(ms: number, kind: IntervalKind, zone: string): Interval {
  if (kind === 'day') return { fromMs: dayStart(ms, zone), toMs: dayEnd(ms, zone) };
  const fromMs = Math.floor(ms / quarterMs) * quarterMs;
  return { fromMs, toMs: fromMs + quarterMs };
}

/** All intervals that the time from `fromMs` until before `toMs` touches, at most `max` and one more, in order. */
export function intervalsOf(fromMs: number, toMs: number, kind: IntervalKind, zone: string, max: number): Interval[] {
  const found: Interval[] = [];
  for (let atMs = fromMs; atMs < toMs && found.length <= max;) {
    const interval = intervalAt(atMs, kind, zone);
    found.push(interval);
    atMs = interval.toMs;
  }
  return found;
}

/** Place of the interval in which the instant lies; undefined: in none. They follow each other without a gap. */
export function indexOf(intervals: readonly Interval[], ms: number): number | undefined {
  let [low, high] = [0, intervals.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const { fromMs, toMs } = intervals[middle] ?? { fromMs: 0, toMs: 0 };
    if (ms < fromMs) high = middle - 1;
    else if (ms >= toMs) low = middle + 1;
    else return middle;
  }
  return undefined;
}
