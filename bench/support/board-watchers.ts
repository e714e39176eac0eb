/** A process of its own that watches the board over many connections, as browsers do, and counts what it gets. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';

export interface Watched {
  readonly viewers: number;
  /** messages of all viewers together */
  readonly messages: number;
  readonly bytes: number;
}

export interface Watchers {
  count(): Promise<Watched>;
  stop(): Promise<void>;
}

/** Resolves when every one of them has its snapshot. */
export async function startWatchers(url: string, viewers: number): Promise<Watchers> {
  const child = fork(fileURLToPath(import.meta.url), ['watch', url, String(viewers)], { execArgv: ['--import', 'tsx'] });
  const answer = async (): Promise<Watched> => {
    const [told] = (await once(child, 'message')) as [Watched];
    return told;
  };
  await answer();
  return {
    count() {
      const told = answer();
      child.send('count');
      return told;
    },
    async stop() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

function watch(url: string, viewers: number): void {
  let [messages, bytes, greeted] = [0, 0, 0];
  const read = (response: IncomingMessage): void => {
    let isGreeted = false;
    response.on('data', (piece: Buffer) => {
      bytes += piece.length;
      messages += piece.toString('latin1').split('event: ').length - 1;
      if (!isGreeted && messages > 0) {
        isGreeted = true;
        if (++greeted === viewers) process.send?.({ viewers, messages, bytes });
      }
    });
  };
  for (let i = 0; i < viewers; i++) get(url, read).on('error', () => process.exit(1));
  process.on('message', () => process.send?.({ viewers: greeted, messages, bytes }));
  process.on('disconnect', () => process.exit(0));
}

const [, , role, url = '', viewers = '0'] = process.argv;
if (role === 'watch') watch(url, Number(viewers));
