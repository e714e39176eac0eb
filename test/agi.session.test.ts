/** One guarded session: the library's defects A1 to A15, contained. The socket is a fake, the clock too. */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import type { SinonFakeTimers } from 'sinon';
import { agiLimitDefaults } from '../agi/limits.js';
import type { AgiLimits } from '../agi/limits.js';
import { lineProblem, quoted, variableName, word } from '../agi/quote.js';
import { AgiRefusal, AgiSession } from '../agi/session.js';
import type { ErrorCode } from '../core/errors.js';
import { hasCode } from '../core/errors.js';
import { environmentBlock } from './support/fake-asterisk.js';
import { FakeSocket } from './support/fake-socket.js';

const environment = environmentBlock({ script: 'menu', args: ['a:b:c'] });
const coded = (code: ErrorCode) => (error: unknown) => hasCode(error, code);

interface Bench {
  readonly socket: FakeSocket;
  readonly session: AgiSession;
  readonly events: string[];
}

function opened(limits: Partial<AgiLimits> = {}): Bench {
  const socket = new FakeSocket();
  const session = new AgiSession(socket.asSocket, { ...agiLimitDefaults, ...limits });
  const events: string[] = [];
  for (const name of ['variables', 'hangup', 'close']) session.on(name, () => events.push(name));
  session.on('protocolError', (reason: string) => events.push(`protocolError: ${reason}`));
  return { socket, session, events };
}

async function ready(limits: Partial<AgiLimits> = {}): Promise<Bench> {
  const bench = opened(limits);
  await bench.socket.deliver(environment);
  return bench;
}

describe('AGI session', () => {
  let clock: SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    // whatever a test did, no timer of a closed session is left
    clock.restore();
  });

  async function closeAndCheck({ socket, session }: Bench): Promise<void> {
    await session.end();
    await socket.deliverEnd();
    assert.equal(clock.countTimers(), 0, 'a timer is left');
  }

  describe('environment', () => {
    it('A1: values keep their colons', async () => {
      const bench = await ready();
      assert.equal((await bench.session.environment).get('agi_arg_1'), 'a:b:c');
      assert.equal(bench.session.variables['agi_request'], 'agi://127.0.0.1:4573/menu');
      assert.ok(!('' in bench.session.variables));
      await closeAndCheck(bench);
    });

    it('A1: comes byte by byte', async () => {
      const bench = opened();
      await bench.socket.deliverByBytes(environment);
      assert.equal((await bench.session.environment).get('agi_network_script'), 'menu');
      await closeAndCheck(bench);
    });

    it('A11: HANGUP in the same packet is a hangup, not a variable', async () => {
      const bench = opened();
      await bench.socket.deliver(`${environment}HANGUP\n`);
      assert.ok(!('HANGUP' in bench.session.variables));
      assert.deepEqual(bench.events, ['variables', 'hangup']);
      await closeAndCheck(bench);
    });

    it('A14: who asks for the variables late still gets them', async () => {
      const bench = await ready();
      const variables = (await bench.session.onEvent('variables')) as Record<string, string>;
      assert.equal(variables['agi_uniqueid'], '1795289098.367');
      await closeAndCheck(bench);
    });

    it('A14: waiting for an event of a session that ends is rejected', async () => {
      const bench = await ready();
      const waiting = assert.rejects(bench.session.onEvent('hangup'), coded('TDM_CALL_GONE'));
      await closeAndCheck(bench);
      await waiting;
    });

    it('A13: a peer that sends none is given up after 5 s', async () => {
      const bench = opened();
      const refused = assert.rejects(bench.session.environment, coded('TDM_DEADLINE'));
      await bench.socket.deliver('agi_network: yes\n');
      await clock.tickAsync(4_999);
      assert.ok(!bench.socket.destroyed);
      await clock.tickAsync(1);
      await refused;
      assert.ok(bench.socket.destroyed);
      assert.equal(clock.countTimers(), 0);
    });

    it('A5: a peer that closes before it is complete rejects it', async () => {
      const bench = opened();
      const refused = assert.rejects(bench.session.environment, coded('TDM_CALL_GONE'));
      await bench.socket.deliver('agi_network: yes\n');
      await bench.socket.deliverEnd();
      await refused;
      assert.equal(clock.countTimers(), 0);
    });

    it('A12: 64 KiB are the limit, of one line and of many', async () => {
      const manyLines = Array.from({ length: 3_000 }, (_, n) => `agi_arg_${n}: ${'x'.repeat(20)}\n`).join('');
      for (const flood of [`agi_arg_1: ${'x'.repeat(70_000)}`, manyLines]) {
        const bench = opened();
        const refused = assert.rejects(bench.session.environment, coded('TDM_PROTOCOL'));
        await bench.socket.deliver(flood);
        await refused;
        assert.ok(bench.socket.destroyed);
      }
    });

    it('a field that comes twice ends the session', async () => {
      const bench = opened();
      const refused = assert.rejects(bench.session.environment, coded('TDM_PROTOCOL'));
      await bench.socket.deliver('agi_context: a\nagi_context: b\n\n');
      await refused;
      assert.deepEqual(bench.events[0], 'protocolError: environment field came twice');
    });

    it('a line without colon is counted and skipped', async () => {
      const bench = opened();
      await bench.socket.deliver(`nonsense\n${environment}`);
      assert.equal((await bench.session.environment).get('agi_network'), 'yes');
      assert.deepEqual(bench.events, ['protocolError: environment line without colon', 'variables']);
      await closeAndCheck(bench);
    });
  });

  describe('commands', () => {
    it('A4: two at once keep their order, one on the wire at a time', async () => {
      const bench = await ready();
      const first = bench.session.sendCommand('GET VARIABLE A');
      const second = bench.session.sendCommand('GET VARIABLE B');
      assert.deepEqual(bench.socket.written, ['GET VARIABLE A']);
      await bench.socket.deliver('200 result=1 (a)\n');
      assert.deepEqual(bench.socket.written, ['GET VARIABLE A', 'GET VARIABLE B']);
      await bench.socket.deliver('200 result=1 (b)\n');
      assert.deepEqual([(await first).value, (await second).value], ['a', 'b']);
      await closeAndCheck(bench);
    });

    it('A4: 1,000 in a row keep their order', async () => {
      const bench = await ready({ commandsQueuedMax: 1_000 });
      let n = 0;
      bench.socket.onLine = () => void bench.socket.push(`200 result=1 (${n++})\n`);
      const values = await Promise.all(
        Array.from({ length: 1_000 }, () => bench.session.sendCommand('GET VARIABLE N').then((r) => r.value)),
      );
      assert.deepEqual(
        values,
        values.map((_, index) => String(index)),
      );
      await closeAndCheck(bench);
    });

    it('A4: the queue is bounded', async () => {
      const bench = await ready({ commandsQueuedMax: 2 });
      const sent = [1, 2, 3].map((n) => bench.session.sendCommand(`NOOP ${n}`));
      await assert.rejects(bench.session.sendCommand('NOOP 4'), coded('TDM_BUSY'));
      for (let n = 0; n < 3; n++) await bench.socket.deliver('200 result=0\n');
      assert.equal((await Promise.all(sent)).length, 3);
      await closeAndCheck(bench);
    });

    it('A2: 510 rejects, no hangup, and the session goes on', async () => {
      const bench = await ready();
      const refused = assert.rejects(bench.session.sendCommand('FOO BAR secret'), (error: unknown) => {
        assert.ok(error instanceof AgiRefusal && error.agiCode === 510 && error.code === 'TDM_SWITCH_REFUSED');
        assert.match(error.message, /FOO BAR/);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
      await bench.socket.deliver('510 Invalid or unknown command\n');
      await refused;
      const next = bench.session.sendCommand('NOOP');
      await bench.socket.deliver('200 result=0\n');
      assert.equal((await next).result, '0');
      assert.deepEqual(bench.events, ['variables']);
      await closeAndCheck(bench);
    });

    it('A2: 511 after HANGUP rejects as a call that is gone, with one hangup', async () => {
      const bench = await ready();
      await bench.socket.deliver('HANGUP\n');
      const refused = assert.rejects(bench.session.sendCommand('CHANNEL STATUS'), coded('TDM_CALL_GONE'));
      await bench.socket.deliver('511 Command Not Permitted on a dead channel or intercept routine\n');
      await refused;
      assert.deepEqual(bench.events, ['variables', 'hangup']);
      await closeAndCheck(bench);
    });

    it('A2: a 520 block with lines like replies rejects once, with the usage text', async () => {
      const bench = await ready();
      const refused = assert.rejects(bench.session.sendCommand('GET VARIABLE'), /Example return code: 200 result=1 \(testvariable\)/);
      await bench.socket.deliver('520-Invalid command syntax.  Proper usage follows:\n');
      await bench.socket.deliver(
        'Returns 0.\nExample return code: 200 result=1 (testvariable)\n200 result=1\nHANGUP\n520 End of proper usage.\n',
      );
      await refused;
      const next = bench.session.sendCommand('NOOP');
      await bench.socket.deliver('200 result=7\n');
      assert.equal((await next).result, '7');
      assert.deepEqual(bench.events, ['variables']);
      await closeAndCheck(bench);
    });

    it('A3: 100 before 200 leaves the session in step', async () => {
      const bench = await ready();
      const gosub = bench.session.sendCommand('GOSUB sub s 1');
      const after = bench.session.sendCommand('GET VARIABLE GOSUB_RETVAL');
      await bench.socket.deliver('100 result=0 Trying...\n');
      await bench.socket.deliver('200 result=0 Gosub complete\n');
      await bench.socket.deliver('200 result=1 (done)\n');
      assert.deepEqual([(await gosub).result, (await after).value], ['0', 'done']);
      await closeAndCheck(bench);
    });

    it('A9: a value of several lines arrives whole, without a hangup', async () => {
      const bench = await ready();
      const sent = bench.session.sendCommand('GET VARIABLE NL');
      await bench.socket.deliver('200 result=1 (one\nHAN');
      await bench.socket.deliver('GUP\nthree (3) x\nfour)\n');
      assert.equal((await sent).value, 'one\nHANGUP\nthree (3) x\nfour');
      assert.deepEqual(bench.events, ['variables']);
      await closeAndCheck(bench);
    });

    it('UTF-8 cut inside a character', async () => {
      const bench = await ready();
      const sent = bench.session.sendCommand('GET VARIABLE CITY');
      await bench.socket.deliverByBytes('200 result=1 (Köln Ж 😀)\n');
      assert.equal((await sent).value, 'Köln Ж 😀');
      await closeAndCheck(bench);
    });

    it('A8: CR, LF and NUL in a line are refused before anything is sent', async () => {
      const bench = await ready();
      for (const bad of ['NOOP a\nHANGUP', 'NOOP a\r', 'NOOP \0']) {
        await assert.rejects(bench.session.sendCommand(bad), coded('TDM_BAD_VALUE'));
      }
      assert.deepEqual(bench.socket.written, []);
      await closeAndCheck(bench);
    });

    it('8 KiB command: 8,190 bytes go, 8,191 do not; the limit can be lower', async () => {
      const bench = await ready();
      const line = (bytes: number) => `NOOP ${'é'.repeat((bytes - 6) / 2)}x`;
      assert.equal(Buffer.byteLength(line(8_190)), 8_190);
      void bench.session.sendCommand(line(8_190)).catch(() => undefined);
      assert.equal(bench.socket.written.length, 1);
      await assert.rejects(bench.session.sendCommand(`${line(8_190)}x`), coded('TDM_BAD_VALUE'));
      await closeAndCheck(bench);

      const old = await ready({ commandBytesMax: 2_046 });
      await assert.rejects(old.session.sendCommand(`${line(2_046)}x`), coded('TDM_BAD_VALUE'));
      await closeAndCheck(old);
    });
  });

  describe('HANGUP', () => {
    it('alone while a command waits, then its own reply', async () => {
      const bench = await ready();
      const sent = bench.session.sendCommand('STREAM FILE vm-intro ""');
      await bench.socket.deliver('HANGUP\n');
      assert.deepEqual(bench.events, ['variables', 'hangup']);
      await bench.socket.deliver('200 result=-1\n');
      assert.equal((await sent).result, '-1');
      await closeAndCheck(bench);
    });

    it('A9: HAN and GUP give one hangup', async () => {
      const bench = await ready();
      await bench.socket.deliver('HAN');
      assert.deepEqual(bench.events, ['variables']);
      await bench.socket.deliver('GUP\n');
      await bench.socket.deliver('HANGUP\n');
      assert.deepEqual(bench.events, ['variables', 'hangup']);
      assert.ok(bench.session.hungUp);
      await closeAndCheck(bench);
    });

    it('A14: who asks for it late still gets it', async () => {
      const bench = await ready();
      await bench.socket.deliver('HANGUP\n');
      await bench.session.onEvent('hangup');
      await closeAndCheck(bench);
    });

    it('after our own close it means nothing', async () => {
      const bench = await ready();
      await bench.session.end();
      await bench.socket.deliver('HANGUP\n');
      await bench.socket.deliverEnd();
      assert.deepEqual(bench.events, ['variables', 'close']);
      assert.ok(!bench.session.hungUp);
    });

    it('limits even a command that may last as long as the call', async () => {
      const bench = await ready({ commandMsMax: 5_000 });
      const sent = assert.rejects(bench.session.sendCommand('EXEC Dial x', Infinity), coded('TDM_SWITCH_SLOW'));
      await clock.tickAsync(10 * 3_600_000);
      await bench.socket.deliver('HANGUP\n');
      await clock.tickAsync(5_000);
      await sent;
      assert.ok(bench.socket.destroyed);
      assert.equal(clock.countTimers(), 0);
    });
  });

  describe('ends', () => {
    it('A5: FIN while a command waits rejects it and all behind it', async () => {
      const bench = await ready();
      const sent = [1, 2, 3].map((n) => assert.rejects(bench.session.sendCommand(`NOOP ${n}`), coded('TDM_CALL_GONE')));
      await bench.socket.deliverEnd();
      await Promise.all(sent);
      await assert.rejects(bench.session.sendCommand('NOOP'), coded('TDM_CALL_GONE'));
      assert.equal(clock.countTimers(), 0);
    });

    it('A5: a reply in the same packet as the FIN still counts', async () => {
      const bench = await ready();
      const sent = bench.session.sendCommand('NOOP');
      bench.socket.push('200 result=5\n');
      await bench.socket.deliverEnd();
      assert.equal((await sent).result, '5');
    });

    it('A6: a reset while a command waits rejects it; nobody has to listen for error', async () => {
      const bench = await ready();
      const sent = assert.rejects(bench.session.sendCommand('NOOP'), coded('TDM_CALL_GONE'));
      bench.socket.destroy(new Error('read ECONNRESET'));
      await sent;
      assert.ok(!bench.session.isOpen);
      assert.equal(clock.countTimers(), 0);
    });

    it('command timeout: rejects, tells, destroys, and what waits behind is rejected too', async () => {
      const bench = await ready({ commandMsMax: 1_000 });
      const timeouts: unknown[] = [];
      bench.session.on('commandTimeout', (error: unknown) => timeouts.push(error));
      const slow = assert.rejects(bench.session.sendCommand('GET VARIABLE X'), coded('TDM_SWITCH_SLOW'));
      const behind = assert.rejects(bench.session.sendCommand('NOOP'), coded('TDM_CALL_GONE'));
      await clock.tickAsync(999);
      assert.ok(bench.session.isOpen);
      await clock.tickAsync(1);
      await Promise.all([slow, behind]);
      assert.ok(bench.socket.destroyed);
      assert.equal(timeouts.length, 1);
      assert.equal(clock.countTimers(), 0);
    });

    it('the time limit of a command starts when it is sent, not when it is queued', async () => {
      const bench = await ready({ commandMsMax: 1_000 });
      const long = bench.session.sendCommand('EXEC Wait 60', Infinity);
      const behind = bench.session.sendCommand('NOOP');
      await clock.tickAsync(60_000);
      await bench.socket.deliver('200 result=0\n');
      await bench.socket.deliver('200 result=3\n');
      assert.deepEqual([(await long).result, (await behind).result], ['0', '3']);
      await closeAndCheck(bench);
    });

    it('end rejects what waits, and a peer that does not close is cut off after the linger time', async () => {
      const bench = await ready({ lingerMsMax: 2_000 });
      const sent = assert.rejects(bench.session.sendCommand('NOOP'), coded('TDM_CALL_GONE'));
      await bench.session.end();
      await bench.session.end();
      await sent;
      assert.ok(bench.socket.writableEnded && !bench.socket.destroyed);
      await clock.tickAsync(2_000);
      assert.ok(bench.socket.destroyed);
      assert.equal(clock.countTimers(), 0);
    });
  });

  describe('nonsense', () => {
    it('a reply without a command is counted; the next command gets its own', async () => {
      const bench = await ready();
      await bench.socket.deliver('200 result=1 (stray)\n');
      const sent = bench.session.sendCommand('NOOP');
      await bench.socket.deliver('200 result=2\n');
      assert.equal((await sent).result, '2');
      assert.deepEqual(bench.events, ['variables', 'protocolError: reply without a command']);
      await closeAndCheck(bench);
    });

    it('an unreadable line while a command waits is counted, the command waits on', async () => {
      const bench = await ready();
      const sent = bench.session.sendCommand('NOOP');
      await bench.socket.deliver('what?\n\n200 result=2\n');
      assert.equal((await sent).result, '2');
      assert.equal(bench.events.length, 3);
      await closeAndCheck(bench);
    });

    it('after too many lines out of place the session is given up', async () => {
      const bench = await ready({ protocolErrorsMax: 20 });
      await bench.socket.deliver('x\n'.repeat(1_000));
      assert.equal(bench.events.filter((event) => event.startsWith('protocolError')).length, 20);
      assert.ok(bench.socket.destroyed);
    });

    it('A12: 12 MB without LF end the session early and leave no memory behind', async () => {
      const bench = await ready();
      const megabyte = Buffer.alloc(1 << 20, 'x');
      const sent = assert.rejects(bench.session.sendCommand('NOOP'), coded('TDM_PROTOCOL'));
      const startedAtMs = performance.now();
      const heapBefore = process.memoryUsage().heapUsed;
      for (let n = 0; n < 12 && !bench.socket.destroyed; n++) await bench.socket.deliver(megabyte);
      await sent;
      assert.ok(bench.socket.destroyed);
      assert.ok(performance.now() - startedAtMs < 1_000);
      assert.ok(process.memoryUsage().heapUsed - heapBefore < 8_000_000);
    });

    it('A12: a value that never ends is given up at the limit', async () => {
      const bench = await ready();
      const sent = assert.rejects(bench.session.sendCommand('GET VARIABLE X'), coded('TDM_PROTOCOL'));
      await bench.socket.deliver('200 result=1 (');
      for (let n = 0; n < 100 && !bench.socket.destroyed; n++) await bench.socket.deliver(`${'y'.repeat(1_000)}\n`);
      await sent;
      assert.ok(bench.socket.destroyed);
    });
  });
});

describe('AGI quoting', () => {
  it('A8: quotes and backslashes are escaped, spaces kept, breaking bytes refused', () => {
    assert.equal(quoted('say "hi" \\ there', 'x'), '"say \\"hi\\" \\\\ there"');
    assert.equal(quoted('', 'x'), '""');
    for (const bad of ['a\nb', 'a\rb', 'a\0b']) assert.throws(() => quoted(bad, 'x'), coded('TDM_BAD_VALUE'));
  });

  it('AGI-1: a plain word goes as it is, anything else quoted', () => {
    assert.equal(word('ccc_menu', 'x'), 'ccc_menu');
    assert.equal(word('*98#', 'x'), '*98#');
    assert.equal(word('my menu', 'x'), '"my menu"');
    assert.equal(word('', 'x'), '""');
    assert.equal(word('a\\b', 'x'), '"a\\\\b"');
    assert.equal(word('ä', 'x'), '"ä"');
  });

  it('A8: a variable name cannot smuggle in an expression', () => {
    for (const good of ['FOO', '__FOO', 'CALLERID(name)', 'IAXVAR(code)', 'PJSIP_HEADER(read,X-Code)', 'HASH(a,b)', 'CHANNEL(linkedid)']) {
      assert.equal(variableName(good), good);
    }
    for (const bad of ['', 'A B', '${SHELL(id)}', 'A}', 'SHELL(a)${X}', 'X(a(b))', 'A\n', 'X("y")']) {
      assert.throws(() => variableName(bad), coded('TDM_BAD_VALUE'), bad);
    }
  });

  it('a line is measured in bytes', () => {
    assert.equal(lineProblem('é'.repeat(5), 10), undefined);
    assert.ok(lineProblem('é'.repeat(6), 11));
    assert.equal(lineProblem('x'.repeat(11), 11), undefined);
  });
});
