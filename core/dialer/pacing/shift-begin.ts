/**
 * When today's dialling began: with the first agent, if nobody had answered before. The calling window may have been open
 * for hours then; counted from its opening, hardly any answers would seem to come and the guard would hold for an hour.
 */
import type { PacerState } from './types.js';

export class ShiftBegin {
  at: number | undefined;

  /** A moment from `shift.start` to now. */
  of({ now, shift, counts, totals, today, windows }: PacerState): number {
    if (this.at !== undefined && this.at >= shift.start && this.at <= now) return this.at;
    if (counts.ready + counts.talk + counts.wrap === 0) return shift.start;
    const answered = windows?.length
      ? Math.max(...windows.map((window) => window.today?.answered ?? window.connected + window.abandoned))
      : (today?.answered ?? totals.connected + totals.abandoned);
    this.at = answered > 0 ? shift.start : Math.max(shift.start, now);
    return this.at;
  }
}
