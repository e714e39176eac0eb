/** Stored segments of several kinds in the order of their beginnings, however many: a page of each kind is in memory. */
import type { Segment } from '../acd/records.js';
import type { ReportCursor, ReportStore } from '../report-ports.js';
import type { Interval } from '../reports/calendar.js';

export interface Begun {
  readonly segment: Segment;
  /** Unix ms */
  readonly startedAtMs: number;
}

export interface SegmentReading {
  readonly store: Pick<ReportStore, 'segments'>;
  /** of one moment, the first kind comes first */
  readonly kinds: readonly Segment['kind'][];
  /** lets others have their turn */
  readonly breathe: () => Promise<void>;
}

/** Segments of one page. */
export const segmentPageRows = 1_000;

class Pages {
  readonly #reading: SegmentReading;
  readonly #kind: Segment['kind'];
  readonly #range: Interval;
  #rows: readonly Segment[] = [];
  #at = 0;
  #after: ReportCursor | undefined;
  #isLast = false;

  constructor(reading: SegmentReading, kind: Segment['kind'], range: Interval) {
    this.#reading = reading;
    this.#kind = kind;
    this.#range = range;
  }

  /** Of the next one; Infinity: its page has to be read, or there is none. */
  get startedAtMs(): number {
    const next = this.#rows[this.#at];
    return next ? startOf(next) : Infinity;
  }

  take(): Begun | undefined {
    const segment = this.#rows[this.#at++];
    return segment && { segment, startedAtMs: startOf(segment) };
  }

  get isWaiting(): boolean {
    return !this.#isLast && this.#at >= this.#rows.length;
  }

  async read(): Promise<void> {
    const { rows, next } = await this.#reading.store.segments(this.#kind, this.#range, this.#after, segmentPageRows);
    [this.#rows, this.#at, this.#after, this.#isLast] = [rows, 0, next, next === undefined];
  }
}

const startOf = (segment: Segment): number => (segment.kind === 'visit' ? segment.enteredAtMs : segment.startedAtMs);

/** Those that began in this time, some at once. */
export async function* segmentsByStart(reading: SegmentReading, range: Interval): AsyncGenerator<readonly Begun[]> {
  const kinds = reading.kinds.map((kind) => new Pages(reading, kind, range));
  for (;;) {
    for (const pages of kinds) while (pages.isWaiting) await pages.read();
    const begun: Begun[] = [];
    while (!kinds.some(({ isWaiting }) => isWaiting)) {
      const next = kinds.reduce((a, b) => (b.startedAtMs < a.startedAtMs ? b : a));
      const segment = next.take();
      if (!segment) break;
      begun.push(segment);
    }
    if (begun.length === 0) return;
    yield begun;
    await reading.breathe();
  }
}
