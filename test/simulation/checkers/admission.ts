/** Who is let in, and what goes along: blocked callers, full and removed queues, waiting time on a move (B20, B52, B59). */
import type { AcdState } from '../../../core/acd/acd-state.js';
import type { MemberId, QueueId } from '../../../core/acd/ids.js';
import type { Checker, Restart, Seen } from '../checker.js';
import { Violation } from '../violation.js';

const name = 'admission';

export function createAdmissionChecker(): Checker {
  const joinedAtMs = new Map<MemberId, number>();
  const sizes = new Map<QueueId, number>();

  function checkJoin({ event, answer, state }: Seen): void {
    if (event?.type !== 'caller-joined' || !answer.ok || answer.resumed === true || answer.member === undefined) return;
    const { join } = event;
    const member = state.members.get(answer.member);
    if (state.callers.get(join.number)?.isBlocked && join.origin === undefined)
      throw new Violation(name, `${join.number} is blocked and let in`);
    if (!member || member.visit > 1) return;
    if (state.queues.get(member.queue)?.isDraining)
      throw new Violation(name, `${member.id} is let into ${member.queue}, which is being removed`);
    const before = sizes.get(member.queue) ?? 0;
    const max = state.queueConfigs.get(member.queue)?.membersMax ?? 0;
    // callers who left in the same step, before or after, leave room
    // for whom an agent is held, there is room
    const isAwaited = member.offers.some((id) => state.offers.get(id)?.isAwaited);
    if (!isAwaited && before >= max && state.membersOfQueue(member.queue).size > max)
      throw new Violation(name, `${member.id} is let into ${member.queue}, where ${String(before)} wait`);
  }

  /** Waiting time goes along unless a rule or an order says otherwise. */
  function checkMove(state: AcdState, { event, effects }: Seen, id: MemberId): void {
    const before = joinedAtMs.get(id);
    const member = state.members.get(id);
    if (!member || before === undefined || member.joinedAtMs === before) return;
    const moves = effects.flatMap((effect) =>
      effect.type === 'notice' && effect.notice.type === 'member-moved' && effect.notice.member === id ? [effect.notice] : [],
    );
    const isAsked = event?.type === 'move-asked' && !event.keepWaiting;
    const isRuled = moves.some(({ from, to }) => mayForget(state, from, to));
    if (!isAsked && !isRuled && event?.type !== 'configured')
      throw new Violation(name, `${id} joined at ${String(before)} and now at ${String(member.joinedAtMs)}`);
  }

  const remember = (state: AcdState): void => {
    for (const id of state.queueConfigs.keys()) sizes.set(id, state.membersOfQueue(id).size);
  };

  return {
    name,
    saved(seen: Seen): void {
      const { state, changes } = seen;
      checkJoin(seen);
      for (const id of changes.members) {
        checkMove(state, seen, id);
        const member = state.members.get(id);
        if (member) joinedAtMs.set(id, member.joinedAtMs);
        else joinedAtMs.delete(id);
      }
      remember(state);
    },
    restarted({ state }: Restart): void {
      joinedAtMs.clear();
      for (const { id, joinedAtMs: atMs } of state.members.values()) joinedAtMs.set(id, atMs);
      remember(state);
    },
  };
}

/** A rule of the old queue sends its callers there to start anew. */
function mayForget(state: AcdState, from: QueueId, to: QueueId): boolean {
  const rules = state.queueConfigs.get(from)?.overflow ?? [];
  return rules.some((rule) => rule.to.kind === 'queue' && rule.to.queue === to && !rule.to.keepWaiting);
}
