/**
 * A connection of node-esl made safe (dependencies section 5): one write per command, replies matched in
 * order, promises with deadlines, no reconnecting of its own, every waiter rejected at the end.
 * The outbound server uses it for calls, `sidecar/esl.ts` for the link to a switch.
 */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import esl from 'node-esl';
import { TandemError } from '../core/errors.js';
import type { Clock } from './clock.js';
import { commandText } from './command.js';
import type { CommandHeaders } from './command.js';
import type { SkipReason, SwitchEvent } from './event.js';
import { skippedEvent } from './parser.js';
import { AnswerQueue, Pending, UnansweredError } from './waiters.js';

const keepAliveMs = 30_000;

export interface ConnectionOptions {
  /** names the switch in errors and logs */
  readonly name: string;
  readonly clock: Clock;
  /** an answer that takes longer ends the connection, since the order of answers is lost */
  readonly replyMsMax: number;
  /** result of a background job */
  readonly jobMsMax: number;
  /** unsent bytes; a switch that does not read is given up (it loses events anyway) */
  readonly unsentBytesMax: number;
}

export const connectionDefaults: Omit<ConnectionOptions, 'clock'> = {
  name: 'freeswitch',
  replyMsMax: 5_000,
  jobMsMax: 60_000,
  unsentBytesMax: 4 * 1024 * 1024,
};

/** Who hears what comes in. Called in the order of the wire. */
export interface ConnectionListener {
  onEvent?(event: SwitchEvent): void;
  onAuthRequest?(): void;
  onRejection?(notice: SwitchEvent): void;
  /** `linger`: events go on; `disconnect`: the end */
  onDisconnectNotice?(notice: SwitchEvent): void;
  /** a frame was left out and counted */
  onSkipped?(reason: SkipReason | 'unasked-reply'): void;
  /** once, when the connection is over for whatever reason */
  onEnd?(error: TandemError): void;
}

type Target = readonly [socket: Socket] | readonly [host: string, port: number, password: string];

/** What an error message may say of a command: never its arguments, which may hold a password. */
function labelOf(command: string): string {
  const [verb = '', noun = ''] = command.split(' ', 2);
  return verb === 'api' || verb === 'bgapi' ? `${verb} ${noun}` : verb;
}

/** Text after `-ERR ` or `-USAGE: `; undefined when the answer is no refusal (spec section 10). */
export function refusalOf(answer: string): string | undefined {
  return /^-(?:ERR|USAGE:?)\s*(.*)/s.exec(answer)?.[1]?.trim();
}

/** Why the link is down, without the words that say which one is: for a text or an error that says so itself. */
export function downReason(error: TandemError, name: string): string {
  const { message: start } = new TandemError('TDM_SWITCH_DOWN', [name, '']);
  return error.message.startsWith(start) ? error.message.slice(start.length) : error.message;
}

export class GuardedConnection extends esl.Connection {
  // `declare` and lazy: the library's constructor sends `connect` before subclass fields would exist.
  declare private answersQueue: AnswerQueue<SwitchEvent> | undefined;
  declare private connectReply: Promise<SwitchEvent> | undefined;
  /** commands of this turn of the event loop that have not been written */
  declare private gathered: string | undefined;
  listener: ConnectionListener = {};
  readonly options: ConnectionOptions;
  readonly #wire: Socket;
  readonly #runs = new Pending<SwitchEvent>();
  readonly #jobs = new Pending<string>();
  #over: TandemError | undefined;

  /** `target`: an accepted socket (outbound; `connect` is sent at once), or host, port and password (inbound). */
  constructor(target: Target, options: Partial<ConnectionOptions> & Pick<ConnectionOptions, 'clock'>) {
    super(...target);
    this.options = { ...connectionDefaults, ...options };
    this.closing = true; // the library must never open a connection by itself (E4 to E9)
    this.#wire = this.socket as Socket; // set by the library's constructor
    this.#wire.setNoDelay(true); // E2
    this.#wire.setKeepAlive(true, keepAliveMs); // E21
    this.on('error', (e: Error) => this.fail(this.#typed(e)));
    this.#wire.once('close', () => this.#closed());
  }

  /** Why the connection is over; undefined while it lives. */
  get over(): TandemError | undefined {
    return this.#over;
  }

  /** Commands, completions and jobs without an answer. */
  get waiting(): number {
    return this.answers().length + this.#runs.size + this.#jobs.size;
  }

  /** The reply to `connect`: all channel data. Only on outbound connections. */
  channelReply(): Promise<SwitchEvent> {
    return (
      this.connectReply ?? Promise.reject(new TandemError('TDM_PROTOCOL', [this.options.name, 'an inbound connection has no channel data']))
    );
  }

  /** Send a command whose answer nobody wants; it keeps its place among the answers (E3). Throws when it cannot be sent. */
  override send(command: string, headers?: CommandHeaders): void {
    const text = commandText(command, headers);
    this.answers().assertRoom();
    this.put(text);
    if (command !== 'connect') {
      this.answers().skip();
      return;
    }
    this.connectReply = this.answers().wait();
    this.connectReply.catch(() => undefined); // the session awaits it; until then a failure is not unhandled
  }

  /** Send a command and wait for its reply. Rejects TDM_SWITCH_REFUSED at `-ERR`, TDM_SWITCH_SLOW, TDM_SWITCH_DOWN, TDM_BAD_VALUE. */
  async command(command: string, headers?: CommandHeaders, body?: string): Promise<SwitchEvent> {
    const reply = await this.#ask(command, headers, body);
    const refusal = refusalOf(reply.get('Reply-Text') ?? '');
    if (refusal !== undefined) throw new TandemError('TDM_SWITCH_REFUSED', [labelOf(command), refusal]);
    return reply;
  }

  /**
   * Run an API command and give its output as it came; many commands have their own form of failure (spec
   * section 10, `refusalOf`). It blocks this connection on the switch meanwhile: use `bgapi` for slow ones.
   */
  async api(command: string): Promise<string> {
    const answer = await this.#ask(`api ${command}`);
    if (answer.kind === 'api-response') return answer.body;
    // Without `full` FreeSWITCH answers a command/reply instead (spec 4.2).
    throw new TandemError('TDM_SWITCH_REFUSED', [labelOf(`api ${command}`), refusalOf(answer.get('Reply-Text') ?? '') ?? 'no output']);
  }

  /** Run an API command in the background; resolves with its output. BACKGROUND_JOB must be subscribed. */
  bgapi(command: string, jobMsMax = this.options.jobMsMax): Promise<string> {
    const id = randomUUID();
    const result = this.#jobs.wait(id, '', {
      clock: this.options.clock,
      ms: jobMsMax,
      onLate: () => this.#jobs.reject(id, this.#late(labelOf(`bgapi ${command}`), jobMsMax)),
    });
    this.command(`bgapi ${command}`, { 'Job-UUID': id }).catch((e: unknown) => this.#jobs.reject(id, e));
    return result;
  }

  /**
   * Run a dialplan application and wait for its own completion event, matched by our id (rule 12.4); `+OK`
   * means nothing. Rejects TDM_CALL_GONE when the channel hangs up first. Events must be subscribed (E17).
   * What is started with `isYielding` is no lock: later applications run inside it, and it goes on after them.
   */
  execute(channel: string, application: string, argument: string, runMsMax?: number, isYielding = false): Promise<SwitchEvent> {
    const id = randomUUID();
    const { clock } = this.options;
    const onLate = () => this.#runs.reject(id, this.#late(application, runMsMax ?? 0));
    const done = this.#runs.wait(id, channel, runMsMax === undefined ? undefined : { clock, ms: runMsMax, onLate });
    this.command(this._inbound ? `sendmsg ${channel}` : 'sendmsg', {
      'call-command': 'execute',
      'execute-app-name': application,
      ...(argument === '' ? {} : { 'execute-app-arg': argument }),
      ...(isYielding ? {} : { 'event-lock': true }),
      'Event-UUID': id,
    }).catch((e: unknown) => this.#runs.reject(id, e));
    return done;
  }

  /** True while the application that we started under this id has not completed. */
  isRunning(executeId: string): boolean {
    return this.#runs.has(executeId);
  }

  /** Applications that were sent and have not completed. */
  get runs(): number {
    return this.#runs.size;
  }

  /** No completion will come for this channel any more. */
  endRuns(channel: string, error: Error): void {
    this.#runs.rejectGroup(channel, error);
  }

  /** End the connection: every waiter is rejected with `error`, the listener hears it once. */
  fail(error: TandemError): void {
    if (this.#over) return;
    this.#over = error;
    this.#wire.destroy();
    const unanswered = UnansweredError.by(error);
    this.answers().rejectAll(unanswered);
    this.#runs.rejectAll(unanswered);
    this.#jobs.rejectAll(unanswered);
    this.listener.onEnd?.(error);
  }

  /** Called by the library for each message; replaces its tree of wildcard events. */
  override _onEvent(message: SwitchEvent): void {
    switch (message.kind) {
      case 'event':
        this.#onEvent(message);
        return;
      case 'reply':
      case 'api-response':
        if (!this.answers().answer(message)) this.listener.onSkipped?.('unasked-reply');
        return;
      case 'auth-request':
        this.listener.onAuthRequest?.();
        return;
      case 'rejection':
        this.listener.onRejection?.(message);
        return;
      case 'disconnect':
        this.listener.onDisconnectNotice?.(message);
        return;
      case 'log':
        return; // never asked for
    }
  }

  /** Called by the library when the socket is ready: it makes the parser, then we listen for what it left out. */
  override _onConnect(): void {
    super._onConnect();
    this.parser.on(skippedEvent, (reason: SkipReason) => this.listener.onSkipped?.(reason));
  }

  private answers(): AnswerQueue<SwitchEvent> {
    return (this.answersQueue ??= new AnswerQueue<SwitchEvent>());
  }

  /** One write for the whole command (E2), and for all commands given in one go. */
  private put(text: string): void {
    if (!this.socket?.writable) throw new TandemError('TDM_SWITCH_DOWN', ['freeswitch', 'connection closed']);
    if (this.gathered === undefined) process.nextTick(() => this.flush());
    this.gathered = (this.gathered ?? '') + text;
  }

  private flush(): void {
    const text = this.gathered ?? '';
    this.gathered = undefined;
    if (this.socket?.writable) this.socket.write(text);
  }

  #closed(): void {
    if (!this.#over) this.fail(new UnansweredError('TDM_SWITCH_DOWN', [this.options.name, 'connection closed']));
  }

  /** Send and wait for whatever answers. A late answer ends the connection: after it no answer could be matched. */
  async #ask(command: string, headers?: CommandHeaders, body?: string): Promise<SwitchEvent> {
    const text = commandText(command, headers, body);
    const { clock, name, replyMsMax } = this.options;
    if (this.#over) throw new TandemError('TDM_SWITCH_DOWN', [name, downReason(this.#over, name)], { cause: this.#over });
    this.answers().assertRoom();
    this.put(text);
    this.#assertRead();
    return this.answers().wait({ clock, ms: replyMsMax, onLate: () => this.fail(this.#late(labelOf(command), replyMsMax)) });
  }

  /** A switch that does not read its commands is given up before they fill our memory. */
  #assertRead(): void {
    if (this.#wire.writableLength + (this.gathered?.length ?? 0) <= this.options.unsentBytesMax) return;
    const error = new UnansweredError('TDM_SWITCH_DOWN', [this.options.name, 'it does not read our commands']);
    this.fail(error);
    throw error;
  }

  #late(what: string, ms: number): UnansweredError {
    return new UnansweredError('TDM_SWITCH_SLOW', [this.options.name, what, ms]);
  }

  #typed(e: Error): TandemError {
    if (e instanceof TandemError) return e;
    // Node gives an empty message when several addresses of a name were refused.
    const why = e.message === '' ? ((e as NodeJS.ErrnoException).code ?? e.name) : e.message;
    return new UnansweredError('TDM_SWITCH_DOWN', [this.options.name, why], { cause: e });
  }

  #onEvent(event: SwitchEvent): void {
    if (event.name === 'CHANNEL_EXECUTE_COMPLETE') this.#runs.resolve(event.get('Application-UUID') ?? '', event);
    else if (event.name === 'BACKGROUND_JOB') this.#jobs.resolve(event.get('Job-UUID') ?? '', event.body);
    this.listener.onEvent?.(event);
  }
}
