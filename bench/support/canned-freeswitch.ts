/** A FreeSWITCH of prepared bytes for load: as little work per session as possible on the measuring side. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

const recorded = readFileSync(new URL('../../test/fixtures/esl/transcripts/out-async-full-basic.txt', import.meta.url), 'latin1');
const start = recorded.indexOf('Event-Name: CHANNEL_DATA');
const lines = recorded.slice(start, recorded.indexOf('\n\n', start)).split('\n');
const marker = '00000000-0000-0000-0000-00000000mark';

/** The recorded reply to `connect` of a SIP call, about 130 headers and 6.5 kB, with our application named. */
const channelData = Buffer.from([...lines.slice(0, -4), 'variable_tandem_app: bench', ...lines.slice(-4)].join('\n') + '\n\n', 'latin1');

/** A completion with all variables, about 6 kB of JSON. */
function completion(): [string, string] {
  const headers: Record<string, string> = {};
  for (const line of lines.slice(0, -4)) {
    const colon = line.indexOf(': ');
    headers[line.slice(0, colon)] = decodeURIComponent(line.slice(colon + 2));
  }
  const body = JSON.stringify({
    ...headers,
    'Event-Name': 'CHANNEL_EXECUTE_COMPLETE',
    Application: 'playback',
    'Application-Response': 'FILE PLAYED',
    'Application-UUID': marker,
  });
  const [before = '', after = ''] = `Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-json\n\n${body}`.split(marker);
  return [before, after];
}

const [before, after] = completion();
const ok = 'Content-Type: command/reply\nReply-Text: +OK\n\n';
const bye = 'Content-Type: text/disconnect-notice\nContent-Disposition: disconnect\nContent-Length: 0\n\n';

export const sessionShape = { channelDataBytes: channelData.length, completionBytes: before.length + after.length + marker.length };

function answer(socket: Socket, command: string): void {
  if (command === 'connect') {
    socket.write(channelData);
  } else if (command === 'exit') {
    socket.end(ok + bye);
  } else if (command.startsWith('sendmsg')) {
    const at = command.indexOf('Event-UUID: ') + 12;
    socket.write(`${ok}${before}${command.slice(at, at + 36)}${after}`);
  } else if (command.startsWith('api')) {
    socket.write('Content-Type: api/response\nContent-Length: 15\n\n+OK Deleted: 1\n');
  } else {
    socket.write(ok);
  }
}

/** Dials; every command succeeds at once. */
export function dialCanned(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    const commands = (rest + text).split('\n\n');
    rest = commands.pop() ?? '';
    for (const command of commands) answer(socket, command);
  });
  return socket;
}

/** One session from dial to close. */
export function cannedSession(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = dialCanned(port);
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
}
