/** A FreeSWITCH event socket for inbound links: logs clients in, answers their commands, sends events to those who subscribed. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface FakeEventSocketOptions {
  readonly port?: number;
  readonly password?: string;
  /** refuse each address as the access list does */
  readonly acl?: boolean;
  /** accept and say nothing */
  readonly silent?: boolean;
  /** never answer these commands (first words) */
  readonly mute?: readonly string[];
  /** API output by command (first words) */
  readonly output?: Readonly<Record<string, string>>;
  /** background jobs (first words) whose result the test gives by `finish` */
  readonly held?: readonly string[];
}

export interface FakeEventSocket {
  readonly port: number;
  /** connections since the start */
  readonly attempts: number;
  /** open connections */
  readonly open: number;
  /** commands of all connections, in order */
  readonly commands: readonly string[];
  /** set at any time */
  options: FakeEventSocketOptions;
  /** to every connection that has subscribed the event */
  send(event: string, headers?: Readonly<Record<string, string>>, body?: string): void;
  raw(bytes: string): void;
  /** The result of the oldest held job whose command begins with these words. */
  finish(words: string, output: string): void;
  /** break all connections */
  drop(how?: 'fin' | 'reset'): void;
  shutDown(): void;
  close(): Promise<void>;
}

const goodbye = 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n';
const notice = (body: string) => `Content-Type: text/disconnect-notice\nContent-Length: ${body.length}\n\n${body}`;
const reply = (text: string) => `Content-Type: command/reply\nReply-Text: ${text}\n\n`;

class Client {
  readonly socket: Socket;
  readonly subscribed = new Set<string>();
  isLoggedIn = false;
  received = '';

  constructor(socket: Socket) {
    this.socket = socket;
  }
}

class EventSocket implements FakeEventSocket {
  options: FakeEventSocketOptions;
  attempts = 0;
  readonly commands: string[] = [];
  readonly #held: { readonly id: string; readonly command: string }[] = [];
  readonly #clients = new Set<Client>();
  readonly #server = createServer({ noDelay: true }, (socket) => this.#accept(socket));

  constructor(options: FakeEventSocketOptions) {
    this.options = options;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get open(): number {
    return this.#clients.size;
  }

  async listen(): Promise<void> {
    this.#server.listen(this.options.port ?? 0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  send(event: string, headers: Readonly<Record<string, string>> = {}, body?: string): void {
    const key = event === 'CUSTOM' ? `CUSTOM ${headers['Event-Subclass'] ?? ''}` : event;
    const text = JSON.stringify({
      'Event-Name': event,
      ...headers,
      ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)), _body: body }),
    });
    for (const client of this.#clients) {
      if (client.subscribed.has(key))
        client.socket.write(`Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-json\n\n${text}`);
    }
  }

  raw(bytes: string): void {
    for (const { socket } of this.#clients) socket.write(bytes);
  }

  finish(words: string, output: string): void {
    const at = this.#held.findIndex(({ command }) => command.startsWith(words));
    const [job] = at < 0 ? [] : this.#held.splice(at, 1);
    if (!job) throw new Error(`no job "${words}" is held`);
    this.send('BACKGROUND_JOB', { 'Job-UUID': job.id, 'Job-Command': job.command }, output);
  }

  drop(how: 'fin' | 'reset' = 'reset'): void {
    for (const { socket } of this.#clients) {
      if (how === 'fin') socket.end();
      else socket.resetAndDestroy();
    }
  }

  shutDown(): void {
    this.raw(notice('The system is being shut down.\n'));
    this.drop('fin');
  }

  async close(): Promise<void> {
    for (const { socket } of this.#clients) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.attempts++;
    const client = new Client(socket);
    this.#clients.add(client);
    socket.on('close', () => this.#clients.delete(client));
    socket.on('error', () => socket.destroy()); // the client closed first
    if (this.options.silent) return void socket.resume();
    if (this.options.acl) {
      const body = 'Access Denied, go away.\n';
      socket.end(`Content-Type: text/rude-rejection\nContent-Length: ${body.length}\n\n${body}${notice(goodbye)}`);
      return;
    }
    socket.write('Content-Type: auth/request\n\n');
    socket.setEncoding('utf8').on('data', (text: string) => this.#read(client, text));
  }

  #read(client: Client, text: string): void {
    client.received += text;
    for (let end = client.received.indexOf('\n\n'); end >= 0; end = client.received.indexOf('\n\n')) {
      const command = client.received.slice(0, end);
      client.received = client.received.slice(end + 2);
      this.commands.push(command);
      if (!this.options.mute?.some((words) => command.startsWith(words))) this.#obey(client, command);
    }
  }

  #obey(client: Client, command: string): void {
    const { socket } = client;
    const [first = ''] = command.split('\n');
    const [verb = ''] = first.split(' ');
    if (verb === 'auth' || verb === 'userauth') this.#login(client, first);
    else if (!client.isLoggedIn) socket.write(reply('-ERR command not found'));
    else if (verb === 'event') this.#subscribe(client, first);
    else if (verb === 'api') this.#api(socket, first.slice('api '.length));
    else if (verb === 'sendmsg' || verb === 'sendevent') socket.write(reply('+OK'));
    else if (verb === 'bgapi') this.#bgapi(socket, first.slice('bgapi '.length), /^Job-UUID: (.*)$/m.exec(command)?.[1] ?? '');
    else socket.write(reply('-ERR command not found'));
  }

  #login(client: Client, command: string): void {
    const { password = 'secret' } = this.options;
    client.isLoggedIn = command === `auth ${password}` || command === `userauth ann@default:${password}`;
    if (client.isLoggedIn) client.socket.write(reply('+OK accepted'));
    else client.socket.end(reply('-ERR invalid') + notice(goodbye));
  }

  #subscribe(client: Client, command: string): void {
    let isCustom = false;
    for (const word of command.split(' ').slice(2)) {
      if (word === 'CUSTOM') isCustom = true;
      else client.subscribed.add(isCustom ? `CUSTOM ${word}` : word);
    }
    client.socket.write(reply('+OK event listener enabled json'));
  }

  #outputOf(command: string): string {
    const found = Object.entries(this.options.output ?? {}).find(([words]) => command.startsWith(words));
    return found?.[1] ?? `UP ${command}\n`;
  }

  #api(socket: Socket, command: string): void {
    const text = this.#outputOf(command);
    socket.write(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`);
  }

  #bgapi(socket: Socket, command: string, id: string): void {
    socket.write(`Content-Type: command/reply\nReply-Text: +OK Job-UUID: ${id}\nJob-UUID: ${id}\n\n`);
    if (this.options.held?.some((words) => command.startsWith(words))) this.#held.push({ id, command });
    else this.send('BACKGROUND_JOB', { 'Job-UUID': id, 'Job-Command': command }, this.#outputOf(command));
  }
}

export async function openEventSocket(options: FakeEventSocketOptions = {}): Promise<FakeEventSocket> {
  const fake = new EventSocket(options);
  await fake.listen();
  return fake;
}
