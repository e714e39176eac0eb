/**
 * Rows of dialer_dnc: numbers that may not be called. A prefix is kept with a `*` at its end; which lengths of prefixes
 * there are is kept beside, so that a lookup asks for a number and its beginnings of these lengths, and for nothing else.
 */
import type { DialerStore } from '../core/dialer-ports.js';
import type { DncEntry } from '../core/dialer/engine-words.js';
import { integer, text } from './db.js';
import type { Row, Statements, Value } from './db.js';
import type { AuditChain } from './dialer-audit.js';
import { again, allIn, cut, insertIgnore, runIn, within } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';
import { rowStatements } from './row-batches.js';

/** By number, in the order of `numberKeys`' own; numbers without an entry are left out. */
export type DncLookup = (
  statements: Pick<Statements, 'all'>,
  numberKeys: readonly string[],
  nowMs: number,
) => Promise<ReadonlyMap<string, readonly DncEntry[]>>;

const columns = 'number_key, scope, source, reason, from_ms, until_ms';
const pageMax = 10_000;
/** rows of one INSERT */
const sizes = [256, 64, 16, 4, 1];
const scopeCharsMax = 120;
const keyCharsMax = 21;

const storedKey = ({ number, isPrefix }: Pick<DncEntry, 'number' | 'isPrefix'>): string =>
  isPrefix ? `${cut(number, keyCharsMax)}*` : cut(number, keyCharsMax);

export function createDnc(base: DialerBase, audit: AuditChain) {
  const { db } = base;
  const table = base.table('dnc');
  const lengths = base.table('dnc_lengths');
  const isMysql = db.dialect === 'mysql';
  const given = (column: string): string => (isMysql ? `VALUES(${column})` : `excluded.${column}`);
  // The stricter of the two stays: an opt-out for ever is not shortened by a list that knows it for a month.
  const stricter = `until_ms = CASE WHEN until_ms IS NULL OR ${given('until_ms')} IS NULL THEN NULL
      WHEN until_ms > ${given('until_ms')} THEN until_ms ELSE ${given('until_ms')} END,
    from_ms = CASE WHEN from_ms < ${given('from_ms')} THEN from_ms ELSE ${given('from_ms')} END`;
  const onConflict = isMysql ? 'ON DUPLICATE KEY UPDATE' : 'ON CONFLICT (number_key, scope) DO UPDATE SET';
  const insertSql = rowStatements(`INSERT INTO ${table} (${columns})`, () => '(?, ?, ?, ?, ?, ?)');
  const findSql = (list: string) =>
    `SELECT ${columns} FROM ${table} WHERE number_key IN (${list}) AND from_ms <= ? AND (until_ms IS NULL OR until_ms > ?)`;

  const lookup: DncLookup = async (statements, numberKeys, nowMs) => {
    const prefixLengths = (await statements.all(`SELECT chars FROM ${lengths}`)).map((row) => Number(row['chars']));
    const wanted = new Map<string, string[]>();
    const want = (key: string, number: string): void => {
      const numbers = wanted.get(key);
      if (numbers) numbers.push(number);
      else wanted.set(key, [number]);
    };
    for (const number of new Set(numberKeys)) {
      want(number, number);
      for (const chars of prefixLengths) if (chars <= number.length) want(`${number.slice(0, chars)}*`, number);
    }
    const found = new Map<string, DncEntry[]>();
    for (const row of await allIn(statements, findSql, [...wanted.keys()].sort(), { after: [nowMs, nowMs] })) {
      const entry = entryOf(row);
      for (const number of wanted.get(text(row['number_key'])) ?? []) {
        const entries = found.get(number);
        if (entries) entries.push(entry);
        else found.set(number, [entry]);
      }
    }
    return found;
  };

  /** How many were not there before. */
  async function insert(tx: Statements, entries: readonly DncEntry[]): Promise<number> {
    const rows = new Map(entries.map((entry) => [`${storedKey(entry)} ${entry.scope}`, entry]));
    const list = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
    const keys = [...new Set(list.map(storedKey))];
    const present = await allIn(tx, (marks) => `SELECT number_key, scope FROM ${table} WHERE number_key IN (${marks})`, keys);
    const before = present.filter((row) => rows.has(`${text(row['number_key'])} ${text(row['scope'])}`)).length;
    for (const chars of new Set(list.filter(({ isPrefix }) => isPrefix).map(({ number }) => number.length)))
      await tx.run(`${insertIgnore(db.dialect)} ${lengths} (chars) VALUES (?)`, [chars]);
    for (let from = 0; from < list.length;) {
      const size = sizes.find((one) => one <= list.length - from) ?? 1;
      await tx.run(`${insertSql(size)} ${onConflict} ${stricter}`, list.slice(from, from + size).flatMap(valuesOf));
      from += size;
    }
    return list.length - before;
  }

  const port: Pick<DialerStore, 'addDnc' | 'removeDnc' | 'findDnc' | 'dnc'> = {
    addDnc: (entries, entry) =>
      db.transaction(async (tx) => {
        const added = await insert(tx, entries);
        await audit.append(tx, [entry]);
        return added;
      }, again),
    removeDnc: (entries, entry) =>
      db.transaction(async (tx) => {
        let removed = 0;
        const byScope = new Map<string, string[]>();
        for (const one of entries) byScope.set(one.scope, [...(byScope.get(one.scope) ?? []), storedKey(one)]);
        for (const [scope, keys] of byScope)
          removed += await runIn(tx, (list) => `DELETE FROM ${table} WHERE scope = ? AND number_key IN (${list})`, keys, {
            before: [scope],
          });
        await audit.append(tx, [entry]);
        return removed;
      }, again),
    findDnc: (numberKeys, nowMs) => db.session((statements) => lookup(statements, numberKeys, nowMs)),
    async dnc({ scope, after, limit }) {
      const [key = '', ...rest] = after.split(' ');
      const wanted = String(within(limit, pageMax));
      if (scope !== undefined)
        return (
          await db.all(`SELECT ${columns} FROM ${table} WHERE scope = ? AND number_key > ? ORDER BY number_key LIMIT ${wanted}`, [
            scope,
            key,
          ])
        ).map(entryOf);
      // Two ranges of the key instead of one condition with OR, which MySQL reads from the begin.
      const same = `SELECT ${columns} FROM ${table} WHERE number_key = ? AND scope > ? ORDER BY scope LIMIT ${wanted}`;
      const later = `SELECT ${columns} FROM ${table} WHERE number_key > ? ORDER BY number_key, scope LIMIT ${wanted}`;
      const rows = after === '' ? [] : await db.all(same, [key, rest.join(' ')]);
      return [...rows, ...(await db.all(later, [key]))].slice(0, Number(wanted)).map(entryOf);
    },
  };
  return { port, lookup, insert };
}

const valuesOf = (entry: DncEntry): Value[] => [
  storedKey(entry),
  cut(entry.scope, scopeCharsMax),
  cut(entry.source, 80),
  cut(entry.reason, 255),
  entry.fromMs,
  entry.untilMs === undefined || entry.untilMs === Infinity ? null : entry.untilMs,
];

function entryOf(row: Row): DncEntry {
  const key = text(row['number_key']);
  const isPrefix = key.endsWith('*');
  return {
    number: isPrefix ? key.slice(0, -1) : key,
    isPrefix,
    scope: text(row['scope']),
    source: text(row['source']),
    reason: text(row['reason']),
    fromMs: Number(row['from_ms']),
    untilMs: integer(row['until_ms']),
  };
}
