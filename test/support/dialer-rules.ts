/** Contacts, campaigns and facts for tests of the dialer's rules; no database. */
import type { GateFacts } from '../../core/dialer-ports.js';
import { campaignDefaults } from '../../core/dialer/campaign-defaults.js';
import type { Campaign } from '../../core/dialer/campaign.js';
import type { GateContext } from '../../core/dialer/compliance/gates.js';
import type { Profile } from '../../core/dialer/compliance/profile.js';
import { shippedProfiles } from '../../core/dialer/compliance/profiles.js';
import type { CallRecord, Contact } from '../../core/dialer/contact.js';
import type { CounterRow } from '../../core/dialer-ports.js';
import { sampleContact } from './dialer-table.js';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
/** a Wednesday, 15:00 in Berlin */
export const nowMs = Date.UTC(2026, 10, 25, 14, 0, 0);

export function profileOf(name: string): Profile {
  const profile = shippedProfiles.get(name);
  if (!profile) throw new Error(`no profile ${name}`);
  return profile;
}

export const campaignOf = (more: Partial<Campaign> = {}): Campaign => ({
  ...campaignDefaults,
  id: 'spring',
  name: 'spring',
  mode: 'PROGRESSIVE',
  profile: 'eu-generic',
  state: 'running',
  queue: 'sales',
  gateways: [{ switch: '', gateway: 'gw1', channelsMax: 0 }],
  ...more,
});

export const contactOf = (more: Partial<Contact> = {}): Contact =>
  sampleContact('c1', 'spring', {
    seq: 1,
    customerNumber: '+4930123456',
    numberKey: '4930123456',
    campaignContactId: undefined,
    consentUntilMs: Infinity,
    receivedTimeMs: nowMs - hourMs,
    nextAttemptAtMs: nowMs - hourMs,
    ...more,
  });

export const factsOf = (more: Partial<GateFacts> = {}, contact: Partial<Contact> = {}): GateFacts => {
  const own = contactOf(contact);
  return {
    contact: own,
    numberKey: own.numberKey,
    dnc: [],
    numberHours: [],
    lastAbandonedMs: undefined,
    lastMachineMs: undefined,
    isNumberActive: false,
    ...more,
  };
};

export const contextOf = (more: Partial<GateContext> = {}, campaign: Partial<Campaign> = {}): GateContext => ({
  campaign: campaignOf(campaign),
  profile: profileOf('eu-generic'),
  settings: { strictSameNumber: false },
  suppression: new Map(),
  isForcedOneToOne: false,
  purpose: 'fill',
  ...more,
});

export const counterRow = (bucketMs: number, more: Partial<CounterRow> = {}): CounterRow => ({
  campaign: 'spring',
  bucketMs,
  placed: 0,
  answered: 0,
  persons: 0,
  connected: 0,
  connectedIvr: 0,
  abandoned: 0,
  customerDropped: 0,
  machines: 0,
  machinesByAgent: 0,
  busy: 0,
  noAnswer: 0,
  invalid: 0,
  trunk: 0,
  other: 0,
  talkMs: 0,
  ringMs: 0,
  waitMs: 0,
  optedOut: 0,
  messagesPlayed: 0,
  ...more,
});

export const callOf = (more: Partial<CallRecord> = {}): CallRecord => ({
  callId: 'c1',
  contactId: 'c1',
  campaignId: 'spring',
  listId: undefined,
  mode: 'PREDICTIVE',
  number: '+4915112345678',
  numberKey: '4915112345678',
  callerId: '+4930999',
  switch: '',
  gateway: 'gw1',
  placedAtMs: nowMs - 60_000,
  ringingAtMs: nowMs - 58_000,
  answeredAtMs: undefined,
  offeredAtMs: undefined,
  bridgedAtMs: undefined,
  endedAtMs: nowMs,
  cause: 'NO_ANSWER',
  q850: 19,
  sip: undefined,
  result: 'NO_ANSWER',
  countsAsAttempt: true,
  agent: undefined,
  amd: undefined,
  messageAtMs: undefined,
  messageMs: undefined,
  optedOut: false,
  endedBy: 'unknown',
  decisionAtMs: undefined,
  recording: undefined,
  ...more,
});
