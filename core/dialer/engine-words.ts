/**
 * What goes into the dialer's engine and what comes out (H1). The engine (`core/dialer/engine/`) decides which contacts
 * are called when, by whom and with which agent; the loop (`core/services/dialer-*.ts`) stores, performs and reports
 * back. Effects leave after what they depend on is stored: a contact is claimed in the table before its call is placed.
 */
import type { Campaign, DialerSettings } from './campaign.js';
import type { DialerChange } from './changes.js';
import type { ActiveContact, Contact } from './contact.js';
import type { ContactTraits, Decision } from './pacing/index.js';
import type { OriginateOrder } from './originate-order.js';
import type { TollReason } from '../toll/caps.js';
import type { AmdVerdict, CallResult, CampaignMode, CampaignState, Gate, GatewayState } from './words.js';

export type { OriginateOrder } from './originate-order.js';
export type { DialerAuditEntry, DialerChange, DncEntry, OutboxMessage, Transition } from './changes.js';

/** A contact that passed all gates when the hopper was filled; the claim asks them again. */
export interface HopperContact {
  readonly id: string;
  readonly campaignId: string;
  readonly number: string;
  readonly numberKey: string;
  /** the number in E.164 with +, as it may be understood (`e164Forms`); absent: in no way */
  readonly e164?: readonly string[];
  readonly gateway: string;
  readonly receivedTimeMs: number;
  readonly nextAttemptAtMs: number;
  readonly priority: number;
  readonly ivr: string;
  /** queue or agent of this contact (A2 routing); '' = the campaign's */
  readonly queue: string;
  readonly agent: string;
  readonly dials: number;
  readonly traits: ContactTraits;
  /** only progressive or preview (gate protect, rule `guaranteedOnly`) */
  readonly guaranteedOnly: boolean;
  /** agents who skipped it, and until when */
  readonly skippedBy: Readonly<Record<string, number>>;
  /** agent whose callback it is, and until when he alone may have it */
  readonly callbackAgent: string | undefined;
  readonly callbackPatienceUntilMs: number | undefined;
  /** as it was read: for messages, the record and what follows the call */
  readonly contact: Contact;
}

export interface DialerAgent {
  readonly id: string;
  /** ready: may be offered a call now; reserved: held by `reservedBy`; busy otherwise */
  readonly state: 'ready' | 'reserved' | 'ringing' | 'talk' | 'wrap' | 'paused' | 'out';
  readonly sinceMs: number;
  readonly isStandby: boolean;
  readonly reservedBy: string | undefined;
}

/** The agents of one queue now (B1 snapshot). */
export interface AgentsView {
  readonly queue: string;
  readonly agents: readonly DialerAgent[];
  /** callers who wait there or may be served by the same agents, calls of the dialer not counted */
  readonly inboundWaiting: number;
}

/** Before each round of decisions. */
export interface TickView {
  /** contacts in `dialed` or `agent_pending`, from the table */
  readonly active: { readonly dialed: number; readonly agentPending: number };
  /** by campaign: eligible contacts, as far as counted (`eligibleCountMax`), and the oldest */
  readonly eligible: ReadonlyMap<string, { readonly count: number; readonly oldestReceivedMs: number }>;
  readonly agents: ReadonlyMap<string, AgentsView>;
  /** campaigns whose abandonment window is at the cap are dialled 1:1 (gate `abandonment`) */
  readonly windows: ReadonlyMap<
    string,
    { readonly connected: number; readonly abandoned: number; readonly today: { readonly answered: number; readonly abandoned: number } }
  >;
  /** calling window of today, Unix ms, of the campaign's profile where most of its contacts live */
  readonly shifts: ReadonlyMap<string, { readonly startMs: number; readonly endMs: number }>;
  /** campaigns that must be dialled 1:1 now, and why in words: audio missing, profile, abandonment adjusted at the cap */
  readonly forced?: ReadonlyMap<string, string>;
  /** events of the switches are late by this much */
  readonly lagMs: number;
}

/** Why a call is hung up by us. */
export type HangUpReason = 'ring-timeout' | 'machine' | 'message-over' | 'no-agent' | 'campaign' | 'collapse' | 'stopped' | 'lost';

/** What a call that came to its door after the answer is to do (application `dialer_call`). */
export type ArrivalPlan =
  | {
      readonly kind: 'queue';
      readonly queue: string;
      /** longest wait from now on; then the door reports `call-waited-out` and plays the message */
      readonly maxWaitMs: number;
      /** key under which an agent is held for it */
      readonly reservation: string | undefined;
      /** the customer, for the agent's display and the records of the queue */
      readonly number?: string | undefined;
      readonly name?: string | undefined;
      /** among the calls of campaigns, instead of the queue's; smaller goes first */
      readonly priority?: number | undefined;
      readonly message:
        { readonly audio: string; readonly optOutDigits: string; readonly optOutPrompt: string; readonly maxMs: number } | undefined;
      readonly variables: Readonly<Record<string, string>>;
    }
  /** a machine: leave this message and hang up */
  | { readonly kind: 'message'; readonly audio: string; readonly maxMs: number }
  | { readonly kind: 'hang-up'; readonly reason: string };

export type DialerEvent =
  /** the whole of it; what runs goes on under the new rules */
  | { readonly type: 'configured'; readonly settings: DialerSettings; readonly campaigns: readonly Campaign[] }
  | { readonly type: 'ticked'; readonly view: TickView }
  /** replaces what the campaign's hopper had, but contacts in flight are left out */
  | { readonly type: 'hopper-filled'; readonly campaign: string; readonly contacts: readonly HopperContact[] }
  | { readonly type: 'time-passed' }
  // ---- store
  | {
      readonly type: 'claimed';
      readonly order: number;
      /** `now`: as it was claimed, where a list may have replaced it since the hopper was filled */
      readonly granted: readonly { readonly contactId: string; readonly callId: string; readonly now?: HopperContact }[];
      readonly refused: readonly { readonly contactId: string; readonly gate: Gate | 'taken' | 'list' }[];
    }
  | { readonly type: 'claim-failed'; readonly order: number; readonly code: string }
  // ---- agents (native)
  | { readonly type: 'agent-reserved'; readonly key: string; readonly agent: string }
  | { readonly type: 'agent-not-reserved'; readonly key: string; readonly reason: string }
  /** an inbound caller found nobody else (B45), the agent logged out, or its time is over */
  | { readonly type: 'reservation-lost'; readonly key: string; readonly reason: string }
  // ---- agents (connector, A17.2)
  | { readonly type: 'agent-request-sent'; readonly callId: string; readonly ok: boolean }
  | {
      readonly type: 'agent-details';
      readonly callId: string;
      readonly agentExtension: string | undefined;
      readonly agentId: string;
      readonly queueName: string;
    }
  // ---- switches
  | { readonly type: 'switch-changed'; readonly switch: string; readonly isUp: boolean; readonly callsPerSecondMax: number | undefined }
  | { readonly type: 'gateway-checked'; readonly switch: string; readonly gateway: string; readonly state: GatewayState }
  | DialSwitchEvent
  /** calls of ours that live on a switch, asked for at `askedAtMs` (restart, link up, A15) */
  | {
      readonly type: 'calls-listed';
      readonly switch: string;
      readonly askedAtMs: number;
      readonly live: ReadonlyMap<string, { readonly isAnswered: boolean }>;
    }
  // ---- the answered call at the door, and in the queue
  | { readonly type: 'call-arrived'; readonly callId: string; readonly amd: AmdVerdict | undefined }
  | { readonly type: 'call-offered'; readonly callId: string }
  /** `atMs`: of a talk that began before anybody here looked; else it is now */
  | { readonly type: 'call-connected'; readonly callId: string; readonly agent: string; readonly atMs?: number }
  /** the queue gave it back: grace over, no agents, queue closed */
  | { readonly type: 'call-waited-out'; readonly callId: string; readonly reason: string }
  | { readonly type: 'message-played'; readonly callId: string; readonly ms: number }
  | { readonly type: 'opted-out'; readonly callId: string }
  /** an agent's talk with it ended; for the pacer (`talkEnd`, `wrapEnd`) */
  | {
      readonly type: 'talk-ended';
      readonly agent: string;
      readonly callId: string | undefined;
      readonly talkMs: number;
      readonly isMachine: boolean;
    }
  /** a disposition after a talk says that it was a machine */
  | { readonly type: 'machine-said'; readonly campaign: string }
  | { readonly type: 'wrap-ended'; readonly agent: string; readonly wrapMs: number }
  | { readonly type: 'inbound-came'; readonly queue: string }
  // ---- preview (B42); wishes, answered
  | { readonly type: 'preview-next-asked'; readonly agent: string; readonly campaign: string | undefined }
  | { readonly type: 'preview-dial-asked'; readonly agent: string; readonly numberIndex: number | undefined }
  | { readonly type: 'preview-skip-asked'; readonly agent: string; readonly reason: string }
  | { readonly type: 'preview-reject-asked'; readonly agent: string; readonly reason: string }
  // ---- after a restart
  | { readonly type: 'restored'; readonly active: readonly ActiveContact[]; readonly pacers: ReadonlyMap<string, unknown> };

/** What a switch tells about a call of ours; `atMs` is the switch's moment as far as it says, else ours. */
export type DialSwitchEvent =
  /** so many orders of which it has said nothing yet: no more until it has caught up */
  | { readonly type: 'switch-full'; readonly switch: string; readonly isFull: boolean }
  | { readonly type: 'call-ringing'; readonly callId: string; readonly atMs: number }
  | { readonly type: 'call-answered'; readonly callId: string; readonly atMs: number }
  /** a machine heard by the switch while nobody had arrived yet */
  | { readonly type: 'call-judged'; readonly callId: string; readonly amd: AmdVerdict }
  /** FreeSWITCH and connector calls: the two legs are joined */
  | { readonly type: 'call-bridged'; readonly callId: string; readonly atMs: number; readonly agent: string | undefined }
  /** the end of it: refused, failed, unanswered or after an answer. Whichever source tells first decides (A11). */
  | {
      readonly type: 'call-ended';
      readonly callId: string;
      readonly atMs: number;
      /** by the switch's name: `USER_BUSY` */
      readonly cause: string;
      readonly q850: number | undefined;
      readonly sip: number | undefined;
      readonly hadProgress: boolean | undefined;
      /** where the switch says it at the end (answer_epoch, bridge_epoch), Unix ms */
      readonly answeredAtMs: number | undefined;
      readonly bridgedAtMs: number | undefined;
      readonly endedBy: 'customer' | 'us' | 'unknown';
      readonly recording: string | undefined;
    }
  /** the command could not be sent, or its reply was lost: nobody knows whether there is a call */
  | { readonly type: 'originate-unsent'; readonly callId: string; readonly reason: string }
  /** kept back by us: no switch is to blame, the contact waits in any mode of failover */
  | { readonly type: 'originate-withheld'; readonly callId: string; readonly reason: string }
  | { readonly type: 'originate-unknown'; readonly callId: string }
  /** a cap of the toll guard: the switch was not told. `retryAtMs` undefined: never over this gateway */
  | { readonly type: 'originate-stopped'; readonly callId: string; readonly cap: TollReason; readonly retryAtMs: number | undefined };

export type DialerEffect =
  | { readonly type: 'fill-hopper'; readonly campaign: string; readonly count: number; readonly leaveOut: readonly string[] }
  /** pending -> `to` for as many of these as the gates still let through, in this order, at most `countMax` */
  | {
      readonly type: 'claim';
      readonly order: number;
      readonly campaign: string;
      readonly contacts: readonly string[];
      readonly countMax: number;
      readonly to: 'dialed' | 'agent_pending';
      /** an agent is held: the gate `protect` lets it through */
      readonly isGuaranteed: boolean;
    }
  | { readonly type: 'change'; readonly change: DialerChange }
  | { readonly type: 'originate'; readonly order: OriginateOrder }
  | { readonly type: 'hang-up'; readonly switch: string; readonly callId: string; readonly reason: HangUpReason }
  | { readonly type: 'check-gateway'; readonly switch: string; readonly gateway: string }
  | { readonly type: 'list-calls'; readonly switch: string }
  /** `agent` or any free one of the queue; `isSoft`: inbound callers who find nobody else may take him (B45) */
  | {
      readonly type: 'reserve';
      readonly key: string;
      readonly queue: string;
      readonly agent: string | undefined;
      readonly untilMs: number;
      readonly isSoft: boolean;
    }
  | { readonly type: 'release'; readonly key: string }
  | { readonly type: 'pause-agent'; readonly agent: string; readonly reason: string }
  /** A17.1; its fate comes back as `agent-request-sent` */
  | { readonly type: 'request-agent'; readonly callId: string; readonly body: Readonly<Record<string, unknown>> }
  | { readonly type: 'notice'; readonly notice: DialerNotice }
  | { readonly type: 'decision'; readonly group: string; readonly campaigns: readonly string[]; readonly decision: Decision };

/** News for pages, streams, logs. */
export type DialerNotice =
  | { readonly type: 'call-placed'; readonly campaign: string; readonly callId: string; readonly mode: CampaignMode }
  | { readonly type: 'call-ended'; readonly campaign: string; readonly callId: string; readonly result: CallResult; readonly cause: string }
  | { readonly type: 'call-abandoned'; readonly campaign: string; readonly callId: string; readonly waitedMs: number }
  | {
      readonly type: 'preview-offered';
      readonly campaign: string;
      readonly contact: string;
      readonly agent: string;
      readonly untilMs: number | undefined;
    }
  | {
      readonly type: 'preview-ended';
      readonly campaign: string;
      readonly contact: string;
      readonly agent: string;
      readonly how: 'dial' | 'skip' | 'reject' | 'timeout' | 'lost';
    }
  | {
      readonly type: 'gateway-changed';
      readonly switch: string;
      readonly gateway: string;
      readonly state: GatewayState | 'closed' | 'probing';
      readonly reason: string;
    }
  | {
      readonly type: 'campaign-changed';
      readonly campaign: string;
      readonly state: CampaignState | 'removed';
      readonly before: CampaignState;
    }
  /** it runs, and for a minute nobody of it could be called */
  | { readonly type: 'campaign-empty'; readonly campaign: string }
  | { readonly type: 'campaign-forced'; readonly campaign: string; readonly isForced: boolean; readonly reason: string };
