/** What the dialer's engine is told at each tick (dialer.md B2, B4): why a campaign is dialled 1:1. */
import assert from 'node:assert/strict';
import type { Campaign } from '../core/dialer/campaign.js';
import { shippedProfiles } from '../core/dialer/compliance/profiles.js';
import { createDialerViews } from '../core/services/dialer-views.js';
import { createDialerWindows } from '../core/services/dialer-windows.js';
import { campaignOf, counterRow, nowMs } from './support/dialer-rules.js';

async function forced(more: Partial<Campaign>, row: Parameters<typeof counterRow>[1] = {}, missing?: string): Promise<string | undefined> {
  const profiles = () => shippedProfiles;
  const counters = () => Promise.resolve([counterRow(nowMs - 600_000, row)]);
  const views = createDialerViews({
    store: { activeCounts: () => Promise.resolve({ dialed: 0, agentPending: 0 }), eligible: () => Promise.resolve(new Map()) },
    agents: { isUp: () => true, view: () => undefined },
    figures: createDialerWindows({ store: { counters }, profiles, zonesOf: () => [] }),
    ...{ profiles, queuesOf: () => [], missingAudio: () => missing, lagMs: () => 0, monoMs: () => 0 },
  });
  const view = await views.tick([campaignOf({ profile: 'uk', ...more })], nowMs);
  return view.forced?.get('spring');
}
const safeHarbour = { audio: 'sorry', optOutDigits: '1', optOutPrompt: '', maxMs: 15_000, optOutScope: 'campaign' as const };

describe('dialer: what forces a campaign to one agent for each call', () => {
  it('B12: its window at the cap, a sound that is missing, a profile that nobody knows', async () => {
    assert.equal(await forced({ safeHarbour }), undefined);
    assert.match((await forced({ safeHarbour }, { connected: 10, abandoned: 1 })) ?? '', /at the cap of 3 %/);
    assert.match((await forced({ safeHarbour }, {}, 'sorry')) ?? '', /"sorry" is missing/);
    assert.match((await forced({ profile: 'gone' })) ?? '', /"gone" is unknown/);
  });

  it('B12 B44: an IVR without the message that its profile demands for those whom its key leads to nobody', async () => {
    assert.equal(await forced({ mode: 'IVR' }), 'no safe-harbour message');
    assert.equal(await forced({ mode: 'IVR', safeHarbour }), undefined);
    assert.equal(await forced({ mode: 'IVR', profile: 'reference' }), undefined);
    assert.equal(await forced({ mode: 'IVR', queue: '' }), undefined, 'no key leads to agents');
    assert.equal(await forced({ mode: 'PROGRESSIVE' }), undefined);
  });
});
