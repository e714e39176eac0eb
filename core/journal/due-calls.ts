/** When calls want time, the earliest first: the journal's clock costs nothing for the calls that only go on. */
import { SortedSet } from '../acd/sorted-set.js';
import type { JournalCall } from './call.js';

interface Booked {
  readonly atMs: number;
  readonly call: JournalCall;
}

/** Each call once. A moment that has moved to later is found when it comes; one that is earlier now must be booked. */
export class DueCalls {
  readonly #dueOf: (call: JournalCall) => number;
  readonly #booked = new Map<string, Booked>();
  readonly #order = new SortedSet<Booked>((a, b) => a.atMs - b.atMs || (a.call.id < b.call.id ? -1 : Number(a.call.id > b.call.id)));

  constructor(dueOf: (call: JournalCall) => number) {
    this.#dueOf = dueOf;
  }

  /** After a change of it. */
  book(call: JournalCall): void {
    const atMs = this.#dueOf(call);
    const old = this.#booked.get(call.id);
    if (old?.call === call && old.atMs <= atMs) return;
    this.drop(call.id);
    const booked = { atMs, call };
    this.#booked.set(call.id, booked);
    this.#order.add(booked);
  }

  drop(id: string): void {
    const old = this.#booked.get(id);
    if (!old) return;
    this.#booked.delete(id);
    this.#order.delete(old);
  }

  nextMs(): number | undefined {
    return this.#first()?.atMs;
  }

  /** Those that are due, taken out: who goes on is to be booked again. */
  take(nowMs: number): readonly JournalCall[] {
    const taken: JournalCall[] = [];
    for (let first = this.#first(); first !== undefined && first.atMs <= nowMs; first = this.#first()) {
      this.drop(first.call.id);
      taken.push(first.call);
    }
    return taken;
  }

  #first(): Booked | undefined {
    for (;;) {
      const first = this.#order.first();
      if (!first || this.#dueOf(first.call) <= first.atMs) return first;
      this.drop(first.call.id);
      this.book(first.call);
    }
  }
}
