/** Contacts ready to be dialled, of each campaign (B1): filled ahead, so that a round never waits for the store. */
import type { Campaign } from '../campaign.js';
import type { HopperContact } from '../engine-words.js';
import { fillMsMax, hopperAgeMsMax, hopperMax, hopperMin, hopperRestMs } from './bounds.js';
import type { Hopper } from './parts.js';
import type { DialerWorld } from './world.js';

export function hopperOf(w: DialerWorld, campaign: string): Hopper {
  const known = w.hoppers.get(campaign);
  if (known) return known;
  const hopper: Hopper = {
    items: [],
    filledAtMs: -Infinity,
    askedAtMs: undefined,
    restUntilMs: -Infinity,
    hasBound: false,
    isBehind: false,
  };
  w.hoppers.set(campaign, hopper);
  return hopper;
}

/** B1: twice the calls of the last minute, at least 50; never less than a round could use. */
export function hopperSizeOf(w: DialerWorld, campaign: Campaign): number {
  const { placedThisMinute, placedLastMinute } = w.tally(campaign.id);
  const perRound = Math.ceil((w.settings.callsPerSecond * w.settings.cycleMs) / 1000);
  const want = Math.max(hopperMin, 2 * Math.max(placedThisMinute, placedLastMinute), 2 * Math.min(perRound, w.settings.slotsMax));
  return Math.min(hopperMax, want);
}

/** Asks for contacts where there are too few, or where they were read long ago. */
export function fillHoppers(w: DialerWorld): void {
  for (const campaign of w.campaigns.values()) {
    if (!w.isRunning(campaign.id)) continue;
    const hopper = hopperOf(w, campaign.id);
    const size = hopperSizeOf(w, campaign);
    const eligible = w.tick?.eligible.get(campaign.id)?.count ?? 0;
    const isLow = hopper.items.length < size / 2 && eligible > hopper.items.length && w.nowMs >= hopper.restUntilMs;
    const isOld = eligible > 0 && w.nowMs - hopper.filledAtMs >= hopperAgeMsMax;
    if (isLow || isOld) fill(w, campaign, size);
  }
}

function fill(w: DialerWorld, campaign: Campaign, count: number): void {
  const hopper = hopperOf(w, campaign.id);
  if (hopper.askedAtMs !== undefined) return;
  hopper.askedAtMs = w.nowMs;
  w.deadlines.set(`fill:${campaign.id}`, w.nowMs + fillMsMax);
  w.emit({ type: 'fill-hopper', campaign: campaign.id, count, leaveOut: busyOf(w, campaign.id) });
}

export function busyOf(w: DialerWorld, campaign: string): readonly string[] {
  return [...w.busy].filter(([, of]) => of === campaign).map(([contact]) => contact);
}

export function hopperFilled(w: DialerWorld, campaignId: string, contacts: readonly HopperContact[]): void {
  if (!w.campaigns.has(campaignId)) return;
  const hopper = hopperOf(w, campaignId);
  const before = hopper.items.length;
  hopper.items = contacts.filter(({ id }) => !w.busy.has(id)).slice(0, hopperMax);
  hopper.hasBound = hopper.items.some(isBound);
  hopper.filledAtMs = w.nowMs;
  hopper.askedAtMs = undefined;
  hopper.restUntilMs = hopper.items.length <= before && !hopper.isBehind ? w.nowMs + hopperRestMs : -Infinity;
  hopper.isBehind = false;
  w.deadlines.set(`fill:${campaignId}`, undefined);
}

/** To an agent, a queue, or to any agent who is held. */
const isBound = ({ guaranteedOnly, agent, queue, callbackAgent }: HopperContact): boolean =>
  guaranteedOnly || agent !== '' || queue !== '' || callbackAgent !== undefined;

/** A claim found contacts that are not there any more: what is left of them would take slots from who can be called. */
export function readAnew(w: DialerWorld, campaign: Campaign): void {
  hopperOf(w, campaign.id).isBehind = true;
  if (w.isRunning(campaign.id)) fill(w, campaign, hopperSizeOf(w, campaign));
}

/** The store did not answer: asked again when the next round needs it. */
export function fillMissed(w: DialerWorld, campaignId: string): void {
  const hopper = w.hoppers.get(campaignId);
  if (hopper) hopper.askedAtMs = undefined;
}

export function takeOut(w: DialerWorld, campaign: string, contacts: ReadonlySet<string>): void {
  const hopper = hopperOf(w, campaign);
  hopper.items = hopper.items.filter(({ id }) => !contacts.has(id));
}

/** A contact that was not called after all keeps its place (A6): it is first again in its campaign. */
export function putBack(w: DialerWorld, contact: HopperContact): void {
  if (!w.campaigns.has(contact.campaignId) || w.busy.has(contact.id)) return;
  const hopper = hopperOf(w, contact.campaignId);
  if (hopper.items.some(({ id }) => id === contact.id)) return;
  const isFifo = w.campaigns.get(contact.campaignId)?.orderWithin === 'FIFO';
  const behind = (other: HopperContact): boolean =>
    other.nextAttemptAtMs > contact.nextAttemptAtMs ||
    (other.nextAttemptAtMs === contact.nextAttemptAtMs && other.contact.seq > contact.contact.seq);
  const at = isFifo ? hopper.items.findIndex(behind) : 0;
  hopper.items.splice(at === -1 ? hopper.items.length : at, 0, contact);
  hopper.items.length = Math.min(hopper.items.length, hopperMax);
  hopper.hasBound ||= isBound(contact);
}
