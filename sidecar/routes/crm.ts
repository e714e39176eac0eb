/** `/api/v1/crm`: bindings and what waits for them, dead letters, calls of the journal with their messages (CRM-14). For administrators. */
import { Router, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { z } from 'zod';
import { pageMax } from '../../core/acd/views.js';
import type { CrmLetter, LetterChoice } from '../../core/crm-letter-ports.js';
import type { CrmStore, JournalRow } from '../../core/crm-ports.js';
import { TandemError } from '../../core/errors.js';
import type { CrmDelivery } from '../../core/services/crm-delivery.js';
import { createPermit, type PermissionDeps } from './permission.js';
import { bodyOf, limitOf, parameter, queryOf } from './request.js';

/** The connector as these routes want it. */
export interface CrmFace {
  readonly store: CrmStore;
  readonly bindings: readonly CrmFaceBinding[];
  /** this process tells the CRMs; others only store */
  isOwner(): boolean;
}

export interface CrmFaceBinding {
  readonly name: string;
  readonly dialect: string;
  /** undefined: it is told of nothing */
  readonly delivery: Pick<CrmDelivery, 'state' | 'resume' | 'wake'> | undefined;
}

export interface CrmApiDeps extends PermissionDeps {
  readonly crm: CrmFace;
  nowMs(): number;
}

/** Requests of one address in a minute. */
export const crmRequestsPerMinuteMax = 600;
const root = '/api/v1/crm';
const idsMax = 1_000;

const callId = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'is no id of a call');
const ms = z
  .string()
  .regex(/^\d{1,15}$/, 'must be Unix ms')
  .transform(Number);
const letterId = z
  .string()
  .regex(/^\d{1,15}$/, 'must be the id of a dead letter')
  .transform(Number);
const outcomes = ['answered', 'missed', 'busy', 'rejected', 'failed'] as const;

export const deadLettersQuery = z.strictObject({ after: letterId.default(0), limit: limitOf, call: callId.optional() });
export const lettersBody = z.union([
  z.strictObject({ ids: z.array(z.int().min(1).max(Number.MAX_SAFE_INTEGER)).min(1).max(idsMax) }),
  z.strictObject({ call: callId }),
  z.strictObject({ all: z.literal(true) }),
]);
export const callsQuery = z.strictObject({
  number: z.string().min(1).max(60).optional(),
  extension: z.string().min(1).max(40).optional(),
  outcome: z.enum(outcomes).optional(),
  from: ms.optional(),
  to: ms.optional(),
  after: z
    .string()
    .regex(/^\d{1,15} .{1,100}$/, 'is no cursor of this API')
    .optional(),
  limit: limitOf,
});

export const crmBindingAnswer = z.object({
  name: z.string(),
  dialect: z.string(),
  state: z
    .enum(['up', 'down', 'auth', 'gone', 'unknown', 'elsewhere', 'silent'])
    .describe(
      'auth: the key is refused; gone: the receiver answered 410; elsewhere: another Tandem tells it; silent: it is told of nothing',
    ),
  sinceMs: z.int().optional(),
  problem: z.string(),
  pending: z.int(),
  oldestMs: z.int().optional(),
  dead: z.int(),
});
export const crmLetterAnswer = z.object({
  id: z.int(),
  binding: z.string(),
  call: z.string(),
  seq: z.int(),
  event: z.string(),
  state: z.enum(['waiting', 'delivered', 'dead', 'dropped']),
  attempts: z.int(),
  problem: z.string(),
  createdAtMs: z.int(),
  nextAtMs: z.int().optional(),
  settledAtMs: z.int().optional(),
  message: z.unknown().describe('what is sent, without its signature'),
});
export const crmCallAnswer = z.object({
  id: z.string(),
  switch: z.string(),
  direction: z.string(),
  state: z.string(),
  number: z.string(),
  extension: z.string(),
  outcome: z.enum(outcomes).optional(),
  origin: z.string(),
  startedAtMs: z.int(),
  endedAtMs: z.int().optional(),
});
export const changedLettersAnswer = z.object({ letters: z.int() });

export function createCrmRoutes(deps: CrmApiDeps): Router {
  const permit = createPermit(deps);
  const router = Router();
  router.use(
    root,
    rateLimit({
      windowMs: 60_000,
      limit: crmRequestsPerMinuteMax,
      keyGenerator: (req) => deps.addressOf(req),
      handler: (_req: Request, _res: Response, next: NextFunction) =>
        next(new TandemError('TDM_TOO_MANY', [`${String(crmRequestsPerMinuteMax)} a minute`])),
      validate: false,
    }),
  );
  const admin = (answer: (req: Request) => Promise<object>) => async (req: Request, res: Response) => {
    await permit(req, 'admin');
    res.json(await answer(req));
  };
  const { crm } = deps;
  router.get(
    `${root}/bindings`,
    admin(async () => ({ items: await Promise.all(crm.bindings.map((binding) => shownBinding(crm, binding))) })),
  );
  router.post(
    `${root}/bindings/:binding/resume`,
    admin(async (req) => {
      const binding = bindingOf(crm, req);
      if (!crm.isOwner()) throw new TandemError('TDM_STANDBY', ['it tells the CRMs']);
      binding.delivery?.resume();
      return shownBinding(crm, binding);
    }),
  );
  router.get(
    `${root}/bindings/:binding/dead-letters`,
    admin(async (req) => {
      const { name } = bindingOf(crm, req);
      const { after, limit = pageMax, call } = queryOf(req, deadLettersQuery);
      const letters = await crm.store.deadLetters(name, after, limit, call);
      const last = letters.at(-1);
      return { items: letters.map(shownLetter), ...(last && letters.length === limit && { next: String(last.id) }) };
    }),
  );
  router.post(
    `${root}/bindings/:binding/dead-letters/replay`,
    admin(async (req) => {
      const { name, dialect, delivery } = bindingOf(crm, req);
      // rows of vTiger follow what is said last, and ignore what is said of a call that they do not know
      const withFollowing = dialect.startsWith('vtiger');
      const letters = await crm.store.replay(name, choiceOf(bodyOf(req, lettersBody)), deps.nowMs(), { withFollowing });
      delivery?.wake();
      return { letters };
    }),
  );
  router.post(
    `${root}/bindings/:binding/dead-letters/drop`,
    admin(async (req) => {
      const { name } = bindingOf(crm, req);
      return { letters: await crm.store.drop(name, choiceOf(bodyOf(req, lettersBody)), deps.nowMs()) };
    }),
  );
  router.get(
    `${root}/calls`,
    admin((req) => calls(crm, req)),
  );
  router.get(
    `${root}/calls/:call`,
    admin((req) => oneCall(crm, parameter(req, 'call'))),
  );
  return router;
}

/** Everywhere where the connector would be. */
export function createNoCrm(): RequestHandler {
  const router = Router();
  router.use(root, (_req, _res, next) => next(new TandemError('TDM_CRM_OFF')));
  return router;
}

const shown = (text: string): string => text.replace(/\p{C}/gu, '?').slice(0, 100);

function bindingOf({ bindings }: CrmFace, req: Request): CrmFaceBinding {
  const name = parameter(req, 'binding');
  const found = bindings.find((binding) => binding.name === name);
  if (!found) throw new TandemError('TDM_NOT_FOUND', ['CRM binding', shown(name)]);
  return found;
}

const choiceOf = (body: z.output<typeof lettersBody>): LetterChoice =>
  'ids' in body ? { ids: body.ids } : 'call' in body ? { callId: body.call } : {};

async function shownBinding(crm: CrmFace, { name, dialect, delivery }: CrmFaceBinding): Promise<object> {
  const { pending, oldestMs, dead } = await crm.store.counts(name);
  const state = delivery?.state();
  const told = !state ? { state: 'silent', problem: '' } : crm.isOwner() ? state : { state: 'elsewhere', problem: '' };
  return { name, dialect, ...told, pending, ...(oldestMs !== undefined && { oldestMs }), dead };
}

function shownLetter(letter: CrmLetter): object {
  const { id, binding, callId: call, seq, event, state, attempts, lastError, createdAtMs, nextAtMs, settledAtMs, payload } = letter;
  return {
    ...{ id, binding, call, seq, event, state, attempts, problem: lastError ?? '', createdAtMs },
    ...(state === 'waiting' && { nextAtMs }),
    ...(settledAtMs !== undefined && { settledAtMs }),
    message: messageOf(payload),
  };
}

/** Forms are lists of fields in the outbox. */
function messageOf(payload: string): unknown {
  const value = JSON.parse(payload) as unknown;
  const isForm = Array.isArray(value) && value.every((field) => Array.isArray(field) && field.length === 2);
  return isForm ? Object.fromEntries(value as [string, string][]) : value;
}

async function calls({ store }: CrmFace, req: Request): Promise<object> {
  const { number, extension, outcome, from, to, after = '', limit = pageMax } = queryOf(req, callsQuery);
  const rows = await store.calls({
    ...(number !== undefined && { number }),
    ...(extension !== undefined && { extension }),
    ...(outcome !== undefined && { outcome }),
    ...(from !== undefined && { fromMs: from }),
    ...(to !== undefined && { toMs: to }),
    before: after,
    limit,
  });
  const last = rows.at(-1);
  return { items: rows.map(shownCall), ...(last && rows.length === limit && { next: `${String(last.startedAtMs)} ${last.id}` }) };
}

const shownCall = ({ id, switch: at, direction, state, number, extension, outcome, startedAtMs, endedAtMs, call }: JournalRow): object => ({
  ...{ id, switch: at, direction, state, number, extension, outcome, origin: call.origin, startedAtMs },
  ...(endedAtMs !== undefined && { endedAtMs }),
});

async function oneCall({ store, bindings }: CrmFace, id: string): Promise<object> {
  const call = callId.safeParse(id).success ? await store.call(id) : undefined;
  if (!call) throw new TandemError('TDM_NOT_FOUND', ['Call', shown(id)]);
  const letters = await store.lettersOf(
    bindings.map(({ name }) => name),
    id,
  );
  return { call, messages: letters.map(shownLetter) };
}
