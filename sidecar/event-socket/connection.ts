/** One connection of the event socket: bytes in order, a bound on what waits either way, a deadline for the login. */
import type { Socket } from 'node:net';
import { CommandReader } from '../../core/event-socket/command-reader.js';
import type { SocketCommand } from '../../core/event-socket/command-reader.js';
import type { EventFormat, SocketEvent } from '../../core/event-socket/event.js';
import { greeting, shutdownNotice, SocketSession } from '../../core/event-socket/session.js';
import type { SocketSessionDeps } from '../../core/event-socket/session.js';
import type { Log, Meter } from '../../core/ports.js';
import type { SocketPrincipal } from './api.js';

export const connectionLimits = {
  /** from the connection to the login, ms (esl-outbound 10) */
  loginMsMax: 25_000,
  /** commands that wait for their turn; then the client is not read any more */
  commandsMax: 200,
  /** bytes that wait for a client who does not read; then he is cut off */
  waitingBytesMax: 8 * 1024 * 1024,
  /** events wait so long for others, so that they go out together; a reply takes them along at once, ms */
  gatherMs: 5,
};

/** Gathered events beyond this go out at once. */
const gatheredBytesMax = 65_536;

export interface ConnectionDeps extends Omit<SocketSessionDeps<SocketPrincipal>, 'write' | 'writeEvent' | 'close'> {
  after(delayMs: number, run: () => void): () => void;
  /** the session is over and said so: what follows is the client's close */
  onLeave(): void;
  onEnd(): void;
  readonly log: Log;
  readonly meter: Meter;
}

export class Connection {
  readonly #socket: Socket;
  readonly #deps: ConnectionDeps;
  readonly #limits: typeof connectionLimits;
  readonly #session: SocketSession<SocketPrincipal>;
  readonly #reader = new CommandReader();
  readonly #waiting: SocketCommand[] = [];
  #isWorking = false;
  readonly #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #flushTimer: NodeJS.Timeout | undefined;
  readonly #cancelLogin: () => void;

  constructor(socket: Socket, deps: ConnectionDeps, limits = connectionLimits) {
    this.#socket = socket;
    this.#deps = deps;
    this.#limits = limits;
    this.#session = new SocketSession({
      ...deps,
      write: (text) => this.#write(text),
      writeEvent: (text) => this.#gather(text),
      close: () => this.#leave(),
    });
    this.#cancelLogin = deps.after(limits.loginMsMax, () => {
      if (!this.#session.isAuthenticated) this.#cut('login');
    });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(this.#flushTimer);
      this.#cancelLogin();
      this.#session.abandon();
      this.#waiting.length = 0;
      deps.onEnd();
    });
    this.#write(greeting);
  }

  deliver(event: SocketEvent, written: (format: EventFormat) => Uint8Array): void {
    this.#session.deliver(event, written);
  }

  /** Tandem stops. */
  stop(): void {
    this.#write(shutdownNotice);
    if (!this.#socket.destroyed) this.#socket.end();
    this.#session.abandon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#session.isOver) return;
    try {
      this.#waiting.push(...this.#reader.push(chunk));
    } catch (e) {
      this.#deps.log.info({ err: e }, 'event socket: a client sent what is no command');
      this.#cut('protocol');
      return;
    }
    if (this.#waiting.length > this.#limits.commandsMax) this.#socket.pause();
    if (!this.#isWorking) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (this.#waiting.length <= this.#limits.commandsMax && this.#socket.isPaused()) this.#socket.resume();
      try {
        await this.#session.handle(next);
      } catch (e) {
        this.#deps.log.error({ err: e }, 'event socket: a command failed');
        this.#cut('failed');
      }
      if (this.#session.isAuthenticated) this.#cancelLogin();
    }
    this.#isWorking = false;
  }

  #gather(text: string | Uint8Array): void {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gatheredBytes > gatheredBytesMax) this.#flush();
    else this.#flushTimer ??= setTimeout(() => this.#flush(), this.#limits.gatherMs);
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    const all = this.#gathered.splice(0);
    this.#gatheredBytes = 0;
    if (all.length > 0) this.#send(all.length === 1 && all[0] ? all[0] : Buffer.concat(all));
  }

  /** A reply comes behind the events that happened before it. */
  #write(text: string): void {
    this.#flush();
    this.#send(text);
  }

  #send(bytes: string | Uint8Array): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > this.#limits.waitingBytesMax) this.#cut('slow');
  }

  #leave(): void {
    this.#socket.end();
    this.#deps.onLeave();
  }

  #cut(reason: string): void {
    this.#deps.meter.count('tandem_event_socket_cut_total', { reason });
    this.#session.abandon();
    this.#socket.destroy();
  }
}
