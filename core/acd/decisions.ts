/** Why this agent, and why not the others: kept for each choice, worked out when it is made (B31). */
import type { AcdState, Service } from './acd-state.js';
import { mediaHold, ownHold, queueHold } from './availability.js';
import type { QueueConfig } from './config.js';
import { fits, wantsNow } from './needs.js';
import { triesOf } from './order.js';
import { waitedMs } from './places.js';
import type { Decision, NotTaken } from './records.js';
import type { AgentId } from './ids.js';
import type { Member, Offer } from './state.js';
import { opensAfterMs } from './tiers.js';
import type { World } from './world.js';

/** Call before the agent is taken. */
export function decide(w: World, member: Member, offer: Offer): void {
  const { explainedAgentsMax } = w.settings;
  const others: { agent: AgentId; reason: NotTaken }[] = [];
  const serving = w.servicesOfQueue(member.queue);
  // looked up once: without tier rules nobody asks for it
  const queue = w.queueOf(member.queue);
  const lowest = queue.tierRulesApply ? w.agentIndex.lowestManned(member.queue) : undefined;
  const moment: Moment = { lowestManned: lowest, nowMs: w.nowMs, waitedMs: waitedMs(member, w.nowMs) };
  for (const service of serving.values()) {
    if (others.length >= explainedAgentsMax) break;
    if (service.agent === offer.agent) continue;
    others.push({ agent: service.agent, reason: whyNot(w, member, queue, service, moment) ?? 'later-in-order' });
  }
  const decision: Decision = {
    atMs: w.nowMs,
    queue: member.queue,
    member: member.id,
    strategy: queue.strategy,
    chosen: offer.agent,
    offer: offer.id,
    because: becauseOf(member, offer),
    others,
    unlisted: Math.max(0, serving.size - 1 - others.length),
  };
  w.order({ type: 'decision', decision });
}

function becauseOf(member: Member, offer: Offer): string {
  if (offer.isPickUp) return 'picked up by hand';
  if (offer.isAwaited) return 'held for this caller';
  if (offer.isOrdered) return 'ordered by the external dispatcher';
  if (member.stickyAgent === offer.agent) return 'the agent wanted for this caller';
  return `level ${offer.level}, position ${offer.position}, tried ${triesOf(member, offer.agent)} times before`;
}

/**
 * The first reason why an agent of the queue would not be offered this member now; undefined: could be.
 * `lowestManned` is the lowest level of the queue with somebody logged in.
 */
export function whyNotNow(
  state: AcdState,
  member: Member,
  id: AgentId,
  lowestManned: number | undefined,
  nowMs: number,
): NotTaken | undefined {
  const queue = state.queueConfigs.get(member.queue);
  const service = state.servicesOfQueue(member.queue).get(id);
  if (!queue || !service) return 'serves-others';
  return whyNot(state, member, queue, service, { lowestManned, nowMs, waitedMs: waitedMs(member, nowMs) });
}

/** What is the same for all agents of one choice. */
interface Moment {
  readonly lowestManned: number | undefined;
  readonly nowMs: number;
  readonly waitedMs: number;
}

function whyNot(state: AcdState, member: Member, queue: QueueConfig, service: Service, moment: Moment): NotTaken | undefined {
  const { agent: id, level } = service;
  const { lowestManned, nowMs, waitedMs: waited } = moment;
  const agent = state.agents.get(id);
  if (!agent) return 'serves-others';
  // most are busy: nothing more is looked up for those
  const busy = ownHold(agent, nowMs);
  if (busy) return busy;
  const config = state.agentConfigs.get(id);
  if (!config) return 'serves-others';
  const hold = mediaHold(agent, config, member.media, nowMs) ?? queueHold(agent, queue);
  if (hold) return hold;
  if (member.needs.length > 0 && !fits(config.skills, wantsNow(member.needs, waited))) return 'skill-missing';
  if (waited < opensAfterMs(queue, level, lowestManned)) return 'tier-not-open';
  if (member.stickyAgent !== undefined && member.stickyAgent !== id && member.stickyUntilMs > nowMs) return 'waits-for-sticky-agent';
  return triesOf(member, id) > 0 ? 'tried-before' : undefined;
}
