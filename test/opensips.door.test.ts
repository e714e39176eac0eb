/** `/mi` over HTTP and the sockets of its events: who may, what is refused, and what a subscriber gets. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createHttp, request } from 'node:http';
import { TandemError } from '../core/errors.js';
import { miErrorOf, refusedWith } from '../core/opensips/json-rpc.js';
import type { Mi } from '../core/services/mi.js';
import { createMiSockets, miSocketLimits, type MiSocketsHandle } from '../sidecar/mi-sockets.js';
import { createMiDoor } from '../sidecar/routes/mi.js';
import type { Principal } from '../sidecar/routes/permission.js';
import { eventually } from './support/eventually.js';
import { recordingMeter, silentLog, silentMeter } from './support/observers.js';

interface Answered {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: string;
}

function refusalOf(work: () => void): string {
  try {
    work();
    return '{}';
  } catch (e) {
    return JSON.stringify(refusedWith(1, miErrorOf(e)));
  }
}

describe('/mi', () => {
  let port: number;
  let server: ReturnType<typeof createHttp>;
  let trusted: boolean;
  let principal: Partial<Principal>;
  let rights: readonly string[];
  let seen: { readonly user: string; readonly body: string }[];

  beforeEach(async () => {
    [trusted, principal, rights, seen] = [false, {}, ['view', 'control'], []];
    const mi: Mi = {
      answer(body, caller) {
        seen.push({ user: caller.user, body });
        if (body.includes('reload')) return Promise.resolve(refusalOf(() => caller.allow('admin')));
        return Promise.resolve(body.includes('"id"') ? '{"jsonrpc":"2.0","result":"OK","id":1}' : undefined);
      },
      run: () => Promise.resolve('OK'),
      close: () => undefined,
    };
    const door = createMiDoor(
      {
        mi,
        permit: (req, need) => {
          if (req.headers.authorization === undefined) return Promise.reject(new TandemError('TDM_UNAUTHENTICATED', ['HTTP Basic']));
          if (!rights.includes(need)) return Promise.reject(new TandemError('TDM_FORBIDDEN', ['desk', need]));
          return Promise.resolve({ user: 'desk', queues: undefined, ...principal });
        },
        isTrusted: () => trusted,
        clientAddress: () => '127.0.0.1',
        log: silentLog,
        meter: silentMeter,
      },
      { paths: ['/mi'], body: { bytesMax: 200, msMax: 100 } },
    );
    server = createHttp((req, res) => void door.serve(req, res)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  const json = { 'content-type': 'application/json', authorization: 'Basic ZGVzazp4' };

  function send(headers: Record<string, string>, body: string | undefined, method = 'POST'): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const req = request({ host: '127.0.0.1', port, path: '/mi', method, headers }, (res) => {
        let text = '';
        res.on('data', (chunk) => (text += String(chunk)));
        res.on('end', () => resolve({ status: res.statusCode ?? 0, type: res.headers['content-type'], body: text }));
      });
      req.on('error', reject);
      if (body === undefined)
        req.write('{'); // and never ends
      else req.end(body);
    });
  }

  const ask = '{"jsonrpc":"2.0","id":1,"method":"cc_list_queue"}';

  it('answers a login, and an address that needs none', async () => {
    assert.deepEqual(await send(json, ask), { status: 200, type: 'application/json', body: '{"jsonrpc":"2.0","result":"OK","id":1}' });
    trusted = true;
    assert.equal((await send({ 'content-type': 'application/json' }, ask)).status, 200);
    assert.deepEqual(
      seen.map(({ user }) => user),
      ['desk', 'mi'],
    );
    assert.equal((await send(json, '{"jsonrpc":"2.0","method":"cc_reset_stats"}')).status, 204);
  });

  it('a login counts where one is given, also from an address that needs none', async () => {
    [trusted, rights] = [true, []];
    assert.equal((await send(json, ask)).status, 403);
  });

  const code = async (answer: Promise<Answered>): Promise<unknown> => {
    const { status, body } = await answer;
    return [status, (JSON.parse(body) as { error: { data: string } }).error.data];
  };

  it('refuses: no login, no right, a limited user, a web page, other types and methods', async () => {
    assert.deepEqual(await code(send({ 'content-type': 'application/json' }, ask)), [401, 'TDM_UNAUTHENTICATED']);
    assert.deepEqual(await code(send(json, '{"id":1,"method":"cc_reload"}')), [200, 'TDM_FORBIDDEN']);
    assert.deepEqual(await code(send({ ...json, origin: 'http://127.0.0.1' }, ask)), [403, 'TDM_FORBIDDEN']);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json-patch'])
      assert.deepEqual(await code(send({ ...json, 'content-type': type }, ask)), [400, 'TDM_BAD_REQUEST'], type);
    assert.deepEqual(await code(send(json, ask, 'PUT')), [400, 'TDM_BAD_REQUEST']);
    principal = { queues: new Set(['support']) };
    assert.deepEqual(await code(send(json, ask)), [403, 'TDM_FORBIDDEN']);
    principal = { ownOnly: true };
    assert.deepEqual(await code(send(json, ask)), [403, 'TDM_FORBIDDEN']);
  });

  it('refuses: too long, and too slow', async () => {
    const before = seen.length;
    assert.deepEqual(await code(send(json, 'x'.repeat(201))), [413, 'TDM_TOO_LARGE']);
    assert.deepEqual(await code(send({ ...json, 'content-length': '100' }, undefined)), [400, 'TDM_BAD_REQUEST']);
    assert.equal(seen.length, before);
  });
});

describe('sockets of OpenSIPS events', () => {
  let sockets: MiSocketsHandle;
  let meter: ReturnType<typeof recordingMeter>;
  let nowMs: number;
  beforeEach(() => {
    [meter, nowMs] = [recordingMeter(), 1_000];
    sockets = createMiSockets(['127.0.0.0/8'], { log: silentLog, meter, nowMs: () => nowMs });
  });
  afterEach(() => sockets.close());
  const dropped = (): number => meter.counted('tandem_mi_events_dropped_total').length;

  it('O124: one datagram each', async () => {
    const receiver = createSocket('udp4');
    const got: string[] = [];
    receiver.on('message', (data) => got.push(data.toString()));
    receiver.bind(0, '127.0.0.1');
    await once(receiver, 'listening');
    const { port } = receiver.address();
    sockets.send({ transport: 'udp', host: '127.0.0.1', port }, '{"a":1}');
    sockets.send({ transport: 'udp', host: '127.0.0.1', port }, '{"a":2}');
    await eventually(
      () => got.join(),
      (text) => text === '{"a":1},{"a":2}',
    );
    receiver.close();
  });

  async function listen(onConnection: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
    const server = createServer(onConnection).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, port: (server.address() as AddressInfo).port };
  }

  it('one connection for all of a receiver, objects one behind the other; it ends with the subscription', async () => {
    let [connections, text, ended] = [0, '', false];
    const { server, port } = await listen((socket) => {
      connections++;
      socket.on('data', (data) => (text += String(data)));
      socket.on('end', () => (ended = true));
    });
    const target = { transport: 'jsonrpc', host: '127.0.0.1', port } as const;
    sockets.send(target, '{"a":1}');
    sockets.send(target, '{"a":2}');
    await eventually(
      () => text,
      (all) => all === '{"a":1}{"a":2}',
    );
    assert.equal(connections, 1);
    sockets.drop(target);
    await eventually(
      () => ended,
      (is) => is,
    );
    server.close();
  });

  it('a receiver that refuses is left alone for a while; one that does not read is cut off', async () => {
    const { server, port } = await listen((socket) => socket.pause());
    const target = { transport: 'tcp', host: '127.0.0.1', port } as const;
    const big = 'x'.repeat(miSocketLimits.waitingBytesMax / 2);
    for (let i = 0; i < 40 && dropped() === 0; i++) sockets.send(target, big);
    assert.ok(dropped() > 0);
    server.close();
    const nobody = await listen(() => undefined);
    nobody.server.close();
    await once(nobody.server, 'close');
    const gone = { ...target, port: nobody.port };
    sockets.send(gone, 'a');
    const before = dropped();
    await eventually(
      () => (sockets.send(gone, 'b'), dropped()),
      (count) => count > before,
    );
  });

  it('names are no addresses, and foreign networks are not allowed', () => {
    assert.deepEqual(
      ['127.0.0.1', '127.9.9.9', 'localhost', '10.0.0.1', '::1', '0x7f.1'].map((host) => sockets.isAllowed(host)),
      [true, true, false, false, false, false],
    );
  });
});
