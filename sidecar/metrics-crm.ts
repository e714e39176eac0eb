/** Metrics of the call journal and the CRM connector. */
import type { MetricRow } from './metrics-table.js';

export const crmMetrics: readonly MetricRow[] = [
  { name: 'tandem_journal_open_calls', kind: 'gauge', labels: [], help: 'calls of the journal that are not over' },
  { name: 'tandem_journal_notices_total', kind: 'counter', labels: ['type'], help: 'news of the journal: call-started, leg-ringing, ...' },
  {
    name: 'tandem_journal_lost_total',
    kind: 'counter',
    labels: [],
    help: 'events, calls or messages that were dropped: too many waited for the database, or a bound of the journal was reached',
  },
  {
    name: 'tandem_crm_deliveries_total',
    kind: 'counter',
    labels: ['binding', 'outcome'],
    help: 'requests to a CRM: delivered, unsent, ambiguous, verified-5xx, auth (wrong key), rejected; dead: a message was given up',
  },
  {
    name: 'tandem_crm_recordings_removed_total',
    kind: 'counter',
    labels: ['outcome'],
    help: 'old recordings: removed, gone (was not there), away (its root is empty or not there), foreign (outside of the roots), elsewhere (on another host), failed',
  },
  {
    name: 'tandem_crm_undeliverable_total',
    kind: 'counter',
    labels: ['binding'],
    help: 'calls that a CRM cannot be told of, because it keeps none without a user',
  },
  {
    name: 'tandem_crm_requests_total',
    kind: 'counter',
    labels: ['route', 'outcome'],
    help: 'requests of CRMs: ok, unauthorized, or why they were refused',
  },
];
