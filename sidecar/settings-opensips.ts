/** Settings of the faces that speak OpenSIPS's words: `/mi`, its events, its tables. */
export const opensipsSettings = [
  {
    name: 'mi_allow',
    kind: 'list',
    fallback: '',
    text: 'addresses and networks that may use `/mi` without a login, as `opensips-cli` does; empty = nobody. Whoever is in it may log agents in and out',
    example: '127.0.0.1',
  },
  {
    name: 'mi_events_allow',
    kind: 'list',
    fallback: '127.0.0.0/8,::1',
    text: 'addresses and networks to which events of `event_subscribe` may be sent',
    example: '127.0.0.1,10.0.0.0/8',
  },
  {
    name: 'cc_calls_view',
    kind: 'text',
    fallback: 'cc_calls',
    text: "name of the view with OpenSIPS's columns of running calls; empty = none",
    example: 'cc_calls',
  },
  {
    name: 'cc_cdrs_view',
    kind: 'text',
    fallback: 'cc_cdrs',
    text: "name of the view with OpenSIPS's columns of ended calls and rejections; empty = none",
    example: 'cc_cdrs',
  },
] as const;
