/**
 * Keeps the guard's days (core/toll/days.ts) and those of the database the same: once a second what was counted here goes there,
 * and what other processes have counted comes back. No call waits for it. While the database is away this process counts for
 * itself and adds all of it later.
 */
import { hasCode } from '../errors.js';
import type { Log, Meter } from '../ports.js';
import type { TollDaysOfAll } from '../toll/guard.js';
import { tollDeltasMax, type TollDayStore } from '../toll-ports.js';
import type { After } from './deadline.js';

export const tollDaysLimits = {
  everyMs: 1_000,
  purgeEveryMs: 600_000,
  /** transactions and answers of one exchange; the rest waits for the next */
  pagesMax: 200,
  /** for the first exchange: after that the doors open, and what is still to be read comes while calls go */
  startMsMax: 5_000,
  /** the last exchange, when the process stops */
  stopMsMax: 2_000,
};

export interface TollDaysDeps {
  readonly days: TollDaysOfAll;
  readonly store: TollDayStore;
  readonly nowMs: () => number;
  readonly after: After;
  readonly log: Log;
  readonly meter: Meter;
}

export interface TollDaysSync {
  /** Reads what was counted before, for at most `startMsMax`, then goes on every second. Never rejects: what failed is tried again. */
  start(): Promise<void>;
  /** Tells the rest, for at most `stopMsMax`. */
  stop(): Promise<void>;
}

export function createTollDaysSync(deps: TollDaysDeps, limits = tollDaysLimits): TollDaysSync {
  const { days, store, nowMs, after, log, meter } = deps;
  let revision = 0;
  let purgedAtMs = nowMs(); // not in the first exchange, for which the doors wait
  let isAway = false;
  let isStopped = false;
  let cancel = (): void => undefined;
  let working = Promise.resolve();

  async function send(): Promise<void> {
    const eachMax = tollDeltasMax / 2; // of each of two kinds
    for (let n = 0; n < limits.pagesMax; n++) {
      const deltas = days.take(eachMax, nowMs());
      if (deltas.length === 0) return;
      await store.add(deltas).catch(refused(deltas.length));
      days.taken(true);
      // talks go on while we wait, so that there is always a little more: that is for the next second
      if (deltas.length < eachMax) return;
    }
  }

  /** What the database refuses for good would be refused again: it counts in this process only. */
  const refused =
    (deltas: number) =>
    (error: unknown): void => {
      if (hasCode(error, 'TDM_STORE_DOWN')) {
        days.taken(false);
        throw error;
      }
      log.error({ error, deltas }, 'counts of the caps against toll fraud were refused by the database');
    };

  async function receive(): Promise<void> {
    for (let n = 0; n < limits.pagesMax; n++) {
      const changed = await store.changed(revision);
      days.merge(changed.days, nowMs());
      revision = changed.revision;
      if (changed.isAll) return;
    }
  }

  async function purge(): Promise<void> {
    const atMs = nowMs();
    if (atMs - purgedAtMs < limits.purgeEveryMs) return;
    for (const kind of ['number', 'talk'] as const) await store.purge(kind, days.overUntilMs(kind, atMs));
    purgedAtMs = atMs;
  }

  async function exchange(): Promise<void> {
    try {
      await send();
      await receive();
      await purge();
      if (isAway) log.info({}, 'days of the caps against toll fraud are shared again');
      isAway = false;
    } catch (error) {
      if (!isAway) log.warn({ error }, 'the database is away: this process counts for the caps against toll fraud by itself');
      isAway = true;
    }
    meter.set('tandem_toll_counts_waiting', days.waiting);
  }

  async function sendRest(): Promise<void> {
    try {
      await send();
    } catch (error) {
      log.warn({ error, waiting: days.waiting }, 'the last counts for the caps against toll fraud could not be stored');
    }
  }

  /** One at a time. */
  function exchangeNow(): Promise<void> {
    working = working.then(exchange);
    return working;
  }

  async function within(ms: number, work: Promise<void>): Promise<void> {
    let end = (): void => undefined;
    const late = new Promise<void>((resolve) => (end = after(ms, resolve)));
    await Promise.race([work, late]);
    end();
  }

  function later(): void {
    if (!isStopped) cancel = after(limits.everyMs, () => void exchangeNow().then(later));
  }

  return {
    start: () => within(limits.startMsMax, exchangeNow().then(later)),
    stop() {
      isStopped = true;
      cancel();
      return within(limits.stopMsMax, working.then(sendRest));
    },
  };
}
