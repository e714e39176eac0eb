/** "Why is it not dialing?" (dialer.md B9): gates that hold contacts back, and the limit that binds the pace. */
import type { DialerSettings } from '../dialer/campaign.js';
import type { PaceLimit } from '../dialer/engine/engine-types.js';
import type { Gate } from '../dialer/words.js';
import type { CampaignWhy, ContactWhy, DialerStore } from '../dialer-ports.js';
import { TandemError } from '../errors.js';
import type { DialerSession } from './dialer-session.js';

export const dialerWhyLimits = {
  /** contacts of a campaign that are looked at */
  sampleMax: 500,
  /** calls of a contact that are shown */
  callsMax: 50,
};

export interface DialerWhyDeps {
  readonly session: () => DialerSession | undefined;
  readonly why: () => TandemError;
  readonly store: Pick<DialerStore, 'campaign' | 'contact' | 'contactCounts' | 'idleContacts' | 'lists' | 'gateFacts' | 'calls'>;
  readonly base: DialerSettings;
  readonly nowMs: () => number;
}

export interface DialerWhy {
  campaign(id: string): Promise<CampaignWhy | undefined>;
  contact(id: string): Promise<ContactWhy | undefined>;
}

const limitTexts: Readonly<Record<PaceLimit, string>> = {
  none: 'nothing holds it back',
  state: 'the campaign does not run now',
  stopping: 'the dialer is stopping',
  store: 'the database does not answer',
  switch: 'no switch can be told to call',
  gateway: 'no gateway can be used',
  toll: 'a cap of its gateways against toll fraud is reached (docs/toll-caps.md)',
  channels: 'all channels of its gateways are in use',
  slots: 'all call slots are taken (MAX_CONCURRENT_CALLS)',
  'campaign-slots': 'all call slots of the campaign are taken',
  'calls-per-second': 'as many calls are placed in a second as may be (CALLS_PER_SECOND)',
  hopper: 'no contact is ready to be called',
  agents: 'no agent is free',
  abandonment: 'abandoned calls are at the cap',
  pacer: 'the pacer waits, so that nobody answers without an agent',
  lag: 'events of the switches come late',
  'voice-connector': 'the voice connector is away',
  preview: 'agents take contacts by themselves',
};

export function createDialerWhy(deps: DialerWhyDeps, limits = dialerWhyLimits): DialerWhy {
  const { store, nowMs } = deps;

  function needed(): DialerSession {
    const session = deps.session();
    if (!session) throw deps.why();
    return session;
  }

  return {
    async campaign(id) {
      const session = needed();
      const campaign = session.configuration.campaign(id) ?? (await store.campaign(id));
      if (!campaign) return undefined;
      const atMs = nowMs();
      const facts = await store.gateFacts(campaign, { limit: limits.sampleMax }, atMs);
      const blocked: Partial<Record<Gate, number>> = {};
      let dialable = 0;
      let nextOpeningMs: number | undefined;
      for (const one of facts) {
        const { first, verdict } = session.rules.explain(campaign, one, atMs);
        if (first === undefined) dialable++;
        else blocked[first] = (blocked[first] ?? 0) + 1;
        if (verdict.kind === 'wait' && verdict.untilMs !== undefined) nextOpeningMs = Math.min(nextOpeningMs ?? Infinity, verdict.untilMs);
      }
      const pending = (await store.contactCounts(id)).reduce((sum, { status, count }) => sum + (status === 'pending' ? count : 0), 0);
      const idle = await store.idleContacts(id);
      const numbers = session.loop.view().campaign(id);
      const limit = campaign.state === 'running' ? (numbers?.limit ?? 'none') : 'state';
      const isIdle = idle > 0 && facts.length === 0 && (limit === 'none' || limit === 'hopper');
      return {
        campaign: id,
        limit: session.whyNot() ?? (isIdle ? 'all contacts are in lists that are not active' : limitTexts[limit]),
        pace: numbers?.pace ?? '',
        blocked,
        dialable,
        ...(idle > 0 ? { idle } : {}),
        sampled: facts.length < pending - idle ? { looked: facts.length, of: pending - idle } : undefined,
        nextOpeningMs,
      };
    },
    async contact(id) {
      const session = needed();
      const contact = await store.contact(id);
      if (!contact) return undefined;
      const calls = await store.calls({ contact: id, before: '', limit: limits.callsMax });
      const campaign = session.configuration.campaign(contact.campaignId) ?? (await store.campaign(contact.campaignId));
      const [facts] = campaign ? await store.gateFacts(campaign, { contacts: [id] }, nowMs()) : [];
      if (!campaign || !facts) {
        const detail = campaign ? 'the contact is gone' : `there is no campaign "${contact.campaignId}"`;
        return { contact, gates: [{ gate: 'campaign', passes: false, detail }], first: 'campaign', calls };
      }
      const { gates, first } = session.rules.explain(campaign, facts, nowMs());
      const list = contact.listId === undefined ? undefined : await store.lists.find(contact.listId);
      return { contact, gates, first, ...(list && list.state !== 'active' ? { idleList: list } : {}), calls };
    },
  };
}
