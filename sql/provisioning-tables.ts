/** What `tandem apply` may read and change: the tables, their columns, and the order of rows. */
import { vicidialTables } from './schema/vicidial.js';

export type ProvisionedTable =
  | 'vicidial_users'
  | 'vicidial_user_groups'
  | 'vicidial_settings_containers'
  | 'vicidial_lists'
  | 'vicidial_list'
  | 'vicidial_ip_list_entries'
  | 'system_settings'
  | 'servers'
  | 'vicidial_log_extended'
  | 'vicidial_dial_log'
  | 'tandem_accounts'
  | 'tandem_user_secrets'
  | 'tandem_user_rights'
  | 'tandem_peers'
  | 'tandem_menus'
  | 'tandem_queues'
  | 'tandem_agents'
  | 'tandem_tiers'
  | 'tandem_callers'
  | 'tandem_queue_settings'
  | 'tandem_pause_reasons';

export interface ProvisionedColumns {
  readonly columns: readonly string[];
  readonly orderBy: readonly string[];
}

const declared = (name: string): readonly string[] => Object.keys(vicidialTables.find((table) => table.name === name)?.columns ?? {});
const vicidial = (name: string, ...orderBy: string[]): ProvisionedColumns => ({ columns: declared(name), orderBy });

export const provisionedTables: Readonly<Record<ProvisionedTable, ProvisionedColumns>> = {
  vicidial_users: vicidial('vicidial_users', 'user'),
  vicidial_user_groups: vicidial('vicidial_user_groups', 'user_group'),
  vicidial_settings_containers: vicidial('vicidial_settings_containers', 'container_id'),
  vicidial_lists: vicidial('vicidial_lists', 'list_id'),
  vicidial_list: vicidial('vicidial_list', 'lead_id'),
  vicidial_ip_list_entries: vicidial('vicidial_ip_list_entries', 'ip_list_id', 'ip_address'),
  system_settings: { columns: declared('system_settings'), orderBy: [] },
  servers: vicidial('servers', 'server_id'),
  vicidial_log_extended: vicidial('vicidial_log_extended', 'call_date', 'uniqueid'),
  vicidial_dial_log: vicidial('vicidial_dial_log', 'call_date', 'caller_code'),
  tandem_accounts: { columns: ['user', 'peer_id', 'window_s', 'one_time', 'requests_per_minute', 'lists', 'addresses'], orderBy: ['user'] },
  tandem_user_secrets: { columns: ['user', 'secret_hash'], orderBy: ['user'] },
  tandem_user_rights: { columns: ['user', 'queues', 'agent_id'], orderBy: ['user'] },
  tandem_peers: {
    columns: [
      'peer_id',
      'kind',
      'active',
      'base_url',
      'non_agent_path',
      'agent_path',
      'user',
      'pass',
      'source',
      'stage',
      'credentials',
      'verify_tls',
      'ca_file',
      'pin_sha256',
      'client_cert_file',
      'client_key_file',
      'connect_ms_max',
      'request_ms_max',
      'allow_extra_fields',
      'trunks',
    ],
    orderBy: ['peer_id'],
  },
  tandem_menus: { columns: ['menu_id', 'definition'], orderBy: ['menu_id'] },
  tandem_queues: { columns: ['queue_id', 'definition'], orderBy: ['queue_id'] },
  tandem_agents: { columns: ['agent_id', 'definition', 'pin_hash'], orderBy: ['agent_id'] },
  tandem_tiers: { columns: ['queue_id', 'agent_id', 'level', 'position'], orderBy: ['queue_id', 'agent_id'] },
  tandem_callers: { columns: ['number', 'blocked', 'base_score_s', 'agent_id'], orderBy: ['number'] },
  tandem_queue_settings: { columns: ['name', 'value'], orderBy: ['name'] },
  tandem_pause_reasons: { columns: ['code', 'text', 'paid', 'max_s', 'max_per_day_s'], orderBy: ['code'] },
};

/** Changes of these count up the revision `queues`, by which a running Tandem learns of them. */
export const queueTables: readonly ProvisionedTable[] = [
  'tandem_queues',
  'tandem_agents',
  'tandem_tiers',
  'tandem_callers',
  'tandem_queue_settings',
  'tandem_pause_reasons',
];
