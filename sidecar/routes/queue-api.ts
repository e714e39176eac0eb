/** The queue engine under `/api/v1`. A process that does not own the queues answers TDM_STANDBY. */
import { Router, type NextFunction, type Request, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { TandemError } from '../../core/errors.js';
import { createExplainRoutes } from './explain.js';
import { createChatRoutes } from './chats.js';
import type { MemberRouteTools } from './join-request.js';
import { createCallbackRoutes, createMemberRoutes, createMessageRoutes } from './members.js';
import { createPermit, type PermissionDeps } from './permission.js';
import { createProvisioningRoutes, type ProvisioningTools } from './provisioning.js';
import { createAgentRoutes, createQueueRoutes } from './queues.js';
import { createSupervisionRoutes, type SupervisionTools } from './supervision.js';

export interface QueueApiDeps
  extends PermissionDeps, Omit<MemberRouteTools & SupervisionTools & ProvisioningTools, 'permit' | 'switches'> {}

/** Requests of one address in a minute: a wallboard and a hundred desktops. */
export const queueRequestsPerMinuteMax = 6_000;

const sections = [
  'queues',
  'agents',
  'pause-reasons',
  'members',
  'callbacks',
  'messages',
  'chats',
  'offers',
  'dispatching',
  'dispatches',
  'provisioning',
  'explain',
];

/** Stands before the routes of the administrator, whose limit is lower. */
export function createQueueApi(
  deps: QueueApiDeps,
  options: { readonly requestsPerMinuteMax: number } = { requestsPerMinuteMax: queueRequestsPerMinuteMax },
): Router {
  const tools = {
    ...deps,
    nowMs: () => deps.nowMs(),
    newId: () => deps.newId(),
    permit: createPermit(deps),
    switches: [...deps.ports.keys()],
  };
  const router = Router();
  router.use(
    sections.map((section) => `/api/v1/${section}`),
    rateLimit({
      windowMs: 60_000,
      limit: options.requestsPerMinuteMax,
      keyGenerator: (req) => deps.addressOf(req),
      handler: tooMany(options.requestsPerMinuteMax),
      validate: false,
    }),
  );
  const parts = [
    createSupervisionRoutes(tools),
    createQueueRoutes(tools),
    createAgentRoutes(tools),
    createMemberRoutes(tools),
    createCallbackRoutes(tools),
    createMessageRoutes(tools),
    createChatRoutes(tools),
    createExplainRoutes(tools),
    createProvisioningRoutes(tools),
  ];
  for (const part of parts) router.use('/api/v1', part);
  return router;
}

const tooMany =
  (limit: number) =>
  (_req: Request, _res: Response, next: NextFunction): void => {
    next(new TandemError('TDM_TOO_MANY', [`${String(limit)} a minute`]));
  };
