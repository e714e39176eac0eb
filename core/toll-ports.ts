/** Where the days of the caps against toll fraud are shared by processes and outlive them. `sql/` implements it. */
import type { TollDay, TollDayKind, TollDelta } from './toll/days.js';

export interface TollDayStore {
  /**
   * Adds in one transaction to what all processes have counted; where no day runs at a delta's time one begins. Rejects
   * TDM_STORE_DOWN, also when nobody knows whether it was committed: whoever adds it again may count it twice, never not at all.
   */
  add(deltas: readonly TollDelta[]): Promise<void>;
  /**
   * Days that were changed after `revision` (0 = all), oldest change first, and the revision up to which these are all.
   * `isAll` is false when there are more. A revision that the database has not reached reads from the beginning.
   */
  changed(revision: number): Promise<{ readonly days: readonly TollDay[]; readonly revision: number; readonly isAll: boolean }>;
  /** Removes days that began until then. */
  purge(kind: TollDayKind, untilMs: number): Promise<void>;
}

/** Deltas of one transaction. */
export const tollDeltasMax = 500;
