/** Call slots (A4, A6): what the table counts as active, and what is about to be. */
import type { DialerWorld } from './world.js';

export const claimsUnderWay = (w: DialerWorld): number => [...w.claims.values()].reduce((sum, { countMax }) => sum + countMax, 0);

/** Agents held or asked for, whose call is not claimed yet: it would be too late to find no slot then. */
const holdsWithout = (w: DialerWorld): number =>
  [...w.holds.values()].filter(
    ({ purpose, state, callId }) => purpose === 'progressive' && callId === undefined && (state === 'asked' || state === 'held'),
  ).length;

export const activeNow = (w: DialerWorld): number => w.calls.size + claimsUnderWay(w) + holdsWithout(w) + w.otherActive;

export const freeSlots = (w: DialerWorld): number => Math.max(0, w.settings.slotsMax - activeNow(w));

/** In each campaign: calls, claims and holds. */
export function inFlightByCampaign(w: DialerWorld): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (campaign: string, count: number): void => void counts.set(campaign, (counts.get(campaign) ?? 0) + count);
  for (const call of w.calls.values()) add(call.campaign.id, 1);
  for (const { campaign, countMax } of w.claims.values()) add(campaign.id, countMax);
  for (const { campaign, state, callId, purpose } of w.holds.values())
    if (purpose === 'progressive' && callId === undefined && (state === 'asked' || state === 'held')) add(campaign, 1);
  return counts;
}
