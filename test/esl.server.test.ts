/** The outbound server: handshake, choice of the application, refusals, hangups and breaks in every state, stop. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import fc from 'fast-check';
import type { Call, CallApplication } from '../core/call.js';
import { hasCode, TandemError } from '../core/errors.js';
import { createEslServer } from '../esl-outbound/server.js';
import type { EslServerDeps, EslServerOptions } from '../esl-outbound/server.js';
import { openEslDoor } from './support/esl-door.js';
import type { EslDoor } from './support/esl-door.js';
import { systemTimers } from '../sidecar/timers.js';
import { dialEsl } from './support/fake-freeswitch.js';
import type { DialOptions, FakeCall } from './support/fake-freeswitch.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';

const done: CallApplication = () => Promise.resolve();
const forEver: CallApplication = (call) =>
  new Promise((_, reject) => call.signal.addEventListener('abort', () => reject(call.signal.reason as Error)));

/** The handshake is over and the application runs. */
const isLive = (fake: FakeCall) => fake.commands.some((command) => command.startsWith('api sched_del'));

describe('ESL outbound server', () => {
  let door: EslDoor;
  const open = async (
    applications: Readonly<Record<string, CallApplication>>,
    options: Partial<EslServerOptions> = {},
    deps: Partial<EslServerDeps> = {},
  ) => (door = await openEslDoor(applications, options, deps));
  const dial = (options: Omit<DialOptions, 'port'> = {}) => dialEsl({ port: door.port, application: 't', ...options });

  afterEach(async () => {
    await door.close();
  });

  describe('start of a session', () => {
    it('connect, linger and myevents leave at once in one write (rules 12.1, 12.2)', async () => {
      await open({});
      const socket = connect(door.port, '127.0.0.1');
      const [first] = (await once(socket, 'data')) as [Buffer];
      assert.equal(first.toString(), 'connect\n\nlinger 5\n\nmyevents json\n\n');
      socket.destroy();
    });

    it('the guard of the dialplan is cancelled first (rule 12.3)', async () => {
      await open({ t: (call) => call.answer() });
      const fake = await dial();
      await fake.ended;
      assert.equal(fake.commands[3], `api sched_del ${fake.uniqueId}`);
      assert.ok(fake.commands[4]?.includes('answer'));
    });

    it('we do not say exit before the guard is cancelled', async () => {
      await open({ t: done }, { replyMsMax: 200 });
      const fake = await dial({ mute: ['api sched_del'] });
      assert.equal(await fake.ended, 'app');
      assert.ok(!fake.commands.includes('exit'));
    });

    it('a guard that cannot be cancelled is told in the log, the call goes on', async () => {
      await open({ t: (call) => call.setVariable('x', '1') });
      const fake = await dial({ answers: { 'api sched_del': '-ERR no\n' } });
      await fake.ended;
      assert.equal(fake.variables.get('x'), '1');
      assert.ok(door.log.warn.called);
    });

    it('E21: a silent peer is closed after 3 s', async () => {
      const clock = createHandTimers();
      await open({ t: done }, {}, { clock });
      const fake = await dial({ silent: true });
      await fake.until((f) => f.commands.length === 3);
      clock.advance(2_999);
      assert.equal(door.server.sessions(), 1);
      clock.advance(1);
      assert.equal(await fake.ended, 'app');
      await door.idle();
      assert.deepEqual(door.outcomes(), ['failed']);
      assert.equal(clock.waiting, 0, 'no timer is left');
    });

    for (const [what, answer] of [
      ['something else', '+OK hello'],
      ['an error', '-ERR command not found'],
    ] as const) {
      it(`a peer that answers connect with ${what} is closed`, async () => {
        await open({ t: done });
        const fake = await dial({ answers: { connect: answer } });
        assert.equal(await fake.ended, 'app');
        await door.idle();
        assert.deepEqual(door.outcomes(), ['failed']);
      });
    }

    for (const command of ['linger', 'myevents']) {
      it(`refused ${command}: nothing would work, so the connection is closed and the dialplan goes on`, async () => {
        await open({ t: done });
        const fake = await dial({ answers: { [command]: '-ERR no' } });
        assert.equal(await fake.ended, 'app');
        await door.idle();
        assert.deepEqual(door.outcomes(), ['failed']);
      });
    }

    for (const mode of ['async', 'full', ''] as const) {
      it(`a socket opened "${mode}" instead of "async full" is told so`, async () => {
        await open({ t: done });
        const fake = await dial({ mode });
        assert.equal(await fake.ended, 'exit');
        assert.equal(fake.variables.get('TANDEM_RESULT'), 'error');
        assert.equal(fake.variables.get('TANDEM_REASON'), 'TDM_PROTOCOL');
        assert.ok(door.log.error.called);
        await door.idle();
        assert.deepEqual(door.outcomes(), ['refused']);
      });
    }
  });

  describe('choice of the application', () => {
    const seen: Call[] = [];
    const note: CallApplication = (call) => {
      seen.push(call);
      return Promise.resolve();
    };

    beforeEach(() => seen.splice(0));

    const wanted: [string, Omit<DialOptions, 'port'>, string[], [string, string][]][] = [
      ['tandem_app and tandem_args', { application: 'menu', args: 'main,2' }, ['main', '2'], []],
      ['tandem_app with .agi', { application: 'menu.agi' }, [], []],
      [
        'the socket path',
        { path: '/menu,main?lang=de&x=%C5%BB' },
        ['main'],
        [
          ['lang', 'de'],
          ['x', 'Ż'],
        ],
      ],
      ['the socket path with .agi', { path: '/menu.agi?a' }, [], [['a', '']]],
      ['tandem_app before the path', { application: 'menu', path: '/other' }, [], []],
      ['the path with tandem_args', { path: '/menu', args: 'main' }, ['main'], []],
      ['a name registered with .agi, asked without', { application: 'agi-x' }, [], []],
      ['empty tandem_args', { application: 'menu', args: '' }, [], []],
      ['a path with bad coding', { path: '/menu,100%' }, ['100%'], []],
    ];
    for (const [what, options, args, query] of wanted) {
      it(`by ${what}`, async () => {
        await open({ menu: note, 'agi-x.agi': note });
        const { application, ...rest } = options;
        const fake = await dialEsl({ port: door.port, ...(application === undefined ? {} : { application }), ...rest });
        await fake.ended;
        assert.equal(seen.length, 1);
        assert.deepEqual(seen[0]?.args, args);
        assert.deepEqual(
          seen.flatMap((call) => [...call.query]),
          query,
        );
      });
    }

    for (const name of ['nosuch', '', '__proto__', 'toString', '../menu']) {
      it(`an unknown application "${name}" is told to the dialplan, which goes on`, async () => {
        await open({ menu: note });
        const fake = await dialEsl({ port: door.port, ...(name === '' ? {} : { application: name }) });
        assert.equal(await fake.ended, 'exit');
        assert.equal(fake.variables.get('TANDEM_RESULT'), 'error');
        assert.equal(fake.variables.get('TANDEM_REASON'), 'TDM_NOT_FOUND');
        assert.equal(fake.hangupCause, undefined);
        await door.idle();
        assert.deepEqual(door.outcomes(), ['refused']);
      });
    }
  });

  describe('failures of the application', () => {
    const failures: [string, CallApplication, string][] = [
      ['rejects with a code', () => Promise.reject(new TandemError('TDM_STORE_DOWN', ['x'])), 'TDM_STORE_DOWN'],
      ['rejects with anything', () => Promise.reject(new Error('bug')), 'TDM_INTERNAL'],
      ['rejects with our own internal error', () => Promise.reject(new TandemError('TDM_INTERNAL')), 'TDM_INTERNAL'],
      [
        'throws at once',
        () => {
          throw new Error('bug');
        },
        'TDM_INTERNAL',
      ],
    ];
    for (const [what, application, reason] of failures) {
      it(`an application that ${what}: TANDEM_REASON=${reason}, the dialplan goes on`, async () => {
        await open({ t: application });
        const fake = await dial();
        assert.equal(await fake.ended, 'exit');
        assert.equal(fake.variables.get('TANDEM_RESULT'), 'error');
        assert.equal(fake.variables.get('TANDEM_REASON'), reason);
        await door.idle();
        assert.deepEqual(door.outcomes(), ['error']);
      });
    }

    it('after a failure the call is not transferred, but left as it was found', async () => {
      await open({
        t: async (call) => {
          await call.play('a', '12');
          await call.goto({ context: 'default', extension: '1' });
          throw new Error('bug');
        },
      });
      const fake = await dial();
      await fake.ended;
      assert.equal(fake.transferredTo, undefined);
      assert.ok(!fake.variables.has('playback_terminators'));
    });

    it('a result that cannot be set ends the session all the same', async () => {
      await open({ t: () => Promise.reject(new Error('bug')) });
      const fake = await dial({ answers: { 'api uuid_setvar': '-ERR no\n' } });
      assert.equal(await fake.ended, 'exit');
    });
  });

  describe('the caller hangs up', () => {
    it('before the reply to connect: the application does not run', async () => {
      let ran = 0;
      await open({
        t: () => {
          ran++;
          return Promise.resolve();
        },
      });
      const fake = await dial({ silent: true });
      await fake.until((f) => f.commands.length === 3);
      fake.drop('fin');
      await door.idle();
      assert.equal(ran, 0);
      assert.deepEqual(door.outcomes(), ['failed']);
    });

    it('in the packet that answers connect: the application does not run, we read on to HANGUP_COMPLETE and exit', async () => {
      let ran = 0;
      await open({
        t: () => {
          ran++;
          return Promise.resolve();
        },
      });
      const fake = await dial();
      await fake.until((f) => f.commands.length >= 3);
      fake.hangup('ORIGINATOR_CANCEL');
      assert.equal(await fake.ended, 'exit');
      await door.idle();
      assert.ok(ran <= 1);
    });

    const inExecute = (application: string): Omit<DialOptions, 'port'> => ({
      applications: { [application]: () => ({ hangup: 'NORMAL_CLEARING' }) },
    });

    it('during an execute: it rejects TDM_CALL_GONE, the signal is aborted, exit after HANGUP_COMPLETE', async () => {
      let failure: unknown;
      let aborted = false;
      await open({
        t: async (call) => {
          call.signal.addEventListener('abort', () => (aborted = true));
          await call.execute('bridge', 'x').catch((e: unknown) => (failure = e));
        },
      });
      const fake = await dial(inExecute('bridge'));
      assert.equal(await fake.ended, 'exit');
      assert.ok(hasCode(failure, 'TDM_CALL_GONE'));
      assert.ok(aborted);
      await door.idle();
      assert.deepEqual(door.outcomes(), ['hangup']);
    });

    it('during a prompt and a wait for a key', async () => {
      const failures: unknown[] = [];
      await open({
        t: async (call) => {
          await call.play('a', '1').catch((e: unknown) => failures.push(e));
          await call.waitForDigit(60_000).catch((e: unknown) => failures.push(e));
        },
      });
      const fake = await dial(inExecute('playback'));
      await fake.ended;
      await door.idle();
      assert.equal(failures.length, 2);
      assert.ok(failures.every((e) => hasCode(e, 'TDM_CALL_GONE')));
    });

    it('between executes, while the application works on something else', async () => {
      await open({ t: forEver });
      const fake = await dial();
      await fake.until(isLive);
      fake.hangup();
      assert.equal(await fake.ended, 'exit');
      await door.idle();
      assert.deepEqual(door.outcomes(), ['hangup']);
      assert.ok(!fake.commands.some((c) => c.includes('TANDEM_RESULT')), 'there is no channel to tell');
    });

    it('while the guard is being cancelled', async () => {
      await open({ t: forEver });
      const fake = await dial({ mute: ['api sched_del'] });
      await fake.until(isLive);
      fake.hangup();
      fake.raw('Content-Type: api/response\nContent-Length: 15\n\n+OK Deleted: 1\n');
      assert.equal(await fake.ended, 'exit');
      await door.idle();
      assert.deepEqual(door.outcomes(), ['hangup']);
    });

    it('during the transfer at the end', async () => {
      await open({ t: (call) => call.goto({ context: 'default', extension: '1' }) });
      const fake = await dial(inExecute('transfer'));
      assert.equal(await fake.ended, 'exit');
      await door.idle();
    });

    it('after exit', async () => {
      await open({ t: done });
      const fake = await dial();
      await fake.until((f) => f.commands.includes('exit'));
      fake.hangup();
      assert.equal(await fake.ended, 'exit');
      await door.idle();
      assert.deepEqual(door.outcomes(), ['done']);
    });

    it('linger notice first, the last events later: we read on (rule 12.6)', async () => {
      await open({ t: forEver });
      const fake = await dial();
      await fake.until(isLive);
      fake.raw(
        `Content-Type: text/disconnect-notice\nControlled-Session-UUID: ${fake.uniqueId}\nContent-Disposition: linger\nLinger-Time: 5\nContent-Length: 0\n\n`,
      );
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.equal(door.server.sessions(), 1);
      assert.ok(!fake.commands.includes('exit'));
      fake.send('CHANNEL_HANGUP', { 'Hangup-Cause': 'NORMAL_CLEARING' });
      fake.send('CHANNEL_HANGUP_COMPLETE', { 'Hangup-Cause': 'NORMAL_CLEARING' });
      assert.equal(await fake.ended, 'exit');
    });

    it('HANGUP_COMPLETE never comes: exit after the linger time', async () => {
      const clock = createHandTimers();
      await open({ t: forEver }, { lingerS: 5 }, { clock });
      const fake = await dial();
      await fake.until(isLive);
      fake.send('CHANNEL_HANGUP', { 'Hangup-Cause': 'NORMAL_CLEARING' });
      while (clock.lastDelayMs !== 5_000 || clock.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.ok(!fake.commands.includes('exit'));
      clock.advance(5_000);
      assert.equal(await fake.ended, 'exit');
    });

    it('an application that ignores its signal is left alone after the limit', async () => {
      await open({ t: () => new Promise(() => undefined) }, { applicationEndMsMax: 30 });
      const fake = await dial();
      await fake.until(isLive);
      fake.hangup();
      assert.equal(await fake.ended, 'exit');
      await door.idle();
      assert.deepEqual(door.outcomes(), ['hangup']);
    });

    it('an application that fails after the hangup is told in the log', async () => {
      await open({
        t: async (call) => {
          await forEver(call).catch(() => undefined);
          throw new Error('bug');
        },
      });
      const fake = await dial();
      await fake.until(isLive);
      fake.hangup();
      await fake.ended;
      await door.idle();
      assert.ok(door.log.warn.called);
    });
  });

  describe('the connection breaks', () => {
    for (const how of ['fin', 'reset'] as const) {
      for (const state of ['after linger', 'during an execute', 'between executes', 'after exit']) {
        it(`${how} ${state}: the session ends, nothing is left`, async () => {
          const clock = createHandTimers();
          const failures: unknown[] = [];
          await open(
            {
              t: async (call) => {
                if (state === 'after exit') return;
                if (state === 'during an execute') await call.execute('bridge', 'x').catch((e: unknown) => failures.push(e));
                else await forEver(call).catch((e: unknown) => failures.push(e));
              },
            },
            {},
            { clock },
          );
          const fake = await dial({
            applications: { bridge: () => ({ forEver: true }) },
            ...(state === 'after linger' ? { mute: ['api sched_del'] } : {}),
          });
          const reached = (f: FakeCall) =>
            state === 'after exit' ? f.commands.includes('exit') : state === 'during an execute' ? f.executed.length === 1 : isLive(f);
          await fake.until(reached);
          fake.drop(how);
          await door.idle();
          assert.ok(failures.every((e) => hasCode(e, 'TDM_CALL_GONE')));
          assert.equal(failures.length, state === 'after exit' ? 0 : 1);
          assert.deepEqual(door.outcomes(), [state === 'after exit' ? 'done' : 'failed']);
          assert.equal(clock.waiting, 0, 'no timer is left');
        });
      }
    }

    it('reset with a pending api: the method rejects TDM_CALL_GONE', async () => {
      let failure: unknown;
      await open({ t: (call) => call.setVariable('a', 'b').catch((e: unknown) => void (failure = e)) });
      const fake = await dial({ answers: {} });
      await fake.until((f) => {
        if (!f.commands.some((c) => c.startsWith('api'))) return false;
        return true;
      });
      fake.drop();
      await door.idle();
      assert.ok(failure === undefined || hasCode(failure, 'TDM_CALL_GONE'));
    });

    it('a peer that does not close after exit is closed by us', async () => {
      await open({ t: done }, { exitMsMax: 20 });
      const fake = await dial({ answers: { exit: '+OK bye' } });
      assert.equal(await fake.ended, 'app');
    });

    it('other calls are not touched by a broken one', async () => {
      await open({ t: forEver, ok: (call) => call.setVariable('x', '1') });
      const bad = await dial();
      await bad.until(isLive);
      const good = await dial({ application: 'ok' });
      bad.raw('Content-Length: -1\n\n');
      await good.ended;
      assert.equal(await bad.ended, 'app');
      assert.equal(good.variables.get('x'), '1');
    });

    it('hostile streams: the server lives, no session is left', async () => {
      await open({ t: forEver }, { handshakeMsMax: 200, lingerS: 1, exitMsMax: 50 });
      const piece = fc.oneof(
        fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
        fc.constantFrom(
          'Event-Name: CHANNEL_DATA\nUnique-ID: u\nContent-Type: command/reply\nReply-Text: %2BOK\nSocket-Mode: async\nControl: full\n\n',
          'Content-Type: command/reply\nReply-Text: +OK\n\n',
          'Content-Type: command/reply\nReply-Text: -ERR %\n\n',
          'Content-Type: api/response\nContent-Length: 2\n\nab',
          'Content-Type: text/event-json\nContent-Length: 2\n\n{}',
          'Content-Type: text/event-json\nContent-Length: 42\n\n{"Event-Name":"CHANNEL_HANGUP_COMPLETE"}   ',
          'Content-Type: text/disconnect-notice\nContent-Length: 0\n\n',
          'Content-Type: text/rude-rejection\nContent-Length: 0\n\n',
          'Content-Type: auth/request\n\n',
          'Content-Length: -7\n\n',
        ),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (list) => {
          const socket: Socket = connect(door.port, '127.0.0.1');
          socket.on('error', () => socket.destroy()); // the server may close first
          await once(socket, 'connect');
          for (const text of list) socket.write(text, 'latin1');
          socket.end();
          await new Promise((resolve) => socket.once('close', resolve).resume());
        }),
        { numRuns: 60 },
      );
      await door.idle();
      assert.equal(door.server.sessions(), 0);
    });
  });

  describe('limits', () => {
    it('an address that is not allowed is closed unheard', async () => {
      await open({ t: done }, { allow: ['192.0.2.0/24'] });
      const socket = connect(door.port, '127.0.0.1');
      const heard: Buffer[] = [];
      socket.on('data', (chunk) => heard.push(chunk));
      await new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
      assert.deepEqual(heard, []);
      assert.deepEqual(door.meter.counted('tandem_esl_refused_total'), [{ reason: 'address' }]);
    });

    it('a stranger cannot fill the log: one line per reason and 10 s, each refusal counted', async () => {
      const clock = createHandTimers();
      await open({ t: done }, { allow: ['192.0.2.0/24'] }, { clock });
      const refused = async () => {
        const socket = connect(door.port, '127.0.0.1');
        await new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve));
      };
      for (let n = 0; n < 5; n++) await refused();
      assert.deepEqual(door.log.warn.args, [[{ address: '127.0.0.1', reason: 'address' }, 'esl: connection refused']]);
      clock.advance(9_999);
      await refused();
      assert.equal(door.log.warn.callCount, 1);
      clock.advance(1);
      await refused();
      assert.equal(door.log.warn.callCount, 2);
      assert.equal(door.meter.counted('tandem_esl_refused_total').length, 7);
    });

    it('networks and single addresses may be allowed; anything else is a bad setting', async () => {
      await open({ t: done }, { allow: ['127.0.0.0/8', '::1', '2001:db8::/32'] });
      assert.equal(await (await dial()).ended, 'exit');
      for (const entry of ['x', '127.0.0.1/99', '', '10.0.0.0/8/8', '1.2.3']) {
        assert.throws(
          () => createEslServer({ allow: [entry] }, {}, { log: silentLog, meter: recordingMeter(), clock: systemTimers }),
          (e) => hasCode(e, 'TDM_BAD_SETTING'),
          entry,
        );
      }
    });

    it('too many calls: the dialplan is told TDM_BUSY and goes on; a flood is closed', async () => {
      await open({ t: forEver }, { sessionsMax: 1, refusalsMax: 1 });
      const first = await dial();
      await first.until(isLive);
      const second = await dial();
      assert.equal(await second.ended, 'exit');
      assert.equal(second.variables.get('TANDEM_REASON'), 'TDM_BUSY');
      const held = await dial({ silent: true });
      await held.until((f) => f.commands.length > 0);
      const third = await dial();
      assert.equal(await third.ended, 'app');
      assert.deepEqual(door.meter.counted('tandem_esl_refused_total'), [{ reason: 'limit' }]);
      held.drop();
      first.hangup();
      await first.ended;
    });

    it('2 000 idle sessions and back', async function () {
      this.timeout(60_000);
      await open({ t: forEver }, { sessionsMax: 3_000, handshakeMsMax: 60_000 });
      const sockets: Socket[] = [];
      for (let i = 0; i < 2_000; i += 50) {
        const batch = Array.from({ length: 50 }, () => connect(door.port, '127.0.0.1'));
        await Promise.all(batch.map((socket) => once(socket, 'connect')));
        sockets.push(...batch);
      }
      while (door.server.sessions() < 2_000) await new Promise((resolve) => setTimeout(resolve, 5));
      for (const socket of sockets) socket.destroy();
      await door.idle();
      assert.equal(door.server.sessions(), 0);
    });
  });

  describe('listening and stopping', () => {
    it('E20: a port in use is a typed error, port 0 is any free one', async () => {
      await open({ t: done });
      const other = createServer();
      other.listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      const server = createEslServer({ port }, {}, { log: silentLog, meter: recordingMeter(), clock: systemTimers });
      await assert.rejects(server.listen(), (e) => hasCode(e, 'TDM_BAD_SETTING') && e.message.includes(String(port)));
      await new Promise((resolve) => other.close(resolve));
      assert.ok(door.port > 0 && door.port !== 8022);
    });

    it('lets running calls finish within the grace', async () => {
      let finish: () => void = () => undefined;
      await open({ t: (call) => new Promise<void>((resolve) => (finish = resolve)).then(() => call.setVariable('x', '1')) });
      const fake = await dial();
      await fake.until(isLive);
      const closing = door.server.close(5_000);
      await assert.rejects(dial(), 'no new calls');
      finish();
      assert.equal(await closing, 0);
      assert.equal(fake.variables.get('x'), '1');
      assert.deepEqual(door.outcomes(), ['done']);
    });

    it('after the grace: the signal is aborted, the dialplan is told TDM_STOPPING', async () => {
      await open({ t: forEver });
      const fake = await dial();
      await fake.until(isLive);
      assert.equal(await door.server.close(10), 1);
      assert.equal(await fake.ended, 'exit');
      assert.equal(fake.variables.get('TANDEM_RESULT'), 'error');
      assert.equal(fake.variables.get('TANDEM_REASON'), 'TDM_STOPPING');
    });

    it('the dialplan is told TDM_STOPPING also when the application takes it for an ordinary end', async () => {
      await open({
        t: (call) =>
          call.waitForDigit(60_000).then(
            () => undefined,
            () => undefined,
          ),
      });
      const fake = await dial();
      await fake.until(isLive);
      await door.server.close(10);
      assert.equal(await fake.ended, 'exit');
      assert.deepEqual([fake.variables.get('TANDEM_RESULT'), fake.variables.get('TANDEM_REASON')], ['error', 'TDM_STOPPING']);
    });

    it('a call in a bridge is left to the switch when we stop', async () => {
      let failure: unknown;
      await open({
        t: (call) =>
          call.execute('bridge', 'x').catch((e: unknown) => {
            failure = e;
            throw e;
          }),
      });
      const fake = await dial({ applications: { bridge: () => ({ forEver: true }) } });
      await fake.until((f) => f.executed.length === 1);
      await door.server.close(0);
      assert.ok(hasCode(failure, 'TDM_STOPPING'));
      assert.equal(fake.hangupCause, undefined, 'the caller goes on talking');
      assert.equal(fake.variables.get('TANDEM_REASON'), 'TDM_STOPPING');
    });

    it('a peer and an application that do not answer are cut', async () => {
      await open({ t: () => new Promise(() => undefined) }, { applicationEndMsMax: 20, replyMsMax: 400, exitMsMax: 20 });
      const fake = await dial({ mute: ['api sched_del'] });
      await fake.until(isLive);
      await door.server.close(0);
      assert.equal(door.server.sessions(), 0);
    });

    it('calls that come while we stop are told TDM_STOPPING', async () => {
      await open({ t: done });
      const fake = await dial({ answers: {}, silent: false, applications: {} });
      await fake.ended;
      const late = await dial({ silent: true });
      const closing = door.server.close(200);
      late.drop();
      await closing;
      assert.equal(door.server.sessions(), 0);
    });

    it('meters sessions', async () => {
      await open({ t: done });
      await (
        await dial()
      ).ended;
      await door.idle();
      assert.equal(door.meter.gauge('tandem_esl_sessions'), 0);
      assert.equal(door.meter.observed('tandem_esl_session_seconds').length, 1);
    });
  });
});
