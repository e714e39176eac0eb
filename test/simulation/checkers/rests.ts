/**
 * After a failed offer the agent rests by the rule of its cause, at least the retry pause; so many failures of one
 * kind in a row change the status (freeswitch-callcenter 7.2, F17 to F23). Own clocks and counters.
 */
import type { AgentConfig, FailureRule } from '../../../core/acd/config.js';
import type { AgentId } from '../../../core/acd/ids.js';
import type { OfferSegment } from '../../../core/acd/records.js';
import { offerFailures } from '../../../core/acd/words.js';
import type { OfferFailure } from '../../../core/acd/words.js';
import type { Checker, Seen } from '../checker.js';
import type { Shadow } from '../shadow.js';
import { Violation } from '../violation.js';

type Kind = 'noAnswer' | 'rejected' | 'busy' | 'notRegistered';

const kinds: Readonly<Record<OfferFailure, Kind | undefined>> = {
  'no-answer': 'noAnswer',
  unreachable: 'noAnswer',
  'not-confirmed': 'noAnswer',
  rejected: 'rejected',
  busy: 'busy',
  'not-registered': 'notRegistered',
  'agent-gone': 'rejected',
  'switch-failed': undefined,
};

const ruleOf = (config: AgentConfig | undefined, kind: Kind | undefined): FailureRule | undefined => (kind ? config?.[kind] : undefined);

export function createRestChecker(shadow: Shadow): Checker {
  const name = 'rests';
  const untilMs = new Map<AgentId, number>();
  const counts = new Map<string, number>();

  function failed({ state, nowMs, event }: Seen, segment: OfferSegment, failure: OfferFailure): void {
    const kind = kinds[failure];
    const rule = ruleOf(state.agentConfigs.get(segment.agent), kind);
    const pauseMs = Math.max(rule?.delayMs ?? 0, state.settings.retryPauseMs);
    untilMs.set(segment.agent, nowMs + pauseMs);
    if (!kind) return;
    const key = `${segment.agent} ${kind}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    const agent = state.agents.get(segment.agent);
    if (!rule || rule.countMax === 0 || !agent || (counts.get(key) ?? 0) < rule.countMax) return;
    // a standby agent who hangs up is logged out, whatever the limit says
    if (event?.type === 'standby-ended') return;
    const queue = state.queueConfigs.get(segment.queue);
    const wanted = rule.status ?? queue?.agentNoAnswerStatus;
    if (wanted && agent.status !== wanted)
      throw new Violation(
        name,
        `agent ${agent.id} is ${agent.status} after ${String(counts.get(key))} times ${failure}, should be ${wanted}`,
      );
  }

  const forget = (agent: AgentId): void => {
    for (const kind of new Set(Object.values(kinds))) if (kind) counts.delete(`${agent} ${kind}`);
  };

  return {
    name,
    saved(seen: Seen): void {
      const { state, changes, effects, event, nowMs } = seen;
      if (event?.type === 'release-asked') {
        const id = state.agentNamed(event.agent)?.id;
        if (id !== undefined) untilMs.delete(id);
      }
      if (event?.type === 'ready-time-asked') {
        const id = state.agentNamed(event.agent)?.id;
        // a chat's rest is a ready time
        if (id !== undefined) untilMs.delete(id);
      }
      for (const effect of effects) if (effect.type === 'notice' && effect.notice.type === 'talk-started') forget(effect.notice.agent);
      for (const segment of changes.segments)
        if (segment.kind === 'offer') {
          const failure = offerFailures.find((word) => word === segment.outcome);
          if (failure) failed(seen, segment, failure);
        }
      for (const id of changes.agents) {
        const agent = state.agents.get(id);
        if (!agent) {
          untilMs.delete(id);
          forget(id);
        } else if (agent.status === 'Available' && shadow.agents.get(id)?.status !== 'Available') forget(id);
      }
      for (const effect of effects) {
        if (effect.type !== 'ring') continue;
        const endMs = untilMs.get(effect.order.agent) ?? 0;
        // who picks a caller up wants him now, though he rests from chats
        if (nowMs < endMs && event?.type !== 'pick-up-asked')
          throw new Violation(
            name,
            `agent ${effect.order.agent} is rung ${String(endMs - nowMs)} ms before the rest after a failure is over`,
          );
      }
    },
  };
}
