/**
 * B17: a caller is passed only by callers who joined within a bounded time after him: the difference of priority times
 * the step, and the difference of score. Worked out from when they joined, not from the engine's rank.
 */
import type { AcdState } from '../../../core/acd/acd-state.js';
import type { Member } from '../../../core/acd/state.js';
import type { Checker, Seen } from '../checker.js';
import { Violation } from '../violation.js';
import { outOfTurn } from './reservations.js';
import { asChosen, isPickUp, passedOver } from './order.js';

function checkJoin({ event, answer, state, nowMs }: Seen): void {
  if (event?.type !== 'caller-joined' || !answer.ok || answer.resumed === true) return;
  const { join } = event;
  const member = state.members.get(join.member);
  if (!member) return;
  // an overflow at the door may have chosen another queue
  const queue = state.queueConfigs.get(member.queue);
  if (!queue || member.visit > 1) return;
  const known = state.callers.get(join.number)?.baseScoreS ?? 0;
  const system = queue.timeBaseScore === 'system' ? Math.max(0, Math.floor((nowMs - join.answeredAtMs) / 1000)) : 0;
  const score = join.baseScoreS + known + system;
  if (member.joinedAtMs !== nowMs || member.baseScoreS !== score || member.priority !== (join.priority ?? queue.priority))
    throw new Violation('starvation', `${member.id} joined with score ${String(member.baseScoreS)}, by the rules ${String(score)}`);
}

/** How much later than `passed` somebody of these values may have joined and still go first, ms. */
function headStartMs(state: AcdState, member: Member, passed: Member): number {
  const scoreS = (m: Member): number => m.baseScoreS + (state.queueConfigs.get(m.queue)?.baseScoreS ?? 0);
  return (passed.priority - member.priority) * state.settings.priorityStepMs + 1000 * (scoreS(member) - scoreS(passed));
}

export function createStarvationChecker(): Checker {
  return {
    name: 'starvation',
    saved(seen: Seen): void {
      checkJoin(seen);
      const { state, effects, nowMs, downToEngine, event, isThorough } = seen;
      if (!isThorough || event?.type === 'dispatch-asked') return;
      for (const effect of effects) {
        if (effect.type !== 'ring' || isPickUp(state, effect.order)) continue;
        const member = state.members.get(effect.order.member);
        const agent = state.agents.get(effect.order.agent);
        if (!member || !agent || !state.offers.has(effect.order.offer)) continue;
        for (const passed of passedOver(state, asChosen(agent, effect.order), { nowMs, down: downToEngine })) {
          // calls of the dialer have their turn by a word of their queue; agents held for somebody are out of turn
          if (member.origin ?? passed.origin ?? outOfTurn(seen).get(agent.id)) continue;
          if (passed === member || (passed.media === 'chat' && member.media === 'audio')) continue;
          const isStrictlyLess = state.settings.priorityStepMs === 0 && member.priority < passed.priority;
          const laterMs = member.joinedAtMs - passed.joinedAtMs;
          if (!isStrictlyLess && laterMs > headStartMs(state, member, passed))
            throw new Violation(
              'starvation',
              `${member.id} joined ${String(laterMs)} ms after ${passed.id} and goes first, which is more than the bound`,
            );
        }
      }
    },
  };
}
