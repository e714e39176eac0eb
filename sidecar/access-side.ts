/** The access to `/api/v1` put together: who asks, what is recorded of it, and the routes about users, keys and audit. */
import { randomBytes } from 'node:crypto';
import { Router, type Request, type RequestHandler } from 'express';
import type { Log, Users } from '../core/ports.js';
import type { Login } from '../core/services/login.js';
import type { AccessStore } from '../sql/access-store.js';
import { accessDefaults, createAccess, type Access, type AccessOptions } from './access.js';
import type { PasswordHasher, ProvisioningStore } from './provision.js';
import { createRecorded } from './recorded.js';
import { createAccessApi } from './routes/access-api.js';
import { createApiDocs } from './routes/api-docs.js';
import { createUserAdmin } from './user-admin.js';

export interface AccessSideDeps {
  readonly store: AccessStore;
  readonly users: Pick<Users, 'find'>;
  readonly login: Login;
  addressOf(req: Request): string;
  readonly provisioning: ProvisioningStore;
  readonly hasher: PasswordHasher;
  readonly zone: string;
  nowMs(): number;
  readonly log: Log;
}

export interface AccessSide {
  /** what `createPermit` wants */
  readonly entry: { readonly login: Login; readonly access: Access; addressOf(req: Request): string };
  /** stands before every route of /api/v1 */
  readonly recorded: RequestHandler;
  readonly routes: RequestHandler;
}

export function createAccessSide(deps: AccessSideDeps, options: Partial<AccessOptions> = {}): AccessSide {
  const { store, login, users, provisioning, hasher, zone, log } = deps;
  const addressOf = (req: Request): string => deps.addressOf(req);
  const nowMs = (): number => deps.nowMs();
  const access = createAccess({ ...store, users, login, addressOf, nowMs, log }, { ...accessDefaults, ...options });
  const entry = { login, access, addressOf };
  const recorded = createRecorded({ ...store, access, addressOf, nowMs, log, randomId: () => randomBytes(4).toString('hex') });
  const admin = createUserAdmin({ ...store, store: provisioning, users: store.userList, hasher, nowMs, zone });
  const routes = Router();
  routes.use(createAccessApi({ ...store, ...entry, nowMs, users: admin, list: store.userList }), createApiDocs());
  return {
    entry,
    recorded: (req, res, next) => {
      // routes are found in any letter case
      if (/^\/api\/v1\//i.test(req.path)) return recorded(req, res, next);
      next();
    },
    routes,
  };
}
