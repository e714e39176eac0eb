/** The event socket's listener (esl-outbound 10): who may connect, how many, and events to all who want them. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createAddressList, loopbackOnly } from '../../core/address-list.js';
import { writeEvent } from '../../core/event-socket/event.js';
import type { EventFormat, SocketEvent } from '../../core/event-socket/event.js';
import { rudeRejection } from '../../core/event-socket/session.js';
import { TandemError } from '../../core/errors.js';
import type { SocketPrincipal } from './api.js';
import { Connection, connectionLimits, type ConnectionDeps } from './connection.js';

export interface EventSocketOptions {
  readonly host: string;
  /** 0 = any free one */
  readonly port: number;
  /** addresses and networks that may connect */
  readonly allow: readonly string[];
  readonly connectionsMax: number;
  /** of one user; who knows the socket's own password is none */
  readonly perUserMax: number;
}

export const eventSocketDefaults: EventSocketOptions = {
  host: '127.0.0.1',
  port: 8021,
  allow: loopbackOnly,
  connectionsMax: 200,
  perUserMax: 100,
};

export interface EventSocketServerDeps extends Omit<ConnectionDeps, 'onEnd' | 'onLeave' | 'authenticate' | 'authenticateUser'> {
  authenticate(password: string, address: string): ReturnType<ConnectionDeps['authenticate']>;
  authenticateUser(user: string, password: string, address: string): ReturnType<ConnectionDeps['authenticateUser']>;
}

export interface EventSocketServer {
  /** The port in use. Rejects TDM_BAD_SETTING when the address cannot be had. */
  listen(): Promise<number>;
  /** To every client that wants it; written once for each format. */
  send(event: SocketEvent): void;
  connections(): number;
  close(): Promise<void>;
}

export function createEventSocketServer(
  options: EventSocketOptions,
  deps: EventSocketServerDeps,
  limits = connectionLimits,
): EventSocketServer {
  const isAllowed = createAddressList(options.allow, 'event socket allowed addresses');
  const connections = new Set<Connection>();
  const users = new Map<Connection, string>();
  const gauge = (): void => deps.meter.set('tandem_event_socket_connections', connections.size);
  const refuse = (socket: Socket, reason: string, text: string): void => {
    deps.meter.count('tandem_event_socket_refused_total', { reason });
    socket.on('error', () => socket.destroy());
    socket.end(text);
    socket.resume();
    closeSoon(socket);
  };
  /** Whoever keeps a connection that is over open must not fill our table of them, nor hold up the stop. */
  const closeSoon = (socket: Socket): void =>
    void socket.once(
      'close',
      deps.after(closeMsMax, () => socket.destroy()),
    );

  /** Throws TDM_TOO_MANY: one user must not have all places. */
  function admit(connection: Connection, user: SocketPrincipal | undefined): SocketPrincipal | undefined {
    if (!user || !connections.has(connection)) return user;
    const name = user.id ?? user.user;
    const open = [...users.values()].filter((one) => one === name).length;
    if (open >= options.perUserMax) {
      deps.meter.count('tandem_event_socket_refused_total', { reason: 'user' });
      throw new TandemError('TDM_TOO_MANY', [`${String(options.perUserMax)} event socket connections of ${user.user}`]);
    }
    users.set(connection, name);
    return user;
  }

  function accept(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    if (!isAllowed(address)) refuse(socket, 'address', rudeRejection);
    else if (connections.size >= options.connectionsMax) refuse(socket, 'limit', '');
    else {
      const connection: Connection = new Connection(
        socket,
        {
          ...deps,
          onLeave: () => closeSoon(socket),
          // who knows the socket's own password may do everything anyway: all monitors of a site use it
          authenticate: (password) => deps.authenticate(password, address),
          authenticateUser: async (user, password) => admit(connection, await deps.authenticateUser(user, password, address)),
          onEnd() {
            connections.delete(connection);
            users.delete(connection);
            gauge();
          },
        },
        limits,
      );
      connections.add(connection);
      gauge();
    }
  }

  const server: Server = createServer({ noDelay: true }, accept);
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        const { host, port } = options;
        const onError = (e: Error): void =>
          reject(new TandemError('TDM_BAD_SETTING', [`event socket address ${host}:${String(port)}`, e.message], { cause: e }));
        server.once('error', onError);
        server.listen(port, host, () => {
          server.off('error', onError);
          server.on('error', (e) => deps.log.error({ err: e }, 'event socket: connection could not be accepted'));
          resolve((server.address() as AddressInfo).port);
        });
      }),
    send(event) {
      const texts = new Map<EventFormat, Uint8Array>();
      const written = (format: EventFormat): Uint8Array => {
        const text = texts.get(format) ?? Buffer.from(writeEvent(event, format));
        texts.set(format, text);
        return text;
      };
      for (const connection of connections) connection.deliver(event, written);
    },
    connections: () => connections.size,
    async close() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.stop();
      const cancel = deps.after(closeMsMax, () => {
        for (const connection of connections) connection.destroy();
      });
      await closed;
      cancel();
    },
  };
}

/** A client that does not close is cut after this. */
const closeMsMax = 1_000;
