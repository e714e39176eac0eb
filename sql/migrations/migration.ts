import type { Dialect } from '../db.js';

/**
 * One step of our own schema, forward only; a released one is never edited. The statements are plain SQL
 * that both databases accept, with marks: `@tandem_x` and `@dialer_x` are tables of ours (in their schema), `@ci` a text
 * compared without letter case, `@serial` a key that counts up, `@moment` a UTC time with ms, `@table` ends a CREATE TABLE
 * (`@keyed`: the rows lie in the order of their key), `@where(...)` leaves rows out of an index where that can be. Plain SQL and not a migration library: an
 * operator can read what will run, and MySQL commits each DDL statement by itself, so each must be harmless
 * when repeated anyway; `migrate.ts` ignores "exists already".
 */
export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly statements: readonly string[];
}

const innoDb = ' ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin';

/** The text for one database. `own` is the prefix of our tables, e.g. `` `tandem`. `` or empty. */
export function translate(statement: string, dialect: Dialect, own: string): string {
  const marks =
    dialect === 'mysql'
      ? { ci: 'COLLATE utf8mb4_general_ci', table: innoDb, keyed: innoDb, serial: 'BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY' }
      : { ci: 'COLLATE NOCASE', table: '', keyed: ' WITHOUT ROWID', serial: 'INTEGER PRIMARY KEY AUTOINCREMENT' };
  return statement
    .replace(/@ci\b/g, marks.ci)
    .replace(/@table\b/g, marks.table)
    .replace(/@keyed\b/g, marks.keyed)
    .replace(/@serial\b/g, marks.serial)
    .replace(/@moment\b/g, dialect === 'mysql' ? 'DATETIME(3)' : 'TEXT')
    .replace(/@where\(([^)]*)\)/g, dialect === 'mysql' ? '' : ' WHERE $1')
    .replace(/@(tandem|dialer)_/g, `${own}$1_`);
}
