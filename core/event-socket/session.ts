/**
 * One client of the event socket (esl-outbound 10): its login, its commands and what they answer, byte for byte as the
 * reference. Commands are worked off one after the other; `api` holds the others back, `bgapi` does not.
 */
import { hasCode } from '../errors.js';
import type { SocketCommand } from './command-reader.js';
import { writeEvent } from './event.js';
import type { EventFormat, EventHeaders, SocketEvent } from './event.js';
import { eventNamed, Interest } from './interest.js';

/** Who logged in. */
export interface SocketUser {
  readonly user: string;
  /** what `userauth` answers besides: `Allowed-Events`, `Allowed-API`, `Allowed-LOG` */
  readonly allowed: EventHeaders;
  /** his own events go to everybody */
  readonly mayPublish: boolean;
}

export interface FinishedJob {
  readonly id: string;
  readonly command: string;
  readonly args: string;
  readonly output: string;
}

/** What `sendevent` wants to tell. */
export interface PublishedEvent {
  readonly id: string;
  readonly name: string;
  /** as sent */
  readonly headers: EventHeaders;
  readonly body: string | undefined;
  /** the command's first line */
  readonly line: string;
}

export interface SocketSessionDeps<User extends SocketUser> {
  /** the password of the socket; undefined = wrong; throws TDM_TOO_MANY */
  authenticate(password: string): User | undefined;
  /** `1000@domain`, password; undefined = wrong; rejects TDM_TOO_MANY */
  authenticateUser(user: string, password: string): Promise<User | undefined>;
  /** The whole text of an api command; '' = it says nothing. Never rejects. */
  api(command: string, args: string, who: User): Promise<string>;
  /** An event of a client for everybody. */
  publish(event: PublishedEvent): void;
  /** The event of a finished background job, for this client. */
  jobDone(job: FinishedJob): SocketEvent;
  /** False: what the event tells of does not exist for him. */
  mayHear(user: User, event: SocketEvent): boolean;
  newId(): string;
  write(text: string): void;
  /** An event, which may wait a moment for others. */
  writeEvent(text: string | Uint8Array): void;
  /** After everything written. */
  close(): void;
}

export const sessionLimits = {
  /** background jobs at work */
  jobsMax: 100,
};

const bye = 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n';
const reply = (text: string): string => `Content-Type: command/reply\nReply-Text: ${text}\n\n`;
const withBody = (type: string, body: string): string =>
  `Content-Type: ${type}\nContent-Length: ${String(Buffer.byteLength(body))}\n\n${body}`;

export const greeting = 'Content-Type: auth/request\n\n';
export const rudeRejection = withBody('text/rude-rejection', 'Access Denied, go away.\n') + withBody('text/disconnect-notice', bye);
export const shutdownNotice = withBody('text/disconnect-notice', 'The system is being shut down.\n');

const notFound = '-ERR command not found';
const logLevels = ['console', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

export class SocketSession<User extends SocketUser = SocketUser> {
  readonly #deps: SocketSessionDeps<User>;
  readonly #interest = new Interest();
  #user: User | undefined;
  #isLogging = false;
  #jobs = 0;
  #isOver = false;

  constructor(deps: SocketSessionDeps<User>) {
    this.#deps = deps;
  }

  get isAuthenticated(): boolean {
    return this.#user !== undefined;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The event, when the client wants it and may see it. */
  deliver(event: SocketEvent, written: (format: EventFormat) => string | Uint8Array): void {
    if (this.#isOver || !this.#user || !this.#interest.wants(event) || !this.#deps.mayHear(this.#user, event)) return;
    this.#deps.writeEvent(written(this.#interest.format));
  }

  /** Resolves when the next command may be begun. */
  async handle(command: SocketCommand): Promise<void> {
    if (this.#isOver) return;
    const { word, rest } = split(command.line);
    if (word === 'exit' || command.line.startsWith('...')) this.#end('+OK bye');
    else if (!this.#user) await this.#login(word, rest);
    else if (word === 'api') await this.#api(rest, this.#user);
    else if (word === 'sendevent') this.#sendEvent(rest, command, this.#user);
    else this.#reply(this.#answer(word, rest, command, this.#user));
  }

  async #login(word: string, rest: string): Promise<void> {
    if (word !== 'auth' && word !== 'userauth') {
      this.#reply(notFound);
      return;
    }
    let user: User | undefined;
    try {
      user = word === 'auth' ? this.#deps.authenticate(rest) : await this.#loginUser(rest);
    } catch (e) {
      if (!hasCode(e, 'TDM_TOO_MANY')) throw e;
      if (!this.#isOver) this.#end(`-ERR ${e.code} ${e.message}`);
      return;
    }
    if (this.#isOver) return;
    if (!user) {
      this.#end('-ERR invalid');
      return;
    }
    this.#user = user;
    const allowed = word === 'auth' ? '' : user.allowed.map(([name, value]) => `${name}: ${value}\n`).join('');
    this.#deps.write(`Content-Type: command/reply\nReply-Text: +OK accepted\n${allowed}\n`);
  }

  #loginUser(text: string): Promise<User | undefined> {
    const colon = text.indexOf(':');
    return colon < 1 ? Promise.resolve(undefined) : this.#deps.authenticateUser(text.slice(0, colon), text.slice(colon + 1));
  }

  async #api(rest: string, user: User): Promise<void> {
    const { word, rest: args } = split(rest, false);
    if (word === '') {
      this.#reply(notFound);
      return;
    }
    const output = await this.#deps.api(word, args, user);
    if (!this.#isOver) this.#deps.write(withBody('api/response', output === '' ? '-ERR no reply\n' : output));
  }

  #answer(word: string, rest: string, command: SocketCommand, user: User): string {
    switch (word) {
      case 'bgapi':
        return this.#background(rest, command, user);
      case 'event':
        if (rest === '' || !this.#interest.listen(words(rest))) return '-ERR no keywords supplied';
        return `+OK event listener enabled ${this.#interest.format}`;
      case 'nixevent':
        return this.#interest.nix(words(rest)) ? '+OK events nixed' : '-ERR no keywords supplied';
      case 'noevents':
        return this.#interest.stop() ? '+OK no longer listening for events' : '-ERR not listening for events';
      case 'filter':
        return this.#filter(rest);
      case 'log':
        return this.#log(rest);
      case 'nolog':
        return this.#stopLog();
      case 'sendmsg':
        return `-ERR invalid session id [${rest}]`;
      case 'linger':
      case 'nolinger':
        return '-ERR not controlling a session';
      case 'divert_events':
        return '-ERR not controlling a session.';
      case 'myevents':
        return rest === '' ? notFound : '-ERR invalid uuid';
      default:
        return notFound;
    }
  }

  #background(rest: string, { headers }: SocketCommand, user: User): string {
    const { word, rest: args } = split(rest, false);
    if (word === '') return notFound;
    if (this.#jobs >= sessionLimits.jobsMax) return '-ERR too many jobs';
    const given = headers.find(([name]) => name.toLowerCase() === 'job-uuid')?.[1] ?? '';
    const id = /^[\w.:-]{1,100}$/.test(given) ? given : this.#deps.newId();
    this.#jobs++;
    void this.#deps.api(word, args, user).then((output) => {
      this.#jobs--;
      const event = this.#deps.jobDone({ id, command: word, args, output: output === '' ? '-ERR no reply\n' : output });
      this.deliver(event, (format) => writeEvent(event, format));
    });
    return `+OK Job-UUID: ${id}\nJob-UUID: ${id}`;
  }

  #filter(rest: string): string {
    const [first = '', ...more] = words(rest);
    if (first === '') return notFound;
    if (first.toLowerCase() === 'delete') {
      const [name = '', ...value] = more;
      if (name === '') return '-ERR invalid syntax';
      this.#interest.deleteFilter(name, value.join(' '));
      return `+OK filter deleted. [${name}][${value.join(' ')}]`;
    }
    const [name = '', ...value] = first.toLowerCase() === 'add' ? more : [first, ...more];
    if (name === '' || value.length === 0) return '-ERR invalid syntax';
    if (!this.#interest.addFilter(name, value.join(' '))) return '-ERR too many filters';
    return `+OK filter added. [${name}]=[${value.join(' ')}]`;
  }

  /** Our log is not told to clients; the command is known, so that consoles which ask for it go on. */
  #log(rest: string): string {
    const level = /^\d{1,2}$/.test(rest) ? Number(rest) : rest === '' ? 7 : logLevels.indexOf(rest.toLowerCase());
    if (level < 0) return '-ERR invalid log level';
    this.#isLogging = true;
    return `+OK log level ${rest} [${String(level)}]`;
  }

  #stopLog(): string {
    if (!this.#isLogging) return '-ERR not loging';
    this.#isLogging = false;
    return '+OK no longer logging';
  }

  /** A name that nobody knows, or none, is CUSTOM, as there. The answer comes before the event. */
  #sendEvent(rest: string, { headers, body, line }: SocketCommand, user: User): void {
    if (!user.mayPublish) {
      this.#reply('-ERR permission denied');
      return;
    }
    const id = this.#deps.newId();
    this.#reply(`+OK ${id}`);
    this.#deps.publish({ id, name: eventNamed(words(rest)[0] ?? '') ?? 'CUSTOM', headers, body, line });
  }

  #reply(text: string): void {
    if (!this.#isOver) this.#deps.write(reply(text));
  }

  #end(text: string): void {
    this.#isOver = true;
    this.#deps.write(reply(text) + withBody('text/disconnect-notice', bye));
    this.#deps.close();
  }

  /** The connection is gone, or must go. */
  abandon(): void {
    this.#isOver = true;
  }
}

const words = (text: string): string[] => text.split(/[ \t]+/).filter((word) => word !== '');

/** First word in lower case, and what follows it as it is. */
function split(line: string, isFolded = true): { readonly word: string; readonly rest: string } {
  const blank = line.search(/[ \t]/);
  const word = blank < 0 ? line : line.slice(0, blank);
  return { word: isFolded ? word.toLowerCase() : word, rest: blank < 0 ? '' : line.slice(blank + 1).trim() };
}
