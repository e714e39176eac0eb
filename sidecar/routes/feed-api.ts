/** Events and webhooks under `/api/v1`; on every node, whoever owns the queues. */
import { Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import { TandemError } from '../../core/errors.js';
import { createEventRoutes, type EventRouteTools } from './events.js';
import { createPermit, type PermissionDeps } from './permission.js';
import { createWebhookRoutes, type WebhookRouteTools } from './webhooks.js';

export interface FeedApiDeps extends PermissionDeps, Omit<EventRouteTools & WebhookRouteTools, 'permit'> {}

/** Requests of one address in a minute. */
export const feedRequestsPerMinuteMax = 6_000;

export function createFeedApi(deps: FeedApiDeps, options = { requestsPerMinuteMax: feedRequestsPerMinuteMax }): Router {
  const tools = { ...deps, permit: createPermit(deps), newId: () => deps.newId(), nowMs: () => deps.nowMs() };
  const router = Router();
  router.use(
    ['/api/v1/events', '/api/v1/webhooks'],
    rateLimit({
      windowMs: 60_000,
      limit: options.requestsPerMinuteMax,
      keyGenerator: (req) => deps.addressOf(req),
      handler: (_req, _res, next) => next(new TandemError('TDM_TOO_MANY', [`${String(options.requestsPerMinuteMax)} a minute`])),
      validate: false,
    }),
  );
  router.use('/api/v1', createEventRoutes(tools), createWebhookRoutes(tools));
  return router;
}
