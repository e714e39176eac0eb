/**
 * What was counted within 24 hours, by key: calls to a number, milliseconds of talk over a gateway. A day begins with its
 * first call. Several processes share a day through the database: each hands out what it has counted (`unsent`) and takes
 * in what all have counted together (`merge`). Pure: times are Unix ms and come with each question.
 */

export type TollDayKind = 'number' | 'talk';

/** What this process has counted since it last told the database. */
export interface TollDelta {
  readonly kind: TollDayKind;
  readonly key: string;
  /** of its first call: where no day runs in the database one begins here */
  readonly atMs: number;
  readonly more: number;
}

/** A day as the database has it: the sum of all processes. */
export interface TollDay {
  readonly kind: TollDayKind;
  readonly key: string;
  readonly fromMs: number;
  readonly total: number;
}

export const tollDayMs = 86_400_000;
/** Clocks of two machines may differ by so much; a day that begins later than that is of a clock that was set back. */
export const tollSkewMsMax = 60_000;

interface Count {
  fromMs: number;
  /** of all processes, as far as is known */
  shared: number;
  /** on its way to the database */
  sending: number;
  unsent: number;
  /** first call of what is unsent */
  unsentAtMs: number;
}

const totalOf = ({ shared, sending, unsent }: Count): number => shared + sending + unsent;

const isRunning = ({ fromMs }: { readonly fromMs: number }, nowMs: number): boolean =>
  nowMs - fromMs < tollDayMs && nowMs >= fromMs - tollSkewMsMax;

export class TollDays {
  readonly #kind: TollDayKind;
  readonly #keysMax: number;
  /** the oldest day stands first, but for those of other processes */
  readonly #counts = new Map<string, Count>();
  /** keys with something unsent, or a day that the database does not know yet */
  readonly #changed = new Set<string>();
  #sent: readonly { readonly count: Count; readonly delta: TollDelta }[] = [];

  constructor(kind: TollDayKind, keysMax: number) {
    this.#kind = kind;
    this.#keysMax = keysMax;
  }

  /** Undefined when no day runs. */
  of(key: string, nowMs: number): { readonly fromMs: number; readonly total: number } | undefined {
    const count = this.#counts.get(key);
    return count && isRunning(count, nowMs) ? { fromMs: count.fromMs, total: totalOf(count) } : undefined;
  }

  /** Begins a day where none runs; 0 does nothing else. */
  add(key: string, more: number, nowMs: number): void {
    const known = this.#counts.get(key);
    const count = known && isRunning(known, nowMs) ? known : this.#begin(key, nowMs, 0);
    if (count === known && more === 0) return;
    if (count.unsent === 0) count.unsentAtMs = nowMs;
    count.unsent += more;
    this.#changed.add(key);
  }

  /** At most `max`; they count as on their way until `sent` or `unsendable` is told. */
  take(max: number): readonly TollDelta[] {
    const sent = [];
    for (const key of this.#changed) {
      if (sent.length >= max) break;
      this.#changed.delete(key);
      const count = this.#counts.get(key);
      if (!count) continue;
      sent.push({ count, delta: { kind: this.#kind, key, atMs: count.unsentAtMs, more: count.unsent } });
      count.sending = count.unsent;
      count.unsent = 0;
    }
    this.#sent = sent;
    return sent.map(({ delta }) => delta);
  }

  /** The database has them. */
  sent(): void {
    for (const { count } of this.#sent) {
      count.shared += count.sending;
      count.sending = 0;
    }
    this.#sent = [];
  }

  /** It does not: they go with the next ones. A day that is over meanwhile needs no telling. */
  unsendable(): void {
    for (const { count, delta } of this.#sent) {
      count.unsent += count.sending;
      count.sending = 0;
      if (this.#counts.get(delta.key) !== count) continue;
      count.unsentAtMs = delta.atMs;
      this.#changed.add(delta.key);
    }
    this.#sent = [];
  }

  /** What the database has, when nothing is on its way. */
  merge({ key, fromMs, total }: TollDay, nowMs: number): void {
    if (!isRunning({ fromMs }, nowMs)) return;
    const count = this.#counts.get(key) ?? this.#begin(key, fromMs, total);
    count.fromMs = fromMs;
    count.shared = total;
  }

  /** How many keys wait to be told. */
  get waiting(): number {
    return this.#changed.size;
  }

  /** A day that began until then is over for every process. One forgotten here, because there are too many, still runs elsewhere. */
  overUntilMs(nowMs: number): number {
    return nowMs - tollDayMs - tollSkewMsMax;
  }

  #begin(key: string, fromMs: number, shared: number): Count {
    this.#counts.delete(key); // to the end
    const count = { fromMs, shared, sending: 0, unsent: 0, unsentAtMs: fromMs };
    this.#counts.set(key, count);
    for (const [old, oldest] of this.#counts) {
      if (this.#counts.size <= this.#keysMax && fromMs - oldest.fromMs < tollDayMs) break;
      this.#counts.delete(old);
      this.#changed.delete(old);
    }
    return count;
  }
}
