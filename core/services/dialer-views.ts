/** What the engine sees at each tick: slots, eligible contacts, agents, windows, how late the switches are. */
import type { Campaign } from '../dialer/campaign.js';
import type { Profile } from '../dialer/compliance/profile.js';
import type { AgentsView, TickView } from '../dialer/engine-words.js';
import type { DialerAgents, DialerStore } from '../dialer-ports.js';
import { windowsFrom } from './dialer-windows.js';
import type { DialerWindows } from './dialer-windows.js';

export const dialerViewLimits = {
  /** eligible contacts counted of one campaign */
  eligibleCountMax: 1_000,
  /** the count takes at most this share of the time */
  countShareMax: 0.1,
  countAgeMsMax: 10_000,
};

export interface DialerViewsDeps {
  readonly store: Pick<DialerStore, 'activeCounts' | 'eligible'>;
  readonly agents: Pick<DialerAgents, 'isUp' | 'view'>;
  readonly figures: DialerWindows;
  readonly profiles: () => ReadonlyMap<string, Profile>;
  /** queues whose agents a campaign's contacts want */
  readonly queuesOf: (campaign: Campaign) => readonly string[];
  /** audio that a running campaign needs and that a switch does not have */
  readonly missingAudio: (campaign: string) => string | undefined;
  readonly lagMs: () => number;
  readonly monoMs: () => number;
}

export interface DialerViews {
  /** Rejects TDM_STORE_DOWN. `running`: campaigns that may dial. */
  tick(running: readonly Campaign[], nowMs: number): Promise<TickView>;
  /** contacts were added or released: count anew */
  recount(): void;
  forced(): ReadonlyMap<string, string>;
}

export function createDialerViews(deps: DialerViewsDeps, limits = dialerViewLimits): DialerViews {
  const { store, agents, figures, monoMs } = deps;
  let eligible: TickView['eligible'] = new Map();
  let counted = '';
  let countedAtMonoMs = -Infinity;
  let countTookMs = 0;
  let forced: ReadonlyMap<string, string> = new Map();

  async function countEligible(ids: readonly string[], nowMs: number): Promise<void> {
    const beganMs = monoMs();
    const restMs = Math.min(countTookMs / limits.countShareMax, limits.countAgeMsMax);
    if (counted === ids.join('\n') && beganMs - countedAtMonoMs < restMs) return;
    eligible = await store.eligible(ids, nowMs, limits.eligibleCountMax);
    counted = ids.join('\n');
    countedAtMonoMs = monoMs();
    countTookMs = countedAtMonoMs - beganMs;
  }

  function agentViews(running: readonly Campaign[]): ReadonlyMap<string, AgentsView> {
    const views = new Map<string, AgentsView>();
    if (!agents.isUp()) return views;
    for (const queue of new Set(running.flatMap((campaign) => deps.queuesOf(campaign)))) {
      const view = agents.view(queue);
      if (view) views.set(queue, view);
    }
    return views;
  }

  function forcedOf(campaign: Campaign): string | undefined {
    const profile = deps.profiles().get(campaign.profile);
    if (!profile) return `its profile "${campaign.profile}" is unknown`;
    // a key of its IVR asks for an agent: who gets none is to hear it
    const asksForAgents = campaign.mode === 'IVR' && campaign.queue !== '';
    if (asksForAgents && profile.messageRequired && !campaign.safeHarbour?.audio) return 'no safe-harbour message';
    const missing = deps.missingAudio(campaign.id);
    if (missing !== undefined) return `the audio file "${missing}" is missing`;
    const window = figures.of(campaign.id)?.window;
    return window?.isAtCap === true ? `abandoned calls are at the cap of ${String(window.cap * 100)} %` : undefined;
  }

  return {
    async tick(running, nowMs) {
      const ids = running.map(({ id }) => id);
      const [active] = await Promise.all([store.activeCounts(), countEligible(ids, nowMs)]);
      const read = await figures.read(running, nowMs);
      forced = new Map(
        running.flatMap((campaign): [string, string][] => {
          const why = forcedOf(campaign);
          return why === undefined ? [] : [[campaign.id, why]];
        }),
      );
      return { active, eligible, agents: agentViews(running), ...windowsFrom(read), forced, lagMs: deps.lagMs() };
    },
    recount() {
      countedAtMonoMs = -Infinity;
    },
    forced: () => forced,
  };
}
