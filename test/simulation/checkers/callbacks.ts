/** B14: a callback is tried as often as the rule says, with the rule's pause between, and never faster than agents come free. */
import type { MemberId } from '../../../core/acd/ids.js';
import type { Checker, Seen } from '../checker.js';
import { Violation } from '../violation.js';

const name = 'callbacks';

export function createCallbackChecker(): Checker {
  /** since when the last try of a member failed */
  const failedAtMs = new Map<MemberId, number>();
  /** their rule was changed under way */
  const excused = new Set<MemberId>();
  return {
    name,
    saved({ state, effects, changes, nowMs, event }: Seen): void {
      if (event === undefined || event.type === 'configured') for (const id of state.members.keys()) excused.add(id);
      for (const effect of effects) {
        if (effect.type !== 'call-back') continue;
        const member = state.members.get(effect.member);
        const queue = state.queueConfigs.get(effect.queue);
        if (!member || member.presence.kind !== 'callback' || !queue) continue;
        if (member.presence.attempts > queue.callback.attemptsMax && !excused.has(member.id) && member.visit === 1)
          throw new Violation(
            name,
            `${member.id} is called back ${String(member.presence.attempts)} times, the rule says ${String(queue.callback.attemptsMax)}`,
          );
        const failedMs = failedAtMs.get(member.id);
        if (failedMs !== undefined && nowMs - failedMs < 1_000) throw new Violation(name, `${member.id} is called back again at once`);
        failedAtMs.delete(member.id);
        if (!state.system.isDispatching) throw new Violation(name, `${member.id} is called back while dispatching is off`);
      }
      for (const id of changes.members) {
        const presence = state.members.get(id)?.presence;
        if (presence?.kind !== 'callback') failedAtMs.delete(id);
        else if (presence.step.kind !== 'pausing') continue;
        else if (!failedAtMs.has(id)) failedAtMs.set(id, nowMs);
      }
    },
  };
}
