/**
 * Tables as data: the types are written as MySQL has them, the SQLite form is derived. The same data tells
 * which columns provisioning may name and how long a text may be.
 */
import type { Dialect } from '../db.js';

export interface Table {
  readonly name: string;
  /** column name to MySQL type with its defaults, in order */
  readonly columns: Readonly<Record<string, string>>;
  /** several columns together; a single key column says PRIMARY KEY itself */
  readonly primaryKey?: readonly string[];
  readonly unique?: readonly (readonly string[])[];
  readonly indexes?: readonly (readonly string[])[];
}

/** The statements that create a table and its indexes, none of which may exist. */
export function createStatements(table: Table, dialect: Dialect): string[] {
  return dialect === 'mysql' ? [mysqlTable(table)] : sqliteTable(table);
}

function mysqlTable(table: Table): string {
  const parts = Object.entries(table.columns).map(([name, type]) => `\`${name}\` ${type}`);
  if (table.primaryKey) parts.push(`PRIMARY KEY (${list(table.primaryKey)})`);
  for (const columns of table.unique ?? []) parts.push(`UNIQUE KEY \`${indexName(table, columns)}\` (${list(columns)})`);
  for (const columns of table.indexes ?? []) parts.push(`KEY \`${indexName(table, columns)}\` (${list(columns)})`);
  return `CREATE TABLE IF NOT EXISTS \`${table.name}\` (\n  ${parts.join(',\n  ')}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci`;
}

function sqliteTable(table: Table): string[] {
  const parts = Object.entries(table.columns).map(([name, type]) => `\`${name}\` ${sqliteType(type)}`);
  if (table.primaryKey) parts.push(`PRIMARY KEY (${list(table.primaryKey)})`);
  const index = (unique: string) => (columns: readonly string[]) =>
    `CREATE ${unique}INDEX IF NOT EXISTS \`${indexName(table, columns)}\` ON \`${table.name}\` (${list(columns)})`;
  return [
    `CREATE TABLE IF NOT EXISTS \`${table.name}\` (\n  ${parts.join(',\n  ')}\n)`,
    ...(table.unique ?? []).map(index('UNIQUE ')),
    ...(table.indexes ?? []).map(index('')),
  ];
}

/** Texts compare without letter case, as VICIdial's default collation does. */
function sqliteType(type: string): string {
  if (type.includes('AUTO_INCREMENT')) return 'INTEGER PRIMARY KEY AUTOINCREMENT';
  const base = type
    .replace(/ ON UPDATE CURRENT_TIMESTAMP/, '')
    .replace(/ UNSIGNED/, '')
    .replace(/DEFAULT CURRENT_TIMESTAMP/, 'DEFAULT (CURRENT_TIMESTAMP)');
  if (/^(VARCHAR|ENUM|TEXT|MEDIUMTEXT|CHAR)/.test(base)) return base.replace(/^[A-Z]+(\([^)]*\))?/, 'TEXT COLLATE NOCASE');
  if (/^(DATETIME|DATE|TIMESTAMP)/.test(base)) return base.replace(/^[A-Z]+/, 'TEXT');
  if (base.startsWith('DECIMAL')) return base.replace(/^DECIMAL\([^)]*\)/, 'NUMERIC');
  return base.replace(/^[A-Z]+(\([^)]*\))?/, 'INTEGER');
}

const list = (columns: readonly string[]): string => columns.map((name) => `\`${name}\``).join(', ');
const indexName = (table: Table, columns: readonly string[]): string => `${table.name}_${columns.join('_')}`.slice(0, 64);
