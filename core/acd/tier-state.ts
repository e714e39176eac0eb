/**
 * A tier's state in mod_callcenter's words (freeswitch-callcenter 3): what the agent does, seen from one queue. Derived,
 * never stored. `No Answer` is a mark without effect there; here it lasts as long as the pause after the missed call.
 */
import type { AcdState } from './acd-state.js';
import type { QueueId } from './ids.js';
import type { Agent } from './state.js';

export const tierStates = ['No Answer', 'Ready', 'Offering', 'Active Inbound', 'Standby'] as const;
export type TierState = (typeof tierStates)[number];

/** Outcomes that count as a miss (7.2). */
const misses: readonly string[] = ['no-answer', 'unreachable', 'not-confirmed'];

export function tierStateOf(state: AcdState, agent: Agent, queue: QueueId): TierState {
  const { phase, chats } = agent;
  if (phase.kind === 'resting') return phase.queue === queue && misses.includes(phase.cause) ? 'No Answer' : 'Ready';
  const isOffered = phase.kind === 'offered' || phase.kind === 'talking';
  if (!isOffered && chats.length === 0) return 'Ready';
  let isBusy = false;
  for (const id of isOffered ? [phase.offer] : chats) {
    const offer = state.offers.get(id);
    if (offer?.queue === queue) return offer.phase.kind === 'talking' ? 'Active Inbound' : 'Offering';
    isBusy ||= offer !== undefined;
  }
  return isBusy ? 'Standby' : 'Ready';
}
