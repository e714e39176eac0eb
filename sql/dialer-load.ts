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
import { newContactValues } from './dialer-rows.js';
import { allIn, runIn } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';

type Rule = Parameters<ContactLists['load']>[2];
type Loaded = 'stored' | 'replaced' | 'duplicate';

export interface LoadRows {
  store(
    tx: Statements,
    list: { readonly id: number; readonly campaign: string },
    rows: readonly NewContact[],
    rule: Rule,
    nowMs: number,
  ): Promise<Loaded[]>;
  /** The same batch once more: what it gave. */
  again(tx: Statements, rows: readonly NewContact[]): Promise<Loaded[]>;
}

export function createLoadRows(base: DialerBase, counts: Counts, insert: InsertContacts): LoadRows {
  const table = base.table('contacts');
  const columns = `seq, id, number_key, dials, ${countColumns}`;
  const byId = (list: string) => `SELECT ${columns} FROM ${table} WHERE id IN (${list})${base.forUpdate}`;
  const byNumber = (where: string) => (list: string) =>
    `SELECT ${columns} FROM ${table} WHERE ${where}number_key IN (${list})${base.forUpdate}`;

  async function storedNumbers(
    tx: Statements,
    list: { id: number; campaign: string },
    rows: readonly NewContact[],
    rule: Rule,
  ): Promise<Row[]> {
    if (rule.duplicates === 'allow') return [];
    const keys = [...new Set(rows.map(({ numberKey }) => numberKey))];
    if (rule.within === 'all') return allIn(tx, byNumber(''), keys);
    if (rule.within === 'campaign') return allIn(tx, byNumber('campaign_id = ? AND '), keys, { before: [list.campaign] });
    return allIn(tx, byNumber('list_id = ? AND '), keys, { before: [list.id] });
  }

  return {
    async store(tx, list, given, rule, nowMs) {
      const rows = given.map((row): NewContact => ({ ...row, campaignId: list.campaign, listId: list.id }));
      const known = new Map(
        (
          await allIn(
            tx,
            byId,
            rows.map(({ id }) => id),
          )
        ).map((row) => [text(row['id']), row]),
      );
      const numbers = groupBy(await storedNumbers(tx, list, rows, rule), (row) => text(row['number_key']));
      const changes = counts.changes();
      const gone: number[] = [];
      const seen = { ids: new Set<string>(), numbers: new Set<string>() };
      const values: Value[][] = [];
      const results = rows.map((row): Loaded => {
        const isRepeated = seen.ids.has(row.id) || (rule.duplicates !== 'allow' && seen.numbers.has(row.numberKey));
        const sameId = known.get(row.id);
        const same = [...(sameId ? [sameId] : []), ...(numbers.get(row.numberKey) ?? []).filter((one) => one['id'] !== row.id)];
        const mayReplace = rule.duplicates === 'replace' && same.every((one) => !isActiveStatus(text(one['status']) as ContactStatus));
        if (isRepeated || (same.length > 0 && !mayReplace)) return 'duplicate';
        seen.ids.add(row.id);
        seen.numbers.add(row.numberKey);
        for (const one of same) {
          gone.push(Number(one['seq']));
          changes.add(countKeyOf(one), -1);
        }
        changes.add(newCountKey(row), 1);
        values.push(newContactValues(row, nowMs, Number(sameId?.['dials'] ?? 0))); // its call ids go on
        return same.length > 0 ? 'replaced' : 'stored';
      });
      await runIn(tx, (marks) => `DELETE FROM ${table} WHERE seq IN (${marks})`, gone);
      await insert(tx, values);
      await changes.write(tx);
      return results;
    },
    async again(tx, rows) {
      const ids = rows.map(({ id }) => id);
      const known = new Set((await allIn(tx, byId, ids)).map((row) => text(row['id'])));
      return ids.map((id) => (known.has(id) ? 'stored' : 'duplicate'));
    },
  };
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
