/** B2, B8, B21: a fact has its consequence in the same step, not only when a reconcile or a deadline comes to it. */
import type { AcdState } from '../../../core/acd/acd-state.js';
import type { AcdEvent } from '../../../core/acd/events.js';
import type { Checker, Seen } from '../checker.js';
import type { Shadow } from '../shadow.js';
import { Violation } from '../violation.js';

const name = 'facts';

const fail = (text: string): never => {
  throw new Violation(name, text);
};

function checkFact(state: AcdState, event: AcdEvent): void {
  switch (event.type) {
    case 'caller-left': {
      const member = state.members.get(event.member);
      // who waits to be called back has hung up for it
      if (member && member.presence.kind !== 'callback' && member.phase.kind !== 'abandoned')
        fail(`${event.member} has left and is ${member.phase.kind}`);
      return;
    }
    case 'call-ended':
    case 'offer-failed':
      if (state.offers.has(event.offer))
        fail(`${event.type} of ${event.offer}, which is ${String(state.offers.get(event.offer)?.phase.kind)}`);
      return;
    case 'agent-answered':
    case 'agent-ready':
      if (state.offers.get(event.offer)?.phase.kind === 'ringing') fail(`${event.type} of ${event.offer}, which still rings`);
      return;
    case 'connected': {
      const phase = state.offers.get(event.offer)?.phase;
      if (phase && phase.kind !== 'talking') fail(`${event.offer} is connected and ${phase.kind}`);
      return;
    }
    default:
  }
}

export function createFactChecker(shadow: Shadow): Checker {
  /** B21: a reload changes nobody's status. */
  function checkReload({ state, wasDue }: Seen, config: Extract<AcdEvent, { type: 'configured' }>['config']): void {
    if (wasDue) return;
    for (const { id } of config.agents) {
      const before = shadow.agents.get(id);
      const now = state.agents.get(id);
      if (before && now && before.status !== now.status) fail(`agent ${id} was ${before.status} and is ${now.status} after a reload`);
    }
  }

  return {
    name,
    saved(seen: Seen): void {
      const { event, state } = seen;
      if (!event) return;
      checkFact(state, event);
      if (event.type === 'configured') checkReload(seen, event.config);
    },
  };
}
