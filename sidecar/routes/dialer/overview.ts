/** `/api/v1/dialer/overview`: all campaigns that one may see with what they do now, for a page that asks every second. */
import { Router, type Request, type Response } from 'express';
import type { Campaign } from '../../../core/dialer/campaign.js';
import { seesCampaign, type DialerRouteTools } from './tools.js';

export const overviewLimits = {
  /** counts of contacts are read again after this long; what the dialer does now costs nothing */
  countsMs: 5_000,
  campaignsMax: 1_000,
};

export interface OverviewRow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly mode: string;
  readonly queue: string;
  readonly weight: number;
  /** made by its first contact */
  readonly implicit: boolean;
  /** contacts that are still to be called */
  readonly pending: number;
  /** this moment; null where another process dials */
  readonly live: object | null;
}

export function createOverviewRoutes(tools: DialerRouteTools, limits = overviewLimits): Router {
  const router = Router();
  const pendingOf = createPending(tools, limits);
  router.get('/dialer/overview', async (req: Request, res: Response) => {
    const who = await tools.permit(req, 'dialer-view');
    const seen = (await tools.store.campaigns()).filter((campaign) => seesCampaign(who, campaign)).sort((a, b) => (a.id < b.id ? -1 : 1));
    const items: OverviewRow[] = [];
    for (const campaign of seen.slice(0, limits.campaignsMax)) items.push(rowOf(tools, campaign, await pendingOf(campaign.id)));
    res.json({ items, total: seen.length, owner: tools.control.isOwner(), atMs: tools.nowMs() });
  });
  return router;
}

function rowOf({ control }: DialerRouteTools, campaign: Campaign, pending: number): OverviewRow {
  const { id, name, state, mode, queue, weight, isImplicit } = campaign;
  return { id, name, state, mode, queue, weight, implicit: isImplicit, pending, live: control.live(id) ?? null };
}

/** One reading for all who look. Rejects TDM_STORE_DOWN. */
function createPending(tools: DialerRouteTools, limits: typeof overviewLimits): (campaign: string) => Promise<number> {
  const kept = new Map<string, { readonly atMs: number; readonly count: Promise<number> }>();
  return (campaign) => {
    const before = kept.get(campaign);
    if (before && tools.nowMs() - before.atMs < limits.countsMs) return before.count;
    if (kept.size >= limits.campaignsMax) kept.clear();
    const count = tools.store
      .contactCounts(campaign)
      .then((rows) => rows.reduce((sum, row) => sum + (row.status === 'pending' ? row.count : 0), 0));
    kept.set(campaign, { atMs: tools.nowMs(), count });
    count.catch(() => kept.delete(campaign));
    return count;
  };
}
