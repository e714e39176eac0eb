/** What somebody may see of the queues; what he may not see does not exist for him. */
import type { AcdState } from '../acd/acd-state.js';
import type { AgentConfig, QueueConfig, TierConfig } from '../acd/config.js';
import type { AgentId, QueueId } from '../acd/ids.js';

/** ids, canonical; undefined = all queues */
export type SeenQueues = ReadonlySet<string> | undefined;

export const seesQueue = (seen: SeenQueues, queue: QueueId): boolean => seen?.has(queue.toLowerCase()) ?? true;

/** An agent is seen by whoever sees one of his queues. */
export function seesAgent(state: AcdState, seen: SeenQueues, agent: AgentId): boolean {
  return seen === undefined || state.servicesOfAgent(agent).some(({ queue }) => seesQueue(seen, queue));
}

/** By its full name, or by the part before `@default`, as in the dialplan. */
export function queueSeen(state: AcdState, seen: SeenQueues, name: string): QueueConfig | undefined {
  const queue = named(name, (text) => state.queueNamed(text));
  return queue && seesQueue(seen, queue.id) ? queue : undefined;
}

export function agentSeen(state: AcdState, seen: SeenQueues, name: string): AgentConfig | undefined {
  const agent = named(name, (text) => state.agentNamed(text));
  return agent && seesAgent(state, seen, agent.id) ? agent : undefined;
}

function named<T>(name: string, find: (name: string) => T | undefined): T | undefined {
  if (name.trim() === '') return undefined;
  return find(name) ?? (name.includes('@') ? undefined : find(`${name}@default`));
}

export function tierSeen(state: AcdState, queue: QueueId, agent: AgentId): TierConfig | undefined {
  return state.tiers.find((tier) => tier.queue === queue && tier.agent === agent);
}
