/** Event streams that get the same bytes. */
import type { FeedEvent } from '../core/feed-ports.js';
import type { Stream } from './event-stream.js';
import type { Timers } from './timers.js';

export interface StreamGroupDeps {
  readonly accepts: (event: FeedEvent) => boolean;
  readonly gatherMs: number;
  readonly timers: Timers;
}

export interface StreamGroup {
  /** From now on. */
  add(stream: Stream): void;
  remove(stream: Stream): void;
  size(): number;
  offer(event: FeedEvent, text: () => string): void;
  /** A text for all, behind the events that were offered before. */
  say(text: string): void;
}

/** Streams that are written to before others get their turn. */
const sliceMax = 25;

interface Work {
  readonly chunk: Buffer;
  readonly to: readonly Stream[];
}

export function createStreamGroup({ accepts, gatherMs, timers }: StreamGroupDeps): StreamGroup {
  const members = new Set<Stream>();
  let gathered: string[] = [];
  let isGathering = false;
  const work: Work[] = [];
  let isWorking = false;

  /** What was gathered belongs to those who are here now, not to who comes later. */
  function flush(): void {
    isGathering = false;
    if (gathered.length === 0) return;
    const chunk = Buffer.from(gathered.join(''));
    gathered = [];
    work.push({ chunk, to: [...members] });
    if (!isWorking) serveSome(0);
  }

  /** One chunk after the other, so that each stream gets them in order. */
  function serveSome(from: number): void {
    const [first] = work;
    isWorking = first !== undefined;
    if (!first) return;
    for (const stream of first.to.slice(from, from + sliceMax)) if (members.has(stream)) stream.sendLive(first.chunk);
    const next = from + sliceMax;
    if (next >= first.to.length) work.shift();
    if (work.length === 0) isWorking = false;
    else timers.after(0, () => serveSome(next >= first.to.length ? 0 : next));
  }

  return {
    add(stream) {
      flush();
      members.add(stream);
    },
    remove: (stream) => void members.delete(stream),
    size: () => members.size,
    offer(event, text) {
      if (!accepts(event)) return;
      gathered.push(text());
      if (isGathering) return;
      isGathering = true;
      timers.after(gatherMs, flush);
    },
    say(text) {
      gathered.push(text);
      flush();
    },
  };
}
