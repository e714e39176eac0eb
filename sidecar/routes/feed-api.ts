/** Events and webhooks under `/api/v1`; on every node, whoever owns the queues. */
import { Router } from 'express';
import { limitByAddress } from '../address-limit.js';
import { createEventRoutes, type EventRouteTools } from './events.js';
import { createPermit, type PermissionDeps } from './permission.js';
import { createWebhookRoutes, type WebhookRouteTools } from './webhooks.js';

export interface FeedApiDeps extends PermissionDeps, Omit<EventRouteTools & WebhookRouteTools, 'permit' | 'access'> {}

/** Requests of one address in a minute. */
export const feedRequestsPerMinuteMax = 6_000;

export function createFeedApi(deps: FeedApiDeps, options = { requestsPerMinuteMax: feedRequestsPerMinuteMax }): Router {
  const tools = { ...deps, permit: createPermit(deps), newId: () => deps.newId(), nowMs: () => deps.nowMs() };
  const router = Router();
  router.use(['/api/v1/events', '/api/v1/webhooks'], limitByAddress(deps, options.requestsPerMinuteMax));
  router.use('/api/v1', createEventRoutes(tools), createWebhookRoutes(tools));
  return router;
}
