/** Streams of the board over HTTP: who reads too slowly, who is one too many, who went away, and how long one lasts (B23). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { Router } from 'express';
import { noToday } from '../core/board/no-today.js';
import { createLiveBoard, liveBoardDefaults } from '../core/services/live-board.js';
import { createApp, createHttpServer } from '../sidecar/app.js';
import { boardFrame, boardStreamDefaults, createBoardRoutes } from '../sidecar/routes/board.js';
import { createDesk, deskConfig } from './support/engine-desk.js';
import { eventually } from './support/eventually.js';
import { createHandTimers } from './support/hand-timers.js';
import { silentLog, silentMeter } from './support/observers.js';

const site = {
  queues: { support: {} },
  agents: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`agent-${String(i)}`, { contact: `PJSIP/${String(i)}` }])),
  tiers: [],
};

describe('streams of the board', () => {
  const streamBytesMax = 64 * 1024;
  const viewersMax = 3;
  const timers = createHandTimers();
  const desk = createDesk(deskConfig(site));
  const later = (ms: number, run: () => void) => timers.after(ms, run);
  const nowMs = () => timers.nowMs();
  const board = createLiveBoard(
    { engine: desk.port, today: noToday, frame: boardFrame, nowMs, after: later },
    { ...liveBoardDefaults, viewersMax },
  );
  const user = { user: 'viewer', queues: undefined, agent: undefined, ownOnly: false, endsAtMs: nowMs() + 60_000 };
  const tools = { engine: desk.port, permit: () => Promise.resolve(user as never), log: silentLog, nowMs, board, after: later };
  const routes = createBoardRoutes(tools, { ...boardStreamDefaults, unsentBytesMax: streamBytesMax });
  const server = createHttpServer(createApp({ doors: [], routes: [Router().use('/api/v1', routes)], log: silentLog, meter: silentMeter }));
  const open: Socket[] = [];
  let url: string;

  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/api/v1/board/stream`;
  });
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.destroy();
    await viewers(0);
  });
  after(async () => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  });

  const viewers = (count: number) =>
    eventually(
      () => board.viewers(),
      (now) => now === count,
    );

  /** A connection whose bytes nobody takes until it is resumed. */
  async function viewer(): Promise<Socket> {
    const before = board.viewers();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    open.push(socket);
    socket.write('GET /api/v1/board/stream HTTP/1.1\r\nHost: x\r\n\r\n');
    await viewers(before + 1);
    return socket;
  }

  function changeAll(): void {
    const status = desk.state.agents.values().next().value?.status === 'On Break' ? 'Logged Out' : 'On Break';
    for (const agent of desk.state.agents.keys()) desk.step({ type: 'status-asked', agent, status, reason: undefined });
    timers.advance(liveBoardDefaults.everyMs);
  }

  it('B23: who reads nothing is cut off when his bytes pile up, and whoever reads goes on', async () => {
    const slow = await viewer();
    const reader = await viewer();
    let read = 0;
    reader.on('data', (chunk: Buffer) => (read += chunk.length)).resume();
    for (let turn = 0; turn < 2_000 && board.viewers() === 2; turn++) {
      changeAll();
      timers.advance(1); // paced sends
      const seen = read;
      await eventually(
        () => read,
        (now) => now > seen,
      );
    }
    assert.equal(board.viewers(), 1);
    assert.equal(reader.destroyed, false);
    // his last words are waited for a moment; then the connection ends all the same
    timers.advance(5_000);
    let text = '';
    slow.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(slow.resume(), 'close');
    assert.match(text, /event: snapshot/);
    changeAll();
    assert.equal(board.viewers(), 1);
  });

  it('B23: one viewer too many is told so before anything is sent, and has his place when another goes', async () => {
    for (let n = 0; n < viewersMax; n++) await viewer();
    const refused = await fetch(url);
    assert.equal(refused.status, 503);
    assert.match(refused.headers.get('content-type') ?? '', /^application\/json/);
    const body = (await refused.json()) as { code: string; message: string };
    assert.deepEqual([body.code, body.message.includes('3 viewers of the board')], ['TDM_BUSY', true]);
    open[0]?.destroy();
    await viewers(viewersMax - 1);
    await viewer();
    assert.equal(board.viewers(), viewersMax);
  });

  it('B39: a stream ends with the session of its user, and leaves no timer behind', async () => {
    const ended = fetch(url).then((answer) => answer.text());
    await viewers(1);
    timers.advance(user.endsAtMs - nowMs());
    assert.match(await ended, /event: snapshot[\s\S]*: here/);
    await viewers(0);
    await eventually(
      () => timers.waiting,
      (waiting) => waiting === 0,
    );
  });

  it('B23: nothing is written behind the end of a stream, however much changes before its connection closes', async () => {
    const ended = fetch(url).then((answer) => answer.text());
    await viewers(1);
    timers.advance(boardStreamDefaults.streamMsMax);
    assert.equal(board.viewers(), 0);
    for (let n = 0; n < 3; n++) changeAll();
    assert.match(await ended, /event: snapshot/);
  });
});
