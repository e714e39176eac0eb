/** `/api/v1/events`: what happens in the queues, as a stream of server-sent events and as a list (B25). On every node. */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { agentId } from '../../core/acd/ids.js';
import type { QueueEngine } from '../../core/acd-ports.js';
import { createSight, createWish, wireText, type FeedRights } from '../../core/feed-filter.js';
import type { EventFeed, FeedEvent } from '../../core/feed-ports.js';
import { feedTypes } from '../../core/feed-types.js';
import { canonical } from '../../core/provisioning/names.js';
import type { Access } from '../access.js';
import type { EventStreams } from '../event-streams.js';
import type { Permit, Principal } from './permission.js';
import { checked, queryOf } from './request.js';

export interface EventRouteTools {
  readonly feed: EventFeed;
  readonly streams: EventStreams;
  readonly engine: Pick<QueueEngine, 'isOwner' | 'view'>;
  readonly permit: Permit;
  /** absent: no bound but that of all streams */
  readonly access?: Pick<Access, 'streams'> | undefined;
}

/** Events of one answer. */
export const eventListMax = 1_000;
/** Events looked at for one answer, most of which a filter may leave out. */
const scannedMax = 20_000;
const listDefault = 100;
const namesMax = 50;

const place = z
  .string()
  .regex(/^\d{1,15}$/, 'must be the number of an event')
  .transform(Number);
const listed = z
  .string()
  .max(10_000)
  .transform((text) => text.split(','));
const filters = {
  type: listed.pipe(z.array(z.enum(feedTypes)).min(1).max(namesMax)).optional(),
  queue: listed.pipe(z.array(z.string().min(1).max(150)).min(1).max(namesMax)).optional(),
};

export const eventStreamQuery = z.strictObject({ after: place.optional(), ...filters });
export const eventListQuery = z.strictObject({
  after: place.default(0),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number')
    .transform(Number)
    .pipe(z.int().min(1).max(eventListMax))
    .default(listDefault),
  ...filters,
});

export function createEventRoutes(tools: EventRouteTools): Router {
  const router = Router();
  router.get('/events', (req, res) => stream(tools, req, res));
  router.get('/events/list', (req, res) => list(tools, req, res));
  return router;
}

async function stream(tools: EventRouteTools, req: Request, res: Response): Promise<void> {
  const principal = await tools.permit(req, 'own-view');
  const query = queryOf(req, eventStreamQuery);
  // what a browser sends after a break is newer than its address
  const given = req.headers['last-event-id'];
  const after = given === undefined || given === '' ? query.after : checked(place, given);
  tools.streams.check();
  tools.access?.streams.hold(principal, res);
  if (res.destroyed) return; // who went away meanwhile would never be heard to go
  res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  res.flushHeaders();
  req.socket.setNoDelay(true);
  tools.streams.open({
    sink: res,
    after,
    group: groupOf(principal, query),
    accepts: filterOf(tools, principal, query),
    isAllowed: async () => groupOf(await tools.permit(asNew(req), 'own-view'), query) === groupOf(principal, query),
  });
}

/** Who is behind a request is looked up once; a stream wants to know again. */
const asNew = (req: Request): Request => Object.create(req) as Request;

async function list(tools: EventRouteTools, req: Request, res: Response): Promise<void> {
  const principal = await tools.permit(req, 'own-view');
  const query = queryOf(req, eventListQuery);
  const accepts = filterOf(tools, principal, query);
  const { first, last } = await tools.feed.range();
  const found: FeedEvent[] = [];
  let next = Math.max(query.after, first - 1);
  for (let scanned = 0; scanned < scannedMax && found.length < query.limit; scanned += eventListMax) {
    const page = await tools.feed.read(next, eventListMax);
    for (const event of page) {
      if (found.length === query.limit) break;
      next = event.seq;
      if (accepts(event)) found.push(event);
    }
    if (page.length < eventListMax) break;
  }
  res
    .type('application/json')
    .send(`{"events":[${found.map(wireText).join(',')}],"next":${String(next)},"first":${String(first)},"last":${String(last)}}`);
}

type Wish = Pick<z.infer<typeof eventListQuery>, 'type' | 'queue'>;

function filterOf(tools: EventRouteTools, principal: Principal, { type, queue }: Wish): (event: FeedEvent) => boolean {
  const wish = createWish({ types: type && new Set(type), queues: queue });
  const sight = createSight(rightsOf(tools, principal));
  return (event) => wish(event) && sight(event);
}

function rightsOf({ engine }: EventRouteTools, { queues, ownOnly, agent }: Principal): FeedRights {
  return {
    queues,
    agent: ownOnly ? canonical(agent ?? '') : undefined,
    // who serves what is known where the queues are
    queuesOf: (name) =>
      new Set(
        engine.isOwner()
          ? engine
              .view()
              .servicesOfAgent(agentId(name))
              .map((service) => canonical(service.queue))
          : [],
      ),
  };
}

const groupOf = ({ queues, ownOnly, agent }: Principal, { type, queue }: Wish): string =>
  JSON.stringify([queues && [...queues].sort(), ownOnly ? agent : undefined, type, queue]);
