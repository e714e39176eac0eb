/** Every metric of Tandem, one row each; `docs/metrics.md` lists the same, a test compares. */
export interface MetricRow {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  readonly buckets?: readonly number[];
}

export const metricsTable: readonly MetricRow[] = [];
