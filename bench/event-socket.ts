/**
 * Event socket: 100 clients that want every event, at 1,000 events a second of the length of a real talk's end. Baseline of
 * the same run: the same bytes, made beforehand and written to 100 sockets without any of our code.
 *
 *   npm run bench event-socket
 */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { writeEvent, type SocketEvent } from '../core/event-socket/event.js';
import { createEventSocketServer, eventSocketDefaults } from '../sidecar/event-socket/server.js';
import { silentLog, silentMeter } from '../test/support/observers.js';
import { cpuMsOf } from './support/cpu.js';
import type { Figure } from './support/figure.js';
import { monoMs } from './support/metronome.js';
import { benchPassword, startListeners } from './support/socket-listeners.js';

const [clients, perSecond, seconds, perTurn] = [100, 1_000, 15, 10];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** About 1,400 bytes. */
function eventOf(number: number): SocketEvent {
  const head = Array.from({ length: 40 }, (_, i): [string, string] => [`variable_of_channel_${String(i)}`, 'Jane Doe <5551234>']);
  const headers = [...head, ['Made-Ms', String(monoMs())] as const, ['Number', String(number)] as const];
  return { name: 'CUSTOM', subclass: 'bench::event', headers, body: undefined };
}

interface Target {
  readonly port: number;
  send(number: number): void;
  close(): Promise<void>;
}

async function ours(): Promise<Target> {
  const who = { user: 'bench', queues: undefined, allowed: [], mayPublish: true, may: () => true };
  const server = createEventSocketServer(
    { ...eventSocketDefaults, port: 0 },
    {
      authenticate: (password) => (password === benchPassword ? who : undefined),
      authenticateUser: () => Promise.resolve(undefined),
      api: () => Promise.resolve(''),
      publish: () => undefined,
      jobDone: () => eventOf(0),
      mayHear: () => true,
      newId: () => 'id',
      after: (delayMs, run) => {
        const handle = setTimeout(run, delayMs);
        return () => clearTimeout(handle);
      },
      log: silentLog,
      meter: silentMeter,
    },
  );
  return { port: await server.listen(), send: (number) => server.send(eventOf(number)), close: () => server.close() };
}

async function bare(): Promise<Target> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket.on('error', () => socket.destroy()).on('data', () => undefined));
    socket.write('listener enabled\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    send(number) {
      const text = writeEvent(eventOf(number), 'plain');
      for (const socket of sockets) socket.write(text);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function measure(open: () => Promise<Target>) {
  const target = await open();
  const listeners = await startListeners(target.port, clients);
  let number = 0;
  async function run(count: number): Promise<number> {
    const beganMs = monoMs();
    for (let n = 0; n < count / perTurn; n++) {
      await pause(Math.max(0, beganMs + (n * perTurn * 1_000) / perSecond - monoMs()));
      for (let i = 0; i < perTurn; i++) target.send(++number);
    }
    return (count * 1_000) / (monoMs() - beganMs);
  }
  try {
    await run(2 * perSecond);
    await pause(500);
    await listeners.report();
    const cpu = await cpuMsOf(process.pid);
    const rate = await run(seconds * perSecond);
    const cpuShare = ((await cpuMsOf(process.pid)) - cpu) / (seconds * 1_000);
    await pause(1_000);
    const { delay, events, gaps } = await listeners.report();
    return { rate, cpuShare, delay, lost: seconds * perSecond * clients - events + gaps };
  } finally {
    await listeners.stop();
    await target.close();
  }
}

export async function eventSocket(): Promise<Figure[]> {
  const own = await measure(ours);
  const plain = await measure(bare);
  const name = `event socket, ${String(clients)} clients, ${perSecond.toLocaleString('en')} events/s`;
  const note = 'baseline: the same bytes written to bare sockets, same run';
  return [
    { name: `${name}: rate`, value: own.rate, baseline: plain.rate, unit: 'events/s', note },
    { name: `${name}: CPU`, value: own.cpuShare * 100, baseline: plain.cpuShare * 100, unit: '% of a core', note },
    { name: `${name}: made → read, p50`, value: own.delay.p50, baseline: plain.delay.p50, unit: 'ms', note },
    { name: `${name}: made → read, p99`, value: own.delay.p99, baseline: plain.delay.p99, unit: 'ms', note },
    {
      name: `${name}: lost or out of order`,
      value: own.lost,
      unit: 'events',
      note: `of ${(seconds * perSecond * clients).toLocaleString('en')}`,
    },
  ];
}
