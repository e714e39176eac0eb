/**
 * What one process of several does for the CRMs: it folds the switches' events, stores calls and messages, and sends them.
 * It is the one that owns the queues, since it alone knows whose telephone the queues ring for whom. The others serve the
 * doors (clicks, transfers, recordings) from what is stored.
 */
import type { Log } from '../../core/ports.js';
import type { Timers } from '../timers.js';

export interface OwnedCrmDeps {
  /** Reads what is stored and begins; when it rejects (TDM_STORE_DOWN), `end` follows. */
  readonly begin: (fence: number | undefined) => Promise<void>;
  /** Everything is stored, requests under way have ended, also of half a begin. */
  readonly end: () => Promise<void>;
  readonly timers: Timers;
  readonly log: Log;
}

export interface OwnedCrm {
  owned(fence: number | undefined): void;
  lost(): void;
  isOwned(): boolean;
  /** What was begun or ended until now is done. */
  settled(): Promise<void>;
}

/** The database is away at the begin: it is tried again so often. */
export const beginRetryMs = 1_000;

export function createOwnedCrm({ begin, end, timers, log }: OwnedCrmDeps): OwnedCrm {
  let turn: Promise<void> = Promise.resolve();
  /** what is wanted now; replaced at each change */
  let wanted: { readonly fence: number | undefined } | undefined;
  /** the wish that runs */
  let running: typeof wanted;
  let cancel = (): void => undefined;

  /** One change after the other; a change that nobody wants any more does nothing. */
  function queue(): void {
    turn = turn.then(change);
  }

  /** However it ends, the next change comes. */
  async function finish(): Promise<void> {
    await end().catch((error: unknown) => log.error({ error }, 'the call journal did not end in order'));
  }

  async function change(): Promise<void> {
    const mine = wanted;
    if (mine === running) return;
    if (running) {
      running = undefined;
      await finish();
    }
    if (!mine || mine !== wanted) return;
    try {
      await begin(mine.fence);
      running = mine;
    } catch (error) {
      log.warn({ error }, 'the call journal cannot begin now; it is tried again');
      await finish();
      if (mine === wanted) cancel = timers.after(beginRetryMs, queue);
    }
  }

  return {
    owned(fence) {
      cancel();
      wanted = { fence };
      queue();
    },
    lost() {
      cancel();
      wanted = undefined;
      queue();
    },
    isOwned: () => running !== undefined,
    settled: () => turn,
  };
}
