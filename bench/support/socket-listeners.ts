/**
 * Clients of an event socket, in a process of their own. The parent sends `{ port, count }` and is told when all listen; then
 * `report` gives what came since the last one: events, numbers out of order, and delays of events with `Made-Ms`.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { spreadOf, type Spread } from './figure.js';
import { monoMs } from './metronome.js';

export interface ListenersReport {
  readonly delay: Spread;
  /** over all clients */
  readonly events: number;
  /** numbers that did not follow the one before */
  readonly gaps: number;
}

export const benchPassword = 'bench-password';

export async function startListeners(port: number, count: number) {
  const child = fork(fileURLToPath(import.meta.url), ['listen'], { execArgv: ['--import', 'tsx'] });
  const ask = async (order: object | string): Promise<unknown> => {
    const answered = once(child, 'message');
    child.send(order);
    return (await answered)[0] as unknown;
  };
  await ask({ port, count });
  return {
    report: async () => (await ask('report')) as ListenersReport,
    async stop() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

function listen(): void {
  let [delays, events, gaps]: [number[], number, number] = [[], 0, 0];
  function open(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      let rest = '';
      let last = 0;
      socket.write(`auth ${benchPassword}\n\nevent plain CUSTOM bench::event\n\n`);
      socket.on('error', reject);
      socket.setEncoding('latin1').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        const nowMs = monoMs();
        for (const line of lines) {
          if (line.includes('listener enabled')) resolve();
          if (line.startsWith('Made-Ms: ')) delays.push(nowMs - Number(line.slice(9)));
          if (!line.startsWith('Number: ')) continue;
          const number = Number(line.slice(8));
          if (last !== 0 && number !== last + 1) gaps++;
          last = number;
          events++;
        }
      });
    });
  }
  process.on('message', (order: { readonly port: number; readonly count: number } | 'report') => {
    if (order === 'report') {
      process.send?.({ delay: spreadOf(delays), events, gaps } satisfies ListenersReport);
      [delays, events, gaps] = [[], 0, 0];
    } else void Promise.all(Array.from({ length: order.count }, () => open(order.port))).then(() => process.send?.('open'));
  });
  process.on('disconnect', () => process.exit());
}

if (process.argv[2] === 'listen') listen();
