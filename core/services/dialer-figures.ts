/** Live statistics of a campaign (dialer.md B9) from counters, calls and contact counts; read at most once a second. */
import { abandonFigure, windowStart, type AbandonFigure } from '../dialer/compliance/abandonment.js';
import type { Profile } from '../dialer/compliance/profile.js';
import type { Campaign } from '../dialer/campaign.js';
import type { CallRecord } from '../dialer/contact.js';
import { figuresFrom, figuresOfCalls, spreadOf, type SpanFigures, type Spread } from '../dialer/live-figures.js';
import type { CallResult, ContactStatus } from '../dialer/words.js';
import { createBreakdowns, type BreakdownFigures, type Breakdowns } from './dialer-breakdown.js';
import type { CounterRow, DialerStore } from '../dialer-ports.js';
import { dayStart } from '../reports/calendar.js';

export interface CampaignFiguresNow {
  readonly campaign: string;
  readonly atMs: number;
  readonly spans: {
    readonly minute: SpanFigures;
    readonly quarter: SpanFigures;
    readonly today: SpanFigures;
    readonly window: SpanFigures;
  };
  /** undefined: the campaign's profile is unknown */
  readonly abandonment: AbandonFigure | undefined;
  /** of the calls of the last 15 minutes, at most `callsMax` of them */
  readonly durations: { readonly wait: Spread; readonly ring: Spread; readonly talk: Spread };
  readonly contacts: {
    readonly total: number;
    /** never tried, and not done with */
    readonly fresh: number;
    readonly byStatus: Readonly<Partial<Record<ContactStatus, number>>>;
    readonly byResult: Readonly<Partial<Record<CallResult, number>>>;
    /** share of the contacts that were tried or are done with; undefined without contacts */
    readonly penetration: number | undefined;
  };
  /** looked up at most once a minute */
  readonly breakdown: BreakdownFigures;
  /** when the contacts left are done at the pace of the last 15 minutes; undefined: nothing is dialled */
  readonly estimatedEndMs: number | undefined;
}

export interface CampaignFigures {
  /** Rejects TDM_STORE_DOWN. */
  of(campaign: Campaign): Promise<CampaignFiguresNow>;
}

export interface FiguresDeps {
  readonly store: Pick<DialerStore, 'counters' | 'calls' | 'contactCounts' | 'breakdown'>;
  readonly profiles: () => ReadonlyMap<string, Profile>;
  /** of campaigns without one of their own */
  readonly zone: string;
  nowMs(): number;
}

export const figuresLimits = {
  keptMs: 1_000,
  campaignsMax: 1_000,
  callsMax: 1_000,
};

const minuteMs = 60_000;
const quarterMs = 15 * minuteMs;

export function createCampaignFigures(deps: FiguresDeps, limits = figuresLimits): CampaignFigures {
  const kept = new Map<string, { readonly atMs: number; readonly figures: Promise<CampaignFiguresNow> }>();
  const breakdowns = createBreakdowns(deps);
  return {
    of(campaign) {
      const nowMs = deps.nowMs();
      const before = kept.get(campaign.id);
      if (before && nowMs - before.atMs < limits.keptMs) return before.figures;
      if (kept.size >= limits.campaignsMax) kept.clear();
      const figures = read(deps, limits, campaign, nowMs, breakdowns);
      kept.set(campaign.id, { atMs: nowMs, figures });
      figures.catch(() => kept.delete(campaign.id));
      return figures;
    },
  };
}

async function read(
  deps: FiguresDeps,
  limits: typeof figuresLimits,
  campaign: Campaign,
  nowMs: number,
  breakdowns: Breakdowns,
): Promise<CampaignFiguresNow> {
  const { store } = deps;
  const profile = deps.profiles().get(campaign.profile);
  const todayMs = dayStart(nowMs, campaign.timeZone || deps.zone);
  const windowMs = profile ? windowStart(campaign, profile, nowMs) : todayMs;
  const [rows, calls, counts] = await Promise.all([
    store.counters(campaign.id, Math.min(todayMs, windowMs), nowMs),
    store.calls({ campaign: campaign.id, fromMs: nowMs - quarterMs, before: '', limit: limits.callsMax }),
    store.contactCounts(campaign.id),
  ]);
  const today = figuresFrom(rows, todayMs, nowMs);
  const isAll = calls.length < limits.callsMax;
  const quarter = isAll ? figuresOfCalls(calls, nowMs - quarterMs, nowMs) : figuresFrom(rows, nowMs - quarterMs, nowMs);
  const contacts = contactsOf(counts);
  return {
    campaign: campaign.id,
    atMs: nowMs,
    spans: { minute: figuresOfCalls(calls, nowMs - minuteMs, nowMs), quarter, today, window: figuresFrom(rows, windowMs, nowMs) },
    abandonment: profile && abandonFigure(campaign, profile, ofWindow(rows, windowMs), nowMs),
    durations: {
      wait: spread(calls, ({ offeredAtMs, bridgedAtMs }) => between(offeredAtMs, bridgedAtMs)),
      ring: spread(calls, ({ placedAtMs, answeredAtMs }) => between(placedAtMs, answeredAtMs)),
      talk: spread(calls, ({ bridgedAtMs, endedAtMs }) => between(bridgedAtMs, endedAtMs)),
    },
    contacts,
    breakdown: await breakdowns.of(campaign, { rows, ...triedOf(contacts), todayMs, nowMs }),
    estimatedEndMs: estimatedEnd(contacts.byStatus.pending ?? 0, quarter.placed, nowMs),
  };
}

const ofWindow = (rows: readonly CounterRow[], fromMs: number): readonly CounterRow[] => rows.filter(({ bucketMs }) => bucketMs >= fromMs);

/** Sums are written at the end of a call, so those under way are counted apart. */
const triedOf = ({ total, fresh, byStatus }: CampaignFiguresNow['contacts']): { readonly tried: number; readonly underWay: number } => ({
  tried: total - fresh - (byStatus.agent_pending ?? 0),
  underWay: byStatus.dialed ?? 0,
});

type Counts = Awaited<ReturnType<DialerStore['contactCounts']>>;

function contactsOf(counts: Counts): CampaignFiguresNow['contacts'] {
  const byStatus: Partial<Record<ContactStatus, number>> = {};
  const byResult: Partial<Record<CallResult, number>> = {};
  let total = 0;
  let fresh = 0;
  for (const { status, result, count } of counts) {
    byStatus[status] = (byStatus[status] ?? 0) + count;
    if (result !== undefined) byResult[result] = (byResult[result] ?? 0) + count;
    total += count;
    if (result === undefined && (status === 'pending' || status === 'stopped')) fresh += count;
  }
  return { total, fresh, byStatus, byResult, penetration: total === 0 ? undefined : (total - fresh) / total };
}

const between = (fromMs: number | undefined, toMs: number | undefined): number | undefined =>
  fromMs === undefined || toMs === undefined ? undefined : Math.max(0, toMs - fromMs);

const spread = (calls: readonly CallRecord[], of: (call: CallRecord) => number | undefined): Spread =>
  spreadOf(calls.map(of).filter((value) => value !== undefined));

function estimatedEnd(left: number, placedInQuarter: number, nowMs: number): number | undefined {
  if (left === 0) return nowMs;
  return placedInQuarter === 0 ? undefined : nowMs + Math.round((left / placedInQuarter) * quarterMs);
}
