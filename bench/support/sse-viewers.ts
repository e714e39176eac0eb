/**
 * Pages that listen to `/api/v1/events`, in a process of their own. The parent sends `{ port, count }` and is told when all
 * are connected; then `report` gives what each saw since the last one: numbers missing or out of order, and the delays of
 * events that carry the moment of their making as `"cause":"<monotonic ms>"`.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { spreadOf, type Spread } from './figure.js';
import { monoMs } from './metronome.js';

export interface ViewersReport {
  readonly delay: Spread;
  /** events that came, over all viewers */
  readonly events: number;
  /** numbers that did not follow the one before */
  readonly gaps: number;
  /** number that the slowest has reached */
  readonly slowest: number;
}

export interface Viewers {
  report(): Promise<ViewersReport>;
  stop(): Promise<void>;
}

type Order = { readonly port: number; readonly count: number } | 'report';

export async function startViewers(port: number, count: number): Promise<Viewers> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), ['view'], { execArgv: ['--import', 'tsx'] });
  const ask = async (order: Order): Promise<unknown> => {
    const answered = once(child, 'message');
    child.send(order);
    return (await answered)[0] as unknown;
  };
  await ask({ port, count });
  return {
    report: async () => (await ask('report')) as ViewersReport,
    async stop() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

class View {
  readonly #delays: number[] = [];
  readonly #lasts: number[] = [];
  #events = 0;
  #gaps = 0;

  connect(port: number, index: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = get({ port, host: '127.0.0.1', path: '/api/v1/events', agent: false }, (response) => {
        let rest = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          const blocks = (rest + text).split('\n\n');
          rest = blocks.pop() ?? '';
          const nowMs = monoMs();
          for (const block of blocks) this.#take(block, index, nowMs);
        });
        response.once('data', () => resolve());
      });
      request.on('error', reject);
    });
  }

  #take(block: string, index: number, nowMs: number): void {
    const at = block.indexOf('\ndata: {"seq":');
    if (at < 0) return;
    const seq = Number.parseInt(block.slice(at + 14, at + 30), 10);
    const last = this.#lasts[index];
    if (last !== undefined && seq !== last + 1) this.#gaps++;
    this.#lasts[index] = seq;
    this.#events++;
    const cause = block.indexOf('"cause":"');
    if (cause >= 0) this.#delays.push(nowMs - Number.parseFloat(block.slice(cause + 9, cause + 40)));
  }

  report(): ViewersReport {
    const report = { delay: spreadOf(this.#delays), events: this.#events, gaps: this.#gaps, slowest: Math.min(...this.#lasts) };
    this.#delays.length = 0;
    this.#events = 0;
    return report;
  }
}

if (process.argv[2] === 'view') {
  const view = new View();
  process.on('message', (order: Order) => {
    if (order === 'report') process.send?.(view.report());
    else
      void Promise.all(Array.from({ length: order.count }, (_, index) => view.connect(order.port, index))).then(() =>
        process.send?.('ready'),
      );
  });
  process.on('disconnect', () => process.exit(0)); // the measuring side is gone
}
