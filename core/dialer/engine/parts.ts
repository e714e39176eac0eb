/** What the engine remembers beside its calls. */
import type { GatewayBreaker } from '../breaker.js';
import type { Campaign } from '../campaign.js';
import type { HopperContact } from '../engine-words.js';
import type { ContactSorter, Decision, Pacer } from '../pacing/index.js';
import type { CampaignMode, GatewayState } from '../words.js';
import type { TollReason } from '../../toll/caps.js';
import type { DayParts } from './day-parts.js';
import type { PaceLimit } from './engine-types.js';

export interface Hopper {
  items: HopperContact[];
  filledAtMs: number;
  /** since when the store is asked; undefined: it is not */
  askedAtMs: number | undefined;
  /** not asked again before */
  restUntilMs: number;
  /** some may need an agent who is held for them: worth looking for */
  hasBound: boolean;
  /** the table has gone on: contacts were purged or unloaded, or their list is inactive; it is being read anew */
  isBehind: boolean;
}

/** A contact about to be claimed, with the way it would go. */
export interface Candidate {
  readonly contact: HopperContact;
  readonly gateway: Gateway;
  /** of the gateway; 0 = no limit */
  readonly channelsMax: number;
  readonly queue: string;
  /** the only agent who may have it */
  readonly agent: string | undefined;
}

export interface ClaimOrder {
  readonly order: number;
  readonly campaign: Campaign;
  readonly mode: CampaignMode;
  readonly candidates: readonly Candidate[];
  readonly countMax: number;
  readonly to: 'dialed' | 'agent_pending';
  readonly hold: string | undefined;
  readonly decisionAtMs: number | undefined;
}

/** An agent who is held, or asked for, for one call after the other. */
export interface Hold {
  readonly key: string;
  readonly campaign: string;
  readonly queue: string;
  readonly purpose: 'progressive' | 'preview';
  /** asked: no answer yet. held: no contact yet. claiming, calling: see the order, the call */
  state: 'asked' | 'held' | 'claiming' | 'calling';
  /** who; before the answer whom we asked for */
  agent: string | undefined;
  isGranted: boolean;
  untilMs: number;
  /** it was asked for this contact */
  pinned: Candidate | undefined;
  callId: string | undefined;
}

export interface Preview {
  readonly campaign: string;
  readonly contact: HopperContact;
  readonly agent: string;
  readonly hold: string;
  readonly offeredAtMs: number;
  readonly untilMs: number | undefined;
  /** the agent wants it dialled; the gateway is being checked */
  dialAsked: { readonly numberIndex: number | undefined } | undefined;
}

export interface Gateway {
  readonly switch: string;
  readonly gateway: string;
  readonly breaker: GatewayBreaker;
  state: GatewayState | undefined;
  checkedAtMs: number | undefined;
  /** since when an answer is waited for */
  askedAtMs: number | undefined;
  /** claimed and called */
  calls: number;
  /** a cap of the toll guard is reached: nothing is dialled over it until then */
  rest: { readonly untilMs: number; readonly reason: TollReason } | undefined;
  /** invalid was written down (A16: once) */
  isReported: boolean;
}

export interface SwitchState {
  readonly id: string;
  isUp: boolean;
  /** calls were listed since the link came up: no originate before (B11) */
  isReconciled: boolean;
  upSinceMs: number;
  listAskedAtMs: number | undefined;
  callsPerSecondMax: number | undefined;
  /** it is behind with its orders: calls wait here, where they can be taken back */
  isFull: boolean;
}

/** held: an agent is reserved for each call. power, predictive: calls are ahead of the agents. */
export type DialKind = 'ivr' | 'connector' | 'preview' | 'held' | 'power' | 'predictive';

/** What is counted and learned of one campaign. */
export interface Tally {
  placed: number;
  answered: number;
  connected: number;
  /** for the turns of campaigns with the same agents: halved now and then */
  connectedLately: number;
  minute: number;
  placedThisMinute: number;
  placedLastMinute: number;
  machines: number;
  /** callers of its IVR who asked for an agent */
  askedForAgent: number;
  /** mean time from answer to AMD's verdict */
  amdMs: number;
  /** how it is dialled now */
  kind: DialKind;
  forced: string | undefined;
  limit: PaceLimit;
  pace: string;
  /** it runs, and nobody of it can be called */
  empty: { readonly sinceMs: number; isTold: boolean } | undefined;
  readonly sorter: ContactSorter;
  readonly dayParts: DayParts;
}

/** Campaigns that dial by pace for the agents of one queue. */
export interface PacingGroup {
  readonly queue: string;
  pacer: Pacer;
  /** of the pacer's options: another one is made when they change */
  made: string;
  /** campaigns in the order in which their kinds of contact are numbered */
  numbered: string[];
  members: string;
  halvedAtMs: number;
  last: Decision | undefined;
  /** the last inbound caller */
  inboundAtMs: number;
}
