/** News of the engine, for whoever listens: event doors, lamps, wallboard, logs. One for each change, with the ids (D-17). */
import type { AcdSettings } from './config.js';
import type { AgentId, CallKey, LegId, MemberId, OfferId, QueueId } from './ids.js';
import type { EndedBy } from './events.js';
import type { MemberFacts, OfferFacts } from './facts.js';
import type { HoldSide } from './state.js';
import type { AgentState, AgentStatus, CancelReason, DeviceState, ExitReason, OfferFailure, ReservationEnd } from './words.js';

/** What is told of an agent whenever any of it has changed. */
export type AgentNews = Extract<Notice, { type: 'agent-changed' }>;

export type Notice =
  | {
      readonly type: 'member-joined';
      readonly member: MemberId;
      readonly queue: QueueId;
      readonly resumed: boolean;
      readonly waiting: number;
      readonly caller: MemberFacts;
    }
  | {
      readonly type: 'member-refused';
      readonly queue: string;
      readonly number: string;
      readonly reason: ExitReason;
      readonly caller: MemberFacts;
    }
  | {
      readonly type: 'member-left';
      readonly member: MemberId;
      readonly queue: QueueId;
      readonly reason: ExitReason;
      readonly waitedMs: number;
      readonly agent: AgentId | undefined;
      readonly waiting: number;
      /** exit key, or more about the reason; '' = nothing */
      readonly detail: string;
      /** his place when he left, 1 = next; undefined: he did not wait any more */
      readonly position: number | undefined;
      readonly caller: MemberFacts;
      /** the talk that it ends with */
      readonly talk: OfferFacts | undefined;
    }
  | {
      readonly type: 'member-moved';
      readonly member: MemberId;
      readonly from: QueueId;
      readonly to: QueueId;
      readonly position: number | undefined;
      readonly caller: MemberFacts;
    }
  | {
      readonly type: 'offer-made';
      readonly offer: OfferId;
      readonly member: MemberId;
      readonly agent: AgentId;
      readonly queue: QueueId;
      readonly caller: MemberFacts;
      readonly facts: OfferFacts;
    }
  | {
      readonly type: 'offer-failed';
      readonly offer: OfferId;
      readonly agent: AgentId;
      readonly member: MemberId;
      readonly queue: QueueId;
      readonly failure: OfferFailure;
      readonly detail: string;
      /** undefined: the caller is gone already */
      readonly caller: MemberFacts | undefined;
      readonly facts: OfferFacts;
    }
  | {
      readonly type: 'offer-cancelled';
      readonly offer: OfferId;
      readonly agent: AgentId;
      readonly member: MemberId;
      readonly queue: QueueId;
      readonly reason: CancelReason;
      readonly caller: MemberFacts | undefined;
      readonly facts: OfferFacts;
    }
  | {
      readonly type: 'talk-started';
      readonly offer: OfferId;
      readonly member: MemberId;
      readonly agent: AgentId;
      readonly queue: QueueId;
      readonly leg: LegId;
      readonly waitedMs: number;
      readonly caller: MemberFacts;
      readonly facts: OfferFacts;
    }
  | {
      readonly type: 'talk-ended';
      readonly offer: OfferId;
      readonly member: MemberId;
      readonly agent: AgentId;
      readonly queue: QueueId;
      readonly talkMs: number;
      readonly by: EndedBy;
      readonly cause: string;
      readonly caller: MemberFacts | undefined;
      readonly facts: OfferFacts;
    }
  /** somebody is on hold now; `by` put the other there */
  | {
      readonly type: 'talk-held';
      readonly offer: OfferId;
      readonly member: MemberId;
      readonly agent: AgentId;
      readonly queue: QueueId;
      readonly by: HoldSide;
      readonly caller: MemberFacts | undefined;
      readonly facts: OfferFacts;
    }
  /** the two hear each other again; a talk that ends on hold is not resumed */
  | {
      readonly type: 'talk-resumed';
      readonly offer: OfferId;
      readonly member: MemberId;
      readonly agent: AgentId;
      readonly queue: QueueId;
      readonly by: HoldSide;
      readonly heldMs: number;
      readonly caller: MemberFacts | undefined;
      readonly facts: OfferFacts;
    }
  | {
      readonly type: 'agent-changed';
      readonly agent: AgentId;
      readonly status: AgentStatus;
      readonly state: AgentState;
      readonly pauseReason: string | undefined;
      /** 0 = not in wrap-up */
      readonly wrapUpEndsAtMs: number;
      readonly chats: number;
      readonly device: DeviceState;
    }
  /** nobody holds this agent any more; `by` is the key */
  | {
      readonly type: 'reservation-ended';
      readonly agent: AgentId;
      readonly by: string;
      readonly queue: QueueId | undefined;
      readonly reason: ReservationEnd;
    }
  /** a limit of failures was reached and the status changed by itself */
  | {
      readonly type: 'agent-limit-reached';
      readonly agent: AgentId;
      /** whose offer was the last that failed; undefined: the caller is gone already */
      readonly member: MemberId;
      readonly caller: MemberFacts | undefined;
      readonly failure: OfferFailure;
      readonly count: number;
      readonly status: AgentStatus;
    }
  /** a break lasts longer than its reason allows; `action` is what follows (B35) */
  | {
      readonly type: 'pause-overdue';
      readonly agent: AgentId;
      readonly reason: string;
      readonly startedAtMs: number;
      readonly limitAtMs: number;
      readonly action: AcdSettings['pauseOverLimit'];
    }
  /** `isNew`: ordered without a call; else a waiting caller wants to be called back */
  | {
      readonly type: 'callback-placed';
      readonly member: MemberId;
      readonly queue: QueueId;
      readonly number: string;
      readonly isNew: boolean;
    }
  | { readonly type: 'message-placed'; readonly member: MemberId; readonly queue: QueueId; readonly number: string; readonly file: string }
  | { readonly type: 'callback-dialled'; readonly member: MemberId; readonly queue: QueueId; readonly attempt: number }
  /** the switch and the state differed; what was believed, and what was done about it (B1, B2) */
  | { readonly type: 'repaired'; readonly what: 'member' | 'offer' | 'agent' | 'leg'; readonly id: string; readonly reason: string }
  | { readonly type: 'queue-changed'; readonly queue: QueueId; readonly change: 'added' | 'changed' | 'draining' | 'removed' }
  | { readonly type: 'agent-configured'; readonly agent: AgentId; readonly change: 'added' | 'changed' | 'removed' }
  | { readonly type: 'dispatching-changed'; readonly isOn: boolean };

export type { CallKey };
