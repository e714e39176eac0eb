/** `/api/v1/audit`: who changed what, newest first; for administrators. */
import { Router } from 'express';
import { z } from 'zod';
import type { AuditRow, AuditStore } from '../../core/access-ports.js';
import { pageDefault } from '../../core/acd/views.js';
import type { Permit } from './permission.js';
import { limitOf, queryOf } from './request.js';

export interface AuditTools {
  readonly permit: Permit;
  readonly audit: Pick<AuditStore, 'read'>;
  nowMs(): number;
}

const moment = z
  .string()
  .regex(/^\d{1,15}$/, 'must be Unix ms')
  .transform(Number);

export const auditQuery = z.strictObject({
  principal: z
    .string()
    .regex(/^(user|key):[\w.@-]{1,150}$/, 'must be user:NAME or key:ID')
    .optional(),
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']).optional(),
  path: z.string().startsWith('/').max(200).optional().describe('beginning of the path'),
  from: moment.default(0).describe('at or after, Unix ms'),
  to: moment.optional().describe('before, Unix ms'),
  after: z
    .string()
    .regex(/^[0-9a-z]{1,40}$/, 'is no cursor of this API')
    .optional(),
  limit: limitOf,
});

export const auditAnswer = z.object({
  id: z.string(),
  atMs: z.int(),
  principal: z.string().describe('`user:NAME` or `key:ID`'),
  address: z.string(),
  method: z.string(),
  path: z.string(),
  request: z.unknown().optional().describe('body, without secrets and customers'),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  status: z.int(),
  code: z.string().optional(),
  requestId: z.string(),
});

const shown = ({ request, before, after, ...row }: AuditRow): z.infer<typeof auditAnswer> => ({
  ...row,
  request: parsed(request),
  before: parsed(before),
  after: parsed(after),
});

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return text;
  }
}

export function createAuditRoutes(tools: AuditTools): Router {
  const router = Router();
  router.get('/audit', async (req, res) => {
    await tools.permit(req, 'admin');
    const { from, to = tools.nowMs() + 1, limit = pageDefault, principal, ...query } = queryOf(req, auditQuery);
    const found = await tools.audit.read({ ...query, principal: principal?.toLowerCase(), fromMs: from, toMs: to, limit: limit + 1 });
    const items = found.slice(0, limit).map(shown);
    res.json({ items, next: found.length > limit ? items.at(-1)?.id : undefined });
  });
  return router;
}
