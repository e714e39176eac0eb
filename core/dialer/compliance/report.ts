/**
 * Compliance report of a campaign and period, for an officer (dialer.md B10): what was abandoned, the three conditions of
 * the safe harbour with what bears witness to each, opt-outs, what was blocked. As data, CSV and plain text.
 */
import type { CounterRow } from '../../dialer-ports.js';
import type { Campaign } from '../campaign.js';
import type { CallRecord } from '../contact.js';
import { maskNumber } from '../mask.js';
import { figureOf, windowsOf, type AbandonFigure } from './abandonment.js';
import type { Profile } from './profile.js';
import { percent, reportCsv, reportText } from './report-forms.js';

export interface ComplianceInput {
  readonly campaign: Campaign;
  readonly profile: Profile;
  readonly fromMs: number;
  readonly toMs: number;
  /** of this campaign and period */
  readonly counters: readonly CounterRow[];
  /** ended calls of the period that bear witness: abandoned, unanswered, with a message */
  readonly calls: readonly CallRecord[];
  /** false: `calls` was cut, the evidence is of those that are there */
  readonly isWhole: boolean;
  /** contacts that stand blocked now, by result; of all time, since contacts do not keep when they ended */
  readonly blocked: Readonly<Record<string, number>>;
  /** when each suppression list was last brought up to date */
  readonly suppression: ReadonlyMap<string, number>;
  readonly madeAtMs: number;
}

export const reportLimits = {
  /** the latest ones are shown */
  windowsMax: 400,
  /** calls named one by one under each condition */
  callsMax: 200,
} as const;

export interface WindowRow extends Pick<AbandonFigure, 'connected' | 'abandoned' | 'share' | 'adjusted'> {
  readonly fromMs: number;
  readonly toMs: number;
  readonly isWithinCap: boolean;
}

/** A call that does not fit a condition. */
export interface Finding {
  readonly callId: string;
  /** masked */
  readonly number: string;
  readonly atMs: number;
  readonly problem: string;
}

export interface Condition {
  readonly name: 'abandonment' | 'ring-time' | 'message';
  readonly demand: string;
  readonly isMet: boolean;
  /** in words: what was looked at */
  readonly evidence: string;
  readonly findings: readonly Finding[];
  /** more than are listed */
  readonly findingsCount: number;
}

export interface ComplianceData {
  readonly campaign: { readonly id: string; readonly name: string; readonly mode: string; readonly client: string };
  readonly profile: { readonly name: string; readonly text: string; readonly sources: readonly string[]; readonly cap: number };
  readonly fromMs: number;
  readonly toMs: number;
  readonly madeAtMs: number;
  readonly isWhole: boolean;
  readonly windows: readonly WindowRow[];
  readonly total: WindowRow;
  readonly conditions: readonly Condition[];
  readonly optOuts: number;
  readonly messagesPlayed: number;
  readonly blocked: Readonly<Record<string, number>>;
  readonly lists: readonly {
    readonly list: string;
    readonly text: string;
    readonly syncedAtMs: number | undefined;
    readonly ageDays: number | undefined;
    readonly maxAgeDays: number;
    readonly isFresh: boolean;
  }[];
  readonly recordsKeptDays: number;
}

export interface ComplianceReport {
  readonly text: string;
  readonly csv: string;
  readonly data: ComplianceData;
}

const dayMs = 86_400_000;
const seconds = (ms: number): string => `${String(Math.round(ms / 100) / 10)} s`;

export function complianceReport(input: ComplianceInput): ComplianceReport {
  const data = dataOf(input);
  return { data, csv: reportCsv(data), text: reportText(data) };
}

function windowRow(input: ComplianceInput, fromMs: number, toMs: number): WindowRow {
  const rows = input.counters.filter((row) => row.campaign === input.campaign.id && row.bucketMs >= fromMs && row.bucketMs < toMs);
  const { connected, abandoned, share, adjusted, isAtCap, cap } = figureOf(input.campaign, input.profile, rows, fromMs);
  // exactly the cap is allowed by the rule, though the dialer stops there
  const isWithinCap = !isAtCap || Math.max(share, adjusted.share) <= cap;
  return { fromMs, toMs, connected, abandoned, share, adjusted, isWithinCap };
}

function dataOf(input: ComplianceInput): ComplianceData {
  const { campaign, profile, fromMs, toMs, madeAtMs } = input;
  const windows = windowsOf(campaign, profile, fromMs, toMs, reportLimits.windowsMax).map((w) => windowRow(input, w.fromMs, w.toMs));
  const counters = input.counters.filter((row) => row.campaign === campaign.id && row.bucketMs >= fromMs && row.bucketMs < toMs);
  const sum = (of: (row: CounterRow) => number): number => counters.reduce((all, row) => all + of(row), 0);
  return {
    campaign: { id: campaign.id, name: campaign.name, mode: campaign.mode, client: campaign.client },
    profile: { name: profile.name, text: profile.text, sources: profile.sources, cap: Math.min(campaign.abandonCap, profile.abandonCap) },
    fromMs,
    toMs,
    madeAtMs,
    isWhole: input.isWhole,
    windows,
    total: windowRow(input, fromMs, toMs),
    conditions: [abandonment(windows, campaign, profile), ringing(input), message(input)],
    optOuts: sum((row) => row.optedOut),
    messagesPlayed: sum((row) => row.messagesPlayed),
    blocked: input.blocked,
    lists: profile.suppression.map(({ list, text, maxAgeMs }) => {
      const syncedAtMs = input.suppression.get(list);
      const ageMs = syncedAtMs === undefined ? undefined : madeAtMs - syncedAtMs;
      const ageDays = ageMs === undefined ? undefined : Math.floor(ageMs / dayMs);
      return { list, text, syncedAtMs, ageDays, maxAgeDays: maxAgeMs / dayMs, isFresh: ageMs !== undefined && ageMs <= maxAgeMs };
    }),
    recordsKeptDays: profile.recordsKeptDays,
  };
}

function condition(
  name: Condition['name'],
  demand: string,
  evidence: string,
  findings: readonly Finding[],
  isMet = findings.length === 0,
): Condition {
  return { name, demand, evidence, isMet, findings: findings.slice(0, reportLimits.callsMax), findingsCount: findings.length };
}

function abandonment(windows: readonly WindowRow[], campaign: Campaign, profile: Profile): Condition {
  const over = windows.filter((row) => !row.isWithinCap);
  const cap = Math.min(campaign.abandonCap, profile.abandonCap);
  const demand = `at most ${percent(cap)} of the calls answered by a person are abandoned in each window`;
  const evidence = `${String(windows.length - over.length)} of ${String(windows.length)} windows within the cap`;
  return condition('abandonment', demand, evidence, [], over.length === 0);
}

/** Calls that we gave up: they rang too short a time. One that the customer or the carrier ended is none of these. */
function ringing({ calls, profile }: ComplianceInput): Condition {
  const givenUp = calls.filter((call) => call.answeredAtMs === undefined && call.ringingAtMs !== undefined && call.endedBy === 'us');
  const findings = givenUp.flatMap((call): Finding[] => {
    const rangMs = call.endedAtMs - (call.ringingAtMs ?? call.endedAtMs);
    if (rangMs >= profile.minRingMs) return [];
    return [{ ...named(call), problem: `rang ${seconds(rangMs)}` }];
  });
  return condition(
    'ring-time',
    `an unanswered call rings at least ${seconds(profile.minRingMs)} before it is given up`,
    `${String(givenUp.length)} unanswered calls that were given up`,
    findings,
  );
}

/** Each abandoned call has its message, begun in time. */
function message({ calls, profile }: ComplianceInput): Condition {
  const abandoned = calls.filter((call) => call.result === 'ABANDONED');
  const findings = abandoned.flatMap((call): Finding[] => {
    if (!profile.messageRequired) return [];
    if (call.messageAtMs === undefined) return [{ ...named(call), problem: 'no message was played' }];
    // from the answer on, or in an IVR from the key: a call that came to its door late was silent until then
    const sinceMs = call.mode === 'IVR' ? (call.offeredAtMs ?? call.answeredAtMs) : call.answeredAtMs;
    const lateMs = call.messageAtMs - (sinceMs ?? call.messageAtMs);
    return lateMs > profile.graceMsMax ? [{ ...named(call), problem: `the message began after ${seconds(lateMs)}` }] : [];
  });
  const demand = profile.messageRequired
    ? `an abandoned call gets the message within ${seconds(profile.graceMsMax)}`
    : 'the profile demands no message';
  return condition('message', demand, `${String(abandoned.length)} abandoned calls`, findings);
}

const named = (call: CallRecord): Pick<Finding, 'callId' | 'number' | 'atMs'> => ({
  callId: call.callId,
  number: maskNumber(call.number),
  atMs: call.placedAtMs,
});
