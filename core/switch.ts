/**
 * Call control as the queue engine needs it, the same on both switches (design 4). `SwitchPort` handles legs that
 * Tandem starts; `MemberSession` is the caller's side, held by a door. Orders do not wait for their outcome: that
 * comes back as an `AcdEvent` through `feed`. Rejections are TandemErrors: TDM_SWITCH_DOWN, _SLOW, _REFUSED,
 * TDM_BAD_VALUE, TDM_CALL_GONE.
 */
import type { AcdEvent } from './acd/events.js';
import type { Call } from './call.js';
import type { Announcement, ConnectOrder, ExitOrder, RingOrder } from './acd/effects.js';
import type { AgentId, CallKey, LegId, MemberId, OfferId, QueueId, SwitchId } from './acd/ids.js';
import type { AgentState, AgentStatus, CancelReason } from './acd/words.js';

/** How events get into the engine; never rejects, the answer of a wish is for whoever made it. */
export type Feed = (event: AcdEvent) => void;

/** Channels that live on a switch, for reconciling. */
export interface LiveChannels {
  /** when the question left, Unix ms */
  readonly askedAtMs: number;
  readonly uniqueIds: ReadonlySet<string>;
  /** those of them that are connected to another channel */
  readonly bridged: ReadonlySet<string>;
}

export interface CallBackOrder {
  readonly member: MemberId;
  readonly leg: LegId;
  readonly queue: QueueId;
  readonly number: string;
  readonly ringMs: number;
  readonly confirmKey: string;
  readonly confirmPrompt: string | undefined;
}

export type SpyMode = 'listen' | 'whisper' | 'barge';

export interface SpyOrder {
  readonly leg: LegId;
  readonly target: string;
  readonly supervisor: string;
  readonly mode: SpyMode;
  /** None of his telephones answered, or none could be rung. Not called where the end of his channel tells it, or where nobody knows. */
  readonly onUnreached?: () => void;
}

export interface SwitchPort {
  readonly id: SwitchId;
  readonly kind: 'asterisk' | 'freeswitch';
  /** legs can be started now */
  isUp(): boolean;
  /**
   * Start the agent's leg under the id `order.leg`. Outcome: `agent-answered`, then `agent-ready` when announcements
   * and confirm key are done, or `offer-failed`. A failed order feeds `offer-failed` with `switch-failed`; it never rejects.
   */
  ring(order: RingOrder): void;
  /** End the leg, also one whose channel does not exist yet: it is then hung up as soon as it does (B8). Never rejects. */
  cancel(leg: LegId, reason: CancelReason): void;
  /** Join caller and leg; feeds `connected`, then `call-ended`, or `offer-failed` / `call-ended` when one of them has gone. Never rejects. */
  connect(order: ConnectOrder): void;
  /** Call a customer back; on answer and key the leg comes to the door `queue_entry` with `callback=<member>`. Feeds `callback-failed` otherwise. */
  callBack(order: CallBackOrder): void;
  /** Rejects when the switch cannot be asked. */
  listChannels(): Promise<LiveChannels>;
  /** Blind transfer of a caller's channel to a place of the dialplan. */
  transfer(call: CallKey, to: { readonly context: string; readonly extension: string }): Promise<void>;
  /**
   * The session of a waiting caller has died: what it plays without an end is ended, so that his dialplan goes on and brings him
   * back. Nothing where a dead session ends by itself. Never rejects.
   */
  leadOn(call: CallKey): void;
  /** A supervisor's phone joins a talk (B34); resolves with the id of his leg when the order is given. */
  spy(order: SpyOrder): Promise<void>;
  /** Lamp of an agent: device state or presence named after him (B40). Never rejects. */
  lamp(agent: AgentId, now: { readonly status: AgentStatus; readonly state: AgentState; readonly wrapUp: boolean }): void;
}

/** A waiting caller's session at a door. Orders are carried out one after the other; none rejects. */
export interface MemberSession {
  readonly call: CallKey;
  /** Hold music from now on, and keys that the caller may press; each is fed as `key-pressed`. */
  music(music: string | undefined, keys: string): void;
  /** A message to its end, fed as `message-ended`; then silence or music as ordered next. */
  message(file: string): void;
  /** Said over the music, which goes on afterwards. */
  announce(announcement: Announcement): void;
  /** Variables on the caller's channel before he is connected, for a dialplan that goes on later; resolves when they are set. */
  prepare(order: ConnectOrder): Promise<void>;
  /** The end of the session, `ended` says so; whoever opened it sets the result variables, and the dialplan goes on. */
  exit(order: ExitOrder): void;
}

/** How a caller's session ended. */
export type SessionEnd =
  /** the exit order was carried out, result variables are set */
  | { readonly kind: 'exit'; readonly order: ExitOrder }
  /** the caller was connected and left our hands; variables were set by `prepare` */
  | { readonly kind: 'connected'; readonly order: ConnectOrder }
  /** hung up; was fed as `caller-left` */
  | { readonly kind: 'left' }
  /** the session broke without news of the caller; was fed as `session-lost` */
  | { readonly kind: 'lost' };

/** A caller's session together with its end, as the service `queue_entry` opens it on a call. */
export interface HeldSession extends MemberSession {
  readonly ended: Promise<SessionEnd>;
}

/** Made by each door for its switch: holds `call` for `member` until the end; answers nothing and plays nothing by itself. */
export type OpenSession = (call: Call, member: MemberId, feed: Feed) => HeldSession;

/** A chat offer is delivered by webhook and event, and accepted through the API (O3, B53). */
export interface ChatPort {
  ring(order: RingOrder): void;
  cancel(offer: OfferId, reason: CancelReason): void;
  /** the agent accepted */
  connect(order: { readonly offer: OfferId; readonly member: MemberId; readonly agent: AgentId; readonly queue: QueueId }): void;
}
