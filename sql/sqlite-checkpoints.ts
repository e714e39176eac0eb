/**
 * Who moves the write-ahead log into the database file. SQLite does it in whichever commit makes the log long, and that one
 * waits for the disk twice, with the event loop and every call behind it. A process that writes much has a thread for it with
 * a connection of its own; the main connection then does it only when the thread cannot keep up.
 */
import { Worker } from 'node:worker_threads';

export interface CheckpointOptions {
  /** Pages in the log at which the connection moves them itself. */
  readonly autoCheckpoint: (pages: number) => void;
  /** The thread ended by itself; the connection does all again. */
  readonly onLost: (error: unknown) => void;
}

export interface Checkpoints {
  /** A statement that writes was run. */
  wrote(): void;
  close(): Promise<void>;
}

/** What the thread is told and tells, in memory that both see. */
export const controlAt = { stop: 0, writes: 1, rounds: 2 } as const;

export interface CheckpointThread {
  readonly file: string;
  readonly control: SharedArrayBuffer;
}

export const checkpointDefaults = {
  /** statements before a thread is worth its memory */
  writesBefore: 10_000,
  /** SQLite's own: pages of 4 KiB */
  pagesAlone: 1_000,
  /** while the thread works; a log without a bound would cost each read more */
  pagesBeside: 8_000,
  /** for the end of the thread */
  closeMsMax: 5_000,
};

export function createCheckpoints(
  file: string,
  { autoCheckpoint, onLost }: CheckpointOptions,
  { writesBefore, pagesAlone, pagesBeside, closeMsMax } = checkpointDefaults,
  open = openThread,
): Checkpoints {
  const control = new Int32Array(new SharedArrayBuffer(Object.keys(controlAt).length * Int32Array.BYTES_PER_ELEMENT));
  let worker: Worker | undefined;
  let writes = 0;
  let isClosed = false;

  /** Inside of somebody's write, which has to succeed whatever becomes of the thread. */
  function start(): void {
    try {
      worker = open({ file, control: control.buffer });
    } catch (error) {
      onLost(error); // no more threads, no memory
      return;
    }
    worker.unref();
    worker.once('message', () => !isClosed && autoCheckpoint(pagesBeside)); // it is at work
    worker.once('error', lost);
    worker.once('exit', () => lost(undefined));
  }

  function lost(error: unknown): void {
    if (isClosed || !worker) return;
    worker = undefined;
    autoCheckpoint(pagesAlone);
    onLost(error);
  }

  return {
    wrote() {
      if (worker) Atomics.add(control, controlAt.writes, 1);
      else if (++writes === writesBefore) start();
    },
    async close() {
      isClosed = true;
      if (!worker) return;
      const ended = new Promise((resolve) => worker?.once('exit', resolve));
      Atomics.store(control, controlAt.stop, 1);
      Atomics.notify(control, controlAt.stop);
      worker.ref();
      const late = setTimeout(() => void worker?.terminate(), closeMsMax);
      await ended;
      clearTimeout(late);
    },
  };
}

const isSource = import.meta.url.endsWith('.ts');

/** In a checkout the thread has to be taught TypeScript first: loaders of the main thread do not reach it. */
function openThread(data: CheckpointThread): Worker {
  const entry = new URL(`./sqlite-checkpoint-thread.${isSource ? 'ts' : 'js'}`, import.meta.url);
  // what was loaded into the main thread first (`node --import ...`) is not meant for this one
  const options = { workerData: data, execArgv: [] };
  if (!isSource) return new Worker(entry, options);
  const loader = import.meta.resolve('tsx/esm/api');
  return new Worker(`import(${JSON.stringify(loader)}).then((tsx) => (tsx.register(), import(${JSON.stringify(entry.href)})))`, {
    eval: true,
    ...options,
  });
}
