/** The dial cycle (dialer.md A6): counts slots, lets campaigns wish, shares the slots out, claims in dialling order. */
import { allocate } from '../allocation.js';
import type { TickView } from '../engine-words.js';
import { tellEmpty } from './campaign-notices.js';
import { checkAheadMax, checkMsMax } from './bounds.js';
import { checkWays, isCheckAwaited } from './gateways.js';
import { hangUp, hasRungEnough } from './hang-up.js';
import { fillHoppers, hopperOf } from './hoppers.js';
import { refreshModes, standbySignedIn } from './modes.js';
import { activeNow, claimsUnderWay, freeSlots, inFlightByCampaign } from './slots.js';
import { callsPerSecondNow } from './switches.js';
import { claimsPerCycle } from '../throttle.js';
import { shareHolds } from './hold-wishes.js';
import type { Round, Wish } from './hold-wishes.js';
import { enact, paceWishes, sharerOf, wishOf } from './wishes.js';
import type { DialerWorld } from './world.js';

const minuteMs = 60_000;

export function ticked(w: DialerWorld, view: TickView): void {
  w.tick = view;
  w.tickedAtMs = w.nowMs;
  const known = w.calls.size + claimsUnderWay(w);
  w.otherActive = Math.max(0, view.active.dialed + view.active.agentPending - known);
  countMinutes(w);
  refreshModes(w);
  tellEmpty(w);
  cutCollapsed(w);
  if (w.isStopping) return;
  fillHoppers(w);
  beginRound(w);
}

function countMinutes(w: DialerWorld): void {
  const minute = Math.floor(w.nowMs / minuteMs);
  for (const tally of w.tallies.values()) {
    if (tally.minute === minute) continue;
    tally.placedLastMinute = tally.minute === minute - 1 ? tally.placedThisMinute : 0;
    tally.placedThisMinute = 0;
    tally.minute = minute;
  }
}

/** B11 `cutOnCollapse`: nobody is left who could take them; each has rung as long as it must. */
function cutCollapsed(w: DialerWorld): void {
  const left = new Map<string, number>();
  for (const call of w.calls.values()) {
    if (call.bucket === undefined || call.stage !== 'ringing' || call.hangUpAtMs !== undefined) continue;
    const view = w.tick?.agents.get(call.queue);
    if (!view || !w.campaignOf(call).cutOnCollapse) continue;
    const agents = left.get(call.queue) ?? standbySignedIn(view);
    left.set(call.queue, agents);
    if (agents === 0 && hasRungEnough(w, call)) hangUp(w, call, 'collapse');
  }
}

/** Overlap is impossible: while contacts of the last cycle are being claimed, this one does nothing (A6). */
function beginRound(w: DialerWorld): void {
  if (w.roundByMs !== undefined) return;
  if ([...w.claims.values()].some(({ hold }) => hold === undefined)) return;
  let isAwaited = false;
  for (const campaign of w.campaigns.values()) {
    if (!w.isRunning(campaign.id) || campaign.mode === 'PREVIEW') continue;
    const seen = new Set<string>();
    for (const contact of hopperOf(w, campaign.id).items.slice(0, checkAheadMax)) {
      if (seen.has(contact.gateway)) continue;
      seen.add(contact.gateway);
      if (checkWays(w, campaign, contact)) isAwaited = true;
    }
  }
  if (!isAwaited) {
    runRound(w);
    return;
  }
  w.roundByMs = w.nowMs + checkMsMax;
  w.deadlines.set('round', w.roundByMs);
}

/** The last gateway was checked. */
export function roundMayRun(w: DialerWorld): void {
  if (w.roundByMs !== undefined && !isCheckAwaited(w)) runRound(w);
}

export function runRound(w: DialerWorld): void {
  w.roundByMs = undefined;
  w.deadlines.set('round', undefined);
  if (w.isStopping) return;
  const tokens = claimsPerCycle(callsPerSecondNow(w), w.settings.cycleMs) - w.launches.length - claimsUnderWay(w);
  const slots = freeSlots(w);
  const countMax = Math.max(0, Math.min(slots, tokens));
  const round: Round = { countMax, inFlight: inFlightByCampaign(w) };
  const wishes: Wish[] = [];
  for (const campaign of w.campaigns.values()) {
    if (w.isRunning(campaign.id)) wishes.push(wishOf(w, campaign, round));
    else w.limit(campaign.id, 'state', `the campaign is ${campaign.state}, or outside its dates`);
  }
  shareHolds(w, wishes, round);
  paceWishes(w, wishes, round);
  share(w, wishes, countMax);
  if (countMax === 0) noteFull(w, wishes, slots);
}

/** In dialling order. */
function share(w: DialerWorld, wishes: readonly Wish[], countMax: number): void {
  const byId = new Map(wishes.map((wish) => [wish.campaign.id, wish]));
  for (const { id, take } of allocate(
    countMax,
    wishes.map((wish) => sharerOf(w, wish)),
  )) {
    const wish = byId.get(id);
    if (wish) enact(w, wish, take);
  }
}

function noteFull(w: DialerWorld, wishes: readonly Wish[], slots: number): void {
  const [limit, text] =
    slots === 0
      ? (['slots', `all ${w.settings.slotsMax} call slots are taken: ${activeNow(w)}`] as const)
      : (['calls-per-second', `${callsPerSecondNow(w)} calls a second, others wait for them`] as const);
  for (const { campaign } of wishes) if (w.tally(campaign.id).kind !== 'preview') w.limit(campaign.id, limit, text);
}
