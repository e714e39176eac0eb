/** Contacts that are taken in (A5): all of a request in one transaction, so that 201 means stored. */
import type { DialerStore, Intake } from '../core/dialer-ports.js';
import type { NewContact } from '../core/dialer/contact.js';
import { text } from './db.js';
import type { Statements, Value } from './db.js';
import type { CountKey, Counts } from './dialer-counts.js';
import { arrivalAt, contactColumns, contactOf, isSameContent, newContactColumns, newContactValues } from './dialer-rows.js';
import { allIn } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';
import { causedBy } from './failure.js';
import { rowStatements } from './row-batches.js';

/** Two requests with the same new id at once: the second finds it stored on its next try. */
const triesMax = 3;
/** Rows of one INSERT: SQLite is fastest one by one, a server with many. */
const sizes = { sqlite: [1], mysql: [500, 100, 20, 5, 1] } as const;

/** Rows between two turns of the event loop. */
const breatheRows = 250;

export type InsertContacts = (tx: Statements, rows: readonly Value[][]) => Promise<void>;

export function createInsertContacts(base: DialerBase): InsertContacts {
  const row = `(${newContactColumns.map(() => '?').join(', ')})`;
  const sqlOf = rowStatements(`INSERT INTO ${base.table('contacts')} (${newContactColumns.join(', ')})`, () => row);
  const own = sizes[base.db.dialect];
  return async (tx, rows) => {
    for (let from = 0; from < rows.length;) {
      // Calls into SQLite are synchronous: between them the switches are heard.
      if (from > 0 && from % breatheRows === 0) await new Promise((resolve) => setImmediate(resolve));
      const size = own.find((one) => one <= rows.length - from) ?? 1;
      await tx.run(sqlOf(size), size === 1 ? rows[from] : rows.slice(from, from + size).flat());
      from += size;
    }
  };
}

export const newCountKey = ({ campaignId, listId = 0, priority }: Pick<NewContact, 'campaignId' | 'listId' | 'priority'>): CountKey => ({
  campaignId,
  listId,
  priority,
  status: 'pending',
  result: '',
});

export function createIntake(base: DialerBase, counts: Counts, insert: InsertContacts): Pick<DialerStore, 'intake'> {
  const { db } = base;
  const [table, active] = [base.table('contacts'), base.table('active')];
  const storedSql = (list: string) => `SELECT ${contactColumns} FROM ${table} WHERE id IN (${list})`;
  const activeSql = (list: string) => `SELECT number_key FROM ${active} WHERE number_key IN (${list})`;

  async function store(tx: Statements, contacts: readonly NewContact[], nowMs: number, strictSameNumber: boolean): Promise<Intake[]> {
    const rows = await allIn(tx, storedSql, [...new Set(contacts.map(({ id }) => id))]);
    const known = new Map<string, NewContact>(rows.map(contactOf).map((contact) => [contact.id, contact]));
    const keys = strictSameNumber ? [...new Set(contacts.map(({ numberKey }) => numberKey))] : [];
    const inCall = new Set((await allIn(tx, activeSql, keys)).map((row) => text(row['number_key'])));
    const fresh: NewContact[] = [];
    const results = contacts.map((contact): Intake => {
      const same = known.get(contact.id);
      if (same) return { kind: isSameContent(same, contact) ? 'duplicate' : 'other-content' };
      if (inCall.has(contact.numberKey)) return { kind: 'number-active' };
      known.set(contact.id, contact);
      fresh.push(contact);
      return { kind: 'stored' };
    });
    // By id: it decides between contacts of one moment (A6), and the order of arrival is the order of storing.
    fresh.sort((a, b) => (a.id < b.id ? -1 : 1));
    await insert(
      tx,
      fresh.map((contact) => newContactValues(contact, arrivalAt(nowMs))),
    );
    const changes = counts.changes();
    for (const contact of fresh) changes.add(newCountKey(contact), 1);
    await changes.write(tx);
    return results;
  }

  return {
    async intake(contacts, nowMs, { strictSameNumber }) {
      for (let tries = 1; ; tries++) {
        try {
          return await db.transaction((tx) => store(tx, contacts, nowMs, strictSameNumber));
        } catch (e) {
          if (tries >= triesMax || !causedBy(e, 'duplicate')) throw e;
        }
      }
    },
  };
}
