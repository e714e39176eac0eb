/** An origin cluster that accepts every request and never answers. */
import { createServer, type Socket } from 'node:net';

export interface SilentOrigin {
  readonly port: number;
  /** connections open now */
  open(): number;
  /** requests received so far */
  received(): number;
  /** Resolves at the next request; rejects after `msMax`. */
  nextRequest(msMax?: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startSilentOrigin(): Promise<SilentOrigin> {
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  let received = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', () => {
      received++;
      for (const resolve of waiting.splice(0)) resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    open: () => sockets.size,
    received: () => received,
    nextRequest: (msMax = 8_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no request within ${msMax} ms`)), msMax);
        waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
