/** The days that are simulated. Times in seconds from the begin of the shift. */

/** A span drawn from a distribution with this mean. */
export interface Span {
  readonly mean: number;
  /** standard deviation / mean of a lognormal; left out: exponential */
  readonly variation?: number;
}

export interface ContactKind {
  /** part of the list */
  readonly part: number;
  /** chance that a person answers, at a time of the day */
  readonly answers: (t: number) => number;
}

export interface CampaignPlan {
  readonly kinds: readonly ContactKind[];
  /** what the pacer is told of a contact: nothing, the kind, or what the contact sorter has learned of its traits */
  readonly tells: 'nothing' | 'kind' | 'sorted';
  /** the chance of an answer follows from the contact's traits (test/simulation-dialer/traits.ts), not from `kinds` */
  readonly hasTraits: boolean;
  readonly ring: { readonly median: number; readonly sigma: number; readonly max: number };
  readonly talk: Span;
  readonly wrap: Span;
  readonly weight: number;
}

export interface Leave {
  readonly from: number;
  readonly to: number;
  /** agents by number, the first and the one after the last */
  readonly agents: readonly [number, number];
}

export interface Scenario {
  readonly name: string;
  readonly agents: number;
  readonly hours: number;
  readonly campaigns: readonly CampaignPlan[];
  readonly target: number;
  readonly grace: number;
  readonly ringTimeout: number;
  /** calls per hour that come in for the same agents */
  readonly inboundPerHour: number;
  readonly leaves: readonly Leave[];
  /** several campaigns: each gets a part of the agents, or all place for the same pool */
  readonly sharing: 'split' | 'pool';
  /** false: machines are answered calls, and the agent reports them */
  readonly hasAmd: boolean;
}

const always = (share: number) => (): number => share;

export const plainCampaign: CampaignPlan = {
  kinds: [{ part: 1, answers: always(0.3) }],
  tells: 'nothing',
  hasTraits: false,
  ring: { median: 10, sigma: 0.45, max: 25 },
  talk: { mean: 120 },
  wrap: { mean: 20, variation: 0.5 },
  weight: 1,
};

const day: Scenario = {
  name: 'day',
  agents: 10,
  hours: 8,
  campaigns: [plainCampaign],
  target: 0.03,
  grace: 2,
  ringTimeout: 25,
  inboundPerHour: 0,
  leaves: [],
  hasAmd: true,
  sharing: 'pool',
};

/** A plain day with some things otherwise. */
export const dayWith = (change: Partial<Scenario>): Scenario => ({ ...day, ...change });

const withCampaign = (change: Partial<CampaignPlan>): Pick<Scenario, 'campaigns'> => ({ campaigns: [{ ...plainCampaign, ...change }] });

const twoKinds: readonly ContactKind[] = [
  { part: 0.5, answers: always(0.05) },
  { part: 0.5, answers: always(0.55) },
];

/** Answers swing over the day, and jump at noon. */
const swing = (t: number): number => 0.3 + 0.12 * Math.sin((2 * Math.PI * t) / 14_400) + (t > 14_400 && t < 18_000 ? 0.15 : 0);

export const scenarios: Readonly<Record<string, Scenario>> = Object.fromEntries(
  [
    ...[3, 5, 10, 20, 50, 200].map((agents) => ({ ...day, name: `agents-${agents}`, agents })),
    ...[0.1, 0.6].flatMap((share) =>
      [10, 50].map((agents) => ({
        ...day,
        ...withCampaign({ kinds: [{ part: 1, answers: always(share) }] }),
        name: `answers-${share * 100}-agents-${agents}`,
        agents,
      })),
    ),
    ...[0.01, 0.05].map((target) => ({ ...day, name: `target-${target * 100}`, target })),
    ...[5, 10, 20, 50].map((agents) => ({ ...day, ...withCampaign({ kinds: twoKinds }), name: `kinds-unknown-${agents}`, agents })),
    ...[5, 10, 20, 50].map((agents) => ({
      ...day,
      ...withCampaign({ kinds: twoKinds, tells: 'kind' }),
      name: `kinds-known-${agents}`,
      agents,
    })),
    { ...day, ...withCampaign({ kinds: [{ part: 1, answers: swing }] }), name: 'swing', agents: 20 },
    { ...day, ...withCampaign({ talk: { mean: 180, variation: 0.6 } }), name: 'long-talks', agents: 20 },
    { ...day, ...withCampaign({ talk: { mean: 30, variation: 0.7 }, wrap: { mean: 8, variation: 0.5 } }), name: 'short-talks', agents: 20 },
    {
      ...day,
      name: 'breaks',
      agents: 20,
      leaves: [
        { from: 7_200, to: 8_100, agents: [0, 10] as const },
        { from: 8_100, to: 9_000, agents: [10, 20] as const },
        { from: 14_400, to: 18_000, agents: [0, 14] as const },
        { from: 25_200, to: 28_800, agents: [0, 5] as const },
      ],
    },
    { ...day, name: 'machines-reported', agents: 20, hasAmd: false },
    ...[20, 50].map((agents) => ({ ...day, name: `inbound-${agents}`, agents, inboundPerHour: agents * 7 })),
    ...(['nothing', 'sorted', 'kind'] as const).flatMap((tells) =>
      [5, 10, 20].map((agents) => ({ ...day, ...withCampaign({ hasTraits: true, tells }), name: `list-${tells}-${agents}`, agents })),
    ),
    ...(['split', 'pool'] as const).map((sharing) => ({
      ...day,
      name: `shared-${sharing}`,
      sharing,
      agents: 30,
      campaigns: [
        { ...plainCampaign, weight: 2 },
        { ...plainCampaign, kinds: [{ part: 1, answers: always(0.15) }], weight: 1 },
      ],
    })),
    {
      ...day,
      ...withCampaign({ kinds: [{ part: 1, answers: always(0.28) }], ring: { median: 16, sigma: 0.4, max: 40 } }),
      name: 'cold-start-500',
      agents: 500,
      hours: 1,
      ringTimeout: 40,
    },
  ].map((scenario) => [scenario.name, scenario]),
);
