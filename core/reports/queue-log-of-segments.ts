/** The lines of a queue log that a stored segment has: those that a live log of the same time has. */
import { legPrefix } from '../acd/ids.js';
import type { OfferSegment, StatusSegment, VisitSegment } from '../acd/records.js';
import { isMessageParam } from '../message-file.js';
import { isMissed } from './queue-figures.js';
import { completed, connected, entered, left, rang, statusChanged } from './queue-log.js';
import type { LoggedVisit, QueueLogLine } from './queue-log.js';
import { outcomeOf } from './visit-outcome.js';

/** The id by which app_queue would name the call: the first channel of it that we know. */
export const callIdOf = ({ rootId, member }: { readonly rootId: string; readonly member: string }): string => rootId || member;

/** app_queue knows no messages (B51), and its readers count callers: no calls of the dialer. */
export const isLogged = ({ param, origin }: VisitSegment): boolean => !isMessageParam(param) && origin === undefined;

/** `offer`: the one that was answered, where it is known. */
export function linesOfVisit(segment: VisitSegment, offer: OfferSegment | undefined): QueueLogLine[] {
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

export function linesOfOffer(offer: OfferSegment): QueueLogLine[] {
  const ring = { ...offer, call: callIdOf(offer) };
  if (isMissed(offer.outcome)) return [rang(ring, offer.endedAtMs, true)];
  return offer.outcome === 'caller-left' ? [rang(ring, offer.endedAtMs, false)] : [];
}

/** `last`: the agent's stay before, in the order of their beginnings. */
export function linesOfStay(stay: StatusSegment, last: StatusSegment | undefined, queues: readonly string[]): QueueLogLine[] {
  const isNext = last?.endedAtMs === stay.startedAtMs;
  return statusChanged(stay.agent, queues, stay.startedAtMs, isNext ? last : undefined, stay);
}
