/** What a campaign does now (dialer.md B9): figures as JSON and as server-sent events, why it does not dial, decisions of its pacer. */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Campaign } from '../../../core/dialer/campaign.js';
import { explainCampaign } from '../../../core/dialer/explain.js';
import { TandemError } from '../../../core/errors.js';
import type { Access } from '../../access.js';
import type { LiveStreams } from '../../dialer-streams.js';
import { limitOf, parameter, queryOf } from '../request.js';
import { asNew, campaignFor, type DialerRouteTools } from './tools.js';

export interface LiveTools extends DialerRouteTools {
  readonly streams: LiveStreams;
  /** absent: no bound but that of all streams */
  readonly access?: Pick<Access, 'streams'> | undefined;
}

const decisionsDefault = 60;
export const decisionsQuery = z.strictObject({ limit: limitOf });
export const liveQuery = z.strictObject({
  stream: z.enum(['yes', 'no']).optional().describe('yes: server-sent events, one a second; a request that accepts them gets them too'),
});

export function createLiveRoutes(tools: LiveTools): Router {
  const router = Router();
  const one = '/dialer/campaigns/:campaign';
  router.get(`${one}/live`, (req, res) => live(tools, req, res));
  router.get(`${one}/why`, (req, res) => why(tools, req, res));
  router.get(`${one}/decisions`, async (req, res) => {
    const who = await tools.permit(req, 'dialer-view');
    const { limit = decisionsDefault } = queryOf(req, decisionsQuery);
    const { id } = await campaignFor(tools, who, parameter(req, 'campaign'));
    res.json({ decisions: tools.control.decisions(id, limit) });
  });
  return router;
}

/** Also at `/campaigns/{id}/live`. */
export async function live(tools: LiveTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-view');
  const { stream } = queryOf(req, liveQuery);
  const campaign = await campaignFor(tools, who, parameter(req, 'campaign'));
  const isStream = stream === 'yes' || (stream === undefined && req.accepts(['json', 'text/event-stream']) === 'text/event-stream');
  if (!isStream) {
    res.json(await liveView(tools, campaign));
    return;
  }
  tools.streams.check();
  tools.access?.streams.hold(who, res);
  if (res.destroyed) return; // who went away meanwhile would never be heard to go
  res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  res.flushHeaders();
  req.socket.setNoDelay(true);
  tools.streams.open({
    sink: res,
    campaign: campaign.id,
    endsAtMs: who.endsAtMs,
    isAllowed: async () => {
      await campaignFor(tools, await tools.permit(asNew(req), 'dialer-view'), campaign.id);
    },
  });
}

/** This moment from the dialer, sums from the tables; `live` is null where another process dials. */
export async function liveView(
  tools: Pick<LiveTools, 'control' | 'figures'>,
  campaign: Campaign,
): Promise<Readonly<Record<string, unknown>>> {
  const [now, figures] = [tools.control.live(campaign.id), await tools.figures.of(campaign)];
  return { campaign: campaign.id, state: campaign.state, mode: campaign.mode, live: now ?? null, figures };
}

/** Also at `/campaigns/{id}/why`. */
export async function why(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-view');
  const { id } = await campaignFor(tools, who, parameter(req, 'campaign'));
  const found = await tools.control.why(id);
  if (!found) throw new TandemError('TDM_NOT_FOUND', ['Campaign', id]);
  const now = tools.control.live(id);
  res.json({ why: found, live: now ?? null, text: explainCampaign(found, now, tools.nowMs()) });
}
