/**
 * `/api/v1`: reload of provisioning and the description of this API. Login by HTTP Basic with a user
 * whose api_allowed_functions names `tandem_admin`; ALL_FUNCTIONS alone is not enough (W-8).
 */
import { Router } from 'express';
import { limitByAddress } from '../address-limit.js';
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
  router.use('/api/v1', limitByAddress(deps, adminRequestsPerMinuteMax));
  router.get('/api/v1/openapi.json', (_req, res) => void res.json((openapi ??= openapiDocument())));
  router.post('/api/v1/reload', async (req, res) => {
    await permit(req, 'admin');
    res.json({ changes: await deps.reload() });
  });
  return router;
}
