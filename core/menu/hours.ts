/**
 * Opening hours of a menu: local wall-clock spans per weekday, with holidays that replace a day. The
 * zone's rules decide, so 09:00 stays 09:00 when the clocks change.
 */
import { localTime, pad2 } from '../time.js';
import type { OpeningHours } from './definition.js';

export interface Span {
  /** local minutes since midnight, `[from, to)`, 0 to 1440 */
  readonly from: number;
  readonly to: number;
}

const minutesOfDay = 1440;
/** More opening spans in one day than this are a mistake. */
export const spansPerDayMax = 12;
export const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** True when `nowMs` lies in a span of its local day. A holiday's spans replace the weekday's. */
export function isOpen(hours: OpeningHours, nowMs: number): boolean {
  const t = localTime(nowMs, hours.zone);
  const date = `${String(t.year).padStart(4, '0')}-${pad2(t.month)}-${pad2(t.day)}`;
  const spans = (Object.hasOwn(hours.holidays, date) ? hours.holidays[date] : hours.week[t.weekday]) ?? [];
  const minute = t.hour * 60 + t.minute;
  return spans.some((span) => minute >= span.from && minute < span.to);
}

/** Read `09:00-17:00, 18:00-20:00`, `closed` or `open`; a text instead of spans says what is wrong. */
export function parseSpans(text: string): readonly Span[] | string {
  const trimmed = text.trim();
  if (trimmed === 'closed' || trimmed === '') return [];
  if (trimmed === 'open') return [{ from: 0, to: minutesOfDay }];
  const spans: Span[] = [];
  for (const piece of trimmed.split(',')) {
    const span = parseSpan(piece.trim());
    if (typeof span === 'string') return span;
    spans.push(span);
  }
  if (spans.length > spansPerDayMax) return `more than ${spansPerDayMax} spans`;
  spans.sort((a, b) => a.from - b.from);
  const clash = spans.find((span, index) => index > 0 && span.from < (spans[index - 1]?.to ?? 0));
  return clash ? `two spans overlap at ${clockText(clash.from)}` : spans;
}

function parseSpan(piece: string): Span | string {
  const m = /^(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)$/.exec(piece);
  if (!m) return `"${piece.replace(/\p{C}/gu, '?').slice(0, 40)}" is no span such as 09:00-17:00`;
  const [from, to] = [minuteOf(m[1], m[2]), minuteOf(m[3], m[4])];
  if (from === undefined || to === undefined) return `"${piece}" has no valid time of day (00:00 to 24:00)`;
  if (to <= from) return `"${piece}" ends before it begins; write a span over midnight as two days (22:00-24:00 and 00:00-02:00)`;
  return { from, to };
}

function minuteOf(hour = '', minute = ''): number | undefined {
  const value = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && value <= minutesOfDay ? value : undefined;
}

const clockText = (minute: number): string => `${pad2(Math.floor(minute / 60))}:${pad2(minute % 60)}`;

/** The text that `parseSpans` reads. */
export function spansText(spans: readonly Span[]): string {
  if (spans.length === 0) return 'closed';
  return spans.map((span) => `${clockText(span.from)}-${clockText(span.to)}`).join(', ');
}

/** True for a date that exists, as `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  const m = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!m) return false;
  const date = new Date(Date.UTC(Number(m[1]), Number(m[2]) - 1, Number(m[3])));
  return date.toISOString().slice(0, 10) === text;
}
