/** B8: when an offer is over its leg is gone within 500 ms, and a called-back caller's leg likewise. */
import type { AcdState } from '../../../core/acd/acd-state.js';
import type { AcdEvent } from '../../../core/acd/events.js';
import type { LegId, SwitchId } from '../../../core/acd/ids.js';
import type { Checker, Restart, Seen } from '../checker.js';
import type { Leg, Lines } from '../lines.js';
import { Violation } from '../violation.js';

const boundMs = 500;

/** The order to end the leg was lost with the link; now the engine sees that it lives. */
function isHeardOf(leg: Leg, event: AcdEvent | undefined): boolean {
  if (event?.type === 'agent-answered' || event?.type === 'agent-ready') return event.offer === leg.offer;
  // a leg that is connected to somebody is not cut on suspicion
  return event?.type === 'channels-listed' && event.uniqueIds.has(leg.id) && !event.bridged.has(leg.id);
}

/** A talk whose agent is released goes on without us (freeswitch-callcenter 9.5). */
function releasedBy(name: string, state: AcdState, lines: Lines): Leg[] {
  const id = state.agentNamed(name)?.id;
  return id === undefined ? [] : lines.legsOf(id).filter((leg) => leg.state === 'bridged');
}

export function createCancelChecker(): Checker {
  const since = new Map<LegId, number>();
  /** of legs that were over when the process died: nothing can be said before the switch was asked */
  const ghosts = new Map<LegId, SwitchId>();
  let restartedAtMs = 0;

  const isWanted = (state: AcdState, leg: Leg): boolean => {
    if (leg.offer !== undefined) return state.offers.has(leg.offer);
    const presence = state.members.get(leg.member)?.presence;
    return presence?.kind === 'callback' && presence.step.kind === 'dialling' && presence.step.leg === leg.id;
  };

  function checkLeg(state: AcdState, leg: Leg, event: AcdEvent | undefined, nowMs: number): void {
    const isExcused = leg.isForgotten || ghosts.has(leg.id) || isWanted(state, leg);
    if (leg.isForgotten) leg.isForgotten = !isHeardOf(leg, event);
    const startMs = isExcused ? undefined : since.get(leg.id);
    if (isExcused) since.delete(leg.id);
    else if (startMs === undefined) since.set(leg.id, nowMs);
    else if (nowMs - startMs > boundMs) {
      const whose = leg.agent ?? leg.member;
      throw new Violation('cancelled', `leg ${leg.id} of ${whose} is ${leg.state} ${String(nowMs - startMs)} ms after its offer was over`);
    }
  }

  return {
    name: 'cancelled',
    restarted({ nowMs, lines }: Restart): void {
      since.clear();
      restartedAtMs = nowMs;
      for (const leg of lines.legs.values()) ghosts.set(leg.id, leg.switch);
    },
    saved({ state, lines, nowMs, event }: Seen): void {
      if (event?.type === 'channels-listed' && event.askedAtMs >= restartedAtMs)
        for (const [id, on] of ghosts)
          if (on === event.switch && nowMs - restartedAtMs > 5_000 && lines.legs.get(id)?.state !== 'bridged') ghosts.delete(id);
      if (event?.type === 'release-asked') for (const leg of releasedBy(event.agent, state, lines)) ghosts.set(leg.id, leg.switch);
      for (const leg of lines.legs.values()) checkLeg(state, leg, event, nowMs);
    },
  };
}
