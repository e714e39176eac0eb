/** Every wait of a call ends: when, and what then. */
import { arrivalMsMax, checkMsMax, doorSlackMs, hangUpMsMax, ringSlackMs } from './bounds.js';
import type { Call } from './call.js';
import { checkTimedOut, requestTimedOut } from './connector.js';
import { hangUp } from './hang-up.js';
import { giveBack, ringTimeoutOf } from './launches.js';
import { askList } from './switches.js';
import { waitedOut } from './arrivals.js';
import type { DialerWorld } from './world.js';

export function refreshDue(w: DialerWorld, call: Call): void {
  w.deadlines.set(`call:${call.id}`, dueOf(w, call));
}

function dueOf(w: DialerWorld, call: Call): number | undefined {
  const { settings } = w;
  if (call.isUnknown) return undefined; // its switch is asked
  if (call.hangUpAtMs !== undefined) return call.hangUpAtMs + hangUpMsMax;
  const campaign = w.campaignOf(call);
  switch (call.stage) {
    case 'agent-asked':
      return call.claimedAtMs + settings.reservationMs;
    case 'checking':
      return (call.checkingSinceMs ?? w.nowMs) + checkMsMax;
    case 'queued':
      return (call.queuedAtMs ?? call.claimedAtMs) + 2 * settings.cycleMs;
    case 'ringing':
      return (call.placedAtMs ?? w.nowMs) + ringTimeoutOf(w, call) + ringSlackMs;
    case 'answered':
      // an IVR keeps its callers as long as it likes; a connector's extension bridges by itself
      return call.kind === 'agent-native' ? (call.answeredAtMs ?? w.nowMs) + campaign.amd.maxMs + arrivalMsMax : undefined;
    case 'waiting':
      return call.waitUntilMs === undefined ? undefined : call.waitUntilMs + doorSlackMs;
    case 'message':
      return (call.messageAtMs ?? w.nowMs) + (campaign.safeHarbour?.maxMs ?? campaign.amd.maxMs) + doorSlackMs;
    case 'talking':
      return undefined;
  }
}

export function callDue(w: DialerWorld, call: Call): void {
  if (call.hangUpAtMs !== undefined) {
    call.hangUpAtMs = w.nowMs; // told, and nothing was heard of it
    askList(w, call.switch);
    refreshDue(w, call);
    return;
  }
  switch (call.stage) {
    case 'agent-asked':
      requestTimedOut(w, call);
      return;
    case 'checking':
      checkTimedOut(w, call);
      return;
    case 'queued':
      giveBack(w, call, 'GATEWAY_DOWN'); // A7: longer than two cycles
      return;
    case 'ringing':
      hangUp(w, call, 'ring-timeout');
      return;
    case 'answered':
      hangUp(w, call, 'no-agent'); // a customer in silence, whatever is wrong in the dialplan
      return;
    case 'waiting':
      waitedOut(w, call, 'the door did not report the end of the wait');
      hangUp(w, call, 'no-agent');
      return;
    case 'message':
      hangUp(w, call, 'message-over');
      return;
    case 'talking':
      return;
  }
}
