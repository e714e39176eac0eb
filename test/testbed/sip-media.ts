/** RTP of a test phone: sends silence every 20 ms, sends keys as RFC 4733 events, counts what it receives. */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';

const frameMs = 20;
const samplesPerFrame = 160;
const eventPackets = 8;
const keys = '0123456789*#ABCD';

export class SipMedia {
  port = 0;
  /** packets received */
  received = 0;
  private socket: Socket | undefined;
  private timer: NodeJS.Timeout | undefined;
  private remotePort = 0;
  private sequence = 1;
  private timestamp = 0;
  private readonly source = randomBytes(4);
  private readonly quiet: boolean;

  /** `quiet`: send nothing but keys, for tests with many calls */
  constructor(quiet: boolean) {
    this.quiet = quiet;
  }

  async open(): Promise<void> {
    if (this.socket) return;
    const socket = createSocket('udp4');
    this.socket = socket;
    socket.on('message', () => this.received++);
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    this.port = socket.address().port;
  }

  /** The session description that offers or accepts this stream. */
  describe(version: number, held: boolean): string {
    const direction = held ? 'sendonly' : 'sendrecv';
    return [
      'v=0',
      `o=- 1 ${version} IN IP4 127.0.0.1`,
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${this.port} RTP/AVP 0 101`,
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-16',
      `a=${direction}`,
      '',
    ].join('\r\n');
  }

  /** Take the far end's description and begin to send. */
  connect(sdp: string): void {
    const port = /m=audio (\d+)/.exec(sdp)?.[1];
    if (port === undefined) return;
    this.remotePort = Number(port);
    if (this.quiet || this.timer) return;
    const startedAt = Date.now();
    let sent = 0;
    this.timer = setInterval(() => {
      for (const due = Math.floor((Date.now() - startedAt) / frameMs); sent < due; sent++) this.silence();
    }, frameMs);
  }

  /** Press keys, one after the other (280 ms each). */
  async keys(digits: string): Promise<void> {
    for (const digit of digits) {
      const begun = this.timestamp; // all packets of one key carry it: another one would be another key
      for (let i = 0; i < eventPackets; i++) {
        this.event(keys.indexOf(digit), i, begun);
        await pause(frameMs);
      }
      this.timestamp += samplesPerFrame * eventPackets;
      await pause(120);
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.socket?.close();
    this.socket = undefined;
  }

  private silence(): void {
    this.send(0, Buffer.alloc(samplesPerFrame, 0xff));
    this.timestamp += samplesPerFrame;
  }

  private event(code: number, i: number, begun: number): void {
    const payload = Buffer.alloc(4);
    payload[0] = code;
    payload[1] = (i >= eventPackets - 3 ? 0x80 : 0) | 10;
    payload.writeUInt16BE(samplesPerFrame * Math.min(i + 1, eventPackets - 2), 2);
    this.send(101 | (i === 0 ? 0x80 : 0), payload, begun);
  }

  private send(type: number, payload: Buffer, timestamp = this.timestamp): void {
    const head = Buffer.alloc(12);
    head[0] = 0x80;
    head[1] = type;
    head.writeUInt16BE(this.sequence++ & 0xffff, 2);
    head.writeUInt32BE(timestamp >>> 0, 4);
    this.source.copy(head, 8);
    this.socket?.send(Buffer.concat([head, payload]), this.remotePort, '127.0.0.1');
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
