/** Stored segments in pages, newest first, for programs that read what happened (reports have their own ways). */
import type { Segment } from './acd/records.js';

export interface SegmentWish {
  readonly kind: Segment['kind'];
  /** only of these queues; undefined = all */
  readonly queues?: readonly string[] | undefined;
  readonly agent?: string | undefined;
  readonly member?: string | undefined;
  /** ended at or after, Unix ms */
  readonly fromMs: number;
  /** ended before, Unix ms */
  readonly toMs: number;
  /** behind this one: end and key */
  readonly after?: { readonly endedAtMs: number; readonly key: string } | undefined;
  readonly limit: number;
}

export interface SegmentPages {
  /** One more than `limit` is never given. Rejects TDM_STORE_DOWN. */
  page(wish: SegmentWish): Promise<readonly Segment[]>;
}

/** Queues that one question may name. */
export const segmentQueuesMax = 500;
