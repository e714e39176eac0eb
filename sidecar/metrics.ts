/**
 * The meter: Prometheus metrics on prom-client. Every metric is declared in `metricsTable`
 * (printed in docs/metrics.md); a test looks through the sources for names that are not.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Meter } from '../core/ports.js';
import { metricsTable, type MetricRow } from './metrics-table.js';

export interface Metrics extends Meter {
  /** Prometheus text format */
  text(): Promise<string>;
  readonly contentType: string;
}

type Labels = Readonly<Record<string, string>>;

export const seriesMaxPerMetric = 500;
const defaultBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Instruments {
  readonly counter: Counter;
  readonly gauge: Gauge;
  readonly histogram: Histogram;
}

interface Declared<K extends keyof Instruments> {
  readonly row: MetricRow;
  readonly metric: Instruments[K];
  readonly series: Set<string>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const of = <K extends keyof Instruments>(kind: K, make: (row: MetricRow) => Instruments[K]): ReadonlyMap<string, Declared<K>> =>
    new Map(
      metricsTable.filter((row) => row.kind === kind).map((row) => [row.name, { row, metric: make(row), series: new Set<string>() }]),
    );
  const base = (row: MetricRow) => ({ name: row.name, help: row.help, labelNames: [...row.labels], registers: [registry] });
  const counters = of('counter', (row) => new Counter(base(row)));
  const gauges = of('gauge', (row) => new Gauge(base(row)));
  const histograms = of('histogram', (row) => new Histogram({ ...base(row), buckets: [...(row.buckets ?? defaultBuckets)] }));
  const dropped = new Counter({
    name: 'tandem_metric_series_dropped_total',
    help: 'Label sets beyond the limit of a metric',
    registers: [registry],
  });

  const undeclared = new Counter({
    name: 'tandem_metric_undeclared_total',
    help: 'Uses of a metric that metrics-table.ts does not declare',
    registers: [registry],
  });

  function find<K extends keyof Instruments>(
    among: ReadonlyMap<string, Declared<K>>,
    name: string,
    labels: Labels,
  ): Instruments[K] | undefined {
    const found = among.get(name);
    if (!found) {
      undeclared.inc(); // test/sidecar.metrics.test.ts finds the place; a call must not suffer from it
      return undefined;
    }
    const key = found.row.labels.map((label) => labels[label] ?? '').join('\u0001');
    if (found.series.has(key)) return found.metric;
    if (found.series.size >= seriesMaxPerMetric) {
      dropped.inc();
      return undefined;
    }
    found.series.add(key);
    return found.metric;
  }

  return {
    count: (name, labels = {}, by = 1) => find(counters, name, labels)?.inc(labels, by),
    observe: (name, value, labels = {}) => find(histograms, name, labels)?.observe(labels, value),
    set: (name, value, labels = {}) => find(gauges, name, labels)?.set(labels, value),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
