/** B14: a callback is tried as often as the rule says, with the rule's pause between, and never faster than agents come free. */
import { holdBetween } from '../../../core/acd/invariants-matching.js';
import type { AgentId, CallKey, MemberId } from '../../../core/acd/ids.js';
import type { Member } from '../../../core/acd/state.js';
import type { Checker, Seen } from '../checker.js';
import { Violation } from '../violation.js';

const name = 'callbacks';

/** As many are dialled as there are agents who could take them at that moment: nobody answers the phone to hear music. */
function checkAgents({ state, effects, nowMs, downToEngine }: Seen, member: Member): void {
  // others may have got some of them since, in the same step
  const rung = new Set<AgentId>();
  const later = new Set<MemberId>();
  let isLater = false;
  for (const effect of effects) {
    if (effect.type === 'ring') rung.add(effect.order.agent);
    if (effect.type !== 'call-back') continue;
    if (isLater) later.add(effect.member);
    if (effect.member === member.id) isLater = true;
  }
  let free = 0;
  for (const [id, service] of state.servicesOfQueue(member.queue)) {
    const agent = state.agents.get(id);
    const isIdle = agent?.phase.kind === 'idle' && agent.readyAtMs <= nowMs && agent.status.startsWith('Available');
    if (!agent || (!isIdle && !rung.has(id))) continue;
    const asked = { ...member, stickyAgent: undefined, call: agent.standby && callOn(agent.standby) };
    if (rung.has(id) || !holdBetween(state, agent, asked, service, { nowMs, down: downToEngine })) free++;
  }
  let dialling = 0;
  for (const id of state.membersOfQueue(member.queue)) {
    const presence = state.members.get(id)?.presence;
    if (presence?.kind === 'callback' && presence.step.kind === 'dialling' && !later.has(id)) dialling++;
  }
  if (dialling > free)
    throw new Violation(name, `${String(dialling)} callbacks of ${member.queue} are dialled for ${String(free)} free agents`);
}

const callOn = (standby: CallKey): CallKey => ({ ...standby, uniqueId: 'any' });

export function createCallbackChecker(): Checker {
  const dialledAtMs = new Map<MemberId, number>();
  /** their rule was changed under way */
  const excused = new Set<MemberId>();
  return {
    name,
    saved(seen: Seen): void {
      const { state, effects, changes, nowMs, event } = seen;
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
        const pauseMs = nowMs - (dialledAtMs.get(member.id) ?? -Infinity);
        if (pauseMs < queue.callback.retryMs && member.visit === 1 && !excused.has(member.id))
          throw new Violation(name, `${member.id} is called back again after ${String(pauseMs)} ms`);
        dialledAtMs.set(member.id, nowMs);
        checkAgents(seen, member);
        if (!state.system.isDispatching) throw new Violation(name, `${member.id} is called back while dispatching is off`);
      }
      for (const id of changes.members) if (state.members.get(id)?.presence.kind !== 'callback') dialledAtMs.delete(id);
    },
  };
}
