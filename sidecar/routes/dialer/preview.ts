/** Preview calls (B42): `/api/v1/dialer/preview/{agent}`, and the short addresses of dialer.md B2. For the agent himself and for supervisors. */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { PreviewOffer } from '../../../core/dialer-ports.js';
import { agentFor } from '../inside.js';
import { isOwn, refuse, type Principal } from '../permission.js';
import { bodyOf, parameter } from '../request.js';
import { campaignFor, idPattern, notFound, type DialerRouteTools } from './tools.js';
import { previewView } from './views.js';

const reason = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\P{C}+$/u, 'may have no control characters');

export const previewBodies = {
  next: z.strictObject({ campaign: z.string().regex(idPattern, 'is no id').optional().describe('absent: any that the agent serves') }),
  dial: z.strictObject({ number: z.int().min(0).max(20).optional().describe('which of the numbers, from 0; absent: the next one') }),
  skip: z.strictObject({ reason: reason.optional() }),
  reject: z.strictObject({ reason }),
} as const;

type PreviewAction = keyof typeof previewBodies;
export const previewActions = Object.keys(previewBodies) as readonly PreviewAction[];

type Handler = (req: Request, res: Response) => Promise<void>;

/** Below the given prefix: the own API's, and the root. */
export function createPreviewRoutes(tools: DialerRouteTools): Router {
  const router = Router();
  router.get('/dialer/preview/:agent', (req, res) => current(tools, req, res));
  for (const action of previewActions) router.post(`/dialer/preview/:agent/${action}`, previewAction(tools, action));
  return router;
}

export function previewAction(tools: DialerRouteTools, action: PreviewAction): Handler {
  const handlers: Readonly<Record<PreviewAction, Handler>> = {
    next: (req, res) => next(tools, req, res),
    dial: (req, res) => dial(tools, req, res),
    skip: (req, res) => skip(tools, req, res),
    reject: (req, res) => reject(tools, req, res),
  };
  return handlers[action];
}

/** The agent as the engine names him, when he may be acted for. */
export async function agentOf(tools: DialerRouteTools, req: Request): Promise<{ readonly who: Principal; readonly agent: string }> {
  const who = await tools.permit(req, 'own-preview');
  const name = parameter(req, 'agent');
  if (who.ownOnly === true && !isOwn(who, name)) refuse(who, `preview of ${name}`);
  if (tools.engine?.isOwner() === true) return { who, agent: agentFor(who, tools.engine.view(), name, 'change').id };
  if (!/^[^\p{C}]{1,150}$/u.test(name)) throw notFound('Agent', name);
  // where the queues are not, nobody knows whose agent it is
  if (who.ownOnly !== true && who.queues !== undefined) refuse(who, `preview of ${name}`);
  return { who, agent: name };
}

/** What is shown to the agent; a supervisor of some queues sees none of other campaigns. */
export async function offerOf(tools: DialerRouteTools, who: Principal, agent: string): Promise<PreviewOffer | undefined> {
  const offer = tools.control.preview(agent);
  if (offer && who.ownOnly !== true) await campaignFor(tools, who, offer.campaign);
  return offer;
}

async function current(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const { who, agent } = await agentOf(tools, req);
  const offer = await offerOf(tools, who, agent);
  res.json({ offer: offer ? previewView(who, offer) : null });
}

async function next(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const { who, agent } = await agentOf(tools, req);
  const { campaign } = bodyOf(req, previewBodies.next);
  if (campaign !== undefined) await campaignFor(tools, who.ownOnly === true ? { ...who, queues: undefined } : who, campaign, 'change');
  const offer = await tools.control.previewNext(agent, campaign);
  res.json({ offer: offer ? previewView(who, offer) : null });
}

async function dial(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const { who, agent } = await agentOf(tools, req);
  const { number } = bodyOf(req, previewBodies.dial);
  await offerOf(tools, who, agent);
  res.json(await tools.control.previewDial(agent, number));
}

async function skip(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const { who, agent } = await agentOf(tools, req);
  const { reason: why = '' } = bodyOf(req, previewBodies.skip);
  await offerOf(tools, who, agent);
  await tools.control.previewSkip(agent, why);
  res.json({ ok: true });
}

/** Final: the contact is not called again, so a reason is wanted. */
async function reject(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const { who, agent } = await agentOf(tools, req);
  const { reason: why } = bodyOf(req, previewBodies.reject);
  await offerOf(tools, who, agent);
  await tools.control.previewReject(agent, why);
  res.json({ ok: true });
}
