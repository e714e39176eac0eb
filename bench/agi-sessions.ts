/**
 * New FastAGI sessions: per second and CPU per session, and memory of idle ones, beside bare ding-dong
 * in the same run. Server and client are separate processes; CPU is the server's own.
 *
 *   npm run bench agi-sessions
 *
 * Method: three servers at once, measured in turns so that a busy machine hits all alike; 24 environment
 * lines, then GET VARIABLE, SET VARIABLE, SET PRIORITY (the door: two commands more). Medians of the rounds.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { environmentBlock } from '../test/support/fake-asterisk.js';
import type { Figure } from './support/figure.js';
import { measureIdle, measureSessions } from './support/session-load.js';
import type { SessionLoad } from './support/session-load.js';

const environment = environmentBlock({ script: 'bench', args: ['container1---8199', 'second'] });

const load: SessionLoad = {
  targetFile: new URL('./support/agi-target.ts', import.meta.url),
  session: oneSession,
  idleSession,
  parallel: 24,
  warmUpSessions: 1_000,
  roundSessions: 1_000,
  idleSessions: 2_000,
};

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

/** A session whose application waits for the caller: one command answered, then silence. */
async function idleSession(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => socket.destroy());
  socket.write(environment);
  await once(socket, 'data');
  socket.write('200 result=1 (SALES)\n');
  return socket;
}

export async function agiSessions(): Promise<Figure[]> {
  const { 'bare ding-dong': bare, session, door } = await measureSessions(load, ['bare ding-dong', 'session', 'door']);
  const idleBare = await measureIdle(load, 'bare ding-dong');
  const idleDoor = await measureIdle(load, 'door');
  const note = `baseline: bare ding-dong, same run, ${load.parallel} in parallel`;
  const doorNote = `${note}, 3 commands`;
  const idleNote = `${load.idleSessions} sessions`;
  return [
    { name: 'FastAGI session, 3 commands: CPU', value: session.cpuMs, unit: 'ms', baseline: bare.cpuMs, note },
    { name: 'FastAGI session, 3 commands: rate', value: session.perSecond, unit: 'sessions/s', baseline: bare.perSecond, note },
    { name: 'FastAGI door, 5 commands: CPU', value: door.cpuMs, unit: 'ms', baseline: bare.cpuMs, note: doorNote },
    { name: 'FastAGI door, 5 commands: rate', value: door.perSecond, unit: 'sessions/s', baseline: bare.perSecond, note: doorNote },
    { name: 'FastAGI idle session: heap', value: idleDoor.heapKb, unit: 'kB', baseline: idleBare.heapKb, note: idleNote },
    { name: 'FastAGI idle session: resident', value: idleDoor.rssKb, unit: 'kB', baseline: idleBare.rssKb, note: idleNote },
  ];
}
