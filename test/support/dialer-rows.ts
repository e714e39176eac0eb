/** Contacts, campaigns, calls and judges for tests of the dialer's store. */
import assert from 'node:assert/strict';
import type { GateFacts, Judge } from '../../core/dialer-ports.js';
import { campaignDefaults } from '../../core/dialer/campaign-defaults.js';
import type { Campaign } from '../../core/dialer/campaign.js';
import type { CallRecord, Contact, NewContact } from '../../core/dialer/contact.js';
import type { DialerAuditEntry, DialerChange, DncEntry, Transition } from '../../core/dialer/engine-words.js';
import { dialerLease } from '../../sql/dialer.js';
import type { Store } from '../../sql/store.js';

export const nowMs = Date.UTC(2026, 11, 1, 10, 0, 0);
export const hourMs = 3_600_000;

export const aCampaign = (id = 'c1', more: Partial<Campaign> = {}): Campaign => ({
  ...campaignDefaults,
  id,
  name: `campaign ${id}`,
  mode: 'PROGRESSIVE',
  profile: 'reference',
  state: 'running',
  ...more,
});

let made = 0;
/** Numbers are given in turn, each once. */
export const aContact = (id: string, more: Partial<NewContact> = {}): NewContact => {
  const number = `4930${String(1_000_000 + ++made)}`;
  return {
    id,
    customerNumber: `+${number}`,
    campaignType: 'AGENT',
    gatewayId: 'gw1',
    campaignContactId: `cc-${id}`,
    campaignId: 'c1',
    startTimeMs: undefined,
    endTimeMs: undefined,
    priority: 5,
    ivr: undefined,
    dialingMode: 'PROGRESSIVE',
    routingMode: 'QUEUE',
    resourceId: undefined,
    queueName: 'sales',
    tenantId: undefined,
    listId: undefined,
    numberKey: number,
    numbers: [],
    zones: [],
    region: undefined,
    consentUntilMs: undefined,
    answeredBefore: false,
    data: {},
    ...more,
  };
};

export const contactsOf = (n: number, more: Partial<NewContact> = {}, prefix = 'k'): NewContact[] =>
  Array.from({ length: n }, (_, i) => aContact(`${prefix}${String(i).padStart(4, '0')}`, more));

export const aCall = (contact: Contact | NewContact, more: Partial<CallRecord> = {}): CallRecord => ({
  callId: contact.id,
  contactId: contact.id,
  campaignId: contact.campaignId,
  listId: contact.listId,
  mode: 'PROGRESSIVE',
  number: contact.customerNumber,
  numberKey: contact.numberKey,
  callerId: '4930999',
  switch: 'fs1',
  gateway: 'gw1',
  placedAtMs: nowMs,
  ringingAtMs: nowMs + 1_000,
  answeredAtMs: nowMs + 5_000,
  offeredAtMs: nowMs + 5_000,
  bridgedAtMs: nowMs + 6_000,
  endedAtMs: nowMs + 66_000,
  cause: 'NORMAL_CLEARING',
  q850: 16,
  sip: 200,
  result: 'CONNECTED',
  countsAsAttempt: true,
  agent: 'anna',
  amd: undefined,
  messageAtMs: undefined,
  messageMs: undefined,
  optedOut: false,
  endedBy: 'customer',
  decisionAtMs: undefined,
  recording: undefined,
  ...more,
});

export const aDnc = (number: string, more: Partial<DncEntry> = {}): DncEntry => ({
  number,
  isPrefix: false,
  scope: '',
  source: 'test',
  reason: 'asked for',
  fromMs: 0,
  untilMs: undefined,
  ...more,
});

export const anEntry = (object = 'campaign:c1', more: Partial<DialerAuditEntry> = {}): DialerAuditEntry => ({
  atMs: nowMs,
  actor: 'user:anna',
  object,
  action: 'change',
  before: undefined,
  after: undefined,
  reason: '',
  ...more,
});

export const aChange = (transition: Transition | undefined, more: Partial<DialerChange> = {}): DialerChange => ({
  transition,
  record: undefined,
  outbox: [],
  dnc: [],
  audit: [],
  ...more,
});

/** Everybody may be dialled. */
export const goes: Judge = () => ({ kind: 'go', guaranteedOnly: false });

/** The gates that need the store's facts: DNC, calls a day, same number. */
export const careful =
  (callsPerDayMax = 100): Judge =>
  ({ contact, dnc, numberHours, isNumberActive }: GateFacts, atMs) => {
    if (contact.endTimeMs !== undefined && contact.endTimeMs <= atMs) return { kind: 'final', gate: 'expired', result: 'EXPIRED' };
    if (dnc.length > 0) return { kind: 'final', gate: 'dnc', result: 'BLOCKED_DNC' };
    const day = numberHours.filter(([hour]) => hour > atMs / hourMs - 24).reduce((sum, [, calls]) => sum + calls, 0);
    if (day >= callsPerDayMax) return { kind: 'wait', gate: 'caps', untilMs: atMs + hourMs };
    if (isNumberActive) return { kind: 'wait', gate: 'same-number', untilMs: undefined };
    return { kind: 'go', guaranteedOnly: false };
  };

/** The fence of the process that dials. */
export async function dials(store: Store, owner = 'test'): Promise<number> {
  const fence = await store.leases.acquire(dialerLease, owner, 60_000);
  assert.ok(fence !== undefined, 'somebody else dials');
  return fence;
}

export async function taken(store: Store, contacts: readonly NewContact[], atMs = nowMs): Promise<void> {
  for (let from = 0; from < contacts.length; from += 1_000) {
    const results = await store.dialer.intake(contacts.slice(from, from + 1_000), atMs, { strictSameNumber: false });
    assert.ok(results.every(({ kind }) => kind === 'stored'));
  }
}

export async function claimed(store: Store, fence: number, contacts: readonly string[], more: Partial<Claim> = {}) {
  const order = { campaign: aCampaign(), contacts, countMax: contacts.length, to: 'dialed' as const, nowMs, ...more };
  const { granted, refused } = await store.dialer.claim(order, more.judge ?? goes, fence);
  return { granted: granted.map(({ contactId, callId }) => ({ contactId, callId })), refused };
}

/** Rows that the reconciliation had to make right, over all campaigns. */
export async function madeRight(store: Store, fence?: number): Promise<number> {
  const own = fence ?? (await dials(store));
  for (let [wrong, after] = [0, '']; ;) {
    const part = await store.dialer.reconcile(own, after);
    wrong += part.wrong;
    if (part.campaign === undefined) return wrong;
    after = part.campaign;
  }
}

interface Claim {
  readonly campaign: Campaign;
  readonly countMax: number;
  readonly to: 'dialed' | 'agent_pending';
  readonly nowMs: number;
  readonly judge: Judge;
}
