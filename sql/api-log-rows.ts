import type { ApiLogEntry } from '../core/ports.js';
import { fitTo } from './columns.js';
import type { Columns, TableFacts } from './columns.js';
import type { Db, Statements, Value } from './db.js';
import type { LocalClock } from './local-clock.js';
import { createNameIds } from './name-ids.js';
import { batchSizes, rowStatements } from './row-batches.js';

const logColumns = [
  'user',
  'api_date',
  'api_script',
  'function',
  'agent_user',
  'value',
  'result',
  'result_reason',
  'source',
  'data',
  'run_time',
  'webserver',
  'api_url',
] as const;
const urlColumns = ['api_id', 'api_date', 'remote_ip', 'url'] as const;
const head = (table: string, columns: readonly string[]): string =>
  `INSERT INTO ${table} (${columns.map((name) => `\`${name}\``).join(', ')})`;
const secondsDigits = 6;

/**
 * vicidial_api_log and vicidial_api_urls, joined by api_id. A multi-row INSERT of known length gets
 * consecutive ids in steps of auto_increment_increment (3 on a Galera of three); the database itself
 * computes the ids of the URL rows with it, so that both rows always belong together.
 */
export function createApiLogRows(db: Db, { clock, columns }: { readonly clock: LocalClock; readonly columns: Columns }) {
  const webServers = createNameIds(db, { table: 'vicidial_webservers', idColumn: 'webserver_id', nameColumns: ['webserver', 'hostname'] });
  const pages = createNameIds(db, { table: 'vicidial_urls', idColumn: 'url_id', nameColumns: ['url'] });

  async function logValues(entry: ApiLogEntry, facts: TableFacts): Promise<Value[]> {
    const serverFacts = await columns.of('vicidial_webservers');
    const pageFacts = await columns.of('vicidial_urls');
    const fit = (column: string, value: string): string => fitTo(facts, column, value);
    return [
      fit('user', entry.user),
      clock.text(entry.atMs),
      fit('api_script', entry.script),
      fit('function', entry.function),
      fit('agent_user', entry.agentUser),
      fit('value', entry.value),
      fit('result', entry.result),
      fit('result_reason', entry.reason),
      fit('source', entry.source),
      fit('data', entry.data),
      fit('run_time', entry.runSeconds.toFixed(secondsDigits)),
      await webServers.idOf(fitTo(serverFacts, 'webserver', entry.webServer)),
      await pages.idOf(fitTo(pageFacts, 'url', entry.page)),
    ];
  }

  const insertLog = createInsert('vicidial_api_log', logColumns);
  const insertUrl =
    db.dialect === 'mysql'
      ? createInsert('vicidial_api_urls', urlColumns, (k) => `? + ${k} * @@auto_increment_increment`)
      : createInsert('vicidial_api_urls', urlColumns);

  return {
    /** Everything but the transaction's own statements: facts, ids, values. */
    async prepare(entries: readonly ApiLogEntry[]): Promise<(tx: Statements) => Promise<void>> {
      if (entries.length === 0) return () => Promise.resolve();
      const facts = await columns.of('vicidial_api_log');
      const urlFacts = await columns.of('vicidial_api_urls');
      const logRows = await Promise.all(entries.map((entry) => logValues(entry, facts)));
      const urlRow = (entry: ApiLogEntry, id: number): Value[] => [
        id,
        clock.text(entry.atMs),
        fitTo(urlFacts, 'remote_ip', entry.remoteIp),
        fitTo(urlFacts, 'url', entry.url),
      ];
      // SQLite tells only the id of the last row of a statement, and a statement costs it microseconds.
      const sizes = db.dialect === 'mysql' ? batchSizes(entries.length) : entries.map(() => 1);
      return async (tx) => {
        let at = 0;
        for (const size of sizes) {
          const { insertId } = await tx.run(insertLog(size, facts), logRows.slice(at, at + size).flat());
          const urls = entries.slice(at, at + size).flatMap((entry) => urlRow(entry, insertId));
          await tx.run(insertUrl(size, urlFacts), urls);
          at += size;
        }
      };
    },
  };
}

/** Statements by size, made anew when the marks of the columns become known. */
export function createInsert(
  table: string,
  columns: readonly string[],
  firstMark: (k: number) => string = () => '?',
): (size: number, facts: TableFacts) => string {
  let madeFor: TableFacts | undefined;
  let statements: (size: number) => string = () => '';
  return (size, facts) => {
    if (madeFor !== facts) {
      const rest = columns.slice(1).map((name) => facts.mark[name] ?? '?');
      const first = (k: number): string => facts.mark[columns[0] ?? ''] ?? firstMark(k);
      statements = rowStatements(head(table, columns), (k) => `(${[first(k), ...rest].join(', ')})`);
      madeFor = facts;
    }
    return statements(size);
  };
}
