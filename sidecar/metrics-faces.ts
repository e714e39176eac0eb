/** Metrics of the faces that speak other systems' words. */
import type { MetricRow } from './metrics-table.js';

export const faceMetrics: readonly MetricRow[] = [
  {
    name: 'tandem_mi_events_dropped_total',
    kind: 'counter',
    labels: ['reason'],
    help: 'events of the management interface that a subscriber did not get: unreachable, slow',
  },
  { name: 'tandem_event_socket_connections', kind: 'gauge', labels: [], help: 'clients of the event socket now' },
  {
    name: 'tandem_event_socket_refused_total',
    kind: 'counter',
    labels: ['reason'],
    help: 'connections to the event socket that were refused: address, limit, user (has too many)',
  },
  {
    name: 'tandem_event_socket_cut_total',
    kind: 'counter',
    labels: ['reason'],
    help: 'clients of the event socket that were cut off: login (none in time), protocol, slow (does not read), failed',
  },
];
