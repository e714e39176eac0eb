/** What is said to waiting callers, and when (F41, F156 to F158, B27). */
import { expectedWaitMs } from './estimate.js';
import type { Announcement } from './effects.js';
import type { Member } from './state.js';
import type { World } from './world.js';

/** Says what is due and sets the next moment; nothing is said while the session is away. */
export function sayDue(w: World, member: Member): void {
  if (member.phase.kind !== 'waiting' || member.presence.kind !== 'here' || member.media === 'chat') return;
  const { announce } = w.queueOf(member.queue);
  const isSoundDue = announce.sound !== undefined && announce.everyMs > 0 && member.nextSoundAtMs <= w.nowMs;
  const isPositionDue = member.nextPositionAtMs > 0 && member.nextPositionAtMs <= w.nowMs;
  if (!isSoundDue && !isPositionDue) return;
  if (isSoundDue) member.nextSoundAtMs = w.nowMs + announce.everyMs;
  if (isPositionDue) member.nextPositionAtMs = announce.positionEveryMs > 0 ? w.nowMs + announce.positionEveryMs : 0;
  w.changeMember(member);
  const said = isPositionDue ? numbersFor(w, member) : { position: undefined, ewtMinutes: undefined };
  const { callback } = w.queueOf(member.queue);
  const announcement: Announcement = {
    sound: isSoundDue ? announce.sound : undefined,
    ...said,
    callbackOffer: callback.key === '' ? undefined : callback.offer,
    language: member.language ?? w.queueOf(member.queue).language,
  };
  const isEmpty = announcement.sound === undefined && said.position === undefined && said.ewtMinutes === undefined;
  if (!isEmpty || announcement.callbackOffer !== undefined) w.order({ type: 'announce', member: member.id, announcement });
}

/** Never a rising number: neither a later position nor a later end of the wait than said before. */
function numbersFor(w: World, member: Member): Pick<Announcement, 'position' | 'ewtMinutes'> {
  const { announce } = w.queueOf(member.queue);
  const actual = w.positions.of(w, member);
  const position = Math.min(actual, member.saidPosition ?? Infinity);
  const ewtMs = expectedWaitMs(w, member.queue, actual);
  const isSaid = announce.position && position <= announce.positionMax;
  if (isSaid) member.saidPosition = position;
  const ewtMinutes = announce.ewt && ewtMs !== undefined ? minutesFor(w, member, ewtMs) : undefined;
  return { position: isSaid ? position : undefined, ewtMinutes };
}

/** Whole minutes, at least 1; what was said before may not rise, so a longer estimate keeps the old end. */
function minutesFor(w: World, member: Member, ewtMs: number): number {
  const before = member.saidEwtEndsAtMs;
  const endsAtMs = Math.min(w.nowMs + ewtMs, before ?? Infinity);
  member.saidEwtEndsAtMs = endsAtMs;
  return Math.max(1, Math.ceil((endsAtMs - w.nowMs) / 60_000));
}
