/** Settings from the environment and a YAML file, all checked at once (H21). The environment wins. */
import { isNetwork } from '../core/address-list.js';
import { TandemError } from '../core/errors.js';
import { isZone } from '../core/time.js';
import { eventSocketConfig } from './config-event-socket.js';
import { opensipsConfig } from './config-opensips.js';
import { accessConfig } from './config-access.js';
import { callcenterConfig } from './config-callcenter.js';
import { crmConfig } from './config-crm.js';
import { outboundConfig } from './config-toll.js';
import { queuesConfig } from './config-queues.js';
import { knownDefaultSecrets } from './known-secrets.js';
import { literalValue } from './settings-literal.js';
import { environmentName, settingsTable, type SettingName, type SettingRow } from './settings-table.js';
import { describeProblems, readYamlFile, type Problem, type YamlFile } from './yaml-file.js';

export interface SwitchAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly secret: string;
}

export type Config = ReturnType<typeof buildConfig>;

export { knownDefaultSecrets };

type Environment = Readonly<Record<string, string | undefined>>;

/** The effective settings. Throws TDM_BAD_SETTING whose message lists every problem, one per line. */
export function readConfig(env: Environment): Config {
  const reader = createReader(env);
  const config = buildConfig(reader);
  if (reader.problems.length) throw new TandemError('TDM_BAD_SETTING', ['configuration', `\n${describeProblems(reader.problems)}`]);
  return config;
}

export interface Reader {
  readonly problems: Problem[];
  text(name: SettingName): string;
  int(name: SettingName): number;
  yes(name: SettingName): boolean;
  list(name: SettingName): readonly string[];
  /** it stands in the environment or the file, be it the default's own value */
  isGiven(name: SettingName): boolean;
  complain(name: SettingName, message: string): void;
}

const isYes = (text: string): boolean => ['yes', 'true', '1', 'on'].includes(text.toLowerCase());
const rows = new Map<string, SettingRow>(settingsTable.map((row) => [row.name, row]));

function createReader(env: Environment): Reader {
  const problems: Problem[] = [];
  const file = readFile(env['TANDEM_CONFIG'], problems);
  const fromFile = (file?.value ?? {}) as Record<string, unknown>;
  checkNames(env, file, problems);

  const literal = (row: SettingRow | undefined): string | undefined =>
    row && isDialerOn(env, fromFile) ? literalValue(row, env) : undefined;
  const place = (name: string): Pick<Problem, 'file' | 'line' | 'path'> => {
    const inEnv = env[environmentName(name)] !== undefined;
    const [also] = rows.get(name)?.also ?? [];
    const isLiteral = !inEnv && !(name in fromFile) && literal(rows.get(name)) !== undefined;
    return inEnv || !file || !(name in fromFile)
      ? { file: 'environment', line: undefined, path: isLiteral && also !== undefined ? also : environmentName(name) }
      : { file: file.file, line: file.lineOf([name]), path: name };
  };
  const complain = (name: SettingName, message: string) => {
    problems.push({ ...place(name), message });
  };
  const text = (name: SettingName): string => {
    const row = rows.get(name);
    const given = env[environmentName(name)] ?? plain(fromFile[name]) ?? literal(row) ?? row?.fallback ?? '';
    if (row?.choices && !row.choices.includes(given)) complain(name, `must be one of ${row.choices.join(', ')}`);
    return given;
  };
  return {
    problems,
    text,
    isGiven: (name) => env[environmentName(name)] !== undefined || name in fromFile,
    complain,
    int(name) {
      const given = text(name);
      const { min = 0, max = Number.MAX_SAFE_INTEGER, unit } = rows.get(name) ?? {};
      const value = Number(given);
      if (/^-?\d{1,15}$/.test(given) && value >= min && value <= max) return value;
      complain(name, `must be a whole number from ${String(min)} to ${String(max)}${unit ? ` (${unit})` : ''}`);
      return min;
    },
    yes(name) {
      const given = text(name).toLowerCase();
      if (isYes(given)) return true;
      if (!['no', 'false', '0', 'off', ''].includes(given)) complain(name, 'must be yes or no');
      return false;
    },
    list: (name) =>
      text(name)
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
  };
}

const isDialerOn = (env: Environment, fromFile: Record<string, unknown>): boolean =>
  isYes(env[environmentName('dialer')] ?? plain(fromFile['dialer']) ?? '');

function plain(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value.map((part: unknown) => plain(part) ?? '').join(',');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function readFile(name: string | undefined, problems: Problem[]): YamlFile | undefined {
  if (!name) return undefined;
  try {
    const file = readYamlFile(name);
    problems.push(...file.problems);
    if (!file.problems.length && (typeof file.value !== 'object' || file.value === null || Array.isArray(file.value)))
      problems.push({ file: name, line: 1, path: '', message: 'must be a map of settings' });
    return file;
  } catch (e) {
    problems.push({ file: name, line: undefined, path: '', message: e instanceof Error ? e.message : String(e) });
    return undefined;
  }
}

/** A misspelt setting is an error, not a silent default. */
function checkNames(env: Environment, file: YamlFile | undefined, problems: Problem[]): void {
  const apart = new Set(['TANDEM_CONFIG', 'TANDEM_TEST_CACHE']);
  for (const name of Object.keys(env))
    if (name.startsWith('TANDEM_') && !apart.has(name) && !name.startsWith('TANDEM_TEST_') && !rows.has(name.slice(7).toLowerCase()))
      problems.push({ file: 'environment', line: undefined, path: name, message: 'no such setting' });
  if (file && typeof file.value === 'object' && file.value !== null)
    for (const key of Object.keys(file.value))
      if (!rows.has(key)) problems.push({ file: file.file, line: file.lineOf([key]), path: key, message: 'no such setting' });
}

function buildConfig(read: Reader) {
  const amiLinks = switches(read, 'ami_urls', 'ami:', 5038);
  const freeswitchLinks = switches(read, 'freeswitch_urls', 'esl:', 8021);
  const config = {
    databaseUrl: databaseUrl(read),
    databaseOwnSchema: read.text('database_own_schema'),
    databasePool: read.int('database_pool'),
    databaseMsMax: read.int('database_ms_max'),
    zone: zone(read),
    serverIp: read.text('server_ip'),
    http: {
      host: read.text('http_host'),
      port: read.int('http_port'),
      allow: networks(read, 'http_allow'),
      connectionsMax: read.int('http_connections_max'),
    },
    agi: {
      host: read.text('agi_host'),
      port: read.int('agi_port'),
      allow: networks(read, 'agi_allow'),
      sessionsMax: read.int('agi_sessions_max'),
      lineBytesMax: read.int('agi_line_bytes_max'),
    },
    esl: {
      host: read.text('esl_host'),
      port: read.int('esl_port'),
      allow: networks(read, 'esl_allow'),
      sessionsMax: read.int('esl_sessions_max'),
    },
    amiLinks,
    freeswitchLinks,
    /** longest pause between two tries to reach a FreeSWITCH */
    freeswitchRetryMs: read.int('freeswitch_retry_s') * 1000,
    logLevel: read.text('log_level') as 'debug' | 'info' | 'warn' | 'error',
    logLeadData: read.yes('log_lead_data'),
    apiPaths: paths(read, 'api_paths'),
    agentApiPaths: paths(read, 'agent_api_paths'),
    proxyHeader: read.text('proxy_header').toLowerCase(),
    trustedProxies: networks(read, 'trusted_proxies'),
    codeWindowS: read.int('code_window_s'),
    apiUserRequestsPerMinute: read.int('api_user_requests_per_minute'),
    apiMissesPerMinute: read.int('api_misses_per_minute'),
    trustedPeers: networks(read, 'trusted_peers'),
    signedOnlyPeers: read.list('signed_only_peers'),
    lookupConnectMsMax: read.int('lookup_connect_ms_max'),
    lookupMsMax: read.int('lookup_ms_max'),
    lookupFailExit: read.text('lookup_fail_exit') as 'A' | 'B' | 'C' | 'D',
    lookupWrongTrunkExit: read.text('lookup_wrong_trunk_exit') as 'A' | 'B' | 'C' | 'D',
    lookupSilence: read.yes('lookup_silence'),
    keepEntryListId: read.yes('keep_entry_list_id'),
    handoverWindowS: read.int('handover_window_s'),
    provision: read.text('provision') || undefined,
    queues: queuesConfig(read),
    access: accessConfig(read),
    eventSocket: eventSocketConfig(read),
    opensips: opensipsConfig(read),
    callcenter: callcenterConfig(read),
    crm: crmConfig(read),
    ...outboundConfig(read, { amiLinks, freeswitchLinks }),
    stopGraceMs: read.int('stop_grace_ms'),
    allowDefaultSecrets: read.yes('allow_default_secrets'),
    api: { url: read.text('api_url'), user: read.text('api_user'), pass: read.text('api_pass') },
  };
  refuseDefaultSecrets(read, config);
  refuseSameNames(read, config);
  return config;
}

function databaseUrl(read: Reader): string {
  const url = read.text('database_url');
  if (!/^(sqlite:.+|(mysql|mariadb):\/\/.+\/[A-Za-z0-9_$-]+)$/.test(url))
    read.complain('database_url', 'must be sqlite:FILE or mysql://user:secret@host:port/database');
  return url;
}

function zone(read: Reader): string {
  const given = read.text('zone');
  const name = given === rows.get('zone')?.fallback ? Intl.DateTimeFormat().resolvedOptions().timeZone : given;
  if (!isZone(name)) read.complain('zone', `"${name}" is no IANA time zone`);
  return name;
}

function paths(read: Reader, name: 'api_paths' | 'agent_api_paths'): readonly string[] {
  const list = read.list(name);
  for (const path of list) if (!/^\/[A-Za-z0-9._~/-]*$/.test(path)) read.complain(name, `"${path}" is no plain path`);
  if (!list.length) read.complain(name, 'needs at least one path');
  return list;
}

/** Addresses (`10.0.0.5`) and networks (`10.0.0.0/8`) as given; each is checked. */
export function networks(read: Reader, name: SettingName): readonly string[] {
  const list = read.list(name);
  for (const entry of list) if (!isNetwork(entry)) read.complain(name, `"${entry}" is no address and no network`);
  return list;
}

function switches(read: Reader, name: 'ami_urls' | 'freeswitch_urls', protocol: string, defaultPort: number): readonly SwitchAddress[] {
  const list = read.list(name).flatMap((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== protocol || !url.hostname) {
      read.complain(
        name,
        `entry ${String(read.list(name).indexOf(text) + 1)} must look like ${protocol}//user:secret@host:${String(defaultPort)}/name`,
      );
      return [];
    }
    const node = url.pathname.slice(1) || url.hostname;
    if (!/^[A-Za-z0-9_.-]{1,40}$/.test(node)) read.complain(name, `"${node}" is no node name`);
    return [
      {
        name: node,
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: Number(url.port || defaultPort),
        user: decodeURIComponent(url.username),
        secret: decodeURIComponent(url.password),
      },
    ];
  });
  for (const node of new Set(list.map((entry) => entry.name)))
    if (list.filter((entry) => entry.name === node).length > 1) read.complain(name, `node name "${node}" is used twice`);
  return list;
}

/** A channel is named by its switch and its id there, whatever kind of switch it is. */
function refuseSameNames(
  read: Reader,
  config: { readonly amiLinks: readonly SwitchAddress[]; readonly freeswitchLinks: readonly SwitchAddress[] },
): void {
  for (const { name } of config.freeswitchLinks)
    if (config.amiLinks.some((link) => link.name === name)) read.complain('freeswitch_urls', `node name "${name}" is used by ami_urls too`);
}

function refuseDefaultSecrets(
  read: Reader,
  config: {
    amiLinks: readonly SwitchAddress[];
    freeswitchLinks: readonly SwitchAddress[];
    databaseUrl: string;
    allowDefaultSecrets: boolean;
  },
): void {
  if (config.allowDefaultSecrets) return;
  const refuse = (name: SettingName, node: string, secret: string) => {
    if (secret === '') read.complain(name, `"${node}" has no secret`);
    else if (knownDefaultSecrets.has(secret))
      read.complain(name, `"${node}" uses a well-known default secret; set your own (or allow_default_secrets in a laboratory)`);
  };
  for (const link of config.amiLinks) refuse('ami_urls', link.name, link.secret);
  for (const link of config.freeswitchLinks) refuse('freeswitch_urls', link.name, link.secret);
  const secret = /^(?:mysql|mariadb):\/\/[^:@/]*:([^@]*)@/.exec(config.databaseUrl)?.[1];
  if (secret !== undefined && knownDefaultSecrets.has(decodeURIComponent(secret)))
    read.complain('database_url', 'uses a well-known default secret');
}
