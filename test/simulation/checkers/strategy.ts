/** B16: among the agents who could serve a caller, each strategy's own order decides (freeswitch-callcenter 5). */
import type { AcdState, Service } from '../../../core/acd/acd-state.js';
import type { QueueConfig } from '../../../core/acd/config.js';
import type { RingOrder } from '../../../core/acd/effects.js';
import type { AgentId, QueueId } from '../../../core/acd/ids.js';
import { holdBetween } from '../../../core/acd/invariants-matching.js';
import type { Agent, Member } from '../../../core/acd/state.js';
import type { Checker, Seen } from '../checker.js';
import type { Place, Shadow } from '../shadow.js';
import { Violation } from '../violation.js';
import { outOfTurn } from './reservations.js';
import { asChosen, isPickUp } from './order.js';

/** The agent's place for this caller; compared number by number, then by id. */
type Place2 = readonly number[];

interface Choice {
  readonly state: AcdState;
  readonly queue: QueueConfig;
  readonly member: Member;
  /** round-robin: of the queue, top-down: of the caller; before this offer */
  readonly pivot: Place | undefined;
  readonly nowMs: number;
}

function misses(choice: Choice, agent: AgentId): number {
  const skills = choice.state.agentConfigs.get(agent)?.skills;
  const waitedMs = choice.nowMs - choice.member.joinedAtMs;
  return choice.member.needs.filter((need) => {
    const level = need.relax.filter((step) => step.afterMs <= waitedMs).at(-1)?.levelMin ?? need.levelMin;
    return !need.isRequired && (skills?.get(need.skill) ?? 0) < level;
  }).length;
}

function rank(choice: Choice, agent: Agent, service: Service, lastOfferedMs: number): Place2 {
  const { queue, member } = choice;
  const { level, position } = service;
  const before = [member.tried[agent.id] ?? 0, misses(choice, agent.id)];
  if (member.media === 'chat')
    return queue.chatPolicy === 'full-load'
      ? [...before, level, -agent.chats.length, agent.idleOrder, position]
      : [...before, level, 0, lastOfferedMs, position];
  switch (queue.strategy) {
    case 'longest-idle-agent':
      return [...before, level, queue.newLoginFirst ? agent.idleOrder : agent.lastBridgeEndMs, position];
    case 'agent-with-least-talk-time':
      return [...before, level, agent.talkMs, position];
    case 'agent-with-fewest-calls':
      return [...before, level, agent.callsAnswered, position];
    case 'random':
      return [...before, level];
    case 'round-robin':
    case 'top-down':
      return [...before, isBehind(choice, service) ? 0 : 1, level, position, lastOfferedMs];
    default:
      return [...before, level, position, lastOfferedMs];
  }
}

/** Stands behind the last one offered: the turn goes on there. */
function isBehind({ queue, pivot }: Choice, { level, position }: Service): boolean {
  if (!pivot) return false;
  if (level === pivot.level) return position > pivot.position;
  return queue.strategy === 'top-down' && level > pivot.level;
}

function compare(a: Place2, b: Place2): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function createStrategyChecker(shadow: Shadow): Checker {
  const name = 'strategy';

  function check(seen: Seen, order: RingOrder, pivots: Map<QueueId, Place | undefined>): void {
    const { state, nowMs, downToEngine } = seen;
    const member = state.members.get(order.member);
    const chosen = state.agents.get(order.agent);
    const queue = state.queueConfigs.get(order.queue);
    const service = state.servicesOfQueue(order.queue).get(order.agent);
    const isStale = !member || !state.offers.has(order.offer) || member.stickyAgent === order.agent;
    if (isStale || !chosen || !queue || !service || queue.reserveRareSkills) return;
    const was = shadow.members.get(member.id);
    const own = was?.visit === member.visit ? was.lastTier : undefined;
    const pivot = queue.strategy === 'round-robin' ? pivots.get(queue.id) : queue.strategy === 'top-down' ? own : undefined;
    const choice: Choice = { state, queue, member, pivot, nowMs };
    const before = shadow.agents.get(chosen.id)?.lastOfferedMs ?? 0;
    const rung = new Set(seen.effects.flatMap((effect) => (effect.type === 'ring' ? [effect.order.agent] : [])));
    const chosenRank = rank(choice, asChosen(chosen, order), service, before);
    for (const [id, otherService] of state.servicesOfQueue(queue.id)) {
      const other = state.agents.get(id);
      const isFree = other?.phase.kind === 'idle' && other.readyAtMs <= nowMs && other.status.startsWith('Available');
      // who got another chat in the same step had room for this one too, but was fuller or emptier then
      if (member.media === 'chat' && rung.has(id)) continue;
      if (!isFree || id === chosen.id || holdBetween(state, other, member, otherService, { nowMs, down: downToEngine })) continue;
      const otherRank = rank(choice, other, otherService, other.lastOfferedMs);
      const by = compare(otherRank, chosenRank);
      if (by < 0 || (by === 0 && queue.strategy !== 'random' && id < chosen.id))
        throw new Violation(
          name,
          `${queue.strategy} (${member.media}) offers ${member.id} to ${chosen.id} [${chosenRank.join(' ')}] while ${id} [${otherRank.join(' ')}] is free; pivot ${JSON.stringify(pivot)}`,
        );
    }
  }

  return {
    name,
    saved(seen: Seen): void {
      const { state, effects, event, isThorough } = seen;
      const pivots = new Map(shadow.queues);
      for (const effect of effects) {
        if (effect.type !== 'ring') continue;
        const isTurn = !isPickUp(state, effect.order);
        if (isThorough && event?.type !== 'dispatch-asked' && isTurn && !outOfTurn(seen).has(effect.order.agent))
          check(seen, effect.order, pivots);
        if (!isTurn) continue;
        for (const { queue, level, position } of state.servicesOfAgent(effect.order.agent)) pivots.set(queue, { level, position });
      }
    },
  };
}
