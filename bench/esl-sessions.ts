/**
 * New FreeSWITCH outbound sessions: per second and CPU per session, and memory of idle ones, beside the bare
 * library's server in the same run. Server and client are separate processes; CPU is the server's own.
 *
 *   node --import tsx bench/esl-sessions.ts
 *
 * Method: both servers at once, measured in turns so that a busy machine hits both alike. Per session a reply
 * to `connect` with 130 variables, then two executes with completions of 6 kB. Ours has one command more: it
 * cancels the dialplan's guard. Medians of the rounds.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cannedSession, dialCanned, sessionShape } from './support/canned-freeswitch.js';
import type { EslUsage } from './support/esl-target.js';

export interface BenchResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline?: number;
  readonly note?: string;
}

type TargetName = 'door' | 'bare';

const warmUpSessions = 600;
const roundSessions = 600;
const rounds = 3;
const parallel = 16;
const idleSessions = 1_000;

interface Target {
  readonly process: ChildProcess;
  readonly port: number;
}

interface Round {
  readonly cpuMs: number;
  readonly perSecond: number;
}

async function startTarget(name: TargetName, mode: 'busy' | 'idle'): Promise<Target> {
  const file = fileURLToPath(new URL('./support/esl-target.ts', import.meta.url));
  const child = fork(file, [name, mode], { execArgv: ['--import', 'tsx', '--expose-gc', '--no-deprecation'] });
  const [port] = (await once(child, 'message')) as [number];
  return { process: child, port };
}

async function usageOf(target: Target): Promise<EslUsage> {
  target.process.send('usage');
  const [usage] = (await once(target.process, 'message')) as [EslUsage];
  return usage;
}

async function stopTarget(target: Target): Promise<void> {
  const exited = once(target.process, 'exit');
  target.process.disconnect();
  await exited;
}

async function manySessions(port: number, count: number): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await cannedSession(port);
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

const summary = (rows: readonly Round[]): Round => ({
  cpuMs: median(rows.map((row) => row.cpuMs)),
  perSecond: median(rows.map((row) => row.perSecond)),
});

async function measureSessions(): Promise<Record<TargetName, Round>> {
  const [door, bare] = await Promise.all([startTarget('door', 'busy'), startTarget('bare', 'busy')]);
  const rows = { door: [] as Round[], bare: [] as Round[] };
  for (const target of [door, bare]) await manySessions(target.port, warmUpSessions);
  for (let n = 0; n < rounds; n++) {
    rows.door.push(await round(door));
    rows.bare.push(await round(bare));
  }
  await Promise.all([door, bare].map(stopTarget));
  return { door: summary(rows.door), bare: summary(rows.bare) };
}

/** Bytes per idle session, over an empty server that has served some calls. */
async function measureIdle(name: TargetName): Promise<{ heap: number; rss: number }> {
  const target = await startTarget(name, 'idle');
  await closeAll(await openIdle(target.port, 200));
  const before = await usageOf(target);
  const sockets = await openIdle(target.port, idleSessions);
  const during = await usageOf(target);
  await closeAll(sockets);
  await stopTarget(target);
  return { heap: (during.heapBytes - before.heapBytes) / idleSessions, rss: (during.rssBytes - before.rssBytes) / idleSessions };
}

/** Sessions whose application waits for the caller. */
async function openIdle(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(parallel, count - sockets.length) }, () => dialCanned(port));
    await Promise.all(batch.map((socket) => once(socket, 'data')));
    sockets.push(...batch);
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  return sockets;
}

async function closeAll(sockets: readonly Socket[]): Promise<void> {
  const closed = sockets.map((socket) => once(socket, 'close'));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
  await new Promise((resolve) => setTimeout(resolve, 300));
}

export async function eslSessions(): Promise<BenchResult[]> {
  const { door, bare } = await measureSessions();
  const idleDoor = await measureIdle('door');
  const idleBare = await measureIdle('bare');
  const { channelDataBytes, completionBytes } = sessionShape;
  const note = `baseline: bare library, without our command that cancels the guard; ${channelDataBytes} B channel data, ${completionBytes} B per completion, ${parallel} in parallel`;
  const idleNote = `${idleSessions} sessions; baseline: bare library`;
  return [
    { name: 'ESL session: CPU', value: door.cpuMs, unit: 'ms', baseline: bare.cpuMs, note },
    { name: 'ESL session: rate', value: door.perSecond, unit: 'sessions/s', baseline: bare.perSecond, note },
    { name: 'ESL idle session: heap', value: idleDoor.heap / 1_000, unit: 'kB', baseline: idleBare.heap / 1_000, note: idleNote },
    { name: 'ESL idle session: resident', value: idleDoor.rss / 1_000, unit: 'kB', baseline: idleBare.rss / 1_000, note: idleNote },
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const row of await eslSessions()) {
    const baseline = row.baseline === undefined ? '' : ` (baseline ${row.baseline.toFixed(2)})`;
    console.log(`${row.name}: ${row.value.toFixed(2)} ${row.unit}${baseline}; ${row.note ?? ''}`);
  }
}
