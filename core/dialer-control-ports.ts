/** The running dialer as the API sees it. Times are Unix ms. */
import type { Spread } from './dialer/live-figures.js';
import type { DialerSettings } from './dialer/campaign.js';
import type { CallRecord, Contact } from './dialer/contact.js';
import type { DialerNotice, HopperContact } from './dialer/engine-words.js';
import type { Decision } from './dialer/pacing/index.js';
import type { CampaignState, Gate } from './dialer/words.js';

// ------------------------------------------------------------------ what the API sees

export interface PreviewOffer {
  readonly campaign: string;
  readonly contact: HopperContact;
  readonly data: Readonly<Record<string, string>>;
  readonly agent: string;
  readonly offeredAtMs: number;
  readonly untilMs: number | undefined;
}

/** The running dialer. Rejections: TDM_STANDBY (another process dials), TDM_NOT_FOUND, TDM_CONFLICT, TDM_STORE_DOWN, TDM_BUSY. */
export interface DialerControl {
  isOwner(): boolean;
  /** A14; also with the database down */
  status(): DialerStatus;
  /** Campaigns, gateways or settings have changed: read them now. */
  reload(): Promise<void>;
  /** A17.2: resolves when it is handled, with the HTTP status of A17.2. */
  agentDetails(details: {
    readonly callId: string;
    readonly isReserved: boolean;
    readonly agentExtension: string;
    readonly agentId: string;
    readonly queueName: string;
  }): Promise<200 | 404 | 409 | 500 | 503>;
  previewNext(agent: string, campaign: string | undefined): Promise<PreviewOffer | undefined>;
  preview(agent: string): PreviewOffer | undefined;
  previewDial(agent: string, numberIndex: number | undefined): Promise<{ readonly callId: string }>;
  previewSkip(agent: string, reason: string): Promise<void>;
  previewReject(agent: string, reason: string): Promise<void>;
  live(campaign: string): CampaignLive | undefined;
  /** newest last */
  decisions(campaign: string, countMax: number): readonly Decision[];
  why(campaign: string): Promise<CampaignWhy | undefined>;
  explainContact(contact: string): Promise<ContactWhy | undefined>;
  onNotice(listener: (notice: DialerNotice, atMs: number) => void): () => void;
  /** An agent's disposition says that the person of a talk was a machine: the pace learns it. Where nobody dials it is lost. */
  machineSaid(campaign: string): void;
  /** contacts were added: fill hoppers at once instead of at the next cycle */
  wake(campaign: string): void;
  /** as they are in force */
  settings(): DialerSettings;
  /** Stored, audited and in force from the next cycle, one change after the other. Rejects TDM_BAD_VALUE with the field. */
  changeSettings(change: SettingsChange, actor: string): Promise<DialerSettings>;
}

/** A function is given those in force when its turn has come, for what changes a part of a setting. */
export type SettingsChange = Partial<RuntimeSettings> | ((now: DialerSettings) => Partial<RuntimeSettings>);

/** What may be changed while the dialer runs (A4, the names marked there). */
export type RuntimeSettings = Pick<
  DialerSettings,
  'defaultIvr' | 'serviceIdentifier' | 'cycleMs' | 'callsPerSecond' | 'slotsMax' | 'callMsMax' | 'gatewaysPaused'
>;

export interface DialerStatus {
  readonly maxConcurrentCalls: number;
  readonly activeCalls: number;
  readonly dialed: number;
  readonly agentPending: number;
  readonly freeSlots: number;
  readonly database: 'up' | 'down';
  readonly switches: readonly { readonly name: string; readonly state: 'up' | 'down' }[];
  readonly voiceConnector: 'up' | 'down' | 'off';
}

/** B9, of this moment; sums over longer times come from the counters. */
export interface CampaignLive {
  readonly campaign: string;
  readonly mode: string;
  readonly state: CampaignState;
  /** dialled 1:1 now, and why */
  readonly forced: string | undefined;
  readonly hopper: number;
  readonly ringing: number;
  readonly waiting: number;
  readonly talking: number;
  readonly agents: {
    readonly ready: number;
    readonly reserved: number;
    readonly talk: number;
    readonly wrap: number;
    readonly paused: number;
  };
  readonly window: { readonly connected: number; readonly abandoned: number; readonly share: number; readonly cap: number };
  readonly decision: Decision | undefined;
  readonly gateways: readonly { readonly switch: string; readonly gateway: string; readonly state: string; readonly calls: number }[];
  readonly answerRate: number | undefined;
  /** of the agents after its last calls, at most 500, that this process has heard of */
  readonly wrapUp?: Spread;
}

/** "Why is it not dialing?" */
export interface CampaignWhy {
  readonly campaign: string;
  /** the limit that binds the pace now, in words */
  readonly limit: string;
  readonly pace: string;
  /** contacts that are held back, by the first gate that refused; `sampled` when not all were looked at */
  readonly blocked: Readonly<Partial<Record<Gate, number>>>;
  readonly dialable: number;
  /** pending contacts of lists that are not active; not among those that were looked at */
  readonly idle?: number;
  readonly sampled: { readonly looked: number; readonly of: number } | undefined;
  readonly nextOpeningMs: number | undefined;
}

export interface ContactWhy {
  readonly contact: Contact;
  /** all gates in order with what each says */
  readonly gates: readonly { readonly gate: Gate; readonly passes: boolean; readonly detail: string }[];
  readonly first: Gate | undefined;
  /** its list, when that is not active: nobody calls it, whatever the gates say */
  readonly idleList?: { readonly id: number; readonly name: string; readonly state: string };
  readonly calls: readonly CallRecord[];
}
