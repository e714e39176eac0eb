/** node-cron entries, no logic. Technical jobs run by UTC, so no change of summer time skips or doubles them. */
import { schedule } from 'node-cron';
import type { Log } from '../core/ports.js';

export const retentionSchedule = '17 3 * * *';

export interface Retention {
  runRetention(nowMs: number): Promise<unknown>;
}

/** The nightly move and expiry of log rows; a failed night is logged and made up for by the next. */
export function scheduleRetention(store: Retention, log: Log): { close(): Promise<void> } {
  const task = schedule(
    retentionSchedule,
    async () => {
      try {
        log.info({ result: await store.runRetention(Date.now()) }, 'retention done');
      } catch (e) {
        log.error({ err: e }, 'retention failed');
      }
    },
    { timezone: 'Etc/UTC', noOverlap: true },
  );
  return {
    async close() {
      await task.destroy();
    },
  };
}
