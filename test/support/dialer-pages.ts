/** A site with campaigns for the dialer's pages: what it does now is told by the test, everything else is stored. */
import type { CallRecord, Contact } from '../../core/dialer/contact.js';
import type { CampaignLive, CampaignWhy, PreviewOffer } from '../../core/dialer-ports.js';
import { createPages } from '../../sidecar/routes/pages.js';
import { readWebFiles } from '../../sidecar/web-files.js';
import { agentContact, startDialerApi, startMs, type DialerApi, type DialerApiOptions } from './dialer-api.js';

export const pagesLive = (campaign: string, more: Partial<CampaignLive> = {}): CampaignLive => ({
  ...{ campaign, mode: 'PREDICTIVE', state: 'running', forced: undefined, hopper: 40, ringing: 12, waiting: 1, talking: 7 },
  agents: { ready: 3, reserved: 1, talk: 7, wrap: 2, paused: 1 },
  window: { connected: 1_940, abandoned: 50, share: 0.0251, cap: 0.03 },
  decision: undefined,
  gateways: [
    { switch: 'fs1', gateway: 'trunk1', state: 'up', calls: 18 },
    { switch: 'fs1', gateway: 'trunk2', state: 'closed', calls: 0 },
  ],
  answerRate: 0.31,
  ...more,
});

const why: CampaignWhy = {
  campaign: 'spring',
  limit: 'the pacer waits, so that nobody answers without an agent',
  pace: 'The next call would find no agent with a chance of 4.1 %, more than the 2.0 % that are accepted.',
  blocked: { window: 120, 'retry-time': 31, dnc: 2 },
  dialable: 347,
  sampled: { looked: 500, of: 9_200 },
  nextOpeningMs: startMs + 16 * 3_600_000,
};

/** An ended call of a campaign, stored as the dialer does. */
export async function storeCall(api: DialerApi, fence: number, more: Partial<CallRecord> = {}): Promise<void> {
  const record: CallRecord = {
    ...{ callId: 'k1', contactId: 'k1', campaignId: 'spring', listId: undefined, mode: 'PREDICTIVE', number: '+4915112345678' },
    ...{ numberKey: '4915112345678', callerId: '+4930123456', switch: 'fs1', gateway: 'trunk1', placedAtMs: startMs - 60_000 },
    ...{ ringingAtMs: startMs - 58_000, answeredAtMs: startMs - 50_000, offeredAtMs: startMs - 50_000, bridgedAtMs: startMs - 49_000 },
    ...{ endedAtMs: startMs - 20_000, cause: 'NORMAL_CLEARING', q850: 16, sip: 200, result: 'CONNECTED', countsAsAttempt: true },
    ...{ agent: 'anna', amd: undefined, messageAtMs: undefined, messageMs: undefined, optedOut: false, endedBy: 'customer' },
    ...{ decisionAtMs: undefined, recording: undefined, ...more },
  };
  await api.store.save([{ transition: undefined, record, outbox: [], dnc: [], audit: [] }], fence);
}

/** Five hours of calls; three of them are abandoned, one without its message. */
async function storeDay(api: DialerApi, fence: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const placedAtMs = startMs - 5 * 3_600_000 + i * 86_000;
    const [isAnswered, isAbandoned] = [i % 3 !== 0, [7, 58, 107].includes(i)];
    await storeCall(api, fence, {
      ...{
        callId: `day${String(i)}`,
        contactId: `day${String(i)}`,
        placedAtMs,
        ringingAtMs: placedAtMs + 2_000,
        endedAtMs: placedAtMs + 60_000,
      },
      ...{ answeredAtMs: isAnswered ? placedAtMs + 9_000 : undefined, offeredAtMs: isAnswered ? placedAtMs + 9_000 : undefined },
      ...{ bridgedAtMs: isAnswered && !isAbandoned ? placedAtMs + 10_000 : undefined, agent: isAbandoned ? undefined : 'anna' },
      ...{ result: !isAnswered ? 'NO_ANSWER' : isAbandoned ? 'ABANDONED' : 'CONNECTED', endedBy: isAnswered ? 'customer' : 'us' },
      ...(isAbandoned && i !== 58 ? { messageAtMs: placedAtMs + 10_900, messageMs: 6_000, optedOut: i === 107 } : {}),
    });
  }
}

/** Rules that demand a message and a ring time. */
const ruled = { profile: 'uk', country: 'GB', safe_harbour: { audio: 'sorry', opt_out_digits: '1' } };

/** Two campaigns, a list of contacts, and a day of calls of the first. Users are those of `startDialerApi`. */
export async function startDialerPages(options: DialerApiOptions = {}) {
  const api = await startDialerApi({ ...options, routes: [createPages(readWebFiles())] });
  if (options.isOff) return { ...api, lives: new Map<string, CampaignLive>(), fence: 0 };
  const gateways = ['trunk1', 'trunk2'];
  await api.campaign('spring', { name: 'Spring offers', gateways, client: 'Example Energy', ...ruled });
  await api.campaign('renewals', { name: 'Renewals', mode: 'PREVIEW', preview: { limit_s: 60, on_timeout: 'SKIP' } });
  await api.post('/dialer/contacts', [
    agentContact('a1', { campaign_id: 'renewals', data: { name: 'Ada King', city: 'Ulm', contract: 'ends in June' } }),
    ...Array.from({ length: 20 }, (_, i) =>
      agentContact(`s${String(i)}`, { campaign_id: 'spring', customer_number: `+49301234${String(100 + i)}` }),
    ),
  ]);
  const fence = (await api.own.leases.acquire('dialer', 'test', 3_600_000)) ?? 0;
  await storeDay(api, fence);
  const lives = new Map([
    ['spring', pagesLive('spring')],
    [
      'renewals',
      pagesLive('renewals', {
        mode: 'PREVIEW',
        ringing: 0,
        waiting: 0,
        talking: 0,
        window: { connected: 4, abandoned: 0, share: 0, cap: 0.03 },
      }),
    ],
  ]);
  api.fake.control.live = (id) => lives.get(id);
  api.says.why = why;
  return { ...api, lives, fence };
}

export type DialerPages = Awaited<ReturnType<typeof startDialerPages>>;

export const pagesOffer = (contact: Contact, untilMs: number | undefined): PreviewOffer => ({
  ...{ campaign: contact.campaignId, agent: 'anna', offeredAtMs: startMs, untilMs, data: contact.data },
  contact: {
    ...{ id: contact.id, campaignId: contact.campaignId, number: contact.customerNumber, numberKey: contact.numberKey, gateway: 'trunk1' },
    ...{ receivedTimeMs: 1, nextAttemptAtMs: 1, priority: 5, ivr: '', queue: '', agent: '', dials: 0, guaranteedOnly: false },
    ...{ traits: { answeredBefore: false, attempts: 0, hour: 15, ageDays: 0 }, skippedBy: {} },
    ...{ callbackAgent: undefined, callbackPatienceUntilMs: undefined, contact },
  },
});
