/**
 * Which of several database servers takes the work (scale-out section 4). Galera with one writer: all
 * processes have the same list, so they agree without an election.
 */

export interface NodeHealth {
  /** since when its probes succeed without interruption; undefined = it does not answer or refuses to work */
  readonly healthySinceMs: number | undefined;
}

/** A node that came back must have been healthy this long before the work returns to it. */
export const returnHoldMs = 30_000;

/** Index of the writer: the first healthy node, but no hasty return to a preferred one. Pure; undefined = none. */
export function chooseWriter(
  nodes: readonly NodeHealth[],
  current: number | undefined,
  nowMs: number,
  holdMs = returnHoldMs,
): number | undefined {
  const healthy = (i: number): boolean => nodes[i]?.healthySinceMs !== undefined;
  if (current === undefined || !healthy(current)) {
    const first = nodes.findIndex((_, i) => healthy(i));
    return first < 0 ? undefined : first;
  }
  const settled = nodes.findIndex((node, i) => i < current && node.healthySinceMs !== undefined && nowMs - node.healthySinceMs >= holdMs);
  return settled < 0 ? current : settled;
}
