/**
 * What the engine remembers, as plain data: these objects are stored as they are, one row each, and the indexes
 * beside them (core/acd/index/) are rebuilt from them. A state carries exactly what is true in it (H4): there is no
 * talking agent without an offer and no wait without a deadline.
 */
import type { AgentId, CallKey, LegId, MemberId, OfferId, QueueId, SwitchId } from './ids.js';
import type { SkillNeed } from './config.js';
import type { AgentStatus, DeviceState, Media, Origin } from './words.js';

/** Is the caller there to be connected? */
export type Presence =
  /** a session of ours holds the channel */
  | { readonly kind: 'here' }
  /** the session broke (we were restarted, or the connection was lost); the place is kept until then */
  | { readonly kind: 'away'; readonly untilMs: number }
  /** hung up and wants to be called back */
  | {
      readonly kind: 'callback';
      readonly number: string;
      readonly attempts: number;
      readonly expiresAtMs: number;
      readonly step: CallbackStep;
    }
  /** nobody is there: what a caller has left, to be heard by an agent (B51) */
  | { readonly kind: 'message'; readonly file: string };

export type CallbackStep =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'pausing'; readonly untilMs: number }
  | { readonly kind: 'dialling'; readonly leg: LegId; readonly deadlineMs: number };

export type MemberPhase =
  | { readonly kind: 'welcome'; readonly deadlineMs: number }
  | { readonly kind: 'dissuading'; readonly isFinal: boolean; readonly deadlineMs: number }
  /** waiting, also while agents ring; `offers` has those that are out */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'talking'; readonly offer: OfferId; readonly sinceMs: number }
  /** hung up unserved; kept for a return (8.2) or for nothing until then */
  | { readonly kind: 'abandoned'; readonly atMs: number; readonly untilMs: number };

export interface Member {
  readonly id: MemberId;
  /** grows with each join; last tie-break of every order */
  readonly serial: number;
  queue: QueueId;
  readonly media: Media;
  /** undefined for a chat, and for a callback until it is reached */
  call: CallKey | undefined;
  /** the switch on which a called-back caller is dialled, or that has a message's file */
  homeSwitch: SwitchId | undefined;
  readonly number: string;
  readonly name: string;
  /** start of the waiting that counts for the order, Unix ms */
  joinedAtMs: number;
  /** arrival in this queue: max-wait counts from here */
  enteredAtMs: number;
  /** 0 = never */
  rejoinedAtMs: number;
  /** queue visits so far; key of the segment together with the id */
  visit: number;
  baseScoreS: number;
  /** of the queue when it entered, or its own; smaller first */
  priority: number;
  ownPriority: number | undefined;
  /** place in the total order: smaller is served first; see order.ts */
  rank: number;
  readonly needs: readonly SkillNeed[];
  readonly exitKeys: string;
  /** 0 = the queue's */
  readonly maxWaitMs: number;
  readonly language: string | undefined;
  readonly music: string | undefined;
  readonly callerIdPrefix: string | undefined;
  /** for the agent's leg (cc_export_vars) */
  readonly variables: Readonly<Record<string, string>>;
  /** for the agent instead of the queue's (cc_outbound_announce); undefined = the queue's */
  readonly agentAnnouncements?: readonly string[] | undefined;
  /** opaque text of the entry (O84), lead id, root call id */
  readonly param: string;
  readonly leadId: number | undefined;
  readonly rootId: string;
  /** undefined: a caller of his own accord */
  readonly origin?: Origin | undefined;
  /** the agent wanted for, alone until `stickyUntilMs` */
  stickyAgent: AgentId | undefined;
  stickyUntilMs: number;
  presence: Presence;
  phase: MemberPhase;
  /** offers that are out now; empty or one, several in the ring-all family */
  offers: OfferId[];
  /** how often each agent was offered this member without a talk */
  tried: Record<AgentId, number>;
  rejections: number;
  /** offers made in this visit */
  offersMade: number;
  positionAtEntry: number;
  /** top-down: place of the last offer (cc_last_agent_tier_level, _position) */
  lastTier: { readonly level: number; readonly position: number } | undefined;
  /** ring-progressively: when the next agent may be added */
  nextRingAtMs: number;
  /** absolute; 0 = none */
  giveUpAtMs: number;
  onHoldSinceMs: number;
  nextSoundAtMs: number;
  nextPositionAtMs: number;
  /** least value said so far, so that no rising number is said (B27) */
  saidPosition: number | undefined;
  saidEwtEndsAtMs: number | undefined;
  /** estimate at arrival, ms; undefined = unknown (opensips: 2147483647 s) */
  ewtAtJoinMs: number | undefined;
}

export type AgentPhase =
  | { readonly kind: 'idle' }
  /** after a failed offer, or by ready_time: no offer before */
  | { readonly kind: 'resting'; readonly untilMs: number; readonly cause: string; readonly queue?: QueueId }
  | { readonly kind: 'offered'; readonly offer: OfferId }
  | { readonly kind: 'talking'; readonly offer: OfferId; readonly sinceMs: number }
  | { readonly kind: 'wrapup'; readonly startedAtMs: number; readonly endsAtMs: number; readonly queue?: QueueId; readonly origin?: Origin }
  /** Available (On Demand) after a call: waits to be released by hand (mod_callcenter Idle) */
  | {
      readonly kind: 'spent';
      readonly wrapUpStartedAtMs: number;
      readonly wrapUpEndsAtMs: number;
      readonly queue?: QueueId;
      readonly origin?: Origin;
    }
  /** held for somebody (a call of the dialer) until then */
  | Reserved;

/** An agent who is held for one key; a key holds one agent. */
export interface Reserved {
  readonly kind: 'reserved';
  /** the key */
  readonly by: string;
  readonly untilMs: number;
  /** a caller who finds nobody else free may have him (B45); older rows have none */
  readonly isSoft?: boolean;
  /** kept away from calls only (mod_callcenter's Reserved): whether he could be rung does not matter */
  readonly isBare?: boolean;
  readonly queue?: QueueId;
  readonly sinceMs?: number;
}

export interface Agent {
  readonly id: AgentId;
  status: AgentStatus;
  /** when it last changed, Unix ms */
  statusSinceMs: number;
  pauseReason: string | undefined;
  phase: AgentPhase;
  /** standby agents: the open channel */
  standby: CallKey | undefined;
  /** an address given at login instead of the provisioned contact */
  contactOverride: string | undefined;
  device: DeviceState;
  deviceSinceMs: number;
  externalCalls: number;
  /** running chats, and until when one slot is held back for wrap-up; 0 = no wrap-up */
  chats: OfferId[];
  chatWrapUpEndsAtMs: number;
  /** 0 = never, each */
  lastBridgeStartMs: number;
  lastBridgeEndMs: number;
  lastOfferedMs: number;
  /** idle order of OpenSIPS: smaller is earlier */
  idleOrder: number;
  noAnswerCount: number;
  rejectedCount: number;
  busyCount: number;
  notRegisteredCount: number;
  callsAnswered: number;
  talkMs: number;
  /** mod_callcenter ready_time set by command; 0 = none */
  readyAtMs: number;
  /** On Demand at the moment of the offer, so the talk ends in `spent` */
  isOnDemandCall: boolean;
  /** the running break (B35); none in a talk that goes on in it */
  pause?: Pause | undefined;
  /** breaks of one day that are over, by reason; only of reasons with a daily limit */
  pauseUsed?: { readonly day: string; readonly ms: Readonly<Record<string, number>> };
}

export interface Pause {
  readonly startedAtMs: number;
  /** when its time is over; undefined = no limit */
  readonly limitAtMs?: number | undefined;
  readonly isOverdue: boolean;
}

export type OfferPhase =
  /** order to ring is out */
  | { readonly kind: 'ringing'; readonly deadlineMs: number }
  /** leg is up: announcements, confirm key; then the connection */
  | { readonly kind: 'answered'; readonly atMs: number; readonly deadlineMs: number }
  /** `isChecked`: late already, the switch was asked for its channels */
  | { readonly kind: 'connecting'; readonly answeredAtMs: number; readonly deadlineMs: number; readonly isChecked: boolean }
  | { readonly kind: 'talking'; readonly answeredAtMs: number; readonly connectedAtMs: number; readonly hold?: TalkHold };

export type HoldSide = 'agent' | 'caller';

/** Of a talk that was put on hold. */
export interface TalkHold {
  /** who holds now; empty: nobody */
  readonly sides: readonly HoldSide[];
  /** begin of the present hold; 0 = none */
  readonly sinceMs: number;
  /** sum of those that are over */
  readonly overMs: number;
}

export interface Offer {
  readonly id: OfferId;
  readonly member: MemberId;
  readonly agent: AgentId;
  readonly queue: QueueId;
  readonly media: Media;
  readonly switch: SwitchId;
  readonly leg: LegId;
  readonly startedAtMs: number;
  readonly ringMs: number;
  /** tier by which the agent serves the queue */
  readonly level: number;
  readonly position: number;
  /** the agent's open channel that is used instead of a new leg */
  readonly standby: CallKey | undefined;
  /** from the external dispatcher: ends without a new automatic try */
  readonly isOrdered: boolean;
  /** somebody takes this caller by hand: nobody is blamed when it fails; older offers have none */
  readonly isPickUp?: boolean | undefined;
  /** the agent was held for this caller */
  readonly isAwaited?: boolean | undefined;
  /** the caller's; undefined: of his own accord */
  readonly origin?: Origin | undefined;
  phase: OfferPhase;
}

/** What a queue remembers beside its members; everything else is computed from them (D-09). */
export interface QueueRuntime {
  readonly id: QueueId;
  /** round-robin: where the last offer went */
  lastTier: { readonly level: number; readonly position: number } | undefined;
  /** last handling times and answer moments, newest last, bounded: the estimate's samples */
  handled: { readonly atMs: number; readonly handlingMs: number }[];
  /** OpenSIPS averages: running mean of talk seconds and number of talked calls */
  talkMeanS: number;
  talkCount: number;
  callsAnswered: number;
  callsAbandoned: number;
  /** since when nobody is logged in; 0 while somebody is */
  emptySinceMs: number;
  /** removed from the provisioning, kept until its last talk is over */
  isDraining: boolean;
}

/** One row for the whole engine. */
export interface SystemState {
  /** grows by one for each member, offer, idle order: never goes back */
  serial: number;
  isDispatching: boolean;
  /** state of the generator behind the strategy `random` */
  random: number;
}
