/** A cap of the toll guard has stopped a call before the switch heard of it (user-needs B4): no attempt, and who waits for what. */
import type { DialerEvent } from '../engine-words.js';
import { isPlaced } from './call.js';
import type { Call } from './call.js';
import { gatewayOf } from './gateways.js';
import { failCall, giveBack, postpone } from './launches.js';
import { toldFailed } from './pacing-groups.js';
import type { DialerWorld } from './world.js';

export type OriginateStopped = Extract<DialerEvent, { type: 'originate-stopped' }>;

export function originateStopped(w: DialerWorld, call: Call, { cap, retryAtMs }: OriginateStopped): void {
  if (!isPlaced(call)) return;
  toldFailed(w, call, cap);
  uncount(w, call);
  if (retryAtMs === undefined)
    failCall(w, call, cap, 'GATEWAY_INVALID'); // no gateway of the campaign may carry this number
  else if (cap === 'toll-number-day') postpone(w, call, cap, retryAtMs);
  else {
    const gateway = gatewayOf(w, call.switch, call.gateway);
    gateway.rest = { untilMs: retryAtMs, reason: cap };
    giveBack(w, call, 'GATEWAY_DOWN');
  }
}

function uncount(w: DialerWorld, call: Call): void {
  call.placedAtMs = undefined;
  const tally = w.tally(call.campaign.id);
  tally.placed--;
  tally.placedThisMinute = Math.max(0, tally.placedThisMinute - 1);
}
