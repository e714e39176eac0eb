/**
 * What is written once and never changed: segments, of which every statistic is a fold (B6), and decision records
 * (B31). Times are Unix ms; 0 stands for "did not happen".
 */
import type { AgentId, MemberId, OfferId, QueueId } from './ids.js';
import type { EndedBy } from './events.js';
import type { ExitReason, Media, OfferFailure, CancelReason, Origin } from './words.js';

/** One visit of one member to one queue. Key: member and visit. */
export interface VisitSegment {
  readonly kind: 'visit';
  readonly key: string;
  readonly member: MemberId;
  readonly visit: number;
  readonly rootId: string;
  readonly queue: QueueId;
  readonly media: Media;
  readonly number: string;
  readonly name: string;
  readonly leadId: number | undefined;
  readonly param: string;
  readonly arrivedAtMs: number;
  readonly enteredAtMs: number;
  readonly leftAtMs: number;
  readonly reason: ExitReason;
  readonly detail: string;
  readonly agent: AgentId | undefined;
  readonly offer: OfferId | undefined;
  readonly offers: number;
  readonly rejections: number;
  readonly waitMs: number;
  readonly talkMs: number;
  readonly positionAtEntry: number;
  /** of one who left while waiting; older records have none */
  readonly positionAtExit?: number | undefined;
  readonly priority: number;
  /** number of the join; older records have none */
  readonly serial?: number;
  /** not a caller of his own accord: reports of callers leave it out */
  readonly origin?: Origin | undefined;
}

export type OfferOutcome = 'talked' | OfferFailure | CancelReason | 'lost';

/** One offer. Key: the offer. */
export interface OfferSegment {
  readonly kind: 'offer';
  readonly key: string;
  readonly offer: OfferId;
  readonly member: MemberId;
  readonly visit: number;
  readonly rootId: string;
  readonly queue: QueueId;
  readonly agent: AgentId;
  readonly media: Media;
  readonly startedAtMs: number;
  readonly answeredAtMs: number;
  readonly connectedAtMs: number;
  readonly endedAtMs: number;
  readonly ringMs: number;
  readonly talkMs: number;
  /** of a talk on the telephone: how much of it somebody was on hold; older records have none */
  readonly holdMs?: number | undefined;
  readonly outcome: OfferOutcome;
  readonly endedBy: EndedBy;
  /** hang-up cause or the switch's word */
  readonly detail: string;
  /** of its caller: number, when he came to the queue, offers that had failed before, his join; older records have none */
  readonly number?: string | undefined;
  readonly arrivedAtMs?: number | undefined;
  readonly rejections?: number | undefined;
  readonly serial?: number | undefined;
  readonly origin?: Origin | undefined;
}

/** One stay of an agent in a status, with the reason of a pause (B35). Key: agent and start. */
export interface StatusSegment {
  readonly kind: 'status';
  readonly key: string;
  readonly agent: AgentId;
  readonly status: string;
  readonly reason: string | undefined;
  /** of a break whose reason is in the list: 1 = paid, 0 = unpaid */
  readonly paid?: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** The wrap-up after one talk on the telephone (B6); chats hold back a slot only. Key: agent and start. */
export interface WrapUpSegment {
  readonly kind: 'wrapup';
  readonly key: string;
  readonly agent: AgentId;
  /** of the talk; undefined: the talk ended before an update of Tandem */
  readonly queue: QueueId | undefined;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** whether its time ran out or somebody ended it */
  readonly outcome: 'expired' | 'ended';
  /** of the talk's caller */
  readonly origin?: Origin;
}

export type Segment = VisitSegment | OfferSegment | StatusSegment | WrapUpSegment;

/** Why an agent was not taken; in the order in which it is looked at. */
export type NotTaken =
  | 'logged-out'
  | 'on-break'
  | 'ringing'
  | 'talking'
  | 'wrap-up'
  | 'resting'
  | 'on-demand-idle'
  | 'reserved'
  | 'chatting'
  | 'external-call'
  | 'device-busy'
  | 'device-unavailable'
  | 'no-contact'
  | 'tier-not-open'
  | 'skill-missing'
  | 'tried-before'
  | 'waits-for-sticky-agent'
  | 'later-in-order'
  | 'serves-others';

/** Why this agent and why not the others, for one choice. */
export interface Decision {
  readonly atMs: number;
  readonly queue: QueueId;
  readonly member: MemberId;
  readonly strategy: string;
  /** undefined: nobody could be offered */
  readonly chosen: AgentId | undefined;
  readonly offer: OfferId | undefined;
  /** callers that stood before this one among those the agent may serve; 0 for the first */
  readonly because: string;
  readonly others: readonly { readonly agent: AgentId; readonly reason: NotTaken }[];
  /** agents not listed for want of room */
  readonly unlisted: number;
}
