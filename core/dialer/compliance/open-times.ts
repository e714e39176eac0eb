/**
 * Open times of weekly hours in a zone, as instants. The zone's own rules decide (Intl), so a day on which clocks change
 * has its missing or repeated hour: an instant is open when `from <= local minute < to`.
 */
import { offsetMinutes } from '../../time.js';
import type { DaySpan, WeekHours } from './profile.js';

/** `[from, to)` in Unix ms. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface HoursRule {
  readonly week: WeekHours;
  /** `YYYY-MM-DD`, or `MM-DD` for every year: closed */
  readonly holidays: ReadonlySet<string>;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** clocks change at most once within it */
const sampleMs = dayMs / 2;

interface Piece extends Interval {
  readonly offsetMs: number;
}

/** The span cut where the zone's offset changes. */
function constantPieces(zone: string, fromMs: number, toMs: number): readonly Piece[] {
  const offsetAt = (ms: number): number => offsetMinutes(ms, zone) * minuteMs;
  const pieces: Piece[] = [];
  let begin = fromMs;
  let offsetMs = offsetAt(fromMs);
  for (let at = fromMs; at < toMs; at += sampleMs) {
    const end = Math.min(at + sampleMs, toMs);
    const offsetAtEnd = offsetAt(end);
    if (offsetAtEnd === offsetMs) continue;
    let [before, after] = [at, end];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offsetAt(middle) === offsetMs) before = middle;
      else after = middle;
    }
    pieces.push({ fromMs: begin, toMs: after, offsetMs });
    begin = after;
    offsetMs = offsetAtEnd;
  }
  if (begin < toMs) pieces.push({ fromMs: begin, toMs, offsetMs });
  return pieces;
}

function spansOf(day: number, rule: HoursRule): readonly DaySpan[] {
  const date = new Date(day * dayMs).toISOString().slice(0, 10);
  if (rule.holidays.has(date) || rule.holidays.has(date.slice(5))) return [];
  return rule.week[(((day + 4) % 7) + 7) % 7] ?? []; // day 0 was a Thursday
}

/** Open times of the rule in one zone between two instants, in order, those that touch joined. */
export function openTimes(zone: string, rule: HoursRule, fromMs: number, toMs: number): readonly Interval[] {
  const out: Interval[] = [];
  for (const piece of constantPieces(zone, fromMs, toMs)) {
    const lastDay = Math.floor((piece.toMs - 1 + piece.offsetMs) / dayMs);
    for (let day = Math.floor((piece.fromMs + piece.offsetMs) / dayMs); day <= lastDay; day++)
      for (const span of spansOf(day, rule)) {
        const opens = Math.max(piece.fromMs, day * dayMs + span.from * minuteMs - piece.offsetMs);
        const closes = Math.min(piece.toMs, day * dayMs + span.to * minuteMs - piece.offsetMs);
        if (opens >= closes) continue;
        const last = out.at(-1);
        if (last?.toMs === opens) out[out.length - 1] = { fromMs: last.fromMs, toMs: closes };
        else out.push({ fromMs: opens, toMs: closes });
      }
  }
  return out;
}

/** Times that lie in both; each in order. */
export function both(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  const out: Interval[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [x, y] = [a[i], b[j]];
    if (!x || !y) return out;
    const fromMs = Math.max(x.fromMs, y.fromMs);
    const toMs = Math.min(x.toMs, y.toMs);
    if (fromMs < toMs) out.push({ fromMs, toMs });
    if (x.toMs < y.toMs) i++;
    else j++;
  }
}
