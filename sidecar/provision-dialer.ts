/** The dialer's part of the provisioning file: read, planned with everything else, written behind it through the dialer's own store. */
import type { Profile } from '../core/dialer/compliance/profile.js';
import type { DialerStore } from '../core/dialer-ports.js';
import { writeCampaign } from '../core/dialer/campaign-schema.js';
import { numbersOf, planDialer, provisioningActor } from '../core/provisioning/dialer-plan.js';
import type { DialerChange, DialerPlan } from '../core/provisioning/dialer-plan.js';
import type { Provisioning } from '../core/provisioning/schema.js';

export interface DialerProvisioning {
  readonly store: Pick<DialerStore, 'campaigns' | 'putCampaign' | 'removeCampaign' | 'findDnc' | 'addDnc' | 'removeDnc'>;
  readonly profiles: () => ReadonlyMap<string, Profile>;
}

const nothing: DialerPlan = { changes: [], lines: [], problems: [] };

/** Rejects TDM_STORE_DOWN. */
export async function planOfDialer(wanted: Provisioning, dialer: DialerProvisioning | undefined, nowMs: number): Promise<DialerPlan> {
  const { campaigns, dnc, remove } = wanted;
  if (campaigns.length + dnc.length + remove.campaigns.length + remove.dnc.length === 0) return nothing;
  if (!dialer) return { ...nothing, problems: [{ path: ['campaigns'], message: 'campaigns and numbers cannot be set from here' }] };
  const keys = numbersOf(wanted);
  const [stored, found] = await Promise.all([
    dialer.store.campaigns(),
    keys.length === 0 ? new Map<string, []>() : dialer.store.findDnc(keys, nowMs),
  ]);
  const current = { campaigns: new Map(stored.map((campaign) => [campaign.id, campaign])), dnc: [...found.values()].flat() };
  return planDialer(wanted, current, dialer.profiles(), nowMs);
}

/** One after the other, each in a transaction with its row of the dialer's audit; a dialer that runs reads them within seconds. */
export async function writeDialer(changes: readonly DialerChange[], { store }: DialerProvisioning, nowMs: number): Promise<void> {
  for (const change of changes) await write(change, store, nowMs);
}

async function write(change: DialerChange, store: DialerProvisioning['store'], atMs: number): Promise<void> {
  const entry = { atMs, actor: provisioningActor, reason: '', before: undefined, after: undefined };
  switch (change.kind) {
    case 'campaign': {
      const { campaign, before } = change;
      const action = before ? 'change' : 'create';
      const words = { before: before && JSON.stringify(writeCampaign(before)), after: JSON.stringify(writeCampaign(campaign)) };
      await store.putCampaign(campaign, { ...entry, object: `campaign ${campaign.id}`, action, ...words });
      return;
    }
    case 'remove-campaign': {
      const { campaign } = change;
      const before = JSON.stringify(writeCampaign(campaign));
      await store.removeCampaign(campaign.id, { ...entry, object: `campaign ${campaign.id}`, action: 'remove', before });
      return;
    }
    case 'dnc':
      await store.addDnc(change.entries, { ...entry, object: 'dnc', action: 'dnc-add', after: wordsOf(change.entries) });
      return;
    case 'remove-dnc':
      await store.removeDnc(change.entries, { ...entry, object: 'dnc', action: 'dnc-remove', after: wordsOf(change.entries) });
      return;
  }
}

const wordsOf = (entries: readonly { readonly number: string; readonly scope: string; readonly isPrefix: boolean }[]): string =>
  JSON.stringify({ scope: entries[0]?.scope, prefix: entries[0]?.isPrefix, numbers: entries.map(({ number }) => number) });
