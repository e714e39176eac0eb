/** Every metric of Tandem, one row each; `docs/metrics.md` lists the same, a test compares. */
export interface MetricRow {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  readonly buckets?: readonly number[];
}

export const metricsTable: readonly MetricRow[] = [
  { name: 'tandem_agi_sessions', kind: 'gauge', labels: [], help: 'FastAGI sessions open now' },
  {
    name: 'tandem_agi_sessions_total',
    kind: 'counter',
    labels: ['application', 'result'],
    help: 'FastAGI sessions that ended: ok, error, gone (caller hung up), unknown (no such application)',
  },
  { name: 'tandem_agi_session_seconds', kind: 'histogram', labels: ['application'], help: 'length of FastAGI sessions, seconds' },
  {
    name: 'tandem_agi_refused_total',
    kind: 'counter',
    labels: ['reason'],
    help: 'FastAGI connections refused: address, sessions, stopping',
  },
  { name: 'tandem_agi_protocol_errors_total', kind: 'counter', labels: [], help: 'lines from Asterisk that were out of place' },
  {
    name: 'tandem_agi_command_timeouts_total',
    kind: 'counter',
    labels: [],
    help: 'AGI commands without an answer in time; the session was given up',
  },
  { name: 'tandem_agi_accept_errors_total', kind: 'counter', labels: [], help: 'failures to take a connection, e.g. no descriptor left' },
  { name: 'tandem_esl_sessions', kind: 'gauge', labels: [], help: 'outbound-socket sessions open now' },
  { name: 'tandem_esl_sessions_total', kind: 'counter', labels: ['outcome'], help: 'outbound-socket sessions that ended, by outcome' },
  { name: 'tandem_esl_session_seconds', kind: 'histogram', labels: [], help: 'length of outbound-socket sessions, seconds' },
  { name: 'tandem_esl_refused_total', kind: 'counter', labels: ['reason'], help: 'outbound-socket connections refused' },
  {
    name: 'tandem_esl_skipped_total',
    kind: 'counter',
    labels: ['reason'],
    help: 'frames from FreeSWITCH that could not be read and were passed over',
  },
  { name: 'tandem_esl_up', kind: 'gauge', labels: ['switch'], help: '1 while the event-socket link is up and synchronised' },
  {
    name: 'tandem_esl_commands_total',
    kind: 'counter',
    labels: ['switch', 'outcome'],
    help: 'commands over event-socket links by outcome',
  },
  {
    name: 'tandem_esl_command_seconds',
    kind: 'histogram',
    labels: ['switch'],
    help: 'time to the answer of an event-socket command, seconds',
  },
  { name: 'tandem_esl_events_total', kind: 'counter', labels: ['switch'], help: 'events received over event-socket links' },
  { name: 'tandem_esl_disconnects_total', kind: 'counter', labels: ['switch'], help: 'event-socket links that ended' },
  { name: 'tandem_esl_listener_errors_total', kind: 'counter', labels: ['switch'], help: 'failures inside our own event listeners' },
  { name: 'tandem_ami_up', kind: 'gauge', labels: ['switch'], help: '1 while the manager link is up and synchronised' },
  { name: 'tandem_ami_actions_total', kind: 'counter', labels: ['switch', 'outcome'], help: 'manager actions by outcome' },
  { name: 'tandem_ami_action_seconds', kind: 'histogram', labels: ['switch'], help: 'time to the answer of a manager action, seconds' },
  { name: 'tandem_ami_events_total', kind: 'counter', labels: ['switch'], help: 'manager events received' },
  { name: 'tandem_ami_disconnects_total', kind: 'counter', labels: ['switch'], help: 'manager connections that ended' },
  { name: 'tandem_ami_listener_errors_total', kind: 'counter', labels: ['switch'], help: 'failures inside our own event listeners' },
  {
    name: 'tandem_handovers_total',
    kind: 'counter',
    labels: ['exit', 'reason'],
    help: 'lookups by exit letter and reason; exit none: the caller hung up or Tandem stopped (X-29)',
  },
  { name: 'tandem_handover_seconds', kind: 'histogram', labels: ['exit'], help: 'time of a lookup from arrival to exit, seconds' },
  {
    name: 'tandem_handover_cut_fields_total',
    kind: 'counter',
    labels: ['field'],
    help: 'lead fields that were longer than their column and cut (AGI-7)',
  },
  {
    name: 'tandem_handover_warnings_total',
    kind: 'counter',
    labels: ['warning'],
    help: 'answers that were usable but odd: header line, extra lines, status 5xx',
  },
  { name: 'tandem_peer_request_seconds', kind: 'histogram', labels: ['peer'], help: 'time of requests to a peer, seconds' },
  { name: 'tandem_peer_breaker', kind: 'gauge', labels: ['peer'], help: 'circuit breaker of a peer: 0 closed, 1 probing, 2 open (X-31)' },
  { name: 'tandem_caller_codes_total', kind: 'counter', labels: ['reason'], help: 'caller codes given to calls of ours, by result' },
  { name: 'tandem_menu_exits_total', kind: 'counter', labels: ['result'], help: 'call menus left, by result' },
  { name: 'tandem_queue_entries_total', kind: 'counter', labels: ['result'], help: 'queue entries ended, by result' },
  {
    name: 'tandem_lead_api_requests_total',
    kind: 'counter',
    labels: ['function', 'outcome'],
    help: 'requests of the lead API by function and outcome',
  },
  { name: 'tandem_lead_api_seconds', kind: 'histogram', labels: ['function'], help: 'time of requests of the lead API, seconds' },
  {
    name: 'tandem_lead_api_miss_alarms_total',
    kind: 'counter',
    labels: [],
    help: 'somebody tries caller codes: many unknown ones of one user in a minute (W-7)',
  },
  {
    name: 'tandem_agent_api_requests_total',
    kind: 'counter',
    labels: ['function', 'result'],
    help: 'fronter commands by function and result',
  },
  { name: 'tandem_fronter_peer_commands_total', kind: 'counter', labels: ['result'], help: 'fronter commands sent to peers, by result' },
  { name: 'tandem_api_logins_total', kind: 'counter', labels: ['result'], help: 'logins by result: ok, BAD, LOCK, IPBLOCK, 2FA, RATE' },
  { name: 'tandem_api_login_record_failures_total', kind: 'counter', labels: [], help: 'login counters that could not be stored' },
  { name: 'tandem_http_errors_total', kind: 'counter', labels: ['code'], help: 'HTTP requests answered with an error, by code' },
  { name: 'tandem_store_failures_total', kind: 'counter', labels: ['verdict'], help: 'database failures by what was done about them' },
  { name: 'tandem_store_log_dropped_total', kind: 'counter', labels: ['log', 'why'], help: 'log rows that could not be kept' },
  { name: 'tandem_store_log_queue', kind: 'gauge', labels: [], help: 'log rows that wait to be stored' },
  {
    name: 'tandem_store_log_group_size',
    kind: 'histogram',
    labels: [],
    help: 'log rows stored together',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  },
  { name: 'tandem_store_log_group_seconds', kind: 'histogram', labels: [], help: 'time to store a group of log rows, seconds' },
];
