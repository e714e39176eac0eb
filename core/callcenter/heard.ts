/** Whether an event tells of something that somebody may see: its queue, or without one its agent. */
import type { AcdState } from '../acd/acd-state.js';
import { queueId } from '../acd/ids.js';
import type { Headers } from './info-headers.js';
import { agentSeen, seesQueue } from './seen.js';

/** `state` undefined: nothing is known of agents. Events about neither, such as those of other programs, are for everybody. */
export function hearsEvent(state: AcdState | undefined, seen: ReadonlySet<string>, headers: Headers): boolean {
  const of = (...names: readonly string[]): string | undefined => headers.find(([name]) => names.includes(name.toLowerCase()))?.[1];
  const queue = of('cc-queue') ?? (of('proto') === 'callcenter' ? of('login') : undefined);
  if (queue !== undefined) return seesQueue(seen, queueId(queue));
  const agent = of('cc-agent');
  return agent === undefined || (state !== undefined && agentSeen(state, seen, agent) !== undefined);
}
