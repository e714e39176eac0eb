import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createMetrics, seriesMaxPerMetric } from '../sidecar/metrics.js';
import { metricsTable } from '../sidecar/metrics-table.js';

const root = join(import.meta.dirname, '..');
const sources = ['core', 'agi', 'esl-outbound', 'sidecar', 'sql'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8')),
);
const kindOf = { count: 'counter', observe: 'histogram', set: 'gauge' } as const;

describe('metrics', () => {
  const used = sources.flatMap((text) => [
    ...[...text.matchAll(/\.(count|observe|set)\(\s*'(tandem_\w+)'/g)].map(([, verb = '', name = '']) => ({
      name,
      kind: kindOf[verb as keyof typeof kindOf],
    })),
    // of work that one process of several does
    ...[...text.matchAll(/\bgauge: '(tandem_\w+)'/g)].map(([, name = '']) => ({ name, kind: kindOf.set })),
  ]);

  it('every metric that the code uses is declared with its kind', () => {
    assert.ok(used.length > 10);
    for (const { name, kind } of used) assert.equal(metricsTable.find((row) => row.name === name)?.kind, kind, name);
  });

  it('every declared metric is used', () => {
    for (const { name } of metricsTable)
      assert.ok(
        used.some((use) => use.name === name),
        name,
      );
  });

  it('B38: counters, gauges and histograms come out as Prometheus text', async () => {
    const metrics = createMetrics();
    metrics.count('tandem_handovers_total', { exit: 'A', reason: 'found' });
    metrics.set('tandem_agi_sessions', 3);
    metrics.observe('tandem_handover_seconds', 0.02, { exit: 'A' });
    const text = await metrics.text();
    assert.match(text, /^tandem_handovers_total\{exit="A",reason="found"\} 1$/m);
    assert.match(text, /^tandem_agi_sessions 3$/m);
    assert.match(text, /^tandem_handover_seconds_count\{exit="A"\} 1$/m);
  });

  it('label sets are bounded, and an undeclared name harms nobody', async () => {
    const metrics = createMetrics();
    for (let n = 0; n < seriesMaxPerMetric + 20; n++) metrics.count('tandem_http_errors_total', { code: `c${String(n)}` });
    metrics.count('tandem_no_such_metric');
    const text = await metrics.text();
    assert.equal(text.match(/^tandem_http_errors_total\{/gm)?.length, seriesMaxPerMetric);
    assert.match(text, /^tandem_metric_series_dropped_total 20$/m);
    assert.match(text, /^tandem_metric_undeclared_total 1$/m);
  });
});
