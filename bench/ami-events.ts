/**
 * How many manager events one core can follow: our link beside the bare asterisk-manager library, in
 * turns, on the same machine, with the sender in another process. CPU time of this process only.
 *
 *   npm run bench ami-events
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import AMI from 'asterisk-manager';
import { createAmiLink } from '../sidecar/ami.js';
import { sampleEvent } from './support/ami-sender.js';
import { median } from './support/figure.js';
import type { Figure } from './support/figure.js';

const eventsPerRun = 30_000;
const runs = 3;
const login = { user: 'bench', secret: 'bench-secret' };
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const unmetered = { count: () => undefined, observe: () => undefined, set: () => undefined };

/** Events per second of CPU time: `ask` starts the stream, `counted` resolves when all have come. */
async function perCore(ask: () => void, counted: Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  ask();
  await counted;
  const { user, system } = process.cpuUsage(before);
  return eventsPerRun / ((user + system) / 1e6);
}

/** Resolves after `eventsPerRun` calls of the function given to `listen`. */
function countdown(listen: (count: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    let left = eventsPerRun;
    listen(() => {
      if (--left === 0) resolve();
    });
  });
}

async function runLink(port: number): Promise<number> {
  const link = createAmiLink({ name: 'bench', host: '127.0.0.1', port, ...login }, { log: silent, meter: unmetered });
  link.start();
  await link.waitUp(5_000);
  const counted = countdown((count) => link.on('Newstate', count));
  const rate = await perCore(
    () => void link.action({ Action: 'UserEvent', UserEvent: 'go', Count: eventsPerRun }, { timeoutMs: 20_000 }),
    counted,
  );
  link.stop();
  return rate;
}

async function runBareLibrary(port: number): Promise<number> {
  const manager = AMI(undefined, undefined, login.user, login.secret, true);
  const socket = new AbortController();
  await new Promise<void>((resolve) => {
    manager.connect({ port, host: '127.0.0.1', signal: socket.signal }, undefined, () => manager.login(() => resolve()));
  });
  const counted = countdown((count) => manager.on('newstate', count));
  const rate = await perCore(
    () => void manager.action({ action: 'UserEvent', userevent: 'go', count: eventsPerRun }, () => undefined),
    counted,
  );
  manager.removeAllListeners();
  manager.on('error', () => undefined); // the abort is reported there
  socket.abort();
  return rate;
}

async function startSender(): Promise<{ sender: ChildProcess; port: number }> {
  const file = new URL('./support/ami-sender.ts', import.meta.url).pathname;
  const sender = spawn(process.execPath, ['--import', 'tsx', file, 'serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(sender.stdout, 'data')) as [Buffer];
  return { sender, port: Number(line.toString()) };
}

export async function amiEvents(): Promise<Figure[]> {
  const { sender, port } = await startSender();
  const ours: number[] = [];
  const theirs: number[] = [];
  try {
    for (let run = 0; run <= runs; run++) {
      const [link, library] = [await runLink(port), await runBareLibrary(port)];
      if (run === 0) continue; // warming up
      ours.push(link);
      theirs.push(library);
    }
  } finally {
    sender.stdin?.end();
    await once(sender, 'exit');
  }
  const fields = sampleEvent.trim().split('\r\n').length;
  return [
    {
      name: 'manager events per core',
      value: Math.round(median(ours)),
      unit: 'events/s',
      baseline: Math.round(median(theirs)),
      note: `${fields} fields, ${sampleEvent.length} bytes; baseline: asterisk-manager 0.2.0 alone`,
    },
  ];
}
