/** What a simulated day was like. */
import type { Campaign } from './campaign.js';

export interface DayResult {
  readonly utilisation: number;
  /** abandoned / (connected + abandoned) of each campaign; without AMD both have the same part of machines, estimated */
  readonly abandoned: readonly number[];
  readonly persons: readonly { readonly connected: number; readonly abandoned: number }[];
  readonly early: { readonly answered: number; readonly abandoned: number };
  readonly waitMean: number;
  readonly wait90: number;
  readonly connectsPerAgentHour: number;
  readonly inbound: { readonly count: number; readonly within20: number };
  readonly linesMost: number;
  /** part of the day in which the running share stood above the cap, from the 100th answer on */
  readonly overCap: number;
  /** abandoned calls too many, at the worst moment from the 100th answer on */
  readonly overMost: number;
}

/** What the day itself has counted. */
interface Watched {
  readonly inboundWaits: readonly number[];
  readonly linesMost: number;
  readonly overCap: number;
  readonly overMost: number;
}

const shareOf = ({ connected, abandoned }: { connected: number; abandoned: number }): number =>
  abandoned ? abandoned / (connected + abandoned) : 0;

export function measure(
  campaigns: readonly Campaign[],
  { busy, signedIn, waits }: { busy: number; signedIn: number; waits: readonly number[] },
  { inboundWaits, ...watched }: Watched,
): DayResult {
  const persons = campaigns.map((campaign) => campaign.persons);
  const sorted = [...waits].sort((a, b) => a - b);
  const sum = (of: (one: Campaign['persons']) => number): number => persons.reduce((all, one) => all + of(one), 0);
  return {
    utilisation: busy / signedIn,
    abandoned: campaigns.map(({ totals }) => shareOf(totals)),
    persons,
    early: { answered: sum((one) => one.answeredEarly), abandoned: sum((one) => one.abandonedEarly) },
    waitMean: sorted.reduce((all, wait) => all + wait, 0) / Math.max(1, sorted.length),
    wait90: sorted[Math.floor(sorted.length * 0.9)] ?? 0,
    connectsPerAgentHour: (sum((one) => one.connected) * 3_600) / signedIn,
    inbound: { count: inboundWaits.length, within20: inboundWaits.filter((wait) => wait <= 20).length },
    ...watched,
  };
}

export function addTotals(a: Campaign['totals'], b: Campaign['totals']): Campaign['totals'] {
  return {
    placed: a.placed + b.placed,
    answered: a.answered + b.answered,
    connected: a.connected + b.connected,
    abandoned: a.abandoned + b.abandoned,
    failed: a.failed + b.failed,
  };
}
