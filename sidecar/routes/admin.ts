/**
 * `/api/v1`: reload of provisioning and the description of this API. Login by HTTP Basic with a user
 * whose api_allowed_functions names `tandem_admin`; ALL_FUNCTIONS alone is not enough (W-8).
 */
import { Router, type NextFunction, type Request, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { TandemError } from '../../core/errors.js';
import type { Login } from '../../core/services/login.js';
import { readPackageFile } from '../package-files.js';

export const adminFunction = 'tandem_admin';
export const adminRequestsPerMinuteMax = 120;
const adminLevelMin = 8;

export interface AdminDeps {
  readonly login: Login;
  /** Apply the provisioning file again; the lines say what changed. Rejects TDM_BAD_FILE with every problem. */
  reload(): Promise<readonly string[]>;
  /** the client's address, behind a trusted proxy too */
  addressOf(req: Request): string;
}

export function createAdminRoutes(deps: AdminDeps): Router {
  const openapi = JSON.parse(readPackageFile('docs/openapi.json')) as object;
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
  router.get('/api/v1/openapi.json', (_req, res) => void res.json(openapi));
  router.post('/api/v1/reload', async (req, res) => {
    await mustBeAdmin(deps, req);
    res.json({ changes: await deps.reload() });
  });
  return router;
}

function tooMany(_req: Request, _res: Response, next: NextFunction): void {
  next(new TandemError('TDM_TOO_MANY', [`${String(adminRequestsPerMinuteMax)} a minute`]));
}

async function mustBeAdmin(deps: AdminDeps, req: Request): Promise<void> {
  const given = basicCredentials(req.headers.authorization);
  if (!given) throw new TandemError('TDM_UNAUTHENTICATED', ['HTTP Basic']);
  const result = await deps.login({
    user: given.user,
    credentials: { kind: 'password', pass: given.pass, isAsSent: true },
    address: deps.addressOf(req),
    levelMin: adminLevelMin,
  });
  if (!result.ok) throw new TandemError('TDM_UNAUTHENTICATED', [result.refusal]);
  if (!` ${result.user.apiAllowedFunctions} `.includes(` ${adminFunction} `))
    throw new TandemError('TDM_FORBIDDEN', [result.user.user, adminFunction]);
}

function basicCredentials(header: string | undefined): { readonly user: string; readonly pass: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,1000})$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { user: text.slice(0, colon), pass: text.slice(colon + 1) };
}
