/** Every offer goes to an agent who may have it: skills, tier, phone, chats, sticky caller; and from a member who is there. */
import { holdBetween } from '../../../core/acd/invariants-matching.js';
import type { RingOrder } from '../../../core/acd/effects.js';
import type { Checker, Seen } from '../checker.js';
import { Violation } from '../violation.js';
import { asChosen } from './order.js';

function check({ state, nowMs, downToEngine, event }: Seen, order: RingOrder): void {
  const fail = (text: string): never => {
    throw new Violation('fit', `${order.member} of ${order.queue} is offered to ${order.agent}: ${text}`);
  };
  const offer = state.offers.get(order.offer);
  const member = state.members.get(order.member);
  const agent = state.agents.get(order.agent);
  if (!offer || !member || !agent) return;
  const service = state.servicesOfQueue(order.queue).get(order.agent) ?? fail('he does not serve it');
  if (member.presence.kind !== 'here') fail(`the caller is ${member.presence.kind}`);
  if (member.call && downToEngine.has(member.call.switch)) fail('the switch is down');
  if (!agent.status.startsWith('Available')) fail(`he is ${agent.status}`);
  if (agent.readyAtMs > nowMs) fail('he rests');
  if (!state.system.isDispatching && event?.type !== 'dispatch-asked') fail('dispatching is off');
  const hold = holdBetween(state, asChosen(agent, order), member, service, { nowMs, down: downToEngine });
  // an external dispatcher may go past tiers, sticky waits and external calls; a caller's own agent past tiers
  const isExcused =
    (offer.isOrdered && ['tier', 'sticky', 'external call'].includes(hold ?? '')) || (hold === 'tier' && member.stickyAgent === agent.id);
  if (hold && !isExcused) fail(hold);
  const queue = state.queueConfigs.get(order.queue);
  const isFamily = queue?.strategy === 'ring-all' || queue?.strategy === 'ring-progressively';
  if (member.offers.length > 1 && !isFamily) fail('somebody else rings for the caller already');
  if (queue && member.offers.length > queue.ringAgentsMax) fail('too many ring for the caller');
}

export function createFitChecker(): Checker {
  return {
    name: 'fit',
    saved(seen: Seen): void {
      for (const effect of seen.effects) if (effect.type === 'ring') check(seen, effect.order);
    },
  };
}
