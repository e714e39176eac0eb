/**
 * Agents who are held for somebody: a call of the dialer that is being placed, a contact that an agent looks at (E6, E55).
 * A key holds one agent, an agent is held for one key. A reservation stands only as long as its agent could be rung; whoever
 * asked for it hears of its end, whatever ends it.
 */
import type { Service } from './acd-state.js';
import { endsReservation } from './availability.js';
import type { QueueId } from './ids.js';
import { fits, wantsNow } from './needs.js';
import type { Agent } from './state.js';
import type { ReservationEnd } from './words.js';
import type { World } from './world.js';

/** The agent is free again, and whoever held him hears why; nothing for one who is not held. */
export function endReservation(w: World, agent: Agent, reason: ReservationEnd): void {
  const { phase } = agent;
  if (phase.kind !== 'reserved') return;
  w.reservations.delete(phase.by);
  agent.phase = { kind: 'idle' };
  w.changeAgent(agent);
  w.tell({ type: 'reservation-ended', agent: agent.id, by: phase.by, queue: phase.queue, reason });
}

/** After every change of an agent: one who could not be rung any more is not held. */
export function endIfBroken(w: World, agent: Agent): void {
  if (agent.phase.kind !== 'reserved') return;
  const { queue } = agent.phase;
  const reason = endsReservation(agent, w.configOf(agent.id), queue === undefined ? undefined : w.queueConfigs.get(queue), w.nowMs);
  if (w.leavingAgents.has(agent.id)) endReservation(w, agent, 'removed');
  else if (reason !== undefined) endReservation(w, agent, reason);
  else if (queue !== undefined && !serviceFor(w, agent, queue)) endReservation(w, agent, 'not-serving');
}

/** How he serves the queue, if he has what it wants of everybody. */
export function serviceFor(w: World, { id }: Agent, queue: QueueId): Service | undefined {
  const service = w.servicesOfQueue(queue).get(id);
  const config = w.queueConfigs.get(queue);
  return service && config && fits(w.configOf(id).skills, wantsNow(config.skills, 0)) ? service : undefined;
}
