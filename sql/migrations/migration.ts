import type { Dialect } from '../db.js';

/**
 * One step of our own schema, forward only; a released one is never edited. The statements are plain SQL
 * that both databases accept, with three marks: `@tandem_x` is a table of ours (in its schema), `@ci` a text
 * compared without letter case, `@table` ends a CREATE TABLE. Plain SQL and not a migration library: an
 * operator can read what will run, and MySQL commits each DDL statement by itself, so each must be harmless
 * when repeated anyway; `migrate.ts` ignores "exists already".
 */
export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/** The text for one database. `own` is the prefix of our tables, e.g. `` `tandem`. `` or empty. */
export function translate(statement: string, dialect: Dialect, own: string): string {
  const marks =
    dialect === 'mysql'
      ? { ci: 'COLLATE utf8mb4_general_ci', table: ' ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' }
      : { ci: 'COLLATE NOCASE', table: '' };
  return statement
    .replace(/@ci\b/g, marks.ci)
    .replace(/@table\b/g, marks.table)
    .replace(/@tandem_/g, `${own}tandem_`);
}
