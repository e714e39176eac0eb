/** What the dialer has seen of its campaigns' contacts and switches: queues they want, zones they live in, sounds that are missing. */
import type { Campaign } from '../dialer/campaign.js';
import type { HopperContact } from '../dialer/engine-words.js';
import type { DialSwitch } from '../dialer-ports.js';

export const dialerTraitsLimits = {
  /** queues of one campaign's contacts */
  queuesMax: 50,
  /** contacts whose zones are looked at */
  sampleMax: 100,
  /** sounds are looked for again after */
  soundEveryMs: 60_000,
};

export interface DialerTraits {
  filled(campaign: Campaign, contacts: readonly HopperContact[]): void;
  queuesOf(campaign: Campaign): readonly string[];
  /** where most of them live */
  zonesOf(campaign: string): readonly string[];
  /** a sound that one of its switches surely does not have */
  missingAudio(campaign: string): string | undefined;
  /** Asks the switches. Never rejects. */
  lookForSounds(running: readonly Campaign[], nowMs: number): Promise<void>;
}

export interface DialerTraitsDeps {
  readonly zonesOf: (contact: HopperContact['contact'], campaign: Campaign) => readonly string[];
  readonly switches: ReadonlyMap<string, Pick<DialSwitch, 'isUp' | 'hasSound'>>;
  readonly defaultSwitch: () => string;
}

export function createDialerTraits(deps: DialerTraitsDeps, limits = dialerTraitsLimits): DialerTraits {
  const queues = new Map<string, Set<string>>();
  const zones = new Map<string, readonly string[]>();
  let missing = new Map<string, string>();
  let lookedAtMs = -Infinity;

  function mostCommon(campaign: Campaign, contacts: readonly HopperContact[]): readonly string[] | undefined {
    const counts = new Map<string, { readonly zones: readonly string[]; count: number }>();
    for (const { contact } of contacts.slice(0, limits.sampleMax)) {
      const places = deps.zonesOf(contact, campaign);
      const entry = counts.get(places.join(' ')) ?? { zones: places, count: 0 };
      entry.count++;
      counts.set(places.join(' '), entry);
    }
    return [...counts.values()].sort((a, b) => b.count - a.count)[0]?.zones;
  }

  const switchesOf = (campaign: Campaign) =>
    new Set(campaign.gateways.length > 0 ? campaign.gateways.map((way) => way.switch || deps.defaultSwitch()) : [deps.defaultSwitch()]);

  async function isMissing(campaign: Campaign, audio: string): Promise<boolean> {
    for (const id of switchesOf(campaign)) {
      const port = deps.switches.get(id);
      if (port?.isUp() === true && (await port.hasSound(audio).catch(() => undefined)) === false) return true;
    }
    return false;
  }

  return {
    filled(campaign, contacts) {
      const known = queues.get(campaign.id) ?? new Set<string>();
      for (const { queue } of contacts) if (queue !== '' && known.size < limits.queuesMax) known.add(queue);
      queues.set(campaign.id, known);
      const most = mostCommon(campaign, contacts);
      if (most) zones.set(campaign.id, most);
    },
    queuesOf: ({ id, queue }) => [...new Set([...(queue === '' ? [] : [queue]), ...(queues.get(id) ?? [])])],
    zonesOf: (campaign) => zones.get(campaign) ?? [],
    missingAudio: (campaign) => missing.get(campaign),
    async lookForSounds(running, nowMs) {
      if (nowMs - lookedAtMs < limits.soundEveryMs && nowMs >= lookedAtMs) return;
      lookedAtMs = nowMs;
      const now = new Map<string, string>();
      for (const campaign of running) {
        const audio = campaign.safeHarbour?.audio ?? '';
        if (audio !== '' && (await isMissing(campaign, audio))) now.set(campaign.id, audio);
      }
      missing = now;
    },
  };
}
