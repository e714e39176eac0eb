/** One call of a test phone. */
import { EventEmitter } from 'node:events';
import { randomBytes } from 'node:crypto';
import { SipMedia } from './sip-media.js';
import { displayNameOf, tagOf, uriOf, userOf, writeSip, type SipMessage } from './sip-message.js';

/** What a call needs from its phone. */
export interface SipLine {
  readonly user: string;
  readonly port: number;
  /** Send, and repeat until `key` is stopped (at most 6 times) when a key is given. */
  send(message: string, repeatKey?: string): void;
  respond(request: SipMessage, status: number, reason: string, options?: { tag?: string; body?: string; extra?: readonly string[] }): void;
  forget(call: SipCall): void;
}

export interface SipIdentity {
  readonly name: string;
  readonly number: string;
}

interface SipCallStart {
  readonly callId: string;
  readonly local: string;
  readonly remote: string;
  readonly target: string;
  /** the request that opened an incoming call */
  readonly invite?: SipMessage;
  readonly quiet?: boolean;
}

export const randomId = (bytes = 8): string => randomBytes(bytes).toString('hex');
const identityOf = (header: string): SipIdentity => ({ name: displayNameOf(header), number: userOf(header) });

export class SipCall extends EventEmitter {
  readonly callId: string;
  readonly media: SipMedia;
  /** resolves when the far end answered (outgoing), or acknowledged our answer (incoming); rejects when the call ended before */
  readonly answered: Promise<void>;
  /** resolves with the reason when the call is over: `local`, `remote`, `cancelled`, `rejected`, `failed 486 Busy Here` */
  readonly ended: Promise<string>;
  /** the INVITE that brought an incoming call */
  readonly invite: SipMessage | undefined;
  state: 'new' | 'up' | 'ended' = 'new';
  private readonly line: SipLine;
  private local: string;
  private remote: string;
  private target: string;
  private cseq = 1;
  private sdpVersion = 0;
  private held = false;
  private inviteBranch = '';
  private cancelled = false;
  private settleAnswered: () => void = () => undefined;
  private refuseAnswered: (reason: Error) => void = () => undefined;
  private settleEnded: (why: string) => void = () => undefined;

  constructor(line: SipLine, start: SipCallStart) {
    super();
    this.line = line;
    this.callId = start.callId;
    this.local = start.local;
    this.remote = start.remote;
    this.target = start.target;
    this.invite = start.invite;
    this.media = new SipMedia(start.quiet ?? false);
    this.answered = new Promise((resolve, reject) => {
      this.settleAnswered = resolve;
      this.refuseAnswered = reject;
    });
    this.answered.catch(() => undefined); // a test that does not wait for the answer need not handle its absence
    this.ended = new Promise((resolve) => (this.settleEnded = resolve));
  }

  /** Who calls, as the INVITE says it: P-Asserted-Identity before From. */
  get caller(): SipIdentity {
    const { invite } = this;
    return identityOf(invite?.header('p-asserted-identity') || invite?.header('from') || '');
  }

  /** Open an outgoing call. */
  async start(headers: readonly string[]): Promise<void> {
    await this.media.open();
    this.inviteBranch = newBranch();
    this.request('INVITE', { body: this.description(), headers, cseq: 1, branch: this.inviteBranch });
  }

  ring(): void {
    this.respond(180, 'Ringing');
  }

  async answer(): Promise<void> {
    if (this.state !== 'new' || !this.invite) return;
    await this.media.open();
    this.media.connect(this.invite.body);
    this.respond(200, 'OK', this.description());
    this.state = 'up';
  }

  reject(status = 486, reason = 'Busy Here'): void {
    this.respond(status, reason);
    this.end('rejected');
  }

  hangup(): void {
    if (this.state === 'ended') return;
    if (this.state === 'up') {
      this.request('BYE');
      this.end('local');
    } else if (this.invite) this.reject(480, 'Temporarily Unavailable');
    else {
      this.cancelled = true;
      this.request('CANCEL', { cseq: 1, branch: this.inviteBranch });
    }
  }

  /** Blind transfer: tell the switch to send our far end to `uri`; hangs up when the switch says that it is done, as phones do. */
  refer(uri: string): void {
    this.on('notify', (m: SipMessage) => {
      if (/^SIP\/2\.0 2/.test(m.body)) this.hangup();
    });
    this.request('REFER', { headers: [`Refer-To: <${uri}>`, `Referred-By: <sip:${this.line.user}@127.0.0.1>`] });
  }

  /** Attended transfer: join our far end with the far end of `other`. */
  referReplaces(other: SipCall): void {
    const replaces = encodeURIComponent(`${other.callId};to-tag=${tagOf(other.remote)};from-tag=${tagOf(other.local)}`);
    this.refer(`${uriOf(other.remote)}?Replaces=${replaces}`);
  }

  hold(on = true): void {
    this.held = on;
    this.request('INVITE', { body: this.description() });
  }

  /** Called by the phone for a response of this call. */
  onResponse(m: SipMessage): void {
    this.emit('response', m);
    if (m.cseqMethod !== 'INVITE' || m.status === 100) return;
    if (m.status < 300) this.learn(m);
    if (m.status < 200) {
      this.emit('ringing', m);
      this.media.connect(m.body);
      return;
    }
    if (m.status >= 300) this.remote = m.header('to');
    this.request('ACK', { cseq: m.cseq, branch: m.status < 300 ? newBranch() : this.inviteBranch });
    if (this.state === 'up') return;
    if (m.status >= 300) this.end(`failed ${m.status} ${m.reason}`);
    else {
      this.media.connect(m.body);
      this.up();
      if (this.cancelled) this.hangup();
    }
  }

  /** Called by the phone for a request inside this call. */
  onRequest(m: SipMessage): void {
    const { tag } = this;
    this.emit(m.method.toLowerCase(), m);
    if (m.method === 'ACK') {
      if (this.state === 'up') this.up();
    } else if (m.method === 'INVITE') {
      if (tagOf(m.header('to')) === '') return; // a repetition of the first one
      this.media.connect(m.body);
      this.line.respond(m, 200, 'OK', { tag, body: this.description() });
    } else if (m.method === 'CANCEL') {
      this.line.respond(m, 200, 'OK');
      if (this.state !== 'new') return;
      this.respond(487, 'Request Terminated');
      this.end('cancelled');
    } else if (m.method === 'BYE') {
      this.line.respond(m, 200, 'OK');
      this.end('remote');
    } else if (m.method === 'UPDATE') this.line.respond(m, 200, 'OK', { tag, body: m.body === '' ? '' : this.description() });
    else this.line.respond(m, 200, 'OK', { tag });
  }

  private get tag(): string {
    return tagOf(this.local);
  }

  private learn(m: SipMessage): void {
    if (tagOf(m.header('to')) !== '') this.remote = m.header('to');
    if (m.header('contact') !== '') this.target = uriOf(m.header('contact'));
  }

  private description(): string {
    return this.media.describe(++this.sdpVersion, this.held);
  }

  private respond(status: number, reason: string, body = ''): void {
    if (this.invite) this.line.respond(this.invite, status, reason, { tag: this.tag, body });
  }

  private request(method: string, o: { body?: string; headers?: readonly string[]; cseq?: number; branch?: string } = {}): void {
    const cseq = o.cseq ?? ++this.cseq;
    const { user, port } = this.line;
    const message = writeSip(
      `${method} ${this.target} SIP/2.0`,
      [
        `Via: SIP/2.0/UDP 127.0.0.1:${port};rport;branch=${o.branch ?? newBranch()}`,
        'Max-Forwards: 70',
        `From: ${this.local}`,
        `To: ${this.remote}`,
        `Call-ID: ${this.callId}`,
        `CSeq: ${cseq} ${method}`,
        `Contact: <sip:${user}@127.0.0.1:${port}>`,
        ...(o.headers ?? []),
      ],
      o.body ?? '',
    );
    if (method === 'ACK') this.line.send(message);
    else this.line.send(message, `${this.callId} ${cseq} ${method}`);
  }

  private up(): void {
    this.state = 'up';
    this.settleAnswered();
    this.emit('up');
  }

  private end(why: string): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.media.close();
    this.refuseAnswered(new Error(`call ended before its answer: ${why}`));
    this.settleEnded(why);
    this.line.forget(this);
  }
}

const newBranch = (): string => `z9hG4bK${randomId()}`;
