/** An origin cluster's web server for tests: answers as told, remembers what it was asked. */
import { createServer as createHttpServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { eventually } from './eventually.js';

export interface Asked {
  readonly path: string;
  /** raw query string, as it came */
  readonly query: string;
  readonly parameters: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** Text: a 200 with this body. Otherwise do as you like with the response; `null`: no answer at all. */
export type OriginReply = string | null | ((response: ServerResponse, request: IncomingMessage) => void);

export interface FakeOrigin {
  readonly port: number;
  /** `http://127.0.0.1:port` or https with localhost */
  readonly base: string;
  readonly asked: Asked[];
  /** connections accepted so far */
  readonly connections: () => number;
  /** connections open now */
  readonly open: () => number;
  reply(next: OriginReply): void;
  /** Resolves once so many requests have come. */
  received(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** The lead of the reference's vectors, as a stock origin sends it. */
export const stockLine =
  'TD|6667|554443|SRC9|501|-4.00|1|9998887112|Mr|Billy|U|Reilly|12 Main St|Apt 3|Bldg C|Largo|FL|Gulf|33777|USA|M|1980-02-29|9998887113|billy@test.example|blue|call after lunch|7|2026-11-20 14:53:27|3|4646\n';

export async function startFakeOrigin(first: OriginReply = stockLine, tls?: ServerOptions): Promise<FakeOrigin> {
  let reply = first;
  let connections = 0;
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  const listener: RequestListener = (request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
    asked.push({ path, query, parameters: new URLSearchParams(query), headers: request.headers });
    if (typeof reply === 'function') reply(response, request);
    else if (reply !== null) response.setHeader('content-type', 'text/html; charset=utf-8').end(reply);
  };
  const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined); // a client that refuses our certificate
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    port,
    base: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    asked,
    connections: () => connections,
    open: () => sockets.size,
    reply: (next) => void (reply = next),
    received: (count) =>
      eventually(
        () => asked.length,
        (n) => n >= count,
      ).then(() => undefined),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
