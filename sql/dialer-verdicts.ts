/** What the gates said, done to the rows: who may be dialled, who waits until when, who has ended and why (B4, B10). */
import type { GateFacts, GateVerdict, Judge } from '../core/dialer-ports.js';
import type { Contact } from '../core/dialer/contact.js';
import type { DialerAuditEntry, OutboxMessage } from '../core/dialer/engine-words.js';
import type { CallResult, Gate } from '../core/dialer/words.js';
import type { Statements } from './db.js';
import type { AuditChain } from './dialer-audit.js';
import type { CountChanges, CountKey, Counts } from './dialer-counts.js';
import type { Outbox } from './dialer-outbox.js';
import { moment, runIn } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';

/** A contact that waits for nobody knows how long is looked at again after this; meanwhile others come to the front. */
const holdMs = 60_000;
/** where that passes soon */
const holdsMs: Readonly<Partial<Record<Gate, number>>> = { 'same-number': 15_000, gateway: 10_000 };
/** Not sooner than this, also when a gate names a moment that is over. */
const holdMsMin = 1_000;

interface Ended {
  readonly entry: DialerAuditEntry;
  readonly message: OutboxMessage | undefined;
}

export type Verdict = GateVerdict & { readonly contact: Contact };

/** A judge that throws could not evaluate: the contact waits as if it might stand on a list (fail closed). */
export function judged(judge: Judge, facts: GateFacts, nowMs: number, { log }: Pick<DialerBase, 'log'>): Verdict {
  try {
    return { ...judge(facts, nowMs), contact: facts.contact };
  } catch (error) {
    log.error({ error, contact: facts.contact.id }, 'the gates of a contact cannot be evaluated: it is not dialled');
    return { kind: 'wait', gate: 'dnc', untilMs: undefined, contact: facts.contact };
  }
}

/** The campaign is not dialled now: its contacts keep their places. */
export const concernsAll = (verdict: Verdict): boolean =>
  verdict.kind === 'wait' && verdict.gate === 'campaign' && verdict.untilMs === undefined;

export const countKeyOfContact = (contact: Contact): CountKey => ({
  campaignId: contact.campaignId,
  listId: contact.listId ?? 0,
  priority: contact.priority,
  status: contact.status,
  result: contact.result ?? '',
});

export function createVerdicts(
  base: DialerBase,
  { counts, outbox, audit }: { readonly counts: Counts; readonly outbox: Outbox; readonly audit: AuditChain },
) {
  const table = base.table('contacts');
  const holdSql = (list: string) => `UPDATE ${table} SET next_attempt_at = ? WHERE status = 'pending' AND seq IN (${list})`;
  const endSql = (list: string) =>
    `UPDATE ${table} SET status = 'ended', result = ?, callback_at = NULL, callback_agent = NULL, callback_patience_until = NULL
      WHERE status = 'pending' AND seq IN (${list})`;

  async function hold(tx: Statements, verdicts: readonly Verdict[], nowMs: number): Promise<void> {
    const until = new Map<string, number[]>();
    for (const verdict of verdicts) {
      if (verdict.kind !== 'wait' || concernsAll(verdict)) continue;
      const at = moment(Math.max(verdict.untilMs ?? nowMs + (holdsMs[verdict.gate] ?? holdMs), nowMs + holdMsMin));
      until.set(at, [...(until.get(at) ?? []), verdict.contact.seq]);
    }
    for (const [at, seqs] of until) await runIn(tx, holdSql, seqs, { before: [at] });
  }

  /** Their rows are read under a lock, or once more: one that is not pending any more is left alone. */
  async function end(tx: Statements, verdicts: readonly Verdict[], changes: CountChanges, nowMs: number): Promise<Ended[]> {
    const ended: Ended[] = [];
    for (const verdict of verdicts) {
      if (verdict.kind !== 'final') continue;
      const { contact, result, gate, message } = verdict;
      if ((await runIn(tx, endSql, [contact.seq], { before: [result] })) === 0) continue;
      changes.move(countKeyOfContact(contact), { status: 'ended', result });
      ended.push({ entry: blocked(contact, gate, result, nowMs), message });
    }
    return ended;
  }

  return {
    /** In a transaction under the fence; the chain of the audit comes last. */
    async settle(tx: Statements, verdicts: readonly Verdict[], nowMs: number, changes = counts.changes()): Promise<void> {
      await hold(tx, verdicts, nowMs);
      const ended = await end(tx, verdicts, changes, nowMs);
      await changes.write(tx);
      await outbox.insert(
        tx,
        ended.flatMap(({ message }) => message ?? []),
      );
      await audit.append(
        tx,
        ended.map(({ entry }) => entry),
      );
    },
  };
}

export type Verdicts = ReturnType<typeof createVerdicts>;

const blocked = (contact: Contact, gate: Gate, result: CallResult, nowMs: number): DialerAuditEntry => ({
  atMs: nowMs,
  actor: 'system',
  object: `contact ${contact.id}`,
  action: 'blocked',
  before: contact.status,
  after: `ended ${result}`,
  reason: `gate ${gate}, campaign ${contact.campaignId}`,
});
