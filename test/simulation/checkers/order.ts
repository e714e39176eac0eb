/** One order over all queues: nobody is passed over by a lower ranked caller for an agent who could have served both. */
import { holdBetween, wantsOffer } from '../../../core/acd/invariants-matching.js';
import type { Moment } from '../../../core/acd/invariants-matching.js';
import type { AcdState } from '../../../core/acd/acd-state.js';
import type { RingOrder } from '../../../core/acd/effects.js';
import type { Agent, Member } from '../../../core/acd/state.js';
import type { Checker, Seen } from '../checker.js';
import { Violation } from '../violation.js';

/**
 * The member's place in the total order, read a second time: (priority where it is strict, rank, serial). An agent
 * who takes both is given a call before any chat (opensips-call-center 8.4).
 */
function isBefore(a: Member, b: Member, stepMs: number): boolean {
  if (a.media !== b.media) return a.media === 'audio';
  if (stepMs === 0 && a.priority !== b.priority) return a.priority < b.priority;
  return a.rank !== b.rank ? a.rank < b.rank : a.serial < b.serial;
}

/** The agent as he was when he was chosen: free. */
export function asChosen(agent: Agent, order: RingOrder): Agent {
  return { ...agent, phase: { kind: 'idle' }, chats: agent.chats.filter((chat) => chat !== order.offer) };
}

/** Members who still wait after the step and whom this agent could have served instead. */
export function passedOver(state: AcdState, agent: Agent, at: Moment): Member[] {
  const found: Member[] = [];
  for (const service of state.servicesOfAgent(agent.id))
    for (const id of state.membersOfQueue(service.queue)) {
      const member = state.members.get(id);
      if (member && wantsOffer(state, member, at) && !holdBetween(state, agent, member, service, at)) found.push(member);
    }
  return found;
}

export function createOrderChecker(): Checker {
  return {
    name: 'order',
    saved({ state, effects, nowMs, downToEngine, event, isThorough }: Seen): void {
      if (!isThorough || event?.type === 'dispatch-asked') return;
      const stepMs = state.settings.priorityStepMs;
      for (const effect of effects) {
        if (effect.type !== 'ring') continue;
        const { order } = effect;
        const member = state.members.get(order.member);
        const agent = state.agents.get(order.agent);
        if (!member || !agent || !state.offers.has(order.offer)) continue;
        for (const other of passedOver(state, asChosen(agent, order), { nowMs, down: downToEngine }))
          if (other !== member && isBefore(other, member, stepMs))
            throw new Violation(
              'order',
              `${member.id} (rank ${String(member.rank)}) gets agent ${agent.id} before ${other.id} (rank ${String(other.rank)}), whom he could serve`,
            );
      }
    },
  };
}
