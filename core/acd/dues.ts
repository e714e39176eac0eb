/** What waits for time: one moment for each member, agent and offer, its earliest, and one for the places held after a restart. */
import { compareText } from './order.js';
import { SortedSet } from './sorted-set.js';

export type DueKind = 'agent' | 'hold' | 'member' | 'offer';

export interface Due {
  readonly atMs: number;
  readonly kind: DueKind;
  readonly id: string;
}

const byTime = (a: Due, b: Due): number => a.atMs - b.atMs || compareText(a.kind, b.kind) || compareText(a.id, b.id);

export class Dues {
  private readonly of: Record<DueKind, Map<string, Due>> = { agent: new Map(), hold: new Map(), member: new Map(), offer: new Map() };
  private readonly order = new SortedSet<Due>(byTime);

  /** Infinity or undefined: waits for nothing. */
  set(kind: DueKind, id: string, atMs: number | undefined): void {
    const ofKind = this.of[kind];
    const old = ofKind.get(id);
    if (old?.atMs === atMs) return;
    if (old) this.order.delete(old);
    if (atMs === undefined || atMs === Infinity) {
      if (old) ofKind.delete(id);
      return;
    }
    const due = { atMs, kind, id };
    ofKind.set(id, due);
    this.order.add(due);
  }

  nextMs(): number | undefined {
    return this.order.first()?.atMs;
  }

  /** Takes out the next one that is due; undefined when none is. */
  take(nowMs: number): Due | undefined {
    const first = this.order.first();
    if (!first || first.atMs > nowMs) return undefined;
    this.order.delete(first);
    this.of[first.kind].delete(first.id);
    return first;
  }
}
