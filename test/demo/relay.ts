/** A TCP relay that shows what passes: stands between two parts of the demonstration, changes nothing. */
import { connect, createServer, type Socket } from 'node:net';

export interface Relay {
  readonly port: number;
  /** where connections go on to; set before the first one comes */
  target: number;
  stop(): Promise<void>;
}

/** `see` gets each line with its direction: true = from the one who connected. */
export async function startRelay(see: (line: string, fromClient: boolean) => void): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const far = connect(relay.target, '127.0.0.1');
    join(client, far, (line) => see(line, true));
    join(far, client, (line) => see(line, false));
  });

  function join(from: Socket, to: Socket, take: (line: string) => void): void {
    sockets.add(from);
    from.setNoDelay(true);
    let rest = '';
    from.on('data', (data) => {
      const lines = (rest + data.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line.replace(/\r$/, ''));
      to.write(data);
    });
    from.on('end', () => {
      if (rest !== '') take(rest);
      to.end();
    });
    from.on('error', () => to.destroy());
    from.on('close', () => sockets.delete(from));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const relay: Relay = {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    target: 0,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return relay;
}
