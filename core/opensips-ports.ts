/** Where events of the management interface go. */

/** A place that a subscriber named: `udp:127.0.0.1:5000`, `tcp:...` or `jsonrpc:...`. */
export interface MiTarget {
  readonly transport: 'udp' | 'tcp' | 'jsonrpc';
  readonly host: string;
  readonly port: number;
}

export interface MiSockets {
  /** True when events may be sent there. */
  isAllowed(host: string): boolean;
  /** Sends one notification; what cannot be delivered is dropped and counted, nobody waits for it. */
  send(target: MiTarget, text: string): void;
  /** nothing more goes there */
  drop(target: MiTarget): void;
}
