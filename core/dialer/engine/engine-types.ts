/** The dialer's engine as its loop sees it; `create-dialer-engine.ts` makes one. */
import type { Campaign } from '../campaign.js';
import type { Contact } from '../contact.js';
import type { ArrivalPlan, DialerEffect, DialerEvent, HopperContact } from '../engine-words.js';
import type { Decision } from '../pacing/index.js';
import type { EndFacts, EndResult } from '../results.js';
import type { RetryPlan } from '../retry.js';
import type { AmdVerdict, CallResult, CampaignMode, ContactStatus, GatewayState } from '../words.js';

/** What the engine asks the rules (B5, B6); clock of the contact, jitter and profile are filled in by who makes it. */
export interface DialerRules {
  resultOf(facts: EndFacts): EndResult;
  /** `contact`: before this call is counted */
  planAfter(
    contact: Contact,
    campaign: Campaign,
    result: CallResult,
    nowMs: number,
    countsAsAttempt: boolean,
    answerRateOfPart: (part: number) => number | undefined,
  ): RetryPlan;
  /** part of the contact's day at that moment; 0 outside all parts */
  dayPartOf(contact: Contact, campaign: Campaign, atMs: number): number;
  /** its calling window is open until the call has rung, and its end time has not come; absent: always */
  isOpen?(contact: Contact, campaign: Campaign, atMs: number): boolean;
  /** the caps of this gateway let no call to this number out; absent: there are no caps */
  isTollBarred?(switchId: string, gateway: string, number: string, e164: readonly string[]): boolean;
}

export interface DialerEngineStart {
  /** goes into the keys of reservations, so that those of a process that died are not taken for ours */
  readonly instance: string;
  readonly rules: DialerRules;
  readonly nowMs: number;
}

/** What the step says to who sent the event. */
export type DialerAnswer =
  | { readonly kind: 'done' }
  /** `call-arrived`; undefined: no call of ours */
  | { readonly kind: 'arrival'; readonly plan: ArrivalPlan | undefined }
  /** `preview-next-asked`; undefined: nothing to offer */
  | { readonly kind: 'preview-offer'; readonly offer: PreviewView | undefined }
  /** `preview-dial-asked`: the call that is about to be claimed */
  | { readonly kind: 'preview-dial'; readonly callId: string }
  /** `agent-details` (A17.2), as HTTP status */
  | { readonly kind: 'agent-details'; readonly status: 200 | 404 | 409 | 500 }
  | { readonly kind: 'refused'; readonly code: 'TDM_NOT_FOUND' | 'TDM_CONFLICT' | 'TDM_BUSY'; readonly reason: string };

export interface DialerStep {
  /** in order: a change is stored before the effects behind it are performed */
  readonly effects: readonly DialerEffect[];
  readonly answer: DialerAnswer;
}

export interface DialerEngine {
  /** One event. Same engine, events and times give the same steps. */
  step(event: DialerEvent, nowMs: number): DialerStep;
  /** The process ends: claims that were not originated go back, agents are released, nothing is begun any more. */
  stop(nowMs: number): DialerStep;
  /** When `time-passed` must be sent at the latest; undefined: when something happens. May be in the past. */
  nextDueMs(): number | undefined;
  view(): DialerEngineView;
  /** What pacers, sorters and breakers have learned, as plain data by key (`pacer:<queue>`, `sorter:<campaign>`, `parts:<campaign>`, `breaker:<switch>/<gateway>`). */
  learned(): ReadonlyMap<string, unknown>;
}

export interface CallView {
  readonly callId: string;
  readonly contactId: string;
  readonly campaign: string;
  readonly mode: CampaignMode;
  readonly switch: string;
  readonly gateway: string;
  readonly status: Extract<ContactStatus, 'dialed' | 'agent_pending'>;
  /** agent-asked, checking: connector; queued: waits for calls per second; message: the safe-harbour message */
  readonly stage: 'agent-asked' | 'checking' | 'queued' | 'ringing' | 'answered' | 'waiting' | 'talking' | 'message';
  readonly agent: string | undefined;
  /** an agent is held for it */
  readonly isGuaranteed: boolean;
  readonly placedAtMs: number | undefined;
  readonly answeredAtMs: number | undefined;
  readonly amd: AmdVerdict | undefined;
}

export interface PreviewView {
  readonly campaign: string;
  readonly contact: HopperContact;
  readonly agent: string;
  readonly offeredAtMs: number;
  readonly untilMs: number | undefined;
}

export interface GatewayView {
  readonly switch: string;
  readonly gateway: string;
  /** `closed`, `probing`: by the breaker; `unknown`: not asked yet */
  readonly state: GatewayState | 'closed' | 'probing' | 'unknown';
  readonly reason: string;
  readonly calls: number;
  readonly checkedAtMs: number | undefined;
}

/** Which limit binds the pace of a campaign now. */
export type PaceLimit =
  | 'none'
  | 'state'
  | 'stopping'
  | 'store'
  | 'switch'
  | 'gateway'
  | 'toll'
  | 'channels'
  | 'slots'
  | 'campaign-slots'
  | 'calls-per-second'
  | 'hopper'
  | 'agents'
  | 'abandonment'
  | 'pacer'
  | 'lag'
  | 'voice-connector'
  | 'preview';

export interface CampaignNumbers {
  readonly campaign: string;
  readonly mode: CampaignMode;
  /** dialled 1:1 now, and why */
  readonly forced: string | undefined;
  readonly hopper: number;
  /** claimed or about to be, an agent held or asked for, not dialled yet */
  readonly preparing: number;
  readonly ringing: number;
  readonly waiting: number;
  readonly talking: number;
  /** since the engine was made */
  readonly placed: number;
  readonly answered: number;
  readonly answerRate: number | undefined;
  readonly decision: Decision | undefined;
  readonly limit: PaceLimit;
  /** of the limit or of the last decision, in words */
  readonly pace: string;
}

/** Read-only, of this moment; each part is computed when it is asked for. */
export interface DialerEngineView {
  /** as the slots are counted: `agent_pending` and `dialed`, claims under way and calls of the table that are not followed included */
  readonly active: { readonly dialed: number; readonly agentPending: number; readonly other: number };
  readonly freeSlots: number;
  /** in force: of the settings, or 80 % of what a switch can do */
  readonly callsPerSecond: number;
  readonly voiceConnector: 'up' | 'down' | 'off';
  call(callId: string): CallView | undefined;
  calls(campaign?: string): readonly CallView[];
  gateways(): readonly GatewayView[];
  preview(agent: string): PreviewView | undefined;
  previews(): readonly PreviewView[];
  campaign(campaign: string): CampaignNumbers | undefined;
  /** newest last */
  decisions(campaign: string, countMax: number): readonly Decision[];
  /** contacts that are claimed, called or previewed: a hopper leaves them out */
  busyContacts(campaign: string): readonly string[];
}
