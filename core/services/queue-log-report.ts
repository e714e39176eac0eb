/** The queue log of a time from stored segments and what is not over yet, day by day (B60). */
import type { AcdState } from '../acd/acd-state.js';
import { legPrefix } from '../acd/ids.js';
import type { OfferSegment, Segment, StatusSegment, VisitSegment } from '../acd/records.js';
import { TandemError } from '../errors.js';
import type { ReportCursor, ReportStore } from '../report-ports.js';
import { dayEnd } from '../reports/calendar.js';
import type { Interval } from '../reports/calendar.js';
import { connected, entered, queueLogText } from '../reports/queue-log.js';
import type { QueueLogLine } from '../reports/queue-log.js';
import { callIdOf, queueLogOf } from '../reports/queue-log-of-segments.js';

export interface QueueLogReportDeps {
  readonly store: Pick<ReportStore, 'segments'>;
  readonly zone: string;
  /** undefined: the queues belong to another */
  readonly state: () => AcdState | undefined;
  readonly breathe: () => Promise<void>;
}

/** What began this much earlier may still end in the day that is told; longer visits lose their last line. */
const lookBackMs = 86_400_000;
const pageRows = 1_000;
/** Logs that are read at once: each has the segments of two days in memory. */
export const queueLogsMax = 2;

export type QueueLogs = (range: Interval, isWanted: (queue: string, agent: string) => boolean) => AsyncGenerator<string>;

/** Rejects TDM_BUSY at the first line when too many are being read; one that is left must be ended by its `return`. */
export function createQueueLogs(deps: QueueLogReportDeps): QueueLogs {
  let reading = 0;
  return async function* (range, isWanted) {
    if (reading >= queueLogsMax) throw new TandemError('TDM_BUSY', [`${String(queueLogsMax)} queue logs at once`]);
    reading++;
    try {
      yield* queueLogReport(deps, range, isWanted);
    } finally {
      reading--;
    }
  };
}

export async function* queueLogReport(
  deps: QueueLogReportDeps,
  range: Interval,
  isWanted: (queue: string, agent: string) => boolean,
): AsyncGenerator<string> {
  const state = deps.state();
  const queuesOf = (agent: string): readonly string[] => state?.servicesOfAgent(agent as never).map(({ queue }) => queue) ?? [];
  const open = state ? openLines(state) : [];
  const stays = state ? openStays(state) : [];
  for (let fromMs = range.fromMs; fromMs < range.toMs;) {
    const part = { fromMs, toMs: Math.min(dayEnd(fromMs, deps.zone), range.toMs) };
    const { offers, ...stored } = await segmentsOf(deps, part);
    const ofCallers = offers.filter(({ member }) => state?.members.get(member)?.presence.kind !== 'message');
    const lines = queueLogOf({ ...stored, offers: ofCallers, stays: [...stored.stays, ...stays] }, part, queuesOf);
    lines.push(...open.filter(({ atMs }) => atMs >= part.fromMs && atMs < part.toMs));
    const texts = lines
      .sort((a, b) => a.atMs - b.atMs)
      .filter(({ queue, agent }) => isWanted(queue, agent))
      .map(queueLogText);
    if (texts.length > 0) yield texts.join('');
    fromMs = part.toMs;
  }
}

async function segmentsOf({ store, breathe }: QueueLogReportDeps, { fromMs, toMs }: Interval) {
  async function all<Kind extends Segment['kind']>(kind: Kind): Promise<Extract<Segment, { kind: Kind }>[]> {
    const found: Segment[] = [];
    for (let after: ReportCursor | undefined; ;) {
      const { rows, next } = await store.segments(kind, { fromMs: fromMs - lookBackMs, toMs }, after, pageRows);
      found.push(...rows);
      if (!next) return found as Extract<Segment, { kind: Kind }>[];
      after = next;
      await breathe();
    }
  }
  const [visits, offers, stays]: [VisitSegment[], OfferSegment[], StatusSegment[]] = [
    await all('visit'),
    await all('offer'),
    await all('status'),
  ];
  return { visits, offers, stays };
}

/** The stays that go on: what they follow is stored. */
const openStays = (state: AcdState): StatusSegment[] =>
  [...state.agents.values()].map(({ id, status, pauseReason, statusSinceMs }) => ({
    kind: 'status',
    key: '',
    agent: id,
    status,
    reason: pauseReason,
    startedAtMs: statusSinceMs,
    endedAtMs: Infinity,
  }));

/** Who waits and talks now: the lines of their beginnings. */
function openLines(state: AcdState): QueueLogLine[] {
  const lines: QueueLogLine[] = [];
  for (const member of state.members.values()) {
    if (member.phase.kind === 'abandoned' || member.presence.kind === 'message' || member.origin !== undefined) continue;
    const visit = { ...member, call: callIdOf({ rootId: member.rootId, member: member.id }) };
    lines.push(entered(visit));
    const offer = member.phase.kind === 'talking' ? state.offers.get(member.phase.offer) : undefined;
    if (offer?.phase.kind !== 'talking') continue;
    const { answeredAtMs, connectedAtMs } = offer.phase;
    const talk = { agent: offer.agent, leg: legPrefix + offer.id, ringMs: answeredAtMs - offer.startedAtMs, connectedAtMs };
    lines.push(connected(visit, talk));
  }
  return lines;
}
