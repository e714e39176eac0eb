/** The FastAGI door over real sockets: listening, routing, refusals, failures of applications, stopping. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createAddressList, loopbackOnly } from '../core/address-list.js';
import type { AgiServer, AgiServerOptions } from '../agi/server.js';
import { createAgiServer } from '../agi/server.js';
import type { CallApplication } from '../core/call.js';
import { hasCode, TandemError } from '../core/errors.js';
import { eventually } from './support/eventually.js';
import { dialAgi, environmentBlock } from './support/fake-asterisk.js';
import { recordingMeter, silentLog } from './support/observers.js';
import { untilAborted } from './support/until-aborted.js';

async function rawConnect(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => socket.destroy()); // a reset is one of the endings looked for
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes until the other side closes. */
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (data) => (text += data.toString('utf8')));
  await new Promise((resolve) => socket.on('close', resolve));
  return text;
}

describe('FastAGI server', () => {
  const open: AgiServer[] = [];
  const meter = recordingMeter();

  async function serve(
    applications: Record<string, CallApplication>,
    options: Partial<AgiServerOptions> = {},
  ): Promise<[number, AgiServer]> {
    const server = createAgiServer({ port: 0, ...options }, applications, { log: silentLog, meter });
    open.push(server);
    return [await server.listen(), server];
  }

  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close(0)));
    meter.clear();
  });

  describe('listening', () => {
    it('A13: port 0 takes a free port and tells it; a session runs its application and closes', async () => {
      const [port, server] = await serve({ hello: (call) => call.setVariable('SAID', `${call.args.join('|')} "quoted"`) });
      assert.ok(port > 0);

      const call = await dialAgi({ port, script: 'hello', args: ['one:two', 'b c'] });
      await call.ended;
      await server.close(1_000);

      assert.deepEqual(call.commands, ['SET VARIABLE SAID "one:two|b c \\"quoted\\""']);
      assert.equal(call.variables.get('SAID'), 'one:two|b c "quoted"');
      assert.deepEqual(meter.counted('tandem_agi_sessions_total'), [{ application: 'hello', result: 'ok' }]);
      assert.equal(meter.observed('tandem_agi_session_seconds').length, 1);
      assert.equal(meter.gauge('tandem_agi_sessions'), 0);
    });

    it('A13: a port in use rejects listen with a typed error', async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as { port: number };
      const server = createAgiServer({ port }, {}, { log: silentLog, meter });
      await assert.rejects(server.listen(), (error) => hasCode(error, 'TDM_BAD_SETTING') && error.message.includes(String(port)));
      assert.equal(await server.close(0), 0);
      other.close();
      await once(other, 'close');
    });
  });

  it('a connection that cannot be accepted is counted; the door stays open', async () => {
    const [port, door] = await serve({ hi: (call) => call.setVariable('HI', 'yes') });
    // Node reports an exhausted descriptor table this way; a test cannot exhaust it, so it says so itself
    (door as unknown as { server: Server }).server.emit('error', new Error('accept EMFILE'));
    const call = await dialAgi({ port, script: 'hi' });
    await call.ended;
    assert.equal(call.variables.get('HI'), 'yes');
    assert.equal(meter.counted('tandem_agi_accept_errors_total').length, 1);
  });

  describe('routing', () => {
    const tell =
      (name: string): CallApplication =>
      (call) =>
        call.setVariable('APPLICATION', name);

    it('AGI-1: by script name, with and without .agi, with path and query', async () => {
      const [port] = await serve({ menu: tell('menu'), 'cm_sc_ccc_lookup_insert.agi': tell('lookup') });
      const expected: Record<string, string> = {
        menu: 'menu',
        'menu.agi': 'menu',
        'lab/x/menu?k=v/w': 'menu',
        cm_sc_ccc_lookup_insert: 'lookup',
        'cm_sc_ccc_lookup_insert.agi?container=A': 'lookup',
      };
      for (const [script, name] of Object.entries(expected)) {
        const call = await dialAgi({ port, script });
        await call.ended;
        assert.equal(call.variables.get('APPLICATION'), name, script);
      }
    });

    for (const script of ['nosuch', '', 'constructor', '__proto__', 'toString.agi', '../menu/..', '%6denu']) {
      it(`an unknown application is told to the dialplan: "${script}"`, async () => {
        const [port] = await serve({ menu: tell('menu') });
        const call = await dialAgi({ port, script });
        await call.ended;
        assert.equal(call.variables.get('TANDEM_RESULT'), 'error');
        assert.equal(call.variables.get('TANDEM_REASON'), 'TDM_NOT_FOUND');
        assert.deepEqual(meter.counted('tandem_agi_sessions_total'), [{ application: 'unknown', result: 'unknown' }]);
      });
    }
  });

  describe('failures of an application', () => {
    const failures: [string, CallApplication, string][] = [
      ['a rejection with a code', () => Promise.reject(new TandemError('TDM_STORE_DOWN', ['gone'])), 'TDM_STORE_DOWN'],
      ['a rejection without one', () => Promise.reject(new RangeError('bug')), 'TDM_INTERNAL'],
      [
        'a synchronous throw',
        () => {
          throw new Error('bug');
        },
        'TDM_INTERNAL',
      ],
      ['a refused command', (call) => call.execute('NoSuch', 'x'), 'TDM_SWITCH_REFUSED'],
    ];
    for (const [what, application, reason] of failures) {
      it(`A7: ${what} is told to the dialplan; the next call is served`, async () => {
        const [port] = await serve({ broken: application, fine: (call) => call.setVariable('FINE', 'yes') });
        const call = await dialAgi({ port, script: 'broken', answer: (line) => (line.startsWith('EXEC') ? '200 result=-2' : undefined) });
        await call.ended;
        assert.equal(call.variables.get('TANDEM_RESULT'), 'error');
        assert.equal(call.variables.get('TANDEM_REASON'), reason);
        // the result comes last: who sees it also sees the reason
        assert.equal(call.commands.at(-1), 'SET VARIABLE TANDEM_RESULT "error"');

        const next = await dialAgi({ port, script: 'fine' });
        await next.ended;
        assert.equal(next.variables.get('FINE'), 'yes');
        assert.deepEqual(
          meter.counted('tandem_agi_sessions_total').map((labels) => labels['result']),
          ['error', 'ok'],
        );
      });
    }

    it('A7: after a hang-up nothing is told, the call counts as gone', async () => {
      const [port, server] = await serve({ wait: (call) => call.waitForDigit(60_000).then(() => undefined) });
      const call = await dialAgi({ port, script: 'wait', hangUpDuring: /^WAIT/ });
      await call.ended;
      await server.close(1_000);
      assert.deepEqual(call.commands, ['WAIT FOR DIGIT 60000']);
      assert.deepEqual(meter.counted('tandem_agi_sessions_total'), [{ application: 'wait', result: 'gone' }]);
    });

    it('A7: an application that fails after the hang-up is counted, the dead channel is told nothing', async () => {
      const [port, server] = await serve({
        late: async (call) => {
          await untilAborted(call.signal);
          throw new TandemError('TDM_STORE_DOWN', ['gone']);
        },
      });
      const call = await dialAgi({ port, script: 'late' });
      call.hangUp();
      await call.ended;
      await server.close(1_000);
      assert.deepEqual(call.commands, []);
      assert.deepEqual(meter.counted('tandem_agi_sessions_total'), [{ application: 'late', result: 'error' }]);
    });

    it('A6: a reset while a command waits ends that session alone', async () => {
      const [port, server] = await serve({
        wait: (call) => call.waitForDigit(60_000).then(() => undefined),
        fine: (call) => call.answer(),
      });
      const other = await dialAgi({ port, script: 'wait', answer: () => null });
      const call = await dialAgi({ port, script: 'wait', answer: () => null });
      await Promise.all([call.commandLike(/WAIT/), other.commandLike(/WAIT/)]);
      call.reset();
      await call.ended;
      await eventually(
        () => server.sessions(),
        (n) => n <= 1,
      );
      other.send('200 result=0\n');
      await other.ended;
      const next = await dialAgi({ port, script: 'fine' });
      await next.ended;
      assert.deepEqual(
        meter.counted('tandem_agi_sessions_total').map((labels) => labels['result']),
        ['gone', 'ok', 'ok'],
      );
    });

    it('A2: a 520 whose usage looks like replies fails the application once', async () => {
      const [port] = await serve({ app: (call) => call.answer() });
      const usage = ['520-Invalid command syntax.  Proper usage follows:', '200 result=1 (x)', 'HANGUP', '520 End of proper usage.'];
      const call = await dialAgi({ port, script: 'app', answer: (line) => (line === 'ANSWER' ? usage : undefined) });
      await call.ended;
      assert.equal(call.variables.get('TANDEM_REASON'), 'TDM_SWITCH_REFUSED');
    });

    it('a command without answer is counted and the session given up', async () => {
      const [port, server] = await serve({ slow: (call) => call.answer() }, { commandMsMax: 20 });
      const call = await dialAgi({ port, script: 'slow', answer: () => null });
      await call.ended;
      await server.close(1_000);
      assert.equal(meter.counted('tandem_agi_command_timeouts_total').length, 1);
      assert.deepEqual(meter.counted('tandem_agi_sessions_total'), [{ application: 'slow', result: 'error' }]);
    });

    it('lines out of place are counted', async () => {
      const [port] = await serve({ app: (call) => call.answer() });
      const call = await dialAgi({
        port,
        script: 'app',
        answer: (line) => (line === 'ANSWER' ? ['what?', '200 result=0', '200 result=7'] : undefined),
      });
      await call.ended;
      assert.ok(meter.counted('tandem_agi_protocol_errors_total').length >= 1);
    });

    it('an application that overlooks HANGUP does not keep the channel', async () => {
      let settle = (): void => undefined;
      const forgetful = new Promise<void>((resolve) => (settle = resolve));
      const [port, server] = await serve({ forgetful: () => forgetful }, { hangupMsMax: 30 });
      const call = await dialAgi({ port, script: 'forgetful' });
      call.hangUp();
      await call.ended;
      assert.equal(server.sessions(), 1, 'the application still runs and still counts');
      settle();
      await server.close(1_000);
      assert.equal(server.sessions(), 0);
    });
  });

  describe('refusals', () => {
    it('an address that is not allowed gets no byte and no session', async () => {
      const [port, server] = await serve({ menu: (call) => call.answer() }, { allow: ['10.0.0.0/8', '::1'] });
      const socket = await rawConnect(port);
      socket.write(environmentBlock({ script: 'menu' }));
      assert.equal(await readAll(socket), '');
      assert.equal(server.sessions(), 0);
      assert.deepEqual(meter.counted('tandem_agi_refused_total'), [{ reason: 'address' }]);
    });

    it('more sessions than allowed are refused, those running go on', async () => {
      const [port, server] = await serve(
        { wait: (call) => untilAborted(call.signal), hi: (call) => call.setVariable('HI', 'yes') },
        { sessionsMax: 2 },
      );
      const calls = [await dialAgi({ port, script: 'wait' }), await dialAgi({ port, script: 'wait' })];
      await eventually(
        () => server.sessions(),
        (n) => n >= 2,
      );
      assert.equal(await readAll(await rawConnect(port)), '');
      assert.deepEqual(meter.counted('tandem_agi_refused_total'), [{ reason: 'sessions-max' }]);

      for (const call of calls) call.hangUp();
      await Promise.all(calls.map((call) => call.ended));
      await eventually(
        () => server.sessions(),
        (n) => n === 0,
      );
      const next = await dialAgi({ port, script: 'hi' });
      await next.ended;
      assert.equal(next.variables.get('HI'), 'yes');
    });

    it('A13: a connection that sends no environment is closed and counted', async () => {
      const [port, server] = await serve({}, { environmentMsMax: 20 });
      assert.equal(await readAll(await rawConnect(port)), '');
      await server.close(1_000);
      assert.deepEqual(meter.counted('tandem_agi_refused_total'), [{ reason: 'environment' }]);
      assert.deepEqual(meter.counted('tandem_agi_sessions_total'), []);
    });

    it('A12: 12 MB without LF are refused early', async () => {
      const [port, server] = await serve({});
      const socket = await rawConnect(port);
      const closed = readAll(socket);
      const megabyte = Buffer.alloc(1 << 20, 'x');
      for (let n = 0; n < 12 && !socket.destroyed; n++) await new Promise((resolve) => socket.write(megabyte, resolve));
      await closed;
      await eventually(
        () => server.sessions(),
        (n) => n === 0,
      );
      assert.ok(socket.bytesWritten < 12 << 20);
      assert.deepEqual(meter.counted('tandem_agi_refused_total'), [{ reason: 'environment' }]);
    });

    it('a peer that does not close after us is cut off', async () => {
      const [port, server] = await serve({ bye: () => Promise.resolve() }, { lingerMsMax: 20 });
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => socket.destroy());
      socket.resume();
      socket.write(environmentBlock({ script: 'bye' }));
      await once(socket, 'end');
      await eventually(
        () => server.sessions(),
        (n) => n === 0,
      );
      socket.destroy();
    });
  });

  describe('stopping', () => {
    it('lets running calls finish, takes no new ones', async () => {
      const [port, server] = await serve({ two: (call) => call.waitForDigit(1_000).then((key) => call.setVariable('KEY', key)) });
      const call = await dialAgi({ port, script: 'two', answer: (line) => (line.startsWith('WAIT') ? null : undefined) });
      await call.commandLike(/^WAIT/);
      const closing = server.close(2_000);
      await assert.rejects(dialAgi({ port, script: 'two' }), { code: 'ECONNREFUSED' });
      call.send('200 result=53\n');
      assert.equal(await closing, 0);
      assert.equal(call.variables.get('KEY'), '5');
    });

    it('after the grace time aborts the signals, closes the rest and tells how many', async () => {
      const reasons: unknown[] = [];
      const [port, server] = await serve({ wait: (call) => untilAborted(call.signal).then(() => void reasons.push(call.signal.reason)) });
      const calls = [await dialAgi({ port, script: 'wait' }), await dialAgi({ port, script: 'wait' })];
      await eventually(
        () => server.sessions(),
        (n) => n >= 2,
      );
      const startedAtMs = performance.now();
      assert.equal(await server.close(50), 2);
      assert.ok(performance.now() - startedAtMs < 1_000);
      assert.ok(reasons.length === 2 && reasons.every((reason) => hasCode(reason, 'TDM_STOPPING')));
      await Promise.all(calls.map((call) => call.ended));
    });

    it('does not wait for an application that never ends', async () => {
      const [port, server] = await serve({ never: () => new Promise(() => undefined) });
      const call = await dialAgi({ port, script: 'never' });
      await eventually(
        () => server.sessions(),
        (n) => n >= 1,
      );
      assert.equal(await server.close(10), 1);
      await call.ended;
    });
  });
});

describe('AGI allow-list', () => {
  const cases: [readonly string[], string, boolean][] = [
    [loopbackOnly, '127.0.0.1', true],
    [loopbackOnly, '127.9.9.9', true],
    [loopbackOnly, '::1', true],
    [loopbackOnly, '::ffff:127.0.0.1', true],
    [loopbackOnly, '10.0.0.1', false],
    [loopbackOnly, '::2', false],
    [['10.1.0.0/16', '192.168.0.7'], '10.1.255.255', true],
    [['10.1.0.0/16', '192.168.0.7'], '10.2.0.1', false],
    [['10.1.0.0/16', '192.168.0.7'], '192.168.0.7', true],
    [['10.1.0.0/16', '192.168.0.7'], '::FFFF:192.168.0.7', true],
    [['10.1.0.0/16', '192.168.0.7'], '192.168.0.8', false],
    [['fd00::/8'], 'fd12::1', true],
    [['fd00::/8'], 'fe80::1', false],
    [['0.0.0.0/0'], '203.0.113.9', true],
    [[], '127.0.0.1', false],
    [loopbackOnly, 'localhost', false],
    [loopbackOnly, '', false],
  ];
  for (const [entries, address, expected] of cases) {
    it(`[${entries.join(', ')}] ${expected ? 'lets' : 'does not let'} "${address}" in`, () => {
      assert.equal(createAddressList(entries, 'list')(address), expected);
    });
  }

  it('names every wrong entry', () => {
    const wrong = ['localhost', '10.0.0.0/33', '::1/129', '10.0.0.0/8/8', '10.0.0.0/x', ''];
    assert.throws(
      () => createAddressList(['127.0.0.1', ...wrong], 'list'),
      (error) => hasCode(error, 'TDM_BAD_SETTING') && wrong.every((entry) => error.message.includes(entry)),
    );
  });
});
