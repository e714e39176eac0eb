/** What a bench gives back. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** of the same run, or named in the note; in the same unit */
  readonly baseline?: number;
  readonly note?: string;
}

/** The middle one; NaN when there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
