/**
 * Claims for calls (A6, B4): one transaction that reads contacts and facts, judges again, takes each number and changes the
 * rows. Two claims never both take a number: `dialer_active` has it as its key.
 */
import assert from 'node:assert/strict';
import type { DialerStore, GateFacts } from '../core/dialer-ports.js';
import { callIdOf, dialsOf } from '../core/dialer/contact.js';
import type { Contact } from '../core/dialer/contact.js';
import type { Gate } from '../core/dialer/words.js';
import { text } from './db.js';
import type { Row, Statements, Value } from './db.js';
import type { Counts } from './dialer-counts.js';
import type { FactsOf } from './dialer-facts.js';
import { contactColumns, contactOf } from './dialer-rows.js';
import { allIn, createFence, insertIgnore, moment, runIn } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';
import { countKeyOfContact, judged } from './dialer-verdicts.js';
import type { Verdict, Verdicts } from './dialer-verdicts.js';
import { batchSizes, rowStatements } from './row-batches.js';

type Refused = { readonly contactId: string; readonly gate: Gate | 'taken' | 'list' };
/** A number in a call is looked at again after this. */
const sameNumberMs = 15_000;
/** Short: the engine asks again in its next cycle. */
const retryMsMax = 500;

export function createClaim(
  base: DialerBase,
  { factsOf, verdicts, counts }: { readonly factsOf: FactsOf; readonly verdicts: Verdicts; readonly counts: Counts },
): Pick<DialerStore, 'claim'> {
  const { db } = base;
  const [contacts, active] = [base.table('contacts'), base.table('active')];
  const checkFence = createFence(base);
  const skip = db.dialect === 'mysql' ? ' FOR UPDATE SKIP LOCKED' : '';
  const [lists, attempts] = [base.table('lists'), base.table('attempts')];
  // In the same statement whether its list is dialled and whether its id was called before: each statement is a way to the server.
  const readSql = (list: string) =>
    `SELECT ${contactColumns}, (SELECT lists.state FROM ${lists} lists WHERE lists.id = contacts.list_id) AS list_state,
       EXISTS (SELECT 1 FROM ${attempts} attempts WHERE attempts.contact_id = contacts.id) AS was_called
     FROM ${contacts} contacts${base.byIndex('contacts_id')} WHERE id IN (${list}) AND campaign_id = ? AND status = 'pending'${skip}`;
  const takeSql = rowStatements(
    `${insertIgnore(db.dialect)} ${active} (number_key, contact_id, campaign_id, status, since_ms)`,
    () => '(?, ?, ?, ?, ?)',
  );
  const takenSql = (list: string) => `SELECT number_key, contact_id FROM ${active} WHERE contact_id IN (${list})`;
  const earlierSql = (list: string) => `SELECT contact_id, call_id FROM ${attempts} WHERE contact_id IN (${list})`;
  const numberedSql = `UPDATE ${contacts} SET dials = ? WHERE seq = ? AND status = 'pending'`;
  const dialSql = (list: string) =>
    `UPDATE ${contacts} SET status = ?, dial_time = ?, dials = dials + 1 WHERE status = 'pending' AND seq IN (${list})`;

  /**
   * A contact that was removed and came again under its id (purge, unload, a file loaded anew) has calls already, of which
   * its row knows nothing: its numbers go on behind theirs, or the end of its call would be taken for one stored before.
   */
  async function numbered(tx: Statements, granted: readonly Found[]): Promise<readonly Contact[]> {
    const fresh = granted.filter(({ contact, wasCalled }) => contact.dials === 0 && wasCalled).map(({ contact }) => contact.id);
    const dials = new Map<string, number>();
    for (const row of await allIn(tx, earlierSql, fresh)) {
      const id = text(row['contact_id']);
      dials.set(id, Math.max(dials.get(id) ?? 0, dialsOf(id, text(row['call_id']))));
    }
    for (const { contact } of granted) if (dials.has(contact.id)) await tx.run(numberedSql, [dials.get(contact.id) ?? 0, contact.seq]);
    return granted.map(({ contact }) => ({ ...contact, dials: dials.get(contact.id) ?? contact.dials }));
  }

  /** Which of them got their number; in their order. */
  async function takeNumbers(tx: Statements, wanted: readonly GateFacts[], status: string, nowMs: number): Promise<Set<string>> {
    const rows = wanted.map(({ contact, numberKey }): Value[] => [numberKey, contact.id, contact.campaignId, status, nowMs]);
    let [from, taken] = [0, 0];
    for (const size of batchSizes(rows.length)) {
      taken += (await tx.run(takeSql(size), rows.slice(from, from + size).flat())).rows;
      from += size;
    }
    if (taken === rows.length) return new Set(wanted.map(({ contact }) => contact.id));
    const ids = wanted.map(({ contact }) => contact.id);
    const held = new Map((await allIn(tx, takenSql, ids)).map((row) => [text(row['contact_id']), text(row['number_key'])]));
    return new Set(wanted.filter(({ contact, numberKey }) => held.get(contact.id) === numberKey).map(({ contact }) => contact.id));
  }

  return {
    claim: (order, judge, fence) =>
      db.transaction(
        async (tx) => {
          await checkFence(tx, fence);
          const { campaign, nowMs, to } = order;
          const ids = [...new Set(order.contacts)];
          const found = new Map((await allIn(tx, readSql, ids, { after: [campaign.id] })).map(foundOf));
          const waiting = ids.flatMap((id) => found.get(id) ?? []);
          const [dialled, idle] = partition(waiting, ({ isDialled }) => isDialled);
          const facts = await factsOf(
            tx,
            dialled.map(({ contact }) => contact),
            campaign,
            nowMs,
          );
          const sorted = sortOut(facts, order.countMax, (one) => judged(judge, one, nowMs, base), nowMs);
          const taken = await takeNumbers(tx, sorted.go, to, nowMs);
          const granted = await numbered(
            tx,
            sorted.go.flatMap(({ contact }) => (taken.has(contact.id) ? (found.get(contact.id) ?? []) : [])),
          );
          const changes = counts.changes();
          const seqs = granted.map(({ seq }) => seq);
          const changed = await runIn(tx, dialSql, seqs, { before: [to, moment(nowMs)] });
          assert.equal(changed, granted.length, 'rows changed of those claimed');
          for (const contact of granted) changes.move(countKeyOfContact(contact), { status: to, result: contact.result ?? '' });
          await verdicts.settle(tx, sorted.others, nowMs, changes);
          const refused: Refused[] = [
            ...ids.filter((id) => !found.has(id)).map((contactId): Refused => ({ contactId, gate: 'taken' })),
            ...idle.map(({ contact }): Refused => ({ contactId: contact.id, gate: 'list' })),
            ...sorted.others.flatMap(({ contact, ...verdict }) =>
              'gate' in verdict ? [{ contactId: contact.id, gate: verdict.gate }] : [],
            ),
            ...sorted.go
              .filter(({ contact }) => !taken.has(contact.id))
              .map(({ contact }): Refused => ({ contactId: contact.id, gate: 'same-number' })),
          ];
          return {
            granted: granted.map((contact) => ({ contactId: contact.id, callId: callIdOf(contact.id, contact.dials + 1), contact })),
            refused,
          };
        },
        { retryMsMax },
      ),
  };
}

interface Found {
  readonly contact: Contact;
  /** without a list, or of one that is active; the others wait until theirs is active again */
  readonly isDialled: boolean;
  readonly wasCalled: boolean;
}

const foundOf = (row: Row): [string, Found] => {
  const contact = contactOf(row);
  const isDialled = contact.listId === undefined || text(row['list_state']) === 'active';
  return [contact.id, { contact, isDialled, wasCalled: Number(row['was_called']) === 1 }];
};

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}

/** At most `countMax` may go, each number once; those beyond are neither granted nor refused and stay as they are. */
function sortOut(
  all: readonly GateFacts[],
  countMax: number,
  judge: (facts: GateFacts) => Verdict,
  nowMs: number,
): { readonly go: readonly GateFacts[]; readonly others: readonly Verdict[] } {
  const go: GateFacts[] = [];
  const others: Verdict[] = [];
  const numbers = new Set<string>();
  for (const facts of all) {
    if (go.length >= countMax) break;
    const isNumberActive = facts.isNumberActive || numbers.has(facts.numberKey);
    const verdict = judge({ ...facts, isNumberActive });
    if (verdict.kind !== 'go') others.push(verdict);
    else if (isNumberActive) others.push({ kind: 'wait', gate: 'same-number', untilMs: nowMs + sameNumberMs, contact: facts.contact });
    else {
      go.push(facts);
      numbers.add(facts.numberKey);
    }
  }
  return { go, others };
}
