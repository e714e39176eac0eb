/** The queue log of stored segments: the lines that a live log of the same time has. */
import { legPrefix } from '../acd/ids.js';
import type { OfferSegment, StatusSegment, VisitSegment } from '../acd/records.js';
import { isMessageParam } from '../message-file.js';
import type { Interval } from './calendar.js';
import { isMissed } from './queue-figures.js';
import { completed, connected, entered, left, rang, statusChanged } from './queue-log.js';
import type { LoggedVisit, QueueLogLine } from './queue-log.js';
import { outcomeOf } from './visit-outcome.js';

export interface LoggedSegments {
  readonly visits: readonly VisitSegment[];
  readonly offers: readonly OfferSegment[];
  readonly stays: readonly StatusSegment[];
}

/** The id by which app_queue would name the call: the first channel of it that we know. */
export const callIdOf = ({ rootId, member }: { readonly rootId: string; readonly member: string }): string => rootId || member;

/** Lines within `range`, by time; app_queue knows no messages (B51), and its readers count callers. `queuesOf`: the queues that an agent serves. */
export function queueLogOf(
  { visits, offers, stays }: LoggedSegments,
  range: Interval,
  queuesOf: (agent: string) => readonly string[],
): QueueLogLine[] {
  const unlogged = new Set(visits.filter(({ param, origin }) => isMessageParam(param) || origin !== undefined).map(({ member }) => member));
  const byId = new Map(offers.map((offer) => [offer.offer, offer]));
  const lines = [
    ...linesOfStays(stays, queuesOf),
    ...visits.filter(({ member }) => !unlogged.has(member)).flatMap((visit) => linesOfVisit(visit, visit.offer && byId.get(visit.offer))),
    ...offers.filter(({ member }) => !unlogged.has(member)).flatMap(linesOfOffer),
  ];
  return lines.filter(({ atMs }) => atMs >= range.fromMs && atMs < range.toMs).sort((a, b) => a.atMs - b.atMs);
}

function linesOfVisit(segment: VisitSegment, offer: OfferSegment | undefined): QueueLogLine[] {
  const { reason, waitMs, leftAtMs, detail } = segment;
  if (outcomeOf(reason, waitMs) === 'refused') return [];
  const visit: LoggedVisit = { ...segment, call: callIdOf(segment) };
  if (reason !== 'answered') return [entered(visit), left(visit, leftAtMs, { reason, detail, position: segment.positionAtExit })];
  const talk = {
    agent: segment.agent ?? '',
    leg: segment.offer ? legPrefix + segment.offer : '',
    ringMs: offer?.ringMs ?? 0,
    connectedAtMs: segment.enteredAtMs + waitMs,
  };
  const by = detail === 'transfer' ? 'transfer' : (offer?.endedBy ?? 'unknown');
  return [entered(visit), connected(visit, talk), completed(visit, talk, leftAtMs, { by, cause: offer?.detail ?? '' })];
}

function linesOfOffer(offer: OfferSegment): QueueLogLine[] {
  const ring = { ...offer, call: callIdOf(offer) };
  if (isMissed(offer.outcome)) return [rang(ring, offer.endedAtMs, true)];
  return offer.outcome === 'caller-left' ? [rang(ring, offer.endedAtMs, false)] : [];
}

function linesOfStays(stays: readonly StatusSegment[], queuesOf: (agent: string) => readonly string[]): QueueLogLine[] {
  const before = new Map<string, StatusSegment>();
  return [...stays]
    .sort((a, b) => a.startedAtMs - b.startedAtMs)
    .flatMap((stay) => {
      const last = before.get(stay.agent);
      before.set(stay.agent, stay);
      const isNext = last && last.endedAtMs === stay.startedAtMs;
      return statusChanged(stay.agent, queuesOf(stay.agent), stay.startedAtMs, isNext ? last : undefined, stay);
    });
}
