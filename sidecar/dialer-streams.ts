/**
 * Live figures of campaigns as server-sent events (dialer.md B9): one `live` a second, the dialer's notices between them.
 * A campaign that several watch is read once for all of them.
 */
import type { DialerNotice } from '../core/dialer/engine-words.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import { controlText, createStream, type Sink, type Stream } from './event-stream.js';
import type { Timers } from './timers.js';

export interface LiveStreamsDeps {
  readonly timers: Timers;
  readonly log: Log;
  /** the figures; undefined: the campaign has gone */
  read(campaign: string): Promise<object | undefined>;
  onNotice(listener: (notice: DialerNotice, atMs: number) => void): () => void;
}

export const liveStreamsDefaults = {
  streamsMax: 500,
  everyMs: 1_000,
  /** the page comes again then */
  streamMsMax: 900_000,
  /** rights are asked again this often */
  checkMs: 60_000,
};

export interface LiveWish {
  readonly sink: Sink;
  readonly campaign: string;
  /** end of a browser's session */
  readonly endsAtMs: number | undefined;
  /** Rejects TDM_UNAUTHENTICATED, _FORBIDDEN, _NOT_FOUND when the right to it has gone. */
  isAllowed(): Promise<void>;
}

export interface LiveStreams {
  /** Throws TDM_BUSY beyond the limit, TDM_STOPPING. */
  check(): void;
  open(wish: LiveWish): void;
  count(): number;
  close(): void;
}

export function createLiveStreams(deps: LiveStreamsDeps, options = liveStreamsDefaults): LiveStreams {
  const { timers } = deps;
  const campaigns = new Map<string, Set<Stream>>();
  let count = 0;
  let isClosed = false;
  let cancelTick = (): void => undefined;
  let endNotices = (): void => undefined;

  function tick(): void {
    cancelTick = timers.after(options.everyMs, tick);
    for (const campaign of campaigns.keys()) void tell(campaign);
  }

  async function tell(campaign: string): Promise<void> {
    try {
      const view = await deps.read(campaign);
      for (const stream of campaigns.get(campaign) ?? [])
        if (view) stream.sendLive(Buffer.from(controlText('live', view)));
        else stream.cut('rights');
    } catch (error) {
      // the database is away: what was shown stays until it is back
      deps.log.debug({ error, campaign }, 'live figures could not be read');
    }
  }

  function onNotice(notice: DialerNotice, atMs: number): void {
    const watching = 'campaign' in notice ? campaigns.get(notice.campaign) : undefined;
    if (!watching) return;
    const chunk = Buffer.from(controlText('notice', { ...notice, atMs }));
    for (const stream of watching) stream.sendLive(chunk);
  }

  function add(campaign: string, stream: Stream): void {
    const members = campaigns.get(campaign) ?? new Set();
    campaigns.set(campaign, members.add(stream));
    count++;
    if (count > 1) return;
    endNotices = deps.onNotice(onNotice);
    cancelTick = timers.after(options.everyMs, tick);
  }

  function remove(campaign: string, stream: Stream): void {
    const members = campaigns.get(campaign);
    if (members?.delete(stream) !== true) return;
    if (members.size === 0) campaigns.delete(campaign);
    count--;
    if (count > 0) return;
    cancelTick();
    endNotices();
  }

  /** Rights are asked now and then; what cannot be asked is asked again later. */
  function watch(stream: Stream, wish: LiveWish): () => void {
    let cancel = (): void => undefined;
    const again = (): void => {
      cancel = timers.after(options.checkMs, () => {
        wish.isAllowed().then(again, (e: unknown) => {
          if (hasCode(e, 'TDM_UNAUTHENTICATED', 'TDM_FORBIDDEN', 'TDM_NOT_FOUND')) stream.cut('rights');
          else again();
        });
      });
    };
    again();
    return () => cancel();
  }

  function check(): void {
    if (isClosed) throw new TandemError('TDM_STOPPING');
    if (count >= options.streamsMax) throw new TandemError('TDM_BUSY', [`${String(options.streamsMax)} live streams`]);
  }

  return {
    check,
    open(wish) {
      check();
      const stops: (() => void)[] = [];
      const onOver = (): void => {
        remove(wish.campaign, stream);
        for (const stop of stops) stop();
      };
      const stream = createStream(wish.sink, { timers, onOver });
      add(wish.campaign, stream);
      const leftMs = Math.max(0, Math.min(options.streamMsMax, (wish.endsAtMs ?? Infinity) - timers.nowMs()));
      stops.push(
        watch(stream, wish),
        timers.after(leftMs, () => stream.cut('rights')),
      );
      stream.send('retry: 1000\n\n');
      void tell(wish.campaign);
    },
    count: () => count,
    close() {
      isClosed = true;
      for (const members of [...campaigns.values()]) for (const stream of [...members]) stream.cut('stopping');
    },
  };
}
