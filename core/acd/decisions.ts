/** Why this agent, and why not the others: kept for each choice, worked out when it is made (B31). */
import type { AcdState } from './acd-state.js';
import { agentHold, queueHold } from './availability.js';
import type { QueueConfig } from './config.js';
import { fits, wantsNow } from './needs.js';
import { triesOf } from './order.js';
import { waitedMs } from './places.js';
import type { Decision, NotTaken } from './records.js';
import type { AgentId, QueueId } from './ids.js';
import type { Member, Offer } from './state.js';
import { opensAfterMs } from './tiers.js';
import type { Attendant, World } from './world.js';

/** Call before the agent is taken. */
export function decide(w: World, member: Member, offer: Offer): void {
  const { explainedAgentsMax } = w.settings;
  const others: { agent: AgentId; reason: NotTaken }[] = [];
  // looked up once: without tier rules nobody asks for it
  const queue = w.queueOf(member.queue);
  const lowest = queue.tierRulesApply ? w.agentIndex.lowestManned(member.queue) : undefined;
  const moment: Moment = { lowestManned: lowest, nowMs: w.nowMs, waitedMs: waitedMs(member, w.nowMs) };
  for (const attendant of attendantsOf(w, member.queue)) {
    if (others.length >= explainedAgentsMax) break;
    const { agent } = attendant.service;
    if (agent !== offer.agent) others.push({ agent, reason: whyNot(member, queue, attendant, moment) ?? 'later-in-order' });
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
    unlisted: Math.max(0, w.servicesOfQueue(member.queue).size - 1 - others.length),
  };
  w.order({ type: 'decision', decision });
}

/** As many as a decision may list, and the one who is chosen. */
function attendantsOf(w: World, queue: QueueId): readonly Attendant[] {
  const known = w.attendants.get(queue);
  if (known) return known;
  const attendants: Attendant[] = [];
  for (const service of w.servicesOfQueue(queue).values()) {
    if (attendants.length > w.settings.explainedAgentsMax) break;
    attendants.push({ service, agent: w.agentOf(service.agent), config: w.configOf(service.agent) });
  }
  w.attendants.set(queue, attendants);
  return attendants;
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
  const agent = state.agents.get(id);
  const config = state.agentConfigs.get(id);
  if (!queue || !service || !agent || !config) return 'serves-others';
  return whyNot(member, queue, { service, agent, config }, { lowestManned, nowMs, waitedMs: waitedMs(member, nowMs) });
}

/** What is the same for all agents of one choice. */
interface Moment {
  readonly lowestManned: number | undefined;
  readonly nowMs: number;
  readonly waitedMs: number;
}

function whyNot(member: Member, queue: QueueConfig, { service, agent, config }: Attendant, moment: Moment): NotTaken | undefined {
  const { agent: id, level } = service;
  const { lowestManned, nowMs, waitedMs: waited } = moment;
  const hold = agentHold(agent, config, member.media, nowMs) ?? queueHold(agent, queue);
  if (hold) return hold;
  if (member.needs.length > 0 && !fits(config.skills, wantsNow(member.needs, waited))) return 'skill-missing';
  if (waited < opensAfterMs(queue, level, lowestManned)) return 'tier-not-open';
  if (member.stickyAgent !== undefined && member.stickyAgent !== id && member.stickyUntilMs > nowMs) return 'waits-for-sticky-agent';
  return triesOf(member, id) > 0 ? 'tried-before' : undefined;
}
