/** Statistics of a campaign (dialer.md B9) from counters and calls. */
import type { CounterRow } from '../dialer-ports.js';
import type { CallRecord } from './contact.js';

export interface SpanFigures {
  readonly fromMs: number;
  readonly placed: number;
  readonly answered: number;
  readonly connected: number;
  readonly abandoned: number;
  readonly customerDropped: number;
  readonly machines: number;
  /** undefined: nothing to divide by */
  readonly answerRate: number | undefined;
  /** of connected and abandoned */
  readonly abandonShare: number | undefined;
}

const isMachine = (amd: CallRecord['amd']): boolean => amd === 'MACHINE' || amd === 'FAX';
const ratio = (part: number, whole: number): number | undefined => (whole > 0 ? part / whole : undefined);

type Sums = Omit<SpanFigures, 'fromMs' | 'answerRate' | 'abandonShare'>;

/** `byAgents`: of the connected; who only heard an IVR does not make the share of the abandoned smaller (B4). */
function figures(fromMs: number, sums: Sums, byAgents: number): SpanFigures {
  const { placed, answered, abandoned } = sums;
  return { fromMs, ...sums, answerRate: ratio(answered, placed), abandonShare: ratio(abandoned, byAgents + abandoned) };
}

/** From 5-minute counters: those whose bucket begins in `[fromMs, toMs)`. Exact when both lie on bucket edges. */
export function figuresFrom(rows: readonly CounterRow[], fromMs: number, toMs: number): SpanFigures {
  const own = rows.filter(({ bucketMs }) => bucketMs >= fromMs && bucketMs < toMs);
  const sum = (of: (row: CounterRow) => number): number => own.reduce((all, row) => all + of(row), 0);
  const byAgents = sum((row) => row.connected);
  const sums = {
    placed: sum((row) => row.placed),
    answered: sum((row) => row.answered),
    connected: byAgents + sum((row) => row.connectedIvr),
    abandoned: sum((row) => row.abandoned),
    customerDropped: sum((row) => row.customerDropped),
    machines: sum((row) => row.machines),
  };
  return figures(fromMs, sums, byAgents);
}

/** From calls that ended in `[fromMs, toMs)`, for spans shorter than a bucket. */
export function figuresOfCalls(calls: readonly CallRecord[], fromMs: number, toMs: number): SpanFigures {
  const own = calls.filter(({ endedAtMs }) => endedAtMs >= fromMs && endedAtMs < toMs);
  const count = (is: (call: CallRecord) => boolean): number => own.filter(is).length;
  const byAgents = count(({ result, amd }) => result === 'CONNECTED' && !isMachine(amd));
  const sums = {
    placed: own.length,
    answered: count(({ answeredAtMs }) => answeredAtMs !== undefined),
    connected: byAgents + count(({ result }) => result === 'CONNECTED_IVR'),
    abandoned: count(({ result }) => result === 'ABANDONED'),
    customerDropped: count(({ result }) => result === 'CUSTOMER_DROPPED'),
    machines: count(({ result, amd }) => result === 'MACHINE' || result === 'FAX' || isMachine(amd)),
  };
  return figures(fromMs, sums, byAgents);
}

export interface AnswerRate {
  readonly calls: number;
  readonly answered: number;
  /** estimated: a few calls lean on the rate of all (`priorCalls`) */
  readonly rate: number;
}

/** so many calls at the common rate are thought to each group before its own are counted */
const priorCalls = 20;

/** Answer rate of each group: part of the day, list. Groups without calls are not there. */
export function answerRates<K>(
  groups: Iterable<{ readonly group: K; readonly calls: number; readonly answered: number }>,
): ReadonlyMap<K, AnswerRate> {
  const counts = new Map<K, { calls: number; answered: number }>();
  let all = 0;
  let allAnswered = 0;
  for (const { group, calls, answered } of groups) {
    if (calls === 0) continue;
    const before = counts.get(group) ?? { calls: 0, answered: 0 };
    counts.set(group, { calls: before.calls + calls, answered: before.answered + answered });
    all += calls;
    allAnswered += answered;
  }
  const common = ratio(allAnswered, all) ?? 0;
  return new Map(
    [...counts].map(([group, { calls, answered }]) => [
      group,
      { calls, answered, rate: (answered + priorCalls * common) / (calls + priorCalls) },
    ]),
  );
}

/** Spread of a duration; undefined: nothing to tell. Milliseconds. */
export interface Spread {
  readonly mean: number | undefined;
  /** nine in ten are not longer */
  readonly p90: number | undefined;
}

export function spreadOf(durations: readonly number[]): Spread {
  if (durations.length === 0) return { mean: undefined, p90: undefined };
  const values = [...durations].sort((a, b) => a - b);
  const sum = values.reduce((all, value) => all + value, 0);
  return { mean: Math.round(sum / values.length), p90: values[Math.ceil(values.length * 0.9) - 1] };
}

/**
 * When the contacts left are done at the pace of a span, counted in time that the window is open. `callsPerContact`: calls
 * that one contact takes until its end, as seen so far. Undefined: nothing was dialled.
 */
export function estimatedEnd(
  left: number,
  pace: { readonly placed: number; readonly spanMs: number; readonly callsPerContact: number },
  nowMs: number,
  openTimeAfter: (nowMs: number) => { readonly fromMs: number; readonly toMs: number } | undefined = (ms) => ({
    fromMs: ms,
    toMs: Infinity,
  }),
): number | undefined {
  if (left <= 0) return nowMs;
  if (pace.placed <= 0 || pace.spanMs <= 0) return undefined;
  let workMs = (left * Math.max(1, pace.callsPerContact) * pace.spanMs) / pace.placed;
  let at = nowMs;
  for (let windows = 0; windows < estimateWindowsMax; windows++) {
    const open = openTimeAfter(at);
    if (!open) return undefined;
    const from = Math.max(at, open.fromMs);
    if (open.toMs - from >= workMs) return Math.round(from + workMs);
    workMs -= open.toMs - from;
    at = open.toMs;
  }
  return undefined;
}
/** an end further ahead than so many windows is no estimate */
const estimateWindowsMax = 400;
