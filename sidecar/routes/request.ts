/** Bodies, parameters and refusals of `/api/v1`: checked once, the same way everywhere. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { AcdState } from '../../core/acd/acd-state.js';
import type { AgentConfig, QueueConfig } from '../../core/acd/config.js';
import type { AcdEvent, Answer } from '../../core/acd/events.js';
import { memberId } from '../../core/acd/ids.js';
import type { Member } from '../../core/acd/state.js';
import { cursorPattern, pageMax } from '../../core/acd/views.js';
import { TandemError } from '../../core/errors.js';
import type { Log } from '../../core/ports.js';
import type { QueueEngine } from '../../core/acd-ports.js';
import { agentNamed } from '../../core/services/queue-name.js';
import type { ApiNeed, Permit, Principal } from './permission.js';

/** Problems named in one answer. */
const problemsMax = 20;
/** Characters of a name that an answer repeats. */
const shownMax = 100;

const shown = (text: string): string => text.replace(/\p{C}/gu, '?').slice(0, shownMax);

export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues
    .slice(0, problemsMax)
    .map((issue) => `${shown(issue.path.join('.'))}${issue.path.length > 0 ? ': ' : ''}${shown(issue.message)}`);
  throw new TandemError('TDM_BAD_REQUEST', [problems.join('; ')]);
}

/** The JSON body; one that was not sent counts as an empty object. */
export const bodyOf = <T>(req: Request, schema: z.ZodType<T>): T => checked(schema, req.body ?? {});

export const nothingMore = z.strictObject({});

/** One of the path; Express has decoded it. */
export function parameter(req: Request, name: string): string {
  const value = req.params[name];
  return typeof value === 'string' ? value : '';
}

const number = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a number')
  .transform(Number);
/** Entries of a page. */
export const limitOf = number.pipe(z.int().min(1).max(pageMax)).optional();
const limit = limitOf;

/** Pages of members go on behind a place in the order, pages of other things behind an id. */
export const memberPage = z.strictObject({ after: z.string().regex(cursorPattern, 'is no cursor of this API').optional(), limit });
export const idPage = z.strictObject({ after: z.string().max(150).optional(), limit, queue: z.string().max(150).optional() });

export const queryOf = <T>(req: Request, schema: z.ZodType<T>): T => checked(schema, { ...req.query });

// ------------------------------------------------------------------ names

export function queueOf(state: AcdState, name: string): QueueConfig {
  const queue = state.queueNamed(name) ?? (name.includes('@') ? undefined : state.queueNamed(`${name}@default`));
  if (!queue) throw new TandemError('TDM_NOT_FOUND', ['Queue', shown(name)]);
  return queue;
}

export function agentOf(state: AcdState, name: string): AgentConfig {
  const agent = agentNamed(state, name);
  if (!agent) throw new TandemError('TDM_NOT_FOUND', ['Agent', shown(name)]);
  return agent;
}

export function memberOf(state: AcdState, id: string): Member {
  const member = state.members.get(memberId(id));
  if (!member) throw new TandemError('TDM_NOT_FOUND', ['Member', shown(id)]);
  return member;
}

// ------------------------------------------------------------------ wishes

/** What every route of the queues needs. */
export interface QueueApiTools {
  readonly engine: QueueEngine;
  readonly permit: Permit;
  readonly log: Log;
  nowMs(): number;
}

type Refusal = Extract<Answer, { ok: false }>;

/** The engine's words stay as they are: programs of OpenSIPS know the dispatcher's by heart (opensips-call-center 10). */
export function refusalError({ code, detail }: Refusal): TandemError {
  const named = /^(queue|agent|member) (\S+)$/.exec(detail);
  if (code === 'TDM_NOT_FOUND' && named) return new TandemError(code, [capital(named[1] ?? ''), shown(named[2] ?? '')]);
  const error = new TandemError(code, ['']);
  error.message = shown(detail);
  return error;
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** Asks the engine for somebody and writes down who it was; the answer when it was granted. */
export async function wish(tools: QueueApiTools, user: string, event: AcdEvent): Promise<Extract<Answer, { ok: true }>> {
  const answer = await tools.engine.ask(event);
  tools.log.info(
    { audit: true, user, wish: auditOf(event), granted: answer.ok, ...(answer.ok ? {} : { reason: answer.detail }) },
    'queues: asked for over the API',
  );
  if (!answer.ok) throw refusalError(answer);
  return answer;
}

/** Without the parts that may hold a customer's data. */
function auditOf(event: AcdEvent): object {
  if (event.type !== 'caller-joined') return event;
  const { member, queue, media } = event.join;
  return { type: event.type, member, queue, media };
}

/** Route for reading: permission first, then the state of this moment. The answer holds what `principal` may see. */
export function reading(
  tools: QueueApiTools,
  answer: (state: AcdState, req: Request, principal: Principal) => unknown,
  need: ApiNeed = 'view',
) {
  return async (req: Request, res: Response): Promise<void> => {
    const principal = await tools.permit(req, need);
    res.json(answer(tools.engine.view(), req, principal));
  };
}

/** Route for a wish: permission first; what `work` gives is the answer, `{ok: true}` when it gives nothing. */
export function doing(
  tools: QueueApiTools,
  work: (req: Request, user: string, principal: Principal) => Promise<object | undefined>,
  need: ApiNeed = 'control',
) {
  return async (req: Request, res: Response): Promise<void> => {
    const principal = await tools.permit(req, need);
    tools.engine.view(); // TDM_STANDBY before anything else
    res.json((await work(req, principal.user, principal)) ?? { ok: true });
  };
}
