/**
 * Tables and provisioning at the start. A database that is away does not keep the doors closed: callers then get their
 * failure exits at once instead of a dead port, and the work is made up for as soon as the database answers.
 */
import { hasCode } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import type { CheckResult } from './health.js';
import type { Timers } from './timers.js';

export const preparationEveryMs = 2_000;

export interface Preparation {
  /** resolves when the work is done; rejects with what only a human can mend (newer schema, bad file) */
  readonly done: Promise<void>;
  check(): CheckResult;
  stop(): void;
}

/** Tries once before it resolves; rejects for a failure other than TDM_STORE_DOWN. */
export async function prepare(work: () => Promise<void>, deps: { readonly log: Log; readonly timers: Timers }): Promise<Preparation> {
  let reason = await attempt(work);
  let cancel = (): void => undefined;
  let isStopped = false;
  const done = new Promise<void>((resolve, reject) => {
    const next = () => {
      if (reason === undefined) resolve();
      else if (!isStopped) cancel = deps.timers.after(preparationEveryMs, again);
    };
    const again = () => {
      attempt(work).then((now) => {
        reason = now;
        next();
      }, reject);
    };
    if (reason !== undefined) deps.log.warn({ reason }, 'the database is away: doors open, calls get their failure exits until it is back');
    next();
  });
  return {
    done,
    check: () => ({ name: 'tables', state: reason === undefined ? 'up' : 'down', reason: reason ?? '' }),
    stop() {
      isStopped = true;
      cancel();
    },
  };
}

/** undefined when done, else why the database could not be used. */
async function attempt(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (e) {
    if (hasCode(e, 'TDM_STORE_DOWN')) return e.message;
    throw e;
  }
}
