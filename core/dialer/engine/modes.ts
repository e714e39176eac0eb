/** How each campaign is dialled now (B2): its mode, and what forces it to one agent for each call. */
import type { Campaign } from '../campaign.js';
import type { Contact } from '../contact.js';
import type { AgentsView } from '../engine-words.js';
import { powerAgentsMin } from './bounds.js';
import type { Call } from './call.js';
import type { DialKind } from './parts.js';
import type { DialerWorld } from './world.js';

export const isPreview = (campaign: Campaign): boolean => campaign.mode === 'PREVIEW' && campaign.agentSource === 'native';

/** A campaign that exists by its contacts alone, with a voice connector: the reference treats each contact by its own type (E5). */
export const isByContact = ({ isImplicit, agentSource }: Campaign): boolean => isImplicit && agentSource === 'connector';

/** What becomes of a contact's call. */
export function callKindOf(campaign: Campaign, { campaignType }: Pick<Contact, 'campaignType'>): Call['kind'] {
  if (isByContact(campaign)) return campaignType === 'IVR' ? 'ivr' : 'agent-connector';
  if (campaign.mode === 'IVR') return 'ivr';
  return campaign.agentSource === 'connector' ? 'agent-connector' : 'agent-native';
}

export const dialledOneToOne = (w: DialerWorld, campaign: Campaign): boolean => w.tally(campaign.id).kind === 'held';

/** Standby agents who can be talking soon: calls may be ahead of them (B2: a telephone that must ring is too slow). */
export const standbySignedIn = (view: AgentsView | undefined): number =>
  view?.agents.filter(({ isStandby, state }) => isStandby && state !== 'paused' && state !== 'out').length ?? 0;

/** After each tick and configuration. Forcing and its end are told and written down (B10). */
export function refreshModes(w: DialerWorld): void {
  const standby = new Map<string, number>();
  for (const [queue, view] of w.tick?.agents ?? []) standby.set(queue, standbySignedIn(view));
  for (const campaign of w.campaigns.values()) {
    const tally = w.tally(campaign.id);
    const forced = forcedReason(w, campaign);
    if ((forced !== undefined) !== (tally.forced !== undefined)) tell(w, campaign, forced);
    tally.forced = forced;
    tally.kind = kindOf(campaign, forced, standby.get(campaign.queue) ?? 0);
  }
}

function kindOf(campaign: Campaign, forced: string | undefined, standby: number): DialKind {
  const { mode, agentSource, minPredictiveAgents } = campaign;
  if (mode === 'IVR') return forced === undefined ? 'ivr' : 'held'; // at the cap nobody may press the key in vain
  if (agentSource === 'connector') return 'connector';
  if (mode === 'PREVIEW') return 'preview';
  if (mode === 'PROGRESSIVE' || forced !== undefined) return 'held';
  if (mode === 'POWER') return standby < powerAgentsMin ? 'held' : 'power';
  return standby < Math.max(1, minPredictiveAgents) ? 'held' : 'predictive';
}

/** Only where calls can be abandoned: an IVR campaign after the key. */
function forcedReason(w: DialerWorld, campaign: Campaign): string | undefined {
  const { id, mode, agentSource, queue, abandonCap, safeHarbour } = campaign;
  const isPaced = agentSource === 'native' && (mode === 'POWER' || mode === 'PREDICTIVE');
  if (!isPaced && !(mode === 'IVR' && queue !== '')) return undefined;
  const said = w.tick?.forced?.get(id);
  if (said !== undefined) return said;
  if (isPaced && !safeHarbour?.audio) return 'no safe-harbour message';
  const window = w.tick?.windows.get(id);
  if (!window || window.abandoned === 0) return undefined;
  const share = window.abandoned / (window.connected + window.abandoned);
  return share >= abandonCap ? `abandoned ${(share * 100).toFixed(1)} %, the cap is ${(abandonCap * 100).toFixed(1)} %` : undefined;
}

function tell(w: DialerWorld, campaign: Campaign, forced: string | undefined): void {
  const reason = forced ?? 'below the cap again';
  w.notice({ type: 'campaign-forced', campaign: campaign.id, isForced: forced !== undefined, reason });
  w.change({
    audit: [w.auditOf(`campaign ${campaign.id}`, forced === undefined ? 'one-to-one-left' : 'one-to-one-forced', reason)],
  });
}
