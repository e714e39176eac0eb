/**
 * Every setting of Tandem: one row each. The environment name is `TANDEM_` plus the upper-case
 * name; in the YAML file named by TANDEM_CONFIG the key is the lower-case name. `docs/settings.md`
 * is printed from this table (`tandem settings`), and a test compares the two.
 */
import { accessSettings } from './settings-access.js';
import { lookupSettings } from './settings-lookup.js';
import { callcenterSettings } from './settings-callcenter.js';
import { crmSettings } from './settings-crm.js';
import { dialerSettings, freeswitchRetry } from './settings-dialer.js';
import { eventSocketSettings } from './settings-event-socket.js';
import { opensipsSettings } from './settings-opensips.js';
import { queueSettings } from './settings-queues.js';

export interface SettingRow {
  readonly name: string;
  readonly kind: 'text' | 'int' | 'yes-no' | 'list' | 'choice';
  readonly fallback: string;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** the value is never printed */
  readonly secret?: true;
  /** the reference dialer's names for it, see settings-literal.ts */
  readonly also?: readonly string[];
  readonly text: string;
  readonly example: string;
}

const loopback = '127.0.0.0/8,::1';
const port = { kind: 'int', min: 0, max: 65_535 } as const;

export const settingsTable = [
  {
    name: 'database_url',
    kind: 'text',
    fallback: 'sqlite:./data/tandem.db',
    secret: true,
    also: ['DB_URL', 'DB_PORT', 'DB_NAME', 'DB_USERNAME', 'DB_PASS'],
    text: '`sqlite:FILE` or `mysql://user:secret@host:3306/database`; several hosts separated by commas, the first healthy one is written to',
    example: 'mysql://tandem:s3cr-et@10.0.0.5:3306,10.0.0.6:3306/asterisk',
  },
  {
    name: 'database_own_schema',
    kind: 'text',
    fallback: '',
    text: 'MySQL/MariaDB database for the tables named tandem_*, when they are to stand apart from an existing VICIdial database; empty = the same',
    example: 'tandem',
  },
  {
    name: 'database_pool',
    kind: 'int',
    fallback: '10',
    min: 1,
    max: 100,
    unit: 'connections',
    text: 'connections per database host',
    example: '10',
  },
  {
    name: 'database_ms_max',
    kind: 'int',
    fallback: '2500',
    min: 100,
    max: 60_000,
    unit: 'ms',
    text: 'longest wait for one statement',
    example: '2500',
  },
  {
    name: 'zone',
    kind: 'text',
    fallback: 'the system zone',
    text: 'IANA time zone of VICIdial date columns, of caller codes and of the log window',
    example: 'America/New_York',
  },
  {
    name: 'server_ip',
    kind: 'text',
    fallback: '127.0.0.1',
    text: 'address of this switch as VICIdial names it (`VARserver_ip`), written to log rows',
    example: '10.0.0.5',
  },
  { name: 'http_host', kind: 'text', fallback: '127.0.0.1', text: 'address of the HTTP service', example: '0.0.0.0' },
  { name: 'http_port', ...port, fallback: '8088', text: 'port of the HTTP service; 0 = any free one', example: '8088' },
  {
    name: 'http_allow',
    kind: 'list',
    fallback: '0.0.0.0/0,::/0',
    text: 'addresses and networks that may use the HTTP service',
    example: '10.0.0.0/8,127.0.0.1',
  },
  {
    name: 'http_connections_max',
    kind: 'int',
    fallback: '2000',
    min: 1,
    max: 100_000,
    unit: 'connections',
    text: 'HTTP connections at once',
    example: '2000',
  },
  { name: 'agi_host', kind: 'text', fallback: '127.0.0.1', text: 'address of the FastAGI door', example: '0.0.0.0' },
  { name: 'agi_port', ...port, fallback: '4573', text: 'port of the FastAGI door; 0 = any free one', example: '4573' },
  {
    name: 'agi_allow',
    kind: 'list',
    fallback: loopback,
    text: 'addresses and networks of the Asterisk servers',
    example: '10.0.0.0/24,127.0.0.1',
  },
  {
    name: 'agi_sessions_max',
    kind: 'int',
    fallback: '5000',
    min: 1,
    max: 100_000,
    unit: 'sessions',
    text: 'FastAGI sessions at once; further ones are refused and the dialplan goes on',
    example: '5000',
  },
  {
    name: 'agi_line_bytes_max',
    kind: 'int',
    fallback: '8190',
    min: 256,
    max: 8190,
    unit: 'bytes',
    text: 'longest AGI command; 2046 for Asterisk releases with a short buffer',
    example: '8190',
  },
  { name: 'esl_host', kind: 'text', fallback: '127.0.0.1', text: 'address of the FreeSWITCH outbound-socket door', example: '0.0.0.0' },
  { name: 'esl_port', ...port, fallback: '8084', text: 'port of the outbound-socket door; 0 = any free one', example: '8084' },
  {
    name: 'esl_allow',
    kind: 'list',
    fallback: loopback,
    text: 'addresses and networks of the FreeSWITCH servers',
    example: '10.0.0.0/24,127.0.0.1',
  },
  {
    name: 'esl_sessions_max',
    kind: 'int',
    fallback: '2000',
    min: 1,
    max: 100_000,
    unit: 'sessions',
    text: 'outbound-socket sessions at once',
    example: '2000',
  },
  {
    name: 'ami_urls',
    kind: 'list',
    fallback: '',
    secret: true,
    text: 'links to Asterisk managers, `ami://user:secret@host:5038/name` separated by commas',
    example: 'ami://tandem:s3cr-et@127.0.0.1:5038/alpha',
  },
  {
    name: 'freeswitch_urls',
    kind: 'list',
    fallback: '',
    secret: true,
    also: ['ESL_IP', 'ESL_PORT', 'ESL_PASSWORD'],
    text: 'links to FreeSWITCH event sockets, `esl://:secret@host:8021/name` separated by commas',
    example: 'esl://:s3cr-et@127.0.0.1:8021/fs1',
  },
  freeswitchRetry,
  {
    name: 'log_level',
    kind: 'choice',
    fallback: 'info',
    choices: ['debug', 'info', 'warn', 'error'],
    also: ['LOG_LEVEL'],
    text: 'least level that is logged (JSON lines on standard error)',
    example: 'info',
  },
  {
    name: 'log_lead_data',
    kind: 'yes-no',
    fallback: 'no',
    text: 'keep the lead itself in vicidial_api_log, as VICIdial does; off: lead id and field count only; vicidial_url_log never has it (W-11)',
    example: 'no',
  },
  {
    name: 'api_paths',
    kind: 'list',
    fallback: '/vicidial/non_agent_api.php',
    text: 'paths of the VICIdial-compatible Non-Agent API',
    example: '/vicidial/non_agent_api.php,/admin/non_agent_api.php',
  },
  {
    name: 'agent_api_paths',
    kind: 'list',
    fallback: '/agc/api.php',
    text: 'paths of the VICIdial-compatible Agent API (fronter commands)',
    example: '/agc/api.php',
  },
  {
    name: 'proxy_header',
    kind: 'text',
    fallback: '',
    text: 'header with the client address, believed only from trusted_proxies (API-9); empty = the socket counts',
    example: 'x-forwarded-for',
  },
  {
    name: 'trusted_proxies',
    kind: 'list',
    fallback: '',
    text: 'addresses of reverse proxies whose proxy_header is believed',
    example: '10.0.0.9',
  },
  ...lookupSettings,
  {
    name: 'provision',
    kind: 'text',
    fallback: '',
    text: 'provisioning file applied at start, on SIGHUP and by POST /api/v1/reload',
    example: '/etc/tandem/site.yaml',
  },
  ...queueSettings,
  {
    name: 'events_days',
    kind: 'int',
    fallback: '7',
    min: 1,
    max: 400,
    unit: 'days',
    text: 'how long events are kept for those who were away',
    example: '14',
  },
  {
    name: 'event_streams_max',
    kind: 'int',
    fallback: '1000',
    min: 1,
    max: 100_000,
    unit: 'streams',
    text: 'event streams (server-sent events) at once; each is an HTTP connection, see http_connections_max',
    example: '1000',
  },
  {
    name: 'webhook_hosts',
    kind: 'list',
    fallback: '',
    text: 'hosts, addresses and networks to which webhooks may be sent by plain http or although they are not public; all others need https and a public address',
    example: 'crm.lan,127.0.0.1,10.0.0.0/8',
  },
  {
    name: 'stop_grace_ms',
    kind: 'int',
    fallback: '30000',
    min: 0,
    max: 3_600_000,
    unit: 'ms',
    text: 'how long running calls may finish after the first stop signal',
    example: '30000',
  },
  {
    name: 'allow_default_secrets',
    kind: 'yes-no',
    fallback: 'no',
    text: 'start although a well-known default secret is in use; for laboratories only',
    example: 'no',
  },
  {
    name: 'api_url',
    kind: 'text',
    fallback: '',
    text: 'where commands such as `tandem explain` find the running Tandem; empty = http_host and http_port',
    example: 'http://10.0.0.5:8088',
  },
  {
    name: 'api_user',
    kind: 'text',
    fallback: '',
    text: 'user with whom such commands ask',
    example: 'operator',
  },
  {
    name: 'api_pass',
    kind: 'text',
    fallback: '',
    secret: true,
    text: 'password of that user, or `file:/path` of it',
    example: 'file:/etc/tandem/api-pass',
  },
  ...eventSocketSettings,
  ...opensipsSettings,
  ...callcenterSettings,
  ...dialerSettings,
  ...crmSettings,
  ...accessSettings,
] as const satisfies readonly SettingRow[];

export type SettingName = (typeof settingsTable)[number]['name'];

export const environmentName = (name: string): string => `TANDEM_${name.toUpperCase()}`;
