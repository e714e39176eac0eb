/** Recordings put together: where they are found, and how the old ones go. */
import { realpathSync } from 'node:fs';
import type { RecordCommand } from '../../core/access-ports.js';
import type { CrmFile } from '../../core/crm/binding.js';
import type { CallJournal, CrmStore } from '../../core/crm-ports.js';
import type { Log, Meter } from '../../core/ports.js';
import { leastDays, startRecordingRetention } from '../../core/services/recording-retention.js';
import type { Timers } from '../timers.js';
import { createRecordingRemover } from './recording-files.js';
import { createRecordingOrigins } from './recording-origins.js';
import { createRecordings, type Recordings } from './recordings.js';

export interface RecordingSideDeps {
  readonly file: CrmFile;
  readonly journal: Pick<CallJournal, 'find'>;
  readonly store: CrmStore;
  readonly record: RecordCommand;
  readonly timers: Timers;
  readonly log: Log;
  readonly meter: Meter;
}

export interface RecordingSide {
  readonly recordings: Recordings;
  /** Old recordings are removed: their calls are kept until they are. */
  readonly isRemoving: boolean;
  /** Until the result is called; for one process of several. */
  startRetention(): () => void;
}

export function openRecordings({ file, journal, store, record, timers, log, meter }: RecordingSideDeps): RecordingSide {
  const roots = file.recording_roots.map((root) => realRoot(root, log));
  const origins = createRecordingOrigins(file.recording_origins);
  const nowMs = (): number => timers.nowMs();
  return {
    recordings: createRecordings({
      journal,
      store,
      roots,
      origins,
      nowMs,
      onForeign: (call, what) => log.error({ call, what }, 'a recording was asked for that is not to be heard'),
    }),
    isRemoving: leastDays({ bindings: file.crm, days: file.recordings_days }) < Infinity,
    startRetention: () =>
      startRecordingRetention({
        store,
        bindings: file.crm,
        days: file.recordings_days,
        remove: createRecordingRemover({ roots, origins }),
        record,
        nowMs,
        after: (ms, run) => timers.after(ms, run),
        log,
        meter,
      }) ?? (() => undefined),
  };
}

function realRoot(root: string, log: Log): string {
  try {
    return realpathSync(root);
  } catch {
    log.warn({ root }, 'a root of recordings is not there');
    return root;
  }
}
