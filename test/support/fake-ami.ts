/**
 * A scripted Asterisk manager on a free loopback port. It knows Login, Events, Ping, Logoff and answers
 * the three lists of a resynchronisation as empty; anything else is `Invalid/unknown command` until a
 * test teaches it with `on`. Every action received is kept in `actions`.
 *
 *   const ami = await createFakeAmi();
 *   ami.on('Originate', (action, session) => session.send({ Response: 'Success', ActionID: action['ActionID'] }));
 *   ami.event({ Event: 'Hangup', Channel: 'PJSIP/1010-1' });   // to every session logged in
 *   await ami.close();
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Header names as the client wrote them; repeated headers are joined by a line feed. */
export type FakeAction = Readonly<Record<string, string>>;
export type FakeFields = Readonly<Record<string, string | undefined>>;

export interface FakeSession {
  readonly socket: Socket;
  /** true after a Login with the right secret */
  readonly loggedIn: boolean;
  /** one packet; fields with undefined are left out */
  send(...packets: readonly FakeFields[]): void;
  /** bytes as they are */
  raw(bytes: string | Buffer): void;
  /** close with a TCP reset */
  reset(): void;
}

export type FakeHandler = (action: FakeAction, session: FakeSession) => void;

export interface FakeAmi {
  readonly port: number;
  readonly actions: readonly FakeAction[];
  /** sessions open now */
  readonly sessions: readonly FakeSession[];
  /** connections accepted since the start */
  readonly accepted: number;
  /** answer this action by `handler`; `name` without regard to case */
  on(name: string, handler: FakeHandler): void;
  /** actions received with this name */
  received(name: string): readonly FakeAction[];
  /** a packet to every session that has logged in */
  event(fields: FakeFields): void;
  /** resolves with the n-th (1 = first) action of this name since the start */
  seen(name: string, n?: number): Promise<FakeAction>;
  /** drop all sessions by reset and refuse new ones, until `restart` */
  down(): Promise<void>;
  /** listen again on the same port */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface FakeAmiOptions {
  readonly user?: string;
  readonly secret?: string;
  /** first bytes to a new connection; '' for a mute server */
  readonly greeting?: string;
}

export const packet = (fields: FakeFields): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value ?? ''}\r\n`)
    .join('') + '\r\n';

export const emptyList =
  (start: string, complete: string): FakeHandler =>
  (action, session) => {
    const ActionID = action['ActionID'];
    session.send(
      { Response: 'Success', ActionID, EventList: 'start', Message: `${start} will follow` },
      { Event: complete, ActionID, EventList: 'Complete', ListItems: '0' },
    );
  };

export async function createFakeAmi(options: FakeAmiOptions = {}): Promise<FakeAmi> {
  const { user = 'tandem', secret = 'fake-ami-secret', greeting = 'Asterisk Call Manager/11.0.0\r\n' } = options;
  const actions: FakeAction[] = [];
  const sessions: FakeSession[] = [];
  const waiters: { name: string; n: number; resolve: (action: FakeAction) => void }[] = [];
  const handlers = new Map<string, FakeHandler>();
  let server: Server | undefined;
  let port = 0;
  let accepted = 0;

  const named = (name: string) => actions.filter((a) => a['Action']?.toLowerCase() === name.toLowerCase());

  function accept(socket: Socket): void {
    accepted++;
    const session = openSession(socket);
    sessions.push(session);
    socket.on('close', () => sessions.splice(sessions.indexOf(session), 1));
    if (greeting !== '') socket.write(greeting);
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      const blocks = (rest + text).split('\r\n\r\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) take(parseAction(block), session);
    });
  }

  function take(action: FakeAction, session: OpenSession): void {
    actions.push(action);
    const name = action['Action']?.toLowerCase() ?? '';
    const handler = handlers.get(name);
    if (name === 'login' && !handler) session.loggedIn = action['Username'] === user && action['Secret'] === secret;
    (handler ?? standard[name] ?? unknownAction)(action, session);
    for (const waiter of waiters.splice(0)) {
      const found = named(waiter.name)[waiter.n - 1];
      if (found) waiter.resolve(found);
      else waiters.push(waiter);
    }
  }

  async function listen(): Promise<void> {
    const next = createServer({ noDelay: true }, accept);
    server = next;
    await new Promise<void>((resolve, reject) => {
      next.once('error', reject);
      next.listen(port, '127.0.0.1', resolve);
    });
    port = (next.address() as AddressInfo).port;
  }

  async function down(): Promise<void> {
    const old = server;
    server = undefined;
    for (const session of [...sessions]) session.reset();
    if (old) await new Promise<void>((resolve) => old.close(() => resolve()));
  }

  await listen();
  return {
    get port() {
      return port;
    },
    actions,
    sessions,
    get accepted() {
      return accepted;
    },
    on: (name, handler) => void handlers.set(name.toLowerCase(), handler),
    received: named,
    event: (fields) => {
      for (const session of sessions) if (session.loggedIn) session.send(fields);
    },
    seen: (name, n = 1) =>
      new Promise((resolve) => {
        const found = named(name)[n - 1];
        if (found) resolve(found);
        else waiters.push({ name, n, resolve });
      }),
    down,
    restart: listen,
    close: down,
  };
}

interface OpenSession extends FakeSession {
  loggedIn: boolean;
}

function openSession(socket: Socket): OpenSession {
  socket.on('error', () => socket.destroy()); // a client that resets is part of the game
  return {
    socket,
    loggedIn: false,
    send: (...packets) => void socket.write(packets.map(packet).join('')),
    raw: (bytes) => void socket.write(bytes),
    reset: () => void socket.resetAndDestroy(),
  };
}

function parseAction(block: string): FakeAction {
  const fields: Record<string, string> = {};
  for (const line of block.split('\r\n')) {
    const at = line.indexOf(': ');
    const name = at < 0 ? line : line.slice(0, at);
    const value = at < 0 ? '' : line.slice(at + 2);
    // The library writes names as `Actionid`; scripts read better with the usual spelling.
    const key = name.toLowerCase() === 'actionid' ? 'ActionID' : name;
    fields[key] = fields[key] === undefined ? value : `${fields[key]}\n${value}`;
  }
  return fields;
}

const unknownAction: FakeHandler = (action, session) =>
  session.send({
    Response: 'Error',
    ActionID: action['ActionID'],
    Message: `Invalid/unknown command: ${action['Action'] ?? ''}. Use Action: ListCommands to show available commands.`,
  });

const standard: Readonly<Record<string, FakeHandler>> = {
  login: (action, session) =>
    session.loggedIn
      ? session.send({ Response: 'Success', ActionID: action['ActionID'], Message: 'Authentication accepted' })
      : session.send({ Response: 'Error', ActionID: action['ActionID'], Message: 'Authentication failed' }),
  events: (action, session) => session.send({ Response: 'Success', ActionID: action['ActionID'], Events: 'On' }),
  ping: (action, session) => session.send({ Response: 'Success', ActionID: action['ActionID'], Ping: 'Pong' }),
  logoff: (action, session) => {
    session.send({ Response: 'Goodbye', ActionID: action['ActionID'], Message: 'Thanks for all the fish.' });
    session.socket.end();
  },
  coreshowchannels: emptyList('Channels', 'CoreShowChannelsComplete'),
  queuestatus: emptyList('Queue status', 'QueueStatusComplete'),
  devicestatelist: emptyList('Device State Changes', 'DeviceStateListComplete'),
};
