/**
 * `/api/v1`: reload of provisioning and the description of this API. Login by HTTP Basic with a user
 * whose api_allowed_functions names `tandem_admin`; ALL_FUNCTIONS alone is not enough (W-8).
 */
import { Router, type NextFunction, type Request, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { TandemError } from '../../core/errors.js';
import { openapiDocument } from '../openapi/document.js';
import { createPermit, type PermissionDeps } from './permission.js';

export const adminRequestsPerMinuteMax = 120;

export interface AdminDeps extends PermissionDeps {
  /** Apply the provisioning file again; the lines say what changed. Rejects TDM_BAD_FILE with every problem. */
  reload(): Promise<readonly string[]>;
}

export function createAdminRoutes(deps: AdminDeps): Router {
  let openapi: object | undefined; // made when it is asked for: a tenth of a second of work
  const permit = createPermit(deps);
  const router = Router();
  router.use(
    '/api/v1',
    rateLimit({
      windowMs: 60_000,
      limit: adminRequestsPerMinuteMax,
      keyGenerator: (req) => deps.addressOf(req),
      handler: tooMany,
      validate: false,
    }),
  );
  router.get('/api/v1/openapi.json', (_req, res) => void res.json((openapi ??= openapiDocument())));
  router.post('/api/v1/reload', async (req, res) => {
    await permit(req, 'admin');
    res.json({ changes: await deps.reload() });
  });
  return router;
}

function tooMany(_req: Request, _res: Response, next: NextFunction): void {
  next(new TandemError('TDM_TOO_MANY', [`${String(adminRequestsPerMinuteMax)} a minute`]));
}
