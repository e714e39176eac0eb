/**
 * Which campaign gets how many of the free call slots (dialer.md A6). Case 1, more slots than campaigns: equal shares, what
 * a small campaign cannot use goes to the larger ones, the smallest is dialled first. Case 2: the campaigns whose oldest
 * contact has waited longest get one each. Weights and limits are additions that change nothing where they are not set.
 */

export interface Sharer {
  readonly id: string;
  /** eligible contacts: the order of case 1 */
  readonly count: number;
  /** its next contact: since when it waits, and its id */
  readonly oldestMs: number;
  readonly oldestId: string;
  /** calls it can use now, by mode, limits and agents; as many as it has contacts when left out */
  readonly most?: number;
  /** share of the slots against the others'; 0 comes last; 1 when left out */
  readonly weight?: number;
}

export interface Share {
  readonly id: string;
  readonly take: number;
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const weightOf = ({ weight = 1 }: Sharer): number => Math.max(0, weight);
const mostOf = ({ most = Infinity, count }: Sharer): number => Math.max(0, Math.min(most, count));
/** One without weight comes after all others. */
const byRank = (a: Sharer, b: Sharer): number => Number(weightOf(a) === 0) - Number(weightOf(b) === 0);

/** In dialling order; each campaign once, none with 0. */
export function allocate(slots: number, campaigns: readonly Sharer[]): readonly Share[] {
  const eligible = campaigns.filter((campaign) => mostOf(campaign) > 0);
  const free = Math.floor(slots);
  if (!(free > 0)) return [];
  return free > eligible.length ? sharedOut(free, eligible) : oldestFirst(free, eligible);
}

/** Case 2 */
function oldestFirst(slots: number, campaigns: readonly Sharer[]): readonly Share[] {
  return [...campaigns]
    .sort((a, b) => byRank(a, b) || a.oldestMs - b.oldestMs || compareText(a.oldestId, b.oldestId))
    .slice(0, slots)
    .map(({ id }) => ({ id, take: 1 }));
}

/** Case 1; a second round is only needed where a weight or a limit left something over. */
function sharedOut(slots: number, campaigns: readonly Sharer[]): readonly Share[] {
  const order = [...campaigns].sort((a, b) => byRank(a, b) || a.count - b.count || a.oldestMs - b.oldestMs || compareText(a.id, b.id));
  const taken = new Map<string, number>();
  let left = slots;
  for (let open = order; left > 0 && open.length > 0; open = open.filter((c) => mostOf(c) > (taken.get(c.id) ?? 0))) {
    const before = left;
    left = round(open, left, taken);
    if (left === before) break;
  }
  return order.map(({ id }) => ({ id, take: taken.get(id) ?? 0 })).filter(({ take }) => take > 0);
}

function round(order: readonly Sharer[], slots: number, taken: Map<string, number>): number {
  let left = slots;
  let weightLeft = order.reduce((sum, campaign) => sum + weightOf(campaign), 0);
  order.forEach((campaign, i) => {
    const later = order.length - i - 1;
    const part = weightLeft > 0 ? weightOf(campaign) / weightLeft : 1 / (later + 1);
    // nobody's weight takes the one contact that each of the others is sure of
    const share = Math.min(left, Math.max(1, Math.min(Math.floor(left * part + rounding), left - later)));
    const had = taken.get(campaign.id) ?? 0;
    const take = Math.min(mostOf(campaign) - had, share);
    taken.set(campaign.id, had + take);
    left -= take;
    weightLeft -= weightOf(campaign);
  });
  return left;
}

/** 3 × (1/3) must be 1 */
const rounding = 1e-9;
