/**
 * A queue log on disk, as app_queue writes one: appended, opened anew on SIGHUP (logrotate), rotated by size. A disk that
 * fails loses lines, which is counted; calls do not wait for it.
 */
import { createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import type { Log, Meter } from '../core/ports.js';

export interface QueueLogFileOptions {
  readonly file: string;
  readonly bytesMax: number;
}

/** file.1 is the newest of those that were rotated */
const rotatedMax = 5;
/** lines that wait for the disk */
const waitingBytesMax = 8 * 1024 * 1024;

export interface QueueLogFile {
  write(lines: string): void;
  /** The file was moved away: go on in a new one. */
  reopen(): void;
  close(): Promise<void>;
}

/** What is wrong with the path of a queue log; undefined: nothing. */
export function queueLogPathProblem(file: string): string | undefined {
  if (!isAbsolute(file)) return 'must be an absolute path';
  if (/\p{C}/u.test(file) || file.split('/').includes('..')) return 'must be a plain path';
  if (file.endsWith('/')) return 'must name a file';
  if (existsSync(file) && !statSync(file).isFile()) return 'is no regular file';
  return undefined;
}

export function openQueueLogFile(
  { file, bytesMax }: QueueLogFileOptions,
  { log, meter }: { readonly log: Log; readonly meter: Meter },
): QueueLogFile {
  let bytes = 0;
  /** told once, until a line is on the disk again */
  let isFailing = false;
  let rotateAboveBytes = bytesMax;
  let stream = open();

  function open(): WriteStream {
    try {
      mkdirSync(dirname(file), { recursive: true });
      bytes = existsSync(file) ? statSync(file).size : 0;
    } catch {
      bytes = 0; // the stream tells what is wrong
    }
    const opened = createWriteStream(file, { flags: 'a', mode: 0o640 });
    opened.on('error', (error) => {
      if (!isFailing) log.error({ error, file }, 'the queue log cannot be written');
      isFailing = true;
    });
    return opened;
  }

  function rotate(): void {
    try {
      for (let n = rotatedMax - 1; n >= 1; n--)
        if (existsSync(`${file}.${String(n)}`)) renameSync(`${file}.${String(n)}`, `${file}.${String(n + 1)}`);
      if (existsSync(file)) renameSync(file, `${file}.1`);
    } catch (error) {
      // a folder that is not ours: not each line tries it again
      rotateAboveBytes = bytes + bytesMax;
      log.error({ error, file }, 'the queue log cannot be rotated and grows on');
      return;
    }
    reopen();
  }

  function reopen(): void {
    rotateAboveBytes = bytesMax;
    stream.end();
    stream = open();
  }

  return {
    write(lines) {
      const size = Buffer.byteLength(lines);
      if (isFailing && stream.destroyed) stream = open();
      if (bytes + size > rotateAboveBytes && bytes > 0) rotate();
      if (stream.writableLength + size > waitingBytesMax) {
        meter.count('tandem_queue_log_lost_total');
        return;
      }
      bytes += size;
      stream.write(lines, (error) => {
        if (error) meter.count('tandem_queue_log_lost_total');
        else isFailing = false;
      });
    },
    reopen,
    close: () => new Promise((resolve) => (stream.destroyed ? resolve() : void stream.end(() => resolve()))),
  };
}
