/** Waiting times between attempts to reach something that is down. Shared by the links to the switches. */

export interface BackoffLimits {
  /** longest wait before the second attempt, ms */
  readonly firstMs: number;
  /** no wait is longer than this, ms */
  readonly capMs: number;
}

export const backoffDefaults: BackoffLimits = { firstMs: 100, capMs: 5_000 };

/**
 * The wait after failed attempt number `attempt` (0 = the first), in whole milliseconds: doubles from
 * `firstMs` up to `capMs`, of which the upper half is left to chance, so that many links do not knock
 * at the same moment. `random01` is a number from 0 up to, not including, 1.
 */
export function nextDelayMs(attempt: number, random01: number, limits: BackoffLimits = backoffDefaults): number {
  const doublings = Math.min(Math.max(0, attempt), 30); // 2^30 first waits are beyond any cap
  const longestMs = Math.min(limits.capMs, limits.firstMs * 2 ** doublings);
  return Math.round(longestMs / 2 + (longestMs / 2) * random01);
}
