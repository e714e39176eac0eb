/** Who wants which event of the management interface, and until when (`event_subscribe` of OpenSIPS). */
import { MiError, miErrors } from '../opensips/json-rpc.js';
import { agentReportEvent } from '../opensips/agent-report.js';
import type { MiSockets, MiTarget } from '../opensips-ports.js';

/** Sockets that get events. */
export const subscribersMax = 100;
/** Seconds, when the subscriber names none. */
export const expireDefaultS = 3_600;
const expireMaxS = 31_536_000;

export const miEvents = [agentReportEvent] as const;

interface Subscription {
  readonly target: MiTarget;
  readonly socket: string;
  readonly expireS: number;
  /** Unix ms */
  readonly untilMs: number;
}

export class MiSubscriptions {
  readonly #sockets: MiSockets;
  readonly #nowMs: () => number;
  readonly #all = new Map<string, Subscription>();

  constructor(sockets: MiSockets, nowMs: () => number) {
    this.#sockets = sockets;
    this.#nowMs = nowMs;
  }

  /** A socket that subscribes again stays longer; with 0 seconds it ends. Throws MiError. */
  subscribe(event: string, socket: string, expireS = expireDefaultS): void {
    if (!miEvents.some((name) => name === event)) throw new MiError(404, 'Event not registered');
    const target = targetOf(socket);
    if (!target) throw new MiError(400, 'Invalid socket');
    if (expireS === 0) {
      if (this.#all.delete(socket)) this.#sockets.drop(target);
      return;
    }
    if (expireS < 0 || expireS > expireMaxS) throw miErrors.type('expire');
    if (!this.#sockets.isAllowed(target.host)) throw new MiError(403, 'Socket not allowed');
    this.#forgetExpired();
    if (!this.#all.has(socket) && this.#all.size >= subscribersMax) throw new MiError(500, 'Too many subscribers');
    this.#all.set(socket, { target, socket, expireS, untilMs: this.#nowMs() + expireS * 1000 });
  }

  list(): readonly { readonly socket: string; readonly expireS: number; readonly leftS: number }[] {
    this.#forgetExpired();
    const nowMs = this.#nowMs();
    return [...this.#all.values()].map(({ socket, expireS, untilMs }) => ({
      socket,
      expireS,
      leftS: Math.ceil((untilMs - nowMs) / 1000),
    }));
  }

  raise(method: string, params: object): void {
    if (this.#all.size === 0) return;
    this.#forgetExpired();
    const text = JSON.stringify({ jsonrpc: '2.0', method, params });
    for (const { target } of this.#all.values()) this.#sockets.send(target, text);
  }

  #forgetExpired(): void {
    const nowMs = this.#nowMs();
    for (const [socket, { untilMs, target }] of this.#all)
      if (untilMs <= nowMs) {
        this.#all.delete(socket);
        this.#sockets.drop(target);
      }
  }
}

/** `udp:127.0.0.1:8888`, `tcp:host:port`, `jsonrpc:[::1]:port`. */
function targetOf(socket: string): MiTarget | undefined {
  const found = /^(udp|tcp|jsonrpc):(?:\[([0-9a-fA-F:]+)\]|([\w.-]+)):(\d{1,5})$/.exec(socket);
  const [, transport, six, host = six, port] = found ?? [];
  const number = Number(port);
  if (host === undefined || number < 1 || number > 65_535) return undefined;
  return { transport: transport as MiTarget['transport'], host, port: number };
}
