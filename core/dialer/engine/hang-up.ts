/** Calls that we end. */
import type { HangUpReason } from '../engine-words.js';
import type { Call } from './call.js';
import { refreshDue } from './due.js';
import type { DialerWorld } from './world.js';

export function hangUp(w: DialerWorld, call: Call, reason: HangUpReason): void {
  call.hangUpReason ??= reason;
  call.hangUpAtMs = w.nowMs;
  w.emit({ type: 'hang-up', switch: call.switch, callId: call.id, reason });
  refreshDue(w, call);
}

/** A ringing call that nobody could take any more is let ring this long all the same (B4, B11). */
export function hasRungEnough(w: DialerWorld, call: Call): boolean {
  const sinceMs = call.ringingAtMs ?? call.placedAtMs ?? w.nowMs;
  return w.nowMs - sinceMs >= w.campaignOf(call).minRingMs;
}
