/** A socket without a network: what arrives is cut exactly as the test says. */
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

export class FakeSocket extends Duplex {
  /** lines that the code under test wrote, without LF */
  readonly written: string[] = [];
  onLine: (line: string) => void = () => undefined;
  private tail = '';

  constructor() {
    super({ allowHalfOpen: false });
  }

  /** Only the members of a Socket that a session uses are here: it reads, writes, ends and destroys. */
  get asSocket(): Socket {
    return this as unknown as Socket;
  }

  override _read(): void {
    // data comes when the test delivers it
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const lines = (this.tail + chunk.toString('utf8')).split('\n');
    this.tail = lines.pop() ?? '';
    done();
    for (const line of lines) {
      this.written.push(line);
      this.onLine(line);
    }
  }

  /** Arrives as one packet and is read before this resolves. */
  async deliver(bytes: string | Buffer): Promise<void> {
    this.push(bytes);
    await nextTurn();
  }

  /** Each byte in a packet of its own. */
  async deliverByBytes(bytes: string | Buffer): Promise<void> {
    for (const byte of Buffer.from(bytes)) await this.deliver(Buffer.of(byte));
  }

  /** The peer closes. */
  async deliverEnd(): Promise<void> {
    this.push(null);
    await nextTurn();
    await nextTurn();
  }
}
