/**
 * What the engine orders. Effects leave after the state is stored, in order; what they achieve comes back as an
 * event. None is answered here.
 */
import type { Destination } from './config.js';
import type { AgentId, CallKey, LegId, MemberId, OfferId, QueueId, SwitchId } from './ids.js';
import type { Notice } from './notices.js';
import type { Decision } from './records.js';
import type { CancelReason, ExitReason, Media } from './words.js';

/** Everything an adapter needs to ring one agent for one member; it asks nobody else. */
export interface RingOrder {
  readonly offer: OfferId;
  /** channel id the new leg must have */
  readonly leg: LegId;
  readonly switch: SwitchId;
  readonly media: Media;
  readonly queue: QueueId;
  readonly agent: AgentId;
  readonly agentName: string;
  /** dial string of the agent; for `standby` the open channel instead */
  readonly contact: string;
  /** on FreeSWITCH, when it is not the same */
  readonly contactFreeswitch: string | undefined;
  readonly standby: CallKey | undefined;
  readonly ringMs: number;
  readonly member: MemberId;
  /** the caller's channel; undefined for a chat */
  readonly call: CallKey | undefined;
  readonly callerNumber: string;
  /** with the prefix before it */
  readonly callerName: string;
  readonly joinedAtMs: number;
  readonly announcements: readonly string[];
  readonly confirmKey: string;
  readonly confirmMs: number;
  readonly language: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly leadId: number | undefined;
  /** a message instead of a caller (B51): once the leg is ready its dialplan plays this file, and no order to connect comes */
  readonly message?: string | undefined;
}

export interface ConnectOrder {
  readonly offer: OfferId;
  readonly leg: LegId;
  readonly switch: SwitchId;
  readonly queue: QueueId;
  readonly agent: AgentId;
  readonly agentName: string;
  readonly member: MemberId;
  readonly call: CallKey;
  readonly isStandby: boolean;
  /** in the queue until now, for the caller's variables */
  readonly waitedMs?: number | undefined;
  readonly recordTemplate: string | undefined;
  readonly hangUpAfterTalk: boolean;
}

/** What is said to a waiting caller; the music goes on afterwards. */
export interface Announcement {
  /** a sound file, and then the numbers */
  readonly sound: string | undefined;
  /** 1 = next */
  readonly position: number | undefined;
  /** minutes, rounded up; undefined = not said */
  readonly ewtMinutes: number | undefined;
  /** key and prompt of the callback offer */
  readonly callbackOffer: string | undefined;
  readonly language: string | undefined;
}

/** How a member leaves the queue; the session sets its variables and ends. */
export interface ExitOrder {
  readonly member: MemberId;
  readonly queue: QueueId;
  readonly reason: ExitReason;
  /** key of an exit key, name of the agent of a talk, text of an error */
  readonly detail: string;
  readonly agent: AgentId | undefined;
  /** undefined: the dialplan goes on with the result */
  readonly to: Exclude<Destination, { kind: 'queue' }> | undefined;
  readonly hangUp: boolean;
  readonly waitedMs: number;
}

export type AcdEffect =
  | { readonly type: 'ring'; readonly order: RingOrder }
  | { readonly type: 'cancel-ring'; readonly offer: OfferId; readonly leg: LegId; readonly switch: SwitchId; readonly reason: CancelReason }
  | { readonly type: 'connect'; readonly order: ConnectOrder }
  /** a leg of ours that nobody needs: late answer, lost talk, reconcile */
  | { readonly type: 'hang-up-leg'; readonly switch: SwitchId; readonly leg: LegId; readonly reason: CancelReason }
  /** a waiting caller whose session has died: his dialplan shall go on, and bring him back */
  | { readonly type: 'lead-on'; readonly call: CallKey }
  /** `call` is the session that must do it; undefined for a member that is not there */
  | { readonly type: 'music'; readonly member: MemberId; readonly music: string | undefined; readonly exitKeys: string }
  | { readonly type: 'message'; readonly member: MemberId; readonly kind: 'welcome' | 'dissuading'; readonly file: string }
  | { readonly type: 'announce'; readonly member: MemberId; readonly announcement: Announcement }
  | { readonly type: 'exit'; readonly order: ExitOrder; readonly call: CallKey | undefined }
  | {
      readonly type: 'call-back';
      readonly member: MemberId;
      readonly leg: LegId;
      readonly switch: SwitchId;
      readonly queue: QueueId;
      readonly number: string;
      readonly ringMs: number;
      readonly confirmKey: string;
      readonly confirmPrompt: string | undefined;
    }
  | { readonly type: 'cancel-call-back'; readonly member: MemberId; readonly leg: LegId; readonly switch: SwitchId }
  /** something is late there: ask for the live channels now, and feed them as `channels-listed` */
  | { readonly type: 'check-channels'; readonly switch: SwitchId }
  /** news for events, lamps, logs, metrics */
  | { readonly type: 'notice'; readonly notice: Notice }
  | { readonly type: 'decision'; readonly decision: Decision };

export type { AgentId };
