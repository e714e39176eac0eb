/** What waits for time: one moment for each thing, its earliest. Keys are `m <member>`, `a <agent>`, `o <offer>`, `hold`. */
import { compareText } from './order.js';
import { SortedSet } from './sorted-set.js';

interface Due {
  readonly atMs: number;
  readonly key: string;
}

export class Dues {
  private readonly byKey = new Map<string, Due>();
  private readonly order = new SortedSet<Due>((a, b) => a.atMs - b.atMs || compareText(a.key, b.key));

  /** Infinity or undefined: waits for nothing. */
  set(key: string, atMs: number | undefined): void {
    const old = this.byKey.get(key);
    if (old?.atMs === atMs) return;
    if (old) this.order.delete(old);
    if (atMs === undefined || atMs === Infinity) {
      this.byKey.delete(key);
      return;
    }
    const due = { atMs, key };
    this.byKey.set(key, due);
    this.order.add(due);
  }

  nextMs(): number | undefined {
    return this.order.first()?.atMs;
  }

  /** Takes out the next key that is due; undefined when none is. */
  take(nowMs: number): string | undefined {
    const first = this.order.first();
    if (!first || first.atMs > nowMs) return undefined;
    this.order.delete(first);
    this.byKey.delete(first.key);
    return first.key;
  }
}
