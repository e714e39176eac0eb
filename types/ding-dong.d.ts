/** The few members of ding-dong 0.1.7 that `agi/session.ts` builds on. The package has no types of its own. */
declare module 'ding-dong/lib/context.js' {
  import { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  export default class Context extends EventEmitter {
    constructor(socket: Socket, options?: { debug?: boolean; logger?: (arrow: string, data: object) => void });
    /** readable-stream 2 around the socket, already decoding UTF-8 */
    readonly stream: { read(): string | null };
    variables: Record<string, string>;
    /** called for each `readable` of the stream; what it returns is kept as the unread rest */
    read(): string;
    sendCommand(line: string): Promise<unknown>;
    onEvent(event: string): Promise<unknown>;
    end(): Promise<void>;
  }
}
