/**
 * Figures of running campaigns for the tick: compliance windows, today, calling hours (dialer.md B4). Read from the
 * counters and remembered for a few seconds; what is older than half an hour is read anew only every ten minutes.
 */
import type { Campaign } from '../dialer/campaign.js';
import { abandonFigure, windowStart } from '../dialer/compliance/abandonment.js';
import type { AbandonFigure } from '../dialer/compliance/abandonment.js';
import type { Profile } from '../dialer/compliance/profile.js';
import { shiftOf } from '../dialer/compliance/windows.js';
import type { TickView } from '../dialer/engine-words.js';
import type { CounterRow, DialerStore } from '../dialer-ports.js';

export const dialerWindowsLimits = {
  /** figures are this old at most */
  ageMsMax: 5_000,
  /** once more at the next tick when calls were abandoned, but not sooner */
  ageMsMin: 1_000,
  /** rows of the counters younger than this are read each time */
  recentMs: 1_800_000,
  /** the older ones again after */
  olderAgeMsMax: 600_000,
  shiftAgeMsMax: 60_000,
  /** campaigns that are remembered */
  campaignsMax: 5_000,
};

export interface DialerWindowsDeps {
  readonly store: Pick<DialerStore, 'counters'>;
  readonly profiles: () => ReadonlyMap<string, Profile>;
  /** where most of the campaign's contacts live, as far as seen */
  readonly zonesOf: (campaign: string) => readonly string[];
}

export interface Figures {
  readonly window: AbandonFigure;
  readonly today: { readonly answered: number; readonly abandoned: number };
  readonly shift: { readonly startMs: number; readonly endMs: number };
}

export interface DialerWindows {
  /** Rejects TDM_STORE_DOWN. Of campaigns whose profile is known. */
  read(campaigns: readonly Campaign[], nowMs: number): Promise<ReadonlyMap<string, Figures>>;
  /** as last read */
  of(campaign: string): Figures | undefined;
  /** its window has changed */
  stale(campaign: string): void;
}

interface Known {
  figures: Figures;
  readAtMs: number;
  isStale: boolean;
  /** rows before `olderToMs`, read at `olderAtMs` from `olderFromMs` on */
  older: readonly CounterRow[];
  olderFromMs: number;
  olderToMs: number;
  olderAtMs: number;
  shiftAtMs: number;
}

/** width of a counter (dialer_counters) */
const bucketMs = 300_000;

export function createDialerWindows(deps: DialerWindowsDeps, limits = dialerWindowsLimits): DialerWindows {
  const known = new Map<string, Known>();

  async function refresh(campaign: Campaign, profile: Profile, nowMs: number): Promise<void> {
    const before = known.get(campaign.id);
    const isShiftOld = !before || nowMs - before.shiftAtMs >= limits.shiftAgeMsMax;
    const shift = isShiftOld ? shiftOf(campaign, profile, deps.zonesOf(campaign.id), nowMs) : before.figures.shift;
    const fromMs = Math.min(windowStart(campaign, profile, nowMs), shift.startMs);
    const { older, olderAtMs, olderToMs, olderFromMs } = await olderRows(campaign.id, fromMs, nowMs, before);
    const rows = [...older, ...(await deps.store.counters(campaign.id, olderToMs, nowMs + bucketMs))];
    const shiftAtMs = isShiftOld ? nowMs : before.shiftAtMs;
    const figures = { window: abandonFigure(campaign, profile, rows, nowMs), today: todayOf(rows, shift.startMs), shift };
    if (!before && known.size >= limits.campaignsMax) known.clear();
    known.set(campaign.id, { figures, readAtMs: nowMs, isStale: false, older, olderFromMs, olderToMs, olderAtMs, shiftAtMs });
  }

  async function olderRows(
    campaign: string,
    fromMs: number,
    nowMs: number,
    before: Known | undefined,
  ): Promise<Pick<Known, 'older' | 'olderFromMs' | 'olderToMs' | 'olderAtMs'>> {
    if (before && nowMs - before.olderAtMs < limits.olderAgeMsMax && fromMs >= before.olderFromMs) return before;
    const olderToMs = Math.floor((nowMs - limits.recentMs) / bucketMs) * bucketMs;
    const older = fromMs < olderToMs ? await deps.store.counters(campaign, fromMs, olderToMs) : [];
    return { older, olderFromMs: fromMs, olderToMs: Math.max(fromMs, olderToMs), olderAtMs: nowMs };
  }

  return {
    async read(campaigns, nowMs) {
      const result = new Map<string, Figures>();
      for (const campaign of campaigns) {
        const profile = deps.profiles().get(campaign.profile);
        if (!profile) continue;
        const before = known.get(campaign.id);
        const ageMs = before ? nowMs - before.readAtMs : Infinity;
        if (ageMs >= limits.ageMsMax || ageMs < 0 || (before?.isStale === true && ageMs >= limits.ageMsMin))
          await refresh(campaign, profile, nowMs);
        const figures = known.get(campaign.id)?.figures;
        if (figures) result.set(campaign.id, figures);
      }
      return result;
    },
    of: (campaign) => known.get(campaign)?.figures,
    stale(campaign) {
      const before = known.get(campaign);
      if (before) before.isStale = true;
    },
  };
}

function todayOf(rows: readonly CounterRow[], fromMs: number): { readonly answered: number; readonly abandoned: number } {
  const today = rows.filter((row) => row.bucketMs >= fromMs);
  const sum = (of: (row: CounterRow) => number): number => today.reduce((total, row) => total + of(row), 0);
  return { answered: sum((row) => row.persons), abandoned: sum((row) => row.abandoned) };
}

/** As the tick wants them. */
export function windowsFrom(figures: ReadonlyMap<string, Figures>): Pick<TickView, 'windows' | 'shifts'> {
  return {
    windows: new Map([...figures].map(([id, { window, today }]) => [id, { ...window.steering, today }])),
    shifts: new Map([...figures].map(([id, { shift }]) => [id, shift])),
  };
}
