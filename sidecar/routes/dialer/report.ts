/** The compliance report of a campaign and period (dialer.md B10), and its figures by intervals for other reports. */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { inWholeCounters } from '../../../core/dialer/compliance/abandonment.js';
import { complianceReport, type ComplianceReport } from '../../../core/dialer/compliance/report.js';
import type { Campaign } from '../../../core/dialer/campaign.js';
import { countedAtMs, type CallRecord } from '../../../core/dialer/contact.js';
import { TandemError } from '../../../core/errors.js';
import type { Principal } from '../permission.js';
import { parameter, queryOf } from '../request.js';
import { campaignFor, type DialerRouteTools } from './tools.js';
import { maskNumber } from '../../../core/dialer/mask.js';

const moment = z
  .string()
  .regex(/^\d{1,15}$/, 'must be Unix ms')
  .transform(Number);

export const reportQuery = z.strictObject({
  from: moment.describe('Unix ms'),
  to: moment.describe('Unix ms; the first moment that is no longer in it'),
  format: z.enum(['json', 'csv', 'text']).default('json'),
});
export const countersQuery = z.strictObject({ from: reportQuery.shape.from, to: reportQuery.shape.to });

export const reportLimits = {
  /** longest period: what must be proved is kept no longer */
  spanMsMax: 366 * 86_400_000,
  /** calls that bear witness; beyond it the report says that it is not whole */
  callsMax: 50_000,
  pageMax: 1_000,
  /** longest time between the begin of a call and its answer */
  ringMsMax: 900_000,
  /** rows of counters in one answer: a week of one campaign */
  counterSpanMsMax: 31 * 86_400_000,
};

export function createDialerReportRoutes(tools: DialerRouteTools, limits = reportLimits): Router {
  const router = Router();
  router.get('/dialer/campaigns/:campaign/report', (req, res) => report(tools, limits, req, res));
  router.get('/dialer/campaigns/:campaign/counters', async (req, res) => {
    const who = await tools.permit(req, 'dialer-view');
    const { from, to } = spanOf(queryOf(req, countersQuery), limits.counterSpanMsMax);
    const { id } = await campaignFor(tools, who, parameter(req, 'campaign'));
    res.json({ items: await tools.store.counters(id, from, to) });
  });
  return router;
}

/** Throws TDM_BAD_REQUEST. */
function spanOf<T extends { readonly from: number; readonly to: number }>(query: T, msMax: number): T {
  if (query.to <= query.from) throw new TandemError('TDM_BAD_REQUEST', ['to: must be behind from']);
  if (query.to - query.from > msMax)
    throw new TandemError('TDM_BAD_REQUEST', [`to: at most ${String(msMax / 86_400_000)} days behind from`]);
  return query;
}

async function report(tools: DialerRouteTools, limits: typeof reportLimits, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-view');
  const { format, from, to } = spanOf(queryOf(req, reportQuery), limits.spanMsMax);
  const campaign = await campaignFor(tools, who, parameter(req, 'campaign'));
  const period = inWholeCounters(from, to);
  const made = await makeReport(tools, limits, who, campaign, period.fromMs, period.toMs);
  const name = `compliance-${campaign.id.replace(/[^\w.-]/g, '_')}`;
  if (format === 'json') res.json(made.data);
  else if (format === 'text') res.type('text/plain; charset=utf-8').send(made.text);
  else res.attachment(`${name}.csv`).type('text/csv; charset=utf-8').send(made.csv);
}

async function makeReport(
  tools: DialerRouteTools,
  limits: typeof reportLimits,
  who: Principal,
  campaign: Campaign,
  fromMs: number,
  toMs: number,
): Promise<ComplianceReport> {
  const profile = tools.profiles().get(campaign.profile);
  if (!profile) throw new TandemError('TDM_CONFLICT', [`profile ${campaign.profile} of campaign ${campaign.id} is unknown`]);
  const { store } = tools;
  const [counters, counts, suppression] = await Promise.all([
    store.counters(campaign.id, fromMs, toMs),
    store.contactCounts(campaign.id),
    tools.suppression(),
  ]);
  const { calls, isWhole } = await witnesses(tools, limits, campaign.id, fromMs, toMs);
  const blocked: Record<string, number> = {};
  for (const { result, count } of counts) if (result?.startsWith('BLOCKED_') === true) blocked[result] = (blocked[result] ?? 0) + count;
  const seen = who.seesNumbers === true ? calls : calls.map((call) => ({ ...call, ...maskedNumbers(call) }));
  return complianceReport({
    campaign,
    profile,
    fromMs,
    toMs,
    counters,
    calls: seen,
    isWhole,
    blocked,
    suppression,
    madeAtMs: tools.nowMs(),
  });
}

const maskedNumbers = ({ number, numberKey }: CallRecord) => ({ number: maskNumber(number), numberKey: maskNumber(numberKey) });

/**
 * Calls that bear witness to the three conditions: abandoned, unanswered, with a message. Newest first, page by page. They
 * belong to the period by the same moment as in the counters; found are they by when they were placed.
 */
async function witnesses({ store }: DialerRouteTools, limits: typeof reportLimits, campaign: string, fromMs: number, toMs: number) {
  const calls: CallRecord[] = [];
  let before = '';
  for (;;) {
    const page = await store.calls({ campaign, fromMs: fromMs - limits.ringMsMax, toMs, before, limit: limits.pageMax });
    for (const call of page) if (isWitness(call) && countedAtMs(call) >= fromMs && countedAtMs(call) < toMs) calls.push(call);
    const last = page.at(-1);
    if (page.length < limits.pageMax || !last) return { calls, isWhole: true };
    if (calls.length >= limits.callsMax) return { calls: calls.slice(0, limits.callsMax), isWhole: false };
    before = `${String(last.placedAtMs)} ${last.callId}`;
    await new Promise((resolve) => setImmediate(resolve)); // calls go first
  }
}

const isWitness = ({ result, answeredAtMs, messageAtMs }: CallRecord): boolean =>
  result === 'ABANDONED' || answeredAtMs === undefined || messageAtMs !== undefined;
