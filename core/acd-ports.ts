/** What the queue engine's loop needs from outside. `sql/` implements the store, tests bring one in memory. */
import type { AcdState } from './acd/acd-state.js';
import type { AcdConfig } from './acd/config.js';
import type { RingOrder } from './acd/effects.js';
import type { AcdEvent, Answer } from './acd/events.js';
import type { AgentId, MemberId, OfferId } from './acd/ids.js';
import type { Notice } from './acd/notices.js';
import type { Decision, Segment } from './acd/records.js';
import type { FeedEvent } from './feed-ports.js';
import type { Agent, Member, Offer, QueueRuntime, SystemState } from './acd/state.js';
import type { MemberSession } from './switch.js';

/** Everything that was stored, for a start. */
export interface StoredAcd {
  readonly members: readonly Member[];
  readonly agents: readonly Agent[];
  readonly offers: readonly Offer[];
  readonly queues: readonly QueueRuntime[];
  readonly system: SystemState | undefined;
  /** Last agent of a caller's number, newest last, at most `lastTalksMax`; read from the segments (B41). */
  readonly lastTalks?: readonly { readonly number: string; readonly agent: AgentId; readonly atMs: number }[];
  /** number of the newest event; 0 or undefined = none yet */
  readonly lastSeq?: number;
}

/** How many numbers are remembered with their last agent. */
export const lastTalksMax = 20_000;

/** Rows of one save: the newest state of each changed thing, `undefined` for one that is gone. Saving a batch twice is the same as once. */
export interface AcdBatch {
  readonly members: ReadonlyMap<string, Member | undefined>;
  readonly agents: ReadonlyMap<string, Agent | undefined>;
  readonly offers: ReadonlyMap<string, Offer | undefined>;
  readonly queues: ReadonlyMap<string, QueueRuntime | undefined>;
  readonly system: SystemState | undefined;
  readonly segments: readonly Segment[];
  /** in the order of their numbers */
  readonly events: readonly FeedEvent[];
}

export interface AcdStore {
  load(): Promise<StoredAcd>;
  /**
   * One transaction. `fence` is the number of the lease under which the engine works: rejects TDM_STANDBY when
   * another owner has taken over since, TDM_STORE_DOWN when the database does not answer in time.
   */
  save(batch: AcdBatch, fence: number): Promise<void>;
  /** Segments by queue, agent or time, newest first, bounded; for reports and `explain`. */
  segments(query: {
    readonly kind?: Segment['kind'];
    readonly queue?: string;
    readonly agent?: string;
    readonly fromMs: number;
    readonly limit: number;
  }): Promise<readonly Segment[]>;
}

/** A store that knows under which lease it was written last. */
export interface FencedAcdStore extends AcdStore {
  /** Fence of the last save; 0 = none yet. What was written down elsewhere under an older one is out of date. */
  savedFence(): Promise<number>;
}

/** Ownership of the queues by one process (scale-out 7). */
export interface Leases {
  /**
   * The fence when the lease is ours now, undefined while another holds it. Grows with each acquisition. `dead`: an
   * owner that is known to live no more; its lease counts as ended.
   */
  acquire(name: string, owner: string, ttlMs: number, dead?: string): Promise<number | undefined>;
  /** Who has it now; undefined when nobody. */
  holder(name: string): Promise<string | undefined>;
  /** False when it was lost. */
  renew(name: string, owner: string, fence: number, ttlMs: number): Promise<boolean>;
  release(name: string, owner: string, fence: number): Promise<void>;
}

/** Provisioned queues, agents, tiers, callers and settings as the engine wants them. */
export interface AcdConfigs {
  load(): Promise<AcdConfig>;
}

/** The running engine as doors, switches and the API see it. */
export interface QueueEngine {
  /** A fact; returns at once. Ignored while this process does not own the queues. */
  tell(event: AcdEvent): void;
  /** A wish; resolves with its answer once the change is stored. Rejects TDM_STANDBY, TDM_STOPPING, or TDM_BUSY when too many wait. */
  ask(event: AcdEvent): Promise<Answer>;
  /** Read only, of this moment. Throws TDM_STANDBY while this process does not own the queues (`isOwner`). */
  view(): AcdState;
  /** The caller's session of a member that joined; orders that came before are given to it at once. The result ends it. */
  attach(member: MemberId, session: MemberSession): () => void;
  /** The order behind an offer that rings or is being connected; also after a restart. */
  orderOf(offer: OfferId): RingOrder | undefined;
  onNotice(listener: (notice: Notice, atMs: number) => void): () => void;
  /** Newest first, bounded. */
  decisions(): readonly Decision[];
  /** True when this process owns the queues and may take callers. */
  isOwner(): boolean;
}
