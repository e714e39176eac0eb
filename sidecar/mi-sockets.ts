/**
 * Sends events of the management interface to who subscribed: one datagram each (`udp:`), a connection that is kept
 * (`tcp:`), or JSON-RPC over TCP (`jsonrpc:`); objects follow each other without a separator. Nobody waits for a receiver; what he does not take is dropped.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, isIPv6, type Socket } from 'node:net';
import { createAddressList } from '../core/address-list.js';
import type { Log, Meter } from '../core/ports.js';
import type { MiSockets, MiTarget } from '../core/opensips-ports.js';

export const miSocketLimits = {
  /** bytes that wait for one receiver */
  waitingBytesMax: 1_048_576,
  connectMsMax: 2_000,
  /** no new connection to a receiver that refused one, for this long */
  restMs: 5_000,
};

export interface MiSocketsDeps {
  readonly log: Log;
  readonly meter: Meter;
  nowMs(): number;
}

export interface MiSocketsHandle extends MiSockets {
  close(): void;
}

interface Line {
  readonly socket: Socket;
}

/** `allow`: addresses and networks of receivers. */
export function createMiSockets(allow: readonly string[], deps: MiSocketsDeps, limits = miSocketLimits): MiSocketsHandle {
  const isAllowed = createAddressList(allow, 'receivers of events');
  const lines = new Map<string, Line>();
  const resting = new Map<string, number>();
  const udp: { four?: UdpSocket; six?: UdpSocket } = {};

  const dropped = (reason: string): void => deps.meter.count('tandem_mi_events_dropped_total', { reason });

  function datagram({ host, port }: MiTarget, text: string): void {
    const family = isIPv6(host) ? 'six' : 'four';
    const socket = (udp[family] ??= openUdp(family === 'six' ? 'udp6' : 'udp4'));
    socket.send(text, port, host, (error) => {
      if (error) dropped('unreachable');
    });
  }

  function openUdp(type: 'udp4' | 'udp6'): UdpSocket {
    const socket = createSocket(type);
    socket.on('error', (error) => deps.log.warn({ err: error }, 'events of the management interface: datagram socket'));
    return socket.unref();
  }

  function stream(target: MiTarget, text: string): void {
    const key = keyOf(target);
    const line = lines.get(key) ?? open(key, target);
    if (!line) dropped('unreachable');
    else if (line.socket.writableLength + text.length > limits.waitingBytesMax) {
      dropped('slow');
      line.socket.destroy();
    } else line.socket.write(text);
  }

  function open(key: string, { host, port }: MiTarget): Line | undefined {
    if ((resting.get(key) ?? 0) > deps.nowMs()) return undefined;
    resting.delete(key);
    const socket = connect({ host, port, timeout: limits.connectMsMax }).unref();
    const line: Line = { socket };
    socket.once('connect', () => socket.setTimeout(0));
    socket.once('timeout', () => socket.destroy());
    socket.on('error', () => resting.set(key, deps.nowMs() + limits.restMs));
    socket.once('close', () => {
      if (lines.get(key) === line) lines.delete(key);
    });
    socket.resume(); // replies of a JSON-RPC server are not read
    lines.set(key, line);
    return line;
  }

  return {
    isAllowed,
    send: (target, text) => (target.transport === 'udp' ? datagram(target, text) : stream(target, text)),
    drop(target) {
      const key = keyOf(target);
      resting.delete(key);
      lines.get(key)?.socket.end();
    },
    close() {
      for (const { socket } of lines.values()) socket.destroy();
      udp.four?.close();
      udp.six?.close();
    },
  };
}

const keyOf = ({ transport, host, port }: MiTarget): string => `${transport} ${host} ${String(port)}`;
