import type { Db, Row } from './db.js';

export interface NameIds {
  /** the id of a name, whose row is made at first use; 0 when there are too many names */
  idOf(name: string): Promise<number>;
}

export interface NameIdsOptions {
  readonly table: 'vicidial_webservers' | 'vicidial_urls';
  readonly idColumn: string;
  /** columns of the unique key; the first one is the name, the others are empty */
  readonly nameColumns: readonly string[];
}

/** Host names come from requests: a bound keeps a stranger from filling the table. */
const namesMax = 500;

/** vicidial_webservers and vicidial_urls: one row per name, ids remembered. */
export function createNameIds(db: Db, { table, idColumn, nameColumns }: NameIdsOptions): NameIds {
  const known = new Map<string, number>();
  const where = nameColumns.map((column) => `${column} = ?`).join(' AND ');
  const findSql = `SELECT ${idColumn} AS id FROM ${table} WHERE ${where} ORDER BY ${idColumn} LIMIT 1`;
  const insertSql = `INSERT INTO ${table} (${nameColumns.join(', ')}) VALUES (${nameColumns.map(() => '?').join(', ')})`;
  const values = (name: string): string[] => nameColumns.map((_, i) => (i === 0 ? name : ''));
  const idIn = ([row]: readonly Row[]): number | undefined => (row ? Number(row['id']) : undefined);

  async function findOrInsert(name: string): Promise<number> {
    const found = idIn(await db.all(findSql, values(name)));
    if (found !== undefined) return found;
    try {
      const { insertId } = await db.run(insertSql, values(name));
      return insertId;
    } catch (e) {
      const other = idIn(await db.all(findSql, values(name))); // another process was faster
      if (other === undefined) throw e;
      return other;
    }
  }

  return {
    async idOf(name) {
      const id = known.get(name);
      if (id !== undefined) return id;
      if (known.size >= namesMax) return 0;
      const made = await findOrInsert(name);
      known.set(name, made);
      return made;
    },
  };
}
