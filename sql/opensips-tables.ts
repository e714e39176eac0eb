/** Reads OpenSIPS's provisioning tables from its own database, and changes nothing there. */
import { existsSync } from 'node:fs';
import { sql } from 'kysely';
import { TandemError } from '../core/errors.js';
import { isIdentifier, type OpensipsNames } from '../core/import/opensips-names.js';
import type { ForeignRow } from '../core/import/opensips.js';
import { compiled, createBuilder } from './builder.js';
import type { Db } from './db.js';
import { openMysql } from './mysql.js';
import { loadSqlite } from './sqlite-binding.js';
import { createSqliteDb } from './sqlite.js';
import { storeDefaults } from './store.js';
import { parseDatabaseUrl } from './url.js';

/** Rows read of each table. */
export const foreignRowsMax = 100_000;

export interface OpensipsTables {
  readonly flows: readonly ForeignRow[];
  readonly agents: readonly ForeignRow[];
}

/** Rejects TDM_BAD_VALUE for a name that is none, TDM_NOT_FOUND for a column that is not there, TDM_STORE_DOWN. */
export async function readOpensipsTables(url: string, names: OpensipsNames): Promise<OpensipsTables> {
  for (const [parameter, name] of Object.entries(names))
    if (!isIdentifier(name)) throw new TandemError('TDM_BAD_VALUE', [parameter, `"${name}" is no name`]);
  const db = await openForeign(url);
  try {
    const flows = await rowsOf(db, names.cc_flows_table, names.ccf_flowid_column);
    const agents = await rowsOf(db, names.cc_agents_table, names.cca_agentid_column);
    return { flows, agents };
  } finally {
    await db.close();
  }
}

/** Whole rows: a release with fewer columns is read as far as it goes. */
async function rowsOf(db: Db, table: string, key: string): Promise<readonly ForeignRow[]> {
  const { sql: text, values } = compiled(createBuilder(db.dialect).selectFrom(table).selectAll().limit(sql.lit(foreignRowsMax)));
  const rows = (await db.all(text, values)).map((row): ForeignRow => ({ ...row }));
  const [first] = rows;
  if (first && !Object.hasOwn(first, key)) throw new TandemError('TDM_NOT_FOUND', ['Column', `${table}.${key}`]);
  return rows.sort((a, b) => (String(a[key]) < String(b[key]) ? -1 : 1));
}

async function openForeign(url: string): Promise<Db> {
  const target = parseDatabaseUrl(url);
  const options = { ...storeDefaults, poolSize: 1, nowMs: Date.now, onFailure: () => undefined, onWriter: () => undefined };
  if (target.dialect === 'mysql') return openMysql(target, options);
  // not by `openSqlite`, which would set a mode of the file that its owner did not choose
  if (!existsSync(target.file)) throw new TandemError('TDM_NOT_FOUND', ['Database', target.file]);
  const { DatabaseSync } = await loadSqlite();
  return createSqliteDb(new DatabaseSync(target.file), options);
}
