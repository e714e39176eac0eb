/** When a webhook is tried again (B25). */

const [second, minute, hour] = [1_000, 60_000, 3_600_000];

export const webhookDefaults = {
  retryMs: [5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 8 * hour] as readonly number[],
  failingPauseMs: 10 * minute,
  /** share by which a pause may be shorter or longer */
  jitter: 0.2,
  /** no receiver can ask for a longer pause than this, unless the schedule has it */
  afterMsMax: hour,
  pageMax: 100,
  /** how far may be delivered twice after a sudden death */
  saveEveryMs: 1_000,
  /** after an error of the database */
  storePauseMs: 5_000,
  /** an idle one looks after itself so often */
  idleMsMax: 60_000,
};

export type WebhookOptions = typeof webhookDefaults;

/** Unix ms: by the schedule, and no sooner than the receiver wants it. `chance`: 0 to 1. */
export function nextTryMs(
  { ms, afterMs, nowMs, chance }: { readonly ms: number; readonly afterMs: number; readonly nowMs: number; readonly chance: number },
  { jitter, afterMsMax }: WebhookOptions,
): number {
  return Math.round(nowMs + Math.max(ms * (1 - jitter + 2 * jitter * chance), Math.min(afterMs, afterMsMax)));
}
