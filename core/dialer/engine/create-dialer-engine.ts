/** Puts the dialer's engine together; `engine-types.ts` says what it promises, docs/dialer-engine.md how it decides. */
import type { DialerEvent } from '../engine-words.js';
import * as arrivals from './arrivals.js';
import { sweepEveryMs } from './bounds.js';
import type { Call } from './call.js';
import { claimed, claimFailed, claimMissed } from './claims.js';
import { configured, returnIdle, stopped } from './configure.js';
import { agentDetails, checksDone, requestSent } from './connector.js';
import { callDue } from './due.js';
import { endCall } from './endings.js';
import type { DialerAnswer, DialerEngine, DialerEngineStart, DialerStep } from './engine-types.js';
import { checkMissed, gatewayChecked } from './gateways.js';
import { agentNotReserved, agentReserved, askAgain, holdDue, reservationLost, serveHolds } from './holds.js';
import { fillMissed, hopperFilled } from './hoppers.js';
import { pumpLaunches } from './launches.js';
import { learnedOf } from './learned.js';
import { toldInbound, toldMachine, toldOfAgent } from './pacing-groups.js';
import { previewDial, previewDue, previewNext, previewReject, previewSkip, serveDials } from './previews.js';
import { restored } from './restore.js';
import { roundMayRun, runRound, ticked } from './round.js';
import { askList, callsListed, listMissed, sweep, switchChanged, switchFull, unknown, unsent, withheld } from './switches.js';
import { originateStopped } from './toll.js';
import { viewOf } from './view.js';
import { DialerWorld } from './world.js';

export type * from './engine-types.js';

const done: DialerAnswer = { kind: 'done' };

export function createDialerEngine(start: DialerEngineStart): DialerEngine {
  const w = new DialerWorld(start);
  w.deadlines.set('sweep', start.nowMs + sweepEveryMs);

  function finish(answer: DialerAnswer): DialerStep {
    expire(w);
    serveHolds(w);
    serveDials(w);
    pumpLaunches(w);
    const { effects } = w;
    w.effects = [];
    return { effects, answer };
  }

  return {
    step(event, nowMs) {
      w.nowMs = Math.max(w.nowMs, nowMs);
      return finish(wish(w, event) ?? fact(w, event));
    },
    stop(nowMs) {
      w.nowMs = Math.max(w.nowMs, nowMs);
      stopped(w);
      return finish(done);
    },
    nextDueMs: () => w.deadlines.nextMs(),
    view: () => viewOf(w),
    learned: () => learnedOf(w),
  };
}

/** Deadlines by what they belong to; the key goes on with its name. */
const dues: Readonly<Record<string, (w: DialerWorld, name: string) => void>> = {
  call: (w, id) => withCall(w, id, (call) => callDue(w, call)),
  agent: askAgain,
  hold: holdDue,
  preview: previewDue,
  claim: (w, order) => claimMissed(w, Number(order)),
  fill: fillMissed,
  check: (w, key) => {
    checkMissed(w, key);
    checksDone(w);
    roundMayRun(w);
  },
  round: (w) => runRound(w),
  list: listMissed,
  ask: askList,
  sweep: (w) => sweep(w),
  launch: () => undefined, // calls are placed at the end of each step
};

/** A deadline that sets itself again for now would never end: it is due again at the next step. */
function expire(w: DialerWorld): void {
  const again: string[] = [];
  const seen = new Set<string>();
  for (let key = w.deadlines.take(w.nowMs); key !== undefined; key = w.deadlines.take(w.nowMs)) {
    if (seen.has(key)) {
      again.push(key);
      continue;
    }
    seen.add(key);
    const at = key.indexOf(':');
    dues[at === -1 ? key : key.slice(0, at)]?.(w, at === -1 ? '' : key.slice(at + 1));
  }
  for (const key of again) w.deadlines.set(key, w.nowMs + 1);
}

function withCall(w: DialerWorld, callId: string, then: (call: Call) => void): DialerAnswer {
  const call = w.calls.get(callId);
  if (call) then(call); // of a call that is over, or of nobody's: facts come doubled and late
  return done;
}

/** Wishes: answered. */
function wish(w: DialerWorld, event: DialerEvent): DialerAnswer | undefined {
  switch (event.type) {
    case 'call-arrived':
      return arrivals.arrived(w, event);
    case 'agent-details':
      return agentDetails(w, event);
    case 'preview-next-asked':
      return previewNext(w, event.agent, event.campaign);
    case 'preview-dial-asked':
      return previewDial(w, event.agent, event.numberIndex);
    case 'preview-skip-asked':
      return previewSkip(w, event.agent, event.reason);
    case 'preview-reject-asked':
      return previewReject(w, event.agent, event.reason);
    default:
      return undefined;
  }
}

/** Facts: those about things that are gone are ignored. */
function fact(w: DialerWorld, event: DialerEvent): DialerAnswer {
  return ofCall(w, event) ?? ofOthers(w, event);
}

function ofCall(w: DialerWorld, event: DialerEvent): DialerAnswer | undefined {
  switch (event.type) {
    case 'call-ringing':
      return withCall(w, event.callId, (call) => arrivals.ringing(w, call, event));
    case 'call-answered':
      return withCall(w, event.callId, (call) => arrivals.answered(w, call, event.atMs));
    case 'call-judged':
      return withCall(w, event.callId, (call) => arrivals.judged(w, call, event.amd));
    case 'call-bridged':
      return withCall(w, event.callId, (call) => arrivals.bridged(w, call, event));
    case 'call-ended':
      return withCall(w, event.callId, (call) => endCall(w, call, event));
    case 'originate-unsent':
      return withCall(w, event.callId, (call) => unsent(w, call));
    case 'originate-withheld':
      return withCall(w, event.callId, (call) => withheld(w, call));
    case 'originate-stopped':
      return withCall(w, event.callId, (call) => originateStopped(w, call, event));
    case 'originate-unknown':
      return withCall(w, event.callId, (call) => unknown(w, call));
    case 'call-offered':
      return withCall(w, event.callId, (call) => arrivals.offered(w, call));
    case 'call-connected':
      return withCall(w, event.callId, (call) => arrivals.connected(w, call, event.agent, event.atMs ?? w.nowMs));
    case 'call-waited-out':
      return withCall(w, event.callId, (call) => arrivals.waitedOut(w, call, event.reason));
    case 'message-played':
      return withCall(w, event.callId, (call) => arrivals.messagePlayed(w, call, event.ms));
    case 'opted-out':
      return withCall(w, event.callId, (call) => arrivals.optedOut(w, call));
    default:
      return undefined;
  }
}

function ofOthers(w: DialerWorld, event: DialerEvent): DialerAnswer {
  switch (event.type) {
    case 'configured':
      configured(w, event.settings, event.campaigns);
      break;
    case 'ticked':
      returnIdle(w); // a campaign's time may be over
      ticked(w, event.view);
      break;
    case 'hopper-filled':
      hopperFilled(w, event.campaign, event.contacts);
      break;
    case 'claimed':
      claimed(w, event);
      break;
    case 'claim-failed':
      claimFailed(w, event.order);
      break;
    case 'agent-reserved':
      agentReserved(w, event.key, event.agent);
      break;
    case 'agent-not-reserved':
      agentNotReserved(w, event.key);
      break;
    case 'reservation-lost':
      reservationLost(w, event.key);
      break;
    case 'agent-request-sent':
      requestSent(w, event);
      break;
    case 'switch-changed':
      switchChanged(w, event);
      break;
    case 'switch-full':
      switchFull(w, event);
      break;
    case 'gateway-checked':
      gatewayChecked(w, event.switch, event.gateway, event.state, 'checked');
      checksDone(w);
      roundMayRun(w);
      break;
    case 'calls-listed':
      callsListed(w, event);
      break;
    case 'talk-ended':
      toldOfAgent(w, event.agent, { type: 'talkEnd', ms: event.talkMs, live: !event.isMachine });
      break;
    case 'machine-said':
      toldMachine(w, event.campaign);
      break;
    case 'wrap-ended':
      toldOfAgent(w, event.agent, { type: 'wrapEnd', ms: event.wrapMs });
      break;
    case 'inbound-came':
      toldInbound(w, event.queue);
      break;
    case 'restored':
      restored(w, event.active, event.pacers);
      break;
    default: // time-passed: deadlines are looked at after every event
  }
  return done;
}
