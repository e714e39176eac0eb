/**
 * Many sessions on servers of other processes: rate and CPU of those that come and go, memory of those that
 * wait. The servers are measured in turns, so that a busy machine hits all alike.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { median } from './figure.js';
import type { TargetUsage } from './target.js';

export interface SessionLoad {
  /** runs `runTarget` */
  readonly targetFile: URL;
  /** one session from dial to close */
  readonly session: (port: number) => Promise<void>;
  /** resolves when the application waits */
  readonly idleSession: (port: number) => Promise<Socket>;
  /** sessions at a time */
  readonly parallel: number;
  readonly warmUpSessions: number;
  readonly roundSessions: number;
  readonly idleSessions: number;
}

export interface SessionRate {
  /** of the server process, per session */
  readonly cpuMs: number;
  readonly perSecond: number;
}

export interface Target {
  readonly process: ChildProcess;
  readonly port: number;
}

const rounds = 3;
const warmIdleSessions = 200;
const settleMs = 300;

export async function startTarget(load: Pick<SessionLoad, 'targetFile'>, name: string, mode: 'busy' | 'idle'): Promise<Target> {
  const child = fork(load.targetFile, [name, mode], { execArgv: ['--import', 'tsx', '--expose-gc', '--no-deprecation'] });
  const [port] = (await once(child, 'message')) as [number];
  return { process: child, port };
}

export async function usageOf(target: Target): Promise<TargetUsage> {
  target.process.send('usage');
  const [usage] = (await once(target.process, 'message')) as [TargetUsage];
  return usage;
}

export async function stopTarget(target: Target): Promise<void> {
  const exited = once(target.process, 'exit');
  target.process.disconnect();
  await exited;
}

async function manySessions(load: SessionLoad, port: number, count: number): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await load.session(port);
  };
  await Promise.all(Array.from({ length: load.parallel }, worker));
}

async function round(load: SessionLoad, target: Target): Promise<SessionRate> {
  const before = await usageOf(target);
  const startedMs = performance.now();
  await manySessions(load, target.port, load.roundSessions);
  const seconds = (performance.now() - startedMs) / 1_000;
  const after = await usageOf(target);
  return { cpuMs: (after.cpuMs - before.cpuMs) / load.roundSessions, perSecond: load.roundSessions / seconds };
}

/** Medians of the rounds, by name of the target. */
export async function measureSessions<Name extends string>(load: SessionLoad, names: readonly Name[]): Promise<Record<Name, SessionRate>> {
  const targets = await Promise.all(
    names.map(async (name) => ({ name, target: await startTarget(load, name, 'busy'), rows: [] as SessionRate[] })),
  );
  for (const { target } of targets) await manySessions(load, target.port, load.warmUpSessions);
  for (let n = 0; n < rounds; n++) {
    for (const { target, rows } of targets) rows.push(await round(load, target));
  }
  await Promise.all(targets.map(({ target }) => stopTarget(target)));
  const medians = targets.map(({ name, rows }): [Name, SessionRate] => [
    name,
    { cpuMs: median(rows.map((row) => row.cpuMs)), perSecond: median(rows.map((row) => row.perSecond)) },
  ]);
  return Object.fromEntries(medians) as Record<Name, SessionRate>;
}

/** kB per idle session, heap and resident, over an empty server that has served some calls; and the whole process with them, MB. */
export async function measureIdle(
  load: Pick<SessionLoad, 'targetFile' | 'idleSession' | 'parallel' | 'idleSessions'>,
  name: string,
): Promise<{ heapKb: number; rssKb: number; wholeMb: number }> {
  const target = await startTarget(load, name, 'idle');
  await closeAll(await openIdle(load, target.port, warmIdleSessions));
  const before = await usageOf(target);
  const sockets = await openIdle(load, target.port, load.idleSessions);
  const during = await usageOf(target);
  await closeAll(sockets);
  await stopTarget(target);
  const kbEach = (bytes: number) => bytes / load.idleSessions / 1_000;
  return {
    heapKb: kbEach(during.heapBytes - before.heapBytes),
    rssKb: kbEach(during.rssBytes - before.rssBytes),
    wholeMb: during.rssBytes / 1_000_000,
  };
}

async function openIdle(load: Pick<SessionLoad, 'idleSession' | 'parallel'>, port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const length = Math.min(load.parallel, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length }, () => load.idleSession(port)))));
  }
  await settled();
  return sockets;
}

async function closeAll(sockets: readonly Socket[]): Promise<void> {
  const closed = sockets.map((socket) => once(socket, 'close'));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
  await settled();
}

const settled = () => new Promise((resolve) => setTimeout(resolve, settleMs));
