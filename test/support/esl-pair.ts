/** A guarded connection and the raw socket at its other end. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { GuardedConnection } from '../../esl-outbound/connection.js';
import type { ConnectionOptions } from '../../esl-outbound/connection.js';
import type { SwitchEvent } from '../../esl-outbound/event.js';
import type { TandemError } from '../../core/errors.js';
import '../../esl-outbound/parser.js';
import { systemTimers } from '../../sidecar/timers.js';

export interface EslPair {
  readonly connection: GuardedConnection;
  readonly peer: Socket;
  /** chunks as they came: one write on loopback is one chunk */
  readonly chunks: string[];
  readonly events: SwitchEvent[];
  readonly skipped: string[];
  readonly ended: TandemError[];
  /** resolves when the peer has received `count` commands, with all of them */
  commands(count: number): Promise<string[]>;
  reply(text: string): void;
  output(text: string): void;
  event(headers: Readonly<Record<string, string>>): void;
  close(): Promise<void>;
}

/** An outbound connection: `connect` has been sent and answered. */
export async function eslPair(options: Partial<ConnectionOptions> = {}): Promise<EslPair> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  peer.setNoDelay(true);
  peer.on('error', () => peer.destroy()); // a reset from our side is what some tests look for
  const [socket] = (await once(server, 'connection')) as [Socket];
  const connection = new GuardedConnection([socket], { clock: systemTimers, ...options });
  const pair: EslPair = {
    connection,
    peer,
    chunks: [],
    events: [],
    skipped: [],
    ended: [],
    commands: (count) => commands(pair.chunks, peer, count),
    reply: (text) => peer.write(`Content-Type: command/reply\nReply-Text: ${text}\n\n`),
    output: (text) => peer.write(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`),
    event(headers) {
      const body = JSON.stringify(headers);
      peer.write(`Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-json\n\n${body}`);
    },
    async close() {
      connection.socket?.destroy();
      peer.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  connection.listener = {
    onEvent: (event) => pair.events.push(event),
    onSkipped: (reason) => pair.skipped.push(reason),
    onEnd: (error) => pair.ended.push(error),
  };
  peer.on('data', (chunk: Buffer) => pair.chunks.push(chunk.toString()));
  peer.write(
    'Event-Name: CHANNEL_DATA\nUnique-ID: u1\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n',
  );
  await connection.channelReply();
  await pair.commands(1);
  return pair;
}

function received(chunks: readonly string[]): string[] {
  return chunks.join('').split('\n\n').slice(0, -1);
}

async function commands(chunks: readonly string[], peer: Socket, count: number): Promise<string[]> {
  while (received(chunks).length < count) await once(peer, 'data');
  return received(chunks);
}
