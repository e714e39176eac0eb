/**
 * `/api/v1/board`: the live board as a snapshot and as a stream of server-sent events (B23). The stream begins with all
 * that may be seen; a page that was cut off comes again and gets all of it anew. docs/wallboard.md has the messages.
 */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { AgentId, QueueId } from '../../core/acd/ids.js';
import type { BoardEvent } from '../../core/board/wire.js';
import { TandemError } from '../../core/errors.js';
import type { LiveBoard } from '../../core/services/live-board.js';
import type { Access } from '../access.js';
import { createStream, eventStreamDefaults } from '../event-stream.js';
import { agentFor, queueFor } from './inside.js';
import { refuse, type Principal } from './permission.js';
import { queryOf, type QueueApiTools } from './request.js';

export interface BoardTools extends Pick<QueueApiTools, 'engine' | 'permit' | 'log' | 'nowMs'> {
  readonly board: LiveBoard<Buffer>;
  after(delayMs: number, run: () => void): () => void;
  /** absent: no bound but that of all viewers */
  readonly access?: Pick<Access, 'streams'> | undefined;
}

export const boardStreamDefaults = {
  /** a comment this often, so that both sides see when the other is gone */
  beatMs: 15_000,
  /** the page comes again then, and its rights are looked at again */
  streamMsMax: 900_000,
  /** unsent bytes of a viewer who reads too slowly; he is cut off and comes again */
  unsentBytesMax: 8 * 1024 * 1024,
};

export const boardFrame = (event: BoardEvent, json: string): Buffer => Buffer.from(`event: ${event}\ndata: ${json}\n\n`);

export const boardStreamQuery = z.strictObject({
  /** `no`: the topics alone */
  rows: z.enum(['yes', 'no']).default('yes'),
  queue: z.string().max(150).optional(),
  agent: z.string().max(150).optional(),
});

export function createBoardRoutes(tools: BoardTools, options = boardStreamDefaults): Router {
  const router = Router();
  router.get('/board', async (req, res) => {
    const { queues } = await tools.permit(req, 'view');
    res.type('application/json').send(tools.board.snapshot(queues));
  });
  router.get('/board/stream', async (req, res) => {
    const principal = await tools.permit(req, 'own-view');
    const wish = wishOf(tools, principal, queryOf(req, boardStreamQuery));
    tools.access?.streams.hold(principal, res);
    if (res.destroyed) return; // who went away meanwhile would never be heard to go
    stream(tools, options, principal, wish, req, res);
  });
  return router;
}

interface Topics {
  readonly isBoard: boolean;
  readonly queue: QueueId | undefined;
  readonly agent: AgentId | undefined;
}

/** What is outside one's rights is not found. */
function wishOf(tools: BoardTools, principal: Principal, query: z.infer<typeof boardStreamQuery>): Topics {
  const isBoard = query.rows === 'yes' && !principal.ownOnly;
  const { queue, agent } = query;
  if (queue === undefined && agent === undefined) {
    if (!isBoard) throw new TandemError('TDM_BAD_REQUEST', ['agent: is missing']);
    return { isBoard, queue, agent };
  }
  if (queue !== undefined && principal.ownOnly) refuse(principal, `who waits in ${queue}`);
  const state = tools.engine.view();
  return {
    isBoard,
    queue: queue === undefined ? undefined : queueFor(principal, state, queue).id,
    agent: agent === undefined ? undefined : agentFor(principal, state, agent).id,
  };
}

function stream(
  tools: BoardTools,
  options: typeof boardStreamDefaults,
  principal: Principal,
  wish: Topics,
  req: Request,
  res: Response,
): void {
  const unsent: Buffer[] = [];
  let send = (frame: Buffer): void => void unsent.push(frame);
  const end = tools.board.watch({ ...wish, queues: principal.queues }, (frame) => send(frame)); // TDM_BUSY comes before any answer
  res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  req.socket.setNoDelay(true);
  const timers = { after: (delayMs: number, run: () => void) => tools.after(delayMs, run), nowMs: () => tools.nowMs() };
  const out = createStream(res, { timers, onOver: over }, { ...eventStreamDefaults, bufferBytesMax: options.unsentBytesMax });
  let cancelBeat: () => void = () => undefined;
  const beat = (): void => {
    cancelBeat = tools.after(options.beatMs, beat);
    out.sendLive(heartbeat);
  };
  cancelBeat = tools.after(options.beatMs, beat);
  const leftMs = (principal.endsAtMs ?? Infinity) - tools.nowMs();
  const cancelEnd = tools.after(Math.max(0, Math.min(options.streamMsMax, leftMs)), () => out.finish());

  send = (frame) => out.sendLive(frame);
  out.send('retry: 1000\n\n');
  for (const frame of unsent) out.sendLive(frame);

  function over(): void {
    end();
    cancelBeat();
    cancelEnd();
  }
}

const heartbeat = Buffer.from(': here\n\n');
