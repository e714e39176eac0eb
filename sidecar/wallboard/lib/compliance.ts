/** What the compliance report shows: its period, its rows, where its files are. Pure. */
import type { CallRow, ComplianceData } from './dialer-wire.ts';

export const periods = ['today', 'yesterday', 'week', 'days30', 'month', 'lastMonth'] as const;
export type Period = (typeof periods)[number];

export interface Span {
  readonly fromMs: number;
  /** the first moment that is no longer in it */
  readonly toMs: number;
}

const midnight = (nowMs: number, days = 0): number => {
  const at = new Date(nowMs);
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + days).getTime();
};
const monthStart = (nowMs: number, months = 0): number => {
  const at = new Date(nowMs);
  return new Date(at.getFullYear(), at.getMonth() + months, 1).getTime();
};

/** Whole days by the browser's clock; the day that goes on is in it until its end. */
export function spanOf(period: Period, nowMs: number): Span {
  const tomorrow = midnight(nowMs, 1);
  const spans: Readonly<Record<Period, () => Span>> = {
    today: () => ({ fromMs: midnight(nowMs), toMs: tomorrow }),
    yesterday: () => ({ fromMs: midnight(nowMs, -1), toMs: midnight(nowMs) }),
    week: () => ({ fromMs: midnight(nowMs, -6), toMs: tomorrow }),
    days30: () => ({ fromMs: midnight(nowMs, -29), toMs: tomorrow }),
    month: () => ({ fromMs: monthStart(nowMs), toMs: tomorrow }),
    lastMonth: () => ({ fromMs: monthStart(nowMs, -1), toMs: monthStart(nowMs) }),
  };
  return spans[period]();
}

const two = (n: number): string => String(n).padStart(2, '0');

/** For `<input type="date">`. */
export function dateText(atMs: number): string {
  const at = new Date(atMs);
  return `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** From the first day's begin to the last day's end; undefined: no dates, or the wrong way round. */
export function spanOfDates(first: string, last: string): Span | undefined {
  const at = (text: string, days: number): number => {
    const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
    return year === undefined ? NaN : new Date(Number(year), Number(month) - 1, Number(day) + days).getTime();
  };
  const span = { fromMs: at(first, 0), toMs: at(last, 1) };
  return span.fromMs < span.toMs ? span : undefined;
}

const apiRoot = '/api/v1/dialer';

/** Below `/api/v1`. */
export const reportPath = (campaign: string, { fromMs, toMs }: Span): string =>
  `/dialer/campaigns/${encodeURIComponent(campaign)}/report?from=${String(fromMs)}&to=${String(toMs)}`;

export type ReportFile = 'csv' | 'text' | 'calls' | 'counters';

/** Addresses of files; `counters` is the data that the sums are made of. */
export function fileOf(campaign: string, { fromMs, toMs }: Span, file: ReportFile): string {
  const own = `${apiRoot}/campaigns/${encodeURIComponent(campaign)}`;
  const query = `from=${String(fromMs)}&to=${String(toMs)}`;
  if (file === 'calls') return `${apiRoot}/export/calls?campaign=${encodeURIComponent(campaign)}&${query}&format=csv`;
  if (file === 'counters') return `${own}/counters?${query}`;
  return `${own}/report?${query}&format=${file}`;
}

/** Windows with calls that count, or that are over the cap; the others are counted. */
export function windowsShown(windows: ComplianceData['windows']): { readonly shown: ComplianceData['windows']; readonly quiet: number } {
  const shown = windows.filter(({ abandoned, connected, isWithinCap }) => abandoned + connected > 0 || !isWithinCap);
  return { shown, quiet: windows.length - shown.length };
}

/** All three conditions are met, and the evidence is whole. */
export function verdictOf({ conditions, isWhole }: ComplianceData): 'met' | 'not-met' | 'not-whole' {
  if (conditions.some(({ isMet }) => !isMet)) return 'not-met';
  return isWhole ? 'met' : 'not-whole';
}

export interface AbandonedCall {
  readonly callId: string;
  readonly number: string;
  readonly atMs: number;
  /** until it was given up */
  readonly waitMs: number;
  /** from the answer to the message; undefined: none was played */
  readonly messageAfterMs: number | undefined;
  readonly messageMs: number;
  readonly optedOut: boolean;
}

/** The records of abandoned calls, as an officer asks for them. */
export const abandonedRows = (calls: readonly CallRow[]): readonly AbandonedCall[] =>
  calls.map((call) => {
    const fromMs = call.offeredAtMs ?? call.answeredAtMs ?? call.endedAtMs;
    return {
      callId: call.callId,
      number: call.number,
      atMs: call.placedAtMs,
      waitMs: Math.max(0, (call.messageAtMs ?? call.endedAtMs) - fromMs),
      messageAfterMs: call.messageAtMs === undefined ? undefined : Math.max(0, call.messageAtMs - fromMs),
      messageMs: call.messageMs ?? 0,
      optedOut: call.optedOut,
    };
  });

/** `2026-11-23 14:05`, by the browser's clock. */
export function momentText(atMs: number): string {
  const at = new Date(atMs);
  return `${dateText(atMs)} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

export const secondsText = (ms: number | undefined): string => (ms === undefined ? '–' : `${(ms / 1000).toFixed(1)} s`);
