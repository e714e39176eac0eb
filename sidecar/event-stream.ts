/** One server-sent event stream: bounded, ended with a reason that the client can read. */
import type { Timers } from './timers.js';

/** What a stream needs of an HTTP answer. */
export interface Sink {
  /** bytes that the client has not taken yet */
  readonly writableLength: number;
  write(chunk: string | Buffer): boolean;
  end(chunk: string): unknown;
  destroy(): unknown;
  once(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
}

export const eventStreamDefaults = {
  /** what may wait for a slow client, and one chunk more: many events may come at once */
  bufferBytesMax: 1_048_576,
  /** a client that takes what is replayed no faster is given up */
  drainMsMax: 30_000,
  /** the last words may take so long */
  endMsMax: 5_000,
};

/** Why a stream was ended: `slow` client, `rights` gone, `stopping`, `store` away, or `closed` by the client. */
export type CutReason = 'slow' | 'rights' | 'stopping' | 'store';

export interface Stream {
  send(text: string): void;
  /** Resolves when the client has taken most of it; then also when the stream is over. */
  sendAll(text: string): Promise<void>;
  /** As `send`; a client that is too slow is cut off. */
  sendLive(chunk: Buffer): void;
  cut(reason: CutReason): void;
  /** The end without a reason: the client comes again at once. */
  finish(): void;
  isOver(): boolean;
}

export interface StreamDeps {
  readonly timers: Timers;
  /** once */
  readonly onOver: (reason: CutReason | 'closed') => void;
}

export const controlText = (event: string, data: object): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

export function createStream(sink: Sink, { timers, onOver }: StreamDeps, options = eventStreamDefaults): Stream {
  let isOver = false;
  let onDrained = (): void => undefined;

  function over(reason: CutReason | 'closed'): void {
    if (isOver) return;
    isOver = true;
    onOver(reason);
    onDrained();
  }

  /** Nothing may be written behind the last words: an answer that is over takes that for an error, the second of which nobody hears. */
  function end(reason: CutReason | 'closed', lastWords: string): void {
    if (isOver) return;
    over(reason);
    sink.end(lastWords);
    const stop = timers.after(options.endMsMax, () => sink.destroy());
    sink.once('close', stop);
  }

  const cut = (reason: CutReason): void => end(reason, controlText('cut', { reason }));

  sink.once('close', () => over('closed'));
  sink.once('error', () => over('closed'));

  return {
    isOver: () => isOver,
    cut,
    finish: () => end('closed', ''),
    send(text) {
      if (!isOver) sink.write(text);
    },
    async sendAll(text) {
      if (isOver || text === '' || sink.write(text)) return;
      const stop = timers.after(options.drainMsMax, () => cut('slow'));
      await new Promise<void>((resolve) => {
        onDrained = resolve;
        sink.once('drain', resolve);
      });
      stop();
    },
    sendLive(chunk) {
      if (isOver) return;
      if (sink.writableLength > options.bufferBytesMax) cut('slow');
      else sink.write(chunk);
    },
  };
}
