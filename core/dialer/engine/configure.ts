/** Settings and campaigns, also while calls run (B8): what is claimed and not dialled goes back, what is dialled goes on. */
import type { Campaign, DialerSettings } from '../campaign.js';
import { campaignsMax } from './bounds.js';
import { tellStates } from './campaign-notices.js';
import { dropHold } from './holds.js';
import { hopperOf } from './hoppers.js';
import { giveBack } from './launches.js';
import { isPlaced } from './call.js';
import { isPreview, refreshModes } from './modes.js';
import { previewLost } from './previews.js';
import { adjustRate } from './switches.js';
import type { DialerWorld } from './world.js';

export function configured(w: DialerWorld, settings: DialerSettings, campaigns: readonly Campaign[]): void {
  const before = w.isConfigured ? new Map(w.campaigns) : undefined;
  w.isConfigured = true;
  w.settings = settings;
  w.campaigns.clear();
  for (const campaign of campaigns.slice(0, campaignsMax)) w.campaigns.set(campaign.id, campaign);
  tellStates(w, before);
  for (const id of w.hoppers.keys()) if (!w.campaigns.has(id)) w.hoppers.delete(id);
  forgetTallies(w);
  adjustRate(w);
  refreshModes(w);
  for (const campaign of w.campaigns.values()) if (!w.isRunning(campaign.id)) hopperOf(w, campaign.id).items = [];
  returnIdle(w);
}

/** What was counted of a campaign is kept while it exists, or a call of it. */
function forgetTallies(w: DialerWorld): void {
  const used = new Set([...w.calls.values()].map(({ campaign }) => campaign.id));
  for (const id of w.tallies.keys()) if (!w.campaigns.has(id) && !used.has(id)) w.tallies.delete(id);
  const queues = new Set([...w.campaigns.values()].map(({ queue }) => queue));
  for (const queue of w.groups.keys()) if (!queues.has(queue)) w.groups.delete(queue);
}

/** Of campaigns that do not run: claims that are not dialled, agents without a call, previews. */
export function returnIdle(w: DialerWorld): void {
  for (const call of [...w.calls.values()]) {
    if (isPlaced(call) || w.isRunning(call.campaign.id)) continue;
    giveBack(w, call, call.reserved ? 'LATE_RESERVATION' : undefined);
  }
  for (const hold of [...w.holds.values()]) {
    const campaign = w.campaigns.get(hold.campaign);
    const isWanted = campaign !== undefined && w.isRunning(hold.campaign) && (hold.purpose === 'progressive' || isPreview(campaign));
    if (isWanted || hold.state === 'claiming' || hold.state === 'calling') continue;
    previewLost(w, hold);
    dropHold(w, hold);
  }
}

/** The process ends. */
export function stopped(w: DialerWorld): void {
  w.isStopping = true;
  w.roundByMs = undefined;
  w.deadlines.set('round', undefined);
  returnIdle(w);
}
