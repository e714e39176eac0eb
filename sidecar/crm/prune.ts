/** Old calls and letters of the journal go, a part at a time, while this process has the journal. */
import type { CrmStore } from '../../core/crm-ports.js';
import type { Log } from '../../core/ports.js';
import type { Timers } from '../timers.js';

export interface PruneDeps {
  readonly store: Pick<CrmStore, 'prune'>;
  readonly timers: Timers;
  readonly log: Log;
}

export const pruneDefaults = {
  everyMs: 3_600_000,
  /** rows of each kind at once, and the pause behind them while there are more */
  rowsMax: 1_000,
  pauseMs: 1_000,
};

const dayMs = 86_400_000;

/** Until the result is called: also what is under way then begins nothing more. */
export function startPruning({ store, timers, log }: PruneDeps, callsDays: number, options = pruneDefaults): () => void {
  const { everyMs, rowsMax, pauseMs } = options;
  let isStopped = false;
  let cancel = (): void => undefined;

  async function pass(): Promise<void> {
    let rows = 0;
    try {
      rows = await store.prune(timers.nowMs(), { callsMsMax: callsDays * dayMs, limit: rowsMax });
    } catch (error) {
      log.debug({ error }, 'old calls of the journal could not be removed');
    }
    if (!isStopped) cancel = timers.after(rows >= rowsMax ? pauseMs : everyMs, () => void pass());
  }

  void pass();
  return () => {
    isStopped = true;
    cancel();
  };
}
