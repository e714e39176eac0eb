/**
 * Everything that can happen to the engine: facts in the past tense, and wishes of people and programs. Nothing
 * else changes its state. A wish is answered (`Answer`); a refused one changes nothing. Facts about things that
 * are gone already are ignored: they can arrive late, twice, or in another order.
 */
import type { ErrorCode } from '../errors.js';
import type { AcdConfig, Destination, SkillNeed } from './config.js';
import type { AgentId, CallKey, LegId, MemberId, OfferId, SwitchId } from './ids.js';
import type { HoldSide } from './state.js';
import type { AgentStatus, AgentType, CancelReason, DeviceState, ExitReason, Media, OfferFailure, Origin } from './words.js';

/** A caller at the door. Everything is checked already; names of queue and agents may be in any letter case. */
export interface Join {
  /** id for a new member; an old one that is found again keeps its own */
  readonly member: MemberId;
  readonly queue: string;
  readonly media: Media;
  readonly call: CallKey | undefined;
  readonly number: string;
  readonly name: string;
  /** when the call was answered: `time-base-score: system` counts from there */
  readonly answeredAtMs: number;
  readonly baseScoreS: number;
  /** instead of the queue's */
  readonly priority: number | undefined;
  /** besides the queue's */
  readonly needs: readonly SkillNeed[];
  /** undefined: the queue's */
  readonly exitKeys: string | undefined;
  readonly maxWaitMs: number;
  readonly language: string | undefined;
  readonly music: string | undefined;
  readonly callerIdPrefix: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly param: string;
  readonly leadId: number | undefined;
  readonly rootId: string;
  readonly stickyAgent: string | undefined;
  /** played to the agent instead of the queue's announcements (cc_outbound_announce); undefined = the queue's */
  readonly agentAnnouncements?: readonly string[] | undefined;
  /** the leg that was called back for this member answered and came to the door */
  readonly callbackOf: MemberId | undefined;
  /** of a callback ordered without a call: audio, no `call`; `number` is called when its turn comes, from this switch */
  readonly homeSwitch?: SwitchId | undefined;
  /** file of a message that a caller has left (B51): no `call`; `homeSwitch` has the file, `number` may be called back */
  readonly message?: string | undefined;
  /** an answered call of a campaign: waits briefly and hears nothing; see docs/queue-engine.md, the dialer */
  readonly origin?: Origin | undefined;
  /** key of a reservation: its agent is offered this caller at once; without one the caller is matched like any other */
  readonly reservation?: string | undefined;
}

/** Who ended a talk, as far as the switch says. */
export type EndedBy = 'caller' | 'agent' | 'transfer' | 'unknown';

export type AcdEvent =
  // ---- configuration
  /** the whole of it; the engine works out the differences (B21) */
  | { readonly type: 'configured'; readonly config: AcdConfig }
  // ---- callers
  | { readonly type: 'caller-joined'; readonly join: Join }
  /** the channel is gone, or left the queue's hands */
  | { readonly type: 'caller-left'; readonly member: MemberId; readonly cause: 'hangup' | 'transferred' }
  /** the session to the channel broke without news of the channel */
  | { readonly type: 'session-lost'; readonly member: MemberId }
  | { readonly type: 'key-pressed'; readonly member: MemberId; readonly key: string }
  /** welcome or dissuading message is over */
  | { readonly type: 'message-ended'; readonly member: MemberId }
  | { readonly type: 'callback-asked'; readonly member: MemberId; readonly number: string }
  /** the called-back leg did not become a caller at the door */
  | { readonly type: 'callback-failed'; readonly member: MemberId; readonly leg: LegId; readonly cause: string }
  // ---- offers
  /** the agent's leg is up */
  | { readonly type: 'agent-answered'; readonly offer: OfferId }
  /** ... and announcements and confirm key are done: the two may be connected */
  | { readonly type: 'agent-ready'; readonly offer: OfferId }
  | { readonly type: 'offer-failed'; readonly offer: OfferId; readonly failure: OfferFailure; readonly detail: string }
  | { readonly type: 'connected'; readonly offer: OfferId }
  /** also when the agent's part ended by a transfer: the caller's later fate is another story */
  | { readonly type: 'call-ended'; readonly offer: OfferId; readonly by: EndedBy; readonly cause: string }
  /** one of the two has put the other on hold, and has taken him back */
  | { readonly type: 'held' | 'resumed'; readonly offer: OfferId; readonly by: HoldSide }
  // ---- agents
  | { readonly type: 'status-asked'; readonly agent: string; readonly status: AgentStatus; readonly reason: string | undefined }
  /** from a telephone or API: contact or standby channel come with the login */
  | {
      readonly type: 'login-asked';
      readonly agent: string;
      readonly contact: string | undefined;
      readonly standby: CallKey | undefined;
      readonly onDemand: boolean;
    }
  | { readonly type: 'standby-ended'; readonly agent: AgentId; readonly call: CallKey }
  /** by command, without a login: the open channel of a standby agent; undefined takes it away (mod_callcenter `agent set uuid`) */
  | { readonly type: 'standby-asked'; readonly agent: string; readonly call: CallKey | undefined }
  | { readonly type: 'wrapup-end-asked'; readonly agent: string }
  | { readonly type: 'wrapup-extend-asked'; readonly agent: string; readonly byMs: number }
  /** On Demand: next call, please */
  | { readonly type: 'ready-asked'; readonly agent: string }
  /** the opposite: a free agent gets no call until `ready-asked` or another status (mod_callcenter `agent set state NAME Idle`) */
  | { readonly type: 'idle-asked'; readonly agent: string }
  | { readonly type: 'ready-time-asked'; readonly agent: string; readonly atMs: number }
  /** clears what stands in the way of an agent: ringing leg, lost talk, wrap-up (B2) */
  | { readonly type: 'release-asked'; readonly agent: string; readonly by: string }
  /**
   * Hold a free agent for the key `by`: this one, or the best of the queue by its strategy; the answer names him. Asked again
   * with the same key it is the same agent, until the new time. `isSoft`: a caller who finds nobody else free may have him.
   */
  | {
      readonly type: 'reserve-asked';
      readonly agent?: string | undefined;
      readonly queue?: string | undefined;
      readonly by: string;
      readonly untilMs: number;
      readonly isSoft?: boolean | undefined;
      /** keep this agent away from calls, also one who could not be rung; for a day at most */
      readonly isBare?: boolean | undefined;
    }
  | { readonly type: 'unreserve-asked'; readonly agent?: string | undefined; readonly by: string }
  | { readonly type: 'device-changed'; readonly agent: AgentId; readonly device: DeviceState }
  | { readonly type: 'external-calls-changed'; readonly agent: AgentId; readonly count: number }
  | { readonly type: 'type-asked'; readonly agent: string; readonly agentType: AgentType }
  // ---- supervision
  | { readonly type: 'dispatching-asked'; readonly isOn: boolean }
  /** OpenSIPS's mean talk times begin anew (opensips-call-center 13, reset_stats) */
  | { readonly type: 'averages-reset-asked' }
  /** external dispatcher; the checks and their order are opensips-call-center 10 */
  | { readonly type: 'dispatch-asked'; readonly member: string; readonly agent: string }
  /** a person wants this caller at his telephone, whatever his status and queues */
  | { readonly type: 'pick-up-asked'; readonly member: string; readonly agent: string }
  | { readonly type: 'withdraw-asked'; readonly member: string; readonly reason: ExitReason }
  | { readonly type: 'move-asked'; readonly member: string; readonly queue: string; readonly keepWaiting: boolean }
  | {
      readonly type: 'priority-asked';
      readonly member: string;
      readonly priority: number | undefined;
      readonly baseScoreS: number | undefined;
    }
  // ---- the switches
  /** legs can, or cannot, be started there: nobody is offered a caller of a switch that is down */
  | { readonly type: 'switch-changed'; readonly switch: SwitchId; readonly isUp: boolean }
  /**
   * All channels that live on a switch, asked for at `askedAtMs`: what we believe in and is not among them is
   * gone, if it is older than the question. `bridged` has the legs of ours that are connected to somebody.
   */
  | {
      readonly type: 'channels-listed';
      readonly switch: SwitchId;
      readonly askedAtMs: number;
      readonly uniqueIds: ReadonlySet<string>;
      readonly bridged: ReadonlySet<string>;
    }
  /** nothing happened but time */
  | { readonly type: 'time-passed' };

/** What a wish came to. `code` and `detail` are for people and programs; nothing changed when it was refused. */
export type Answer =
  | {
      readonly ok: true;
      readonly detail: string;
      readonly member?: MemberId;
      readonly resumed?: boolean;
      /** who is held now */
      readonly agent?: AgentId;
    }
  | {
      readonly ok: false;
      readonly code: AcdRefusal;
      readonly detail: string;
      readonly exit?: ExitReason;
      readonly to?: Exclude<Destination, { kind: 'queue' }>;
    };

/** Codes of refusals: TandemError codes, the reasons a member is not let in, and OpenSIPS's dispatch errors by number. */
export type AcdRefusal = Extract<ErrorCode, 'TDM_NOT_FOUND' | 'TDM_BAD_VALUE' | 'TDM_CONFLICT' | 'TDM_BUSY' | 'TDM_REFUSED'>;

export type { CancelReason };
