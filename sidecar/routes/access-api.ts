/** `/api/v1` beside the queues: sessions of browsers, users, keys, audit. Before anybody is known, the address counts. */
import { Router } from 'express';
import { limitByAddress } from '../address-limit.js';
import { createAuditRoutes, type AuditTools } from './audit.js';
import { createKeyRoutes, type KeyTools } from './keys.js';
import { createPermit } from './permission.js';
import { createSessionRoutes, type SessionRouteDeps } from './session.js';
import { createUserRoutes, type UserTools } from './users.js';

export type AccessApiDeps = SessionRouteDeps & Omit<AuditTools & KeyTools & UserTools, 'permit'>;

/** Requests of one address in a minute: pages ask for their session when they open. */
export const accessRequestsPerMinuteMax = 1_200;

const sections = ['session', 'users', 'keys', 'audit'];

/** Stands before the routes of the administrator, whose limit is lower. */
export function createAccessApi(deps: AccessApiDeps): Router {
  const tools = { ...deps, nowMs: () => deps.nowMs(), permit: createPermit(deps) };
  const router = Router();
  router.use(
    sections.map((section) => `/api/v1/${section}`),
    limitByAddress(deps, accessRequestsPerMinuteMax),
  );
  for (const part of [createSessionRoutes(deps), createUserRoutes(tools), createKeyRoutes(tools), createAuditRoutes(tools)])
    router.use('/api/v1', part);
  return router;
}
