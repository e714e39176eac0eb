/**
 * A scripted SIP phone over UDP for tests on loopback: no authentication, PCMU only.
 *
 *   const phone = new SipPhone({ user: '1011', port: 20011, server: 20000 });
 *   await phone.start();
 *   phone.onCall = (call) => { call.ring(); void call.answer(); };
 *   const call = await phone.call('200');  await call.answered;  await call.media.keys('1');  call.hangup();
 */
import { createSocket, type Socket } from 'node:dgram';
import { randomId, SipCall, type SipLine } from './sip-call.js';
import { parseSip, tagOf, uriOf, writeSip, type SipMessage } from './sip-message.js';

export { SipCall, type SipIdentity } from './sip-call.js';

export interface SipPhoneOptions {
  readonly user: string;
  readonly port: number;
  /** UDP port of the switch on 127.0.0.1 */
  readonly server: number;
}

export interface SipCallOptions {
  /** display name of the From header */
  readonly name?: string;
  readonly headers?: readonly string[];
  /** send no audio: for tests with many calls */
  readonly quiet?: boolean;
}

const repeatMs = 700;
const repeatsMax = 6;
const allow = 'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, NOTIFY, REFER';

export class SipPhone {
  readonly user: string;
  readonly port: number;
  readonly calls = new Map<string, SipCall>();
  /** every message sent and received, in order, with its time */
  readonly log: { readonly atMs: number; readonly sent: boolean; readonly message: string }[] = [];
  /** what to do with an incoming call; rings and answers when not set otherwise */
  onCall: (call: SipCall) => void = (call) => {
    call.ring();
    void call.answer();
  };
  /** incoming calls are quiet (no audio) */
  quiet = false;
  private readonly server: number;
  private socket: Socket | undefined;
  private readonly repeats = new Map<string, NodeJS.Timeout>();

  constructor(options: SipPhoneOptions) {
    this.user = options.user;
    this.port = options.port;
    this.server = options.server;
  }

  async start(): Promise<void> {
    const socket = createSocket('udp4');
    this.socket = socket;
    socket.on('message', (datagram) => this.receive(parseSip(datagram)));
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(this.port, '127.0.0.1', resolve);
    });
  }

  /** Hang up everything and close the socket. */
  async stop(): Promise<void> {
    for (const call of this.calls.values()) call.hangup();
    await new Promise((resolve) => setTimeout(resolve, 50)); // the answers to the last BYEs
    for (const timer of this.repeats.values()) clearInterval(timer);
    for (const call of this.calls.values()) call.media.close();
    this.socket?.close();
    this.socket = undefined;
  }

  /** Call an extension of the switch; resolves when the INVITE is on its way. */
  async call(to: string, options: SipCallOptions = {}): Promise<SipCall> {
    const name = options.name === undefined ? '' : `"${options.name}" `;
    const uri = `sip:${to}@127.0.0.1:${this.server}`;
    const call = new SipCall(this.line, {
      callId: `${randomId(10)}@127.0.0.1`,
      local: `${name}<sip:${this.user}@127.0.0.1>;tag=${randomId(4)}`,
      remote: `<${uri}>`,
      target: uri,
      quiet: options.quiet ?? false,
    });
    this.calls.set(call.callId, call);
    await call.start(options.headers ?? []);
    return call;
  }

  /** The next incoming call, answered by `onCall` as usual. Rejects after `msMax`. */
  nextCall(msMax = 10_000): Promise<SipCall> {
    const { onCall } = this;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.onCall = onCall;
        reject(new Error(`phone ${this.user}: no call within ${msMax} ms`));
      }, msMax);
      this.onCall = (call) => {
        clearTimeout(timer);
        this.onCall = onCall;
        resolve(call);
        onCall(call);
      };
    });
  }

  private get line(): SipLine {
    const { user, port } = this;
    return {
      user,
      port,
      send: (message, repeatKey) => {
        this.send(message);
        if (repeatKey !== undefined) this.repeat(message, repeatKey);
      },
      respond: (request, status, reason, o) => this.respond(request, status, reason, o),
      forget: (call) => this.calls.delete(call.callId),
    };
  }

  private send(message: string): void {
    this.log.push({ atMs: Date.now(), sent: true, message });
    this.socket?.send(Buffer.from(message, 'latin1'), this.server, '127.0.0.1');
  }

  private repeat(message: string, key: string): void {
    let n = 0;
    const timer = setInterval(() => {
      if (++n > repeatsMax) this.stopRepeat(key);
      else this.send(message);
    }, repeatMs);
    this.repeats.set(key, timer);
  }

  private stopRepeat(key: string): void {
    clearInterval(this.repeats.get(key));
    this.repeats.delete(key);
  }

  private receive(m: SipMessage): void {
    this.log.push({ atMs: Date.now(), sent: false, message: m.raw });
    if (m.status > 0) this.stopRepeat(`${m.callId} ${m.cseq} ${m.cseqMethod}`);
    const call = this.calls.get(m.callId);
    if (call) {
      if (m.status > 0) call.onResponse(m);
      else call.onRequest(m);
    } else if (m.method === 'INVITE') this.incoming(m);
    else if (m.status === 0 && m.method !== 'ACK') this.respond(m, 200, 'OK', { tag: randomId(4) });
  }

  private incoming(m: SipMessage): void {
    if (tagOf(m.header('to')) !== '') return; // belongs to a call that has ended
    const call = new SipCall(this.line, {
      callId: m.callId,
      local: `${m.header('to')};tag=${randomId(4)}`,
      remote: m.header('from'),
      target: uriOf(m.header('contact')),
      invite: m,
      quiet: this.quiet,
    });
    this.calls.set(call.callId, call);
    this.respond(m, 100, 'Trying');
    this.onCall(call);
  }

  private respond(
    request: SipMessage,
    status: number,
    reason: string,
    o: { tag?: string; body?: string; extra?: readonly string[] } = {},
  ): void {
    const to = request.header('to');
    const tagged = o.tag !== undefined && tagOf(to) === '' ? `${to};tag=${o.tag}` : to;
    this.send(
      writeSip(
        `SIP/2.0 ${status} ${reason}`,
        [
          ...request.headers('via').map((via) => `Via: ${via}`),
          `From: ${request.header('from')}`,
          `To: ${tagged}`,
          `Call-ID: ${request.callId}`,
          `CSeq: ${request.header('cseq')}`,
          `Contact: <sip:${this.user}@127.0.0.1:${this.port}>`,
          allow,
          'Supported: replaces',
          ...(o.extra ?? []),
        ],
        o.body ?? '',
      ),
    );
  }
}
