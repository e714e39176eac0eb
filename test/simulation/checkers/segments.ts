/** B6: one segment for each visit and each offer, whole and consistent; the totals agree with the queues' counters. */
import type { AcdState } from '../../../core/acd/acd-state.js';
import type { OfferId, QueueId } from '../../../core/acd/ids.js';
import type { OfferSegment, Segment, VisitSegment } from '../../../core/acd/records.js';
import { offerFailures } from '../../../core/acd/words.js';
import type { Checker, Ended, Restart, Seen } from '../checker.js';
import { Violation } from '../violation.js';
import { keysOf } from './exits.js';

const name = 'segments';

export function createSegmentChecker(): Checker {
  const written = new Set<string>();
  const open = new Set<OfferId>();
  const made = new Map<QueueId, number>();
  /** queues that were removed lose their counters */
  const removed = new Set<QueueId>();

  function noteOffers(state: AcdState, ids: Iterable<OfferId>): void {
    for (const id of ids) {
      const offer = state.offers.get(id);
      if (!offer || open.has(id)) continue;
      open.add(id);
      made.set(offer.queue, (made.get(offer.queue) ?? 0) + 1);
    }
  }

  return {
    name,
    saved({ state, changes, effects, event, answer }: Seen): void {
      if (event?.type === 'caller-joined' && event.join.media === 'chat')
        for (const key of keysOf(event.join.member)) written.delete(`visit ${key}`);
      for (const segment of changes.segments) {
        const key = `${segment.kind} ${segment.key}`;
        const isRefused = event?.type === 'caller-joined' && !answer.ok && segment.kind === 'visit' && segment.member === event.join.member;
        if (written.has(key) && !isRefused) throw new Violation(name, `${key} is written twice`);
        if (!isRefused) written.add(key);
        checkTimes(segment);
      }
      noteOffers(state, changes.offers);
      for (const id of changes.offers)
        if (!state.offers.has(id) && open.delete(id) && !written.has(`offer ${id}`))
          throw new Violation(name, `offer ${id} is over without a record`);
      for (const effect of effects)
        if (effect.type === 'notice' && effect.notice.type === 'queue-changed' && effect.notice.change === 'removed')
          removed.add(effect.notice.queue);
    },
    restarted({ state }: Restart): void {
      for (const id of state.queues.keys()) if (!made.has(id)) made.set(id, 0);
      for (const id of [...made.keys()]) if (!state.queues.has(id)) removed.add(id);
    },
    ended(ended: Ended): void {
      const segments = [...ended.segments.values()];
      const visits = segments.filter((segment) => segment.kind === 'visit');
      const offers = segments.filter((segment) => segment.kind === 'offer');
      checkOffersOfVisits(visits, offers);
      for (const [queue, count] of made) {
        const own = offers.filter((offer) => offer.queue === queue);
        const sum = (outcomes: readonly string[]): number => own.filter(({ outcome }) => outcomes.includes(outcome)).length;
        const failed = sum(offerFailures);
        const rest = own.length - failed - sum(['talked', 'lost']);
        if (own.length !== count || rest < 0)
          throw new Violation(name, `queue ${queue}: ${String(count)} offers were made, ${String(own.length)} recorded`);
        const runtime = ended.state.queues.get(queue);
        if (!runtime || removed.has(queue)) continue;
        const talks = own.filter(({ connectedAtMs, origin }) => connectedAtMs > 0 && origin === undefined).length;
        const answered = visits.filter(
          (visit) => visit.queue === queue && visit.reason === 'answered' && visit.origin === undefined,
        ).length;
        if (runtime.callsAnswered !== talks || talks !== answered)
          throw new Violation(
            name,
            `queue ${queue} counts ${String(runtime.callsAnswered)} answered, ${String(talks)} talks and ${String(answered)} answered visits are recorded`,
          );
      }
    },
  };
}

function checkTimes(segment: Segment): void {
  const fail = (text: string): never => {
    throw new Violation(name, `${segment.kind} ${segment.key}: ${text} ${JSON.stringify(segment)}`);
  };
  if (segment.kind === 'visit') {
    if (segment.leftAtMs < segment.enteredAtMs) fail('left before it came');
    if (segment.waitMs < 0 || segment.talkMs < 0 || segment.waitMs + segment.talkMs !== segment.leftAtMs - segment.enteredAtMs)
      fail('waiting and talking are not the whole visit');
    if ((segment.reason === 'answered') !== (segment.offer !== undefined)) fail('answered visits and talks do not agree');
  } else if (segment.kind === 'offer') {
    const { startedAtMs, answeredAtMs, connectedAtMs, endedAtMs, talkMs, ringMs } = segment;
    const moments = [startedAtMs, answeredAtMs, connectedAtMs, endedAtMs].filter((ms) => ms > 0);
    if (moments.some((ms, i) => i > 0 && ms < (moments[i - 1] ?? 0))) fail('moments are not in order');
    if (talkMs !== (connectedAtMs ? endedAtMs - connectedAtMs : 0) || ringMs < 0) fail('lengths do not fit the moments');
    if (connectedAtMs > 0 && segment.outcome !== 'talked' && segment.outcome !== 'lost') fail('a talk with another outcome');
  } else if (segment.endedAtMs < segment.startedAtMs) fail('ended before it began');
}

/** The visit's count of offers is that of the offers that name it. */
function checkOffersOfVisits(visits: readonly VisitSegment[], offers: readonly OfferSegment[]): void {
  const counts = new Map<string, number>();
  for (const { member, visit } of offers) counts.set(`${member}/${String(visit)}`, (counts.get(`${member}/${String(visit)}`) ?? 0) + 1);
  const byKey = new Map(offers.map((offer) => [offer.offer, offer]));
  for (const visit of visits) {
    if ((counts.get(visit.key) ?? 0) !== visit.offers)
      throw new Violation(
        name,
        `visit ${visit.key} names ${String(visit.offers)} offers, ${String(counts.get(visit.key) ?? 0)} are recorded`,
      );
    const talk = visit.offer === undefined ? undefined : byKey.get(visit.offer);
    if (visit.reason === 'answered' && (talk?.agent !== visit.agent || talk?.talkMs !== visit.talkMs))
      throw new Violation(name, `visit ${visit.key} and its talk do not agree`);
  }
}
