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

/** `gone`: it was not there; `foreign`: outside of the roots; `elsewhere`: on another host, whose own affair it is */
export type RemovedRecording = { readonly kind: 'removed'; readonly bytes: number } | { readonly kind: 'gone' | 'foreign' | 'elsewhere' };

export interface RecordingRetentionDeps {
  readonly store: Pick<CrmStore, 'unpurgedCalls' | 'recordingPurged'>;
  readonly bindings: readonly (CallOwner & { readonly recordings: { readonly days: number } })[];
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

/** Runs until the result is called; undefined: nothing is ever removed. */
export function startRecordingRetention(deps: RecordingRetentionDeps, options = recordingRetentionDefaults): (() => void) | undefined {
  const { store, remove, record, nowMs, after, log, meter } = deps;
  const least = Math.min(...[deps.days, ...deps.bindings.map(({ recordings }) => recordings.days)].filter((days) => days > 0));
  if (least === Infinity) return undefined;
  let isStopped = false;
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
      if (found.next === undefined) later(options.everyMs, '');
      else later(found.calls.length === 0 ? 0 : options.pauseMs, found.next);
    } catch (error) {
      log.warn({ error }, 'old recordings cannot be looked for now');
      later(options.everyMs / 24, place);
    }
  }

  async function purge(call: JournalCall): Promise<void> {
    try {
      for (const [n, { file }] of call.recordings.entries()) {
        const removed = await remove(call.switch, file);
        meter.count('tandem_crm_recordings_removed_total', { outcome: removed.kind });
        // its name may hold the customer's number, which is to be forgotten too
        await record({
          who: { user: 'tandem', id: 'tandem:retention' },
          command: 'recording/remove',
          request: { call: call.id, recording: n, endedAtMs: call.endedAtMs },
          status: removed.kind === 'removed' ? 200 : 404,
          code: removed.kind === 'removed' ? undefined : removed.kind,
          answer: removed.kind === 'removed' ? `{"bytes":${String(removed.bytes)}}` : undefined,
        });
      }
      await store.recordingPurged(call.id, nowMs());
    } catch (error) {
      meter.count('tandem_crm_recordings_removed_total', { outcome: 'failed' });
      log.warn({ error, call: call.id }, 'an old recording cannot be removed');
    }
  }

  return () => {
    isStopped = true;
    cancel();
  };
}
