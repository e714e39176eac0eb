/** The contacts of one batch of a list: which are new, which replace others, by id and by number (B7). */
import type { ContactLists } from '../core/dialer-ports.js';
import type { NewContact } from '../core/dialer/contact.js';
import { isActiveStatus } from '../core/dialer/status-machine.js';
import type { ContactStatus } from '../core/dialer/words.js';
import { text } from './db.js';
import type { Row, Statements, Value } from './db.js';
import { countColumns, countKeyOf } from './dialer-counts.js';
import type { Counts } from './dialer-counts.js';
import { newCountKey } from './dialer-intake.js';
import type { InsertContacts } from './dialer-intake.js';
import { arrivalAt, newContactValues } from './dialer-rows.js';
import type { Arrival } from './dialer-rows.js';
import { allIn, runIn } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';

type Rule = Parameters<ContactLists['load']>[2];
type Loaded = 'stored' | 'replaced' | 'duplicate';

export interface LoadRows {
  /** `isFresh`: ids are not looked up; one that is stored already rejects as a duplicate. */
  store(
    tx: Statements,
    list: { readonly id: number; readonly campaign: string },
    rows: readonly NewContact[],
    rule: Rule,
    nowMs: number,
    isFresh: boolean,
  ): Promise<Loaded[]>;
  /** The same batch once more: what it gave. */
  again(tx: Statements, rows: readonly NewContact[]): Promise<Loaded[]>;
}

export function createLoadRows(base: DialerBase, counts: Counts, insert: InsertContacts): LoadRows {
  const table = base.table('contacts');
  const columns = `seq, id, number_key, dials, attempts, ${countColumns}`;
  // Locked only where they are to be replaced: a lock on a number that is not there keeps others from storing its neighbours.
  const lockOf = (rule: Rule): string => (rule.duplicates === 'replace' ? base.forUpdate : '');
  const byId =
    (lock = '') =>
    (list: string) =>
      `SELECT ${columns} FROM ${table}${base.byIndex('contacts_id')} WHERE id IN (${list})${lock}`;
  const byNumber = (where: string, lock: string) => (list: string) =>
    `SELECT ${columns} FROM ${table}${base.byIndex('contacts_number')} WHERE ${where}number_key IN (${list})${lock}`;

  async function storedNumbers(
    tx: Statements,
    list: { id: number; campaign: string },
    rows: readonly NewContact[],
    rule: Rule,
  ): Promise<Row[]> {
    if (rule.duplicates === 'allow') return [];
    const keys = [...new Set(rows.map(({ numberKey }) => numberKey))];
    const lock = lockOf(rule);
    if (rule.within === 'all') return allIn(tx, byNumber('', lock), keys);
    if (rule.within === 'campaign') return allIn(tx, byNumber('campaign_id = ? AND ', lock), keys, { before: [list.campaign] });
    return allIn(tx, byNumber('list_id = ? AND ', lock), keys, { before: [list.id] });
  }

  return {
    async store(tx, list, rows, rule, nowMs, isFresh) {
      const ids = isFresh ? [] : rows.map(({ id }) => id);
      const known = new Map((await allIn(tx, byId(lockOf(rule)), ids)).map((row) => [text(row['id']), row]));
      const numbers = groupBy(await storedNumbers(tx, list, rows, rule), (row) => text(row['number_key']));
      const changes = counts.changes();
      const arrival: Arrival = { ...arrivalAt(nowMs), list };
      const gone: number[] = [];
      const seen = { ids: new Set<string>(), numbers: new Set<string>() };
      const values: Value[][] = [];
      const stored = new Map<number, number>();
      const results = rows.map((row): Loaded => {
        const isRepeated = seen.ids.has(row.id) || (rule.duplicates !== 'allow' && seen.numbers.has(row.numberKey));
        const sameId = known.get(row.id);
        const sameNumber = numbers.get(row.numberKey);
        const same = sameId ? [sameId, ...(sameNumber ?? []).filter((one) => one['id'] !== row.id)] : (sameNumber ?? []);
        // whoever was called stays as he is: loading the same people each night must not call them each day (`recycle` is for that)
        const mayReplace = rule.duplicates === 'replace' && same.every((one) => !wasCalled(one));
        if (isRepeated || (same.length > 0 && !mayReplace)) return 'duplicate';
        seen.ids.add(row.id);
        seen.numbers.add(row.numberKey);
        for (const one of same) {
          gone.push(Number(one['seq']));
          changes.add(countKeyOf(one), -1);
        }
        stored.set(row.priority, (stored.get(row.priority) ?? 0) + 1);
        const before = same.find((one) => one['id'] === row.id);
        values.push(newContactValues(row, before ? { ...arrival, dials: Number(before['dials']) } : arrival)); // its call ids go on
        return same.length > 0 ? 'replaced' : 'stored';
      });
      for (const [priority, n] of stored) changes.add(newCountKey({ campaignId: list.campaign, listId: list.id, priority }), n);
      await runIn(tx, (marks) => `DELETE FROM ${table} WHERE seq IN (${marks})`, gone);
      await insert(tx, values);
      await changes.write(tx);
      return results;
    },
    async again(tx, rows) {
      const ids = rows.map(({ id }) => id);
      const known = new Set((await allIn(tx, byId(), ids)).map((row) => text(row['id'])));
      return ids.map((id) => (known.has(id) ? 'stored' : 'duplicate'));
    },
  };
}

/** In a call, or called before, or ended without a call. */
function wasCalled(row: Row): boolean {
  const status = text(row['status']) as ContactStatus;
  return isActiveStatus(status) || status === 'ended' || Number(row['attempts']) > 0;
}

function groupBy(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}
