/**
 * What 200 viewers of the live board cost the decisions: from the news to the ring order, with nobody watching and with
 * 200 connections to the stream, by turns in the same run.
 *
 *   npm run bench board-viewers
 *
 * Method: docs/benchmarks.md, "Live board".
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { noToday } from '../core/board/no-today.js';
import { createLiveBoard } from '../core/services/live-board.js';
import { boardFrame, createBoardRoutes } from '../sidecar/routes/board.js';
import { systemTimers } from '../sidecar/timers.js';
import { silentLog } from '../test/support/observers.js';
import { startWatchers } from './support/board-watchers.js';
import { spreadOf, type Figure, type Spread } from './support/figure.js';
import { startMetronome } from './support/metronome.js';
import { QueueLatency } from './support/queue-latency-run.js';

const viewers = 200;
const backlog = 1_000;
const rounds = 4;
const joinsPerRound = 500;

/** The stream as the product serves it, without the question who asks. */
async function serveBoard(engine: QueueLatency['engine']) {
  const after = (delayMs: number, run: () => void) => systemTimers.after(delayMs, run);
  const nowMs = (): number => systemTimers.nowMs();
  const looksMs: number[] = [];
  const timed = (run: () => void) => (): void => {
    const startMs = performance.now();
    run();
    looksMs.push(performance.now() - startMs);
  };
  const board = createLiveBoard({
    engine,
    today: noToday,
    frame: boardFrame,
    nowMs,
    after: (delayMs, work) => after(delayMs, timed(work)),
  });
  const tools = {
    engine: engine as never,
    board,
    log: silentLog,
    nowMs,
    after,
    permit: () => Promise.resolve({ user: 'bench', queues: undefined }),
  };
  const app = express();
  app.use(createBoardRoutes(tools));
  const server = createServer((req, res) => void app(req, res)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/board/stream`,
    board,
    looksMs,
    close: () => (server.closeAllConnections(), server.close()),
  };
}

const rows = (name: string, spread: Spread, baseline?: Spread): Figure[] =>
  (['p50', 'p99', 'max'] as const).map((which) => ({
    name: `join → ring order, ${backlog.toLocaleString('en')} waiting, ${name}: ${which}`,
    value: spread[which],
    unit: 'ms',
    ...(baseline && { baseline: baseline[which], note: 'baseline: nobody watches, same run' }),
  }));

/** One after the other by turns, so that a slow moment of the machine meets both. */
export async function boardViewers(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
  const metronome = startMetronome();
  const run = await QueueLatency.open(`sqlite:${join(dir, 'board.db')}`, backlog, metronome);
  const served = await serveBoard(run.engine);
  const samples: { readonly alone: number[]; readonly watched: number[] } = { alone: [], watched: [] };
  let [messages, bytes] = [0, 0];
  try {
    for (let round = 0; round < rounds; round++) {
      samples.alone.push(...(await run.joinSamples(joinsPerRound)));
      const watchers = await startWatchers(served.url, viewers);
      samples.watched.push(...(await run.joinSamples(joinsPerRound)));
      const told = await watchers.count();
      [messages, bytes] = [messages + told.messages, bytes + told.bytes];
      await watchers.stop();
      while (served.board.viewers() > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    served.close();
    await metronome.stop();
    await run.close();
    await rm(dir, { recursive: true, force: true });
  }
  const alone = spreadOf(samples.alone);
  return [
    ...rows('nobody watches', alone),
    ...rows(`${String(viewers)} viewers`, spreadOf(samples.watched), alone),
    ...(['p50', 'p99', 'max'] as const).map((which) => ({
      name: `one turn of the board with ${String(viewers)} viewers: ${which}`,
      value: spreadOf(served.looksMs)[which],
      unit: 'ms',
    })),
    { name: 'messages to one viewer in a round', value: messages / rounds / viewers, unit: '' },
    { name: 'bytes to one viewer in a round', value: bytes / rounds / viewers / 1024, unit: 'kB' },
  ];
}
