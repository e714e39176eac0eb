/**
 * What the columns of the VICIdial tables really are: an existing database may have other lengths, latin1
 * instead of utf8mb4, and MyISAM instead of InnoDB. Asked once per process.
 */
import { integer, marks, text } from './db.js';
import type { Db, Row } from './db.js';
import { fitText } from './fit.js';
import type { Charset, TextColumn } from './fit.js';
import type { Table } from './schema/table.js';
import { vicidialTables } from './schema/vicidial.js';

export interface TableFacts {
  readonly text: Readonly<Record<string, TextColumn>>;
  /** `?`, or a conversion done by the database for a charset that we do not know by heart */
  readonly mark: Readonly<Record<string, string>>;
  /** false: a failed unit of work is not undone by the database (MyISAM) */
  readonly transactional: boolean;
}

export interface Columns {
  of(table: string): Promise<TableFacts>;
  /** forget, after the schema was created or changed */
  forget(): void;
}

const textTypes = /^(VARCHAR|CHAR|TEXT|MEDIUMTEXT)/;
const bytesPerCharacter = 4;
const lengthOfType: Readonly<Record<string, number>> = { TEXT: 65_535, MEDIUMTEXT: 16_777_215 };

export function createColumns(db: Db): Columns {
  const declared = new Map(vicidialTables.map((table) => [table.name, declaredFacts(table)]));
  let asked: Promise<Map<string, TableFacts>> | undefined;

  function facts(): Promise<Map<string, TableFacts>> {
    if (db.dialect === 'sqlite') return Promise.resolve(declared);
    asked ??= askFacts(db).catch((e: unknown) => {
      asked = undefined;
      throw e;
    });
    return asked;
  }

  return {
    async of(table) {
      const found = (await facts()).get(table) ?? declared.get(table);
      if (!found) throw new RangeError(`table ${table} is not one of ours`);
      return found;
    },
    forget() {
      asked = undefined;
    },
  };
}

function declaredFacts(table: Table): TableFacts {
  const columns = Object.entries(table.columns).filter(([, type]) => textTypes.test(type));
  const sized = columns.map(([name, type]): [string, TextColumn] => {
    const declaredLength = /\((\d+)\)/.exec(type)?.[1];
    const bytes = lengthOfType[type.split(' ')[0] ?? ''] ?? 255;
    return [
      name,
      { charsMax: declaredLength === undefined ? Math.floor(bytes / bytesPerCharacter) : Number(declaredLength), charset: 'utf8mb4' },
    ];
  });
  return { text: Object.fromEntries(sized), mark: {}, transactional: true };
}

async function askFacts(db: Db): Promise<Map<string, TableFacts>> {
  const names = vicidialTables.map((table) => table.name);
  const [columns, tables] = await Promise.all([
    db.all(
      `SELECT TABLE_NAME AS t, COLUMN_NAME AS c, DATA_TYPE AS type, CHARACTER_MAXIMUM_LENGTH AS size, CHARACTER_SET_NAME AS charset
         FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = DATABASE() AND CHARACTER_SET_NAME IS NOT NULL AND DATA_TYPE <> 'enum' AND TABLE_NAME IN (${marks(names.length)})`,
      names,
    ),
    db.all(
      `SELECT TABLE_NAME AS t, ENGINE AS engine FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (${marks(names.length)})`,
      names,
    ),
  ]);
  const engines = new Map(tables.map((row) => [text(row['t']), text(row['engine'])]));
  return new Map(
    names.map((name) => [
      name,
      factsOf(
        columns.filter((row) => row['t'] === name),
        engines.get(name) ?? 'InnoDB',
      ),
    ]),
  );
}

function factsOf(rows: readonly Row[], engine: string): TableFacts {
  const textColumns: Record<string, TextColumn> = {};
  const mark: Record<string, string> = {};
  for (const row of rows) {
    const name = text(row['c']);
    const size = integer(row['size']) ?? 255;
    const isSized = /char/i.test(text(row['type']));
    const charset = charsetOf(text(row['charset']));
    textColumns[name] = { charsMax: isSized ? size : Math.floor(size / bytesPerCharacter), charset };
    // The name comes from the server's catalogue; letters and digits only, so that it can stand in a statement.
    if (charset === 'other' && /^\w+$/.test(text(row['charset']))) mark[name] = `CONVERT(? USING ${text(row['charset'])})`;
  }
  return { text: textColumns, mark, transactional: /^innodb$/i.test(engine) };
}

function charsetOf(name: string): Charset {
  switch (name) {
    case 'utf8mb4':
    case 'latin1':
    case 'ascii':
      return name;
    case 'utf8':
    case 'utf8mb3':
      return 'utf8mb3';
    default:
      return 'other';
  }
}

/** A text fitted to a column; unknown columns keep it to 255 characters. */
export function fitTo(facts: TableFacts, column: string, value: string): string {
  return fitText(value, facts.text[column] ?? { charsMax: 255, charset: 'utf8mb4' }).value;
}
