/**
 * The event feed: every notice of the queue engine with a number, stored in the transaction of the change it tells
 * of, and told afterwards (B25). Numbers begin at 1 and have no gap; only the owner of the queues gives them, under
 * its fence and in the order of its saves, so that a reader behind number n never misses a later commit of a smaller
 * one (scale-out 6).
 */
import type { Notice } from './acd/notices.js';
import type { FeedNews } from './feed-news.js';

export interface FeedEvent {
  readonly seq: number;
  /** Unix ms */
  readonly atMs: number;
  readonly notice: Notice | FeedNews | EventsLost;
}

/** Stands for the numbers `from` to `to`, whose events nobody has any more; docs/events.md says when that can be. */
export interface EventsLost {
  readonly type: 'events-lost';
  readonly from: number;
  readonly to: number;
}

/** Stored events. */
export interface EventStore {
  /** After that number, in order, at most `limit`. */
  read(after: number, limit: number): Promise<readonly FeedEvent[]>;
  /** Number of the oldest and newest kept; 0 = none. */
  range(): Promise<{ readonly first: number; readonly last: number }>;
}

/** The feed as doors see it, on every node; the owner's own events come without a look into the database. */
export interface EventFeed extends EventStore {
  /** Each event once, in order, from now on. Throws TDM_BUSY beyond the limit. The result ends it. */
  onEvent(listener: (event: FeedEvent) => void): () => void;
  /** number of the newest that was told here */
  last(): number;
  /** False until the newest number of the database is known; `last` says nothing before. */
  isReady(): boolean;
}
