/** Events since the last decision, in an order that does not depend on which of two at the same moment came first. */
import type { PacerEvent } from './types.js';

const ranks: Readonly<Record<PacerEvent['type'], number>> = {
  placed: 0,
  answered: 1,
  failed: 2,
  connected: 3,
  abandoned: 4,
  talkEnd: 5,
  wrapEnd: 6,
  inbound: 7,
  machine: 8,
};
/** A pacer that is not asked for a decision keeps no more than this many. */
const heldMax = 20_000;

const keyOf = (event: PacerEvent): string => ('callId' in event ? String(event.callId) : 'agentId' in event ? String(event.agentId) : '');

function inOrder(a: PacerEvent, b: PacerEvent): number {
  if (a.t !== b.t) return a.t - b.t;
  if (a.type !== b.type) return ranks[a.type] - ranks[b.type];
  const [keyA, keyB] = [keyOf(a), keyOf(b)];
  return keyA < keyB ? -1 : keyA > keyB ? 1 : 0;
}

export class EventOrder {
  private held: PacerEvent[] = [];

  /** The events to be taken at once, when too many were held; mostly none. */
  push(event: PacerEvent): readonly PacerEvent[] {
    this.held.push(event);
    return this.held.length >= heldMax ? this.drain() : [];
  }

  drain(): readonly PacerEvent[] {
    const events = this.held;
    if (events.length === 0) return events;
    this.held = [];
    return events.sort(inOrder);
  }
}
