/** Transitions of contacts (A3), worked out on their rows in memory and written as one conditional update each. */
import { callIdOf } from '../core/dialer/contact.js';
import type { DialerChange, Transition } from '../core/dialer/engine-words.js';
import { isActiveStatus, mayFollow } from '../core/dialer/status-machine.js';
import type { ContactStatus } from '../core/dialer/words.js';
import { text } from './db.js';
import type { Row, Statements, Value } from './db.js';
import { countColumns, countKeyOf } from './dialer-counts.js';
import type { CountChanges } from './dialer-counts.js';
import type { ContactHistory } from './dialer-rows.js';
import { allIn, cut, jsonOf, moment, runIn } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';

/** What transitions of one contact have made of it so far. */
interface Held {
  readonly row: Row;
  readonly seq: number;
  status: ContactStatus;
  history: ContactHistory;
  attempts: number;
  dials: number;
  readonly sets: Map<string, Value>;
  isReleased: boolean;
}

export interface HeldContacts {
  /** False: the contact is not there, in another state, or this was about an earlier call of it. */
  apply(change: DialerChange): boolean;
  write(tx: Statements, changes: CountChanges): Promise<void>;
  /** Of the call that it was said of: a later one of this contact began behind that answer. */
  progress(tx: Statements, progress: NonNullable<DialerChange['progress']>): Promise<void>;
}

export function createTransitions(base: DialerBase) {
  const [contacts, active] = [base.table('contacts'), base.table('active')];
  const readSql = (list: string) =>
    `SELECT seq, id, ${countColumns}, dials, attempts, history FROM ${contacts} WHERE id IN (${list})${base.forUpdate}`;

  const becomeSql = `UPDATE ${active} SET status = ? WHERE contact_id = ?`;
  const progressSql = `UPDATE ${active} SET answered_ms = ?, bridged_ms = ?, agent = ?, agent_extension = ?
    WHERE contact_id = ? AND since_ms <= ?`;

  return async function hold(tx: Statements, ids: readonly string[]): Promise<HeldContacts> {
    const rows = await allIn(tx, readSql, [...new Set(ids)].sort());
    const held = new Map(rows.map((row) => [text(row['id']), heldOf(row)]));
    return {
      apply({ transition, record }) {
        const contact = transition && held.get(transition.contactId);
        if (!contact || contact.status !== transition.from) return false;
        if (record?.contactId === transition.contactId && record.callId !== callIdOf(record.contactId, contact.dials)) return false;
        if (!mayFollow(transition.from, transition.to) || (isActiveStatus(transition.to) && !isActiveStatus(transition.from))) {
          base.log.error({ contact: transition.contactId, from: transition.from, to: transition.to }, 'a status may not follow another');
          return false; // a call is only begun by a claim, which takes the number
        }
        applyTo(contact, transition);
        return true;
      },
      async write(tx, changes) {
        const released: string[] = [];
        for (const [id, contact] of held) {
          if (contact.sets.size === 0) continue;
          const before = countKeyOf(contact.row);
          const names = [...contact.sets.keys()];
          const sql = `UPDATE ${contacts} SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE seq = ? AND status = ?`;
          await tx.run(sql, [...contact.sets.values(), contact.seq, before.status]);
          changes.move(before, { status: contact.status, result: text(contact.sets.get('result') ?? before.result) });
          if (contact.isReleased) released.push(id);
          else if (isActiveStatus(contact.status) && contact.status !== before.status) await tx.run(becomeSql, [contact.status, id]);
        }
        await runIn(tx, (list) => `DELETE FROM ${active} WHERE contact_id IN (${list})`, released);
      },
      async progress(tx, { contactId, answeredAtMs, bridgedAtMs, agent, agentExtension }) {
        const set = [answeredAtMs, bridgedAtMs ?? null, agent === undefined ? null : cut(agent, 150), agentExtension ?? null];
        await tx.run(progressSql, [...set, contactId, answeredAtMs]);
      },
    };
  };
}

function heldOf(row: Row): Held {
  return {
    row,
    seq: Number(row['seq']),
    status: text(row['status']) as ContactStatus,
    history: jsonOf<ContactHistory>(row['history'], {}),
    attempts: Number(row['attempts']),
    dials: Number(row['dials']),
    sets: new Map(),
    isReleased: false,
  };
}

function applyTo(contact: Held, transition: Transition): void {
  const { sets } = contact;
  const { to, counts } = transition;
  if (isActiveStatus(contact.status) && !isActiveStatus(to)) contact.isReleased = true;
  contact.status = to;
  sets.set('status', to);
  if (transition.callResult !== undefined) sets.set('call_result', cut(transition.callResult, 40));
  if (transition.result !== undefined) sets.set('result', transition.result);
  if (transition.dialTimeMs !== undefined) sets.set('dial_time', moment(transition.dialTimeMs));
  if (transition.nextAttemptAtMs !== undefined) sets.set('next_attempt_at', moment(transition.nextAttemptAtMs));
  if (transition.numberIndex !== undefined) sets.set('number_index', transition.numberIndex);
  if (transition.skippedBy !== undefined) sets.set('skipped_by', JSON.stringify(transition.skippedBy));
  if (transition.isUnplaced === true && contact.dials > 0) sets.set('dials', --contact.dials);
  if (counts) count(contact, counts);
  // what an agent said of the talk before is not said of this one
  if (counts?.result === 'CONNECTED') sets.set('disposition', null);
  if (to === 'ended' || to === 'failed')
    for (const column of ['callback_at', 'callback_agent', 'callback_patience_until']) sets.set(column, null);
}

function count(contact: Held, { attempt, result, dayPart }: NonNullable<Transition['counts']>): void {
  const { results = {}, parts = [] } = contact.history;
  const more = Array.from({ length: Math.max(parts.length, dayPart + 1) }, (_, i) => (parts[i] ?? 0) + (i === dayPart ? 1 : 0));
  contact.history = { results: { ...results, [result]: (results[result] ?? 0) + 1 }, parts: more };
  contact.sets.set('history', JSON.stringify(contact.history));
  if (attempt) contact.sets.set('attempts', ++contact.attempts);
}
