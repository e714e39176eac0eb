/**
 * Commands of one session in order, one in flight: Asterisk leaves a second command in its buffer until
 * more bytes come (asterisk-behaviour 1.3), and replies carry no number.
 */
import { TandemError } from '../core/errors.js';
import type { AgiReply } from './reply.js';
import { verb } from './quote.js';

interface Command {
  readonly line: string;
  /** Infinity: as long as the call lasts */
  readonly msMax: number;
  readonly resolve: (reply: AgiReply) => void;
  readonly reject: (error: TandemError) => void;
  timer: NodeJS.Timeout | undefined;
}

export interface CommandQueueOptions {
  readonly queuedMax: number;
  readonly write: (line: string) => void;
  /** the command in flight had no answer in time: the order of replies is lost */
  readonly onTimeout: (error: TandemError) => void;
}

export class CommandQueue {
  private readonly options: CommandQueueOptions;
  private waiting: Command[] = [];
  private inFlight: Command | undefined;

  constructor(options: CommandQueueOptions) {
    this.options = options;
  }

  get isWaiting(): boolean {
    return this.inFlight !== undefined;
  }

  send(line: string, msMax: number): Promise<AgiReply> {
    if (this.waiting.length >= this.options.queuedMax) return Promise.reject(new TandemError('TDM_BUSY', ['commands of one AGI session']));
    return new Promise((resolve, reject) => {
      this.waiting.push({ line, msMax, resolve, reject, timer: undefined });
      this.next();
    });
  }

  resolve(reply: AgiReply): void {
    this.take()?.resolve(reply);
    this.next();
  }

  /** The answer was an error; `error` gets the command's verb for its message. */
  reject(error: (verb: string) => TandemError): void {
    const command = this.take();
    command?.reject(error(verb(command.line)));
    this.next();
  }

  /** After HANGUP the answer to whatever is in flight is a matter of moments, also to a command without limit. */
  limitInFlight(msMax: number): void {
    if (!this.inFlight) return;
    clearTimeout(this.inFlight.timer);
    this.arm(this.inFlight, msMax);
  }

  /** The session is over: nothing will be answered any more. `first` is for the command in flight. */
  rejectAll(error: TandemError, first: TandemError = error): void {
    const inFlight = this.take();
    const waiting = this.waiting;
    this.waiting = [];
    inFlight?.reject(first);
    for (const command of waiting) command.reject(error);
  }

  private next(): void {
    if (this.inFlight) return;
    const command = this.waiting.shift();
    if (!command) return;
    this.inFlight = command;
    if (command.msMax !== Infinity) this.arm(command, command.msMax);
    this.options.write(command.line);
  }

  private arm(command: Command, msMax: number): void {
    command.timer = setTimeout(() => {
      this.options.onTimeout(new TandemError('TDM_SWITCH_SLOW', ['asterisk', verb(command.line), msMax]));
    }, msMax);
  }

  private take(): Command | undefined {
    const command = this.inFlight;
    this.inFlight = undefined;
    clearTimeout(command?.timer);
    return command;
  }
}
