/** `/api/v1/keys`: API keys for programs, for administrators. The key itself is shown once; only its hash is stored. */
import { randomBytes } from 'node:crypto';
import { Router } from 'express';
import { z } from 'zod';
import type { ApiKey, ApiKeyStore } from '../../core/access-ports.js';
import { pageDefault } from '../../core/acd/views.js';
import { TandemError } from '../../core/errors.js';
import { canonical } from '../../core/provisioning/names.js';
import { digest } from '../browser-sessions.js';
import { notesOf } from '../recorded.js';
import { apiFunctions, type Permit } from './permission.js';
import { bodyOf, limitOf, parameter, queryOf } from './request.js';

export interface KeyTools {
  readonly permit: Permit;
  readonly keys: ApiKeyStore;
  nowMs(): number;
}

/** Keys of one site. */
export const keysMax = 1_000;

/** What a program may; a key is no agent. */
const functionsOfKeys = [
  apiFunctions.view,
  apiFunctions.control,
  apiFunctions.spy,
  apiFunctions.admin,
  apiFunctions.dialerView,
  apiFunctions.dialerControl,
  apiFunctions.dialerAdmin,
  apiFunctions.dialerNumbers,
] as const;
const functions = z.array(z.enum(functionsOfKeys)).min(1).max(functionsOfKeys.length);
const queues = z
  .array(z.string().min(1).max(150))
  .max(5_000)
  .nullable()
  .optional()
  .describe('ids of the only queues of this key; null or absent: all');
const name = z
  .string()
  .min(1)
  .max(100)
  .regex(/^\P{C}+$/u, 'may have no control characters');
const expiresAtMs = z.int().min(0).max(8_640_000_000_000_000).nullable().optional().describe('Unix ms; null: never');

export const keyBodies = {
  create: z.strictObject({ name, functions, queues, expiresAtMs }),
  change: z.strictObject({ name: name.optional(), functions: functions.optional(), queues, expiresAtMs, disabled: z.boolean().optional() }),
} as const;

export const keysQuery = z.strictObject({ after: z.string().max(40).optional(), limit: limitOf });

export const keyAnswer = z.object({
  id: z.string(),
  name: z.string(),
  functions: z.array(z.string()),
  queues: z.array(z.string()).nullable(),
  createdAtMs: z.int(),
  createdBy: z.string(),
  expiresAtMs: z.int().nullable(),
  disabled: z.boolean(),
  lastUsedAtMs: z.int().nullable(),
  lastAddress: z.string().nullable(),
});
export const newKeyAnswer = keyAnswer.extend({ key: z.string().describe('`tdm_...`: shown this once, for `Authorization: Bearer`') });

const shown = (key: ApiKey): z.infer<typeof keyAnswer> => ({
  id: key.id,
  name: key.name,
  functions: [...key.functions],
  queues: key.queues === undefined ? null : [...key.queues],
  createdAtMs: key.createdAtMs,
  createdBy: key.createdBy,
  expiresAtMs: key.expiresAtMs ?? null,
  disabled: key.isDisabled,
  lastUsedAtMs: key.lastUsedAtMs ?? null,
  lastAddress: key.lastAddress ?? null,
});

const listOf = (given: readonly string[] | null | undefined): readonly string[] | undefined => given?.map(canonical);

export function createKeyRoutes(tools: KeyTools): Router {
  const router = Router();
  router.get('/keys', async (req, res) => {
    await tools.permit(req, 'admin');
    const { after = '', limit = pageDefault } = queryOf(req, keysQuery);
    const found = await tools.keys.list(after, limit + 1);
    const items = found.slice(0, limit).map(shown);
    res.json({ items, next: found.length > limit ? items.at(-1)?.id : undefined });
  });
  router.post('/keys', async (req, res) => {
    const { user } = await tools.permit(req, 'admin');
    const body = bodyOf(req, keyBodies.create);
    refuseNarrowAdmin(body.functions, body.queues);
    if ((await tools.keys.count()) >= keysMax) throw new TandemError('TDM_BUSY', [`${String(keysMax)} keys`]);
    const secret = `tdm_${randomBytes(32).toString('base64url')}`;
    const key: ApiKey = {
      id: `k_${randomBytes(9).toString('hex')}`,
      name: body.name,
      functions: body.functions,
      queues: listOf(body.queues),
      createdAtMs: tools.nowMs(),
      createdBy: user,
      expiresAtMs: body.expiresAtMs ?? undefined,
      isDisabled: false,
      lastUsedAtMs: undefined,
      lastAddress: undefined,
    };
    await tools.keys.create(key, digest(secret));
    notesOf(res).kept = shown(key);
    res.json({ ...shown(key), key: secret });
  });
  router.get('/keys/:key', async (req, res) => {
    await tools.permit(req, 'admin');
    res.json(shown(await existing(parameter(req, 'key'))));
  });
  router.put('/keys/:key', async (req, res) => {
    await tools.permit(req, 'admin');
    const { disabled, queues: list, expiresAtMs: expires, ...rest } = bodyOf(req, keyBodies.change);
    const before = await existing(parameter(req, 'key'));
    const wanted = {
      ...(rest.name === undefined ? {} : { name: rest.name }),
      ...(rest.functions === undefined ? {} : { functions: rest.functions }),
      ...(list === undefined ? {} : { queues: listOf(list) }),
      ...(expires === undefined ? {} : { expiresAtMs: expires ?? undefined }),
      ...(disabled === undefined ? {} : { isDisabled: disabled }),
    };
    const after = { ...before, ...wanted };
    refuseNarrowAdmin(after.functions, after.queues);
    notesOf(res).before = shown(before);
    await tools.keys.change(before.id, wanted);
    res.json(shown(await existing(before.id)));
  });

  async function existing(id: string): Promise<ApiKey> {
    const found = /^k_[0-9a-f]{1,38}$/.test(id) ? await tools.keys.get(id) : undefined;
    if (!found) throw new TandemError('TDM_NOT_FOUND', ['Key', id.replace(/\p{C}/gu, '?').slice(0, 40)]);
    return found;
  }
  return router;
}

function refuseNarrowAdmin(words: readonly string[], list: readonly string[] | null | undefined): void {
  if (words.includes(apiFunctions.admin) && list)
    throw new TandemError('TDM_BAD_REQUEST', [`queues: ${apiFunctions.admin} is for all queues`]);
}
