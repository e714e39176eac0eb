/**
 * A gateway that fails is left alone (dialer.md B11): closed for 30 s when more than 40 % of the last 20 or more calls of a
 * minute failed at the trunk, when ten in a row did, or when it reports one result three times as often as it has on
 * average in seven days (a carrier that calls every number busy or unallocated); then one probe each 10 s until one call
 * gets through. "Closed" as in the specification: no calls.
 */
import type { CallResult } from './words.js';

export type BreakerState = 'open' | 'closed' | 'probing';

export interface GatewayBreaker {
  state(nowMs: number): BreakerState;
  /** why it is not open, in words; '' when it is */
  reason(): string;
  /** a call may go now; a probe that is granted must be placed or given back with `notPlaced` */
  mayCall(nowMs: number): boolean;
  /** Says that a call goes now: while probing, the one of these 10 s. */
  placed(callId: string, nowMs: number): void;
  /** It was not placed after all, or its end says nothing about the trunk. */
  notPlaced(callId: string): void;
  /** A call of this gateway has ended. True: the state has changed. */
  ended(callId: string, outcome: { readonly result: CallResult; readonly countsAgainstTrunk: boolean }, nowMs: number): boolean;
  snapshot(): unknown;
  /** one that cannot be read is left aside */
  restore(snapshot: unknown): void;
}

const windowMs = 60_000;
const windowCallsMin = 20;
/** calls of the last minute that are looked at, at most */
const windowCallsMax = 2_000;
const failedShareMax = 0.4;
const failedRowMax = 10;
const closedMs = 30_000;
const probeEveryMs = 10_000;
const probesMax = 100;

/** results that a carrier can make up for numbers that are good */
const doubtful: readonly CallResult[] = ['BUSY', 'INVALID_NUMBER', 'REJECTED', 'SCREENED', 'UNREACHABLE'];
const doubtCallsMin = 50;
const doubtTimes = 3;
/** below this share three times the mean is chance */
const doubtShareMin = 0.2;
/** calls before a mean is one */
const meanCallsMin = 200;
const dayMs = 24 * 60 * 60_000;
const meanDays = 7;

type Counts = Partial<Record<CallResult | 'all', number>>;
interface Day {
  readonly day: number;
  readonly counts: Counts;
}

const has = (counts: Counts, what: CallResult | 'all'): number => counts[what] ?? 0;
const percent = (share: number): string => `${Math.round(share * 100)} %`;

export function createBreaker(): GatewayBreaker {
  let recent: { readonly atMs: number; readonly failed: boolean }[] = [];
  /** of them */
  let failedRecent = 0;
  let failedRow = 0;
  /** the last calls, for doubtful results; not bound to a minute, a small campaign makes few */
  let last: CallResult[] = [];
  let days: Day[] = [];
  let closedUntilMs: number | undefined;
  let nextProbeMs = 0;
  /** probes whose end has not been seen: a good one can ring longer than the time to the next */
  let probes = new Set<string>();
  let reason = '';

  function close(why: string, nowMs: number): void {
    closedUntilMs = nowMs + closedMs;
    nextProbeMs = closedUntilMs;
    probes = new Set();
    reason = why;
    forgetRecent();
  }

  function forgetRecent(): void {
    recent = [];
    failedRecent = 0;
    failedRow = 0;
    last = [];
  }

  function open(): void {
    closedUntilMs = undefined;
    probes = new Set();
    reason = '';
    forgetRecent();
  }

  function remember(result: CallResult, nowMs: number): void {
    const day = Math.floor(nowMs / dayMs);
    days = days.filter((d) => d.day > day - meanDays);
    const counts = days.find((d) => d.day === day)?.counts ?? {};
    if (days.every((d) => d.day !== day)) days.push({ day, counts });
    counts.all = has(counts, 'all') + 1;
    counts[result] = has(counts, result) + 1;
  }

  function tooManyFailed(): string | undefined {
    if (failedRow >= failedRowMax) return `${failedRow} calls in a row failed at the trunk`;
    if (recent.length < windowCallsMin || failedRecent / recent.length <= failedShareMax) return undefined;
    return `${percent(failedRecent / recent.length)} of the last ${recent.length} calls failed at the trunk`;
  }

  /** Before the calls that are looked at, or a carrier that lies for long would be its own mean. */
  function tooAlike(): string | undefined {
    if (last.length < doubtCallsMin) return undefined;
    const all = days.reduce((sum, { counts }) => sum + has(counts, 'all'), 0) - last.length;
    if (all < meanCallsMin) return undefined;
    for (const result of doubtful) {
      const now = last.filter((r) => r === result).length;
      const before = days.reduce((sum, { counts }) => sum + has(counts, result), 0) - now;
      const share = now / last.length;
      if (share >= doubtShareMin && share >= doubtTimes * (before / all))
        return `${percent(share)} of the last ${last.length} calls are ${result}, ${percent(before / all)} in the days before`;
    }
    return undefined;
  }

  return {
    state: (nowMs) => (closedUntilMs === undefined ? 'open' : nowMs < closedUntilMs ? 'closed' : 'probing'),
    reason: () => reason,
    mayCall: (nowMs) => closedUntilMs === undefined || (nowMs >= nextProbeMs && nowMs >= closedUntilMs),
    placed(callId, nowMs) {
      if (closedUntilMs === undefined || nowMs < closedUntilMs) return;
      if (probes.size < probesMax) probes.add(callId);
      nextProbeMs = nowMs + probeEveryMs;
    },
    notPlaced(callId) {
      probes.delete(callId);
    },
    ended(callId, { result, countsAgainstTrunk }, nowMs) {
      remember(result, nowMs);
      if (closedUntilMs !== undefined) {
        if (!probes.has(callId)) return false; // placed before it was closed: says nothing new
        if (countsAgainstTrunk) close(`${reason.replace(/; the probe failed$/, '')}; the probe failed`, nowMs);
        else open();
        return true;
      }
      recent.push({ atMs: nowMs, failed: countsAgainstTrunk });
      failedRecent += Number(countsAgainstTrunk);
      while (recent.length > windowCallsMax || (recent[0]?.atMs ?? nowMs) <= nowMs - windowMs)
        failedRecent -= Number(recent.shift()?.failed);
      failedRow = countsAgainstTrunk ? failedRow + 1 : 0;
      last.push(result);
      if (last.length > doubtCallsMin) last.shift();
      const why = tooManyFailed() ?? tooAlike();
      if (why === undefined) return false;
      close(why, nowMs);
      return true;
    },
    snapshot: () => ({ version: 1, days }),
    restore(snapshot) {
      const read = daysOf(snapshot);
      if (read) days = read;
    },
  };
}

function daysOf(snapshot: unknown): Day[] | undefined {
  if (typeof snapshot !== 'object' || snapshot === null) return undefined;
  const { version, days } = snapshot as Record<string, unknown>;
  if (version !== 1 || !Array.isArray(days)) return undefined;
  const isDay = (x: unknown): x is Day => {
    if (typeof x !== 'object' || x === null) return false;
    const { day, counts } = x as Record<string, unknown>;
    return Number.isInteger(day) && typeof counts === 'object' && counts !== null && Object.values(counts).every((n) => Number(n) >= 0);
  };
  return days.every(isDay) ? days.map(({ day, counts }) => ({ day, counts: { ...counts } })) : undefined;
}
