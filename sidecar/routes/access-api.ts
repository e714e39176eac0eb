/** `/api/v1` beside the queues: sessions of browsers. Before anybody is known, the address counts. */
import { Router, type NextFunction, type Request, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { TandemError } from '../../core/errors.js';
import { createSessionRoutes, type SessionRouteDeps } from './session.js';

export type AccessApiDeps = SessionRouteDeps;

/** Requests of one address in a minute: pages ask for their session when they open. */
export const accessRequestsPerMinuteMax = 1_200;

/** Stands before the routes of the administrator, whose limit is lower. */
export function createAccessApi(deps: AccessApiDeps): Router {
  const router = Router();
  router.use(
    ['/api/v1/session'],
    rateLimit({
      windowMs: 60_000,
      limit: accessRequestsPerMinuteMax,
      keyGenerator: (req) => deps.addressOf(req),
      handler: tooMany,
      validate: false,
    }),
  );
  router.use('/api/v1', createSessionRoutes(deps));
  return router;
}

function tooMany(_req: Request, _res: Response, next: NextFunction): void {
  next(new TandemError('TDM_TOO_MANY', [`${String(accessRequestsPerMinuteMax)} a minute`]));
}
