/**
 * After a restart callers come back one by one and not in their order, so a free agent could be given the second before
 * the first is back. For a moment the place of who is still away holds back everybody who ranks behind, in all queues,
 * since an agent may serve several: the order after the restart is the old one (B5).
 */
import type { AcdState } from './acd-state.js';
import { byMemberKey, memberKey } from './order.js';
import type { Member } from './state.js';
import type { World } from './world.js';

/** The dialplan comes again 2 s (TANDEM_PAUSE_S) after its session broke; who takes longer holds back nobody. */
export const returnHoldMs = 3_000;

/** Callers were restored who have to come back. */
export function beginHold(w: World): void {
  w.heldUntilMs = w.nowMs + returnHoldMs;
  w.dues.set('hold', '', w.heldUntilMs);
}

/** Whoever was held back is looked at by the next match; those still away keep their places. */
export function endHold(w: World): void {
  w.heldUntilMs = 0;
  w.memberIndex.held.clear();
}

/** Somebody whose place holds this member back now; for explanations, since it looks at all members. */
export function heldBefore(state: AcdState, member: Member, nowMs: number): Member | undefined {
  if (nowMs >= state.heldUntilMs) return undefined;
  const key = memberKey(member, state);
  for (const other of state.members.values()) {
    if (other.presence.kind !== 'away' || other.phase.kind === 'abandoned' || other.offers.length > 0) continue;
    if (member.media === 'chat' || byMemberKey(memberKey(other, state), key) < 0) return other;
  }
  return undefined;
}
