/** `/api/v1/dialer/campaigns`: their rules and their states (dialer.md B8). A campaign speaks as in files: snake_case, seconds. */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { pageDefault } from '../../../core/acd/views.js';
import { writeCampaign } from '../../../core/dialer/campaign-schema.js';
import type { Campaign } from '../../../core/dialer/campaign.js';
import { campaignStates } from '../../../core/dialer/words.js';
import { TandemError } from '../../../core/errors.js';
import type { StateAction } from '../../../core/services/dialer-campaigns.js';
import { notesOf } from '../../recorded.js';
import { refuse, type Principal } from '../permission.js';
import { bodyOf, limitOf, nothingMore, parameter, queryOf } from '../request.js';
import { referenceActions } from './reference.js';
import { actorOf, campaignFor, idPattern, seesCampaign, seesNamedQueue, type DialerRouteTools } from './tools.js';

export const campaignsQuery = z.strictObject({
  state: z.enum(campaignStates).optional(),
  search: z.string().max(100).optional().describe('part of the id or name'),
  after: z.string().max(40).optional(),
  limit: limitOf,
});

/** The fields are checked by the campaign's own schema, which names every wrong one (docs/dialer-api.md has the table). */
export const campaignBody = z.looseObject({
  id: z.string().regex(idPattern, 'must be 1 to 40 of letters, digits, _ . : @ -'),
  revision: z.int().min(0).optional().describe('the one that was read; another one is stored by now: 409'),
});
export const campaignChangeBody = z.looseObject({
  id: z.string().optional(),
  revision: campaignBody.shape.revision,
  state: z.enum(campaignStates).optional().describe('as it was read; another one: 400'),
  implicit: z.boolean().optional().describe('as it was read'),
});

export const stateActions: readonly StateAction[] = ['pause', 'resume', 'drain'];

export function createCampaignRoutes(tools: DialerRouteTools): Router {
  const router = Router();
  const one = '/dialer/campaigns/:campaign';
  router.get('/dialer/campaigns', (req, res) => list(tools, req, res));
  router.post('/dialer/campaigns', (req, res) => create(tools, req, res));
  router.get(one, async (req, res) => {
    const who = await tools.permit(req, 'dialer-view');
    send(res, await campaignFor(tools, who, parameter(req, 'campaign')));
  });
  router.put(one, (req, res) => revise(tools, req, res, true));
  router.patch(one, (req, res) => revise(tools, req, res, false));
  router.delete(one, async (req, res) => {
    const who = await tools.permit(req, 'dialer-admin');
    const { id } = await campaignFor(tools, who, parameter(req, 'campaign'), 'change');
    await tools.campaigns.remove(id, actorOf(who));
    res.json({ ok: true });
  });
  for (const action of referenceActions) router.post(`${one}/${action}`, (req, res) => act(tools, action, req, res));
  for (const action of stateActions) router.post(`${one}/${action}`, (req, res) => changeState(tools, action, req, res));
  return router;
}

/** With its revision, which a change may name in `If-Match`. */
function send(res: Response, campaign: Campaign, status = 200): void {
  res
    .status(status)
    .set('ETag', `"${String(campaign.revision)}"`)
    .json(campaignView(campaign));
}

const campaignView = (campaign: Campaign): Readonly<Record<string, unknown>> => ({
  ...writeCampaign(campaign),
  id: campaign.id,
  state: campaign.state,
  revision: campaign.revision,
  implicit: campaign.isImplicit,
});

async function list(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-view');
  const { state, search = '', after = '', limit = pageDefault } = queryOf(req, campaignsQuery);
  const wanted = search.toLowerCase();
  const found = (await tools.store.campaigns())
    .filter((campaign) => seesCampaign(who, campaign) && (state === undefined || campaign.state === state))
    .filter(({ id, name }) => id.toLowerCase().includes(wanted) || name.toLowerCase().includes(wanted))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const behind = found.filter(({ id }) => id > after);
  const page = behind.slice(0, limit);
  const next = behind.length > limit ? page.at(-1)?.id : undefined;
  res.json({ items: page.map(campaignView), total: found.length, ...(next === undefined ? {} : { next }) });
}

async function create(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-admin');
  const { id, ...rest } = bodyOf(req, campaignBody.omit({ revision: true }));
  requireOwnQueue(who, rest, undefined);
  const made = await tools.campaigns.create(id, rest, actorOf(who));
  send(res, made, 201);
}

async function revise(tools: DialerRouteTools, req: Request, res: Response, isWhole: boolean): Promise<void> {
  const who = await tools.permit(req, 'dialer-admin');
  const { id, revision, state, ...given } = bodyOf(req, campaignChangeBody);
  const rest = Object.fromEntries(Object.entries(given).filter(([field]) => field !== 'implicit'));
  const campaign = await campaignFor(tools, who, parameter(req, 'campaign'), 'change');
  if (id !== undefined && id !== campaign.id) throw new TandemError('TDM_BAD_REQUEST', ['id: is another one than that of the address']);
  if (state !== undefined && state !== campaign.state)
    throw new TandemError('TDM_BAD_REQUEST', [`state: is ${campaign.state}; start, stop, pause, resume and drain change it`]);
  requireOwnQueue(who, rest, isWhole ? undefined : campaign.queue);
  const { before, after } = await tools.campaigns.revise(campaign.id, rest, { isWhole, revision: revision ?? ifMatch(req) }, actorOf(who));
  notesOf(res).before = campaignView(before);
  send(res, after);
}

/** Those of some queues make campaigns of these queues, and leave them there. */
function requireOwnQueue(who: Principal, value: Readonly<Record<string, unknown>>, before: string | undefined): void {
  if (who.queues === undefined) return;
  const queue = value['queue'] ?? before;
  if (typeof queue !== 'string' || queue === '' || !seesNamedQueue(who, queue))
    refuse(who, `queue ${typeof queue === 'string' ? queue : ''}`);
}

/** `If-Match: "3"`. Throws TDM_BAD_REQUEST. */
function ifMatch(req: Request): number | undefined {
  const given = req.headers['if-match'];
  if (given === undefined || given === '*') return undefined;
  const revision = /^(?:W\/)?"(\d{1,15})"$/.exec(given)?.[1];
  if (revision === undefined) throw new TandemError('TDM_BAD_REQUEST', ['If-Match must be the ETag of the campaign']);
  return Number(revision);
}

async function act(tools: DialerRouteTools, action: (typeof referenceActions)[number], req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-control');
  bodyOf(req, nothingMore);
  const { id } = await campaignFor(tools, who, parameter(req, 'campaign'), 'change');
  const contacts = (await tools.campaigns.act(id, action, actorOf(who), true)) ?? 0;
  const state = (await tools.store.campaign(id))?.state;
  res.json({ campaignId: id, action, contacts, state });
}

/** Also at `/campaigns/{id}/pause|resume|drain` (B8). */
export async function changeState(tools: DialerRouteTools, action: StateAction, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-control');
  bodyOf(req, nothingMore);
  const { id } = await campaignFor(tools, who, parameter(req, 'campaign'), 'change');
  res.json({ campaignId: id, action, state: await tools.campaigns.change(id, action, actorOf(who)) });
}
