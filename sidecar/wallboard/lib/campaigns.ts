/** What the rows and figures of campaigns say, for the pages of the dialer. Pure. */
import type { CampaignNow, CampaignState, Counters, Gate, LiveAnswer, OverviewRow } from './dialer-wire.ts';

export const campaignActions = ['start', 'resume', 'pause', 'drain', 'stop', 'purge'] as const;
export type CampaignAction = (typeof campaignActions)[number];

const byState: Readonly<Record<CampaignState, readonly CampaignAction[]>> = {
  draft: ['start'],
  stopped: ['start', 'purge'],
  done: ['start', 'purge'],
  running: ['pause', 'drain', 'stop'],
  paused: ['resume', 'drain', 'stop', 'purge'],
  draining: ['resume', 'pause', 'stop'],
};

/** What can be done with a campaign in this state, in the order of the buttons. */
export const actionsIn = (state: CampaignState): readonly CampaignAction[] => byState[state];

/** These are asked for first: they begin to call people, or cannot be taken back at once. */
export const isAskedFirst = (action: CampaignAction): boolean => action !== 'pause';

/** From this part of the cap on it is told in colour and word. */
export const nearCap = 0.8;
export type ShareLevel = 'good' | 'near' | 'over';

/** At the cap the dialer calls one by one: that is over. */
export function shareLevel(share: number, cap: number): ShareLevel {
  if (cap <= 0) return share > 0 ? 'over' : 'good';
  if (share >= cap) return 'over';
  return share >= cap * nearCap ? 'near' : 'good';
}

/** `2.41 %`: shares near 3 % are not told in whole percent. */
export const shareText = (share: number | null | undefined): string =>
  share === undefined || share === null || !Number.isFinite(share) ? '–' : `${(share * 100).toFixed(2)} %`;

export const inFlight = (live: CampaignNow | null): number => (live ? live.ringing + live.waiting + live.talking : 0);

/** Agents who are here: not those on a break. */
export const agentsHere = ({ agents }: CampaignNow): number => agents.ready + agents.reserved + agents.talk + agents.wrap;

export interface CampaignTotals {
  readonly running: number;
  readonly ringing: number;
  readonly waiting: number;
  readonly talking: number;
  readonly pending: number;
  /** of the campaigns whose share is at or near the cap */
  readonly near: number;
}

export function campaignTotals(rows: readonly OverviewRow[]): CampaignTotals {
  const sum = (of: (live: CampaignNow) => number): number => rows.reduce((all, { live }) => all + (live ? of(live) : 0), 0);
  return {
    running: rows.filter(({ state }) => state === 'running').length,
    ringing: sum((live) => live.ringing),
    waiting: sum((live) => live.waiting),
    talking: sum((live) => live.talking),
    pending: rows.reduce((all, { pending }) => all + pending, 0),
    near: rows.filter(({ live }) => live && shareLevel(live.window.share, live.window.cap) !== 'good').length,
  };
}

export const campaignSorts = ['name', 'state', 'calls', 'abandoned'] as const;
export type CampaignSort = (typeof campaignSorts)[number];

const stateOrder: readonly CampaignState[] = ['running', 'draining', 'paused', 'stopped', 'draft', 'done'];
const partOfCap = ({ live }: OverviewRow): number => (live && live.window.cap > 0 ? live.window.share / live.window.cap : -1);
const byName = (a: OverviewRow, b: OverviewRow): number => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1);

export function sortedCampaigns(rows: readonly OverviewRow[], sort: CampaignSort): OverviewRow[] {
  const before: Readonly<Record<CampaignSort, (a: OverviewRow, b: OverviewRow) => number>> = {
    name: () => 0,
    state: (a, b) => stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state),
    calls: (a, b) => inFlight(b.live) - inFlight(a.live),
    abandoned: (a, b) => partOfCap(b) - partOfCap(a),
  };
  return [...rows].sort((a, b) => before[sort](a, b) || byName(a, b));
}

export interface CountRow<K extends string> {
  readonly name: K;
  readonly count: number;
  /** of all of them */
  readonly share: number;
}

/** The largest first; noughts are left out. */
export function countRows<K extends string>(counts: Readonly<Partial<Record<K, number>>>): readonly CountRow<K>[] {
  const entries = (Object.entries(counts) as [K, number | undefined][]).flatMap(([name, count = 0]) =>
    count > 0 ? [{ name, count }] : [],
  );
  const all = entries.reduce((sum, { count }) => sum + count, 0);
  return entries.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)).map((row) => ({ ...row, share: row.count / all }));
}

/** Contacts that are held back, the most frequent gate first. */
export const blockedRows = (blocked: Readonly<Partial<Record<Gate, number>>>): readonly CountRow<Gate>[] => countRows(blocked);

/** The figure that steers, with the cap of the campaign's window: from the tables, else of this moment. */
export function abandonmentOf({ figures, live }: LiveAnswer): {
  share: number;
  cap: number;
  adjusted: number;
  how: 'amd' | 'agents' | 'none';
} {
  const { share, cap, adjusted } = figures.abandonment ?? {
    ...(live?.window ?? { share: 0, cap: 0 }),
    adjusted: { share: live?.window.share ?? 0, how: 'none' as const },
  };
  return { share, cap, adjusted: adjusted.share, how: adjusted.how };
}

// ------------------------------------------------------------------ the day

export interface DialedQuarter {
  readonly atMs: number;
  readonly placed: number;
  readonly answered: number;
  readonly connected: number;
  readonly abandoned: number;
}

export const quarterMs = 900_000;

/** Each quarter of an hour from `fromMs` until now, also the empty ones. */
export function quartersOf(rows: readonly Counters[], fromMs: number, nowMs: number): readonly DialedQuarter[] {
  const quarters: { -readonly [K in keyof DialedQuarter]: DialedQuarter[K] }[] = [];
  for (let atMs = fromMs; atMs <= nowMs; atMs += quarterMs) quarters.push({ atMs, placed: 0, answered: 0, connected: 0, abandoned: 0 });
  for (const row of rows) {
    const quarter = quarters[Math.floor((row.bucketMs - fromMs) / quarterMs)];
    if (!quarter) continue;
    quarter.placed += row.placed;
    quarter.answered += row.answered;
    quarter.connected += row.connected + row.connectedIvr;
    quarter.abandoned += row.abandoned;
  }
  return quarters;
}

/** Without the hours before the first and after the last call, so that what happened fills the chart. */
export function busyPart(quarters: readonly DialedQuarter[]): readonly DialedQuarter[] {
  const isBusy = ({ placed, answered, connected, abandoned }: DialedQuarter): boolean => placed + answered + connected + abandoned > 0;
  const first = quarters.findIndex(isBusy);
  return first < 0 ? [] : quarters.slice(Math.max(0, first - 1), quarters.findLastIndex(isBusy) + 2);
}
