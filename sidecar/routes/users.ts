/** `/api/v1/users`: users of the HTTP interfaces, for administrators. No answer holds a password or a hash. */
import { Router } from 'express';
import { z } from 'zod';
import type { UserList, UserRightsStore } from '../../core/access-ports.js';
import { pageDefault } from '../../core/acd/views.js';
import { TandemError } from '../../core/errors.js';
import { canonical } from '../../core/provisioning/names.js';
import { notesOf } from '../recorded.js';
import type { SeenUser, UserAdmin } from '../user-admin.js';
import type { Permit } from './permission.js';
import { bodyOf, checked, limitOf, parameter, queryOf } from './request.js';

export interface UserTools {
  readonly permit: Permit;
  readonly users: UserAdmin;
  readonly list: UserList;
  readonly rights: Pick<UserRightsStore, 'all'>;
}

const userName = z
  .string()
  .min(2)
  .max(20)
  .regex(/^[A-Za-z0-9_.-]+$/, 'may have letters, digits, _ . - only');
const functionName = z.string().regex(/^[A-Za-z0-9_.-]{1,40}$/, 'is no name of a function');
const queueName = z.string().min(1).max(150);

const wish = {
  fullName: z.string().max(50).optional(),
  level: z.int().min(1).max(9).optional().describe("VICIdial's user level; tandem_admin needs 8"),
  group: z.string().max(20).optional(),
  active: z.boolean().optional(),
  functions: z.array(functionName).max(100).optional(),
  viewReports: z.boolean().optional(),
  agentApiAccess: z.boolean().optional(),
  queues: z.array(queueName).max(5_000).nullable().optional().describe('only these queues; null: all'),
  agent: z.string().min(1).max(150).nullable().optional().describe('the agent that the user is; null: none'),
};
const pass = z.string().min(8).max(200);

export const userBodies = {
  create: z.strictObject({ user: userName, pass, ...wish }),
  change: z.strictObject({ pass: pass.optional(), ...wish }),
} as const;

export const usersQuery = z.strictObject({
  group: z.string().max(20).optional(),
  active: z.enum(['yes', 'no']).optional(),
  function: functionName.optional(),
  search: z.string().max(20).optional(),
  after: z.string().max(20).optional(),
  limit: limitOf,
});

export const userAnswer = z.object({
  user: z.string(),
  fullName: z.string(),
  level: z.int(),
  group: z.string(),
  active: z.boolean(),
  functions: z.array(z.string()),
  viewReports: z.boolean(),
  agentApiAccess: z.boolean(),
  lastLoginAtMs: z.int().optional(),
  queues: z.array(z.string()).nullable(),
  agent: z.string().nullable(),
});

const shown = ({ isActive, queues, agent, ...user }: SeenUser): z.infer<typeof userAnswer> => ({
  ...user,
  functions: [...user.functions],
  active: isActive,
  queues: queues === undefined ? null : [...queues],
  agent: agent ?? null,
});

export function createUserRoutes(tools: UserTools): Router {
  const router = Router();
  router.get('/users', async (req, res) => {
    await tools.permit(req, 'admin');
    const { active, limit = pageDefault, ...query } = queryOf(req, usersQuery);
    const found = await tools.list.list({ ...query, isActive: active && active === 'yes', limit: limit + 1 });
    const page = found.slice(0, limit);
    const rights = await tools.rights.all(page.map(({ user }) => user));
    const none = { queues: undefined, agent: undefined };
    const items = page.map((user) => shown({ ...user, ...(rights.get(canonical(user.user)) ?? none) }));
    res.json({ items, next: found.length > limit ? items.at(-1)?.user : undefined });
  });
  router.post('/users', async (req, res) => {
    await tools.permit(req, 'admin');
    const { user, ...wanted } = bodyOf(req, userBodies.create);
    res.json(shown(await tools.users.create(user, wanted)));
  });
  router.get('/users/:user', async (req, res) => {
    await tools.permit(req, 'admin');
    res.json(shown(await existing(parameter(req, 'user'))));
  });
  router.put('/users/:user', async (req, res) => {
    const { user: by } = await tools.permit(req, 'admin');
    const wanted = bodyOf(req, userBodies.change);
    const before = await existing(parameter(req, 'user'));
    notesOf(res).before = shown(before);
    res.json(shown(await tools.users.change(before.user, wanted, by)));
  });

  async function existing(name: string): Promise<SeenUser> {
    const found = userName.safeParse(name).success ? await tools.users.find(checked(userName, name)) : undefined;
    if (!found) throw new TandemError('TDM_NOT_FOUND', ['User', name.replace(/\p{C}/gu, '?').slice(0, 100)]);
    return found;
  }
  return router;
}
