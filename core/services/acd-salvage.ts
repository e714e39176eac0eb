/**
 * What is left of a save that the store refuses for good: halves are tried, and halves of those, until each thing that
 * is refused alone stands alone and everything else is stored. Pure but for the saves that it is given.
 */
import type { AgentId, MemberId, OfferId, QueueId } from '../acd/ids.js';
import type { Segment } from '../acd/records.js';
import { hasCode } from '../errors.js';
import type { FeedEvent } from '../feed-ports.js';
import { nothingUnsaved } from './acd-pending.js';
import type { Unsaved } from './acd-pending.js';

export interface Salvaged<T> {
  /** refused although alone: nobody can store these */
  readonly refused: readonly { readonly thing: T; readonly error: unknown }[];
  /** not tried to the end: the store went away, takes nothing at all, or the saves were used up */
  readonly left: readonly T[];
  /** why there are some left, unless the saves were used up */
  readonly error?: unknown;
}

/**
 * `save` stores some of the things in one transaction; one with none of them tells whether it is the things at all
 * that are refused. One thing of `n` costs about 2 log2(n) saves, and never more than `savesMax` are made.
 * Rejects TDM_STANDBY.
 */
export async function salvage<T>(
  things: readonly T[],
  save: (some: readonly T[]) => Promise<void>,
  savesMax: number,
): Promise<Salvaged<T>> {
  const refused: { thing: T; error: unknown }[] = [];
  const open: (readonly T[])[] = [[]];
  for (let saves = 0; open.length > 0; saves++) {
    const some = open.pop() ?? [];
    const left = (): readonly T[] => (saves === 0 ? things : [some, ...open.toReversed()].flat());
    if (saves >= savesMax) return { refused, left: left() };
    try {
      await save(some);
    } catch (error) {
      if (hasCode(error, 'TDM_STANDBY')) throw error;
      if (hasCode(error, 'TDM_STORE_DOWN') || saves === 0) return { refused, left: left(), error };
      const [thing] = some;
      if (some.length === 1 && thing !== undefined) refused.push({ thing, error });
      else open.push(...halves(some));
    }
    // they were refused together already
    if (saves === 0) open.push(...halves(things));
  }
  return { refused, left: [] };
}

/** The later half first: a stack gives the earlier one first. */
function halves<T>(things: readonly T[]): (readonly T[])[] {
  const middle = Math.ceil(things.length / 2);
  return [things.slice(middle), things.slice(0, middle)].filter((half) => half.length > 0);
}

// ------------------------------------------------------------------ changes one by one

/** One row of a save. */
export type ChangedThing =
  | { readonly kind: 'member'; readonly id: MemberId }
  | { readonly kind: 'agent'; readonly id: AgentId }
  | { readonly kind: 'offer'; readonly id: OfferId }
  | { readonly kind: 'queue'; readonly id: QueueId }
  | { readonly kind: 'system'; readonly id: '' }
  | { readonly kind: 'segment'; readonly id: string; readonly segment: Segment }
  | { readonly kind: 'event'; readonly id: string; readonly event: FeedEvent };

/** Events last and in the order of their numbers, so that none is stored before an earlier one. */
export function thingsOf({ members, agents, offers, queues, isSystemChanged, segments, events }: Unsaved): readonly ChangedThing[] {
  return [
    ...[...members].map((id) => ({ kind: 'member', id }) as const),
    ...[...agents].map((id) => ({ kind: 'agent', id }) as const),
    ...[...offers].map((id) => ({ kind: 'offer', id }) as const),
    ...[...queues].map((id) => ({ kind: 'queue', id }) as const),
    ...(isSystemChanged ? [{ kind: 'system', id: '' } as const] : []),
    ...segments.map((segment) => ({ kind: 'segment', id: segment.key, segment }) as const),
    ...[...events].sort((a, b) => a.seq - b.seq).map((event) => ({ kind: 'event', id: String(event.seq), event }) as const),
  ];
}

export function changesOf(things: readonly ChangedThing[]): Unsaved {
  const changes = nothingUnsaved();
  for (const thing of things) {
    switch (thing.kind) {
      case 'member':
        changes.members.add(thing.id);
        break;
      case 'agent':
        changes.agents.add(thing.id);
        break;
      case 'offer':
        changes.offers.add(thing.id);
        break;
      case 'queue':
        changes.queues.add(thing.id);
        break;
      case 'system':
        changes.isSystemChanged = true;
        break;
      case 'segment':
        changes.segments.push(thing.segment);
        break;
      case 'event':
        changes.events.push(thing.event);
        break;
    }
  }
  return changes;
}
