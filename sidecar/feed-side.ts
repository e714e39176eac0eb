/** Events put together: what the owner of the queues stores is told here, to streams and webhooks. */
import type { FencedAcdStore } from '../core/acd-ports.js';
import type { EventStore } from '../core/feed-ports.js';
import type { Log, Meter } from '../core/ports.js';
import { createEventFeed } from '../core/services/event-feed.js';
import type { RunningFeed } from '../core/services/event-feed.js';
import { createWebhookDelivery } from '../core/services/webhook-delivery.js';
import type { WebhookDelivery } from '../core/services/webhook-delivery.js';
import type { WebhookStore } from '../core/webhook-ports.js';
import { createEventStreams, eventStreamsDefaults } from './event-streams.js';
import type { EventStreams } from './event-streams.js';
import type { Timers } from './timers.js';
import { createWebhookAddresses } from './webhook-address.js';
import type { WebhookAddresses } from './webhook-address.js';
import { createWebhookPost } from './webhook-post.js';

export interface FeedSideOptions {
  readonly streamsMax: number;
  readonly webhookHosts: readonly string[];
}

export interface FeedSideDeps {
  readonly store: { readonly events: EventStore; readonly webhooks: WebhookStore };
  /** this process owns the queues: it stores the events, and delivers them */
  readonly isOwner: () => boolean;
  readonly timers: Timers;
  readonly log: Log;
  readonly meter: Meter;
}

export interface FeedSide {
  readonly feed: RunningFeed;
  readonly streams: EventStreams;
  readonly webhooks: WebhookStore;
  readonly delivery: WebhookDelivery;
  readonly addresses: WebhookAddresses;
  /** The same store, whose events are told when they are stored. */
  telling(store: FencedAcdStore): FencedAcdStore;
  start(): Promise<void>;
  /** Streams end with a reason; what was delivered is noted. Never rejects. */
  stop(): Promise<void>;
}

export function createFeedSide({ streamsMax, webhookHosts }: FeedSideOptions, deps: FeedSideDeps): FeedSide {
  const { store, isOwner, timers, log, meter } = deps;
  const nowMs = (): number => timers.nowMs();
  const after = (delayMs: number, run: () => void): (() => void) => timers.after(delayMs, run);
  const feed = createEventFeed({ store: store.events, isWriter: isOwner, nowMs, after, log, meter });
  const streams = createEventStreams({ feed, timers, log, meter }, { ...eventStreamsDefaults, streamsMax });
  const addresses = createWebhookAddresses(webhookHosts);
  const poster = createWebhookPost({ addresses, nowMs });
  const delivery = createWebhookDelivery({
    store: store.webhooks,
    feed,
    isActive: isOwner,
    post: poster.post,
    random: Math.random,
    nowMs,
    after,
    log,
    meter,
  });
  return {
    feed,
    streams,
    webhooks: store.webhooks,
    delivery,
    addresses,
    telling: (acd) => ({
      ...acd,
      async save(batch, fence) {
        await acd.save(batch, fence);
        feed.stored(batch.events);
      },
    }),
    async start() {
      delivery.start();
      await feed.start();
    },
    async stop() {
      streams.close();
      await delivery.stop();
      poster.close();
      feed.stop();
    },
  };
}
