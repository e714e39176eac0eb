/** Removes files of recordings: real ones below the roots, and nothing else. */
import { lstat, realpath, unlink } from 'node:fs/promises';
import type { RemovedRecording } from '../../core/services/recording-retention.js';
import type { RecordingOrigins } from './recording-origins.js';
import { isBelow } from './recordings.js';

export interface RecordingFilesDeps {
  /** real paths */
  readonly roots: readonly string[];
  readonly origins: RecordingOrigins;
}

export function createRecordingRemover({
  roots,
  origins,
}: RecordingFilesDeps): (switchName: string, file: string) => Promise<RemovedRecording> {
  return async (switchName, file) => {
    if (origins.placeOf(switchName, file) !== undefined) return { kind: 'elsewhere' };
    const path = await realpath(file).catch((error: unknown) => {
      if (isGone(error)) return undefined;
      throw error;
    });
    if (path === undefined) return { kind: 'gone' };
    if (!isBelow(roots, path)) return { kind: 'foreign' };
    const facts = await lstat(path);
    if (!facts.isFile()) return { kind: 'foreign' };
    await unlink(path);
    return { kind: 'removed', bytes: facts.size };
  };
}

/** Not there, or no path that could ever be (a NUL, too long). */
const isGone = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'].includes((error as NodeJS.ErrnoException).code ?? '');
