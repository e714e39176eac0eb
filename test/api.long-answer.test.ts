/** Long answers: whole or cut off, never half an answer that looks whole; slow clients harm nobody. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { sendList, sendPieces } from '../sidecar/routes/long-answer.js';
import { eventually } from './support/eventually.js';

async function served(handler: express.RequestHandler, read: (answer: IncomingMessage) => Promise<void>): Promise<void> {
  const app = express().get('/', handler);
  app.use(((error: Error, _req, res, next) => {
    if (res.headersSent) next(error);
    else res.status(503).json({ error: error.message });
  }) as express.ErrorRequestHandler);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ask = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  ask.end();
  const [answer] = (await once(ask, 'response')) as [IncomingMessage];
  try {
    await read(answer);
  } finally {
    ask.on('error', () => undefined).destroy(); // who does not read hears of no end, and would keep the process
    server.closeAllConnections();
    server.close();
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of answer) text += String(piece);
  return text;
}

describe('long answers', () => {
  it('a list of any length is one JSON document', async () => {
    const rows = Array.from({ length: 5_003 }, (_, n) => ({ n, text: '"|,' }));
    await served(
      (_req, res) => sendList(res, { from: 1 }, 'items', rows, { all: 2 }),
      async (answer) => assert.deepEqual(JSON.parse(await textOf(answer)), { from: 1, items: rows, all: 2 }),
    );
    await served(
      (_req, res) => sendList(res, {}, 'items', []),
      async (answer) => assert.deepEqual(JSON.parse(await textOf(answer)), { items: [] }),
    );
  });

  it('a failure before the first piece is an error answer, one after it cuts the connection', async () => {
    async function* failing(piece: string | undefined): AsyncGenerator<string> {
      if (piece !== undefined) yield piece;
      await Promise.resolve();
      throw new Error('away');
    }
    await served(
      (_req, res) => sendPieces(res, { 'content-type': 'text/csv' }, failing(undefined)),
      async (answer) => {
        assert.deepEqual([answer.statusCode, await textOf(answer)], [503, '{"error":"away"}']);
        assert.match(answer.headers['content-type'] ?? '', /json/);
      },
    );
    await served(
      (_req, res) => sendPieces(res, {}, failing('half')),
      (answer) => assert.rejects(textOf(answer), /aborted/),
    );
  });

  it('a client that does not read is left at the deadline, and no more is made for it than it reads', async () => {
    let made = 0;
    async function* endless(): AsyncGenerator<string> {
      for (;;) {
        made++;
        yield 'x'.repeat(65_536);
        await Promise.resolve();
      }
    }
    let ended: (() => void) | undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    await served(
      (_req, res) => sendPieces(res, {}, endless(), 300).then(() => ended?.()),
      async (answer) => {
        answer.pause();
        answer.on('error', () => undefined);
        await end;
        assert.ok(made < 1_000, String(made));
      },
    );
  });

  it('what was begun for a client who left, or who is left, is ended', async () => {
    const ended: string[] = [];
    async function* endless(name: string): AsyncGenerator<string> {
      try {
        for (;;) yield await Promise.resolve('x'.repeat(65_536));
      } finally {
        ended.push(name);
      }
    }
    await served(
      (_req, res) => sendPieces(res, {}, endless('who left')),
      async (answer) => {
        answer.destroy();
        await eventually(
          () => ended.length,
          (count) => count === 1,
        );
      },
    );
    await served(
      (_req, res) => sendPieces(res, {}, endless('who is left'), 50),
      async (answer) => {
        answer.pause();
        await eventually(
          () => ended.length,
          (count) => count === 2,
        );
      },
    );
    assert.deepEqual(ended, ['who left', 'who is left']);
  });
});
