/** Every offer goes to an agent who may have it: skills, tier, phone, chats, sticky caller; and from a member who is there. */
import { holdBetween } from '../../../core/acd/invariants-matching.js';
import type { RingOrder } from '../../../core/acd/effects.js';
import type { MemberId } from '../../../core/acd/ids.js';
import type { Checker, Seen } from '../checker.js';
import { Violation } from '../violation.js';
import { asChosen, isPickUp } from './order.js';

/** The first to answer wins: nobody else goes on ringing for the same caller, unless a key has to be pressed first. */
function checkRace({ event, state }: Seen): void {
  if (event?.type !== 'agent-answered') return;
  const offer = state.offers.get(event.offer);
  const member = offer && state.members.get(offer.member);
  if (member && member.offers.length > 1 && state.queueConfigs.get(offer.queue)?.confirmKey === '')
    throw new Violation('fit', `${member.id} was answered by ${offer.agent}, and ${String(member.offers.length - 1)} others go on ringing`);
}

/** Who takes no calls any more is not rung on (freeswitch-callcenter 7.2). */
function checkStatus({ state, changes }: Seen): void {
  for (const id of changes.agents) {
    const agent = state.agents.get(id);
    if (!agent || agent.status.startsWith('Available')) continue;
    const ids = [...agent.chats, ...(agent.phase.kind === 'offered' ? [agent.phase.offer] : [])];
    if (ids.map((offer) => state.offers.get(offer)).some((offer) => offer?.phase.kind === 'ringing' && !offer.isPickUp))
      throw new Violation('fit', `agent ${id} is ${agent.status} and is rung on`);
  }
}

/** ring-progressively: one more agent each time the delay is over. */
function checkDelay({ state, nowMs, event }: Seen, order: RingOrder, lastMs: number | undefined): void {
  const queue = state.queueConfigs.get(order.queue);
  const member = state.members.get(order.member);
  if (queue?.strategy !== 'ring-progressively' || !member || member.offers.length < 2 || event?.type === 'dispatch-asked') return;
  if (lastMs !== undefined && nowMs - lastMs < queue.ringProgressivelyDelayMs)
    throw new Violation('fit', `${order.member} gets one more agent ${String(nowMs - lastMs)} ms after the last`);
}

function check({ state, nowMs, downToEngine, event }: Seen, order: RingOrder): void {
  const fail = (text: string): never => {
    throw new Violation('fit', `${order.member} of ${order.queue} is offered to ${order.agent}: ${text}`);
  };
  const offer = state.offers.get(order.offer);
  const member = state.members.get(order.member);
  const agent = state.agents.get(order.agent);
  if (!offer || !member || !agent) return;
  if (member.call && downToEngine.has(member.call.switch)) fail('the switch is down');
  if (isPickUp(state, order)) {
    if (member.presence.kind !== 'here' || member.offers.length > 1) fail('he is not there, or rung for elsewhere');
    return;
  }
  const service = state.servicesOfQueue(order.queue).get(order.agent) ?? fail('he does not serve it');
  if (member.presence.kind !== 'here') fail(`the caller is ${member.presence.kind}`);
  if (!agent.status.startsWith('Available')) fail(`he is ${agent.status}`);
  if (agent.readyAtMs > nowMs) fail('he rests');
  if (!state.system.isDispatching && event?.type !== 'dispatch-asked' && !offer.isAwaited) fail('dispatching is off');
  const hold = holdBetween(state, asChosen(agent, order), member, service, { nowMs, down: downToEngine });
  // an external dispatcher may go past tiers, sticky waits and external calls; a caller's own agent past tiers
  const isExcused =
    ((offer.isOrdered || offer.isAwaited) && ['tier', 'sticky', 'external call'].includes(hold ?? '')) ||
    (hold === 'tier' && member.stickyAgent === agent.id);
  if (hold && !isExcused) fail(hold);
  const queue = state.queueConfigs.get(order.queue);
  const isFamily = queue?.strategy === 'ring-all' || queue?.strategy === 'ring-progressively';
  if (member.offers.length > 1 && !isFamily) fail('somebody else rings for the caller already');
  if (queue && member.offers.length > queue.ringAgentsMax) fail('too many ring for the caller');
}

export function createFitChecker(): Checker {
  const rungAtMs = new Map<MemberId, number>();
  let changedAtMs = 0;
  return {
    name: 'fit',
    saved(seen: Seen): void {
      // a shorter delay by a reload counts from the next ring on
      if (seen.event === undefined || seen.event.type === 'configured') changedAtMs = seen.nowMs;
      checkRace(seen);
      checkStatus(seen);
      for (const effect of seen.effects) {
        if (effect.type !== 'ring') continue;
        check(seen, effect.order);
        const lastMs = rungAtMs.get(effect.order.member);
        if (lastMs !== undefined && lastMs > changedAtMs) checkDelay(seen, effect.order, lastMs);
        rungAtMs.set(effect.order.member, seen.nowMs);
      }
      for (const id of seen.changes.members) if (!seen.state.members.has(id)) rungAtMs.delete(id);
    },
  };
}
