/**
 * Rows of the next batch of a list (dialer.md B7). Large batches are cheap: more of their rows share a page of an index. But whoever
 * wants the database waits until a batch is stored, so one may not take long, on this machine and under what else it does now.
 */
export interface BatchBounds {
  readonly least: number;
  readonly most: number;
}

/** a batch shall be stored within this */
export const batchAimMs = 30;
const growthMax = 1.5;
const shrinkMax = 0.5;

/** `tookMs`: for the last batch, which had `rows`. */
export function nextBatchRows(rows: number, tookMs: number, { least, most }: BatchBounds): number {
  const factor = Math.min(growthMax, Math.max(shrinkMax, batchAimMs / Math.max(1, tookMs)));
  return Math.max(least, Math.min(most, Math.floor(rows * factor)));
}
