/** The dialer's table in memory: contacts, conditional transitions (A3), claims, records, outbox. It refuses what A3 does not know. */
import assert from 'node:assert/strict';
import { callIdOf } from '../../core/dialer/contact.js';
import type { CallRecord, Contact } from '../../core/dialer/contact.js';
import type {
  DialerAuditEntry,
  DialerChange,
  DialerEffect,
  DncEntry,
  HopperContact,
  OutboxMessage,
} from '../../core/dialer/engine-words.js';
import type { ContactStatus, Gate } from '../../core/dialer/words.js';

/** A3 with what is ours: retries (B6) come back from `dialed`, a rejected preview ends `pending`. */
export const allowedPairs: ReadonlySet<string> = new Set([
  'pending agent_pending',
  'pending dialed',
  'pending pending',
  'pending failed',
  'pending ended',
  'pending stopped',
  'agent_pending pending',
  'agent_pending dialed',
  'agent_pending failed',
  'dialed ended',
  'dialed pending',
  'stopped pending',
]);

type Claim = Extract<DialerEffect, { type: 'claim' }>;

export const sampleContact = (id: string, campaignId: string, more: Partial<Contact> = {}): Contact => ({
  id,
  seq: 0,
  customerNumber: `+4930${id.replace(/\D/g, '').padStart(7, '0')}`,
  campaignType: 'AGENT',
  gatewayId: '',
  campaignContactId: `cc-${id}`,
  campaignId,
  startTimeMs: undefined,
  endTimeMs: undefined,
  priority: 5,
  ivr: undefined,
  dialingMode: undefined,
  routingMode: undefined,
  resourceId: undefined,
  queueName: undefined,
  tenantId: undefined,
  listId: undefined,
  numberKey: `4930${id.replace(/\D/g, '').padStart(7, '0')}`,
  numbers: [],
  zones: [],
  region: undefined,
  consentUntilMs: undefined,
  answeredBefore: false,
  data: {},
  status: 'pending',
  callResult: undefined,
  result: undefined,
  receivedTimeMs: 0,
  dialTimeMs: undefined,
  attempts: 0,
  dials: 0,
  resultCounts: {},
  partCounts: [],
  numberIndex: 0,
  nextAttemptAtMs: 0,
  callbackAtMs: undefined,
  callbackAgent: undefined,
  callbackPatienceUntilMs: undefined,
  skippedBy: {},
  disposition: undefined,
  ...more,
});

export const hopperOfContact = (contact: Contact, more: Partial<HopperContact> = {}): HopperContact => ({
  id: contact.id,
  campaignId: contact.campaignId,
  number: [contact.customerNumber, ...contact.numbers][contact.numberIndex] ?? contact.customerNumber,
  numberKey: contact.numberKey,
  gateway: contact.gatewayId,
  receivedTimeMs: contact.receivedTimeMs,
  nextAttemptAtMs: contact.nextAttemptAtMs,
  priority: contact.priority,
  ivr: contact.ivr ?? '',
  queue: contact.routingMode === 'QUEUE' ? (contact.queueName ?? contact.resourceId ?? '') : '',
  agent: contact.routingMode === 'AGENT' ? (contact.resourceId ?? '') : '',
  dials: contact.dials,
  traits: { answeredBefore: contact.answeredBefore, attempts: contact.attempts, hour: 12, ageDays: 0 },
  guaranteedOnly: false,
  skippedBy: contact.skippedBy,
  callbackAgent: contact.callbackAgent,
  callbackPatienceUntilMs: contact.callbackPatienceUntilMs,
  contact,
  ...more,
});

export class DialerTable {
  readonly contacts = new Map<string, Contact>();
  readonly records: CallRecord[] = [];
  readonly outbox: OutboxMessage[] = [];
  readonly dnc: DncEntry[] = [];
  readonly audit: DialerAuditEntry[] = [];
  /** every pair of statuses that was seen */
  readonly pairs = new Set<string>();
  /** contacts that gates refuse at the claim */
  readonly refused = new Map<string, Gate>();
  /** only with a held agent */
  readonly guaranteedOnly = new Set<string>();

  add(...contacts: readonly Contact[]): void {
    for (const contact of contacts) this.contacts.set(contact.id, { ...contact, seq: this.contacts.size + 1 });
  }

  status(id: string): ContactStatus | undefined {
    return this.contacts.get(id)?.status;
  }

  /** Due and pending, in order (A6). */
  next(campaign: string, nowMs: number, leaveOut: ReadonlySet<string>): readonly Contact[] {
    return [...this.contacts.values()]
      .filter((c) => c.campaignId === campaign && c.status === 'pending' && c.nextAttemptAtMs <= nowMs && !leaveOut.has(c.id))
      .sort((a, b) => a.nextAttemptAtMs - b.nextAttemptAtMs || a.seq - b.seq);
  }

  counts(): { readonly dialed: number; readonly agentPending: number } {
    const count = (status: ContactStatus): number => [...this.contacts.values()].filter((c) => c.status === status).length;
    return { dialed: count('dialed'), agentPending: count('agent_pending') };
  }

  claim({ contacts, countMax, to, isGuaranteed }: Claim, nowMs: number) {
    const granted: { contactId: string; callId: string }[] = [];
    const refused: { contactId: string; gate: Gate | 'taken' }[] = [];
    for (const contactId of contacts) {
      const contact = this.contacts.get(contactId);
      const gate = this.refused.get(contactId) ?? (this.isNumberActive(contact) ? 'same-number' : undefined);
      if (granted.length >= countMax) break;
      if (contact?.status !== 'pending') refused.push({ contactId, gate: 'taken' });
      else if (gate) refused.push({ contactId, gate });
      else if (this.guaranteedOnly.has(contactId) && !isGuaranteed) refused.push({ contactId, gate: 'protect' });
      else {
        this.pairs.add(`pending ${to}`);
        const dials = contact.dials + 1;
        this.contacts.set(contactId, { ...contact, status: to, dials, dialTimeMs: nowMs });
        granted.push({ contactId, callId: callIdOf(contactId, dials) });
      }
    }
    return { granted, refused };
  }

  private isNumberActive(contact: Contact | undefined): boolean {
    return [...this.contacts.values()].some(
      (other) =>
        other.id !== contact?.id &&
        other.numberKey === contact?.numberKey &&
        (other.status === 'dialed' || other.status === 'agent_pending'),
    );
  }

  /** One transaction; a transition whose `from` is not the contact's status is an error of the engine here. */
  save({ transition, record, outbox, dnc, audit }: DialerChange): void {
    if (transition) {
      const contact = this.contacts.get(transition.contactId);
      assert.ok(contact, `transition of ${transition.contactId}, which is nobody`);
      const pair = `${transition.from} ${transition.to}`;
      assert.ok(allowedPairs.has(pair), `transition ${pair} of ${contact.id} is none of A3`);
      assert.equal(contact.status, transition.from, `transition ${pair} of ${contact.id}, which is ${contact.status}`);
      this.pairs.add(pair);
      const { counts, isUnplaced = false } = transition;
      this.contacts.set(contact.id, {
        ...contact,
        status: transition.to,
        callResult: transition.callResult ?? contact.callResult,
        result: transition.result ?? contact.result,
        dialTimeMs: transition.dialTimeMs ?? contact.dialTimeMs,
        nextAttemptAtMs: transition.nextAttemptAtMs ?? contact.nextAttemptAtMs,
        numberIndex: transition.numberIndex ?? contact.numberIndex,
        skippedBy: transition.skippedBy ?? contact.skippedBy,
        attempts: contact.attempts + Number(counts?.attempt ?? false),
        dials: contact.dials - Number(isUnplaced),
        resultCounts: counts
          ? { ...contact.resultCounts, [counts.result]: (contact.resultCounts[counts.result] ?? 0) + 1 }
          : contact.resultCounts,
      });
    }
    if (record) {
      assert.ok(!this.records.some(({ callId }) => callId === record.callId), `call ${record.callId} is recorded twice`);
      this.records.push(record);
    }
    for (const message of outbox) {
      assert.ok(!this.outbox.some(({ key }) => key === message.key), `message ${message.key} is there twice`);
      this.outbox.push(message);
    }
    this.dnc.push(...dnc);
    this.audit.push(...audit);
  }
}
