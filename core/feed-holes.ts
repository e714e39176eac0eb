/** Numbers without an event. */
import type { FeedEvent } from './feed-ports.js';

/** With one event `events-lost` at the end of each hole, behind number `last`. */
export function withoutHoles(events: readonly FeedEvent[], last: number): readonly FeedEvent[] {
  let before = last;
  return events.flatMap((event) => {
    const [from, to] = [before + 1, event.seq - 1];
    before = Math.max(before, event.seq);
    return from > to ? [event] : [{ seq: to, atMs: event.atMs, notice: { type: 'events-lost', from, to } }, event];
  });
}
