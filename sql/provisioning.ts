/** The store's side of `tandem apply`: plain rows out, a checked list of changes in, all in one transaction. */
import { sql } from 'kysely';
import type { Compilable } from 'kysely';
import { TandemError } from '../core/errors.js';
import { compiled, createBuilder } from './builder.js';
import type { Changed, Db, Row, Statements, Value } from './db.js';
import { twoDecimals } from './fit.js';
import { provisionedTables, queueTables } from './provisioning-tables.js';
import type { ProvisionedTable } from './provisioning-tables.js';
import { countUp } from './revisions.js';

export interface ProvisioningChange {
  readonly table: ProvisionedTable;
  readonly action: 'insert' | 'update' | 'delete';
  /** the row, by columns; empty only for system_settings, which has one row. Of an insert: becomes part of the values. */
  readonly key: Readonly<Record<string, string | number>>;
  /** columns to set; ignored by delete */
  readonly values: Readonly<Record<string, Value>>;
}

/** The present state as rows with the tables' own column names. */
export interface ProvisioningState {
  readonly users: readonly Row[];
  readonly userGroups: readonly Row[];
  readonly containers: readonly Row[];
  readonly lists: readonly Row[];
  /** `options.leadIds`, else the first `options.leadsMax` by id */
  readonly leads: readonly Row[];
  readonly ipLists: readonly Row[];
  readonly systemSettings: readonly Row[];
  readonly servers: readonly Row[];
  readonly extendedLog: readonly Row[];
  readonly dialLog: readonly Row[];
  readonly accounts: readonly Row[];
  readonly userSecrets: readonly Row[];
  readonly userRights: readonly Row[];
  readonly peers: readonly Row[];
  readonly menus: readonly Row[];
  readonly queues: readonly Row[];
  readonly agents: readonly Row[];
  readonly tiers: readonly Row[];
  readonly callers: readonly Row[];
  readonly queueSettings: readonly Row[];
  readonly pauseReasons: readonly Row[];
}

export interface ProvisioningReadOptions {
  readonly leadIds?: readonly number[];
  /** log rows of these calls (a provisioned one has its code as unique id); without them none are read */
  readonly callerCodes?: readonly string[];
  readonly leadsMax?: number;
  /** only the tables of queues and agents; the others read as empty */
  readonly only?: 'queues';
}

export interface Provisioning {
  read(options?: ProvisioningReadOptions): Promise<ProvisioningState>;
  /**
   * All changes or none (VICIdial's MyISAM tables cannot undo: there, those before the failure stay).
   * Rejects TDM_BAD_VALUE for a table or column that may not be changed and for a value that the database
   * refuses, TDM_NOT_FOUND for an update of no row, TDM_STORE_CONFLICT for an insert of a row that exists.
   */
  write(changes: readonly ProvisioningChange[]): Promise<void>;
}

export const leadsReadMax = 10_000;
/** of every table but the leads */
export const rowsReadMax = 100_000;
export const changesMax = 100_000;
const idsPerStatement = 500;

export interface ProvisioningOptions {
  /** schema of our own tables; undefined = the schema of the URL */
  readonly ownSchema: string | undefined;
  /** called after a write: nothing read before may be served from a cache */
  readonly onWritten: () => void;
}

export function createProvisioning(db: Db, options: ProvisioningOptions): Provisioning {
  const builder = createBuilder(db.dialect);
  const own = options.ownSchema === undefined ? '' : `\`${options.ownSchema}\`.`;
  const placed = (table: ProvisionedTable): string =>
    options.ownSchema !== undefined && table.startsWith('tandem_') ? `${options.ownSchema}.${table}` : table;

  async function rows(table: ProvisionedTable, limit = rowsReadMax): Promise<Row[]> {
    const { columns, orderBy } = provisionedTables[table];
    let query = builder
      .selectFrom(placed(table))
      .select([...columns])
      .limit(sql.lit(limit));
    for (const column of orderBy) query = query.orderBy(column);
    return plain(await ask(db, query));
  }

  /** Rows of a large table whose `column` is one of the ids. */
  async function rowsWith(table: ProvisionedTable, column: string, ids: readonly (string | number)[]): Promise<Row[]> {
    const { columns, orderBy } = provisionedTables[table];
    const found: Row[] = [];
    for (let at = 0; at < ids.length; at += idsPerStatement) {
      let query = builder
        .selectFrom(placed(table))
        .select([...columns])
        .where(column, 'in', ids.slice(at, at + idsPerStatement));
      for (const name of orderBy) query = query.orderBy(name);
      found.push(...plain(await ask(db, query)));
    }
    return found;
  }

  async function apply(tx: Statements, change: ProvisioningChange): Promise<void> {
    const table = placed(change.table);
    if (change.action === 'insert') {
      await perform(tx, builder.insertInto(table).values({ ...change.key, ...change.values }));
      return;
    }
    const keys = Object.entries(change.key);
    if (change.action === 'delete') {
      let query = builder.deleteFrom(table);
      for (const [column, value] of keys) query = query.where(column, '=', value);
      await perform(tx, query);
      return;
    }
    let query = builder.updateTable(table).set(change.values);
    for (const [column, value] of keys) query = query.where(column, '=', value);
    const { rows: found } = await perform(tx, query);
    if (found === 0) throw new TandemError('TDM_NOT_FOUND', [change.table, Object.values(change.key).join(', ')]);
  }

  return {
    async read(read = {}) {
      const of = (table: ProvisionedTable): Promise<Row[]> =>
        read.only === 'queues' && !queueTables.includes(table) ? Promise.resolve([]) : rows(table);
      return {
        users: await of('vicidial_users'),
        userGroups: await of('vicidial_user_groups'),
        containers: await of('vicidial_settings_containers'),
        lists: await of('vicidial_lists'),
        leads: await (read.leadIds
          ? rowsWith('vicidial_list', 'lead_id', read.leadIds)
          : rows('vicidial_list', read.leadsMax ?? leadsReadMax)),
        ipLists: await of('vicidial_ip_list_entries'),
        systemSettings: await of('system_settings'),
        servers: await of('servers'),
        extendedLog: await rowsWith('vicidial_log_extended', 'uniqueid', read.callerCodes ?? []),
        dialLog: await rowsWith('vicidial_dial_log', 'caller_code', read.callerCodes ?? []),
        accounts: await of('tandem_accounts'),
        userSecrets: await of('tandem_user_secrets'),
        userRights: await of('tandem_user_rights'),
        peers: await of('tandem_peers'),
        menus: await of('tandem_menus'),
        queues: await of('tandem_queues'),
        agents: await of('tandem_agents'),
        tiers: await of('tandem_tiers'),
        callers: await of('tandem_callers'),
        queueSettings: await of('tandem_queue_settings'),
        pauseReasons: await of('tandem_pause_reasons'),
      };
    },
    async write(changes) {
      if (changes.length > changesMax) throw new TandemError('TDM_BUSY', [`more than ${changesMax} changes at once`]);
      changes.forEach(check);
      await db.transaction(async (tx) => {
        for (const change of changes) await apply(tx, change);
        if (changes.some(({ table }) => queueTables.includes(table))) await countUp(tx, db.dialect, own, 'queues');
      });
      options.onWritten();
    },
  };
}

function check({ table, action, key, values }: ProvisioningChange): void {
  const known = Object.hasOwn(provisionedTables, table) ? provisionedTables[table] : undefined;
  if (!known) throw new TandemError('TDM_BAD_VALUE', ['table', `${table} may not be changed`]);
  for (const column of [...Object.keys(key), ...Object.keys(values)]) {
    if (!known.columns.includes(column)) throw new TandemError('TDM_BAD_VALUE', ['column', `${table}.${column} is unknown`]);
  }
  if (action !== 'insert' && table !== 'system_settings' && Object.keys(key).length === 0)
    throw new TandemError('TDM_BAD_VALUE', ['key', `${action} of ${table} without a key would touch every row`]);
  if (action === 'update' && Object.keys(values).length === 0)
    throw new TandemError('TDM_BAD_VALUE', ['values', `update of ${table} sets nothing`]);
}

async function ask(db: Db, query: Compilable): Promise<readonly Row[]> {
  const statement = compiled(query);
  return db.all(statement.sql, statement.values);
}

async function perform(tx: Statements, query: Compilable): Promise<Changed> {
  const statement = compiled(query);
  return tx.run(statement.sql, statement.values);
}

/** Plain objects (the drivers' rows have prototypes of their own), and the same text for hours on both databases. */
const plain = (rows: readonly Row[]): Row[] =>
  rows.map((row) => {
    const hours = row['gmt_offset_now'];
    return hours === undefined || hours === null ? { ...row } : { ...row, gmt_offset_now: twoDecimals(Number(hours)) };
  });
