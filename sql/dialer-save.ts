/** What the engine changed, in one transaction (A11): contact, call, counters, messages, DNC, audit. Twice is the same as once. */
import type { DialerStore } from '../core/dialer-ports.js';
import type { CallRecord } from '../core/dialer/contact.js';
import type { DialerChange } from '../core/dialer/engine-words.js';
import type { AuditChain } from './dialer-audit.js';
import type { Calls } from './dialer-calls.js';
import type { createCounters } from './dialer-counters.js';
import type { Counts } from './dialer-counts.js';
import type { createDnc } from './dialer-dnc.js';
import type { Outbox } from './dialer-outbox.js';
import { again, createFence } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';
import { createTransitions } from './dialer-transitions.js';

export interface SaveParts {
  readonly calls: Calls;
  readonly counts: Counts;
  readonly counters: ReturnType<typeof createCounters>;
  readonly outbox: Outbox;
  readonly dnc: ReturnType<typeof createDnc>;
  readonly audit: AuditChain;
}

/** Short: the journal takes over when the database is away. */
const retryMsMax = 500;

export function createSave(base: DialerBase, { calls, counts, counters, outbox, dnc, audit }: SaveParts): Pick<DialerStore, 'save'> {
  const checkFence = createFence(base);
  const hold = createTransitions(base);

  return {
    save: (changes, fence) =>
      base.db.transaction(
        async (tx) => {
          await checkFence(tx, fence);
          const known = await calls.known(
            tx,
            changes.flatMap(({ record }) => record?.callId ?? []),
          );
          const contacts = await hold(
            tx,
            changes.flatMap(({ transition }) => transition?.contactId ?? []),
          );
          const stored: DialerChange[] = [];
          const records: CallRecord[] = [];
          const done = changes.map((change) => {
            const { record } = change;
            const isDone = contacts.apply(change);
            if (record && known.has(record.callId)) {
              // Stored before, with all that belongs to it; or without, by the journal of a life after which another one dialled: then
              // its contact is still in that call, and now leaves it.
              if (isDone) stored.push(change);
              return change.transition !== undefined;
            }
            // A step that somebody else was faster with did not happen; messages and DNC entries have keys of their own.
            stored.push(change.transition && !isDone && !record ? { ...change, audit: [] } : change);
            if (record) {
              known.add(record.callId);
              records.push(record);
            }
            return isDone;
          });
          const moved = counts.changes();
          await contacts.write(tx, moved);
          for (const { progress } of stored) if (progress) await contacts.progress(tx, progress);
          await calls.insert(tx, records);
          await counters.addCalls(tx, records);
          await moved.write(tx);
          await outbox.insert(
            tx,
            stored.flatMap((change) => change.outbox),
          );
          const entries = stored.flatMap((change) => change.dnc);
          if (entries.length > 0) await dnc.insert(tx, entries);
          await audit.append(
            tx,
            stored.flatMap((change) => change.audit),
          );
          return done;
        },
        { ...again, retryMsMax },
      ),
  };
}
