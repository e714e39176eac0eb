/**
 * The reference dialer's faces (dialer.md A5, A13, A14, A17.2): contacts come in, campaigns are started, stopped and
 * purged, how busy it is, and what the voice connector says of agents. Bodies and statuses are literal. Programs without
 * a login may come from the addresses of `TANDEM_DIALER_ALLOW`; everybody else logs in as for `/api/v1`.
 */
import type { NextFunction, Request, RequestHandler, Response, Router } from 'express';
import { z } from 'zod';
import { hasCode, TandemError, type ErrorCode } from '../../../core/errors.js';
import type { DialerStatus } from '../../../core/dialer-ports.js';
import type { ReferenceAction } from '../../../core/services/dialer-campaigns.js';
import { intakeLimits, type Bringer, type TakenIn } from '../../../core/services/dialer-intake.js';
import type { ApiNeed, Principal } from '../permission.js';
import { parameter } from '../request.js';
import { actorOf, campaignFor, idPattern, seesCampaign, type DialerRouteTools } from './tools.js';

export interface ReferenceTools extends DialerRouteTools {
  /** who may do it, by his address or his login */
  readonly admit: (req: Request, need: ApiNeed) => Promise<Principal>;
}

export const referenceActions: readonly ReferenceAction[] = ['start', 'stop', 'purge'];

/** At the root of the router. */
export function addReferenceRoutes(router: Router, tools: ReferenceTools): void {
  router.post(
    '/contacts',
    told((req, res) => intake(tools, req, res, tools.admit)),
  );
  for (const action of referenceActions)
    router.post(
      `/campaigns/:campaign/${action}`,
      told((req, res) => control(tools, action, req, res)),
    );
  router.get(
    '/status',
    told((req, res) => status(tools, req, res)),
  );
  router.post(
    '/agent-details',
    told((req, res) => agentDetails(tools, req, res)),
  );
}

// ------------------------------------------------------------------ refusals

/** In the reference's words where it has some. */
const literal: Partial<Record<ErrorCode, readonly [status: number, error: string]>> = {
  TDM_NOT_FOUND: [404, 'Not Found'],
  TDM_STORE_DOWN: [503, 'Service Unavailable'],
  TDM_STORE_EMPTY: [503, 'Service Unavailable'],
  TDM_STANDBY: [503, 'Service Unavailable'],
  TDM_STOPPING: [503, 'Service Unavailable'],
  TDM_BUSY: [503, 'Service Unavailable'],
  TDM_INTERNAL: [500, 'Internal Server Error'],
};

/** Sends `{"error": ...}`; what is not the client's fault goes on to be logged. */
export function sendRefusal(res: Response, e: TandemError): void {
  const [status, error] = literal[e.code] ?? [e.status, e.message];
  res.status(status).json(literal[e.code] ? { error } : { error, code: e.code });
}

/** A route whose refusals are told in these words. */
export function told(work: (req: Request, res: Response) => Promise<void>): RequestHandler {
  return async (req: Request, res: Response, next: NextFunction) => {
    try {
      await work(req, res);
    } catch (e) {
      if (res.headersSent) next(e);
      else if (e instanceof TandemError) sendRefusal(res, e);
      else tellInternal(res, next, e);
    }
  };
}

/** The one place that logs failures answers them too; here its answer is replaced. */
function tellInternal(res: Response, next: NextFunction, e: unknown): void {
  const json = res.json.bind(res);
  res.json = () => json({ error: 'Internal Server Error' });
  next(e);
}

// ------------------------------------------------------------------ contacts (A5)

/** `POST /contacts`, and the same under `/api/v1/dialer`: one contact or an array of them. */
export async function intake(tools: DialerRouteTools, req: Request, res: Response, admit: ReferenceTools['admit']): Promise<void> {
  const who = await admit(req, 'dialer-control');
  const body: unknown = req.body;
  const isMany = Array.isArray(body);
  const values: readonly unknown[] = isMany ? body : [body];
  if (typeof body !== 'object' || body === null) throw new TandemError('TDM_BAD_REQUEST', ['a contact or an array of contacts, as JSON']);
  if (values.length === 0) throw new TandemError('TDM_BAD_REQUEST', ['the array is empty']);
  if (values.length > intakeLimits.contactsMax)
    throw new TandemError('TDM_BAD_REQUEST', [`more than ${String(intakeLimits.contactsMax)} contacts`]);
  const taken = await tools.takeIn(values, bringer(who));
  if (isMany) sendMany(res, taken);
  else sendOne(res, taken[0]);
}

const bringer = (who: Principal): Bringer => ({
  actor: actorOf(who),
  mayUse: (campaign) => (campaign ? seesCampaign(who, campaign) : who.queues === undefined),
});

function sendOne(res: Response, taken: TakenIn | undefined): void {
  if (!taken) throw new TandemError('TDM_INTERNAL');
  if (taken.kind === 'refused') res.status(taken.status).json({ id: taken.id ?? null, code: taken.code, error: taken.error });
  else if (taken.kind === 'stored') res.status(201).json({ id: taken.id });
  else res.status(200).json({ id: taken.id, duplicate: true });
}

/** 201 when anything is stored, or was before; else the status of the first refusal, so that nobody takes it for success. */
function sendMany(res: Response, taken: readonly TakenIn[]): void {
  const accepted = taken.flatMap((one) => (one.kind === 'refused' ? [] : [one.id]));
  const refused = taken.filter((one) => one.kind === 'refused');
  const rejected = refused.map(({ id, code, error }) => ({ id: id ?? null, code, error }));
  res.status(accepted.length > 0 ? 201 : (refused[0]?.status ?? 500)).json({ accepted, rejected });
}

// ------------------------------------------------------------------ control (A13)

async function control(tools: ReferenceTools, action: ReferenceAction, req: Request, res: Response): Promise<void> {
  const who = await tools.admit(req, 'dialer-control');
  const id = parameter(req, 'campaign');
  if (!idPattern.test(id)) throw new TandemError('TDM_NOT_FOUND', ['Campaign', '']);
  if (who.queues !== undefined) await campaignFor(tools, who, id, 'change');
  const contacts = await tools.campaigns.act(id, action, actorOf(who));
  if (contacts === undefined) throw new TandemError('TDM_NOT_FOUND', ['Campaign', id]);
  res.json({ campaignId: id, action, contacts });
}

// ------------------------------------------------------------------ status (A14)

async function status(tools: ReferenceTools, req: Request, res: Response): Promise<void> {
  await tools.admit(req, 'dialer-view');
  const now = tools.control.status();
  res.status(now.database === 'up' ? 200 : 503).json(statusView(now));
}

/** Literal, in this order. */
export const statusView = (now: DialerStatus): Readonly<Record<string, unknown>> => ({
  maxConcurrentCalls: now.maxConcurrentCalls,
  activeCalls: now.activeCalls,
  dialed: now.dialed,
  agentPending: now.agentPending,
  freeSlots: now.freeSlots,
  database: now.database,
  switches: now.switches.map(({ name, state }) => ({ name, state })),
  voiceConnector: now.voiceConnector,
});

// ------------------------------------------------------------------ agent details (A17.2)

/** What stands in dial strings later (A2, A10). */
/** of a later call: the contact's with a number behind it (`callIdOf`) */
const id = z.string().regex(/^[A-Za-z0-9_.:@-]{1,60}$/);
const extension = z.string().regex(/^[A-Za-z0-9_.*#@-]{1,40}$/);
const queueName = /^[A-Za-z0-9_.:*# @-]{0,40}$/;

/** Other fields are let pass: a connector may say more. No agent is left reserved for the sake of a name that is only told. */
export const agentDetailsBody = z.looseObject({
  uuid: id,
  status: z.enum(['AGENT_RESERVED', 'NO_AGENT_AVAILABLE']),
  agentExtension: extension.nullish(),
  agentId: z.string().max(150).nullish(),
  queueName: z.string().max(1_000).nullish(),
});

async function agentDetails(tools: ReferenceTools, req: Request, res: Response): Promise<void> {
  await tools.admit(req, 'dialer-control');
  const given = withTexts(req.body);
  const problem = problemOf(given);
  if (problem !== undefined) {
    res.status(400).json({ error: problem });
    return;
  }
  const body = agentDetailsBody.parse(given);
  if (!tools.control.isOwner()) throw new TandemError('TDM_STANDBY', ['agent details go to the Tandem that dials']);
  const isReserved = body.status === 'AGENT_RESERVED';
  const handled = await tools.control
    .agentDetails({
      callId: body.uuid,
      isReserved,
      agentExtension: body.agentExtension ?? '',
      agentId: body.agentId ?? '',
      // one that no dial string can have: the contact's own is used
      queueName: queueName.test(body.queueName ?? '') ? (body.queueName ?? '') : '',
    })
    .catch((e: unknown) => {
      if (hasCode(e, 'TDM_STORE_DOWN', 'TDM_STANDBY', 'TDM_STOPPING')) return 503 as const;
      throw e;
    });
  if (handled === 200) res.json({ uuid: body.uuid });
  else res.status(handled).json({ error: detailErrors[handled] });
}

const detailErrors = { 404: 'Not Found', 409: 'Conflict', 500: 'Internal Server Error', 503: 'Service Unavailable' } as const;

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** Clients write ids and extensions as numbers too, as in contacts. */
function withTexts(value: unknown): Readonly<Record<string, unknown>> {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(given).map(([name, each]) => [name, Number.isSafeInteger(each) ? String(each) : each]));
}

/** A missing field has the reference's words. */
function problemOf(given: Readonly<Record<string, unknown>>): string | undefined {
  const wanted = ['uuid', ...(given['status'] === 'AGENT_RESERVED' ? ['agentExtension'] : []), 'status'];
  const missing = wanted.find((field) => !isGiven(given[field]));
  if (missing !== undefined) return `[${missing}] not found`;
  const read = agentDetailsBody.safeParse(given);
  return read.success ? undefined : [...new Set(read.error.issues.map(({ path }) => `[${String(path[0])}] is not valid`))].join('; ');
}
