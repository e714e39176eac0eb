/**
 * Group commit: what concurrent requests want to log is stored together, one group at a time. While one
 * group is on its way the next one gathers. Bounded; nobody waits longer than a short limit.
 */
import { hasCode } from '../core/errors.js';
import { causedBy } from './failure.js';
import { withTimeout } from './retry.js';

export interface GroupWriterOptions<T> {
  /** Store all of them or none. Rejecting TDM_STORE_DOWN means: again later. */
  readonly flush: (entries: readonly T[]) => Promise<void>;
  readonly groupMax: number;
  readonly queueMax: number;
  /** how long `add` waits at most */
  readonly waitMsMax: number;
  /** pause while the database is away */
  readonly retryPauseMs: number;
  readonly nowMs: () => number;
  readonly onDropped: (entry: T, why: 'full' | 'refused' | 'closed', error?: unknown) => void;
  /** a group was stored, or could not be (`error`) and is kept */
  readonly onGroup: (size: number, tookMs: number, error?: unknown) => void;
}

export interface GroupWriter<T> {
  /** Resolves when stored, when dropped, or after the limit; never rejects. */
  add(entry: T): Promise<void>;
  readonly size: () => number;
  /** Store what is queued, for at most `msMax`; the rest is dropped and counted. */
  close(msMax: number): Promise<void>;
}

interface Queued<T> {
  readonly entry: T;
  readonly sinceMs: number;
  done: (() => void) | undefined;
}

/** Waiters are let go in steps of this. */
const sweepMsMin = 5;

export function createGroupWriter<T>(options: GroupWriterOptions<T>): GroupWriter<T> {
  const queue: Queued<T>[] = [];
  const waiting: Queued<T>[] = [];
  let working: Promise<void> | undefined;
  let sweeper: NodeJS.Timeout | undefined;
  let wake: (() => void) | undefined;
  let open = true;

  function add(entry: T): Promise<void> {
    if (!open || queue.length >= options.queueMax) {
      options.onDropped(entry, open ? 'full' : 'closed');
      return Promise.resolve();
    }
    const added = new Promise<void>((done) => {
      const queued = { entry, sinceMs: options.nowMs(), done };
      queue.push(queued);
      waiting.push(queued);
    });
    sweeper ??= setTimeout(sweep, options.waitMsMax);
    working ??= work();
    return added;
  }

  /** Let those go who have waited long enough; their entries stay queued. */
  function sweep(): void {
    sweeper = undefined;
    const nowMs = options.nowMs();
    for (let next = waiting[0]; next; next = waiting[0]) {
      const leftMs = next.done ? next.sinceMs + options.waitMsMax - nowMs : 0;
      if (leftMs > 0) {
        sweeper = setTimeout(sweep, Math.max(leftMs, sweepMsMin));
        return;
      }
      release(next);
      waiting.shift();
    }
  }

  function release(queued: Queued<T>): void {
    queued.done?.();
    queued.done = undefined;
  }

  async function work(): Promise<void> {
    await turnOfTheLoop(); // what is being handled in this turn of the event loop belongs to the group
    while (queue.length > 0) {
      const stored = await store(Math.min(queue.length, options.groupMax));
      if (stored) continue;
      if (!open) break;
      await pause();
    }
    working = undefined;
  }

  /** Store the first `n` of the queue; false when the database is away and they are kept. */
  async function store(n: number): Promise<boolean> {
    const group = queue.slice(0, n).map(({ entry }) => entry);
    const beganMs = options.nowMs();
    try {
      await options.flush(group);
    } catch (e) {
      if (hasCode(e, 'TDM_STORE_DOWN') && !causedBy(e, 'refused')) {
        options.onGroup(n, options.nowMs() - beganMs, e);
        return false;
      }
      // One bad entry must not take the others with it.
      const half = Math.ceil(n / 2);
      if (n > 1 && !causedBy(e, 'refused')) return (await store(half)) && store(n - half);
      for (const entry of group) options.onDropped(entry, 'refused', e);
      settle(n);
      return true;
    }
    options.onGroup(n, options.nowMs() - beganMs);
    settle(n);
    return true;
  }

  function settle(n: number): void {
    queue.splice(0, n).forEach(release);
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, options.retryPauseMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function close(msMax: number): Promise<void> {
    open = false;
    wake?.();
    if (working) await withTimeout(working, msMax, 'statement').catch(() => undefined); // what is left is counted below
    clearTimeout(sweeper);
    for (const queued of queue) options.onDropped(queued.entry, 'closed');
    settle(queue.length);
  }

  return { add, size: () => queue.length, close };
}

const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
