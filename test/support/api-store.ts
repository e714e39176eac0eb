/** The recorded vectors' tables in a real database, and a store as the doors want it. */
import { leadFields } from '../../core/leads/lead.js';
import type { ApiLogEntry, PeerClient } from '../../core/ports.js';
import { sqlDateTime } from '../../core/time.js';
import type { Db, Value } from '../../sql/db.js';
import type { Store } from '../../sql/store.js';
import type { ApiStore } from './api-server.js';
import { lastLoginMs, vectorFile, type LogRow } from './api-vectors.js';

const noPeers: PeerClient = { ask: () => Promise.reject(new Error('no peer in this test')), describe: () => '' };

export const asApiStore = (store: Store): ApiStore => ({ ...store, agents: store.liveAgents, peers: noPeers });

async function insert(db: Db, table: string, row: Readonly<Record<string, Value>>): Promise<void> {
  const names = Object.keys(row);
  const sql = `INSERT INTO ${table} (${names.map((name) => `\`${name}\``).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
  await db.run(sql, Object.values(row));
}

const leadColumns: readonly string[] = ['lead_id', ...leadFields];
const tables = [
  'vicidial_users',
  'vicidial_user_groups',
  'vicidial_lists',
  'vicidial_list',
  'vicidial_log_extended',
  'vicidial_dial_log',
  'vicidial_api_log',
  'vicidial_api_urls',
  'servers',
  'system_settings',
];

/** Fill the tables afresh; instants are counted from `nowMs` in `zone`. */
export async function seedVectors(db: Db, nowMs: number, zone: string): Promise<void> {
  const { fixtures } = vectorFile;
  for (const table of tables) await db.run(`DELETE FROM ${table}`);
  await insert(db, 'system_settings', { use_non_latin: '0', vdc_agent_api_active: '1' });
  await insert(db, 'servers', { server_id: 'one', server_ip: '10.9.9.1', active: 'Y', local_gmt: '-5.00' });
  for (const row of fixtures.user_groups) await insert(db, 'vicidial_user_groups', { ...row });
  for (const { last_login_date: last, ...row } of fixtures.users)
    await insert(db, 'vicidial_users', { ...row, last_login_date: sqlDateTime(lastLoginMs(last, nowMs) ?? 0, zone) });
  for (const row of fixtures.lists) await insert(db, 'vicidial_lists', { ...row });
  // The strict mode of a server refuses zero dates; no vector asks for that lead.
  for (const row of fixtures.leads.filter((lead) => lead['date_of_birth'] !== '0000-00-00'))
    await insert(db, 'vicidial_list', Object.fromEntries(leadColumns.map((name) => [name, row[name] ?? null])));
  const proof = async (table: string, row: LogRow, i: number): Promise<void> => {
    const callDate = sqlDateTime(nowMs - row.age_seconds * 1000, zone);
    await insert(db, table, { uniqueid: `${table.length}.${i}`, call_date: callDate, lead_id: row.lead_id, caller_code: row.caller_code });
  };
  for (const [i, row] of fixtures.vicidial_log_extended.entries()) await proof('vicidial_log_extended', row, i);
  for (const [i, row] of fixtures.vicidial_dial_log.entries()) await proof('vicidial_dial_log', row, i);
}

/** The log as entries again, oldest first. */
export async function readApiLog(db: Db): Promise<readonly ApiLogEntry[]> {
  const rows = await db.all(
    'SELECT l.*, u.url, u.remote_ip FROM vicidial_api_log l JOIN vicidial_api_urls u ON u.api_id = l.api_id ORDER BY l.api_id',
  );
  const text = (value: string | number | null | undefined) => String(value ?? '');
  return rows.map((row) => ({
    user: text(row['user']),
    atMs: 0,
    script: row['api_script'] === 'agent' ? 'agent' : 'non-agent',
    function: text(row['function']),
    agentUser: text(row['agent_user']),
    value: text(row['value']),
    result: row['result'] === 'SUCCESS' ? 'SUCCESS' : 'ERROR',
    reason: text(row['result_reason']),
    source: text(row['source']),
    data: text(row['data']),
    runSeconds: Number(row['run_time']),
    webServer: '',
    page: '',
    remoteIp: text(row['remote_ip']),
    url: text(row['url']),
  }));
}
