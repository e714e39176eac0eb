/** Old calls and letters of the journal go, a part at a time, while this process has the journal. */
import type { CrmStore } from '../../core/crm-ports.js';
import type { Log } from '../../core/ports.js';
import type { Timers } from '../timers.js';

export interface PruneDeps {
  readonly store: Pick<CrmStore, 'prune'>;
  readonly timers: Timers;
  readonly log: Log;
}

export interface PruneTimes {
  /** calls are kept so long */
  readonly callsDays: number;
  /** old recordings are removed: a call of which that is not done yet is kept for `unpurgedDays` more, or its recordings would stay for ever */
  readonly isRemoving: boolean;
}

export const pruneDefaults = {
  unpurgedDays: 30,
  everyMs: 3_600_000,
  /** rows of each kind at once, and the pause behind them while there are more */
  rowsMax: 1_000,
  pauseMs: 1_000,
};

const dayMs = 86_400_000;

/** Until the result is called: also what is under way then begins nothing more. */
export function startPruning(
  { store, timers, log }: PruneDeps,
  { callsDays, isRemoving }: PruneTimes,
  options = pruneDefaults,
): () => void {
  const { everyMs, rowsMax, pauseMs } = options;
  const times = { callsMsMax: callsDays * dayMs, unpurgedMsMax: (isRemoving ? callsDays + options.unpurgedDays : callsDays) * dayMs };
  let isStopped = false;
  let cancel = (): void => undefined;

  async function pass(): Promise<void> {
    let rows = 0;
    try {
      rows = await store.prune(timers.nowMs(), { ...times, limit: rowsMax });
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
