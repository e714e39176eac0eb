/**
 * Server-sent events (B25): who has read all that is stored hears what comes live. Streams that want and may see the same
 * form a group: an event is written down once for all, once more for each group what came within a moment is put together,
 * and a few streams are served in each turn of the event loop, so that hundreds of pages do not hold up a call.
 */
import { wireText } from '../core/feed-filter.js';
import type { EventFeed, FeedEvent } from '../core/feed-ports.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import { createStreamGroup, type StreamGroup } from './event-stream-group.js';
import { controlText, createStream, type Sink, type Stream } from './event-stream.js';
import type { Timers } from './timers.js';

export interface EventStreamsDeps {
  readonly feed: EventFeed;
  readonly timers: Timers;
  readonly log: Log;
  readonly meter: Meter;
}

export const eventStreamsDefaults = {
  streamsMax: 1_000,
  /** events that come within this time leave together */
  gatherMs: 50,
  heartbeatMs: 15_000,
  /** rights of an open stream are asked again every so many heartbeats */
  heartbeatsPerCheck: 4,
  /** events of one step of a replay */
  pageMax: 200,
};

export interface StreamWish {
  readonly sink: Sink;
  /** number behind which to begin; undefined = what comes from now on */
  readonly after: number | undefined;
  /** streams with the same text here want and may see the same */
  readonly group: string;
  readonly accepts: (event: FeedEvent) => boolean;
  /** false: the right to it has gone. Called now and then; what rejects is asked again later. */
  readonly isAllowed: () => Promise<boolean>;
}

export interface EventStreams {
  /** Throws TDM_BUSY beyond the limit, TDM_STOPPING, and TDM_STORE_DOWN before the database was read once. */
  check(): void;
  /** As `check`; begins at once. */
  open(wish: StreamWish): void;
  count(): number;
  close(): void;
}

export function createEventStreams(deps: EventStreamsDeps, options = eventStreamsDefaults): EventStreams {
  const { feed, timers, log, meter } = deps;
  const streams = new Map<Stream, StreamWish>();
  const groups = new Map<string, StreamGroup>();
  let isClosed = false;
  let heartbeats = 0;
  let cancelHeartbeat = (): void => undefined;
  let endFeed = (): void => undefined;

  function begin(): void {
    endFeed = feed.onEvent((event) => {
      const text = frameOnce(event);
      for (const group of groups.values()) group.offer(event, text);
    });
    beat();
  }

  function beat(): void {
    cancelHeartbeat = timers.after(options.heartbeatMs, () => {
      heartbeats++;
      for (const group of groups.values()) group.say(heartbeatText(feed.last()));
      if (heartbeats % options.heartbeatsPerCheck === 0) for (const [stream, wish] of streams) void recheck(stream, wish);
      beat();
    });
  }

  async function recheck(stream: Stream, { isAllowed }: StreamWish): Promise<void> {
    try {
      if (!(await isAllowed())) stream.cut('rights');
    } catch (error) {
      if (hasCode(error, 'TDM_UNAUTHENTICATED', 'TDM_FORBIDDEN')) stream.cut('rights');
      else log.debug({ error }, 'the rights of an event stream could not be asked');
    }
  }

  function groupOf({ group: key, accepts }: StreamWish): StreamGroup {
    const found = groups.get(key) ?? createStreamGroup({ accepts, gatherMs: options.gatherMs, timers });
    groups.set(key, found);
    return found;
  }

  function left(stream: Stream, wish: StreamWish, reason: string): void {
    streams.delete(stream);
    const group = groups.get(wish.group);
    group?.remove(stream);
    if (group?.size() === 0) groups.delete(wish.group);
    meter.set('tandem_feed_streams', streams.size);
    meter.count('tandem_feed_streams_ended_total', { reason });
    if (streams.size > 0) return;
    cancelHeartbeat();
    endFeed();
  }

  /** Reads what is stored until nothing is missing to the newest that was told, then joins its group in the same turn. */
  async function serve(stream: Stream, wish: StreamWish): Promise<void> {
    let at = wish.after ?? feed.last();
    stream.send(`retry: 2000\nid: ${String(at)}\n\n`);
    if (wish.after !== undefined) at = await checkedStart(stream, at);
    while (!stream.isOver()) {
      if (at === feed.last()) {
        groupOf(wish).add(stream);
        return;
      }
      if (at > feed.last()) {
        await pause(timers, options.gatherMs); // the database is further than what was told here
        continue;
      }
      const page = await feed.read(at, options.pageMax);
      const frames = page.filter((event) => wish.accepts(event)).map(frameOf);
      at = page.at(-1)?.seq ?? feed.last();
      await stream.sendAll(frames.join('') + (frames.length < page.length ? `id: ${String(at)}\n\n` : ''));
    }
  }

  /** Where to begin; a position of which nothing is kept, or that nobody gave, is told as such. */
  async function checkedStart(stream: Stream, after: number): Promise<number> {
    const { first, last } = await feed.range();
    const isTooOld = first > 0 && after < first - 1;
    if (!isTooOld && after <= Math.max(last, feed.last())) return after;
    const next = isTooOld ? first : last + 1;
    stream.send(`id: ${String(next - 1)}\n${controlText('reset', { first: next })}`);
    return next - 1;
  }

  function check(): void {
    if (isClosed) throw new TandemError('TDM_STOPPING');
    if (!feed.isReady()) throw new TandemError('TDM_STORE_DOWN', ['events were not read yet']);
    if (streams.size >= options.streamsMax) throw new TandemError('TDM_BUSY', [`${String(options.streamsMax)} event streams`]);
  }

  return {
    check,
    open(wish) {
      check();
      const stream = createStream(wish.sink, { timers, onOver: (reason) => left(stream, wish, reason) });
      streams.set(stream, wish);
      if (streams.size === 1) begin();
      meter.set('tandem_feed_streams', streams.size);
      void serve(stream, wish).catch((error: unknown) => {
        if (!stream.isOver()) log.warn({ error }, 'an event stream broke off');
        stream.cut('store');
      });
    },
    count: () => streams.size,
    close() {
      isClosed = true;
      for (const stream of [...streams.keys()]) stream.cut('stopping');
    },
  };
}

const frameOf = (event: FeedEvent): string => `id: ${String(event.seq)}\ndata: ${wireText(event)}\n\n`;

/** Only when a group wants it. */
function frameOnce(event: FeedEvent): () => string {
  let text: string | undefined;
  return () => (text ??= frameOf(event));
}

const pause = (timers: Timers, ms: number): Promise<void> => new Promise((resolve) => void timers.after(ms, resolve));

/** A comment keeps proxies awake; the number spares a page that wants few types the whole way back. */
const heartbeatText = (last: number): string => `: \nid: ${String(last)}\n\n`;
