/** Settings of the access to the own API: browser sessions, audit. */
export const accessSettings = [
  {
    name: 'session_cookie_secure',
    kind: 'yes-no',
    fallback: 'no',
    text: 'session cookies are for TLS alone; without it they are when the page came by https',
    example: 'yes',
  },
  {
    name: 'http_origins',
    kind: 'list',
    fallback: '',
    text: 'origins of pages that may use browser sessions beside the address of the request itself, for proxies that change the Host header',
    example: 'https://board.example',
  },
  {
    name: 'audit_days',
    kind: 'int',
    fallback: '400',
    min: 1,
    max: 10_000,
    unit: 'days',
    text: 'how long rows of tandem_audit are kept',
    example: '400',
  },
  {
    name: 'event_streams_per_user_max',
    kind: 'int',
    fallback: '250',
    min: 1,
    max: 100_000,
    unit: 'streams',
    text: 'event streams of one user or API key at once: events, board, campaigns together; beyond it 429 TDM_TOO_MANY',
    example: '250',
  },
] as const;
