/** Whose contact is called next, when several campaigns place calls for the same agents. */
export interface Sharing {
  readonly weight: number;
  /** calls connected to agents, in a time that is the same for all */
  readonly connected: number;
  readonly inFlight: number;
  /** chance that a call in flight is answered by a person */
  readonly answerShare: number;
}

/**
 * The campaign of the i-th call to be placed now: always the one that is furthest behind its weight, calls in flight
 * counted with their chance. One without weight comes last.
 */
export function createTurns(campaigns: readonly Sharing[]): (i: number) => number {
  const served = campaigns.map(({ connected, inFlight, answerShare }) => connected + inFlight * answerShare);
  const order: number[] = [];
  const behind = (c: number): number => {
    const weight = campaigns[c]?.weight ?? 0;
    return weight > 0 ? (served[c] ?? 0) / weight : Infinity;
  };
  return (i) => {
    while (order.length <= i) {
      const next = campaigns.reduce((first, _, c) => (behind(c) < behind(first) ? c : first), 0);
      order.push(next);
      served[next] = (served[next] ?? 0) + Math.max(0.001, campaigns[next]?.answerShare ?? 0);
    }
    return order[i] ?? 0;
  };
}
