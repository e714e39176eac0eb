/** The event socket's listener: deadlines, bounds, clients that do not behave. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import type { SocketEvent } from '../core/event-socket/event.js';
import { connectionLimits } from '../sidecar/event-socket/connection.js';
import { createEventSocketServer, eventSocketDefaults, type EventSocketServerDeps } from '../sidecar/event-socket/server.js';
import { commandLimits } from '../core/event-socket/command-reader.js';
import { openSocketClient, type SocketClient } from './support/event-socket-desk.js';
import { eventually } from './support/eventually.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';

const who = { user: 'ann', queues: undefined, allowed: [], mayPublish: true, may: () => true };
const event = (text: string): SocketEvent => ({ name: 'CUSTOM', subclass: 'a::b', headers: [['text', text]], body: undefined });

async function start(options: Partial<typeof eventSocketDefaults> = {}, limits: Partial<typeof connectionLimits> = {}) {
  const hand = createHandTimers();
  const meter = recordingMeter();
  const deps: EventSocketServerDeps = {
    authenticate: (password) => (password === 'right' ? who : undefined),
    authenticateUser: (user, password) => Promise.resolve(user.startsWith('ann') && password === 'right' ? who : undefined),
    api: (command, args) => Promise.resolve(`${command} ${args}`),
    publish: () => undefined,
    jobDone: () => event('job'),
    mayHear: () => true,
    newId: () => 'id',
    after: (delayMs, run) => hand.after(delayMs, run),
    log: silentLog,
    meter,
  };
  const server = createEventSocketServer({ ...eventSocketDefaults, port: 0, ...options }, deps, { ...connectionLimits, ...limits });
  const port = await server.listen();
  const cuts = () => meter.counted('tandem_event_socket_cut_total').map(({ reason }) => reason);
  const refused = () => meter.counted('tandem_event_socket_refused_total').map(({ reason }) => reason);
  return { server, port, hand, meter, cuts, refused };
}

describe('event socket: server', () => {
  let s: Awaited<ReturnType<typeof start>>;
  const clients: SocketClient[] = [];
  async function client(): Promise<SocketClient> {
    const one = await openSocketClient(s.port);
    clients.push(one);
    return one;
  }
  async function loggedIn(): Promise<SocketClient> {
    const one = await client();
    await one.ask('auth right');
    return one;
  }
  afterEach(async () => {
    for (const one of clients.splice(0)) one.socket.destroy();
    await s.server.close();
  });

  it('B61: who does not log in within 25 s is cut off; who did stays', async () => {
    s = await start();
    const silent = await client();
    const wrong = await client();
    await wrong.ask('api status');
    const right = await loggedIn();
    await silent.until(1);
    s.hand.advance(connectionLimits.loginMsMax - 1);
    await right.settled();
    assert.equal(s.server.connections(), 3);
    s.hand.advance(1);
    await silent.closed();
    await wrong.closed();
    await right.settled();
    assert.deepEqual(s.cuts(), ['login', 'login']);
  });

  it('B61: a client that does not read is cut off, and the others hear everything meanwhile', async () => {
    s = await start({}, { waitingBytesMax: 200_000 });
    const slow = await loggedIn();
    const good = await loggedIn();
    for (const one of [slow, good]) await one.ask('event plain CUSTOM a::b');
    slow.socket.pause();
    let sent = 0;
    await eventually(
      async () => {
        for (let n = 0; n < 50; n++, sent++) s.server.send(event('x'.repeat(2_000)));
        await good.settled();
        return s.server.connections();
      },
      (count) => count === 1,
      { everyMs: 1, msMax: 10_000 },
    );
    assert.deepEqual(s.cuts(), ['slow']);
    assert.equal(good.events().length, sent);
  });

  it('B61: what is no command cuts the client off', async () => {
    s = await start();
    for (const bytes of ['x'.repeat(commandLimits.headBytesMax + 10), 'auth right\ncontent-length: -4\n\n']) {
      const one = await client();
      one.write(bytes);
      await one.closed();
    }
    assert.deepEqual(s.cuts(), ['protocol', 'protocol']);
  });

  it('B61: a flood of commands is answered in order and not read faster than that', async () => {
    s = await start({}, { commandsMax: 10 });
    const one = await loggedIn();
    one.clear();
    const count = 3_000;
    one.write(Array.from({ length: count }, (_, n) => `api echo ${String(n)}\n\n`).join(''));
    await one.until(count);
    assert.deepEqual(
      one.frames.map((frame) => frame.slice(frame.indexOf('\n\n') + 2)),
      Array.from({ length: count }, (_, n) => `echo ${String(n)}`),
    );
  });

  it('B61: one user cannot have all connections: one too many is told so, and a place becomes free', async () => {
    s = await start({ perUserMax: 2 });
    const login = async (words = 'userauth ann@default:right') => {
      const one = await client();
      await one.until(1);
      one.socket.write(`${words}\n\n`);
      await one.until(2);
      return one;
    };
    const first = await login();
    await login();
    const third = await login();
    await third.closed();
    assert.match(third.frames[1] ?? '', /Reply-Text: -ERR TDM_TOO_MANY Too many requests: 2 event socket connections of ann\n/);
    assert.deepEqual(s.refused(), ['user']);
    for (let n = 0; n < 3; n++) assert.match((await login('auth right')).frames[1] ?? '', /\+OK accepted/, 'the own password is no user');
    first.socket.destroy();
    await eventually(
      () => s.server.connections(),
      (count) => count === 4,
      { everyMs: 1 },
    );
    assert.match((await login()).frames[1] ?? '', /\+OK accepted/);
  });

  it('B61: connections are bounded, and a place becomes free', async () => {
    s = await start({ connectionsMax: 2 });
    const first = await client();
    const second = await client();
    await Promise.all([first.until(1), second.until(1)]);
    const third = await client();
    await third.closed();
    assert.deepEqual([third.frames, s.refused()], [[], ['limit']]);
    first.socket.destroy();
    await eventually(
      () => s.server.connections(),
      (count) => count === 1,
      { everyMs: 1 },
    );
    await (await client()).until(1);
    assert.equal(s.meter.gauge('tandem_event_socket_connections'), 2);
  });

  it('B61: the end is told; a client that does not close is cut after a second', async () => {
    s = await start();
    const one = await loggedIn();
    one.socket.allowHalfOpen = true;
    one.clear();
    const closing = s.server.close();
    await one.until(1);
    assert.match(one.frames[0] ?? '', /^Content-Type: text\/disconnect-notice\n.*\n\nThe system is being shut down\.\n$/);
    assert.equal(s.hand.lastDelayMs, 1_000);
    s.hand.advance(1_000);
    await closing;
    await eventually(
      () => s.server.connections(),
      (count) => count === 0,
      { everyMs: 1 },
    );
    await assert.rejects(openSocketClient(s.port));
  });

  it('B61: who has left, or was refused, and does not close is cut after a second, also while Tandem stops', async () => {
    s = await start({ connectionsMax: 1 });
    const one = await loggedIn();
    one.socket.allowHalfOpen = true;
    one.write('exit\n\n');
    await once(one.socket, 'end');
    assert.equal(s.server.connections(), 1);
    const refused = connect({ port: s.port, host: '127.0.0.1', allowHalfOpen: true });
    await once(refused.resume(), 'end');
    s.hand.advance(1_000);
    await eventually(
      () => s.server.connections(),
      (count) => count === 0,
      { everyMs: 1 },
    );
    await s.server.close();
    refused.destroy();
  });

  it('B61: an address that is taken is a bad setting', async () => {
    s = await start();
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await assert.rejects(start({ port }), { code: 'TDM_BAD_SETTING' });
    other.close();
  });
});
