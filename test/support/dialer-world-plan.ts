/** What a seed makes of the dialer's simulated world: campaigns, agents, troubles. */
import type { Campaign, DialerSettings } from '../../core/dialer/campaign.js';
import { Random } from '../simulation/random.js';
import { testCampaign } from './dialer-desk.js';
import type { Faults } from './dialer-world-switch.js';

export interface WorldPlan {
  readonly seed: number;
  readonly minutes: number;
  readonly contacts: number;
  readonly agents: number;
  readonly settings: Partial<DialerSettings>;
  readonly campaigns: readonly Campaign[];
  readonly faults: Partial<Faults>;
  /** processes that die, links that drop, agents that come and go, campaigns that are changed: mean time between, ms; 0 = never */
  readonly killEveryMs: number;
  readonly dropEveryMs: number;
  readonly shiftEveryMs: number;
  readonly changeEveryMs: number;
  readonly inboundEveryMs: number;
}

/** Modes, campaigns and troubles by the seed. */
export function worldPlan(seed: number): WorldPlan {
  const random = new Random(seed);
  const modes = ['IVR', 'PROGRESSIVE', 'POWER', 'PREDICTIVE', 'PREVIEW', 'CONNECTOR'] as const;
  const campaigns = Array.from({ length: random.int(1, 4) }, (_, n) => {
    const mode = random.pick(modes);
    return testCampaign(`c${n}`, {
      mode: mode === 'CONNECTOR' ? 'PROGRESSIVE' : mode,
      agentSource: mode === 'CONNECTOR' ? 'connector' : 'native',
      ivr: '*9664',
      attemptsMax: random.int(1, 4),
      weight: random.int(0, 3),
      slotsMax: random.chance(0.2) ? 3 : 0,
      amd: {
        mode: random.chance(0.3) ? 'switch' : 'off',
        maxMs: 1_800,
        onMachine: random.pick(['HANGUP', 'MESSAGE', 'AGENT']),
        message: 'm',
      },
      ...(random.chance(0.1) && { safeHarbour: undefined }),
      cutOnCollapse: random.chance(0.5),
      preview: { ms: random.pick([0, 5_000]), onTimeout: random.pick(['DIAL', 'SKIP', 'PAUSE_AGENT']), skipHoldMs: 60_000 },
      gateways: [
        { switch: '', gateway: 'gw1', channelsMax: random.chance(0.2) ? 4 : 0 },
        ...(random.chance(0.3) ? [{ switch: '', gateway: 'gw2', channelsMax: 0 }] : []),
      ],
    });
  });
  const often = (meanMs: number): number => (random.chance(0.5) ? meanMs : 0);
  return {
    ...{ seed, minutes: 20, contacts: random.int(20, 120), agents: random.int(1, 12), campaigns },
    settings: {
      slotsMax: random.int(2, 25),
      callsPerSecond: random.int(1, 15),
      voiceConnector: 'http://vc',
      reservationMs: 30_000,
      callMsMax: 10 * 60_000,
      strictReferenceFailover: random.chance(0.2),
    },
    faults: {
      lost: random.chance(0.3) ? 0.02 : 0,
      doubled: random.chance(0.5) ? 0.1 : 0,
      lateMax: random.pick([1, 200, 3_000]),
      unknown: random.chance(0.3) ? 0.05 : 0,
    },
    killEveryMs: often(120_000),
    dropEveryMs: often(90_000),
    shiftEveryMs: often(10_000),
    changeEveryMs: often(30_000),
    inboundEveryMs: often(5_000),
  };
}
