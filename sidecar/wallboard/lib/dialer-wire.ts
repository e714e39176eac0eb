/** What the dialer's API answers, as far as the pages show it. Times are Unix ms, shares 0 to 1. */
import type { ComplianceData } from '../../../core/dialer/compliance/report.ts';
import type { SpanFigures } from '../../../core/dialer/live-figures.ts';
import type { CallResult, CampaignState, ContactStatus, Gate } from '../../../core/dialer/words.ts';

export type { CallResult, CampaignState, ComplianceData, ContactStatus, Gate, SpanFigures };

/** What the pacer was told and how it chose; numbers that were not used are null. */
export interface DecisionNow {
  readonly place: number;
  readonly rule: string;
  readonly risk: number | null;
  readonly theta: number | null;
  readonly answerShare: number | null;
  readonly ringSeconds: number | null;
}

export interface GatewayNow {
  readonly switch: string;
  readonly gateway: string;
  readonly state: string;
  readonly calls: number;
}

/** `CampaignLive` of the dialer, of this moment. */
export interface CampaignNow {
  readonly forced?: string;
  readonly hopper: number;
  readonly ringing: number;
  readonly waiting: number;
  readonly talking: number;
  readonly agents: Readonly<Record<AgentState, number>>;
  readonly window: { readonly connected: number; readonly abandoned: number; readonly share: number; readonly cap: number };
  readonly decision?: DecisionNow;
  readonly gateways: readonly GatewayNow[];
  readonly answerRate?: number;
  readonly wrapUp?: Spread;
}

export const agentStates = ['ready', 'reserved', 'talk', 'wrap', 'paused'] as const;
export type AgentState = (typeof agentStates)[number];

export interface OverviewRow {
  readonly id: string;
  readonly name: string;
  readonly state: CampaignState;
  readonly mode: string;
  readonly queue: string;
  readonly weight: number;
  readonly implicit: boolean;
  readonly pending: number;
  readonly live: CampaignNow | null;
}

export interface Overview {
  readonly items: readonly OverviewRow[];
  readonly total: number;
  readonly owner: boolean;
  readonly atMs: number;
}

export interface Spread {
  readonly mean?: number;
  readonly p90?: number;
}

/** `GET .../live`, also as the event `live`. */
export interface LiveAnswer {
  readonly campaign: string;
  readonly state: CampaignState;
  readonly mode: string;
  readonly live: CampaignNow | null;
  readonly figures: {
    readonly atMs: number;
    readonly spans: Readonly<Record<'minute' | 'quarter' | 'today' | 'window', SpanFigures>>;
    readonly abandonment?: {
      readonly share: number;
      readonly cap: number;
      readonly connected: number;
      readonly abandoned: number;
      readonly adjusted: { readonly share: number; readonly how: 'amd' | 'agents' | 'none' };
    };
    readonly durations: Readonly<Record<'wait' | 'ring' | 'talk', Spread>>;
    readonly contacts: {
      readonly total: number;
      readonly byStatus: Readonly<Partial<Record<ContactStatus, number>>>;
      readonly byResult: Readonly<Partial<Record<CallResult, number>>>;
      readonly penetration?: number;
    };
    readonly breakdown?: Breakdown;
    readonly estimatedEndMs?: number;
  };
}

interface Rate {
  readonly calls: number;
  readonly answered: number;
}

export interface Breakdown {
  readonly answerRates: {
    readonly byPart: readonly (Rate & { readonly fromMinute: number; readonly toMinute: number })[];
    /** no `list`: contacts of none */
    readonly byList: readonly (Rate & { readonly list?: number })[];
  };
  readonly attempts: {
    readonly perContact?: number;
    readonly finished: readonly { readonly attempts: number; readonly contacts: number }[];
  };
}

/** `GET .../why`. */
export interface WhyAnswer {
  readonly why: {
    readonly limit: string;
    readonly pace: string;
    readonly blocked: Readonly<Partial<Record<Gate, number>>>;
    readonly dialable: number;
    readonly idle?: number;
    readonly sampled?: { readonly looked: number; readonly of: number };
    readonly nextOpeningMs?: number;
  };
}

/** The rules that the page of a campaign shows. */
export interface CampaignRules {
  readonly id: string;
  readonly name: string;
  readonly state: CampaignState;
  readonly mode: string;
  readonly queue: string;
  readonly profile: string;
  readonly client: string;
  readonly weight: number;
  readonly revision: number;
}

export interface GatewayRow extends GatewayNow {
  readonly paused: boolean;
  readonly campaigns: readonly string[];
}

/** Five minutes of one campaign. */
export interface Counters {
  readonly bucketMs: number;
  readonly placed: number;
  readonly answered: number;
  readonly connected: number;
  readonly connectedIvr: number;
  readonly abandoned: number;
}

export interface CallRow {
  readonly callId: string;
  readonly contactId: string;
  readonly number: string;
  readonly placedAtMs: number;
  readonly ringingAtMs?: number;
  readonly answeredAtMs?: number;
  readonly offeredAtMs?: number;
  readonly endedAtMs: number;
  readonly messageAtMs?: number;
  readonly messageMs?: number;
  readonly optedOut: boolean;
  readonly result: CallResult;
}

// ------------------------------------------------------------------ the page of an agent

export interface Offer {
  readonly campaign: string;
  readonly campaignName: string;
  readonly offeredAtMs: number;
  readonly untilMs: number | null;
  readonly contact: {
    readonly id: string;
    readonly number: string;
    readonly numbers: readonly string[];
    readonly dials: number;
    readonly isCallback: boolean;
  };
  readonly data: Readonly<Record<string, string>>;
}

export interface DispositionChoice {
  readonly name: string;
  readonly text: string;
  readonly success: boolean;
  readonly dnc: string;
  readonly callback: boolean;
  readonly recycle_s: number | null;
}

export interface Talk {
  readonly callId: string;
  readonly contact: string;
  readonly campaign: string;
  readonly campaignName: string;
  readonly number: string;
  readonly data: Readonly<Record<string, string>>;
  readonly attempts: number;
  readonly dispositions: readonly DispositionChoice[];
}

export interface Work {
  /** the server's clock */
  readonly atMs: number;
  readonly offer: Offer | null;
  readonly talk: Talk | null;
  readonly campaigns: readonly { readonly id: string; readonly name: string }[];
}

/** A contact as the API shows it. */
export interface CallbackRow {
  readonly id: string;
  readonly campaign_id: string;
  readonly customer_number: string;
  readonly callback_at: string | null;
  readonly attempts: number;
  readonly data: Readonly<Record<string, string>>;
}
