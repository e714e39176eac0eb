/**
 * New FastAGI sessions: per second and CPU per session, and memory of idle ones, beside bare ding-dong
 * in the same run. Server and client are separate processes; CPU is the server's own.
 *
 *   node --import tsx bench/agi-sessions.ts
 *
 * Method: three servers at once, measured in turns so that a busy machine hits all alike; 24 environment
 * lines, then GET VARIABLE, SET VARIABLE, SET PRIORITY (the door: two commands more). Medians of the rounds.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { environmentBlock } from '../test/support/fake-asterisk.js';
import type { TargetUsage } from './support/agi-target.js';

export interface BenchResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline?: number;
  readonly note?: string;
}

const warmUpSessions = 1_000;
const roundSessions = 1_000;
const rounds = 3;
const parallel = 24;
const idleSessions = 2_000;
const environment = environmentBlock({ script: 'bench', args: ['container1---8199', 'second'] });

interface Target {
  readonly process: ChildProcess;
  readonly port: number;
}

interface Round {
  readonly cpuMs: number;
  readonly perSecond: number;
}

async function startTarget(name: string, mode: 'busy' | 'idle'): Promise<Target> {
  const file = fileURLToPath(new URL('./support/agi-target.ts', import.meta.url));
  const child = fork(file, [name, mode], { execArgv: ['--import', 'tsx', '--expose-gc'] });
  const [port] = (await once(child, 'message')) as [number];
  return { process: child, port };
}

async function usageOf(target: Target): Promise<TargetUsage> {
  target.process.send('usage');
  const [usage] = (await once(target.process, 'message')) as [TargetUsage];
  return usage;
}

async function stopTarget(target: Target): Promise<void> {
  const exited = once(target.process, 'exit');
  target.process.disconnect();
  await exited;
}

/** One session from the Asterisk side; every command succeeds. */
function oneSession(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('data', (data) => {
      const isRead = data[0] === 0x47; // GET
      socket.write(isRead ? '200 result=1 (SALES)\n' : '200 result=1\n');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.write(environment);
  });
}

async function manySessions(port: number, count: number): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await oneSession(port);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

async function round(target: Target): Promise<Round> {
  const before = await usageOf(target);
  const startedAtMs = performance.now();
  await manySessions(target.port, roundSessions);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const after = await usageOf(target);
  return { cpuMs: (after.cpuMs - before.cpuMs) / roundSessions, perSecond: roundSessions / seconds };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

async function measureSessions(names: readonly string[]): Promise<Record<string, Round>> {
  const targets = await Promise.all(names.map((name) => startTarget(name, 'busy')));
  const measured = names.map((): Round[] => []);
  for (const target of targets) await manySessions(target.port, warmUpSessions);
  for (let n = 0; n < rounds; n++) {
    for (const [index, target] of targets.entries()) measured[index]?.push(await round(target));
  }
  await Promise.all(targets.map(stopTarget));
  const summary = (rows: readonly Round[]): Round => ({
    cpuMs: median(rows.map((r) => r.cpuMs)),
    perSecond: median(rows.map((r) => r.perSecond)),
  });
  return Object.fromEntries(names.map((name, index) => [name, summary(measured[index] ?? [])]));
}

/** Bytes per idle session: heap and resident, each over an empty server that has served some calls. */
async function measureIdle(name: string): Promise<{ heap: number; rss: number }> {
  const target = await startTarget(name, 'idle');
  const warm = await openIdle(target.port, 200);
  await closeAll(warm);
  const before = await usageOf(target);
  const sockets = await openIdle(target.port, idleSessions);
  const during = await usageOf(target);
  await closeAll(sockets);
  await stopTarget(target);
  return { heap: (during.heapBytes - before.heapBytes) / idleSessions, rss: (during.rssBytes - before.rssBytes) / idleSessions };
}

/** Sessions whose application waits for the caller: one command answered, then silence. */
async function openIdle(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(parallel, count - sockets.length) }, () => oneIdle(port));
    sockets.push(...(await Promise.all(batch)));
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  return sockets;
}

async function oneIdle(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => socket.destroy());
  socket.write(environment);
  await once(socket, 'data');
  socket.write('200 result=1 (SALES)\n');
  return socket;
}

async function closeAll(sockets: readonly Socket[]): Promise<void> {
  const closed = sockets.map((socket) => once(socket, 'close'));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
  await new Promise((resolve) => setTimeout(resolve, 200));
}

export async function agiSessions(): Promise<BenchResult[]> {
  const { 'bare ding-dong': bare, session, door } = await measureSessions(['bare ding-dong', 'session', 'door']);
  if (!bare || !session || !door) throw new Error('a target was not measured');
  const idleBare = await measureIdle('bare ding-dong');
  const idleDoor = await measureIdle('door');
  const note = `baseline: bare ding-dong, same run, ${parallel} in parallel`;
  return [
    { name: 'FastAGI session, 3 commands: CPU', value: session.cpuMs, unit: 'ms', baseline: bare.cpuMs, note },
    { name: 'FastAGI session, 3 commands: rate', value: session.perSecond, unit: 'sessions/s', baseline: bare.perSecond, note },
    { name: 'FastAGI door, 5 commands: CPU', value: door.cpuMs, unit: 'ms', baseline: bare.cpuMs, note: `${note}, 3 commands` },
    {
      name: 'FastAGI door, 5 commands: rate',
      value: door.perSecond,
      unit: 'sessions/s',
      baseline: bare.perSecond,
      note: `${note}, 3 commands`,
    },
    {
      name: 'FastAGI idle session: heap',
      value: idleDoor.heap / 1_000,
      unit: 'kB',
      baseline: idleBare.heap / 1_000,
      note: `${idleSessions} sessions`,
    },
    {
      name: 'FastAGI idle session: resident',
      value: idleDoor.rss / 1_000,
      unit: 'kB',
      baseline: idleBare.rss / 1_000,
      note: `${idleSessions} sessions`,
    },
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const row of await agiSessions()) {
    const baseline = row.baseline === undefined ? '' : ` (baseline ${row.baseline.toFixed(2)})`;
    console.log(`${row.name}: ${row.value.toFixed(2)} ${row.unit}${baseline}; ${row.note ?? ''}`);
  }
}
