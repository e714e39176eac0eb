/** What waits for time: one moment for each key. */
import { SortedSet } from '../../acd/sorted-set.js';

interface Due {
  readonly atMs: number;
  readonly key: string;
}

const byTime = (a: Due, b: Due): number => a.atMs - b.atMs || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

export class Deadlines {
  private readonly of = new Map<string, Due>();
  private readonly order = new SortedSet<Due>(byTime);

  /** undefined: waits for nothing */
  set(key: string, atMs: number | undefined): void {
    const old = this.of.get(key);
    if (old?.atMs === atMs) return;
    if (old) this.order.delete(old);
    this.of.delete(key);
    if (atMs === undefined || atMs === Infinity) return;
    const due = { atMs, key };
    this.of.set(key, due);
    this.order.add(due);
  }

  nextMs(): number | undefined {
    return this.order.first()?.atMs;
  }

  /** Takes out the next one that is due. */
  take(nowMs: number): string | undefined {
    const first = this.order.first();
    if (!first || first.atMs > nowMs) return undefined;
    this.order.delete(first);
    this.of.delete(first.key);
    return first.key;
  }
}
