/** One connection of the event socket: bytes in order, a bound on what waits either way, a deadline for the login. */
import type { Socket } from 'node:net';
import { CommandReader } from '../../core/event-socket/command-reader.js';
import type { SocketCommand } from '../../core/event-socket/command-reader.js';
import type { SocketEvent } from '../../core/event-socket/event.js';
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
};

export interface ConnectionDeps extends Omit<SocketSessionDeps<SocketPrincipal>, 'write' | 'close'> {
  after(delayMs: number, run: () => void): () => void;
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
  readonly #cancelLogin: () => void;

  constructor(socket: Socket, deps: ConnectionDeps, limits = connectionLimits) {
    this.#socket = socket;
    this.#deps = deps;
    this.#limits = limits;
    this.#session = new SocketSession({ ...deps, write: (text) => this.#write(text), close: () => void socket.end() });
    this.#cancelLogin = deps.after(limits.loginMsMax, () => {
      if (!this.#session.isAuthenticated) this.#cut('login');
    });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#cancelLogin();
      this.#session.abandon();
      this.#waiting.length = 0;
      deps.onEnd();
    });
    this.#write(greeting);
  }

  deliver(event: SocketEvent, written: (format: 'plain' | 'json' | 'xml') => string): void {
    this.#session.deliver(event, written);
  }

  /** Tandem stops. */
  stop(): void {
    if (!this.#socket.destroyed) this.#socket.end(shutdownNotice);
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

  #write(text: string): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.write(text);
    if (this.#socket.writableLength > this.#limits.waitingBytesMax) this.#cut('slow');
  }

  #cut(reason: string): void {
    this.#deps.meter.count('tandem_event_socket_cut_total', { reason });
    this.#session.abandon();
    this.#socket.destroy();
  }
}
