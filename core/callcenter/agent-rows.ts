/** Rows of agents in mod_callcenter's columns (freeswitch-callcenter 2.4, 9.4, 14). */
import type { AcdState } from '../acd/acd-state.js';
import { agentStateOf } from '../acd/agent-state.js';
import type { AgentConfig } from '../acd/config.js';
import type { AgentId, QueueId } from '../acd/ids.js';
import type { Agent } from '../acd/state.js';
import { agentStates, agentStatuses, wordOf } from '../acd/words.js';
import { epoch } from './epoch.js';
import { seesAgent, type SeenQueues } from './seen.js';
import type { Cell } from './table.js';

export const agentColumns = [
  'name',
  'instance_id',
  'uuid',
  'type',
  'contact',
  'status',
  'state',
  'max_no_answer',
  'wrap_up_time',
  'reject_delay_time',
  'busy_delay_time',
  'no_answer_delay_time',
  'last_bridge_start',
  'last_bridge_end',
  'last_offered_call',
  'last_status_change',
  'no_answer_count',
  'calls_answered',
  'talk_time',
  'ready_time',
  'external_calls_count',
] as const;

export function agentRow(state: AcdState, config: AgentConfig, agent: Agent, instance: string): Cell[] {
  return [
    config.id,
    instance,
    // NULL until the first bridge, as there
    agentUuid(state, agent) || (agent.lastBridgeStartMs > 0 ? '' : undefined),
    config.type,
    agentContact(config, agent),
    agent.status,
    agentStateOf(agent),
    config.noAnswer.countMax,
    epoch(config.wrapUpMs ?? state.settings.wrapUpMs),
    epoch(config.rejected.delayMs),
    epoch(config.busy.delayMs),
    epoch(config.noAnswer.delayMs),
    epoch(agent.lastBridgeStartMs),
    epoch(agent.lastBridgeEndMs),
    epoch(agent.lastOfferedMs),
    epoch(agent.statusSinceMs),
    agent.noAnswerCount,
    agent.callsAnswered,
    epoch(agent.talkMs),
    readyTime(agent),
    agent.externalCalls,
  ];
}

/** What FreeSWITCH dials; the address given at login counts first. */
const agentContact = (config: AgentConfig, agent: Agent): string | undefined =>
  agent.contactOverride ?? config.contactFreeswitch ?? config.contact;

/** The agent's channel in a talk; of a standby agent the one he waits on. '' = none. */
export function agentUuid(state: AcdState, { phase, standby }: Agent): string {
  const offer = phase.kind === 'talking' ? state.offers.get(phase.offer) : undefined;
  return offer ? (offer.standby?.uniqueId ?? offer.leg) : (standby?.uniqueId ?? '');
}

/** Before this second no call: set by command, or the pause after a failed offer. */
function readyTime({ phase, readyAtMs }: Agent): number {
  return Math.ceil(Math.max(readyAtMs, phase.kind === 'resting' ? phase.untilMs : 0) / 1000);
}

type Pair = readonly [AgentConfig, Agent];

/** All that may be seen, in the order of the provisioning. */
export function agentsSeen(state: AcdState, seen: SeenQueues): Pair[] {
  return pairs(state, state.agentConfigs.keys()).filter(([{ id }]) => seesAgent(state, seen, id));
}

export interface AgentFilter {
  /** '' = any */
  readonly status: string;
  readonly state: string;
}

/** Agents of a queue, those who serve it by skill too. A word that is none finds nobody. */
export function agentsOfQueue(state: AcdState, queue: QueueId, filter: AgentFilter): Pair[] {
  const status = wordOf(agentStatuses, filter.status);
  const agentState = wordOf(agentStates, filter.state);
  return pairs(state, state.servicesOfQueue(queue).keys()).filter(
    ([, agent]) => (filter.status === '' || agent.status === status) && (filter.state === '' || agentStateOf(agent) === agentState),
  );
}

function pairs(state: AcdState, ids: Iterable<AgentId>): Pair[] {
  const list: Pair[] = [];
  for (const id of ids) {
    const [config, agent] = [state.agentConfigs.get(id), state.agents.get(id)];
    if (config && agent) list.push([config, agent]);
  }
  return list;
}
