/** `/api/v1/segments`: what happened, row by row as it is stored, newest first. Answered on every node. */
import { Router } from 'express';
import { z } from 'zod';
import type { Segment } from '../../core/acd/records.js';
import { pageDefault, pageMax } from '../../core/acd/views.js';
import { TandemError } from '../../core/errors.js';
import { canonical } from '../../core/provisioning/names.js';
import { segmentQueuesMax, type SegmentPages } from '../../core/segment-ports.js';
import { agentFor, queueFor } from './inside.js';
import { seesQueue, type Principal } from './permission.js';
import { queryOf, type QueueApiTools } from './request.js';

export interface SegmentTools extends QueueApiTools {
  readonly segments: SegmentPages;
}

const moment = z
  .string()
  .regex(/^\d{1,15}$/, 'must be Unix ms')
  .transform(Number);
const name = z.string().max(150).optional();

export const segmentsQuery = z.strictObject({
  kind: z
    .enum(['visit', 'offer', 'status', 'wrapup'])
    .default('visit')
    .describe('visits of callers, offers to agents, stays in a status, wrap-ups'),
  queue: name,
  agent: name,
  member: name,
  from: moment.default(0).describe('ended at or after, Unix ms'),
  to: moment.optional().describe('ended before, Unix ms; the moment of the request when nothing is said'),
  after: z
    .string()
    .regex(/^\d{1,15}_.{1,200}$/, 'is no cursor of this API')
    .optional()
    .describe('`next` of the page before'),
  limit: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a number')
    .transform(Number)
    .pipe(z.int().min(1).max(pageMax))
    .default(pageDefault),
});

type Query = z.infer<typeof segmentsQuery>;

export function createSegmentRoutes(tools: SegmentTools): Router {
  const router = Router();
  router.get('/segments', async (req, res) => {
    const who = await tools.permit(req, 'view');
    const query = queryOf(req, segmentsQuery);
    const { kind, member, from, to = tools.nowMs() + 1, limit } = query;
    const scope = scopeOf(tools, who, query);
    const found = await tools.segments.page({
      kind,
      member,
      ...scope,
      fromMs: from,
      toMs: to,
      after: cursorOf(query.after),
      limit: limit + 1,
    });
    const items = found.slice(0, limit);
    const last = items.at(-1);
    res.json({ items, next: found.length > limit && last ? `${String(endOf(last))}_${last.key}` : undefined });
  });
  return router;
}

/** Queues and agent of the question, narrowed to those of `who`. Names are those of the engine where it runs, else as written. */
function scopeOf(tools: SegmentTools, who: Principal, query: Query): { readonly queues?: readonly string[]; readonly agent?: string } {
  const { queue, agent, kind } = query;
  const state = tools.engine.isOwner() ? tools.engine.view() : undefined;
  if (who.queues && who.queues.size > segmentQueuesMax && queue === undefined)
    throw new TandemError('TDM_BAD_REQUEST', ['name a queue: the user has too many']);
  const ofAgents = kind === 'status' || kind === 'wrapup';
  // A stay in a status belongs to no queue: who has a list of queues sees it of an agent of theirs.
  if (who.queues && ofAgents && (agent === undefined || !state)) throw new TandemError('TDM_BAD_REQUEST', [`${kind} needs an agent`]);
  const seen = agent === undefined ? undefined : state ? agentFor(who, state, agent).id : agent;
  if (queue !== undefined && !state && !seesQueue(who, queue)) throw new TandemError('TDM_NOT_FOUND', ['Queue', queue]);
  const named = queue === undefined ? undefined : [state ? queueFor(who, state, queue).id : queue];
  const queues = named ?? (ofAgents || !who.queues ? undefined : [...who.queues].map(canonical));
  return { ...(queues ? { queues } : {}), ...(seen === undefined ? {} : { agent: seen }) };
}

const endOf = (segment: Segment): number => (segment.kind === 'visit' ? segment.leftAtMs : segment.endedAtMs);

function cursorOf(text: string | undefined) {
  if (text === undefined) return undefined;
  const at = text.indexOf('_');
  return { endedAtMs: Number(text.slice(0, at)), key: text.slice(at + 1) };
}
