/**
 * Tier rules (freeswitch-callcenter 6): from which waiting time on agents of a level may be offered.
 * The lowest level at which anybody is logged in is open at once with no-agent-no-wait; every other level opens
 * after the wait, or after the wait times its number.
 */
import type { QueueConfig } from './config.js';

/** Waiting time that opens `level`; `lowestManned` is the lowest level with somebody logged in, undefined when there is none. */
export function opensAfterMs(queue: QueueConfig, level: number, lowestManned: number | undefined): number {
  if (!queue.tierRulesApply) return 0;
  if (queue.tierRuleNoAgentNoWait && level === lowestManned) return 0;
  return queue.tierRuleWaitMultiplyLevel ? level * queue.tierRuleWaitMs : queue.tierRuleWaitMs;
}

/** Stage of a waiting time: how many of the levels' waiting times have passed, and when the next one does. */
export function tierStage(
  queue: QueueConfig,
  levels: readonly number[],
  waitedMs: number,
): { readonly stage: number; readonly nextAfterMs: number | undefined } {
  if (!queue.tierRulesApply) return { stage: 0, nextAfterMs: undefined };
  let stage = 0;
  let nextAfterMs: number | undefined;
  for (const level of levels) {
    const afterMs = opensAfterMs(queue, level, undefined);
    if (waitedMs >= afterMs) stage++;
    else if (nextAfterMs === undefined || afterMs < nextAfterMs) nextAfterMs = afterMs;
  }
  return { stage, nextAfterMs };
}
