/** The recorded requests and answers of the reference (test/fixtures/api), and its tables as rows of the memory store. */
import { readFileSync } from 'node:fs';
import { leadFields, leadFromFields } from '../../core/leads/lead.js';
import { instantOf } from '../../core/time.js';
import { plainUser, systemDefaults, type MemoryStore } from './memory-ports.js';

type Cell = string | number | null;

export interface Vector {
  readonly id: string;
  readonly what: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query?: string;
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly response: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string };
  readonly api_log: readonly Readonly<Record<string, string>>[];
  readonly api_urls: readonly { readonly remote_ip: string; readonly url: string }[];
  readonly user_row_before?: Readonly<Record<string, Cell>>;
  readonly user_row_after?: Readonly<Record<string, Cell>>;
}

export interface VectorFile {
  readonly fixtures: {
    readonly users: readonly Readonly<Record<string, string | number>>[];
    readonly user_groups: readonly { readonly user_group: string; readonly allowed_campaigns: string; readonly api_ip_list: string }[];
    readonly lists: readonly { readonly list_id: number; readonly campaign_id: string }[];
    readonly leads: readonly Readonly<Record<string, Cell>>[];
    readonly vicidial_log_extended: readonly LogRow[];
    readonly vicidial_dial_log: readonly LogRow[];
  };
  readonly vectors: readonly Vector[];
}

export interface LogRow {
  readonly caller_code: string;
  readonly lead_id: number;
  readonly age_seconds: number;
}

export const vectorFile = JSON.parse(
  readFileSync(new URL('../fixtures/api/vicidial-api-vectors.json', import.meta.url), 'utf8'),
) as VectorFile;

/** `now` in the fixtures is the clock of the test. */
export function lastLoginMs(value: string | number | undefined, nowMs: number): number | undefined {
  return value === 'now' ? nowMs : instantOf(String(value ?? ''), 'UTC');
}

function cellText(field: string, cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return '';
  return field === 'gmt_offset_now' ? Number(cell).toFixed(2) : String(cell);
}

/** Fill the tables as the vectors expect them: fresh for each vector. */
export function loadVectors({ tables, nowMs }: MemoryStore): void {
  const { fixtures } = vectorFile;
  const group = (name: unknown) => fixtures.user_groups.find((row) => row.user_group === name);
  tables.system = systemDefaults;
  tables.users = fixtures.users.map((row) => ({
    ...plainUser,
    user: String(row['user']),
    pass: String(row['pass']),
    userLevel: Number(row['user_level']),
    userGroup: String(row['user_group']),
    active: row['active'] === 'Y',
    viewReports: row['view_reports'] === '1',
    agentApiAccess: row['vdc_agent_api_access'] === '1',
    apiListRestrict: row['api_list_restrict'] === '1',
    apiAllowedFunctions: String(row['api_allowed_functions']),
    failedLoginCount: Number(row['failed_login_count']),
    lastLoginAtMs: lastLoginMs(row['last_login_date'], nowMs()),
    allowedCampaigns: group(row['user_group'])?.allowed_campaigns ?? '',
    apiIpList: group(row['user_group'])?.api_ip_list ?? '',
  }));
  tables.lists = new Map(fixtures.lists.map((row) => [String(row.list_id), row.campaign_id]));
  tables.leads = new Map(
    fixtures.leads.map((row) => [Number(row['lead_id']), leadFromFields(leadFields.map((field) => cellText(field, row[field])))]),
  );
  const proof = (log: 'extended' | 'dial') => (row: LogRow) => ({
    log,
    code: row.caller_code,
    leadId: row.lead_id,
    atMs: nowMs() - row.age_seconds * 1000,
  });
  tables.proofs = [...fixtures.vicidial_log_extended.map(proof('extended')), ...fixtures.vicidial_dial_log.map(proof('dial'))];
  tables.apiLog.length = 0;
  tables.taken.clear();
}
