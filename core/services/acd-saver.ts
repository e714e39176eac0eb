/**
 * Stores what the queue engine has changed. A caller is not worse off because of a database: what no try could store is
 * kept, goes with the next save, and is tried again by itself; a row that the store refuses for good is left out (H2).
 */
import type { AcdState } from '../acd/acd-state.js';
import type { AcdBatch } from '../acd-ports.js';
import { hasCode } from '../errors.js';
import type { Log, Meter } from '../ports.js';
import { addUnsaved, batchFrom, countRows, nothingUnsaved } from './acd-pending.js';
import type { Unsaved } from './acd-pending.js';
import { changesOf, salvage, thingsOf } from './acd-salvage.js';
import type { After } from './deadline.js';

export const acdSaverLimits = {
  /** tries of one save before the orders leave without it */
  savesMax: 3,
  savePauseMs: 100,
  /** what could not be saved is tried again after this */
  saveAgainMs: 1_000,
  /** saves to find the rows that are refused for good; what is left then goes with the next save */
  salvageSavesMax: 64,
  /** segments kept for a store that refuses them */
  segmentsKeptMax: 100_000,
  /** events too; their numbers stay without an event then */
  eventsKeptMax: 100_000,
};

export interface AcdSaverDeps {
  readonly save: (batch: AcdBatch) => Promise<void>;
  readonly state: () => AcdState;
  /** nothing is to be tried any more */
  readonly isEnded: () => boolean;
  /** what could not be stored is to come back now, in the turn of the saves */
  readonly again: (changes: Unsaved) => void;
  readonly after: After;
  /** monotonic ms */
  readonly monoMs: () => number;
  readonly log: Log;
  readonly meter: Meter;
}

export interface AcdSaver {
  /**
   * Resolves when orders may leave: it is stored, or kept since no try could store it. One at a time. `changes` grow by
   * what was kept before. Rejects TDM_STANDBY; once `isEnded`, with any error of the store.
   */
  store(changes: Unsaved): Promise<void>;
  stop(): void;
}

export function createAcdSaver(deps: AcdSaverDeps, limits = acdSaverLimits): AcdSaver {
  const { save, state, isEnded, after, monoMs, log, meter } = deps;
  /** what no try could store */
  let kept = nothingUnsaved();
  let cancelAgain: (() => void) | undefined;

  function takeKept(): Unsaved {
    const changes = kept;
    kept = nothingUnsaved();
    return changes;
  }

  async function store(changes: Unsaved): Promise<void> {
    addUnsaved(changes, takeKept());
    const sinceMs = monoMs();
    let batch: AcdBatch | undefined;
    for (let tries = 1; ; tries++) {
      try {
        batch ??= batchFrom(changes, state());
        await save(batch);
        break;
      } catch (error) {
        if (hasCode(error, 'TDM_STANDBY') || isEnded()) throw error;
        meter.count('tandem_acd_save_failures_total');
        if (tries >= limits.savesMax) {
          if (hasCode(error, 'TDM_STORE_DOWN')) keep(changes, error);
          else await salvaged(changes, error);
          return;
        }
        await new Promise<void>((resolve) => void after(limits.savePauseMs, resolve));
      }
    }
    meter.observe('tandem_acd_save_seconds', (monoMs() - sinceMs) / 1000);
    meter.observe('tandem_acd_batch_rows', countRows(changes));
  }

  function keep(changes: Unsaved, error: unknown): void {
    log.error({ error, rows: countRows(changes) }, 'state of the queue engine could not be stored; calls go on without');
    addUnsaved(kept, changes);
    const { segments, events } = kept;
    if (segments.length > limits.segmentsKeptMax) segments.splice(0, segments.length - limits.segmentsKeptMax);
    if (events.length > limits.eventsKeptMax) events.splice(0, events.length - limits.eventsKeptMax);
    cancelAgain ??= after(limits.saveAgainMs, () => {
      cancelAgain = undefined;
      deps.again(takeKept());
    });
  }

  /** Each save has the newest state of its things, as every other one. */
  async function salvaged(changes: Unsaved, why: unknown): Promise<void> {
    const { refused, left, error } = await salvage(
      thingsOf(changes),
      async (some) => save(batchFrom(changesOf(some), state())),
      limits.salvageSavesMax,
    );
    for (const { thing, error: reason } of refused) {
      const { kind, id } = thing;
      meter.count('tandem_acd_refused_rows_total', { kind });
      log.error({ error: reason, kind, id }, 'a row of the queue engine is refused for good and is left out');
    }
    if (left.length > 0) keep(changesOf(left), error ?? why);
  }

  return {
    store,
    stop() {
      cancelAgain?.();
    },
  };
}
