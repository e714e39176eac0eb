/** Which of several campaigns with the same agents may place first: the one that is furthest behind its weight. */
export interface Sharing {
  readonly weight: number;
  /** calls connected, or expected to be, in a time that is the same for all */
  readonly connected: number;
}

/** Indexes in the order in which to ask the pacers; a weight of 0 or less comes last. */
export function turns(campaigns: readonly Sharing[]): number[] {
  const behind = ({ weight, connected }: Sharing): number => (weight > 0 ? connected / weight : Infinity);
  const order = campaigns.map((campaign, index) => ({ index, behind: behind(campaign) }));
  return order.sort((a, b) => (a.behind === b.behind ? a.index - b.index : a.behind - b.behind)).map(({ index }) => index);
}
