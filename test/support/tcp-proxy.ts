/** A TCP proxy before a server, to cut, refuse and freeze its links without touching the server itself. */
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** end all links and refuse new ones */
  down(): Promise<void>;
  up(): Promise<void>;
  /** accept and keep links, but pass nothing on (a stopped process); false: go on */
  freeze(frozen: boolean): void;
  /** pass the next bytes with this text on, then break that link before any answer comes back */
  cutAfter(text: string): void;
  close(): Promise<void>;
}

const cutPauseMs = 100;

export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let frozen = false;
  let cutText: string | undefined;
  let port = 0;
  let server: Server | undefined;

  function join(near: Socket): void {
    const far = connect(target.port, target.host);
    for (const [socket, peer] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => peer.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        peer.destroy();
      });
      socket.on('data', (bytes) => {
        peer.write(bytes);
        if (socket === near && cutText !== undefined && bytes.includes(cutText)) {
          cutText = undefined;
          far.pause(); // the server does its work, its answer is lost
          setTimeout(() => near.destroy(), cutPauseMs);
        }
      });
      if (frozen) socket.pause();
    }
  }

  function up(): Promise<void> {
    return new Promise((resolve, reject) => {
      server = createServer(join).once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        port = (server?.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  function down(): Promise<void> {
    return new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      if (server?.listening) server.close(() => resolve());
      else resolve();
    });
  }

  await up();
  return {
    get port() {
      return port;
    },
    down,
    up,
    freeze(on) {
      frozen = on;
      for (const socket of sockets) {
        if (on) socket.pause();
        else socket.resume();
      }
    },
    cutAfter(text) {
      cutText = text;
    },
    close: down,
  };
}
