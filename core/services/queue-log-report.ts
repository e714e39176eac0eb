/** The queue log of a time from stored segments and what is not over yet, as it is read (B60). */
import type { AcdState } from '../acd/acd-state.js';
import { legPrefix } from '../acd/ids.js';
import type { Segment, StatusSegment } from '../acd/records.js';
import { TandemError } from '../errors.js';
import type { ReportStore } from '../report-ports.js';
import { dayEnd } from '../reports/calendar.js';
import type { Interval } from '../reports/calendar.js';
import { connected, entered, queueLogText } from '../reports/queue-log.js';
import type { QueueLogLine } from '../reports/queue-log.js';
import { heldLinesMax, outOfOrderMsMax, QueueLogFold } from '../reports/queue-log-fold.js';
import { callIdOf } from '../reports/queue-log-of-segments.js';
import { segmentsByStart } from './segments-by-start.js';

export interface QueueLogReportDeps {
  readonly store: Pick<ReportStore, 'segments'>;
  readonly zone: string;
  /** undefined: the queues belong to another */
  readonly state: () => AcdState | undefined;
  readonly breathe: () => Promise<void>;
}

/** What began this much earlier may still end in the day that is told; longer visits lose their last line. */
const lookBackMs = 86_400_000;
/** Segments after which the lines that are sure leave. */
export const segmentsPerPiece = 1_000;
/** Logs that are read at once: each holds the lines of the calls of one moment and a page of segments of each kind. */
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

/** Pieces of whole lines. Rejects TDM_BUSY when more calls go on at once than can be held. */
export async function* queueLogReport(
  deps: QueueLogReportDeps,
  range: Interval,
  isWanted: (queue: string, agent: string) => boolean,
  perPiece = segmentsPerPiece,
): AsyncGenerator<string> {
  const state = deps.state();
  const now = state ? whoIsThere(state) : { visits: [], stays: [] };
  for (let fromMs = range.fromMs; fromMs < range.toMs;) {
    const part = { fromMs, toMs: Math.min(dayEnd(fromMs, deps.zone), range.toMs) };
    yield* partOf(deps, part, { state, now, isWanted, perPiece });
    fromMs = part.toMs;
  }
}

interface Told {
  readonly state: AcdState | undefined;
  readonly now: Now;
  readonly isWanted: (queue: string, agent: string) => boolean;
  readonly perPiece: number;
}

async function* partOf(deps: QueueLogReportDeps, part: Interval, { state, now, isWanted, perPiece }: Told): AsyncGenerator<string> {
  const queuesOf = (agent: string): readonly string[] => state?.servicesOfAgent(agent as never).map(({ queue }) => queue) ?? [];
  const fold = new QueueLogFold({ range: part, queuesOf, isWanted });
  const open = new Map(now.visits.map((visit) => [visit.key, visit]));
  const stays = now.stays.toReversed();

  function add(segment: Segment): void {
    if (segment.kind === 'visit') {
      open.delete(segment.key); // it ended while the log was read
      fold.visit(segment);
    } else if (segment.kind === 'status') fold.stay(segment);
    else if (segment.kind === 'offer' && state?.members.get(segment.member)?.presence.kind !== 'message') fold.offer(segment);
  }
  /** What is there now takes part in its turn, behind what is stored of the same moment. */
  function addNow(untilMs: number): void {
    for (let next = stays.at(-1); next && next.startedAtMs < untilMs; next = stays.at(-1)) {
      stays.pop();
      fold.stay(next);
    }
    for (const [key, { sinceMs, lines, order }] of open) {
      if (sinceMs >= untilMs) break;
      open.delete(key);
      for (const line of lines) fold.open(line, order);
    }
  }
  function piece(untilMs: number): string {
    if (fold.size > heldLinesMax) throw new TandemError('TDM_BUSY', [`${String(heldLinesMax)} lines of calls at once`]);
    return fold.take(untilMs).map(queueLogText).join('');
  }

  const reading = { store: deps.store, breathe: () => deps.breathe(), kinds: ['visit', 'offer', 'status'] as const };
  let count = 0;
  for await (const page of segmentsByStart(reading, { fromMs: part.fromMs - lookBackMs, toMs: part.toMs }))
    for (const { segment, startedAtMs } of page) {
      addNow(startedAtMs);
      add(segment);
      if (++count % perPiece > 0) continue;
      const text = piece(startedAtMs - outOfOrderMsMax);
      if (text !== '') yield text;
    }
  addNow(Infinity);
  const rest = piece(Infinity);
  if (rest !== '') yield rest;
}

interface VisitNow {
  /** as it will be stored */
  readonly key: string;
  readonly sinceMs: number;
  /** among lines of one moment */
  readonly order: number;
  readonly lines: readonly QueueLogLine[];
}

/** What is not over, by its beginning. */
interface Now {
  readonly visits: readonly VisitNow[];
  /** what they follow is stored */
  readonly stays: readonly StatusSegment[];
}

function whoIsThere(state: AcdState): Now {
  const visits = [...state.members.values()].flatMap((member, order): VisitNow[] => {
    if (member.phase.kind === 'abandoned' || member.presence.kind === 'message' || member.origin !== undefined) return [];
    const visit = { ...member, call: callIdOf({ rootId: member.rootId, member: member.id }) };
    const lines = [entered(visit)];
    const offer = member.phase.kind === 'talking' ? state.offers.get(member.phase.offer) : undefined;
    if (offer?.phase.kind === 'talking') {
      const { answeredAtMs, connectedAtMs } = offer.phase;
      const talk = { agent: offer.agent, leg: legPrefix + offer.id, ringMs: answeredAtMs - offer.startedAtMs, connectedAtMs };
      lines.push(connected(visit, talk));
    }
    return [{ key: `${member.id}/${String(member.visit)}`, sinceMs: member.enteredAtMs, order, lines }];
  });
  const stays = [...state.agents.values()].map(({ id, status, pauseReason, statusSinceMs }): StatusSegment => ({
    kind: 'status',
    key: '',
    agent: id,
    status,
    reason: pauseReason,
    startedAtMs: statusSinceMs,
    endedAtMs: Infinity,
  }));
  return { visits: visits.sort((a, b) => a.sinceMs - b.sinceMs), stays: stays.sort((a, b) => a.startedAtMs - b.startedAtMs) };
}
