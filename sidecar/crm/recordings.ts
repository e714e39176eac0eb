/** Recordings: found by the call's id in our own table, never by a path from outside (crm-vtiger 3.2). */
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { sep } from 'node:path';
import type { CrmBinding } from '../../core/crm/binding.js';
import { isCallOf } from '../../core/crm/ownership.js';
import type { CallJournal, CrmStore } from '../../core/crm-ports.js';
import { soundOfFile, type Sound } from './sound.js';
import type { RecordingOrigins } from './recording-origins.js';

export type FoundRecording =
  /** `sound` must be closed by whoever got it */
  | { readonly kind: 'sound'; readonly sound: Sound; readonly name: string; readonly isOpen: boolean }
  | { readonly kind: 'none'; readonly status: 404 | 410 | 502; readonly code: string; readonly retryAfterS: number | undefined };

export interface RecordingDeps {
  readonly journal: Pick<CallJournal, 'find'>;
  readonly store: Pick<CrmStore, 'isRecordingPurged'>;
  /** real paths of the roots */
  readonly roots: readonly string[];
  /** recordings on other hosts */
  readonly origins: RecordingOrigins;
  readonly nowMs: () => number;
  /** somebody asked for what is not his, or what lies outside of the roots */
  readonly onForeign: (callId: string, what: string) => void;
}

/** the header of a WAV file without a sound */
const emptyBytesMax = 44;
const newMs = 60_000;

export interface Recordings {
  /** The first recording of a call of this binding. */
  find(callId: string, binding: CrmBinding): Promise<FoundRecording>;
}

/** A file whose real path lies below one of these roots (themselves real). */
export const isBelow = (roots: readonly string[], path: string): boolean =>
  roots.some((root) => path.startsWith(root.endsWith(sep) ? root : root + sep));

export function createRecordings({ journal, store, roots, origins, nowMs, onForeign }: RecordingDeps): Recordings {
  const none = (status: 404 | 410 | 502, code: string, retryAfterS?: number): FoundRecording => ({
    kind: 'none',
    status,
    code,
    retryAfterS,
  });

  async function local(callId: string, file: string): Promise<Sound | 'gone' | 'foreign'> {
    const path = await realpath(file).catch(() => undefined);
    if (path === undefined) return 'gone';
    if (!isBelow(roots, path)) {
      onForeign(callId, `outside of the roots: ${path}`);
      return 'foreign';
    }
    const handle = await openFile(path);
    if (!handle) return 'gone';
    const sound = await soundOfFile(handle, path).catch(() => undefined);
    if (!sound) await handle.close();
    return sound ?? 'gone';
  }

  async function find(callId: string, binding: CrmBinding): Promise<FoundRecording> {
    if (!/^[A-Za-z0-9._-]{1,100}$/.test(callId)) return none(404, 'bad-id');
    const call = await journal.find(callId);
    if (!call) return none(404, 'unknown-call');
    if (!isCallOf(binding, call)) {
      onForeign(callId, `not a call of ${binding.name}`);
      return none(404, 'unknown-call');
    }
    const isNew = call.endedAtMs === undefined || nowMs() - call.endedAtMs < newMs;
    const [recording] = call.recordings;
    if (!recording) return none(404, 'no-recording', isNew ? 5 : undefined);
    if (await store.isRecordingPurged(callId)) return none(410, 'purged');
    const place = origins.placeOf(call.switch, recording.file);
    const sound = place === undefined ? await local(callId, recording.file) : await origins.sound(place);
    if (sound === 'away') return none(502, 'origin-away', 5);
    if (sound === 'foreign') return none(404, 'no-recording');
    if (sound === 'gone') return none(404, 'no-recording', isNew ? 5 : undefined);
    if (sound.bytes <= emptyBytesMax) {
      await sound.close();
      return none(404, 'empty-recording', isNew ? 5 : undefined);
    }
    return { kind: 'sound', sound, name: `${callId}${sound.ending}`, isOpen: !recording.isClosed };
  }

  return { find };
}

/** No link at its end, and no waiting where a pipe lies. */
function openFile(path: string): Promise<FileHandle | undefined> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);
}
