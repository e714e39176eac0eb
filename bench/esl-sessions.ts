/**
 * New FreeSWITCH outbound sessions: per second and CPU per session, and memory of idle ones, beside the bare
 * library's server in the same run. Server and client are separate processes; CPU is the server's own.
 *
 *   npm run bench esl-sessions
 *
 * Method: both servers at once, measured in turns so that a busy machine hits both alike. Per session a reply
 * to `connect` with 130 variables, then two executes with completions of 6 kB. Ours has one command more: it
 * cancels the dialplan's guard. A second kind of session sets one variable and leaves, as a lookup does. Medians of the rounds.
 */
import { once } from 'node:events';
import { cannedSession, dialCanned, sessionShape } from './support/canned-freeswitch.js';
import type { Figure } from './support/figure.js';
import { measureIdle, measureSessions } from './support/session-load.js';
import type { SessionLoad } from './support/session-load.js';

const load: SessionLoad = {
  targetFile: new URL('./support/esl-target.ts', import.meta.url),
  session: cannedSession,
  async idleSession(port) {
    const socket = dialCanned(port);
    await once(socket, 'data');
    return socket;
  },
  parallel: 16,
  warmUpSessions: 600,
  roundSessions: 600,
  idleSessions: 1_000,
};

export async function eslSessions(): Promise<Figure[]> {
  const { door, short, bare } = await measureSessions(load, ['door', 'short', 'bare']);
  const idleDoor = await measureIdle(load, 'door');
  const idleBare = await measureIdle(load, 'bare');
  const { channelDataBytes, completionBytes } = sessionShape;
  const note = `baseline: bare library, without our command that cancels the guard; ${channelDataBytes} B channel data, ${completionBytes} B per completion, ${load.parallel} in parallel`;
  const idleNote = `${load.idleSessions} sessions; baseline: bare library`;
  return [
    { name: 'ESL session: CPU', value: door.cpuMs, unit: 'ms', baseline: bare.cpuMs, note },
    { name: 'ESL session: rate', value: door.perSecond, unit: 'sessions/s', baseline: bare.perSecond, note },
    { name: 'ESL new session, one variable set: CPU', value: short.cpuMs, unit: 'ms' },
    { name: 'ESL new session, one variable set: rate', value: short.perSecond, unit: 'sessions/s' },
    { name: 'ESL idle session: heap', value: idleDoor.heapKb, unit: 'kB', baseline: idleBare.heapKb, note: idleNote },
    { name: 'ESL idle session: resident', value: idleDoor.rssKb, unit: 'kB', baseline: idleBare.rssKb, note: idleNote },
  ];
}
