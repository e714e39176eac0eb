/** Answer rates by part of the day and by list, and calls for each contact (dialer.md B9); looked up once a minute. */
import type { Campaign } from '../dialer/campaign.js';
import { answerRates, type AnswerRate } from '../dialer/live-figures.js';
import type { CampaignBreakdown, CounterRow, DialerStore } from '../dialer-ports.js';
import { localTime } from '../time.js';

export interface BreakdownFigures {
  readonly answerRates: {
    /** of the compliance window, by the campaign's own clock; minutes of its day */
    readonly byPart: readonly (AnswerRate & { readonly fromMinute: number; readonly toMinute: number })[];
    /** of the newest calls of today, at most 20,000; `list` undefined: contacts of no list */
    readonly byList: readonly (AnswerRate & { readonly list: number | undefined })[];
  };
  readonly attempts: {
    /** calls placed for each contact that was tried; undefined: none was */
    readonly perContact: number | undefined;
    /** finished contacts by attempts that counted, of at most 20,000 */
    readonly finished: CampaignBreakdown['finished'];
  };
}

export interface BreakdownFacts {
  /** counters of the window */
  readonly rows: readonly CounterRow[];
  /** contacts that were called, or are done with */
  readonly tried: number;
  /** calls now: they are in no sum yet */
  readonly underWay: number;
  readonly todayMs: number;
  readonly nowMs: number;
}

export interface Breakdowns {
  /** Rejects TDM_STORE_DOWN. */
  of(campaign: Campaign, facts: BreakdownFacts): Promise<BreakdownFigures>;
}

export const breakdownLimits = { keptMs: 60_000, campaignsMax: 1_000 };

export function createBreakdowns(
  { store, zone }: { readonly store: Pick<DialerStore, 'breakdown'>; readonly zone: string },
  limits = breakdownLimits,
): Breakdowns {
  const kept = new Map<string, { readonly atMs: number; readonly revision: number; readonly figures: Promise<BreakdownFigures> }>();

  async function read(campaign: Campaign, { rows, tried, underWay, todayMs }: BreakdownFacts): Promise<BreakdownFigures> {
    const { lists, finished, placed } = await store.breakdown(campaign.id, todayMs);
    const byList = answerRates(lists.map(({ listId, ...counts }) => ({ group: listId, ...counts })));
    return {
      answerRates: {
        byPart: ratesByPart(rows, campaign.dayParts, campaign.timeZone || zone),
        byList: [...byList].map(([list, rate]) => ({ list, ...rate })),
      },
      attempts: { perContact: tried > 0 ? (placed + underWay) / tried : undefined, finished },
    };
  }

  return {
    of(campaign, facts) {
      const before = kept.get(campaign.id);
      const { nowMs } = facts;
      if (before && before.revision === campaign.revision && nowMs - before.atMs < limits.keptMs && nowMs >= before.atMs)
        return before.figures;
      if (kept.size >= limits.campaignsMax) kept.clear();
      const figures = read(campaign, facts);
      kept.set(campaign.id, { atMs: nowMs, revision: campaign.revision, figures });
      figures.catch(() => kept.delete(campaign.id));
      return figures;
    },
  };
}

/** Each part of the day in order; calls outside all of them are left out. `dayParts`: begins in minutes, and the end of the last. */
function ratesByPart(rows: readonly CounterRow[], dayParts: readonly number[], zone: string): BreakdownFigures['answerRates']['byPart'] {
  const groups = rows.flatMap(({ bucketMs, placed, answered }) => {
    const { hour, minute } = localTime(bucketMs, zone);
    const group = dayParts.findIndex((from, n) => isWithin(hour * 60 + minute, from, dayParts[n + 1]));
    return group === -1 ? [] : [{ group, calls: placed, answered }];
  });
  return [...answerRates(groups)]
    .sort(([a], [b]) => a - b)
    .map(([part, rate]) => ({ fromMinute: dayParts[part] ?? 0, toMinute: dayParts[part + 1] ?? 0, ...rate }));
}

const isWithin = (minute: number, from: number, to: number | undefined): boolean => to !== undefined && minute >= from && minute < to;
