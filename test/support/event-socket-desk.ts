/** Our event socket over the real queue engine and mod_callcenter's commands, and clients that read it frame by frame. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { AgentGet } from '../../core/callcenter-ports.js';
import { TandemError } from '../../core/errors.js';
import { FrameReader } from '../../esl-outbound/frame.js';
import { createEventSocket, type EventSocketDeps } from '../../sidecar/event-socket/side.js';
import type { Permit } from '../../sidecar/routes/permission.js';
import { openCallcenterDesk, recordedSite } from './callcenter-desk.js';
import { eventually } from './eventually.js';
import { createHandTimers } from './hand-timers.js';
import { silentLog, silentMeter } from './observers.js';

/** The password of the recorded sessions. */
export const socketPassword = 'ClueCon';

const nobody: Permit = () => Promise.reject(new TandemError('TDM_UNAUTHENTICATED', ['nobody is known here']));

export async function openEventSocketDesk(
  site: object = recordedSite,
  options: Partial<Pick<EventSocketDeps, 'permit' | 'log' | 'meter'>> & { readonly config?: Partial<EventSocketDeps['config']> } = {},
) {
  const gets = new Set<(get: AgentGet) => void>();
  const w = await openCallcenterDesk(site, { onGet: (get) => gets.forEach((listener) => listener(get)) });
  const hand = createHandTimers();
  const { log = silentLog, meter = silentMeter, permit = nobody } = options;
  const config = {
    isOn: true,
    host: '127.0.0.1',
    port: 0,
    allow: ['127.0.0.1'],
    password: socketPassword,
    connectionsMax: 200,
    perUserMax: 100,
    ...options.config,
  };
  const socket = createEventSocket({
    config,
    instance: 'single_box',
    engine: w.desk.port,
    callcenter: { commands: w.commands, onGet: (listener) => void gets.add(listener) },
    permit,
    record: w.record,
    reload() {
      w.reloads.count++;
      return Promise.resolve();
    },
    timers: { nowMs: () => w.desk.nowMs(), after: (delayMs, run) => hand.after(delayMs, run) },
    version: '1.2.3',
    log,
    meter,
  });
  const port = await socket.listen();
  const clients: SocketClient[] = [];
  async function client(): Promise<SocketClient> {
    const one = await openSocketClient(port);
    clients.push(one);
    return one;
  }
  return {
    ...w,
    socket,
    port,
    hand,
    client,
    /** logged in, and told of these events: `plain CUSTOM callcenter::info` */
    async listener(words: string, login = `auth ${socketPassword}`) {
      const one = await client();
      await one.ask(login);
      await one.ask(`event ${words}`);
      one.clear();
      return one;
    },
    async close() {
      for (const one of clients) one.socket.destroy();
      await socket.close();
      await w.close();
    },
  };
}

export type EventSocketDesk = Awaited<ReturnType<typeof openEventSocketDesk>>;

export class SocketClient {
  readonly socket: Socket;
  /** head, empty line and body of each message, in order */
  readonly frames: string[] = [];
  bytes = '';
  isClosed = false;
  #isGreeted = false;
  readonly #reader = new FrameReader();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#isGreeted = true;
      this.bytes += chunk.toString('utf8');
      this.#reader.push(chunk, ({ head, body }) => this.frames.push(`${head}\n\n${body?.toString('utf8') ?? ''}`) > 0);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => (this.isClosed = true));
  }

  write(text: string | Buffer): void {
    this.socket.write(text);
  }

  /** Resolves when so many frames are there. */
  async until(frames: number): Promise<void> {
    await eventually(
      () => this.frames.length,
      (length) => length >= frames,
      { everyMs: 1 },
    );
  }

  /** The next frame but events, after this command. */
  async ask(command: string): Promise<string> {
    await eventually(
      () => this.#isGreeted,
      (is) => is,
      { everyMs: 1 },
    );
    const before = this.replies().length;
    this.write(`${command}\n\n`);
    await eventually(
      () => this.replies().length,
      (length) => length > before,
      { everyMs: 1 },
    );
    return this.replies()[before] ?? '';
  }

  /** What stands behind `Reply-Text:`, or the body of an `api`. */
  async text(command: string): Promise<string> {
    const frame = await this.ask(command);
    return /^Reply-Text: (.*)$/m.exec(frame)?.[1] ?? frame.slice(frame.indexOf('\n\n') + 2);
  }

  replies(): readonly string[] {
    return this.frames.filter((frame) => !frame.includes('Content-Type: text/event-'));
  }

  /** Headers of the plain events so far, decoded, in order. */
  events(): readonly (readonly (readonly [name: string, value: string])[])[] {
    return this.frames.filter((frame) => frame.includes('text/event-plain')).map(headersOf);
  }

  /** What is under way has arrived: commands are answered in order. */
  async settled(): Promise<void> {
    await this.ask('are_you_there');
  }

  async closed(): Promise<void> {
    await eventually(
      () => this.isClosed,
      (is) => is,
      { everyMs: 1 },
    );
  }

  clear(): void {
    this.frames.length = 0;
    this.bytes = '';
  }
}

/** Of a plain event. */
export function headersOf(frame: string): readonly (readonly [name: string, value: string])[] {
  const text = frame.slice(frame.indexOf('\n\n') + 2);
  const head = text.slice(0, text.indexOf('\n\n'));
  return head.split('\n').map((line) => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), decodeURIComponent(line.slice(colon + 2))] as const;
  });
}

export async function openSocketClient(port: number): Promise<SocketClient> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const client = new SocketClient(socket);
  await once(socket, 'connect');
  return client;
}
