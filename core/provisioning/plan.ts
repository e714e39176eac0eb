/**
 * From the wanted state to the changes that lead there. Pure: current rows in, changes and their
 * description out; nothing is deleted that the file does not name under `remove`.
 */
import { canonical } from './names.js';
import type { Provisioning } from './schema.js';
import { droppedTiers, removedTiers } from './queue-rows.js';
import { queueWarnings } from './queue-warnings.js';
import { wantedRows, type Instant, type WantedRow } from './rows.js';

/** Tables that provisioning may write; the store has the same list. */
export const provisionedTables = [
  'system_settings',
  'servers',
  'vicidial_user_groups',
  'vicidial_users',
  'tandem_user_secrets',
  'tandem_user_rights',
  'vicidial_ip_list_entries',
  'vicidial_settings_containers',
  'tandem_peers',
  'tandem_accounts',
  'vicidial_lists',
  'vicidial_list',
  'vicidial_log_extended',
  'vicidial_dial_log',
  'tandem_menus',
  'tandem_queues',
  'tandem_agents',
  'tandem_tiers',
  'tandem_callers',
  'tandem_queue_settings',
  'tandem_pause_reasons',
] as const;

export { canonical };

export type ProvisionedTable = (typeof provisionedTables)[number];
export type Cell = string | number | null;
export type Row = Readonly<Record<string, Cell>>;

/** Rows as stored, by table; only the tables that can be compared. */
export type CurrentRows = Partial<Readonly<Record<ProvisionedTable, readonly Row[]>>>;

export interface Change {
  readonly table: ProvisionedTable;
  readonly action: 'insert' | 'update' | 'delete';
  readonly key: Readonly<Record<string, string | number>>;
  readonly values: Row;
}

export interface Plan {
  readonly changes: readonly Change[];
  /** one line per change for a human, secrets masked */
  readonly lines: readonly string[];
  /** what is allowed but looks like a mistake */
  readonly warnings: readonly string[];
}

/** Secrets of the file, resolved and hashed by the caller, because that needs randomness and files. */
export interface SecretsOf {
  /** stored form of a user's hashed password; the stored one again when it still fits */
  readonly hashed: ReadonlyMap<string, string>;
  /** users whose hash is new: VICIdial's own password columns, which would count before it, are emptied */
  readonly changed: ReadonlySet<string>;
  /** plain password of users with `pass_form: plain` */
  readonly plain: ReadonlyMap<string, string>;
  /** stored form of agents' PINs by canonical agent; null takes it away, an agent that is not here keeps his */
  readonly pins: ReadonlyMap<string, string | null>;
}

export function planProvisioning(wanted: Provisioning, current: CurrentRows, secrets: SecretsOf, at: Instant): Plan {
  const rows = wantedRows(wanted, secrets, at);
  const stored = indexByKey(current, rows);
  const changes = rows.flatMap((row) => changeFor(row, stored(row)) ?? []);
  const deleted = [
    ...unbindings(wanted, current),
    ...droppedTiers(wanted, current),
    ...removals(wanted, current),
    ...removedTiers(wanted, current),
  ];
  changes.push(...new Map(deleted.map((change) => [keyText(change.table, change.key), change])).values());
  return { changes, lines: changes.map(describe), warnings: queueWarnings(wanted, current) };
}

const keyText = (table: string, key: Row): string =>
  `${table}\u0001${Object.entries(key)
    .map(([column, value]) => `${column}=${String(value)}`)
    .join('\u0001')}`;

/**
 * Finds the stored row of a wanted one: of the same spelling, else of another letter case. Stored rows are put
 * under the keys that the wanted rows of their table use, so that a large file needs one pass.
 */
function indexByKey(current: CurrentRows, rows: readonly WantedRow[]): (row: WantedRow) => Row | undefined {
  const columns = new Map(rows.map((row) => [row.table, Object.keys(row.key)]));
  const exact = new Map<string, Row>();
  const alike = new Map<string, Row>();
  for (const [table, names] of columns)
    for (const row of current[table] ?? []) {
      const text = keyText(table, keyOf(row, names));
      exact.set(text, row);
      alike.set(canonical(text), row);
    }
  return ({ table, key }) => exact.get(keyText(table, key)) ?? alike.get(canonical(keyText(table, key)));
}

const keyOf = (row: Row, names: readonly string[]): Record<string, string | number> =>
  Object.fromEntries(names.map((name) => [name, row[name] ?? '']));

function changeFor(row: WantedRow, found: Row | undefined): Change | undefined {
  if (!found) return { table: row.table, action: 'insert', key: row.key, values: { ...row.onInsert, ...row.values } };
  const changed = Object.entries(row.values).filter(([column, value]) => !same(found[column], value));
  if (!changed.length) return undefined;
  return { table: row.table, action: 'update', key: keyOf(found, Object.keys(row.key)), values: Object.fromEntries(changed) };
}

/** A user whose `account:` was taken out of its peer in the file is no account of that peer any more (W-7). */
function unbindings(wanted: Provisioning, current: CurrentRows): Change[] {
  const peers = new Set(wanted.peers.map((peer) => canonical(peer.id)));
  const named = new Set(wanted.peers.flatMap((peer) => (peer.account ? [canonical(peer.account.user)] : [])));
  return (current.tandem_accounts ?? [])
    .filter((row) => peers.has(canonical(row['peer_id'])) && !named.has(canonical(row['user'])))
    .map((row): Change => ({ table: 'tandem_accounts', action: 'delete', key: keyOf(row, ['user']), values: {} }));
}

/** Databases give back numbers as text and dates with other precision; compare what they mean. */
function same(stored: Cell | undefined, wanted: Cell): boolean {
  if (stored === undefined) return false;
  if (stored === null || wanted === null) return stored === wanted;
  if (typeof stored === 'number' || typeof wanted === 'number') return Number(stored) === Number(wanted);
  return stored === wanted;
}

const removable: readonly {
  readonly section: Exclude<keyof Provisioning['remove'], 'tiers' | 'campaigns' | 'dnc'>;
  readonly table: ProvisionedTable;
  readonly column: string;
  readonly numeric?: true;
}[] = [
  { section: 'menus', table: 'tandem_menus', column: 'menu_id' },
  { section: 'leads', table: 'vicidial_list', column: 'lead_id', numeric: true },
  { section: 'lists', table: 'vicidial_lists', column: 'list_id', numeric: true },
  { section: 'peers', table: 'tandem_accounts', column: 'peer_id' },
  { section: 'peers', table: 'tandem_peers', column: 'peer_id' },
  { section: 'containers', table: 'vicidial_settings_containers', column: 'container_id' },
  { section: 'ip_lists', table: 'vicidial_ip_list_entries', column: 'ip_list_id' },
  { section: 'users', table: 'tandem_accounts', column: 'user' },
  { section: 'users', table: 'tandem_user_secrets', column: 'user' },
  { section: 'users', table: 'vicidial_users', column: 'user' },
  { section: 'users', table: 'tandem_user_rights', column: 'user' },
  { section: 'user_groups', table: 'vicidial_user_groups', column: 'user_group' },
  { section: 'servers', table: 'servers', column: 'server_ip' },
  { section: 'queues', table: 'tandem_tiers', column: 'queue_id' },
  { section: 'queues', table: 'tandem_queues', column: 'queue_id' },
  { section: 'agents', table: 'tandem_tiers', column: 'agent_id' },
  { section: 'agents', table: 'tandem_agents', column: 'agent_id' },
  { section: 'callers', table: 'tandem_callers', column: 'number' },
  { section: 'pause_reasons', table: 'tandem_pause_reasons', column: 'code' },
  { section: 'queue_settings', table: 'tandem_queue_settings', column: 'name' },
];

function removals(wanted: Provisioning, current: CurrentRows): Change[] {
  return removable.flatMap(({ section, table, column, numeric }) =>
    wanted.remove[section].flatMap((id) => {
      const stored = new Set((current[table] ?? []).map((row) => String(row[column])).filter((name) => canonical(name) === canonical(id)));
      const names = stored.has(id) ? [id] : [...stored];
      return names.map((name): Change => ({ table, action: 'delete', key: { [column]: numeric ? Number(name) : name }, values: {} }));
    }),
  );
}

const masked = new Set(['pass', 'pass_hash', 'pass_key', 'secret_hash', 'container_entry', 'pin_hash']);

function describe(change: Change): string {
  const key = Object.values(change.key).join(' ');
  const columns = Object.entries(change.values).map(([column, value]) => `${column}=${masked.has(column) ? '***' : JSON.stringify(value)}`);
  const sign = { insert: '+', update: '~', delete: '-' }[change.action];
  return `${sign} ${change.table} ${key}${change.action === 'update' ? `: ${columns.join(', ')}` : ''}`;
}
