/** Metrics of the caps against toll fraud, and of what could not be told by the event feed. */
import type { MetricRow } from './metrics-table.js';

export const tollMetrics: readonly MetricRow[] = [
  {
    name: 'tandem_toll_stopped_total',
    kind: 'counter',
    labels: ['origin', 'reason'],
    help: 'calls that a cap against toll fraud stopped, by who ordered them (dialer, callback, click, agent) and why (docs/toll-caps.md)',
  },
  {
    name: 'tandem_toll_counts_waiting',
    kind: 'gauge',
    labels: [],
    help: 'numbers and gateways whose calls and minutes of the day are not in the database yet: other processes do not count them (docs/toll-caps.md)',
  },
  {
    name: 'tandem_feed_news_left_out_total',
    kind: 'counter',
    labels: ['type'],
    help: 'news of the dialer that no event tells: this process does not own the queues, or too many events wait for the database',
  },
];
