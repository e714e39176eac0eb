/**
 * What a step has touched, each thing once, in the order of the first touch. Nearly always one or two things, so they stand in
 * a list that is looked through: the table of a Set costs more to make, and to empty, than the rest of such a step. Many
 * (a reload, a switch that went down) get a Set beside the list.
 */
const fewMax = 8;

const nothing: readonly never[] = [];

export class Touched<T> implements Iterable<T> {
  private list: T[] | undefined;
  private known: Set<T> | undefined;

  get size(): number {
    return this.list === undefined ? 0 : this.list.length;
  }

  /** Whatever is added while these are gone through is among them. */
  get items(): readonly T[] {
    return this.list ?? nothing;
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.items.values();
  }

  has(item: T): boolean {
    return this.known ? this.known.has(item) : this.items.includes(item);
  }

  add(item: T): void {
    if (!this.list) this.list = [item];
    else if (!this.has(item)) {
      this.list.push(item);
      if (this.known) this.known.add(item);
      else if (this.list.length > fewMax) this.known = new Set(this.list);
    }
  }

  clear(): void {
    this.list = this.known = undefined;
  }
}
