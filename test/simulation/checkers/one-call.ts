/** B2, B7: one agent, one call, by the switch's own truth: a phone is never rung while it rings or talks for us. */
import type { LegId } from '../../../core/acd/ids.js';
import type { Checker, Restart, Seen } from '../checker.js';
import type { Leg, Lines } from '../lines.js';
import { Violation } from '../violation.js';

export function createOneCallChecker(): Checker {
  /** legs that nobody knows after a restart: the order to end them died with the process; a reconcile finds them */
  const ghosts = new Set<LegId>();
  return {
    name: 'one-call',
    saved({ event, state, lines }: Seen): void {
      if (event?.type !== 'release-asked') return;
      // a supervisor said that this agent is free: his talk goes on without us (freeswitch-callcenter 9.5)
      const id = state.agentNamed(event.agent)?.id;
      if (id !== undefined) for (const leg of lines.legsOf(id)) ghosts.add(leg.id);
    },
    restarted({ state, lines }: Restart): void {
      for (const leg of lines.legs.values()) if (leg.offer === undefined || !state.offers.has(leg.offer)) ghosts.add(leg.id);
    },
    rung(leg: Leg, lines: Lines): void {
      if (leg.agent === undefined) return;
      const other = lines.legsOf(leg.agent).find(({ id, wasForgotten }) => !ghosts.has(id) && !wasForgotten);
      if (other)
        throw new Violation('one-call', `agent ${leg.agent} is rung by ${leg.id} while ${other.id} is ${other.state} on the same phone`);
    },
  };
}
