/** A feed of calls in memory for the pages, and a call card as the server answers it. */
import type { CallNews } from '../../core/crm/call-news.js';
import type { FeedEvent } from '../../core/feed-ports.js';
import type { CallCard } from '../../core/services/call-card.js';
import { createEventFeed } from '../../core/services/event-feed.js';
import { createEventStreams } from '../../sidecar/event-streams.js';
import { systemTimers } from '../../sidecar/timers.js';
import { silentLog, silentMeter } from './observers.js';

export async function openCallFeed() {
  const events: FeedEvent[] = [];
  const store = {
    read: (after: number) => Promise.resolve(events.filter(({ seq }) => seq > after)),
    range: () => Promise.resolve({ first: 1, last: events.length }),
  };
  const tools = { log: silentLog, meter: silentMeter, nowMs: Date.now };
  const feed = createEventFeed({ ...tools, store, isWriter: () => true, after: (ms, run) => systemTimers.after(ms, run) });
  await feed.start();
  return {
    feed,
    streams: createEventStreams({ feed, timers: systemTimers, ...tools }),
    tell: (news: Partial<CallNews>): void => {
      const event = { seq: events.length + 1, atMs: Date.now(), notice: { id: `x:${String(events.length)}`, ...news } as CallNews };
      events.push(event);
      feed.stored([event]);
    },
  };
}

/** Somebody rings `anna`; two calls were before. */
export const cardOf = (more: Partial<NonNullable<CallCard['call']>> = {}): CallCard => ({
  call: {
    ...{ call: 'alpha-1.1', direction: 'inbound', state: 'ringing', outcome: undefined, origin: undefined, campaign: undefined },
    ...{ contact: undefined, customer: { number: '79123456789', name: '' }, lead: undefined, agent: 'anna', extension: '1001' },
    ...{ queue: undefined, did: '500', isRecorded: true, switch: 'alpha', startedAtMs: Date.now(), answeredAtMs: undefined },
    ...{ endedAtMs: undefined, talkMs: 0, isTalking: false, record: undefined },
    ...more,
  },
  history: [
    {
      ...{ call: 'alpha-0.9', direction: 'inbound', outcome: 'missed', startedAtMs: Date.UTC(2026, 2, 4, 9, 12), talkMs: 0 },
      extension: undefined,
      queue: 'support',
      isRecorded: false,
    },
    {
      ...{ call: 'alpha-0.8', direction: 'outbound', outcome: 'answered', startedAtMs: Date.UTC(2026, 1, 20, 14, 40), talkMs: 65_000 },
      extension: '1002',
      queue: undefined,
      isRecorded: true,
    },
  ],
});
