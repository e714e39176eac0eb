/**
 * Cuts what a client of the event socket sends into commands (esl-outbound 1): a line, header lines, an empty line, and
 * with `content-length` a body. `\r` before a line end and blank lines before a command are skipped.
 */
import { TandemError } from '../errors.js';

export interface SocketCommand {
  /** first line, as sent */
  readonly line: string;
  /** names as sent, in order */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
}

export const commandLimits = {
  /** bytes of a command with its headers */
  headBytesMax: 65_536,
  bodyBytesMax: 1_048_576,
  headersMax: 200,
};

interface Headed {
  readonly command: Omit<SocketCommand, 'body'>;
  readonly length: number;
}

const lineFeed = 10;

export class CommandReader {
  #buffer: Buffer = Buffer.alloc(0);
  /** of a command that waits for its body */
  #waiting: Headed | undefined;
  /** bytes that hold no end of a command */
  #searched = 0;

  /** Whole commands in order. Throws TDM_PROTOCOL; the reader is of no use afterwards. */
  push(chunk: Buffer): readonly SocketCommand[] {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    const found: SocketCommand[] = [];
    for (let next = this.#next(); next; next = this.#next()) found.push(next);
    return found;
  }

  #next(): SocketCommand | undefined {
    if (this.#waiting) return this.#withBody(this.#waiting);
    this.#skipBlank();
    const end = endOfHead(this.#buffer, this.#searched);
    if (!end) {
      if (this.#buffer.length > commandLimits.headBytesMax) throw broken('a command is too long');
      this.#searched = Math.max(0, this.#buffer.length - 2);
      return undefined;
    }
    if (end.at > commandLimits.headBytesMax) throw broken('a command is too long');
    const head = this.#take(end.at, end.next);
    const command = readHead(head);
    const length = lengthOf(command.headers);
    if (length === undefined) return { ...command, body: undefined };
    this.#waiting = { command, length };
    return this.#withBody(this.#waiting);
  }

  #withBody({ command, length }: Headed): SocketCommand | undefined {
    if (this.#buffer.length < length) return undefined;
    this.#waiting = undefined;
    return { ...command, body: this.#take(length, length) };
  }

  #skipBlank(): void {
    let at = 0;
    while (this.#buffer[at] === lineFeed || (this.#buffer[at] === 13 && this.#buffer[at + 1] === lineFeed)) at++;
    if (at > 0) this.#take(at, at);
  }

  #take(length: number, next: number): string {
    const text = this.#buffer.toString('utf8', 0, length);
    this.#buffer = this.#buffer.subarray(next);
    this.#searched = 0;
    return text;
  }
}

const broken = (reason: string): TandemError => new TandemError('TDM_PROTOCOL', ['a client of the event socket', reason]);

/** Two line ends that follow each other. */
function endOfHead(buffer: Buffer, from: number): { readonly at: number; readonly next: number } | undefined {
  for (let at = buffer.indexOf(lineFeed, from); at >= 0; at = buffer.indexOf(lineFeed, at + 1)) {
    if (buffer[at + 1] === lineFeed) return { at, next: at + 2 };
    if (buffer[at + 1] === 13 && buffer[at + 2] === lineFeed) return { at, next: at + 3 };
  }
  return undefined;
}

function readHead(head: string): Omit<SocketCommand, 'body'> {
  const [line = '', ...rest] = head.split('\n').map((text) => text.replace(/\r$/, ''));
  if (rest.length > commandLimits.headersMax) throw broken('a command has too many headers');
  const headers = rest.flatMap((text): [string, string][] => {
    const colon = text.indexOf(':');
    return colon < 1 ? [] : [[text.slice(0, colon).trim(), text.slice(colon + 1).trim()]];
  });
  return { line: line.trim(), headers };
}

function lengthOf(headers: SocketCommand['headers']): number | undefined {
  const text = headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw broken('its content-length is no number');
  const length = Number(text);
  if (length > commandLimits.bodyBytesMax) throw broken('a body is too long');
  return length === 0 ? undefined : length;
}
