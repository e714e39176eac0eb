/** What the queue log of stored segments is, said plainly: all of a day in memory, sorted. The product must tell the same lines. */
import type { AcdState } from '../../core/acd/acd-state.js';
import { legPrefix } from '../../core/acd/ids.js';
import type { OfferSegment, Segment, StatusSegment, VisitSegment } from '../../core/acd/records.js';
import { dayEnd, type Interval } from '../../core/reports/calendar.js';
import { connected, entered, queueLogText, type QueueLogLine } from '../../core/reports/queue-log.js';
import { callIdOf, isLogged, linesOfOffer, linesOfStay, linesOfVisit } from '../../core/reports/queue-log-of-segments.js';

const dayMs = 86_400_000;
const startOf = (one: Segment): number => (one.kind === 'visit' ? one.enteredAtMs : one.startedAtMs);
const byStart = (a: Segment, b: Segment): number => startOf(a) - startOf(b) || (a.key < b.key ? -1 : 1);

export function queueLogAtOnce(segments: readonly Segment[], range: Interval, state: AcdState): string {
  let text = '';
  for (let fromMs = range.fromMs; fromMs < range.toMs;) {
    const part = { fromMs, toMs: Math.min(dayEnd(fromMs, 'UTC'), range.toMs) };
    const read = segments.filter((one) => startOf(one) >= part.fromMs - dayMs && startOf(one) < part.toMs).sort(byStart);
    const isIn = ({ atMs }: QueueLogLine): boolean => atMs >= part.fromMs && atMs < part.toMs;
    const lines = [...linesOf(read, state), ...openLines(state)].filter(isIn);
    text += lines
      .sort((a, b) => a.atMs - b.atMs)
      .map(queueLogText)
      .join('');
    fromMs = part.toMs;
  }
  return text;
}

function linesOf(read: readonly Segment[], state: AcdState): QueueLogLine[] {
  const visits = read.filter((one): one is VisitSegment => one.kind === 'visit');
  const offers = read.filter((one): one is OfferSegment => one.kind === 'offer');
  const stays = [...read.filter((one): one is StatusSegment => one.kind === 'status'), ...openStays(state)];
  const unlogged = new Set(visits.filter((visit) => !isLogged(visit)).map(({ member }) => member));
  const byId = new Map(offers.map((offer) => [offer.offer, offer]));
  const before = new Map<string, StatusSegment>();
  return [
    ...stays
      .sort((a, b) => a.startedAtMs - b.startedAtMs)
      .flatMap((stay) => {
        const last = before.get(stay.agent);
        before.set(stay.agent, stay);
        return linesOfStay(
          stay,
          last,
          state.servicesOfAgent(stay.agent).map(({ queue }) => queue),
        );
      }),
    ...visits.filter(({ member }) => !unlogged.has(member)).flatMap((visit) => linesOfVisit(visit, visit.offer && byId.get(visit.offer))),
    ...offers.filter(({ member }) => !unlogged.has(member)).flatMap(linesOfOffer),
  ];
}

const openStays = (state: AcdState): StatusSegment[] =>
  [...state.agents.values()].map(({ id, status, pauseReason, statusSinceMs }) => ({
    ...{ kind: 'status', key: '', agent: id, status, reason: pauseReason, startedAtMs: statusSinceMs, endedAtMs: Infinity },
  }));

function openLines(state: AcdState): QueueLogLine[] {
  return [...state.members.values()].flatMap((member) => {
    if (member.phase.kind === 'abandoned' || member.presence.kind === 'message' || member.origin !== undefined) return [];
    const visit = { ...member, call: callIdOf({ rootId: member.rootId, member: member.id }) };
    const offer = member.phase.kind === 'talking' ? state.offers.get(member.phase.offer) : undefined;
    if (offer?.phase.kind !== 'talking') return [entered(visit)];
    const { answeredAtMs, connectedAtMs } = offer.phase;
    const talk = { agent: offer.agent, leg: legPrefix + offer.id, ringMs: answeredAtMs - offer.startedAtMs, connectedAtMs };
    return [entered(visit), connected(visit, talk)];
  });
}
