/** What one queue's page and one agent's own page show beside the rows. */
import type { AcdState } from '../acd/acd-state.js';
import { contactOf } from '../acd/availability.js';
import type { AgentConfig, QueueConfig } from '../acd/config.js';
import { memberId } from '../acd/ids.js';
import { pageOfWaiting, positionOf } from '../acd/paging.js';
import type { Member } from '../acd/state.js';
import type { Today } from '../report-ports.js';
import { agentRow } from './agent-row.js';
import { topicAgentsMax, topicMembersMax, topicQueuesMax, type AgentTopic, type MemberRow, type QueueTopic } from './wire.js';

/** One pass over those who wait. */
export function queueTopic(state: AcdState, queue: QueueConfig): QueueTopic {
  const page = pageOfWaiting(state, queue.id, { limit: topicMembersMax });
  return {
    id: queue.id,
    total: page.total,
    members: page.items.map((member, i) => memberRow(state, member, page.firstPosition + i)),
    agents: [...state.servicesOfQueue(queue.id).values()]
      .slice(0, topicAgentsMax)
      .map(({ agent, level, position }) => ({ id: agent, level, position })),
  };
}

function memberRow(state: AcdState, member: Member, position: number): MemberRow {
  return {
    id: member.id,
    queue: member.queue,
    position,
    number: member.number,
    name: member.name,
    media: member.media,
    phase: member.phase.kind,
    presence: member.presence.kind,
    sinceMs: member.joinedAtMs,
    priority: member.priority,
    rung: member.offers.flatMap((id) => state.offers.get(id)?.agent ?? []),
    ...(member.leadId !== undefined && { leadId: member.leadId }),
    param: member.param,
  };
}

export interface AgentTopicFacts {
  readonly today: Today;
  readonly nowMs: number;
  readonly callbackNews: number;
}

/** Undefined for an agent who is not there any more. */
export function agentTopic(state: AcdState, config: AgentConfig, facts: AgentTopicFacts): AgentTopic | undefined {
  const agent = state.agents.get(config.id);
  if (!agent) return undefined;
  const row = agentRow(state, agent, config, facts.today, facts.nowMs);
  const caller = row.call && state.members.get(memberId(row.call.member));
  return {
    agent: row,
    contact: contactOf(agent, config) ?? '',
    queues: state
      .servicesOfAgent(agent.id)
      .slice(0, topicQueuesMax)
      .map(({ queue }) => ({ id: queue, name: state.queueConfigs.get(queue)?.name ?? queue, waiting: state.membersOfQueue(queue).size })),
    ...(caller && { caller: memberRow(state, caller, (caller.phase.kind === 'waiting' && positionOf(state, caller)) || 0) }),
    pauseReasons: [...state.pauseReasons.values()].map(({ code, text }) => ({ code, text })),
    callbackNews: facts.callbackNews,
  };
}
