/**
 * A scripted FreeSWITCH: dials an outbound server of ours as the `socket` application would, answers its
 * commands as the recorded sessions do, and remembers them. `dialEsl` gives the live call; the test presses
 * keys, hangs up, drops the line or refuses commands.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface FakeExecute {
  readonly application: string;
  readonly argument: string;
  /** Event-UUID of the command */
  readonly uuid: string;
  /** without event-lock: later applications run inside it */
  readonly isYielding: boolean;
}

/** What the switch makes of one application. Nothing given: it completes at once with `_none_`. */
export interface FakeResult {
  /** Application-Response, e.g. `FILE NOT FOUND` */
  readonly response?: string;
  /** variables set by the application */
  readonly variables?: Readonly<Record<string, string>>;
  /** milliseconds until it completes */
  readonly afterMs?: number;
  /** it never completes by itself */
  readonly forEver?: boolean;
  /** the command is answered so and nothing runs: `-ERR ...` */
  readonly refuse?: string;
  /** the caller hangs up with this cause while it runs */
  readonly hangup?: string;
  /** the line to us breaks while it runs */
  readonly drop?: boolean;
}

export interface FakePrompt {
  /** the caller presses this key during the prompt; it stops it when it is a terminator */
  readonly key?: string;
  /** keys pressed right after the prompt */
  readonly keysAfter?: string;
  readonly missing?: boolean;
}

export interface DialOptions {
  readonly port: number;
  readonly host?: string;
  readonly uniqueId?: string;
  readonly channel?: string;
  readonly callerIdName?: string;
  readonly callerIdNumber?: string;
  readonly context?: string;
  readonly extension?: string;
  /** sets `tandem_app` */
  readonly application?: string;
  /** sets `tandem_args` (comma separated) */
  readonly args?: string;
  /** sets `socket_path`, e.g. `/menu,main?lang=de` */
  readonly path?: string;
  /** further channel variables */
  readonly variables?: Readonly<Record<string, string>>;
  /** by application name; wins over the built-in behaviour */
  readonly applications?: Readonly<Record<string, (run: FakeExecute, call: FakeCall) => FakeResult>>;
  /** by file name, for `playback` */
  readonly prompts?: Readonly<Record<string, FakePrompt>>;
  /** by command (its first words, e.g. `api uuid_setvar`, `linger`, `exit`): the reply text or API output instead of the usual */
  readonly answers?: Readonly<Record<string, string>>;
  /** words behind `socket host:port`; default `async full` */
  readonly mode?: 'async full' | 'async' | 'full' | '';
  /** commands (first words) that are never answered */
  readonly mute?: readonly string[];
  /** waiting in the park loop before each application starts (about 20 ms on a real switch) */
  readonly startMs?: number;
  /** never say anything */
  readonly silent?: boolean;
}

export interface FakeCall {
  readonly uniqueId: string;
  /** whole commands as they came, without the empty line */
  readonly commands: readonly string[];
  /** applications in the order they started */
  readonly executed: readonly FakeExecute[];
  /** the channel's variables as they are now */
  readonly variables: ReadonlyMap<string, string>;
  /** caller profile fields set with set_profile_var */
  readonly profile: ReadonlyMap<string, string>;
  /** `EXTENSION XML CONTEXT` when the call was transferred */
  readonly transferredTo: string | undefined;
  /** cause when the channel is down */
  readonly hangupCause: string | undefined;
  /** resolves when the connection is closed, with who closed it: `exit` (our command), `app` (our FIN or reset), `switch` */
  readonly ended: Promise<'exit' | 'app' | 'switch'>;
  /** resolves when `holds` is true; looked at after each command; rejects after `msMax` */
  until(holds: (call: FakeCall) => boolean, msMax?: number): Promise<void>;
  /** the caller presses keys */
  press(keys: string): void;
  /** the caller hangs up */
  hangup(cause?: string): void;
  /** the channel is joined with another one (`uuid_bridge`), transferred or parked by somebody else: it leaves `socket` */
  leave(how: { readonly bridge: string } | 'transfer' | 'park'): void;
  /** a running application ends now */
  complete(application: string, result?: FakeResult): void;
  /** the connection breaks: FIN, or a reset */
  drop(how?: 'fin' | 'reset'): void;
  /** an event with these headers beside the channel's */
  send(event: string, headers?: Readonly<Record<string, string>>): void;
  /** bytes as they are */
  raw(bytes: string | Buffer): void;
}

/** The headers of a real SIP call, from a recorded reply to `connect`. */
const recorded = new URL('../fixtures/esl/transcripts/out-async-full-basic.txt', import.meta.url);

function channelData(): [string, string][] {
  const text = readFileSync(recorded, 'latin1');
  const start = text.indexOf('Event-Name: CHANNEL_DATA');
  const block = text.slice(start, text.indexOf('\n\n', start));
  const pairs = block.split('\n').map((line): [string, string] => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), decodeURIComponent(line.slice(colon + 2))];
  });
  return pairs.filter(([name]) => !['Content-Type', 'Reply-Text', 'Socket-Mode', 'Control'].includes(name));
}

const recordedHeaders = channelData();

/** Bytes that FreeSWITCH codes in plain events and in the reply to `connect` (spec section 1). */
function percentCode(value: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are coded, too
  return value.replace(/[\u0000-\u0020"#%&+:;<=>?@[\\\]^`{|}\u007f-\uffff]+/g, (text) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/** What the switch does with the last argument of an API command: quotes and escapes are taken off. */
export function unquote(text: string): string {
  let out = '';
  let inside = false;
  let keep = 0;
  for (let at = text.search(/[^ ]|$/); at < text.length; at++) {
    const c = text[at] ?? '';
    const next = text[at + 1] ?? '';
    const escape =
      c === '\\' ? ({ "'": "'", '"': '"', '\\': '\\', n: '\n', r: '\r', t: '\t', s: ' ' } as Record<string, string>)[next] : undefined;
    if (escape !== undefined) {
      out += escape;
      at++;
      keep = out.length;
    } else if (c === "'" && (inside || text.includes("'", at + 1))) {
      inside = !inside;
    } else {
      out += c;
      if (c !== ' ' || inside) keep = out.length;
    }
  }
  return out.slice(0, keep);
}

const goodbye = 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n';

class ScriptedCall implements FakeCall {
  readonly uniqueId: string;
  readonly commands: string[] = [];
  readonly executed: FakeExecute[] = [];
  readonly variables = new Map<string, string>();
  readonly profile = new Map<string, string>();
  readonly ended: Promise<'exit' | 'app' | 'switch'>;
  transferredTo: string | undefined;
  hangupCause: string | undefined;
  readonly #options: DialOptions;
  readonly #socket: Socket;
  readonly #headers = new Map<string, string>(recordedHeaders.filter(([name]) => !name.startsWith('variable_')));
  readonly #watchers = new Set<() => void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #queue: FakeExecute[] = [];
  #running: FakeExecute | undefined;
  /** what runs without a lock, the newest last */
  #yielding: FakeExecute[] = [];
  #isStarted = false;
  #received = '';
  #format: 'json' | 'plain' | undefined;
  #lingerS: number | undefined;
  #closedBy: 'exit' | 'app' | 'switch' = 'app';

  constructor(options: DialOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    this.uniqueId = options.uniqueId ?? randomUUID();
    this.#setUpChannel();
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        for (const timer of this.#timers) clearTimeout(timer);
        resolve(this.#closedBy);
        this.#look();
      });
    });
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', () => socket.destroy()); // our side closed first: `ended` tells
  }

  until(holds: (call: FakeCall) => boolean, msMax = 3_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!holds(this)) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`not within ${msMax} ms; commands were:\n${this.commands.join('\n---\n')}`));
      }, msMax);
      this.#watchers.add(look);
      look();
    });
  }

  press(keys: string): void {
    for (const key of keys) this.send('DTMF', { 'DTMF-Digit': key, 'DTMF-Duration': '2080', 'DTMF-Source': 'RTP' });
    const run = this.#isStarted ? this.#running : undefined;
    const terminators = this.variables.get('playback_terminators') ?? '*';
    if (run?.application === 'playback' && Array.from(keys).some((key) => terminators.includes(key))) {
      this.complete('playback', { response: 'FILE PLAYED', variables: { playback_terminator_used: keys[0] ?? '' } });
    }
  }

  /** Linger notice, then the last events in FreeSWITCH's order, then the end unless we said `exit` first (spec 6.2, 7). */
  hangup(cause = 'NORMAL_CLEARING'): void {
    if (this.hangupCause !== undefined) return;
    this.hangupCause = cause;
    this.#headers.set('Answer-State', 'hangup');
    if (this.#lingerS !== undefined)
      this.#notice('linger', `Channel-Name: ${this.#headers.get('Channel-Name') ?? ''}\nLinger-Time: ${this.#lingerS}\n`, '');
    this.send('CHANNEL_HANGUP', { 'Hangup-Cause': cause });
    this.#cutShort();
    this.send('CHANNEL_UNPARK');
    this.send('CHANNEL_STATE', { 'Channel-State': 'CS_REPORTING' });
    this.variables.set('hangup_cause', cause);
    this.send('CHANNEL_HANGUP_COMPLETE', { 'Hangup-Cause': cause });
    this.#look();
    if (this.#lingerS === undefined) this.#goodbye('switch');
    else this.#later(this.#lingerS * 1000, () => this.#goodbye('switch'));
  }

  complete(application: string, result: FakeResult = {}): void {
    const run = this.#running ?? this.#yielding.at(-1);
    if (run?.application !== application) throw new Error(`${application} is not running`);
    this.#finish(run, result);
  }

  /** In FreeSWITCH's order, recorded with real calls. */
  leave(how: { readonly bridge: string } | 'transfer' | 'park'): void {
    this.#cutShort();
    this.send('CHANNEL_UNPARK');
    this.send('CHANNEL_EXECUTE_COMPLETE', {
      Application: 'socket',
      'Application-Response': 'PLAYBACK ERROR',
      'Application-UUID': randomUUID(),
    });
    const states =
      how === 'transfer' ? ['CS_ROUTING', 'CS_EXECUTE'] : how === 'park' ? ['CS_PARK'] : ['CS_HIBERNATE', 'CS_RESET', 'CS_SOFT_EXECUTE'];
    for (const state of states) this.send('CHANNEL_STATE', { 'Channel-State': state });
    if (typeof how === 'string') return;
    this.send('CHANNEL_EXECUTE', { Application: 'uuid_bridge', 'Application-Data': how.bridge, 'Application-UUID': randomUUID() });
    this.send('CHANNEL_BRIDGE', { 'Bridge-A-Unique-ID': this.uniqueId, 'Bridge-B-Unique-ID': how.bridge });
  }

  #cutShort(): void {
    for (const run of [...(this.#running ? [this.#running] : []), ...this.#yielding.reverse()]) this.#completeEvent(run, 'PLAYBACK ERROR');
    this.#running = undefined;
    this.#yielding = [];
    this.#queue = [];
  }

  drop(how: 'fin' | 'reset' = 'reset'): void {
    this.#closedBy = 'switch';
    if (how === 'fin') this.#socket.end();
    else if (this.#socket.writableEnded)
      this.#socket.destroy(); // a reset after FIN would leave the handle open
    else this.#socket.resetAndDestroy();
  }

  send(event: string, headers: Readonly<Record<string, string>> = {}): void {
    if (this.#format === undefined) return;
    const all: Record<string, string> = { ...Object.fromEntries(this.#headers), 'Event-Name': event, 'Unique-ID': this.uniqueId };
    if (event !== 'DTMF') for (const [name, value] of this.variables) all[`variable_${name}`] = value;
    Object.assign(all, headers);
    const body =
      this.#format === 'json'
        ? JSON.stringify(all)
        : `${Object.entries(all)
            .map(([name, value]) => `${name}: ${percentCode(value)}`)
            .join('\n')}\n\n`;
    this.raw(`Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-${this.#format}\n\n${body}`);
  }

  raw(bytes: string | Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  #setUpChannel(): void {
    const { options } = { options: this.#options };
    for (const [name, value] of recordedHeaders)
      if (name.startsWith('variable_')) this.variables.set(name.slice('variable_'.length), value);
    const set = (name: string, value: string | undefined) => value !== undefined && this.#headers.set(name, value);
    set('Channel-Name', options.channel);
    set('Caller-Channel-Name', options.channel);
    set('Caller-Caller-ID-Name', options.callerIdName);
    set('Caller-Caller-ID-Number', options.callerIdNumber);
    set('Caller-Context', options.context);
    set('Caller-Destination-Number', options.extension);
    const variables = {
      uuid: this.uniqueId,
      tandem_app: options.application,
      tandem_args: options.args,
      socket_path: options.path,
      ...options.variables,
    };
    for (const [name, value] of Object.entries(variables)) if (value !== undefined) this.variables.set(name, value);
  }

  #look(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  #later(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }

  #read(text: string): void {
    this.#received += text;
    for (let end = this.#received.indexOf('\n\n'); end >= 0; end = this.#received.indexOf('\n\n')) {
      const command = this.#received.slice(0, end);
      this.#received = this.#received.slice(end + 2);
      this.commands.push(command);
      if (!this.#options.silent && !this.#options.mute?.some((words) => command.startsWith(words))) this.#obey(command);
      this.#look();
    }
  }

  #obey(command: string): void {
    const [first = '', ...lines] = command.split('\n');
    const scripted = Object.entries(this.#options.answers ?? {}).find(([words]) => first === words || first.startsWith(`${words} `));
    const [verb = ''] = first.split(' ');
    if (scripted) {
      if (verb === 'api') this.#output(scripted[1]);
      else this.#reply(scripted[1]);
      return;
    }
    const restricted = !(this.#options.mode ?? 'async full').includes('full');
    if (restricted && ['api', 'bgapi', 'event', 'linger', 'nolinger', 'sendevent', 'log'].includes(verb)) {
      this.#reply('-ERR command not found');
      return;
    }
    this.#obeyVerb(verb, first, lines);
  }

  #obeyVerb(verb: string, first: string, lines: readonly string[]): void {
    switch (verb) {
      case 'connect':
        this.#answerConnect();
        return;
      case 'linger':
        this.#lingerS = Number(first.slice('linger '.length)) || -1;
        this.#reply(`+OK will linger ${first.slice('linger '.length)} seconds`);
        return;
      case 'myevents':
        this.#format = first.includes('json') ? 'json' : 'plain';
        this.#reply('+OK Events Enabled');
        return;
      case 'sendmsg':
        this.#sendmsg(lines);
        return;
      case 'api':
        this.#api(first.slice('api '.length));
        return;
      case 'exit':
        this.#reply('+OK bye');
        this.#goodbye('exit');
        return;
      default:
        this.#reply('-ERR command not found');
        return;
    }
  }

  #answerConnect(): void {
    const mode = this.#options.mode ?? 'async full';
    const lines = [
      'Event-Name: CHANNEL_DATA',
      ...[...this.#headers]
        .filter(([name]) => name !== 'Event-Name')
        .map(([name, value]) => `${name}: ${name === 'Unique-ID' ? this.uniqueId : percentCode(value)}`),
      ...[...this.variables].map(([name, value]) => `variable_${name}: ${percentCode(value)}`),
      'Content-Type: command/reply',
      'Reply-Text: %2BOK%0A',
      `Socket-Mode: ${mode.includes('async') ? 'async' : 'static'}`,
      `Control: ${mode.includes('full') ? 'full' : 'single-channel'}`,
    ];
    this.raw(`${lines.join('\n')}\n\n`);
  }

  #sendmsg(lines: readonly string[]): void {
    const header = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
    if (header('call-command') === 'hangup') {
      this.#reply('+OK');
      this.hangup(header('hangup-cause'));
      return;
    }
    const run = {
      application: header('execute-app-name'),
      argument: header('execute-app-arg'),
      uuid: header('Event-UUID'),
      isYielding: header('event-lock') !== 'true',
    };
    const refuse = this.#options.applications?.[run.application]?.(run, this).refuse;
    if (refuse !== undefined) {
      this.#reply(refuse);
      return;
    }
    this.#reply('+OK');
    if (run.isYielding) {
      this.#yielding.push(run);
      this.#start(run);
      return;
    }
    this.#queue.push(run);
    this.#startNext();
  }

  /** One after another, as with event-lock. */
  #startNext(): void {
    if (this.#running || this.hangupCause !== undefined) return;
    const run = this.#queue.shift();
    if (!run) return;
    this.#running = run;
    const { startMs } = this.#options;
    if (startMs === undefined) this.#start(run);
    else this.#later(startMs, () => this.#start(run));
  }

  #start(run: FakeExecute): void {
    if (this.hangupCause !== undefined) return;
    this.#isStarted ||= !run.isYielding;
    this.executed.push(run);
    this.send('CHANNEL_EXECUTE', { Application: run.application, 'Application-Data': run.argument, 'Application-UUID': run.uuid });
    const result = this.#options.applications?.[run.application]?.(run, this) ?? this.#perform(run);
    if (this.#running !== run && !this.#yielding.includes(run)) return; // the script hung up or completed it
    if (result.hangup !== undefined) {
      this.hangup(result.hangup);
      return;
    }
    if (result.drop) {
      this.drop();
      return;
    }
    if (result.forEver) return;
    if (result.afterMs === undefined) this.#finish(run, result);
    else this.#later(result.afterMs, () => (this.#running === run || this.#yielding.includes(run)) && this.#finish(run, result));
  }

  #perform({ application, argument }: FakeExecute): FakeResult {
    const equals = argument.indexOf('=');
    switch (application) {
      case 'answer':
        this.#headers.set('Answer-State', 'answered');
        return {};
      case 'set':
        return { variables: { [argument.slice(0, equals)]: argument.slice(equals + 1) } };
      case 'set_profile_var':
        this.profile.set(argument.slice(0, equals), argument.slice(equals + 1));
        return {};
      case 'transfer':
        this.transferredTo = argument;
        return {};
      case 'playback':
        return this.#play(argument);
      default:
        return {};
    }
  }

  #play(file: string): FakeResult {
    if (/^local_stream:|:\/\/-1$|loops=-1/.test(file)) return { forEver: true };
    const prompt = this.#options.prompts?.[file] ?? {};
    this.variables.delete('playback_terminator_used');
    if (prompt.missing) return { response: 'FILE NOT FOUND' };
    if (prompt.keysAfter !== undefined) setImmediate(() => this.press(prompt.keysAfter ?? ''));
    const stops = prompt.key !== undefined && (this.variables.get('playback_terminators') ?? '*').includes(prompt.key);
    if (prompt.key !== undefined) this.send('DTMF', { 'DTMF-Digit': prompt.key, 'DTMF-Duration': '2080', 'DTMF-Source': 'RTP' });
    return { response: 'FILE PLAYED', ...(stops ? { variables: { playback_terminator_used: prompt.key ?? '' } } : {}) };
  }

  #finish(run: FakeExecute, result: FakeResult): void {
    for (const [name, value] of Object.entries(result.variables ?? {})) this.variables.set(name, value);
    if (run.isYielding) this.#yielding = this.#yielding.filter((other) => other !== run);
    else {
      this.#running = undefined;
      this.#isStarted = false;
    }
    this.#completeEvent(run, result.response ?? '_none_');
    this.#look();
    this.#startNext();
  }

  #completeEvent(run: FakeExecute, response: string): void {
    this.send('CHANNEL_EXECUTE_COMPLETE', {
      Application: run.application,
      'Application-Data': run.argument,
      'Application-Response': response,
      'Application-UUID': run.uuid,
    });
  }

  #api(command: string): void {
    const [name = '', uuid = '', variable = ''] = command.split(' ');
    const known = this.hangupCause === undefined && uuid === this.uniqueId;
    if (name.startsWith('uuid_') && !known) {
      this.#output('-ERR No such channel!\n');
      return;
    }
    switch (name) {
      case 'uuid_getvar':
        this.#output(this.variables.get(variable) ?? '_undef_');
        return;
      case 'uuid_setvar': {
        const value = unquote(command.split(' ').slice(3).join(' '));
        if (value === '') this.variables.delete(variable);
        else this.variables.set(variable, value);
        this.#output('+OK\n');
        return;
      }
      case 'uuid_break':
        this.#output('+OK\n');
        this.#break(variable === 'all');
        return;
      case 'uuid_record':
        this.#output('+OK Success\n');
        return;
      case 'sched_api':
        this.#output('+OK Added: 7\n');
        return;
      case 'global_getvar':
        this.#output(uuid === 'recordings_dir' ? '/srv/recordings' : '');
        return;
      case 'module_exists':
        this.#output('true');
        return;
      case 'sched_del':
        this.#output(`+OK Deleted: ${uuid === this.uniqueId ? 1 : 0}\n`);
        return;
      case 'uuid_transfer':
        this.transferredTo = command.split(' ').slice(2).join(' ');
        this.#output('+OK\n');
        return;
      case 'uuid_kill':
        this.#output('+OK\n');
        this.hangup(variable);
        return;
      default:
        this.#output(`-ERR ${name} Command not found!\n`);
        return;
    }
  }

  /** The innermost sound ends; with `all` every one, and what waits is forgotten. */
  #break(isAll: boolean): void {
    if (isAll) this.#queue = [];
    do {
      const run = this.#running ?? this.#yielding.at(-1);
      if (run?.application !== 'playback') return;
      this.#finish(run, { response: 'FILE PLAYED' });
    } while (isAll);
  }

  #reply(text: string): void {
    this.raw(`Content-Type: command/reply\nReply-Text: ${text}\n\n`);
  }

  #output(text: string): void {
    this.raw(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`);
  }

  #notice(disposition: string, more: string, body: string): void {
    this.raw(
      `Content-Type: text/disconnect-notice\nControlled-Session-UUID: ${this.uniqueId}\nContent-Disposition: ${disposition}\n${more}Content-Length: ${body.length}\n\n${body}`,
    );
  }

  #goodbye(closedBy: 'exit' | 'switch'): void {
    this.#closedBy = closedBy;
    this.#notice('disconnect', '', goodbye);
    this.#socket.end();
  }
}

/** Call our server as FreeSWITCH would. Resolves when the connection stands; rejects when it is refused. */
export function dialEsl(options: DialOptions): Promise<FakeCall> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: options.port, host: options.host ?? '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(new ScriptedCall(options, socket));
    });
  });
}
