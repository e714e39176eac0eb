/**
 * One FastAGI connection, guarded. ding-dong's Context gives the stream plumbing and the events; its
 * parser and its command slot are replaced, for the reasons A1 to A15 of the dependency notes.
 *
 * Events: `variables` once, `hangup` at most once and only before our own close, `protocolError` with
 * the reason, `commandTimeout` with the error, `close`. An `error` never leaves the session.
 */
import type { Socket } from 'node:net';
import Context from 'ding-dong/lib/context.js';
import { TandemError } from '../core/errors.js';
import { CommandQueue } from './command-queue.js';
import { EnvironmentReader } from './environment.js';
import type { AgiEnvironment } from './environment.js';
import type { AgiLimits } from './limits.js';
import { LineReader } from './lines.js';
import { lineProblem } from './quote.js';
import { ReplyReader } from './reply.js';
import type { AgiReply, ReplyItem } from './reply.js';

/** Asterisk answered an error code. 511 means that the channel is dead. */
export class AgiRefusal extends TandemError {
  readonly agiCode: number;

  constructor(agiCode: number, verb: string, text: string) {
    if (agiCode === 511) super('TDM_CALL_GONE', [`${verb}: ${text}`]);
    else super('TDM_SWITCH_REFUSED', [verb, `${agiCode} ${text}`.trim().slice(0, 300)]);
    this.agiCode = agiCode;
  }
}

export class AgiSession extends Context {
  /** Resolves with all fields; rejects when the block does not come, is too large, or makes no sense. */
  readonly environment: Promise<AgiEnvironment>;
  private readonly socket: Socket;
  private readonly limits: AgiLimits;
  private readonly lines: LineReader;
  private readonly queue: CommandQueue;
  private readonly replies: ReplyReader;
  private environmentReader: EnvironmentReader | undefined;
  private environmentSettled: { resolve: (fields: AgiEnvironment) => void; reject: (error: TandemError) => void } | undefined;
  private environmentTimer: NodeJS.Timeout | undefined;
  private lingerTimer: NodeJS.Timeout | undefined;
  private isHungUp = false;
  private over: TandemError | undefined;
  private protocolErrors = 0;

  constructor(socket: Socket, limits: AgiLimits) {
    super(socket, { debug: false });
    this.socket = socket;
    this.limits = limits;
    this.lines = new LineReader(Math.max(limits.replyCharsMax, limits.environmentCharsMax));
    this.replies = new ReplyReader(limits.replyCharsMax);
    this.queue = new CommandQueue({
      queuedMax: limits.commandsQueuedMax,
      write: (line) => void socket.write(`${line}\n`),
      onTimeout: (error) => {
        this.emit('commandTimeout', error);
        this.fail(gone('the session was given up'), error);
      },
    });
    this.environmentReader = new EnvironmentReader(limits.environmentCharsMax);
    this.environment = new Promise((resolve, reject) => (this.environmentSettled = { resolve, reject }));
    // whoever asks gets the rejection; nobody has to ask
    this.environment.catch(() => undefined);
    this.environmentTimer = setTimeout(() => {
      this.fail(gone('no environment'), new TandemError('TDM_DEADLINE', [limits.environmentMsMax]));
    }, limits.environmentMsMax);
    // one reset must not end the process (A6)
    this.on('error', (error: Error) => this.fail(gone('connection lost', error)));
    // before the library tells `close`: whoever hears it finds the session over
    socket.prependOnceListener('close', () => this.closed());
  }

  /** HANGUP came before our own close. Usually the caller is gone, always the session is over (1.6). */
  get hungUp(): boolean {
    return this.isHungUp;
  }

  /** A command waits for its answer, and others would wait behind it. */
  get isBusy(): boolean {
    return this.queue.isWaiting;
  }

  /** Commands can still be sent. */
  get isOpen(): boolean {
    return this.over === undefined;
  }

  /** Called by the library when bytes have come. Returns the rest it should keep: none. */
  override read(): string {
    for (let chunk = this.stream.read(); chunk !== null; chunk = this.stream.read()) this.feed(chunk);
    return '';
  }

  /**
   * Send one line, built with `agi/quote.ts`, and get its answer. Answers come in the order of sending.
   * @param msMax limit for the answer once the command is on the wire; Infinity: as long as the call lasts
   */
  override sendCommand(line: string, msMax: number = this.limits.commandMsMax): Promise<AgiReply> {
    if (this.over) return Promise.reject(this.over);
    const problem = lineProblem(line, this.limits.commandBytesMax);
    return problem ? Promise.reject(problem) : this.queue.send(line, msMax);
  }

  /** `variables` resolves for late askers too (A14). Other events: the next one, or a rejection at the end. */
  override onEvent(event: string): Promise<unknown> {
    if (event === 'variables') return this.environment.then(() => this.variables);
    if (event === 'hangup' && this.isHungUp) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (data?: unknown) => {
        this.off('close', refuse);
        resolve(data);
      };
      const refuse = () => {
        this.off(event, settle);
        reject(this.over ?? gone('session closed'));
      };
      this.once(event, settle);
      if (event !== 'close') this.once('close', refuse);
    });
  }

  /** Close in good order: the channel goes on in the dialplan. Commands not answered yet are rejected. */
  override end(): Promise<void> {
    if (this.over) return Promise.resolve();
    this.finish(gone('session closed by the application'));
    this.socket.end();
    this.lingerTimer = setTimeout(() => this.socket.destroy(), this.limits.lingerMsMax);
    return Promise.resolve();
  }

  /** Give the connection up at once; waiting commands are rejected with TDM_CALL_GONE. */
  destroy(reason: string): void {
    this.fail(gone(reason));
  }

  private feed(chunk: string): void {
    if (this.over) return; // what Asterisk says after our close means nothing (1.6)
    for (const line of this.lines.push(chunk)) {
      if (this.environmentReader) this.environmentLine(this.environmentReader, line);
      else this.replyLine(line);
      if (!this.isOpen) return;
    }
    if (this.lines.overflown) this.giveUp('line too long');
  }

  private environmentLine(reader: EnvironmentReader, line: string): void {
    const step = reader.push(line);
    if (step === 'no-colon') this.protocolError('environment line without colon');
    else if (step === 'too-large') this.giveUp('environment too large');
    else if (step === 'repeated') this.giveUp('environment field came twice');
    else if (step === 'done') this.environmentDone(reader);
  }

  private environmentDone(reader: EnvironmentReader): void {
    clearTimeout(this.environmentTimer);
    this.environmentReader = undefined;
    this.variables = Object.fromEntries(reader.fields);
    this.environmentSettled?.resolve(reader.fields);
    this.environmentSettled = undefined;
    this.emit('variables', this.variables);
  }

  private replyLine(line: string): void {
    if (this.queue.isWaiting || line === 'HANGUP') this.replyItem(this.replies.push(line));
    else this.protocolError('reply without a command');
  }

  private replyItem(item: ReplyItem | undefined): void {
    switch (item?.type) {
      case undefined:
        break;
      case 'reply':
        this.queue.resolve(item.reply);
        this.emit('response', item.reply);
        break;
      case 'refusal':
        this.queue.reject((verb) => new AgiRefusal(item.code, verb, item.text));
        break;
      case 'hangup':
        this.hangUp();
        break;
      case 'noise':
        this.protocolError('line that is no reply');
        break;
      case 'too-large':
        this.giveUp('reply too large');
    }
  }

  /** Not a reply: the command in flight still gets its own, `200 result=-1` or 511 (rule 3). */
  private hangUp(): void {
    if (this.isHungUp) return;
    this.isHungUp = true;
    this.queue.limitInFlight(this.limits.commandMsMax);
    this.emit('hangup');
  }

  private protocolError(reason: string): void {
    this.emit('protocolError', reason);
    if (++this.protocolErrors >= this.limits.protocolErrorsMax) this.abandon('too many lines out of place');
  }

  private giveUp(reason: string): void {
    this.emit('protocolError', reason);
    this.abandon(reason);
  }

  private abandon(reason: string): void {
    this.fail(gone('the session was given up'), new TandemError('TDM_PROTOCOL', ['asterisk', reason]));
  }

  /** @param first what the command in flight, or who waits for the environment, is told */
  private fail(error: TandemError, first: TandemError = error): void {
    this.finish(error, first);
    this.socket.destroy();
  }

  private closed(): void {
    this.finish(gone('Asterisk closed the session'));
    clearTimeout(this.lingerTimer);
  }

  /** Nothing waits for this session any more. The first reason is kept. */
  private finish(error: TandemError, first: TandemError = error): void {
    if (this.over) return;
    this.over = error;
    clearTimeout(this.environmentTimer);
    this.environmentReader = undefined;
    this.environmentSettled?.reject(first);
    this.environmentSettled = undefined;
    this.queue.rejectAll(error, first);
  }
}

function gone(reason: string, cause?: Error): TandemError {
  return new TandemError('TDM_CALL_GONE', [reason], cause ? { cause } : undefined);
}
