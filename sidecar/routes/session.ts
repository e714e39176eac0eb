/** `/api/v1/session`: login of browsers. The cookie is HttpOnly; a change needs the header X-Tandem-Request (docs/rest-api.md). */
import { Router, type Request } from 'express';
import { z } from 'zod';
import { TandemError } from '../../core/errors.js';
import type { Login } from '../../core/services/login.js';
import { notesOf } from '../recorded.js';
import { checkPassword, type Access, type Identity } from '../access.js';
import { clearSessionCookie, requireSameSite, setSessionCookie } from '../session-cookie.js';
import { adminLevelMin, apiFunctions } from './permission.js';
import { bodyOf } from './request.js';

export interface SessionRouteDeps {
  readonly login: Login;
  readonly access: Access;
  addressOf(req: Request): string;
  nowMs(): number;
}

export const sessionBody = z.strictObject({ user: z.string().min(1).max(20), pass: z.string().min(1).max(200) });

export const sessionAnswer = z.object({
  user: z.string(),
  functions: z.array(z.string()).describe('those of /api/v1 that count for the user'),
  queues: z.array(z.string()).optional().describe('absent: all queues'),
  agent: z.string().optional().describe('the agent that the user is'),
  by: z.enum(['password', 'key', 'session']),
  endsAtMs: z.int().optional().describe('end of the session at the latest'),
  idleMs: z.int().optional().describe('the session ends after this time without a request'),
});

const ours: ReadonlySet<string> = new Set(Object.values(apiFunctions));

export function createSessionRoutes(deps: SessionRouteDeps): Router {
  const { access } = deps;
  const { isSecure, origins, session: limits } = access.options;
  const router = Router();

  const shown = ({ kind, user, functions, rights, session, level }: Identity): z.infer<typeof sessionAnswer> => ({
    user,
    functions: functionsThatCount(functions, level),
    queues: rights.queues === undefined ? undefined : [...rights.queues],
    agent: rights.agent,
    by: kind,
    endsAtMs: session?.endsAtMs,
    idleMs: session && limits.idleMs,
  });

  router.post('/session', async (req, res) => {
    requireSameSite(req, origins);
    const user = await checkPassword(deps.login, bodyOf(req, sessionBody), deps.addressOf(req));
    const wanted = functionsThatCount(user.apiAllowedFunctions.split(' '), user.userLevel);
    if (wanted.length === 0) throw new TandemError('TDM_FORBIDDEN', [user.user, 'tandem_...']);
    const { id, endsAtMs, token = '' } = await access.sessions.open(user);
    setSessionCookie(req, res, token, endsAtMs - deps.nowMs(), isSecure);
    const identity = await access.identityOf(user, 'session', { id, endsAtMs });
    notesOf(res).identity = identity;
    res.json(shown(identity));
  });
  router.get('/session', async (req, res) => void res.json(shown(await access.identify(req))));
  router.delete('/session', async (req, res) => {
    const { session } = await access.identify(req);
    if (session) await access.sessions.end(session.id);
    clearSessionCookie(res, isSecure);
    res.json({ ok: true });
  });
  return router;
}

const functionsThatCount = (functions: readonly string[], level: number | undefined): string[] =>
  functions.filter((name) => ours.has(name) && (name !== apiFunctions.admin || level === undefined || level >= adminLevelMin));
