/**
 * A process of its own that plays the manager: greets, accepts any login, answers what a link asks at its
 * start, and sends events when told to (`Action: UserEvent`, header `Count`). Being apart, it costs the
 * measured process nothing. Prints its port.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** 17 fields, 364 bytes: the size of a usual channel event. */
export const sampleEvent =
  'Event: Newstate\r\nPrivilege: call,all\r\nChannel: PJSIP/1010-00000075\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: 1010\r\n' +
  'CallerIDName: Phone 1010\r\nConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\nLanguage: en\r\nAccountCode: 8199\r\n' +
  'Context: from-phones\r\nExten: echo\r\nPriority: 1\r\nUniqueid: 1795288855.307\r\nLinkedid: 1795288855.307\r\nSystemName: west\r\n\r\n';

const eventsPerWrite = 100;

function answer(socket: Socket, block: string): void {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(block)?.[1] ?? '';
  const action = field('Action').toLowerCase();
  socket.write(`Response: Success\r\nActionID: ${field('ActionID')}\r\n\r\n`);
  if (action.endsWith('list') || action.endsWith('status') || action.endsWith('channels')) {
    socket.write(`Event: ${action}Complete\r\nActionID: ${field('ActionID')}\r\nEventList: Complete\r\n\r\n`);
  }
  if (action === 'userevent') void send(socket, Number(field('Count')));
}

async function send(socket: Socket, count: number): Promise<void> {
  const batch = Buffer.from(sampleEvent.repeat(eventsPerWrite));
  for (let sent = 0; sent < count; sent += eventsPerWrite) {
    if (!socket.write(batch)) await new Promise((resolve) => socket.once('drain', resolve));
  }
}

if (process.argv[2] === 'serve') {
  const server = createServer({ noDelay: true }, (socket) => {
    let rest = '';
    socket.on('error', () => socket.destroy());
    socket.setEncoding('utf8').on('data', (text: string) => {
      const blocks = (rest + text).split('\r\n\r\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) answer(socket, block);
    });
    socket.write('Asterisk Call Manager/11.0.0\r\n');
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${String((server.address() as AddressInfo).port)}\n`));
  // The end of the measuring process closes this pipe.
  process.stdin.resume().on('end', () => process.exit(0));
}
