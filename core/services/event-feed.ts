/**
 * Events as the doors of this process hear them (B25). The owner of the queues is told what it has just stored; another
 * node asks the database for what stands behind the newest number it knows. Both tell each event once, in order, and
 * only when it is stored: nobody ever hears a number that a sudden death could give to another event.
 */
import { TandemError } from '../errors.js';
import type { EventFeed, EventStore, FeedEvent } from '../feed-ports.js';
import type { Log, Meter } from '../ports.js';
import type { After } from './deadline.js';

export interface EventFeedDeps {
  readonly store: EventStore;
  /** what is stored is told by `stored`, so the database need not be asked */
  readonly isWriter: () => boolean;
  /** Unix ms */
  readonly nowMs: () => number;
  readonly after: After;
  readonly log: Log;
  readonly meter: Meter;
}

export const eventFeedDefaults = {
  /** how soon another node's events are seen, design of scale-out 6 */
  pollEveryMs: 250,
  pageMax: 500,
  /** after a page that was full: who listens must be able to follow */
  pagePauseMs: 50,
  /** newest events kept for those who come back */
  keptMax: 5_000,
  listenersMax: 50,
};

export interface RunningFeed extends EventFeed {
  /** These have been stored by this process, in order. */
  stored(events: readonly FeedEvent[]): void;
  /** Resolves after the first look into the database, however it ended. */
  start(): Promise<void>;
  stop(): void;
}

export function createEventFeed(deps: EventFeedDeps, options = eventFeedDefaults): RunningFeed {
  return new Feed(deps, options);
}

class Feed implements RunningFeed {
  readonly #deps: EventFeedDeps;
  readonly #options: typeof eventFeedDefaults;
  readonly #listeners = new Set<(event: FeedEvent) => void>();
  #kept: FeedEvent[] = [];
  /** number of the newest that was told; undefined until the database has answered once */
  #last: number | undefined;
  /** number of the newest that is known to be stored */
  #stored = 0;
  #pulling: Promise<void> | undefined;
  #isAway = false;
  #isStopped = false;
  #cancelPoll = (): void => undefined;

  constructor(deps: EventFeedDeps, options: typeof eventFeedDefaults) {
    this.#deps = deps;
    this.#options = options;
  }

  isReady(): boolean {
    return this.#last !== undefined;
  }

  last(): number {
    return this.#last ?? 0;
  }

  onEvent(listener: (event: FeedEvent) => void): () => void {
    const { listenersMax } = this.#options;
    if (this.#listeners.size >= listenersMax) throw new TandemError('TDM_BUSY', [`${String(listenersMax)} listeners to events`]);
    const own = (event: FeedEvent): void => listener(event); // the same function may listen twice
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** From memory when it reaches back so far; then nothing that was not told yet. */
  read(after: number, limit: number): Promise<readonly FeedEvent[]> {
    const [oldest] = this.#kept;
    if (!oldest || after < oldest.seq - 1) return this.#deps.store.read(after, limit);
    const from = firstBehind(this.#kept, after);
    return Promise.resolve(this.#kept.slice(from, from + Math.max(1, limit)));
  }

  range(): ReturnType<EventStore['range']> {
    return this.#deps.store.range();
  }

  stored(events: readonly FeedEvent[]): void {
    for (const event of events) {
      this.#stored = Math.max(this.#stored, event.seq);
      if (!this.#pulling && event.seq === this.last() + 1 && this.isReady()) this.#tell(event);
    }
    if (this.#stored > this.last()) void this.#pull(); // a hole, or not ready yet
  }

  async start(): Promise<void> {
    this.#isStopped = false;
    await this.#pull();
    this.#pollLater();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelPoll();
    this.#listeners.clear();
  }

  #pollLater(): void {
    if (this.#isStopped) return;
    this.#cancelPoll = this.#deps.after(this.#options.pollEveryMs, () => {
      const isCurrent = this.isReady() && this.#stored <= this.last();
      void (isCurrent && this.#deps.isWriter() ? Promise.resolve() : this.#pull()).then(() => this.#pollLater());
    });
  }

  /** One at a time; never rejects. */
  #pull(): Promise<void> {
    this.#pulling ??= this.#readOn()
      .then(
        () => this.#reached(undefined),
        (error: unknown) => this.#reached(error),
      )
      .finally(() => {
        this.#pulling = undefined;
      });
    return this.#pulling;
  }

  async #readOn(): Promise<void> {
    const { store } = this.#deps;
    this.#last ??= (await store.range()).last;
    for (;;) {
      const page = await store.read(this.last(), this.#options.pageMax);
      if (this.#isStopped) return;
      for (const event of page) this.#tell(event);
      const isFull = page.length === this.#options.pageMax;
      if (page.length === 0 || (!isFull && this.#stored <= this.last())) return;
      if (isFull) await new Promise<void>((resolve) => void this.#deps.after(this.#options.pagePauseMs, resolve));
    }
  }

  #reached(error: unknown): void {
    const isAway = error !== undefined;
    if (isAway && !this.#isAway) this.#deps.log.warn({ error }, 'events cannot be read: they are told when the database answers');
    this.#isAway = isAway;
  }

  #tell(event: FeedEvent): void {
    const { nowMs, log, meter } = this.#deps;
    this.#last = event.seq;
    this.#kept.push(event);
    if (this.#kept.length >= 2 * this.#options.keptMax) this.#kept = this.#kept.slice(-this.#options.keptMax); // now and then
    meter.observe('tandem_feed_delay_seconds', Math.max(0, nowMs() - event.atMs) / 1000);
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        log.error({ error, event: event.notice.type }, 'a listener to events failed');
      }
    }
  }
}

/** Place of the first with a number above; by halves, since numbers may have holes. */
function firstBehind(events: readonly FeedEvent[], after: number): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.seq ?? Infinity) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
