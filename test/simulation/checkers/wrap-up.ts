/** B19: wrap-up is honoured to the millisecond, never longer than its cap, and it ends. */
import type { AcdState } from '../../../core/acd/acd-state.js';
import type { AcdEvent } from '../../../core/acd/events.js';
import type { AgentId, QueueId } from '../../../core/acd/ids.js';
import type { OfferSegment } from '../../../core/acd/records.js';
import type { Checker, Seen } from '../checker.js';
import { Violation } from '../violation.js';

type Asked<T extends AcdEvent['type']> = Extract<AcdEvent, { type: T }>;

function isOneOf<T extends AcdEvent['type']>(event: AcdEvent, types: readonly T[]): event is Asked<T> {
  return types.some((type) => type === event.type);
}

export function createWrapUpChecker(): Checker {
  const name = 'wrap-up';
  /** audio: no offer before; worked out from configuration and the end of the talk */
  const endsAtMs = new Map<AgentId, number>();

  /** ceilings of the queues, also of those that ended with their last talk */
  const ceilings = new Map<QueueId, number>();
  const wrapUpMs = (state: AcdState, { agent, queue }: OfferSegment): number =>
    Math.min(state.agentConfigs.get(agent)?.wrapUpMs ?? state.settings.wrapUpMs, ceilings.get(queue) ?? Infinity);

  function release({ event, state, answer }: Seen): void {
    const types = ['release-asked', 'wrapup-end-asked', 'wrapup-extend-asked', 'ready-asked'] as const;
    if (!event || !isOneOf(event, types)) return;
    const id = state.agentNamed(event.agent)?.id;
    if (id === undefined || !answer.ok) return;
    const ends = endsAtMs.get(id);
    if (event.type !== 'wrapup-extend-asked') endsAtMs.delete(id);
    else if (ends !== undefined) {
      const phase = state.agents.get(id)?.phase;
      if (phase?.kind !== 'wrapup' || phase.endsAtMs < ends)
        throw new Violation(name, `agent ${id} asked for a longer wrap-up and has a shorter one`);
      if (phase.endsAtMs > Math.max(ends, phase.startedAtMs + state.settings.wrapUpMsMax))
        throw new Violation(name, `agent ${id} extends beyond the cap`);
      endsAtMs.set(id, phase.endsAtMs);
    }
  }

  return {
    name,
    saved(seen: Seen): void {
      const { state, changes, effects, nowMs } = seen;
      release(seen);
      if (!seen.event || seen.event.type === 'configured')
        for (const queue of state.queueConfigs.values()) ceilings.set(queue.id, queue.maxWrapUpMs ?? Infinity);
      for (const segment of changes.segments)
        // an agent or queue that was removed while the process was away has no wrap-up
        if (
          seen.event &&
          segment.kind === 'offer' &&
          segment.media === 'audio' &&
          segment.connectedAtMs > 0 &&
          seen.event.type !== 'release-asked'
        ) {
          endsAtMs.set(segment.agent, nowMs + wrapUpMs(state, segment));
          const phase = state.agents.get(segment.agent)?.phase;
          if (wrapUpMs(state, segment) > 0 && phase?.kind === 'idle')
            throw new Violation(name, `agent ${segment.agent} has no wrap-up after the talk ${segment.key}`);
        }
      for (const id of changes.agents) {
        const phase = state.agents.get(id)?.phase;
        if (!phase) endsAtMs.delete(id);
        else if (phase.kind === 'wrapup' && phase.endsAtMs <= nowMs)
          throw new Violation(name, `agent ${id} is in wrap-up, which ended ${String(nowMs - phase.endsAtMs)} ms ago`);
        else if (phase.kind === 'wrapup' && phase.endsAtMs > (endsAtMs.get(id) ?? 0))
          throw new Violation(
            name,
            `agent ${id} is in wrap-up until ${String(phase.endsAtMs)}, by the rules until ${String(endsAtMs.get(id))}`,
          );
      }
      for (const effect of effects) {
        if (effect.type !== 'ring' || effect.order.media !== 'audio') continue;
        const ends = endsAtMs.get(effect.order.agent) ?? 0;
        if (nowMs < ends)
          throw new Violation(name, `agent ${effect.order.agent} is rung ${String(ends - nowMs)} ms before the end of wrap-up`);
      }
    },
  };
}
