/**
 * The Asterisk end of a FastAGI session, for tests: connects, sends an environment, answers commands as
 * Asterisk 22 does (recorded in test/fixtures/agi), and keeps what it was told.
 *
 *   const call = await dialAgi({ port, script: 'queue_entry', args: ['support'] });
 *   await call.ended;                       // the server closed, or we hung up and it closed
 *   assert.deepEqual(call.commands, ['SET VARIABLE TANDEM_RESULT "ok"']);
 *   assert.equal(call.variables.get('TANDEM_RESULT'), 'ok');
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { FakeChannel } from './fake-channel.js';

/** One reply line without LF, several, `null` for silence, or undefined for what Asterisk would say. */
export type Answer = string | readonly string[] | null | undefined;

export interface DialOptions {
  readonly port: number;
  readonly host?: string;
  /** script part of the address, with query if any: `menu.agi?k=v` */
  readonly script: string;
  readonly args?: readonly string[];
  /** over `agi_*` fields, without the prefix: `{ calleridname: 'V1', context: 'ccc_menu' }` */
  readonly fields?: Readonly<Record<string, string>>;
  /** channel variables known from the start */
  readonly variables?: Readonly<Record<string, string>>;
  /** keys the caller will press, one for each wait or prompt that takes keys; '' = none that time */
  readonly keys?: readonly string[];
  /** prompts that do not exist */
  readonly missing?: readonly string[];
  /** own answers; undefined leaves the command to the built-in ones */
  readonly answer?: (command: string, call: AgiDialog) => Answer | Promise<Answer>;
  /** the caller hangs up while this command runs: its answer is -1 and `HANGUP` follows */
  readonly hangUpDuring?: RegExp;
  /** the caller hangs up right after this command was answered */
  readonly hangUpAfter?: RegExp;
  /** AGIEXITONHANGUP=yes: close at once on hang-up */
  readonly exitOnHangup?: boolean;
  /** longest life of the session; then `ended` rejects (default 4000) */
  readonly msMax?: number;
}

const defaults: Readonly<Record<string, string>> = {
  network: 'yes',
  channel: 'IAX2/alpha-1234',
  language: 'en',
  type: 'IAX2',
  uniqueid: '1795289098.367',
  version: '22.10.1',
  callerid: '9998887112',
  calleridname: 'V1211903090000012345',
  callingpres: '0',
  callingani2: '0',
  callington: '0',
  callingtns: '0',
  dnid: 'unknown',
  rdnis: 'unknown',
  context: 'ccc_menu',
  extension: 's',
  priority: '1',
  enhanced: '0.0',
  accountcode: '',
  threadid: '139820181419712',
};

/** The environment block as Asterisk sends it, with its empty line. */
export function environmentBlock(options: Pick<DialOptions, 'script' | 'args' | 'fields'> & { readonly port?: number }): string {
  const fields: Record<string, string> = {
    network: 'yes',
    network_script: options.script,
    request: `agi://127.0.0.1:${options.port ?? 4573}/${options.script}`,
    ...defaults,
    ...options.fields,
  };
  (options.args ?? []).forEach((value, index) => (fields[`arg_${index + 1}`] = value));
  const lines = Object.entries(fields).map(([name, value]) => `agi_${name}: ${value}\n`);
  return `${lines.join('')}\n`;
}

/** Connect and send the environment. Resolves once connected; the dialogue then runs by itself. */
export async function dialAgi(options: DialOptions): Promise<AgiDialog> {
  const socket = connect({ port: options.port, host: options.host ?? '127.0.0.1', noDelay: true, allowHalfOpen: true });
  await once(socket, 'connect');
  return new AgiDialog(socket, options);
}

export class AgiDialog {
  /** every command line received, in order */
  readonly commands: string[] = [];
  readonly channel: FakeChannel;
  /** resolves when the connection is closed on both sides; rejects after `msMax` */
  readonly ended: Promise<void>;
  private readonly socket: Socket;
  private readonly options: DialOptions;
  private readonly waiters: { readonly pattern: RegExp; readonly resolve: (command: string) => void }[] = [];
  private tail = '';
  private busy: Promise<void> = Promise.resolve();
  private isClosing = false;

  constructor(socket: Socket, options: DialOptions) {
    this.socket = socket;
    this.options = options;
    this.channel = new FakeChannel(options.variables ?? {}, options.keys ?? [], options.missing ?? []);
    this.ended = this.watch(options.msMax ?? 4_000);
    this.ended.catch(() => undefined);
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => this.receive(chunk));
    socket.on('end', () => this.serverClosed());
    socket.write(environmentBlock(options));
  }

  /** channel variables, also those the server set */
  get variables(): ReadonlyMap<string, string> {
    return this.channel.variables;
  }

  /** Send bytes of one's own making. */
  send(text: string | Buffer): void {
    if (this.socket.writable) this.socket.write(text);
  }

  /** The caller hangs up now, while no command runs. */
  hangUp(): void {
    if (!this.channel.isLive) return;
    this.channel.isLive = false;
    this.send('HANGUP\n');
    if (this.options.exitOnHangup) this.close();
  }

  /** Asterisk closes the connection, as it does at the end of a session. */
  close(): void {
    if (this.isClosing) return;
    this.isClosing = true;
    if (this.socket.writable) this.socket.end('HANGUP\n');
  }

  /** The connection breaks: RST. */
  reset(): void {
    this.isClosing = true;
    this.socket.resetAndDestroy();
  }

  /** The first command, also one received before, that looks like this. */
  commandLike(pattern: RegExp): Promise<string> {
    const seen = this.commands.find((command) => pattern.test(command));
    if (seen !== undefined) return Promise.resolve(seen);
    const found = new Promise<string>((resolve) => this.waiters.push({ pattern, resolve }));
    return Promise.race([
      found,
      this.ended.then(() => {
        throw new Error(`session ended without ${String(pattern)}; commands: ${this.commands.join(' | ')}`);
      }),
    ]);
  }

  private watch(msMax: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`session still open after ${msMax} ms; commands: ${this.commands.join(' | ')}`));
        this.socket.destroy();
      }, msMax);
      this.socket.on('error', () => this.socket.destroy()); // a reset by the server is one way to end
      this.socket.on('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private serverClosed(): void {
    // an answer may still be on its way out; HANGUP is always the last line
    this.busy = this.busy.then(() => this.close());
  }

  private receive(chunk: string): void {
    const lines = (this.tail + chunk).split('\n');
    this.tail = lines.pop() ?? '';
    for (const line of lines) this.busy = this.busy.then(() => this.command(line));
  }

  private async command(line: string): Promise<void> {
    this.commands.push(line);
    for (const waiter of this.waiters) if (waiter.pattern.test(line)) waiter.resolve(line);
    const own = await this.options.answer?.(line, this);
    if (own === null) return;
    const isLast = this.options.hangUpDuring?.test(line) === true && this.channel.isLive;
    const answer = own ?? (isLast ? '200 result=-1' : this.channel.answer(line));
    for (const reply of typeof answer === 'string' ? [answer] : answer) this.send(`${reply}\n`);
    if (isLast || this.options.hangUpAfter?.test(line) === true) this.hangUp();
    else if (line === 'HANGUP') this.hangUp();
  }
}
