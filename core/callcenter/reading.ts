/** The commands that only read: lists, counts, single values. */
import type { AcdState } from '../acd/acd-state.js';
import { agentStateOf } from '../acd/agent-state.js';
import type { QueueConfig } from '../acd/config.js';
import { agentColumns, agentRow, agentsOfQueue, agentsSeen, agentUuid, type AgentFilter } from './agent-rows.js';
import { answers } from './answers.js';
import { countMembers, memberColumns } from './member-rows.js';
import { memberLines } from './member-text.js';
import { membersShown, type ShownMember } from './members-shown.js';
import { queueColumns, queueRow, queuesSeen } from './queue-rows.js';
import { agentSeen, queueSeen, type SeenQueues } from './seen.js';
import { lineOf, tableOf, withHeader, type Cell } from './table.js';
import { tierColumns, tierRows } from './tier-rows.js';

/** State of this moment, and for whom. */
export interface Reader {
  readonly state: AcdState;
  readonly seen: SeenQueues;
  /** of `instance_id` and `serving_system` */
  readonly instance: string;
  readonly nowMs: number;
}

/** The bare value, without line end. */
export function agentGet({ state, seen }: Reader, [key = '', name = '']: readonly string[]): string {
  const config = agentSeen(state, seen, name);
  const agent = config && state.agents.get(config.id);
  if (!agent) return answers.agentNotFound;
  switch (key.toLowerCase()) {
    case 'status':
      return agent.status;
    case 'state':
      return agentStateOf(agent);
    case 'uuid':
      return agentUuid(state, agent);
    default:
      return answers.agentKey;
  }
}

export function agentCells({ state, seen, instance }: Reader): Cell[][] {
  return agentsSeen(state, seen).map(([config, agent]) => agentRow(state, config, agent, instance));
}

/** An agent who is unknown has no row. */
export function agentList(reader: Reader, [name]: readonly string[]): string {
  const { state, seen, instance } = reader;
  if (name === undefined) return tableOf(agentColumns, agentCells(reader).map(lineOf));
  const config = agentSeen(state, seen, name);
  const agent = config && state.agents.get(config.id);
  return tableOf(agentColumns, agent ? [lineOf(agentRow(state, config, agent, instance))] : []);
}

export const tierList = ({ state, seen }: Reader): string => tableOf(tierColumns, tierRows(state, seen).map(lineOf));

/** `queue list [agents|members|tiers [QUEUE ...]]` */
export function queueList(reader: Reader, [what, ...rest]: readonly string[]): string {
  const { state, seen } = reader;
  switch (what?.toLowerCase()) {
    case undefined:
      return withHeader(
        queueColumns,
        queuesSeen(state, seen).map((queue) => lineOf(queueRow(state, queue))),
      );
    case 'agents':
      return tableOf(agentColumns, agentsOfQueueCells(reader, rest).map(lineOf));
    case 'members':
      return tableOf(memberColumns, memberLines(membersNamed(reader, rest[0]), reader));
    case 'tiers':
      return tableOf(tierColumns, tierCells(reader, rest[0]).map(lineOf));
    default:
      return answers.invalid;
  }
}

/** `queue count [agents|members|tiers [QUEUE ...]]`; of an unknown queue, or of none, 0. */
export function queueCount(reader: Reader, [what, name = '', ...rest]: readonly string[]): string {
  const { state, seen } = reader;
  const queue = queueSeen(state, seen, name);
  switch (what?.toLowerCase()) {
    case undefined:
      return line(queuesSeen(state, seen).length);
    case 'agents':
      return line(queue ? agentsOfQueue(state, queue.id, filterOf(rest)).length : 0);
    case 'members':
      return line(queue ? countMembers(state, queue.id) : 0);
    case 'tiers':
      return line(queue ? tierRows(state, seen, queue.id).length : 0);
    default:
      return answers.invalid;
  }
}

const line = (count: number): string => `${String(count)}\n`;

const filterOf = ([status = '', state = '']: readonly string[]): AgentFilter => ({ status, state });

export function agentsOfQueueCells({ state, seen, instance }: Reader, [name = '', ...rest]: readonly string[]): Cell[][] {
  const queue = queueSeen(state, seen, name);
  if (!queue) return [];
  return agentsOfQueue(state, queue.id, filterOf(rest)).map(([config, agent]) => agentRow(state, config, agent, instance));
}

export function tierCells({ state, seen }: Reader, name = ''): Cell[][] {
  const queue = queueSeen(state, seen, name);
  return queue ? tierRows(state, seen, queue.id) : [];
}

/** Without a name those of all queues. */
export function membersNamed({ state, seen, instance }: Reader, name: string | undefined): readonly ShownMember[] {
  const queue: QueueConfig | undefined = name === undefined ? undefined : queueSeen(state, seen, name);
  if (name !== undefined && !queue) return [];
  return membersShown(state, seen, queue?.id, instance);
}
