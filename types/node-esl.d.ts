/**
 * The part of node-esl (drachtio-modesl 1.3.1) that we build on. CommonJS: only the default import works.
 * Members that the wrapper in `esl-outbound/connection.ts` replaces are left out on purpose.
 */
declare module 'node-esl' {
  import type { Socket } from 'node:net';

  class Event {
    /** from a flat object of headers (`_body` becomes the body), from a name, or empty */
    constructor(headers?: object | string, body?: string);
    type: string;
    body: string;
    headers: { name: string; value: unknown }[];
    getHeader(name: string): unknown;
    getBody(): string;
    getType(): string;
  }

  /** One per socket, created by the connection. Its methods are looked up dynamically, so the prototype can be repaired. */
  class Parser {
    constructor(socket: Socket);
    readonly socket: Socket;
    emit(event: string, ...values: unknown[]): boolean;
    on(event: string, listener: (...values: never[]) => void): this;
    _onData(data: Buffer): void;
    _parseHeaderText(text: string): Record<string, string | number>;
    _parseEvent(headers: Record<string, string | number>, body?: string): void;
  }

  class Connection {
    /** outbound: an accepted socket, `connect` is sent by the constructor; inbound: opens a connection */
    constructor(...target: readonly [socket: Socket] | readonly [host: string, port: number, password: string]);
    /** the library's stream; null after close */
    socket: Socket | null;
    /** the library's reader of that stream; made by `_onConnect` */
    parser: Parser;
    readonly _inbound: boolean;
    /** true stops the library from opening connections by itself */
    closing: boolean;
    on(event: string, listener: (...values: never[]) => void): this;
    emit(event: string, ...values: unknown[]): boolean;
    send(command: string, headers?: Readonly<Record<string, unknown>>): void;
    _onConnect(): void;
    _onEvent(event: Event, headers: Record<string, string | number>, body?: string): void;
  }

  const esl: { Event: typeof Event; Parser: typeof Parser; Connection: typeof Connection };
  export default esl;
  export type { Connection, Event, Parser };
}
