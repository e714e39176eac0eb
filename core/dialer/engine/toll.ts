/** A cap of the toll guard has stopped a call before the switch heard of it (user-needs B4): no attempt, and who waits for what. */
import type { DialerEvent } from '../engine-words.js';
import { e164Forms, numberKeyOf } from '../compliance/numbers.js';
import { isPlaced } from './call.js';
import type { Call } from './call.js';
import { gatewayOf, isBarredEverywhere } from './gateways.js';
import { failCall, giveBack, postpone } from './launches.js';
import { toldFailed } from './pacing-groups.js';
import type { DialerWorld } from './world.js';

export type OriginateStopped = Extract<DialerEvent, { type: 'originate-stopped' }>;

export function originateStopped(w: DialerWorld, call: Call, { cap, retryAtMs }: OriginateStopped): void {
  if (!isPlaced(call)) return;
  toldFailed(w, call, cap);
  uncount(w, call);
  if (retryAtMs === undefined) numberBarred(w, call, cap);
  else if (cap === 'toll-number-day') postpone(w, call, cap, retryAtMs);
  else {
    const gateway = gatewayOf(w, call.switch, call.gateway);
    gateway.rest = { untilMs: retryAtMs, reason: cap };
    giveBack(w, call, 'GATEWAY_DOWN');
  }
}

/** No gateway of the campaign may carry this number. Earlier ones have had their calls: only one behind it takes its place. */
function numberBarred(w: DialerWorld, call: Call, cap: OriginateStopped['cap']): void {
  const { contact, from } = call;
  const campaign = w.campaignOf(call);
  const isKnown = w.rules.isTollBarred !== undefined;
  for (let numberIndex = contact.numberIndex + 1; from && isKnown && numberIndex <= contact.numbers.length; numberIndex++) {
    const number = contact.numbers[numberIndex - 1] ?? '';
    if (isBarredEverywhere(w, campaign, from, { number, e164: e164Forms(number, numberKeyOf(number, campaign.country)) })) continue;
    giveBack(w, call, 'NOT_REACHED', { numberIndex, callResult: cap });
    return;
  }
  failCall(w, call, cap, 'GATEWAY_INVALID');
}

function uncount(w: DialerWorld, call: Call): void {
  call.placedAtMs = undefined;
  const tally = w.tally(call.campaign.id);
  tally.placed--;
  tally.placedThisMinute = Math.max(0, tally.placedThisMinute - 1);
}
