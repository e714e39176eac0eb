/** Contacts one by one: taken in (A5), found, listed, and changed by people and dispositions (B46, B47). */
import type { ContactFilter, ContactRevision, DialerStore } from '../core/dialer-ports.js';
import type { Campaign } from '../core/dialer/campaign.js';
import type { CallProgress } from '../core/dialer/changes.js';
import { callIdOf, countedAtMs } from '../core/dialer/contact.js';
import type { Contact } from '../core/dialer/contact.js';
import { isActiveStatus } from '../core/dialer/status-machine.js';
import { text } from './db.js';
import type { Row, Statements, Value } from './db.js';
import type { AuditChain } from './dialer-audit.js';
import type { Calls } from './dialer-calls.js';
import { sumsOf } from './dialer-counters.js';
import type { createCounters } from './dialer-counters.js';
import type { Counts } from './dialer-counts.js';
import type { createDnc } from './dialer-dnc.js';
import { contactColumns, contactOf } from './dialer-rows.js';
import { again, cut, jsonOf, moment, momentOrNull, within } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';
import { countKeyOfContact } from './dialer-verdicts.js';

const pageMax = 10_000;
/** far above what `slotsMax` allows */
const activeMax = 100_000;

export interface ContactParts {
  readonly calls: Pick<Calls, 'byId'>;
  readonly counts: Counts;
  readonly counters: ReturnType<typeof createCounters>;
  readonly dnc: ReturnType<typeof createDnc>;
  readonly audit: AuditChain;
}

type ContactPort = Pick<
  DialerStore,
  'active' | 'activeCounts' | 'contact' | 'contacts' | 'contactCounts' | 'idleContacts' | 'reviseContact' | 'callbacks'
>;

export function createContacts(base: DialerBase, { calls, counts, counters, dnc, audit }: ContactParts): ContactPort {
  const { db } = base;
  const [table, active, campaigns] = [base.table('contacts'), base.table('active'), base.table('campaigns')];
  const inCall = `id IN (SELECT contact_id FROM ${active}) AND status IN ('dialed', 'agent_pending')`;
  const byId = `SELECT ${contactColumns} FROM ${table} WHERE id = ?`;

  /**
   * The agent says that the person was a machine, or takes it back: counted where the call itself is. Only of a call that counts
   * as connected; one that AMD took for a machine does not.
   */
  async function countMachine(tx: Statements, contact: Contact, disposition: string): Promise<void> {
    const [row] = await tx.all(`SELECT doc FROM ${campaigns} WHERE id = ?`, [contact.campaignId]);
    const { dispositions = [] } = jsonOf<Partial<Campaign>>(row?.['doc'], {});
    const isMachine = (said: string | undefined): boolean => dispositions.some((each) => each.name === said && each.isMachine);
    const machinesByAgent = Number(isMachine(disposition)) - Number(isMachine(contact.disposition));
    if (machinesByAgent === 0) return;
    const call = await calls.byId(tx, callIdOf(contact.id, contact.dials));
    if (call && sumsOf(call).connected === 1) await counters.add(tx, contact.campaignId, countedAtMs(call), { machinesByAgent });
  }

  return {
    async active() {
      const contacts = await db.all(`SELECT ${contactColumns} FROM ${table} WHERE ${inCall} ORDER BY seq LIMIT ${String(activeMax)}`);
      const rows = await db.all(
        `SELECT contact_id, answered_ms, bridged_ms, agent, agent_extension FROM ${active} WHERE answered_ms IS NOT NULL`,
      );
      const progress = new Map(rows.map((row) => [text(row['contact_id']), progressOf(row)]));
      return contacts.map(contactOf).map((contact) => ({ ...contact, progress: progress.get(contact.id) }));
    },
    async activeCounts() {
      const rows = await db.all(`SELECT status, COUNT(*) AS n FROM ${active} GROUP BY status`);
      const n = (status: string): number => Number(rows.find((row) => row['status'] === status)?.['n'] ?? 0);
      return { dialed: n('dialed'), agentPending: n('agent_pending') };
    },
    async contact(id) {
      const [row] = await db.all(byId, [id]);
      return row && contactOf(row);
    },
    async contacts(filter) {
      const { where, values } = conditionOf(filter, { inCall, lists: base.table('lists') });
      const sql = `SELECT ${contactColumns} FROM ${table} WHERE ${where} ORDER BY seq LIMIT ${String(within(filter.limit, pageMax))}`;
      return (await db.all(sql, values)).map(contactOf);
    },
    contactCounts: (campaign) => counts.ofCampaign(campaign),
    idleContacts: (campaign) => counts.idleOf(campaign),
    reviseContact: (id, change, entry) =>
      db.transaction(async (tx) => {
        const [row] = await tx.all(byId + base.forUpdate, [id]);
        const contact = row && contactOf(row);
        if (!contact || isActiveStatus(contact.status)) return false;
        const sets = revised(change);
        const names = [...sets.keys()];
        const values = [...sets.values(), contact.seq];
        if (names.length > 0) await tx.run(`UPDATE ${table} SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE seq = ?`, values);
        const changes = counts.changes();
        changes.move(countKeyOfContact(contact), {
          status: change.status ?? contact.status,
          result: change.result ?? contact.result ?? '',
        });
        if (change.disposition !== undefined && change.disposition !== contact.disposition)
          await countMachine(tx, contact, change.disposition);
        await changes.write(tx);
        if (change.dnc && change.dnc.length > 0) await dnc.insert(tx, change.dnc);
        await audit.append(tx, [entry]);
        return true;
      }, again),
    async callbacks({ agent, campaign, limit }) {
      const parts: (readonly [string, Value | undefined])[] = [
        ['callback_agent = ?', agent],
        ['campaign_id = ?', campaign],
      ];
      const wanted = parts.filter(([, value]) => value !== undefined);
      const where = ['callback_at IS NOT NULL', `status IN ('pending', 'stopped')`, ...wanted.map(([sql]) => sql)].join(' AND ');
      const sql = `SELECT ${contactColumns} FROM ${table}${base.byIndex('contacts_callback')} WHERE ${where} ORDER BY callback_at, seq LIMIT ${String(within(limit, pageMax))}`;
      const values = wanted.map(([, value]) => value ?? null);
      return (await db.all(sql, values)).map(contactOf);
    },
  };
}

const progressOf = (row: Row): CallProgress => ({
  answeredAtMs: Number(row['answered_ms']),
  bridgedAtMs: row['bridged_ms'] === null ? undefined : Number(row['bridged_ms']),
  agent: row['agent'] === null ? undefined : text(row['agent']),
  agentExtension: row['agent_extension'] === null ? undefined : text(row['agent_extension']),
});

function conditionOf(
  { campaign, status, result, list, numberKey, after }: ContactFilter,
  { inCall, lists }: { readonly inCall: string; readonly lists: string },
): { where: string; values: Value[] } {
  const parts: (readonly [string, Value | undefined])[] = [
    ['seq > ?', after],
    ['campaign_id = ?', campaign],
    ['status = ?', status],
    ['result = ?', result],
    ['list_id = ?', list],
    [`campaign_id = (SELECT campaign_id FROM ${lists} WHERE id = ?)`, campaign === undefined ? list : undefined],
    ['number_key = ?', numberKey],
  ];
  const wanted = parts.filter(([, value]) => value !== undefined);
  const few = status !== undefined && isActiveStatus(status) ? [inCall] : [];
  return { where: [...wanted.map(([sql]) => sql), ...few].join(' AND '), values: wanted.map(([, value]) => value ?? null) };
}

function revised(change: ContactRevision): Map<string, Value> {
  const sets = new Map<string, Value>();
  if (change.status !== undefined) sets.set('status', change.status);
  if (change.result !== undefined) sets.set('result', change.result);
  if (change.nextAttemptAtMs !== undefined) sets.set('next_attempt_at', moment(change.nextAttemptAtMs));
  if (change.disposition !== undefined) sets.set('disposition', cut(change.disposition, 40));
  if ('callback' in change || change.status === 'ended') {
    sets.set('callback_at', momentOrNull(change.callback?.atMs));
    sets.set('callback_agent', change.callback?.agent ?? null);
    sets.set('callback_patience_until', momentOrNull(change.callback?.patienceUntilMs));
  }
  return sets;
}
