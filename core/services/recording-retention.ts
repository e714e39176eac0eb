/**
 * Removes recordings that are older than their CRMs may keep them (crm-vtiger 3.2: afterwards 410). A few calls at a time; a
 * row of the audit for each file; what cannot be removed now is tried again with the next pass.
 */
import type { RecordCommand } from '../access-ports.js';
import { isCallOf, type CallOwner } from '../crm/ownership.js';
import type { CrmStore } from '../crm-ports.js';
import type { JournalCall } from '../journal/call.js';
import type { Log, Meter } from '../ports.js';
import type { After } from './deadline.js';

export type RemovedRecording =
  | { readonly kind: 'removed'; readonly bytes: number }
  /** `gone`: somebody else has removed it; `elsewhere`: on another host, whose own affair it is */
  | { readonly kind: 'gone' | 'elsewhere' }
  /** `foreign`: outside of the roots; `away`: not there, and neither is what its root should hold. It may be there another day. */
  | { readonly kind: 'foreign' | 'away' };

type Keeping = { readonly recordings: { readonly days: number } };

export interface RecordingRetentionDeps {
  readonly store: Pick<CrmStore, 'unpurgedCalls' | 'recordingPurged'>;
  readonly bindings: readonly (CallOwner & Keeping)[];
  /** for calls of bindings that say nothing else; 0 = never */
  readonly days: number;
  /** Rejects when it is there and cannot be removed. */
  readonly remove: (switchName: string, file: string) => Promise<RemovedRecording>;
  readonly record: RecordCommand;
  readonly nowMs: () => number;
  readonly after: After;
  readonly log: Log;
  readonly meter: Meter;
}

export const recordingRetentionDefaults = {
  firstMs: 60_000,
  everyMs: 24 * 3_600_000,
  /** calls at once, and the pause behind them */
  batchMax: 100,
  pauseMs: 1_000,
};

const dayMs = 86_400_000;

/** Days that a call's recordings are kept: as long as the longest of its CRMs wants; Infinity = for ever. */
export function daysOfCall({ bindings, days }: Pick<RecordingRetentionDeps, 'bindings' | 'days'>, call: JournalCall): number {
  const owners = bindings.filter((binding) => isCallOf(binding, call)).map(({ recordings }) => recordings.days || days);
  return Math.max(...(owners.length === 0 ? [days] : owners).map((own) => (own === 0 ? Infinity : own)));
}

/** The fewest days after which something is removed; Infinity = never. */
export const leastDays = ({ bindings, days }: Pick<RecordingRetentionDeps, 'days'> & { readonly bindings: readonly Keeping[] }): number =>
  Math.min(...[days, ...bindings.map(({ recordings }) => recordings.days)].filter((own) => own > 0));

/** Runs until the result is called; undefined: nothing is ever removed. */
export function startRecordingRetention(deps: RecordingRetentionDeps, options = recordingRetentionDefaults): (() => void) | undefined {
  const { store, remove, record, nowMs, after, log, meter } = deps;
  const least = leastDays(deps);
  if (least === Infinity) return undefined;
  let isStopped = false;
  /** recordings of this pass that are to be removed, and could not even be found */
  let left = 0;
  let cancel = after(options.firstMs, () => void pass(''));

  function later(ms: number, place: string): void {
    if (!isStopped) cancel = after(ms, () => void pass(place));
  }

  /** One batch behind `place`; the next follows. */
  async function pass(place: string): Promise<void> {
    try {
      const found = await store.unpurgedCalls(place, nowMs() - least * dayMs, options.batchMax);
      for (const call of found.calls) {
        if (isStopped) return;
        if ((call.endedAtMs ?? call.lastEventAtMs) + daysOfCall(deps, call) * dayMs <= nowMs()) await purge(call);
      }
      if (found.next === undefined) {
        if (left > 0)
          log.warn({ recordings: left }, 'old recordings are left: outside of recording_roots, or their root is empty or not there');
        left = 0;
        later(options.everyMs, '');
      } else later(found.calls.length === 0 ? 0 : options.pauseMs, found.next);
    } catch (error) {
      log.warn({ error }, 'old recordings cannot be looked for now');
      later(options.everyMs / 24, place);
    }
  }

  /** A call is done with when nothing of it is left that could still be there: only then `/recording` says that it was removed. */
  async function purge(call: JournalCall): Promise<void> {
    try {
      const missed: (() => Promise<void>)[] = [];
      let isLeft = false;
      for (const [n, { file }] of call.recordings.entries()) {
        const removed = await remove(call.switch, file);
        meter.count('tandem_crm_recordings_removed_total', { outcome: removed.kind });
        if (removed.kind === 'removed') await audit(call, n, removed);
        else if (removed.kind === 'gone' || removed.kind === 'elsewhere') missed.push(() => audit(call, n, removed));
        else {
          isLeft = true;
          left += 1;
        }
      }
      if (isLeft) return;
      for (const tell of missed) await tell();
      await store.recordingPurged(call.id, nowMs());
    } catch (error) {
      meter.count('tandem_crm_recordings_removed_total', { outcome: 'failed' });
      log.warn({ error, call: call.id }, 'an old recording cannot be removed');
    }
  }

  async function audit(call: JournalCall, n: number, removed: RemovedRecording): Promise<void> {
    const isRemoved = removed.kind === 'removed';
    // its name may hold the customer's number, which is to be forgotten too
    await record({
      who: { user: 'tandem', id: 'tandem:retention' },
      command: 'recording/remove',
      request: { call: call.id, recording: n, endedAtMs: call.endedAtMs },
      status: isRemoved ? 200 : 404,
      code: isRemoved ? undefined : removed.kind,
      answer: isRemoved ? `{"bytes":${String(removed.bytes)}}` : undefined,
    });
  }

  return () => {
    isStopped = true;
    cancel();
  };
}
