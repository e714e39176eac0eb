/** Removes files of recordings: real ones below the roots, and nothing else. */
import { lstat, opendir, realpath, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
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
    if (path === undefined) return { kind: (await isRootThere(roots, file)) ? 'gone' : 'away' };
    if (!isBelow(roots, path)) return { kind: 'foreign' };
    const facts = await lstat(path);
    if (!facts.isFile()) return { kind: 'foreign' };
    await unlink(path);
    return { kind: 'removed', bytes: facts.size };
  };
}

/**
 * The nearest folder that is there lies in a root that holds something: so the file was removed. What a root is mounted from
 * may be away; then the root is an empty folder, or not there.
 */
async function isRootThere(roots: readonly string[], file: string): Promise<boolean> {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const real = await realpath(folder).catch(() => undefined);
    if (real !== undefined) {
      const root = roots.find((own) => own === real || isBelow([own], real));
      return root !== undefined && (await holdsSomething(root));
    }
    if (folder === dirname(folder)) return false;
  }
}

async function holdsSomething(folder: string): Promise<boolean> {
  const entries = await opendir(folder).catch(() => undefined);
  if (!entries) return false;
  try {
    return (await entries.read()) !== null;
  } finally {
    await entries.close();
  }
}

/** Not there, or no path that could ever be (a NUL, too long). */
const isGone = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'].includes((error as NodeJS.ErrnoException).code ?? '');
