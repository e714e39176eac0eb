/**
 * Agents who are held for a call (B2): asked for, given one contact after the other, released. Reservations are soft:
 * inbound callers who find nobody else take the agent (B45).
 */
import { renewAheadMs, reserveAgainMs, reserveRestMs } from './bounds.js';
import type { Call } from './call.js';
import { isPlaced } from './call.js';
import { lookAhead, ownerOf, queueOf, suits } from './candidates.js';
import type { Look } from './candidates.js';
import { claim } from './claims.js';
import { hangUp, hasRungEnough } from './hang-up.js';
import { hopperOf } from './hoppers.js';
import { giveBack } from './launches.js';
import { dialledOneToOne } from './modes.js';
import type { Candidate, Hold } from './parts.js';
import { previewLost } from './previews.js';
import { activeNow } from './slots.js';
import type { DialerWorld } from './world.js';

/** A reservation younger than this is not renewed for a call. */
const justReservedMs = 2_000;

export interface HoldWish {
  readonly campaign: string;
  readonly queue: string;
  readonly agent: string | undefined;
  readonly purpose: Hold['purpose'];
  readonly pinned?: Candidate | undefined;
  /** a call that lost its agent */
  readonly callId?: string;
}

export function askHold(w: DialerWorld, { campaign, queue, agent, purpose, pinned, callId }: HoldWish): Hold {
  const hold: Hold = {
    key: `${w.instance}-${w.nextSerial()}`,
    campaign,
    queue,
    purpose,
    state: 'asked',
    agent,
    isGranted: false,
    untilMs: 0,
    pinned,
    callId,
  };
  w.holds.set(hold.key, hold);
  reserve(w, hold);
  return hold;
}

/** Asks, or asks for more time. */
function reserve(w: DialerWorld, hold: Hold): void {
  hold.untilMs = w.nowMs + w.settings.reservationMs;
  w.deadlines.set(`hold:${hold.key}`, hold.untilMs - renewAheadMs);
  w.emit({ type: 'reserve', key: hold.key, queue: hold.queue, agent: hold.agent, untilMs: hold.untilMs, isSoft: true });
}

export function agentReserved(w: DialerWorld, key: string, agent: string): void {
  const hold = w.holds.get(key);
  if (!hold) {
    w.emit({ type: 'release', key }); // nobody wants him any more
    return;
  }
  hold.isGranted = true;
  hold.agent = agent;
  if (hold.state !== 'asked') return; // more time
  const call = hold.callId === undefined ? undefined : w.calls.get(hold.callId);
  if (call?.hold === undefined && call?.stage === 'ringing') {
    hold.state = 'calling';
    call.hold = key;
    return;
  }
  hold.callId = undefined;
  rest(w, hold);
}

/** It has an agent and no contact; at the end of the step it is given one. */
function rest(w: DialerWorld, hold: Hold): void {
  hold.state = 'held';
  if (hold.purpose === 'progressive') w.idleHolds.add(hold.key);
}

export function agentNotReserved(w: DialerWorld, key: string): void {
  const hold = w.holds.get(key);
  if (hold && !hold.isGranted) w.reserveRests.set(hold.queue, w.nowMs + reserveRestMs);
  lost(w, key);
}

/** The agent was taken by an inbound caller, logged out, or his time is over. */
export const reservationLost = (w: DialerWorld, key: string): void => lost(w, key);

/**
 * A call that rings on without its agent: another one is asked for. Found none, it rings until `minRing` and is ended
 * then; answered before, it is offered to the queue for the grace time.
 */
function lost(w: DialerWorld, key: string): void {
  const hold = w.holds.get(key);
  if (!hold) return;
  remove(w, hold);
  if (hold.purpose === 'preview' && previewLost(w, hold)) return;
  const call = hold.callId === undefined ? undefined : w.calls.get(hold.callId);
  if (!call || (call.hold !== undefined && call.hold !== key)) return;
  call.hold = undefined;
  if (!isPlaced(call)) giveBack(w, call);
  else if (call.stage === 'ringing' && call.hangUpAtMs === undefined) {
    if (hasRungEnough(w, call) && !hold.isGranted) hangUp(w, call, 'no-agent');
    else w.deadlines.set(`agent:${call.id}`, w.nowMs + (hold.isGranted ? 0 : reserveAgainMs));
  }
}

/** A ringing call without an agent asks for one. */
export function askAgain(w: DialerWorld, callId: string): void {
  const call = w.calls.get(callId);
  if (call?.stage !== 'ringing' || call.hold !== undefined || call.hangUpAtMs !== undefined) return;
  askHold(w, { campaign: call.campaign.id, queue: call.queue, agent: undefined, purpose: 'progressive', callId });
}

export function holdDue(w: DialerWorld, key: string): void {
  const hold = w.holds.get(key);
  if (!hold) return;
  // somebody looks at a contact, or a customer rings
  if (hold.purpose === 'preview' || hold.state === 'claiming' || hold.state === 'calling') reserve(w, hold);
  else dropHold(w, hold);
}

function remove(w: DialerWorld, hold: Hold): void {
  w.holds.delete(hold.key);
  w.idleHolds.delete(hold.key);
  w.deadlines.set(`hold:${hold.key}`, undefined);
}

/** The agent is free for others. */
export function dropHold(w: DialerWorld, hold: Hold): void {
  remove(w, hold);
  if (hold.isGranted) w.emit({ type: 'release', key: hold.key });
}

/** The queue gave the call an agent: its own one is used up with that, another one is free again. */
export function holdUsed(w: DialerWorld, call: Call, agent: string): void {
  const hold = call.hold === undefined ? undefined : w.holds.get(call.hold);
  call.hold = undefined;
  if (!hold) return;
  if (hold.agent === agent) remove(w, hold);
  else dropHold(w, hold);
}

/** False: the agent was lost meanwhile. */
export function holdClaimed(w: DialerWorld, key: string, call: Call): boolean {
  const hold = w.holds.get(key);
  if (!hold) return false;
  hold.state = 'calling';
  hold.callId = call.id;
  return true;
}

/** Its contact may not be called after all: the next one. A store that fails is not asked again at once. */
export function claimFreed(w: DialerWorld, key: string, problem?: string): void {
  const hold = w.holds.get(key);
  if (!hold) return;
  if (hold.purpose === 'progressive' && problem === undefined) rest(w, hold);
  else {
    previewLost(w, hold);
    dropHold(w, hold);
  }
}

/** The call is over or was never made: its agent gets the next contact at once (B2), but not when he did not take this one. */
export function callGone(w: DialerWorld, call: Call): void {
  w.deadlines.set(`agent:${call.id}`, undefined);
  const hold = call.hold === undefined ? undefined : w.holds.get(call.hold);
  if (!hold) return;
  hold.callId = undefined;
  if (hold.purpose === 'preview' || call.waitedOutAtMs !== undefined || call.bridgedAtMs !== undefined) dropHold(w, hold);
  else rest(w, hold);
}

/** Gives waiting agents their next contacts. */
export function serveHolds(w: DialerWorld): void {
  for (const key of [...w.idleHolds]) {
    const hold = w.holds.get(key);
    if (hold) serve(w, hold);
  }
}

function serve(w: DialerWorld, hold: Hold): void {
  const campaign = w.campaigns.get(hold.campaign);
  // an agent asked for in a call's place may find all slots taken
  const isSlotFree = activeNow(w) <= w.settings.slotsMax;
  if (!campaign || !isSlotFree || !w.isRunning(hold.campaign) || !(hold.pinned ?? dialledOneToOne(w, campaign))) {
    dropHold(w, hold);
    return;
  }
  const { candidates, held } = contactFor(w, hold);
  const isBrief = held?.isBrief ?? hopperOf(w, hold.campaign).askedAtMs !== undefined;
  const [candidate] = candidates;
  if (candidate) {
    hold.pinned = undefined;
    if (hold.untilMs < w.nowMs + w.settings.reservationMs - justReservedMs) reserve(w, hold); // for the whole of this call
    if (claim(w, { campaign, mode: campaign.mode, candidates: [candidate], to: 'dialed', hold: hold.key })) {
      hold.state = 'claiming';
      w.idleHolds.delete(hold.key);
      return;
    }
  }
  if (!isBrief) dropHold(w, hold);
}

/** What is this agent's own comes first (B6). */
function contactFor(w: DialerWorld, hold: Hold): Pick<Look, 'candidates' | 'held'> {
  const campaign = w.campaigns.get(hold.campaign);
  const { agent, pinned } = hold;
  if (!campaign || agent === undefined) return { candidates: [], held: undefined };
  const bound = { queue: hold.queue, agent };
  if (pinned) return lookAhead(w, campaign, 1, ({ id }) => (id === pinned.contact.id ? bound : undefined));
  const own = lookAhead(w, campaign, 1, (contact) => (ownerOf(w, campaign, contact) === agent ? bound : undefined));
  if (own.candidates.length > 0) return own;
  return lookAhead(w, campaign, 1, (contact) =>
    suits(w, campaign, contact, agent) && queueOf(campaign, contact) === hold.queue ? bound : undefined,
  );
}
