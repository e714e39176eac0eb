/** Files of recordings: found by the call's id in our own table, never by a path from outside (crm-vtiger 3.2). */
import { realpath, stat } from 'node:fs/promises';
import { extname, sep } from 'node:path';
import type { CallJournal, CrmStore } from '../../core/crm-ports.js';
import type { JournalCall } from '../../core/journal/call.js';

export type FoundRecording =
  | { readonly kind: 'file'; readonly path: string; readonly type: string; readonly name: string; readonly isOpen: boolean }
  | { readonly kind: 'none'; readonly status: 404 | 410; readonly code: string; readonly retryAfterS: number | undefined };

export interface RecordingDeps {
  readonly journal: Pick<CallJournal, 'find'>;
  readonly store: Pick<CrmStore, 'isRecordingPurged'>;
  /** real paths of the roots */
  readonly roots: readonly string[];
  readonly nowMs: () => number;
  /** something was asked for that lies outside of the roots */
  readonly onOutside: (callId: string, path: string) => void;
}

const types: Readonly<Record<string, string>> = { '.wav': 'audio/x-wav', '.mp3': 'audio/mpeg', '.ogg': 'audio/ogg', '.gsm': 'audio/x-gsm' };
/** the header of a WAV file without a sound */
const emptyBytesMax = 44;
const newMs = 60_000;

export interface Recordings {
  find(callId: string): Promise<FoundRecording>;
  /** the call, for the question whose it is */
  callOf(callId: string): Promise<JournalCall | undefined>;
}

export function createRecordings({ journal, store, roots, nowMs, onOutside }: RecordingDeps): Recordings {
  const isInside = (path: string): boolean => roots.some((root) => path.startsWith(root.endsWith(sep) ? root : root + sep));
  const none = (status: 404 | 410, code: string, retryAfterS?: number): FoundRecording => ({ kind: 'none', status, code, retryAfterS });

  async function find(callId: string): Promise<FoundRecording> {
    if (!/^[A-Za-z0-9._-]{1,100}$/.test(callId)) return none(404, 'bad-id');
    const call = await journal.find(callId);
    if (!call) return none(404, 'unknown-call');
    const isNew = call.endedAtMs === undefined || nowMs() - call.endedAtMs < newMs;
    if (await store.isRecordingPurged(callId)) return none(410, 'purged');
    const [recording] = call.recordings;
    if (!recording) return none(404, 'no-recording', isNew ? 5 : undefined);
    const path = await realpath(recording.file).catch(() => undefined);
    if (path === undefined) return none(404, 'no-recording', isNew ? 5 : undefined);
    if (!isInside(path)) {
      onOutside(callId, path);
      return none(404, 'no-recording');
    }
    const facts = await stat(path).catch(() => undefined);
    if (!facts?.isFile()) return none(404, 'no-recording');
    if (facts.size <= emptyBytesMax) return none(404, 'empty-recording', isNew ? 5 : undefined);
    const ending = extname(path).toLowerCase();
    return {
      kind: 'file',
      path,
      type: types[ending] ?? 'application/octet-stream',
      name: `${callId}${types[ending] === undefined ? '' : ending}`,
      isOpen: !recording.isClosed,
    };
  }

  return { find, callOf: (callId) => journal.find(callId) };
}
