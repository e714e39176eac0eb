/** The provisioning file as rows of tables, with VICIdial's column names. */
import { leadFields } from '../leads/lead.js';
import { sqlDateTime } from '../time.js';
import { canonical } from './names.js';
import type { Cell, ProvisionedTable, Row, SecretsOf } from './plan.js';
import { queueRows } from './queue-rows.js';
import type { Provisioning } from './schema.js';

export interface WantedRow {
  readonly table: ProvisionedTable;
  readonly key: Readonly<Record<string, string | number>>;
  /** compared with the stored row and updated */
  readonly values: Row;
  /** given only when the row is new */
  readonly onInsert?: Row;
}

export interface Instant {
  readonly nowMs: number;
  readonly zone: string;
  /** proofs that exist get their age anew: for demonstrations only */
  readonly refreshCalls?: boolean;
}

const yn = (value: boolean): string => (value ? 'Y' : 'N');
const bit = (value: boolean): string => (value ? '1' : '0');

/** All rows in an order in which references exist before they are used. */
export function wantedRows(wanted: Provisioning, secrets: SecretsOf, at: Instant): readonly WantedRow[] {
  return [
    ...systemRows(wanted),
    ...serverRows(wanted),
    ...groupRows(wanted),
    ...userRows(wanted, secrets),
    ...ipListRows(wanted),
    ...wanted.containers.map((c): WantedRow => ({
      table: 'vicidial_settings_containers',
      key: { container_id: c.id },
      values: { container_entry: c.url, container_notes: c.notes },
    })),
    ...peerRows(wanted),
    ...wanted.lists.map((l): WantedRow => ({
      table: 'vicidial_lists',
      key: { list_id: l.list_id },
      values: { campaign_id: l.campaign_id, list_name: l.name, active: yn(l.active) },
    })),
    ...leadRows(wanted, at),
    ...callRows(wanted, at),
    ...queueRows(wanted, secrets),
    ...wanted.menus.map((m): WantedRow => ({ table: 'tandem_menus', key: { menu_id: m.id }, values: { definition: JSON.stringify(m) } })),
  ];
}

function systemRows({ system }: Provisioning): WantedRow[] {
  if (!system) return [];
  const values: Record<string, Cell> = {};
  const put = (column: string, value: Cell | undefined) => {
    if (value !== undefined) values[column] = value;
  };
  const flag = (value: boolean | undefined) => (value === undefined ? undefined : bit(value));
  put('use_non_latin', flag(system.use_non_latin));
  put('pass_hash_enabled', flag(system.pass_hash_enabled));
  put('pass_key', system.pass_key);
  put('pass_cost', system.pass_cost);
  put('allow_ip_lists', flag(system.allow_ip_lists));
  put('system_ip_blacklist', system.system_ip_blacklist);
  put('two_factor_auth_hours', system.two_factor_auth_hours);
  put('two_factor_container', system.two_factor_container);
  put('vdc_agent_api_active', flag(system.agent_api_active));
  return [{ table: 'system_settings', key: {}, values }];
}

/** `server_id` is VICIdial's short key; ours comes from the address unless named. */
function serverRows(wanted: Provisioning): WantedRow[] {
  return wanted.servers.map((s) => ({
    table: 'servers',
    key: { server_ip: s.server_ip },
    values: { active: yn(s.active), local_gmt: s.local_gmt },
    onInsert: { server_id: s.id ?? s.server_ip.replace(/[^0-9A-Za-z]/g, '').slice(-10) },
  }));
}

/** VICIdial writes campaigns with spaces around and ends the list with ` -`; ALL-CAMPAIGNS has its own form (section 8). */
function groupRows(wanted: Provisioning): WantedRow[] {
  return wanted.user_groups.map((g) => ({
    table: 'vicidial_user_groups',
    key: { user_group: g.id },
    values: {
      group_name: g.name,
      allowed_campaigns: g.campaigns.includes('ALL-CAMPAIGNS') ? ' -ALL-CAMPAIGNS- - -' : ` ${g.campaigns.map((c) => `${c} `).join('')}-`,
      api_ip_list: g.api_ip_list,
    },
  }));
}

function userRows(wanted: Provisioning, secrets: SecretsOf): WantedRow[] {
  return wanted.users.flatMap((u): WantedRow[] => {
    const plain = secrets.plain.get(u.user);
    const hashed = secrets.hashed.get(u.user);
    const row: WantedRow = {
      table: 'vicidial_users',
      key: { user: u.user },
      values: {
        user_level: u.user_level,
        user_group: u.user_group,
        active: yn(u.active),
        view_reports: bit(u.view_reports),
        vdc_agent_api_access: bit(u.agent_api_access),
        api_list_restrict: bit(u.api_list_restrict),
        api_allowed_functions: ` ${u.functions.map((name) => `${name} `).join('')}`,
        ignore_ip_list: bit(u.ignore_ip_list),
        ...(u.full_name === undefined ? {} : { full_name: u.full_name }),
        ...(plain === undefined ? {} : { pass: plain }),
        ...(secrets.changed.has(u.user) ? { pass: '', pass_hash: '' } : {}),
      },
      onInsert: { pass: '' },
    };
    const secret: WantedRow[] =
      hashed === undefined ? [] : [{ table: 'tandem_user_secrets', key: { user: u.user }, values: { secret_hash: hashed } }];
    return [...rightsRow(u), row, ...secret];
  });
}

/** Stands before the user's own row: nobody has all queues for a moment who is to have some. */
function rightsRow({ user, queues, agent }: Provisioning['users'][number]): WantedRow[] {
  if (queues === undefined && agent === undefined) return [];
  const values = {
    ...(queues === undefined ? {} : { queues: queues === 'all' ? null : JSON.stringify([...new Set(queues.map(canonical))]) }),
    ...(agent === undefined ? {} : { agent_id: agent || null }),
  };
  return [{ table: 'tandem_user_rights', key: { user }, values }];
}

function ipListRows(wanted: Provisioning): WantedRow[] {
  return wanted.ip_lists.flatMap((l) =>
    l.addresses.map((address): WantedRow => ({
      table: 'vicidial_ip_list_entries',
      key: { ip_list_id: l.id, ip_address: address },
      values: {},
    })),
  );
}

function peerRows(wanted: Provisioning): WantedRow[] {
  return wanted.peers.flatMap((p): WantedRow[] => {
    const row: WantedRow = {
      table: 'tandem_peers',
      key: { peer_id: p.id },
      values: {
        kind: p.kind,
        active: p.active ? 1 : 0,
        base_url: p.base_url ?? null,
        non_agent_path: p.non_agent_path,
        agent_path: p.agent_path,
        user: p.user,
        pass: p.pass,
        source: p.source,
        stage: p.stage,
        // A stock peer reads credentials only from its parameters; ours need not show them in a URL (W-5).
        credentials: p.credentials ?? (p.kind === 'tandem' ? 'header' : 'query'),
        verify_tls: p.verify_tls ? 1 : 0,
        ca_file: p.ca_file ?? null,
        pin_sha256: p.pin_sha256?.toLowerCase() ?? null,
        client_cert_file: p.client_cert_file ?? null,
        client_key_file: p.client_key_file ?? null,
        connect_ms_max: p.connect_ms_max ?? null,
        request_ms_max: p.request_ms_max ?? null,
        allow_extra_fields: p.allow_extra_fields ? 1 : 0,
        trunks: JSON.stringify(p.trunks),
      },
    };
    if (!p.account) return [row];
    const { user, window_s, one_time, requests_per_minute, lists, addresses } = p.account;
    const account: WantedRow = {
      table: 'tandem_accounts',
      key: { user },
      values: {
        peer_id: p.id,
        window_s: window_s ?? null,
        one_time: one_time ? 1 : 0,
        requests_per_minute: requests_per_minute ?? null,
        lists: lists ? JSON.stringify(lists) : null,
        addresses: addresses ? JSON.stringify(addresses) : null,
      },
    };
    return [row, account];
  });
}

/** A lead lives on in the hands of agents: what the file says counts for a new one only. */
function leadRows(wanted: Provisioning, at: Instant): WantedRow[] {
  return wanted.leads.map((lead) => ({
    table: 'vicidial_list',
    key: { lead_id: lead.lead_id },
    values: {},
    onInsert: {
      ...Object.fromEntries(leadFields.flatMap((field) => (lead[field] === undefined ? [] : [[field, lead[field]]]))),
      entry_date: lead.entry_date ?? sqlDateTime(at.nowMs, at.zone),
    },
  }));
}

/** A proof ages: applied again it must not become young, but in a demonstration. */
function callRows(wanted: Provisioning, at: Instant): WantedRow[] {
  return wanted.calls.map((call) => {
    const date = sqlDateTime(at.nowMs - call.age_seconds * 1000, at.zone);
    const values = at.refreshCalls ? { call_date: date } : {};
    const onInsert = { lead_id: call.lead_id, call_date: date, server_ip: '' };
    return call.code.startsWith('DC')
      ? { table: 'vicidial_dial_log', key: { caller_code: call.code }, values, onInsert }
      : { table: 'vicidial_log_extended', key: { uniqueid: call.code }, values, onInsert: { ...onInsert, caller_code: call.code } };
  });
}
