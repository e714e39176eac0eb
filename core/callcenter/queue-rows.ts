/** Rows of queues in mod_callcenter's columns (freeswitch-callcenter 2.2, 9.4, 10). */
import type { AcdState } from '../acd/acd-state.js';
import type { QueueConfig } from '../acd/config.js';
import { epoch } from './epoch.js';
import { seesQueue, type SeenQueues } from './seen.js';

/** Values in the order of the columns. */
export function queueValues(state: AcdState, queue: QueueConfig) {
  const runtime = state.queues.get(queue.id);
  return {
    name: queue.id as string,
    strategy: queue.strategy as string,
    moh_sound: queue.music,
    time_base_score: queue.timeBaseScore as string,
    tier_rules_apply: queue.tierRulesApply,
    tier_rule_wait_second: epoch(queue.tierRuleWaitMs),
    tier_rule_wait_multiply_level: queue.tierRuleWaitMultiplyLevel,
    tier_rule_no_agent_no_wait: queue.tierRuleNoAgentNoWait,
    discard_abandoned_after: epoch(queue.discardAbandonedAfterMs),
    abandoned_resume_allowed: queue.abandonedResumeAllowed,
    max_wait_time: epoch(queue.maxWaitMs),
    max_wait_time_with_no_agent: epoch(queue.maxWaitNoAgentMs),
    max_wait_time_with_no_agent_time_reached: epoch(queue.maxWaitNoAgentGraceMs),
    record_template: queue.recordTemplate,
    calls_answered: runtime?.callsAnswered ?? 0,
    calls_abandoned: runtime?.callsAbandoned ?? 0,
    ring_progressively_delay: epoch(queue.ringProgressivelyDelayMs),
    skip_agents_with_external_calls: queue.skipAgentsWithExternalCalls,
    agent_no_answer_status: queue.agentNoAnswerStatus as string,
  };
}

type QueueValues = ReturnType<typeof queueValues>;

export const queueColumns = [
  'name',
  'strategy',
  'moh_sound',
  'time_base_score',
  'tier_rules_apply',
  'tier_rule_wait_second',
  'tier_rule_wait_multiply_level',
  'tier_rule_no_agent_no_wait',
  'discard_abandoned_after',
  'abandoned_resume_allowed',
  'max_wait_time',
  'max_wait_time_with_no_agent',
  'max_wait_time_with_no_agent_time_reached',
  'record_template',
  'calls_answered',
  'calls_abandoned',
  'ring_progressively_delay',
  'skip_agents_with_external_calls',
  'agent_no_answer_status',
] as const satisfies readonly (keyof QueueValues)[];

/** Columns that the JSON answer does not have, as there. */
const tableOnly: readonly string[] = ['calls_answered', 'calls_abandoned', 'ring_progressively_delay'];

export const queuesSeen = (state: AcdState, seen: SeenQueues): QueueConfig[] =>
  [...state.queueConfigs.values()].filter(({ id }) => seesQueue(seen, id));

export function queueRow(state: AcdState, queue: QueueConfig): string[] {
  const values = queueValues(state, queue);
  return queueColumns.map((column) => String(values[column] ?? ''));
}

/** Numbers stay numbers, booleans are the texts `true` and `false`, absent texts are left out. */
export function queueObject(state: AcdState, queue: QueueConfig): Readonly<Record<string, string | number>> {
  const object: Record<string, string | number> = {};
  for (const [column, value] of Object.entries(queueValues(state, queue)))
    if (value !== undefined && !tableOnly.includes(column)) object[column] = typeof value === 'number' ? value : String(value);
  return object;
}
