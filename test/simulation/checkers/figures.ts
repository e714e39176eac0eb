/** Talk time, number of calls and end of the last talk of each agent, which the strategies go by: counted a second time. */
import type { AgentId } from '../../../core/acd/ids.js';
import type { AcdState } from '../../../core/acd/acd-state.js';
import type { Checker, Restart, Seen } from '../checker.js';
import type { Shadow } from '../shadow.js';
import { Violation } from '../violation.js';

interface Figures {
  talkMs: number;
  calls: number;
  lastEndMs: number;
}

export function createFigureChecker(shadow: Shadow): Checker {
  const name = 'figures';
  const own = new Map<AgentId, Figures>();

  const of = (state: AcdState, id: AgentId): Figures => {
    const agent = state.agents.get(id);
    return { talkMs: agent?.talkMs ?? 0, calls: agent?.callsAnswered ?? 0, lastEndMs: agent?.lastBridgeEndMs ?? 0 };
  };

  return {
    name,
    saved({ state, changes, effects, nowMs, event }: Seen): void {
      const isReset = new Set<AgentId>();
      for (const id of changes.agents) {
        const isNew = !shadow.agents.has(id);
        const turnedAvailable = state.agents.get(id)?.status === 'Available' && shadow.agents.get(id)?.status !== 'Available';
        // what else happened in the same step may have come before or after
        if (isNew || turnedAvailable || event?.type === 'configured' || !event) isReset.add(id);
      }
      for (const effect of effects) {
        if (effect.type !== 'notice' || effect.notice.type !== 'talk-started') continue;
        const figures = own.get(effect.notice.agent);
        if (figures) figures.calls++;
      }
      for (const segment of changes.segments) {
        if (segment.kind !== 'offer' || segment.connectedAtMs === 0) continue;
        const figures = own.get(segment.agent);
        if (!figures) continue;
        figures.talkMs += segment.endedAtMs - segment.connectedAtMs;
        figures.lastEndMs = nowMs;
      }
      for (const id of changes.agents) {
        const is = of(state, id);
        const counted = own.get(id);
        if (counted && state.agents.has(id) && !isReset.has(id) && JSON.stringify(counted) !== JSON.stringify(is))
          throw new Violation(name, `agent ${id} has ${JSON.stringify(is)}, counted ${JSON.stringify(counted)}`);
        if (state.agents.has(id)) own.set(id, is);
        else own.delete(id);
      }
    },
    restarted({ state }: Restart): void {
      own.clear();
      for (const id of state.agents.keys()) own.set(id, of(state, id));
    },
  };
}
