/*
 * Goal: nothing that arrives on the FastAGI port can crash the process, hang it or make it grow, and a
 * session in trouble does not touch the others.
 * Method: random streams from a seeded generator against a whole session, built from the words of the
 * protocol so that they get deep into it; then 2,000 idle sessions against the real door.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { agiLimitDefaults } from '../agi/limits.js';
import { createAgiServer } from '../agi/server.js';
import { AgiSession } from '../agi/session.js';
import { TandemError } from '../core/errors.js';
import { eventually } from './support/eventually.js';
import { environmentBlock } from './support/fake-asterisk.js';
import { FakeSocket } from './support/fake-socket.js';
import { silentLog, silentMeter } from './support/observers.js';
import { untilAborted } from './support/until-aborted.js';

const environment = environmentBlock({ script: 'app' });

const protocolWords = fc.constantFrom(
  ...['200 result=', '200 result=1 (', '100 result=0 ', '510 ', '511 x', '520-', '520 End', 'HANGUP', 'HAN', 'GUP', ')', '(', 'endpos=1'],
  ...['\n', '\n', '\n', '\n\n', '\r\n', ' ', '\0', 'agi_arg_1: x', ':', 'é', '200', '=', '0', '-1'],
);
const texts = fc.array(fc.oneof({ weight: 6, arbitrary: protocolWords }, { weight: 1, arbitrary: fc.string() }), { maxLength: 60 });
const chunks = fc.oneof(
  texts.map((words) => Buffer.from(words.join(''))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

/** Three commands against this stream: each must settle, by its answer or with an error of ours. */
async function survive(opening: string, stream: readonly Buffer[]): Promise<void> {
  const socket = new FakeSocket();
  const session = new AgiSession(socket.asSocket, { ...agiLimitDefaults, protocolErrorsMax: 5 });
  let hangups = 0;
  session.on('hangup', () => hangups++);
  await socket.deliver(opening);
  const sent = [1, 2, 3].map((n) => session.sendCommand(`NOOP ${n}`));
  const settled = Promise.allSettled(sent);
  for (const bytes of stream) if (!socket.destroyed) await socket.deliver(bytes);
  if (!socket.destroyed) await socket.deliverEnd();
  for (const outcome of await settled) {
    if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof TandemError, String(outcome.reason));
    else assert.equal(outcome.value.code, 200);
  }
  assert.ok(hangups <= 1);
  assert.ok(socket.destroyed && !session.isOpen);
}

describe('FastAGI against hostile streams', () => {
  it('random replies: every command settles, at most one hangup, no crash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(chunks, { maxLength: 8 }), (stream) => survive(environment, stream)),
      { numRuns: 400 },
    );
  });

  it('random bytes instead of an environment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(chunks, { maxLength: 8 }), (stream) => survive('', stream)),
      { numRuns: 200 },
    );
  });

  it('right answers, cut at random, arrive whole', async () => {
    const values = fc.array(fc.string({ unit: fc.constantFrom('a', '(', ' ', 'é', '=', '😀') }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(values, fc.array(fc.nat(40), { maxLength: 20 }), async (expected, sizes) => {
        const socket = new FakeSocket();
        const session = new AgiSession(socket.asSocket, agiLimitDefaults);
        await socket.deliver(environment);
        const sent = Promise.all(expected.map((_, n) => session.sendCommand(`GET VARIABLE V${n}`)));
        for (const value of expected) {
          let bytes = Buffer.from(`200 result=1 (${value})\n`);
          while (bytes.length > 0) {
            const size = Math.max(1, sizes.pop() ?? bytes.length);
            await socket.deliver(bytes.subarray(0, size));
            bytes = bytes.subarray(size);
          }
        }
        assert.deepEqual(
          (await sent).map((reply) => reply.value),
          expected,
        );
        socket.destroy();
      }),
      { numRuns: 150 },
    );
  });

  it('2,000 idle sessions: under 50 kB each, and back to the base heap', async () => {
    const server = createAgiServer({ port: 0 }, { idle: (call) => untilAborted(call.signal) }, { log: silentLog, meter: silentMeter });
    const port = await server.listen();
    const idle = environmentBlock({ script: 'idle', args: ['support'] });
    // a first wave, so that what Node and the library keep once and for all is part of the base
    await closeAll(await openSessions(port, 500, idle));
    await eventually(
      () => server.sessions(),
      (n) => n === 0,
    );
    const base = await heapBytes();

    const sockets = await openSessions(port, 2_000, idle);
    await eventually(
      () => server.sessions(),
      (n) => n === 2_000,
    );
    const each = ((await heapBytes()) - base) / 2_000;
    assert.ok(each < 50_000, `${each} bytes for a session and its peer`);

    await closeAll(sockets.splice(0)); // nor may this test hold them
    await eventually(
      () => server.sessions(),
      (n) => n === 0,
    );
    const left = (await heapBytes()) - base;
    assert.ok(left < 1_000_000, `${left} bytes left over`);
    await server.close(0);
  }).timeout(20_000);
});

async function openSessions(port: number, count: number, opening: string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(100, count - sockets.length) }, () => connect({ port, host: '127.0.0.1' }));
    await Promise.all(batch.map((socket) => once(socket, 'connect')));
    for (const socket of batch) socket.write(opening);
    sockets.push(...batch);
  }
  return sockets;
}

async function closeAll(sockets: readonly Socket[]): Promise<void> {
  const closed = sockets.map((socket) => once(socket, 'close'));
  for (const socket of sockets) socket.resume().end('HANGUP\n');
  await Promise.all(closed);
}

/** Used heap after a real collection. */
async function heapBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await new Promise(setImmediate);
  collect();
  await new Promise(setImmediate);
  collect();
  return process.memoryUsage().heapUsed;
}
